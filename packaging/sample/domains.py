"""The closed lists of the sample: the Chinese word is the value itself, so that a file from us reads without a key.

Data only. Chinese labels equal the values; the English ones are what an English-speaking planner would write.
"""

from __future__ import annotations

from cgplanner.model.schema import CodedDomain, CodedValue, RangeDomain


def _coded(name: str, english: dict[str, str]) -> CodedDomain:
    return CodedDomain(name, tuple(CodedValue(zh, zh, en) for zh, en in english.items()))


# From idea to done: the order of the list is the order of the stages.
STATUS = _coded(
    "status",
    {
        "计划": "Planned",
        "规划": "In plan-making",
        "前期": "Preliminary work",
        "筹备": "In preparation",
        "获批": "Approved",
        "拟开工": "Start pending",
        "试点": "Pilot",
        "培育": "Being fostered",
        "推进": "Advancing",
        "复工": "Resumed",
        "建设中": "Under construction",
        "已建立": "Established",
        "已签署": "Signed",
        "已推介": "Promoted",
        "已完成": "Completed",
    },
)

INTEGRATION = _coded(
    "integration",
    {
        "规划衔接": "Plan coordination",
        "产业布局": "Industrial layout",
        "基础设施": "Infrastructure",
        "生态治理": "Ecological governance",
        "公共服务": "Public services",
        "要素配置": "Factor allocation",
    },
)

PROJECT_CATEGORY = _coded(
    "project_category",
    {
        "高速公路": "Expressway",
        "国省干线": "National or provincial trunk road",
        "公路": "Local road",
        "城市道路": "Urban road",
        "路网": "Road grid",
        "高速铁路": "High-speed railway",
        "铁路": "Railway",
        "机场": "Airport",
        "物流": "Logistics base",
        "水利": "Water supply",
        "能源": "Energy",
        "通信": "Telecommunications",
        "数字经济": "Digital economy",
        "会议平台": "Conference platform",
        "协同机制": "Coordination mechanism",
        "协同事项": "Cooperation items",
    },
)

ECOLOGY_CATEGORY = _coded(
    "ecology_category",
    {
        "生态走廊": "Ecological corridor",
        "修复治理带": "Restoration and governance belt",
        "生态屏障": "Ecological security barrier",
        "示范区": "Demonstration area",
        "国土绿化": "Land greening",
        "综合治理": "Integrated environmental governance",
    },
)

INDUSTRY_CATEGORY = _coded(
    "industry_category",
    {
        "城市核": "Urban core",
        "经济区": "Integrated economic zone",
        "经济走廊": "Economic corridor",
        "开发区": "Development zone",
        "示范区": "Demonstration zone",
        "新城": "New town",
        "物流园区": "Logistics park",
        "科创园区": "Science and innovation park",
        "职教园区": "Vocational education park",
        "飞地经济": "Enclave economy zone",
        "能源基地": "Energy base",
        "产业链": "Industrial chains",
        "产业集群": "Industrial cluster",
        "数字经济": "Digital economy",
        "省级专业镇": "Specialised town, provincial level",
        "市级专业镇": "Specialised town, municipal level",
    },
)

TOURISM_CATEGORY = _coded(
    "tourism_category",
    {
        "旅游公路": "Tourist highway",
        "旅游线路": "Tourism routes",
        "旅游带": "Tourism belt",
        "景区": "Scenic area",
        "专业镇": "Specialised town",
        "示范村": "Demonstration villages",
        "红色文化": "Red heritage",
        "文化地标": "Cultural landmark",
        "康养品牌": "Wellness brand",
    },
)

# The units of the ledger and those that planners write beside them.
UNIT = _coded(
    "unit",
    {
        "公里": "km",
        "里": "li (0.5 km)",
        "米": "m",
        "平方公里": "km²",
        "公顷": "ha",
        "亩": "mu",
        "万亩": "10,000 mu",
        "万平方米": "10,000 m²",
        "亿元": "CNY 100 million",
        "万元": "CNY 10,000",
        "MW": "MW",
        "万千瓦": "10 MW",
        "万吨": "10,000 t",
        "小时": "hours",
        "月": "months",
        "年": "years",
        "万人": "10,000 people",
        "县": "counties",
        "个": "places",
        "处": "sites",
        "家": "firms",
        "座": "stations",
        "条": "lines or chains",
        "项": "items",
    },
)

ORIGIN = _coded(
    "geometry_origin",
    {
        "台账示意坐标": "Schematic coordinates of the ledger",
        "示意廊道": "Schematic corridor of the ledger's width",
        "沿线河段": "River along the named counties",
        "所在城市范围": "Area of the named cities",
        "手工绘制": "Drawn by hand",
        "测绘成果": "Survey",
    },
)

BOUNDARY_RANK = _coded("boundary_rank", {"省级": "Province", "地级": "Prefecture", "县级": "County"})

PLACE_KIND = _coded("place_kind", {"市": "City seat", "县": "County seat", "镇村": "Town or village"})

RIVER_RANK = CodedDomain(
    "river_rank",
    (
        CodedValue(1, "干流", "Main river"),
        CodedValue(2, "一级支流", "Major tributary"),
        CodedValue(3, "其他河流", "Other river"),
    ),
)

YEAR = RangeDomain("year", 1990, 2100)
PERCENT = RangeDomain("percent", 0, 100)
NOT_NEGATIVE = RangeDomain("not_negative", 0)

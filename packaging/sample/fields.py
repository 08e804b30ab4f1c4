"""The schemas of the sample's layers: short codes for files, aliases for people.

The codes are pinyin initials as in the national data standards (XMMC for 项目名称). A text field of width w holds w
characters; none is wider than a DBF column can be. Data only.
"""

from __future__ import annotations

from cgplanner.model.schema import CodedDomain, Domain, Field, FieldType, GeometryKind, Schema
from sample import domains


def _text(code: str, zh: str, en: str, width: int, domain: Domain | None = None) -> Field:
    return Field(code, code, FieldType.TEXT, width, domain=domain, alias_zh=zh, alias_en=en)


def _integer(code: str, zh: str, en: str, width: int, domain: Domain | None = None) -> Field:
    return Field(code, code, FieldType.INTEGER, width, domain=domain, alias_zh=zh, alias_en=en)


def _real(code: str, zh: str, en: str, width: int, precision: int, domain: Domain | None = None) -> Field:
    return Field(code, code, FieldType.REAL, width, precision, domain=domain, alias_zh=zh, alias_en=en)


def _planning(category: CodedDomain) -> Schema:
    fields = (
        _text("XMBH", "编号", "Code", 20),
        _text("XMMC", "名称", "Name", 80),
        _text("YWMC", "英文名称", "English name", 160),
        _text("SZCS", "所在城市", "Cities", 80),  # separated by ";", the first one leads
        _text("XMLB", "类别", "Category", 20, category),
        _text("SSLY", "一体化领域", "Integration", 20, domains.INTEGRATION),
        _text("XMZT", "状态", "Status", 20, domains.STATUS),
        _real("SL", "数量", "Quantity", 16, 2),
        _text("DW", "单位", "Unit", 20, domains.UNIT),
        _real("TZE", "投资额（亿元）", "Investment (CNY 100 million)", 16, 2, domains.NOT_NEGATIVE),
        _integer("KGNF", "开工年份", "Start year", 4, domains.YEAR),
        _integer("WGNF", "完工年份", "Completion year", 4, domains.YEAR),
        _real("JD", "进度（%）", "Progress (%)", 6, 1, domains.PERCENT),
        _real("JHJD", "计划进度（%）", "Planned progress (%)", 6, 1, domains.PERCENT),
        _text("ZRDW", "责任单位", "Responsible unit", 80),
        _text("SM", "事实说明", "Fact", 250),
        _text("BZ", "备注", "Note", 250),
        _real("WZJD", "位置精度（km）", "Positional accuracy (km)", 6, 1, domains.NOT_NEGATIVE),
        _text("SJLY", "数据来源", "Source", 160),
        _text("ZJFS", "几何来源", "Geometry origin", 20, domains.ORIGIN),
    )
    return Schema(fields, "mixed", key="XMBH", title="XMMC", title_en="YWMC")


PLANNING = {
    "projects": _planning(domains.PROJECT_CATEGORY),
    "ecology": _planning(domains.ECOLOGY_CATEGORY),
    "industry": _planning(domains.INDUSTRY_CATEGORY),
    "tourism": _planning(domains.TOURISM_CATEGORY),
}

_SOURCE = _text("SJLY", "数据来源", "Source", 160)
_LICENCE = _text("SYXK", "使用许可", "Licence", 40)
_NAME_EN = _text("YWMC", "英文名称", "English name", 60)


def _base(geometry: GeometryKind, key: str | None, title: str, *fields: Field) -> Schema:
    title_en = _NAME_EN.id if _NAME_EN in fields else None
    return Schema((*fields, _SOURCE, _LICENCE), geometry, key=key, title=title, title_en=title_en)


BASE = {
    "cities": _base(
        "polygon",
        "XZQDM",
        "XZQMC",
        _integer("XZQDM", "行政区划代码", "Division code", 6),
        _text("XZQMC", "行政区名称", "Name", 40),
        _NAME_EN,
    ),
    "counties": _base(
        "polygon",
        "XZQDM",
        "XZQMC",
        _integer("XZQDM", "行政区划代码", "Division code", 6),
        _text("XZQMC", "行政区名称", "Name", 40),
        _NAME_EN,
        _integer("SJDM", "所属城市代码", "City code", 6),
        _text("SZCS", "所在城市", "City", 40),
    ),
    "boundaries": _base(
        "line",
        None,
        "XLQY",
        _text("JXDJ", "界线等级", "Rank", 10, domains.BOUNDARY_RANK),
        _text("XLQY", "相邻区域", "Neighbours", 80),
    ),
    "rivers": _base(
        "line",
        "HLMC",
        "HLMC",
        _text("HLMC", "河流名称", "Name", 40),
        _NAME_EN,
        _integer("HLDJ", "河流等级", "Rank", 2, domains.RIVER_RANK),
    ),
    "places": _base(
        "point",
        None,
        "DMMC",
        _text("DMMC", "地名", "Name", 40),
        _text("LMPX", "罗马字拼写", "Romanised name", 60),
        _text("SZX", "所在县区", "County", 40),
        _text("SZCS", "所在城市", "City", 40),
        _text("DMLB", "地名类别", "Kind", 10, domains.PLACE_KIND),
        _integer("RK", "人口（人）", "Population", 9, domains.NOT_NEGATIVE),
    ),
}

TITLES = {
    "cities": ("城市", "Cities"),
    "counties": ("区县", "Counties"),
    "boundaries": ("境界", "Boundaries"),
    "rivers": ("河流", "Rivers"),
    "places": ("地名", "Places"),
    "ecology": ("生态带", "Ecological belts"),
    "industry": ("产业园区", "Industrial zones"),
    "tourism": ("旅游线路", "Tourism routes"),
    "projects": ("项目", "Projects"),
}

"""How the sample looks. Data only: symbols by category, status as the rhythm of lines, labels by rank.

One colour means one thing on the whole map, and no two lie closer than a colour-blind reader can tell. What covers a whole
city (a chain of industries, a cooperation system) is no place: it gets a faint rim and its name, never a fill, for
eight such areas lie on Lüliang alone.
"""

from __future__ import annotations

from typing import Literal

from cgplanner.symbology.style import (
    Band,
    Categorized,
    Category,
    Fill,
    Hatch,
    Labels,
    Line,
    Marker,
    MarkerShape,
    Patch,
    Single,
    Style,
    Symbol,
    Ticks,
    Variation,
)
from sample import domains

PAPER = "#FBFAF7"
EXPRESSWAY = "#E8590C"
RAILWAY = "#1F2937"
ROAD = "#F2B731"
ROAD_CASING = "#8A6A12"
ECOLOGY = "#3FA66B"
INDUSTRY = "#6D28D9"
TOURISM = "#B5175E"
WATER = "#8CB8E0"
WATER_BANK = "#5E97CB"
WATER_DARK = "#2F6DA3"
ENERGY = "#6B4300"
DIGITAL = "#12A5B8"
NEUTRAL = "#475569"
PROVINCE_EDGE = "#6B5364"
CITY_EDGE = "#7D7364"
COUNTY_EDGE = "#A89E90"
OUTSIDE = "#D8D4CC"
# Cities by division code; neighbours differ.
CITY_TINTS = {
    140100: ("#F3EFE4", "太原市", "Taiyuan"),
    140300: ("#F3EAEA", "阳泉市", "Yangquan"),
    140700: ("#EEF1E6", "晋中市", "Jinzhong"),
    140900: ("#E9EFF2", "忻州市", "Xinzhou"),
    141100: ("#EFEAF3", "吕梁市", "Lüliang"),
}

Kind = Literal["point", "line", "polygon"]

# Closer than this the seats carry the names of their counties; both at once would say everything twice.
SEATS_FROM = 450_000
LEADER = 440.0  # px that a plan's name may stand away from it: from the middle of the map to where there is room

BUILDING = (12.0, 4.0)
ADVANCING = (9.0, 3.0, 2.0, 3.0)
PLANNED = (4.0, 3.5)

# Status is never colour alone: it is the line's rhythm, and round a point the ring's.
STATUS = Variation(
    "XMZT",
    (
        Patch(("已完成", "已建立", "已签署", "已推介"), (), None, (), "已完成", "Done"),
        Patch(("建设中",), BUILDING, None, BUILDING, "建设中", "Under construction"),
        Patch(("推进", "复工", "试点", "培育"), ADVANCING, None, ADVANCING, "推进、复工", "Advancing, resumed"),
        Patch(("计划", "规划", "前期", "筹备", "获批", "拟开工"), PLANNED, 0.7, PLANNED, "计划、前期", "Planned, preliminary"),
    ),
)


def _stroke(color: str, width: float, casing: float = 1.0, casing_color: str = "#FFFFFF") -> Line:
    return Line(color, width, cap="flat", casing=casing, casing_color=casing_color)


def _marker(color: str, glyph: str = "", shape: MarkerShape = "circle", size: float = 13.0) -> tuple[Marker, ...]:
    return (Marker(shape, size, color, stroke="#FFFFFF", stroke_width=1.0, glyph=glyph, ring_color=color),)


# Rims of the four layers lie inside each other, so that all of them show where a city has several.
RIMS = {ECOLOGY: 9.0, INDUSTRY: 7.0, TOURISM: 5.0, DIGITAL: 3.5, NEUTRAL: 3.5}


def _city_wide(color: str) -> tuple[Band, Line]:
    return (Band(color, RIMS[color], 0.035), Line(color, 1.0, (2.0, 3.0), "flat", opacity=0.5))


def _category(words: str, kind: Kind, symbol: Symbol, zh: str = "", en: str = "") -> Category:
    """Return a class for these values; the legend shows ``kind``, the symbol has a part for whatever an editor draws."""
    values = tuple(words.split("、"))
    english = {coded.code: coded.label_en for domain in _CATEGORIES for coded in domain.values}
    return Category(values, symbol, zh or words, en or ", ".join(english[value] for value in values), kind)


_CATEGORIES = (
    domains.PROJECT_CATEGORY,
    domains.ECOLOGY_CATEGORY,
    domains.INDUSTRY_CATEGORY,
    domains.TOURISM_CATEGORY,
)


def _linear(color: str, *line: Line | Ticks, glyph: str = "") -> Symbol:
    """Return a symbol for what runs along a line, and decent ones should an editor draw it otherwise."""
    area = (Fill(color, 0.12), Line(color, 1.2, cap="flat"))
    return Symbol(_marker(color, glyph, size=11.0), line, area)


def _site(color: str, glyph: str, shape: MarkerShape = "circle", size: float = 13.0) -> Symbol:
    """Return a symbol for what sits at a point."""
    area = (Fill(color, 0.12), Line(color, 1.2, cap="flat"))
    return Symbol(_marker(color, glyph, shape, size), (_stroke(color, 1.6),), area)


def _over_cities(color: str, glyph: str) -> Symbol:
    """Return a symbol for what concerns whole cities."""
    return Symbol(_marker(color, glyph), (_stroke(color, 1.6),), _city_wide(color))


_HIGH_SPEED = _linear(RAILWAY, _stroke(RAILWAY, 2.8, 0.8), Line("#FFFFFF", 1.2, (7.0, 7.0), cap="flat"), glyph="rail")
_RAIL = _linear(RAILWAY, _stroke(RAILWAY, 1.6), Ticks(RAILWAY, 5.0, 9.0, 1.0), glyph="rail")
_EXPRESSWAY = _linear(EXPRESSWAY, _stroke(EXPRESSWAY, 2.4))
_TRUNK_ROAD = _linear(ROAD_CASING, _stroke(ROAD, 1.8, 0.6, ROAD_CASING))
_CITY_ROAD = _linear(ROAD_CASING, _stroke(ROAD, 1.2, 0.5, ROAD_CASING))
_ROAD_GRID = Symbol(
    _marker(ROAD_CASING),
    (_stroke(ROAD, 1.2, 0.5, ROAD_CASING),),
    (Hatch(ROAD, 0.0, 6.0, 0.8, 0.7), Hatch(ROAD, 90.0, 6.0, 0.8, 0.7), Line(ROAD_CASING, 1.2, cap="flat")),
)
_WATER_WORKS = _linear(WATER_DARK, _stroke(WATER_DARK, 1.6), glyph="water")
_TELECOM = Symbol(_marker(DIGITAL, "telecom"), (_stroke(DIGITAL, 1.6),), _city_wide(DIGITAL))

PROJECTS = Style(
    Categorized(
        "XMLB",
        (
            _category("高速公路", "line", _EXPRESSWAY),
            _category("国省干线、公路", "line", _TRUNK_ROAD, "国省干线和公路", "Trunk and local roads"),
            _category("城市道路", "line", _CITY_ROAD),
            _category("路网", "polygon", _ROAD_GRID),
            _category("高速铁路", "line", _HIGH_SPEED),
            _category("铁路", "line", _RAIL),
            _category("水利", "line", _WATER_WORKS),
            _category("机场", "point", _site(RAILWAY, "airport", size=15.0)),
            _category("物流", "point", _site(RAILWAY, "logistics", "square", 12.0)),
            _category("能源", "point", _site(ENERGY, "energy")),
            _category("数字经济", "point", _site(DIGITAL, "digital")),
            _category("通信", "line", _TELECOM),
            _category("会议平台", "point", _site(NEUTRAL, "meeting")),
            _category("协同事项", "point", _site(NEUTRAL, "cooperation")),
            _category("协同机制", "polygon", _over_cities(NEUTRAL, "cooperation")),
        ),
        other=_site(NEUTRAL, ""),
    ),
    (STATUS,),
    Labels(
        "XMMC",
        "YWMC",
        color="#3A2A1C",
        halo_color=PAPER,
        priority=80.0,  # what the plan is about chooses first, counties give way
        wrap=10,
        min_scale=1_700_000,
        smallest=9.6,
        leader=LEADER,
    ),
)

_BELT = Symbol(
    _marker(ECOLOGY, ""),
    (Line(ECOLOGY, 3.0, cap="flat", opacity=0.8),),
    (Fill(ECOLOGY, 0.24), Band(ECOLOGY, 5.0, 0.22), Line(ECOLOGY, 1.0, cap="flat")),
)

ECOLOGY_STYLE = Style(
    Categorized(
        "XMLB",
        (
            _category("生态走廊、生态屏障", "polygon", _BELT, "生态走廊和屏障", "Ecological corridors and barriers"),
            _category("修复治理带", "polygon", _BELT),
            _category(
                "示范区、国土绿化、综合治理", "polygon", _over_cities(ECOLOGY, ""), "全市生态工程", "City-wide ecological works"
            ),
        ),
        other=_BELT,
    ),
    (STATUS,),
    Labels(
        "XMMC",
        "YWMC",
        color="#1F6B40",
        halo_color=PAPER,
        priority=78.0,
        wrap=8,
        min_scale=3_000_000,
        smallest=9.6,
        leader=LEADER,
    ),
)


def _zone(fill: float, edge: float, *, hatched: bool = True) -> Symbol:
    hatch = (Hatch(INDUSTRY, 45.0, 5.0, 0.6, 0.55),) if hatched else ()
    area = (Fill(INDUSTRY, fill), *hatch, Line(INDUSTRY, edge, cap="flat"))
    return Symbol(_marker(INDUSTRY, shape="square", size=9.0), (_stroke(INDUSTRY, 2.0),), area)


def _town(size: float) -> Symbol:
    return Symbol(_marker(INDUSTRY, shape="diamond", size=size), (_stroke(INDUSTRY, 1.6),), _zone(0.10, 1.2).polygon)


INDUSTRY_STYLE = Style(
    Categorized(
        "XMLB",
        (
            _category("城市核", "polygon", _zone(0.14, 1.8, hatched=False)),
            _category("经济区、经济走廊", "polygon", _zone(0.10, 1.2), "经济区和经济走廊", "Economic zones and corridors"),
            _category(
                "开发区、示范区、新城、物流园区、科创园区、职教园区、飞地经济",
                "polygon",
                _zone(0.10, 1.2),
                "园区和新城",
                "Parks, zones and new towns",
            ),
            _category("省级专业镇", "point", _town(10.0)),
            _category("市级专业镇", "point", _town(8.0)),
            _category("产业集群", "point", _site(INDUSTRY, "factory")),
            _category("数字经济", "point", _site(DIGITAL, "digital")),
            _category(
                "产业链、能源基地", "polygon", _over_cities(INDUSTRY, "chain"), "全市产业链和基地", "City-wide chains and bases"
            ),
        ),
        other=_zone(0.10, 1.2),
    ),
    (STATUS,),
    Labels(
        "XMMC",
        "YWMC",
        color="#4C1D95",
        halo_color=PAPER,
        priority=72.0,
        wrap=8,
        min_scale=2_200_000,
        smallest=9.6,
        leader=LEADER,
    ),
)

_ROUTE = Symbol(
    _marker(TOURISM, "star"),
    (_stroke(TOURISM, 2.2, 0.8), Line("#FFFFFF", 0.8, cap="flat")),
    (Fill(TOURISM, 0.10), Line(TOURISM, 1.2, cap="flat")),
)

TOURISM_STYLE = Style(
    Categorized(
        "XMLB",
        (
            _category("旅游公路、旅游线路、旅游带", "line", _ROUTE, "旅游公路和线路", "Tourist highways and routes"),
            _category("景区", "point", _site(TOURISM, "scenic")),
            _category("专业镇", "point", _site(TOURISM, "town")),
            _category("红色文化", "point", _site(TOURISM, "star")),
            _category("文化地标", "point", _site(TOURISM, "culture")),
            _category(
                "示范村、康养品牌", "polygon", _over_cities(TOURISM, "wellness"), "全市旅游品牌", "City-wide tourism brands"
            ),
        ),
        other=_site(TOURISM, ""),
    ),
    (STATUS,),
    Labels(
        "XMMC",
        "YWMC",
        color="#8A1147",
        halo_color=PAPER,
        priority=76.0,
        wrap=8,
        min_scale=2_200_000,
        smallest=9.6,
        leader=LEADER,
    ),
)


def _city(tint: str) -> Symbol:
    return Symbol(polygon=(Fill(tint),))


def _boundary(color: str, width: float, rhythm: tuple[float, ...], band: str, reach: float) -> Symbol:
    soft = (Line(band, reach, opacity=0.26),) if band else ()
    return Symbol(line=(*soft, Line(color, width, rhythm, "flat", "bevel")))


CITIES_STYLE = Style(
    Categorized(
        "XZQDM",
        tuple(Category((coded,), _city(tint), zh, en) for coded, (tint, zh, en) in CITY_TINTS.items()),
        other=_city("#F3EFE4"),
    ),
    labels=Labels(
        "XZQMC",
        "YWMC",
        15.0,
        bold=True,
        color="#3D362C",
        halo_color=PAPER,
        spacing=0.2,
        placement="area",
        priority=100.0,
        wrap=0,
        max_scale=200_000,
        smallest=13.0,
    ),
    outside=Fill(OUTSIDE, 0.42),
)

# The rhythms of GB/T 20257 as maps of this kind show them: a dash and two dots for the province, two dashes and a dot for the
# prefecture, a dash and a dot for the county; the higher the rank, the wider, and a soft band along the upper two.
BOUNDARIES_STYLE = Style(
    Categorized(
        "JXDJ",
        (
            Category(
                ("省级",), _boundary(PROVINCE_EDGE, 1.7, (11.0, 3.2, 1.7, 3.2, 1.7, 3.2), "#B48FA6", 9.0), "省级界", "Province"
            ),
            Category(
                ("地级",), _boundary(CITY_EDGE, 1.3, (9.0, 2.6, 9.0, 2.6, 1.3, 2.6), "#A39782", 6.0), "地级界", "Prefecture"
            ),
            Category(("县级",), _boundary(COUNTY_EDGE, 0.8, (6.0, 2.2, 0.8, 2.2), "", 0.0), "县级界", "County"),
        ),
        other=_boundary(COUNTY_EDGE, 0.8, (6.0, 2.2, 0.8, 2.2), "", 0.0),
    ),
)

COUNTIES_STYLE = Style(
    Single(Symbol(polygon=(Fill(PAPER, 0.0),))),
    labels=Labels(
        "XZQMC",
        "YWMC",
        12.0,
        color="#6B6459",
        halo_color=PAPER,
        placement="area",
        priority=60.0,
        wrap=0,
        min_scale=1_700_000,
        max_scale=SEATS_FROM,
        smallest=10.0,
    ),
)


def _river(width: float, bank: float = 0.0) -> Symbol:
    return Symbol(line=(Line(WATER, width, casing=bank, casing_color=WATER_BANK),))


RIVERS_STYLE = Style(
    Categorized(
        "HLDJ",
        (
            Category((1,), _river(2.6, 0.5), "干流", "Main river"),
            Category((2,), _river(1.6, 0.3), "一级支流", "Major tributary"),
            Category((3,), _river(1.0), "其他河流", "Other river"),
        ),
        other=_river(1.0),
    ),
    labels=Labels(
        "HLMC",
        "YWMC",
        11.0,
        color=WATER_DARK,
        halo_color=PAPER,
        spacing=0.3,
        italic=True,
        placement="line",
        priority=75.0,  # among the plan: a river's name can lie along the river only
        wrap=0,
        min_scale=3_000_000,
        smallest=9.0,
    ),
)


def _dot(size: float, core: float = 0.0) -> Symbol:
    """Return a ring, with a smaller disc in it for seats: the higher the seat, the larger both."""
    ring = Marker("circle", size, "#FFFFFF", stroke="#5B5348", stroke_width=1.2)
    disc = (Marker("circle", core, "#5B5348", stroke="#5B5348", stroke_width=0.0),) if core else ()
    return Symbol((ring, *disc))


PLACES_STYLE = Style(
    Categorized(
        "DMLB",
        (
            Category(("市",), _dot(9.0, 4.2), "市政府驻地", "City seat"),
            Category(("县",), _dot(6.5, 2.6), "县级驻地", "County seat"),
            Category(("镇村",), _dot(3.6), "镇村", "Town or village"),
        ),
        other=_dot(3.6),
    ),
    labels=Labels(
        "DMMC", "LMPX", 10.5, color="#4A443B", halo_color=PAPER, priority=10.0, wrap=0, min_scale=SEATS_FROM, smallest=9.0
    ),
    min_scale=SEATS_FROM,
)

STYLES = {
    "cities": CITIES_STYLE,
    "counties": COUNTIES_STYLE,
    "rivers": RIVERS_STYLE,
    "boundaries": BOUNDARIES_STYLE,
    "ecology": ECOLOGY_STYLE,
    "industry": INDUSTRY_STYLE,
    "tourism": TOURISM_STYLE,
    "projects": PROJECTS,
    "places": PLACES_STYLE,
}

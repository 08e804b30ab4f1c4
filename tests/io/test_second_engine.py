"""The second GDAL notices what it is there for: another count, another value, a shape that lies elsewhere or is another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.affinity import translate

from cgplanner.errors import UserError
from cgplanner.io.vector import read_layer, write_layer
from cgplanner.io.writing.read_back import check_with_fiona
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

AREAS = [shapely.box(112 + k, 37, 112.5 + k, 37.5) for k in range(3)]
HOLED = shapely.Polygon(AREAS[1].exterior, [shapely.box(113.1, 37.1, 113.2, 37.2).exterior])


def table(names: list[str], shapes: list[Any]) -> FeatureTable:
    schema = Schema((Field("f1", "NAME", FieldType.TEXT, width=20),), geometry="polygon")
    return table_from_records(schema, [{"NAME": name} for name in names], shapes)


NAMES = ["甲", "乙", "丙"]


@pytest.mark.parametrize("ending", [".gpkg", ".fgb", ".geojson"])
@pytest.mark.parametrize(
    ("names", "shapes", "what"),
    [
        (["甲", "乙"], AREAS[:2], "number"),
        (["甲", "乙", "丁"], AREAS, "NAME"),
        (NAMES, [AREAS[0], HOLED, AREAS[2]], "geometry"),
        (NAMES, [AREAS[0], translate(AREAS[1], 0.01, 0), AREAS[2]], "geometry"),
        (NAMES, [AREAS[0], None, AREAS[2]], "geometry"),
    ],
)
def test_it_notices(tmp_path: Path, ending: str, names: list[str], shapes: list[Any], what: str) -> None:
    path = tmp_path / f"a{ending}"
    format_ = {".gpkg": "gpkg", ".fgb": "fgb", ".geojson": "geojson"}[ending]
    write_layer(table(NAMES, AREAS), "EPSG:4490", path, format=format_, layer_name="a")
    check_with_fiona(table(NAMES, AREAS), path, tolerance=1e-6)
    with pytest.raises(UserError, match=what):
        check_with_fiona(table(names, shapes), path, tolerance=1e-6)


def test_heights_stay_where_single_and_multiple_points_are_mixed(tmp_path: Path) -> None:
    shapes = [shapely.from_wkt("MULTIPOINT Z (111 38 -3, 112 38 5)"), shapely.Point(114, 36, 800.5)]
    for format_ in ("fgb", "gpkg", "geojson"):
        path = tmp_path / f"b.{format_}"
        write_layer(table(["甲", "乙"], shapes), "EPSG:4490", path, format=format_, layer_name="b")
        found = read_layer(path).table.geometry.geometries()
        heights = [shapely.get_coordinates(each, include_z=True)[:, 2].tolist() for each in found]
        assert heights == [[-3, 5], [800.5]], format_

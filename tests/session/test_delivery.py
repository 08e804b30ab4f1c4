"""Layers that are handed over in a folder: what was there before of the same layers goes, what others laid there stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.shapefile import write as shapefile_write
from cgplanner.io.writing import outgoing
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.session.delivery import Delivery, deliver, foretell
from cgplanner.symbology.style import Style

SHAPES = [shapely.Point(112, 37), shapely.LineString([(112, 37), (113, 38)]), shapely.box(112, 37, 113, 38)]


def layer(name: str, *shapes: shapely.Geometry, field: str = "BZ") -> Layer:
    schema = Schema((Field("a", field, FieldType.TEXT, width=5),), "mixed")
    table = table_from_records(schema, [{"a": "x"}] * len(shapes), list(shapes))
    return Layer(name, title_zh=name, title_en=name, style=Style(), crs="EPSG:4490", table=table)


def handed_over(folder: Path, *layers: Layer, overwrite: bool = True) -> set[str]:
    deliver(Delivery(layers, folder, "shp", overwrite=overwrite), lambda _share: None)
    return {each.name for each in folder.glob("*.shp")}


def test_a_layer_that_loses_a_kind_of_geometry_leaves_none_of_its_files_behind(tmp_path: Path) -> None:
    plain = layer("plain", SHAPES[2])
    assert handed_over(tmp_path, layer("mixed", *SHAPES), plain) == {
        "mixed_pt.shp",
        "mixed_ln.shp",
        "mixed_pg.shp",
        "plain.shp",
    }
    assert handed_over(tmp_path, layer("mixed", *SHAPES[:2]), plain) == {"mixed_pt.shp", "mixed_ln.shp", "plain.shp"}
    assert handed_over(tmp_path, layer("mixed", SHAPES[0])) == {"mixed.shp", "plain.shp"}
    assert handed_over(tmp_path, layer("mixed", *SHAPES[1:])) == {"mixed_ln.shp", "mixed_pg.shp", "plain.shp"}
    assert not list(tmp_path.glob("mixed_pt.*"))


@pytest.mark.parametrize("kind", ["shp", "geojson", "dxf", "xlsx"])
def test_what_a_forecast_looked_at_is_written_and_not_looked_at_again(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = layer("plain", SHAPES[2]), layer("mixed", *SHAPES)
    delivery = Delivery(layers, tmp_path / "told", kind, crs="" if kind == "dxf" else "EPSG:4547")
    nothing = deliver(replace(delivery, target=tmp_path / "plain"), lambda _share: None)
    told = foretell(delivery, lambda _share: None)
    if kind == "shp":
        monkeypatch.setattr(shapefile_write, "_planned", None)
    monkeypatch.setattr(outgoing, "placed", None)
    reports = deliver(delivery, lambda _share: None, told=told)
    assert [each.losses for each in reports] == [each.losses for each in nothing]
    assert [each.losses for each in reports] == [each.losses for each in told]
    assert {each.name for each in (tmp_path / "told").iterdir()} == {each.name for each in (tmp_path / "plain").iterdir()}


def test_layers_that_only_seem_to_be_parts_of_one_stay(tmp_path: Path) -> None:
    handed_over(tmp_path, layer("roads_ln", SHAPES[1]))
    assert handed_over(tmp_path, layer("roads", SHAPES[0])) == {"roads.shp", "roads_ln.shp"}, "one alone is no split"
    handed_over(tmp_path, layer("lots", *SHAPES, field="OTHER"))
    assert handed_over(tmp_path, layer("lots", SHAPES[0])) >= {"lots.shp", "lots_pt.shp", "lots_ln.shp", "lots_pg.shp"}
    both = layer("way", SHAPES[0]), layer("way_ln", SHAPES[1])
    for _ in range(2):
        assert handed_over(tmp_path, *both) >= {"way.shp", "way_ln.shp"}


def test_nothing_goes_where_nothing_may_be_overwritten(tmp_path: Path) -> None:
    handed_over(tmp_path, layer("mixed", *SHAPES))
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    with pytest.raises(UserError, match="exists"):
        handed_over(tmp_path, layer("mixed", *SHAPES[:2]), overwrite=False)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before

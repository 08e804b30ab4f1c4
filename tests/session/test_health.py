"""What is said to be wrong with a layer: which features, in every version, and a zone that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from cgplanner.cli.main import main
from cgplanner.edit import operations
from cgplanner.errors import Cancelled
from cgplanner.model.layer import Layer, Role
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.session.health import PORTION, Trouble, troubles_of, unsound_shapes
from cgplanner.session.session import Session
from cgplanner.symbology.style import Categorized, Labels, Style

BOW = shapely.Polygon([(112, 37), (113, 38), (113, 37), (112, 38)])
GOOD = shapely.box(112, 37, 113, 38)


def layer_of(shapes: list[shapely.Geometry], name: str = "plan", role: Role = "planning", style: Style | None = None) -> Layer:
    schema = Schema((Field("n", "n", FieldType.TEXT),), "polygon")
    table = table_from_records(schema, [{"n": "x"}] * len(shapes), shapes)
    return Layer(name, name, name, table, "EPSG:4490", style or Style(), role=role)


def never(_share: float) -> None:
    """Go on."""


def told(troubles: tuple[Trouble, ...]) -> dict[str, tuple[int, ...]]:
    return {trouble.code: trouble.rids for trouble in troubles}


def test_features_are_named_by_their_numbers_before_and_after_an_edit() -> None:
    workspace = Workspace((layer_of([GOOD, BOW, GOOD, BOW]),))
    assert told(unsound_shapes(workspace.layer("plan").table, never)) == {"crosses-itself": (1, 3)}
    mended = workspace.apply(operations.set_geometry(workspace, "plan", 1, GOOD).changeset)
    broken = mended.apply(operations.set_geometry(mended, "plan", 2, BOW).changeset)
    without = broken.apply(operations.delete_features(broken, "plan", [0]).changeset)
    assert told(unsound_shapes(without.layer("plan").table, never)) == {"crosses-itself": (2, 3)}


def test_looking_can_be_stopped_between_portions_and_begun_again() -> None:
    layer = layer_of([GOOD] * (2 * PORTION + 1) + [BOW])
    asked: list[float] = []

    def stop(share: float) -> None:
        asked.append(share)
        if len(asked) > 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        unsound_shapes(layer.table, stop)
    assert 0 < asked[-1] < 1
    assert told(unsound_shapes(layer.table, never)) == {"crosses-itself": (2 * PORTION + 1,)}


@pytest.mark.parametrize(("degrees", "code"), [(0.0, ""), (3.0, "wrong-zone"), (-6.0, "wrong-zone"), (25.0, "far-away")])
def test_a_layer_beside_the_ground_is_doubted_and_a_step_of_a_zone_named(degrees: float, code: str) -> None:
    ground = layer_of([shapely.box(111, 36, 114, 40)], "ground", "base")
    plan = layer_of([shapely.box(112.2 + degrees, 37, 112.6 + degrees, 38)])
    found = troubles_of(plan, (ground, plan), never)
    assert [trouble.code for trouble in found] == [code] * bool(code)
    if code == "wrong-zone":
        assert f"{abs(int(degrees))} degrees" in str(found[0].message)
        assert ("west" if degrees > 0 else "east") in str(found[0].message)


def test_missing_fields_are_troubles_too() -> None:
    style = Style(Categorized("gone"), labels=Labels("n", text="{n} {weg}"))
    found = troubles_of(layer_of([GOOD], style=style), (), never)
    assert [trouble.code for trouble in found] == ["style", "style"]
    assert all(name in str(trouble.message) for name, trouble in zip(("gone", "weg"), found, strict=True))


def test_info_tells_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = Session.new(journaled=False)
    style = Style(Categorized("gone"))
    session.run(operations.add_layer(session.workspace, layer_of([GOOD, BOW], style=style)))
    session.save_as(tmp_path / "bad.gpkg")
    session.close()
    assert main(["info", str(tmp_path / "bad.gpkg"), "--json"]) == 0
    (layer,) = json.loads(capsys.readouterr().out)["layers"]
    codes = {each["code"]: each["fids"] for each in layer["troubles"]}
    assert codes == {"crosses-itself": [2], "style": []}


def test_a_map_with_every_flaw_is_drawn_and_labelled() -> None:
    from cgplanner.render.scene.build import SceneRequest, build, viewport_of  # noqa: PLC0415  only this test draws

    slanted = shapely.Polygon([(112, 37), (112.5, 37), (113, 38)])
    nan = shapely.transform(slanted, lambda xy: np.where(xy == 112.5, np.nan, xy))
    zero = shapely.LineString([(112, 37), (112, 37)])
    schema = Schema((Field("n", "n", FieldType.TEXT),), "mixed")
    table = table_from_records(schema, [{"n": f"名{k}"} for k in range(5)], [GOOD, BOW, zero, nan, None])
    layer = Layer("bad", "bad", "bad", table, "EPSG:4490", Style(Categorized("gone"), labels=Labels("n", text="{n} {weg}")))
    drawn = build(SceneRequest((layer,), viewport_of((112, 37, 113, 38), 400, 300, "EPSG:4490")))
    assert drawn.labels
    assert any("gone" in problem for problem in drawn.problems)

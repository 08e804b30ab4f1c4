"""A layer of the workspace goes to another datum: one step, undone exactly, saved, and marked for what it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from cgplanner.edit.edit import Edit
from cgplanner.edit.operations import rename_layer
from cgplanner.errors import UserError
from cgplanner.geometry.datum_shift import Helmert, shifted
from cgplanner.io.crs.datum_change import BALLPARK, ControlPoints, DatumChange
from cgplanner.io.report import Report, datum_mark_of
from cgplanner.io.source import LoadedLayer
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.session.importing import imported_layer
from cgplanner.session.layer_datum import change_datum, why_no_datum_change
from cgplanner.session.session import Session

XIAN, NEW = "EPSG:2383", "EPSG:4547"
MOVED = np.array((-40.0, 21.0))
HELMERT = Helmert(-12.0, 118.5, 61.25, 0.4, -0.3, 0.9, 2.5, "position_vector")
KNOWN = DatumChange(HELMERT, metres=0.5)


def surveyed() -> Layer:
    """Plots in Xian 1980 as an import leaves them: marked as being in an old datum."""
    corners = [(366_900.0 + 300 * k, 4_185_000.0) for k in range(4)]
    shapes = [shapely.box(x, y, x + 100, y + 100) for x, y in corners]
    table = table_from_records(Schema((Field("f1", "n", FieldType.INTEGER),), "polygon"), [{"n": k} for k in range(4)], shapes)
    return imported_layer(LoadedLayer("plots", table, XIAN, Report(crs=XIAN), Path("plots.shp")), Workspace())


def session_of(layer: Layer) -> Session:
    return Session(Workspace((layer,), "图", "Map", NEW), journaled=False)


def places(session: Session) -> np.ndarray:
    return session.workspace.layers[0].table.geometry.base.xy


def test_a_layer_goes_by_parameters_and_comes_back_exactly() -> None:
    session = session_of(surveyed())
    before = session.workspace
    edit, notes = change_datum(before, "plots", KNOWN)
    session.run(edit)
    (layer,) = session.workspace.layers
    assert layer.crs == NEW
    assert [note.code for note in notes] == ["datum-shifted"]
    np.testing.assert_allclose(places(session), shifted(before.layers[0].table.geometry.base.xy, HELMERT, XIAN, NEW), atol=1e-9)
    assert layer.revision != before.layers[0].revision
    assert layer.table.rids.tolist() == before.layers[0].table.rids.tolist()
    session.undo()
    assert session.workspace.equals(before)
    assert session.workspace.layers[0].accuracy_note == before.layers[0].accuracy_note
    session.redo()
    assert session.workspace.layers[0].crs == NEW


def test_the_mark_of_before_gives_way_to_the_new_one_and_own_words_stay() -> None:
    layer = surveyed()
    layer = replace(layer, accuracy_note="测于 1998 年；" + layer.accuracy_note)
    session = session_of(layer)
    session.run(change_datum(session.workspace, "plots", KNOWN)[0])
    moved = session.workspace.layers[0]
    assert moved.accuracy_note.startswith("测于 1998 年；按给定参数由 西安80 ")
    assert "150" not in moved.accuracy_note
    assert "good to 0.5 m" in moved.extras["accuracy_note_en"]
    mark = datum_mark_of(moved.extras["datum"])
    assert mark is not None
    assert (mark.how, mark.before, mark.after) == ("helmert", XIAN, NEW)


def test_what_was_moved_roughly_can_be_moved_rightly_later() -> None:
    straight, detour = session_of(surveyed()), session_of(surveyed())
    straight.run(change_datum(straight.workspace, "plots", KNOWN)[0])
    detour.run(change_datum(detour.workspace, "plots", BALLPARK)[0])
    assert np.abs(places(detour) - places(straight)).max() > 10
    with pytest.raises(UserError, match="without parameters already"):
        change_datum(detour.workspace, "plots", BALLPARK)
    detour.run(change_datum(detour.workspace, "plots", KNOWN)[0])
    np.testing.assert_allclose(places(detour), places(straight), atol=1e-6)
    assert detour.workspace.layers[0].extras["datum"]["how"] == "helmert"


def test_control_points_tell_of_themselves() -> None:
    session = session_of(surveyed())
    here = np.array([(366_000.0, 4_184_000.0), (369_000.0, 4_184_000.0), (369_000.0, 4_187_000.0), (366_000.0, 4_187_000.0)])
    points = ControlPoints(("K1", "K2", "K3", "K4"), here, here + MOVED)
    edit, notes = change_datum(session.workspace, "plots", DatumChange(points=points), NEW)
    session.run(edit)
    assert "control-points" in [note.code for note in notes]
    np.testing.assert_allclose(places(session), surveyed().table.geometry.base.xy + MOVED, atol=1e-6)


def test_a_layer_of_today_has_nothing_to_change() -> None:
    modern = replace(surveyed(), crs=NEW, extras={})
    assert why_no_datum_change(modern) is not None
    with pytest.raises(UserError, match="already"):
        change_datum(Workspace((modern,)), "plots", BALLPARK)


def test_it_is_saved_and_journaled_whole(tmp_path: Path) -> None:
    session = session_of(surveyed())
    file = tmp_path / "map.gpkg"
    session.save_as(file)
    session.run(change_datum(session.workspace, "plots", KNOWN)[0])
    layer = session.workspace.layers[0]
    session.run(renamed(session))
    session.save()
    session.close()
    found = Session.open(file, read_only=True, journaled=False).workspace.layers[0]
    np.testing.assert_array_equal(found.table.geometry.base.xy, layer.table.geometry.base.xy)
    assert (found.crs, found.accuracy_note, dict(found.extras)) == (NEW, layer.accuracy_note, dict(layer.extras))
    assert found.title_zh == "地块"


def renamed(session: Session) -> Edit:
    """An edit after the change: what composes with it must not lose it."""
    return rename_layer(session.workspace, "plots", "地块", "Plots")

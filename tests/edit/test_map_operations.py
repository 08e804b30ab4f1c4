"""Base maps and bookmarks: names stay unique, steps undo, opacity of one drag is one step."""

from __future__ import annotations

from typing import Any

import pytest

from cgplanner.edit import map_operations as ops
from cgplanner.edit.edit import Edit
from cgplanner.errors import UserError
from cgplanner.model.basemap import Basemap, basemap_from_json
from cgplanner.model.bookmark import Bookmark, bookmark_from_json
from cgplanner.model.workspace import Workspace
from cgplanner.session.session import Session

IMAGE = Basemap("img", "影像", "Imagery", "tiles", "https://tiles.example/{z}/{x}/{y}.png", subdomains=("a", "b"))
NAMES = Basemap("cia", "影像注记", "Imagery names", "tiles", "https://tiles.example/n/{z}/{x}/{y}.png", grid="geographic")
PLACE = Bookmark("太原", 112.55, 37.87, 50_000.0)


def applied(workspace: Workspace, *edits: Any) -> Workspace:
    for make in edits:
        edit: Edit = make(workspace)
        before, workspace = workspace, workspace.apply(edit.changeset)
        assert workspace.apply(~edit.changeset).equals(before)
    return workspace


def test_the_same_base_map_twice_gets_another_id() -> None:
    workspace = applied(Workspace(), lambda w: ops.add_basemaps(w, [IMAGE, NAMES]), lambda w: ops.add_basemaps(w, [IMAGE]))
    assert [each.id for each in workspace.basemaps] == ["img", "cia", "img_2"]


def test_base_maps_are_changed_moved_and_removed() -> None:
    workspace = applied(
        Workspace(),
        lambda w: ops.add_basemaps(w, [IMAGE, NAMES]),
        lambda w: ops.change_basemap(w, "cia", opacity=7),
        lambda w: ops.change_basemap(w, "影像", visible=False),
        lambda w: ops.reorder_basemaps(w, ["cia", "img"]),
    )
    assert [(each.id, each.opacity, each.visible) for each in workspace.basemaps] == [("cia", 1.0, True), ("img", 1.0, False)]
    assert [each.id for each in applied(workspace, lambda w: ops.remove_basemap(w, "cia")).basemaps] == ["img"]
    with pytest.raises(UserError, match="gone"):
        ops.remove_basemap(workspace, "gone")


def test_a_slider_that_is_dragged_is_one_step() -> None:
    session = Session(Workspace(), journaled=False)
    session.run(ops.add_basemaps(session.workspace, [IMAGE]))
    for opacity in (0.9, 0.7, 0.4):
        session.run(ops.change_basemap(session.workspace, "img", opacity=opacity))
    session.undo()
    assert session.workspace.basemaps == (IMAGE,)


def test_bookmarks_keep_their_names_apart() -> None:
    workspace = applied(Workspace(), lambda w: ops.add_bookmark(w, PLACE))
    with pytest.raises(UserError):
        ops.add_bookmark(workspace, Bookmark("  太原 ", 0, 0, 1000))
    with pytest.raises(UserError):
        ops.add_bookmark(workspace, Bookmark("  ", 0, 0, 1000))
    renamed = applied(workspace, lambda w: ops.change_bookmark(w, "太原", Bookmark("太原市", 112.55, 37.87, 50_000.0)))
    assert [each.name for each in renamed.bookmarks] == ["太原市"]
    assert applied(renamed, lambda w: ops.remove_bookmark(w, "太原市")).bookmarks == ()


@pytest.mark.parametrize("basemap", [IMAGE, NAMES])
def test_the_json_form_comes_back(basemap: Basemap) -> None:
    assert basemap_from_json(basemap.to_json()) == basemap
    assert basemap_from_json({**basemap.to_json(), "of a later version": 1}) == basemap
    assert bookmark_from_json(PLACE.to_json()) == PLACE


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "ftp"},
        {"opacity": 2.0},
        {"min_zoom": 9, "max_zoom": 3},
        {"visible": "yes"},
        {"tile_size": "256"},
        {"source": 7},
    ],
)
def test_foreign_data_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".*"):
        basemap_from_json({**IMAGE.to_json(), **wrong})


@pytest.mark.parametrize("wrong", [{"scale": 0}, {"x": "nan"}, {"name": ""}, {"y": None}])
def test_foreign_bookmarks_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".*"):
        bookmark_from_json({**PLACE.to_json(), **wrong})

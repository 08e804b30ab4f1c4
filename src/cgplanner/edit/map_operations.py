"""Operations on what belongs to the map and to no layer: base maps and bookmarks. Pure, as those on features are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cgplanner.edit.edit import Edit
from cgplanner.edit.projection import display_crs_of_nothing
from cgplanner.errors import UserError
from cgplanner.model import workspace as documents
from cgplanner.model.basemap import Basemap
from cgplanner.model.bookmark import Bookmark
from cgplanner.model.workspace import WORKSPACE, Workspace
from cgplanner.text import Name, Sentence, sentence, tr


def _called(basemap: Basemap) -> Name:
    return Name(basemap.title_zh or basemap.title_en or basemap.id, basemap.title_en)


def _with_basemaps(workspace: Workspace, basemaps: Sequence[Basemap], title: Sentence, merge_key: str = "") -> Edit:
    return Edit(documents.setting(workspace, WORKSPACE, "basemaps", tuple(basemaps)), title, merge_key)


def basemap_named(workspace: Workspace, name: str) -> Basemap:
    """Return the base map with this id or title, in either language.

    Raises
    ------
    UserError
        When there is none; the sentence lists those there are.
    """
    wanted = name.casefold()
    for each in workspace.basemaps:
        if wanted in {each.id.casefold(), each.title_zh.casefold(), each.title_en.casefold()}:
            return each
    names = ", ".join(each.id for each in workspace.basemaps) or "–"
    raise UserError(tr("There is no base map “{name}”.", name=name), hint=tr("Base maps: {names}.", names=names))


def add_basemaps(workspace: Workspace, basemaps: Sequence[Basemap]) -> Edit:
    """Add base maps above those there are; one whose id is taken gets another.

    A picture and the names that go over it come as one step. A map without layers gets the projection of the city cluster.
    """
    taken = {each.id for each in workspace.basemaps}
    added: list[Basemap] = []
    for each in basemaps:
        new_id = next(name for name in (each.id, *(f"{each.id}_{k}" for k in range(2, 10_000))) if name not in taken)
        taken.add(new_id)
        added.append(replace(each, id=new_id))
    title = sentence("add the base map {name}", name=_called(added[0])) if added else sentence("add a base map")
    edit = _with_basemaps(workspace, (*workspace.basemaps, *added), title)
    if workspace.display_crs or workspace.layers:
        return edit
    projection = documents.setting(workspace, WORKSPACE, "display_crs", display_crs_of_nothing())
    return Edit(edit.changeset + projection, title)


def remove_basemap(workspace: Workspace, basemap_id: str) -> Edit:
    """Take a base map away."""
    gone = basemap_named(workspace, basemap_id)
    rest = [each for each in workspace.basemaps if each.id != gone.id]
    return _with_basemaps(workspace, rest, sentence("remove the base map {name}", name=_called(gone)))


def change_basemap(workspace: Workspace, basemap_id: str, **changes: Any) -> Edit:
    """Give a base map other properties (``opacity``, ``visible``, titles, ``crs``, ...); its id stays.

    Changes of the opacity that follow each other are one step.
    """
    old = basemap_named(workspace, basemap_id)
    if "opacity" in changes:
        changes["opacity"] = min(max(float(changes["opacity"]), 0.0), 1.0)
    new = replace(old, **{**changes, "id": old.id})
    maps = [new if each.id == old.id else each for each in workspace.basemaps]
    if set(changes) == {"visible"}:
        shown, hidden = (
            sentence("show the base map {name}", name=_called(old)),
            sentence("hide the base map {name}", name=_called(old)),
        )
        return _with_basemaps(workspace, maps, shown if new.visible else hidden)
    merge_key = f"basemap/{old.id}/opacity" if set(changes) == {"opacity"} else ""
    return _with_basemaps(workspace, maps, sentence("change the base map {name}", name=_called(old)), merge_key)


def reorder_basemaps(workspace: Workspace, order: Sequence[str]) -> Edit:
    """Draw the base maps in another order, bottom first."""
    by_id = {each.id: each for each in workspace.basemaps}
    if sorted(order) != sorted(by_id):
        raise ValueError("an order names every base map once")
    return _with_basemaps(workspace, [by_id[each] for each in order], sentence("reorder the base maps"))


def _with_bookmarks(workspace: Workspace, bookmarks: Sequence[Bookmark], title: Sentence) -> Edit:
    return Edit(documents.setting(workspace, WORKSPACE, "bookmarks", tuple(bookmarks)), title)


def bookmark_named(workspace: Workspace, name: str) -> Bookmark:
    """Return the bookmark of this name.

    Raises
    ------
    UserError
        When there is none; the sentence lists those there are.
    """
    for each in workspace.bookmarks:
        if each.name.casefold() == name.strip().casefold():
            return each
    names = ", ".join(each.name for each in workspace.bookmarks) or "–"
    raise UserError(tr("There is no bookmark “{name}”.", name=name), hint=tr("Bookmarks: {names}.", names=names))


def _free_name(workspace: Workspace, name: str, *, but: str = "") -> str:
    plain = " ".join(name.split())
    if not plain:
        raise UserError(tr("A bookmark needs a name."), hint=tr("Type what you will look for."))
    if any(each.name.casefold() == plain.casefold() for each in workspace.bookmarks if each.name != but):
        raise UserError(tr("There is a bookmark “{name}” already.", name=plain), hint=tr("Choose a name that is free."))
    return plain


def add_bookmark(workspace: Workspace, bookmark: Bookmark) -> Edit:
    """Add a bookmark at the end of the list.

    Raises
    ------
    UserError
        When its name is empty or taken.
    """
    new = replace(bookmark, name=_free_name(workspace, bookmark.name))
    return _with_bookmarks(workspace, (*workspace.bookmarks, new), sentence("add the bookmark {name}", name=new.name))


def change_bookmark(workspace: Workspace, name: str, bookmark: Bookmark) -> Edit:
    """Put another name or place in the place of a bookmark.

    Raises
    ------
    UserError
        When there is no such bookmark, or the new name is empty or taken.
    """
    old = bookmark_named(workspace, name)
    new = replace(bookmark, name=_free_name(workspace, bookmark.name, but=old.name))
    marks = [new if each.name == old.name else each for each in workspace.bookmarks]
    return _with_bookmarks(workspace, marks, sentence("change the bookmark {name}", name=old.name))


def remove_bookmark(workspace: Workspace, name: str) -> Edit:
    """Take a bookmark away."""
    old = bookmark_named(workspace, name)
    rest = [each for each in workspace.bookmarks if each.name != old.name]
    return _with_bookmarks(workspace, rest, sentence("remove the bookmark {name}", name=old.name))

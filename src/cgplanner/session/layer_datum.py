"""A layer of the workspace taken to another datum, as one step that can be undone; what was said of its places goes along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cgplanner.edit.edit import Edit
from cgplanner.edit.operations import replace_layer
from cgplanner.errors import UserError
from cgplanner.io.crs.datum_change import BALLPARK, DatumChange, in_other_datum, mark_words
from cgplanner.io.crs.reproject import ballpark_metres
from cgplanner.io.report import DatumMark, Note, Report, datum_mark_of
from cgplanner.io.source import LoadedLayer
from cgplanner.model.changeset import Key, Setting, TableChange
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.text import Name, Sentence, in_both, sentence, tr

Progress = Callable[[float], None]


def why_no_datum_change(layer: Layer) -> Sentence | None:
    """Return why there is nothing to change of a layer's datum; None when there is."""
    if not len(layer.table.geometry.base.xy):
        return sentence("The layer has no shapes.")
    if layer.crs and not ballpark_metres(layer.crs) and roughly_from(layer) is None:
        return sentence("The layer is in CGCS2000 or WGS 84 already.")
    return None


def roughly_from(layer: Layer) -> str | None:
    """Return the CRS of the old datum that a layer was taken from without parameters; None when it was not."""
    mark = datum_mark_of(layer.extras.get("datum"))
    return mark.before if mark is not None and mark.how == "ballpark" and mark.after == layer.crs else None


def change_datum(
    workspace: Workspace, layer_id: str, change: DatumChange, target: str = "", progress: Progress = lambda _share: None
) -> tuple[Edit, tuple[Note, ...]]:
    """Return the step that takes a layer to another datum, and what is worth knowing of it.

    One that was moved without parameters goes back first, exactly, when parameters or points are given now: the better way
    begins where the survey was. ``progress`` may raise ``Cancelled``.

    Raises
    ------
    UserError
        When nothing is to be changed, or as :func:`cgplanner.io.crs.datum_change.in_other_datum`.
    """
    layer = workspace.layer(layer_id)
    why_not = why_no_datum_change(layer)
    if why_not is not None:
        raise UserError(str(why_not), hint=tr("Choose another layer."))
    loaded = LoadedLayer(layer.title, layer.table, layer.crs, Report(crs=layer.crs), Path(layer.source or layer.id))
    before = roughly_from(layer)
    if before is not None:
        if change is BALLPARK:
            raise UserError(
                tr("The layer was moved without parameters already."), hint=tr("Give parameters or control points.")
            )
        target = target or change.after or layer.crs
        loaded = replace(in_other_datum(loaded, BALLPARK, before), report=Report(crs=before))
    progress(0.2)
    moved = in_other_datum(loaded, change, target)
    progress(0.9)
    title = sentence("change the datum of {layer}", layer=Name(layer.title_zh or layer.id, layer.title_en))
    return replace_layer(workspace, _as_moved(layer, moved), title), moved.report.notes


def _as_moved(layer: Layer, moved: LoadedLayer) -> Layer:
    """Return the layer with the places, the CRS and the mark of what became of it."""
    fresh = layer.with_changes(
        TableChange(), {Key(layer.id, "crs"): Setting(layer.crs, moved.crs)}
    )  # with a revision of its own
    old, mark = datum_mark_of(layer.extras.get("datum")), moved.report.datum
    extras = {name: value for name, value in layer.extras.items() if name not in ("datum", "accuracy_note_en")}
    zh = _note(layer.accuracy_note, old, mark, 0)
    en = _note(str(layer.extras.get("accuracy_note_en", "")), old, mark, 1)
    extras |= {"accuracy_note_en": en} if en else {}
    extras |= {"datum": mark.to_json()} if mark is not None else {}
    return replace(fresh, table=moved.table, accuracy_note=zh, extras=extras)


def _note(own: str, old: DatumMark | None, new: DatumMark | None, language: int) -> str:
    """Return what a layer says of its accuracy: its own words, with those of the new mark in the place of the old one's."""
    before, after = (in_both(mark_words(mark))[language] if mark is not None else "" for mark in (old, new))
    rest = own.replace(before, "").strip("；; ") if before else own
    return ("；", "; ")[language].join(text for text in (rest, after) if text)

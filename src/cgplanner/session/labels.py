"""Labels that people put somewhere by hand, as edits: pinned where they were dropped, or let go again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cgplanner.edit import operations
from cgplanner.edit.edit import Edit
from cgplanner.errors import UserError
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.label_pins import with_pin, without_pins
from cgplanner.symbology.label_template import missing_fields
from cgplanner.symbology.style import Labels, Pin
from cgplanner.text import tr


def pin_label(workspace: Workspace, layer_id: str, rid: int, dx: float, dy: float) -> Edit:
    """Put the middle of a feature's label dx, dy (units of the layer's CRS) from the feature's own point.

    Raises
    ------
    UserError
        When the layer has no labels.
    """
    layer = workspace.layer(layer_id)
    fid = int(layer.table.fids[layer.table.positions_of([rid])[0]])
    return operations.place_label(workspace, layer_id, rid, with_pin(style_of(layer), Pin(fid, float(dx), float(dy))))


def unpin_labels(workspace: Workspace, layer_id: str, rids: Sequence[int]) -> Edit:
    """Let the labels of these features find their places by themselves again.

    Raises
    ------
    UserError
        When none of them was put anywhere.
    """
    layer = workspace.layer(layer_id)
    fids = {int(fid) for fid in layer.table.fids[layer.table.positions_of(sorted(rids))]}
    style, free = style_of(layer), without_pins(style_of(layer), fids)
    if free == style:
        raise UserError(
            tr("No label of these features was put anywhere by hand."), hint=tr("Drag a label with the tool “Move labels”.")
        )
    return operations.release_labels(workspace, layer_id, sorted(rids), free)


def label_texts(workspace: Workspace, layer_id: str, text: str, text_en: str | None = None) -> Edit:
    """Let the labels of a layer say what a template says, in English another one where it is given; '' is the bare field.

    Raises
    ------
    UserError
        When it is no template, or names a field that the layer does not have.
    """
    layer = workspace.layer(layer_id)
    for template in (text, text_en or ""):
        missing = missing_fields(template, layer.schema)
        if missing:
            raise UserError(
                tr("The layer {layer} has no field “{field}”.", layer=layer.title, field=missing[0]),
                hint=tr("Fields: {names}.", names=", ".join(field.name for field in layer.schema)),
            )
    style = style_of(layer)
    first = layer.schema.title or next((field.id for field in layer.schema), "")
    labels = style.labels or Labels(first)
    english = labels.text_en if text_en is None else text_en
    return operations.set_style(
        workspace, layer_id, replace(style, labels=replace(labels, text=text, text_en=english, visible=True))
    )


def pinned_rids(workspace: Workspace, layer_id: str) -> tuple[int, ...]:
    """Return the features of a layer whose labels were put somewhere, by session number."""
    layer = workspace.layer(layer_id)
    labels = style_of(layer).labels
    pinned = {pin.fid for pin in labels.pins} if labels else set()
    table = layer.table
    return tuple(int(rid) for rid, fid in zip(table.rids.tolist(), table.fids.tolist(), strict=True) if fid in pinned)

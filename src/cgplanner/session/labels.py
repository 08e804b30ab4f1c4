"""Labels that people put somewhere by hand, as edits: pinned where they were dropped, or let go again."""

from __future__ import annotations

from collections.abc import Sequence

from cgplanner.edit import operations
from cgplanner.edit.edit import Edit
from cgplanner.errors import UserError
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.label_pins import with_pin, without_pins
from cgplanner.symbology.style import Pin
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


def pinned_rids(workspace: Workspace, layer_id: str) -> tuple[int, ...]:
    """Return the features of a layer whose labels were put somewhere, by session number."""
    layer = workspace.layer(layer_id)
    labels = style_of(layer).labels
    pinned = {pin.fid for pin in labels.pins} if labels else set()
    table = layer.table
    return tuple(int(rid) for rid, fid in zip(table.rids.tolist(), table.fids.tolist(), strict=True) if fid in pinned)

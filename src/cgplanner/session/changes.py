"""From a changeset to the one message about it: which kinds of things changed, and where on the map."""

from __future__ import annotations

from cgplanner.model.changeset import GEOMETRY, Changeset, TableChange
from cgplanner.model.signal import Extent, Kind, LayerChange
from cgplanner.model.workspace import Workspace
from cgplanner.session.touched import touched

_KIND_OF_SETTING = {
    "style": Kind.STYLE,
    "visible": Kind.STYLE,
    "opacity": Kind.STYLE,
    "layer": Kind.LAYERS,
    "order": Kind.LAYERS,
    "title_zh": Kind.LAYERS,
    "title_en": Kind.LAYERS,
    "schema": Kind.SCHEMA,
    "crs": Kind.GEOMETRY,
    "display_crs": Kind.GEOMETRY,
    "layouts": Kind.PAGE,
    "basemaps": Kind.BASEMAPS,
    "bookmarks": Kind.BOOKMARKS,
}


def described(before: Workspace, after: Workspace, changeset: Changeset, initiator: object = None) -> LayerChange:
    """Return the message about a changeset that led from ``before`` to ``after``."""
    kinds = Kind.NONE
    for key in changeset.settings:
        kinds |= _KIND_OF_SETTING.get(key.name, Kind.LAYERS)
    extents: dict[str, Extent] = {}
    for layer_id, change in changeset.tables.items():
        kinds |= _kinds(change)
        if layer_id in before and layer_id in after:
            extents[layer_id] = touched(before.layer(layer_id), after.layer(layer_id), change)
    for key in changeset.settings:
        extents.pop(key.layer, None)  # a layer with another look is redrawn whole
    return LayerChange(changeset, extents, kinds, initiator)


def _kinds(change: TableChange) -> Kind:
    kinds = Kind.ROWS if change.added or change.deleted else Kind.NONE
    if GEOMETRY in change.cells:
        kinds |= Kind.GEOMETRY
    if change.cells.keys() - {GEOMETRY}:
        kinds |= Kind.ATTRIBUTES
    return kinds

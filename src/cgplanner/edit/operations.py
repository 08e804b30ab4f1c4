"""Operations on features and layers: (version of the workspace, arguments) -> Edit. Pure; nothing is applied here.

All coordinates are in the layer's own CRS. A value that a field does not take, a geometry of the wrong family or a missing
row is a UserError, and then there is no edit at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from cgplanner.edit import shapes
from cgplanner.edit.edit import Edit
from cgplanner.edit.projection import display_crs_for
from cgplanner.errors import UserError
from cgplanner.geometry.ragged import FAMILY_OF_KIND
from cgplanner.model import workspace as documents
from cgplanner.model.changeset import GEOMETRY, Cells, Changeset, Rows, TableChange
from cgplanner.model.column import Column, Positions, column_of
from cgplanner.model.geometry_column import geometry_column
from cgplanner.model.layer import Appearance, Layer
from cgplanner.model.schema import Field, Value
from cgplanner.model.table import FeatureTable
from cgplanner.model.workspace import WORKSPACE, Workspace
from cgplanner.text import Name, Sentence, sentence, tr

Rids = Sequence[int] | Positions


def _sorted(rids: Rids) -> Positions:
    """Return session numbers ascending, each once."""
    numbers = np.asarray(rids, np.int64)
    return numbers if (numbers[1:] > numbers[:-1]).all() else np.unique(numbers)


def _named(thing: Layer | Field) -> Name:
    """Return what titles call a layer or a field, in whatever language they are read."""
    if isinstance(thing, Layer):
        return Name(thing.title_zh or thing.id, thing.title_en)
    return Name(thing.alias_zh or thing.name, thing.alias_en)


def _whom(layer: Layer, positions: Positions) -> str | Sentence:
    """Return what the titles call these features."""
    if len(positions) == 1:
        return _who(layer, int(positions[0]))
    return sentence("{count} features of {layer}", count=len(positions), layer=_named(layer))


def _who(layer: Layer, position: int) -> str | Sentence:
    """Return the name of a feature; one without a name is called by its kind and its layer, for a number says nothing."""
    name = layer.table.name_of(position)
    if name:
        return name
    family = FAMILY_OF_KIND.get(int(layer.table.geometry.kinds_of(np.array([position]))[0]))
    if family == "point":
        return sentence("a point of {layer}", layer=_named(layer))
    if family == "line":
        return sentence("a line of {layer}", layer=_named(layer))
    if family == "polygon":
        return sentence("an area of {layer}", layer=_named(layer))
    return sentence("a row of {layer}", layer=_named(layer))


def _cells(table: FeatureTable, column_id: str, positions: Positions, new: Column) -> TableChange:
    """Return the change of those cells that are not so already."""
    old = table.columns[column_id].take(positions)
    different = np.flatnonzero(~old.same(new))
    if not len(different):
        return TableChange()
    cells = Cells(table.rids[positions[different]], old.take(different), new.take(different))
    return TableChange({column_id: cells})


def _of_table(layer: Layer, change: TableChange) -> Changeset:
    return Changeset() if change.is_empty else Changeset({layer.id: change})


def set_field(workspace: Workspace, layer_id: str, rids: Rids, field_id: str, value: Any) -> Edit:
    """Give one field of these rows a value; text is read as the field's type wants it."""
    layer = workspace.layer(layer_id)
    field = layer.schema[field_id]
    accepted: Value = field.accept(value)
    positions = layer.table.positions_of(_sorted(rids))
    new = column_of(field.type, [accepted]).take(np.zeros(len(positions), np.int64))
    change = _cells(layer.table, field_id, positions, new)
    title = sentence("set {field} of {feature}", field=_named(field), feature=_whom(layer, positions))
    return Edit(_of_table(layer, change), title)


def set_values(workspace: Workspace, layer_id: str, rids: Rids, field_id: str, values: Sequence[Any]) -> Edit:
    """Give one field of these rows (ascending, distinct) a value each."""
    layer = workspace.layer(layer_id)
    field = layer.schema[field_id]
    positions = layer.table.positions_of(rids)
    change = _cells(layer.table, field_id, positions, column_of(field.type, [field.accept(each) for each in values]))
    title = sentence("set {field} of {feature}", field=_named(field), feature=_whom(layer, positions))
    return Edit(_of_table(layer, change), title)


def _checked_geometry(layer: Layer, geometry: Any) -> Any:
    if geometry is None or geometry.is_empty:
        raise UserError(tr("The shape is empty."), hint=tr("Draw at least one point."))
    family = FAMILY_OF_KIND.get(int(shapely.get_type_id(geometry)))
    if family is None or layer.schema.geometry not in ("mixed", family):
        raise UserError(
            tr("The layer {layer} does not hold shapes of the kind {kind}.", layer=layer.title, kind=geometry.geom_type),
            hint=tr("Draw into another layer."),
        )
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise UserError(tr("A coordinate must be a finite number."), hint=tr("Check the numbers that were given."))
    return geometry


def _reshape_each(layer: Layer, rids: Positions, geometries: Sequence[Any], title: Sentence) -> Edit:
    checked = [_checked_geometry(layer, each) for each in geometries]
    change = _cells(layer.table, GEOMETRY, layer.table.positions_of(rids), geometry_column(checked))
    return Edit(_of_table(layer, change), title)


def _shape(layer: Layer, rid: int) -> tuple[Any, str | Sentence]:
    """Return the geometry of a row, and what people call it."""
    positions = layer.table.positions_of([rid])
    geometry = layer.table.geometry.value(int(positions[0]))
    if geometry is None:
        raise UserError(
            tr("{feature} has no shape on the map.", feature=_whom(layer, positions)), hint=tr("Draw a new feature instead.")
        )
    return geometry, _whom(layer, positions)


def set_geometry(workspace: Workspace, layer_id: str, rid: int, geometry: Any) -> Edit:
    """Give a feature another geometry."""
    layer = workspace.layer(layer_id)
    title = sentence("change the shape of {feature}", feature=_whom(layer, layer.table.positions_of([rid])))
    return _reshape_each(layer, _sorted([rid]), [geometry], title)


def move_features(workspace: Workspace, layer_id: str, rids: Rids, dx: float, dy: float) -> Edit:
    """Shift features by dx, dy; those without a shape stay as they are."""
    layer = workspace.layer(layer_id)
    rids = _sorted(rids)
    positions = layer.table.positions_of(rids)
    full = ~layer.table.geometry.nulls[positions]
    geometries = layer.table.geometry.geometries(positions[full])
    moved = [shapes.moved(each, dx, dy) for each in geometries if not each.is_empty]
    full[full] = ~shapely.is_empty(geometries)
    return _reshape_each(layer, rids[full], moved, sentence("move {feature}", feature=_whom(layer, positions)))


def move_vertex(workspace: Workspace, layer_id: str, rid: int, vertex: int, x: float, y: float) -> Edit:
    """Move one vertex of a feature to x, y."""
    layer = workspace.layer(layer_id)
    geometry, name = _shape(layer, rid)
    changed = shapes.vertex_moved(geometry, vertex, x, y)
    return _reshape_each(layer, _sorted([rid]), [changed], sentence("move a vertex of {feature}", feature=name))


def insert_vertex(workspace: Workspace, layer_id: str, rid: int, after: int, x: float, y: float) -> Edit:
    """Insert a vertex at x, y after vertex number ``after``."""
    layer = workspace.layer(layer_id)
    geometry, name = _shape(layer, rid)
    changed = shapes.vertex_inserted(geometry, after, x, y)
    return _reshape_each(layer, _sorted([rid]), [changed], sentence("add a vertex to {feature}", feature=name))


def delete_vertex(workspace: Workspace, layer_id: str, rid: int, vertex: int) -> Edit:
    """Take one vertex out of a feature."""
    layer = workspace.layer(layer_id)
    geometry, name = _shape(layer, rid)
    changed = shapes.vertex_deleted(geometry, vertex)
    return _reshape_each(layer, _sorted([rid]), [changed], sentence("delete a vertex of {feature}", feature=name))


def reshape(workspace: Workspace, layer_id: str, rid: int, line: Any) -> Edit:
    """Let a feature follow a drawn line between the two places where they cross."""
    layer = workspace.layer(layer_id)
    geometry, name = _shape(layer, rid)
    changed = shapes.reshaped(geometry, line)
    return _reshape_each(layer, _sorted([rid]), [changed], sentence("reshape {feature}", feature=name))


def _new_rows(layer: Layer, records: Sequence[Mapping[str, Any]], geometries: Sequence[Any]) -> Rows:
    """Return rows with the next numbers; fields that a record leaves out are NULL."""
    table, count = layer.table, len(records)
    for record in records:
        unknown = set(record) - {each.id for each in layer.schema}
        if unknown:
            raise KeyError(unknown)
    columns: dict[str, Column] = {
        field.id: column_of(field.type, [field.accept(record.get(field.id)) for record in records]) for field in layer.schema
    }
    columns[GEOMETRY] = geometry_column([_checked_geometry(layer, each) for each in geometries])
    rids = np.arange(table.next_rid, table.next_rid + count, dtype=np.int64)
    fids = np.arange(table.next_fid, table.next_fid + count, dtype=np.int64)
    return Rows(rids, fids, columns)


def add_features(
    workspace: Workspace, layer_id: str, geometries: Sequence[Any], records: Sequence[Mapping[str, Any]] | None = None
) -> Edit:
    """Add features with {field id: value} records; what a record leaves out is NULL."""
    layer = workspace.layer(layer_id)
    rows = _new_rows(layer, records or [{}] * len(geometries), geometries)
    title = sentence("add {count} features to {layer}", count=len(rows), layer=_named(layer))
    if len(rows) == 1:
        title = sentence("add a feature to {layer}", layer=_named(layer))
    added = {layer.id: tuple(int(rid) for rid in rows.rids)}
    return Edit(Changeset({layer.id: TableChange(added=rows)}) if len(rows) else Changeset(), title, added=added)


def add_feature(workspace: Workspace, layer_id: str, geometry: Any, values: Mapping[str, Any] | None = None) -> Edit:
    """Add one feature."""
    return add_features(workspace, layer_id, [geometry], [values or {}])


def delete_features(workspace: Workspace, layer_id: str, rids: Rids) -> Edit:
    """Delete features."""
    layer = workspace.layer(layer_id)
    positions = layer.table.positions_of(_sorted(rids))
    title = sentence("delete {feature}", feature=_whom(layer, positions))
    change = TableChange(deleted=layer.table.rows(positions)) if len(positions) else TableChange()
    return Edit(_of_table(layer, change), title)


def split(workspace: Workspace, layer_id: str, rid: int, line: Any) -> Edit:
    """Cut a feature along a line: the largest piece keeps its identity, the others are new features with its attributes."""
    layer = workspace.layer(layer_id)
    geometry, name = _shape(layer, rid)
    first, *rest = shapes.pieces(geometry, line)
    position = layer.table.positions_of([rid])
    record = layer.table.record(int(position[0]))
    cells = _cells(layer.table, GEOMETRY, position, geometry_column([first])).cells
    rows = _new_rows(layer, [record] * len(rest), rest)
    added = {layer.id: tuple(int(each) for each in rows.rids)}
    return Edit(Changeset({layer.id: TableChange(cells, added=rows)}), sentence("split {feature}", feature=name), added=added)


def merge(workspace: Workspace, layer_id: str, rids: Sequence[int]) -> Edit:
    """Make one feature of several: the first one named keeps its identity and attributes, the others go."""
    layer = workspace.layer(layer_id)
    if len(set(rids)) < shapes.LEAST_LINE:
        raise UserError(tr("Merging takes at least two features."), hint=tr("Choose several features of one layer."))
    first = layer.table.positions_of([rids[0]])
    others = layer.table.positions_of(_sorted([rid for rid in rids if rid != rids[0]]))
    whole = shapes.merged([_shape(layer, int(rid))[0] for rid in dict.fromkeys(rids)])
    cells = _cells(layer.table, GEOMETRY, first, geometry_column([_checked_geometry(layer, whole)])).cells
    change = TableChange(cells, deleted=layer.table.rows(others))
    title = sentence("merge {count} features into {feature}", count=len(others) + 1, feature=_whom(layer, first))
    return Edit(Changeset({layer.id: change}), title)


def _setting(workspace: Workspace, layer_id: str, name: str, value: Any, title: Sentence, *, merges: bool = False) -> Edit:
    changeset = documents.setting(workspace, layer_id, name, value)
    return Edit(changeset, title, f"{layer_id}/{name}" if merges else "")


def set_style(workspace: Workspace, layer_id: str, style: Appearance) -> Edit:
    """Give a layer another style."""
    title = sentence("change the style of {layer}", layer=_named(workspace.layer(layer_id)))
    return _setting(workspace, layer_id, "style", style, title, merges=True)


def place_label(workspace: Workspace, layer_id: str, rid: int, style: Appearance) -> Edit:
    """Give a layer the style in which one feature's label lies where somebody put it."""
    layer = workspace.layer(layer_id)
    title = sentence("move the label of {feature}", feature=_whom(layer, layer.table.positions_of([rid])))
    return _setting(workspace, layer_id, "style", style, title)


def release_labels(workspace: Workspace, layer_id: str, rids: Rids, style: Appearance) -> Edit:
    """Give a layer the style in which these features' labels find their places by themselves."""
    layer = workspace.layer(layer_id)
    title = sentence("release the label of {feature}", feature=_whom(layer, layer.table.positions_of(_sorted(rids))))
    return _setting(workspace, layer_id, "style", style, title)


def set_visible(workspace: Workspace, layer_id: str, visible: bool) -> Edit:  # noqa: FBT001  the value itself
    """Show or hide a layer."""
    layer = _named(workspace.layer(layer_id))
    title = sentence("show {layer}", layer=layer) if visible else sentence("hide {layer}", layer=layer)
    return _setting(workspace, layer_id, "visible", visible, title)


def set_opacity(workspace: Workspace, layer_id: str, opacity: float) -> Edit:
    """Make a layer more or less transparent: 0 to 1."""
    title = sentence("change the opacity of {layer}", layer=_named(workspace.layer(layer_id)))
    return _setting(workspace, layer_id, "opacity", min(max(float(opacity), 0.0), 1.0), title, merges=True)


def rename_layer(workspace: Workspace, layer_id: str, title_zh: str, title_en: str) -> Edit:
    """Give a layer other titles."""
    layer = workspace.layer(layer_id)
    changeset = documents.setting(workspace, layer_id, "title_zh", title_zh)
    changeset = changeset + documents.setting(workspace, layer_id, "title_en", title_en)
    return Edit(changeset, sentence("rename {layer}", layer=_named(layer)))


def set_crs(workspace: Workspace, layer_id: str, crs: str) -> Edit:
    """Say in which CRS a layer's coordinates are; the coordinates stay as they are."""
    title = sentence("set the coordinate system of {layer}", layer=_named(workspace.layer(layer_id)))
    return _setting(workspace, layer_id, "crs", crs, title)


def reorder(workspace: Workspace, order: Sequence[str]) -> Edit:
    """Draw the layers in another order, bottom first."""
    if sorted(order) != sorted(layer.id for layer in workspace.layers):
        raise ValueError("an order names every layer once")
    return _setting(workspace, WORKSPACE, "order", tuple(order), sentence("reorder the layers"))


def add_layer(workspace: Workspace, layer: Layer, place: int | None = None) -> Edit:
    """Add a layer at this place of the drawing order, on top when None. Its id must be new.

    The first layer with a place on earth decides what projection the map is shown in.
    """
    if layer.id in workspace:
        raise ValueError(f"there is a layer {layer.id} already")
    title = sentence("add the layer {layer}", layer=_named(layer))
    changeset = documents.adding(workspace, replace(layer), place)
    if not workspace.display_crs:
        changeset = changeset + documents.setting(workspace, WORKSPACE, "display_crs", display_crs_for(layer))
    return Edit(changeset, title)


def remove_layer(workspace: Workspace, layer_id: str) -> Edit:
    """Take a layer out of the workspace."""
    title = sentence("remove the layer {layer}", layer=_named(workspace.layer(layer_id)))
    return Edit(documents.removing(workspace, layer_id), title)


def replace_layer(workspace: Workspace, layer: Layer, title: Sentence) -> Edit:
    """Put another version of a whole layer in the place of the one with its id; its rows keep their numbers."""
    return Edit(documents.replacing(workspace, layer), title)


def set_layouts(workspace: Workspace, layouts: Mapping[str, Mapping[str, Any]]) -> Edit:
    """Give the workspace other page layouts (JSON-able data by name)."""
    return _setting(workspace, WORKSPACE, "layouts", dict(layouts), sentence("change the page layout"), merges=True)

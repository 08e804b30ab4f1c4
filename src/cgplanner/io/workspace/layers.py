"""The layers of a workspace as the door for vector files hands them out: with aliases, domains and the fields' own ids."""

from __future__ import annotations

from pathlib import Path

from cgplanner.io.crs.datum_change import mark_note
from cgplanner.io.drivers.gdal_layers import geometry_notes, layer_notes
from cgplanner.io.report import Report, datum_mark_of
from cgplanner.io.source import LoadedLayer, Progress
from cgplanner.io.workspace.workspace_file import read_workspace
from cgplanner.model.layer import Layer


def workspace_layers(path: Path, *, progress: Progress | None = None) -> tuple[LoadedLayer, ...]:
    """Return all layers of a workspace file, bottom to top, by their ids.

    Raises
    ------
    UserError
        When the file is damaged or of a later version.
    """
    return tuple(_loaded(layer, path) for layer in read_workspace(path, progress=progress).workspace.layers)


def _loaded(layer: Layer, path: Path) -> LoadedLayer:
    notes = (*geometry_notes(layer.table.geometry), *layer_notes(len(layer.table), layer.crs, drawn=True))
    how = "declared" if layer.crs else "missing"
    mark = datum_mark_of(layer.extras.get("datum"))
    notes = (*notes, mark_note(mark)) if mark else notes
    report = Report(notes, (), "UTF-8", "declared", layer.crs, how, datum=mark)
    return LoadedLayer(layer.id, layer.table, layer.crs, report, path)

"""What there is to look at: a workspace or a single file as a map, and the extent of everything on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from cgplanner.edit.projection import CLUSTER, display_crs_for
from cgplanner.errors import UserError
from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy
from cgplanner.io.workspace import workspace_file
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.text import tr

Box = tuple[float, float, float, float]
_STEPS = 21  # points along each side of a box whose image in another CRS is wanted


def map_of_file(path: Path) -> Workspace:
    """Return the workspace in a file; a vector file becomes a map of its layers.

    Raises
    ------
    UserError
        When the file cannot be read.
    """
    if path.suffix.lower() == ".gpkg":
        workspace = workspace_file.read_workspace(path).workspace
    else:
        from cgplanner.io import vector  # noqa: PLC0415  brings drivers
        from cgplanner.session.importing import imported_layer  # noqa: PLC0415  the window needs it for files only

        workspace = Workspace()
        for source in vector.list_layers(path):
            layer = imported_layer(vector.read_layer(path, source.name), workspace)
            workspace = replace(workspace, layers=(*workspace.layers, layer))
    return with_display_crs(workspace)


def with_display_crs(workspace: Workspace) -> Workspace:
    """Return the workspace with a projection to show it in, when it has none yet: one for its first layer with shapes."""
    if workspace.display_crs:
        return workspace
    first = next((layer for layer in workspace.layers if layer.table.geometry.extent()), None)
    return replace(workspace, display_crs=display_crs_for(first) if first else "")


def ground_extent(workspace: Workspace, crs: str) -> Box | None:
    """Return what a map of base maps alone looks at, the city cluster; None where there is none."""
    if not workspace.basemaps or not crs:
        return None
    west, south, east, north = CLUSTER
    corners = transform_xy(GEOGRAPHIC, crs, np.array([(x, y) for x in (west, east) for y in (south, north)]))
    if not np.isfinite(corners).all():
        return None
    low, high = corners.min(axis=0), corners.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def layer_extent(layer: Layer, crs: str) -> Box | None:
    """Return the box around a layer in another CRS (the sides of its own box, followed closely); None when it is empty."""
    extent = layer.table.geometry.extent()
    return None if extent is None else box_in(extent, layer.crs, crs)


def box_in(extent: Box, source: str, crs: str) -> Box | None:
    """Return the box around the image of a box in another CRS; None where it has none."""
    if not source or not crs or source == crs:
        return extent
    x, y = np.linspace(extent[0], extent[2], _STEPS), np.linspace(extent[1], extent[3], _STEPS)
    grid = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
    out = transform_xy(source, crs, grid, approximate=False)
    out = out[np.isfinite(out).all(axis=1)]
    if not len(out):
        return None
    low, high = out.min(axis=0), out.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def whole_extent(workspace: Workspace, crs: str) -> Box:
    """Return the box around everything visible.

    Raises
    ------
    UserError
        When there is nothing to see.
    """
    boxes = [layer_extent(layer, crs) for layer in workspace.layers if layer.visible]
    full = np.array([box for box in boxes if box is not None])
    if not len(full):
        raise UserError(tr("There is nothing to draw."), hint=tr("Import a layer or show one."))
    low, high = full[:, :2].min(axis=0), full[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])

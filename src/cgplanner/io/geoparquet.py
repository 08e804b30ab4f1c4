"""GeoParquet in, through GeoDataFrames: the format of planners' data scientists. One layer a file."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from cgplanner.errors import UserError
from cgplanner.io.frames import table_of
from cgplanner.io.report import Note, Report
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.text import sentence, tr


def geoparquet_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the one layer of the file."""
    try:
        rows = pq.read_metadata(path).num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(path) from error
    return (SourceLayer(path.stem, "", rows),)


def read_geoparquet(path: Path, *, progress: Progress | None = None) -> LoadedLayer:
    """Return the layer; its CRS is the file's own, longitude and latitude in WGS 84 where it names none.

    Raises
    ------
    UserError
        When it is damaged, or has no geometry.
    """
    try:
        frame = geopandas.read_parquet(path)
    except ValueError as error:
        if pq.read_metadata(path).metadata and b"geo" in (pq.read_metadata(path).metadata or {}):
            raise _damaged(path) from error
        raise UserError(
            tr("{name} is a Parquet file without geometry.", name=path.name),
            hint=tr("Ask for a GeoParquet file."),
            path=path,
        ) from error
    except (pa.ArrowException, shapely.errors.ShapelyError, OSError, RuntimeError, LookupError, TypeError) as error:
        raise _damaged(path) from error
    table, crs = table_of(frame)
    notes = [] if crs else [Note("crs-missing", "warning", sentence("The file does not say its coordinate system."))]
    if not len(table):
        notes.append(Note("empty-layer", "info", sentence("The layer has no features.")))
    if progress:
        progress(1.0)
    how = "declared" if crs else "missing"
    return LoadedLayer(path.stem, table, crs, Report(tuple(notes), (), "UTF-8", "declared", crs, how), path)


def _damaged(path: Path) -> UserError:
    return UserError(
        tr("{name} is damaged or no GeoParquet file.", name=path.name), hint=tr("Ask the sender for it once more."), path=path
    )

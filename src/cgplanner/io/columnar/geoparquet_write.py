"""GeoParquet out, through GeoDataFrames: one layer a file, the field dictionary in its metadata."""

from __future__ import annotations

from cgplanner.io.columnar.frames import geodataframe_of
from cgplanner.io.columnar.geoparquet import read_geoparquet
from cgplanner.io.report import Note
from cgplanner.io.source import WriteReport
from cgplanner.io.writing.described import FRAME_ATTRIBUTE
from cgplanner.io.writing.field_dictionary import dictionary_of
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import check
from cgplanner.io.writing.single_file import draft_of, told


def geoparquet_losses(_request: WriteRequest) -> tuple[Note, ...]:
    """Return nothing: the format holds all that a table has."""
    return ()


def write_geoparquet(request: WriteRequest) -> WriteReport:
    """Write one layer, read it back, compare, then put it in place.

    Raises
    ------
    UserError
        When the file is there and may not be overwritten, the disk says no, or it does not read back as it was written.
    """
    table = request.table
    with draft_of(request) as draft:
        frame = geodataframe_of(table, request.crs)
        frame.attrs[FRAME_ATTRIBUTE] = dictionary_of([each.name for each in table.schema], table.schema)
        frame.to_parquet(draft, index=True)
        told(request, 0.5)
        check(table, read_geoparquet(draft).table, request.path)
        told(request, 1.0)
    return WriteReport((request.path,), (), (), "UTF-8", request.crs, True, len(table), len(table))

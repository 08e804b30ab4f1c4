"""A layer as the driver's batches come, one after another, for files that are larger than the memory.

What can only be judged when all is there (curves, which GDAL turns into lines on another way) is refused here with
:class:`NotInPiecesError`, and the caller reads the layer whole.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.io.drivers.engines import gdal_messages, pyogrio
from cgplanner.io.drivers.gdal_layers import GEOMETRY_NAME, DriverLayer, said_by_driver, unreadable
from cgplanner.io.row_pieces import rows_of_a_piece
from cgplanner.io.shapes.repair import with_finite
from cgplanner.text import tr

ROWS_AT_ONCE = 16_384
_WHOLE = ("geometry-kind", "curves-straightened")  # notes on what must be read again as a whole


class NotInPiecesError(Exception):
    """The file has to be read as a whole."""


def driver_pieces(
    path: Path, layer: str | None, info: dict[str, Any], *, fids: bool = False, skip: int = 0, **options: Any
) -> Iterator[DriverLayer]:
    """Give the rows of a layer batch by batch, from row ``skip`` on, as :func:`gdal_layers.read_driver_layer` gives all.

    Raises
    ------
    UserError
        When the file cannot be opened or breaks off in the middle.
    NotInPiecesError
        When it wants to be read whole.
    """
    engine = pyogrio()
    engine.set_gdal_config_options({"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"})
    errors = (
        engine.errors.DataSourceError,
        engine.errors.DataLayerError,
        engine.errors.FeatureError,
        engine.errors.FieldError,
        OSError,
    )
    rows = rows_of_a_piece(_bytes_of(path), int(info["features"]), ROWS_AT_ONCE)
    words = {"use_pyarrow": True, "return_fids": fids, "batch_size": rows}
    try:
        with contextlib.ExitStack() as stack:
            with gdal_messages() as said:  # around each step alone: a listener must not outlive its turn
                meta, reader = stack.enter_context(engine.raw.open_arrow(path, layer=layer, **words, **options))
            batches = iter(reader)
            while True:
                with gdal_messages() as messages:
                    batch = next(batches, None)
                if batch is None:
                    return
                skipped = min(skip, batch.num_rows)
                skip -= skipped
                if skipped < batch.num_rows:
                    name = meta["geometry_name"] or GEOMETRY_NAME
                    yield _piece(batch.slice(skipped), name, info, [*said, *messages], fids=fids)
                    said = []
    except UnicodeDecodeError as error:
        raise unreadable(path, tr("its text is in no encoding that is known")) from error
    except errors as error:
        raise unreadable(path, error) from error
    except (engine.errors.GeometryError, RuntimeError) as error:
        raise NotInPiecesError from error


def _bytes_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _piece(batch: Any, geometry_name: str, info: dict[str, Any], messages: list[str], *, fids: bool) -> DriverLayer:
    from cgplanner.io.drivers.arrow_columns import attribute_batches  # noqa: PLC0415  pyarrow costs a quarter of a second

    geometry, table, notes = attribute_batches([batch], geometry_name, batch.num_rows)
    if any(note.code in _WHOLE for note in notes):
        raise NotInPiecesError
    numbers = None
    if fids:  # they come as the first column
        numbers = np.asarray(table.column(0).to_numpy(), np.int64)
        table = table.remove_column(0)
    geometry, mended = with_finite(geometry)
    return DriverLayer(info, geometry, table, numbers, (*notes, *mended, *said_by_driver(messages)))

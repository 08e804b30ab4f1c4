"""Between Arrow, the drivers' currency, and our columns.

Shared by the doors that read in bulk. pyarrow costs a quarter of a second to import: import this file inside the function
that needs it, never where the window waits. It must not know which driver made the table.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cgplanner.io.report import Note
from cgplanner.io.shapes.wkb_builder import ColumnBuilder
from cgplanner.model.column import DTYPES, ArrayColumn, Column, DeferredTextColumn, Mask, TextColumn
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Field, FieldType, Schema

_CHUNKS = 64  # of a column that are looked into
_FEW = 20_000  # rows up to which a dictionary costs nothing worth saving


def ragged_from_wkb(chunks: Any) -> tuple[GeometryColumn, tuple[Note, ...]]:
    """Return the geometry column over Arrow WKB and what could not be read.

    Parameters
    ----------
    chunks
        A ChunkedArray, an Array, or any iterable of Arrays of binary or large_binary holding ISO WKB or EWKB; an iterable
        is consumed batch by batch, so that the whole WKB need never be in memory. Kinds may be mixed, with Z and M; NULL
        becomes missing, empty stays empty.

    Notes count what had to be mended or was left out; see :func:`cgplanner.io.shapes.wkb.column_from_buffer`.
    """
    arrays = getattr(chunks, "chunks", None)
    if arrays is None:
        arrays = [chunks] if hasattr(chunks, "buffers") else chunks
    builder = ColumnBuilder(len(chunks) if hasattr(chunks, "__len__") else 0)
    for array in arrays:
        _append(builder, array)
    return builder.finish()


def _append(builder: ColumnBuilder, array: Any) -> None:
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    width = np.int64 if pa.types.is_large_binary(array.type) else np.int32
    _, offsets_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offsets_buffer, width)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer else np.empty(0, np.uint8)
    builder.append(data, offsets[:-1], offsets[1:], _nulls(array))


def columns_from_arrow(table: Any, schema: Schema) -> dict[str, Column]:
    """Return {field id: column} of the Arrow columns that bear the fields' names, cast to the fields' types.

    NULL stays NULL; NaN and infinity become NULL, for no field can hold them. Times with a zone become UTC.

    Raises
    ------
    KeyError
        When the table lacks a field.
    pyarrow.ArrowInvalid
        When a value cannot be cast, e.g. text into a number: the caller chose the field's type.
    """
    return {each.id: column_from_arrow(table[each.name], each) for each in schema}


def column_from_arrow(values: Any, field: Field) -> Column:
    """Return one column of the field's type from an Arrow Array or ChunkedArray."""
    if isinstance(values, pa.Array):
        values = pa.chunked_array([values])
    if field.type is FieldType.TEXT:
        return _text(values)
    if field.type is FieldType.REAL:
        array, mask = _numbers(values, pa.float64())
        finite = np.isfinite(array)
        if not finite.all():
            mask |= ~finite
            array[mask] = 0.0
        return ArrayColumn(array, mask)
    if field.type is FieldType.DATETIME:
        array, mask = _numbers(values.cast(pa.timestamp("ms", tz=getattr(values.type, "tz", None)), safe=False), pa.int64())
        return ArrayColumn(array.astype("datetime64[ms]"), mask)
    if field.type is FieldType.DATE:
        array, mask = _numbers(values.cast(pa.date32(), safe=False), pa.int32())
        return ArrayColumn(array.astype(np.int64).astype(DTYPES[FieldType.DATE]), mask)
    array, mask = _numbers(values, pa.bool_() if field.type is FieldType.BOOLEAN else pa.int64())
    return ArrayColumn(array, mask)


def _numbers(values: Any, kind: Any) -> tuple[NDArray[Any], Mask]:
    """Return (array, mask): the values cast to the Arrow type, 0 where missing."""
    if pa.types.is_dictionary(values.type):  # GDAL's form of a coded domain: the indices are the codes
        values = pa.chunked_array([chunk.indices for chunk in getattr(values, "chunks", [values])], values.type.index_type)
    cast = values.cast(kind)
    pieces = [_raw(chunk) for chunk in cast.chunks if len(chunk)]
    array = np.concatenate(pieces) if pieces else np.empty(0, kind.to_pandas_dtype())
    missing = _nulls(cast)
    if cast.null_count:
        array[missing] = 0
    return array, missing


def _raw(values: Any) -> NDArray[Any]:
    """Return numbers, or yes and no, as they lie in memory. ``to_numpy`` and ``fill_null`` import pandas: 0.3 s."""
    data = values.buffers()[1]
    if pa.types.is_boolean(values.type):
        return _bits(data, values.offset, len(values))
    width = values.type.bit_width // 8
    kind = "f" if pa.types.is_floating(values.type) else "i"
    return np.frombuffer(data, f"{kind}{width}", len(values), values.offset * width)


def _bits(data: Any, first: int, count: int) -> Mask:
    return np.unpackbits(np.frombuffer(data, np.uint8), count=first + count, bitorder="little")[first:].view(np.bool_)


def _nulls(values: Any) -> Mask:
    if not values.null_count:
        return np.zeros(len(values), np.bool_)
    return np.concatenate([_nulls_of(each) for each in getattr(values, "chunks", [values])])


def _nulls_of(values: Any) -> Mask:
    if not values.null_count:
        return np.zeros(len(values), np.bool_)
    given = values.buffers()[0]
    return np.ones(len(values), np.bool_) if given is None else ~_bits(given, values.offset, len(values))


def _text(values: Any) -> TextColumn:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        values = values.cast(pa.string())
    if not len(values):
        return TextColumn(np.empty(0, np.int32), np.empty(0, object))
    if _mostly_different(values):  # a hash table of a million different names costs more than it saves
        return _deferred(values)
    encoded = values.combine_chunks().dictionary_encode()  # one array: unifying many dictionaries costs seconds
    codes = _raw(encoded.indices.cast(pa.int32())).copy()
    codes[_nulls(encoded)] = -1
    return TextColumn(codes, _texts_of(encoded.dictionary))


def _texts_of(values: Any) -> NDArray[Any]:
    texts = np.empty(len(values), object)
    texts[:] = values.to_pylist()
    return texts


def _deferred(values: Any) -> TextColumn:
    """Return a column of as many texts as rows, which are made when somebody asks for them.

    Raises
    ------
    pyarrow.ArrowInvalid
        When a text is not UTF-8: later would be too late.
    """
    values.validate(full=True)
    missing = _nulls(values)
    codes = np.arange(len(values), dtype=np.int32)
    codes[missing] = -1

    def make() -> NDArray[Any]:
        texts = _texts_of(values)
        texts[missing] = ""  # a dictionary holds texts only
        return texts

    return DeferredTextColumn(codes, make, lambda code: str(values[code].as_py()))


def _mostly_different(values: Any) -> bool:
    """Tell from values all over the column whether nearly every one is another."""
    if len(values) < _FEW:
        return False
    chunks = [each for each in values.chunks if len(each)]
    chunks = chunks[:: -(-len(chunks) // _CHUNKS)]
    share = max(1, 1024 // len(chunks))
    places = [np.unique(np.linspace(0, len(each) - 1, share).astype(np.int64)) for each in chunks]
    some = pa.chunked_array([each.take(over(at)) for each, at in zip(chunks, places, strict=True)])
    return bool(pc.count_distinct(some, mode="all").as_py() > 0.9 * len(some))


def over(values: NDArray[Any], missing: Mask | None = None, kind: Any = None) -> Any:
    """Return an Arrow array over the memory of numbers, or of yes and no; ``kind`` is its type where numpy has no word for it.

    ``pa.array`` would import pandas to see whether it is given any of it, a quarter of a second.
    """
    kind = pa.from_numpy_dtype(values.dtype) if kind is None else kind
    data = np.packbits(values, bitorder="little") if values.dtype == np.bool_ else np.ascontiguousarray(values)
    given = None if missing is None or not missing.any() else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [given, pa.py_buffer(data)])


def arrow_from_column(column: Column, field: Field) -> Any:
    """Return one of our attribute columns as an Arrow Array of the field's own type, NULL as NULL."""
    if isinstance(column, TextColumn):
        codes = pa.array(column.codes, pa.int32(), mask=column.nulls)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.dictionary, pa.string())).cast(pa.string())
    assert isinstance(column, ArrayColumn)  # noqa: S101  narrows the type; attribute columns are one of the two
    kinds = {
        FieldType.INTEGER: pa.int64(),
        FieldType.REAL: pa.float64(),
        FieldType.BOOLEAN: pa.bool_(),
        FieldType.DATE: pa.date32(),
        FieldType.DATETIME: pa.timestamp("ms"),
    }
    return pa.array(column.array, kinds[field.type], mask=column.mask)


def attribute_batches(
    batches: Iterable[Any], geometry_name: str, rows: int = 0
) -> tuple[GeometryColumn, Any, tuple[Note, ...]]:
    """Take record batches apart as they come: (geometry column, Arrow table of the rest, notes).

    The WKB of a batch is let go before the next one comes. Without a column of that name every geometry is missing; without a
    batch the table is None. ``rows`` is how many are expected.
    """
    builder = ColumnBuilder(rows)
    rest: list[Any] = []
    for batch in batches:
        names = batch.schema.names
        place = max((number for number, name in enumerate(names) if name == geometry_name), default=-1)
        if place >= 0:  # the last of that name: a field may bear it too
            _append(builder, batch.column(place))
        else:
            nowhere = np.zeros(batch.num_rows, np.int64)
            builder.append(np.empty(0, np.uint8), nowhere, nowhere, np.ones(batch.num_rows, np.bool_))
        rest.append(batch.select([number for number in range(len(names)) if number != place]))
    table = pa.Table.from_batches(rest) if rest else None
    geometry, notes = builder.finish()
    return geometry, table, notes


def release_unused() -> None:
    """Give memory that Arrow and the C library keep for later back to the system; after a large table has become columns."""
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":  # GDAL's batches come from malloc: of a million parcels glibc would hold on to 250 MB
        with suppress(OSError, AttributeError):  # other C libraries have no such function
            ctypes.CDLL(None).malloc_trim(0)

"""A changeset as bytes and back, for the crash journal: a JSON head and plain arrays, no pickle.

``CGCS`` + length of the head + head (JSON) + the arrays one after another. The head tells the shape of the changeset and points
at arrays by number. Geometry beside a base is WKB, a base its flat arrays: both exact. This file must not know of files.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cgplanner.errors import CgplannerError
from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Ragged
from cgplanner.io.schema_json import schema_from_json, schema_to_json
from cgplanner.model.basemap import Basemap, basemap_from_json
from cgplanner.model.bookmark import Bookmark, bookmark_from_json
from cgplanner.model.changeset import Cells, Changeset, Key, Rows, Setting, TableChange
from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Schema
from cgplanner.model.table import FeatureTable
from cgplanner.symbology.style import Style, style_from_json

_MAGIC = b"CGCS1\n"
_READERS: dict[str, Callable[[Any], object]] = {
    "style": style_from_json,
    "schema": schema_from_json,
    "basemap": basemap_from_json,
    "bookmark": bookmark_from_json,
}
_RAGGED = ("kinds", "xy", "ring_offsets", "part_offsets", "row_offsets", "z", "m")
_LAYER = ("id", "title_zh", "title_en", "crs", "visible", "opacity", "role", "source", "accuracy_note", "encoding")


class DamagedBytesError(CgplannerError):
    """The bytes are no changeset of this format."""


def to_bytes(changeset: Changeset) -> bytes:
    """Return the changeset as bytes; :func:`from_bytes` reads them back."""
    return _Encoder().changeset(changeset)


def from_bytes(data: bytes) -> Changeset:
    """Return the changeset that :func:`to_bytes` wrote.

    Raises
    ------
    DamagedBytesError
        When the bytes are something else.
    """
    try:
        return _Decoder(data).changeset()
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        struct.error,
        CgplannerError,
        shapely.errors.GEOSException,
    ) as error:
        raise DamagedBytesError(str(error)) from error


class _Encoder:
    def __init__(self) -> None:
        self.arrays: list[dict[str, Any]] = []
        self.pieces: list[bytes] = []
        self.size = 0

    def changeset(self, changeset: Changeset) -> bytes:
        tables = {layer: self._table_change(change) for layer, change in changeset.tables.items()}
        settings = [
            [key.layer, key.name, self._value(value.old), self._value(value.new)] for key, value in changeset.settings.items()
        ]
        body = {"tables": tables, "settings": settings, "arrays": self.arrays}
        head = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return b"".join([_MAGIC, struct.pack("<Q", len(head)), head, *self.pieces])

    def _array(self, array: NDArray[Any] | None) -> int | None:
        if array is None:
            return None
        raw = np.ascontiguousarray(array).tobytes()
        self.arrays.append({"type": array.dtype.str, "shape": array.shape, "at": self.size, "bytes": len(raw)})
        self.pieces.append(raw)
        self.size += len(raw)
        return len(self.arrays) - 1

    def _bytes(self, items: list[bytes | None]) -> dict[str, Any]:
        lengths = np.array([-1 if item is None else len(item) for item in items], np.int64)
        raw = b"".join(item for item in items if item is not None)
        return {"lengths": self._array(lengths), "data": self._array(np.frombuffer(raw, np.uint8))}

    def _table_change(self, change: TableChange) -> dict[str, Any]:
        cells = {
            name: {"rids": self._array(each.rids), "old": self._column(each.old), "new": self._column(each.new)}
            for name, each in change.cells.items()
        }
        return {"cells": cells, "added": self._rows(change.added), "deleted": self._rows(change.deleted)}

    def _rows(self, rows: Rows | None) -> dict[str, Any] | None:
        if rows is None:
            return None
        columns = {name: self._column(column) for name, column in rows.columns.items()}
        return {"rids": self._array(rows.rids), "fids": self._array(rows.fids), "columns": columns}

    def _column(self, column: Column) -> dict[str, Any]:
        if isinstance(column, ArrayColumn):
            return {"kind": "array", "array": self._array(column.array), "mask": self._array(column.mask)}
        if isinstance(column, TextColumn):
            texts = [str(text).encode("utf-8", "surrogatepass") for text in column.dictionary]
            return {"kind": "text", "codes": self._array(column.codes), "dictionary": self._bytes([*texts])}
        assert isinstance(column, GeometryColumn)  # noqa: S101  narrows the type; there are three kinds of columns
        column = _compact(column)
        base = {name: self._array(getattr(column.base, name)) for name in _RAGGED}
        raw = shapely.to_wkb(column.extra, flavor="iso", byte_order=1)
        return {"kind": "geometry", "base": base, "index": self._array(column.index), "extra": self._bytes(list(raw))}

    def _value(self, value: Any) -> Any:
        """Tag what JSON does not know."""
        match value:
            case Layer():
                data = {"is": "layer", **self._layer(value)}
            case Style():
                data = {"is": "style", "style": value.to_json()}
            case Schema():
                data = {"is": "schema", "schema": schema_to_json(value)}
            case Basemap():
                data = {"is": "basemap", "basemap": value.to_json()}
            case Bookmark():
                data = {"is": "bookmark", "bookmark": value.to_json()}
            case tuple() | list():
                data = {"is": type(value).__name__, "items": [self._value(each) for each in value]}
            case Mapping():
                data = {"is": "map", "items": {key: self._value(each) for key, each in value.items()}}
            case _:
                return value
        return data

    def _layer(self, layer: Layer) -> dict[str, Any]:
        table = layer.table
        rows = self._rows(Rows(table.rids, table.fids, table.columns))
        settings = {name: getattr(layer, name) for name in _LAYER}
        return {
            "settings": settings,
            "style": self._value(layer.style),
            "extras": self._value(layer.extras),
            "schema": schema_to_json(layer.schema),
            "rows": rows,
            "next": [table.next_rid, table.next_fid],
        }


def _compact(column: GeometryColumn) -> GeometryColumn:
    """Drop the rows of the base that this column does not show: a change of ten rows must not carry a million."""
    if column.index is None:
        return column
    inside = np.flatnonzero(column.index >= 0)
    if len(inside) == len(column.base):
        return column
    base = column.base.take(column.index[inside].astype(np.int64))
    index = column.index.copy()
    index[inside] = np.arange(len(inside), dtype=np.int32)
    return GeometryColumn(base, index, column.extra)


class _Decoder:
    def __init__(self, data: bytes) -> None:
        if not data.startswith(_MAGIC):
            raise ValueError("not a changeset")
        (length,) = struct.unpack_from("<Q", data, len(_MAGIC))
        start = len(_MAGIC) + 8
        self.head: dict[str, Any] = json.loads(data[start : start + length].decode("utf-8", "surrogatepass"))
        self.body = memoryview(data)[start + length :]

    def changeset(self) -> Changeset:
        tables = {layer: self._table_change(change) for layer, change in self.head["tables"].items()}
        settings = {
            Key(layer, name): Setting(self._value(old), self._value(new)) for layer, name, old, new in self.head["settings"]
        }
        return Changeset(tables, settings)

    def _array(self, number: int | None) -> Any:
        if number is None:
            return None
        entry = self.head["arrays"][number]
        dtype = np.dtype(entry["type"])
        if dtype.hasobject:
            raise ValueError("no objects here")
        raw = self.body[entry["at"] : entry["at"] + entry["bytes"]]
        return np.frombuffer(raw, dtype).reshape(entry["shape"]).copy()

    def _bytes(self, entry: dict[str, Any]) -> list[bytes | None]:
        lengths, raw = self._array(entry["lengths"]), self._array(entry["data"]).tobytes()
        ends = np.cumsum(np.maximum(lengths, 0)).tolist()
        pairs = zip(lengths.tolist(), ends, strict=True)
        return [None if length < 0 else raw[end - length : end] for length, end in pairs]

    def _table_change(self, data: dict[str, Any]) -> TableChange:
        cells = {
            name: Cells(self._array(each["rids"]), self._column(each["old"]), self._column(each["new"]))
            for name, each in data["cells"].items()
        }
        return TableChange(cells, self._rows(data["added"]), self._rows(data["deleted"]))

    def _rows(self, data: dict[str, Any] | None) -> Rows | None:
        if data is None:
            return None
        columns = {name: self._column(column) for name, column in data["columns"].items()}
        return Rows(self._array(data["rids"]), self._array(data["fids"]), columns)

    def _column(self, data: dict[str, Any]) -> Column:
        if data["kind"] == "array":
            return ArrayColumn(self._array(data["array"]), self._array(data["mask"]))
        if data["kind"] == "text":
            texts = [(each or b"").decode("utf-8", "surrogatepass") for each in self._bytes(data["dictionary"])]
            dictionary = np.empty(len(texts), object)
            dictionary[:] = texts
            return TextColumn(self._array(data["codes"]), dictionary)
        base = Ragged(**{name: self._array(data["base"][name]) for name in _RAGGED})
        raw = np.empty(len(self._array(data["extra"]["lengths"])), object)
        raw[:] = self._bytes(data["extra"])
        extra: Any = np.asarray(shapely.from_wkb(raw), object) if len(raw) else np.empty(0, object)
        return GeometryColumn(base, self._array(data["index"]), extra)

    def _value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if data["is"] in _READERS:
            return _READERS[data["is"]](data[data["is"]])
        match data["is"]:
            case "layer":
                return self._layer(data)
            case "map":
                return {key: self._value(item) for key, item in data["items"].items()}
        items = [self._value(item) for item in data["items"]]
        return tuple(items) if data["is"] == "tuple" else items

    def _layer(self, data: dict[str, Any]) -> Layer:
        rows = self._rows(data["rows"])
        if rows is None:
            raise ValueError("a layer without rows")
        table = FeatureTable(schema_from_json(data["schema"]), rows.rids, rows.fids, rows.columns, *data["next"])
        style, extras = self._value(data["style"]), self._value(data["extras"])
        return Layer(table=table, style=style, extras=extras, **data["settings"])


assert flat.COLLECTION == 7  # noqa: S101  kinds are stored as numbers: another numbering would be another format

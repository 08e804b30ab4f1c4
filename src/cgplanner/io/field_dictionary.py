"""The dictionary beside a shapefile (``NAME.fields.json``): what its ten-byte names and few types cannot say.

Long names, aliases, domains and the types before they were bent; a later import takes them back when the file still fits.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.io.schema_json import field_from_json, field_to_json
from cgplanner.model.column import ArrayColumn, Column, TextColumn, column_of
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table

SUFFIX = ".fields.json"
_MARK, _VERSION = "cgplanner-fields", 1


def dictionary_text(names: Sequence[str], schema: Schema) -> str:
    """Return the JSON text; ``names`` are those in the file, field by field."""
    fields = [{"name_in_file": name, **field_to_json(each)} for name, each in zip(names, schema, strict=True)]
    data = {"format": _MARK, "version": _VERSION, "key": schema.key, "title": schema.title, "fields": fields}
    return json.dumps(data, ensure_ascii=False, indent=1)


def dictionary_path(path: Path) -> Path:
    """Return where the dictionary of a shapefile lies."""
    return path.with_name(path.stem + SUFFIX)


def restored(table: FeatureTable, path: Path) -> FeatureTable | None:
    """Return the table with the fields as the dictionary beside the file has them.

    None when there is no dictionary, or it is another file's: then the table stands as it was read.
    """
    try:
        data = json.loads(dictionary_path(path).read_text(encoding="utf-8"))
        entries = data["fields"] if data["format"] == _MARK and data["version"] == _VERSION else []
        known = [(each.pop("name_in_file"), field_from_json(each)) for each in entries]
        schema = Schema(tuple(field for _, field in known), table.schema.geometry, data["key"], data["title"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if not known or [name for name, _ in known] != [each.name for each in table.schema]:
        return None
    columns: dict[str, Column] = {}
    for found, wanted in zip(table.schema, schema, strict=True):
        column = _as_before(table.columns[found.id], found.type, wanted.type)
        if column is None:
            return None
        columns[wanted.id] = column
    return new_table(_loosened(schema), columns, table.geometry)


def _loosened(schema: Schema) -> Schema:
    """Let fields be empty: what a shapefile holds may have lost its '' to NULL."""
    return replace(schema, fields=tuple(replace(each, nullable=True) for each in schema))


def _as_before(column: Column, found: FieldType, wanted: FieldType) -> Column | None:
    """Return the column in the type it had before it was written; None when its values are of another kind."""
    if found is wanted:
        return column
    if found is FieldType.INTEGER and wanted is FieldType.BOOLEAN and isinstance(column, ArrayColumn):
        return ArrayColumn(column.array == 1, column.mask) if np.isin(column.array, (0, 1)).all() else None
    if found is FieldType.INTEGER and wanted is FieldType.REAL and isinstance(column, ArrayColumn):
        return ArrayColumn(column.array.astype(np.float64), column.mask)
    if isinstance(column, TextColumn) and wanted in _FROM_TEXT:
        try:
            return column_of(wanted, [None if text is None else _FROM_TEXT[wanted](text) for text in column.values()])
        except (ValueError, OverflowError):
            return None
    return None


_FROM_TEXT: dict[FieldType, Any] = {
    FieldType.INTEGER: int,
    FieldType.DATE: dt.date.fromisoformat,
    FieldType.DATETIME: dt.datetime.fromisoformat,
}


def describes(field: Field, stored: Field) -> bool:
    """Tell whether a dictionary would say more of this field than the file does."""
    bent = field.type is not stored.type or field.name != stored.name
    return bent or bool(field.alias_zh or field.alias_en or field.domain)

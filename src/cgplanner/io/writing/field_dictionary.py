"""The field dictionary: what a format's short names and few types cannot say, as JSON for us and as a table for people.

Long names, aliases, domains, the types before they were bent, and which fields one long text was split over. It lies beside a
file (``NAME.fields.json`` and ``NAME.fields.csv``) or inside, where the format has room; a later import takes it back when the
file still fits. This file must not know which format it is for.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.io.schema_json import field_from_json, field_to_json
from cgplanner.model.column import ArrayColumn, Column, TextColumn, column_of
from cgplanner.model.schema import CodedDomain, Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table

SUFFIX, TABLE_SUFFIX = ".fields.json", ".fields.csv"
MARK, _VERSION = "cgplanner-fields", 1
_HEAD = (
    "字段 Field",
    "原名 Name",
    "中文名 Chinese",
    "英文名 English",
    "类型 Type",
    "宽度 Width",
    "小数位 Decimals",
    "取值 Values",
)
_TYPES = {
    FieldType.TEXT: "文本 text",
    FieldType.INTEGER: "整数 integer",
    FieldType.REAL: "小数 number",
    FieldType.BOOLEAN: "是否 yes/no",
    FieldType.DATE: "日期 date",
    FieldType.DATETIME: "日期时间 date and time",
}


def dictionary_of(names: Sequence[str], schema: Schema, **more: Any) -> dict[str, Any]:
    """Return the dictionary as JSON-able data.

    Parameters
    ----------
    names
        The names in the file, field by field; a field whose text goes on in other columns has its entry once for each, in the
        order of the file: the same field again.
    more
        What else reading back needs, e.g. the CRS.
    """
    fields = [{"name_in_file": name, **field_to_json(each)} for name, each in zip(names, schema, strict=True)]
    titles = {"key": schema.key, "title": schema.title, "title_en": schema.title_en, "geometry": schema.geometry}
    return {"format": MARK, "version": _VERSION, **titles, **more, "fields": fields}


def with_parts(data: dict[str, Any], parts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the dictionary saying in which more columns the text of a field goes on: {name in the file: more names}."""
    fields = [
        each | ({"parts": list(parts[each["name_in_file"]])} if parts.get(each["name_in_file"]) else {})
        for each in data["fields"]
    ]
    return data | {"fields": fields}


def dictionary_text(data: Mapping[str, Any]) -> str:
    """Return the JSON text."""
    return json.dumps(data, ensure_ascii=False, indent=1)


def dictionary_table(data: Mapping[str, Any]) -> str:
    """Return the same for people: a table in both languages, one row a column of the file.

    It begins with the mark without which Excel takes UTF-8 for the code page of the system.
    """
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(_HEAD)
    for entry in data["fields"]:
        field = field_from_json(_plain(entry))
        head = [entry["name_in_file"], field.name, field.alias_zh, field.alias_en, _TYPES[field.type]]
        lines.writerow([*map(_safe, head), field.width or "", field.precision or "", _safe(_values_of(field))])
        for name in entry.get("parts", ()):
            lines.writerow([_safe(name), _safe(field.name), "（续）", "(continued)", _TYPES[field.type], "", "", ""])
    return "\ufeff" + out.getvalue()


def _safe(text: str) -> str:
    """Return a text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _values_of(field: Field) -> str:
    if isinstance(field.domain, CodedDomain):
        labels = ((each.code, " / ".join(filter(None, (each.label_zh, each.label_en)))) for each in field.domain.values)
        return "; ".join(f"{code} = {label}" if label and label != str(code) else str(code) for code, label in labels)
    return field.domain.describe() if field.domain else ""


def dictionary_path(path: Path) -> Path:
    """Return where the dictionary of a file lies: ``a.fields.json`` for a shapefile, ``a.csv.fields.json`` for others."""
    return path.with_name((path.stem if path.suffix.lower() == ".shp" else path.name) + SUFFIX)


def table_path(path: Path) -> Path:
    """Return where the dictionary that people read lies."""
    return path.with_name(dictionary_path(path).name.removesuffix(SUFFIX) + TABLE_SUFFIX)


def write_beside(path: Path, data: Mapping[str, Any]) -> None:
    """Write both forms of the dictionary beside a file."""
    dictionary_path(path).write_text(dictionary_text(data), encoding="utf-8", newline="\n")
    table_path(path).write_text(dictionary_table(data), encoding="utf-8", newline="")


def read_dictionary(text: str | bytes) -> dict[str, Any] | None:
    """Return the dictionary that a text holds, None when it is none of ours."""
    try:
        data = json.loads(text)
        known = data["format"] == MARK and data["version"] == _VERSION and isinstance(data["fields"], list)
        return data if known and all(isinstance(each["name_in_file"], str) for each in data["fields"]) else None
    except (ValueError, KeyError, TypeError):
        return None


def read_beside(path: Path) -> dict[str, Any] | None:
    """Return the dictionary beside a file, None when there is none."""
    try:
        return read_dictionary(dictionary_path(path).read_bytes())
    except OSError:
        return None


def schema_of_dictionary(data: Mapping[str, Any]) -> Schema | None:
    """Return the fields as they were before the export; None when they are none."""
    try:
        fields = tuple(field_from_json(_plain(each)) for each in data["fields"])
        return Schema(fields, data.get("geometry", "mixed"), data["key"], data["title"], data.get("title_en"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in ("name_in_file", "parts")}


def restored(table: FeatureTable, path: Path) -> FeatureTable | None:
    """Return the table with the fields as the dictionary beside the file has them.

    None when there is no dictionary, or it is another file's: then the table stands as it was read.
    """
    data = read_beside(path)
    return restored_by(table, data) if data else None


def restored_by(table: FeatureTable, data: Mapping[str, Any]) -> FeatureTable | None:
    """Return the table with the fields as this dictionary has them; None when it does not fit the table."""
    schema = schema_of_dictionary(data)
    if schema is None or not len(schema):
        return None
    expected = [name for each in data["fields"] for name in (each["name_in_file"], *each.get("parts", ()))]
    if expected != [each.name for each in table.schema]:
        return None
    found = {each.name: (table.columns[each.id], each.type) for each in table.schema}
    columns: dict[str, Column] = {}
    for entry, wanted in zip(data["fields"], schema, strict=True):
        pieces = [found[name] for name in (entry["name_in_file"], *entry.get("parts", ()))]
        whole = pieces[0] if len(pieces) == 1 else _joined([column for column, _ in pieces])
        column = as_before(*whole, wanted.type) if whole else None
        if column is None:
            return None
        columns[wanted.id] = column
    schema = replace(schema, geometry=table.schema.geometry)
    return new_table(_loosened(schema), columns, table.geometry, table.fids)


def _joined(columns: Sequence[Column]) -> tuple[Column, FieldType] | None:
    if not all(isinstance(column, TextColumn) for column in columns):
        return None
    rows = zip(*(column.values() for column in columns), strict=True)
    texts = [None if row[0] is None else "".join(piece or "" for piece in row) for row in rows]
    return column_of(FieldType.TEXT, texts), FieldType.TEXT


def _loosened(schema: Schema) -> Schema:
    """Let fields be empty: what a file holds may have lost its '' to NULL."""
    return replace(schema, fields=tuple(replace(each, nullable=True) for each in schema))


def as_before(column: Column, found: FieldType, wanted: FieldType) -> Column | None:
    """Return the column in the type it had before it was written; None when its values are of another kind."""
    if found is wanted:
        return column
    if isinstance(column, ArrayColumn):
        return _numbers_as_before(column, found, wanted)
    if isinstance(column, TextColumn) and wanted in FROM_TEXT:
        try:
            return column_of(wanted, [None if text is None else FROM_TEXT[wanted](text) for text in column.values()])
        except (ValueError, OverflowError, KeyError):
            return None
    return None


def _numbers_as_before(column: ArrayColumn, found: FieldType, wanted: FieldType) -> Column | None:
    if column.nulls.all():
        return column_of(wanted, [None] * len(column))
    rule = _BACK.get((found, wanted))
    if rule is None:
        return None
    array = np.where(column.nulls, np.zeros(1, column.array.dtype), column.array)
    turned = rule(array)
    return ArrayColumn(turned, column.mask) if (turned.astype(array.dtype) == array).all() else None


# What drivers turn numbers and days into, and the way back; what does not come out the same again was never turned.
_BACK: dict[tuple[FieldType, FieldType], Callable[[Any], Any]] = {
    (FieldType.INTEGER, FieldType.BOOLEAN): lambda array: array.astype(np.bool_),
    (FieldType.INTEGER, FieldType.REAL): lambda array: array.astype(np.float64),
    (FieldType.REAL, FieldType.INTEGER): lambda array: np.clip(array, -(2.0**53), 2.0**53).astype(np.int64),
    (FieldType.DATETIME, FieldType.DATE): lambda array: array.astype("datetime64[D]"),
    (FieldType.DATE, FieldType.DATETIME): lambda array: array.astype("datetime64[ms]"),
}


def _boolean(text: str) -> bool:
    return {"true": True, "false": False, "1": True, "0": False}[text.strip().lower()]


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


FROM_TEXT: dict[FieldType, Callable[[str], Any]] = {
    FieldType.INTEGER: int,
    FieldType.REAL: float,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: dt.date.fromisoformat,
    FieldType.DATETIME: _moment,
}


def describes(field: Field, stored: Field) -> bool:
    """Tell whether a dictionary would say more of this field than the file does."""
    bent = field.type is not stored.type or field.name != stored.name
    return bent or says_more(field)


def says_more(field: Field) -> bool:
    """Tell whether a field has titles or a domain, for which few formats have room."""
    return bool(field.alias_zh or field.alias_en or field.domain)

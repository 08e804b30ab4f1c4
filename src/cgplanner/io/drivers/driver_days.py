"""Days that stand in a file and are none, such as 30 February or 0000-00-00: on the way to Arrow they become other days.

The driver is asked for them as texts, in which they are what the file says.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.io.drivers.engines import gdal_messages, pyogrio
from cgplanner.io.report import Note
from cgplanner.model.column import ArrayColumn, Column
from cgplanner.model.schema import Field, FieldType
from cgplanner.text import sentence

_WRITTEN = re.compile(r"\s*(\d{1,4})/(\d{1,2})/(\d{1,2})\b")


def with_real_days(
    path: Path, layer: str, fields: tuple[Field, ...], columns: Mapping[str, Column], **options: Any
) -> tuple[dict[str, Column], tuple[Note, ...]]:
    """Return the columns with NULL for days that are none, and notes on those; all-zero days are a way to write NULL."""
    days = [each for each in fields if each.type in (FieldType.DATE, FieldType.DATETIME) and '"' not in each.name]
    made = dict(columns)
    if not days or '"' in layer:
        return made, ()
    notes = []
    for each, texts in zip(days, _as_texts(path, layer, days, options), strict=False):
        column = made[each.id]
        odd = [place for place, text in enumerate(texts) if text is not None and not _is_day(str(text))]
        if not odd or not isinstance(column, ArrayColumn) or len(texts) != len(column):
            continue
        missing = column.nulls.copy()
        missing[odd] = True
        made[each.id] = replace(column, mask=missing)
        bad = [str(texts[place]) for place in odd if str(texts[place]).strip("0/ :")]
        if bad:
            message = sentence(
                "In {field}, {count} values such as “{example}” are none of its kind and were left empty.",
                field=each.name,
                count=len(bad),
                example=bad[0],
            )
            notes.append(Note("values-unreadable", "warning", message, len(bad), each.name, tuple(bad[:3])))
    return made, tuple(notes)


def _as_texts(path: Path, layer: str, days: list[Field], options: Mapping[str, Any]) -> list[Any]:
    casts = ", ".join(f'CAST("{each.name}" AS character(40)) AS a{number}' for number, each in enumerate(days))
    statement = f'SELECT {casts} FROM "{layer}"'  # noqa: S608  names without quotes
    engine = pyogrio()
    try:
        with gdal_messages():
            *_, found = engine.raw.read(path, sql=statement, sql_dialect="OGRSQL", read_geometry=False, **options)
    except (ValueError, RuntimeError, OSError, np.exceptions.DTypePromotionError):
        return []
    return list(found)


def _is_day(text: str) -> bool:
    found = _WRITTEN.match(text)
    try:
        return found is not None and bool(dt.date(int(found[1]), int(found[2]), int(found[3])))
    except ValueError:
        return False

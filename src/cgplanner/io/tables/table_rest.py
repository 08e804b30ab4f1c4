"""Rows of a table that are no records: units below the names, column numbers, totals and remarks. No file is opened.

A row counts as one of these only by its words; what might be data stays, and what is left out is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cgplanner.io.report import Note
from cgplanner.text import sentence

_UNIT = re.compile(
    r"[(（\[]?\s*(单位[:：]?)?(°|度|米|公里|千米|[ck]?m[²³23]?|平方(米|公里|千米)|㎡|亩|公顷|hm[²2]?|ha|[万亿]?元|[万]?人|个|户|%|"
    r"-+|/|deg(rees?)?|met(er|re)s?|sq\.?m|decimal degrees?)\s*[)）\]]?",
    re.IGNORECASE,
)
_REST = re.compile(
    r"\s*(合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|本页小计|全市合计|total|sub-?total|sum)\s*[:：]?\s*.*"
    r"|\s*(备\s*注|注|说\s*明|制表人?|填表人?|审核人?|制图|填报单位|资料来源|数据来源|note|source|remarks?)\s*\d?\s*[:：].*",
    re.IGNORECASE | re.DOTALL,
)
_MOST_UNITS = 0.99


def without_units(rows: Sequence[list[Any]], notes: list[Note]) -> list[list[Any]]:
    """Return the rows without one right below the names that holds units, or the numbers of the columns."""
    rows = list(rows)
    if len(rows) < 2:
        return rows
    there = [cell for cell in rows[0] if cell not in (None, "")]
    units = bool(there) and all(isinstance(cell, str) and _UNIT.fullmatch(cell.strip()) for cell in there)
    numbers = [str(cell).removesuffix(".0") for cell in rows[0]]
    counted = len(numbers) > 2 and numbers == [str(number) for number in range(1, len(numbers) + 1)]
    if not units and not counted:
        return rows
    texts = ", ".join(str(cell) for cell in there[:4])
    message = sentence("The row below the names of the columns holds units or numbers ({texts}) and was left out.", texts=texts)
    notes.append(Note("units-left-out", "info", message))
    return rows[1:]


def without_rest(rows: list[list[Any]], places: Sequence[int], notes: list[Note]) -> list[list[Any]]:
    """Return the rows without totals and remarks: those that begin with such a word and have nothing in ``places``."""
    kept: list[list[Any]] = []
    left: list[list[Any]] = []
    for row in rows:
        first = next((cell for cell in row if cell not in (None, "")), "")
        empty = all(row[place] in (None, "") for place in places)
        (left if empty and isinstance(first, str) and _REST.fullmatch(first) else kept).append(row)
    if left:
        examples = tuple(str(next(cell for cell in row if cell not in (None, "")))[:40] for row in left[:3])
        message = sentence(
            "{count} rows are totals or remarks and were left out, such as “{example}”.", count=len(left), example=examples[0]
        )
        notes.append(Note("rest-left-out", "warning", message, len(left), "", examples))
    return kept

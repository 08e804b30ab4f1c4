"""Where a table begins: titles above it, names in one row or two, or no names at all. For CSV and workbooks alike.

Cells may be text or values; nothing here knows what columns mean, and no file is opened.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from cgplanner.io.report import Note
from cgplanner.io.tables.table_rest import without_units
from cgplanner.text import sentence

_LOOK = 12  # rows among which the names are looked for
_WIDEST = 16_384
_VALUE = re.compile(r"[-+]?[\d,，.]+([eE][-+]?\d+)?%?|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?.*|[东西南北NSEW]?\s*\d+[°度:].*")


def headed(rows: Sequence[list[Any]], notes: list[Note]) -> tuple[list[str], list[list[Any]]]:
    """Return the names of the columns, '' for one without, and the rows below them, all of one width.

    Rows without a value and nameless columns without one are dropped. ``notes`` gets what is worth saying.
    """
    rows = [row for row in rows if any(not _is_empty(cell) for cell in row)]
    if not rows:
        return [], []
    start = _first_of_names(rows)
    if start is None:
        notes.append(Note("names-missing", "warning", sentence("The table has no names for its columns; they were numbered.")))
        return _even([], rows)
    names, first = _names(rows, start)
    return _even(names, without_units(rows[first:], notes))


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _is_word(cell: Any) -> bool:
    """Tell whether a cell can be the name of a column: text that is no number, date or angle."""
    return isinstance(cell, str) and bool(cell.strip()) and not _VALUE.fullmatch(cell.strip())


def _first_of_names(rows: list[list[Any]]) -> int | None:
    """Return the row that holds the names: the first that is full of words; None where all rows hold values.

    When every row is words, the first of the widest ones it is.
    """
    head = rows[:_LOOK]
    words = [sum(map(_is_word, row)) for row in head]
    filled = [sum(not _is_empty(cell) for cell in row) for row in head]
    most = max(filled)
    for number, (count, there) in enumerate(zip(words, filled, strict=True)):
        if count >= max(1, most * 0.6) and count >= there * 0.75:
            return number
    # A wide first row of names some of which are years: still names when the rows below hold more values.
    below = words[1:] or [0]
    return 0 if words[0] * 2 > filled[0] or (words[0] and words[0] > max(below)) else None


def _names(rows: list[list[Any]], start: int) -> tuple[list[str], int]:
    """Return the names and the first row of values; names in two rows, the upper ones over several columns, become one."""
    upper = [_text(cell) for cell in rows[start]]
    if start + 2 >= len(rows) or not _is_second(rows, start):
        return upper, start + 1
    lower = [_text(cell) for cell in rows[start + 1]]
    width = max(len(upper), len(lower))
    upper, lower = upper + [""] * (width - len(upper)), lower + [""] * (width - len(lower))
    names, over = [], ""
    for above, below in zip(upper, lower, strict=True):
        over = above or over
        alone = below and lower.count(below) == 1
        names.append(below if alone else f"{over} {below}".strip() if below else above)
    return names, start + 2


def _is_second(rows: list[list[Any]], start: int) -> bool:
    """Tell whether the row below the names is a second row of them: words where the upper row has gaps or repeats itself."""
    upper, lower, third = rows[start], rows[start + 1], rows[start + 2]
    there = [cell for cell in lower if not _is_empty(cell)]
    if not there or not all(map(_is_word, there)) or all(map(_is_word, (cell for cell in third if not _is_empty(cell)))):
        return False
    known = [_text(cell) for cell in upper]
    gaps = [number for number, text in enumerate(known) if not text or known.count(text) > 1]
    return any(number < len(lower) and not _is_empty(lower[number]) for number in gaps)


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime | dt.date):
        return cell.isoformat()[:10]
    return " ".join(str(cell).split())


def _even(names: list[str], rows: list[list[Any]]) -> tuple[list[str], list[list[Any]]]:
    """Return names and rows of one width, without nameless columns that are empty from end to end."""
    width = min(_WIDEST, max([len(names), *map(len, rows)], default=0))
    names = (names + [""] * width)[:width]
    used = [bool(name) for name in names]
    for row in rows:
        for number, cell in enumerate(row[:width]):
            if not used[number] and not _is_empty(cell):
                used[number] = True
    keep = [number for number in range(width) if used[number]]
    even = [[row[number] if number < len(row) else None for number in keep] for row in rows]
    return [names[number] for number in keep], even

"""Values that stand in a table of the description: ArcGIS and Ovital write attributes so, for the eye. No file in here."""

from __future__ import annotations

import re
from html import unescape

_ROW = re.compile(r"<tr\b[^>]*>((?:(?!<tr\b|</tr).)*)</tr\s*>", re.IGNORECASE | re.DOTALL)  # the innermost ones
_CELL = re.compile(r"<t[dh]\b[^>]*>((?:(?!<t[dh]\b).)*?)</t[dh]\s*>", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"<[^>]*>")
_LONGEST_NAME = 60
_NULLS = {"<null>", "&lt;null&gt;"}


def values_of_table(html: str) -> dict[str, str]:
    """Return {name: value} of the rows of two cells in a description; nothing for one that is no table.

    >>> values_of_table("<table><tr><td>用途</td><td>R2</td></tr></table>")
    {'用途': 'R2'}
    """
    if "<td" not in html and "<TD" not in html:
        return {}
    found: dict[str, str] = {}
    for row in _ROW.findall(html):
        cells = _CELL.findall(row)
        if len(cells) != 2:
            continue
        name, value = (" ".join(unescape(_MARKUP.sub(" ", cell)).split()) for cell in cells)
        name = name.rstrip(":：").strip()
        if name and len(name) <= _LONGEST_NAME and cells[1].strip().lower() not in _NULLS:
            found.setdefault(name, value)
    return found

"""The files that make up a MapInfo table: which are missing, and whether shapes (.mif) and values (.mid) are as many."""

from __future__ import annotations

import re
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.text import sentence, tr

_HEAD_BYTES = 1 << 16
_DATA = re.compile(rb"^[ \t]*data\b[^\r\n]*", re.IGNORECASE | re.MULTILINE)
_OBJECT = re.compile(
    rb"(?:^|[\r\n])[ \t]*(none|point|line|pline|region|arc|text|rect|roundrect|ellipse|multipoint|collection)\b"
    rb"(?:[ \t]+(\d+))?",
    re.IGNORECASE,
)
_DELIMITER = re.compile(rb'^([ \t]*delimiter[ \t]+)"([^"]*)"', re.IGNORECASE | re.MULTILINE)
_COLUMNS = re.compile(rb"^[ \t]*columns[ \t]+(\d+)", re.IGNORECASE | re.MULTILINE)
_DIVIDERS = (b",", b"\t", b";", b"|")


def objects_in(mif: bytes) -> int:
    """Return how many rows the shapes of a .mif make; the parts of a collection are none of their own."""
    data = _DATA.search(mif)
    found, inside = 0, 0
    for each in _OBJECT.finditer(mif, data.end() if data else len(mif)):
        if inside:
            inside -= 1
            continue
        found += 1
        if each[1].lower() == b"collection":
            inside = int(each[2] or 0)
    return found


def rows_in(mid: bytes) -> int | None:
    """Return how many rows of values a .mid holds; None where quotation marks make that uncertain."""
    lines = [line for line in mid.splitlines() if line.strip(b"\0\x1a \t")]
    return None if any(line.count(b'"') % 2 for line in lines) else len(lines)


def with_divider(header: bytes, mid: bytes) -> bytes:
    """Return the header of a .mif, with the delimiter that the values are divided by where the one it names is in none."""
    columns, said = _COLUMNS.search(header), _DELIMITER.search(header)
    lines = [re.sub(rb'"[^"]*"', b"", line) for line in mid[:_HEAD_BYTES].splitlines()[:50] if line.strip()]
    gaps = int(columns[1]) - 1 if columns else 0
    named = said[2] if said else b"\t"
    if gaps < 1 or not lines or any(named and named in line for line in lines):
        return header
    other = next((sign for sign in _DIVIDERS if all(line.count(sign) == gaps for line in lines)), None)
    if other is None:
        return header
    if said:
        return header[: said.start()] + said[1] + b'"' + other + b'"' + header[said.end() :]
    return header[: columns.start()] + b'Delimiter "' + other + b'"\n' + header[columns.start() :] if columns else header


def padded_rows(mif: bytes, mid: bytes) -> tuple[bytes, tuple[Note, ...]]:
    """Return the values with empty rows for the shapes that have none."""
    shapes, rows = objects_in(mif), rows_in(mid)
    columns, said = _COLUMNS.search(mif), _DELIMITER.search(mif)
    if rows is None or not rows < shapes or not columns or not int(columns[1]):
        return mid, ()
    empty = (said[2] if said else b"\t") * (int(columns[1]) - 1) + b"\r\n"
    message = sentence(
        "The attributes (.mid) have {rows} rows for {shapes} shapes; the rest is empty.", rows=rows, shapes=shapes
    )
    note = Note("mid-short", "warning", message, shapes - rows)
    return mid.rstrip(b"\0\x1a\r\n") + b"\r\n" * bool(rows) + empty * (shapes - rows), (note,)


def missing_parts(path: Path) -> tuple[Note, ...]:
    """Return notes on parts without which a table (.tab, .mif) can still be read.

    Raises
    ------
    UserError
        When a part is missing without which it cannot.
    """
    there = {each.suffix.lower() for each in path.parent.iterdir() if each.stem.casefold() == path.stem.casefold()}
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if path.suffix.lower() == ".mif":
        columns = re.search(rb"^\s*columns\s+(\d+)", head, re.IGNORECASE | re.MULTILINE)
        if ".mid" in there or columns is None or not int(columns[1]):
            return ()
        return (Note("mid-missing", "warning", sentence("The attributes (.mid) are missing; only shapes were read.")),)
    if not re.search(rb"type\s+native", head, re.IGNORECASE):  # views and tables of other programs have other parts
        return ()
    needed = [".dat"] if ".map" not in there else [".dat", ".id"]
    for suffix in needed:
        if suffix not in there:
            raise UserError(
                tr("{name} has no {suffix} file beside it.", name=path.name, suffix=suffix),
                hint=tr("Copy all files of the same name together."),
                path=path,
            )
    if ".id" in there and ".map" not in there:
        return (Note("map-missing", "warning", sentence("The shapes (.map) are missing; only attributes were read.")),)
    return ()

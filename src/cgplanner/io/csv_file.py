"""The door for CSV, in any of the encodings and separators that offices use. What its columns mean coordinate_table says."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.coordinate_table import coordinate_columns, layer_of_rows
from cgplanner.io.encoding import NAMES, codec_of_mark, find_encoding
from cgplanner.io.gdal_layers import unreadable
from cgplanner.io.report import Note
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.text import sentence, tr

SEPARATORS = ",\t;|，"
_LONGEST_CELL = 16 << 20  # a polygon of the whole province as WKT


def csv_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the one layer of the file."""
    names, rows, _ = _table(path, None, [])
    return (SourceLayer(path.stem, "Point" if coordinate_columns(names, rows) else "", len(rows)),)


def read_csv(path: Path, *, encoding: str | None = None, progress: Progress | None = None) -> LoadedLayer:
    """Read the file; empty cells are NULL.

    Raises
    ------
    UserError
        When it is no table of text.
    """
    notes: list[Note] = []
    names, rows, found = _table(path, encoding, notes)
    if progress:
        progress(0.5)
    return layer_of_rows(path, path.stem, names, rows, notes, found)


def _table(path: Path, encoding: str | None, notes: list[Note]) -> tuple[list[str], list[list[object]], tuple[str, str]]:
    text, found = _text(path, encoding)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)) if any(line)]
    except csv.Error as error:
        raise unreadable(path, error) from error
    if not lines:
        raise UserError(tr("{name} holds no rows.", name=path.name), hint=tr("Choose another file."), path=path)
    names = [name.strip() for name in lines[0]]
    width = len(names)
    long = sum(len(line) > width and any(line[width:]) for line in lines[1:])
    if long:
        message = sentence("{count} rows have more cells than there are names; the rest of them was left out.", count=long)
        notes.append(Note("rows-long", "warning", message, long))
    rows: list[list[object]] = [[*(cell or None for cell in line[:width]), *[None] * (width - len(line))] for line in lines[1:]]
    return names, rows, found


def _text(path: Path, encoding: str | None) -> tuple[str, tuple[str, str]]:
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace"), ("UTF-16", "declared")
    if b"\0" in raw[:65_536]:
        raise UserError(
            tr("{name} does not hold what its name says: it is no {what} file.", name=path.name, what="CSV"),
            hint=tr("Check that the file is complete, or export it again from where it came."),
            path=path,
        )
    if raw.startswith(b"\xef\xbb\xbf"):
        return raw[3:].decode("utf-8", "replace"), ("UTF-8", "declared")
    if encoding is not None:
        codec = codec_of_mark(encoding)
        if codec is None:
            raise UserError(
                tr("The encoding “{name}” is not known.", name=encoding), hint=tr("Try UTF-8, GBK or Big5."), path=path
            )
        return raw.decode(codec, "replace"), (NAMES.get(codec, codec), "declared")
    cells = [each for each in re.split(rb"[\r\n,;\t|]+", raw[: 1 << 20]) if not each.isascii()]
    found = find_encoding(cells[:5000])
    return raw.decode(found.codec, "replace"), (found.name, found.how)


def _separator(text: str) -> str:
    """Return the separator that cuts the first lines into equally many pieces."""
    lines = [line for line in text[:65_536].splitlines()[:20] if line.strip()][:-1] or text[:65_536].splitlines()[:1]

    def fitness(separator: str) -> tuple[int, int]:
        counts = [len(next(csv.reader([line], delimiter=separator), [])) for line in lines]
        return (counts.count(counts[0]) if counts and counts[0] > 1 else 0, counts[0] if counts else 0)

    return max(SEPARATORS, key=fitness)

"""The door for MapInfo's exchange files: shapes from the .mif, values from the .mid, both by our own hand.

The driver ends in silence where it does not understand something, and takes what is no number for 0. What stands in the two
halves :mod:`cgplanner.io.mapinfo.mif_objects` and :mod:`cgplanner.io.mapinfo.mid_values` know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cgplanner.errors import UserError
from cgplanner.io.drivers.gdal_layers import geometry_kind, geometry_notes, layer_notes, schema_of
from cgplanner.io.gdal_formats.mapinfo_parts import CHARSETS, missing_parts
from cgplanner.io.mapinfo.mid_values import MidColumn, column_of_texts, declared_columns, divider_of, rows_of_values
from cgplanner.io.mapinfo.mif_crs import crs_of_mif
from cgplanner.io.mapinfo.mif_objects import MifObjects, mif_objects
from cgplanner.io.report import Note, Report
from cgplanner.io.shapes.repair import with_finite
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.texts.encoding import NAMES, codec_of_mark, find_encoding
from cgplanner.io.texts.encoding_notes import encoding_notes
from cgplanner.io.texts.text_source import damage_notes
from cgplanner.model.column import Column, column_of
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import new_table
from cgplanner.text import sentence, tr

_DATA = re.compile(rb"^[ \t]*data[ \t]*$", re.IGNORECASE | re.MULTILINE)
_CHARSET = re.compile(rb'charset\s+"?([\w-]+)', re.IGNORECASE)
_MOST_SAMPLED = 1 << 18
_OF_TEXTS = (
    Field("t1", "Text", FieldType.TEXT, alias_zh="文字", alias_en="Text"),
    Field("t2", "Angle", FieldType.REAL, alias_zh="角度", alias_en="Angle"),
)


def mif_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the one layer of the file, without looking into it."""
    return (SourceLayer(path.stem, "Geometry", -1),)


def read_mif(path: Path, *, encoding: str | None = None, progress: Progress | None = None) -> LoadedLayer:
    """Read the file and the values beside it.

    Raises
    ------
    UserError
        When it has no part for data.
    """
    halves = _halves(path, encoding)
    if progress:
        progress(0.2)
    columns = declared_columns(halves.header)
    divider, is_other = divider_of(halves.header, halves.values, len(columns))
    objects = mif_objects(halves.data, _rows_expected(halves.values, columns))
    rows, uneven = rows_of_values(halves.values, divider, len(columns), len(objects.shapes)) if columns else ([], 0)
    if progress:
        progress(0.7)
    count = max(len(rows), len(objects.shapes))
    fields, made, notes = _attributes(columns, rows, count, objects)
    shapes = objects.shapes + [None] * (count - len(objects.shapes))
    geometry, mended = with_finite(flat_column(_moved(shapes, halves.header)))
    crs, said = crs_of_mif(halves.header, geometry.base.xy)
    table = new_table(schema_of(fields, geometry_kind("Unknown", geometry)), made, geometry)
    notes = (
        *halves.notes,
        *missing_parts(path),
        *_notes(objects, len(rows), is_other=is_other, uneven=uneven, has_values=bool(columns and halves.values)),
        *notes,
        *mended,
        *said,
        *geometry_notes(geometry),
        *layer_notes(len(table), crs.crs, drawn=True),
    )
    return LoadedLayer(path.stem, table, crs.crs, Report(notes, (), halves.encoding, halves.how, crs.crs, crs.how), path)


@dataclass(frozen=True)
class _Halves:
    """The texts of both files, and how they were made out of bytes."""

    header: str
    data: str
    values: str
    encoding: str
    how: str
    notes: tuple[Note, ...]


def _halves(path: Path, wanted: str | None) -> _Halves:
    raw = _with_plain_ends(path.read_bytes())
    data = _DATA.search(raw)
    if data is None:
        raise UserError(
            tr("{name} ends before its data begin.", name=path.name),
            hint=tr("Check that the file is complete, or export it again from where it came."),
            path=path,
        )
    beside = next((each for each in _beside(path) if each.suffix.lower() == ".mid"), None)
    values = _with_plain_ends(beside.read_bytes()) if beside else b""
    header = raw[: data.start()]
    marked = _CHARSET.search(header)
    mark = marked[1].decode() if marked else ""
    declared = CHARSETS.get(mark.casefold())
    pieces = re.split(rb'[\0\r\n",;|\t ]+', header + values[:_MOST_SAMPLED])
    samples = [each for each in (pieces[:-1] if len(values) > _MOST_SAMPLED else pieces) if not each.isascii()][:5000]
    samples = samples or [each for each in raw[data.end() :].split(b'"')[1::2][:5000] if not each.isascii()]
    found = find_encoding(samples, cpg=declared, ldid=0)
    codec = (codec_of_mark(wanted) if wanted else None) or found.codec
    name = NAMES.get(codec, codec)
    texts = [part.decode(codec, "replace") for part in (header, raw[data.end() :], values)]
    notes = damage_notes(sum(text.count("\ufffd") for text in texts), name)
    how = "declared" if wanted or declared == name else "detected" if samples else "assumed"
    said = () if wanted else encoding_notes(found, mark)
    return _Halves(texts[0], texts[1], texts[2], name, how, (*said, *notes))


def _with_plain_ends(raw: bytes) -> bytes:
    return raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _beside(path: Path) -> Iterator[Path]:
    return (each for each in sorted(path.parent.iterdir()) if each.stem.casefold() == path.stem.casefold())


def _rows_expected(values: str, columns: list[MidColumn]) -> int | None:
    """Return how many rows the values seem to have; None where there is nothing to count."""
    return sum(bool(line.strip("\0\x1a \t")) for line in values.split("\n")) if values and columns else None


def _moved(shapes: list[Any], header: str) -> Any:
    """Return the shapes where the header's Transform clause puts them."""
    import numpy as np  # noqa: PLC0415  beside its only use
    import shapely  # noqa: PLC0415  as above

    made = np.array([*shapes, None], object)[:-1]
    found = re.search(r"^[ \t]*transform[ \t]+([^\r\n]+)", header, re.IGNORECASE | re.MULTILINE)
    numbers = re.findall(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?", found[1]) if found else []
    if len(numbers) != 4:
        return made
    times, plus = np.array(numbers[:2], np.float64), np.array(numbers[2:], np.float64)
    times[times == 0] = 1.0  # 0 is how MapInfo writes that nothing changes
    return shapely.transform(made, lambda xy: xy * times + plus)


def _attributes(
    columns: list[MidColumn], rows: list[list[str]], count: int, objects: MifObjects
) -> tuple[tuple[Field, ...], dict[str, Column], tuple[Note, ...]]:
    fields: list[Field] = []
    made: dict[str, Column] = {}
    notes: tuple[Note, ...] = ()
    missing: list[str | None] = [None] * (count - len(rows))
    for number, each in enumerate(columns):
        field, column, said = column_of_texts(number + 1, each, [row[number] for row in rows] + missing)
        fields.append(field)
        made[field.id] = column
        notes += said
    if objects.texts:
        taken = {each.name.casefold() for each in fields}
        for place, field in enumerate(_OF_TEXTS):
            name = field.name if field.name.casefold() not in taken else f"{field.name}_2"
            fields.append(Field(field.id, name, field.type, alias_zh=field.alias_zh, alias_en=field.alias_en))
            made[field.id] = column_of(field.type, [(objects.texts.get(row) or (None, None))[place] for row in range(count)])
    return tuple(fields), made, notes


def _notes(objects: MifObjects, rows: int, *, is_other: bool, uneven: int, has_values: bool) -> Iterator[Note]:
    """Say what does not fit."""
    shapes = len(objects.shapes)
    if is_other:
        message = sentence("The values are divided by another sign than the header says; they were read by what divides them.")
        yield Note("delimiter-wrong", "warning", message)
    if uneven:
        message = sentence("{count} rows have another number of values than there are columns.", count=uneven)
        yield Note("rows-uneven", "warning", message, uneven)
    if has_values and rows < shapes:
        message = sentence(
            "The attributes (.mid) have {rows} rows for {shapes} shapes; the rest is empty.", rows=rows, shapes=shapes
        )
        yield Note("mid-short", "warning", message, shapes - rows)
    if has_values and rows > shapes:
        message = sentence(
            "The attributes (.mid) have {rows} rows for {shapes} shapes; the rest has no shape.", rows=rows, shapes=shapes
        )
        yield Note("mid-long", "warning", message, rows - shapes)
    if bad := tuple(objects.unreadable.values()):
        message = sentence(
            "{count} rows have coordinates that cannot be understood, such as “{example}”.", count=len(bad), example=bad[0]
        )
        yield Note("coordinates-unreadable", "warning", message, len(bad), "", bad[:3])
    if unknown := tuple(objects.unknown.values()):
        names = ", ".join(sorted(set(unknown)))
        message = sentence("{count} shapes are of a kind that is not known ({names}).", count=len(unknown), names=names)
        yield Note("objects-unknown", "warning", message, len(unknown))
    if objects.miscounted:
        message = sentence(
            "{count} shapes have another number of vertices than they say; those that are there were taken.",
            count=objects.miscounted,
        )
        yield Note("vertices-miscounted", "warning", message, objects.miscounted)
    if objects.dots:
        message = sentence("{count} shapes had parts of too few vertices, which were left out.", count=objects.dots)
        yield Note("parts-left-out", "warning", message, objects.dots)
    if objects.curves:
        message = sentence("{count} geometries had curves, which are now lines of short pieces.", count=objects.curves)
        yield Note("curves-straightened", "info", message, objects.curves)

"""A layer as KML or KMZ for Google Earth and its kin: degrees, colours of the classes, values with their types.

Written by hand: the drivers write neither styles nor yes/no, and cut whole numbers to 32 bits. Rows go by some thousand at a
time, so that they may be more than the memory holds.
"""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from cgplanner.io.drivers.engines import gdal_messages, pyogrio
from cgplanner.io.report import Note, joined_notes
from cgplanner.io.source import WriteReport
from cgplanner.io.styles.look import ClassLook, Look, plain_look
from cgplanner.io.writing.described import KML_NAME
from cgplanner.io.writing.field_dictionary import dictionary_of, dictionary_text
from cgplanner.io.writing.outgoing import WriteRequest
from cgplanner.io.writing.read_back import differs
from cgplanner.io.writing.rows import Rows, worked_ahead
from cgplanner.io.writing.single_file import draft_of, measure_losses, told, xml_losses, xml_text
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import FeatureTable
from cgplanner.text import sentence, tr

if TYPE_CHECKING:
    from cgplanner.io.kml.text import Placemark

_NAMESPACE = "http://www.opengis.net/kml/2.2"
_LARGEST_INT = 2**31 - 1
_QUICK = 1  # of zlib's nine levels: a quarter of the time of its default for a seventh more bytes
_MANY_ROWS = 500_000  # whose text may be more than 2 GB
_TYPES = {FieldType.REAL: "double", FieldType.BOOLEAN: "bool"}


def kml_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what KML changes."""
    found = itertools.chain.from_iterable(xml_losses(piece) for piece in request.rows.pieces())
    return _losses(request, joined_notes(found))


def _losses(request: WriteRequest, found: tuple[Note, ...]) -> tuple[Note, ...]:
    notes = [*found, *measure_losses(request.rows, "KML")]
    for each in request.rows.schema:
        if each.type in (FieldType.DATE, FieldType.DATETIME):
            message = sentence("Dates and times in {field} are written as text; KML has no type for them.", field=each.title)
            notes.append(Note("date-as-text", "info", message, field=each.name))
        elif each.type is FieldType.INTEGER and _type_of(request.rows, each) == "string":
            message = sentence("{field} holds numbers of more than 32 bits and is written as text.", field=each.title)
            notes.append(Note("integer-as-text", "info", message, field=each.name))
    return tuple(notes)


def write_kml(request: WriteRequest) -> WriteReport:
    """Write one layer as .kml, or packed as .kmz where the path says so.

    Raises
    ------
    UserError
        When the file may not be replaced, the disk says no, or it does not read back as it was written.
    """
    with draft_of(request) as draft:
        if draft.suffix.lower() == ".kmz":
            is_long = len(request.rows) > _MANY_ROWS
            with (
                zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as archive,
                archive.open("doc.kml", "w", force_zip64=is_long) as file,
            ):
                found = _write(request, file)
        else:
            with draft.open("wb") as file:
                found = _write(request, file)
        told(request, 0.6)
        _check(request, draft)
        told(request, 1.0)
    rows = len(request.rows)
    losses = _losses(request, joined_notes(found))
    return WriteReport((request.path,), losses, (), "UTF-8", request.crs, True, rows, rows)


def _write(request: WriteRequest, file: IO[bytes]) -> list[Note]:
    """Write the document; return what the rows lost."""
    from cgplanner.io.kml.text import placemarks_text  # noqa: PLC0415  pyarrow, a quarter of a second

    look = request.look or plain_look(request.layer_name, 0)

    def put(part: tuple[int, FeatureTable]) -> tuple[bytes, list[Note]]:
        first, table = part
        styles = look.index[first : first + len(table)] if request.look else np.zeros(len(table), np.int64)
        return placemarks_text(table, styles), xml_losses(table)

    losses: list[Note] = []
    for text in _head(request, look):
        file.write(text.encode("utf-8"))
    for placemarks, found in worked_ahead(put, request.rows.numbered_portions()):
        file.write(placemarks)
        losses += found
    file.write(b"</Document>\n</kml>\n")
    return losses


def _head(request: WriteRequest, look: Look) -> Iterator[str]:
    rows = request.rows
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="{_NAMESPACE}">\n<Document>\n'
    yield f"<name>{_said(request.layer_name)}</name>\n"
    yield from (_style(number, each) for number, each in enumerate(look.classes))
    if len(rows.schema):
        data = dictionary_text(dictionary_of([xml_text(each.name) for each in rows.schema], rows.schema, crs=request.crs))
        yield f'<ExtendedData><Data name="{KML_NAME}"><value>{_said(data)}</value></Data></ExtendedData>\n'
    yield f'<Schema name={quoteattr(xml_text(request.layer_name))} id="fields">\n'
    for each in rows.schema:
        yield (
            f"<SimpleField name={quoteattr(xml_text(each.name))} type={quoteattr(_type_of(rows, each))}>"
            f"<displayName>{_said(each.title)}</displayName></SimpleField>\n"
        )
    yield "</Schema>\n"


def _said(text: str) -> str:
    return escape(xml_text(text), {"\r": "&#13;"})


def _style(number: int, look: ClassLook) -> str:
    fill = _colour(look.fill, look.fill_opacity) if look.fill else ""
    stroke = _colour(look.stroke, look.stroke_opacity) if look.stroke else ""
    line = f"<color>{stroke}</color><width>{look.stroke_width:g}</width>" if stroke else "<width>0</width>"
    area = f"<color>{fill}</color>" if fill else "<fill>0</fill>"
    icon = f"<IconStyle><color>{fill or stroke}</color></IconStyle>" if fill or stroke else ""
    outline = f"<outline>{1 if stroke else 0}</outline>"
    styles = f"{icon}<LineStyle>{line}</LineStyle><PolyStyle>{area}{outline}</PolyStyle>"
    return f'<Style id="s{number}">{styles}</Style>\n'


def _colour(text: str, opacity: float) -> str:
    """Return "#RRGGBB" as KML has it: aabbggrr.

    >>> _colour("#FF8000", 0.5)
    '800080ff'
    """
    red, green, blue = text[1:3], text[3:5], text[5:7]
    return f"{round(opacity * 255):02x}{blue}{green}{red}".lower()


def _type_of(rows: Rows, field: Field) -> str:
    if field.type is FieldType.INTEGER:
        return "int" if rows.largest_of(field) <= _LARGEST_INT else "string"
    return _TYPES.get(field.type, "string")


def _check(request: WriteRequest, draft: Path) -> None:
    """Compare every placemark with its row, and let GDAL count."""
    from cgplanner.io.kml.text import are_same_places, differing  # noqa: PLC0415  pyarrow, a quarter of a second

    try:
        with _opened(draft) as file:
            placemarks = _read(file)
            for table in request.rows.portions():
                found = list(itertools.islice(placemarks, len(table)))
                if len(found) != len(table):
                    raise differs(request.path, tr("the number of features"))
                if field := differing(table, found):
                    raise differs(request.path, field.name)
                if not are_same_places(table.geometry, found):
                    raise differs(request.path, tr("the geometry"))
            if next(placemarks, None) is not None:
                raise differs(request.path, tr("the number of features"))
    except (ExpatError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise differs(request.path, str(error)) from error
    _count_with_gdal(request, draft)


@contextmanager
def _opened(draft: Path) -> Iterator[IO[bytes]]:
    if draft.suffix.lower() == ".kmz":
        with zipfile.ZipFile(draft) as archive, archive.open("doc.kml") as file:
            yield file
    else:
        with draft.open("rb") as file:
            yield file


def _read(file: IO[bytes]) -> Iterator[Placemark]:
    from cgplanner.io.kml.text import placemarks_in  # noqa: PLC0415  pyarrow, as above

    return placemarks_in(file)


def _count_with_gdal(request: WriteRequest, draft: Path) -> None:
    engine = pyogrio()
    if not len(request.rows):
        return
    with gdal_messages():
        try:
            counted = engine.read_info(draft, force_feature_count=True)["features"]
        except (engine.errors.DataSourceError, engine.errors.DataLayerError) as error:
            raise differs(request.path, str(error)) from error
    if counted != len(request.rows):
        raise differs(request.path, tr("the number of features"))

"""The door for DXF: a drawing becomes one layer of points, lines and areas, with texts, CAD layers and blocks as attributes.

Through ezdxf, for GDAL breaks Chinese. Blocks are exploded; closed polylines, circles and hatches are areas; curves become
short pieces. The code page of a drawing is believed only while the text agrees. Paper space is not looked at.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.errors import CgplannerError, UserError
from cgplanner.io.drivers.gdal_layers import geometry_kind, geometry_notes, layer_notes, schema_of, unreadable
from cgplanner.io.dxf.mend import mended, needs_mending
from cgplanner.io.report import Note, Report
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.texts.encoding import NAMES, UTF8, find_encoding
from cgplanner.io.texts.encoding_notes import encoding_notes
from cgplanner.model.column import column_of
from cgplanner.model.geometry_column import flat_column
from cgplanner.model.schema import Field, FieldType
from cgplanner.model.table import new_table
from cgplanner.text import sentence, tr

MOST_ENTITIES = 3_000_000
DEEPEST = 32
_FAULTS = (ValueError, KeyError, IndexError, AttributeError, TypeError, OSError, UnicodeError)
_UTF8_SINCE = "AC1021"  # AutoCAD 2007
_FIELDS = (
    Field("f1", "Layer", FieldType.TEXT, alias_zh="图层", alias_en="CAD layer"),
    Field("f2", "Entity", FieldType.TEXT, alias_zh="实体类型", alias_en="Kind of entity"),
    Field("f3", "Text", FieldType.TEXT, alias_zh="文字", alias_en="Text"),
    Field("f4", "Block", FieldType.TEXT, alias_zh="图块", alias_en="Block"),
    Field("f5", "Color", FieldType.INTEGER, alias_zh="颜色号", alias_en="Colour number"),
    Field("f6", "Linetype", FieldType.TEXT, alias_zh="线型", alias_en="Line type"),
    Field("f7", "Height", FieldType.REAL, alias_zh="字高", alias_en="Text height"),
    Field("f8", "Angle", FieldType.REAL, alias_zh="角度", alias_en="Angle"),
    Field("f9", "ExtendedData", FieldType.TEXT, alias_zh="扩展数据", alias_en="Extended data"),  # only where there is some
)
_TEXTS = {"TEXT", "MTEXT", "ATTRIB", "ATTDEF"}
_EXPLODED = {
    "INSERT",
    "DIMENSION",
    "ARC_DIMENSION",
    "LARGE_RADIAL_DIMENSION",
    "LEADER",
    "MULTILEADER",
    "MLEADER",
    "MLINE",
    "ACAD_TABLE",
}
_PATHS = {"LINE", "LWPOLYLINE", "POLYLINE", "ARC", "CIRCLE", "ELLIPSE", "SPLINE", "HELIX"}
_WRITTEN = re.compile(r"\\[Uu]\+(?P<unicode>[0-9A-Fa-f]{4})|\\M\+(?P<page>[1-5])(?P<bytes>[0-9A-Fa-f]{4})")
_STACKED = re.compile(r"\\S(?P<above>[^;^#/]*)\^(?P<below>[^;^#/]*);")
_CARET = re.compile(r"\^(?![@-_ ])")
_ABOVE, _BELOW = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"), str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_OF_OTHERS = ("TCH_", "ACAD_PROXY", "TDB", "HC_", "SWR_", "AEC_")  # Tangent, proxies, architectural add-ons
_BINARY = b"AutoCAD Binary DXF"
_PAGES = {"1": "cp932", "2": "cp950", "3": "cp949", "4": "johab", "5": "gb18030"}
_QUADS = {"SOLID", "TRACE", "3DFACE"}
_SPLINE_FIT, _OF_FRAME = 4, 16  # flags of a polyline and of those of its vertices that only steer it
_READABLE = {1000, 1003, 1040, 1041, 1042, 1070, 1071}


@dataclass
class _Drawn:
    """What has been taken out of a drawing so far; ``recode`` is the codec that its texts were read in, and their own."""

    shapes: list[Any] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    exploded: int = 0
    rough: int = 0
    bare: list[str] = field(default_factory=list)
    recode: tuple[str, str] = ("", "")


def dxf_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the one layer of a drawing, without looking into it."""
    return (SourceLayer(path.stem, "Geometry", -1),)


def read_dxf(path: Path, *, encoding: str | None = None, progress: Progress | None = None) -> LoadedLayer:
    """Read the model space of a drawing.

    Raises
    ------
    UserError
        When it is no drawing, is damaged beyond mending, or unfolds to millions of entities.
    """
    raw = path.read_bytes()
    codec, how, notes = _codec(raw, encoding)
    try:
        drawn = _Drawn()
        drawing, mendings = _opened(path, raw, codec, notes, drawn)
        for number, (entity, block) in enumerate(_entities(drawing.modelspace(), "", 0, drawn)):
            _take(entity, block, drawn)
            if number > MOST_ENTITIES:
                raise UserError(
                    tr("{name} unfolds to more than {count} entities.", name=path.name, count=f"{MOST_ENTITIES:,}"),
                    hint=tr("Ask for the drawing without blocks in blocks, or as a shapefile."),
                    path=path,
                )
            if progress and number % 1000 == 0:
                progress(0.5)
    except CgplannerError:
        raise
    except Exception as error:  # ezdxf lets through whatever its parsers trip over
        raise unreadable(path, tr("it is no drawing, or a damaged one")) from error
    notes += _hidden(drawing, drawn)
    if mendings:
        message = sentence("The drawing was damaged; {count} faults were mended.", count=mendings)
        notes.append(Note("dxf-mended", "warning", message, mendings))
    return _layer(path, drawn, notes, (NAMES.get(codec, codec), how))


def _codec(raw: bytes, wanted: str | None) -> tuple[str, str, list[Note]]:
    """Return the codec of a drawing's texts, how it was found, and what had to be overruled."""
    from cgplanner.io.texts.encoding import codec_of_mark  # noqa: PLC0415  beside its only use

    if wanted and (codec := codec_of_mark(wanted)):
        return codec, "declared", []
    version = re.search(rb"\$ACADVER\s+1\s+(AC\d+)", raw[:4096])
    page = re.search(rb"\$DWGCODEPAGE\s+3\s+(\S+)", raw[:65_536])
    mark = page[1].decode("ascii", "replace") if page else ""
    if version and version[1].decode() >= _UTF8_SINCE:
        mark = "UTF-8"
    if raw.startswith(_BINARY):  # lines mean nothing in it, and its own mark is all there is
        page = re.search(rb"\$DWGCODEPAGE\0\x03\0([^\0]+)\0", raw[:65_536])
        version = re.search(rb"\$ACADVER\0\x01\0(AC\d+)", raw[:65_536])
        newer = version is not None and version[1].decode() >= _UTF8_SINCE
        return UTF8 if newer else codec_of_mark(page[1].decode("ascii", "replace") if page else "") or "cp1252", "declared", []
    texts = [line.strip() for line in raw.splitlines() if not line.isascii()][:5000]
    found = find_encoding(texts, cpg=mark or None)
    if not texts:
        return UTF8, "assumed", []
    return found.codec, "declared" if found.how == "cpg" else found.how, encoding_notes(found, mark)


def _opened(path: Path, raw: bytes, codec: str, notes: list[Note], drawn: _Drawn) -> tuple[Any, int]:
    """Return the drawing and the number of faults that had to be mended."""
    from ezdxf import recover  # noqa: PLC0415  half a second
    from ezdxf.filemanagement import readfile  # noqa: PLC0415  as above
    from ezdxf.lldxf.const import DXFError  # noqa: PLC0415  as above

    logging.getLogger("ezdxf").addHandler(logging.NullHandler())  # else it writes to the screen
    if needs_mending(raw):
        with contextlib.suppress(DXFError, *_FAULTS):  # the ways of other damage are tried below
            return _from_mended(raw, codec, notes, drawn), 0
    with contextlib.suppress(DXFError, *_FAULTS):
        return readfile(path, encoding=codec), 0
    if not raw.startswith(_BINARY):
        with contextlib.suppress(DXFError, *_FAULTS):
            return _from_mended(raw, codec, notes, drawn), 1
        with contextlib.suppress(DXFError, *_FAULTS):
            return _from_mended(raw, codec, notes, drawn, plain=True), 1
    drawing, auditor = recover.readfile(path)  # takes the texts for what the drawing says of them
    drawn.recode = (drawing.encoding, codec)
    return drawing, len(auditor.errors) + len(auditor.fixes)


def _from_mended(raw: bytes, codec: str, notes: list[Note], drawn: _Drawn, *, plain: bool = False) -> Any:
    from ezdxf.filemanagement import read  # noqa: PLC0415  see _opened

    made = mended(raw, codec, plain=plain)
    drawing = read(io.StringIO(made.text))
    drawn.left_out |= made.dropped
    if made.is_cut:
        notes.append(Note("dxf-cut", "warning", sentence("The drawing breaks off; what comes before the break was read.")))
    return drawing


def _entities(entities: Any, block: str, depth: int, drawn: _Drawn) -> Iterator[tuple[Any, str]]:
    """Give what is drawn, blocks and dimensions taken apart; (entity, name of its outermost block)."""
    for entity in entities:
        kind = entity.dxftype()
        if kind not in _EXPLODED or (kind == "INSERT" and entity.block() is None):
            yield entity, block
            continue
        if depth >= DEEPEST:
            raise RecursionError
        drawn.exploded += 1
        name = block or str(entity.dxf.get("name", "")) if kind == "INSERT" else block
        if kind == "INSERT":
            yield from ((attribute, name) for attribute in entity.attribs)
            copies = entity.multi_insert() if entity.mcount > 1 else (entity,)
        else:
            copies = (entity,)
        if kind == "DIMENSION" and not entity.get_geometry_block():
            _draw_dimension(entity)
        parts = 0
        for copy in copies:
            for each in _entities(copy.virtual_entities(), name, depth + 1, drawn):
                parts += 1
                yield each
        if not parts and kind == "INSERT" and not entity.block().block.is_xref:
            yield entity, block
        elif not parts:
            drawn.left_out[kind] = drawn.left_out.get(kind, 0) + 1


def _draw_dimension(dimension: Any) -> None:
    """Make the lines and the text of a dimension that a program left for the reader to draw."""
    from ezdxf.lldxf.const import DXFError  # noqa: PLC0415  see _opened

    with contextlib.suppress(DXFError, *_FAULTS, ArithmeticError):
        if dimension.dxf.dimstyle not in dimension.doc.dimstyles:
            dimension.dxf.dimstyle = "Standard"
        dimension.override().render()


def _take(entity: Any, block: str, drawn: _Drawn) -> None:
    from ezdxf.lldxf.const import DXFError  # noqa: PLC0415  see _opened

    kind = entity.dxftype()
    if kind == "ATTDEF":
        return
    try:
        shape = _shape(entity, kind)
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, DXFError, shapely.errors.GEOSException):
        shape = _rough(entity, kind)  # a spline with a knot too few does not make the rest of a drawing unreadable
        drawn.rough += shape is not None
    if shape is None:
        drawn.left_out[kind] = drawn.left_out.get(kind, 0) + 1
        return
    if kind == "INSERT":  # see _of_place
        block = block or str(entity.dxf.get("name", ""))
        drawn.bare.append(str(entity.dxf.get("name", "")))
    text, height, angle = _text(entity, kind)
    line_type = str(entity.dxf.get("linetype", "BYLAYER"))
    row = (
        str(entity.dxf.layer),
        kind,
        text,
        block or None,
        int(entity.dxf.get("color", 256)),
        line_type,
        height,
        angle,
        _extended(entity),
    )
    drawn.rows.append(tuple(_clean(value, drawn.recode) if isinstance(value, str) else value for value in row))
    drawn.shapes.append(shape)


def _character(found: re.Match[str]) -> str:
    if found["unicode"]:
        return chr(int(found["unicode"], 16))
    return bytes.fromhex(found["bytes"]).decode(_PAGES[found["page"]], "replace")


def _clean(text: str, recode: tuple[str, str]) -> str:
    r"""Return a text with its written-out characters (\U+592A, \M+5CCAB), without halves that ezdxf keeps as surrogates."""
    if recode[0] != recode[1] and not text.isascii():
        with contextlib.suppress(UnicodeError, LookupError):
            text = text.encode(recode[0], "surrogateescape").decode(recode[1], "replace")
    if "\\" in text:
        text = _WRITTEN.sub(_character, text)
    return text.encode("utf-8", "replace").decode("utf-8", "replace")


def _extended(entity: Any) -> str | None:
    """Return what programs hung on an entity (the codes of a survey), as ``APPLICATION: value; value``."""
    if not entity.xdata:
        return None
    texts = []
    for application, tags in entity.xdata.data.items():
        values = [str(tag.value) for tag in tags[1:] if tag.code in _READABLE]
        if values and not application.upper().startswith(("ACAD", "CGPLANNER")):
            texts.append(f"{application}: {'; '.join(values)}")
    return " | ".join(texts) or None


def _hidden(drawing: Any, drawn: _Drawn) -> list[Note]:
    """Return the note on what lies in layers that are not shown; it is read like the rest."""
    hidden = {each.dxf.name.casefold() for each in drawing.layers if each.is_off() or each.is_frozen()}
    names = [row[0] for row in drawn.rows if row[0].casefold() in hidden]
    if not names:
        return []
    some = ", ".join(sorted(set(names))[:8])
    message = sentence(
        "{count} entities lie in layers that are off or frozen ({names}); they were read.", count=len(names), names=some
    )
    return [Note("layers-hidden", "info", message, len(names))]


def _text(entity: Any, kind: str) -> tuple[str | None, float | None, float | None]:
    if kind not in _TEXTS:
        return None, None, None
    _unstack(entity, kind)
    height = float(entity.dxf.get("char_height" if kind == "MTEXT" else "height", 0.0))
    plain = entity.plain_text(fast=False).replace("\xa0", " ") if kind == "MTEXT" else entity.plain_text()
    return plain or None, height, float(entity.dxf.get("rotation", 0.0))


def _unstack(entity: Any, kind: str) -> None:
    """Write what stands one above the other in a line, and a caret as one where it means no control character."""
    text = entity.text if kind == "MTEXT" else entity.dxf.text
    if "^" not in text:
        return
    if kind == "MTEXT":
        text = _STACKED.sub(_in_line, text)
    text = _CARET.sub("^ ", text)
    if kind == "MTEXT":
        entity.text = text
    else:
        entity.dxf.text = text


def _in_line(found: re.Match[str]) -> str:
    above, below = found["above"].strip(), found["below"].strip()
    if above and below:
        return f"{above}/{below}"
    digits, row = (above, _ABOVE) if above else (below, _BELOW)
    return digits.translate(row) if digits.isdigit() else digits


def _shape(entity: Any, kind: str) -> Any:
    if kind in _TEXTS:
        return _point(entity.dxf.insert if kind == "MTEXT" else entity.ocs().to_wcs(entity.dxf.insert))
    if kind in ("POINT", "INSERT"):
        return _of_place(entity, kind)
    if kind in _PATHS:
        return _of_path(entity, kind)
    if kind == "HATCH":
        return _of_hatch(entity)
    if kind in _QUADS:
        if not entity.dxf.hasattr("vtx3"):
            entity.dxf.vtx3 = entity.dxf.vtx2
        corners = [tuple(corner) for corner in entity.wcs_vertices()]
        return _area(np.array(corners, np.float64)) if len(corners) > 2 else None
    return None


def _of_place(entity: Any, kind: str) -> Any:
    """Return a point, or the place of a block that holds nothing or is not there; one at the origin has no place."""
    if kind == "POINT":
        return _point(entity.dxf.location)
    return _point(entity.ocs().to_wcs(entity.dxf.insert)) if any(tuple(entity.dxf.insert)[:2]) else None


def _point(place: Any) -> Any:
    numbers = [float(value) for value in place]
    if not all(map(math.isfinite, numbers)):
        return None
    return shapely.Point(numbers if len(numbers) > 2 and numbers[2] else numbers[:2])


def _of_path(entity: Any, kind: str) -> Any:
    from ezdxf import path as paths  # noqa: PLC0415  see _opened

    if kind == "POLYLINE" and (entity.is_poly_face_mesh or entity.is_polygon_mesh):
        return None
    if kind == "POLYLINE":
        _put_right(entity)
    made = paths.make_path(entity)
    vertices = _vertices(made)
    if vertices is None:
        return None
    closed = kind != "LINE" and _is_closed(made, vertices) and len(np.unique(vertices, axis=0)) > 2
    return _area(vertices) if closed else shapely.LineString(vertices)


def _put_right(polyline: Any) -> None:
    """Leave out the vertices that only steer a fitted curve; take the height from the vertices where the head says none."""
    kept = [each for each in polyline.vertices if not each.dxf.flags & _OF_FRAME]
    if polyline.dxf.flags & _SPLINE_FIT and kept:
        polyline.vertices[:] = kept
    heights = {each.dxf.location.z for each in polyline.vertices}
    if polyline.is_2d_polyline and len(heights) == 1 and not polyline.dxf.elevation.z:
        polyline.dxf.elevation = (0.0, 0.0, heights.pop())


def _is_closed(made: Any, vertices: Any) -> bool:
    """Tell whether a path ends where it began; a full ellipse written with ten digits misses that by a hair."""
    gap, size = np.abs(vertices[0] - vertices[-1]).max(), np.ptp(vertices, axis=0).max()
    return bool(made.is_closed or (made.has_curves and gap <= 1e-6 * size))


def _rough(entity: Any, kind: str) -> Any:
    """Return the line between the points that a damaged spline is drawn by, None for what has none."""
    points = [tuple(each) for each in (entity.fit_points or entity.control_points)] if kind == "SPLINE" else []
    vertices = np.array(points, np.float64)
    return shapely.LineString(vertices[:, :2]) if len(vertices) > 1 and np.isfinite(vertices).all() else None


def _vertices(made: Any) -> Any:
    """Return the points of a path, curves in pieces that stay within a thousandth of its size; None for nothing to draw."""
    if not len(made):
        return None
    control = np.array([tuple(point) for point in made.control_vertices()], np.float64)
    if not np.isfinite(control).all():
        return None
    size = float(np.ptp(control, axis=0).max())
    points = made.flattening(size / 1000.0, segments=4) if made.has_curves and size > 0 else made.control_vertices()
    found = np.array([tuple(point) for point in points], np.float64)
    found = found[:, :2] if not found[:, 2].any() else found
    return found if len(found) > 1 else None


def _area(vertices: Any) -> Any:
    if (vertices[0] != vertices[-1]).any():
        vertices = np.vstack([vertices, vertices[:1]])
    vertices = vertices[:, :2] if vertices.shape[1] > 2 and not vertices[:, 2].any() else vertices
    return shapely.Polygon(vertices) if len(vertices) > 3 else None


def _of_hatch(entity: Any) -> Any:
    """Return a hatch: what an odd number of its boundaries encloses."""
    from ezdxf import path as paths  # noqa: PLC0415  see _opened

    rings = [_vertices(each) for each in paths.from_hatch(entity)]
    areas = [shapely.make_valid(area) for ring in rings if ring is not None and (area := _area(ring[:, :2])) is not None]
    if not areas:
        return None
    whole = areas[0]
    for each in areas[1:]:
        whole = shapely.symmetric_difference(whole, each)
    pieces = [each for each in shapely.get_parts(whole) if each.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(pieces) if pieces else None


def _layer(path: Path, drawn: _Drawn, notes: list[Note], encoding: tuple[str, str]) -> LoadedLayer:
    geometry = flat_column(drawn.shapes)
    fields = _FIELDS if any(row[-1] for row in drawn.rows) else _FIELDS[:-1]
    columns = {each.id: column_of(each.type, [row[number] for row in drawn.rows]) for number, each in enumerate(fields)}
    table = new_table(schema_of(fields, geometry_kind("Unknown", geometry)), columns, geometry)
    if drawn.exploded:
        message = sentence("{count} blocks and dimensions were taken apart.", count=drawn.exploded)
        notes.append(Note("blocks-exploded", "info", message, drawn.exploded))
    if drawn.rough:
        message = sentence("{count} curves are damaged; the lines between their points were taken.", count=drawn.rough)
        notes.append(Note("curves-rough", "warning", message, drawn.rough))
    if drawn.bare:
        names = ", ".join(sorted(set(drawn.bare))[:8])
        message = sentence(
            "{count} blocks hold nothing or are not in the drawing ({names}); their places are points.",
            count=len(drawn.bare),
            names=names,
        )
        notes.append(Note("blocks-bare", "warning", message, len(drawn.bare)))
    if drawn.left_out:
        count, kinds = sum(drawn.left_out.values()), ", ".join(sorted(drawn.left_out))
        message = sentence("{count} entities that have no place on a map were left out: {kinds}.", count=count, kinds=kinds)
        notes.append(Note("entities-left-out", "warning", message, count))
    if foreign := sum(count for kind, count in drawn.left_out.items() if kind.startswith(_OF_OTHERS)):
        message = sentence(
            "{count} of these were drawn with an add-on such as Tangent (T-Arch); ask for the drawing as T3, or exploded.",
            count=foreign,
        )
        notes.append(Note("objects-of-others", "warning", message, foreign))
    notes += [*geometry_notes(geometry), *layer_notes(len(table), "", drawn=True)]
    return LoadedLayer(path.stem, table, "", Report(tuple(notes), (), *encoding, "", "missing"), path)

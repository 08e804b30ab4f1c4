"""Drawings that programs wrote by recipes of their own: without subclass markers or an end, newer entities in an old frame.

ezdxf refuses them or reads nothing and says nothing. Here the pairs of lines are laid out anew, so that it reads them as meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_BYTES = 128 << 20  # of what is taken apart in Python
_COMMON = {"6", "8", "48", "60", "62", "67", "92", "284", "310", "347", "348", "370", "380", "390", "410", "420", "430", "440"}
_BEFORE = {"5", "102", "330", "360", "105"}
_MARKERS = {
    "LWPOLYLINE": "AcDbPolyline",
    "LINE": "AcDbLine",
    "POINT": "AcDbPoint",
    "CIRCLE": "AcDbCircle",
    "ARC": "AcDbCircle",
    "ELLIPSE": "AcDbEllipse",
    "SPLINE": "AcDbSpline",
    "TEXT": "AcDbText",
    "MTEXT": "AcDbMText",
    "INSERT": "AcDbBlockReference",
    "SOLID": "AcDbTrace",
    "TRACE": "AcDbTrace",
    "3DFACE": "AcDbFace",
    "HATCH": "AcDbHatch",
    "ATTRIB": "AcDbText",
    "ATTDEF": "AcDbText",
    "SHAPE": "AcDbShape",
    "RAY": "AcDbRay",
    "XLINE": "AcDbXline",
}
_OF_2000 = ("LWPOLYLINE", "MTEXT", "ELLIPSE", "SPLINE", "HATCH", "XLINE", "RAY", "IMAGE")
_ENTITY = re.compile(rb"(?:^|\n)[ \t]*0[ \t]*\r?\n[ \t]*(" + "|".join(_MARKERS).encode() + rb"|POLYLINE|VERTEX)[ \t]*\r?(?=\n)")
_VERSION = re.compile(rb"\$ACADVER\s+1\s+(AC\d+)")
_NUMBER_CODE = re.compile(r"[1-5]\d|2[1-3]0")
_ODD = r"[-+]?[\d.]+(?:,\d|[dD][-+]?\d|#)"  # decimal commas, Fortran's exponents, what C prints for no number
_ODD_NUMBER = re.compile(_ODD)
_ODD_PAIR = re.compile(rb"\n[ \t]*(?:[1-5]\d|2[1-3]0)[ \t]*\r?\n[ \t]*" + _ODD.encode())
_END = re.compile(rb"\n[ \t]*0[ \t]*\r?\n[ \t]*EOF\s*$")
_SECTION = re.compile(rb"(?:^|\n)[ \t]*0[ \t]*\r?\n[ \t]*SECTION[ \t]*\r?\n[ \t]*2[ \t]*\r?\n[ \t]*(\w+)")
_ELEVATION = re.compile(rb"\n[ \t]*38[ \t]*\r?\n")
_HEIGHTS = {"LINE": ("30", "31"), "POINT": ("30",), "POLYLINE": ("30",), "INSERT": ("30",), "SHAPE": ("30",)}
_SECTIONS = ("HEADER", "TABLES", "BLOCKS", "ENTITIES")
_FRAME = {"SECTION", "ENDSEC", "TABLE", "ENDTAB", "BLOCK", "ENDBLK", "POLYLINE", "VERTEX", "SEQEND", "DIMENSION"}
_OF_TABLES = {"LAYER", "LTYPE", "STYLE", "APPID"}

Pair = tuple[str, str]


@dataclass(frozen=True)
class MendedDrawing:
    """The text of a drawing laid out anew.

    Attributes
    ----------
    is_cut
        It broke off.
    dropped
        {kind of entity: how many were left out}.
    """

    text: str
    is_cut: bool
    dropped: dict[str, int] = field(default_factory=dict)


def needs_mending(raw: bytes) -> bool:
    """Tell whether a drawing breaks off, holds odd numbers, or entities without the markers that its version asks for."""
    if len(raw) > MOST_BYTES or raw.startswith(b"AutoCAD Binary DXF"):
        return False
    if not _END.search(raw[-200:]) or _ODD_PAIR.search(raw):
        return True
    version = _VERSION.search(raw[:65_536])
    old = version is None or version[1] < b"AC1012"
    sections = _SECTION.findall(raw)
    if len(sections) > len(set(sections)) or (old and _ELEVATION.search(raw)):
        return True
    kinds = [found[1] for found in _ENTITY.finditer(raw)]
    if old:
        return any(kind.decode() in _OF_2000 for kind in kinds)
    return len(kinds) > raw.count(b"AcDbEntity")


def mended(raw: bytes, codec: str, *, plain: bool = False) -> MendedDrawing:
    """Return the drawing with markers, sections closed and once each, and an end; what is incomplete there is dropped.

    ``plain`` leaves out whatever is not drawn: objects, classes, images, entities of other programs.
    """
    pairs, is_cut = _pairs(raw, codec)
    records = list(_records(pairs))
    if is_cut and records:
        records.pop()
    kinds = {record[0][1] for record in records}
    newer = bool(kinds & set(_OF_2000)) or any(code == "100" for record in records[:200] for code, _ in record)
    dropped: dict[str, int] = {}
    out: list[str] = []
    for name, section in _sections(records).items():
        if plain and name not in _SECTIONS:
            continue
        if not out and name != "HEADER":
            out += _header(newer=newer)
        for record in section:
            kind = record[0][1]
            if plain and not _is_drawn(kind, name):
                dropped[kind] = dropped.get(kind, 0) + (name == "ENTITIES")
                continue
            better = _elevated(_plain_header(record) if plain else record)
            whole = _marked(_with_version(better)) if newer else better
            out += [part for pair in whole for part in pair]
        out += ["0", "ENDSEC"]
    return MendedDrawing("\n".join([*out, "0", "EOF", ""]), is_cut, {kind: count for kind, count in dropped.items() if count})


def _sections(records: list[list[Pair]]) -> dict[str, list[list[Pair]]]:
    """Return the records of each section, its head first; what comes in a second section of a name is of the first."""
    found: dict[str, list[list[Pair]]] = {}
    here: list[list[Pair]] = []
    for record in records:
        kind = record[0][1]
        if kind == "SECTION":
            name = record[1][1].upper() if len(record) > 1 else ""
            here = found.setdefault(name, [record])
            if here[0] is not record and len(record) > 2:
                here.append(record[2:])
        elif kind not in ("ENDSEC", "EOF"):
            here.append(record)
    return found


def _is_drawn(kind: str, section: str) -> bool:
    return kind in _FRAME or kind in _MARKERS or (section == "TABLES" and kind in _OF_TABLES)


def _plain_header(record: list[Pair]) -> list[Pair]:
    """Return the record; of a header only the version."""
    if ("2", "HEADER") not in record[:2]:
        return record
    place = record.index(("9", "$ACADVER")) if ("9", "$ACADVER") in record else 2
    return [*record[:2], *record[place : place + 2]]


def _elevated(record: list[Pair]) -> list[Pair]:
    """Return an entity of an old drawing with the height (38) that it lies at where its places say none."""
    codes = _HEIGHTS.get(record[0][1])
    height = next((value for code, value in record if code == "38"), None) if codes else None
    if codes is None or height is None:
        return record
    out: list[Pair] = []
    said = {code for code, _ in record}
    if record[0][1] == "POLYLINE" and "20" not in said:
        record = [record[0], ("10", "0"), ("20", "0"), *record[1:]]
    for code, value in record:
        if code != "38":
            out.append((code, value))
        if code in ("20", "21") and (own := f"3{code[1]}") in codes and own not in said:  # of a place, the height comes last
            out.append((own, height))
    return out


def _header(*, newer: bool) -> list[str]:
    version = "AC1015" if newer else "AC1009"
    return ["0", "SECTION", "2", "HEADER", "9", "$ACADVER", "1", version, "0", "ENDSEC"]


def _pairs(raw: bytes, codec: str) -> tuple[list[Pair], bool]:
    """Return (code, value) of every pair of lines, and whether the last one or the end is missing."""
    text = raw.decode(codec, "replace").removeprefix("\ufeff").replace("\r\r\n", "\n").replace("\r\n", "\n")
    lines = iter(text.replace("\r", "\n").split("\n"))
    pairs: list[Pair] = []
    for line in lines:
        code = line.strip()
        if not code:  # no code is blank
            continue
        value = next(lines, None)
        if value is None or not code.lstrip("-").isdigit():
            break
        if code == "0" or (code == "2" and pairs and pairs[-1] == ("0", "SECTION")):
            value = value.strip().upper()
        elif _NUMBER_CODE.fullmatch(code) and _ODD_NUMBER.match(value.strip()):
            value = _number(value.strip())
        pairs.append((code, value))
    ended = any(pair == ("0", "EOF") for pair in pairs[-3:])
    return [pair for pair in pairs if pair[0] != "999"], not ended


def _number(text: str) -> str:
    """Return a number as it is written in other places: ``380000,5``, ``3.8D+05``, ``1.#QNAN``."""
    if "#" in text:
        return "nan"
    is_decimal = text.count(",") == 1 and "." not in text
    return re.sub("[dD]", "E", text.replace(",", "." if is_decimal else ""))


def _records(pairs: list[Pair]) -> Iterator[list[Pair]]:
    """Give the pairs from one 0 to the next."""
    record: list[Pair] = []
    for pair in pairs:
        if pair[0] == "0" and record:
            yield record
            record = []
        if pair[0] == "0" or record:
            record.append(pair)
    if record:
        yield record


def _with_version(record: list[Pair]) -> list[Pair]:
    """Return the record; of a header, with a version that knows the entities that follow."""
    if ("2", "HEADER") not in record[:2]:
        return record
    if ("9", "$ACADVER") not in record:
        return [*record[:2], ("9", "$ACADVER"), ("1", "AC1015"), *record[2:]]
    place = record.index(("9", "$ACADVER")) + 1
    if place >= len(record) or record[place][1].strip() >= "AC1012":
        return record
    return [*record[:place], ("1", "AC1015"), *record[place + 1 :]]


def _marked(record: list[Pair]) -> list[Pair]:
    """Return an entity with its markers; one that has some stays as it is."""
    kind = record[0][1]
    if any(code == "100" for code, _ in record) or kind not in {*_MARKERS, "POLYLINE", "VERTEX"}:
        return record
    before = [pair for pair in record[1:] if pair[0] in _BEFORE]
    common = [pair for pair in record[1:] if pair[0] in _COMMON and not (pair[0] == "92" and kind == "HATCH")]
    said = {*map(id, before), *map(id, common)}
    own = [pair for pair in record[1:] if id(pair) not in said]
    extended = next((number for number, pair in enumerate(own) if pair[0].startswith("10") and len(pair[0]) == 4), len(own))
    own, extended_data = own[:extended], own[extended:]
    head = [record[0], *before, ("100", "AcDbEntity"), *common]
    return [*head, *_own(kind, own), *extended_data]


def _own(kind: str, own: list[Pair]) -> list[Pair]:
    if kind == "ARC":
        angles = [pair for pair in own if pair[0] in ("50", "51")]
        rest = [pair for pair in own if pair[0] not in ("50", "51")]
        return [("100", "AcDbCircle"), *rest, ("100", "AcDbArc"), *angles]
    if kind == "TEXT":
        aligned = [pair for pair in own if pair[0] == "73"]
        return [("100", "AcDbText"), *(pair for pair in own if pair[0] != "73"), ("100", "AcDbText"), *aligned]
    flags = next((int(value) for code, value in own if code == "70" and value.strip().isdigit()), 0)
    if kind == "POLYLINE":
        return [("100", "AcDb3dPolyline" if flags & 8 else "AcDb2dPolyline"), *own]
    if kind == "VERTEX":
        name = "AcDb3dPolylineVertex" if flags & 32 else "AcDb2dVertex"
        return [("100", "AcDbVertex"), ("100", name), *own]
    return [("100", _MARKERS[kind]), *own]

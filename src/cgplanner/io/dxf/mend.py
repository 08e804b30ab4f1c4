"""Drawings that programs wrote by recipes of their own: without subclass markers or an end, newer entities in an old frame.

ezdxf refuses them or reads nothing and says nothing. Here the pairs of lines are laid out anew, so that it reads them as meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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

Pair = tuple[str, str]


@dataclass(frozen=True)
class MendedDrawing:
    """The text of a drawing laid out anew; ``is_cut`` when it broke off."""

    text: str
    is_cut: bool


def needs_mending(raw: bytes) -> bool:
    """Tell whether a drawing breaks off, holds odd numbers, or entities without the markers that its version asks for."""
    if len(raw) > MOST_BYTES or raw.startswith(b"AutoCAD Binary DXF"):
        return False
    if not _END.search(raw[-200:]) or _ODD_PAIR.search(raw):
        return True
    version = _VERSION.search(raw[:65_536])
    old = version is None or version[1] < b"AC1012"
    kinds = [found[1] for found in _ENTITY.finditer(raw)]
    if old:
        return any(kind.decode() in _OF_2000 for kind in kinds)
    return len(kinds) > raw.count(b"AcDbEntity")


def mended(raw: bytes, codec: str) -> MendedDrawing:
    """Return the drawing with markers, sections closed and an end; what is incomplete at its end is dropped."""
    pairs, is_cut = _pairs(raw, codec)
    records = list(_records(pairs))
    if is_cut and records:
        records.pop()
    kinds = {record[0][1] for record in records}
    newer = bool(kinds & set(_OF_2000)) or any(code == "100" for record in records[:200] for code, _ in record)
    out: list[str] = []
    open_section = False
    for record in records:
        kind = record[0][1]
        if kind == "EOF":
            continue
        if kind in ("SECTION", "ENDSEC"):
            if kind == "SECTION" and open_section:
                out += ["0", "ENDSEC"]
            if not out and ("2", "HEADER") not in record[:2]:
                out += _header(newer=newer)
            open_section = kind == "SECTION"
        whole = _marked(_with_version(record)) if newer else record
        out += [part for pair in whole for part in pair]
    if open_section:
        out += ["0", "ENDSEC"]
    return MendedDrawing("\n".join([*out, "0", "EOF", ""]), is_cut)


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

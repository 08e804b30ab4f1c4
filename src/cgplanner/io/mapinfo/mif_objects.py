"""What lies in the data part of a .mif: objects as text, each turned into a shape, or said to be none.

The driver takes ``abc`` for 0, ends in silence at the first object that it does not know, and where a count is wrong it takes
the next object for vertices. No file in here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from cgplanner.io.shapes.ring_nesting import area_of_rings
from cgplanner.io.tables.coordinate_text import coordinate

_WORD = re.compile(r"^[ \t]*(?!(?:nan|inf)\b)([A-Za-z_]\w*)", re.MULTILINE | re.IGNORECASE)
_OBJECTS = (
    *("none", "point", "line", "pline", "region", "arc", "text", "rect", "roundrect", "ellipse", "multipoint", "collection"),
)
_CLAUSES = frozenset(("justify", "angle"))
_LOOKS = re.compile(r"^[ \t]*(?:pen|brush|symbol|smooth|center|font|spacing|label)\b[^\n]*$", re.MULTILINE | re.IGNORECASE)
_STEP = math.radians(1.0)  # of arcs
_TEXT = re.compile(r'"((?:[^"]|"")*)"')
_BETWEEN = re.compile(r"(?<=\.\d),(?=[-+\d])|(?<=\d),(?=[-+]?\d+\.\d+,?\s)")

Floats = Any


@dataclass
class MifObjects:
    """The rows that a .mif makes.

    Attributes
    ----------
    texts
        {row: (text, angle)} of the objects that are texts.
    unreadable, unknown
        {row: what stands there} where coordinates are no numbers, or the kind of object is none.
    miscounted
        How many say another number of vertices than they have.
    curves
        How many were arcs or ellipses.
    dots
        How many had lines of one vertex or rings of less than three among others, which are no shapes.
    """

    shapes: list[Any] = field(default_factory=list)
    texts: dict[int, tuple[str, float | None]] = field(default_factory=dict)
    unreadable: dict[int, str] = field(default_factory=dict)
    unknown: dict[int, str] = field(default_factory=dict)
    miscounted: int = 0
    curves: int = 0
    dots: int = 0


@dataclass
class _Raw:
    """An object as it stands in the file: its kind, what stands behind it up to the next word, what it is drawn with."""

    kind: str
    body: str
    more: str = ""  # what stands behind words that nobody knows
    clauses: dict[str, str] = field(default_factory=dict)
    parts: list[_Raw] = field(default_factory=list)


def mif_objects(text: str, rows: int | None) -> MifObjects:
    """Return the objects of the data part; ``rows`` are those of the values, None where there are none to compare with."""
    text = _LOOKS.sub("", text)
    raws = _raws(text, unknown_are_objects=True)
    strange = sum(each.kind not in _OBJECTS for each in raws)
    if strange and rows is not None and abs(len(raws) - strange - rows) < abs(len(raws) - rows):
        raws = _raws(text, unknown_are_objects=False)
    found = MifObjects()
    for each in raws:
        found.shapes.append(_shape(each, found))
    for kind, make in (("region", shapely.linearrings), ("pline", shapely.linestrings)):
        _put_drawn(found, [row for row, each in enumerate(raws) if each.kind == kind], make)
    return found


def _put_drawn(found: MifObjects, rows: list[int], make: Callable[..., Any]) -> None:
    """Turn the vertices that stand in place of simple shapes into these, all at once."""
    rows = [row for row in rows if isinstance(found.shapes[row], np.ndarray)]
    if not rows:
        return
    vertices = [found.shapes[row] for row in rows]
    owners = np.repeat(np.arange(len(rows)), [len(each) for each in vertices])
    made = make(np.concatenate(vertices), indices=owners)
    made = shapely.polygons(made) if make is shapely.linearrings else made
    for row, each in zip(rows, made, strict=True):
        found.shapes[row] = each


def _raws(text: str, *, unknown_are_objects: bool) -> list[_Raw]:
    """Return the objects; a word that is no kind of object is one all the same, or a part of the object before it."""
    found: list[_Raw] = []
    waiting: list[list[int]] = []  # parts that collections still want
    homes: list[_Raw] = []
    for word, body in _pieces(text):
        if word in _CLAUSES:
            if found:
                last = found[-1].parts[-1] if found[-1].parts else found[-1]
                last.clauses[word] = body
            continue
        if word not in _OBJECTS and not unknown_are_objects:
            if found:
                found[-1].more += f" {word} {body}"
            continue
        each = _Raw(word, body)
        if waiting and waiting[-1][0] and word in _OBJECTS:
            waiting[-1][0] -= 1
            homes[-1].parts.append(each)
            continue
        found.append(each)
        waiting, homes = [], []
        if word == "collection":
            count = re.match(r"\s*(\d{1,9})", body)
            waiting, homes = [[int(count[1]) if count else 0]], [each]
    return found


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Give each word that begins a line, and what stands behind it up to the next."""
    marks = list(_WORD.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        yield mark[1].lower(), text[mark.end() : end].replace("\x1a", " ")


def _shape(raw: _Raw, found: MifObjects) -> Any:
    row = len(found.shapes)
    if raw.kind not in _OBJECTS:
        found.unknown[row] = raw.kind
        return None
    try:
        shape, is_exact = _MAKERS[raw.kind](raw, found)
    except (ValueError, IndexError, shapely.errors.GEOSException):
        shape, is_exact = None, True
        found.unreadable[row] = " ".join(f"{raw.kind} {raw.body}{raw.more}".split())[:60]
    if raw.more and not is_exact:
        found.unreadable[row] = " ".join(raw.more.split())[:60]
        return None
    found.miscounted += not is_exact
    found.curves += raw.kind in ("arc", "ellipse", "roundrect")
    return shape


def _numbers(text: str) -> Floats:
    """Return the numbers of a text.

    Raises
    ------
    ValueError
        When something in it is none.
    """
    tokens = text.split()
    try:
        numbers = np.array([float(each) for each in tokens], np.float64)
    except ValueError:
        tokens = _BETWEEN.sub(" ", f"{text} ").split()
        numbers = np.array([coordinate(re.sub("[dD](?=[-+]?\\d+$)", "e", each)) for each in tokens], np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(text)
    return numbers


def _exactly(raw: _Raw, count: int) -> Floats:
    numbers = _numbers(raw.body)
    if len(numbers) < count:
        raise ValueError(raw.body)
    return numbers


# --- Kinds -------------------------------------------------------------------------------------------------------------


def _none(_raw: _Raw, _found: MifObjects) -> tuple[Any, bool]:
    return None, True


def _point(raw: _Raw, _found: MifObjects) -> tuple[Any, bool]:
    numbers = _exactly(raw, 2)
    return shapely.Point(numbers[: 3 if len(numbers) == 3 else 2]), True


def _line(raw: _Raw, _found: MifObjects) -> tuple[Any, bool]:
    return shapely.LineString(_exactly(raw, 4)[:4].reshape(2, 2)), True


def _polyline(raw: _Raw, found: MifObjects) -> tuple[Any, bool]:
    multiple = re.match(r"\s*multiple\s+(\d+)", raw.body, re.IGNORECASE)
    count, body = (int(multiple[1]), raw.body[multiple.end() :]) if multiple else (1, raw.body)
    rings, is_exact = _rings(body, count)
    lines = [each for each in rings if len(each) > 1]
    if not lines and any(map(len, rings)):
        raise ValueError(raw.body)
    if not lines:
        return None, is_exact
    found.dots += len(lines) < len(rings)
    return (lines[0] if len(lines) == 1 and not multiple else shapely.MultiLineString(lines)), is_exact


def _region(raw: _Raw, found: MifObjects) -> tuple[Any, bool]:
    head = re.match(r"\s*(\d+)", raw.body)
    if head is None:
        raise ValueError(raw.body)
    if not int(head[1]):
        return None, True
    rings, is_exact = _rings(raw.body[head.end() :], int(head[1]))
    whole = [_closed(each) for each in rings]
    whole = [each for each in whole if len(each) > 3]
    if not whole:
        raise ValueError(raw.body)
    found.dots += len(whole) < len(rings)
    return (whole[0] if len(whole) == 1 else area_of_rings(whole)), is_exact


def _closed(ring: Floats) -> Floats:
    return ring if len(ring) and (ring[0] == ring[-1]).all() else np.vstack([ring, ring[:1]])


def _rings(body: str, count: int) -> tuple[list[Floats], bool]:
    """Return lists of vertices (n, 2), and whether they are as many as is said; else what the lines look like decides."""
    numbers = _numbers(body)
    found, place = [], 0
    for _ in range(count):
        size = int(numbers[place]) if place < len(numbers) else -1
        end = place + 1 + 2 * size
        if size < 0 or end > len(numbers):
            break
        found.append(numbers[place + 1 : end].reshape(-1, 2))
        place = end
    if place == len(numbers) and len(found) == count:
        return found, True
    return _by_lines(body), False


def _by_lines(body: str) -> list[Floats]:
    lists: list[list[Floats]] = [[]]
    for line in body.splitlines():
        numbers = _numbers(line)
        if len(numbers) == 1:
            lists.append([])
        elif len(numbers) > 1:
            lists[-1].append(numbers[:2])
    return [np.array(each) for each in lists if each]


def _box(raw: _Raw, count: int = 4) -> tuple[Floats, float, float, float, float]:
    numbers = _exactly(raw, count)
    (x, y), (width, height) = (numbers[:2] + numbers[2:4]) / 2, np.abs(numbers[2:4] - numbers[:2]) / 2
    return numbers, float(x), float(y), float(width), float(height)


def _rectangle(raw: _Raw, _found: MifObjects) -> tuple[Any, bool]:
    _, x, y, width, height = _box(raw)
    return shapely.box(x - width, y - height, x + width, y + height, ccw=True), True


def _rounded(raw: _Raw, _found: MifObjects) -> tuple[Any, bool]:
    numbers, x, y, width, height = _box(raw)
    across, up = (min(abs(float(numbers[4])) / 2 if len(numbers) > 4 else 0.0, each) for each in (width, height))
    corners = [
        _curve(x + side * (width - across), y + top * (height - up), across, up, turn, turn + math.pi / 2)
        for side, top, turn in ((1, 1, 0.0), (-1, 1, math.pi / 2), (-1, -1, math.pi), (1, -1, 1.5 * math.pi))
    ]
    return shapely.Polygon(np.vstack(corners)), True


def _ellipse(raw: _Raw, _found: MifObjects) -> tuple[Any, bool]:
    _, x, y, width, height = _box(raw)
    return shapely.Polygon(_curve(x, y, width, height, 0.0, 2 * math.pi)[:-1]), True


def _arc(raw: _Raw, _found: MifObjects) -> tuple[Any, bool]:
    numbers, x, y, width, height = _box(raw, 6)
    begin, end = np.radians(numbers[4:6])
    return shapely.LineString(_curve(x, y, width, height, float(begin), float(end + 2 * math.pi * (end <= begin)))), True


def _curve(x: float, y: float, width: float, height: float, begin: float, end: float) -> Floats:
    turns = np.linspace(begin, end, max(2, math.ceil((end - begin) / _STEP)) + 1)
    return np.column_stack([x + width * np.cos(turns), y + height * np.sin(turns)])


def _text(raw: _Raw, found: MifObjects) -> tuple[Any, bool]:
    said = _TEXT.search(raw.body)
    numbers = _numbers(_TEXT.sub(" ", raw.body, count=1))
    if len(numbers) < 4:
        raise ValueError(raw.body)
    justify, angle = raw.clauses.get("justify", "").strip().lower(), raw.clauses.get("angle", "").split()[:1]
    west, east = sorted((float(numbers[0]), float(numbers[2])))
    words = (said[1] if said else "").replace('""', '"').replace("\\n", "\n")
    found.texts[len(found.shapes)] = (words, coordinate(angle[0]) if angle else None)
    place = {"center": (west + east) / 2, "right": east}.get(justify, west)
    return shapely.Point(place, min(float(numbers[1]), float(numbers[3]))), True


def _points(raw: _Raw, _found: MifObjects) -> tuple[Any, bool]:
    numbers = _exactly(raw, 1)
    is_exact = len(numbers) == 1 + 2 * int(numbers[0])
    places = numbers[1 : 1 + 2 * ((len(numbers) - 1) // 2)].reshape(-1, 2)
    return shapely.MultiPoint(places), is_exact


def _collection(raw: _Raw, found: MifObjects) -> tuple[Any, bool]:
    made = [_MAKERS[each.kind](each, found) for each in raw.parts]
    kinds = [each.kind for each in raw.parts]
    shapes = [_whole(shape, kind) for (shape, _), kind in zip(made, kinds, strict=True) if shape is not None]
    return shapely.GeometryCollection(shapes), all(exact for _, exact in made)


def _whole(shape: Any, kind: str) -> Any:
    """Return the shape of vertices that stand for it."""
    if not isinstance(shape, np.ndarray):
        return shape
    return shapely.Polygon(shape) if kind == "region" else shapely.LineString(shape)


# Each gives a shape and whether its counts are right; vertices alone, float64 (n, 2), stand for a line or an area of one ring.
_MAKERS: dict[str, Callable[[_Raw, MifObjects], tuple[Any, bool]]] = {
    "none": _none,
    "point": _point,
    "line": _line,
    "pline": _polyline,
    "region": _region,
    "arc": _arc,
    "text": _text,
    "rect": _rectangle,
    "roundrect": _rounded,
    "ellipse": _ellipse,
    "multipoint": _points,
    "collection": _collection,
}

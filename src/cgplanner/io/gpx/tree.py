"""GPX as a stream: waypoints, routes and tracks with all that is said of each, column by column as it comes.

By hand, because the driver takes ``abc`` for 0 and ``37,8`` for 37, passes over points without a place, and knows neither
prefixes nor times in a form of their own. Names are compared without prefix and case. Shapes and types are made elsewhere.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.tables.coordinate_text import coordinate
from cgplanner.io.texts.text_source import TextSource
from cgplanner.io.xml.repeated import field_for
from cgplanner.io.xml.walk import Progress, walked
from cgplanner.text import tr

DEEPEST = 200
_POINTS, _LINES = ("wpt", "rtept", "trkpt"), ("rte", "trk")
_LATITUDES, _LONGITUDES = ("lat", "latitude"), ("lon", "lng", "long", "longitude")
_STRUCTURE = {*_POINTS, *_LINES, "trkseg"}
_KNOWN = {"ele", "time", "name", "cmt", "desc", "src", "sym", "type", "url", "urlname", "speed", "course", "number"}
_EXTENSIONS = "extensions"


@dataclass
class Rows:
    """Rows as columns of texts; a column is as long as its last value.

    Attributes
    ----------
    unreadable
        {row: what stands where its place should}.
    """

    cells: dict[str, list[str | None]] = field(default_factory=dict)
    count: int = 0
    xy: array[float] = field(default_factory=lambda: array("d"))
    unreadable: dict[int, str] = field(default_factory=dict)

    def add(self, values: dict[str, str]) -> int:
        """Add a row; return its number."""
        for name, text in values.items():
            column = self.cells.setdefault(name, [])
            column.extend([None] * (self.count - len(column)))
            column.append(text)
        self.count += 1
        return self.count - 1

    def column(self, name: str) -> list[str | None]:
        """Return a column in full length."""
        column = self.cells.get(name, [])
        return column + [None] * (self.count - len(column))


@dataclass
class GpxTree:
    """What a file holds, by the names of its elements.

    Attributes
    ----------
    parts
        {"rte" or "trk": [(line, first point, point behind the last)]}.
    """

    rows: dict[str, Rows] = field(default_factory=lambda: {tag: Rows() for tag in (*_POINTS, *_LINES)})
    parts: dict[str, list[tuple[int, int, int]]] = field(default_factory=lambda: {tag: [] for tag in _LINES})
    notes: list[Note] = field(default_factory=list)
    source: TextSource | None = None


class _Reader:
    """Turns the events of the parser into rows."""

    def __init__(self, path: Path) -> None:
        self.path, self.tree = path, GpxTree()
        self.open: list[str] = []
        self.values: list[dict[str, str]] = []  # of the points and lines that are open
        self.places: list[dict[str, str]] = []
        self.pieces: list[str] = []
        self.leaf = self.ended = False
        self.part = self.segment = 0

    def features(self) -> int:
        """Return how many points are whole: the line that a receiver wrote last is cut most often."""
        return sum(self.tree.rows[tag].count for tag in _POINTS)

    def close_open(self) -> None:
        """End the line that breaks off, behind the last of its points that is whole."""
        lines = [tag for tag in self.open if tag in _LINES]
        for tag, values in zip(lines[:1], self.values, strict=False):
            self._close_part(tag)
            self.tree.rows[tag].add(values)

    def close_loose(self) -> None:
        """Make a line of the points that lie in segments behind the last line."""
        for tag, parts in self.tree.parts.items():
            if parts and parts[-1][0] == self.tree.rows[tag].count:
                self.tree.rows[tag].add({})

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        low = tag.lower()
        if len(self.open) >= DEEPEST:
            raise _damaged(self.path, tr("its elements are nested too deep"))
        if not self.open and low != "gpx":
            raise _damaged(self.path, tr("its root element is “{name}”", name=tag))
        self.pieces, self.leaf = [], True
        is_own = low in _STRUCTURE and _EXTENSIONS not in self.open
        self.open.append(low if is_own or low == _EXTENSIONS or low in _KNOWN else tag)
        if is_own and low != "trkseg":
            self.values.append({})
            self.places.append({each.rpartition(":")[2].lower(): text for each, text in attributes.items()})
            if low in _LINES:
                self.segment = 0
                self.part = self.tree.rows[f"{low}pt"].count
        elif is_own:
            self._close_part("trk")
            self.part = self.tree.rows["trkpt"].count
        elif self.values:
            for each, text in attributes.items():
                if not each.startswith("xmlns"):
                    self._keep(f"{self._name()}_{each.rpartition(':')[2]}", text)

    def end(self, _name: str) -> None:
        tag = self.open.pop()
        is_own = tag in _STRUCTURE and _EXTENSIONS not in self.open
        if self.values and self.leaf and not is_own and (text := "".join(self.pieces).strip()):
            self._keep(self._name(tag), text)
        self.leaf = False
        if is_own and tag in _POINTS:
            self._point(tag, self.values.pop(), self.places.pop())
        elif is_own and tag in _LINES:
            self._close_part(tag)
            self.places.pop()
            self.tree.rows[tag].add(self.values.pop())
        elif is_own:
            self._close_part("trk")
            self.segment += 1
        self.ended = not self.open

    def text(self, text: str) -> None:
        if self.leaf:
            self.pieces.append(text)

    def _name(self, tag: str = "") -> str:
        """Return what the value of the innermost element is called: what lies in extensions by its own name alone."""
        path = [*self.open, tag] if tag else self.open
        if _EXTENSIONS in path:
            return path[-1]
        inner = next(number for number in range(len(path) - 1, -1, -1) if path[number] in _STRUCTURE)
        return "_".join(path[inner + 1 :])

    def _keep(self, name: str, text: str) -> None:
        values = self.values[-1]
        field, value = field_for(name, text, values.get)
        values[field] = value

    def _close_part(self, line: str) -> None:
        """Say that the points since the last part are one; those that lie in no segment are one too."""
        end = self.tree.rows[f"{line}pt"].count
        if end > self.part:
            self.tree.parts[line].append((self.tree.rows[line].count, self.part, end))
        self.part = end

    def _point(self, tag: str, values: dict[str, str], place: dict[str, str]) -> None:
        rows = self.tree.rows[tag]
        if tag != "wpt":
            line = "rte" if tag == "rtept" else "trk"
            numbers = {"track_fid": 0, "track_seg_id": self.segment, "track_seg_point_id": rows.count - self.part}
            if line == "rte":
                numbers = {"route_fid": 0, "route_point_id": rows.count - self.part}
            first = next(iter(numbers))
            numbers[first] = self.tree.rows[line].count + 1
            values = {name: str(number) for name, number in numbers.items()} | values
        lat, lon = (next((place[each] for each in names if each in place), None) for names in (_LATITUDES, _LONGITUDES))
        x, y = (math.nan if text is None else coordinate(text.strip().rstrip("°º")) for text in (lon, lat))
        row = rows.add(values)
        if not (math.isfinite(x) and math.isfinite(y)):
            rows.unreadable[row] = ", ".join(text or "—" for text in (lat, lon))
            x = y = math.nan
        rows.xy.extend((x, y))


def gpx_tree(path: Path, encoding: str | None, progress: Progress = None) -> GpxTree:
    """Read a file.

    Raises
    ------
    BrokenOff
        When it breaks off behind points that are whole, and nobody asked for those.
    UserError
        When it is no GPX, or defines entities.
    Cancelled
        From ``progress``.
    """
    reader, source, notes = walked(path, encoding, lambda: _Reader(path), lambda reason: _damaged(path, reason), progress)
    if not reader.ended:
        reader.close_open()
    reader.close_loose()
    reader.tree.source, reader.tree.notes = source, notes
    return reader.tree


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(
        tr("{name} is damaged or no GPX: {reason}.", name=path.name, reason=reason),
        hint=tr("Check that the file is complete, or export it again from where it came."),
        path=path,
    )

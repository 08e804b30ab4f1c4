"""SVG path data, basic shapes and transforms as vertices and codes: lines and cubics only. Numbers in, arrays out.

The codes are those of ``glyphs``. This file must not know XML, colours or painters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import Floats
from cgplanner.symbology.glyphs import CLOSE, CUBIC, LINE, MOVE

Matrix = tuple[float, float, float, float, float, float]  # a b c d e f: x' = a x + c y + e, y' = b x + d y + f
Codes = NDArray[np.uint8]
Point = tuple[float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MOST_VERTICES = 20_000
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)")
_TRANSFORM = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^)]*)\)")
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}
_ROUND = 0.5522847498307936  # how far the handles of a quarter circle reach


def numbers(text: str) -> list[float]:
    """Return the numbers in a text, whatever stands between them."""
    return [float(each) for each in _NUMBER.findall(text)]


def times(first: Matrix, second: Matrix) -> Matrix:
    """Return the transform that applies ``second`` to its points and then ``first``."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f


def parse_transform(text: str) -> Matrix:
    """Return the transform of an attribute; what cannot be read of it changes nothing."""
    matrix = IDENTITY
    for name, arguments in _TRANSFORM.findall(text):
        made = _one_transform(name, numbers(arguments))
        matrix = times(matrix, made) if made is not None else matrix
    return matrix


def _one_transform(name: str, values: list[float]) -> Matrix | None:
    if name == "matrix" and len(values) == 6:
        return values[0], values[1], values[2], values[3], values[4], values[5]
    if name == "translate" and values:
        return 1.0, 0.0, 0.0, 1.0, values[0], values[1] if len(values) > 1 else 0.0
    if name == "scale" and values:
        return values[0], 0.0, 0.0, values[1] if len(values) > 1 else values[0], 0.0, 0.0
    if name == "rotate" and len(values) in (1, 3):
        turn = math.radians(values[0])
        made: Matrix = (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn), 0.0, 0.0)
        x, y = (values[1], values[2]) if len(values) == 3 else (0.0, 0.0)
        return times(times((1.0, 0.0, 0.0, 1.0, x, y), made), (1.0, 0.0, 0.0, 1.0, -x, -y))
    if name in ("skewX", "skewY") and values:
        lean = math.tan(math.radians(values[0]))
        return (1.0, 0.0, lean, 1.0, 0.0, 0.0) if name == "skewX" else (1.0, lean, 0.0, 1.0, 0.0, 0.0)
    return None


def transformed(xy: Floats, matrix: Matrix) -> Floats:
    """Return points (n, 2) after the transform."""
    a, b, c, d, e, f = matrix
    return np.column_stack([a * xy[:, 0] + c * xy[:, 1] + e, b * xy[:, 0] + d * xy[:, 1] + f])


class Pen:
    """Draws with absolute points; keeps vertices and codes."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.codes: list[int] = []
        self.at: Point = (0.0, 0.0)
        self._start: Point = (0.0, 0.0)

    def move(self, to: Point) -> None:
        """Begin a contour."""
        self._add(MOVE, to)
        self._start = to

    def line(self, to: Point) -> None:
        """Draw a straight line."""
        self._begin()
        self._add(LINE, to)

    def cubic(self, one: Point, two: Point, to: Point) -> None:
        """Draw a cubic curve."""
        self._begin()
        for point in (one, two, to):
            self._add(CUBIC, point)

    def close(self) -> None:
        """Go back to the start of the contour."""
        if self.codes and self.codes[-1] != CLOSE:
            self._add(CLOSE, self._start)

    def _begin(self) -> None:
        if not self.codes or self.codes[-1] == CLOSE:
            self.move(self.at)

    def _add(self, code: int, to: Point) -> None:
        self.codes.append(code)
        self.points.append(to)
        self.at = to

    def arrays(self) -> tuple[Floats, Codes]:
        """Return vertices (n, 2) and codes (n)."""
        return np.array(self.points, np.float64).reshape(-1, 2), np.array(self.codes, np.uint8)


def parse_path(data: str) -> tuple[Floats, Codes]:
    """Return the contours of path data, up to the first place that cannot be read, as the SVG standard asks."""
    pen = Pen()
    reach, before = (0.0, 0.0), ""  # the last handle, and the command that had it
    for command, values in _steps(data):
        if len(pen.codes) > MOST_VERTICES:
            break
        upper = command.upper()
        if not pen.codes and upper != "M":
            break
        x, y = pen.at
        dx, dy = (x, y) if command.islower() else (0.0, 0.0)
        handle = pen.at
        if upper == "Z":
            pen.close()
        elif upper == "M":
            pen.move((values[0] + dx, values[1] + dy))
        elif upper == "L":
            pen.line((values[0] + dx, values[1] + dy))
        elif upper == "H":
            pen.line((values[0] + dx, y))
        elif upper == "V":
            pen.line((x, values[0] + dy))
        elif upper == "A":
            _arc(pen, values, (values[5] + dx, values[6] + dy))
        else:
            handle = _curve(pen, upper, [v + (dx, dy)[k % 2] for k, v in enumerate(values)], reach, before)
        reach, before = handle, upper
    return pen.arrays()


def _steps(data: str) -> Iterator[tuple[str, list[float]]]:
    for command, arguments in _COMMAND.findall(data):
        count = _COUNTS.get(command.upper(), 0)
        values = _arc_numbers(arguments) if count == 7 else numbers(arguments)
        if not count:
            yield command, []
            continue
        if not values or len(values) % count:
            values = values[: len(values) - len(values) % count]
            if not values:
                return
        for place in range(0, len(values), count):
            again = {"M": "L", "m": "l"}.get(command, command) if place else command
            yield again, values[place : place + count]


def _arc_numbers(text: str) -> list[float]:
    """Return the numbers of arcs, whose two flags may stand without a space between them."""
    values: list[float] = []
    place = 0
    while True:
        pattern = re.compile(r"[\s,]*([01])") if len(values) % 7 in (3, 4) else re.compile(rf"[\s,]*({_NUMBER.pattern})")
        found = pattern.match(text, place)
        if found is None:
            return values
        values.append(float(found[1]))
        place = found.end()


def _curve(pen: Pen, command: str, values: list[float], reach: Point, before: str) -> Point:
    """Draw a cubic or quadratic curve; return the handle that a smooth one would go on from."""
    x, y = pen.at
    points = [(values[k], values[k + 1]) for k in range(0, len(values), 2)]
    mirrored = (2 * x - reach[0], 2 * y - reach[1])
    if command in "CS":
        first = points[0] if command == "C" else mirrored if before in ("C", "S") else (x, y)
        pen.cubic(first, points[-2], points[-1])
        return points[-2]
    handle = points[0] if command == "Q" else mirrored if before in ("Q", "T") else (x, y)
    end = points[-1]
    one = x + 2 / 3 * (handle[0] - x), y + 2 / 3 * (handle[1] - y)
    two = end[0] + 2 / 3 * (handle[0] - end[0]), end[1] + 2 / 3 * (handle[1] - end[1])
    pen.cubic(one, two, end)
    return handle


def _arc(pen: Pen, values: list[float], end: Point) -> None:
    """Draw an elliptical arc as cubics of at most a quarter turn (SVG 1.1, appendix F.6)."""
    rx, ry, turn, large, sweep = abs(values[0]), abs(values[1]), math.radians(values[2]), values[3], values[4]
    x0, y0 = pen.at
    if rx < 1e-12 or ry < 1e-12 or (x0, y0) == end:
        pen.line(end)
        return
    cos, sin = math.cos(turn), math.sin(turn)
    hx, hy = (x0 - end[0]) / 2, (y0 - end[1]) / 2
    px, py = cos * hx + sin * hy, -sin * hx + cos * hy
    grow = math.sqrt(max((px / rx) ** 2 + (py / ry) ** 2, 1.0))
    rx, ry = rx * grow, ry * grow
    under = max((rx * ry) ** 2 - (rx * py) ** 2 - (ry * px) ** 2, 0.0) / ((rx * py) ** 2 + (ry * px) ** 2)
    factor = math.copysign(math.sqrt(under), 1.0 if bool(large) != bool(sweep) else -1.0)
    qx, qy = factor * rx * py / ry, -factor * ry * px / rx
    cx, cy = cos * qx - sin * qy + (x0 + end[0]) / 2, sin * qx + cos * qy + (y0 + end[1]) / 2
    start = math.atan2((py - qy) / ry, (px - qx) / rx)
    span = math.atan2((-py - qy) / ry, (-px - qx) / rx) - start
    span += 2 * math.pi * ((sweep and span < 0) - (not sweep and span > 0))
    count = max(math.ceil(abs(span) / (math.pi / 2) - 1e-9), 1)
    matrix: Matrix = (cos * rx, sin * rx, -sin * ry, cos * ry, cx, cy)
    _turned(pen, start, span / count, count, matrix, end)


def _turned(pen: Pen, start: float, step: float, count: int, matrix: Matrix, end: Point) -> None:
    k = 4 / 3 * math.tan(step / 4)
    for number in range(count):
        a, b = start + number * step, start + (number + 1) * step
        handles = [
            (math.cos(a) - k * math.sin(a), math.sin(a) + k * math.cos(a)),
            (math.cos(b) + k * math.sin(b), math.sin(b) - k * math.cos(b)),
            (math.cos(b), math.sin(b)),
        ]
        one, two, to = (tuple(each) for each in transformed(np.array(handles), matrix).tolist())
        pen.cubic(one, two, end if number == count - 1 else to)


def ellipse(cx: float, cy: float, rx: float, ry: float) -> tuple[Floats, Codes]:
    """Return an ellipse as four cubics."""
    pen = Pen()
    k = _ROUND
    pen.move((cx + rx, cy))
    pen.cubic((cx + rx, cy + k * ry), (cx + k * rx, cy + ry), (cx, cy + ry))
    pen.cubic((cx - k * rx, cy + ry), (cx - rx, cy + k * ry), (cx - rx, cy))
    pen.cubic((cx - rx, cy - k * ry), (cx - k * rx, cy - ry), (cx, cy - ry))
    pen.cubic((cx + k * rx, cy - ry), (cx + rx, cy - k * ry), (cx + rx, cy))
    pen.close()
    return pen.arrays()


def rectangle(x: float, y: float, width: float, height: float, rx: float, ry: float) -> tuple[Floats, Codes]:
    """Return a rectangle, with round corners where the radii say so."""
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    if rx <= 0 or ry <= 0:
        return polyline([x, y, x + width, y, x + width, y + height, x, y + height], closed=True)
    data = f"M{x + rx} {y}h{width - 2 * rx}a{rx} {ry} 0 0 1 {rx} {ry}v{height - 2 * ry}a{rx} {ry} 0 0 1 {-rx} {ry}"
    data += f"h{-(width - 2 * rx)}a{rx} {ry} 0 0 1 {-rx} {-ry}v{-(height - 2 * ry)}a{rx} {ry} 0 0 1 {rx} {-ry}z"
    return parse_path(data)


def polyline(values: list[float], *, closed: bool) -> tuple[Floats, Codes]:
    """Return straight lines through points given as x, y, x, y ..."""
    pen = Pen()
    for number, point in enumerate(zip(values[::2], values[1::2], strict=False)):
        if number:
            pen.line(point)
        else:
            pen.move(point)
    if closed:
        pen.close()
    return pen.arrays()

"""TopoJSON: shared lines (arcs), put together into the shapes of features again. Only data here, no file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

Place = list[float]
DEEPEST = 32


def topology_layers(data: dict[str, Any]) -> tuple[dict[str, list[dict[str, Any]]], int]:
    """Return {name of the object: GeoJSON features} of a topology, and how many of their shapes were damaged.

    Raises
    ------
    ValueError, TypeError, LookupError, AttributeError
        When it is no topology.
    """
    arcs = _Arcs(data)
    objects = data["objects"]
    named = objects if isinstance(objects, dict) else _names(objects)
    layers = {str(name): list(_features(shape, arcs, 0)) for name, shape in named.items() if isinstance(shape, dict)}
    return layers, arcs.damaged


def _names(objects: list[Any]) -> dict[str, Any]:
    """Return the objects of a list, which the format does not allow: collections by ids or places, all else as one."""
    there = [(number, each) for number, each in enumerate(objects) if isinstance(each, dict)]
    named = {str(each.get("id", number)): each for number, each in there if each.get("type") == "GeometryCollection"}
    rest = [each for _, each in there if each.get("type") != "GeometryCollection"]
    return named | ({"objects": {"type": "GeometryCollection", "geometries": rest}} if rest else {})


class _Arcs:
    """The lines of a topology in the coordinates that they mean."""

    def __init__(self, data: dict[str, Any]) -> None:
        transform = data.get("transform")
        self.scale: Place = [float(each) for each in transform["scale"]] if transform else [1.0, 1.0]
        self.shift: Place = [float(each) for each in transform["translate"]] if transform else [0.0, 0.0]
        self.quantized = transform is not None
        self.lines: list[Any] = list(data.get("arcs") or [])
        self.made: dict[int, list[Place]] = {}
        self.damaged = 0

    def _line(self, points: list[Place]) -> list[Place]:
        if not self.quantized:
            return [list(map(float, point)) for point in points]
        xs = accumulate(point[0] for point in points)
        ys = accumulate(point[1] for point in points)
        return [[*self.place([x, y]), *point[2:]] for x, y, point in zip(xs, ys, points, strict=True)]

    def _arc(self, number: int) -> list[Place]:
        if number not in self.made:
            self.made[number] = self._line(self.lines[number])
        return self.made[number]

    def place(self, point: Place) -> Place:
        """Return a position in the coordinates that it means."""
        if not self.quantized:
            return list(map(float, point))
        return [point[axis] * self.scale[axis] + self.shift[axis] for axis in (0, 1)] + list(point[2:])

    def joined(self, numbers: list[int]) -> list[Place]:
        """Return the line of several arcs one after another; ~n is arc n backwards."""
        out: list[Place] = []
        for number in numbers:
            line = self._arc(~number)[::-1] if number < 0 else self._arc(number)
            out += line[1:] if out and line and out[-1] == line[0] else line
        return out


def _features(shape: Any, arcs: _Arcs, depth: int) -> Iterator[dict[str, Any]]:
    """Give the features of an object: those of a collection, else itself."""
    if depth > DEEPEST:
        raise ValueError(depth)
    if shape.get("type") == "GeometryCollection" and not shape.get("properties"):
        for each in shape.get("geometries") or []:
            yield from _features(each, arcs, depth + 1) if _is_plain_collection(each) else [_feature(each, arcs)]
    else:
        yield _feature(shape, arcs)


def _is_plain_collection(shape: Any) -> bool:
    return bool(shape.get("type") == "GeometryCollection" and not shape.get("properties") and "id" not in shape)


def _feature(shape: Any, arcs: _Arcs) -> dict[str, Any]:
    said = shape.get("properties")
    properties = dict(said) if isinstance(said, dict) else {}
    if "id" in shape and "id" not in properties:
        properties = {"id": shape["id"], **properties}
    try:
        geometry = _geometry(shape, arcs, 0)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        geometry, arcs.damaged = None, arcs.damaged + 1
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _geometry(shape: Any, arcs: _Arcs, depth: int) -> dict[str, Any] | None:
    kind = shape.get("type")
    if kind is None or depth > DEEPEST:
        return None
    if kind == "GeometryCollection":
        return {"type": kind, "geometries": [_geometry(each, arcs, depth + 1) for each in shape["geometries"]]}
    made: Any
    if kind == "Point":
        made = arcs.place(shape["coordinates"])
    elif kind == "MultiPoint":
        made = [arcs.place(point) for point in shape["coordinates"]]
    elif kind == "LineString":
        made = arcs.joined(shape["arcs"])
    elif kind in ("MultiLineString", "Polygon"):
        made = [arcs.joined(each) for each in shape["arcs"]]
    elif kind == "MultiPolygon":
        made = [[arcs.joined(ring) for ring in part] for part in shape["arcs"]]
    else:
        raise ValueError(kind)
    return {"type": kind, "coordinates": made}

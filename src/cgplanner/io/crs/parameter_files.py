"""Parameters and control points as files: a small JSON, and a table of points as surveying offices send it.

What the files look like stands in ``docs/exchange.md``. Only text becomes values here; who uses them is
another file's business.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.geometry.datum_shift import FITS, FitKind, PlaneShift, Shift, helmert_of
from cgplanner.io.crs.datum_change import ControlPoints, DatumChange
from cgplanner.text import tr

LIMIT_BYTES = 4_000_000
_HELMERT = ("dx", "dy", "dz", "rx", "ry", "rz", "scale_ppm")
_PLANE = ("a0", "a1", "a2", "b0", "b1", "b2")
_WORD = re.compile(r"#\s*(from|to|fit)\s*[:=]\s*(\S+)", re.IGNORECASE)


def read_parameters(path: Path) -> DatumChange:
    """Read a file of parameters (JSON) or of control points (JSON or a table).

    Raises
    ------
    UserError
        When it cannot be read or lacks something; the sentence says what.
    """
    text = _text_of(path)
    if not text.lstrip().startswith("{"):
        return read_points(path)
    try:
        data = json.loads(text)
    except ValueError as error:
        raise _wrong(path, tr("it is no JSON")) from error
    fit = data.get("fit", "similarity")
    if fit not in FITS:
        raise _wrong(path, tr("“fit” is one of {names}", names=", ".join(FITS)))
    before, after = _crs(path, data.get("from")), _crs(path, data.get("to"))
    metres = data.get("accuracy_m")
    if metres is not None and not _is_number(metres):
        raise _wrong(path, tr("“{name}” is no number", name="accuracy_m"))
    if isinstance(data.get("points"), list):
        points = _points(path, [_row(path, each) for each in data["points"]])
        return DatumChange(None, points, fit, before, after, None, path.name)
    return DatumChange(_shift(path, data), None, fit, before, after, metres, path.name)


def read_points(path: Path, fit: FitKind | None = None) -> DatumChange:
    """Read a table of control points: name (or none), east and north in the old system, east and north in the new one.

    Raises
    ------
    UserError
        When a line has no four numbers.
    """
    text = _text_of(path)
    words = {name.lower(): value for name, value in _WORD.findall(text)}
    kind = fit or words.get("fit", "similarity")
    if kind not in FITS:
        raise _wrong(path, tr("“fit” is one of {names}", names=", ".join(FITS)))
    rows: list[tuple[str, list[float]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = _cells(line)
        if not cells:
            continue
        row = _numbers(cells)
        if row is None and not rows:
            continue  # the heading
        if row is None:
            raise _wrong(path, tr("line {number} has no four numbers", number=number))
        rows.append(row)
    before, after = _crs(path, words.get("from")), _crs(path, words.get("to"))
    return DatumChange(None, _points(path, rows), kind, before, after, None, path.name)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise _wrong(path, tr("it is too large to be one"))
        raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise UserError(
            tr("{name} cannot be read.", name=path.name), hint=tr("Check the path; it may have been moved."), path=path
        ) from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _cells(line: str) -> list[str]:
    line = line.split("#", 1)[0].replace("，", ",").strip()
    parts = re.split(r"[,;\t]", line) if re.search(r"[,;\t]", line) else line.split()
    return [each.strip().strip('"') for each in parts if each.strip()]


def _numbers(cells: list[str]) -> tuple[str, list[float]] | None:
    """Return a name and the last four cells as numbers; a height behind each pair is left out."""
    name, rest = (cells[0], cells[1:]) if len(cells) in (5, 7) else ("", cells)
    try:
        values = [float(each) for each in rest]
    except ValueError:
        return None
    if len(values) == 6:
        values = [*values[:2], *values[3:5]]
    return (name, values) if len(values) == 4 and np.isfinite(values).all() else None


def _row(path: Path, row: Any) -> tuple[str, list[float]]:
    found = _numbers([str(each) for each in row]) if isinstance(row, list) else None
    if found is None:
        raise _wrong(path, tr("a point is [name, east, north, east, north]"))
    return found


def _points(path: Path, rows: list[tuple[str, list[float]]]) -> ControlPoints:
    if not rows:
        raise _wrong(path, tr("it holds no points"))
    numbers = np.array([values for _, values in rows])
    names = tuple(name or str(place) for place, (name, _) in enumerate(rows, 1))
    return ControlPoints(names, numbers[:, :2], numbers[:, 2:])


def _shift(path: Path, data: dict[str, Any]) -> Shift:
    helmert, plane = data.get("helmert"), data.get("affine")
    for found, names in ((helmert, _HELMERT), (plane, _PLANE)):
        if isinstance(found, dict) and (wrong := [name for name in found if name in names and not _is_number(found[name])]):
            raise _wrong(path, tr("“{name}” is no number", name=wrong[0]))
    if isinstance(helmert, dict):
        count = 7 if any(name in helmert for name in _HELMERT[3:]) else 3
        if unknown := set(helmert) - {*_HELMERT, "rotation"}:
            raise _wrong(path, tr("“{name}” is not known here", name=min(unknown)))
        return helmert_of([helmert.get(name, 0.0) for name in _HELMERT[:count]], str(helmert.get("rotation", "")))
    if isinstance(plane, dict) and all(name in plane for name in _PLANE):
        return PlaneShift(*(float(plane[name]) for name in _PLANE))
    raise _wrong(path, tr("it needs “helmert”, “affine” or “points”"))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _crs(path: Path, value: object) -> str:
    import pyproj  # noqa: PLC0415  see cgplanner.geometry.crs

    if value in (None, ""):
        return ""
    try:
        known = pyproj.CRS.from_user_input(str(value))
    except pyproj.exceptions.CRSError as error:
        raise _wrong(path, tr("“{name}” is no coordinate system", name=str(value)[:40])) from error
    code = known.to_epsg()
    return f"EPSG:{code}" if code else known.to_wkt()


def _wrong(path: Path, what: str) -> UserError:
    return UserError(
        tr("{name} is no file of parameters or control points: {what}.", name=path.name, what=what),
        hint=tr("The manual of exchange shows one of each."),
        path=path,
    )

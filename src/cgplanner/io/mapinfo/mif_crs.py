"""What the CoordSys clause of a .mif means: the driver's answer, and the Chinese datums that it does not know by number.

MapInfo writes datums as numbers. GDAL takes numbers that it does not know for WGS 84, and has a wrong ellipsoid for Xian 1980.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.io.crs.crs_files import MISSING, FoundCrs, code_in_datum, crs_of_driver
from cgplanner.io.crs.crs_names import crs_name
from cgplanner.io.drivers.gdal_layers import layer_info
from cgplanner.io.report import Note
from cgplanner.text import Sentence, sentence

if TYPE_CHECKING:
    import pyproj

_CLAUSE = re.compile(
    r"^[ \t]*coordsys\b[^\r\n]*(?:\r?\n[ \t]*(?:bounds|units|affine)\b[^\r\n]*)*", re.IGNORECASE | re.MULTILINE
)
_DATUM = re.compile(r"projection\s+\d+\s*,\s*(\d+)", re.IGNORECASE)
_WGS84, _OWN, _OWN_SEVEN, _GRS_80 = 104, 999, 9999, 33
_XIAN, _BEIJING, _CGCS = 4610, 4214, 4490
_NORTHMOST = 5.95e6  # of China, metres; further north the same zones are Russia's


def crs_of_mif(header: str, xy: Any) -> tuple[FoundCrs, tuple[Note, ...]]:
    """Return the CRS that the header of a .mif names; ``xy``, float64 (n, 2), tell China's zones from Russia's."""
    clause = _CLAUSE.search(header)
    if clause is None:
        return MISSING, ()
    text = _wkt(clause[0])
    found = crs_of_driver(text)
    if found.damaged:
        return MISSING, (
            Note("crs-damaged", "warning", sentence("The coordinate system that the file names cannot be understood.")),
        )
    if not text or not found.crs:
        return MISSING, ()
    number = _DATUM.search(clause[0])
    return _named(found, int(number[1]) if number else _WGS84, xy)


def _wkt(clause: str) -> str | None:
    """Return what the driver makes of the clause."""
    head = f'Version 300\nCharset "Neutral"\nDelimiter ","\n{clause.strip()}\nColumns 0\nData\n\nPoint 0 0\n'
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        path = Path(name) / "a.mif"
        path.write_text(head, encoding="utf-8", errors="replace")
        try:
            return layer_info(path, "a")["crs"] or None
        except UserError:
            return "?"


def _named(found: FoundCrs, number: int, xy: Any) -> tuple[FoundCrs, tuple[Note, ...]]:
    import pyproj  # noqa: PLC0415  see cgplanner.io.drivers.engines

    crs = pyproj.CRS.from_user_input(found.crs)
    datum, ellipsoid = crs.datum.name if crs.datum else "", crs.ellipsoid.name if crs.ellipsoid else ""
    if number == 1017 or "Xian" in datum:
        return _of(crs, _XIAN, found), ()
    if re.match("MIF ", datum) and ellipsoid == "unknown":
        return MISSING, (_unknown(number),)
    if "WGS" in datum.replace("World Geodetic System", "WGS") and number not in (_WGS84, _OWN, _OWN_SEVEN, 157, 0):
        return found, (_unknown(number, crs_name(found.crs)),)
    axis = crs.ellipsoid.semi_major_metre if crs.ellipsoid else 0.0
    family = {6378245.0: _BEIJING, 6378140.0: _XIAN}.get(axis, _CGCS if "GRS 80" in ellipsoid else 0)
    neutral = number in (_OWN, _OWN_SEVEN, _GRS_80) or "Pulkovo" in datum
    if not family or not neutral or not _is_china(xy, crs):
        return found, ()
    better = _of(crs, family, found)
    if better == found:
        return found, ()
    message = sentence(
        "The file names its datum only by MapInfo's numbers ({datum}); by its ellipsoid it was read as {crs}.",
        datum=datum,
        crs=crs_name(better.crs),
    )
    return better, (Note("crs-by-ellipsoid", "warning", message),)


def _of(crs: pyproj.CRS, family: int, found: FoundCrs) -> FoundCrs:
    code = code_in_datum(crs, family)
    return FoundCrs(f"EPSG:{code}", found.how) if code else found


def _is_china(xy: Any, crs: pyproj.CRS) -> bool:
    if not len(xy):
        return True
    return float(np.nanmax(xy[:, 1])) < (54.0 if crs.is_geographic else _NORTHMOST)


def _unknown(number: int, crs: Sentence | str = "") -> Note:
    if not crs:
        message = sentence("MapInfo's number of the datum ({number}) is not known here.", number=number)
    else:
        message = sentence(
            "MapInfo's number of the datum ({number}) is not known here; it was taken for {crs}.", number=number, crs=crs
        )
    return Note("crs-datum-unknown", "warning", message)

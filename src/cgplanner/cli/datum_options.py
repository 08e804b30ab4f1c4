"""What ``convert`` is told of the source's place on earth: its CRS, and how to get from its datum to another."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from cgplanner.errors import UserError
from cgplanner.io.report import CrsCandidate
from cgplanner.io.source import LoadedLayer
from cgplanner.text import tr

if TYPE_CHECKING:
    from cgplanner.io.crs.datum_change import DatumChange
    from cgplanner.io.writing.open_layer import OpenLayer

_CODE = re.compile(r"(EPSG:\d+)((?:\+(?:swapped|km|mm|gcj02|bd09))*)", re.IGNORECASE)
_WEB = {"gcj02": "EPSG:4490+gcj02", "bd09": "EPSG:4490+bd09"}


def placed_as_asked(loaded: LoadedLayer, parsed: argparse.Namespace) -> LoadedLayer:
    """Return the layer in the CRS it was said to be in, taken to another datum where that was asked for.

    Raises
    ------
    UserError
        When the words say nothing that can be done.
    """
    from cgplanner.io.crs.datum_change import in_other_datum  # noqa: PLC0415  brings pyproj
    from cgplanner.io.crs.zone_detective import chosen  # noqa: PLC0415  as above

    if parsed.from_crs:
        loaded = chosen(loaded, _said(parsed.from_crs))
    change = _change_of(loaded.crs, parsed)
    return loaded if change is None else in_other_datum(loaded, change, parsed.crs or "")


def opened_as_asked(layer: OpenLayer, parsed: argparse.Namespace) -> OpenLayer:
    """Do the same to a layer whose rows go by; mend it before where that was asked for.

    Raises
    ------
    UserError
        As :func:`placed_as_asked`.
    """
    from cgplanner.io.writing.open_layer import chosen_as, in_other_datum, with_valid_areas  # noqa: PLC0415  brings pyproj

    if parsed.mend:
        layer = with_valid_areas(layer)
    if parsed.from_crs:
        layer = chosen_as(layer, _said(parsed.from_crs))
    change = _change_of(layer.crs, parsed)
    return layer if change is None else in_other_datum(layer, change, parsed.crs or "")


def _change_of(crs: str, parsed: argparse.Namespace) -> DatumChange | None:
    """Return the way to another datum that is asked for a layer in this CRS; None where none is.

    Raises
    ------
    UserError
        When nobody knows from where or to where.
    """
    change = asked_change(parsed)
    if change is None:
        return None
    if not crs and change.points is None:
        raise UserError(
            tr("The layer's coordinate system is not known, so it cannot be turned into another."),
            hint=tr("Say which one the data are in."),
        )
    if not crs and not (parsed.crs or change.after):
        raise UserError(
            tr("The control points do not say which coordinate system they lead to."), hint=tr("Name it with --crs EPSG:n.")
        )
    return change


def _said(text: str) -> CrsCandidate:
    found = _CODE.fullmatch(_WEB.get(text.lower(), text))
    if found is None:
        raise UserError(
            tr("“{text}” is no coordinate system.", text=text),
            hint=tr("Write EPSG:n, gcj02 or bd09; a change of the numbers before may follow, as in EPSG:4547+swapped."),
        )
    return CrsCandidate(found[1].upper(), tuple(found[2].lower().split("+")[1:]), 1.0, "")


def asked_change(parsed: argparse.Namespace) -> DatumChange | None:
    """Return the way to another datum that the options ask for; None when they ask for none."""
    from cgplanner.geometry.datum_shift import helmert_of  # noqa: PLC0415  only where it is asked for
    from cgplanner.io.crs.datum_change import BALLPARK, DatumChange  # noqa: PLC0415  brings pyproj
    from cgplanner.io.crs.parameter_files import read_parameters, read_points  # noqa: PLC0415  as above

    if parsed.ballpark:
        return BALLPARK
    if parsed.helmert:
        return DatumChange(helmert_of(_numbers(parsed.helmert), (parsed.rotation or "").replace("-", "_")))
    if parsed.datum_shift:
        return read_parameters(Path(parsed.datum_shift))
    if parsed.control_points:
        return read_points(Path(parsed.control_points), parsed.fit)
    return None


def _numbers(text: str) -> list[float]:
    try:
        return [float(each) for each in text.split(",")]
    except ValueError:
        return []  # which is refused with what is wanted

"""Heights and measures that stand for "none": -1e39 in shapefiles, NaN and infinity anywhere. They become NaN."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cgplanner.geometry.ragged import Floats
from cgplanner.io.report import Note
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.text import sentence

_FARTHEST = 1e15  # as for places
_NO_MEASURE = -1e38  # a shapefile's measure below this is none


def with_real_ordinates(column: GeometryColumn) -> tuple[GeometryColumn, tuple[Note, ...]]:
    """Return the column with NaN for such heights and measures, and without measures when there are none at all."""
    base, notes = column.base, []
    z, m = base.z, base.m
    if z is not None and (bad := _senseless(z)):
        z = np.where(np.abs(np.nan_to_num(z, nan=np.inf)) < _FARTHEST, z, np.nan)
        message = sentence("{count} heights that are no numbers were left out.", count=bad)
        notes.append(Note("heights-not-finite", "warning", message, bad))
    if m is not None and len(m) and not (m.min() > _NO_MEASURE and m.max() < -_NO_MEASURE):
        with np.errstate(invalid="ignore"):
            m = np.where(np.abs(m) < -_NO_MEASURE, m, np.nan)
        m = None if np.isnan(m).all() else m
    if z is base.z and m is base.m:
        return column, ()
    return GeometryColumn(replace(base, z=z, m=m), column.index, column.extra), tuple(notes)


def _senseless(z: Floats) -> int:
    if not len(z) or (z.min() > -_FARTHEST and z.max() < _FARTHEST):
        return 0
    return int((~(np.abs(np.nan_to_num(z, nan=np.inf)) < _FARTHEST)).sum())

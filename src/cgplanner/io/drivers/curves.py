"""Curves as lines of short pieces by way of GDAL: shapely knows no curves, and GDAL draws them on the slow way out of a file.

Only WKB goes in and comes out.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.io.drivers.engines import gdal_messages, pyogrio


def lines_of_curves(raw: Any) -> list[bytes | None] | None:
    """Return WKB without curves for an array (n,) of WKB, row for row; None where GDAL refuses it."""
    engine = pyogrio()
    options: dict[str, Any] = {"field_data": [], "fields": np.array([], object), "geometry_type": "Unknown", "crs": None}
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name, gdal_messages():
        path = Path(name) / "curves.gpkg"
        try:
            engine.raw.write(path, geometry=raw, driver="GPKG", layer="curves", **options)
            _, _, found, _ = engine.raw.read(path, layer="curves")
        except (RuntimeError, ValueError, OSError):  # pyogrio's own errors are of the first kind
            return None
    return list(found) if len(found) == len(raw) else None

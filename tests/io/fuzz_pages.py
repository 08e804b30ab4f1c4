"""Reads a GeoPackage's pages with changed bytes, the kernels uncompiled: a step out of a buffer is an IndexError then."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.io import geopackage_pages, wkb_builder
from cgplanner.model.schema import FieldType


def main() -> None:
    """Say how many of the damaged copies were read, and how many were left to the driver."""
    path, copies = Path(sys.argv[1]), int(sys.argv[2])
    for module in (geopackage_pages, wkb_builder):
        module.has_kernels = lambda _rows: True  # type: ignore[attr-defined]  # uncompiled they are too slow for the program
    whole = path.read_bytes()
    random = np.random.default_rng(5)
    fields = {"名称": FieldType.TEXT, "count": FieldType.INTEGER, "share": FieldType.REAL, "long": FieldType.TEXT}
    read = 0
    for copy in range(copies):
        raw = bytearray(whole)
        for place in random.integers(100, len(raw), 1 + copy):
            raw[place] = random.integers(0, 256)
        path.write_bytes(raw)
        found: Any = geopackage_pages.read_pages(path, "plots", fields, geometry_column="geom", fid_column="fid", rows=20)
        read += found is not None
    sys.stdout.write(f"{read} {copies - read}\n")


if __name__ == "__main__":
    main()

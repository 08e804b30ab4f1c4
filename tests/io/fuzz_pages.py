"""Reads files with changed bytes, the kernels uncompiled: a step out of a buffer is an IndexError then."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.io.drivers.gdal_layers import layer_info
from cgplanner.io.shapefile import quick as shapefile_quick
from cgplanner.io.shapes import wkb_builder
from cgplanner.io.sqlite import geopackage_pages
from cgplanner.model.schema import FieldType

FIELDS = {"名称": FieldType.TEXT, "count": FieldType.INTEGER, "share": FieldType.REAL, "long": FieldType.TEXT}


def main() -> None:
    """Say how many of the damaged copies were read, and how many were left to the driver."""
    path, copies = Path(sys.argv[1]), int(sys.argv[2])
    for module in (geopackage_pages, shapefile_quick, wkb_builder):
        module.has_kernels = lambda _rows: True  # type: ignore[attr-defined]  # uncompiled they are too slow for the program
    parts = [path] if path.suffix == ".gpkg" else [path.with_suffix(suffix) for suffix in (".shp", ".shx", ".dbf")]
    whole = [each.read_bytes() for each in parts]
    random = np.random.default_rng(5)
    read = 0
    for copy in range(copies):
        for part, content in zip(parts, whole, strict=True):
            raw = bytearray(content)
            if part is parts[copy % len(parts)]:
                for place in random.integers(100, len(raw), 1 + copy // 2):
                    raw[place] = random.integers(0, 256)
            part.write_bytes(raw)
        read += _read(path) is not None
    sys.stdout.write(f"{read} {copies - read}\n")


def _read(path: Path) -> Any:
    if path.suffix == ".gpkg":
        return geopackage_pages.read_pages(path, "plots", FIELDS, geometry_column="geom", fid_column="fid", rows=20)
    try:
        info = layer_info(path, None, encoding="ISO-8859-1")
    except UserError:
        return None
    return shapefile_quick.read_bytes(path, info)


if __name__ == "__main__":
    main()

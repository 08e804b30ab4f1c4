"""What comes out of a door and goes back: the values that all formats share. No driver and no file in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.geometry import ragged as flat
from cgplanner.io.report import Note, Report
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.table import FeatureTable

Progress = Callable[[float], None]  # 0..1; raises cgplanner.errors.Cancelled to stop

_KIND_NAMES = (
    "Point",
    "LineString",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)


@dataclass(frozen=True)
class SourceLayer:
    """A layer that a file offers: its name, the geometry type it declares ('' for none), its features (-1 unknown)."""

    name: str
    geometry: str
    features: int


@dataclass(frozen=True)
class LoadedLayer:
    """A layer that was read, and what reading it was like.

    ``crs`` is an EPSG code ("EPSG:4490") where there is one, else WKT2; '' when the file does not say.
    """

    name: str
    table: FeatureTable
    crs: str
    report: Report
    source_path: Path


def geometry_type(geometry: GeometryColumn) -> str:
    """Return one name for all rows, as files declare it ("MultiPolygon Z"); '' when no row has a geometry."""
    kinds = {int(kind) for kind in np.unique(geometry.kinds)} - {flat.NULL_KIND}
    return type_name(kinds, z=geometry.base.z is not None, m=geometry.base.m is not None)


def type_name(numbers: Iterable[int], *, z: bool, m: bool) -> str:
    """Return the name for rows of these kinds (shapely's type numbers), some of which may have heights or measures."""
    kinds = {_KIND_NAMES[number] for number in numbers}
    if not kinds:
        return ""
    families = {kind.removeprefix("Multi") for kind in kinds}
    name = kinds.pop() if len(kinds) == 1 else f"Multi{families.pop()}" if len(families) == 1 else "Geometry"
    return f"{name} {'Z' * z}{'M' * m}".strip()


@dataclass(frozen=True)
class WriteReport:
    """What was written, and what did not survive.

    Attributes
    ----------
    losses
        Of severity ``info`` where the value is all there in another form, ``warning`` where something is gone.
    renamed
        (name here, name in the file).
    verified
        The files were read back and compared before they took their place.
    """

    files: tuple[Path, ...]
    losses: tuple[Note, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    encoding: str = ""
    crs: str = ""
    verified: bool = False
    features_in: int = 0
    features_out: int = 0
    notes: tuple[Note, ...] = field(default=())  # worth knowing, nothing lost

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``convert --json`` prints."""
        return {
            "features_in": self.features_in,
            "features_out": self.features_out,
            "losses": [note.loss_json() for note in self.losses],
            "renamed": [{"from": old, "to": new} for old, new in self.renamed],
            "encoding": self.encoding,
            "crs": self.crs,
            "verified": self.verified,
            "files": [str(path) for path in self.files],
        }

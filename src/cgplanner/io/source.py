"""What comes out of a door and goes back: the values that all formats share. No driver and no file in here."""

from __future__ import annotations

from collections.abc import Callable
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


@dataclass(frozen=True)
class SourceInfo:
    """What a file, a folder of files or a workspace holds."""

    path: Path
    format: str
    layers: tuple[LoadedLayer, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``info --json`` prints."""
        return {"path": str(self.path), "format": self.format, "layers": [_layer_json(layer) for layer in self.layers]}


def _layer_json(layer: LoadedLayer) -> dict[str, Any]:
    geometry = layer.table.geometry
    return {
        "name": layer.name,
        "geometry_type": geometry_type(geometry) or _DECLARED[layer.table.schema.geometry],
        "features": len(layer.table),
        "crs": _crs_json(layer.crs, layer.report.crs_how) | _candidates_json(layer.report) | _datum_json(layer.report),
        "encoding": {"name": layer.report.encoding, "how": layer.report.encoding_how},
        "fields": [
            {
                "name": each.name,
                "alias": each.title if each.title != each.name else "",
                "type": each.type.value,
                "width": each.width,
                "precision": each.precision,
                "nulls": int(layer.table.columns[each.id].nulls.sum()),
            }
            for each in layer.table.schema
        ],
        "extent": list(extent) if (extent := geometry.extent()) else None,
        "notes": [note.to_json() for note in layer.report.notes],
    }


_DECLARED = {"point": "Point", "line": "LineString", "polygon": "Polygon", "mixed": "Geometry", "none": ""}


def _crs_json(crs: str, how: str) -> dict[str, Any]:
    if not crs:
        return {"epsg": None, "name": "", "how": how or "missing"}
    import pyproj  # noqa: PLC0415  0.2 s that a reader without this question does not pay

    known = pyproj.CRS.from_user_input(crs)
    epsg = int(crs.removeprefix("EPSG:")) if crs.startswith("EPSG:") else None
    return {"epsg": epsg, "name": known.name, "how": how}


def _datum_json(report: Report) -> dict[str, Any]:
    return {"datum": report.datum.to_json()} if report.datum else {}


def _candidates_json(report: Report) -> dict[str, Any]:
    return {"candidates": [each.to_json() for each in report.candidates]} if report.candidates else {}


def geometry_type(geometry: GeometryColumn) -> str:
    """Return one name for all rows, as files declare it ("MultiPolygon Z"); '' when no row has a geometry."""
    kinds = {_KIND_NAMES[kind] for kind in np.unique(geometry.kinds) if kind != flat.NULL_KIND}
    if not kinds:
        return ""
    families = {kind.removeprefix("Multi") for kind in kinds}
    name = kinds.pop() if len(kinds) == 1 else f"Multi{families.pop()}" if len(families) == 1 else "Geometry"
    suffix = ("Z" if geometry.base.z is not None else "") + ("M" if geometry.base.m is not None else "")
    return f"{name} {suffix}".strip()


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

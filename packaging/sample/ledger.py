"""The ledger of plan facts as it was handed over: 88 rows, read and nothing more.

It knows the columns of ``plan_facts.csv`` and no geometry, so that a test can hold the finished layers against the rows
without going through the rules that made them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
LEDGER = HERE / "plan_facts.csv"
BASE = HERE / "base.gpkg"

LAYERS = ("projects", "ecology", "industry", "tourism")


@dataclass(frozen=True)
class Fact:
    """One row of the ledger; empty cells are None, the lists are split."""

    id: str
    layer: str
    name_zh: str
    name_en: str
    cities: tuple[str, ...]  # the first one leads
    category: str
    integration: str
    status: str
    quantity: float | None
    unit: str | None
    geometry: str  # point, line, polygon, city or along:RIVER
    coords: str  # "lon lat, lon lat", or county names for along:RIVER
    corridor_km: float | None  # full width
    text: str

    @property
    def positions(self) -> list[tuple[float, float]]:
        """Longitudes and latitudes in degrees, CGCS2000; empty where the row names counties or nothing."""
        if self.river or not self.coords:
            return []
        pairs = [pair.split() for pair in self.coords.split(",")]
        return [(float(lon), float(lat)) for lon, lat in pairs]

    @property
    def river(self) -> str | None:
        """The river of an ``along:`` row."""
        kind, _, name = self.geometry.partition(":")
        return name if kind == "along" else None

    @property
    def counties(self) -> tuple[str, ...]:
        """The counties of an ``along:`` row."""
        return tuple(self.coords.split(";")) if self.river else ()


def read_facts(path: Path = LEDGER) -> list[Fact]:
    """Return the facts in the order of the ledger."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [_fact(row) for row in csv.DictReader(stream)]


def _fact(row: dict[str, str]) -> Fact:
    return Fact(
        id=row["id"],
        layer=row["layer"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        cities=tuple(row["cities"].split(";")),
        category=row["category_zh"],
        integration=row["domain_zh"],
        status=row["status_zh"],
        quantity=_number(row["quantity"]),
        unit=row["unit"] or None,
        geometry=row["geometry"],
        coords=row["coords"],
        corridor_km=_number(row["corridor_km"]),
        text=row["fact"],
    )


def _number(cell: str) -> float | None:
    return float(cell) if cell else None

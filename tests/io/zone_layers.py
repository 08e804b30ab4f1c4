"""What bureaus of the five cities would send: their places, counties and plots, and the systems these come in."""

from __future__ import annotations

from functools import cache

import numpy as np
import shapely

from cgplanner.geometry.web_offset import bd09_from_wgs84, gcj02_from_wgs84
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import read_layer
from cgplanner.resources import layers_path

CITIES = {"太原市": 114, "阳泉市": 114, "晋中市": 114, "忻州市": 114, "吕梁市": 111}
DEGREES = "EPSG:4490"


@cache
def base(layer: str) -> LoadedLayer:
    return read_layer(layers_path("sample.gpkg"), layer)


def rows_of(layer: str, name: str, city: str) -> list[tuple[str, shapely.Geometry]]:
    table = base(layer).table
    names, cities, counties = (table.column(key).values() for key in (name, "SZCS", name))
    wanted = [row for row in range(len(table)) if cities[row] == city]
    return [(str(counties[row] or names[row]), table.geometry.value(row)) for row in wanted]


def sites(city: str) -> list[tuple[str, shapely.Geometry]]:
    """Plots of land near the places of a city; two of three say which county they are in."""
    table = base("places").table
    found = []
    chance = np.random.default_rng(7)
    for row in range(len(table)):
        if table.column("SZCS").value(row) == city:
            x, y = shapely.get_coordinates(table.geometry.value(row))[0] + chance.normal(0, 0.01, 2)
            county = table.column("SZX").value(row)
            found.append((f"{county}产业园" if row % 3 else f"地块{row}", shapely.box(x, y, x + 0.002, y + 0.002)))
    return found


KINDS = {
    "counties": lambda city: rows_of("counties", "XZQMC", city),
    "places": lambda city: rows_of("places", "DMMC", city),
    "sites": sites,
}


def zones(city: str) -> dict[str, tuple[str, object]]:
    """Return {variant: (CRS after the change, what is done to its numbers)} as a bureau of this city would have them."""
    plain = {114: (4547, 4526, 2383, 2362, 2435, 2414), 111: (4546, 4525, 2382, 2361, 2434, 2413)}[CITIES[city]]
    new, prefixed, xian, xian_prefixed, beijing, _ = (f"EPSG:{code}" for code in plain)
    return {
        "4490": (DEGREES, None),
        "4326": ("EPSG:4326", None),
        "plain": (new, None),
        "prefixed": (prefixed, None),
        "six": ("EPSG:4508", None),
        "six prefixed": ("EPSG:4497", None),
        "xian": (xian, None),
        "xian prefixed": (xian_prefixed, None),
        "beijing": (beijing, None),
        "mercator": ("EPSG:3857", None),
        "gcj02": (DEGREES, gcj02_from_wgs84),
        "bd09": (DEGREES, bd09_from_wgs84),
        "swapped": (new, lambda xy: xy[:, ::-1]),
        "swapped degrees": (DEGREES, lambda xy: xy[:, ::-1]),
        "km": (new, lambda xy: xy / 1000),
        "mm": (prefixed, lambda xy: xy * 1000),
    }


VARIANTS = tuple(zones("太原市"))
# What the marks of a set that was put together wrongly say.
WRONG = {"太原市": "EPSG:4548", "阳泉市": "EPSG:4548", "晋中市": "EPSG:4546", "忻州市": "EPSG:4546", "吕梁市": "EPSG:4547"}

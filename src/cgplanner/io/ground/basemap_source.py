"""The door to pictures of the ground: a base map in, a pyramid of pieces out; and what ships as presets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.ground.mbtiles import MbtilesPyramid
from cgplanner.io.ground.pyramid import Pyramid
from cgplanner.io.ground.raster_file import SUFFIXES, RasterPyramid
from cgplanner.io.ground.tile_address import service_of, template_of
from cgplanner.io.ground.tile_store import TileStore
from cgplanner.model.basemap import Basemap, BasemapKind, basemap_from_json
from cgplanner.resources import resource_path
from cgplanner.text import pick, tr


@dataclass(frozen=True)
class Preset:
    """Base maps that are added together: a picture and the names that go over it."""

    id: str
    title_zh: str
    title_en: str
    basemaps: tuple[Basemap, ...]

    @property
    def title(self) -> str:
        """What people call it."""
        return pick(self.title_zh, self.title_en)


@dataclass(frozen=True, eq=False)
class GroundAccess:
    """How pictures are come by: this person's keys, where tiles are kept, and the folder of the workspace."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    store: TileStore | None = None
    beside: Path | None = None


@cache
def presets() -> tuple[Preset, ...]:
    """Return the presets that ship with the program."""
    data = json.loads(resource_path("basemaps", "presets.json").read_text(encoding="utf-8"))
    shared = {name: dict(values) for name, values in data["services"].items()}
    return tuple(
        Preset(
            each["id"],
            each["title_zh"],
            each["title_en"],
            tuple(basemap_from_json({**shared[each["service"]], **basemap}) for basemap in each["basemaps"]),
        )
        for each in data["presets"]
    )


def opened(basemap: Basemap, keys: Mapping[str, str], store: TileStore | None, beside: Path | None = None) -> Pyramid:
    """Return the pieces of a base map; to be closed by the caller. Opening a service asks nothing of it.

    Parameters
    ----------
    keys
        This person's keys by the name of the service.
    store
        Where tiles of services are kept on the disk.
    beside
        The folder of the workspace: where a file is looked for that is not at its place any more.

    Raises
    ------
    UserError
        When a file cannot be read, or an address is none.
    """
    if basemap.kind == "tiles":
        template_of(basemap.source)  # a workspace comes from anybody: nothing but http and https is asked
        from cgplanner.io.ground.tile_service import ServicePyramid  # noqa: PLC0415  brings HTTP

        return ServicePyramid(basemap, keys.get(service_of(basemap.source), ""), store)  # nor does a key go to another service
    path = Path(basemap.source)
    if beside is not None and not path.is_file() and (beside / path.name).is_file():
        path = beside / path.name
    if basemap.kind == "mbtiles":
        return MbtilesPyramid(path, basemap.offset)
    return RasterPyramid(path, basemap.crs, basemap.offset)


def kind_of_file(path: Path) -> BasemapKind:
    """Return what kind of base map a file is by its suffix.

    Raises
    ------
    UserError
        When no picture of the ground ends so.
    """
    if path.suffix.lower() == ".mbtiles":
        return "mbtiles"
    if path.suffix.lower() in SUFFIXES:
        return "raster"
    raise UserError(
        tr("{name} is no picture that can lie under the map.", name=path.name),
        hint=tr("Choose MBTiles, a GeoTIFF, or a PNG or JPEG with its world file."),
        path=path,
    )

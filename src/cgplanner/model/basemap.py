"""A base map: a picture of the ground from a tile service or a file, drawn under all layers. Data only.

The workspace names where the picture comes from; the key of a service never stands here, only the name it is kept under on
this person's machine. This file must not know how pictures are fetched, read or drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from cgplanner.text import pick

BasemapKind = Literal["tiles", "mbtiles", "raster"]
GridName = Literal["mercator", "geographic"]
OffsetName = Literal["", "gcj02"]

MOST_ZOOM = 24


@dataclass(frozen=True)
class Basemap:
    """One picture of the ground.

    Attributes
    ----------
    id
        Identity within the workspace.
    kind
        ``tiles`` of a service (XYZ or WMTS), an ``mbtiles`` file, or a georeferenced ``raster`` file.
    source
        The address of a tile with ``{z}``, ``{x}``, ``{y}``, ``{s}`` and ``{key}`` in it, or the path of the file.
    grid
        Of tiles: Web Mercator (``w`` of the Chinese services), or CGCS2000 degrees (``c``; level 1 is two tiles wide).
    offset
        ``gcj02`` where the service draws its pictures shifted: they are shifted back as they are drawn.
    crs
        Of a raster that does not say its own: what somebody has chosen; '' takes the file's.
    key
        The name under which this person's key of the service is kept; '' where it needs none.
    subdomains
        What ``{s}`` stands for, in turn.
    attribution_zh, attribution_en
        Whose picture it is; shown on the map and on the page.
    review_number
        审图号 of the service, shown behind the attribution.
    """

    id: str
    title_zh: str
    title_en: str
    kind: BasemapKind
    source: str
    grid: GridName = "mercator"
    offset: OffsetName = ""
    crs: str = ""
    key: str = ""
    subdomains: tuple[str, ...] = ()
    tile_size: int = 256
    min_zoom: int = 0
    max_zoom: int = 18
    attribution_zh: str = ""
    attribution_en: str = ""
    review_number: str = ""
    opacity: float = 1.0
    visible: bool = True

    @property
    def title(self) -> str:
        """What people call it, in their language."""
        return pick(self.title_zh, self.title_en)

    @property
    def attribution(self) -> str:
        """Whose picture it is, with the 审图号 where there is one; '' when nothing is known."""
        return " ".join(text for text in (pick(self.attribution_zh, self.attribution_en), self.review_number) if text)

    @property
    def is_online(self) -> bool:
        """True when its pictures come over the network."""
        return self.kind == "tiles"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able data without what is at its default; :func:`basemap_from_json` reads it back."""
        data = asdict(self)
        defaults = {each.name: each.default for each in fields(self)}
        kept = {name: value for name, value in data.items() if value != defaults[name]}
        if "subdomains" in kept:
            kept["subdomains"] = list(self.subdomains)
        return kept


def basemap_from_json(data: Mapping[str, Any]) -> Basemap:
    """Return the base map that :meth:`Basemap.to_json` wrote; what a later version may have added is left out.

    Raises
    ------
    ValueError
        When the data are no base map.
    """
    known = {each.name for each in fields(Basemap)}
    values = {name: value for name, value in data.items() if name in known}
    values["subdomains"] = tuple(str(each) for each in values.get("subdomains", ()))
    try:
        made = Basemap(**values)
        numbers = made.min_zoom, made.max_zoom, made.tile_size
    except TypeError as error:
        raise ValueError(str(error)) from None
    texts = ("id", "title_zh", "title_en", "source", "crs", "key", "attribution_zh", "attribution_en", "review_number")
    good = {
        "kind": made.kind in get_args(BasemapKind),
        "grid": made.grid in get_args(GridName),
        "offset": made.offset in get_args(OffsetName),
        **{name: isinstance(getattr(made, name), str) for name in texts},
        "visible": isinstance(made.visible, bool),
        "opacity": isinstance(made.opacity, int | float) and 0.0 <= made.opacity <= 1.0,
        "min_zoom, max_zoom": all(isinstance(each, int) for each in numbers) and 0 <= numbers[0] <= numbers[1] <= MOST_ZOOM,
        "tile_size": isinstance(made.tile_size, int) and 64 <= made.tile_size <= 4096,
    }
    wrong = [name for name, fine in good.items() if not fine]
    if wrong:
        raise ValueError(f"{made.id}: {', '.join(wrong)}")
    return made

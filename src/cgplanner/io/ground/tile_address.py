"""Addresses of tiles: what people type or copy, made into a template without a key, and a template made into an address.

Known placeholders: ``{z}``, ``{z-1}`` (levels that a service counts from nought where we count from one), ``{x}``, ``{y}``,
``{-y}`` (rows from below), ``{q}`` (quadkey), ``{s}`` (subdomain), ``{key}``;
those of WMTS REST (``{TileMatrix}``, ``{TileRow}``, ``{TileCol}``) are read too. It must not know how answers come.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from cgplanner.errors import UserError
from cgplanner.geometry.tile_grid import PieceKey
from cgplanner.model.basemap import Basemap, GridName
from cgplanner.text import tr

_KEYS = ("tk", "key", "ak", "token", "access_token", "apikey", "api_key", "appkey", "subscription-key")
_ALIASES = {
    "tilematrix": "{z}",
    "tilerow": "{y}",
    "tilecol": "{x}",
    "zoom": "{z}",
    "level": "{z}",
    "col": "{x}",
    "row": "{y}",
    "tk": "{key}",
    "apikey": "{key}",
    "token": "{key}",
}
_OF_WMTS = ("service", "request", "version", "layer", "style", "tilematrixset", "format", "tilematrix", "tilerow", "tilecol")
_MARKS = {name: f"{{{name}}}" for name in "zxy"}  # in sentences they stand for themselves
_THREE_LABELS = ("gov", "com", "org", "net", "edu", "ac", "co")


def template_of(text: str) -> tuple[str, str]:
    """Return what somebody typed or copied as a template, and the key that stood in it ('' for none).

    Raises
    ------
    UserError
        When it is no address of tiles.
    """
    plain = re.sub(r"\$?\{\s*([A-Za-z_-]+)\s*\}", _placeholder, text.strip())
    plain, key = _without_key(_without_place(plain))
    parts = urlsplit(plain)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UserError(
            tr("“{text}” is no address of tiles.", text=text.strip()[:60]),
            hint=tr("It begins with http:// or https:// and has {z}, {x} and {y} in it.", **_MARKS),
        )
    whole = "{q}" in plain or (("{z}" in plain or "{z-1}" in plain) and "{x}" in plain and ("{y}" in plain or "{-y}" in plain))
    if not whole:
        raise UserError(
            tr("The address does not say where level, column and row of a tile go."),
            hint=tr(
                "Put {z}, {x} and {y} in their places; for a WMTS without them fill in layer and tile matrix set.", **_MARKS
            ),
        )
    return plain, key


def _placeholder(found: re.Match[str]) -> str:
    name = found[1].lower()
    return _ALIASES.get(name, f"{{{name}}}")


def _without_place(text: str) -> str:
    """Put placeholders in the place of the numbers of one tile, where a whole WMTS request was copied."""
    for name, mark in (("TileMatrix", "{z}"), ("TileRow", "{y}"), ("TileCol", "{x}")):
        text = re.sub(rf"(?i)([?&]{name}=)\d+(?=&|$)", rf"\g<1>{mark}", text)
    return text


def _without_key(text: str) -> tuple[str, str]:
    names = "|".join(re.escape(name) for name in _KEYS)
    found = re.search(rf"(?i)([?&](?:{names})=)([^&{{}}]+)", text)
    if found is None:
        return text, ""
    return text[: found.start(2)] + "{key}" + text[found.end(2) :], found[2]


def without_key(text: str) -> tuple[str, str]:
    """Return an address with ``{key}`` in the place of the key that stood in it, and that key ('' for none)."""
    return _without_key(text)


def wmts_template(
    endpoint: str, layer: str, matrix_set: str, *, style: str = "default", picture: str = "image/png", level: str = "{z}"
) -> str:
    """Return the template of a WMTS by key-value pairs, from its address, layer and tile matrix set.

    ``level`` is what the service calls a level, with the placeholder of its number in it.
    """
    base = endpoint.split("?", 1)[0]
    own = {name: value for name, value in parse_qsl(urlsplit(endpoint).query) if name.lower() not in _OF_WMTS}
    pairs = {
        "SERVICE": "WMTS",
        "REQUEST": "GetTile",
        "VERSION": "1.0.0",
        "LAYER": layer,
        "STYLE": style,
        "TILEMATRIXSET": matrix_set,
        "FORMAT": picture,
    }
    query = urlencode({**own, **pairs}, safe="{}/")
    return f"{base}?{query}&TILEMATRIX={quote(level, safe='{}:')}&TILEROW={{y}}&TILECOL={{x}}"


def grid_of(template: str) -> GridName:
    """Return the grid a template says it is in: degrees for the tile matrix set ``c``, else Web Mercator."""
    plain = template.lower()
    degrees = re.search(r"tilematrixset=(c|[^&]*(4490|4326|cgcs2000|crs84)[^&]*)(&|$)", plain) or re.search(r"_c/wmts", plain)
    return "geographic" if degrees else "mercator"


def service_of(template: str) -> str:
    """Return the name under which the key of a service is kept: its domain without the machine's own name."""
    host = (urlsplit(template.replace("{s}", "s")).hostname or "").lower()
    if re.fullmatch(r"[\d.]+|\[.*\]|localhost", host):
        return host
    labels = host.split(".")
    count = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _THREE_LABELS else 2
    return ".".join(labels[-count:])


def address_of(basemap: Basemap, piece: PieceKey, key: str) -> str:
    """Return the address of one tile."""
    zoom, column, row = piece
    names = basemap.subdomains or ("",)
    values = {
        "{z}": str(zoom),
        "{z-1}": str(zoom - 1),
        "{x}": str(column),
        "{y}": str(row),
        "{-y}": str((1 << zoom) - 1 - row),
        "{q}": _quadkey(piece),
        "{s}": names[(column + row) % len(names)],
        "{key}": quote(key, safe=""),
    }
    return re.sub(r"\{(z|z-1|x|y|-y|q|s|key)\}", lambda found: values[found[0]], basemap.source)


def _quadkey(piece: PieceKey) -> str:
    digits = [str((piece.column >> place & 1) + 2 * (piece.row >> place & 1)) for place in range(piece.level - 1, -1, -1)]
    return "".join(digits)

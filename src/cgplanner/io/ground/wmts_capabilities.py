"""What a WMTS says of itself: its layers, and for each the grids of tiles that can be drawn here, as templates of addresses.

Asked once, when somebody adds a service. Only grids in Web Mercator or in degrees whose levels halve are known to
:mod:`cgplanner.geometry.tile_grid`; others are listed with the reason, not hidden. This file must not know windows.
"""

from __future__ import annotations

import http.client
import math
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree as ET

from cgplanner import __version__
from cgplanner.errors import UserError
from cgplanner.io.ground.tile_address import template_of, without_key, wmts_template
from cgplanner.io.ground.tile_pictures import words_of
from cgplanner.io.xml.tree import tree_of
from cgplanner.model.basemap import MOST_ZOOM, GridName
from cgplanner.text import tr

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 32 << 20
_PIXELS = (0.00028, 0.0254 / 96)  # metres: as the standard has it, and as 天地图 and ArcGIS reckon
_DEGREE = 111_319.49079327358  # metres
_HALF = 20_037_508.342789244
_MERCATOR = ("3857", "900913", "102100", "102113", "3785")
_DEGREES = ("4490", "4326", "84")
_PICTURES = ("image/png", "image/png8", "image/jpeg", "image/jpgpng", "image/webp")


@dataclass(frozen=True)
class MatrixSet:
    """One grid in which a layer is offered.

    Attributes
    ----------
    template
        The address of a tile, with ``{key}`` where the key goes; '' where the grid cannot be drawn here.
    least, most
        The coarsest and the finest level, counted as :mod:`cgplanner.geometry.tile_grid` does.
    """

    id: str
    grid: GridName
    template: str
    tile_size: int = 256
    least: int = 0
    most: int = 18


@dataclass(frozen=True)
class ServiceLayer:
    """A layer of a service."""

    id: str
    title: str
    sets: tuple[MatrixSet, ...]


@dataclass(frozen=True)
class Service:
    """What a service offers; ``key`` is the one that was used, which stands nowhere else."""

    title: str
    provider: str
    layers: tuple[ServiceLayer, ...]
    key: str = ""


def read_capabilities(address: str, key: str = "", *, progress: Callable[[float], None] = lambda _share: None) -> Service:
    """Ask a WMTS what it offers.

    Parameters
    ----------
    address
        Of the service, with or without ``REQUEST=GetCapabilities``; a key in it is used and taken out.
    key
        This person's key, where it is not in the address.

    Raises
    ------
    UserError
        When it does not answer, refuses, or answers with something else; no sentence holds the key.
    """
    plain, found = without_key(address.strip())
    key = key or found
    if key and "{key}" not in plain:
        plain += f"{'&' if '?' in plain else '?'}tk={{key}}"
    parts = urlsplit(plain)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(
            tr("“{text}” is no address of a service.", text=plain[:60]), hint=tr("It begins with http:// or https://.")
        )
    progress(0.0)
    data = _fetched(_request(plain).replace("{key}", quote(key, safe="")), parts.hostname, key)
    progress(0.7)
    return service_of_xml(data, plain, key)


def _request(address: str) -> str:
    given = {name.lower() for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
    if "request" in given or urlsplit(address).path.lower().endswith(".xml"):
        return address
    wanted = "&".join(text for text in ("SERVICE=WMTS" * ("service" not in given), "REQUEST=GetCapabilities") if text)
    return f"{address}{'' if address.endswith(('?', '&')) else '&' if '?' in address else '?'}{wanted}"


def _fetched(address: str, host: str, key: str) -> bytes:
    request = urllib.request.Request(address, headers={"User-Agent": f"cgplanner/{__version__}"})  # noqa: S310  http or https
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  as above
            data: bytes = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            hint = tr("Check the key.") if error.code in (401, 402, 403, 418) else tr("Check the address.")
        raise UserError(tr("{host} refuses with the code {code}.", host=host, code=error.code), hint=hint) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise UserError(
            tr("{host} does not answer.", host=host), hint=tr("Check the network and the address; nothing was added.")
        ) from None
    if len(data) > MOST_BYTES:
        raise UserError(tr("The answer of {host} is too large.", host=host), hint=tr("Check the address."))
    if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        words = words_of(data)
        raise _no_service(host, words.replace(key, "…") if key else words)
    return data


def _no_service(host: str, reason: str) -> UserError:
    return UserError(
        tr("What {host} answers is no description of a WMTS: {reason}.", host=host, reason=reason[:120].rstrip(".") or "–"),
        hint=tr("Check the address, or give the address of a tile with {z}, {x} and {y}.", z="{z}", x="{x}", y="{y}"),
    )


def service_of_xml(data: bytes, address: str, key: str = "") -> Service:
    """Return what a capabilities document says; ``address`` (with ``{key}``) is where it came from.

    Raises
    ------
    UserError
        When it is none, or offers no layer.
    """
    host = urlsplit(address).hostname or address
    root = tree_of(data, lambda reason: _no_service(host, reason))
    contents = _child(root, "Contents")
    if _name(root) != "Capabilities" or contents is None:
        said = " ".join(" ".join(root.itertext()).split())
        raise _no_service(host, said.replace(key, "…") if key else said)
    sets = {_text(each, "Identifier"): each for each in _children(contents, "TileMatrixSet")}
    endpoint = _endpoint(root, address)
    layers = [_layer(each, sets, endpoint, address) for each in _children(contents, "Layer")]
    if not layers:
        raise UserError(tr("{host} offers no layer.", host=host), hint=tr("Choose another service."))
    about, provider = _child(root, "ServiceIdentification"), _child(root, "ServiceProvider")
    title = _text(about, "Title") if about is not None else ""
    return Service(title or host, _text(provider, "ProviderName") if provider is not None else "", tuple(layers), key)


def chosen_set(service: Service, layer: str, matrix_set: str = "") -> tuple[ServiceLayer, MatrixSet]:
    """Return the layer of this name or title, and the grid of this name (the first that can be drawn, where '').

    Raises
    ------
    UserError
        When there is none; the sentence lists those there are.
    """
    wanted = next((each for each in service.layers if layer in (each.id, each.title)), None)
    if wanted is None:
        names = ", ".join(each.id for each in service.layers[:20])
        raise UserError(tr("The service has no layer “{name}”.", name=layer), hint=tr("Its layers: {layers}.", layers=names))
    found = next((each for each in wanted.sets if each.template and matrix_set in ("", each.id)), None)
    if found is None:
        names = ", ".join(each.id for each in wanted.sets if each.template) or "–"
        raise UserError(
            tr("This layer is in a grid that cannot be drawn here."), hint=tr("Grids that can be: {names}.", names=names)
        )
    return wanted, found


def _layer(layer: ET.Element, sets: dict[str, ET.Element], endpoint: str, address: str) -> ServiceLayer:
    name = _text(layer, "Identifier")
    offered = [_text(link, "TileMatrixSet") for link in _children(layer, "TileMatrixSetLink")]
    made = [_matrix_set(layer, sets[each], endpoint, address) for each in offered if each in sets]
    return ServiceLayer(name, _text(layer, "Title") or name, tuple(sorted(made, key=lambda each: not each.template)))


def _matrix_set(layer: ET.Element, matrix_set: ET.Element, endpoint: str, address: str) -> MatrixSet:
    name = _text(matrix_set, "Identifier")
    code = re.split(r"[:/]", _text(matrix_set, "SupportedCRS"))[-1]
    grid: GridName = "mercator" if code in _MERCATOR else "geographic"
    levels = list(_levels(matrix_set, grid)) if code in (*_MERCATOR, *_DEGREES, "CRS84") else []
    if not levels:
        return MatrixSet(name, grid, "")
    tile = levels[0][2]
    alike = {(zoom, _word_of(word, zoom)) for zoom, word, size in levels if size == tile}
    words = {word for _, word in alike if word}
    if len(words) != 1:  # levels that are called by no number
        return MatrixSet(name, grid, "")
    zooms = [zoom for zoom, _ in alike]
    template = _template(layer, name, words.pop(), endpoint, address)
    return MatrixSet(name, grid, template, tile, max(min(zooms), 0), min(max(zooms), MOST_ZOOM))


def _levels(matrix_set: ET.Element, grid: GridName) -> Iterator[tuple[int, str, int]]:
    """Give zoom, name and tile size of the levels that lie in the grid as we know it."""
    whole = 2 * _HALF if grid == "mercator" else 360.0 * _DEGREE
    corner = (_HALF, _HALF) if grid == "mercator" else (180.0, 90.0)
    for each in _children(matrix_set, "TileMatrix"):
        try:
            scale, tile = float(_text(each, "ScaleDenominator")), int(_text(each, "TileWidth"))
            corners = [abs(float(text)) for text in _text(each, "TopLeftCorner").split()]
        except ValueError:
            continue
        lies = len(corners) == 2 and all(
            math.isclose(one, other, rel_tol=1e-5) for one, other in zip(sorted(corners), sorted(corner), strict=True)
        )
        if not lies or scale <= 0 or tile not in (256, 512) or _text(each, "TileHeight") != str(tile):
            continue
        for pixel in _PIXELS:
            zoom = math.log2(whole / (tile * scale * pixel))
            if abs(zoom - round(zoom)) < 0.01 and 0 <= round(zoom) <= MOST_ZOOM:
                yield round(zoom), _text(each, "Identifier"), tile
                break


def _word_of(name: str, zoom: int) -> str:
    """Return what a level is called with the placeholder of its number; '' where its name does not go by its number."""
    found = re.fullmatch(r"(.*?)(\d+)", name)
    if found is None or (len(found[2]) > 1 and found[2].startswith("0")):
        return ""
    mark = {0: "{z}", -1: "{z-1}"}.get(int(found[2]) - zoom)
    return f"{found[1]}{mark}" if mark else ""


def _template(layer: ET.Element, matrix_set: str, level: str, endpoint: str, address: str) -> str:
    formats = [each.text.strip() for each in _children(layer, "Format") if each.text]
    picture = next((each for each in _PICTURES if each in formats), formats[0] if formats else "image/png")
    styles = _children(layer, "Style")
    style = next((each for each in styles if each.get("isDefault") == "true"), styles[0] if styles else None)
    style_name = _text(style, "Identifier") if style is not None else "default"
    urls = [each for each in _children(layer, "ResourceURL") if each.get("resourceType", "tile") == "tile"]
    url = next((each for each in urls if each.get("format") == picture), urls[0] if urls else None)
    if url is not None and url.get("template") and not endpoint:
        made = _of_rest(str(url.get("template")), layer, matrix_set, style_name, level)
    else:
        made = wmts_template(
            endpoint or _base(address), _text(layer, "Identifier"), matrix_set, style=style_name, picture=picture, level=level
        )
    try:
        return template_of(_with_key(_reachable(made, address), address))[0]
    except UserError:
        return ""


def _of_rest(template: str, layer: ET.Element, matrix_set: str, style: str, level: str) -> str:
    values = {"layer": _text(layer, "Identifier"), "style": style, "tilematrixset": matrix_set, "tilematrix": level}
    values |= {"tilerow": "{y}", "tilecol": "{x}"}
    values |= {_text(each, "Identifier").lower(): _text(each, "Default") for each in _children(layer, "Dimension")}
    return re.sub(r"\{([^{}]+)\}", lambda found: values.get(found[1].lower(), found[0]), template)


def _with_key(template: str, address: str) -> str:
    """Ask for tiles with the key that the description was asked with."""
    found = re.search(r"[?&]([^=&?]+)=\{key\}", address)
    if found is None or "{key}" in without_key(template)[0]:
        return template
    return f"{template}{'&' if '?' in template else '?'}{found[1]}={{key}}"


def _base(address: str) -> str:
    """Return the address of a service without what asks for its description."""
    base, _, query = address.partition("?")
    kept = [each for each in query.split("&") if each and each.split("=")[0].lower() not in ("request", "service", "version")]
    return f"{base}?{'&'.join(kept)}" if kept else base


def _endpoint(root: ET.Element, address: str) -> str:
    """Return where tiles are asked for by key-value pairs; '' where the service takes none."""
    for operation in root.iter():
        if _name(operation) != "Operation" or operation.get("name") != "GetTile":
            continue
        for get in (each for each in operation.iter() if _name(each) == "Get"):
            encodings = [each.text or "" for each in get.iter() if _name(each) == "Value"]
            href = next((value for name, value in get.attrib.items() if name.endswith("href")), "")
            if href and (not encodings or "KVP" in encodings):
                return _reachable(href, address)
        return ""
    return "" if any(_name(each) == "ResourceURL" for each in root.iter()) else _base(address)


def _reachable(url: str, address: str) -> str:
    """Mend what services behind another one say of themselves: their own machine, or http where https was asked."""
    asked, said = urlsplit(address), urlsplit(url)
    if said.hostname in ("localhost", "127.0.0.1") and asked.hostname != said.hostname:
        return url.replace(f"{said.scheme}://{said.netloc}", f"{asked.scheme}://{asked.netloc}", 1)
    if asked.scheme == "https" and said.scheme == "http" and asked.hostname == said.hostname and said.port in (None, 80):
        return url.replace(f"http://{said.netloc}", f"https://{asked.netloc}", 1)
    return url


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _children(element: ET.Element, name: str) -> list[ET.Element]:
    return [each for each in element if _name(each) == name]


def _child(element: ET.Element, name: str) -> ET.Element | None:
    return next(iter(_children(element, name)), None)


def _text(element: ET.Element, name: str) -> str:
    found = _child(element, name)
    return " ".join((found.text or "").split()) if found is not None else ""

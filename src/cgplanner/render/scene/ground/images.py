"""Base maps as whole pictures of one view, for paper and for picture files: fetched, bent, and what could not be had.

The window draws its ground in tiles of its own; here everything is waited for, but not for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cgplanner.errors import Cancelled, UserError
from cgplanner.geometry.tile_grid import PieceKey
from cgplanner.io.ground.basemap_source import GroundAccess, opened
from cgplanner.io.ground.pyramid import Pyramid
from cgplanner.io.ground.tile_pictures import BasemapTrouble
from cgplanner.model.basemap import Basemap
from cgplanner.render.scene.ground.bending import GroundPlan, ground_pixels, ground_plan
from cgplanner.render.scene.viewport import Viewport

if TYPE_CHECKING:
    from PIL.Image import Image

AT_ONCE = 3  # tiles of a service
PATIENCE_SECONDS = 90.0  # for one service; what has come by then is drawn


@dataclass(frozen=True, eq=False)
class GroundImage:
    """A base map over a whole view.

    Attributes
    ----------
    pixels
        uint8 (height, width, 4), premultiplied RGBA.
    """

    basemap: Basemap
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Sharpness:
    """How fine a ground is drawn.

    ``dots`` of the target lie in a device unit of the view; ``services`` and ``files`` say how many pixels of the source lie
    beside a dot. The lettering of a service is made for screens: as fine as paper it could not be read, and ten times as many
    tiles would be asked for.
    """

    dots: float
    services: float = 1.0
    files: float = 1.0


def ground_images(
    basemaps: Iterable[Basemap],
    view: Viewport,
    sharpness: Sharpness,
    access: GroundAccess | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[tuple[GroundImage, ...], tuple[str, ...]]:
    """Return the visible base maps over a view, the lowest first, and a sentence for each that is not there or not whole."""
    access = access or GroundAccess()
    images: list[GroundImage] = []
    troubles: list[str] = []
    for basemap in basemaps:
        if not basemap.visible or basemap.opacity <= 0 or not view.crs:
            continue
        try:
            pyramid = opened(basemap, access.keys, access.store, access.beside)
        except UserError as error:
            troubles.append(str(error))
            continue
        try:
            found, trouble = _image(basemap, pyramid, view, sharpness, cancelled)
        finally:
            pyramid.close()
        if found is not None:
            images.append(found)
        if trouble:
            troubles.append(trouble)
    return tuple(images), tuple(dict.fromkeys(troubles))


def _image(
    basemap: Basemap, pyramid: Pyramid, view: Viewport, sharpness: Sharpness, cancelled: Callable[[], bool]
) -> tuple[GroundImage | None, str]:
    width, height = max(round(view.width * sharpness.dots), 1), max(round(view.height * sharpness.dots), 1)
    fine = sharpness.services if pyramid.is_online else sharpness.files
    plan = ground_plan(view, width, height, pyramid.grid, sharpness=fine)
    if plan is None:
        return None, ""
    pieces, trouble = _pieces(plan, pyramid, cancelled)
    if not pieces:
        return None, trouble
    raw = np.frombuffer(ground_pixels(plan, pyramid.grid, pieces), np.uint8)
    return GroundImage(basemap, raw.reshape(height, width, 4)), trouble


def _pieces(plan: GroundPlan, pyramid: Pyramid, cancelled: Callable[[], bool]) -> tuple[dict[PieceKey, Image], str]:
    """Return the pieces that could be had, and what is wrong with the others."""
    until = time.monotonic() + PATIENCE_SECONDS
    troubles: list[str] = []

    def enough() -> bool:
        return cancelled() or time.monotonic() > until

    def fetch(key: PieceKey) -> Image | None:
        try:
            kept = pyramid.kept(key)
            if kept is False:
                return pyramid.piece(key, enough)
        except BasemapTrouble as trouble:
            troubles.append(str(trouble.sentence))
            return None
        except Cancelled:
            return None
        return None if isinstance(kept, bool) else kept

    with ThreadPoolExecutor(AT_ONCE if pyramid.is_online else 1) as pool:
        found = dict(zip(plan.keys, pool.map(fetch, plan.keys), strict=True))
    if cancelled():
        raise Cancelled
    return {key: piece for key, piece in found.items() if piece is not None}, troubles[0] if troubles else ""


def straight_alpha(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return premultiplied pixels as those whose colours do not depend on their alpha."""
    if (pixels[..., 3] == 255).all():
        return pixels
    alpha = np.maximum(pixels[..., 3:], 1).astype(np.uint16)
    out = pixels.copy()
    out[..., :3] = np.minimum(pixels[..., :3].astype(np.uint16) * 255 // alpha, 255)
    return out


def faded(pixels: NDArray[np.uint8], opacity: float) -> NDArray[np.uint8]:
    """Return straight pixels of which only so much is left."""
    if opacity >= 1.0:
        return pixels
    out = pixels.copy()
    out[..., 3] = np.round(pixels[..., 3] * max(opacity, 0.0))
    return out

"""Georeferenced pictures: GeoTIFF, and PNG or JPEG with a world file (and a .prj), read in windows and from overviews.

rasterio alone is asked for pixels; coordinate systems go through pyproj as everywhere else. Nothing is ever read whole, so a
file of 20 000 x 20 000 pixels costs no more memory than a small one.
"""

from __future__ import annotations

import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cgplanner.errors import UserError
from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy
from cgplanner.geometry.ragged import Floats
from cgplanner.geometry.tile_grid import Affine, PieceKey, inverted, raster_grid, to_pixels
from cgplanner.io.crs.crs_files import crs_of_driver, crs_of_prj
from cgplanner.io.ground.pyramid import IsCancelled
from cgplanner.io.ground.tile_pictures import BasemapTrouble
from cgplanner.io.report import CrsCandidate, Report
from cgplanner.io.source import LoadedLayer
from cgplanner.model.basemap import OffsetName
from cgplanner.model.schema import Schema
from cgplanner.model.table import table_from_records
from cgplanner.text import sentence, tr

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg")
CACHE_MB = 64
_STRETCH = (2.0, 98.0)  # percentiles of heights and measured values that become black and white
_FOOTPRINTS = 12  # boxes along a side of the picture that the zone detective is shown

Pixels = NDArray[Any]


class RasterPyramid:
    """One file.

    Parameters
    ----------
    crs
        What somebody has chosen; '' takes what the file says.

    Raises
    ------
    UserError
        When the file is missing, no raster, does not say where on earth it lies, or in what coordinates.
    """

    is_online = False

    def __init__(self, path: Path, crs: str = "", offset: OffsetName = "") -> None:
        self._path, self._lock = path, threading.Lock()
        self._data = _opened(path)
        try:
            to_px = _to_pixels_of(self._data, path)
            self.crs = crs or _crs_of(self._data, path)
            if not self.crs:
                raise UserError(
                    tr("{name} does not say its coordinate system.", name=path.name),
                    hint=tr("Choose the one it was made in; the zone detective offers what fits."),
                    path=path,
                )
            _check_crs(self.crs, path)
            self.grid = raster_grid(self.crs, to_px, self._data.width, self._data.height, offset=offset)
            self._bands, self._alpha = _bands_of(self._data)
            self._colours = _colours_of(self._data) if len(self._bands) == 1 else None
            self._range: tuple[float, float] | None = None
        except BaseException:
            self._data.close()
            raise

    def kept(self, key: PieceKey) -> Image | bool:
        """Return a piece; everything is at hand."""
        found = self.piece(key, lambda: False)
        return True if found is None else found

    def piece(self, key: PieceKey, cancelled: IsCancelled) -> Image | None:
        """Return a piece; see :class:`Pyramid`."""
        from PIL import Image as pictures  # noqa: N813, PLC0415  with rasterio, when there is something to read
        from rasterio.errors import RasterioError  # noqa: PLC0415  the same

        del cancelled
        level, tile = self.grid.level(key.level), self.grid.tile
        left, top = key.column * tile, key.row * tile
        width, height = min(tile, level.width - left), min(tile, level.height - top)
        if width <= 0 or height <= 0:
            return None
        window = self._window(left / level.width, top / level.height, width / level.width, height / level.height)
        try:
            with self._lock:
                pixels = self._read(window, width, height)
        except RasterioError:
            raise BasemapTrouble(sentence("Parts of {name} are damaged.", name=self._path.name), 0.0) from None
        return pictures.fromarray(pixels).convert("RGBa")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._data.close()

    def _window(self, x: float, y: float, w: float, h: float) -> Any:
        from rasterio.windows import Window  # noqa: PLC0415  see piece

        return Window(x * self._data.width, y * self._data.height, w * self._data.width, h * self._data.height)

    def _read(self, window: Any, width: int, height: int) -> NDArray[np.uint8]:
        """Return (height, width, 4) of a window; rasterio takes the overview that fits."""
        from rasterio.enums import Resampling  # noqa: PLC0415  see piece

        how = Resampling.nearest if self._colours is not None else Resampling.bilinear
        bands = self._data.read(self._bands, window=window, out_shape=(len(self._bands), height, width), resampling=how)
        out = np.empty((height, width, 4), np.uint8)
        if self._colours is not None:
            out[:] = self._colours[np.clip(bands[0], 0, len(self._colours) - 1)]
        else:
            out[..., :3] = np.moveaxis(self._as_bytes(bands), 0, -1)
            out[..., 3] = 255
        shape = (height, width)
        if self._alpha:
            out[..., 3] = self._data.read(self._alpha, window=window, out_shape=shape)
        elif self._data.nodata is not None or self._has_mask():
            out[..., 3] = np.minimum(out[..., 3], self._data.dataset_mask(window=window, out_shape=shape))
        return out

    def _has_mask(self) -> bool:
        from rasterio.enums import MaskFlags  # noqa: PLC0415  see piece

        return any(MaskFlags.per_dataset in flags for flags in self._data.mask_flag_enums)

    def _as_bytes(self, bands: Pixels) -> NDArray[np.uint8]:
        """Return bands as 0..255; values of other kinds are stretched between what is dark and what is bright in the file."""
        if bands.dtype == np.uint8:
            return bands
        if self._range is None:
            self._range = self._measured_range()
        low, high = self._range
        with np.errstate(invalid="ignore"):
            shares = (np.nan_to_num(bands.astype(np.float64), nan=low, posinf=high, neginf=low) - low) / max(high - low, 1e-12)
        return np.asarray(np.clip(shares, 0.0, 1.0) * 255, np.uint8)

    def _measured_range(self) -> tuple[float, float]:
        side = 256
        shape = (len(self._bands), min(side, self._data.height), min(side, self._data.width))
        sample = self._data.read(self._bands, out_shape=shape, masked=True)
        values = np.asarray(sample.compressed(), np.float64)
        values = values[np.isfinite(values)]
        return tuple(np.percentile(values, _STRETCH).tolist()) if len(values) else (0.0, 1.0)


def _opened(path: Path) -> Any:
    import rasterio  # noqa: PLC0415  a GDAL of its own; not before a picture is opened

    if not path.is_file():
        raise UserError(tr("{name} is not there.", name=path.name), hint=tr("Choose the file again."), path=path)
    try:
        # Said in our words below; and GDAL would keep a twentieth of the machine's memory for pixels it has read.
        with warnings.catch_warnings(), rasterio.Env(GDAL_CACHEMAX=CACHE_MB):
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            return rasterio.open(path)
    except rasterio.errors.RasterioError:
        raise UserError(
            tr("{name} cannot be read as a picture.", name=path.name),
            hint=tr("Choose a GeoTIFF, or a PNG or JPEG with its world file."),
            path=path,
        ) from None


def _to_pixels_of(data: Any, path: Path) -> Affine:
    """Return the way from coordinates to pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transform = data.transform
    if transform.is_identity:
        raise UserError(
            tr("{name} does not say where it lies.", name=path.name),
            hint=tr("Put its world file beside it (.tfw, .pgw or .jgw with the same name)."),
            path=path,
        )
    try:
        return inverted((transform.a, transform.b, transform.c, transform.d, transform.e, transform.f))
    except ValueError:
        raise UserError(
            tr("The world file of {name} is damaged.", name=path.name), hint=tr("Ask for it again."), path=path
        ) from None


def _crs_of(data: Any, path: Path) -> str:
    """Return the CRS of the file or of a .prj beside it; '' when neither says."""
    found = crs_of_driver(data.crs.to_wkt()).crs if data.crs else ""
    if found:
        return found
    for beside in (path.with_suffix(".prj"), path.with_suffix(".PRJ")):
        if beside.is_file():
            return crs_of_prj(beside.read_bytes()).crs
    return ""


def _check_crs(crs: str, path: Path) -> None:
    """Refuse a code that nobody has given."""
    try:
        transform_xy(crs, GEOGRAPHIC, np.zeros((1, 2)))
    except RuntimeError:  # pyproj's errors
        raise UserError(
            tr("{crs}, the coordinate system of {name}, is not known.", crs=crs[:40], name=path.name),
            hint=tr("Choose another in the panel of base maps."),
            path=path,
        ) from None


def _bands_of(data: Any) -> tuple[list[int], int]:
    """Return which bands are red, green and blue (or the only one), and which is alpha (0 for none)."""
    from rasterio.enums import ColorInterp  # noqa: PLC0415  see _opened

    kinds = list(data.colorinterp)
    alpha = kinds.index(ColorInterp.alpha) + 1 if ColorInterp.alpha in kinds else 0
    wanted = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
    if all(each in kinds for each in wanted):
        return [kinds.index(each) + 1 for each in wanted], alpha
    colours = [number for number in range(1, data.count + 1) if number != alpha]
    return (colours[:3] if len(colours) >= 3 else colours[:1]), alpha


def _colours_of(data: Any) -> NDArray[np.uint8] | None:
    from rasterio.enums import ColorInterp  # noqa: PLC0415  see _opened

    if data.colorinterp[0] != ColorInterp.palette:
        return None
    table = data.colormap(1)
    colours = np.zeros((max(table) + 1, 4), np.uint8)
    for value, colour in table.items():
        colours[value] = colour
    return colours


def raster_candidates(path: Path) -> tuple[str, tuple[CrsCandidate, ...]]:
    """Return the CRS a picture says or is sure to be in ('' when neither), and what it may be where that has to be asked.

    Raises
    ------
    UserError
        When the file cannot be read or does not say where it lies.
    """
    from cgplanner.io.crs.zone_detective import investigated  # noqa: PLC0415  pyproj, and the base layers

    data = _opened(path)
    try:
        to_px, declared = _to_pixels_of(data, path), _crs_of(data, path)
        boxes = _footprint(to_px, data.width, data.height)
    finally:
        data.close()
    if declared:
        return declared, ()
    table = table_from_records(Schema((), "polygon"), [{} for _ in boxes], boxes)
    found = investigated(LoadedLayer(path.stem, table, "", Report(), path))
    plain = tuple(each for each in found.report.candidates if not each.change)
    return ("" if found.report.crs_change else found.crs), plain


def _footprint(to_px: Affine, width: int, height: int) -> list[Any]:
    """Return the picture's ground as boxes, so that its middle counts as much as its rim."""
    back = inverted(to_px)
    x, y = np.linspace(0, width, _FOOTPRINTS + 1), np.linspace(0, height, _FOOTPRINTS + 1)

    def corner(at_x: Floats, at_y: Floats) -> Floats:
        mesh = np.meshgrid(at_x, at_y)
        return to_pixels(back, np.column_stack([mesh[0].ravel(), mesh[1].ravel()]))

    corners = [corner(x[:-1], y[:-1]), corner(x[1:], y[:-1]), corner(x[1:], y[1:]), corner(x[:-1], y[1:])]
    return [shapely.Polygon(ring) for ring in np.stack(corners, axis=1)]

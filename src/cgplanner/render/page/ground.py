"""Base maps on paper: one picture each under the map, whose it is in the corner, and JPEG in the file where that is smaller."""

from __future__ import annotations

import io
from typing import Any

from pikepdf import Name, Pdf

from cgplanner.layout.page import MapFrame
from cgplanner.model.basemap import Basemap
from cgplanner.render.page.map_view import MapView
from cgplanner.render.page.pdf_operators import Ink
from cgplanner.render.page.sheet import PT_PER_MM, Sheet
from cgplanner.render.scene.ground.images import GroundImage, Sharpness, faded, straight_alpha

DPI, SERVICE_DPI = 254.0, 144.0  # of the picture on paper; of the service's own pixels, so that its lettering can be read
SHARPNESS = Sharpness(DPI / 25.4, SERVICE_DPI / DPI, 1.0)
_SIZE, _HALO, _GAP = 1.9, 0.35, 0.9  # mm
_JPEG_QUALITY = 90
_WORTH_IT = 50_000  # bytes


def draw_ground(sheet: Sheet, view: MapView, images: tuple[GroundImage, ...]) -> None:
    """Draw the pictures over the frame, each on a layer that a reader can switch off."""
    for each in images:
        with sheet.layer(each.basemap.title):
            sheet.image(faded(straight_alpha(each.pixels), each.basemap.opacity), view.box)


def draw_credits(sheet: Sheet, frame: MapFrame, basemaps: list[Basemap]) -> None:
    """Set whose pictures they are into the corner of the frame."""
    words = "  ".join(dict.fromkeys(each.attribution for each in basemaps if each.attribution))
    if not words:
        return
    from cgplanner.geometry.text_extent import text_width  # noqa: PLC0415  only where there is something to set

    x, y = frame.box.right - _GAP - text_width(words) * _SIZE, frame.box.bottom - _GAP
    ink = Ink(_SIZE * PT_PER_MM, "#3C4654", halo=_HALO * PT_PER_MM, halo_color="#FFFFFF")
    sheet.runs([(words, x, y, 0.0)], ink, halo_only=True)
    sheet.runs([(words, x, y, 0.0)], Ink(ink.size, ink.color))


def compress_pictures(pdf: Pdf) -> None:
    """Keep pictures of the page as JPEG where that is smaller: a photograph is a tenth of what it is otherwise."""
    from PIL import Image as pictures  # noqa: N813, PLC0415  only where there are pictures

    resources: Any = pdf.pages[0].obj.get("/Resources", {})
    for _, stream in sorted(resources.get("/XObject", {}).items()):
        if stream.get("/Subtype") != Name.Image or stream.get("/ColorSpace") != Name.DeviceRGB:
            continue
        size = len(stream.read_raw_bytes())
        if size < _WORTH_IT or int(stream.get("/BitsPerComponent", 8)) != 8:
            continue
        width, height = int(stream.Width), int(stream.Height)
        out = io.BytesIO()
        pictures.frombytes("RGB", (width, height), stream.read_bytes()).save(
            out, "JPEG", quality=_JPEG_QUALITY, subsampling=0, optimize=True
        )
        if len(out.getvalue()) < size:
            stream.write(out.getvalue(), filter=Name.DCTDecode, decode_parms=None)

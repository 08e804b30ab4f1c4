"""The same question answered on paper: a page of exactly the window's size, drawn as the briefing's map frame is, as pixels."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

import numpy as np
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from numpy.typing import NDArray

from cgplanner.layout.page import Box
from cgplanner.render.page.finish import About, finished
from cgplanner.render.page.fonts import page_settings
from cgplanner.render.page.map_drawing import draw_labels, draw_layers
from cgplanner.render.page.preview import preview
from cgplanner.render.page.sheet import Sheet
from cgplanner.render.scene.build import build
from cgplanner.render.scene.request import SceneRequest
from cgplanner.symbology.style import MM_PER_PX

ABOUT = About("case", "case", "cgplanner", "en", dt.datetime(2026, 11, 23, tzinfo=dt.UTC))


def in_millimetres(request: SceneRequest) -> SceneRequest:
    """Return the same window in millimetres, symbols as large as on the screen."""
    port = request.viewport
    if port.unit == "mm":
        return request
    width, height = port.width * MM_PER_PX, port.height * MM_PER_PX
    view = replace(port, unit="mm", width=width, height=height, units_per_px=port.units_per_px / MM_PER_PX)
    return replace(request, viewport=view)


def printed(request: SceneRequest) -> bytes:
    """Return a PDF page of the window's size."""
    picture = build(in_millimetres(request))
    with page_settings():
        sheet = Sheet(picture.width, picture.height)
        frame = Box(0.0, 0.0, picture.width, picture.height)
        sheet.rectangle(frame, fill=picture.background)
        with sheet.inside(frame):
            draw_layers(sheet, picture, {})
            draw_labels(sheet, picture.labels, tuple("".join(line.text for line in label.lines) for label in picture.labels))
        ink = io.BytesIO()
        FigureCanvasPdf(sheet.figure).print_pdf(ink, metadata={"CreationDate": None})
    return finished(
        ink.getvalue(),
        ABOUT,
        paths=sheet.bulk_paths,
        groups=sheet.groups,
        layers=sheet.layers,
        bookmarks=[],
        georeference=None,
    )


def paper_pixels(request: SceneRequest, ratio: float) -> NDArray[np.int16]:
    """Return the page as RGB (h, w, 3), ``ratio`` pixels to a px of the screen."""
    return preview(printed(request), 96.0 * ratio)[..., :3].astype(np.int16)

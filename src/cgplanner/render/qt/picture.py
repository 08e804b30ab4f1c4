"""A picture of the map as a file, without a window and without a display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtGui import QColor, QImage, QPainter

from cgplanner.errors import UserError
from cgplanner.io.files.safe_write import replacing
from cgplanner.render.qt.paint import paint, to_image
from cgplanner.render.scene.build import build
from cgplanner.render.scene.display_list import DisplayList
from cgplanner.render.scene.ground.images import GroundImage
from cgplanner.render.scene.request import SceneRequest
from cgplanner.text import tr

SUFFIXES = (".png", ".jpg", ".jpeg")


def write_picture(request: SceneRequest, path: Path, ground: Sequence[GroundImage] = ()) -> DisplayList:
    """Draw the request into an image file, in the place of what was there; return what was drawn.

    ``ground`` lies between the background and the layers.

    Raises
    ------
    UserError
        When the suffix names no picture, or the file cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(
            tr("“{name}” is no picture that can be written.", name=path.name),
            hint=tr("Choose the ending .png or .jpg."),
            path=path,
        )
    display_list = build(request)
    image: QImage = _over_ground(display_list, ground) if ground else to_image(display_list)
    with replacing(path) as folder:
        if not image.save(str(folder / path.name)):
            raise UserError(
                tr("“{path}” cannot be written.", path=path),
                hint=tr("Check the folder and the space left on the disk."),
                path=path,
            )
    return display_list


def _over_ground(display_list: DisplayList, ground: Sequence[GroundImage]) -> QImage:
    """Return layers on base maps, with which they blend, on the background, which takes no part in that."""
    image = to_image(replace(display_list, layers=(), labels=(), background=""))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for each in ground:
        height, width = each.pixels.shape[:2]
        picture = QImage(each.pixels.tobytes(), width, height, width * 4, QImage.Format.Format_RGBA8888_Premultiplied)
        painter.setOpacity(each.basemap.opacity)
        painter.drawImage(image.rect(), picture)
    painter.setOpacity(1.0)
    paint(display_list, painter, alone=False)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOver)
    painter.fillRect(image.rect(), QColor(display_list.background or "#FFFFFF"))
    painter.end()
    return image

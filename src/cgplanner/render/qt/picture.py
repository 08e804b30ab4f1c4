"""A picture of the map as a file, without a window and without a display."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QImage

from cgplanner.errors import UserError
from cgplanner.io.safe_write import replacing
from cgplanner.render.qt.paint import to_image
from cgplanner.render.scene.build import build
from cgplanner.render.scene.display_list import DisplayList
from cgplanner.render.scene.request import SceneRequest
from cgplanner.text import tr

SUFFIXES = (".png", ".jpg", ".jpeg")


def write_picture(request: SceneRequest, path: Path) -> DisplayList:
    """Draw the request into an image file, in the place of what was there; return what was drawn.

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
    image: QImage = to_image(display_list)
    with replacing(path) as folder:
        if not image.save(str(folder / path.name)):
            raise UserError(
                tr("“{path}” cannot be written.", path=path),
                hint=tr("Check the folder and the space left on the disk."),
                path=path,
            )
    return display_list

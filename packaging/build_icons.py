"""Render ``resources/icons/app.svg`` to ``app.png`` (256 px), which desktops ask for.

Run in a checkout: ``python packaging/build_icons.py``.
"""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "icons"
SIZE_PX = 256


def main() -> None:
    """Write the one image."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication([])
    image = QImage(SIZE_PX, SIZE_PX, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(FOLDER / "app.svg")).render(painter, QRectF(image.rect()))
    painter.end()
    image.save(str(FOLDER / "app.png"))
    application.quit()


if __name__ == "__main__":
    main()

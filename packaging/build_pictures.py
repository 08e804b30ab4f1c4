"""Draw the sample at four scales, light in Chinese and dark in English: ``docs/pictures/sample-*.png``.

Run in a checkout: ``python packaging/build_pictures.py [FOLDER]``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from PySide6.QtGui import QGuiApplication

from cgplanner.geometry.crs import transform_xy
from cgplanner.io.workspace.workspace_file import read_workspace
from cgplanner.render.qt.paint import to_image
from cgplanner.render.scene.build import SceneRequest, build
from cgplanner.render.scene.request import PAPER, Theme
from cgplanner.render.scene.viewport import Viewport
from cgplanner.resources import layers_path
from cgplanner.text import Language

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
CENTRE = 112.545, 37.86  # the middle of Taiyuan, degrees of CGCS2000
SCALES = 2_000_000, 750_000, 200_000, 50_000
LOOKS: tuple[tuple[Theme, Language], ...] = (("light", "zh"), ("dark", "en"))
SIZE_PX = 1200.0, 800.0


def main(folder: Path = FOLDER) -> None:
    """Write the eight pictures into a folder."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication([])
    workspace = read_workspace(layers_path("sample.gpkg")).workspace
    ((x, y),) = transform_xy("EPSG:4490", workspace.display_crs, np.array([CENTRE]))
    for scale in SCALES:
        view = Viewport(float(x), float(y), 1.0, *SIZE_PX, "px", workspace.display_crs).at_scale(scale)
        for theme, language in LOOKS:
            request = SceneRequest(workspace.layers, view, PAPER[theme], language=language, theme=theme)
            to_image(build(request)).save(str(folder / f"sample-{scale}-{theme}-{language}.png"))
    application.quit()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))

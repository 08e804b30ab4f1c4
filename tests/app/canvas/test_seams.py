"""On a screen at 150 % the map may begin between two pixels; its tiles must still meet. Qt takes a scale only at its start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np, shapely, time
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas import MapCanvas
from cgplanner.app.main import application
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import View, Workspace
from cgplanner.session.session import Session
from cgplanner.symbology.style import Fill, Single, Style, Symbol

running = application()
table = table_from_records(Schema((), "polygon"), [{}], [shapely.box(4e5, 4.1e6, 6e5, 4.3e6)])
layer = Layer("a", "a", "a", table, "EPSG:4546", Style(Single(Symbol(polygon=(Fill("#3FA66B"),)))))
session = Session(Workspace((layer,), display_crs="EPSG:4546", view=View(500123.4, 4190077.7, 17777.0)), journaled=False)
window = QWidget()
window.resize(1000, 800)
canvas = MapCanvas(Bridge(session), window)
canvas.setGeometry(31, 53, 900, 700)
window.show()
limit = time.monotonic() + 60
while not canvas.picture.is_done and time.monotonic() < limit:
    running.processEvents()
    time.sleep(0.005)
assert canvas.picture.is_done
ratio = canvas.devicePixelRatioF()
image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, : image.width(), :3].astype(int)
inside = pixels[int(53 * ratio) + 3 : int(753 * ratio) - 3, int(31 * ratio) + 3 : int(931 * ratio) - 3]
print(ratio, int((np.abs(inside - (0x3F, 0xA6, 0x6B)).max(axis=2) > 2).sum()))
canvas.close()
session.close()
"""


@pytest.mark.parametrize("scale", ["1.5", "1.75"])
def test_tiles_meet_at_fractions_of_a_pixel(scale: str) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, check=True, capture_output=True, text=True, timeout=120
    )
    assert told.stdout.split() == [scale, "0"]

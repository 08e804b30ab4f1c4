"""Go to a place by its coordinates: what is typed is understood while it is typed, and shown before anything moves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.coordinates import dms
from cgplanner.app.controls.crs_words import crs_words
from cgplanner.app.dialogs.card import Card
from cgplanner.geometry.place_text import PlaceReading, place_readings
from cgplanner.text import tr

_WAIT_MS, _ROWS, _ROW_PX = 80, 5, 24


class GoToDialog(Card):
    """Asks for a place; ``chosen`` is called with what it was taken for, and what to write beside the mark.

    Parameters
    ----------
    near
        Longitude and latitude where the map looks.
    """

    def __init__(
        self, parent: QWidget | None, near: tuple[float, float], chosen: Callable[[PlaceReading, str], object]
    ) -> None:
        super().__init__(tr("Go to coordinates"), parent, width=520)
        self._near, self._chosen = near, chosen
        self._readings: tuple[PlaceReading, ...] = ()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT_MS)
        self._wait.timeout.connect(self._read)
        self.line = QLineEdit(self)
        self.line.setPlaceholderText("112.5489, 37.8706")
        self.line.setAccessibleName(tr("Coordinates"))
        self.line.textChanged.connect(lambda _: self._wait.start())
        self.line.returnPressed.connect(self._go)
        self.body.addWidget(self.line)
        self.add_text(
            tr("Degrees, degrees with minutes and seconds, or projected with or without the zone's number, in either order."),
            "small",
        )
        self.list = QListWidget(self)
        self.list.setAccessibleName(tr("What it may mean"))
        self.list.setFixedHeight(_ROWS * _ROW_PX + theme.px(2))
        self.list.itemDoubleClicked.connect(lambda _: self._go())
        self.list.itemActivated.connect(lambda _: self._go())
        self.body.addWidget(self.list)
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Go there"), self._go, default=True)
        self._read()
        self.line.setFocus()

    def _read(self) -> None:
        self._wait.stop()
        text = self.line.text()
        self._readings = place_readings(text, self._near)
        self.list.clear()
        for reading in self._readings:
            self.list.addItem(QListWidgetItem(reading_words(reading)))
        if self._readings:
            self.list.setCurrentRow(0)
        self.list.setEnabled(bool(self._readings))
        self.ok.setEnabled(bool(self._readings))
        empty, wrong = tr("Type the coordinates of a place."), tr("These are no coordinates of a place.")
        self.ok.setToolTip("" if self._readings else wrong if text.strip() else empty)
        if not self._readings and text.strip():
            self.list.addItem(wrong)

    def _go(self) -> None:
        if self._wait.isActive():
            self._read()
        row = self.list.currentRow()
        if self._readings and row >= 0:
            reading = self._readings[row]
            self.accept()
            self._chosen(reading, f"{dms(reading.lon)}E  {dms(reading.lat)}N")


def reading_words(reading: PlaceReading) -> str:
    """Return what numbers were taken for and where that is."""
    place = f"{reading.lon:.5f}°E  {reading.lat:.5f}°N"
    if reading.offset == "gcj02":
        return tr("{place}  if they are GCJ-02 (Amap, Tencent)", place=place)
    if reading.offset == "bd09":
        return tr("{place}  if they are BD-09 (Baidu)", place=place)
    if reading.crs == "EPSG:4490":
        return place
    return tr("{place}  in {crs}", place=place, crs=crs_words(reading.crs))

"""Where the pointer is, in the status bar; a click chooses the coordinates it is said in, or copies them."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QActionGroup, QGuiApplication
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.coordinates import STYLES, place_words, style_words
from cgplanner.app.controls.crs_words import is_known
from cgplanner.text import tr


class PlaceBox(QPushButton):
    """A place in words.

    Signals
    -------
    style_chosen(str)
        Somebody wants places written this way from now on.
    crs_wanted
        Somebody wants another coordinate system than those of the menu.
    """

    style_chosen = Signal(str)
    crs_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("placeBox")
        self.setFont(theme.sized(self.font(), theme.TABLE_PX))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAutoDefault(False)
        self.menu_of_styles = QMenu(self)
        self.menu_of_styles.aboutToShow.connect(self._fill)
        self.setMenu(self.menu_of_styles)
        self.style_id = ""
        self._crs, self._place = "", (float("nan"), float("nan"))
        self.retranslate()

    def show_place(self, crs: str, x: float, y: float) -> None:
        """Show a place of the display CRS."""
        self._crs, self._place = crs, (x, y)
        self.setText(place_words(self.style_id, crs, x, y))

    def choose(self, style: str) -> None:
        """Write places this way from now on; a code that nobody has given is as none."""
        self.style_id = style if style in STYLES or is_known(style) else ""
        if not math.isnan(self._place[0]):  # the mouse was over the map
            self.show_place(self._crs, *self._place)
        self.retranslate()

    def _fill(self) -> None:
        menu = self.menu_of_styles
        menu.clear()
        group = QActionGroup(menu)
        own = () if self.style_id in STYLES else (self.style_id,)
        for style in (*STYLES, *own):
            action = menu.addAction(style_words(style), partial(self._take, style))
            action.setCheckable(True)
            action.setChecked(style == self.style_id)
            group.addAction(action)
        menu.addAction(tr("Another coordinate system…"), self.crs_wanted.emit)
        menu.addSeparator()
        copy = menu.addAction(tr("Copy the coordinates"), self._copy)
        copy.setEnabled(bool(self.text()))

    def _take(self, style: str) -> None:
        self.choose(style)
        self.style_chosen.emit(style)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.setToolTip(tr("Where the pointer is: {style}. Click for other coordinates.", style=style_words(self.style_id)))
        self.setAccessibleName(tr("Coordinates of the pointer"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

"""Asks for one coordinate system, with guesses where there are any."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from cgplanner.app.controls.crs_words import crs_words, is_known
from cgplanner.app.dialogs.card import Card
from cgplanner.app.dialogs.crs_choice import CrsChoice
from cgplanner.io.report import CrsCandidate
from cgplanner.text import tr


class CrsDialog(Card):
    """``chosen`` is called with "EPSG:n"."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        words: str,
        chosen: Callable[[str], object],
        candidates: Sequence[CrsCandidate] = (),
    ) -> None:
        super().__init__(title, parent)
        self._chosen = chosen
        if words:
            self.add_text(words, "secondary")
        self.crs = CrsChoice(tr("Choose…"), self)
        self.crs.offer([(f"{each.likelihood:.0%} · {crs_words(each.crs)}", each) for each in candidates])
        self.crs.currentTextChanged.connect(lambda _: self._check())
        self.body.addWidget(self.crs)
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Take it"), self._take, default=True)
        if candidates:
            self.crs.setCurrentIndex(1)
        self._check()

    def _check(self) -> None:
        good = is_known(self.crs.crs or "")
        self.ok.setEnabled(good)
        self.ok.setToolTip("" if good else tr("Choose a coordinate system or type its EPSG code."))

    def _take(self) -> None:
        chosen = self.crs.crs
        if chosen and is_known(chosen):
            self.accept()
            self._chosen(chosen)

"""The card that takes a layer of the workspace to another datum: what it is in now, and the ways an import offers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.crs_words import crs_words
from cgplanner.app.dialogs.card import Card
from cgplanner.app.dialogs.datum_choice import ROUGH, DatumChoice
from cgplanner.io.crs.datum_change import DatumChange
from cgplanner.model.layer import Layer
from cgplanner.text import tr


class LayerDatumDialog(Card):
    """Asks for the way; ``take`` is called with it and the CRS that it leads to.

    Parameters
    ----------
    before
        The CRS that the layer was taken from without parameters, None where it lies as it came: a better way begins there.
    """

    def __init__(
        self, parent: QWidget | None, layer: Layer, before: str | None, take: Callable[[DatumChange, str], object]
    ) -> None:
        super().__init__(tr("Datum of {layer}", layer=layer.title), parent, width=560)
        self._take_change = take
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(4))
        form.setVerticalSpacing(theme.px(2))
        form.addRow(tr("Now"), self._fact(crs_words(layer.crs)))
        if layer.accuracy_text:
            form.addRow(tr("Accuracy"), self._fact(layer.accuracy_text))
        self.datum = DatumChoice(self)
        self.datum.show_for(before or layer.crs)
        if before is not None:
            self.datum.removeItem(self.datum.findData(ROUGH))
        self.datum.changed.connect(self._check)
        form.addRow(tr("Datum"), self.datum)
        self.body.addLayout(form)
        self._said = self.add_text("", "secondary")
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Change the datum"), self._take, default=True)
        self.datum.setFocus()
        self._check()

    def _fact(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setWordWrap(True)
        return label

    def _check(self) -> None:
        chosen = self.datum.change is not None
        self._said.setText(self.datum.said or tr("Nothing is changed yet: choose a way above. It can be undone."))
        self.ok.setEnabled(chosen)
        self.ok.setToolTip("" if chosen else tr("Choose how the datum is to be changed first."))

    def _take(self) -> None:
        change = self.datum.change
        if change is not None:
            self.accept()
            self._take_change(change, self.datum.target)

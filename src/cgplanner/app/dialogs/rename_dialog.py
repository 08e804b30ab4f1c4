"""Another title for a layer, in both languages."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from cgplanner.app.dialogs.card import Card
from cgplanner.model.layer import Layer
from cgplanner.text import tr


class RenameDialog(Card):
    """Asks for the Chinese and the English title; ``renamed`` is called with both."""

    def __init__(self, parent: QWidget | None, layer: Layer, renamed: Callable[[str, str], object]) -> None:
        super().__init__(tr("Rename the layer"), parent)
        self._renamed = renamed
        self.chinese = QLineEdit(layer.title_zh, self)
        self.english = QLineEdit(layer.title_en, self)
        form = QFormLayout()
        form.addRow(tr("Chinese title"), self.chinese)
        form.addRow(tr("English title"), self.english)
        self.body.addLayout(form)
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Rename"), self._take, default=True)
        for line in (self.chinese, self.english):
            line.textChanged.connect(lambda _: self._check())

    def _check(self) -> None:
        empty = not (self.chinese.text().strip() or self.english.text().strip())
        self.ok.setEnabled(not empty)
        self.ok.setToolTip(tr("A layer needs a title in at least one language.") if empty else "")

    def _take(self) -> None:
        self.accept()
        self._renamed(self.chinese.text().strip(), self.english.text().strip())

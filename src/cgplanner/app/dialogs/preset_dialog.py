"""The name that a style is saved under; says at once when the name is no good, or taken."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from cgplanner.app.dialogs.card import Card
from cgplanner.errors import UserError
from cgplanner.io.styles.style_presets import Presets
from cgplanner.text import tr


class PresetDialog(Card):
    """Asks for a name; ``save`` is called with it. A name that is taken makes the button say that it replaces."""

    def __init__(self, parent: QWidget | None, presets: Presets, name: str, save: Callable[[str], object]) -> None:
        super().__init__(tr("Save the style"), parent)
        self._presets, self._save = presets, save
        self.name = QLineEdit(name, self)
        self.name.selectAll()
        form = QFormLayout()
        form.addRow(tr("Name"), self.name)
        self.body.addLayout(form)
        self.why = self.add_text("", "secondary")
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Save"), self._take, default=True)
        self.name.textChanged.connect(lambda _: self._check())
        self._check()
        self.name.setFocus()

    def _check(self) -> None:
        name = self.name.text().strip()
        taken = name in self._presets.names()
        why = self._refusal(name)
        told = tr("There is a saved style “{name}” already.", name=name) if taken else why if name else ""
        self.why.setText(told)
        self.ok.setText(tr("Replace") if taken else tr("Save"))
        self.ok.setEnabled(not why)
        self.ok.setToolTip(why)

    def _refusal(self, name: str) -> str:
        try:
            self._presets.check_name(name)
        except UserError as error:
            return str(error)
        return ""

    def _take(self) -> None:
        if self.ok.isEnabled():
            self.accept()
            self._save(self.name.text().strip())

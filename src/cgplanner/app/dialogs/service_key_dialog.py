"""Asks for this person's key of a map service; it stays on this computer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from cgplanner.app.dialogs.card import Card
from cgplanner.text import tr


class ServiceKeyDialog(Card):
    """``entered`` is called with the key, '' to forget it."""

    def __init__(self, parent: QWidget | None, service: str, key: str, entered: Callable[[str], object]) -> None:
        super().__init__(tr("Your key of {service}", service=service), parent)
        self._entered = entered
        self.add_text(
            tr("The service gives keys to registered users. Yours is kept on this computer only, never in the workspace."),
            "secondary",
        )
        self.line = QLineEdit(key, self)
        self.line.setAccessibleName(tr("Key"))
        self.line.setEchoMode(QLineEdit.EchoMode.PasswordEchoOnEdit)
        self.line.returnPressed.connect(self._take)
        self.body.addWidget(self.line)
        self.add_button(tr("Cancel"), self.reject)
        self.add_button(tr("Keep the key"), self._take, default=True)
        self.line.setFocus()

    def _take(self) -> None:
        self.accept()
        self._entered(self.line.text().strip())

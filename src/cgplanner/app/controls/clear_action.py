"""A small cross at the end of a line that empties it, drawn in the colours of the theme (Qt's own stays black)."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit

from cgplanner.app.icons import icon


def add_clear_action(line: QLineEdit) -> None:
    """Add the cross; it is there while there is something to empty."""
    action = line.addAction(icon("close", "secondary"), QLineEdit.ActionPosition.TrailingPosition)
    action.setVisible(bool(line.text()))
    action.triggered.connect(line.clear)
    line.textChanged.connect(lambda text: action.setVisible(bool(text)))

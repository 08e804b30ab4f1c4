"""A named row of a form: the name on the left in one width, so that all rows of a panel stand in one line."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from cgplanner.app import theme

NAME_WIDTH = 76


class FormRow(QWidget):
    """A label and what it names."""

    def __init__(self, content: QWidget, parent: QWidget | None = None, *, also: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel(self)
        self._label.setProperty("role", "secondary")
        self._label.setFixedWidth(NAME_WIDTH)
        self._label.setWordWrap(True)
        self._label.setBuddy(content)
        self._content, self._said = content, ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(1))
        row.addWidget(self._label)
        if content.minimumWidth() == content.maximumWidth():  # a colour stands at the left, where the others begin
            row.addWidget(content)
            row.addStretch(1)
        else:
            row.addWidget(content, 1)
        if also is not None:
            row.addWidget(also)

    def say(self, name: str) -> None:
        """Give the row its name, also for screen readers."""
        self._label.setText(name)
        if self._content.accessibleName() in ("", self._said):  # a name of its own is left alone
            self._content.setAccessibleName(name)
        self._said = name

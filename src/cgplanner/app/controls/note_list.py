"""Sentences one under the other that never take more than some lines of a dialog; the rest is reached by scrolling."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

MOST_LINES = 5


class NoteList(QScrollArea):
    """Shows lines of secondary text as high as they are, up to :data:`MOST_LINES`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setProperty("role", "secondary")
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setWidget(self._label)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._fit()

    def text(self) -> str:
        """Return what is shown."""
        return self._label.text()

    def show_lines(self, lines: list[str]) -> None:
        """Show these sentences, each behind a dot."""
        self._label.setText("\n".join(f"• {line}" for line in lines))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Take the height of the text; with a part of a line more where there is more, so that the eye sees it."""
        line = self._label.fontMetrics().lineSpacing()
        wanted = self._label.heightForWidth(max(1, self.viewport().width())) if self._label.text() else 0
        most = line * MOST_LINES + line // 2
        self.setFixedHeight(min(wanted, most) if wanted > most + line // 2 else wanted)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if wanted > most else Qt.FocusPolicy.NoFocus)
        self.setVisible(bool(wanted))

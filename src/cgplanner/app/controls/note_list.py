"""Sentences one under the other that never take more than some lines of a dialog; the rest is reached by scrolling."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QWidget

MOST_LINES = 4


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
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def text(self) -> str:
        """Return what is shown."""
        return self._label.text()

    def show_lines(self, lines: list[str]) -> None:
        """Show these sentences, each behind a dot."""
        self._label.setText("\n".join(f"• {line}" for line in lines))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if len(lines) > MOST_LINES else Qt.FocusPolicy.NoFocus)
        self.setVisible(bool(lines))
        self.updateGeometry()

    def heightForWidth(self, width: int) -> int:
        """Return the height of the text; where that is too much, of some lines and a part of the next for the eye to see."""
        line = self._label.fontMetrics().lineSpacing()
        wanted = self._label.heightForWidth(width)
        return wanted if wanted <= (MOST_LINES + 1) * line else MOST_LINES * line + line // 2

    def sizeHint(self) -> QSize:
        """Return one line: how many there will be is known with the width, and layouts ask for that."""
        return QSize(0, self._label.fontMetrics().lineSpacing())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

"""The frame that all dialogs share: a heading, a body, and buttons at the foot with one default."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cgplanner.app import theme

FRAME_PX = 32  # of the title a window manager puts over it


class Card(QDialog):
    """A window-modal dialog; ``body`` takes its content."""

    def __init__(self, title: str, parent: QWidget | None = None, *, width: int = 440) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(width)
        self.heading = QLabel(title, self)
        self.heading.setProperty("role", "heading")
        self.heading.setWordWrap(True)
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.px(2))
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(theme.px(2))
        self._buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(5), theme.px(5), theme.px(5), theme.px(4))
        column.setSpacing(theme.px(3))
        column.addWidget(self.heading)
        column.addLayout(self.body)
        column.addStretch(1)
        column.addSpacing(theme.px(1))
        column.addLayout(self._buttons)

    def event(self, event: QEvent) -> bool:
        """Grow with its words: a wrapped paragraph is higher than the size Qt thinks a dialog needs."""
        if event.type() != QEvent.Type.LayoutRequest:
            return super().event(event)
        done, layout = super().event(event), self.layout()
        if layout is not None:
            most = self.screen().availableGeometry().height() - FRAME_PX
            wanted = min(layout.totalHeightForWidth(self.width()), most)
            if wanted > self.height():
                self.resize(self.width(), wanted)
        return done

    def add_button(self, text: str, clicked: Callable[[], object], *, default: bool = False) -> QPushButton:
        """Add a button at the right end of the foot."""
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.setDefault(default)
        button.clicked.connect(lambda _checked=False: clicked())
        self._buttons.addWidget(button)
        return button

    def add_text(self, text: str, role: str = "") -> QLabel:
        """Add a paragraph to the body."""
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if role:
            label.setProperty("role", role)
        self.body.addWidget(label)
        return label

    def add_line(self) -> None:
        """Add a thin rule to the body."""
        line = QFrame(self)
        line.setProperty("role", "line")
        self.body.addWidget(line)

"""The head of a panel: its title and a few flat buttons. Doubles as the title bar of a dock."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from cgplanner.app import theme
from cgplanner.app.icons import icon

Words = Callable[[], str]


class PanelHeader(QWidget):
    """Title and buttons in one row of 32 px; words are functions, asked again when the language changes."""

    def __init__(self, title: Words, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panelHeader")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(theme.HEADER_HEIGHT)
        self._title, self._tips = title, dict[QToolButton, Words]()
        self.label = QLabel(self)
        self.label.setProperty("role", "title")
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(theme.px(3), 0, theme.px(1), 0)
        self.row.setSpacing(theme.px(1))
        self.row.addWidget(self.label)
        self.row.addStretch(1)
        self.retranslate()

    def add_button(self, icon_name: str, tip: Words, clicked: Callable[[], object], *, checkable: bool = False) -> QToolButton:
        """Add a flat button at the right end."""
        button = flat_button(self, icon_name)
        button.setCheckable(checkable)
        button.clicked.connect(lambda _checked=False: clicked())
        self._tips[button] = tip
        self.row.addWidget(button)
        self.retranslate()
        return button

    def sizeHint(self) -> QSize:
        """Return the full height: a dock asks for this and not for the fixed size."""
        return QSize(super().sizeHint().width(), theme.HEADER_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), theme.HEADER_HEIGHT)

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.label.setText(self._title())
        for button, tip in self._tips.items():
            button.setToolTip(tip())
            button.setAccessibleName(tip())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def flat_button(parent: QWidget, icon_name: str, size: int = theme.CONTROL_HEIGHT - 4) -> QToolButton:
    """Return a square button that shows an icon only."""
    button = QToolButton(parent)
    button.setIcon(icon(icon_name))
    button.setIconSize(QSize(theme.ICON_PX - 2, theme.ICON_PX - 2))
    button.setFixedSize(size, size)
    return button

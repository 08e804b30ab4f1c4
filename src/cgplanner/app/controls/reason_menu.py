"""A menu that says of an entry only what its title does not: why it cannot be done now, or where a file lies."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QHelpEvent
from PySide6.QtWidgets import QMenu, QWidget


class ReasonMenu(QMenu):
    """Shows the tool tips that are worth it; that of an action which can be done repeats its title and keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            action = self.actionAt(event.pos())
            if action is None or not says_more(action):
                return True
        return super().event(event)


def says_more(action: QAction) -> bool:
    """Tell whether the tool tip of an action says more than its title."""
    tip, title = action.toolTip(), action.text().replace("&&", "&").rstrip("….")
    return "\n" in tip or not tip.startswith(title)

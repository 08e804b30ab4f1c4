"""What would be lost, before a byte is written: layer by layer, with counts and examples, and what can be chosen instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.dialogs.card import Card
from cgplanner.io.writing.outgoing import Forecast, Remedy
from cgplanner.text import listed, tr

_MOST_HEIGHT = 320
_LONGEST_EXAMPLE = 40


class LossDialog(Card):
    """Shows the losses of every layer; ``heal`` is called with a remedy, ``go_on`` when they are accepted."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        told: Sequence[tuple[str, Forecast]],
        *,
        heal: Callable[[Remedy], object],
        go_on: Callable[[], object],
    ) -> None:
        super().__init__(tr("{name} cannot hold everything.", name=title), parent, width=600)
        self._list = QWidget(self)
        lines = QVBoxLayout(self._list)
        lines.setContentsMargins(0, 0, theme.px(3), 0)
        lines.setSpacing(theme.px(1))
        for layer, forecast in told:
            self._add_layer(lines, layer, forecast)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._list)
        area.setFixedHeight(min(_MOST_HEIGHT, self._list.heightForWidth(540) + theme.px(2)))
        self.body.addWidget(area)
        self.remedies = list(dict.fromkeys(remedy for _, forecast in told for remedy in forecast.remedies))
        if self.remedies:
            self.add_line()
            self.add_text(tr("What can be done about it:"), "secondary")
        for remedy in self.remedies:
            button = self.add_button(str(remedy.message), partial(self._end, partial(heal, remedy)))
            self.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self.add_button(tr("Export anyway"), partial(self._end, go_on))
        self.add_button(tr("Cancel"), self.reject, default=True)

    def _add_layer(self, lines: QVBoxLayout, layer: str, forecast: Forecast) -> None:
        if not forecast.real:
            return
        lines.addWidget(self._label(layer, "title"))
        for note in forecast.real:
            lines.addWidget(self._label(f"• {note.message}"))
            if note.examples:
                shown = (_short(text) for text in note.examples)
                lines.addWidget(self._label(tr("   for example {examples}", examples=listed(shown)), "secondary"))
        rest = len(forecast.losses) - len(forecast.real)
        if rest:
            lines.addWidget(
                self._label(tr("{count} more changes are of form only; nothing of them is lost.", count=rest), "secondary")
            )

    def _label(self, text: str, role: str = "") -> QLabel:
        label = QLabel(text, self._list)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if role:
            label.setProperty("role", role)
        return label

    def _end(self, then: Callable[[], object]) -> None:
        self.accept()
        then()


def _short(text: str) -> str:
    """Return an example on one line, with the numbers of characters that few fonts show."""
    plain = " ".join(text.split())
    plain = plain if len(plain) <= _LONGEST_EXAMPLE else f"{plain[:_LONGEST_EXAMPLE]}…"
    rare = " ".join(f"U+{ord(char):X}" for char in dict.fromkeys(plain) if ord(char) > 0xFFFF)
    return f"{plain} ({rare})" if rare else plain

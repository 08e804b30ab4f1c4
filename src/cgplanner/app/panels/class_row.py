"""One class of a layer's style as a row: colour, name, width, opacity."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.color_button import ColorButton
from cgplanner.app.controls.panel_header import flat_button
from cgplanner.app.controls.quiet_boxes import QuietDoubleSpinBox, QuietSpinBox
from cgplanner.app.panels import symbol_edits
from cgplanner.symbology.evaluate import Hint
from cgplanner.symbology.style import Symbol
from cgplanner.text import tr

SPIN_WIDTH = 64
_SHORTEST_PIECE = 3  # letters of a broken word on one line


class ClassRow(QWidget):
    """Edits the symbol of one class.

    Signals
    -------
    edited(Symbol)
        The symbol as it should be.
    asked
        Somebody wants to see all parts of the symbol.
    """

    edited = Signal(object)
    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol = Symbol()
        self.title = ""
        self._kind: Hint = "point"
        self.colour = ColorButton("#000000", self)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred
        )  # a long word must not widen the panel
        self.width_box = QuietDoubleSpinBox(self)
        self.width_box.setRange(0.0, 60.0)
        self.width_box.setDecimals(1)
        self.width_box.setSingleStep(0.2)
        self.opacity_box = QuietSpinBox(self)
        self.opacity_box.setRange(0, 100)
        self.opacity_box.setSingleStep(5)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(1))
        row.addWidget(self.colour)
        row.addWidget(self.label, 1)
        for spin in (self.width_box, self.opacity_box):
            spin.setKeyboardTracking(False)
            spin.setFixedWidth(SPIN_WIDTH)
            spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            row.addWidget(spin)
        self.parts = flat_button(self, "settings", 20)
        self.parts.clicked.connect(lambda _checked=False: self.asked.emit())
        row.addWidget(self.parts)
        self.colour.chosen.connect(self._set_colour)
        self.width_box.valueChanged.connect(self._set_width)
        self.opacity_box.valueChanged.connect(self._set_opacity)

    @property
    def kind(self) -> Hint:
        """The kind of shape whose symbol is edited."""
        return self._kind

    def show_class(self, symbol: Symbol, kind: Hint, title: str) -> None:
        """Show this symbol; nothing is told."""
        self._symbol, self._kind = symbol, kind
        self.colour.show_colour(symbol_edits.colour_of(symbol, kind))
        self.title = title
        self._fit_title()
        self.label.setToolTip(title)
        self.parts.setToolTip(tr("All parts of the symbol of {name}…", name=title))
        self.parts.setAccessibleName(tr("All parts of the symbol of {name}…", name=title))
        size_words = tr("Size of {name}", name=title) if kind == "point" else tr("Width of {name}", name=title)
        for spin, value, words in (
            (self.width_box, symbol_edits.width_of(symbol, kind), size_words),
            (self.opacity_box, round(symbol_edits.opacity_of(symbol, kind) * 100), tr("Opacity of {name}", name=title)),
        ):
            blocked = spin.blockSignals(True)
            spin.setValue(value)  # type: ignore[arg-type]  # a float for the one, an int for the other
            spin.blockSignals(blocked)
            spin.setAccessibleName(words)
            spin.setToolTip(words)

    def _fit_title(self) -> None:
        """Show as much of the title as two lines hold; a word that is wider than a line is broken."""
        metrics, room = self.label.fontMetrics(), max(self.label.width(), theme.px(12))
        fits = metrics.horizontalAdvance(self.title) <= 2 * room - 2 * metrics.averageCharWidth()
        short = metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, round(1.6 * room))
        self.label.setText(_broken(self.title if fits else short, metrics, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_title()

    def _set_colour(self, colour: str) -> None:
        self.edited.emit(symbol_edits.with_colour(self._symbol, self._kind, colour))

    def _set_width(self, width: float) -> None:
        self.edited.emit(symbol_edits.with_width(self._symbol, self._kind, width))

    def _set_opacity(self, percent: int) -> None:
        self.edited.emit(symbol_edits.with_opacity(self._symbol, self._kind, percent / 100))


def _broken(text: str, metrics: QFontMetrics, room: int) -> str:
    """Return a text whose Latin words are hyphenated where one is wider than a line; Chinese breaks anywhere by itself."""

    def broken(word: str) -> str:
        if not word.isascii() or metrics.horizontalAdvance(word) <= room:
            return word
        fitting = (
            k
            for k in range(len(word) - _SHORTEST_PIECE, _SHORTEST_PIECE, -1)
            if metrics.horizontalAdvance(word[:k] + "-") <= room
        )
        cut = next(fitting, 0)
        return f"{word[:cut]}-\n{word[cut:]}" if cut else word

    return " ".join(map(broken, text.split(" ")))

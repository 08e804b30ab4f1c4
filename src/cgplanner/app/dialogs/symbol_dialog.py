"""The parts a symbol is stacked from: add, remove, reorder, and every property; each change is on the map at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QMenu, QScrollArea, QToolButton, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.panel_header import flat_button
from cgplanner.app.controls.part_form import PartForm
from cgplanner.app.dialogs.card import Card
from cgplanner.app.dialogs.message_dialog import tell_error
from cgplanner.app.qtmodels.swatches import swatch
from cgplanner.model.schema import Schema
from cgplanner.symbology.evaluate import Hint
from cgplanner.symbology.style import (
    Band,
    Fill,
    Hatch,
    Line,
    Marker,
    MarkerLine,
    Ramp,
    SvgMarker,
    Symbol,
    SymbolLayer,
    Ticks,
)
from cgplanner.text import tr

_PIN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#C62828" '
    'd="M8 0C5 0 2.6 2.3 2.6 5.3C2.6 9.2 8 16 8 16S13.4 9.2 13.4 5.3C13.4 2.3 11 0 8 0Z'
    'M8 7.5A2.2 2.2 0 1 1 8 3.1A2.2 2.2 0 0 1 8 7.5Z"/></svg>'
)
_NEW: dict[Hint, tuple[SymbolLayer, ...]] = {
    "point": (Marker(), SvgMarker(_PIN, 20.0)),
    "line": (Line(), Ticks(), MarkerLine()),
    "polygon": (Fill(), Hatch(), Band(), Line()),
}
_SWATCH = QSize(36, 20)


class SymbolDialog(Card):
    """Edits one symbol for one kind of shape, without waiting for an OK.

    Signals
    -------
    edited(Symbol)
        The symbol as it should be.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None, title: str, symbol: Symbol, kind: Hint, schema: Schema) -> None:
        super().__init__(tr("Symbol of {name}", name=title), parent, width=560)
        self.setWindowModality(Qt.WindowModality.NonModal)  # the map behind it can be moved while the symbol changes
        self._symbol, self._kind, self._schema = symbol, kind, schema
        self.list = QListWidget(self)
        self.list.setIconSize(_SWATCH)
        self.list.setMinimumHeight(220)
        self.list.currentRowChanged.connect(lambda _: self._show_part())
        self.form = PartForm(self)
        self.form.edited.connect(self._take)
        self.form.refused.connect(lambda error: tell_error(self, error))
        self._add = QToolButton(self)
        self._add.setText(tr("Add"))
        self._add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._add.setMenu(self._menu())
        self._remove = flat_button(self, "delete")
        self._up, self._down = flat_button(self, "chevron-up"), flat_button(self, "chevron-down")
        for button, words in (
            (self._remove, tr("Remove this part")),
            (self._up, tr("Draw above")),
            (self._down, tr("Draw below")),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words)
        self._remove.clicked.connect(self._take_away)
        self._up.clicked.connect(lambda _checked=False: self._move(1))
        self._down.clicked.connect(lambda _checked=False: self._move(-1))
        self._lay_out()
        self.add_button(tr("Close"), self.accept, default=True)
        self._fill_list(len(self._parts) - 1)

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        for button in (self._add, self._remove, self._up, self._down):
            foot.addWidget(button)
        foot.addStretch(1)
        left = QVBoxLayout()
        left.addWidget(self.list, 1)
        left.addLayout(foot)
        holder = QWidget()
        holder.setObjectName("panel")
        column = QVBoxLayout(holder)
        column.setContentsMargins(theme.px(3), theme.px(2), theme.px(3), theme.px(2))
        column.addWidget(self.form)
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(holder)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumHeight(320)
        row = QHBoxLayout()
        row.setSpacing(theme.px(3))
        row.addLayout(left, 2)
        row.addWidget(scroll, 3)
        self.body.addLayout(row)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for part in _NEW[self._kind]:
            menu.addAction(part_title(part), partial(self.add_part, part))
        return menu

    @property
    def _parts(self) -> tuple[SymbolLayer, ...]:
        parts: tuple[SymbolLayer, ...] = getattr(self._symbol, self._kind)
        return parts

    def _at(self) -> int:
        """Return which part is chosen, counted from the bottom as symbols count; -1 for none."""
        return self.list.count() - 1 - self.list.currentRow() if self.list.currentRow() >= 0 else -1

    def _fill_list(self, chosen: int) -> None:
        blocked = self.list.blockSignals(True)
        self.list.clear()
        for part in reversed(self._parts):  # the topmost first, as people stack
            item = QListWidgetItem(self._icon(part), part_title(part))
            self.list.addItem(item)
        self.list.setCurrentRow(self.list.count() - 1 - chosen if self._parts else -1)
        self.list.blockSignals(blocked)
        self._show_part()

    def _icon(self, part: SymbolLayer) -> QIcon:
        alone = Symbol(**{self._kind: (part,)})  # type: ignore[arg-type]  # the parts of this kind
        ratio = self.devicePixelRatioF()
        return QIcon(swatch(alone, self._kind, _SWATCH.width(), _SWATCH.height(), ratio, theme.current_name()))

    def _show_part(self) -> None:
        place = self._at()
        self.form.setVisible(0 <= place < len(self._parts))
        if self.form.isVisibleTo(self):
            self.form.show_part(self._parts[place], self._schema)
        self._remove.setEnabled(place >= 0)
        self._up.setEnabled(0 <= place < len(self._parts) - 1)
        self._down.setEnabled(place > 0)

    def _take(self, part: SymbolLayer) -> None:
        place = self._at()
        if 0 <= place < len(self._parts):
            self._tell((*self._parts[:place], part, *self._parts[place + 1 :]))
            self.list.currentItem().setIcon(self._icon(part))

    def add_part(self, part: SymbolLayer) -> None:
        """Add a part on top."""
        self._tell((*self._parts, part))
        self._fill_list(len(self._parts) - 1)

    def _take_away(self) -> None:
        place = self._at()
        self._tell((*self._parts[:place], *self._parts[place + 1 :]))
        self._fill_list(min(place, len(self._parts) - 1))

    def _move(self, by: int) -> None:
        place = self._at()
        parts = list(self._parts)
        parts.insert(place + by, parts.pop(place))
        self._tell(tuple(parts))
        self._fill_list(place + by)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.close()  # opened again it speaks the other language
        super().changeEvent(event)

    def _tell(self, parts: tuple[SymbolLayer, ...]) -> None:
        self._symbol = replace(self._symbol, **{self._kind: parts})  # type: ignore[arg-type]  # the parts of this kind
        self.edited.emit(self._symbol)


def part_title(part: SymbolLayer) -> str:
    """Return what people call a kind of part."""
    return {
        Fill: tr("Fill"),
        Hatch: tr("Hatch"),
        Band: tr("Soft band"),
        Line: tr("Line"),
        Ticks: tr("Ticks"),
        Marker: tr("Marker"),
        SvgMarker: tr("Drawing"),
        MarkerLine: tr("Markers along the line"),
        Ramp: tr("Ramp"),
    }[type(part)]

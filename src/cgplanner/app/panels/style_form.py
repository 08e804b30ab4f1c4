"""The look of a layer: how its features are told apart, the symbol of each class, labels, scales, order and blending.

Every change is told at once and is on the map with the next picture; nothing waits for an OK.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.app.controls.panel_header import flat_button
from cgplanner.app.panels import symbol_edits
from cgplanner.app.panels.class_row import SPIN_WIDTH, ClassRow
from cgplanner.app.panels.label_form import LabelForm
from cgplanner.app.panels.layer_effects import LayerEffects
from cgplanner.app.panels.renderer_pages import ClusterPage, HeatPage, NumbersPage, RendererPage, ValuesPage
from cgplanner.app.panels.rules_page import RulesPage
from cgplanner.app.qtmodels.swatches import kind_of
from cgplanner.model.layer import Layer
from cgplanner.symbology import restyle
from cgplanner.symbology.classify import warm_up
from cgplanner.symbology.evaluate import Hint, legend_entries, style_of
from cgplanner.symbology.restyle import Way
from cgplanner.symbology.style import Labels, Renderer, Style, Symbol
from cgplanner.text import tr

_PAGES: dict[Way, type[RendererPage]] = {
    "values": ValuesPage,
    "numbers": NumbersPage,
    "rules": RulesPage,
    "heat": HeatPage,
    "cluster": ClusterPage,
}


class WayBox(QuietCombo):
    """The list of ways; when it opens, what classes need is loaded behind it."""

    def showPopup(self) -> None:
        warm_up()
        super().showPopup()


class StyleForm(QWidget):
    """Edits the style of one layer.

    Signals
    -------
    edited(Style)
        The style as it should be.
    menu_wanted(QMenu, str)
        The menu beside the way of drawing opens, for the layer with this id.
    symbol_wanted(int)
        Somebody wants to see all parts of the symbol of the class of this number.
    left
        Other classes are shown than before: what was opened for one of them is void.
    """

    edited = Signal(object)
    menu_wanted = Signal(object, str)
    symbol_wanted = Signal(int)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._style = Style()
        self._layer: Layer | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(2))
        self.way = WayBox(self)
        self.way.activated.connect(lambda _: self._go(self.way.currentData()))
        self.more = flat_button(self, "more")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.more.setMenu(self._menu)
        head = QHBoxLayout()
        head.addWidget(self.way, 1)
        head.addWidget(self.more)
        self._column.addLayout(head)
        self.pages: dict[Way, RendererPage] = {}  # those that were shown: the window does not wait for the others
        self._pages_column = QVBoxLayout()
        self._column.addLayout(self._pages_column)
        self._heads = tuple(QLabel(self) for _ in range(2))
        self._column.addWidget(self._made_heads())
        self.rows: list[ClassRow] = []
        self._classes = QVBoxLayout()
        self._classes.setSpacing(theme.px(1))
        self._column.addLayout(self._classes)
        self.labels, self.effects = LabelForm(self), LayerEffects(self)
        self._sections = tuple(self._section() for _ in range(2))
        for section, form in zip(self._sections, (self.labels, self.effects), strict=True):
            self._column.addWidget(section)
            self._column.addWidget(form)
        self.labels.edited.connect(self._set_labels)
        self.effects.edited.connect(self.edited.emit)
        self.retranslate()

    def _section(self) -> QLabel:
        label = QLabel(self)
        label.setProperty("role", "section")
        return label

    def _made_heads(self) -> QWidget:
        self._heads_row = QWidget(self)
        row = QHBoxLayout(self._heads_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(1))
        row.addStretch(1)
        for head in self._heads:
            head.setProperty("role", "small")
            head.setFixedWidth(SPIN_WIDTH)
            row.addWidget(head)
        row.addSpacing(20 + theme.px(1))
        return self._heads_row

    def show_layer(self, layer: Layer) -> None:
        """Show the style of this layer."""
        if self._layer is not None and self._layer.id != layer.id:
            self.left.emit()
        self._layer, self._style = layer, style_of(layer)
        way = restyle.way_of(self._style.renderer)
        self.way.setCurrentIndex(self.way.findData(way))
        self._grey(layer)
        if way in _PAGES and way not in self.pages:
            self.pages[way] = self._made_page(way)
        for name, page in self.pages.items():
            page.setVisible(name == way)
            if name == way:
                page.show_layer(layer)
        self._show_classes(layer)
        self.labels.show_layer(layer)
        self.effects.show_layer(layer)

    def _made_page(self, way: Way) -> RendererPage:
        page = _PAGES[way](self)
        page.chosen.connect(self._set_renderer)
        self._pages_column.addWidget(page)
        return page

    def _grey(self, layer: Layer) -> None:
        """Grey the ways that the layer's fields or shapes do not allow, and say why."""
        points = layer.schema.geometry in ("point", "mixed")
        missing = {
            "values": "" if restyle.value_fields(layer.schema) else tr("The layer has no field with values to tell apart."),
            "numbers": "" if restyle.number_fields(layer.schema) else tr("The layer has no field with numbers."),
            "heat": "" if points else tr("Heat and clusters are for points."),
            "cluster": "" if points else tr("Heat and clusters are for points."),
        }
        model = self.way.model()
        assert isinstance(model, QStandardItemModel)  # noqa: S101  what a QComboBox makes for itself
        for place in range(self.way.count()):
            why = missing.get(self.way.itemData(place), "")
            model.item(place).setEnabled(not why)
            model.item(place).setToolTip(why)

    def _show_classes(self, layer: Layer) -> None:
        entries = [each for each in legend_entries(self._style) if each.part == "class"]
        symbols = symbol_edits.class_symbols(self._style.renderer)
        self._make_rows(len(symbols))
        self._heads_row.setVisible(bool(symbols))
        kinds = {kind_of(layer, entry) for entry in entries}
        self._heads[0].setText(tr("Size px") if kinds == {"point"} else tr("Width px"))
        for row, symbol, entry in zip(self.rows, symbols, entries, strict=True):
            row.show_class(symbol, kind_of(layer, entry), entry.label or tr("All features"))

    def _make_rows(self, count: int) -> None:
        """Have so many rows; those there are stay, so that an arrow that is held down goes on counting."""
        while len(self.rows) > count:
            row = self.rows.pop()
            self._classes.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self.rows) < count:
            row = ClassRow(self)
            number = len(self.rows)
            row.edited.connect(partial(self.set_symbol, number))
            row.asked.connect(partial(self.symbol_wanted.emit, number))
            self.rows.append(row)
            self._classes.addWidget(row)

    def symbol_of(self, number: int) -> tuple[str, Symbol, Hint]:
        """Return what the class of this number is called, its symbol, and for which kind of shape it is edited."""
        row = self.rows[number]
        return row.title, symbol_edits.class_symbols(self._style.renderer)[number], row.kind

    @property
    def layer(self) -> Layer | None:
        """The layer that is shown."""
        return self._layer

    def _go(self, way: Way) -> None:
        if self._layer is None:
            return
        renderer = restyle.another_way(self._style.renderer, way, self._layer.table)
        if renderer is None:
            self.way.setCurrentIndex(self.way.findData(restyle.way_of(self._style.renderer)))
        else:
            self.left.emit()
            self._set_renderer(renderer)

    def _set_renderer(self, renderer: Renderer) -> None:
        if renderer != self._style.renderer:
            self.edited.emit(replace(self._style, renderer=renderer))

    def set_symbol(self, number: int, symbol: Symbol) -> None:
        """Tell the style with another symbol for the class of this number; one that is gone changes nothing."""
        if number < len(symbol_edits.class_symbols(self._style.renderer)):
            self.edited.emit(symbol_edits.with_class_symbol(self._style, number, symbol))

    def _set_labels(self, labels: Labels) -> None:
        self.edited.emit(replace(self._style, labels=labels))

    def _fill_menu(self) -> None:
        self._menu.clear()
        if self._layer is not None:
            self.menu_wanted.emit(self._menu, self._layer.id)

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self._heads[1].setText(tr("Opacity %"))
        self._sections[0].setText(tr("Labels"))
        self._sections[1].setText(tr("Whole layer"))
        self.more.setToolTip(tr("Save, copy, import the style"))
        self.more.setAccessibleName(tr("Save, copy, import the style"))
        chosen = self.way.currentData()
        self.way.clear()
        for way, words in _ways().items():
            self.way.addItem(words, way)
        self.way.setCurrentIndex(max(self.way.findData(chosen), 0))
        self.way.setAccessibleName(tr("How the features are drawn"))
        self.way.setToolTip(tr("How the features are drawn"))
        if self._layer is not None:
            self.show_layer(self._layer)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _ways() -> dict[Way, str]:
    return {
        "single": tr("All alike"),
        "values": tr("By value"),
        "numbers": tr("By number, in classes"),
        "rules": tr("By rules"),
        "heat": tr("Heat"),
        "cluster": tr("Clusters of points"),
    }

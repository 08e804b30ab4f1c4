"""What can be chosen about each way of drawing a layer: fields, classes, ramps, radii. One page a way.

A page shows a renderer and tells another one; it changes nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.color_button import ColorButton
from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.app.controls.form_row import FormRow
from cgplanner.app.controls.histogram_view import HistogramView
from cgplanner.app.controls.quiet_boxes import QuietDoubleSpinBox, QuietSpinBox
from cgplanner.app.controls.ramp_box import RampBox
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field
from cgplanner.symbology import restyle
from cgplanner.symbology.classify import SCHEMES, histogram
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.ramps import RAMPS, ramp_colors
from cgplanner.symbology.style import Categorized, Cluster, Fill, Graduated, Hatch, Heat, Line, Renderer, Scheme, Symbol
from cgplanner.text import tr


class RendererPage(QWidget):
    """A page of choices.

    Signals
    -------
    chosen(Renderer)
        The renderer as it should be.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: Layer | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(1))

    def show_layer(self, layer: Layer) -> None:
        """Show the layer's renderer where it is of this page's kind."""
        self._layer = layer
        self._show(layer, style_of(layer).renderer)

    def _show(self, layer: Layer, renderer: Renderer) -> None:
        """Show a renderer; nothing is told."""

    def retranslate(self) -> None:
        """Say everything in the language of now."""

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
            if self._layer is not None:
                self.show_layer(self._layer)
        super().changeEvent(event)


def fill_fields(combo: QuietCombo, fields: Iterable[Field], chosen: str, *, none: str = "") -> None:
    """Offer fields; ``none`` is what the choice of no field is called, where there is one."""
    combo.clear()
    if none:
        combo.addItem(none, "")
    for field in fields:
        combo.addItem(field.title, field.id)
    combo.setCurrentIndex(combo.findData(chosen))


def quiet(widget: QSpinBox | QDoubleSpinBox, value: float) -> None:
    """Show a value without telling of it."""
    blocked = widget.blockSignals(True)
    widget.setValue(int(value) if isinstance(widget, QSpinBox) else value)  # type: ignore[arg-type]  # each takes its own number
    widget.blockSignals(blocked)


def pixels(low: float, high: float, parent: QWidget) -> QDoubleSpinBox:
    """Return a box for a size in px."""
    box = QuietDoubleSpinBox(parent)
    box.setRange(low, high)
    box.setDecimals(1)
    box.setKeyboardTracking(False)
    box.setSuffix(" px")
    return box


class ValuesPage(RendererPage):
    """By value: the field, and the values anew."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QuietCombo(self)
        self.ramp = RampBox(("qualitative", "sequential", "diverging"), self)
        self.again = QPushButton(self)
        self._rows = (FormRow(self.field, self), FormRow(self.ramp, self))
        for row in self._rows:
            self._column.addWidget(row)
        self._column.addWidget(self.again)
        self.field.activated.connect(lambda _: self._anew())
        self.again.clicked.connect(self._anew)
        self.ramp.chosen.connect(self._recolor)
        self.retranslate()

    def _show(self, layer: Layer, renderer: Renderer) -> None:
        if isinstance(renderer, Categorized):
            fill_fields(self.field, restyle.value_fields(layer.schema), renderer.field)
            name, turned = restyle.ramp_of([each.symbol for each in renderer.categories])
            self.ramp.show_ramp(name, turned=turned)

    def _anew(self) -> None:
        field = self.field.currentData()
        if self._layer is not None and field:
            renderer = style_of(self._layer).renderer
            self.chosen.emit(restyle.by_value(renderer, self._layer.table, field, self.ramp.ramp))

    def _recolor(self, ramp: str, turned: bool) -> None:  # noqa: FBT001  Qt's signal hands it over
        renderer = style_of(self._layer).renderer if self._layer is not None else None
        if isinstance(renderer, Categorized):
            colors = ramp_colors(ramp, len(renderer.categories), reverse=turned)
            pairs = zip(renderer.categories, colors, strict=True)
            told = tuple(replace(each, symbol=restyle.in_color(each.symbol, color)) for each, color in pairs)
            self.chosen.emit(replace(renderer, categories=told))

    def retranslate(self) -> None:
        for row, name in zip(self._rows, (tr("Field"), tr("Colours")), strict=True):
            row.say(name)
        self.again.setText(tr("Read the values again"))
        self.again.setToolTip(tr("Make a class for each value that the field holds now; colours are dealt anew."))


class NumbersPage(RendererPage):
    """By number: the field, how it is parted, in which colours, and the histogram to choose breaks in."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field, self.scheme = QuietCombo(self), QuietCombo(self)
        self.count = QuietSpinBox(self)
        self.count.setRange(2, 12)
        self.count.setKeyboardTracking(False)
        self.ramp = RampBox(("sequential", "diverging"), self)
        self.growing = QCheckBox(self)
        self.smallest, self.largest = pixels(0.5, 60.0, self), pixels(0.5, 120.0, self)
        self.histogram = HistogramView(self)
        self.note = QLabel(self)
        self.note.setProperty("role", "small")
        self.note.setWordWrap(True)
        self._rows = (
            FormRow(self.field, self),
            FormRow(self.scheme, self, also=self.count),
            FormRow(self.ramp, self),
            FormRow(self.smallest, self, also=self.largest),
        )
        for widget in (*self._rows[:3], self.histogram, self.note, self.growing, self._rows[3]):
            self._column.addWidget(widget)
        self.field.activated.connect(lambda _: self._tell())
        self.scheme.activated.connect(lambda _: self._tell())
        self.count.valueChanged.connect(lambda _: self._tell())
        self.ramp.chosen.connect(lambda *_: self._tell())
        self.growing.toggled.connect(lambda _: self._tell())
        for box in (self.smallest, self.largest):
            box.valueChanged.connect(lambda _: self._tell())
        self.histogram.breaks_changed.connect(self._by_hand)
        self.retranslate()

    def _show(self, layer: Layer, renderer: Renderer) -> None:
        if not isinstance(renderer, Graduated):
            return
        fill_fields(self.field, restyle.number_fields(layer.schema), renderer.field)
        self.scheme.setCurrentIndex(self.scheme.findData(renderer.scheme or "manual"))
        quiet(self.count, max(len(renderer.breaks) - 1, 2))
        name, turned = restyle.ramp_of(renderer.symbols)
        self.ramp.show_ramp(renderer.ramp, turned=turned and name == renderer.ramp)
        sizes = tuple(_size_of(symbol) for symbol in renderer.symbols)
        grows = len(sizes) > 1 and sizes[0] is not None and sizes[0] != sizes[-1]
        sized = bool(sizes) and sizes[0] is not None
        blocked = self.growing.blockSignals(True)
        self.growing.setChecked(grows)
        self.growing.blockSignals(blocked)
        self.growing.setVisible(sized)
        self._rows[3].setVisible(grows)
        if grows:
            quiet(self.smallest, sizes[0] or 0.0)
            quiet(self.largest, sizes[-1] or 0.0)
        column = layer.table.columns.get(renderer.field)
        self.histogram.setVisible(column is not None)
        if column is not None:
            spread = histogram(column)
            self.histogram.show_classes(spread, renderer.breaks, tuple(_color_of(symbol) for symbol in renderer.symbols))
            self.note.setText(tr("{count} features have no value.", count=f"{spread.missing:,}") if spread.missing else "")
        self.note.setVisible(bool(self.note.text()))

    def _by_hand(self, breaks: tuple[float, ...]) -> None:
        self.scheme.setCurrentIndex(self.scheme.findData("manual"))
        self._tell(breaks)

    def _tell(self, breaks: tuple[float, ...] | None = None) -> None:
        field = self.field.currentData()
        if self._layer is None or not field:
            return
        renderer = style_of(self._layer).renderer
        scheme: Scheme = self.scheme.currentData()
        kept = renderer.breaks[1:-1] if isinstance(renderer, Graduated) and renderer.field == field else ()
        if self.growing.isChecked() and not self._rows[3].isVisible():
            quiet(self.smallest, 5.0 if _is_point(renderer) else 1.0)
            quiet(self.largest, 22.0 if _is_point(renderer) else 6.0)
        sizes = (self.smallest.value(), self.largest.value()) if self.growing.isChecked() else None
        if sizes is None and isinstance(renderer, Graduated) and self._rows[3].isVisible():
            sizes = (self.smallest.value(), self.smallest.value())  # no longer growing: all as small as the first
        made = restyle.by_number(
            renderer,
            self._layer.table,
            field,
            scheme=scheme,
            count=self.count.value(),
            ramp=self.ramp.ramp,
            reverse=self.ramp.turn.isChecked(),
            sizes=sizes,
            by_hand=breaks if breaks is not None else kept,
        )
        self.chosen.emit(made)

    def retranslate(self) -> None:
        names = (tr("Number"), tr("Classes"), tr("Colours"), tr("From, to"))
        for row, name in zip(self._rows, names, strict=True):
            row.say(name)
        chosen = self.scheme.currentData()
        self.scheme.clear()
        for scheme, title in SCHEMES.items():
            self.scheme.addItem(str(title), scheme)
        self.scheme.setCurrentIndex(max(self.scheme.findData(chosen), 0))
        self.count.setAccessibleName(tr("Number of classes"))
        self.growing.setText(tr("Larger for larger numbers"))
        self.largest.setAccessibleName(tr("Size of the last class"))


def _is_point(renderer: Renderer) -> bool:
    return bool(restyle.base_symbol(renderer).point)


def _size_of(symbol: Symbol) -> float | None:
    if symbol.point:
        return symbol.point[0].size
    return next((part.width for part in symbol.line if isinstance(part, Line)), None)


def _color_of(symbol: Symbol) -> str:
    parts = (*symbol.polygon, *symbol.point, *symbol.line)
    for part in parts:
        if isinstance(part, Fill | Hatch) or part in symbol.point:
            return str(getattr(part, "color", "")) or "#888888"
    return next((part.color for part in parts if isinstance(part, Line)), "#888888")


class HeatPage(RendererPage):
    """Heat: what weighs, how far, in which colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QuietCombo(self)
        self.radius = pixels(2.0, 200.0, self)
        self.ramp = RampBox(("sequential",), self)
        self._rows = (FormRow(self.field, self), FormRow(self.radius, self), FormRow(self.ramp, self))
        for row in self._rows:
            self._column.addWidget(row)
        self.field.activated.connect(lambda _: self._tell(field=str(self.field.currentData())))
        self.radius.valueChanged.connect(lambda value: self._tell(radius=float(value)))
        self.ramp.chosen.connect(lambda name, turned: self._tell(ramp=ramp_colors(name, restyle.HEAT_STEPS, reverse=turned)))
        self.retranslate()

    def _show(self, layer: Layer, renderer: Renderer) -> None:
        if isinstance(renderer, Heat):
            fill_fields(self.field, restyle.number_fields(layer.schema), renderer.field, none=tr("(every feature counts one)"))
            quiet(self.radius, renderer.radius)
            ways = ((name, turned) for name in RAMPS for turned in (False, True))
            known = (way for way in ways if renderer.ramp == ramp_colors(way[0], restyle.HEAT_STEPS, reverse=way[1]))
            name, turned = next(known, ("", False))
            self.ramp.show_ramp(name, turned=turned)

    def _tell(self, **changes: object) -> None:
        renderer = style_of(self._layer).renderer if self._layer is not None else None
        if isinstance(renderer, Heat):
            self.chosen.emit(replace(renderer, **changes))  # type: ignore[arg-type]  # fields of Heat by their names

    def retranslate(self) -> None:
        for row, name in zip(self._rows, (tr("Weight"), tr("Radius"), tr("Colours")), strict=True):
            row.say(name)


class ClusterPage(RendererPage):
    """Clusters: how near is together, and the marker that stands for several."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.distance, self.extent = pixels(5.0, 400.0, self), pixels(6.0, 80.0, self)
        self.color = ColorButton("#000000", self)
        self._rows = (FormRow(self.distance, self), FormRow(self.extent, self, also=self.color))
        for row in self._rows:
            self._column.addWidget(row)
        self.distance.valueChanged.connect(lambda value: self._tell(distance=float(value)))
        self.extent.valueChanged.connect(lambda value: self._tell_marker(size=float(value)))
        self.color.chosen.connect(lambda color: self._tell_marker(color=color))
        self.retranslate()

    def _show(self, layer: Layer, renderer: Renderer) -> None:
        del layer
        if isinstance(renderer, Cluster):
            quiet(self.distance, renderer.distance)
            quiet(self.extent, renderer.marker.size)
            self.color.show_colour(renderer.marker.color)

    def _tell(self, **changes: object) -> None:
        renderer = style_of(self._layer).renderer if self._layer is not None else None
        if isinstance(renderer, Cluster):
            self.chosen.emit(replace(renderer, **changes))  # type: ignore[arg-type]  # fields of Cluster by their names

    def _tell_marker(self, **changes: object) -> None:
        renderer = style_of(self._layer).renderer if self._layer is not None else None
        if isinstance(renderer, Cluster):
            marker = replace(renderer.marker, **changes)  # type: ignore[arg-type]  # fields of Marker by their names
            self.chosen.emit(replace(renderer, marker=marker))

    def retranslate(self) -> None:
        for row, name in zip(self._rows, (tr("Together within"), tr("Size, colour")), strict=True):
            row.say(name)

"""The inspector: the attributes of what is selected, or the look of the current layer when nothing is."""

from __future__ import annotations

from dataclasses import fields

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.bridge import Bridge
from cgplanner.app.controls.crs_words import crs_words
from cgplanner.app.panels.feature_form import FeatureForm
from cgplanner.app.panels.style_form import StyleForm
from cgplanner.edit import operations
from cgplanner.model.changeset import GEOMETRY
from cgplanner.model.layer import Layer
from cgplanner.symbology.style import Style
from cgplanner.text import tr

LATE_MS = 200


class InspectorPanel(QWidget):
    """Feature form, layer page, or a sentence that says what to do."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bridge = bridge
        self._about_layer = False  # somebody asked for the layer although features are selected
        self.form = FeatureForm(bridge, self)
        self.style_form = StyleForm(self)
        self.style_form.edited.connect(self._set_style)
        self._layer_title = _label(self, "heading")
        self._layer_facts = _label(self, "secondary")
        self._style_head = _label(self, "section")
        self._hint = _label(self, "secondary")
        self._stack = QStackedWidget(self)
        self._pages = [_scrolled(self.form), _scrolled(self._layer_page()), _scrolled(self._empty_page())]
        for page in self._pages:
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self._shown: Layer | None = None  # whose page stands there
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LATE_MS)
        self._late.timeout.connect(self.refresh)
        bridge.changed.connect(lambda _: self._take_change())
        bridge.selection_changed.connect(lambda _: self._show_selection())
        bridge.replaced.connect(self._show_selection)
        bridge.state_changed.connect(self._show_layer_of_now)
        self.retranslate()

    def _layer_page(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(1))
        column.addWidget(self._layer_title)
        column.addWidget(self._layer_facts)
        column.addSpacing(theme.px(2))
        column.addWidget(self._style_head)
        column.addWidget(self.style_form)
        column.addStretch(1)
        return page

    def _empty_page(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._hint)
        column.addStretch(1)
        return page

    def _take_change(self) -> None:
        """Show what is new; a page that would look as it does can wait until the map has shown the edit."""
        if self._says_all_of(self._bridge.current_layer()):
            self._late.start()
        else:
            self.refresh()

    def _says_all_of(self, layer: Layer | None) -> bool:
        """Tell whether the page of this layer stands there, if perhaps of a version with other shapes."""
        shown = self._shown if self._stack.currentIndex() == 1 else None
        return shown is not None and layer is not None and _differ_in_shapes_only(shown, layer)

    def refresh(self) -> None:
        """Show the page that fits selection and current layer."""
        self._late.stop()
        if self._bridge.selection.rids and not self._about_layer:
            self.form.refresh()
            self._turn_to(0)
            return
        layer = self._bridge.current_layer()
        if layer is None:
            self._turn_to(2)
            return
        self._show_layer(layer)
        self._turn_to(1)

    def _turn_to(self, page: int) -> None:
        """Turn to a page without handing it the keyboard: what is typed next must not land in its first field."""
        focus = self.window().focusWidget()
        if focus is not None and page != self._stack.currentIndex() and self._stack.isAncestorOf(focus):
            focus.clearFocus()  # else Qt passes it on
        self._stack.setCurrentIndex(page)

    def show_layer_page(self) -> None:
        """Show the look of the current layer until other features are selected."""
        self._about_layer = True
        self.refresh()

    def name_feature(self) -> None:
        """Put the cursor where the name of the selected feature is typed."""
        if self._stack.currentIndex() == 0:
            self.form.focus_name()

    def _show_selection(self) -> None:
        self._about_layer = False
        self.refresh()

    def _show_layer_of_now(self) -> None:
        chosen = self._bridge.selection
        if chosen.rids and chosen.layer_id != self._bridge.session.current_layer:
            self._about_layer = True
        if (self._about_layer or not chosen.rids) and not self._says_all_of(self._bridge.current_layer()):
            self.refresh()

    def _show_layer(self, layer: Layer) -> None:
        self._layer_title.setText(layer.title)
        facts = [
            tr("{count} features", count=f"{len(layer.table):,}"),
            crs_words(layer.crs),
            layer.source_text,
            layer.accuracy_text,
        ]
        self._layer_facts.setText("\n".join(filter(None, facts)))
        self.style_form.show_layer(layer)
        self._shown = layer

    def _set_style(self, style: Style) -> None:
        layer = self._bridge.current_layer()
        if layer is not None:
            self._bridge.run_or_tell(lambda workspace: operations.set_style(workspace, layer.id, style))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self._style_head.setText(tr("Style"))
        self._hint.setText(tr("Click a feature on the map to see its attributes, or a layer to change its look."))
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _differ_in_shapes_only(first: Layer, second: Layer) -> bool:
    """Tell whether two versions of a layer have the same style, schema, titles, rows and values."""
    same = all(
        getattr(first, field.name) is getattr(second, field.name)
        for field in fields(Layer)
        if field.name not in ("table", "revision", "id")
    )
    if not same or first.id != second.id or len(first.table) != len(second.table):
        return False
    ours, theirs = first.table.columns, second.table.columns
    return ours.keys() == theirs.keys() and all(ours[name] is theirs[name] for name in ours if name != GEOMETRY)


def _label(parent: QWidget, role: str) -> QLabel:
    label = QLabel(parent)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label


def _scrolled(content: QWidget) -> QScrollArea:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(theme.px(3), theme.px(3), theme.px(3), theme.px(3))
    column.addWidget(content)
    holder.setObjectName("panel")
    area = QScrollArea()
    area.setWidget(holder)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area

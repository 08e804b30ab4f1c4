"""The attributes of the selected features as a form: one feature, or what several have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.bridge import Bridge
from cgplanner.app.controls.field_editor import SEVERAL, FieldEditor, Shown
from cgplanner.app.panels.geometry_facts import facts_of
from cgplanner.edit import operations
from cgplanner.model.column import ArrayColumn, Column, Positions, TextColumn
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Schema
from cgplanner.session.session import Selection
from cgplanner.text import tr


class FeatureForm(QWidget):
    """Edits the fields of the selected features through the bridge."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._schema: Schema | None = None
        self._shown: Selection | None = None
        self.editors: dict[str, FieldEditor] = {}
        self._title = QLabel(self)
        self._title.setProperty("role", "heading")
        self._title.setWordWrap(True)
        self._subtitle = QLabel(self)
        self._subtitle.setProperty("role", "secondary")
        self._geometry_head = QLabel(self)
        self._geometry_head.setProperty("role", "section")
        self._facts = QWidget(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(1))
        for widget in (self._title, self._subtitle):
            self._column.addWidget(widget)
        self._column.addSpacing(theme.px(2))
        self._fields = QVBoxLayout()
        self._fields.setSpacing(theme.px(1))
        self._column.addLayout(self._fields)
        self._column.addSpacing(theme.px(2))
        self._column.addWidget(self._geometry_head)
        self._column.addWidget(self._facts)
        self._column.addStretch(1)

    def refresh(self) -> None:
        """Show the selected features of the present version; there must be some."""
        selection = self._bridge.selection
        layer = self._bridge.workspace.layer(selection.layer_id)
        positions = layer.table.positions_of(selection.rids)
        if layer.schema != self._schema:
            self._build(layer.schema)
        self._say_titles(layer, positions)
        same, self._shown = selection == self._shown, selection
        for field_id, editor in self.editors.items():
            value = _common(layer.table.columns[field_id], positions)
            if not (same and editor.refusal and editor.value == value):  # a refused text stays until it is mended
                editor.show_value(value)
        self._show_facts(layer, positions)

    def focus_name(self) -> None:
        """Put the cursor into the field that names the feature, the first one where none does."""
        name = self._schema.title if self._schema is not None else ""
        editors = [self.editors[name]] if name in self.editors else list(self.editors.values())
        if editors:
            editors[0].input.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build(self, schema: Schema) -> None:
        for old in self.editors.values():
            self._fields.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._schema, self.editors = schema, {}
        for field in schema:
            editor = FieldEditor(field, self)
            editor.committed.connect(lambda value, field_id=field.id: self._set(field_id, value))
            self.editors[field.id] = editor
            self._fields.addWidget(editor)

    def _set(self, field_id: str, value: Any) -> None:
        chosen = self._bridge.selection
        error = self._bridge.run(lambda w: operations.set_field(w, chosen.layer_id, chosen.rids, field_id, value))
        self.editors[field_id].refuse(error)

    def _say_titles(self, layer: Layer, positions: Positions) -> None:
        if len(positions) == 1:
            position = int(positions[0])
            title, fid = layer.table.title_of(position), int(layer.table.fids[position])
            self._title.setText(tr("Feature without a name") if title == str(fid) else title)
            self._subtitle.setText(tr("{layer} · feature {fid}", layer=layer.title, fid=fid))
        else:
            self._title.setText(tr("{count} features", count=f"{len(positions):,}"))
            self._subtitle.setText(layer.title)

    def _show_facts(self, layer: Layer, positions: Positions) -> None:
        fresh = QWidget(self)
        grid = QGridLayout(fresh)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(facts_of(layer, positions)):
            for column, text in enumerate((name, value)):
                label = QLabel(text, fresh)
                label.setFont(theme.sized(label.font(), theme.TABLE_PX))
                if column == 0:
                    label.setProperty("role", "secondary")
                    label.setFixedWidth(92)
                grid.addWidget(label, row, column)
        self._column.replaceWidget(self._facts, fresh)
        self._facts.hide()
        self._facts.deleteLater()
        self._facts = fresh
        self._geometry_head.setText(tr("Geometry"))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        if self._bridge.selection.rids:
            self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


_LOOKS = 50


def _common(column: Column, positions: Positions) -> Shown:
    """Return the value that all these rows have, ``SEVERAL`` when they differ."""
    some = positions[np.linspace(0, len(positions) - 1, min(len(positions), _LOOKS)).astype(np.int64)]
    if len({column.value(int(position)) for position in some}) > 1:  # a million names need not all be made to see that
        return SEVERAL
    keys, nulls = _keys(column), column.nulls[positions]
    if nulls.any():
        return None if nulls.all() else SEVERAL
    chosen = keys[positions]
    value: Shown = column.value(int(positions[0]))
    return value if bool((chosen == chosen[0]).all()) else SEVERAL


def _keys(column: Column) -> np.ndarray[Any, Any]:
    if isinstance(column, TextColumn):
        return column.canonical
    assert isinstance(column, ArrayColumn)  # noqa: S101  a field's column is one of the two kinds
    return column.array

"""The properties of one part of a symbol as a form: made from what the part has, in the order in which it has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFileDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.color_button import ColorButton
from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.app.controls.form_row import FormRow
from cgplanner.app.controls.quiet_boxes import QuietDoubleSpinBox
from cgplanner.errors import UserError
from cgplanner.model.schema import Schema
from cgplanner.symbology.drawing import embedded
from cgplanner.symbology.glyphs import glyph_names
from cgplanner.symbology.restyle import number_fields
from cgplanner.symbology.style import Marker, MarkerLine, SymbolLayer
from cgplanner.text import tr

Told = Callable[[Any], None]

# lowest, highest, step, suffix
_SIZES: dict[str, tuple[float, float, float, str]] = {
    "width": (0.0, 60.0, 0.2, " px"),
    "size": (1.0, 120.0, 1.0, " px"),
    "spacing": (1.0, 400.0, 1.0, " px"),
    "length": (0.5, 60.0, 0.5, " px"),
    "casing": (0.0, 30.0, 0.2, " px"),
    "offset": (-60.0, 60.0, 0.5, " px"),
    "stroke_width": (0.0, 20.0, 0.2, " px"),
    "angle": (-180.0, 180.0, 5.0, "°"),
    "rotation": (-360.0, 360.0, 5.0, "°"),
    "opacity": (0.0, 100.0, 5.0, " %"),
}
RHYTHMS: tuple[tuple[float, ...], ...] = (
    (),
    (2.0, 3.0),
    (6.0, 3.0),
    (12.0, 4.0),
    (12.0, 3.0, 2.0, 3.0),
    (10.0, 3.0, 2.0, 3.0, 2.0, 3.0),
)


class PartForm(QWidget):
    """Edits one part.

    Signals
    -------
    edited(SymbolLayer)
        The part as it should be.
    refused(UserError)
        Why a drawing cannot be taken.
    """

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part: Any = None
        self._schema = Schema()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(1))
        self._shape: tuple[type, ...] = ()
        self.editors: dict[str, QWidget] = {}

    def show_part(self, part: SymbolLayer, schema: Schema) -> None:
        """Show this part; the editors stay where they are when it is of the same kind as the one before."""
        self._part, self._schema = part, schema
        shape = (type(part), type(part.marker)) if isinstance(part, MarkerLine) else (type(part),)
        if shape != self._shape:
            self._build(part)
            self._shape = shape
        for name, editor in self.editors.items():
            self._fill(editor, name, _get(part, name))

    def _build(self, part: SymbolLayer) -> None:
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.editors = {}
        for name in _names_of(part):
            editor = self._made(name, _get(part, name))
            self.editors[name] = editor
            row = FormRow(editor, self)
            row.say(title_of(name.rpartition(".")[2]))
            self._column.addWidget(row)

    def _made(self, name: str, value: Any) -> QWidget:
        plain = name.rpartition(".")[2]
        if plain.endswith("color") or plain == "stroke":
            button = ColorButton("#000000", self)
            button.chosen.connect(partial(self._set, name))
            return button
        if plain in _SIZES:
            return self._number(name, plain)
        if isinstance(value, bool):
            box = QCheckBox(self)
            box.toggled.connect(partial(self._set, name))
            return box
        if plain == "svg":
            choose = QPushButton(tr("Choose a drawing…"), self)
            choose.clicked.connect(lambda _checked=False: self._choose_drawing(name))
            return choose
        combo = QuietCombo(self)
        if plain in ("dash", "ring"):
            line = QLineEdit(combo)
            combo.setLineEdit(line)
            combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            take = partial(self._take_ring, combo) if plain == "ring" else partial(self._take_rhythm, name, combo)
            line.editingFinished.connect(take)
            combo.activated.connect(lambda _: take())
        else:
            combo.activated.connect(lambda _: self._set(name, combo.currentData()))
        return combo

    def _number(self, name: str, plain: str) -> QDoubleSpinBox:
        low, high, step, suffix = _SIZES[plain]
        box = QuietDoubleSpinBox(self)
        box.setRange(low, high)
        box.setSingleStep(step)
        box.setDecimals(0 if plain == "opacity" else 1)
        box.setSuffix(suffix)
        box.setKeyboardTracking(False)
        share = 100.0 if plain == "opacity" else 1.0
        box.valueChanged.connect(lambda value: self._set(name, float(value) / share))
        return box

    def _fill(self, editor: QWidget, name: str, value: Any) -> None:
        blocked = editor.blockSignals(True)
        plain = name.rpartition(".")[2]
        if isinstance(editor, ColorButton):
            editor.show_colour(value)
        elif isinstance(editor, QDoubleSpinBox):
            editor.setValue(value * 100 if plain == "opacity" else value)
        elif isinstance(editor, QCheckBox):
            editor.setChecked(value)
        elif isinstance(editor, QComboBox):
            self._fill_list(editor, plain, value)
        editor.blockSignals(blocked)

    def _fill_list(self, combo: QComboBox, plain: str, value: Any) -> None:
        combo.clear()
        if combo.isEditable():
            none = [tr("(none)")] if plain == "ring" else []
            combo.addItems(none + [_rhythm_text(each) for each in RHYTHMS])
            is_ringless = plain == "ring" and isinstance(self._part, Marker) and not self._part.ring_color
            combo.setEditText(tr("(none)") if is_ringless else _rhythm_text(value))
            return
        for choice, words in self._choices(plain):
            combo.addItem(words, choice)
        combo.setCurrentIndex(combo.findData(value))

    def _choices(self, plain: str) -> list[tuple[str, str]]:
        if plain == "rotation_field":
            return [("", tr("(not turned)")), *((field.id, field.title) for field in number_fields(self._schema))]
        if plain == "glyph":
            return [("", tr("(none)")), *((name, name) for name in glyph_names())]
        return list(_choices().get(plain, {}).items())

    def _take_rhythm(self, name: str, combo: QComboBox) -> None:
        self._set(name, _rhythm(combo.currentText()))

    def _take_ring(self, combo: QComboBox) -> None:
        """Take the rhythm of a ring, or no ring; one that was not there gets the colour of the marker."""
        part, text = self._part, combo.currentText().strip()
        if not isinstance(part, Marker):
            return
        rhythm = None if text == tr("(none)") else _rhythm(text)
        if text == tr("(none)"):
            changed = replace(part, ring_color="")
        elif rhythm is not None:
            changed = replace(part, ring=rhythm, ring_color=part.ring_color or part.color)
        else:
            return
        if changed != part:
            self._part = changed
            self.edited.emit(changed)

    def _set(self, name: str, value: Any) -> None:
        if value is None or self._part is None or value == _get(self._part, name):
            return
        head, _, tail = name.rpartition(".")
        if head:
            changed = replace(self._part, **{head: replace(getattr(self._part, head), **{tail: value})})
        else:
            changed = replace(self._part, **{name: value})
        self._part = changed
        self.edited.emit(changed)

    def _choose_drawing(self, name: str) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a drawing…"), "", tr("Drawings (*.svg)"))
        if path:
            self.take_drawing(name, Path(path))

    def take_drawing(self, name: str, path: Path) -> None:
        """Keep the drawing of a file in the symbol, or say why it cannot be."""
        try:
            self._set(name, embedded(path.read_bytes()))
        except UserError as error:
            self.refused.emit(error)
        except OSError as error:
            self.refused.emit(UserError(tr("“{path}” cannot be read: {reason}.", path=path.name, reason=error.strerror)))


def _names_of(part: SymbolLayer) -> list[str]:
    names: list[str] = []
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name == "marker":
            names += [
                f"marker.{each.name}" for each in fields(value) if each.name in ("shape", "svg", "size", "color", "rotation")
            ]
        elif field.name != "colors":
            names.append(field.name)
    return names


def _get(part: Any, name: str) -> Any:
    for each in name.split("."):
        part = getattr(part, each)
    return part


def _rhythm_text(rhythm: tuple[float, ...]) -> str:
    return " ".join(f"{each:g}" for each in rhythm) if rhythm else tr("solid")


def _rhythm(text: str) -> tuple[float, ...] | None:
    """Return the rhythm that was typed; None where it is none (then nothing changes)."""
    if text.strip() in ("", tr("solid")):
        return ()
    parts = [each for each in re.split(r"[\s,;，；、]+", text.strip()) if each]
    try:
        rhythm = tuple(float(each) for each in parts)
    except ValueError:
        return None
    good = len(rhythm) % 2 == 0 and len(rhythm) <= 12 and all(0 < each <= 200 for each in rhythm)
    return rhythm if good else None


def title_of(name: str) -> str:
    """Return what people call a property."""
    return {
        "color": tr("Colour"),
        "opacity": tr("Opacity"),
        "width": tr("Width"),
        "size": tr("Size"),
        "spacing": tr("Spacing"),
        "length": tr("Length"),
        "angle": tr("Angle"),
        "dash": tr("Dashes"),
        "cap": tr("Ends"),
        "join": tr("Corners"),
        "casing": tr("Casing"),
        "casing_color": tr("Colour of the casing"),
        "offset": tr("Offset"),
        "shape": tr("Shape"),
        "stroke": tr("Outline"),
        "stroke_width": tr("Width of the outline"),
        "glyph": tr("Sign inside"),
        "glyph_color": tr("Colour of the sign"),
        "ring": tr("Ring"),
        "ring_color": tr("Colour of the ring"),
        "rotation": tr("Turned by"),
        "rotation_field": tr("Turned by the field"),
        "svg": tr("Drawing"),
        "rotate": tr("Along the line"),
        "placement": tr("Where"),
    }[name]


def _choices() -> dict[str, dict[str, str]]:
    return {
        "cap": {"flat": tr("flat"), "square": tr("square end"), "round": tr("round")},
        "join": {"miter": tr("pointed"), "bevel": tr("cut off"), "round": tr("round")},
        "shape": {
            "circle": tr("circle"),
            "square": tr("square"),
            "diamond": tr("diamond"),
            "triangle": tr("triangle"),
            "star": tr("star"),
            "cross": tr("cross"),
            "arrow": tr("arrow"),
        },
        "placement": {
            "interval": tr("at a spacing"),
            "first": tr("at the start"),
            "last": tr("at the end"),
            "middle": tr("in the middle"),
            "vertex": tr("at each vertex"),
        },
    }

"""One field of a feature as a row of a form: label, editor of the field's type, and the sentence why a value was refused.

A value leaves the editor typed and accepted by the field, or not at all; what is refused stays in the editor, with the
reason below it, and nothing else changes.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QPlainTextEdit, QSizePolicy, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.panel_header import flat_button
from cgplanner.errors import UserError
from cgplanner.model.schema import CodedDomain, Field, FieldType, RangeDomain, Value
from cgplanner.text import tr

LABEL_WIDTH = 92
LONG_TEXT = 120  # characters from which a text field gets several lines
MOST_LINES = 5


class Several:
    """Stands for the values of several features that differ."""


SEVERAL = Several()
Shown = Value | Several


class QuietCombo(QComboBox):
    """A list that the wheel does not change by accident while a form is scrolled."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Lines(QPlainTextEdit):
    """Several lines that say when editing is over, as a single line does."""

    editing_finished = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self._fit())
        self._fit()

    def _fit(self) -> None:
        """Be as high as the text asks for, from one line to a few."""
        wanted = max(round(self.document().size().height()), 1)
        lines = min(wanted, MOST_LINES)
        scrolls = Qt.ScrollBarPolicy.ScrollBarAsNeeded if wanted > lines else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(scrolls)
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + theme.px(3))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()  # other lines at another width

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.editing_finished.emit()


class FieldEditor(QWidget):
    """A labelled editor for one field.

    Signals
    -------
    committed(value)
        A typed value (None for NULL) that the field accepts and that differs from the one shown.
    """

    committed = Signal(object)

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._value: Shown = None
        self._label = QLabel(self)
        self._label.setProperty("role", "secondary")
        self._label.setFixedWidth(LABEL_WIDTH)
        self._label.setWordWrap(True)
        self.input = self._make_input()
        self._label.setBuddy(self.input)
        self.input.installEventFilter(self)
        self._clear = flat_button(self, "close", 20)
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.clicked.connect(self.clear)
        kept = self._clear.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # so that all editors of a form end on one line
        self._clear.setSizePolicy(kept)
        self._refusal = QLabel(self)
        self._refusal.setProperty("role", "error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.px(1))
        grid.setVerticalSpacing(2)
        grid.addWidget(self._label, 0, 0)
        grid.addWidget(self.input, 0, 1)
        grid.addWidget(self._clear, 0, 2)
        grid.addWidget(self._refusal, 1, 1, 1, 2)
        self.retranslate()

    def _make_input(self) -> QLineEdit | QPlainTextEdit | QComboBox:
        if isinstance(self.field.domain, CodedDomain) or self.field.type is FieldType.BOOLEAN:
            combo = QuietCombo(self)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(6)
            combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            combo.activated.connect(lambda _: self._commit(combo.currentData()))
            return combo
        if self.field.type is FieldType.TEXT and self.field.width >= LONG_TEXT:
            lines = _Lines(self)
            lines.editing_finished.connect(lambda: self._commit_text(lines.toPlainText()))
            return lines
        line = QLineEdit(self)
        line.editingFinished.connect(lambda: self._commit_text(line.text()))
        return line

    @property
    def value(self) -> Shown:
        """What is shown as being in the document: a value, None for NULL, or ``SEVERAL``."""
        return self._value

    @property
    def refusal(self) -> str:
        """The sentence shown below the editor; '' when there is none."""
        return self._refusal.text() if not self._refusal.isHidden() else ""

    def show_value(self, value: Shown) -> None:
        """Show what the document holds; typed text and an old refusal go away."""
        self._value = value
        self.refuse(None)
        if isinstance(self.input, QComboBox):
            self._fill(self.input)
        else:
            self._set_text(self._text())
        self._clear.setVisible(self.field.nullable and value is not None)
        self._say_placeholder()

    def _text(self) -> str:
        return "" if isinstance(self._value, Several) else self.field.display(self._value)

    def _set_text(self, text: str) -> None:
        if isinstance(self.input, QPlainTextEdit):
            self.input.setPlainText(text)
        elif isinstance(self.input, QLineEdit):
            self.input.setText(text)
            self.input.setCursorPosition(0)
            self.input.setToolTip(text if len(text) > 20 else "")

    def _fill(self, combo: QComboBox) -> None:
        """Offer the allowed values, the empty one where it is allowed, and the present one even where it is not."""
        combo.clear()
        if isinstance(self._value, Several):
            combo.addItem(tr("(several values)"), SEVERAL)
        if self.field.nullable or self._value is None:
            combo.addItem(tr("(empty)"), None)
        for code, label in self._choices():
            combo.addItem(label, code)
        if self._value is not SEVERAL and combo.findData(self._value) < 0:
            combo.addItem(tr("{value} (not in the list)", value=str(self._value)), self._value)
        combo.setCurrentIndex(max(combo.findData(self._value), 0))
        combo.setToolTip(combo.currentText())

    def _choices(self) -> list[tuple[Any, str]]:
        if isinstance(self.field.domain, CodedDomain):
            return [(each.code, each.label) for each in self.field.domain.values]
        return [(True, tr("yes")), (False, tr("no"))]

    def clear(self) -> None:
        """Ask for NULL."""
        self._commit(None)

    def _commit_text(self, text: str) -> None:
        if text == self._text():
            self.refuse(None)
        else:
            self._commit(text or None)

    def _commit(self, value: Any) -> None:
        if value is SEVERAL or (value is self._value and value is None):
            return
        try:
            accepted = self.field.accept(value)
        except UserError as error:
            self.refuse(error)
            return
        self.refuse(None)
        if isinstance(self._value, Several) or accepted != self._value:
            self.committed.emit(accepted)

    def refuse(self, error: UserError | None) -> None:
        """Show why the typed value was not taken; None takes the sentence away."""
        self._refusal.setText(str(error) if error else "")
        self._refusal.setVisible(error is not None)
        if self.input.property("invalid") != (error is not None):
            self.input.setProperty("invalid", error is not None)
            self.input.style().unpolish(self.input)
            self.input.style().polish(self.input)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave undo and redo to the window where nothing typed is left to take back."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_spent(event):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _is_spent(self, event: QKeyEvent) -> bool:
        undo, redo = (event.matches(key) for key in (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo))
        if not (undo or redo):
            return False
        if isinstance(self.input, QLineEdit):
            return not (self.input.isUndoAvailable() if undo else self.input.isRedoAvailable())
        if isinstance(self.input, QPlainTextEdit):
            document = self.input.document()
            return not (document.isUndoAvailable() if undo else document.isRedoAvailable())
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape brings back what the document holds."""
        if event.key() == Qt.Key.Key_Escape:
            self.show_value(self._value)
        else:
            super().keyPressEvent(event)

    def set_read_only(self, read_only: bool) -> None:  # noqa: FBT001  the value itself
        """Let the value be read but not changed."""
        if isinstance(self.input, QComboBox):
            self.input.setEnabled(not read_only)
        else:
            self.input.setReadOnly(read_only)
        self._clear.setEnabled(not read_only)

    def _say_placeholder(self) -> None:
        if not isinstance(self.input, QComboBox):
            self.input.setPlaceholderText(tr("(several values)") if isinstance(self._value, Several) else tr("(empty)"))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self._label.setText(self.field.title)
        self._label.setToolTip(f"{self.field.title} · {self.field.name}{_limits(self.field)}")
        self.input.setAccessibleName(self.field.title)
        self._clear.setToolTip(tr("Empty this field"))
        self._clear.setAccessibleName(tr("Empty this field"))
        self._say_placeholder()
        if isinstance(self.input, QComboBox):
            self._fill(self.input)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _limits(field: Field) -> str:
    return f" · {field.domain.describe()}" if isinstance(field.domain, RangeDomain) else ""

"""By rules: a condition, a title and a range of scales for each class, in the order in which they are asked."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.panel_header import flat_button
from cgplanner.app.icons import icon
from cgplanner.app.panels.renderer_pages import RendererPage
from cgplanner.errors import UserError
from cgplanner.model.condition import parse
from cgplanner.model.layer import Layer
from cgplanner.symbology import restyle
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.style import Renderer, Rule, RuleBased
from cgplanner.text import tr

MOST_OPEN = 4  # of more rules each is one line until somebody opens it


class RuleRow(QWidget):
    """Edits one rule; folded it is one line: its title, or its condition where it has none.

    Signals
    -------
    edited(Rule)
        The rule as it should be.
    asked(str)
        ``up``, ``down`` or ``remove``.
    """

    edited = Signal(object)
    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rule = Rule()
        self._layer: Layer | None = None
        self.title, self.where = QLineEdit(self), QLineEdit(self)
        self.refusal = QLabel(self)
        self.refusal.setProperty("role", "error")
        self.refusal.setWordWrap(True)
        self.refusal.hide()
        self._buttons = {name: flat_button(self, picture, 20) for name, picture in _BUTTONS.items()}
        self.fold = flat_button(self, "chevron-down", 20)
        self._is_open = True
        self.fold.clicked.connect(lambda _checked=False: self.set_open(is_open=not self._is_open))
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(self.fold)
        head.addWidget(self.title, 1)
        for name, button in self._buttons.items():
            button.clicked.connect(partial(self.asked.emit, name))
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, theme.px(1))
        column.setSpacing(2)
        column.addLayout(head)
        below = QVBoxLayout()
        below.setContentsMargins(20, 0, 0, 0)
        below.setSpacing(2)
        below.addWidget(self.where)
        below.addWidget(self.refusal)
        column.addLayout(below)
        self.title.editingFinished.connect(self._take_title)
        self.where.editingFinished.connect(self._take_where)
        self.retranslate()

    def show_rule(self, rule: Rule, layer: Layer, *, first: bool, last: bool) -> None:
        """Show this rule."""
        self._rule, self._layer = rule, layer
        self.title.setText(rule.label_zh or rule.label_en)
        self.title.setCursorPosition(0)
        self.title.setToolTip(rule.where or tr("All features"))
        self.title.setPlaceholderText(rule.where or tr("Title in the legend"))
        if not self.where.hasFocus() or self.refusal.isHidden():
            self.where.setText(rule.where)
            self.where.setCursorPosition(0)
            self._refuse(self._trouble(rule.where))
        self._buttons["up"].setEnabled(not first)
        self._buttons["down"].setEnabled(not last)

    @property
    def is_open(self) -> bool:
        """Whether the condition is shown below the title."""
        return self._is_open

    def set_open(self, *, is_open: bool) -> None:
        """Show the condition, or fold it away; one that was refused stays in sight."""
        self._is_open = is_open or not self.refusal.isHidden()
        self._show_fold()

    def _show_fold(self) -> None:
        self.where.setVisible(self.is_open)
        self.fold.setIcon(icon("chevron-down" if self.is_open else "chevron-right"))
        words = tr("Hide the condition") if self.is_open else tr("Show the condition")
        self.fold.setToolTip(words)
        self.fold.setAccessibleName(words)

    def _trouble(self, where: str) -> UserError | None:
        try:
            if where and self._layer is not None:
                parse(where, self._layer.schema)
        except UserError as error:
            return error
        return None

    def _refuse(self, error: UserError | None) -> None:
        self.refusal.setText(str(error) if error else "")
        self.refusal.setVisible(error is not None)
        if error is not None:
            self.set_open(is_open=True)

    def _take_title(self) -> None:
        text = self.title.text().strip()
        if text != (self._rule.label_zh or self._rule.label_en):
            self.edited.emit(replace(self._rule, label_zh=text, label_en=text))

    def _take_where(self) -> None:
        where = self.where.text().strip()
        trouble = self._trouble(where)
        self._refuse(trouble)
        if trouble is None and where != self._rule.where:
            self.edited.emit(replace(self._rule, where=where))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.title.setPlaceholderText(self._rule.where or tr("Title in the legend"))
        self.title.setAccessibleName(tr("Title in the legend"))
        self.where.setPlaceholderText(tr("All features, or XMZT = '建设中' and SL > 5"))
        self.where.setAccessibleName(tr("Condition"))
        for name, words in (("up", tr("Ask earlier")), ("down", tr("Ask later")), ("remove", tr("Remove the rule"))):
            self._buttons[name].setToolTip(words)
            self._buttons[name].setAccessibleName(words)
        self._show_fold()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


_BUTTONS = {"up": "chevron-up", "down": "chevron-down", "remove": "close"}


class RulesPage(RendererPage):
    """The rules of a layer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[RuleRow] = []
        self._hint = QLabel(self)
        self._hint.setProperty("role", "small")
        self._hint.setWordWrap(True)
        self._list = QVBoxLayout()
        self._list.setSpacing(theme.px(1))
        self.add = QPushButton(self)
        self.add.clicked.connect(self._add)
        self._column.addWidget(self._hint)
        self._column.addLayout(self._list)
        self._column.addWidget(self.add)
        self.retranslate()

    def _renderer(self) -> RuleBased | None:
        renderer = style_of(self._layer).renderer if self._layer is not None else None
        return renderer if isinstance(renderer, RuleBased) else None

    def _show(self, layer: Layer, renderer: Renderer) -> None:
        rules = renderer.rules if isinstance(renderer, RuleBased) else ()
        while len(self.rows) > len(rules):
            row = self.rows.pop()
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        many = len(rules) > MOST_OPEN
        while len(self.rows) < len(rules):
            row, number = RuleRow(self), len(self.rows)
            row.set_open(is_open=not many)
            row.edited.connect(partial(self._set, number))
            row.asked.connect(partial(self._move, number))
            self.rows.append(row)
            self._list.addWidget(row)
        for place, (row, rule) in enumerate(zip(self.rows, rules, strict=True)):
            row.show_rule(rule, layer, first=place == 0, last=place == len(rules) - 1)

    def _set(self, number: int, rule: Rule) -> None:
        renderer = self._renderer()
        if renderer is not None:
            rules = (*renderer.rules[:number], rule, *renderer.rules[number + 1 :])
            self.chosen.emit(replace(renderer, rules=rules))

    def _move(self, number: int, where: str) -> None:
        renderer = self._renderer()
        if renderer is None:
            return
        rules, opened = list(renderer.rules), [row.is_open for row in self.rows]
        rule, was_open = rules.pop(number), opened.pop(number)
        if where != "remove":
            place = number + (1 if where == "down" else -1)
            rules.insert(place, rule)
            opened.insert(place, was_open)
        for row, is_open in zip(self.rows, opened, strict=False):
            row.set_open(is_open=is_open)
        self.chosen.emit(replace(renderer, rules=tuple(rules)))

    def _add(self) -> None:
        renderer = self._renderer()
        if renderer is not None:
            rule = Rule("", restyle.base_symbol(renderer), tr("All features"), tr("All features"))
            self.chosen.emit(replace(renderer, rules=(*renderer.rules, rule)))
            self.rows[-1].set_open(is_open=True)
            self.rows[-1].where.setFocus()

    def retranslate(self) -> None:
        self._hint.setText(tr("A feature gets the first rule that fits it."))
        self.add.setText(tr("Add a rule"))

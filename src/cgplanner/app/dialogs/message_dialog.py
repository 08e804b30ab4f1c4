"""One quiet dialog for everything that is said or asked in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QWidget

from cgplanner.app.dialogs.card import Card
from cgplanner.errors import UserError
from cgplanner.text import tr


@dataclass(frozen=True)
class Answer:
    """A button: what it says and what happens."""

    text: str
    do: Callable[[], object] = lambda: None
    default: bool = False


class MessageDialog(Card):
    """A sentence, what to do about it, and answers. Escape is the last answer that does nothing."""

    def __init__(self, parent: QWidget | None, sentence: str, hint: str, answers: Sequence[Answer], *, title: str = "") -> None:
        super().__init__(sentence, parent)
        self.setWindowTitle(title or tr("City cluster planner"))
        if hint:
            self.add_text(hint, "secondary")
        self.buttons = [
            self.add_button(answer.text, partial(self._choose, answer), default=answer.default) for answer in answers
        ]

    def _choose(self, answer: Answer) -> None:
        self.accept()
        answer.do()


def tell_error(parent: QWidget | None, error: UserError) -> MessageDialog:
    """Show the sentence of a refusal with its hint; returns at once."""
    return tell(parent, error.message, error.hint)


def tell(parent: QWidget | None, sentence: str, hint: str = "") -> MessageDialog:
    """Show a sentence; returns at once."""
    dialog = MessageDialog(parent, sentence, hint, [Answer(tr("Close"), default=True)])
    dialog.open()
    return dialog


def ask(parent: QWidget | None, sentence: str, hint: str, answers: Sequence[Answer]) -> MessageDialog:
    """Ask a question; returns at once, the answer's function is called later."""
    dialog = MessageDialog(parent, sentence, hint, answers)
    dialog.open()
    return dialog

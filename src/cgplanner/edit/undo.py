"""The undo stack: edits that were applied, and edits that were taken back. It applies nothing itself."""

from __future__ import annotations

from cgplanner.edit.edit import Edit
from cgplanner.text import Sentence


class UndoStack:
    """What can be undone and redone, and whether the state is the saved one."""

    def __init__(self) -> None:
        self._done: list[Edit] = []
        self._undone: list[Edit] = []
        self._saved: Edit | None = None
        self._saved_reachable = True

    def push(self, edit: Edit) -> None:
        """Take in an edit that was applied; what had been undone is forgotten."""
        if self._undone and self._saved in self._undone:
            self._saved_reachable = False
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last is not None and last is not self._saved and edit.merge_key and last.merge_key == edit.merge_key:
            self._done[-1] = Edit(last.changeset + edit.changeset, edit.title, edit.merge_key, {**last.added, **edit.added})
        else:
            self._done.append(edit)

    @property
    def next_undo(self) -> Edit | None:
        """The edit that undo would take back."""
        return self._done[-1] if self._done else None

    @property
    def next_redo(self) -> Edit | None:
        """The edit that redo would do again."""
        return self._undone[-1] if self._undone else None

    def undo(self) -> None:
        """Move the last edit to the other side."""
        self._undone.append(self._done.pop())

    def redo(self) -> None:
        """Move the last undone edit back."""
        self._done.append(self._undone.pop())

    @property
    def mark(self) -> Edit | None:
        """The edit on top: it stands for the present state."""
        return self._done[-1] if self._done else None

    def saved(self, mark: Edit | None) -> None:
        """Remember that the state of this mark is the one on disk."""
        self._saved, self._saved_reachable = mark, True

    @property
    def is_clean(self) -> bool:
        """True when the present state is the saved one."""
        return self._saved_reachable and self.mark is self._saved

    @property
    def undo_title(self) -> Sentence | None:
        """What undo would take back."""
        return self.next_undo.title if self.next_undo else None

    @property
    def redo_title(self) -> Sentence | None:
        """What redo would do again."""
        return self.next_redo.title if self.next_redo else None

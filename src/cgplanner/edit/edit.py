"""What an operation returns: the changeset and what people call it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cgplanner.model.changeset import Changeset
from cgplanner.text import Sentence


@dataclass(frozen=True, eq=False)
class Edit:
    """One step of work.

    Attributes
    ----------
    changeset
        What changes; it may be empty when everything was so already.
    title
        What the menu says after "Undo:", without a full stop.
    merge_key
        Edits that follow each other with the same key become one step (a slider being dragged); '' never merges.
    added
        Session numbers of features it adds, by layer, so that the caller can select them.
    """

    changeset: Changeset
    title: Sentence
    merge_key: str = ""
    added: dict[str, tuple[int, ...]] = field(default_factory=dict)

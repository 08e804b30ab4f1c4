"""What can be done now, and the sentence that says why not. The window makes buttons of these; it decides nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cgplanner.session.session import Session
from cgplanner.symbology.evaluate import style_of
from cgplanner.text import Sentence, sentence

WhyNot = Callable[[Session], Sentence | None]


@dataclass(frozen=True)
class Action:
    """A thing a user can ask for.

    Attributes
    ----------
    id
        Name in code, also the name of its icon where it has one.
    title
        What menus say.
    why_not
        Why it can't be done now; None when it can.
    """

    id: str
    title: Sentence
    why_not: WhyNot

    def enabled(self, session: Session) -> bool:
        """Tell whether it can be done now."""
        return self.why_not(session) is None


def _always(_session: Session) -> Sentence | None:
    return None


def _something_changed(session: Session) -> Sentence | None:
    if session.path is not None and not session.is_dirty:
        return sentence("Everything is saved already.")
    return None


def _can_undo(session: Session) -> Sentence | None:
    return None if session.can_undo else sentence("There is nothing to undo.")


def _can_redo(session: Session) -> Sentence | None:
    return None if session.can_redo else sentence("There is nothing to redo.")


def _has_layers(session: Session) -> Sentence | None:
    return None if session.workspace.layers else sentence("The workspace has no layers yet: import a file first.")


def _has_selection(session: Session) -> Sentence | None:
    return None if session.selection.rids else sentence("Nothing is selected: click a feature on the map or in the table.")


def _has_layer(session: Session) -> Sentence | None:
    return None if session.current_layer else sentence("No layer is chosen: click one in the list of layers.")


def _one_selected(session: Session) -> Sentence | None:
    if len(session.selection.rids) == 1:
        return None
    return _has_selection(session) or sentence("This works on one feature: select only one.")


def _pinned_selected(session: Session) -> Sentence | None:
    chosen = session.selection
    if not chosen.rids:
        return _has_selection(session)
    labels = style_of(session.workspace.layer(chosen.layer_id)).labels
    if labels is None or not labels.pins:
        return sentence("No label of these features was put anywhere by hand.")
    return None


def _drawable(kind: str) -> WhyNot:
    def why_not(session: Session) -> Sentence | None:
        missing = _has_layer(session)
        if missing is not None:
            return missing
        layer = session.workspace.layer(session.current_layer)
        if layer.schema.geometry in (kind, "mixed"):
            return None
        return sentence("The layer {layer} does not hold such shapes: choose another layer.", layer=layer.title)

    return why_not


ACTIONS: dict[str, Action] = {
    action.id: action
    for action in (
        Action("new", sentence("New workspace"), _always),
        Action("open", sentence("Open…"), _always),
        Action("save", sentence("Save"), _something_changed),
        Action("save-as", sentence("Save as…"), _always),
        Action("import", sentence("Import a file…"), _always),
        Action("export", sentence("Export layers…"), _has_layers),
        Action("print", sentence("Print the map…"), _has_layers),
        Action("undo", sentence("Undo"), _can_undo),
        Action("redo", sentence("Redo"), _can_redo),
        Action("delete", sentence("Delete the selected features"), _has_selection),
        Action("select-all", sentence("Select all of the layer"), _has_layer),
        Action("clear-selection", sentence("Clear the selection"), _has_selection),
        Action("zoom-selection", sentence("Zoom to the selection"), _has_selection),
        Action("zoom-layer", sentence("Zoom to the layer"), _has_layer),
        Action("full-extent", sentence("Zoom to everything"), _has_layers),
        Action("pan", sentence("Pan the map"), _always),
        Action("select", sentence("Select features"), _has_layers),
        Action("identify", sentence("Identify a feature"), _has_layers),
        Action("zoom-box", sentence("Zoom to a box"), _has_layers),
        Action("move", sentence("Move features"), _has_selection),
        Action("move-label", sentence("Move labels"), _has_layers),
        Action("release-labels", sentence("Let labels find their places"), _pinned_selected),
        Action("vertex", sentence("Edit vertices"), _one_selected),
        Action("add-point", sentence("Draw a point"), _drawable("point")),
        Action("add-line", sentence("Draw a line"), _drawable("line")),
        Action("add-polygon", sentence("Draw an area"), _drawable("polygon")),
    )
}

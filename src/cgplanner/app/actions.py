"""The session's actions, and the window's own, as QActions: title, icon, shortcut, and why each cannot be done now."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from cgplanner.app.icons import icon
from cgplanner.io.crs.crs_files import named_zone
from cgplanner.session.actions import ACTIONS, Action
from cgplanner.session.session import Session
from cgplanner.text import Sentence, in_both, sentence, tr


def _always(_session: Session) -> Sentence | None:
    return None


def _own(action_id: str, title: Sentence) -> Action:
    return Action(action_id, title, _always)


_NEEDS_LAYER = ACTIONS["zoom-layer"].why_not


def _why_no_datum(session: Session) -> Sentence | None:
    """Say why the datum of the layer cannot be changed, by its code alone: this is asked after every edit."""
    missing = _NEEDS_LAYER(session)
    if missing is not None:
        return missing
    layer = session.workspace.layer(session.current_layer)
    zone, mark = named_zone(layer.crs), layer.extras.get("datum")
    modern = layer.crs in ("EPSG:4490", "EPSG:4326") or (zone is not None and zone.datum == 4490)
    if modern and not (isinstance(mark, dict) and mark.get("how") == "ballpark"):
        return sentence("The layer is in CGCS2000 or WGS 84 already.")
    return None


OWN = (
    _own("recent", sentence("Open recent")),
    _own("close", sentence("Close the window")),
    _own("zoom-in", sentence("Zoom in")),
    _own("zoom-out", sentence("Zoom out")),
    _own("layers", sentence("Layers panel")),
    _own("inspector", sentence("Inspector")),
    _own("table", sentence("Attribute table")),
    _own("basemaps", sentence("Background maps")),
    _own("bookmarks", sentence("Bookmarks")),
    _own("graticule", sentence("Graticule")),
    _own("scale-bar", sentence("Scale bar")),
    _own("overview", sentence("Overview")),
    _own("go-to", sentence("Go to coordinates…")),
    _own("add-bookmark", sentence("Bookmark this view")),
    _own("measure-line", sentence("Measure a line")),
    _own("measure-area", sentence("Measure an area")),
    _own("light", sentence("Light theme")),
    _own("dark", sentence("Dark theme")),
    Action("zh", Sentence("中文"), _always),  # a language is called by its own name
    Action("en", Sentence("English"), _always),
    _own("hand-over", sentence("Hand over the workspace…")),
    _own("find", sentence("Find features, places and commands")),
    _own("about", sentence("About this program")),
    Action("rename-layer", sentence("Rename the layer…"), _NEEDS_LAYER),
    Action("layer-properties", sentence("Properties of the layer…"), _NEEDS_LAYER),
    Action("layer-datum", sentence("Change the datum of the layer…"), _why_no_datum),
    Action("export-layer", sentence("Export the layer…"), _NEEDS_LAYER),
    Action("remove-layer", sentence("Remove the layer"), _NEEDS_LAYER),
)
SHORTCUTS: dict[str, tuple[str, ...]] = {
    "new": ("Ctrl+N",),
    "open": ("Ctrl+O",),
    "save": ("Ctrl+S",),
    "save-as": ("Ctrl+Shift+S",),
    "import": ("Ctrl+I",),
    "export": ("Ctrl+E",),
    "print": ("Ctrl+P",),
    "close": ("Ctrl+W",),
    "undo": ("Ctrl+Z",),
    "redo": ("Ctrl+Shift+Z", "Ctrl+Y"),
    "delete": ("Del",),
    "select-all": ("Ctrl+A",),
    "clear-selection": ("Ctrl+Shift+A",),
    "zoom-in": ("Ctrl++", "Ctrl+="),
    "zoom-out": ("Ctrl+-",),
    "full-extent": ("Ctrl+0",),
    "zoom-selection": ("Ctrl+J",),
    "find": ("Ctrl+K", "Ctrl+F"),
    "layers": ("F7",),
    "inspector": ("F8",),
    "table": ("F6",),
    "pan": ("Ctrl+1",),
    "select": ("Ctrl+2",),
    "move": ("Ctrl+3",),
    "vertex": ("Ctrl+4",),
    "add-point": ("Ctrl+5",),
    "add-line": ("Ctrl+6",),
    "add-polygon": ("Ctrl+7",),
    "measure-line": ("Ctrl+8",),
    "measure-area": ("Ctrl+9",),
    "go-to": ("Ctrl+G",),
    "add-bookmark": ("Ctrl+B",),
    "about": ("F1",),
}
ICONS = {
    "light": "sun",
    "dark": "moon",
    "zh": "language",
    "en": "language",
    "find": "search",
    "about": "info",
    "recent": "folder",
    "measure-line": "measure",
    "basemaps": "image",
    "bookmarks": "bookmark",
    "add-bookmark": "bookmark",
    "rename-layer": "style",
    "layer-properties": "info",
    "layer-datum": "graticule",
    "export-layer": "export",
    "hand-over": "folder",
    "remove-layer": "delete",
    "select-all": "select-box",
    "clear-selection": "minus",
    "release-labels": "refresh",
}
TOOLS = (
    "pan",
    "select",
    "identify",
    "zoom-box",
    "move",
    "move-label",
    "vertex",
    "add-point",
    "add-line",
    "add-polygon",
    "measure-line",
    "measure-area",
)
GROUPS = {"tools": TOOLS, "theme": ("light", "dark"), "language": ("zh", "en")}
SWITCHES = ("layers", "inspector", "table")
MORE_SWITCHES = ("basemaps", "bookmarks")
FURNITURE = ("graticule", "scale-bar", "overview")


class ActionSet(QObject):
    """All QActions of a window, by the id of their action.

    Signals
    -------
    asked(str)
        Somebody triggered the action of this id.
    """

    asked = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._specs = {**ACTIONS, **{action.id: action for action in OWN}}
        self._actions = {action_id: self._made(action_id) for action_id in self._specs}
        for names in GROUPS.values():
            group = QActionGroup(self)
            for name in names:
                self[name].setCheckable(True)
                group.addAction(self[name])
        for name in (*SWITCHES, *MORE_SWITCHES, *FURNITURE):
            self[name].setCheckable(True)
        self["pan"].setChecked(True)

    def _made(self, action_id: str) -> QAction:
        action = QAction(self)
        action.setObjectName(action_id)
        action.setShortcuts([QKeySequence(text) for text in SHORTCUTS.get(action_id, ())])
        if action_id not in ("close", "recent"):
            action.setIcon(icon(ICONS.get(action_id, action_id)))
        action.triggered.connect(lambda _checked=False: self.asked.emit(action_id))
        return action

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def names(self, action_id: str) -> tuple[str, ...]:
        """Return what an action is called: as it says now, in Chinese and in English."""
        return self._actions[action_id].text().replace("&&", "&"), *in_both(self._specs[action_id].title)

    def refresh(self, session: Session) -> None:
        """Say of each action what it would do now, or why it cannot be done."""
        for action_id, action in self._actions.items():
            spec = self._specs[action_id]
            why_not = spec.why_not(session)
            title = self._title(spec, session)
            action.setText(title.replace("&", "&&"))
            action.setEnabled(why_not is None)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            tip = f"{title} ({keys})" if keys else title
            action.setToolTip(tip if why_not is None else f"{title}\n{why_not}")
            action.setStatusTip(title if why_not is None else str(why_not))

    def _title(self, spec: Action, session: Session) -> str:
        if spec.id == "undo" and session.undo_title is not None:
            return tr("Undo: {title}", title=session.undo_title)
        if spec.id == "redo" and session.redo_title is not None:
            return tr("Redo: {title}", title=session.redo_title)
        return str(spec.title)

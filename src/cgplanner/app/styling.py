"""Looks that come from elsewhere: saved styles, another layer's, files of QGIS and SLD; and the way there.

Copying goes through the system's clipboard as text, so that it reaches another window of the program too.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from cgplanner.app.bridge import Bridge
from cgplanner.app.dialogs.message_dialog import Answer, ask, tell, tell_error
from cgplanner.app.dialogs.preset_dialog import PresetDialog
from cgplanner.app.dialogs.symbol_dialog import SymbolDialog
from cgplanner.app.icons import icon
from cgplanner.app.panels.style_form import StyleForm
from cgplanner.app.settings import config_folder
from cgplanner.edit.style_operations import take_style
from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.styles.style_presets import Presets
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.label_pins import without_pins
from cgplanner.symbology.style import Style, style_from_json
from cgplanner.text import tr

_MARK = "cgplanner-style"
MOST_NOTES = 10


class Styling(QObject):
    """Styles of layers from and to elsewhere, for one window."""

    def __init__(self, owner: QWidget, bridge: Bridge, form: StyleForm) -> None:
        super().__init__(owner)
        self._owner, self._bridge, self._form = owner, bridge, form
        self.dialog: SymbolDialog | None = None
        self._folder = Path.home()  # of the last file
        form.menu_wanted.connect(self.fill_menu)
        form.symbol_wanted.connect(self.open_symbol)
        form.left.connect(self.close_symbol)

    def open_symbol(self, number: int) -> None:
        """Open the parts of a class's symbol; they stay open while the map is moved and styled."""
        layer = self._form.layer
        if layer is None:
            return
        self.close_symbol()
        self.dialog = SymbolDialog(self._owner.window(), *self._form.symbol_of(number), layer.schema)
        self.dialog.edited.connect(partial(self._form.set_symbol, number))
        self.dialog.finished.connect(lambda _: self._forget())
        self.dialog.show()

    def close_symbol(self) -> None:
        """Close the parts of a symbol."""
        if self.dialog is not None:
            self.dialog.close()

    def _forget(self) -> None:
        self.dialog = None

    @property
    def presets(self) -> Presets:
        """The styles this user has saved."""
        return Presets(config_folder() / "styles")

    def fill_menu(self, menu: QMenu, layer_id: str) -> None:
        """Offer all that can be done with a layer's whole style."""
        menu.addAction(icon("copy"), tr("Copy the style"), partial(self.copy, layer_id))
        paste = menu.addAction(tr("Paste the style"), partial(self.paste, layer_id))
        paste.setEnabled(self._copied() is not None)
        menu.addSeparator()
        names = self.presets.names()
        saved = menu.addMenu(tr("Saved styles"))
        saved.setEnabled(bool(names))
        for name in names:
            saved.addAction(name.replace("&", "&&"), partial(self.use_preset, layer_id, name))
        menu.addAction(tr("Save the style as…"), partial(self._ask_name, layer_id))
        forget = menu.addMenu(tr("Remove a saved style"))
        forget.setEnabled(bool(names))
        for name in names:
            forget.addAction(f"{name}…".replace("&", "&&"), partial(self.ask_remove, name))
        menu.addSeparator()
        menu.addAction(icon("import"), tr("Style from a file (QGIS, SLD)…"), partial(self._ask_file, layer_id))
        menu.addAction(icon("export"), tr("Style to a file (QGIS, SLD)…"), partial(self._ask_target, layer_id))

    def take(self, layer_id: str, style: Style, opacity: float | None = None) -> bool:
        """Give a layer a style as one step that can be undone."""
        return self._bridge.run_or_tell(lambda workspace: take_style(workspace, layer_id, style, opacity))

    def copy(self, layer_id: str) -> None:
        """Put a layer's style onto the clipboard."""
        data = without_pins(style_of(self._bridge.workspace.layer(layer_id))).to_json()
        QGuiApplication.clipboard().setText(json.dumps({_MARK: data}, ensure_ascii=False))

    def paste(self, layer_id: str) -> None:
        """Give a layer the style from the clipboard; labels put by hand belong to the other layer's features."""
        style = self._copied()
        if style is not None:
            self.take(layer_id, style)

    def _copied(self) -> Style | None:
        try:
            data = json.loads(QGuiApplication.clipboard().text()[: 4 << 20])
            return style_from_json(data[_MARK])
        except (ValueError, TypeError, KeyError, RecursionError, UserError):
            return None  # something else was copied

    def use_preset(self, layer_id: str, name: str) -> None:
        """Give a layer a saved style."""
        try:
            style = self.presets.read(name)
        except UserError as error:
            tell_error(self._owner.window(), error)
            return
        self.take(layer_id, style)

    def _ask_name(self, layer_id: str) -> None:
        title = self._bridge.workspace.layer(layer_id).title
        PresetDialog(self._owner.window(), self.presets, title, partial(self.save_preset, layer_id)).open()

    def save_preset(self, layer_id: str, name: str) -> None:
        """Save a layer's style under a name; the style of that name before is replaced."""
        style = without_pins(style_of(self._bridge.workspace.layer(layer_id)))
        try:
            self.presets.save(name, style)
        except UserError as error:
            tell_error(self._owner.window(), error)

    def ask_remove(self, name: str) -> None:
        """Ask whether a saved style is to go: that cannot be undone."""
        answers = [Answer(tr("Remove"), partial(self._remove, name)), Answer(tr("Cancel"), default=True)]
        hint = tr("This cannot be undone. Layers that have taken it keep their look.")
        ask(self._owner.window(), tr("Remove the saved style “{name}”?", name=name), hint, answers)

    def _remove(self, name: str) -> None:
        try:
            self.presets.remove(name)
        except UserError as error:
            tell_error(self._owner.window(), error)

    def _ask_file(self, layer_id: str) -> None:
        filters = tr("Styles (*.qml *.sld)")
        path, _ = QFileDialog.getOpenFileName(
            self._owner.window(), tr("Style from a file (QGIS, SLD)…"), str(self._folder), filters
        )
        if path:
            self._folder = Path(path).parent
            self.read_file(layer_id, Path(path))

    def read_file(self, layer_id: str, path: Path) -> None:
        """Give a layer the style of a file, and say what could not be taken over."""
        from cgplanner.io.styles.style_file import read_style  # noqa: PLC0415  the window must not wait for it

        try:
            read = read_style(path, self._bridge.workspace.layer(layer_id).schema)
        except UserError as error:
            tell_error(self._owner.window(), error)
            return
        if self.take(layer_id, read.style, read.opacity) and read.notes:
            tell(
                self._owner.window(),
                tr("The style of “{path}” was taken over, with differences.", path=path.name),
                _told(read.notes),
            )

    def _ask_target(self, layer_id: str) -> None:
        name = self._bridge.workspace.layer(layer_id).title.replace("/", "_")
        filters = f"{tr('Style for QGIS (*.qml)')};;{tr('Styled Layer Descriptor (*.sld)')}"
        path, chosen = QFileDialog.getSaveFileName(
            self._owner.window(), tr("Style to a file (QGIS, SLD)…"), str(self._folder / f"{name}.qml"), filters
        )
        if path:
            self._folder = Path(path).parent
            ending = ".sld" if "sld" in chosen and not path.endswith(".qml") else ".qml"
            self.write_file(layer_id, Path(path) if Path(path).suffix in (".qml", ".sld") else Path(path + ending))

    def write_file(self, layer_id: str, path: Path) -> None:
        """Write a layer's style into a file (the file dialog has asked about replacing), and say what got lost."""
        from cgplanner.io.styles.style_file import write_style  # noqa: PLC0415  the window must not wait for it

        try:
            notes = write_style(self._bridge.workspace.layer(layer_id), path, overwrite=True)
        except UserError as error:
            tell_error(self._owner.window(), error)
            return
        if notes:
            tell(self._owner.window(), tr("“{path}” was written, with differences.", path=path.name), _told(notes))


def _told(notes: tuple[Note, ...]) -> str:
    lines = [f"· {note.message}" + (f" ({note.count}×)" if note.count > 1 else "") for note in notes[:MOST_NOTES]]
    rest = len(notes) - MOST_NOTES
    return "\n".join([*lines, *([tr("… and {count} more.", count=rest)] if rest > 0 else [])])

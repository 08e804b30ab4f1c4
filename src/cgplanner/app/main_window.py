"""The window: docks, menus, toolbar, and which action goes to whom. It holds no logic of its own."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from cgplanner.app import settings as settings_file
from cgplanner.app import theme
from cgplanner.app.actions import FURNITURE, MORE_SWITCHES, SWITCHES, TOOLS, ActionSet
from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas import MapCanvas
from cgplanner.app.controls.panel_header import PanelHeader
from cgplanner.app.controls.reason_menu import ReasonMenu
from cgplanner.app.controls.search_box import Hit, SearchBox
from cgplanner.app.controls.status_strip import StatusStrip
from cgplanner.app.dialogs.about_dialog import AboutDialog
from cgplanner.app.dialogs.message_dialog import tell_error
from cgplanner.app.dialogs.properties_dialog import PropertiesDialog
from cgplanner.app.dialogs.rename_dialog import RenameDialog
from cgplanner.app.documents import Documents
from cgplanner.app.health import HealthWatch
from cgplanner.app.jobs import Jobs
from cgplanner.app.language import switch_language
from cgplanner.app.on_the_map import GROUND_SUFFIXES, OnTheMap
from cgplanner.app.panels.attribute_table_panel import AttributeTablePanel
from cgplanner.app.panels.inspector_panel import InspectorPanel
from cgplanner.app.panels.layers_panel import LayersPanel
from cgplanner.app.qtmodels.search import found_features
from cgplanner.app.qtmodels.wanted import Wanted
from cgplanner.app.styling import Styling
from cgplanner.app.tools.toolbox import equip
from cgplanner.edit import operations
from cgplanner.session.labels import unpin_labels
from cgplanner.session.session import Session
from cgplanner.text import Language, tr

if TYPE_CHECKING:
    from cgplanner.app.exchange import Exchange
    from cgplanner.app.layer_datum import LayerDatum

TABLE_HEIGHT = 260
FIRST_SIZE, FRAME = QSize(1600, 1000), QSize(16, 40)  # px; a window manager puts a frame of about this much round it

# What each menu holds, by action id; '-' is a separator.
FILE = ("new", "open", "recent", "-", "save", "save-as", "-", "import", "export", "hand-over", "print", "-", "close")
EDIT = ("undo", "redo", "-", "delete", "release-labels", "-", "select-all", "clear-selection")
TOOL_MENU = (
    "pan",
    "select",
    "identify",
    "zoom-box",
    "-",
    "move",
    "move-label",
    "vertex",
    "-",
    "add-point",
    "add-line",
    "add-polygon",
    "-",
    "measure-line",
    "measure-area",
)
VIEW = ("zoom-in", "zoom-out", "full-extent", "zoom-layer", "zoom-selection", "go-to", "-", "add-bookmark", "go-to-bookmark")
MORE_VIEW = ("-", *FURNITURE, "-", *SWITCHES, *MORE_SWITCHES)
LAYER = (
    "import",
    "-",
    "zoom-layer",
    "table",
    "export-layer",
    "rename-layer",
    "layer-datum",
    "layer-properties",
    "-",
    "remove-layer",
)
HELP = ("find", "about")
TOOLBAR = ("save", "undo", "redo", "-", *TOOL_MENU, "-", "zoom-in", "zoom-out", "full-extent")


class MainWindow(QMainWindow):
    """One window on one workspace."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.resize(FIRST_SIZE.boundedTo(self.screen().availableSize()))
        self.setMinimumSize(960, 600)
        self.bridge = Bridge(session, self)
        self.jobs = Jobs(self)
        self.documents = Documents(self, self.bridge, self.jobs)
        self.health = HealthWatch(self.bridge, self)
        self.actions_by_id = ActionSet(self)
        self._leaving = False
        self._menus: list[tuple[QMenu, Callable[[], str]]] = []
        self._build_panels()
        self._build_menus()
        self._build_toolbar()
        self._connect()
        self.retranslate()
        self._restore_place()

    @cached_property
    def exchange(self) -> Exchange:
        """The work behind import, export and print; made when first asked for."""
        from cgplanner.app.exchange import Exchange  # noqa: PLC0415  the window must not wait for drivers and dialogs

        made = Exchange(self, self.bridge, self.jobs)
        made.added.connect(self._show_added)
        return made

    def _show_added(self, layer_id: str) -> None:
        """Go to a new layer, or stay and say that it is there: it may be a speck on the map."""
        self.canvas.find_layer(layer_id)
        layer = self.bridge.workspace.layer(layer_id)
        words = tr("{layer} was added with {count} features.", layer=layer.title, count=f"{len(layer.table):,}")
        self.canvas.toast.say(words, tr("A double click on it in the list of layers shows all of it."))

    @cached_property
    def layer_datum(self) -> LayerDatum:
        """The work behind the change of a layer's datum; made when first asked for."""
        from cgplanner.app.layer_datum import LayerDatum  # noqa: PLC0415  brings pyproj

        return LayerDatum(self, self.bridge, self.jobs, self.canvas)

    # What it is made of

    def _build_panels(self) -> None:
        self.canvas = MapCanvas(self.bridge, self)
        equip(self.canvas)
        self.setCentralWidget(self.canvas)
        self.on_the_map = OnTheMap(self, self.canvas, self.bridge, self.jobs)
        self.documents.attend(self.canvas)  # after the furniture: a sketch lies over it
        self.layers = LayersPanel(self.bridge, self)
        self.inspector = InspectorPanel(self.bridge, self)
        self.styling = Styling(self, self.bridge, self.inspector.style_form)
        self.table = AttributeTablePanel(self.bridge, self)
        self.strip = StatusStrip(self.jobs, self)
        self.on_the_map.attend(self.strip.place)
        self.setStatusBar(self.strip)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.docks = {
            "layers": self._dock("layers", self.layers, Qt.DockWidgetArea.LeftDockWidgetArea, lambda: tr("Layers")),
            "inspector": self._dock(
                "inspector", self.inspector, Qt.DockWidgetArea.RightDockWidgetArea, lambda: tr("Inspector")
            ),
            "table": self._dock("table", self.table, Qt.DockWidgetArea.BottomDockWidgetArea, lambda: tr("Attribute table")),
            "basemaps": self._dock(
                "basemaps", self.on_the_map.basemaps, Qt.DockWidgetArea.LeftDockWidgetArea, lambda: tr("Background maps")
            ),
            "bookmarks": self._dock(
                "bookmarks", self.on_the_map.bookmarks, Qt.DockWidgetArea.LeftDockWidgetArea, lambda: tr("Bookmarks")
            ),
        }
        self.resizeDocks(
            [self.docks["layers"], self.docks["inspector"]],
            [theme.LAYERS_WIDTH, theme.INSPECTOR_WIDTH],
            Qt.Orientation.Horizontal,
        )
        self.resizeDocks([self.docks["table"]], [TABLE_HEIGHT], Qt.Orientation.Vertical)
        for name in ("table", *MORE_SWITCHES):
            self.docks[name].hide()

    def _dock(self, name: str, panel: QWidget, area: Qt.DockWidgetArea, title: Callable[[], str]) -> QDockWidget:
        dock = QDockWidget(self)
        dock.setObjectName(name)
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        header = PanelHeader(title, dock)
        if name == "layers":
            header.add_button("plus", lambda: tr("Import a file…"), self._import_files)
        elif name == "bookmarks":
            header.add_button("plus", lambda: tr("Bookmark this view"), self._add_bookmark)
        elif name == "basemaps":
            plus = header.add_button("plus", lambda: tr("Add a base map"), lambda: None)
            plus.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            plus.setMenu(self._filled_menu(self.on_the_map.fill_basemaps))
        header.add_button("close", lambda: tr("Fold this panel away"), dock.close)
        dock.setTitleBarWidget(header)
        dock.setWidget(panel)
        dock.visibilityChanged.connect(lambda _: self._show_switches())
        self.addDockWidget(area, dock)
        return dock

    def _build_menus(self) -> None:
        self._add_menu(lambda: tr("&File"), FILE)
        self._add_menu(lambda: tr("&Edit"), EDIT)
        self._add_menu(lambda: tr("&Tools"), TOOL_MENU)
        view = self._add_menu(lambda: tr("&View"), VIEW)
        self._fill(view, MORE_VIEW)
        view.addSeparator()
        for title, names in ((lambda: tr("Theme"), ("light", "dark")), (lambda: tr("Language"), ("zh", "en"))):
            self._fill(self._submenu(view, title), names)
        self._add_menu(lambda: tr("&Layer"), LAYER)
        self._add_menu(lambda: tr("&Help"), HELP)

    def _add_menu(self, title: Callable[[], str], names: tuple[str, ...]) -> QMenu:
        menu = ReasonMenu(self)
        self.menuBar().addMenu(menu)
        self._menus.append((menu, title))
        self._fill(menu, names)
        return menu

    def _submenu(self, parent: QMenu, title: Callable[[], str]) -> QMenu:
        menu = ReasonMenu(parent)
        parent.addMenu(menu)
        self._menus.append((menu, title))
        return menu

    def _fill(self, menu: QMenu, names: tuple[str, ...]) -> None:
        for name in names:
            if name == "-":
                menu.addSeparator()
            elif name == "recent":
                self.recent = self._submenu(menu, lambda: tr("Open recent"))
                self.recent.aboutToShow.connect(self._fill_recent)
            elif name == "go-to-bookmark":
                marks = self._submenu(menu, lambda: tr("Go to a bookmark"))
                marks.aboutToShow.connect(partial(self.on_the_map.fill_bookmarks, marks))
            else:
                menu.addAction(self.actions_by_id[name])

    def _filled_menu(self, fill: Callable[[QMenu], object]) -> QMenu:
        """Return a menu that is filled anew each time it opens."""
        menu = ReasonMenu(self)
        menu.aboutToShow.connect(partial(fill, menu))
        return menu

    def _fill_recent(self) -> None:
        self.recent.clear()
        paths = [Path(each) for each in settings_file.load().recent]
        for path in paths:
            self.recent.addAction(path.name, partial(self.documents.open, path)).setToolTip(str(path))
        if not paths:
            self.recent.addAction(tr("No workspace has been opened yet.")).setEnabled(False)
        self.recent.addSeparator()
        self.recent.addAction(tr("The five-city sample"), self.documents.open_sample)

    def _build_toolbar(self) -> None:
        bar = QToolBar(self)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setFixedHeight(theme.TOOLBAR_HEIGHT)
        bar.setIconSize(QSize(theme.ICON_PX, theme.ICON_PX))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        for name in TOOLBAR:
            bar.addSeparator() if name == "-" else bar.addAction(self.actions_by_id[name])
        self.search = SearchBox(self._found, bar)
        bar.addWidget(_centred(self.search, bar))
        for name in SWITCHES:
            bar.addAction(self.actions_by_id[name])
        self.toolbar = bar
        self.addToolBar(bar)

    def _connect(self) -> None:
        self.actions_by_id.asked.connect(self._do)
        self.bridge.state_changed.connect(self._refresh)
        self.bridge.selection_changed.connect(lambda _: self._refresh())
        self.bridge.replaced.connect(self._show_workspace)
        self.bridge.refused.connect(lambda error: tell_error(self, error))
        self.documents.opened.connect(self._remember)
        self.documents.saving_changed.connect(self._refresh)
        self.layers.asked.connect(self._do_with_layer)
        self.canvas.view_changed.connect(lambda view: self.strip.scale.show_scale(view.scale))
        self.canvas.position_changed.connect(self.strip.show_place)
        self.canvas.drawing.connect(self.strip.show_drawing)
        self.canvas.view_changed.connect(lambda _: self.health.give_way())
        self.canvas.drawing.connect(lambda drawing: self.health.give_way() if drawing else None)
        self.health.changed.connect(lambda: self.layers.mark(self.health.troubles))
        self.canvas.picture.labelled.connect(lambda: self.strip.show_homeless(self.canvas.picture.homeless()))
        self.canvas.drawn.connect(self.inspector.name_feature)
        self.strip.scale.entered.connect(self.canvas.set_scale)

    # What its actions do

    def _do(self, action_id: str) -> None:
        if action_id in TOOLS:
            self.canvas.choose_tool(action_id)
        elif action_id in (*SWITCHES, *MORE_SWITCHES):
            self.docks[action_id].setVisible(self.actions_by_id[action_id].isChecked())
        elif action_id in FURNITURE:
            self.on_the_map.toggle(action_id)
        elif action_id in ("light", "dark"):
            self.use_theme("dark" if action_id == "dark" else "light")
        elif action_id in ("zh", "en"):
            self.use_language("zh" if action_id == "zh" else "en")
        else:
            self._commands()[action_id]()

    def _commands(self) -> dict[str, Callable[[], object]]:
        session, layer_id = self.bridge.session, self.bridge.session.current_layer
        return {
            **self.on_the_map.commands(),
            "add-bookmark": self._add_bookmark,
            "new": self.documents.new,
            "open": self.documents.choose_and_open,
            "save": self.documents.save,
            "save-as": self.documents.save_as,
            "import": self._import_files,
            "export": lambda: self.exchange.ask_export({each.id for each in session.workspace if each.role == "planning"}),
            "hand-over": self._hand_over,
            "print": lambda: self.exchange.ask_print(self.canvas.viewport.extent),
            "close": self.close,
            "undo": session.undo,
            "redo": session.redo,
            "delete": self._delete,
            "release-labels": self._release_labels,
            "select-all": lambda: session.select(layer_id, session.workspace.layer(layer_id).table.rids.tolist()),
            "clear-selection": lambda: session.select("", ()),
            "zoom-in": self.canvas.zoom_in,
            "zoom-out": self.canvas.zoom_out,
            "full-extent": self.canvas.full_extent,
            "zoom-layer": lambda: self.canvas.zoom_to_layer(layer_id),
            "zoom-selection": self.canvas.zoom_to_selection,
            "find": self.search.setFocus,
            "about": lambda: AboutDialog(self).open(),
            "rename-layer": lambda: self._do_with_layer("rename", layer_id),
            "layer-properties": lambda: self._do_with_layer("properties", layer_id),
            "layer-datum": lambda: self._do_with_layer("datum", layer_id),
            "export-layer": lambda: self._do_with_layer("export", layer_id),
            "remove-layer": lambda: self.bridge.run_or_tell(lambda w: operations.remove_layer(w, layer_id)),
        }

    def _import_files(self) -> None:
        self.exchange.choose_and_import()

    def _hand_over(self) -> None:
        self.exchange.ask_hand_over()

    def _add_bookmark(self) -> None:
        """Keep the view and let somebody name it where it stands."""
        name = self.on_the_map.add_bookmark()
        self.docks["bookmarks"].show()
        self.on_the_map.bookmarks.edit_name(name)

    def _delete(self) -> None:
        chosen = self.bridge.selection
        if chosen.rids:
            self.bridge.run_or_tell(lambda w: operations.delete_features(w, chosen.layer_id, chosen.rids))

    def _release_labels(self) -> None:
        chosen = self.bridge.selection
        self.bridge.run_or_tell(lambda workspace: unpin_labels(workspace, chosen.layer_id, chosen.rids))

    def _do_with_layer(self, verb: str, layer_id: str) -> None:
        layer = self.bridge.workspace.layer(layer_id)
        if verb == "look":
            self.inspector.show_layer_page()
        elif verb == "zoom":
            self.canvas.zoom_to_layer(layer_id)
        elif verb == "table":
            self.bridge.session.set_current_layer(layer_id)
            self.docks["table"].show()
        elif verb == "export":
            self.exchange.ask_export({layer_id})
        elif verb == "troubles":
            self.health.open_report(self, self.canvas, layer)
        elif verb == "rename":
            RenameDialog(
                self, layer, lambda zh, en: self.bridge.run_or_tell(lambda w: operations.rename_layer(w, layer_id, zh, en))
            ).open()
        elif verb == "datum":
            self.layer_datum.ask(layer_id)
        else:
            PropertiesDialog(self, layer, partial(self._do_with_layer, "datum", layer_id)).open()

    def _found(self, text: str) -> list[Hit]:
        """Return what the search box shows: features and places, then layers and commands."""
        wanted = Wanted(text)
        hits = self.on_the_map.found_places(text)
        hits += [
            Hit("search", found.title, found.where, partial(self._go_to, found.layer_id, found.rid))
            for found in found_features(self.bridge.workspace, text)
        ]
        hits += [
            Hit("layers", layer.title, tr("layer"), partial(self._go_to, layer.id, None))
            for layer in reversed(self.bridge.workspace.layers)
            if wanted.is_in(layer.title_zh) or wanted.is_in(layer.title_en)
        ]
        hits += [
            Hit("keyboard", action.text().replace("&&", "&"), tr("command"), action.trigger)
            for action in self.actions_by_id
            if action.isEnabled()
            and action.objectName() != "recent"
            and any(wanted.is_in(name) for name in self.actions_by_id.names(action.objectName()))
        ]
        return hits

    def _go_to(self, layer_id: str, rid: int | None) -> None:
        if rid is None:
            self.bridge.session.set_current_layer(layer_id)
            self.canvas.zoom_to_layer(layer_id)
        else:
            self.bridge.select(layer_id, [rid])
            self.canvas.zoom_to_selection()

    # How it looks and what it remembers

    def use_theme(self, name: settings_file.ThemeName) -> None:
        """Switch to this theme and remember it."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application, name)
        settings_file.save(replace(settings_file.load(), theme=name))
        self._refresh()

    def use_language(self, name: Language) -> None:
        """Switch to this language and remember it."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            switch_language(application, name)
        settings_file.save(replace(settings_file.load(), language=name))

    def _remember(self, path: Path) -> None:
        settings_file.save(settings_file.load().with_recent(path))

    def _restore_place(self) -> None:
        saved = settings_file.load().window
        if saved:
            self.restoreGeometry(QByteArray(base64.b64decode(saved)))
            return
        room, wanted = self.screen().availableSize(), FIRST_SIZE + FRAME
        if wanted.boundedTo(room) != wanted:  # else the status bar would lie below the screen's edge
            self.setWindowState(Qt.WindowState.WindowMaximized)

    def _show_workspace(self) -> None:
        self.strip.show_crs(self.bridge.workspace.display_crs)
        self._refresh()

    def _refresh(self) -> None:
        """Say of the open session: its name, its light, what can be done with it."""
        session = self.bridge.session
        self.actions_by_id.refresh(session)
        self.actions_by_id["dark" if theme.current_name() == "dark" else "light"].setChecked(True)
        name = session.path.name if session.path else session.workspace.title
        dot = "● " if session.is_dirty else ""
        self.setWindowTitle(f"{dot}{name} — {tr('City cluster planner')}")
        if self.documents.saving:
            self.strip.light.show_state("saving")
        elif session.is_dirty:
            self.strip.light.show_state("unsaved")
        else:
            self.strip.light.show_state("read-only" if session.read_only else "saved")
        self._show_switches()

    def _show_switches(self) -> None:
        for name, dock in self.docks.items():
            self.actions_by_id[name].setChecked(not dock.isHidden())
        for name in FURNITURE:
            self.actions_by_id[name].setChecked(self.on_the_map.shows(name))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        for menu, title in self._menus:
            menu.setTitle(title())
        self.toolbar.setWindowTitle(tr("Tools"))
        self.actions_by_id["zh" if tr("Tools") == "工具" else "en"].setChecked(True)
        self._show_workspace()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    # Files dropped, and the end

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        ground = [path for path in paths if path.suffix.lower() in GROUND_SUFFIXES]
        for path in ground:
            self.on_the_map.add_file(path)
        self.exchange.import_files([path for path in paths if path not in ground])

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes first; the window closes when the answer is there."""
        if not self._leaving and (self.bridge.session.is_dirty or self.documents.saving):
            event.ignore()
            self.documents.leave(self._leave)
            return
        self.canvas.stop()
        self.jobs.close()
        self.health.close()
        saved = base64.b64encode(self.saveGeometry().data()).decode()
        settings_file.save(replace(settings_file.load(), window=saved))
        self.bridge.silence()
        self.bridge.session.close()
        event.accept()

    def _leave(self) -> None:
        self._leaving = True
        self.close()


def _centred(widget: QWidget, parent: QWidget) -> QWidget:
    """Return a holder that takes all the room there is and has the widget in its middle."""
    holder = QWidget(parent)
    holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(widget, 0, Qt.AlignmentFlag.AlignCenter)
    return holder

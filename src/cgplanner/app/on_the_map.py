"""What a window adds to its map: base maps, bookmarks, furniture, going to coordinates. Dialogs ask, operations change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from cgplanner.app import settings as settings_file
from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas import MapCanvas, Overlay
from cgplanner.app.controls.crs_words import crs_words
from cgplanner.app.controls.place_box import PlaceBox
from cgplanner.app.controls.search_box import Hit
from cgplanner.app.dialogs.basemap_dialog import BasemapDialog
from cgplanner.app.dialogs.crs_dialog import CrsDialog
from cgplanner.app.dialogs.go_to_dialog import GoToDialog
from cgplanner.app.dialogs.message_dialog import tell_error
from cgplanner.app.dialogs.service_key_dialog import ServiceKeyDialog
from cgplanner.app.furniture.credits import CreditsOverlay
from cgplanner.app.furniture.graticule import GraticuleOverlay
from cgplanner.app.furniture.overview import OverviewOverlay
from cgplanner.app.furniture.place_mark import PlaceMarkOverlay
from cgplanner.app.furniture.scale_bar import ScaleBarOverlay
from cgplanner.app.jobs import Job, Jobs
from cgplanner.app.panels.basemap_panel import BasemapPanel
from cgplanner.app.panels.bookmarks_panel import BookmarksPanel
from cgplanner.app.qtmodels.wanted import Wanted
from cgplanner.edit import map_operations
from cgplanner.errors import UserError
from cgplanner.geometry.crs import GEOGRAPHIC, to_degrees, transform_xy
from cgplanner.geometry.place_text import PlaceReading, place_readings
from cgplanner.io.ground.basemap_source import Preset, kind_of_file, presets
from cgplanner.io.report import CrsCandidate
from cgplanner.model.basemap import Basemap
from cgplanner.model.bookmark import Bookmark
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import View
from cgplanner.session.service_keys import load_keys, save_key
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.renderers import symbols_of
from cgplanner.symbology.style import Fill
from cgplanner.text import listed, tr

COVERING = 0.85  # opacity from which a fill hides what is below
CLOSE_SCALE = 50_000.0  # going to a place from far away stops here
GROUND_SUFFIXES = (".mbtiles", ".tif", ".tiff", ".png", ".jpg", ".jpeg")
PATTERNS = " ".join(f"*{suffix}" for suffix in GROUND_SUFFIXES)


class OnTheMap(QObject):
    """The work behind the map's own panels and commands, for one window."""

    def __init__(self, window: QWidget, canvas: MapCanvas, bridge: Bridge, jobs: Jobs) -> None:
        super().__init__(window)
        self._window, self._canvas, self._bridge, self._jobs = window, canvas, bridge, jobs
        self.basemaps = BasemapPanel(bridge, canvas.ground, window)
        self.bookmarks = BookmarksPanel(bridge, window)
        self.mark = PlaceMarkOverlay(window.font())
        self.overview = OverviewOverlay(canvas)
        self.furniture: dict[str, Overlay] = {
            "graticule": GraticuleOverlay(window.font()),
            "scale-bar": ScaleBarOverlay(window.font()),
            "overview": self.overview,
        }
        canvas.overlays += [*self.furniture.values(), CreditsOverlay(canvas.ground, window.font()), self.mark]
        shown = settings_file.load().furniture
        for name in self.furniture:
            self._show(name, visible=name in shown)
        canvas.ground.state_changed.connect(canvas.redraw)
        canvas.escaped.connect(self._clear_mark)
        bridge.replaced.connect(self.mark.clear)
        self.basemaps.asked.connect(self._do_with_basemap)
        self.bookmarks.chosen.connect(self.go_to_bookmark)
        self.bookmarks.move_asked.connect(self._move_bookmark)

    def commands(self) -> dict[str, Callable[[], object]]:
        """Return what its actions do, by id."""
        return {"go-to": self.ask_place, "add-bookmark": self.add_bookmark}

    # Furniture

    def shows(self, name: str) -> bool:
        """Tell whether a piece of furniture is shown."""
        return self.furniture[name].visible

    def toggle(self, name: str) -> None:
        """Show or hide a piece of furniture, and remember it."""
        self._show(name, visible=not self.shows(name))
        shown = tuple(each for each in self.furniture if self.shows(each))
        settings_file.save(replace(settings_file.load(), furniture=shown))

    def _show(self, name: str, *, visible: bool) -> None:
        self.furniture[name].visible = visible
        if name == "overview":
            self.overview.show(visible)
        self._canvas.redraw()

    def attend(self, box: PlaceBox) -> None:
        """Remember how places are written in the status bar."""
        box.choose(settings_file.load().coordinates)
        box.style_chosen.connect(self._remember_style)
        box.crs_wanted.connect(partial(self._ask_style, box))

    def _remember_style(self, style: str) -> None:
        settings_file.save(replace(settings_file.load(), coordinates=style))

    def _ask_style(self, box: PlaceBox) -> None:
        def take(crs: str) -> None:
            box.choose(crs)
            self._remember_style(crs)

        CrsDialog(self._window, tr("Coordinates in the status bar"), "", take).open()

    # Places

    def ask_place(self) -> None:
        """Ask for coordinates and go there."""
        GoToDialog(self._window, self._near(), self.go_to).open()

    def _near(self) -> tuple[float, float]:
        view = self._bridge.workspace.view
        if view is None or not self._canvas.crs:
            return 112.5, 37.8
        lon, lat = to_degrees(self._canvas.crs, view.x, view.y)
        return (lon, lat) if np.isfinite((lon, lat)).all() else (112.5, 37.8)

    def found_places(self, text: str) -> list[Hit]:
        """Return what a text may mean for the search box: coordinates, and bookmarks whose name holds it."""
        wanted = Wanted(text)
        words = [(each, f"{each.lon:.5f}°E  {each.lat:.5f}°N") for each in place_readings(text, self._near())[:1]]
        places = [Hit("go-to", said, tr("coordinates"), partial(self.go_to, each, said)) for each, said in words]
        marks = [each.name for each in self._bridge.workspace.bookmarks if wanted.is_in(each.name)]
        return places + [Hit("bookmark", name, tr("bookmark"), partial(self.go_to_bookmark, name)) for name in marks]

    def go_to(self, reading: PlaceReading, words: str) -> None:
        """Show a place, with a mark on it."""
        crs = self._canvas.crs
        if not crs:
            tell_error(self._window, UserError(tr("The map has no coordinate system."), hint=tr("Set that of a layer first.")))
            return
        x, y = transform_xy(GEOGRAPHIC, crs, np.array([[reading.lon, reading.lat]]), approximate=False)[0].tolist()
        if not np.isfinite((x, y)).all():
            self._canvas.tell(UserError(tr("This place has no image in the projection of the map.")))
            return
        self.mark.mark(x, y, words)
        view = self._bridge.workspace.view
        self._canvas.set_view(View(x, y, min(view.scale, CLOSE_SCALE) if view is not None else CLOSE_SCALE))

    def _clear_mark(self) -> None:
        if self.mark.clear():
            self._canvas.redraw()

    # Bookmarks

    def _bookmark_of_now(self, name: str) -> Bookmark | None:
        view = self._bridge.workspace.view
        if view is None:
            return None
        crs = self._canvas.crs
        lon, lat = to_degrees(crs, view.x, view.y) if crs else (float("nan"), float("nan"))
        if np.isfinite((lon, lat)).all():
            return Bookmark(name, lon, lat, view.scale)
        return Bookmark(name, view.x, view.y, view.scale, in_degrees=False)

    def add_bookmark(self) -> str:
        """Keep the view of now; return the name it got."""
        taken = {each.name for each in self._bridge.workspace.bookmarks}
        name = next(each for k in range(1, 100_000) if (each := tr("View {number}", number=k)) not in taken)
        mark = self._bookmark_of_now(name)
        if mark is not None:
            self._bridge.run_or_tell(lambda w: map_operations.add_bookmark(w, mark))
        return name

    def _move_bookmark(self, name: str) -> None:
        mark = self._bookmark_of_now(name)
        if mark is not None:
            self._bridge.run_or_tell(lambda w: map_operations.change_bookmark(w, name, mark))

    def go_to_bookmark(self, name: str) -> None:
        """Show what was kept under a name."""
        mark = map_operations.bookmark_named(self._bridge.workspace, name)
        x, y = mark.x, mark.y
        if mark.in_degrees and self._canvas.crs:
            x, y = transform_xy(GEOGRAPHIC, self._canvas.crs, np.array([[x, y]]), approximate=False)[0].tolist()
        if np.isfinite((x, y)).all():
            self._canvas.set_view(View(x, y, mark.scale))

    def fill_bookmarks(self, menu: QMenu) -> None:
        """Put the bookmarks into a menu."""
        menu.clear()
        marks = self._bridge.workspace.bookmarks
        for mark in marks:
            menu.addAction(mark.name.replace("&", "&&"), partial(self.go_to_bookmark, mark.name))
        if not marks:
            menu.addAction(tr("There is no bookmark yet.")).setEnabled(False)

    # Base maps

    def fill_basemaps(self, menu: QMenu) -> None:
        """Put what base maps can be added into a menu."""
        menu.clear()
        for preset in presets():
            menu.addAction(preset.title, partial(self.add_preset, preset))
        menu.addSeparator()
        menu.addAction(tr("Tiles from an address…"), self.ask_address)
        menu.addAction(tr("Picture or MBTiles from a file…"), self.ask_file)

    def add_preset(self, preset: Preset) -> None:
        """Add a service that ships with the program; its key is asked for where there is none yet."""
        self._add(preset.basemaps)
        service = preset.basemaps[0].key
        if service and service not in load_keys():
            self._ask_key(service)

    def ask_address(self) -> None:
        """Ask for a service by its address."""
        BasemapDialog(self._window, self._add_service, self._jobs).open()

    def _add_service(self, basemap: Basemap, key: str) -> None:
        if key and basemap.key:
            save_key(basemap.key, key)
        self._add((basemap,))
        if basemap.key and basemap.key not in load_keys():
            self._ask_key(basemap.key)

    def ask_file(self) -> None:
        """Ask for a file that is to lie under the map."""
        filters = tr("Pictures of the ground ({patterns})", patterns=PATTERNS)
        path, _ = QFileDialog.getOpenFileName(self._window, tr("Base map from a file"), str(Path.home()), filters)
        if path:
            self.add_file(Path(path))

    def add_file(self, path: Path) -> None:
        """Put a file under the map; where it does not say its coordinate system, it is asked for."""
        try:
            kind = kind_of_file(path)
        except UserError as error:
            tell_error(self._window, error)
            return
        basemap = Basemap(kind, path.stem, path.stem, kind, str(path.absolute()))
        self._look_into(path, basemap, lambda crs: self._add((replace(basemap, crs=crs),)))

    def _look_into(self, path: Path, basemap: Basemap, done: Callable[[str], object]) -> None:
        self._jobs.start(
            Job(
                tr("Looking into {name}", name=path.name),
                lambda _progress: _declared_and_guessed(path, basemap),
                done=lambda found: self._take_crs(path, found, done),
                failed=lambda error: tell_error(self._window, error),
            )
        )

    def _take_crs(self, path: Path, found: tuple[str, tuple[CrsCandidate, ...]], done: Callable[[str], object]) -> None:
        crs, candidates = found
        if crs:
            done(crs if candidates else "")  # what the file says itself need not be written down
            if candidates:
                words = tr(
                    "{name} does not say its coordinate system; by where it lies it is {crs}.",
                    name=path.name,
                    crs=crs_words(crs),
                )
                self._canvas.toast.say(words, tr("Another can be chosen in the menu of its row."))
            return
        words = tr("{name} does not say its coordinate system. Which one was it made in?", name=path.name)
        CrsDialog(self._window, tr("Coordinate system of the picture"), words, done, candidates).open()

    def _add(self, basemaps: tuple[Basemap, ...]) -> None:
        if self._bridge.run_or_tell(lambda w: map_operations.add_basemaps(w, basemaps)):
            self._warn_of_cover()

    def _warn_of_cover(self) -> None:
        """Say which layers hide what was just laid under them."""
        covering = [layer.title for layer in self._bridge.workspace if layer.visible and covers_the_ground(layer)]
        if covering:
            words = tr("The base map lies under {layers}, which cover it.", layers=listed(covering))
            self._canvas.toast.say(words, tr("Hide them, or make them transparent in the list of layers."))

    def _do_with_basemap(self, verb: str, basemap_id: str) -> None:
        basemap = map_operations.basemap_named(self._bridge.workspace, basemap_id)
        if verb == "key":
            self._ask_key(basemap.key)
        elif verb == "crs":
            words = tr("The coordinate system its numbers are in; the picture moves, nothing else does.")
            CrsDialog(self._window, tr("Coordinate system of the picture"), words, partial(self._set_crs, basemap_id)).open()
        else:
            self._canvas.ground.retry(basemap_id)

    def _set_crs(self, basemap_id: str, crs: str) -> None:
        self._bridge.run_or_tell(lambda w: map_operations.change_basemap(w, basemap_id, crs=crs))

    def _ask_key(self, service: str) -> None:
        ServiceKeyDialog(self._window, service, load_keys().get(service, ""), partial(self._keep_key, service)).open()

    def _keep_key(self, service: str, key: str) -> None:
        if not save_key(service, key):
            tell_error(self._window, UserError(tr("The key could not be kept."), hint=tr("Check the space left on the disk.")))
        for basemap in self._bridge.workspace.basemaps:
            if basemap.key == service:
                self._canvas.ground.retry(basemap.id)


def covers_the_ground(layer: Layer) -> bool:
    """Tell whether a layer fills areas so strongly that nothing is seen below."""
    fills = [
        part
        for symbol in symbols_of(style_of(layer).renderer)
        for part in symbol.polygon
        if isinstance(part, Fill) and part.opacity * layer.opacity >= COVERING
    ]
    return layer.role == "base" and bool(fills)


def _declared_and_guessed(path: Path, basemap: Basemap) -> tuple[str, tuple[CrsCandidate, ...]]:
    """Return the CRS of a file and what else it may be; opens it once, so that what is wrong with it is said at once."""
    from cgplanner.io.ground.basemap_source import opened  # noqa: PLC0415  drivers
    from cgplanner.io.ground.raster_file import raster_candidates  # noqa: PLC0415  the same

    if basemap.kind == "raster":
        return raster_candidates(path)
    opened(basemap, {}, None).close()
    return "EPSG:3857", ()

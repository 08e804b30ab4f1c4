"""Looks after the layers of the open workspace in a thread of its own, and says what is wrong with each.

It begins when the map stands still and stops while it is drawn: nobody waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PySide6.QtCore import QObject, QPoint, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from cgplanner.app import theme
from cgplanner.app.bridge import Bridge
from cgplanner.app.canvas import MapCanvas
from cgplanner.app.dialogs.troubles_dialog import TroublesDialog
from cgplanner.errors import Cancelled
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.render.qt.rank import step_back
from cgplanner.session.health import Trouble, troubles_of

DELAY_MS = 1_500  # after the last change; the first look at a workspace comes after its first sharp map
STILL_MS = 400  # after the last move of the map
_NAP_S = 0.05

_Version = tuple[int, int, str]


class HealthWatch(QObject):
    """What is wrong with the layers.

    Signals
    -------
    changed
        :attr:`troubles` has other answers.
    """

    changed = Signal()
    _answered = Signal(int, str, object)

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.troubles: dict[str, tuple[Trouble, ...]] = {}
        self._known: dict[str, _Version] = {}
        self._asked: frozenset[tuple[str, str]] = frozenset()
        self._round = 0
        self._busy = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health", initializer=step_back)
        self._due = self._once(DELAY_MS, self._look)
        self._still = self._once(STILL_MS, self._busy.clear)
        self._answered.connect(self._take)
        bridge.changed.connect(lambda _: self._due.start())
        bridge.replaced.connect(self._begin_again)
        self._due.start()

    def _once(self, milliseconds: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer

    def give_way(self) -> None:
        """Pause: the map moves or is being drawn. The work goes on some time after the last call."""
        self._busy.set()
        self._still.start()

    @property
    def is_done(self) -> bool:
        """True when every layer has been looked at as it is now."""
        return not self._due.isActive() and self._known == _versions(self._bridge.workspace)

    def _begin_again(self) -> None:
        self._round += 1
        self._known, self._asked, self.troubles = {}, frozenset(), {}
        self.changed.emit()
        self._due.start()

    def _look(self) -> None:
        workspace = self._bridge.workspace
        self._round += 1
        places = frozenset((layer.id, layer.crs) for layer in workspace)
        self._known = (
            {} if places != self._asked else {layer.id: self._known[layer.id] for layer in workspace if layer.id in self._known}
        )
        self._asked = places
        gone = set(self.troubles) - {layer.id for layer in workspace}
        for layer_id in gone:
            del self.troubles[layer_id]
        for layer in workspace:
            if self._known.get(layer.id) != _version(layer):
                self._thread.submit(self._work, self._round, layer, workspace)
        if gone:
            self.changed.emit()

    def _work(self, number: int, layer: Layer, workspace: Workspace) -> None:
        """Run in the thread."""

        def check(_share: float) -> None:
            while self._busy.is_set() and number == self._round:
                time.sleep(_NAP_S)
            if number != self._round:
                raise Cancelled

        try:
            check(0.0)
            found = troubles_of(layer, workspace.layers, check)
        except Cancelled:
            return
        self._answered.emit(number, layer.id, (_version(layer), found))

    @Slot(int, str, object)
    def _take(self, number: int, layer_id: str, answer: tuple[_Version, tuple[Trouble, ...]]) -> None:
        if number != self._round:
            return
        self._known[layer_id], found = answer
        if self.troubles.get(layer_id, ()) != found:
            self.troubles[layer_id] = found
            self.changed.emit()

    def open_report(self, parent: QWidget, canvas: MapCanvas, layer: Layer) -> TroublesDialog:
        """Show what is wrong with a layer, beside the map."""

        def show(rids: Sequence[int]) -> None:
            if layer.id in self._bridge.workspace:
                table = self._bridge.workspace.layer(layer.id).table
                numbers = np.asarray(rids, np.int64)
                self._bridge.select(layer.id, numbers[table.holds(numbers)].tolist())
                canvas.zoom_to_selection()

        report = TroublesDialog(parent, layer, self.troubles.get(layer.id, ()), show)
        report.move(parent.mapToGlobal(QPoint(theme.LAYERS_WIDTH + theme.px(6), theme.px(30))))  # the map stays in sight
        report.show()
        return report

    def close(self) -> None:
        """End the work; waits for the thread."""
        self._round += 1
        self._due.stop()
        self._still.stop()
        self._busy.clear()
        self._thread.shutdown()


def _version(layer: Layer) -> _Version:
    return layer.revision, layer.style_revision, layer.crs


def _versions(workspace: Workspace) -> Mapping[str, _Version]:
    return {layer.id: _version(layer) for layer in workspace}

"""The one message per applied change, and the plain callback list that carries it. No Qt, no threads."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cgplanner.model.changeset import Changeset

Extent = tuple[float, float, float, float]
T = TypeVar("T")


class Kind(enum.Flag):
    """What kinds of things a change touched, so that a view can tell whether it cares."""

    NONE = 0
    ATTRIBUTES = enum.auto()
    GEOMETRY = enum.auto()
    ROWS = enum.auto()  # rows were added or deleted
    STYLE = enum.auto()  # look, visibility, opacity
    LAYERS = enum.auto()  # layers were added, removed or reordered
    SCHEMA = enum.auto()
    PAGE = enum.auto()
    BASEMAPS = enum.auto()
    BOOKMARKS = enum.auto()


@dataclass(frozen=True, eq=False)
class LayerChange:
    """A change that has been applied.

    Attributes
    ----------
    changeset
        What changed.
    extents
        By layer id: minx, miny, maxx, maxy in the layer's own CRS over all that may look otherwise; a layer that is missing
        here must be redrawn whole.
    kinds
        The union of what was touched.
    initiator
        Who asked (a view that made the change itself may ignore it).
    """

    changeset: Changeset
    extents: Mapping[str, Extent] = field(default_factory=dict)
    kinds: Kind = Kind.NONE
    initiator: object = None


class Signal(Generic[T]):
    """A list of callbacks, called in the order of connection."""

    def __init__(self) -> None:
        self._receivers: list[Callable[[T], None]] = []

    def connect(self, receiver: Callable[[T], None]) -> Callable[[], None]:
        """Add a receiver; return the function that takes it away again."""
        self._receivers.append(receiver)
        return lambda: self._receivers.remove(receiver) if receiver in self._receivers else None

    def emit(self, message: T) -> None:
        """Call every receiver that is connected now."""
        for receiver in tuple(self._receivers):
            receiver(message)

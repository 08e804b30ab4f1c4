"""What every source of a ground picture is to those who draw it: a grid, and pieces of it.

Sources are opened by :func:`cgplanner.io.ground.basemap_source.opened`. Pieces may be asked for in any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from cgplanner.geometry.tile_grid import PieceKey, TileGrid

if TYPE_CHECKING:
    from PIL.Image import Image

IsCancelled = Callable[[], bool]


class Pyramid(Protocol):
    """A picture of the ground in pieces."""

    @property
    def grid(self) -> TileGrid:
        """Where its pieces lie."""
        ...

    @property
    def is_online(self) -> bool:
        """True when :meth:`piece` may wait for a network."""
        ...

    def kept(self, key: PieceKey) -> Image | bool:
        """Return a piece without waiting; True when it is known that there is none, False when it would have to be fetched."""
        ...

    def piece(self, key: PieceKey, cancelled: IsCancelled) -> Image | None:
        """Return a piece, premultiplied RGBA; None where the source has none.

        Raises
        ------
        BasemapTrouble
            When it cannot be had now.
        Cancelled
            When ``cancelled`` said so while it waited.
        """
        ...

    def close(self) -> None:
        """Let go of files."""
        ...

"""The frozen question that a scene answers: which layers, seen through which window, in whose language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cgplanner.errors import Cancelled
from cgplanner.model.layer import Layer
from cgplanner.render.scene.viewport import Viewport
from cgplanner.text import Language

Theme = Literal["light", "dark"]
IsCancelled = Callable[[], bool]

PAPER: dict[Theme, str] = {"light": "#FBFAF7", "dark": "#1A1D22"}


@dataclass(frozen=True)
class SceneRequest:
    """Everything a picture depends on; layers are snapshots, so it may be answered in any thread.

    Attributes
    ----------
    layers
        From bottom to top; invisible ones are skipped.
    background
        "#RRGGBB", or '' for none.
    language
        Which field labels are taken from.
    theme
        On ``dark`` paper colours that are made for light paper are turned (see ``theme.py``).
    ratio
        Device pixels per px of the target; only what kernels paint depends on it.
    """

    layers: tuple[Layer, ...]
    viewport: Viewport
    background: str = PAPER["light"]
    labels: bool = True
    language: Language = "zh"
    theme: Theme = "light"
    ratio: float = 1.0


def never() -> bool:
    """Tell that nobody wants the work stopped."""
    return False


def check(cancelled: IsCancelled) -> None:
    """Raise Cancelled when the work is to stop."""
    if cancelled():
        raise Cancelled

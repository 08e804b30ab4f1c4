"""What the tests of pages share: a printed page with all it was made of, and what other programs say of it."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cgplanner.layout.page import Box, FeatureTable, Item, Legend, MapFrame, NeatLine, PageLayout
from cgplanner.model.workspace import Workspace
from cgplanner.render.page.map_view import MapView, map_view
from cgplanner.render.page.printing import PrintReport, speaking
from cgplanner.text import Language

MOMENT = dt.datetime(2026, 11, 22, 8, 30, tzinfo=dt.UTC)


def needs(program: str) -> str:
    """Return the program's path, or skip the test with a reason."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def said(program: str, *arguments: str | Path) -> str:
    """Return what a program says on standard output."""
    done = subprocess.run([needs(program), *map(str, arguments)], capture_output=True, text=True, check=True)
    return done.stdout


@dataclass(frozen=True)
class Printed:
    """A page that has been printed, with what it was made of."""

    path: Path
    report: PrintReport
    workspace: Workspace
    layout: PageLayout
    language: Language

    def item(self, kind: type[Item]) -> Any:
        """Return the layout's item of this kind."""
        return next(item for item in self.layout.items if isinstance(item, kind))

    @cached_property
    def view(self) -> MapView:
        """The map frame, filled anew."""
        with speaking(self.language):
            return map_view(self.workspace, self.item(MapFrame), self.language, lambda: False)


INK_DPI = 96


def ink_outside(pixels: NDArray[np.uint8], layout: PageLayout) -> list[list[float]]:
    """Return some places (x, y in mm) with ink beyond the items' boxes and the neat line; [] when all is in its place.

    Legend and table share their room: what one does not need is the other's.
    """
    allowed = np.zeros(pixels.shape[:2], bool)
    for item in layout.items:
        if isinstance(item, NeatLine):
            edge, inner = np.zeros_like(allowed), np.zeros_like(allowed)
            _mark(edge, item.box, 0.5)
            _mark(inner, item.box, -0.5)
            allowed |= edge & ~inner
        else:
            _mark(allowed, item.box, 0.4)
    shared = [item.box for item in layout.items if isinstance(item, Legend | FeatureTable)]
    if shared:
        top, bottom = min(box.y for box in shared), max(box.bottom for box in shared)
        _mark(allowed, Box(shared[0].x, top, shared[0].w, bottom - top), 0.4)
    places = np.argwhere((pixels[:, :, :3].min(axis=2) < 250) & ~allowed) / INK_DPI * 25.4
    return [[round(float(x), 1), round(float(y), 1)] for y, x in places[:5]]


def _mark(mask: NDArray[np.bool_], box: Box, margin: float) -> None:
    scale = INK_DPI / 25.4
    rows = slice(round((box.y - margin) * scale), round((box.bottom + margin) * scale) + 1)
    mask[rows, round((box.x - margin) * scale) : round((box.right + margin) * scale) + 1] = True

"""Measures the real window: how soon it is there; what a hand feels in it measures :mod:`cgplanner.app.bench_hand`.

Prints one JSON object a line, the same form as ``cgplanner bench``, which starts this in a process of its own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cgplanner.app import bench_hand
from cgplanner.app.bench_process import age_ms, peak_mb, rss_mb, until
from cgplanner.app.main_window import MainWindow
from cgplanner.session.session import Session


def measure(switch: str, path: Path | None) -> int:
    """Do one of :data:`SWITCHES`; return the exit code."""
    figures = SWITCHES[switch](path)
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    return 0


def _start(path: Path | None) -> dict[str, Any]:
    window = MainWindow(Session.new(journaled=False))
    window.show()
    until(lambda: bool(window.canvas.frame_times().paint))
    to_window = age_ms()
    glimpses: list[float] = []
    if window.documents.sketch is not None:
        window.documents.sketch.shown.connect(lambda: glimpses.append(age_ms()))
    if path is None:
        window.documents.open_sample()
    else:
        window.documents.open(path)
    picture = window.canvas.picture
    until(lambda: bool(window.bridge.workspace.layers and picture.cache.decks) and picture.is_sharp)
    to_map = age_ms()
    until(lambda: picture.is_done)
    figures: dict[str, Any] = {"work": "start", "ms_to_window": round(to_window), "ms_to_map": round(to_map)}
    figures |= {"ms_to_names": round(age_ms()), "rss_mb": rss_mb()}
    if glimpses:
        figures |= {"ms_to_glimpse": round(glimpses[0]), "glimpses": len(glimpses)}
    if path is not None:
        figures["peak_mb"] = peak_mb()
    window.close()
    return figures


SWITCHES: dict[str, Callable[[Path | None], dict[str, Any]]] = {
    "--bench-start": _start,
    "--bench-pan": bench_hand.pan,
    "--bench-zoom": bench_hand.zoom,
    "--bench-repaint": bench_hand.repaint,
}

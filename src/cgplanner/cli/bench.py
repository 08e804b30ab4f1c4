"""``bench``: how long a work takes, as JSON lines in the form that a script for another program can print too.

``render``, ``edit`` and ``pdf`` take a layer with a field ``cls`` (0-4); :data:`IN_THE_WINDOW` open the real window
in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cgplanner.cli import output
from cgplanner.edit import operations as ops
from cgplanner.errors import UserError
from cgplanner.model.workspace import Workspace
from cgplanner.session.mapping import map_of_file, whole_extent
from cgplanner.session.session import Session
from cgplanner.symbology.style import Categorized, Category, Fill, Line, Marker, Style, Symbol
from cgplanner.text import tr

COLOURS = ("#a6cee3", "#b2df8a", "#fb9a99", "#fdbf6f", "#cab2d6")
OUTLINE_PX = 0.5
LINE_PX, MARKER_PX = 1.0, 7.56  # 0.26 mm and 2 mm, as in the scripts for other programs
SHARES = (1.0, 0.3, 0.1, 0.03, 0.01)
REPEAT = 3
IN_THE_WINDOW = ("start", "pan", "zoom", "repaint")


def bench(parsed: argparse.Namespace) -> int:
    """Run one work."""
    if parsed.work in IN_THE_WINDOW:
        return _in_the_window(parsed.work, parsed.file)
    if parsed.file is None:
        raise UserError(tr("This work takes a file."), hint=tr("Name it after the work."))
    works: dict[str, Callable[[Path, list[float]], Iterator[dict[str, Any]]]] = {
        "render": _render,
        "open": _open,
        "edit": _edit,
        "pdf": _pdf,
    }
    for figures in works[parsed.work](Path(parsed.file), parsed.rest):
        output.print_json(figures)
    return output.DONE


def _in_the_window(work: str, file: str | None) -> int:
    """Let the real window measure itself: it prints the lines."""
    command = [sys.executable, "-m", "cgplanner", f"--bench-{work}", *([file] if file else [])]
    return subprocess.run(command, check=False).returncode  # noqa: S603  our own program


def _styled(workspace: Workspace, opacity: float = 1.0) -> Workspace:
    """Return the map with five classes of ``cls``: circles with an edge, plain lines, fill and thin outline."""
    layers = []
    for layer in workspace.layers:
        field = layer.schema.named("cls").id
        categories = tuple(
            Category(
                (value,),
                Symbol(
                    (Marker("circle", MARKER_PX, colour, opacity, "#404040", OUTLINE_PX),),
                    (Line(colour, LINE_PX, opacity=opacity),),
                    (Fill(colour, opacity), Line("#404040", OUTLINE_PX, opacity=opacity)),
                ),
            )
            for value, colour in enumerate(COLOURS)
        )
        layers.append(replace(layer, style=Style(Categorized(field, categories))))
    return replace(workspace, layers=tuple(layers))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _memory_mb() -> int:
    """Return the largest resident memory of this process so far; 0 on Windows, which counts otherwise."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415  there is none on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))


def _picture(workspace: Workspace, share: float, width: int, height: int) -> Callable[[], object]:
    from cgplanner.render.qt.paint import to_image  # noqa: PLC0415  brings Qt
    from cgplanner.render.scene.build import SceneRequest, Viewport, build  # noqa: PLC0415  brings PROJ

    crs = workspace.display_crs
    min_x, min_y, max_x, max_y = whole_extent(workspace, crs)
    per_px = max((max_x - min_x) / width, (max_y - min_y) / height) * share
    viewport = Viewport((min_x + max_x) / 2, (min_y + max_y) / 2, per_px, width, height, "px", crs)
    request = SceneRequest(workspace.layers, viewport, labels=False)
    return lambda: to_image(build(request))


def _render(path: Path, rest: list[float]) -> Iterator[dict[str, Any]]:
    from cgplanner.geometry import kernels  # noqa: PLC0415  brings numba

    width, height = (int(each) for each in (rest or (1600, 1000)))
    workspace = _styled(map_of_file(path))
    warm = _timed(kernels.warm_up)
    yield {"work": "warm_up", "ms": round(warm * 1000)}
    for share in SHARES:
        draw = _picture(workspace, share, width, height)
        begun = time.process_time()
        runs = [_timed(draw) * 1000 for _ in range(REPEAT)]
        times = sorted(runs)
        cpu = (time.process_time() - begun) / REPEAT * 1000
        figures = {"first_ms": runs[0], "best_ms": times[0], "median_ms": times[REPEAT // 2], "cpu_ms": cpu}
        yield {"work": "render", "share": share, **{name: round(value, 1) for name, value in figures.items()}}
    yield {"work": "memory", "peak_mb": _memory_mb()}


def _load_painters() -> None:
    """Load what draws, as the window does while a file is read."""
    from cgplanner.geometry import kernels  # noqa: PLC0415  brings numba
    from cgplanner.render.qt import paint  # noqa: F401, PLC0415  brings Qt
    from cgplanner.render.scene import build  # noqa: F401, PLC0415  brings PROJ

    kernels.warm_up()


def _open(path: Path, _rest: list[float]) -> Iterator[dict[str, Any]]:
    start = time.perf_counter()
    painters = threading.Thread(target=_load_painters)
    painters.start()
    workspace = map_of_file(path)
    read = time.perf_counter() - start
    painters.join()
    _picture(workspace, 1.0, 1600, 1000)()
    whole = time.perf_counter() - start
    features = sum(len(layer.table) for layer in workspace.layers)
    yield {"work": "open", "features": features, "read_s": round(read, 2), "to_map_s": round(whole, 2), "peak_mb": _memory_mb()}


def _edit(path: Path, rest: list[float]) -> Iterator[dict[str, Any]]:
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers

    workspace = map_of_file(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.gpkg"
        session = Session(workspace, journaled=False)
        session.save_as(copy)
        layer = session.workspace.layers[0]
        rids = layer.table.rids[: int(rest[0]) if rest else len(layer.table)]
        field = layer.schema.named("cls").id

        def said(name: str, work: Callable[[], object]) -> dict[str, Any]:
            return {"work": name, "rows": len(rids), "seconds": round(_timed(work), 3)}

        yield said("change", lambda: session.run(ops.set_field(session.workspace, layer.id, rids, field, 7)))
        yield said("undo", session.undo)
        yield said("redo", session.redo)
        yield said("commit", session.save)
        table, out = session.workspace.layers[0].table, Path(folder) / "out.shp"
        yield said(
            "export_shp",
            lambda: vector.write_layer(table, layer.crs, out, format="shp", layer_name="out", receiver="arcgis10"),
        )
        session.close()


def _pdf(path: Path, rest: list[float]) -> Iterator[dict[str, Any]]:
    from cgplanner.layout.page import MapFrame, PageLayout  # noqa: PLC0415  with the painter
    from cgplanner.render.page.printing import print_page  # noqa: PLC0415  brings matplotlib

    opacity = rest[0] if rest else 1.0
    workspace = _styled(map_of_file(path), opacity)
    layout = PageLayout("bench", "A3", items=(MapFrame(10.0, 10.0, 400.0, 277.0, show="all"),))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "page.pdf"
        seconds = _timed(lambda: print_page(workspace, layout, out))
        megabytes = round(out.stat().st_size / 1e6, 1)
    yield {"work": "pdf", "opacity": opacity, "seconds": round(seconds, 2), "megabytes": megabytes}

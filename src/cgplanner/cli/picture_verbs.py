"""``render`` and ``print``: the map as a picture, the page as a document."""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

import numpy as np

from cgplanner.cli import output
from cgplanner.edit.map_operations import bookmark_named
from cgplanner.errors import UserError
from cgplanner.model.workspace import Workspace
from cgplanner.render.scene.viewport import Box, Viewport
from cgplanner.session.ground_access import ground_access
from cgplanner.session.mapping import map_of_file, whole_extent
from cgplanner.session.session import Session
from cgplanner.text import language, tr

LARGEST = 20_000


def render(parsed: argparse.Namespace) -> int:
    """Write a picture of the map."""
    from cgplanner.render.qt.picture import write_picture  # noqa: PLC0415  brings Qt
    from cgplanner.render.scene.build import SceneRequest  # noqa: PLC0415  brings PROJ
    from cgplanner.render.scene.ground.images import Sharpness, ground_images  # noqa: PLC0415  the same

    width, height = _size(parsed.size)
    workspace = map_of_file(Path(parsed.path))
    crs = parsed.crs or workspace.display_crs
    viewport = _viewport(workspace, crs, parsed, width, height)
    start = time.perf_counter()
    request = SceneRequest(workspace.layers, viewport, language=language())
    ground, troubles = ground_images(workspace.basemaps, viewport, Sharpness(1.0), ground_access(Path(parsed.path)))
    for trouble in troubles:
        output.say(trouble)
    drawn = write_picture(request, Path(parsed.out), ground)
    elapsed = round((time.perf_counter() - start) * 1000)
    for problem in drawn.problems:
        output.say(problem)
    if parsed.json:
        output.print_json({"milliseconds": elapsed, "features_drawn": drawn.features_drawn})
    output.say(tr("Drew {count} features to “{path}”.", count=drawn.features_drawn, path=parsed.out))
    return output.DONE


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", text.strip())
    width, height = (int(each) for each in found.groups()) if found else (0, 0)
    if not 0 < width <= LARGEST or not 0 < height <= LARGEST:
        raise UserError(tr("“{text}” is no size of a picture.", text=text), hint=tr("Write it like this: 1600x1000."))
    return width, height


def _extent(text: str) -> Box:
    try:
        numbers = [float(each) for each in text.split(",")]
        min_x, min_y, max_x, max_y = numbers
    except ValueError:
        min_x = max_x = 0.0
        min_y = max_y = 0.0
    if not (max_x > min_x and max_y > min_y):
        raise UserError(tr("“{text}” is no extent.", text=text), hint=tr("Give minx,miny,maxx,maxy in the CRS of the picture."))
    return min_x, min_y, max_x, max_y


def _viewport(workspace: Workspace, crs: str, parsed: argparse.Namespace, width: int, height: int) -> Viewport:
    from cgplanner.geometry.crs import GEOGRAPHIC, transform_xy  # noqa: PLC0415  brings PROJ
    from cgplanner.render.scene.build import viewport_of  # noqa: PLC0415  the same

    extent: str | None = parsed.extent
    if parsed.bookmark and not extent:
        mark = bookmark_named(workspace, parsed.bookmark)
        place = np.array([[mark.x, mark.y]])
        x, y = (transform_xy(GEOGRAPHIC, crs, place) if mark.in_degrees and crs else place)[0].tolist()
        return Viewport(x, y, 1.0, width, height, "px", crs).at_scale(mark.scale)
    box = _extent(extent) if extent else whole_extent(workspace, crs)
    return viewport_of(box, width, height, crs, margin=0.0 if extent else 12.0)


def print_map(parsed: argparse.Namespace) -> int:
    """Write the briefing map."""
    from cgplanner.layout.stored import layout_for  # noqa: PLC0415  with the painter
    from cgplanner.render.page.printing import print_page  # noqa: PLC0415  brings matplotlib

    session = Session.open(parsed.workspace, read_only=True, journaled=False)
    workspace = session.workspace
    layout = layout_for(workspace, parsed.layout, parsed.paper)
    access = ground_access(Path(parsed.workspace))
    with output.progress(tr("Drawing the page")) as progress:
        report = print_page(
            workspace, layout, Path(parsed.out), language=language(), dpi=parsed.dpi, progress=progress, access=access
        )
    notes = [note.to_json() for note in report.preflight]
    if parsed.json:
        output.print_json({"pages": report.pages, "megabytes": report.megabytes, "preflight": notes})
    output.say_notes(report.preflight)
    output.say(tr("Wrote “{path}” ({megabytes:.1f} MB).", path=parsed.out, megabytes=report.megabytes))
    return output.DONE

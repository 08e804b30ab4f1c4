"""A whole page: every item of a layout drawn in its place, with what went wrong as notes, and the result finished as a PDF."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from matplotlib.backends.backend_pdf import FigureCanvasPdf

from cgplanner.io.ground.basemap_source import GroundAccess
from cgplanner.io.report import Note
from cgplanner.layout import feature_table, legend
from cgplanner.layout.page import (
    DateText,
    FeatureTable,
    Graticule,
    Legend,
    MapFrame,
    NeatLine,
    NorthArrow,
    PageLayout,
    ScaleBar,
    SourceNote,
    Text,
    TitleBlock,
)
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.render.page import furniture, ground
from cgplanner.render.page.finish import About, Georeference, finished
from cgplanner.render.page.fonts import page_settings
from cgplanner.render.page.graticule import draw_graticule
from cgplanner.render.page.legend import draw_legend
from cgplanner.render.page.map_drawing import draw_labels, draw_layers
from cgplanner.render.page.map_view import MapView, map_view
from cgplanner.render.page.sheet import PT_PER_MM, Sheet, Stroke
from cgplanner.render.page.table import draw_table
from cgplanner.render.scene.ground.images import GroundImage, Sharpness, ground_images
from cgplanner.render.scene.theme import is_blended
from cgplanner.symbology.evaluate import style_of
from cgplanner.text import language, sentence, tr

Kind = TypeVar("Kind")
_FRAME_GAP = 4.0  # mm between legend and table
_MOST_EXAMPLES = 20  # names that a note of the preflight lists
_MOST_NAMES = 2000  # a layer with more rows is no gazetteer
BCP47 = {"zh": "zh-CN", "en": "en"}


class Page:
    """One page in the making: what it shows, the sheet, and the notes so far."""

    def __init__(
        self,
        workspace: Workspace,
        layout: PageLayout,
        view: MapView,
        moment: dt.datetime,
        images: tuple[GroundImage, ...] = (),
    ) -> None:
        self.workspace, self.layout, self.view, self.moment, self.images = workspace, layout, view, moment, images
        self.sheet = Sheet(layout.width, layout.height)
        self.notes: list[Note] = []
        self.bookmarks: list[tuple[str, float]] = []

    def first(self, kind: type[Kind]) -> Kind | None:
        """Return the first item of this kind, None when the layout has none."""
        return next((item for item in self.layout.items if isinstance(item, kind)), None)

    def bookmark(self, title: str, y: float) -> None:
        """Put a place (mm from the top) into the outline."""
        self.bookmarks.append((title, (self.layout.height - y) * PT_PER_MM))

    def note(self, code: str, severity: Any, message: Any, count: int = 1, examples: tuple[str, ...] = ()) -> None:
        """Add to the preflight."""
        self.notes.append(Note(code, severity, message, count, examples=examples))


def compose(
    workspace: Workspace,
    layout: PageLayout,
    moment: dt.datetime,
    progress: Callable[[float], None],
    access: GroundAccess | None = None,
) -> tuple[bytes, tuple[Note, ...]]:
    """Return the page as a finished PDF and its preflight, in the language that is set; ``moment`` is its time of making."""
    frame = next((item for item in layout.items if isinstance(item, MapFrame)), MapFrame(0, 0, layout.width, layout.height))

    def never() -> bool:
        progress(0.0)  # raises Cancelled when the user wants it
        return False

    with page_settings():
        view = map_view(workspace, frame, language(), never)
        progress(0.3)
        images, troubles = ground_images(workspace.basemaps, view.viewport, _sharpness(view), access, never)
        progress(0.4)
        page = Page(workspace, layout, view, moment, images)
        page.notes += [Note("basemap", "warning", trouble) for trouble in troubles]
        _draw_items(page)
        progress(0.6)
        _check_view(page)
        ink = io.BytesIO()
        FigureCanvasPdf(page.sheet.figure).print_pdf(ink, metadata=_no_dates())  # type: ignore[no-untyped-call]  # matplotlib leaves backends untyped
    progress(0.85)
    title = furniture.page_title(page.first(TitleBlock), workspace, view)
    about = About(title, _subject(page), tr("Made with cgplanner"), BCP47[language()], moment)
    reference = _georeference(page, frame, title)
    content = finished(
        ink.getvalue(),
        about,
        paths=page.sheet.bulk_paths,
        groups=page.sheet.groups,
        layers=page.sheet.layers,
        bookmarks=page.bookmarks,
        georeference=reference,
    )
    progress(1.0)
    return content, tuple(page.notes)


def _sharpness(view: MapView) -> Sharpness:
    """Return how fine base maps are drawn: the view's millimetres are ``symbols`` real ones each."""
    return replace(ground.SHARPNESS, dots=ground.SHARPNESS.dots * view.symbols)


def _no_dates() -> dict[str, Any]:
    return {"CreationDate": None, "Creator": None, "Producer": None}


def _subject(page: Page) -> str:
    sources = furniture.source_sentences(page.view.layers)
    return " ".join(sources) or page.layout.name


def _draw_items(page: Page) -> None:
    legend_item, table_item = page.first(Legend), page.first(FeatureTable)
    legend_rest = _draw_legend(page, legend_item, table_item) if legend_item is not None else None
    if table_item is not None:
        _draw_table(page, table_item, legend_item, legend_rest)
    for item in page.layout.items:
        _draw_item(page, item)
    frame = page.first(MapFrame)
    if frame is not None:
        _draw_labels(page, frame)
        ground.draw_credits(page.sheet, frame, [each.basemap for each in page.images])
        page.sheet.rectangle(frame.box, stroke=Stroke(furniture.INK, frame.line))


def _draw_item(page: Page, item: Any) -> None:
    draw = _DRAW.get(type(item))
    if draw is not None and draw(page, item):
        page.note("text-cut", "warning", sentence("A text on the page was longer than its place and was cut."))


def _draw_title(page: Page, item: TitleBlock) -> bool:
    page.bookmark(furniture.page_title(item, page.workspace, page.view), 0.0)
    return furniture.draw_title(page.sheet, item, page.workspace, page.view)


def _draw_graticule(page: Page, item: Graticule) -> None:
    with page.sheet.layer(tr("Graticule")):
        draw_graticule(page.sheet, item, page.view)


def _draw_map(page: Page, frame: MapFrame) -> None:
    view = page.view
    page.bookmark(tr("Map"), frame.y)
    titles = {layer.id: layer.title for layer in view.layers}
    with page.sheet.group(
        needed=bool(page.images) and is_blended(view.picture)
    ):  # layers blend with base maps, not with the paper
        ground.draw_ground(page.sheet, view, page.images)
        _draw_layers(page, frame, titles)


def _draw_layers(page: Page, frame: MapFrame, titles: dict[str, str]) -> None:
    view = page.view
    if view.is_empty and not page.images:
        page.sheet.text(
            frame.x + frame.w / 2,
            frame.y + frame.h / 2,
            tr("There is nothing on this map."),
            4.0,
            align="center",
            color="#5A6675",
        )
        return
    with page.sheet.inside(frame.box, view.symbols):
        draw_layers(page.sheet, view.picture, titles, alone=not page.images)


# What draws each kind of item; True says that a text was cut. Legend and table share their room and are drawn before.
_DRAW: dict[type, Callable[[Page, Any], bool | None]] = {
    TitleBlock: _draw_title,
    MapFrame: _draw_map,
    Graticule: _draw_graticule,
    NeatLine: lambda page, item: furniture.draw_neat_line(page.sheet, item),
    ScaleBar: lambda page, item: furniture.draw_scale_bar(page.sheet, item, page.view),
    NorthArrow: lambda page, item: furniture.draw_north_arrow(page.sheet, item, page.view),
    SourceNote: lambda page, item: furniture.draw_source_note(page.sheet, item, page.view),
    DateText: lambda page, item: furniture.draw_date(page.sheet, item, page.moment.date()),
    Text: lambda page, item: furniture.draw_text(page.sheet, item),
}


def _draw_labels(page: Page, frame: MapFrame) -> None:
    """Draw the labels over everything else in the frame, the graticule too."""
    labels = page.view.picture.labels
    if labels:
        with page.sheet.layer(tr("Labels")), page.sheet.inside(frame.box, page.view.symbols):
            draw_labels(page.sheet, labels, page.view.label_texts())


def _draw_legend(page: Page, item: Legend, table: FeatureTable | None) -> float:
    """Draw the legend and return the y below it; it may use the table's room where there is no table."""
    groups = legend.groups_in_view(page.view.layers, page.view.rows, page.view.scale)
    room = item.h
    if table is not None and not _table_rows(page, table) and table.y > item.y:
        room = table.box.bottom - item.y
    placed = legend.placed(groups, item, room)
    spare = _room_beside_table(page, item, table)
    if spare is not None and placed.height > spare and not (tight := legend.placed(groups, item, spare)).left_out:
        placed = tight
    if placed.lines:
        page.bookmark(tr("Legend"), item.y)
        draw_legend(page.sheet, item, placed, page.view.symbols)
    if placed.left_out:
        page.note(
            "legend-overfull",
            "error",
            sentence("The legend is too long for its place: {count} classes are left out.", count=placed.left_out),
            placed.left_out,
        )
    return item.y + placed.height


def _table_layer(page: Page, item: FeatureTable) -> Layer | None:
    return next((layer for layer in page.view.layers if layer.id == item.layer), None)


def _table_rows(page: Page, item: FeatureTable) -> int:
    layer = _table_layer(page, item)
    return len(page.view.rows[layer.id]) if layer is not None else 0


def _room_beside_table(page: Page, item: Legend, table: FeatureTable | None) -> float | None:
    """Return the height (mm) that a legend may have if all rows of the table below it are to be listed; None without one."""
    layer = _table_layer(page, table) if table is not None and item.box.bottom <= table.y else None
    if table is None or layer is None or not _table_rows(page, table):
        return None
    title, heads, rows = _table_content(page, table, layer)
    return table.box.bottom - feature_table.least_height(title, heads, rows, table) - _FRAME_GAP - item.y


def _table_content(page: Page, item: FeatureTable, layer: Layer) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
    """Return the title, the heads and the rows in view as texts."""
    heads, rows = feature_table.records(layer, page.view.rows[layer.id], item.columns, names_in_english(page.workspace))
    return tr("{layer} on this map: {count}", layer=layer.title, count=len(rows)), heads, rows


def _draw_table(page: Page, item: FeatureTable, legend_item: Legend | None, legend_bottom: float | None) -> None:
    layer = _table_layer(page, item)
    if layer is None or not _table_rows(page, item):
        return
    top = item.y
    if legend_item is not None and legend_bottom is not None and legend_item.box.bottom <= item.y:
        top = min(item.y, legend_bottom + _FRAME_GAP)  # what the legend does not need is the table's
    title, heads, rows = _table_content(page, item, layer)
    table = feature_table.placed(title, heads, rows, item, item.box.bottom - top)
    page.bookmark(layer.title, top)
    draw_table(page.sheet, item, table, top)
    if table.more:
        page.note(
            "table-overfull",
            "warning",
            sentence("The table has room for {shown} of {count} features.", shown=len(table.rows), count=len(rows)),
            table.more,
        )


def names_in_english(workspace: Workspace) -> dict[str, str]:
    """Return what the places of the map are called in English, from the layers that have both names; empty in Chinese."""
    names: dict[str, str] = {}
    for layer in workspace.layers if language() == "en" else ():
        labels = style_of(layer).labels
        if labels is None or not labels.field_en or len(layer.table) > _MOST_NAMES or layer.role != "base":
            continue
        local, english = (layer.table.columns[field].values() for field in (labels.field, labels.field_en))
        names.update((str(a), str(b)) for a, b in zip(local, english, strict=True) if a and b and str(a) not in names)
    return names


def _check_view(page: Page) -> None:
    view = page.view
    if page.sheet.missing:
        missing = "".join(page.sheet.missing)
        page.note(
            "missing-glyphs",
            "error",
            sentence("No font has these characters; the page shows 〓 instead: {characters}", characters=missing),
            len(missing),
            tuple(missing),
        )
    if view.left_out:
        names = tuple(layer.title for layer in view.left_out)
        page.note(
            "layers-without-crs",
            "warning",
            sentence("Layers without a coordinate system are not on the map: {names}.", names=", ".join(names)),
            len(names),
            names,
        )
    if not view.crs and not view.is_empty:
        page.note("no-crs", "warning", sentence("The coordinate system is not known: no scale bar, north arrow or graticule."))
    lost = view.picture.homeless
    if lost:
        told = sentence("{count} labels found no place on the map.", count=len(lost))
        page.note("labels-without-place", "info", told, len(lost), tuple(text for _, text in lost[:_MOST_EXAMPLES]))
    page.notes += [Note("not-drawn", "warning", problem) for problem in view.picture.problems]


def _georeference(page: Page, frame: MapFrame, title: str) -> Georeference | None:
    view = page.view
    if not view.crs or view.is_empty:
        return None
    box, height = frame.box, page.layout.height
    left, right = box.x * PT_PER_MM, box.right * PT_PER_MM
    top, bottom = (height - box.y) * PT_PER_MM, (height - box.bottom) * PT_PER_MM
    corners = np.array([(box.x, box.bottom), (box.x, box.y), (box.right, box.y), (box.right, box.bottom)])
    return Georeference(left, bottom, right, top, view.to_map(corners), view.crs, title)

"""The small items of a page: title, scale bar, north arrow, notes, date, neat line and free text.

Each function draws one item inside its box. Millimetres; nothing here knows PDF.
"""

from __future__ import annotations

import datetime as dt
import math

import numpy as np

from cgplanner.geometry.crs import crs_title, to_degrees, transform_xy
from cgplanner.geometry.text_extent import ascent, text_width
from cgplanner.layout.page import DateText, Item, NeatLine, NorthArrow, ScaleBar, SourceNote, Text, TitleBlock
from cgplanner.layout.scale_bar import Bar, bar_for
from cgplanner.layout.text_fit import LEADING, FittedText, fitted
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.render.page.map_view import MapView
from cgplanner.render.page.sheet import Sheet, Stroke
from cgplanner.text import language, tr

INK = "#1B2430"
QUIET = "#5A6675"
_FIRST_BASELINE = 0.98  # em from the top of a block to its first baseline
_CARTESIAN_STEP = 1e-3  # degrees north, to find the direction of north


def draw_block(sheet: Sheet, item: Item, text: FittedText, y: float, *, color: str = INK, bold: bool = False) -> float:
    """Draw lines from the left of an item's box down from ``y`` and return the y below them."""
    for number, line in enumerate(text.lines):
        baseline = y + (_FIRST_BASELINE + number * LEADING) * text.size
        sheet.text(item.x, baseline, line, text.size, color=color, bold=bold)
    return y + text.height


def separator() -> str:
    """Return what stands between the members of a list in the user's language."""
    return "、" if language() == "zh" else ", "


def page_title(item: TitleBlock | None, workspace: Workspace, view: MapView) -> str:
    """Return the title: typed, the workspace's, or that of the only layer."""
    own = item.text if item is not None else ""
    layers = view.layers or workspace.layers
    return own or workspace.title or (layers[-1].title if len(layers) == 1 else tr("Map"))


def draw_title(sheet: Sheet, item: TitleBlock, workspace: Workspace, view: MapView) -> bool:
    """Draw title and subtitle; return whether a part had to be cut."""
    planning = [layer.title for layer in reversed(view.layers) if layer.role == "planning" and len(view.rows[layer.id])]
    subtitle = item.subtitle or separator().join(planning)
    words = page_title(item, workspace, view)
    subtitle = "" if subtitle == words else subtitle
    room = item.h - (item.subtitle_size * LEADING + 1.0 if subtitle else 0.0)
    title = fitted(words, item.w, room, item.size, min_size=item.size * 0.45, bold=True)
    y = draw_block(sheet, item, title, item.y, bold=True)
    if not subtitle:
        return title.is_cut
    below = fitted(subtitle, item.w, item.subtitle_size * LEADING, item.subtitle_size, min_size=item.subtitle_size * 0.7)
    draw_block(sheet, item, below, y + 0.6, color=QUIET)
    return title.is_cut or below.is_cut


def bar_of(item: ScaleBar, view: MapView) -> Bar:
    """Return the bar that fits the item: its last figure and the unit need some room on the right."""
    return bar_for(view.scale / 1000, item.w * 0.82)


def draw_scale_bar(sheet: Sheet, item: ScaleBar, view: MapView) -> None:
    """Draw bar, figures and the scale as a fraction; nothing where the map's units are not known."""
    if not view.crs or view.is_empty:
        return
    bar, size = bar_of(item, view), item.size
    top = item.y + 1.35 * size
    height = 0.5 * size
    left = item.x + text_width("0") * size / 2
    for part in range(bar.parts):
        x = left + part * bar.millimetres
        corners = ((x, top), (x + bar.millimetres, top), (x + bar.millimetres, top + height), (x, top + height))
        sheet.polygon(*corners, fill=INK if part % 2 == 0 else "#FFFFFF", stroke=Stroke(INK, 0.2))
    for part in range(bar.parts + 1):
        sheet.text(left + part * bar.millimetres, item.y + 0.95 * size, bar.figure(part), size, align="center")
    end = left + bar.parts * bar.millimetres + text_width(bar.figure(bar.parts)) * size / 2
    unit = tr("kilometres") if bar.in_kilometres else tr("metres")
    sheet.text(end + 0.4 * size, item.y + 0.95 * size, unit, size)
    _draw_fraction(sheet, item, view, top + height + 0.5 * size)


def _draw_fraction(sheet: Sheet, item: ScaleBar, view: MapView, y: float) -> None:
    line = tr("Scale 1:{figure:,.0f}; {projection}", figure=view.scale, projection=crs_title(view.crs))
    small = item.size * 0.88
    text = fitted(line, item.w, item.box.bottom - y, small, min_size=small * 0.8)
    draw_block(sheet, item, text, y, color=QUIET)


def north_angle(view: MapView) -> float:
    """Return the direction of true north at the map's centre in degrees clockwise from up."""
    lon, lat = to_degrees(view.crs, view.viewport.x, view.viewport.y)
    path = transform_xy("EPSG:4490", view.crs, np.array([[lon, lat - _CARTESIAN_STEP], [lon, lat + _CARTESIAN_STEP]]))
    across, up = path[1] - path[0]
    return math.degrees(math.atan2(float(across), float(up)))


def draw_north_arrow(sheet: Sheet, item: NorthArrow, view: MapView) -> None:
    """Draw an arrow to true north and its letter; nothing where north is not known."""
    if not view.crs or view.is_empty:
        return
    angle = math.radians(north_angle(view))
    letter = 1.05 * item.size
    reach = min((item.h - letter) / 2, item.w / 1.2)
    x, y = item.x + item.w / 2, item.y + letter + reach

    def turned(across: float, up: float) -> tuple[float, float]:
        cos, sin = math.cos(angle), math.sin(angle)
        return x + reach * (across * cos + up * sin), y + reach * (across * sin - up * cos)

    tip, tail = turned(0.0, 0.98), turned(0.0, -0.55)
    pen = Stroke(INK, 0.2, join="miter")
    sheet.polygon(tip, turned(-0.5, -0.95), tail, fill=INK, stroke=pen)
    sheet.polygon(tip, turned(0.5, -0.95), tail, fill="#FFFFFF", stroke=pen)
    place = turned(0.0, 1.0)
    sheet.text(place[0], place[1] - 0.25 * item.size, "N", item.size, bold=True, align="center")


def source_sentences(layers: tuple[Layer, ...]) -> tuple[str, ...]:
    """Return what is said of origin and accuracy: every source and every note once, with the layers it holds for."""
    sources = _shared([(layer.source_text, layer.title) for layer in reversed(layers)])
    notes = _shared([(layer.accuracy_text, layer.title) for layer in reversed(layers)])
    out = []
    if sources:
        out.append(tr("Sources: {list}.", list=sources))
    if notes:
        out.append(tr("Accuracy: {list}.", list=notes))
    return tuple(out)


def _shared(pairs: list[tuple[str, str]]) -> str:
    titles: dict[str, list[str]] = {}
    for text, title in pairs:
        if text:
            titles.setdefault(text.rstrip("。. "), []).append(title)
    joined = [tr("{layers}: {text}", layers=separator().join(names), text=text) for text, names in titles.items()]
    return ("；" if language() == "zh" else "; ").join(joined)


def draw_source_note(sheet: Sheet, item: SourceNote, view: MapView) -> bool:
    """Draw where the layers in view come from; return whether it had to be cut."""
    layers = tuple(layer for layer in view.layers if len(view.rows[layer.id]))
    sentences = source_sentences(layers)
    if not sentences:
        return False
    text = fitted("\n".join(sentences), item.w, item.h, item.size, min_size=item.min_size)
    draw_block(sheet, item, text, item.y, color=QUIET)
    return text.is_cut


def date_text(day: dt.date) -> str:
    """Return a day as people write it."""
    months = tr("January February March April May June July August September October November December").split()
    return tr("{day} {month} {year}", day=day.day, month=months[day.month - 1], year=day.year)


def draw_date(sheet: Sheet, item: DateText, day: dt.date) -> None:
    """Draw the day of printing."""
    x = {"left": item.x, "center": item.x + item.w / 2, "right": item.box.right}[item.align]
    sheet.text(x, item.y + ascent() * item.size, tr("Printed {date}", date=date_text(day)), item.size, align=item.align)


def draw_neat_line(sheet: Sheet, item: NeatLine) -> None:
    """Draw the line round the page."""
    sheet.rectangle(item.box, stroke=Stroke(INK, item.width))


def draw_text(sheet: Sheet, item: Text) -> bool:
    """Draw the user's own words; return whether they had to be cut."""
    text = fitted(item.text, item.w, item.h, item.size, min_size=item.size * 0.6, bold=item.bold)
    x = {"left": item.x, "center": item.x + item.w / 2, "right": item.box.right}[item.align]
    for number, line in enumerate(text.lines):
        baseline = item.y + (_FIRST_BASELINE + number * LEADING) * text.size
        sheet.text(x, baseline, line, text.size, color=item.color, bold=item.bold, align=item.align)
    return text.is_cut

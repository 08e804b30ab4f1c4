"""A page as data: paper, and items with a place on it. Frozen dataclasses with a JSON form.

Millimetres from the top left corner of the paper, y down; text sizes are the height of an em in millimetres. This file
must not know what a page is drawn with, nor any workspace: the same layout serves every one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cgplanner.layout.json_form import JsonForm
from cgplanner.text import pick

Paper = Literal["A3", "A4"]
Extent = tuple[float, ...]  # minx, miny, maxx, maxy in the display CRS
Align = Literal["left", "center", "right"]

SIZES_MM: dict[str, tuple[float, float]] = {"A3": (297.0, 420.0), "A4": (210.0, 297.0)}


@dataclass(frozen=True)
class Box:
    """A rectangle on the page."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The x of the right side."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The y of the lower side."""
        return self.y + self.h

    def overlaps(self, other: Box, tolerance: float = 1e-6) -> bool:
        """Tell whether both share an area; touching is not overlapping."""
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        return across > tolerance and down > tolerance

    def holds(self, other: Box, tolerance: float = 1e-6) -> bool:
        """Tell whether the other lies wholly inside."""
        left_top = other.x >= self.x - tolerance and other.y >= self.y - tolerance
        return left_top and other.right <= self.right + tolerance and other.bottom <= self.bottom + tolerance


@dataclass(frozen=True)
class Item:
    """Anything with a place on the page."""

    x: float
    y: float
    w: float
    h: float

    @property
    def box(self) -> Box:
        """Its place."""
        return Box(self.x, self.y, self.w, self.h)


@dataclass(frozen=True)
class MapFrame(Item):
    """The map.

    ``extent`` empty shows ``show``: the area that base polygons cover (what leaves it is cut at the frame), all planning
    layers, or everything; the next of these where there is none. ``scale`` is a denominator, 0 takes the largest round one
    that fits. ``symbols`` shrinks or grows all symbols and labels against their size on the screen.
    """

    show: Literal["area", "planning", "all"] = "planning"
    extent: Extent = ()
    scale: float = 0.0
    line: float = 0.35
    symbols: float = 1.0


@dataclass(frozen=True)
class TitleBlock(Item):
    """Title and subtitle; empty texts take the workspace's title and the layers shown."""

    text_zh: str = ""
    text_en: str = ""
    size: float = 8.0
    subtitle_zh: str = ""
    subtitle_en: str = ""
    subtitle_size: float = 3.4

    @property
    def text(self) -> str:
        """The title that was typed, in the language of the user."""
        return pick(self.text_zh, self.text_en)

    @property
    def subtitle(self) -> str:
        """The subtitle that was typed, in the language of the user."""
        return pick(self.subtitle_zh, self.subtitle_en)


@dataclass(frozen=True)
class Legend(Item):
    """The classes that are on the map, in columns. What it does not need goes to the table below it."""

    columns: int = 2
    size: float = 2.7
    min_size: float = 1.9


@dataclass(frozen=True)
class ScaleBar(Item):
    """A bar with round numbers and the scale as a fraction, true at the centre of the map."""

    size: float = 2.6


@dataclass(frozen=True)
class NorthArrow(Item):
    """An arrow to true north at the centre of the map."""

    size: float = 3.0


@dataclass(frozen=True)
class Graticule(Item):
    """Meridians and parallels; labels stand in the rim between this box and the map frame. ``step`` in degrees, 0 chooses."""

    step: float = 0.0
    labels: bool = True
    size: float = 2.2
    color: str = "#8B93A0"
    line: float = 0.1


@dataclass(frozen=True)
class SourceNote(Item):
    """Where the layers shown come from and how far they can be trusted."""

    size: float = 2.2
    min_size: float = 1.6


@dataclass(frozen=True)
class DateText(Item):
    """The day of printing."""

    size: float = 2.6
    align: Align = "right"


@dataclass(frozen=True)
class TableColumn:
    """A column of a table: a field by name, and the field that an English page takes instead."""

    field: str
    field_en: str = ""

    @property
    def name(self) -> str:
        """The field for the language of the user."""
        return pick(self.field, self.field_en or self.field)


@dataclass(frozen=True)
class FeatureTable(Item):
    """The features of a layer that are in view, one a row; ``max_rows`` 0 means as many as there is room for."""

    layer: str = ""
    columns: tuple[TableColumn, ...] = ()
    max_rows: int = 0
    size: float = 2.3
    min_size: float = 1.8


@dataclass(frozen=True)
class NeatLine(Item):
    """The line round the whole page."""

    width: float = 0.3


@dataclass(frozen=True)
class Text(Item):
    """Words of the user's own; they wrap, and shrink where the box is too small."""

    text_zh: str = ""
    text_en: str = ""
    size: float = 2.6
    bold: bool = False
    align: Align = "left"
    color: str = "#1B2430"

    @property
    def text(self) -> str:
        """The words in the language of the user."""
        return pick(self.text_zh, self.text_en)


PageItem = (
    MapFrame | TitleBlock | Legend | ScaleBar | NorthArrow | Graticule | SourceNote | DateText | FeatureTable | NeatLine | Text
)


@dataclass(frozen=True)
class PageLayout:
    """A named page; items are drawn in their order."""

    name: str
    paper: Paper = "A3"
    landscape: bool = True
    items: tuple[PageItem, ...] = ()

    @property
    def width(self) -> float:
        """Width of the paper in mm."""
        return SIZES_MM[self.paper][1 if self.landscape else 0]

    @property
    def height(self) -> float:
        """Height of the paper in mm."""
        return SIZES_MM[self.paper][0 if self.landscape else 1]

    def to_json(self) -> dict[str, Any]:
        """Return the layout as JSON-able data; :func:`layout_from_json` reads it back."""
        data: dict[str, Any] = _FORM.write(self)
        return data


_FORM = JsonForm(
    (
        MapFrame,
        TitleBlock,
        Legend,
        ScaleBar,
        NorthArrow,
        Graticule,
        SourceNote,
        DateText,
        TableColumn,
        FeatureTable,
        NeatLine,
        Text,
        PageLayout,
    )
)


def layout_from_json(data: Mapping[str, Any]) -> PageLayout:
    """Return the layout that :meth:`PageLayout.to_json` wrote.

    Raises
    ------
    UserError
        When the data are no layout, or one of a later version.
    """
    layout = _FORM.read(data, PageLayout)
    assert isinstance(layout, PageLayout)  # noqa: S101  narrows the type; the form has checked it
    return layout

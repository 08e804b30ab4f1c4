"""The table on the page: the features in view as rows of text, as many as there is room for and none cut.

Millimetres; this file must not know who draws the cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cgplanner.errors import UserError
from cgplanner.geometry.text_extent import text_width, text_widths
from cgplanner.layout.page import FeatureTable, TableColumn
from cgplanner.layout.text_fit import LEADING, fitted
from cgplanner.model.column import Positions
from cgplanner.model.layer import Layer
from cgplanner.model.schema import CodedDomain, Field
from cgplanner.text import language, tr

_PADDING = 0.36  # em above and below a row's text together
_CELL_GAP = 0.8  # em between two columns
_SHRINK = 0.95
_MOST_LINES = 3


@dataclass(frozen=True)
class PlacedRow:
    """A row: its y and height within the table's box, and the lines of every cell."""

    y: float
    h: float
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PlacedTable:
    """The table at its size (em in mm).

    ``xs`` and ``widths`` are the columns' places; ``more`` features found no room and are counted below the last row, at
    ``more_y``.
    """

    title: str
    size: float
    title_height: float
    xs: tuple[float, ...]
    widths: tuple[float, ...]
    head: PlacedRow
    rows: tuple[PlacedRow, ...]
    more: int
    more_y: float

    @property
    def height(self) -> float:
        """Height of all of it in mm."""
        last = self.rows[-1] if self.rows else self.head
        return self.more_y + self.size * 1.9 if self.more else last.y + last.h


def records(
    layer: Layer, rows: Positions, columns: tuple[TableColumn, ...], names: Mapping[str, str]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return heads and rows of text: domain labels, lists with the separator of the language, and names in English.

    Columns that the layer has not are left out; ``names`` says what the places of the map are called in English.
    """
    fields = [field for column in columns if (field := _field(layer, column)) is not None]
    if not fields and layer.schema.title:
        fields = [layer.schema[layer.schema.title]]
    heads = tuple(_head(field) for field in fields)
    values = [[_cell(field, layer.table.columns[field.id].value(int(row)), names) for field in fields] for row in rows]
    return heads, [tuple(each) for each in values]


def _field(layer: Layer, column: TableColumn) -> Field | None:
    for name in (column.name, column.field):
        try:
            return layer.schema.named(name)
        except UserError:
            continue
    return None


def _head(field: Field) -> str:
    return field.title if language() == "zh" or field.alias_en != "English name" else tr("Name")


def _cell(field: Field, value: object, names: Mapping[str, str]) -> str:
    text = field.display(value)  # type: ignore[arg-type]  # a column gives its field's values
    if isinstance(field.domain, CodedDomain) or ";" not in text:
        return names.get(text, text)
    separator = "、" if language() == "zh" else ", "
    return separator.join(names.get(each.strip(), each.strip()) for each in text.split(";"))


def placed(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]], table: FeatureTable, height: float) -> PlacedTable:
    """Return the table at the largest size at which all rows fit ``height`` (mm), or at the smallest with the rest counted."""
    size = table.size
    while True:
        made = _laid_out(title, heads, rows, table.w, size)
        limit = min(table.max_rows or len(rows), len(rows))
        if limit == len(rows) and made.height <= height + 1e-9:
            return made
        if size <= table.min_size or limit < len(rows):
            return _cut(made, limit, height)
        size = max(size * _SHRINK, table.min_size)


def least_height(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]], table: FeatureTable) -> float:
    """Return the height (mm) that the table wants at its smallest size, with as many rows as it may have."""
    return _laid_out(title, heads, rows[: table.max_rows or len(rows)], table.w, table.min_size).height


def _laid_out(title: str, heads: tuple[str, ...], rows: list[tuple[str, ...]], width: float, size: float) -> PlacedTable:
    gap = _CELL_GAP * size
    natural = [_natural_width(head, [row[k] for row in rows]) * size for k, head in enumerate(heads)]
    widths = shared_out(natural, width - gap * (len(heads) - 1))
    xs = tuple(sum(widths[:k]) + k * gap for k in range(len(widths)))
    title_height = 2.1 * size
    head = _row(heads, widths, size, title_height, bold=True)
    y, placed_rows = head.y + head.h, []
    for values in rows:
        row = _row(values, widths, size, y, bold=False)
        placed_rows.append(row)
        y += row.h
    return PlacedTable(title, size, title_height, xs, widths, head, tuple(placed_rows), 0, y)


def _natural_width(head: str, values: list[str]) -> float:
    """Return the width in em that a column needs for its longest text on one line."""
    return max(text_width(head, bold=True), float(text_widths(values).max(initial=0.0))) + 0.05  # a hair against rounding


def shared_out(natural: list[float], room: float) -> tuple[float, ...]:
    """Return widths that fill the room.

    Each column gets what it needs and a like part of the rest; where there is not enough for all, the narrow ones get what
    they need and the wide ones alike.
    """
    rest = room - sum(natural)
    if rest >= 0:
        return tuple(width + rest / len(natural) for width in natural)
    widths = dict.fromkeys(range(len(natural)), 0.0)
    left = room
    for place, number in enumerate(sorted(widths, key=lambda k: natural[k])):
        widths[number] = min(natural[number], left / (len(natural) - place))
        left -= widths[number]
    return tuple(widths.values())


def _row(values: tuple[str, ...], widths: tuple[float, ...], size: float, y: float, *, bold: bool) -> PlacedRow:
    pairs = zip(values, widths, strict=True)
    room = _MOST_LINES * LEADING * size
    cells = tuple(fitted(value, width, room, size, min_size=size, bold=bold).lines for value, width in pairs)
    lines = max(len(cell) for cell in cells)
    return PlacedRow(y, (lines * LEADING + _PADDING) * size, cells)


def _cut(made: PlacedTable, limit: int, height: float) -> PlacedTable:
    room = height - made.size * 1.9
    kept = [row for row in made.rows[:limit] if row.y + row.h <= room + 1e-9]
    bottom = kept[-1].y + kept[-1].h if kept else made.head.y + made.head.h
    return PlacedTable(
        made.title,
        made.size,
        made.title_height,
        made.xs,
        made.widths,
        made.head,
        tuple(kept),
        len(made.rows) - len(kept),
        bottom,
    )

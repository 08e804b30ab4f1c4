"""The feature table on the sheet."""

from __future__ import annotations

from cgplanner.layout.feature_table import PlacedRow, PlacedTable
from cgplanner.layout.page import FeatureTable
from cgplanner.layout.text_fit import LEADING
from cgplanner.render.page.furniture import INK, QUIET
from cgplanner.render.page.sheet import Sheet, Stroke, middle_baseline
from cgplanner.text import tr

_RULE = Stroke("#C9CED6", 0.1)
_STRONG = Stroke(INK, 0.25)


def draw_table(sheet: Sheet, item: FeatureTable, table: PlacedTable, top: float) -> None:
    """Draw the table from ``top`` (mm) down: title, head, rows between rules, and the count of what found no room."""
    size = table.size
    sheet.text(item.x, top + 1.1 * size * 1.1, table.title, size * 1.1, bold=True, color=INK)
    _draw_row(sheet, item, table, table.head, top, bold=True)
    bottom = top + table.head.y + table.head.h
    sheet.line((item.x, top + table.head.y), (item.box.right, top + table.head.y), stroke=_STRONG)
    sheet.line((item.x, bottom), (item.box.right, bottom), stroke=_STRONG)
    for row in table.rows:
        _draw_row(sheet, item, table, row, top, bold=False)
        y = top + row.y + row.h
        last = row is table.rows[-1] and not table.more
        sheet.line((item.x, y), (item.box.right, y), stroke=_STRONG if last else _RULE)
    if table.more:
        text = tr("and {count} more", count=table.more)
        sheet.text(item.x, top + table.more_y + 1.35 * size, text, size, color=QUIET)


def _draw_row(sheet: Sheet, item: FeatureTable, table: PlacedTable, row: PlacedRow, top: float, *, bold: bool) -> None:
    for x, cell in zip(table.xs, row.cells, strict=True):
        first = top + row.y + row.h / 2 - (len(cell) - 1) * LEADING * table.size / 2
        for number, line in enumerate(cell):
            baseline = middle_baseline(first + number * LEADING * table.size, table.size, bold=bold)
            sheet.text(item.x + x, baseline, line, table.size, bold=bold, color=INK)

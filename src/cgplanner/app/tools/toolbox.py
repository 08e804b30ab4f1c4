"""All tools of a canvas."""

from __future__ import annotations

from cgplanner.app.canvas import MapCanvas
from cgplanner.app.tools.draw_line import DrawLineTool
from cgplanner.app.tools.draw_point import DrawPointTool
from cgplanner.app.tools.draw_polygon import DrawPolygonTool
from cgplanner.app.tools.identify import IdentifyTool
from cgplanner.app.tools.measuring import MeasureAreaTool, MeasureLineTool
from cgplanner.app.tools.move import MoveTool
from cgplanner.app.tools.move_label import MoveLabelTool
from cgplanner.app.tools.pan import PanTool
from cgplanner.app.tools.select import SelectTool
from cgplanner.app.tools.vertex import VertexTool
from cgplanner.app.tools.zoom_box import ZoomBoxTool

TOOLS = (
    PanTool,
    SelectTool,
    IdentifyTool,
    ZoomBoxTool,
    MoveTool,
    MoveLabelTool,
    VertexTool,
    DrawPointTool,
    DrawLineTool,
    DrawPolygonTool,
    MeasureLineTool,
    MeasureAreaTool,
)


def equip(canvas: MapCanvas) -> None:
    """Give a canvas its tools and let it begin with panning."""
    for tool in TOOLS:
        canvas.add_tool(tool(canvas))
    canvas.choose_tool(PanTool.id)

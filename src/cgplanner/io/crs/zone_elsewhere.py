"""Layers without a mark that are not of the city cluster: what they speak of, and where in China they may lie instead.

The zone detective must not pull the neighbours' data into the cluster only because some zone would put them there.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from cgplanner.io.crs.reference_places import Reference
from cgplanner.io.crs.zone_candidates import candidates_for
from cgplanner.io.crs.zone_evidence import Placed, Sample, placed_by

# Cities and counties around. A row must name them in full, for streets and villages are called after them; a file need not.
_CITIES = (
    "石家庄|保定|邢台|邯郸|张家口|衡水|雄安|河北|榆林|延安|渭南|陕西|大同|朔州|临汾|长治|运城|晋城|鄂尔多斯|呼和浩特|乌兰察布|"
    "包头|内蒙古|安阳|新乡|焦作|洛阳|三门峡|郑州|河南|北京|天津|西安|上海|山东|济南"
)
_COUNTIES = (
    "井陉|平山|灵寿|赞皇|元氏|临城|内丘|沙河|武安|涉|阜平|涞源|蔚|府谷|神木|佳|吴堡|绥德|清涧|延川|米脂|清水河|浑源|应|山阴|怀仁|右玉|"
    "灵丘|广灵|武乡|襄垣|沁源|沁|黎城|霍州|汾西|隰|永和|蒲|大宁"
)
_IN_A_ROW = re.compile(
    rf"(?:{_CITIES})(?:市|省|新区|自治区)|(?:{_COUNTIES})[县市]|准格尔旗|平鲁区|朔城区|石家庄|鄂尔多斯|呼和浩特"
)
_IN_A_TITLE = re.compile(rf"(?:{_CITIES})(?!村|路|街)|(?:{_COUNTIES})[县市]|准格尔")
_CHINA = (73.0, 136.0, 17.0, 54.0)
_IN_THE_CLUSTER = -5.0  # for a candidate that would put rows there which name another place


def place_elsewhere(sample: Sample, reference: Reference) -> str:
    """Return what places around the cluster a layer speaks of where it speaks of none within; '' for nothing."""
    rows = [text for text in sample.texts if text]
    named = [found[0] for text in rows if (found := _IN_A_ROW.search(text))]
    title = _IN_A_TITLE.search(sample.title)
    if not title and (not named or len(named) * 4 < len(rows)):
        return ""
    if any(reference.mentioned(text) for text in (sample.title, *rows)):
        return ""
    return title[0] if title else max(sorted(set(named)), key=named.count)


def placed_in_china(sample: Sample, reference: Reference) -> list[Placed]:
    """Return all that the numbers can be anywhere in China, the likeliest first."""
    placed = [placed_by(each, sample, reference) for each in candidates_for(sample.vertices)]
    found = [
        replace(each, evidence=_IN_THE_CLUSTER if each.inside > 0.3 else 0.0, named=0.0)
        for each in placed
        if _is_in_china(each)
    ]
    return sorted(found, key=lambda each: -each.score + _beyond(each))


def _is_in_china(placed: Placed) -> bool:
    west, east, south, north = _CHINA
    there = placed.lonlat[np.isfinite(placed.lonlat).all(axis=1)]
    if len(there) * 2 < len(placed.lonlat) or not len(there):
        return False
    lon, lat = np.median(there, axis=0)
    return bool(west < lon < east and south < lat < north)


def _beyond(placed: Placed) -> float:
    """Hold it against a zone when the data would lie beyond it, by the degree."""
    if placed.candidate.meridian is None:
        return 0.0
    middle = float(np.nanmedian(placed.lonlat[np.isfinite(placed.lonlat[:, 0]), 0]))
    return 3.0 * max(0.0, abs(middle - placed.candidate.meridian) - placed.candidate.width / 2)

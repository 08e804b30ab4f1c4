"""A written drawing read back and compared, entity by entity, before it takes its place.

ezdxf makes objects of all entities of a small drawing; of a large one the tags are compared as they lie there, and ezdxf reads
some entities, cut out byte for byte. GDAL counts all of either. This file must not know of tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from ezdxf.filemanagement import read, readfile

from cgplanner.io.drivers.engines import gdal_messages, pyogrio
from cgplanner.io.dxf.attributes import APPID, decoded
from cgplanner.io.dxf.text import INNER, OUTER, Entity, entity_texts, with_few
from cgplanner.io.writing.read_back import differs
from cgplanner.text import tr

_APPID_CODE, _TEXT_CODE = 1001, 1000
_MOST_OBJECTS = 20_000  # entities
_SAMPLED = 200


def check_drawing(entities: Sequence[Entity], draft: Path, path: Path, encoding: str) -> None:
    """Compare all that was drawn.

    Raises
    ------
    UserError
        At the first difference.
    """
    if len(entities) > _MOST_OBJECTS:
        _check_tags(entities, draft, path, encoding)
    else:
        _check_objects(entities, list(readfile(draft).modelspace()), path)
    if entities:
        with gdal_messages():
            counted = pyogrio().read_info(draft, force_feature_count=True)["features"]
        if counted != len(entities):
            raise differs(path, tr("the number of features"))


def _check_tags(entities: Sequence[Entity], draft: Path, path: Path, encoding: str) -> None:
    try:
        text = draft.read_text(encoding)
        found = entity_texts(text)
        if len(found) != len(entities):
            raise differs(path, tr("the number of features"))
        for mine, theirs in zip(entities, found, strict=True):
            if wrong := _wrong(mine, theirs):
                raise differs(path, wrong)
    except ValueError as error:  # no number, no such tag, no such character
        raise differs(path, str(error)) from error
    some = np.unique(np.linspace(0, len(entities) - 1, _SAMPLED).astype(np.int64)).tolist()
    sample = read(StringIO(with_few(text, (found[row] for row in some))))
    _check_objects([entities[row] for row in some], list(sample.modelspace()), path)


def _wrong(mine: Entity, text: str) -> str:
    """Return what differs in the tags of an entity, '' for nothing."""
    lines = text.split("\n")
    codes, values = lines[1::2], lines[2::2]
    end = codes.index("1001") if "1001" in codes else len(codes)
    if (lines[0], values[codes.index("  8")]) != (mine.kind, mine.layer):
        return mine.layer
    if mine.text and decoded(values[codes.index("  1")]) != mine.text:
        return mine.text
    if not _same_numbers(mine, codes, values, end):
        return tr("the geometry")
    if mine.kind == "POLYLINE" and end < len(codes):  # whose vertices come behind the values
        codes, values = codes[: codes.index("  0")], values[: codes.index("  0")]
    marks = [(int(code), value) for code, value in zip(codes[end:], values[end:], strict=True)]
    wanted = [(_APPID_CODE, APPID), *((code, str(value)) for code, value in mine.tags)] if mine.tags else []
    said = [(code, decoded(value) if code == _TEXT_CODE else value) for code, value in marks]
    return "" if said == wanted else tr("the attributes")


def _same_numbers(mine: Entity, codes: list[str], values: list[str], end: int) -> bool:
    """Tell whether the tags say the same places; of a polyline with heights and of a filling the first place is none."""
    places, counts = mine.places, [len(mine.places)]
    if mine.kind == "POLYLINE":
        skipped, end = 1, len(codes)  # the vertices come behind the values
        flags = values[codes.index(" 70")] == str(8 + mine.closed)
    elif mine.kind == "HATCH":
        places = np.concatenate([mine.places, *mine.holes])
        counts += [len(hole) for hole in mine.holes]
        wanted = [str(OUTER), *[str(INNER)] * len(mine.holes)]
        flags = _all(codes, values, " 92") == wanted and _all(codes, values, " 93") == [str(count) for count in counts]
        skipped = 1
    else:
        flags = mine.kind != "LWPOLYLINE" or values[codes.index(" 70")] == str(int(mine.closed))
        skipped = 0
    for column, code in zip(places.T.tolist(), (" 10", " 20", " 30"), strict=False):
        numbers = [float(value) for value in _all(codes[:end], values[:end], code)[skipped:]]
        if numbers != column and not np.array_equal(numbers, column, equal_nan=True):
            return False
    return flags


def _all(codes: list[str], values: list[str], code: str) -> list[str]:
    return [value for each, value in zip(codes, values, strict=True) if each == code]


def _check_objects(entities: Sequence[Entity], found: Sequence[Any], path: Path) -> None:
    if Counter(each.dxftype() for each in found) != Counter(each.kind for each in entities):
        raise differs(path, tr("the number of features"))
    for mine, theirs in zip(entities, found, strict=True):
        if (theirs.dxftype(), theirs.dxf.layer) != (mine.kind, mine.layer):
            raise differs(path, mine.layer)
        if mine.text and decoded(theirs.dxf.text) != mine.text:
            raise differs(path, mine.text)
        if not _same_places(mine, theirs):
            raise differs(path, tr("the geometry"))
        if mine.tags and _tags(theirs) != mine.tags:
            raise differs(path, tr("the attributes"))


def _tags(entity: Any) -> tuple[tuple[int, Any], ...]:
    found = ((tag.code, tag.value) for tag in entity.get_xdata(APPID) if tag.code != _APPID_CODE)
    return tuple((code, decoded(value) if code == _TEXT_CODE else value) for code, value in found)


def _same_places(mine: Entity, theirs: Any) -> bool:
    if mine.kind == "HATCH":
        found = [np.array([each[:2] for each in path.vertices]) for path in theirs.paths]
        wanted = (mine.places, *mine.holes)
        return [len(each) for each in found] == [len(each) for each in wanted] and all(
            np.allclose(one, other, rtol=1e-13, atol=1e-9) for one, other in zip(found, wanted, strict=True)
        )
    if mine.kind == "LWPOLYLINE":
        places, closed = np.array(theirs.get_points("xy")), bool(theirs.closed)
    elif mine.kind == "POLYLINE":
        places, closed = np.array([tuple(each) for each in theirs.points()]), bool(theirs.is_closed)
    else:
        point = theirs.dxf.location if mine.kind == "POINT" else theirs.dxf.insert
        places, closed = np.array([tuple(point)])[:, : mine.places.shape[1]], False
    if places.shape != mine.places.shape or closed != mine.closed:
        return False
    return bool(np.allclose(places, mine.places, rtol=1e-13, atol=1e-9, equal_nan=True))

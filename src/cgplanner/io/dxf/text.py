"""Entities of a drawing as text, tag for tag as ezdxf writes them, and a written drawing cut into them.

ezdxf makes an object of every entity and of every tag; here they go without. A test holds the text of these
to that of ezdxf. This file must not know of tables or receivers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

from ezdxf.document import Drawing

_ENTITIES = "  0\nSECTION\n  2\nENTITIES\n"
_END = "  0\nENDSEC\n"
_NEXT = "\n  0\n"
OUTER, INNER = 3, 18  # a polyline that bounds a filling from outside, and from inside
_HATCH = " 10\n0.0\n 20\n0.0\n 30\n0.0\n210\n0.0\n220\n0.0\n230\n1.0\n  2\nSOLID\n 70\n1\n 71\n0\n"
_PARTS = ("VERTEX\n", "SEQEND\n")  # of the polyline before
_PLACE = (" 10\n%s\n 20\n%s\n", " 10\n%s\n 20\n%s\n 30\n%s\n")


@dataclass(frozen=True)
class Entity:
    """One thing to draw: POINT, LWPOLYLINE, POLYLINE, TEXT or HATCH on a layer; a hatch has its rings in ``holes`` too."""

    kind: str
    layer: str
    places: Any  # (n, 2 or 3)
    closed: bool = False
    text: str = ""
    part: int = 0
    ring: int = 0
    holes: tuple[Any, ...] = ()
    tags: tuple[tuple[int, Any], ...] = ()


def line_text(drawing: Drawing, layer: str, places: Any, *, closed: bool) -> str:
    """Return a flat polyline without its XDATA; ``places`` is float64 (n, 2)."""
    count = len(places)
    points = _PLACE[0] * count % tuple(places.ravel().tolist())
    return f"{_head(drawing, 'LWPOLYLINE', layer, 'AcDbPolyline')} 90\n{count}\n 70\n{int(closed)}\n{points}"


def point_text(drawing: Drawing, layer: str, place: Any) -> str:
    """Return a point; ``place`` holds two or three numbers."""
    return _head(drawing, "POINT", layer, "AcDbPoint") + _PLACE[1] % _in_space(place)


def title_text(drawing: Drawing, layer: str, place: Any, text: str, height: float, style: str) -> str:
    """Return a text of one line that does not end in a caret."""
    place_text = _PLACE[1] % _in_space(place)
    return f"{_head(drawing, 'TEXT', layer, 'AcDbText')}{place_text} 40\n{height}\n  1\n{text}\n  7\n{style}\n100\nAcDbText\n"


def hatch_text(drawing: Drawing, layer: str, rings: Sequence[Any]) -> str:
    """Return a solid filling without its XDATA; ``rings`` are float64 (n, 2), the shell first, without their last places."""
    paths = []
    for number, ring in enumerate(rings):
        places = _PLACE[0] * len(ring) % tuple(ring.ravel().tolist())
        paths.append(f" 92\n{INNER if number else OUTER}\n 72\n0\n 73\n1\n 93\n{len(ring)}\n{places} 97\n0\n")
    return f"{_head(drawing, 'HATCH', layer, 'AcDbHatch')}{_HATCH} 91\n{len(rings)}\n{''.join(paths)} 75\n0\n 76\n1\n 98\n0\n"


def tall_line_text(drawing: Drawing, layer: str, places: Any, values: str, *, closed: bool) -> str:
    """Return a polyline with heights, and the XDATA ``values`` where it has them; ``places`` is float64 (n, 3)."""
    head = _head(drawing, "POLYLINE", layer, "AcDb3dPolyline")
    owner = head.split("\n", 4)[3]
    end = drawing.entitydb.next_handle()
    vertices = [
        f"{_head(drawing, 'VERTEX', layer, 'AcDbVertex')}100\nAcDb3dPolylineVertex\n{_PLACE[1] % tuple(place)} 70\n32\n"
        for place in places.tolist()
    ]
    last = f"  0\nSEQEND\n  5\n{end}\n330\n{owner}\n100\nAcDbEntity\n  8\n{layer}\n"
    return f"{head} 66\n1\n{_PLACE[1] % (0.0, 0.0, 0.0)} 70\n{8 + closed}\n{values}{''.join(vertices)}{last}"


def values_text(application: str, tags: Iterable[tuple[int, Any]]) -> str:
    """Return XDATA."""
    return f"1001\n{application}\n" + "".join([f"{code}\n{value}\n" for code, value in tags])


def _head(drawing: Drawing, kind: str, layer: str, marker: str) -> str:
    handle, owner = drawing.entitydb.next_handle(), drawing.modelspace().layout_key
    return f"  0\n{kind}\n  5\n{handle}\n330\n{owner}\n100\nAcDbEntity\n  8\n{layer}\n100\n{marker}\n"


def _in_space(place: Any) -> tuple[float, ...]:
    return tuple((*place.tolist(), 0.0)[:3])


def save_with(drawing: Drawing, entities: Iterable[str], path: Path) -> None:
    """Save a drawing whose model space is empty, with these entities in it; their handles were taken before."""
    frame = StringIO()
    drawing.write(frame)
    head, tail = _parted(frame.getvalue())
    with path.open("w", encoding=drawing.output_encoding, errors="dxfreplace") as file:
        file.write(head)
        file.writelines(entities)
        file.write(tail)


def _parted(text: str) -> tuple[str, str]:
    place = text.index(_ENTITIES) + len(_ENTITIES)
    return text[:place], text[place:]


def entity_texts(text: str) -> list[str]:
    """Return the entities of a drawing's text one by one, each from its kind on; the vertices of a polyline are part of it."""
    body = _parted(text)[1]
    body = body[: body.index(_END)] if body.startswith(_END) else body[: body.index(f"\n{_END}") + 1]
    found = body.removeprefix("  0\n").removesuffix("\n").split(_NEXT) if body else []
    if _PARTS[0] not in body:
        return found
    whole: list[list[str]] = []
    for each in found:
        if each.startswith(_PARTS):
            whole[-1].append(each)
        else:
            whole.append([each])
    return [_NEXT.join(each) for each in whole]


def with_few(text: str, entities: Iterable[str]) -> str:
    """Return a drawing's text with only these of its entities in it, as they stand there."""
    head, body = _parted(text)
    tail = body if body.startswith(_END) else body[body.index(f"\n{_END}") + 1 :]
    return head + "".join(chain.from_iterable(("  0\n", each, "\n") for each in entities)) + tail

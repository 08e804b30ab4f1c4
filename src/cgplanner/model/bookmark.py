"""A named view: a place and a scale that somebody wants to come back to. Saved with the workspace."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bookmark:
    """A place with a name.

    Attributes
    ----------
    name
        What people call it; no two of a workspace are the same.
    x, y
        The centre: longitude and latitude (CGCS2000), so that it means the same in every projection; on a map whose
        projection is not known (``in_degrees`` False) the numbers of the map.
    scale
        The scale denominator.
    """

    name: str
    x: float
    y: float
    scale: float
    in_degrees: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able data; :func:`bookmark_from_json` reads it back."""
        return {"name": self.name, "x": self.x, "y": self.y, "scale": self.scale, "in_degrees": self.in_degrees}


def bookmark_from_json(data: Mapping[str, Any]) -> Bookmark:
    """Return the bookmark that :meth:`Bookmark.to_json` wrote.

    Raises
    ------
    ValueError
        When the data are none.
    """
    try:
        x, y, scale = (float(data[name]) for name in ("x", "y", "scale"))
        made = Bookmark(str(data["name"]), x, y, scale, bool(data.get("in_degrees", True)))
    except (KeyError, TypeError) as error:
        raise ValueError(str(error)) from None
    if not made.name or not all(math.isfinite(each) for each in (x, y, scale)) or scale <= 0:
        raise ValueError(f"no bookmark: {made.name}")
    return made

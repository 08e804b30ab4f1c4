"""What there is to say of times whose texts name a zone: a column has none, so they become UTC. No file in here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cgplanner.io.drivers.gdal_layers import times_moved_note
from cgplanner.io.report import Note
from cgplanner.model.schema import Field, FieldType

_ZONE = re.compile(r"[T ]\s*\d[\d:.,]*([-+]\d{2}(?::?\d{2})?)")
_MOST_SAID = 3


def zone_of(text: Any) -> str:
    """Return the zone of a time that a text says, "" for none and for UTC.

    >>> zone_of("2024-05-01T08:00:00+08:00"), zone_of("2024-05-01T08:00:00Z"), zone_of("2024-05-01")
    ('+08:00', '', '')
    """
    found = _ZONE.search(text) if isinstance(text, str) else None
    return found[1] if found and found[1].strip("+-0:") else ""


def zone_notes(field: Field, values: Iterable[Any]) -> tuple[Note, ...]:
    """Return the note on texts that became moments of UTC; none where their hours stayed."""
    if field.type is not FieldType.DATETIME:
        return ()
    zones = sorted({zone_of(value) for value in values} - {""})
    return (times_moved_note(field.name, ", ".join(zones[:_MOST_SAID])),) if zones else ()

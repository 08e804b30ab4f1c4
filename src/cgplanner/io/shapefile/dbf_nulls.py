"""FoxPro's marks of what is NULL and of texts that are shorter than their field: bits in a hidden field of the table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.io.shapefile.dbf import DbfHeader, column_bytes

NULL_MARKS = "0"  # the letter of the hidden field
_OF_ANY_LENGTH = "VQ"

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class FoxMarks:
    """By the place of a field the rows where it is NULL, and those where its last byte says how long the value is."""

    nulls: dict[int, Mask] = field(default_factory=dict)
    short: dict[int, Mask] = field(default_factory=dict)

    def cut(self, number: int, raw: list[bytes]) -> list[bytes]:
        """Return the cells of a field without what lies behind their values."""
        if number not in self.short:
            return raw
        return [cell[: cell[-1]] if cut else cell for cell, cut in zip(raw, self.short[number].tolist(), strict=True)]

    def without_nulls(self, number: int, values: list[Any]) -> list[Any]:
        """Return the values of a field, None where they are NULL."""
        if number not in self.nulls:
            return values
        return [None if none else value for value, none in zip(values, self.nulls[number].tolist(), strict=True)]


def fox_marks(path: Path, header: DbfHeader, rows: Any) -> FoxMarks:
    """Return the marks of these rows (int64); none where the table has no such field.

    Each field of any length takes one bit, then each that may be NULL another, in the order of the fields.
    """
    places = [number for number, each in enumerate(header.fields) if each.type == NULL_MARKS]
    if not places:
        return FoxMarks()
    hidden = header.fields[places[-1]]
    start = 1 + sum(each.width for each in header.fields[: places[-1]])
    bits = np.unpackbits(column_bytes(path, header, start, hidden.width)[rows], axis=1, bitorder="little").astype(np.bool_)
    marks, used = FoxMarks(), 0
    for number, each in enumerate(header.fields):
        if each.type in _OF_ANY_LENGTH and used < bits.shape[1]:
            marks.short[number], used = bits[:, used], used + 1
        if each.nullable and each.type != NULL_MARKS and used < bits.shape[1]:
            marks.nulls[number], used = bits[:, used], used + 1
    return marks

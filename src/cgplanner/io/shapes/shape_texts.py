"""Rows as texts, whole columns at once in Arrow's compiled code: pieces put together, groups, brackets, numbers.

What the writers of text formats share. This file must not know of files or fields. pyarrow costs a quarter of a second to
import: import this when it is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cgplanner.geometry.ragged import Floats, Ints

_NOTHING = pa.scalar("", pa.large_string())


def put_together(*pieces: Any) -> Any:
    """Return the pieces of every row one after another; a str is the same in every row, a missing piece makes a missing row."""
    return pc.binary_join_element_wise(*[_constant(each) if isinstance(each, str) else each for each in pieces], _NOTHING)


def _constant(text: str) -> Any:
    return pa.scalar(text.encode("utf-8", "replace"), pa.large_binary()).cast(pa.large_string())


def bytes_of(texts: Any) -> bytes:
    """Return all texts of an array that has no missing ones, one after another."""
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, np.int64)
    return bytes(memoryview(data)[int(ends[texts.offset]) : int(ends[texts.offset + len(texts)])]) if data else b""


def joined(texts: Any, offsets: Ints, between: str = ",") -> Any:
    """Return the texts of each group with a sign between."""
    groups = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), texts)
    return pc.binary_join(groups, pa.scalar(between, pa.large_string()))


def bracketed(texts: Any, which: Any, begin: str = "[", end: str = "]") -> Any:
    """Return the texts, some of them (bool) in brackets."""
    if not which.any():
        return texts
    inside = put_together(begin, texts, end)
    return inside if which.all() else pc.if_else(pa.array(which), inside, texts)


def number_texts(values: Any) -> Any:
    """Return the shortest texts that read back as these numbers."""
    return pa.array(np.ascontiguousarray(values)).cast(pa.large_string())


def shortened(values: Floats, decimals: int) -> Any:
    """Return texts of these numbers, rounded."""
    return number_texts(np.round(values, decimals))

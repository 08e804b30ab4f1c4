"""Immutable columns: numpy values with a mask for NULL, text as a dictionary with codes.

Versions of a table share columns, so no method here changes one: each returns a new column or the same. NULL is the mask
(or the code -1), never 0, '' or NaN. This file must not know of rows' identities, only of positions.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from cgplanner.geometry.ragged import frozen
from cgplanner.model.schema import FieldType, Value

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]

DTYPES: dict[FieldType, np.dtype[Any]] = {
    FieldType.INTEGER: np.dtype(np.int64),
    FieldType.REAL: np.dtype(np.float64),
    FieldType.BOOLEAN: np.dtype(np.bool_),
    FieldType.DATE: np.dtype("datetime64[D]"),
    FieldType.DATETIME: np.dtype("datetime64[ms]"),
}
LOOKUP_LIMIT = 65_536  # dictionaries up to this size are searched before a new entry is made


class Column(ABC):
    """What every kind of column promises; positions are int64 arrays."""

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def nulls(self) -> Mask:
        """bool (n,): True where the value is missing."""

    @abstractmethod
    def take(self, positions: Positions) -> Self:
        """Return the values at these positions, in this order."""

    @abstractmethod
    def replaced(self, positions: Positions, other: Self) -> Self:
        """Return a column with ``other`` (len(positions) values) written at the positions."""

    @abstractmethod
    def inserted(self, positions: Positions, other: Self) -> Self:
        """Return a column with ``other`` inserted before these positions of this one (numpy.insert's meaning)."""

    @abstractmethod
    def same(self, other: Self) -> Mask:
        """bool (n,): where both hold the same value; NULL is the same as NULL only."""

    @abstractmethod
    def value(self, position: int) -> Any:
        """Return one value as a Python object, None for NULL."""

    def values(self) -> list[Any]:
        """Return all values as Python objects; for small columns."""
        return [self.value(position) for position in range(len(self))]

    def equals(self, other: Self) -> bool:
        """Tell whether both hold the same values."""
        return len(self) == len(other) and bool(self.same(other).all())


@dataclass(frozen=True, eq=False)
class ArrayColumn(Column):
    """Numbers, yes/no, dates and times.

    Attributes
    ----------
    array
        (n,) of one of :data:`DTYPES`; 0 (or the epoch) where the value is missing.
    mask
        bool (n,), True where missing; None when nothing is.
    """

    array: NDArray[Any]
    mask: Mask | None = None

    def __post_init__(self) -> None:
        self.array.setflags(write=False)
        if self.mask is not None:
            if self.mask.any():
                self.mask.setflags(write=False)
            else:
                object.__setattr__(self, "mask", None)

    def __len__(self) -> int:
        return len(self.array)

    @property
    def nulls(self) -> Mask:
        """bool (n,): True where the value is missing."""
        return self.mask if self.mask is not None else np.zeros(len(self.array), np.bool_)

    def take(self, positions: Positions) -> ArrayColumn:
        """Return the values at these positions."""
        return ArrayColumn(self.array[positions], None if self.mask is None else self.mask[positions])

    def replaced(self, positions: Positions, other: ArrayColumn) -> ArrayColumn:
        """Return a column with ``other`` written at the positions."""
        array = self.array.copy()
        array[positions] = other.array
        if self.mask is None and other.mask is None:
            return ArrayColumn(array)
        mask = self.nulls.copy()
        mask[positions] = other.nulls
        return ArrayColumn(array, mask)

    def inserted(self, positions: Positions, other: ArrayColumn) -> ArrayColumn:
        """Return a column with ``other`` inserted before the positions."""
        array = inserted_at(self.array, positions, other.array)
        if self.mask is None and other.mask is None:
            return ArrayColumn(array)
        return ArrayColumn(array, inserted_at(self.nulls, positions, other.nulls))

    def same(self, other: ArrayColumn) -> Mask:
        """bool (n,): where both hold the same value."""
        mine, theirs = self.nulls, other.nulls
        equal: Mask = (mine == theirs) & (mine | (self.array == other.array))
        return equal

    def value(self, position: int) -> Value:
        """Return one value as a Python object."""
        if self.mask is not None and self.mask[position]:
            return None
        item: Value = self.array[position].item()
        return item


@dataclass(frozen=True, eq=False)
class TextColumn(Column):
    """Text as codes into a dictionary. The dictionary may hold entries twice or unused; codes are not identities.

    Attributes
    ----------
    codes
        int32 (n,): index into ``dictionary``, -1 where missing.
    dictionary
        object (k,) of str.
    """

    codes: NDArray[np.int32]
    dictionary: NDArray[Any]

    def __post_init__(self) -> None:
        self.codes.setflags(write=False)
        self.dictionary.setflags(write=False)

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def nulls(self) -> Mask:
        """bool (n,): True where the value is missing."""
        return self.codes < 0

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {text: code for code, text in enumerate(self.dictionary)} if len(self.dictionary) <= LOOKUP_LIMIT else {}

    def take(self, positions: Positions) -> TextColumn:
        """Return the values at these positions; few values get a small dictionary of their own."""
        codes = self.codes[positions]
        if len(codes) * 4 >= len(self.dictionary):
            return TextColumn(codes, self.dictionary)
        used, small = np.unique(codes, return_inverse=True)
        first = int(np.searchsorted(used, 0))  # 1 when there are NULLs, whose code -1 sorts first
        return TextColumn((small - first).astype(np.int32), self.dictionary[used[first:]])

    def replaced(self, positions: Positions, other: TextColumn) -> TextColumn:
        """Return a column with ``other`` written at the positions."""
        dictionary, added = self._joined(other)
        codes = self.codes.copy()
        codes[positions] = added
        return TextColumn(codes, dictionary)

    def inserted(self, positions: Positions, other: TextColumn) -> TextColumn:
        """Return a column with ``other`` inserted before the positions."""
        dictionary, added = self._joined(other)
        return TextColumn(inserted_at(self.codes, positions, added), dictionary)

    def _joined(self, other: TextColumn) -> tuple[NDArray[Any], NDArray[np.int32]]:
        """Return a dictionary for both, and the codes of ``other`` in it."""
        known = [self._positions.get(text, -1) for text in other.dictionary]
        new = [code for code, position in enumerate(known) if position < 0]
        mapping = np.array([*known, -1], np.int32)  # the last entry answers for code -1
        mapping[new] = np.arange(len(self.dictionary), len(self.dictionary) + len(new), dtype=np.int32)
        dictionary = np.concatenate([self.dictionary, other.dictionary[new]]) if new else self.dictionary
        return dictionary, mapping[other.codes]

    def same(self, other: TextColumn) -> Mask:
        """bool (n,): where both hold the same text."""
        if self.dictionary is other.dictionary:
            quick: Mask = self.codes == other.codes
            if quick.all():
                return quick
        _, theirs = TextColumn(self.canonical, self.distinct)._joined(other)  # noqa: SLF001  same class
        if len(self.distinct) > LOOKUP_LIMIT:
            return np.fromiter((self.value(i) == other.value(i) for i in range(len(self))), np.bool_, len(self))
        equal: Mask = self.canonical == theirs
        return equal

    @cached_property
    def _unique(self) -> tuple[NDArray[Any], NDArray[np.int32]]:
        seen: dict[str, int] = {}
        mapping = np.fromiter((seen.setdefault(t, len(seen)) for t in self.dictionary), np.int32, len(self.dictionary))
        distinct = np.empty(len(seen), object)
        distinct[:] = list(seen)
        return distinct, np.append(mapping, np.int32(-1))

    @property
    def distinct(self) -> NDArray[Any]:
        """Object (k,): every text of the dictionary once."""
        return frozen(self._unique[0])

    @cached_property
    def canonical(self) -> NDArray[np.int32]:
        """int32 (n,): codes into :attr:`distinct`, -1 where missing; equal codes mean equal texts."""
        codes: NDArray[np.int32] = self._unique[1][self.codes]
        return codes

    def value(self, position: int) -> str | None:
        """Return one text, None for NULL."""
        code = self.codes[position]
        return None if code < 0 else str(self.dictionary[code])

    def objects(self) -> NDArray[Any]:
        """Return an object array (n,) of str and None; for readers and writers."""
        out = np.full(len(self), None, object)
        full = self.codes >= 0
        out[full] = self.dictionary[self.codes[full]]
        return out


class DeferredTextColumn(TextColumn):
    """Texts that are made when somebody first wants more than one: of a million names a map needs none.

    Parameters
    ----------
    codes
        int32 (n,): index into the dictionary, -1 where missing.
    make
        Returns the dictionary, an object array of str; called at most once.
    one
        Returns the text of one code.
    """

    def __init__(self, codes: NDArray[np.int32], make: Callable[[], NDArray[Any]], one: Callable[[int], str]) -> None:
        codes.setflags(write=False)
        object.__setattr__(self, "codes", codes)
        object.__setattr__(self, "_make", make)
        object.__setattr__(self, "_one", one)

    @cached_property
    def dictionary(self) -> NDArray[Any]:
        """Object (k,) of str."""
        make: Callable[[], NDArray[Any]] = self.__dict__["_make"]
        return frozen(make())

    def value(self, position: int) -> str | None:
        """Return one text, None for NULL."""
        code = int(self.codes[position])
        one: Callable[[int], str] = self.__dict__["_one"]
        return None if code < 0 else one(code)


FEW = 2000  # so many places are served by joining slices; numpy.insert walks a mask over all values


def inserted_at(array: NDArray[Any], positions: Positions, values: NDArray[Any]) -> NDArray[Any]:
    """Return the array with ``values`` inserted before ascending positions, as numpy.insert does, but quicker for a few."""
    if len(positions) > FEW:
        return np.insert(array, positions, values)
    places, first = np.unique(positions, return_index=True)
    before = np.split(array, places)
    between = np.split(values, first[1:]) if len(places) else []
    pieces = [piece for pair in zip(before, [*between, values[:0]], strict=True) for piece in pair]
    return np.concatenate(pieces).astype(array.dtype, copy=False)


def column_of(field_type: FieldType, values: Iterable[Value]) -> ArrayColumn | TextColumn:
    """Return a column of this type from Python values (None for NULL), which must already have the type."""
    items = list(values)
    if field_type is FieldType.TEXT:
        return text_column(items)  # type: ignore[arg-type]  # a text field's accepted values are str or None
    mask = np.fromiter((item is None for item in items), np.bool_, len(items))
    array = np.zeros(len(items), DTYPES[field_type])
    for position, item in enumerate(items):
        if item is not None:
            array[position] = np.datetime64(item, "ms") if isinstance(item, dt.datetime) else item
    return ArrayColumn(array, mask)


def text_column(values: Sequence[str | None] | NDArray[Any]) -> TextColumn:
    """Return a text column from str and None."""
    seen: dict[str, int] = {}
    codes = np.fromiter((-1 if v is None else seen.setdefault(v, len(seen)) for v in values), np.int32, len(values))
    dictionary = np.empty(len(seen), object)
    dictionary[:] = list(seen)
    return TextColumn(codes, dictionary)

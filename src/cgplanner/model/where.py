"""Which rows a condition picks: ``XMZT = '建设中' and SL > 5`` (``model.condition`` says what may be written).

As in SQL a comparison with NULL is never true, and so is its negation.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.errors import UserError
from cgplanner.model.column import ArrayColumn, Column, Positions, TextColumn
from cgplanner.model.condition import And, Compare, Condition, IsNull, Like, Not, OneOf, Or, Sign, parse
from cgplanner.model.table import FeatureTable
from cgplanner.text import tr

Mask = NDArray[np.bool_]

_COMPARE: dict[Sign, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class _Truth:
    """SQL's three values: true where ``yes``, unknown where ``unknown``, else false."""

    yes: Mask
    unknown: Mask

    def __and__(self, other: _Truth) -> _Truth:
        no = self._no | other._no
        yes = self.yes & other.yes
        return _Truth(yes, ~no & ~yes)

    def __or__(self, other: _Truth) -> _Truth:
        yes = self.yes | other.yes
        return _Truth(yes, (self.unknown | other.unknown) & ~yes)

    def __invert__(self) -> _Truth:
        return _Truth(self._no, self.unknown)

    @property
    def _no(self) -> Mask:
        return ~self.yes & ~self.unknown


def matching(table: FeatureTable, condition: str) -> Positions:
    """Return the positions of the rows for which the condition is true, ascending.

    Raises
    ------
    UserError
        When the condition cannot be read or names a field that is not there.
    """
    return np.flatnonzero(_truth(table, parse(condition, table.schema)).yes)


def _truth(table: FeatureTable, condition: Condition) -> _Truth:  # noqa: PLR0911  one kind of condition a line
    match condition:
        case And(parts):
            return reduce(operator.and_, (_truth(table, part) for part in parts))
        case Or(parts):
            return reduce(operator.or_, (_truth(table, part) for part in parts))
        case Not(part):
            return ~_truth(table, part)
        case IsNull(field):
            nulls = table.columns[field].nulls
            return _Truth(nulls, np.zeros(len(nulls), np.bool_))
        case OneOf(field, values):
            return _known(table.columns[field], _is_one_of(table.columns[field], list(values)))
        case Like(field, pattern):
            return _known(table.columns[field], _is_like(table.columns[field], pattern))
        case Compare(field, sign, value):
            return _known(table.columns[field], _compared(table.columns[field], _COMPARE[sign], value))


def _known(column: Column, yes: Mask) -> _Truth:
    nulls = column.nulls
    return _Truth(yes & ~nulls, nulls)


def _compared(column: Column, compare: Callable[[Any, Any], Any], value: Any) -> Mask:
    if isinstance(column, TextColumn):
        return _by_entry(column, lambda entry: bool(compare(entry, value)))
    assert isinstance(column, ArrayColumn)  # noqa: S101  fields are one or the other
    target = np.datetime64(value) if column.array.dtype.kind == "M" else value
    return np.asarray(compare(column.array, target), np.bool_)


def _is_one_of(column: Column, values: list[Any]) -> Mask:
    masks = [_compared(column, operator.eq, value) for value in values]
    return np.asarray(np.logical_or.reduce(masks), np.bool_)


def _is_like(column: Column, pattern: str) -> Mask:
    if not isinstance(column, TextColumn):
        raise UserError(tr("“like” is for text fields."), hint=tr("Compare numbers and dates with =, < or >."))
    parts = (".*" if char == "%" else "." if char == "_" else re.escape(char) for char in pattern)
    expression = re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
    return _by_entry(column, lambda entry: expression.fullmatch(entry) is not None)


def _by_entry(column: TextColumn, test: Callable[[str], bool]) -> Mask:
    """Ask once for every text of the dictionary."""
    answers = np.fromiter((test(entry) for entry in column.dictionary), np.bool_, len(column.dictionary))
    return np.append(answers, np.bool_(False))[column.codes]

"""Which rows a condition picks: ``XMZT = '建设中' and SL > 5``.

The grammar is the part of SQL's WHERE that planners use: comparisons, ``in (...)``, ``like`` with % and _, ``is null``,
``and``, ``or``, ``not``, brackets. Fields are named by code or alias, in double quotes when they hold spaces. As in SQL a
comparison with NULL is never true, and so is its negation.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cgplanner.errors import UserError
from cgplanner.model.column import ArrayColumn, Column, Positions, TextColumn
from cgplanner.model.schema import Field
from cgplanner.model.table import FeatureTable
from cgplanner.text import tr

Mask = NDArray[np.bool_]

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*")"""
    r"""|(?P<sign><=|>=|<>|!=|==|=|<|>|\(|\)|,)|(?P<word>[^\W\d]\w*))"""
)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_KEYWORDS = {"and", "or", "not", "in", "is", "null", "like", "true", "false"}


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
    parser = _Parser(table, condition)
    truth = parser.disjunction()
    parser.expect_end()
    return np.flatnonzero(truth.yes)


class _Parser:
    def __init__(self, table: FeatureTable, condition: str) -> None:
        self._table = table
        self._condition = condition
        self._tokens = list(self._split(condition))
        self._next = 0

    def _split(self, condition: str) -> Iterator[tuple[str, str]]:
        place = 0
        while condition[place:].strip():
            found = _TOKEN.match(condition, place)
            if not found or found.lastgroup is None:
                raise self._refusal(condition[place:].strip()[:20])
            yield found.lastgroup, found.group(found.lastgroup)
            place = found.end()

    def _refusal(self, near: str) -> UserError:
        return UserError(
            tr("The condition “{condition}” cannot be read near “{near}”.", condition=self._condition, near=near),
            hint=tr("Write it like this: XMZT = '建设中' and SL > 5."),
        )

    def _peek(self) -> str:
        """Return the next sign or keyword in lower case; '' for anything else and at the end."""
        if self._next >= len(self._tokens):
            return ""
        kind, text = self._tokens[self._next]
        return text.lower() if kind == "sign" or (kind == "word" and text.lower() in _KEYWORDS) else ""

    def _take(self) -> tuple[str, str]:
        if self._next >= len(self._tokens):
            raise self._refusal(tr("the end"))
        self._next += 1
        return self._tokens[self._next - 1]

    def _accept(self, *words: str) -> bool:
        if self._peek() in words:
            self._next += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            near = self._tokens[self._next][1] if self._next < len(self._tokens) else tr("the end")
            raise self._refusal(near)

    def expect_end(self) -> None:
        """Refuse anything that is left over."""
        if self._next < len(self._tokens):
            raise self._refusal(self._tokens[self._next][1])

    def disjunction(self) -> _Truth:
        """Read ``a or b or ...``."""
        truth = self._conjunction()
        while self._accept("or"):
            truth = truth | self._conjunction()
        return truth

    def _conjunction(self) -> _Truth:
        truth = self._negation()
        while self._accept("and"):
            truth = truth & self._negation()
        return truth

    def _negation(self) -> _Truth:
        if self._accept("not"):
            return ~self._negation()
        if self._accept("("):
            truth = self.disjunction()
            self._expect(")")
            return truth
        return self._predicate()

    def _predicate(self) -> _Truth:
        kind, text = self._take()
        if kind not in ("word", "quoted") or text.lower() in _KEYWORDS:
            raise self._refusal(text)
        field = self._table.schema.named(text[1:-1].replace('""', '"') if kind == "quoted" else text)
        column = self._table.columns[field.id]
        if self._accept("is"):
            negated = self._accept("not")
            self._expect("null")
            nulls = column.nulls
            return _Truth(~nulls if negated else nulls, np.zeros(len(nulls), np.bool_))
        negated = self._accept("not")
        if self._accept("in"):
            truth = _known(column, _is_one_of(column, self._value_list(field)))
        elif self._accept("like"):
            truth = _known(column, _is_like(column, str(self._value(None))))
        else:
            sign = self._peek()
            if negated or sign not in _COMPARE:
                raise self._refusal(self._tokens[self._next][1] if self._next < len(self._tokens) else tr("the end"))
            self._next += 1
            truth = _known(column, _compared(column, _COMPARE[sign], self._value(field)))
        return ~truth if negated else truth

    def _value_list(self, field: Field) -> list[Any]:
        self._expect("(")
        values = [self._value(field)]
        while self._accept(","):
            values.append(self._value(field))
        self._expect(")")
        return values

    def _value(self, field: Field | None) -> Any:
        kind, text = self._take()
        if kind == "text":
            text = text[1:-1].replace("''", "'")
        elif kind != "number" and text.lower() not in ("true", "false"):
            raise self._refusal(text)
        return text if field is None else _bare(field).accept(text)


def _bare(field: Field) -> Field:
    """Return the field without limits: a condition may ask for a value that the field would not take."""
    return Field(field.id, field.name, field.type, alias_zh=field.alias_zh, alias_en=field.alias_en)


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

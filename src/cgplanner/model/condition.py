"""What a condition says, as a tree: ``XMZT = '建设中' and SL > 5`` read against a schema, and written again.

The grammar is the part of SQL's WHERE that planners use: comparisons, ``in (...)``, ``like`` with % and _, ``is null``,
``and``, ``or``, ``not``, brackets. Fields are named by code or alias, in double quotes when they hold spaces. ``model.where``
asks rows; other forms of the same tree (filters in style files) are written elsewhere. This file must not know columns.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from cgplanner.errors import UserError
from cgplanner.model.schema import Field, Schema, Value
from cgplanner.text import tr

Sign = Literal["=", "<>", "<", "<=", ">", ">="]

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*")"""
    r"""|(?P<sign><=|>=|<>|!=|==|=|<|>|\(|\)|,)|(?P<word>[^\W\d]\w*))"""
)
_SIGNS: dict[str, Sign] = {"=": "=", "==": "=", "!=": "<>", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_KEYWORDS = {"and", "or", "not", "in", "is", "null", "like", "ilike", "true", "false"}


@dataclass(frozen=True)
class Compare:
    """A field (by id) compared with a value of its type."""

    field: str
    sign: Sign
    value: Value


@dataclass(frozen=True)
class OneOf:
    """A field that holds one of these values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Like:
    """A text field that fits a pattern: % is any text, _ any character; upper and lower case are the same."""

    field: str
    pattern: str


@dataclass(frozen=True)
class IsNull:
    """A field without a value."""

    field: str


@dataclass(frozen=True)
class Not:
    """The contrary; what is unknown stays unknown."""

    part: Condition


@dataclass(frozen=True)
class And:
    """All of these."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """Any of these."""

    parts: tuple[Condition, ...]


Condition = Compare | OneOf | Like | IsNull | Not | And | Or


def holding(field: str, values: tuple[Value, ...]) -> Condition:
    """Return the condition that a field holds one of these values; None among them stands for none at all."""
    plain = tuple(value for value in values if value is not None)
    parts: tuple[Condition, ...] = (IsNull(field),) if len(plain) < len(values) else ()
    if plain:
        parts = (Compare(field, "=", plain[0]) if len(plain) == 1 else OneOf(field, plain), *parts)
    return parts[0] if len(parts) == 1 else Or(parts)


def parse(condition: str, schema: Schema) -> Condition:
    """Return what a condition says.

    Raises
    ------
    UserError
        When the condition cannot be read or names a field that is not there.
    """
    parser = _Parser(schema, condition)
    read = parser.disjunction()
    parser.expect_end()
    return read


def written(condition: Condition, name_of: Callable[[str], str], *, like: str = "like") -> str:
    """Return the condition as text that :func:`parse` reads; ``name_of`` gives the name of a field id.

    ``like`` is the word for comparing without regard to case, for languages where "like" regards it.
    """
    return _Writer(name_of, like).write(condition)


@dataclass(frozen=True)
class _Writer:
    name_of: Callable[[str], str]
    like: str

    def write(self, condition: Condition) -> str:
        """Write one condition and all in it."""
        match condition:
            case And(parts):
                return " and ".join(self._in_brackets(part, Or) for part in parts)
            case Or(parts):
                return " or ".join(map(self.write, parts))
            case Not(IsNull(field)):
                return f"{self._named(field)} is not null"
            case Not(part):
                return f"not {self._in_brackets(part, And, Or)}"
        return self._predicate(condition)

    def _predicate(self, condition: IsNull | Like | OneOf | Compare) -> str:
        match condition:
            case IsNull(field):
                return f"{self._named(field)} is null"
            case Like(field, pattern):
                return f"{self._named(field)} {self.like} {_literal(pattern)}"
            case OneOf(field, values):
                return f"{self._named(field)} in ({', '.join(map(_literal, values))})"
            case Compare(field, sign, value):
                return f"{self._named(field)} {sign} {_literal(value)}"

    def _in_brackets(self, part: Condition, *kinds: type) -> str:
        return f"({self.write(part)})" if isinstance(part, kinds) else self.write(part)

    def _named(self, field: str) -> str:
        return _name(self.name_of(field))


def _name(name: str) -> str:
    plain = re.fullmatch(r"[^\W\d]\w*", name) and name.lower() not in _KEYWORDS
    return name if plain else '"' + name.replace('"', '""') + '"'


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = value.isoformat() if isinstance(value, dt.date) else str(value)
    return "'" + text.replace("'", "''") + "'"


class _Parser:
    def __init__(self, schema: Schema, condition: str) -> None:
        self._schema = schema
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
            raise self._refusal(self._near())

    def _near(self) -> str:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else tr("the end")

    def expect_end(self) -> None:
        """Refuse anything that is left over."""
        if self._next < len(self._tokens):
            raise self._refusal(self._near())

    def disjunction(self) -> Condition:
        """Read ``a or b or ...``."""
        parts = [self._conjunction()]
        while self._accept("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _conjunction(self) -> Condition:
        parts = [self._negation()]
        while self._accept("and"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _negation(self) -> Condition:
        if self._accept("not"):
            return Not(self._negation())
        if self._accept("("):
            inner = self.disjunction()
            self._expect(")")
            return inner
        return self._predicate()

    def _predicate(self) -> Condition:
        kind, text = self._take()
        if kind not in ("word", "quoted") or text.lower() in _KEYWORDS:
            raise self._refusal(text)
        field = self._schema.named(text[1:-1].replace('""', '"') if kind == "quoted" else text)
        if self._accept("is"):
            negated = self._accept("not")
            self._expect("null")
            return Not(IsNull(field.id)) if negated else IsNull(field.id)
        negated = self._accept("not")
        found: Condition
        if self._accept("in"):
            found = OneOf(field.id, self._values(field))
        elif self._accept("like", "ilike"):
            found = Like(field.id, str(self._value(None)))
        else:
            sign = _SIGNS.get(self._peek())
            if negated or sign is None:
                raise self._refusal(self._near())
            self._next += 1
            found = Compare(field.id, sign, self._value(field))
        return Not(found) if negated else found

    def _values(self, field: Field) -> tuple[Value, ...]:
        self._expect("(")
        values = [self._value(field)]
        while self._accept(","):
            values.append(self._value(field))
        self._expect(")")
        return tuple(values)

    def _value(self, field: Field | None) -> Any:
        kind, text = self._take()
        if kind == "text":
            text = text[1:-1].replace("''", "'")
        elif kind != "number" and text.lower() not in ("true", "false"):
            raise self._refusal(text)
        return text if field is None else without_limits(field).accept(text)


def without_limits(field: Field) -> Field:
    """Return the field without limits: a condition may ask for a value that the field would not take."""
    return Field(field.id, field.name, field.type, alias_zh=field.alias_zh, alias_en=field.alias_en)

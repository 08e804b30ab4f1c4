"""What a table's columns are called, hold and allow.

A field's ``id`` is its identity: renaming changes the name, never the id, so nothing is rewritten. Its ``name`` is the short
code that goes into files; the aliases are what people read. This file knows no values but single ones.
"""

from __future__ import annotations

import datetime as dt
import enum
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from cgplanner.errors import UserError
from cgplanner.text import pick, tr

Value = str | int | float | bool | dt.date | dt.datetime | None

GeometryKind = Literal["point", "line", "polygon", "mixed", "none"]

INTEGER_LIMIT = 2**63 - 1


class FieldType(enum.Enum):
    """The types a column can have."""

    TEXT = "text"
    INTEGER = "integer"  # 64 bit, signed
    REAL = "real"  # 64 bit float
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"  # milliseconds, without a zone (UTC where a source had one)


@dataclass(frozen=True)
class CodedValue:
    """One allowed value and what people read for it."""

    code: str | int
    label_zh: str = ""
    label_en: str = ""

    @property
    def label(self) -> str:
        """The label in the language of the user."""
        return pick(self.label_zh, self.label_en) or str(self.code)


@dataclass(frozen=True)
class CodedDomain:
    """A closed list of values."""

    name: str
    values: tuple[CodedValue, ...]

    @cached_property
    def _by_code(self) -> dict[str | int, CodedValue]:
        return {value.code: value for value in self.values}

    def allows(self, value: Value) -> bool:
        """Tell whether the value is on the list."""
        return value in self._by_code

    def label(self, value: Value) -> str:
        """Return what people read for the value; the value itself when it is not on the list."""
        coded = self._by_code.get(value) if isinstance(value, str | int) else None
        return coded.label if coded else "" if value is None else str(value)

    def describe(self) -> str:
        """Return the allowed values in words."""
        return "、".join(str(value.code) for value in self.values)


@dataclass(frozen=True)
class RangeDomain:
    """All numbers between two, both included; None leaves a side open."""

    name: str
    minimum: float | None = None
    maximum: float | None = None

    def allows(self, value: Value) -> bool:
        """Tell whether the value lies in the range."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        above = self.minimum is None or value >= self.minimum
        return above and (self.maximum is None or value <= self.maximum)

    def describe(self) -> str:
        """Return the range in words."""
        low = "" if self.minimum is None else f"{self.minimum:g}"
        high = "" if self.maximum is None else f"{self.maximum:g}"
        return f"{low} – {high}"


Domain = CodedDomain | RangeDomain


@dataclass(frozen=True)
class Field:
    """One column: identity, name, type, limits and what people read.

    Attributes
    ----------
    id
        Identity within its table; never changes and is never reused.
    name
        The name in files; short ASCII for our own layers.
    width, precision
        For text the most characters (0: no limit); for numbers digits in all and after the point (0: the type's own).
    """

    id: str
    name: str
    type: FieldType
    width: int = 0
    precision: int = 0
    nullable: bool = True
    domain: Domain | None = None
    alias_zh: str = ""
    alias_en: str = ""

    @property
    def title(self) -> str:
        """What people read as the column's head, in their language."""
        return pick(self.alias_zh, self.alias_en) or self.name

    def accept(self, value: Any) -> Value:
        """Return ``value`` as this field stores it.

        Text is read as a number, date or yes/no where the field wants one; '' stays '' in a text field and is NULL elsewhere.

        Raises
        ------
        UserError
            When the value has another type, is too long, or lies outside the domain; the sentence names the field.
        """
        if value is None or (value == "" and self.type is not FieldType.TEXT):
            if not self.nullable:
                raise self._refusal(tr("must not be empty"))
            return None
        accepted = _CONVERT[self.type](self, value)
        if self.type is FieldType.TEXT and self.width and len(str(accepted)) > self.width:
            raise self._refusal(tr("takes at most {width} characters", width=self.width))
        if self.domain is not None and not self.domain.allows(accepted):
            raise UserError(
                tr("“{value}” is not allowed in the field {field}.", value=value, field=self.title),
                hint=tr("Allowed: {values}.", values=self.domain.describe()),
            )
        return accepted

    def display(self, value: Value) -> str:
        """Return the value as people read it: domain labels, no trailing zeros, '' for NULL."""
        if value is None:
            return ""
        if isinstance(self.domain, CodedDomain):
            return self.domain.label(value)
        if isinstance(value, bool):
            return tr("yes") if value else tr("no")
        if isinstance(value, float):
            fixed = f"{value:.{self.precision}f}" if self.precision else ""
            # Shapefiles of others declare 15 decimals and more: beyond 15 digits a number is only its own noise.
            return fixed if fixed and sum(map(str.isdigit, fixed)) <= 15 else f"{value:.15g}"
        return value.isoformat(sep=" ") if isinstance(value, dt.datetime) else str(value)

    def _refusal(self, what: str) -> UserError:
        return UserError(
            tr("The field {field} {what}.", field=self.title, what=what),
            hint=tr("Type another value or leave it unchanged."),
        )

    def _wrong_type(self, value: Any, wanted: str) -> UserError:
        return UserError(
            tr(
                "“{value}” does not fit the field {field}: it holds {wanted}.",
                value=value,
                field=self.title,
                wanted=wanted,
            ),
            hint=tr("Type another value or leave it unchanged."),
        )


def _text(_field: Field, value: Any) -> Value:
    return value if isinstance(value, str) else str(value)


def _integer(field: Field, value: Any) -> Value:
    try:
        number = int(value) if not isinstance(value, float) else int(value) if value.is_integer() else None
        if isinstance(value, bool) or number is None or abs(number) > INTEGER_LIMIT:
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        raise field._wrong_type(value, tr("whole numbers")) from None  # noqa: SLF001  same file, same idea
    return number


def _real(field: Field, value: Any) -> Value:
    try:
        number = float(value)
        if isinstance(value, bool) or not math.isfinite(number):
            raise ValueError
    except (ValueError, TypeError):
        raise field._wrong_type(value, tr("numbers")) from None  # noqa: SLF001  same file, same idea
    return number


_TRUE = {"true", "yes", "1", "是", "真", "y", "t"}
_FALSE = {"false", "no", "0", "否", "假", "n", "f"}


def _boolean(field: Field, value: Any) -> Value:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise field._wrong_type(value, tr("yes or no"))  # noqa: SLF001  same file, same idea


def _date(field: Field, value: Any) -> Value:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip().replace("/", "-"))
    except ValueError:
        raise field._wrong_type(value, tr("dates such as 2026-11-22")) from None  # noqa: SLF001  same file, same idea


def _datetime(field: Field, value: Any) -> Value:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001  the column has no zone
    try:
        moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise field._wrong_type(value, tr("times such as 2026-11-22 14:30")) from None  # noqa: SLF001  same file
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


_CONVERT = {
    FieldType.TEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.REAL: _real,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
}


@dataclass(frozen=True)
class Schema:
    """The fields of a table in order, its kind of geometry, and the field that identifies a feature for people."""

    fields: tuple[Field, ...] = ()
    geometry: GeometryKind = "mixed"
    key: str | None = None  # id of the key field
    title: str | None = None  # id of the field that names a feature in menus and labels
    title_en: str | None = None  # id of the field that names it in English, where there is one
    _index: Mapping[str, Field] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        ids = [each.id for each in self.fields]
        names = [each.name for each in self.fields]
        if len(set(ids)) != len(ids) or len(set(names)) != len(names):
            raise ValueError("field ids and names must be unique")
        object.__setattr__(self, "_index", {each.id: each for each in self.fields})

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __getitem__(self, field_id: str) -> Field:
        return self._index[field_id]

    def __contains__(self, field_id: object) -> bool:
        return field_id in self._index

    def named(self, name: str) -> Field:
        """Return the field with this name or alias, whatever the case; where names differ by it only, the very one.

        Raises
        ------
        UserError
            When there is none; the sentence lists the names there are.
        """
        wanted = name.casefold()
        for each in self.fields:
            if each.name == name:
                return each
        for each in self.fields:
            if wanted in {each.name.casefold(), each.alias_zh.casefold(), each.alias_en.casefold()}:
                return each
        raise UserError(
            tr("There is no field “{name}”.", name=name),
            hint=tr("Fields: {names}.", names=", ".join(each.name for each in self.fields)),
        )

    def renamed(self, field_id: str, name: str) -> Schema:
        """Return the schema with one field called otherwise; its id stays."""
        return replace(self, fields=tuple(replace(f, name=name) if f.id == field_id else f for f in self.fields))

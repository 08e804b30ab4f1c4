"""What a label says, as a template over the fields of a row: ``{XMMC}[ ({SL:.1} {JLDW})]``.

A field stands in braces, named by its code, its id or its alias. Behind a bar stand what is used instead where it is empty,
fields or ``'words in quotes'``: ``{YWMC|XMMC|'unnamed'}``. Behind a colon stands how a number is written: ``,`` groups
thousands, ``.2`` gives two decimals, ``%`` shows a share as percent; for dates it is a pattern such as ``%Y-%m``. What
stands in square brackets is left out where a field in it is empty. Doubled braces and brackets stand for themselves.
The page for users is ``docs/labels.md``. This file must not know geometry or painters.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Ints
from cgplanner.model.schema import Field, Schema, Value
from cgplanner.model.table import FeatureTable
from cgplanner.text import tr

_NUMBER_FORMAT = re.compile(r"(,?)(?:\.(\d{1,2}))?(%?)")
_QUOTES = {"'": "'", '"': '"', "‘": "’", "“": "”"}
MOST_CHARACTERS = 300  # of a label; more is an accident with a text field


@dataclass(frozen=True)
class _FieldPart:
    name: str
    form: str = ""


@dataclass(frozen=True)
class _Choice:
    """The first of these that is not empty; a plain text counts as it is."""

    options: tuple[_FieldPart | str, ...]


@dataclass(frozen=True)
class _Optional:
    """Left out as a whole where a choice in it is empty."""

    parts: tuple[_Part, ...]


_Part = str | _Choice | _Optional


@dataclass(frozen=True)
class Template:
    """A parsed template."""

    parts: tuple[_Part, ...]

    def names(self) -> tuple[str, ...]:
        """Return the names of the fields it asks for, each once, in order."""
        return tuple(dict.fromkeys(_names(self.parts)))


@lru_cache(maxsize=256)
def parse(text: str) -> Template:
    """Return the template of a text.

    Raises
    ------
    UserError
        When braces, brackets or quotes do not pair, or a number's format is none; the sentence says where.
    """
    parts, end = _parsed(text, 0, inside=False)
    assert end == len(text)  # noqa: S101  the parser stops early only inside brackets
    return Template(parts)


def missing_fields(text: str, schema: Schema) -> tuple[str, ...]:
    """Return the names in a template that the schema does not have.

    Raises
    ------
    UserError
        When the text is no template.
    """
    return tuple(name for name in parse(text).names() if field_named(schema, name) is None)


def plain_pieces(text: str, schema: Schema) -> tuple[Field | str, ...] | None:
    """Return a template as fields and words one behind the other; None where it says more than that (choices, formats).

    Raises
    ------
    UserError
        When the text is no template.
    """
    pieces: list[Field | str] = []
    for part in parse(text).parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        option = part.options[0] if isinstance(part, _Choice) and len(part.options) == 1 else None
        field = field_named(schema, option.name) if isinstance(option, _FieldPart) and not option.form else None
        if field is None:
            return None
        pieces.append(field)
    return tuple(pieces)


def field_named(schema: Schema, name: str) -> Field | None:
    """Return the field of this code, id or alias, None where there is none; upper and lower case are the same."""
    wanted = name.strip().casefold()
    for attribute in ("name", "id", "alias_zh", "alias_en"):
        for field in schema:
            if str(getattr(field, attribute)).casefold() == wanted:
                return field
    return None


def label_texts(text: str, table: FeatureTable, rows: Ints) -> list[str]:
    """Return what a template says of each row; a field that is not there counts as empty.

    Raises
    ------
    UserError
        When the text is no template.
    """
    template = parse(text)
    fields = {name: field_named(table.schema, name) for name in template.names()}
    told = []
    for row in rows.tolist():
        record = {
            name: (field, table.columns[field.id].value(row))
            for name, field in fields.items()
            if field and field.id in table.columns
        }
        told.append(_said(template.parts, record)[0].strip()[:MOST_CHARACTERS])
    return told


def _names(parts: tuple[_Part, ...]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, _Optional):
            yield from _names(part.parts)
        elif isinstance(part, _Choice):
            yield from (option.name for option in part.options if isinstance(option, _FieldPart))


# Saying


_Record = dict[str, tuple[Field, Value]]


def _said(parts: tuple[_Part, ...], record: _Record) -> tuple[str, bool]:
    """Return the text, and whether every choice of this level had something to say."""
    out, full = "", True
    for part in parts:
        if isinstance(part, str):
            out += part
        elif isinstance(part, _Choice):
            word = next((said for option in part.options if (said := _option(option, record))), "")
            out, full = out + word, full and bool(word)
        else:
            inner, complete = _said(part.parts, record)
            out += inner if complete else ""
    return out, full


def _option(option: _FieldPart | str, record: _Record) -> str:
    if isinstance(option, str):
        return option
    field, value = record.get(option.name, (None, None))
    if field is None or value is None:
        return ""
    return _formatted(value, option.form) if option.form else field.display(value).strip()


def _formatted(value: Value, form: str) -> str:
    if isinstance(value, dt.date):
        return value.strftime(form)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    found = _NUMBER_FORMAT.fullmatch(form)
    if found is None:
        return str(value)
    group, decimals, percent = found.groups()
    return format(value, f"{group}.{decimals or 0}{'%' if percent else 'f'}")


# Parsing


def _trouble(sentence: str, hint: str) -> UserError:
    return UserError(sentence, hint=hint)


def _parsed(text: str, start: int, *, inside: bool) -> tuple[tuple[_Part, ...], int]:
    """Return the parts from a place on, and where the parser stopped: at the end, or behind the bracket that closes."""
    parts: list[_Part] = []
    literal, place = "", start
    while place < len(text):
        character = text[place]
        if character in "{}[]" and text[place : place + 2] == 2 * character and not (inside and character == "]"):
            literal, place = literal + character, place + 2
        elif character in "{[":
            parts, literal = [*parts, literal] if literal else parts, ""
            if character == "{":
                part, place = _choice(text, place + 1)
                parts.append(part)
            else:
                inner, place = _parsed(text, place + 1, inside=True)
                parts.append(_Optional(inner))
        elif character == "]" and inside:
            return (tuple([*parts, literal] if literal else parts), place + 1)
        elif character in "}]":
            raise _unpaired(character, place)
        else:
            literal, place = literal + character, place + 1
    if inside:
        raise _unpaired("[", start - 1)
    return (tuple([*parts, literal] if literal else parts), place)


def _unpaired(character: str, place: int) -> UserError:
    return _trouble(
        tr("The “{character}” at place {place} of the label has no partner.", character=character, place=place + 1),
        tr("Write it twice to have it on the map, or close it."),
    )


def _choice(text: str, start: int) -> tuple[_Choice, int]:
    options: list[_FieldPart | str] = []
    place = start
    while True:
        option, place = _one_option(text, place, start)
        options.append(option)
        if place >= len(text):
            raise _unpaired("{", start - 1)
        if text[place] == "}":
            return _Choice(tuple(options)), place + 1
        place += 1  # the bar


def _one_option(text: str, place: int, start: int) -> tuple[_FieldPart | str, int]:
    while place < len(text) and text[place] == " ":
        place += 1
    closing = _QUOTES.get(text[place : place + 1])
    if closing is not None:
        end = text.find(closing, place + 1)
        if end < 0:
            raise _unpaired(text[place], place)
        after = end + 1
        while after < len(text) and text[after] == " ":
            after += 1
        if after < len(text) and text[after] not in "|}":
            raise _unpaired("{", start - 1)
        return text[place + 1 : end], after
    end = place
    while end < len(text) and text[end] not in "|}":
        end += 1
    name, _, form = text[place:end].partition(":")
    if not name.strip():
        raise _trouble(
            tr("The label names no field at place {place}.", place=place + 1),
            tr("Write the name of a field between the braces."),
        )
    form = form.strip()
    if form and "%" not in form[:-1] and _NUMBER_FORMAT.fullmatch(form) is None:
        raise _trouble(
            tr("“{form}” is no way to write a number.", form=form),
            tr("Write .1 for one decimal, a comma for thousands, % for percent."),
        )
    return _FieldPart(name.strip(), form), end

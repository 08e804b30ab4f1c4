"""Frozen dataclasses of one tree as JSON-able data and back, by their own type hints; strict about what it does not know.

Defaults are left out, so that a file written today is read by a version that has more properties. This file must not know
what the dataclasses mean.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union

from cgplanner.errors import UserError
from cgplanner.text import tr

T = TypeVar("T")
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def to_json(value: Any) -> Any:
    """Return the value as dicts, lists, numbers and texts; every dataclass as {"type": its name, ...}."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if getattr(value, f.name) != f.default}
        return {"type": type(value).__name__, **{name: to_json(each) for name, each in pairs.items()}}
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    return value


def from_json(data: Any, cls: type[T]) -> T:
    """Return what :func:`to_json` made of a value of this dataclass.

    Raises
    ------
    UserError
        When the data are none, or hold properties of a later version.
    """
    value = _read(dict(data) if isinstance(data, Mapping) else data, cls)
    if not isinstance(value, cls):
        raise _damaged(data)
    return value


def _damaged(value: Any) -> UserError:
    return UserError(
        tr("The style is damaged: “{value}” is not allowed there.", value=value), hint=tr("Choose a default style.")
    )


def _read(data: Any, hint: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return _one_of(data, typing.get_args(hint))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _one_of(data, (hint,))
    if origin is tuple:
        if not isinstance(data, list):
            raise UserError(tr("The style is damaged: a list was expected."), hint=tr("Choose a default style."))
        return tuple(_read(each, typing.get_args(hint)[0]) for each in data)
    if hint is float and isinstance(data, int | float) and not isinstance(data, bool):
        if not math.isfinite(data):
            raise _damaged(data)
        return float(data)
    if origin is Literal:
        if data not in typing.get_args(hint):
            raise _damaged(data)
    elif isinstance(hint, type) and (not isinstance(data, hint) or (isinstance(data, bool) and hint is not bool)):
        raise _damaged(data)
    return data


def _one_of(data: Any, hints: tuple[Any, ...]) -> Any:
    """Return the data as whichever of the hints takes them: a dataclass by its name, else by what the data are."""
    if isinstance(data, Mapping):
        cls = next((each for each in hints if getattr(each, "__name__", "") == data.get("type")), None)
        if cls is None or not dataclasses.is_dataclass(cls):
            raise _damaged(data.get("type"))
        return _instance(data, cls)
    if isinstance(data, list):
        return _read(data, next((each for each in hints if typing.get_origin(each) is tuple), None) or _no_list())
    plain = tuple(each for each in hints if each in (str, int, float, bool, type(None)))
    if type(data) in plain:
        return data
    if float in plain and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    raise _damaged(data)


def _no_list() -> Any:
    """Refuse a list where there is none."""
    raise _damaged("[]")


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _instance(data: Mapping[str, Any], cls: Any) -> Any:
    hints = _hints(cls)
    unknown = set(data) - set(hints) - {"type"}
    if unknown:
        raise UserError(
            tr("The style holds properties that this version does not know: {names}.", names=", ".join(sorted(unknown))),
            hint=tr("Open it with a newer version of cgplanner."),
        )
    values = {name: _read(each, hints[name]) for name, each in data.items() if name != "type"}
    for name, value in values.items():
        _check_color(name, value, may_be_none=name == "stroke" or getattr(cls, name, None) == "")
    try:
        return cls(**values)
    except TypeError as error:  # a property without a default is not there
        raise _damaged(cls.__name__) from error


def _check_color(name: str, value: Any, *, may_be_none: bool) -> None:
    """Refuse what is no colour; '' stands for none where a property has that by itself, and for a marker's edge."""
    if name in ("ramp", "colors") and isinstance(value, tuple):
        for each in value:
            _check_color("color", each, may_be_none=False)
        return
    is_color = name == "stroke" or name.endswith("color")
    if is_color and not (may_be_none and value == "") and not _COLOR.fullmatch(str(value)):
        raise _damaged(value)

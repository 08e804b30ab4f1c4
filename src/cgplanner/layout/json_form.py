"""Frozen dataclasses as JSON and back, strictly: what does not fit is refused with a sentence, never guessed.

Properties at their default are left out, so that files stay small and a better default reaches old layouts. The same
manner as ``symbology.style``, whose words speak of styles. This file must not know what the dataclasses mean.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union

from cgplanner.errors import UserError
from cgplanner.text import tr


class JsonForm:
    """The JSON form of a family of dataclasses, told apart by their names under ``type``."""

    def __init__(self, classes: tuple[type, ...]) -> None:
        self._classes = {each.__name__: each for each in classes}
        self._hints = {each: typing.get_type_hints(each) for each in classes}

    def write(self, value: Any) -> Any:
        """Return JSON-able data."""
        if dataclasses.is_dataclass(value):
            kept = [f for f in dataclasses.fields(value) if getattr(value, f.name) != f.default]
            return {"type": type(value).__name__, **{f.name: self.write(getattr(value, f.name)) for f in kept}}
        return [self.write(each) for each in value] if isinstance(value, tuple) else value

    def read(self, data: Any, hint: Any) -> Any:
        """Return the value of the type ``hint`` that the data stand for; a UserError when they do not."""
        origin = typing.get_origin(hint)
        if origin in (Union, types.UnionType) or hint in self._hints:
            return self._object(data, typing.get_args(hint) or (hint,))
        if origin is tuple:
            if not isinstance(data, list):
                raise _damaged(data)
            return tuple(self.read(each, typing.get_args(hint)[0]) for each in data)
        if origin is Literal:
            fits = data in typing.get_args(hint)
        elif hint is float:
            fits = isinstance(data, int | float) and not isinstance(data, bool) and math.isfinite(data)
        else:
            fits = type(data) is hint
        if not fits:
            raise _damaged(data)
        return float(data) if hint is float else data

    def _object(self, data: Any, allowed: tuple[type, ...]) -> Any:
        cls = self._classes.get(str(data.get("type"))) if isinstance(data, Mapping) else None
        if cls is None or cls not in allowed:
            raise _damaged(data.get("type") if isinstance(data, Mapping) else data)
        hints = self._hints[cls]
        unknown = sorted(set(data) - set(hints) - {"type"})
        if unknown:
            raise UserError(
                tr("The page layout holds properties that this version does not know: {names}.", names=", ".join(unknown)),
                hint=tr("Open it with a newer version of cgplanner."),
            )
        try:
            return cls(**{name: self.read(each, hints[name]) for name, each in data.items() if name != "type"})
        except TypeError:  # a property without a default is not there
            raise _damaged(data["type"]) from None


def _damaged(value: object) -> UserError:
    return UserError(
        tr("The page layout is damaged: “{value}” is not allowed there.", value=value),
        hint=tr("Choose the briefing layout."),
    )

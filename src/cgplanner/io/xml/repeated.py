"""Values that a feature has several of under one name: each a field of its own, up to a number, then one field for the rest."""

from __future__ import annotations

from collections.abc import Callable

MOST_OF_A_NAME = 20  # routes of car navigators have thousands of points in one extension


def field_for(name: str, text: str, value_of: Callable[[str], str | None]) -> tuple[str, str]:
    """Return the field that takes a value, and what stands in it then.

    ``value_of`` tells what a field of this feature holds, None for nothing. Fields of one name are ``name``, ``name_2`` and so
    on; what comes after the last is joined to it by semicolons.
    """
    field, number = name, 2
    while (there := value_of(field)) is not None and there != text:
        if number > MOST_OF_A_NAME:
            return field, f"{there}; {text}"
        field, number = f"{name}_{number}", number + 1
    return field, text

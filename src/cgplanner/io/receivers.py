"""The programs that exports are made for. What they want is data that can be corrected: ``resources/receivers/*.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cgplanner.errors import UserError
from cgplanner.resources import resource_path
from cgplanner.text import pick, tr


@dataclass(frozen=True)
class Receiver:
    """What a program can take.

    Attributes
    ----------
    encoding
        The text encoding it opens without being asked.
    boolean
        Yes/no as a number of one digit or as dBase's own type, which some programs show as text.
    null_number
        The byte that fills a missing number.
    exact_digits
        Whole numbers with more digits than this go as text, or it would round them.
    """

    name: str
    title_zh: str
    title_en: str
    encoding: str
    boolean: Literal["number", "logical"]
    null_number: str
    exact_digits: int
    most_fields: int
    evidence: str = ""

    @property
    def title(self) -> str:
        """What people call the program, in their language."""
        return pick(self.title_zh, self.title_en)


@cache
def receivers() -> Mapping[str, Receiver]:
    """Return all receivers by name."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(resource_path("receivers").glob("*.json"))]
    return {each["name"]: Receiver(**each) for each in found}


def receiver(name: str) -> Receiver:
    """Return the receiver of this name.

    Raises
    ------
    UserError
        When there is none; the sentence lists those there are.
    """
    known = receivers()
    if name not in known:
        raise UserError(
            tr("The program “{name}” is not known as a receiver.", name=name),
            hint=tr("Choose one of: {names}.", names=", ".join(known)),
        )
    return known[name]

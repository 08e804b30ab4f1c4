"""One set of strings for window, command line and reports: English in the code, Chinese in ``resources/i18n``.

A sentence is written once, in English, as the literal argument of :func:`tr`; a test holds the literals against the
catalogue. This file knows nothing of Qt, so that a server without a display speaks Chinese too.
"""

from __future__ import annotations

import json
import locale
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cgplanner.resources import resource_path

Language = Literal["zh", "en"]

_language: Language = "en"


def language() -> Language:
    """Return the language that :func:`tr` answers in."""
    return _language


def set_language(name: Language) -> None:
    """Make :func:`tr` answer in this language from now on, in every thread."""
    global _language  # noqa: PLW0603  the language is one setting of the whole program
    _language = name


def system_language() -> Language:
    """Return the language of the locale: Chinese for any zh locale, English for all else."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    name = locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


@cache
def catalogue() -> dict[str, str]:
    """Return {English: Chinese} of all rooms together."""
    merged: dict[str, str] = {}
    for path in sorted(resource_path("i18n", "zh_CN").glob("*.json")):
        merged.update(json.loads(path.read_text(encoding="utf-8")))
    return merged


def tr(source: str, **values: object) -> str:
    """Return ``source`` in the language of the user, with ``{name}`` replaced by ``values``.

    >>> tr("{count} features", count=3)
    '3 features'
    """
    template = catalogue().get(source, source) if _language == "zh" else source
    return template.format(**values) if values else template


@dataclass(frozen=True)
class Sentence:
    """A sentence that is put into the language of the user when it is read, not when it is made."""

    source: str
    values: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return tr(self.source, **dict(self.values))


def sentence(source: str, **values: object) -> Sentence:
    """Return a sentence to be translated later: for undo titles and reports, which outlive a change of language."""
    return Sentence(source, tuple(values.items()))


def in_both(source: Sentence) -> tuple[str, str]:
    """Return a sentence in Chinese and in English, for files that keep both."""
    values = dict(source.values)
    zh, en = (
        {name: in_both(each)[which] if isinstance(each, Sentence) else each for name, each in values.items()}
        for which in (0, 1)
    )
    return catalogue().get(source.source, source.source).format(**zh), source.source.format(**en)


@dataclass(frozen=True)
class Name:
    """What people call a thing in either language; it reads as the one of the moment, so a sentence may carry it."""

    zh: str
    en: str

    def __str__(self) -> str:
        return pick(self.zh, self.en)


def pick(zh: str, en: str) -> str:
    """Return the one of two texts that belongs to the language of the user; the other where it is empty."""
    first, second = (zh, en) if _language == "zh" else (en, zh)
    return first or second


def listed(texts: Iterable[str]) -> str:
    """Return texts as the members of a list in a sentence of the language of the user.

    >>> listed(["roads", "rivers"])
    'roads, rivers'
    """
    return ("、" if _language == "zh" else ", ").join(texts)

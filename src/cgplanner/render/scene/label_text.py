"""What labels say and how large they are: text of rows in the map's language, wrapped, measured. No places yet."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cgplanner.geometry.ragged import Ints
from cgplanner.geometry.text_extent import text_width, text_widths
from cgplanner.model.column import TextColumn
from cgplanner.model.table import FeatureTable
from cgplanner.symbology.style import Labels
from cgplanner.text import Language

ASCENT, DESCENT = 0.88, 0.14  # em above and below the baseline that Chinese and Latin text covers
MIDDLE = 0.37  # em from the baseline up to the optical middle of a line
LEADING = 1.18  # em from baseline to baseline of a wrapped label

# No line begins with a closing mark or ends with an opening one; Latin words and numbers stay whole.
_ATOMS = re.compile(r"[（《〈“「『(\[]*(?:[A-Za-z0-9À-ÿ.'’&/+%°-]+|[^\s])[）》〉”」』，。、；：！？)\],.;:!?—·～]*\s*")
_WORD_APOSTROPHE = re.compile(r"(?<=[A-Za-z])’(?=[A-Za-z])")  # a Chinese font sets the curly one a whole em wide


@dataclass(frozen=True)
class Block:
    """A wrapped and measured text; lengths are in device units.

    Attributes
    ----------
    lines, widths
        The lines from top to bottom and the width of each.
    size, spacing
        Font size, and extra space between characters in em.
    pad
        What the halo adds on each side.
    """

    lines: tuple[str, ...]
    widths: tuple[float, ...]
    size: float
    bold: bool
    spacing: float
    pad: float

    @property
    def width(self) -> float:
        """The widest line."""
        return max(self.widths)

    @property
    def height(self) -> float:
        """From the top of the first line to the bottom of the last."""
        return self.size * (ASCENT + DESCENT + LEADING * (len(self.lines) - 1))

    @property
    def text(self) -> str:
        """All in one line."""
        return "".join(self.lines) if len(self.lines) == 1 else _rejoined(self.lines)


def _rejoined(lines: tuple[str, ...]) -> str:
    joined = lines[0]
    for line in lines[1:]:
        latin = joined[-1:].isascii() and line[:1].isascii()
        joined += (" " if latin else "") + line
    return joined


def texts_of(labels: Labels, table: FeatureTable, rows: Ints, language: Language) -> list[str]:
    """Return the text of each row, '' where it has none; a row without English is called by its other name."""
    texts = _field_texts(labels.field, table, rows)
    if language == "en" and labels.field_en:
        english = _field_texts(labels.field_en, table, rows)
        texts = [en or other for en, other in zip(english, texts, strict=True)]
    return [_WORD_APOSTROPHE.sub("'", text) for text in texts]


def _field_texts(field_id: str, table: FeatureTable, rows: Ints) -> list[str]:
    column = table.columns.get(field_id)
    field = next((each for each in table.schema if each.id == field_id), None)
    if column is None or field is None:
        return [""] * len(rows)
    if isinstance(column, TextColumn) and field.domain is None:
        dictionary = np.append(column.dictionary, "")
        return [str(text).strip() for text in dictionary[column.codes[rows]]]
    return [field.display(column.value(int(row))) for row in rows]


def block_of(text: str, labels: Labels, scale: float, *, wrap: bool = True) -> Block:
    """Return the text wrapped and measured for a style; ``scale`` is device units per px."""
    lines = wrapped(text, labels.wrap, labels.bold) if wrap else (text,)
    widths = text_widths(lines, bold=labels.bold, letter_spacing=labels.spacing) * labels.size * scale
    return Block(lines, tuple(widths.tolist()), labels.size * scale, labels.bold, labels.spacing, labels.halo * scale)


@lru_cache(maxsize=8192)
def wrapped(text: str, limit: int, bold: bool = False) -> tuple[str, ...]:  # noqa: FBT001, FBT002  part of the cache's key
    """Return the text in lines of at most ``limit`` em (Chinese characters), about equally long; 0 leaves it whole.

    A word that is longer than that stands alone on its line.
    """
    total = text_width(text, bold=bold)
    if limit <= 0 or total <= limit:
        return (text,)
    atoms = [match.group() for match in _ATOMS.finditer(text)]
    count = math.ceil(total / limit)
    steps = np.arange(total / count, limit + 0.5, 0.5)
    for width in steps:
        lines = _filled(atoms, float(width), bold=bold)
        if len(lines) <= count:
            return lines
    return _filled(atoms, float(limit), bold=bold)


def _filled(atoms: list[str], width: float, *, bold: bool) -> tuple[str, ...]:
    lines = [""]
    for atom in atoms:
        if lines[-1] and text_width((lines[-1] + atom).rstrip(), bold=bold) > width + 0.01:
            lines.append("")
        lines[-1] += atom
    return tuple(line.rstrip() for line in lines)

"""What labels say and how large they are: text of rows in the map's language, wrapped, measured. No places yet."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Ints
from cgplanner.geometry.text_extent import text_width, with_narrow_apostrophes
from cgplanner.model.column import TextColumn
from cgplanner.model.table import FeatureTable
from cgplanner.symbology import label_template
from cgplanner.symbology.style import Labels
from cgplanner.text import Language

ASCENT, DESCENT = 0.88, 0.14  # em above and below the baseline that Chinese and Latin text covers
MIDDLE = 0.37  # em from the baseline up to the optical middle of a line
LEADING = 1.18  # em from baseline to baseline of a wrapped label

# No line begins with a closing mark or ends with an opening one; Latin words and numbers stay whole.
_ATOMS = re.compile(r"[（《〈“「『(\[]*(?:[A-Za-z0-9À-ÿ.'’&/+%°-]+|[^\s])[）》〉”」』，。、；：！？)\],.;:!?—·～]*\s*")


_SHORT = {
    "administrative": "Admin.",
    "agricultural": "Agric.",
    "agriculture": "Agric.",
    "and": "&",
    "avenue": "Ave.",
    "comprehensive": "Compr.",
    "construction": "Constr.",
    "cooperation": "Coop.",
    "county": "Co.",
    "demonstration": "Demo.",
    "department": "Dept.",
    "development": "Dev.",
    "district": "Dist.",
    "economic": "Econ.",
    "environmental": "Envir.",
    "expressway": "Expwy",
    "extension": "Ext.",
    "government": "Govt",
    "highway": "Hwy",
    "industrial": "Ind.",
    "industry": "Ind.",
    "infrastructure": "Infra.",
    "integrated": "Integr.",
    "international": "Intl",
    "management": "Mgmt",
    "manufacturing": "Mfg",
    "mechanism": "Mech.",
    "mountain": "Mt.",
    "northern": "N.",
    "ecological": "Ecol.",
    "province": "Prov.",
    "railway": "Rwy",
    "renewable": "Renew.",
    "reservoir": "Res.",
    "restoration": "Restor.",
    "southern": "S.",
    "station": "Stn",
    "technology": "Tech.",
    "transformation": "Transf.",
    "university": "Univ.",
    "village": "Vil.",
}
_LONG_WORDS = re.compile(r"\b(?:" + "|".join(_SHORT) + r")\b", re.IGNORECASE)


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

    @cached_property
    def width(self) -> float:
        """The widest line."""
        return max(self.widths)

    @cached_property
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
    """Return the text of each row, '' where it has none; a row without English is called by its other name.

    A template that is none says what the field says; the layer's report tells of it.
    """
    texts = _template_texts(labels.text, table, rows) or _field_texts(labels.field, table, rows)
    if language == "en" and (labels.text_en or labels.field_en):
        english = _template_texts(labels.text_en, table, rows) or _field_texts(labels.field_en, table, rows)
        texts = [en or other for en, other in zip(english, texts, strict=True)]
    return [with_narrow_apostrophes(text) for text in texts]


def _template_texts(template: str, table: FeatureTable, rows: Ints) -> list[str]:
    """Return the texts of a template; none at all where there is no template or it cannot be read."""
    if not template:
        return []
    try:
        return label_template.label_texts(template, table, rows)
    except UserError:
        return []


def _field_texts(field_id: str, table: FeatureTable, rows: Ints) -> list[str]:
    column = table.columns.get(field_id)
    field = next((each for each in table.schema if each.id == field_id), None)
    if column is None or field is None:
        return [""] * len(rows)
    if isinstance(column, TextColumn) and field.domain is None:
        dictionary = np.append(column.dictionary, "")
        return [str(text).strip() for text in dictionary[column.codes[rows]]]
    return [field.display(column.value(int(row))) for row in rows]


def block_of(text: str, labels: Labels, scale: float, *, wrap: int | None = None, size: float = 0.0) -> Block:
    """Return the text wrapped and measured for a style; ``scale`` is device units per px.

    ``wrap`` (characters; 0 never) and ``size`` (px) stand in for the style's own.
    """
    size = size or labels.size
    lines = wrapped(text, labels.wrap if wrap is None else wrap, labels.bold)
    widths = (text_width(line, bold=labels.bold, letter_spacing=labels.spacing) * size * scale for line in lines)
    return Block(lines, tuple(widths), size * scale, labels.bold, labels.spacing, labels.halo * scale)


def shortened(text: str) -> str:
    """Return an English text with the long words of planning abbreviated as maps do; Chinese stays as it is.

    >>> shortened("Shouyang Economic Development Zone")
    'Shouyang Econ. Dev. Zone'
    """
    return _LONG_WORDS.sub(_short, text)


def _short(found: re.Match[str]) -> str:
    word = found.group()
    short = _SHORT[word.casefold()]
    return short.lower() if word.islower() else short


def sizes_of(labels: Labels) -> tuple[float, ...]:
    """Return the sizes (px) that a label may have, from the style's own down to its smallest in steps of a tenth."""
    sizes = [labels.size]
    while labels.smallest and sizes[-1] * 0.92 >= labels.smallest - 0.01:
        sizes.append(round(sizes[-1] * 0.92, 2))
    return tuple(sizes)


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

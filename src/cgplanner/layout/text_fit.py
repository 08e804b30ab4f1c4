"""Breaking text into lines and finding the size at which it fits its box, from the widths of the shipped fonts.

Chinese breaks between any two characters, Latin between words; closing punctuation never begins a line and opening
punctuation never ends one. This file must not know who draws the lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cgplanner.geometry.text_extent import text_width

LEADING = 1.28  # baseline to baseline in em; the font's own 1.45 is too loose on a page
ELLIPSIS = "…"
_CLOSING = "，。、；：？！）】》」』”’…％%,.;:?!)]}·-"
_OPENING = "（【《「『“‘([{"
_STEP = 0.94  # each smaller size that is tried
# A Latin word with the space after it, or one character of anything else.
_PIECE = re.compile(r"[\u0021-\u024F\u1E00-\u1EFF]+ *|.", re.DOTALL)


@dataclass(frozen=True)
class FittedText:
    """Lines at a size (em in mm). ``is_cut`` says that not all of the text is there."""

    lines: tuple[str, ...]
    size: float
    is_cut: bool = False

    @property
    def height(self) -> float:
        """Height of the block in mm."""
        return (len(self.lines) * LEADING) * self.size


def wrapped(text: str, width: float, *, bold: bool = False) -> tuple[str, ...]:
    """Return the lines of a text in a column of ``width`` em; only a single character may be wider than that."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if text_width(paragraph, bold=bold) <= width:
            lines.append(paragraph.rstrip())
            continue
        line = ""
        for piece in _pieces(paragraph, width, bold=bold):
            if line and text_width((line + piece).rstrip(), bold=bold) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece if line else piece.lstrip()
        lines.append(line.rstrip())
    return tuple(lines)


def _pieces(paragraph: str, width: float, *, bold: bool) -> list[str]:
    """Split where a line may end; a word too long for a line is split anywhere."""
    pieces: list[str] = []
    for found in _PIECE.findall(paragraph):
        glued = pieces and (found[0] in _CLOSING or pieces[-1][-1] in _OPENING)
        if glued and text_width(pieces[-1] + found, bold=bold) <= width:
            pieces[-1] += found
        elif text_width(found.rstrip(), bold=bold) > width:
            pieces += list(found)
        else:
            pieces.append(found)
    return pieces


def _breaks_a_word(text: str, width: float, *, bold: bool) -> bool:
    words = (found for found in _PIECE.findall(text) if len(found) > 1)
    return any(text_width(word.rstrip(), bold=bold) > width for word in words)


def shortened(text: str, width: float, *, bold: bool = False) -> str:
    """Return the text, or as much of it as fits ``width`` em with an ellipsis."""
    if text_width(text, bold=bold) <= width:
        return text
    while text and text_width(text.rstrip() + ELLIPSIS, bold=bold) > width:
        text = text[:-1]
    return text.rstrip() + ELLIPSIS


def fitted(
    text: str, width: float, height: float, size: float, *, min_size: float, max_lines: int = 0, bold: bool = False
) -> FittedText:
    """Return the text at the largest size between ``size`` and ``min_size`` at which it fits the box (mm).

    A Latin word is broken at the smallest size only; where even that does not fit, the last line ends in an ellipsis.
    """
    while True:
        lines = wrapped(text, width / size, bold=bold)
        room = int(height / (size * LEADING) + 1e-9)
        room = min(room, max_lines) if max_lines else room
        whole = size <= min_size or not _breaks_a_word(text, width / size, bold=bold)
        if len(lines) <= room and whole:
            return FittedText(lines, size)
        if size <= min_size:
            break
        size = max(size * _STEP, min_size)
    room = max(room, 1)
    if len(lines) <= room:
        return FittedText(lines, size)
    last = shortened(lines[room - 1] + lines[room], width / size, bold=bold)
    if not last.endswith(ELLIPSIS):
        last = shortened(last + "  " + "　" * 200, width / size, bold=bold)
    return FittedText((*lines[: room - 1], last), size, is_cut=True)

"""XML that programs wrote as plain text: characters that it does not allow are put right. No file and no format in here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5
from xml.sax.saxutils import escape

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)(?:(\w{2,31});)?")
_LONGEST_NAME = 40


@dataclass
class MendedText:
    """The pieces of a text with what XML does not allow put right; ``count`` of the places grows while they are given."""

    pieces: Iterator[str]
    count: int = 0

    def __iter__(self) -> Iterator[str]:
        held, first = "", True
        for piece in self.pieces:
            text = held + piece
            if first:
                bare = text.lstrip("\ufeff \t\r\n")
                self.count += bare != text.lstrip("\ufeff")
                text, first = bare, not bare
            end = text.rfind("&", -_LONGEST_NAME) if len(text) > _LONGEST_NAME else -1
            text, held = (text[:end], text[end:]) if end >= 0 else (text, "")
            yield self._clean(text)
        yield self._clean(held)

    def _clean(self, text: str) -> str:
        text, controls = _CONTROLS.subn(" ", text)
        if "&" not in text:
            self.count += controls
            return text
        text, ampersands = _AMPERSAND.subn(_written_out, text)
        self.count += controls + ampersands
        return text


def _written_out(found: re.Match[str]) -> str:
    """Return a name of a character that only web pages know as the character, a bare ampersand as XML has it."""
    name = found[1]
    if not name:
        return "&amp;"
    known = html5.get(f"{name};")
    return escape(known) if known else f"&amp;{name};"

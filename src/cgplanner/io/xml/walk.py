"""A walk through an XML file of features by a reader of one's own: any encoding, no entities, told where it breaks off.

What KML and GPX share. The reader knows the elements; this file knows none.
"""

from __future__ import annotations

import xml.parsers.expat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.texts.text_source import TextSource, text_source
from cgplanner.io.xml.broken import (
    BrokenOff,
    are_whole_features_taken,
    broken_note,
    mended_note,
    reason_in_words,
    trailing_note,
)
from cgplanner.io.xml.mend import MendedText
from cgplanner.io.xml.source import declared_encoding, defines_entities
from cgplanner.text import tr


class Reader(Protocol):
    """What is told of the elements; ``ended`` once the document is whole."""

    ended: bool

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""

    def end(self, name: str) -> None:
        """Take its end."""

    def text(self, text: str) -> None:
        """Take a piece of the text in it."""

    def features(self) -> int:
        """Return how many features are whole."""


R = TypeVar("R", bound=Reader)
Progress = Callable[[float], None] | None
Refuse = Callable[[str], UserError]  # makes a refusal of a reason


def walked(
    path: Path, encoding: str | None, make: Callable[[], R], refuse: Refuse, progress: Progress = None
) -> tuple[R, TextSource, list[Note]]:
    """Return a reader that has seen the whole document, how its bytes were read, and what had to be mended.

    Raises
    ------
    BrokenOff
        When it breaks off behind features that are whole, and nobody asked for those.
    UserError
        When it is no XML, or defines entities.
    Cancelled
        From ``progress``.
    """
    source = text_source(path, declared=declared_encoding(path), wanted=encoding)
    reader, error = _through(path, source.pieces(), make(), progress)
    notes: list[Note] = []
    if error and not reader.ended:
        mended = MendedText(source.pieces())
        again, still = _through(path, mended, make(), progress)
        if mended.count and (still is None or again.ended or again.features() > reader.features()):
            reader, error = again, still
            notes.append(mended_note(mended.count))
    if error:
        notes.append(_break(path, reader, error, refuse))
    return reader, source, notes


def _through(path: Path, pieces: Iterable[str], reader: R, progress: Progress) -> tuple[R, xml.parsers.expat.ExpatError | None]:
    parser = xml.parsers.expat.ParserCreate("utf-8")  # what is fed to it, whatever the file declares
    parser.buffer_text = True
    parser.UseForeignDTD(True)
    parser.SetParamEntityParsing(xml.parsers.expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
    parser.ExternalEntityRefHandler = lambda context, *_: _nothing(parser, context)
    parser.EntityDeclHandler = lambda *_: defines_entities(path)
    parser.SkippedEntityHandler = lambda *_: reader.text(" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    size, done = max(path.stat().st_size, 1), 0
    try:
        for number, piece in enumerate(pieces):
            raw = (piece.lstrip("\ufeff \t\r\n") if not number else piece).encode("utf-8", "replace")
            parser.Parse(raw, False)
            done += len(raw)
            if progress:
                progress(min(0.5, done / size / 2))
        parser.Parse(b"", True)
    except xml.parsers.expat.ExpatError as error:
        return reader, error
    return reader, None


def _break(path: Path, reader: Reader, error: xml.parsers.expat.ExpatError, refuse: Refuse) -> Note:
    """Return the note on what lies behind the end, or that the whole features were taken; else refuse."""
    reason, features = reason_in_words(str(error)), reader.features()
    if reader.ended:
        return trailing_note(error.lineno)
    if not features:
        raise refuse(tr("line {line}: {reason}", line=error.lineno, reason=reason)) from error
    if not are_whole_features_taken():
        raise BrokenOff(path, error.lineno, reason, features) from error
    return broken_note(error.lineno, features)


def _nothing(parser: Any, context: str | None) -> int:
    """Answer the question for the outer definitions with none: nothing is fetched from anywhere."""
    parser.ExternalEntityParserCreate(context).Parse(b"", True)
    return 1

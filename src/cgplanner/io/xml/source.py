"""What every door for XML asks first: which encoding it declares, whether it is whole, whether it means harm."""

from __future__ import annotations

import re
import xml.parsers.expat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.texts.text_source import TextSource, damage_notes, text_source
from cgplanner.io.xml.broken import (
    BrokenOff,
    are_whole_features_taken,
    broken_note,
    mended_note,
    reason_in_words,
    trailing_note,
)
from cgplanner.io.xml.mend import MendedText
from cgplanner.io.xml.survey import Surveyor, XmlSurvey
from cgplanner.text import tr

_PROLOG = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>\s*")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)[\"']")
_NAMESPACE = "opengis.net/gml"
_GML = f'xmlns:gml="http://www.{_NAMESPACE}"'
_ROOT = re.compile(r"<(?![?!])[\w.:-]+")
_LOOK = 1 << 14


def declared_encoding(path: Path) -> str | None:
    """Return the encoding that the first line names."""
    with path.open("rb") as file:
        found = _ENCODING.search(file.read(512))
    return found[1].decode("ascii") if found else None


def defines_entities(path: Path) -> NoReturn:
    """Refuse XML that defines entities: maps need none, and a few of them fill all memory."""
    raise UserError(
        tr("{name} defines XML entities, which no map file needs.", name=path.name),
        hint=tr("Ask the sender what this is, or have it exported again."),
        path=path,
    )


@dataclass(frozen=True)
class WalkedXml:
    """An XML file after a walk from end to end.

    Attributes
    ----------
    is_plain
        A driver can read the file as it is; else :meth:`write` makes one for it.
    end
        Byte of the UTF-8 text behind which nothing is taken, and what closes it there; None for all of it.
    """

    source: TextSource
    survey: XmlSurvey
    notes: tuple[Note, ...]
    is_plain: bool
    is_mended: bool = False
    end: tuple[int, str] | None = None

    def write(self, target: Path) -> tuple[Note, ...]:
        """Write the text in UTF-8 with its namespace named, closed where it is cut; return what was damaged."""
        damaged, left = 0, self.end[0] if self.end else None
        with target.open("wb") as out:
            for number, text in enumerate(_pieces(self.source, mended=self.is_mended)):
                damaged += text.count("\ufffd")
                raw = text.encode("utf-8", "replace")
                if left is not None:
                    raw, left = raw[:left], max(0, left - len(raw))
                out.write(_with_head(raw.decode("utf-8", "replace")).encode() if not number else raw)
            if self.end:
                out.write(self.end[1].encode())
        return damage_notes(damaged, self.source.name)


def _with_head(text: str) -> str:
    """Return the beginning of a document with a first line of its own, and the namespace of GML where nobody named it."""
    text = _PROLOG.sub("", text, count=1).lstrip()
    if _NAMESPACE not in text[:_LOOK]:
        text = _ROOT.sub(lambda found: f"{found[0]} {_GML}", text, count=1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _pieces(source: TextSource, *, mended: bool) -> Iterator[str]:
    """Give the text without the mark that may stand before it."""
    for number, piece in enumerate(MendedText(source.pieces()) if mended else source.pieces()):
        yield piece if number else piece.lstrip("\ufeff")


def walked_xml(path: Path, encoding: str | None = None) -> WalkedXml:
    """Walk through an XML file from end to end: drivers stop in silence where it breaks off, and keep what they have so far.

    Raises
    ------
    BrokenOff
        When it breaks off behind features that are whole, and nobody asked for those.
    UserError
        When it is no XML, or defines entities.
    """
    source = text_source(path, declared=declared_encoding(path), wanted=encoding)
    survey, error = _walk(path, _pieces(source, mended=False))
    notes: tuple[Note, ...] = ()
    is_mended = False
    if error and not survey.ended:
        text = MendedText(source.pieces())
        again, still = _walk(path, text)
        if text.count and (still is None or again.ended or sum(again.features.values()) > sum(survey.features.values())):
            survey, error, is_mended, notes = again, still, True, (mended_note(text.count),)
    with path.open("rb") as file:
        head = file.read(_LOOK)
    survey.is_gml = _NAMESPACE.encode() in head
    is_plain = (
        source.is_utf8 and source.how != "detected" and not is_mended and survey.is_gml and head[source.skip :][:1] == b"<"
    )
    walked = WalkedXml(source, survey, notes, is_plain, is_mended)
    return _up_to(walked, path, error) if error else walked


def _walk(path: Path, pieces: Iterable[str]) -> tuple[XmlSurvey, xml.parsers.expat.ExpatError | None]:
    parser = xml.parsers.expat.ParserCreate("utf-8")  # what is fed to it, whatever the file declares
    parser.buffer_text = True
    parser.EntityDeclHandler = lambda *_: defines_entities(path)
    surveyor = Surveyor(parser)
    try:
        for piece in pieces:
            parser.Parse(piece.encode("utf-8", "replace"), False)
        parser.Parse(b"", True)
    except xml.parsers.expat.ExpatError as error:
        return _told(surveyor.survey, parser), error
    return surveyor.survey, None


def _told(survey: XmlSurvey, parser: Any) -> XmlSurvey:
    return replace(survey, cut=(parser.ErrorByteIndex, ())) if survey.ended else survey


def _up_to(walked: WalkedXml, path: Path, error: xml.parsers.expat.ExpatError) -> WalkedXml:
    """Return the walk with its end where the file breaks off: what lies behind a whole document is left out and said."""
    survey, line, whole = walked.survey, error.lineno, sum(walked.survey.features.values())
    reason = reason_in_words(str(error))
    if survey.ended and survey.cut and survey.root:
        end = (survey.cut[0], "")
        return replace(walked, notes=(*walked.notes, trailing_note(line)), is_plain=False, end=end)
    if whole and survey.cut:
        if not are_whole_features_taken():
            raise BrokenOff(path, line, reason, whole) from error
        place, tags = survey.cut
        end = (place, "".join(f"</{tag}>" for tag in reversed(tags)))
        return replace(walked, notes=(*walked.notes, broken_note(line, whole)), is_plain=False, end=end)
    raise UserError(
        tr("{name} is no whole XML file: line {line}: {reason}.", name=path.name, line=line, reason=reason),
        hint=tr("Check that the file is complete, or export it again from where it came."),
        path=path,
    ) from error

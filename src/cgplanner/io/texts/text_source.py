"""Text files of other programs (XML, JSON): which encoding they are really in, and a copy of them in UTF-8 for the drivers.

Drivers believe what a header says, or take everything for UTF-8. This file knows no format; it never holds a whole file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.texts.encoding import NAMES, UTF8, codec_of_mark, find_encoding
from cgplanner.io.texts.encoding_notes import encoding_notes
from cgplanner.text import sentence, tr

_CHUNK = 1 << 20
_MOST_SAMPLES = 5000
_BOMS = ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be"), (codecs.BOM_UTF8, UTF8))
_BOMS_16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Second bytes of GBK and Big5 begin at 0x40: only what lies below may part one text from the next.
# Begun where a word begins and nowhere else: pictures stand in files as words of a million plain letters.
_WORD = re.compile(rb"(?<![^\x00-\x20\"',:;<=>&])[^\x00-\x20\"',:;<=>&\x80-\xff]*[\x80-\xff][^\x00-\x20\"',:;<=>&]*")


@dataclass(frozen=True)
class TextSource:
    """How the bytes of a file become characters.

    Attributes
    ----------
    skip
        Bytes of a byte order mark before the text.
    is_utf8
        A driver that expects UTF-8 can read the file as it is.
    """

    path: Path
    codec: str
    name: str
    how: str
    skip: int
    is_utf8: bool
    notes: tuple[Note, ...] = ()

    def pieces(self) -> Iterator[str]:
        """Give the text piece by piece; bytes that are no text become U+FFFD."""
        decoder = codecs.getincrementaldecoder(self.codec)("replace")
        with self.path.open("rb") as file:
            file.seek(self.skip)
            while raw := file.read(_CHUNK):
                yield decoder.decode(raw)
            yield decoder.decode(b"", final=True)

    def ends(self, size: int) -> tuple[str, str]:
        """Return the first and the last ``size`` bytes as text."""
        with self.path.open("rb") as file:
            file.seek(self.skip)
            head = file.read(size)
            file.seek(max(self.skip, file.seek(0, 2) - size))
            tail = file.read(size)
        return head.decode(self.codec, "replace"), tail.decode(self.codec, "replace")


def text_source(path: Path, *, declared: str | None = None, wanted: str | None = None) -> TextSource:
    """Return how to read a text file.

    Parameters
    ----------
    declared
        What the file says of itself; checked against its bytes.
    wanted
        What the user says; taken.

    Raises
    ------
    UserError
        When the user names an encoding that is not known.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, codec in (*_BOMS, *_BOMS_16):
        if head.startswith(mark):
            clean = codec == UTF8 and _is_utf8(path)
            return TextSource(path, codec, "UTF-8" if codec == UTF8 else codec[:6].upper(), "declared", len(mark), clean)
    if wide := _without_mark(head):
        return TextSource(path, wide, "UTF-16", "detected", 0, is_utf8=False)
    if wanted:
        return _wanted(path, wanted)
    samples = _samples(path)
    said = declared if declared and codec_of_mark(declared) else None
    found = find_encoding(samples, cpg=said)
    if not samples:
        return TextSource(path, UTF8, "UTF-8", "declared" if said else "assumed", 0, is_utf8=True)
    notes = tuple(encoding_notes(found, said or ""))
    how = "declared" if found.how == "cpg" else found.how
    return TextSource(path, found.codec, found.name, how, 0, found.codec == UTF8 and _is_utf8(path), notes)


def _wanted(path: Path, wanted: str) -> TextSource:
    codec = codec_of_mark(wanted)
    if codec is None:
        raise UserError(tr("The encoding “{name}” is not known.", name=wanted), hint=tr("Try UTF-8, GBK or Big5."), path=path)
    return TextSource(path, codec, NAMES.get(codec, codec), "declared", 0, codec == UTF8 and _is_utf8(path))


def _without_mark(head: bytes) -> str | None:
    """Return the codec of UTF-16 that lacks its mark: markup is ASCII, so every second byte of much of it is zero."""
    if len(head) < 8 or b"\0" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 8 and even < odd // 8:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) // 8 and odd < even // 8 else None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder(UTF8)()
    try:
        with path.open("rb") as file:
            while raw := file.read(_CHUNK):
                if not raw.isascii() or decoder.getstate()[0]:
                    decoder.decode(raw)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _samples(path: Path) -> list[bytes]:
    """Return some thousand texts with other than ASCII characters."""
    found: list[bytes] = []
    rest = b""
    with path.open("rb") as file:
        while len(found) < _MOST_SAMPLES and (raw := file.read(_CHUNK)):
            if raw.isascii() and not rest:
                continue
            raw = rest + raw
            end = max(raw.rfind(mark) for mark in (b" ", b"\n", b'"', b"<", b">", b","))
            raw, rest = (raw[: end + 1], raw[end + 1 :]) if end >= 0 and len(raw) < 16 * _CHUNK else (raw, b"")
            found += _WORD.findall(raw)
    return (found + _WORD.findall(rest))[:_MOST_SAMPLES]


def copy_in_utf8(source: TextSource, target: Path, *, prolog: re.Pattern[str] | None = None) -> tuple[Note, ...]:
    """Write the text in UTF-8, without what ``prolog`` finds at its beginning; return what had to be replaced."""
    damaged, first = 0, True
    with target.open("w", encoding="utf-8", errors="replace", newline="") as out:
        for piece in source.pieces():
            text = piece.lstrip("\ufeff") if first else piece
            if first and text:
                first, text = False, prolog.sub("", text, count=1) if prolog else text
            damaged += text.count("\ufffd")
            out.write(text)
    return damage_notes(damaged, source.name)


def damage_notes(count: int, encoding: str) -> tuple[Note, ...]:
    """Return the note on bytes that are no characters; none where there are none."""
    if not count:
        return ()
    message = sentence("{count} places in the file hold bytes that are no {encoding} text.", count=count, encoding=encoding)
    return (Note("text-damaged", "warning", message, count),)

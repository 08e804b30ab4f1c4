"""What the texts of a layer would be in other encodings, for a person to look at. No file is read again.

Reading kept every byte, so the characters that one encoding made of them give the bytes back, and these the characters of
another. Values that had to be mended are left out: their bytes are gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cgplanner.io.source import LoadedLayer
from cgplanner.io.texts.encoding import codec_of_mark
from cgplanner.io.texts.hanzi_odds import decode_cut
from cgplanner.model.column import TextColumn

ENCODINGS = ("UTF-8", "GBK", "Big5")
SAMPLES = 3
OF_A_COLUMN = 200  # values that are looked at for some that are not ASCII


@dataclass(frozen=True)
class EncodingGuess:
    """One encoding and what three texts are in it; ``fits`` tells whether all of them are text in it at all."""

    name: str
    samples: tuple[str, ...]
    fits: bool


def encoding_guesses(loaded: LoadedLayer) -> tuple[EncodingGuess, ...]:
    """Return the encodings a planner may choose among; nothing where the texts are ASCII or the format says what they are."""
    codec = codec_of_mark(loaded.report.encoding) if loaded.report.encoding else None
    if codec is None:
        return ()
    raw = [each for each in (_bytes(text, codec) for text in _texts(loaded)) if each is not None][:SAMPLES]
    if not raw:
        return ()
    return tuple(_guess(name, raw) for name in dict.fromkeys((*ENCODINGS, loaded.report.encoding)))


def _texts(loaded: LoadedLayer) -> Iterator[str]:
    """Give texts that are not ASCII: one of each column first, then the names of fields, then more."""
    columns = [each for each in loaded.table.columns.values() if isinstance(each, TextColumn)]
    found = [[str(text) for text in each.dictionary[:OF_A_COLUMN] if not str(text).isascii()] for each in columns]
    names = [field.name for field in loaded.table.schema if not field.name.isascii()]
    yield from dict.fromkeys([texts[0] for texts in found if texts])
    yield from names
    for texts in found:
        yield from texts[1:]


def _bytes(text: str, codec: str) -> bytes | None:
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return None


def _guess(name: str, raw: list[bytes]) -> EncodingGuess:
    codec = codec_of_mark(name) or "utf-8"
    texts = [decode_cut(each, codec) for each in raw]
    samples = tuple(each.decode(codec, "replace") if text is None else text for text, each in zip(texts, raw, strict=True))
    return EncodingGuess(name, samples, None not in texts)

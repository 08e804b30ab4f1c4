"""The bytes of a tile as a picture. Services answer with anything; what is no picture is told from one here."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from cgplanner.errors import CgplannerError
from cgplanner.text import Sentence

if TYPE_CHECKING:
    from PIL.Image import Image

_MAGIC = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")
LARGEST_SIDE = 4096
_EXCERPT = 80


class BasemapTrouble(CgplannerError):
    """A picture of the ground cannot be had; the sentence is for people.

    Attributes
    ----------
    sentence
        What is wrong and what to do, in one sentence.
    wait_seconds
        How long asking again makes no sense.
    """

    def __init__(self, sentence: Sentence, wait_seconds: float = 30.0) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
        self.wait_seconds = wait_seconds


def is_picture(data: bytes) -> bool:
    """Tell whether the bytes begin as a picture does."""
    return data.startswith(_MAGIC)


def picture_of(data: bytes) -> Image:
    """Return the picture in these bytes, premultiplied RGBA.

    Raises
    ------
    ValueError
        When there is none, it is cut short, or larger than any tile.
    """
    from PIL import Image as pictures  # noqa: N813, PLC0415  a tenth of a second that a map without a ground need not spend

    try:
        with pictures.open(io.BytesIO(data)) as found:
            if max(found.size) > LARGEST_SIDE:
                raise ValueError("larger than any tile")
            return found.convert("RGBA").convert("RGBa")
    except (OSError, SyntaxError, pictures.DecompressionBombError) as error:
        raise ValueError(str(error)) from None


def words_of(data: bytes) -> str:
    """Return the first words of an answer that is no picture, without markup, for a person who wants to know why."""
    text = data[:4000].decode("utf-8", errors="replace")
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE)
    text = " ".join(text.split())
    return text[:_EXCERPT] + "…" if len(text) > _EXCERPT else text

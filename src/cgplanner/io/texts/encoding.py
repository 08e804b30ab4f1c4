"""Which encoding a table's bytes are in: by its marks, checked against the bytes, else by the bytes themselves.

General detectors get 4-23 % of single Chinese values right, so this is our own: it knows UTF-8, GB 18030, Big5 and "some
Western code page", and believes a mark (.cpg, language byte) only while the text agrees. Only bytes here, no files.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cgplanner.io.texts.hanzi_odds import BIG5, GB18030, decode_cut, likelihood, mean_weight

How = Literal["declared", "cpg", "ldid", "detected", "assumed"]

UTF8, WESTERN, LATIN1 = "utf-8", "cp1252", "latin-1"

# How people and --json read a codec's name. GBK is decoded with its superset GB 18030.
NAMES = {UTF8: "UTF-8", GB18030: "GBK", BIG5: "Big5", WESTERN: "windows-1252", LATIN1: "ISO-8859-1"}

_MARKS = {
    "utf8": UTF8, "65001": UTF8, "cp65001": UTF8, "utf8bom": UTF8,
    "gbk": GB18030, "gb2312": GB18030, "gb18030": GB18030, "936": GB18030, "cp936": GB18030, "ms936": GB18030,
    "54936": GB18030, "cp54936": GB18030, "ansi936": GB18030, "euccn": GB18030, "windows936": GB18030, "chinese": GB18030,
    "big5": BIG5, "950": BIG5, "cp950": BIG5, "ansi950": BIG5, "windows950": BIG5, "big5hkscs": "big5hkscs",
    "iso88591": LATIN1, "88591": LATIN1, "latin1": LATIN1, "88591latin1": LATIN1,
    "1252": WESTERN, "ansi1252": WESTERN, "cp1252": WESTERN, "windows1252": WESTERN,
    "shiftjis": "cp932", "sjis": "cp932", "euckr": "cp949", "koi8r": "koi8-r", "koi8u": "koi8-u",
}  # fmt: skip

# What Python can also be asked to decode, and what no file is in.
_NO_CODE_PAGES = frozenset(
    [
        "base64",
        "bz2",
        "hex",
        "idna",
        "punycode",
        "quopri",
        "raw-unicode-escape",
        "rot-13",
        "undefined",
        "unicode-escape",
        "utf-7",
        "uu",
        "zlib",
    ]
)

# The language driver byte (offset 29) of a DBF; 0x57 means "whatever the writer's machine used" and says nothing.
_LANGUAGE_BYTES = {
    0x01: "cp437", 0x02: "cp850", 0x03: WESTERN, 0x13: "cp932", 0x26: "cp866", 0x4D: GB18030, 0x4E: "cp949", 0x4F: BIG5,
    0x58: WESTERN, 0x59: WESTERN, 0x64: "cp852", 0x65: "cp866", 0x78: BIG5, 0x79: "cp949", 0x7A: GB18030, 0x7B: "cp932",
    0x7C: "cp874", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip

_OUR_CITIES = ("太原", "晋中", "忻州", "吕梁", "阳泉", "山西")

# Pages whose upper half are letters of another alphabet, large and small.
_TWO_CASES = frozenset({"cp1251", "cp1253", "cp866", "koi8-r", "koi8-u", "iso8859-5", "iso8859-7", "mac-cyrillic"})
_FEW_LETTERS, _MANY_LETTERS = 4, 12

# Several hanzi of UTF-8, which bytes of GBK spell by the rarest of chances.
_HANZI_OF_UTF8 = re.compile(rb"(?:[\x00-\x7f]|\xe3\x80[\x80-\xbf]|[\xe4-\xe9][\x80-\xbf]{2}|\xef[\xbc\xbd][\x80-\xbf])+")
_SOME_OF_UTF8 = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2}")

# By the character (see hanzi_odds): names of places; common hanzi; what a value in another encoding than its table must be;
# noise, where few characters may be rare ones.
_LIKELY, _COMMON, _GOOD_CHINESE, _NOISE, _NOISE_OF_FEW = -8.2, -9.6, -10.0, -12.0, -13.5
_NOT_JAPANESE = -11.0  # Japanese read as GBK is rarer by far

# How much likelier the other of GBK and Big5 must be, against a mark of either; without one GBK is the usual; and the
# distance from there up to which a reading is unsure.
_TRUST = {GB18030: 4.0, BIG5: 1.0}
_USUAL = 3.0
_UNSURE = {GB18030: 4.5, BIG5: 8.0}
_RARE = -10.8  # the mean of characters that may as well be accents
_ENOUGH_KOREAN = 12
_HANZI_AND_KIN = 0x2E80
_EXAMPLE = 40

# One accented letter inside a Latin word.
_WESTERN_WORD = re.compile(rb"[a-z][\xc0-\xff][a-z]|(?<![\x80-\xff])[\xc0-\xff][a-z]{2}|[a-z]{2}[\xc0-\xff](?![\x80-\xff])")


@dataclass(frozen=True)
class TextEncoding:
    """What was found.

    Attributes
    ----------
    codec
        Python's codec to decode with.
    name
        What people call it.
    how
        By which evidence.
    overruled
        The marks that the bytes contradict, e.g. ``(".cpg UTF-8",)``.
    unsure
        One of the texts where they are too few to tell: they are text in another encoding too, and not much less likely; ''
        where they tell.
    """

    codec: str
    how: How
    overruled: tuple[str, ...] = ()
    unsure: str = ""

    @property
    def name(self) -> str:
        """What people call the encoding."""
        return NAMES.get(self.codec, self.codec)


def codec_of_mark(mark: str) -> str | None:
    """Return the codec that a .cpg or a person names; None when the name says nothing (``OEM``, empty, a web page)."""
    word = re.sub(r"[^a-z0-9]", "", mark.lstrip("\ufeff").strip().lower())
    if word in _MARKS:
        return _MARKS[word]
    if word.startswith("8859"):  # Esri writes ISO 8859-n as 8859n
        word = "iso8859_" + word[4:]
    for name in (word, "cp" + word.removeprefix("ansi").removeprefix("windows").removeprefix("cp")):
        try:
            codec = codecs.lookup(name).name if word and len(word) < 20 else None
        except LookupError:
            continue
        return codec if codec not in _NO_CODE_PAGES else None
    return None


def codec_of_language_byte(ldid: int) -> str | None:
    """Return the codec that a DBF's language byte stands for; None when it says nothing."""
    return _LANGUAGE_BYTES.get(ldid)


def find_encoding(values: Sequence[bytes], *, cpg: str | None = None, ldid: int = 0) -> TextEncoding:
    """Return the encoding of the values, which must be the table's non-ASCII texts or a fair share of them.

    A mark that fits the bytes is believed; .cpg goes before the language byte. Without non-ASCII text the first mark that
    says anything counts, else UTF-8 is assumed, which then reads the same.
    """
    marks: list[tuple[How, str, str]] = []
    if cpg is not None and (codec := codec_of_mark(cpg)) and _has_ascii(codec):
        marks.append(("cpg", codec, f".cpg {cpg.strip()}"))
    if codec := codec_of_language_byte(ldid):
        marks.append(("ldid", codec, f"LDID 0x{ldid:02X}"))
    values = [value for value in values if not value.isascii()]
    if not values:
        how, codec, _ = marks[0] if marks else ("assumed", UTF8, "")
        return TextEncoding(codec, how)
    evidence = _from_bytes(values)
    overruled: list[str] = []
    for how, codec, label in marks:
        if _agrees(codec, evidence, values):
            return TextEncoding(codec, how, tuple(overruled), _unsure(codec, values, marked=True))
        overruled.append(label)
    how = "assumed" if evidence == WESTERN else "detected"
    return TextEncoding(evidence, how, tuple(overruled), _unsure(evidence, values, marked=False))


def _has_ascii(codec: str) -> bool:
    """Tell whether plain letters are themselves in it, as they are in tables of any encoding."""
    try:
        return b"Az 09".decode(codec) == "Az 09"
    except UnicodeError:
        return False


def _agrees(codec: str, evidence: str, values: Sequence[bytes]) -> bool:
    if codec == evidence or (codec in (GB18030, BIG5) and evidence != UTF8):
        return codec == evidence or _agrees_as_chinese(codec, values)
    if codec == UTF8:  # short GBK names such as 太原 can be valid UTF-8 by chance
        return _fit(UTF8, values) >= 1.0 and not (evidence == GB18030 and _is_likelier_gbk(values))
    if evidence == UTF8:
        return False  # text of any length that is valid UTF-8 is UTF-8
    if codec in ("cp932", "cp949") and _fit(codec, values) >= 1.0:
        return _is_japanese(values) if codec == "cp932" else _is_korean(values)
    if evidence in (GB18030, BIG5):  # a single-byte page takes any bytes
        return codec in _TWO_CASES and _is_words(codec, values)
    return _fit(codec, values) >= 0.9


def _is_japanese(values: Sequence[bytes]) -> bool:
    """Tell whether a Japanese mark can stand: GBK read as Japanese has half-width letters and characters of nobody's own."""
    chars = [char for value in values for char in decode_cut(value, "cp932") or "" if not char.isascii()]
    odd = sum("\uff61" <= char <= "\uff9f" or "\ue000" <= char <= "\uf8ff" for char in chars)
    return odd * 4 <= len(chars) and mean_weight(values, GB18030) < _NOT_JAPANESE


def _is_korean(values: Sequence[bytes]) -> bool:
    """Tell whether a Korean mark can stand: most is Hangul, and no city of the cluster is named in GBK."""
    chars = [char for value in values for char in decode_cut(value, "cp949") or "" if char.isalpha() and not char.isascii()]
    hangul = sum("\uac00" <= char <= "\ud7a3" for char in chars)
    likely = mean_weight(values, GB18030) >= _LIKELY and len(chars) < _ENOUGH_KOREAN
    return bool(chars) and hangul >= 0.85 * len(chars) and not likely and not _names_our_cities(values)


def _names_our_cities(values: Sequence[bytes]) -> bool:
    """Tell whether bytes of GBK name a city of the cluster, or its province: no other page spells a word with these."""
    texts = [decode_cut(value, GB18030) or "" for value in values]
    return any(name in text for text in texts for name in _OUR_CITIES)


def _is_words(codec: str, values: Sequence[bytes]) -> bool:
    """Tell whether all letters of a page with large and small ones stand in words such as "Москва", "МОСКВА" or "москва".

    Bytes of Chinese mix the cases within words, and have signs between.
    """
    text = " ".join(value.decode(codec, "replace") for value in values)
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    good = [word for word in words if word.isupper() or word[1:].islower()]
    letters = sum(len(word) for word in good)
    signs = sum(not char.isascii() and not char.isalpha() for char in text)
    least = _FEW_LETTERS if any(word[1:].islower() for word in good) else _MANY_LETTERS
    return letters >= least and len(good) >= 0.9 * len(words) and signs <= 0.1 * letters


def _agrees_as_chinese(codec: str, values: Sequence[bytes]) -> bool:
    """Tell whether a mark of GBK or Big5 stands: the two overlap, so it does unless the other is clearly likelier."""
    if _fit(codec, values) < 1.0 or _mostly_western(values) or _is_noise(codec, values):
        return False
    return _gain(codec, values) > -_TRUST[codec]


def _gain(codec: str, values: Sequence[bytes]) -> float:
    """Return how much likelier (logarithm) the values are in this of GBK and Big5 than in the other."""
    other = BIG5 if codec == GB18030 else GB18030
    return likelihood(values, codec)[0] - likelihood(values, other)[0]


def _is_noise(codec: str, values: Sequence[bytes]) -> bool:
    total, count = likelihood([value for value in values if decode_cut(value, codec) is not None], codec)
    return not count or total / count < (_NOISE_OF_FEW if count < _FEW_LETTERS else _NOISE)


def _unsure(codec: str, values: Sequence[bytes], *, marked: bool) -> str:
    return values[0].decode(codec, "replace")[:_EXAMPLE] if _is_unsure(codec, values, marked=marked) else ""


def _is_unsure(codec: str, values: Sequence[bytes], *, marked: bool) -> bool:
    """Tell whether the values might as well be in another encoding than the one that was found."""
    if codec in (GB18030, BIG5):
        usual = _TRUST[codec] if marked else _USUAL if codec == GB18030 else -_USUAL
        doubtful = _gain(codec, values) + usual < _UNSURE[codec] or (codec == BIG5 and mean_weight(values, BIG5) < _RARE)
        return doubtful or (not marked and (mean_weight(values, codec) < _RARE or _is_all_hangul(values)))
    if codec == UTF8:
        return _is_gbk_by_chance(values)
    return codec in ("cp932", "cp949") and sum(map(len, values)) < 2 * _ENOUGH_KOREAN


def _is_all_hangul(values: Sequence[bytes]) -> bool:
    """Tell whether bytes of GBK lie where Korean has its syllables, all of them: by chance six of ten do."""
    pairs = [
        value[at : at + 2] for value in values if len(value) % 2 == 0 and min(value) >= 0xA1 for at in range(0, len(value), 2)
    ]
    return len(pairs) >= _ENOUGH_KOREAN and all(0xB0 <= pair[0] <= 0xC8 for pair in pairs)


def _from_bytes(values: Sequence[bytes]) -> str:
    utf8 = _fit(UTF8, values)
    whole = any(not (decode_cut(value, UTF8) or "").isascii() for value in values)  # not only halves at the end, as in Bogotá
    if utf8 >= 1.0 and whole and not _is_gbk_by_chance(values):
        return UTF8
    if sum(bool(_SOME_OF_UTF8.search(value) and _HANZI_OF_UTF8.fullmatch(value)) for value in values) >= 0.9 * len(values):
        return UTF8  # and a few in another
    if utf8 < 0.9 and _mostly_western(values):
        return WESTERN
    fitting = [codec for codec in (GB18030, BIG5) if _fit(codec, values) >= 0.98 and not _is_noise(codec, values)]
    if len(fitting) == 2:
        return GB18030 if _gain(GB18030, values) > -_USUAL else BIG5
    return fitting[0] if fitting else UTF8 if utf8 >= 0.9 and whole else WESTERN


def _mostly_western(values: Sequence[bytes]) -> bool:
    return sum(bool(_WESTERN_WORD.search(value)) for value in values) * 2 > len(values)


def _fit(codec: str, values: Sequence[bytes]) -> float:
    """Return the share of the values that decode, one cut character at the end allowed."""
    return sum(decode_cut(value, codec) is not None for value in values) / len(values)


def _is_gbk_by_chance(values: Sequence[bytes]) -> bool:
    """Tell whether valid UTF-8 is rather GBK: no hanzi in it, common ones in GBK, none beside a Latin letter."""
    for value in values:
        text = decode_cut(value, UTF8) or ""
        if any(ord(char) >= _HANZI_AND_KIN for char in text) or re.search(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]", value):
            return False
        if decode_cut(value, GB18030) is None:
            return False
    return mean_weight(values, GB18030) >= _COMMON


def _is_likelier_gbk(values: Sequence[bytes]) -> bool:
    return mean_weight(values, GB18030) >= _LIKELY or not _is_of_one_script(values)


_SIGNS = frozenset("°±²³µ×÷′″")  # beside numbers in any script; in GBK these bytes are rare hanzi (掳, 虏)


def _is_of_one_script(values: Sequence[bytes]) -> bool:
    """Tell whether UTF-8 beyond ASCII is letters of one script, as words are, and not what chance makes of other bytes."""
    chars = {char for value in values for char in decode_cut(value, UTF8) or "" if not char.isascii()} - _SIGNS
    return all(map(str.isalpha, chars)) and len({unicodedata.name(char, "").split()[0] for char in chars}) < 2


@dataclass(frozen=True)
class Decoded:
    """Texts in the order of their bytes, and what had to be done for them."""

    texts: list[str]
    cut: tuple[str, ...]  # texts that lost half a character at their end
    damaged: tuple[str, ...]  # texts with bytes that are no characters here
    other: tuple[str, ...] = ()  # texts that are in another encoding than the rest, and were read in it


def decode_all(values: Sequence[bytes], codec: str) -> Decoded:
    """Decode many values; in one go where nothing is wrong with any of them."""
    joined = b"\0".join(values)
    if joined.isascii():
        codec = "ascii"
    mixed = codec == GB18030 and _holds_utf8(joined)
    try:
        texts = joined.decode(codec).split("\0") if values else []
        if len(texts) == len(values) and not mixed:
            return Decoded(texts, (), ())
    except UnicodeDecodeError:
        pass  # some value is cut or damaged: look at each
    texts, cut, damaged, other = [], [], [], []
    for value in values:
        text = _strict(value, codec)
        own = _codec_of_its_own(value, codec, fits=text is not None)
        if own is not None:
            text = value.decode(own)
            other.append(text)
        elif text is None:
            text = decode_cut(value, codec)
            if text is not None:
                cut.append(text)
            else:
                text = value.decode(codec, "replace")
                damaged.append(text)
        texts.append(text)
    return Decoded(texts, tuple(cut), tuple(damaged), tuple(other))


def _holds_utf8(raw: bytes) -> bool:
    """Tell whether :data:`_SOME_OF_UTF8` is found; of many bytes a search takes ten times as long as looking at all at once."""
    data = np.frombuffer(raw, np.uint8)
    leads, follows = (data >= 0xE4) & (data <= 0xE9), (data & 0xC0) == 0x80
    hanzi = leads[:-2] & follows[1:-1] & follows[2:]
    return bool((hanzi[:-3] & hanzi[3:]).any())


def without_padding(value: bytes, width: int, codec: str) -> bytes:
    """Return a value of a field of so many bytes without the 0xA0 that some programs fill fields with.

    Two of them are the hanzi 牋 in GBK, one is the second half of many, or the end of a character of UTF-8: they go only where
    they fill the field to its last byte, and as many as leave whole characters.
    """
    if len(value) != width or not value.endswith(b"\xa0"):
        return value
    bare = value.rstrip(b"\xa0")
    for kept in (bare, bare + b"\xa0"):
        if _strict(kept, codec) is not None and (codec == GB18030 or _strict(value, codec) is None):
            return kept.rstrip(b" ")
    return value


def _codec_of_its_own(value: bytes, codec: str, *, fits: bool) -> str | None:
    """Return the codec of a value that is clearly in the other encoding of Chinese than the rest; None for all others."""
    if codec == GB18030 and _SOME_OF_UTF8.search(value) and _HANZI_OF_UTF8.fullmatch(value):
        return UTF8
    if codec == UTF8 and not fits and decode_cut(value, UTF8) is None and _strict(value, GB18030) is not None:
        return GB18030 if mean_weight([value], GB18030) >= _GOOD_CHINESE else None
    return None


def _strict(value: bytes, codec: str) -> str | None:
    try:
        return value.decode(codec)
    except UnicodeDecodeError:
        return None

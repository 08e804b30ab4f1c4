"""Which encoding a table's bytes are in: by its marks, checked against the bytes, else by the bytes themselves.

General detectors get 4-23 % of single Chinese values right, so this is our own: it knows UTF-8, GB 18030, Big5 and "some
Western code page", and believes a mark (.cpg, language byte) only while the text agrees. Only bytes here, no files.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

How = Literal["declared", "cpg", "ldid", "detected", "assumed"]

UTF8, GB18030, BIG5, WESTERN, LATIN1 = "utf-8", "gb18030", "cp950", "cp1252", "latin-1"

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

# Frequent in the names of places, projects and land uses; in both scripts, to tell GBK from Big5 by single values.
_FREQUENT_SIMPLIFIED = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定"
    "省市县区镇乡村街道路桥河江湖山水库林场园地块项目规划建设用公共服务居住商业绿化广场学校医院小中心站线高速铁机东西南北"
    "新城文化旅游生态农工业仓储物流交通信息名称类型编号面积长度备注状态完成太原晋阳泉忻州吕梁榆次古交清徐寿平定孟代汾云阴"
    "开发产业基础设施治理保护带廊环境改造改革示范综合经济体系统一二三四五六七八九十百千万亿元米里年月日号第甲乙丙丁内外前后"
)
_FREQUENT_TRADITIONAL = frozenset(
    "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說產種面而方後多定"
    "省市縣區鎮鄉村街道路橋河江湖山水庫林場園地塊項目規劃建設用公共服務居住商業綠化廣場學校醫院小中心站線高速鐵機東西南北"
    "新城文化旅遊生態農工業倉儲物流交通信息名稱類型編號面積長度備註狀態完成臺灣北香港九龍新界"
)

_OUR_CITIES = ("太原", "晋中", "忻州", "吕梁", "阳泉", "山西")

# Pages whose upper half are letters of another alphabet, large and small.
_TWO_CASES = frozenset({"cp1251", "cp1253", "cp866", "koi8-r", "koi8-u", "iso8859-5", "iso8859-7", "mac-cyrillic"})
_FEW_LETTERS, _MANY_LETTERS = 4, 12

# Several hanzi of UTF-8, which bytes of GBK spell by the rarest of chances.
_HANZI_OF_UTF8 = re.compile(rb"(?:[\x00-\x7f]|\xe3\x80[\x80-\xbf]|[\xe4-\xe9][\x80-\xbf]{2}|\xef[\xbc\xbd][\x80-\xbf])+")
_SOME_OF_UTF8 = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){2}")
_GOOD_CHINESE = 0.9

_CLEARLY_BETTER = 0.2  # in tables of names the right reading is better by 0.26 at least

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
    """

    codec: str
    how: How
    overruled: tuple[str, ...] = ()

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
            return TextEncoding(codec, how, tuple(overruled))
        overruled.append(label)
    return TextEncoding(evidence, "assumed" if evidence == WESTERN else "detected", tuple(overruled))


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
        return _fit(UTF8, values) >= 1.0 and not (evidence == GB18030 and _score(GB18030, values) >= 1.25)
    if evidence == UTF8:
        return False  # text of any length that is valid UTF-8 is UTF-8
    if evidence in (GB18030, BIG5):
        # A single-byte page takes any bytes. Japanese and Korean pages overlap with GBK: only names of places tell them apart.
        if codec in ("cp932", "cp949"):
            return _fit(codec, values) >= 1.0 and not (evidence == GB18030 and _names_our_cities(values))
        return codec in _TWO_CASES and _is_words(codec, values)
    return _fit(codec, values) >= 0.9


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
    """Tell whether a mark of GBK or Big5 stands: the two overlap, so it does unless the other is clearly better Chinese."""
    if _fit(codec, values) < 1.0 or _mostly_western(values):
        return False
    score, other = _score(codec, values), BIG5 if codec == GB18030 else GB18030
    return score > 0.0 and (_fit(other, values) < 1.0 or _score(other, values) <= score + _CLEARLY_BETTER)


def _from_bytes(values: Sequence[bytes]) -> str:
    utf8 = _fit(UTF8, values)
    whole = any(not (decode_cut(value, UTF8) or "").isascii() for value in values)  # not only halves at the end, as in Bogotá
    if utf8 >= 1.0 and whole and not _is_gbk_by_chance(values):
        return UTF8
    if sum(bool(_SOME_OF_UTF8.search(value) and _HANZI_OF_UTF8.fullmatch(value)) for value in values) >= 0.9 * len(values):
        return UTF8  # and a few in another
    if utf8 < 0.9 and _mostly_western(values):
        return WESTERN
    chinese = {codec: _score(codec, values) for codec in (GB18030, BIG5) if _fit(codec, values) >= 0.98}
    best = max(chinese, key=lambda codec: chinese[codec], default=WESTERN)
    if best != WESTERN and chinese[best] >= 0.3:
        return best
    return UTF8 if utf8 >= 0.9 and whole else WESTERN


def _mostly_western(values: Sequence[bytes]) -> bool:
    return sum(bool(_WESTERN_WORD.search(value)) for value in values) * 2 > len(values)


def _fit(codec: str, values: Sequence[bytes]) -> float:
    """Return the share of the values that decode, one cut character at the end allowed."""
    return sum(decode_cut(value, codec) is not None for value in values) / len(values)


def decode_cut(value: bytes, codec: str) -> str | None:
    """Return the text without a half character at its end; None when the bytes are not in this encoding."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        text = decoder.decode(value, final=False)
    except UnicodeDecodeError:
        return None
    pending = decoder.getstate()[0]
    return text if len(pending) < 4 and (text or not pending) else None


def _is_gbk_by_chance(values: Sequence[bytes]) -> bool:
    """Tell whether valid UTF-8 is rather GBK: only two-byte sequences, each a common hanzi, none beside a Latin letter."""
    for value in values:
        text = decode_cut(value, UTF8) or ""
        if any(ord(char) >= 0x800 for char in text) or re.search(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]", value):
            return False
        chinese = decode_cut(value, GB18030)
        if chinese is None or not all(char.isascii() or _is_common(char) for char in chinese):
            return False
    return True


def _is_common(char: str) -> bool:
    raw = char.encode(GB18030)
    return len(raw) == 2 and 0xB0 <= raw[0] <= 0xD7 and raw[1] >= 0xA1


def _score(codec: str, values: Iterable[bytes]) -> float:
    """Return how much the values look like Chinese in this encoding: about 1 for ordinary names, below 0.3 for noise."""
    total, count = 0.0, 0
    weigh = _weigh_gbk if codec == GB18030 else _weigh_big5
    for value in values:
        for char in decode_cut(value, codec) or "":
            if not char.isascii():
                total += weigh(char)
                count += 1
    return total / count if count else 0.0


def _weigh_gbk(char: str) -> float:
    if char in _FREQUENT_SIMPLIFIED:
        return 1.5
    raw = char.encode(GB18030)
    if len(raw) == 4:
        return -0.5
    lead, trail = raw
    if 0xB0 <= lead <= 0xF7 and trail >= 0xA1:  # the hanzi of GB 2312, the frequent ones first
        return 1.0 if lead <= 0xD7 else 0.5
    if lead in (0xA1, 0xA3) and trail >= 0xA1:  # punctuation and full-width forms
        return 0.6
    if trail < 0x80:  # what a Western accent and the letter after it would make
        return -0.2
    return 0.3 if lead < 0xA1 or lead >= 0xB0 else -0.2


def _weigh_big5(char: str) -> float:
    if char in _FREQUENT_TRADITIONAL:
        return 1.5
    raw = char.encode(BIG5, "replace")
    if len(raw) != 2:
        return -0.5
    if 0xA4 <= raw[0] <= 0xC6:  # the 5401 frequent hanzi
        return 0.9 if raw[1] >= 0xA1 else 0.8
    return 0.5 if raw[0] < 0xA4 else 0.1


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
    mixed = codec == GB18030 and bool(_SOME_OF_UTF8.search(joined))
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
        return GB18030 if _score(GB18030, [value]) >= _GOOD_CHINESE else None
    return None


def _strict(value: bytes, codec: str) -> str | None:
    try:
        return value.decode(codec)
    except UnicodeDecodeError:
        return None

"""Names in plain ASCII for programs that stumble over hanzi: 项目名称 becomes XMMC, as the codes of the standards do it."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache

# GB 2312 keeps its 3 755 common characters in the order of their pinyin: the first character of each initial.
_FIRSTS = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
_INITIALS = "ABCDEFGHJKLMNOPQRSTWXYZ"
_BORDERS = [each.encode("gbk") for each in _FIRSTS]
_FIRST, _LAST = "啊".encode("gbk"), "座".encode("gbk")


def ascii_name(name: str) -> str:
    """Return letters, digits and underscores for a name; what fits stays as it is.

    >>> ascii_name("项目名称"), ascii_name("GDP 2026年"), ascii_name("XMMC")
    ('XMMC', 'GDP_2026N', 'XMMC')
    """
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return name
    plain = re.sub(r"[^A-Za-z0-9]+", "_", "".join(_letter(each) for each in name)).strip("_")
    return f"F_{plain}" if not plain or plain[0].isdigit() else plain


def initials(text: str) -> str:
    """Return a text with the initials of its common hanzi in their places, in small letters; the rest stays as it is.

    >>> initials("太原都市圈 A")
    'tydsq A'
    """
    return text.translate(_small_initials())


@cache
def _small_initials() -> dict[int, str]:
    common = (bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return {ord(each): _letter(each).lower() for each in common if each}


def _letter(character: str) -> str:
    if character.isascii():
        return character
    raw = character.encode("gbk", "replace")
    return _INITIALS[bisect_right(_BORDERS, raw) - 1] if _FIRST <= raw <= _LAST else "_"

"""What somebody typed to find something: the text itself, or the initials of the pinyin of Chinese words.

It knows the common hanzi; one that it does not know has any initial. Knows nothing of Qt.
"""

from __future__ import annotations

import re

from cgplanner.io.texts.ascii_names import initials

_RARE = "\u3400-\u4dbf\u4e00-\u9fff"  # what initials() leaves of a text's hanzi


class Wanted:
    """A text that is looked for; empty where nothing was typed.

    >>> Wanted("jww").is_in("经纬网"), Wanted("hth").is_in("滹沱河流域"), Wanted("网").is_in("经纬网")
    (True, True, True)
    """

    def __init__(self, typed: str) -> None:
        self.text = typed.strip().casefold()
        spelt = len(self.text) > 1 and self.text.isascii() and self.text.isalpha()
        self._letters = re.compile("".join(f"[{each}{_RARE}]" for each in self.text)) if spelt else None

    def __bool__(self) -> bool:
        return bool(self.text)

    def is_in(self, text: str) -> bool:
        """Tell whether a text holds what was typed, or is spelt so."""
        return self.text in text.casefold() or self.spells(text)

    def spells(self, text: str) -> bool:
        """Tell whether what was typed are the initials of words that stand side by side in the text."""
        if self._letters is None or text.isascii():
            return False
        found = self._letters.search(initials(text.casefold()))
        return found is not None and 2 * sum(each.isascii() for each in found[0]) >= len(found[0]) - 1

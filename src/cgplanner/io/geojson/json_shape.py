"""What a JSON text says of itself without being taken apart, and the whole features of one that breaks off.

Only texts in here: no file, no driver.
"""

from __future__ import annotations

import json
import re
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]')
_FEATURES = re.compile(r'"features"\s*:\s*\[')
_CRS = re.compile(r'"(?:crs|coordRefSys)"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\}|"[^"]*")')
_ANNOUNCED = re.compile(r'"(?:numberMatched|totalFeatures)"\s*:\s*(\d+)')
_BLANKS = re.compile(r"[\s,]*")


def type_of(head: str) -> str:
    """Return the "type" of the outermost object, as far as the beginning of a text tells; '' where it does not."""
    depth, key, after_colon = 0, "", False
    for found in _TOKEN.finditer(head):
        sign = found[0]
        if sign in "[{":
            depth += 1
            if depth == 1 and sign == "[":
                return ""
        elif sign in "]}":
            depth -= 1
        elif depth == 1 and sign == ":":
            after_colon = True
        elif depth == 1 and sign == ",":
            key, after_colon = "", False
        elif depth == 1 and sign[0] == '"':
            if after_colon and key == '"type"':
                return sign[1:-1]
            key = key if after_colon else sign
    return ""


def holds_features(head: str) -> bool:
    """Tell whether a collection with something in it begins here."""
    return bool(re.search(r'"features"\s*:\s*\[\s*\{', head))


def named_crs(head: str, tail: str) -> str:
    """Return what stands in the member "crs" (or "coordRefSys"), '' where there is none."""
    found = _CRS.search(head) or _CRS.search(tail)
    return found[1] if found else ""


def announced(head: str, tail: str) -> int:
    """Return how many features the server says it has, -1 where it says nothing."""
    found = _ANNOUNCED.search(head[:4096]) or _ANNOUNCED.search(tail[-4096:])
    return int(found[1]) if found else -1


def whole_features(text: str) -> list[dict[str, Any]]:
    """Return the features of a collection up to the place where it breaks off."""
    begin = _FEATURES.search(text)
    features: list[dict[str, Any]] = []
    if not begin:
        return features
    decoder, place = json.JSONDecoder(), begin.end()
    while True:
        found = _BLANKS.match(text, place)
        place = found.end() if found else place
        try:
            feature, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return features
        if not isinstance(feature, dict):
            return features
        features.append(feature)

"""The files that make up a MapInfo table, which of them are missing, and what its marks for encodings mean."""

from __future__ import annotations

import re
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.texts.encoding import NAMES, UTF8
from cgplanner.io.texts.hanzi_odds import BIG5, GB18030
from cgplanner.text import sentence, tr

_HEAD_BYTES = 1 << 16
_OF_CODEC = {GB18030: "WindowsSimpChinese", BIG5: "WindowsTradChinese", UTF8: "UTF-8"}
CHARSETS = {charset.casefold(): NAMES[codec] for codec, charset in _OF_CODEC.items()}  # what a mark means


def charset_of(codec: str) -> str:
    """Return MapInfo's mark for an encoding, '' for none."""
    return _OF_CODEC.get(codec, "")


def missing_parts(path: Path) -> tuple[Note, ...]:
    """Return notes on parts without which a table (.tab, .mif) can still be read.

    Raises
    ------
    UserError
        When a part is missing without which it cannot.
    """
    there = {each.suffix.lower() for each in path.parent.iterdir() if each.stem.casefold() == path.stem.casefold()}
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if path.suffix.lower() == ".mif":
        columns = re.search(rb"^\s*columns\s+(\d+)", head, re.IGNORECASE | re.MULTILINE)
        if ".mid" in there or columns is None or not int(columns[1]):
            return ()
        return (Note("mid-missing", "warning", sentence("The attributes (.mid) are missing; only shapes were read.")),)
    if not re.search(rb"type\s+native", head, re.IGNORECASE):  # views and tables of other programs have other parts
        return ()
    needed = [".dat"] if ".map" not in there else [".dat", ".id"]
    for suffix in needed:
        if suffix not in there:
            raise UserError(
                tr("{name} has no {suffix} file beside it.", name=path.name, suffix=suffix),
                hint=tr("Copy all files of the same name together."),
                path=path,
            )
    if ".id" in there and ".map" not in there:
        return (Note("map-missing", "warning", sentence("The shapes (.map) are missing; only attributes were read.")),)
    return ()

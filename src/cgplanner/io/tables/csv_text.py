"""The characters of a CSV file, whatever encoding each of its lines is in."""

from __future__ import annotations

import re
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.io.texts.encoding import NAMES, UTF8
from cgplanner.io.texts.hanzi_odds import GB18030
from cgplanner.io.texts.text_source import damage_notes, text_source
from cgplanner.text import sentence, tr

_PRIVATE = re.compile("[\ue000-\uf8ff\ufffd]")  # what GBK makes of bytes that are none of it
_CUT = re.compile('\ufffd+(?=[\\s",;|，]|$)')


def csv_text(path: Path, encoding: str | None, notes: list[Note]) -> tuple[str, tuple[str, str]]:
    """Return the text, and (encoding, how it was found).

    Raises
    ------
    UserError
        When the file is no text, or the user's encoding is not known.
    """
    source = text_source(path, wanted=encoding)
    raw = path.read_bytes()[source.skip :]
    wide = source.codec.startswith(("utf-16", "utf-32"))
    if not wide and b"\0" in raw[:65_536]:
        raise UserError(
            tr("{name} does not hold what its name says: it is no {what} file.", name=path.name, what="CSV"),
            hint=tr("Check that the file is complete, or export it again from where it came."),
            path=path,
        )
    text = raw.decode(source.codec, "replace")
    notes += source.notes
    if not wide and encoding is None and _PRIVATE.search(text):
        text = _line_by_line(raw, source.codec, notes)
    text, cut = _CUT.subn("", text)
    if cut:
        message = sentence("{count} values end in half a character, which was dropped.", count=cut)
        notes.append(Note("text-cut", "warning", message, cut))
    notes += damage_notes(text.count("\ufffd"), source.name)
    how = source.how if raw.isascii() or source.how != "assumed" or source.codec != UTF8 else "detected"
    return text, (source.name, how)


def is_odd_text(text: str) -> bool:
    """Tell whether a text holds what another encoding, or damage, makes of bytes."""
    return bool(_PRIVATE.search(text))


def _line_by_line(raw: bytes, codec: str, notes: list[Note]) -> str:
    """Decode every line by itself: files put together from others have lines in several encodings."""
    other = UTF8 if codec != UTF8 else GB18030
    lines, changed = [], 0
    for line in raw.splitlines(keepends=True):
        text = line.decode(codec, "replace")
        if not line.isascii() and _PRIVATE.search(text):
            try:
                text = line.decode(other)
                changed += 1
            except UnicodeDecodeError:
                pass
        lines.append(text)
    if changed:
        message = sentence(
            "{count} lines are in another encoding than the rest ({encoding}).", count=changed, encoding=NAMES[other]
        )
        notes.append(Note("encoding-mixed", "warning", message, changed))
    return "".join(lines)

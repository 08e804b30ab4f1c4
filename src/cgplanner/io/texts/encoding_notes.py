"""What there is to say of the encoding that was found: wrong marks, too little text. One wording for every door."""

from __future__ import annotations

from cgplanner.io.report import Note
from cgplanner.io.texts.encoding import TextEncoding
from cgplanner.io.texts.hanzi_odds import GB18030
from cgplanner.text import sentence


def encoding_notes(found: TextEncoding, marks: str) -> list[Note]:
    """Return the notes on an encoding; ``marks`` is what the file says of itself."""
    notes = []
    if found.overruled:
        message = sentence("The file says {marks}, but its text is {encoding}.", marks=marks, encoding=found.name)
        notes.append(Note("encoding-mark-wrong", "warning", message, len(found.overruled)))
    if found.unsure:
        message = sentence(
            "There is too little text to tell the encoding: {encoding} was taken, which makes it “{example}”. Check it.",
            encoding=found.name,
            example=found.unsure,
        )
        usual = found.codec == GB18030 and found.how in ("cpg", "ldid")  # what a Chinese office says and means
        notes.append(Note("encoding-unsure", "info" if usual else "warning", message, 1, "", (found.unsure,)))
    return notes

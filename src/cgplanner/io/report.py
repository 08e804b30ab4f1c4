"""What a door of this room has to say about the work it did: found, guessed, repaired, lost.

Reading and writing return the value *and* a report; nothing is repaired or dropped in silence. Only data here: no driver,
no file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from cgplanner.text import Sentence

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Note:
    """One thing worth knowing.

    Attributes
    ----------
    code
        Stable, kebab-case; what programs and tests look at.
    message
        One sentence for people; a :class:`Sentence` is put into their language when it is read.
    count
        How many values, features or fields it is about.
    field
        The field's name in the source, '' where it is about the whole layer.
    examples
        A few of the values it is about.
    """

    code: str
    severity: Severity
    message: Sentence | str
    count: int = 1
    field: str = ""
    examples: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what ``info --json`` prints of a note."""
        return {"code": self.code, "severity": self.severity, "message": str(self.message), "count": self.count}

    def loss_json(self) -> dict[str, Any]:
        """Return what ``convert --json`` prints of a loss."""
        loss: dict[str, Any] = {"code": self.code, "field": self.field, "count": self.count, "message": str(self.message)}
        return loss | ({"examples": list(self.examples)} if self.examples else {})


@dataclass(frozen=True)
class CrsCandidate:
    """One answer to what coordinates may be.

    Attributes
    ----------
    crs
        What the layer is in once ``change`` is done.
    change
        What has to be done to the numbers first: words of :mod:`cgplanner.io.crs.zone_candidates`, '' for nothing.
    likelihood
        0..1, of all candidates together 1.
    reason
        Why it is thought of.
    """

    crs: str
    change: tuple[str, ...]
    likelihood: float
    reason: Sentence | str

    def to_json(self) -> dict[str, Any]:
        """Return what ``info --json`` prints of a candidate."""
        return {
            "crs": self.crs,
            "change": list(self.change),
            "likelihood": round(self.likelihood, 3),
            "reason": str(self.reason),
        }


@dataclass(frozen=True)
class DatumMark:
    """How a layer came from one datum to another, and how far its places can be trusted since.

    Attributes
    ----------
    how
        ``kept``: it did not, and lies beside layers of another datum; ``ballpark``: without parameters; ``helmert``: with
        given ones; ``similarity``, ``affine``, ``helmert-points``: fitted to control points.
    before, after
        The CRS.
    metres
        About how far places may be off; None where nobody knows.
    detail
        The file of the parameters, '' where they were typed.
    points, worst
        How many control points, and which disagreed most by how many metres.
    """

    how: str
    before: str
    after: str
    metres: float | None = None
    detail: str = ""
    points: int = 0
    worst: tuple[str, float] = ("", 0.0)

    @property
    def is_rough(self) -> bool:
        """Tell whether no parameters were used."""
        return self.how in ("kept", "ballpark")

    def to_json(self) -> dict[str, Any]:
        """Return what ``info --json`` prints, and what a workspace keeps."""
        found: dict[str, Any] = {"how": self.how, "from": self.before, "to": self.after, "accuracy_m": self.metres}
        found |= {"parameters": self.detail} if self.detail else {}
        return found | ({"points": self.points, "worst": list(self.worst)} if self.points else {})


_OF_THE_LAYER = (
    "driver",
    "nested-as-text",
    "fields-restored",
    "layer-empty",
    "crs-missing",
)  # notes that say the same of every piece


def joined_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return the notes on pieces of a layer as those on the whole: one a kind and field, their counts added up."""
    totals: dict[tuple[str, str, str], Note] = {}
    for note in notes:
        words = note.message.source if isinstance(note.message, Sentence) else note.message
        place = (note.code, note.field, words)
        known = totals.get(place)
        if known is None:
            totals[place] = note
        elif note.code not in _OF_THE_LAYER:
            count = known.count + note.count
            examples = (*known.examples, *note.examples)[: max(3, len(known.examples))]
            totals[place] = replace(known, count=count, message=_counted(known.message, count), examples=examples)
    return tuple(totals.values())


def _counted(message: Sentence | str, count: int) -> Sentence | str:
    if isinstance(message, str):
        return message
    return Sentence(message.source, tuple((name, count if name == "count" else value) for name, value in message.values))


def datum_mark_of(data: Any) -> DatumMark | None:
    """Return the mark that :meth:`DatumMark.to_json` wrote; None when the data are something else."""
    if not isinstance(data, dict) or not all(isinstance(data.get(each), str) for each in ("how", "from", "to")):
        return None
    metres, worst = data.get("accuracy_m"), data.get("worst")
    known = isinstance(worst, list) and len(worst) == 2 and isinstance(worst[1], int | float)
    return DatumMark(
        data["how"],
        data["from"],
        data["to"],
        float(metres) if isinstance(metres, int | float) else None,
        str(data.get("parameters", "")),
        int(data.get("points", 0)) if isinstance(data.get("points", 0), int) else 0,
        (str(worst[0]), float(worst[1])) if worst and known else ("", 0.0),
    )


@dataclass(frozen=True)
class Report:
    """All notes of one reading, and how encoding and CRS were found.

    ``encoding_how`` and ``crs_how`` are one of declared, cpg, ldid, detected, assumed, prj, guessed, missing; '' where the
    question does not arise. ``renamed`` holds (name in the source, name here). ``candidates`` are what the coordinates may be,
    the likeliest first, where the file leaves that open or seems to be wrong about it; ``crs_change`` is what was done to them.
    ``datum`` is there once the rows were moved to another datum, or lie in an old one.
    """

    notes: tuple[Note, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    encoding: str = ""
    encoding_how: str = ""
    crs: str = ""
    crs_how: str = ""
    candidates: tuple[CrsCandidate, ...] = ()
    crs_change: tuple[str, ...] = ()
    datum: DatumMark | None = None

    def with_notes(self, *notes: Note) -> Report:
        """Return the report with these notes after its own."""
        return replace(self, notes=(*self.notes, *notes))

    def has(self, code: str) -> bool:
        """Tell whether there is a note with this code."""
        return any(note.code == code for note in self.notes)

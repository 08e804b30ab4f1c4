"""What to do with a file that breaks off: it is refused, unless somebody asked for the features that are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.report import Note
from cgplanner.text import Sentence, sentence, tr

_wanted: ContextVar[bool] = ContextVar("whole_features_wanted", default=False)


# What expat and json say, by how it begins: in words for people, in their language.
_REASONS: tuple[tuple[tuple[str, ...], Sentence], ...] = (
    (("no element found", "unclosed token", "unclosed CDATA", "Unterminated string"), sentence("its end is missing")),
    (("not well-formed", "Expecting", "Invalid"), sentence("a character stands there that does not belong there")),
    (("mismatched tag",), sentence("an element is closed that is not open")),
    (("junk after", "Extra data"), sentence("something stands behind the end of the document")),
    (("undefined entity",), sentence("it names a character that is not known")),
    (("duplicate attribute",), sentence("an element says the same thing twice")),
    (("partial character",), sentence("half a character stands there")),
)


def reason_in_words(said: str) -> str:
    """Return what a parser says is wrong as people say it; parsers know English only.

    >>> reason_in_words("no element found: line 3, column 7")
    'its end is missing'
    """
    for begins, words in _REASONS:
        if said.startswith(begins):
            return str(words)
    return tr("it is not written as it should be")


class BrokenOff(UserError):
    """A file breaks off after some features that are whole.

    Attributes
    ----------
    features
        How many they are.
    """

    def __init__(self, path: Path, line: int, reason: str, features: int) -> None:
        super().__init__(
            tr(
                "{name} breaks off or is damaged in line {line} ({reason}); the {count} features before it are whole.",
                name=path.name,
                line=line,
                reason=reason,
                count=features,
            ),
            hint=tr("Ask for the complete file, or take the whole features: in the import window, or with --take-whole."),
            path=path,
        )
        self.features = features


@contextmanager
def whole_features_taken(*, wanted: bool = True) -> Iterator[None]:
    """Inside the block what is whole in a file that breaks off is read, and the break is said in the report."""
    token = _wanted.set(wanted)
    try:
        yield
    finally:
        _wanted.reset(token)


def are_whole_features_taken() -> bool:
    """Tell whether somebody asked for them."""
    return _wanted.get()


def broken_note(line: int, features: int) -> Note:
    """Return the note that says what is missing."""
    message = sentence(
        "The file breaks off or is damaged in line {line}; only the {count} features before it were read.",
        line=line,
        count=features,
    )
    return Note("file-broken", "warning", message, features)


def trailing_note(line: int) -> Note:
    """Return the note on what lies behind the end of a document."""
    return Note(
        "text-behind-end",
        "warning",
        sentence("What lies behind the end of the document in line {line} was left out.", line=line),
    )


def mended_note(count: int) -> Note:
    """Return the note on characters that XML does not allow."""
    message = sentence("{count} characters that XML does not allow were put right.", count=count)
    return Note("xml-mended", "warning", message, count)

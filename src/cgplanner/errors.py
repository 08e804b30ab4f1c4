"""The two kinds of trouble: what a user can mend, and everything else.

A ``UserError`` is the world's or the input's fault: its message is one clear sentence (what, where) and its hint says what
to do. Nothing has changed when it is raised. Any other exception that leaves a room is a bug of ours.
"""

from __future__ import annotations

from pathlib import Path


class CgplannerError(Exception):
    """Base of the errors this program raises on purpose."""


class UserError(CgplannerError):
    """A refusal that the user can act on.

    Parameters
    ----------
    message
        One sentence in the language of the user: what is wrong and where.
    hint
        One sentence: what to do about it.
    path
        The file or folder it is about, when there is one.
    """

    def __init__(self, message: str, *, hint: str = "", path: Path | str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = Path(path) if path is not None else None

    def __str__(self) -> str:
        """Return message and hint as one line, the way the command line prints them."""
        return f"{self.message} {self.hint}".strip()


class Refused(UserError):
    """A strict mode said no; the command line ends with exit code 4."""


class Cancelled(CgplannerError):
    """The user asked a long job to stop; it changed nothing."""

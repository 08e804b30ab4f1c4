"""What the command line says: JSON for programs on standard output, sentences for people on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from cgplanner.io.report import Note
from cgplanner.text import tr

DONE, USAGE, FAULT, REFUSED, BUG = 0, 2, 3, 4, 70  # 1 is kept for checks that find errors


def print_json(value: Any) -> None:
    """Print one JSON value on one line of standard output."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def say(text: str) -> None:
    """Say something to people."""
    print(text, file=sys.stderr, flush=True)


def say_notes(notes: Iterable[Note]) -> None:
    """Say notes, one a line, the grave ones marked."""
    marks = {"error": tr("Error"), "warning": tr("Note"), "info": ""}
    for note in notes:
        mark = marks[note.severity]
        say(f"  {mark}: {note.message}" if mark else f"  {note.message}")


@contextmanager
def progress(title: str) -> Iterator[Callable[[float], None] | None]:
    """Show a bar on a terminal; give None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  only a terminal needs it
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)

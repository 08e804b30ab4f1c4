"""Which words are verbs of the command line. The door asks this before it knows whether the window is wanted: no imports."""

from __future__ import annotations

VERBS = ("new", "info", "convert", "export", "edit", "style", "render", "print", "bench")
MEASUREMENT = "--bench-"


def is_for_command_line(arguments: list[str]) -> bool:
    """Tell whether these arguments call a verb or hold an option, rather than open the window.

    The window has no options but those of its measurements; what it does not know the command line refuses.
    """
    first = arguments[0] if arguments else ""
    return first in VERBS or (first.startswith("-") and not first.startswith(MEASUREMENT))

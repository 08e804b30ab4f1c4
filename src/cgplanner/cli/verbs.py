"""Which words are verbs of the command line. The door asks this before it knows whether the window is wanted: no imports."""

from __future__ import annotations

VERBS = ("new", "info", "convert", "export", "edit", "style", "render", "print", "bench")


def is_for_command_line(arguments: list[str]) -> bool:
    """Tell whether these arguments call a verb or ask for help, rather than open the window."""
    return bool(arguments) and (arguments[0] in VERBS or arguments[0] in ("-h", "--help", "--version"))

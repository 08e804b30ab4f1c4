"""``cgplanner``: a verb or an option goes to the command line, a path or nothing opens the window.

The command line and the window stand on one floor and do not know each other; this is the door in front of both.
"""

from __future__ import annotations

import gc
import sys

from cgplanner.cli.verbs import is_for_command_line

_FEW_LOOKS = 50_000  # new objects between two searches for garbage; a verb lives for seconds and makes little


def main(argv: list[str] | None = None) -> int:
    """Run the program; return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if is_for_command_line(arguments):
        gc.set_threshold(_FEW_LOOKS)  # modules and drivers are no garbage, and looking through them takes a third of a second
        from cgplanner.cli import main as command_line  # noqa: PLC0415  the window must not wait for the command line

        return command_line.main(arguments)
    return window(arguments)


def window(argv: list[str] | None = None) -> int:
    """Open the window, for a launcher that wants no command line; return the exit code at its end."""
    gc.disable()  # next to nothing that is loaded now is garbage; the window turns it on again
    from cgplanner.app.main import main as opened  # noqa: PLC0415  the command line must not load Qt

    return opened(argv)


if __name__ == "__main__":
    sys.exit(main())

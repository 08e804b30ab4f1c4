"""``cgplanner``: a verb goes to the command line, anything else opens the window.

The command line and the window stand on one floor and do not know each other; this is the door in front of both.
"""

from __future__ import annotations

import gc
import sys

from cgplanner.cli.verbs import is_for_command_line


def main(argv: list[str] | None = None) -> int:
    """Run the program; return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if is_for_command_line(arguments):
        from cgplanner.cli import main as command_line  # noqa: PLC0415  the window must not wait for the command line

        return command_line.main(arguments)
    gc.disable()  # next to nothing that is loaded now is garbage; the window turns it on again
    from cgplanner.app.main import main as window  # noqa: PLC0415  the command line must not load Qt

    return window(arguments)


if __name__ == "__main__":
    sys.exit(main())

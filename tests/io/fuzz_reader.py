"""Reads every path on standard input in a process of its own, so that a fault of a driver is seen and hurts nobody."""

from __future__ import annotations

import os
import sys
import time
import traceback

MEMORY_BYTES = 6 << 30


def main() -> None:
    """Say for every path: its number, "read", "refused" or "bug", and the seconds it took."""
    if sys.platform.startswith("linux"):
        import resource  # noqa: PLC0415  not everywhere

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    from cgplanner.errors import UserError  # noqa: PLC0415  after the limit
    from cgplanner.io.vector import describe  # noqa: PLC0415  as above

    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # drivers print what they think of the bytes
    for line in sys.stdin:
        begin = time.monotonic()
        try:
            describe(line.strip())
            word = "read"
        except UserError as refusal:
            word = "refused" if refusal.hint else "bug no hint"
        except Exception:  # noqa: BLE001  this is what is looked for
            word = "bug " + traceback.format_exc().replace("\n", " | ")[-700:]
        print(f"{time.monotonic() - begin:.1f} {word}", file=out, flush=True)


if __name__ == "__main__":
    main()

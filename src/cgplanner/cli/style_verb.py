"""``style``: the look of a layer from a file of another program, or into one."""

from __future__ import annotations

import argparse
from typing import Any

from cgplanner.cli import output
from cgplanner.edit.style_operations import take_style
from cgplanner.io.styles.style_file import read_style, write_style
from cgplanner.session.session import Session
from cgplanner.text import tr


def style(parsed: argparse.Namespace) -> int:
    """Read or write one layer's style."""
    writes = parsed.to is not None
    session = Session.open(parsed.workspace, read_only=writes, journaled=False)
    try:
        layer = session.workspace.named(parsed.layer)
        if writes:
            notes = write_style(layer, parsed.to, overwrite=parsed.overwrite)
            done = tr("Wrote the style of {layer} to “{path}”.", layer=layer.title, path=parsed.to)
        else:
            read = read_style(parsed.origin, layer.schema)
            notes = read.notes
            session.run(take_style(session.workspace, layer.id, read.style, read.opacity))
            session.save()
            done = tr("{layer} has the style of “{path}” now.", layer=layer.title, path=parsed.origin)
    finally:
        session.close()
    if parsed.json:
        result: dict[str, Any] = {"layer": layer.id, "file": parsed.to or parsed.origin}
        output.print_json(result | {"notes": [note.to_json() for note in notes]})
    output.say(done)
    output.say_notes(notes)
    return output.DONE

"""What every door for XML asks first: which encoding it declares, whether it is whole, whether it means harm."""

from __future__ import annotations

import re
import xml.parsers.expat
from pathlib import Path
from typing import NoReturn

from cgplanner.errors import UserError
from cgplanner.io.text_source import TextSource, text_source
from cgplanner.text import tr

PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)[\"']")


def declared_encoding(path: Path) -> str | None:
    """Return the encoding that the first line names."""
    with path.open("rb") as file:
        found = _ENCODING.search(file.read(512))
    return found[1].decode("ascii") if found else None


def defines_entities(path: Path) -> NoReturn:
    """Refuse XML that defines entities: maps need none, and a few of them fill all memory."""
    raise UserError(
        tr("{name} defines XML entities, which no map file needs.", name=path.name),
        hint=tr("Ask the sender what this is, or have it exported again."),
        path=path,
    )


def whole_xml(path: Path, encoding: str | None = None) -> TextSource:
    """Return how the text of an XML file is read, after having walked it from end to end.

    Drivers stop in silence where a file breaks off, and keep what they have so far.

    Raises
    ------
    UserError
        When it is not well-formed, or defines entities.
    """
    source = text_source(path, declared=declared_encoding(path), wanted=encoding)
    parser = xml.parsers.expat.ParserCreate("utf-8")  # what is fed to it, whatever the file declares
    parser.EntityDeclHandler = lambda *_: defines_entities(path)
    try:
        for number, piece in enumerate(source.pieces()):
            parser.Parse((piece.lstrip("\ufeff") if not number else piece).encode("utf-8", "replace"), False)
        parser.Parse(b"", True)
    except xml.parsers.expat.ExpatError as error:
        raise UserError(
            tr(
                "{name} is no whole XML file: line {line}: {reason}.",
                name=path.name,
                line=error.lineno,
                reason=str(error).split(":")[0],
            ),
            hint=tr("Check that the file is complete, or export it again from where it came."),
            path=path,
        ) from error
    return source

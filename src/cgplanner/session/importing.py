"""From what a door of ``io`` read to a layer of the workspace: an id, titles, a look, a word on how exact its places are."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from cgplanner.io.crs.datum_change import mark_note, mark_words, with_mark_kept
from cgplanner.io.report import Note, datum_mark_of
from cgplanner.io.source import LoadedLayer
from cgplanner.io.texts.ascii_names import ascii_name
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.defaults import default_style
from cgplanner.text import in_both

_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


def imported_layer(loaded: LoadedLayer, workspace: Workspace) -> Layer:
    """Return the layer that a file becomes in this workspace, with an id that is new there and a look of its own.

    A layer in an old datum, or one taken from it, bears a note on its accuracy, which is saved, shown and printed.
    """
    loaded = with_mark_kept(loaded)
    position = sum(layer.role == "planning" for layer in workspace.layers)
    mark = loaded.report.datum
    zh, en = in_both(mark_words(mark)) if mark else ("", "")
    return Layer(
        id=fresh_id(loaded.name, workspace),
        title_zh=loaded.name,
        title_en=loaded.name,
        table=loaded.table,
        crs=loaded.crs,
        style=default_style(loaded.table.schema, position),
        source=loaded.source_path.name,
        accuracy_note=zh,
        encoding=loaded.report.encoding,
        extras={"accuracy_note_en": en, "datum": mark.to_json()} if mark else {},
    )


def readable_title(loaded: LoadedLayer) -> str:
    """Return what a layer may be called: its name in the file without what copying and sending put on it.

    Dates of the sending, marks of copies and versions go, underscores become blanks; years that are part of a name stay. A name
    that only says that it is a layer gives way to the file's.
    """
    name = loaded.source_path.stem if _NO_NAME.fullmatch(loaded.name) else loaded.name
    title = unicodedata.normalize("NFC", name)
    while (shorter := _SENT.sub("", title)) != title and len(shorter.strip(" _-.")) > 1:
        title = shorter
    title = re.sub(r"[_\s]+", " ", title).strip(" -.")
    return title or loaded.name


_NO_NAME = re.compile(
    r"sheet ?\d*|工作表 ?\d*|entities|layer ?\d*|图层 ?\d*|ogrgeojson|new_shapefile|export_output", re.IGNORECASE
)
_SENT = re.compile(
    r"(?:[_\-\s.]*(?:[(（]\d{1,2}[)）]|(?<!\d)20\d{6}(?:[_\-]?\d{4,6})?|(?<!\d)20\d\d[-_.]\d\d[-_.]\d\d|副本|复件|copy"
    r"|最终版?|终稿|定稿|final|[vV]\d+(?:\.\d+)*))$|^(?:复件|copy of)[_\-\s]+",
    re.IGNORECASE,
)


def accuracy_notes(layer: Layer) -> tuple[Note, ...]:
    """Return what has to be said wherever the layer goes: how it came to its datum."""
    mark = datum_mark_of(layer.extras.get("datum"))
    return (replace(mark_note(mark), severity="info"),) if mark else ()


def fresh_id(name: str, workspace: Workspace) -> str:
    """Return an ASCII id made from a name that no layer of the workspace has; of hanzi the initials: files are called so."""
    plain = _NOT_PLAIN.sub("_", ascii_name(f"a{name}")[1:].lower()).strip("_")[:32]
    stem = plain if plain and plain[0].isalpha() else f"layer_{plain}".rstrip("_")
    number, candidate = 1, stem
    while candidate in workspace or candidate in _RESERVED:
        number += 1
        candidate = f"{stem}_{number}"
    return candidate


_RESERVED = {"gpkg_contents", "sqlite_master", "layer"}

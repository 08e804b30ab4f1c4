"""The door for styles of other programs: QGIS (.qml) and Styled Layer Descriptors (.sld), read and written with a report.

What both sides know is taken over; all the rest is in the notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.files.safe_write import disk_trouble_told, refuse_existing, replacing
from cgplanner.io.report import Note
from cgplanner.io.styles.qml_read import read_qml
from cgplanner.io.styles.qml_write import qml_of
from cgplanner.io.styles.sld_read import read_sld
from cgplanner.io.styles.sld_write import sld_of
from cgplanner.io.styles.style_xml import Losses, StyleRead, local, parsed_xml
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Schema
from cgplanner.text import tr

STYLE_SUFFIXES = (".qml", ".sld")


def read_style(path: Path | str, schema: Schema) -> StyleRead:
    """Return the style in a file, for a layer with this schema; what the file is shows its first element, not its name.

    Raises
    ------
    UserError
        When the file cannot be read or is no style.
    """
    path = Path(path)
    root = parsed_xml(path)
    match local(root):
        case "qgis":
            read = read_qml(root, schema)
        case "StyledLayerDescriptor" | "FeatureTypeStyle" | "UserStyle":
            read = read_sld(root, schema)
        case name:
            raise UserError(
                tr("“{path}” cannot be read as a style file: {reason}.", path=path.name, reason=f"<{name}>"),
                hint=tr("Choose a .qml or .sld file."),
                path=path,
            )
    if any(note.code == "style-no-renderer" for note in read.notes):
        raise UserError(
            tr("“{path}” holds no symbols.", path=path.name),
            hint=tr("Save the style anew in the program it comes from."),
            path=path,
        )
    return read


def write_style(
    layer: Layer, path: Path | str, *, names: Mapping[str, str] | None = None, overwrite: bool = False
) -> tuple[Note, ...]:
    """Write a layer's style; return what the file cannot say. ``names`` gives fields (by id) the names of the layer's file.

    Raises
    ------
    UserError
        When the ending is neither .qml nor .sld, the file is there (without ``overwrite``), or it cannot be written.
    """
    path = Path(path)
    writers = {".qml": qml_of, ".sld": sld_of}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise UserError(
            tr("“{name}” is no style file that can be written.", name=path.name),
            hint=tr("Choose the ending .qml (QGIS) or .sld."),
            path=path,
        )
    if not overwrite:
        refuse_existing([path])
    losses = Losses()
    data = write(layer, losses, names)
    with disk_trouble_told(path), replacing(path) as folder:
        (folder / path.name).write_bytes(data)
        read_style(folder / path.name, layer.schema)  # what we cannot read again nobody should get
    return losses.all()

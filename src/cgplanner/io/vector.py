"""The doors for vector files: what is in a file, one layer of it as a table, one table as files.

Which formats there are stands in :mod:`cgplanner.io.formats`. Drivers are imported by the door that needs them, when it opens.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cgplanner.errors import UserError
from cgplanner.io.archive import unpack
from cgplanner.io.formats import BY_SUFFIX, FORMATS, REFUSED, Format, begins_sqlite, read_workspace_layers
from cgplanner.io.outgoing import Forecast, forecast, write_layer
from cgplanner.io.source import LoadedLayer, Progress, SourceInfo, SourceLayer, WriteReport
from cgplanner.text import tr

if TYPE_CHECKING:
    from cgplanner.io.reference_places import Reference

__all__ = [
    "FORMATS",
    "Forecast",
    "LoadedLayer",
    "Progress",
    "SourceInfo",
    "SourceLayer",
    "WriteReport",
    "describe",
    "forecast",
    "list_layers",
    "read_layer",
    "write_layer",
]


def list_layers(path: Path | str) -> tuple[SourceLayer, ...]:
    """Return the layers of a file, of a .zip of shapefiles, or of a folder of files.

    Raises
    ------
    UserError
        When it is not there, cannot be read, or is of no kind that the program knows.
    """
    with _files(Path(path)) as files:
        return tuple(layer for file in files for layer in _format_of(file).layers(file))


def read_layer(
    path: Path | str,
    layer: str | None = None,
    *,
    encoding: str | None = None,
    reference: Reference | None = None,
    progress: Progress | None = None,
) -> LoadedLayer:
    """Read one layer of a file as a table, with a report of what was found, guessed and mended.

    Parameters
    ----------
    layer
        Its name; None takes the only one there is.
    encoding
        The encoding of a shapefile's texts when the user knows better than the file.
    reference
        What is known of the ground beside the base layers that ship with the program: the layers that are open.

    Raises
    ------
    UserError
        When the file or the layer is not there or cannot be read. Nothing is ever written beside the file.
    Cancelled
        From ``progress``.
    """
    path = Path(path)
    with _files(path) as files:
        file, name = _chosen(path, files, layer)
        loaded = _read(_format_of(file), file, name, encoding, progress)
        return _placed(replace(loaded, source_path=path), reference)


def describe(path: Path | str) -> SourceInfo:
    """Return what a file, a .zip, a folder or a workspace holds; every layer is read.

    Raises
    ------
    UserError
        When it is not there or cannot be read.
    """
    path = Path(path)
    layers: list[LoadedLayer] = []
    with _files(path) as files:
        if _is_workspace(path):
            return SourceInfo(path, "workspace", read_workspace_layers(path, None))
        for file in files:
            kind = _format_of(file)
            read = (_read(kind, file, each.name, None, None) for each in kind.layers(file))
            layers += [_placed(replace(each, source_path=path)) for each in read]
        name = _kind_of(path, files)
    return SourceInfo(path, name, tuple(layers))


def _read(kind: Format, file: Path, name: str, encoding: str | None, progress: Progress | None) -> LoadedLayer:
    """Return one layer, with its fields as they were where a field dictionary of our own export came along."""
    from cgplanner.io.described import described  # noqa: PLC0415  only reading needs it
    from cgplanner.io.described_tables import read_described_table  # noqa: PLC0415  the same
    from cgplanner.io.dxf_attributes import read_described_drawing  # noqa: PLC0415  the same

    whole = None
    if encoding is None:
        whole = read_described_drawing(file) if kind.name == "dxf" else read_described_table(file, kind.name, progress)
    return whole or described(kind.read(file, name, encoding, progress), file, kind.name)


def _kind_of(path: Path, files: list[Path]) -> str:
    if path.suffix.lower() == ".zip":
        return "zip"
    return "folder" if path.is_dir() and path.suffix.lower() != ".gdb" else _format_of(files[0]).name


def _placed(loaded: LoadedLayer, reference: Reference | None = None) -> LoadedLayer:
    """Return the layer with its CRS looked into; a workspace's own layers are in the one they are in."""
    from cgplanner.io.zone_detective import investigated  # noqa: PLC0415  pyproj, and the base layers
    from cgplanner.io.zone_spill import with_spill_told  # noqa: PLC0415  as above

    if not len(loaded.table.geometry.base.xy) or _is_workspace(loaded.source_path):
        return loaded
    return with_spill_told(investigated(loaded, reference))


def _is_workspace(path: Path) -> bool:
    from cgplanner.io.geopackage import is_workspace  # noqa: PLC0415  a driver, see the top

    return path.suffix.lower() == ".gpkg" and begins_sqlite(_head(path)) and is_workspace(path)


def _chosen(path: Path, files: list[Path], layer: str | None) -> tuple[Path, str]:
    """Return the file and the name of the layer that is meant."""
    found = [(file, each.name) for file in files for each in _format_of(file).layers(file)]
    wanted = [pair for pair in found if layer in (None, pair[1])]
    if len(wanted) == 1:
        return wanted[0]
    names = ", ".join(name for _, name in found)
    if not found:
        raise UserError(tr("{name} holds no layer.", name=path.name), hint=tr("Choose another file."), path=path)
    if layer is None:
        raise UserError(
            tr("{name} holds several layers: {layers}.", name=path.name, layers=names), hint=tr("Say which one."), path=path
        )
    raise UserError(
        tr("{name} holds no layer “{layer}”.", name=path.name, layer=layer),
        hint=tr("Its layers: {layers}.", layers=names),
        path=path,
    )


def _format_of(path: Path) -> Format:
    """Return the format by the file's name, which its first bytes must bear out.

    Raises
    ------
    UserError
        When no format has this name, or the content is not what the name says.
    """
    kind = BY_SUFFIX.get(path.suffix.lower())
    if kind is None:
        raise UserError(tr("{name} is of no kind that can be opened here.", name=path.name), hint=_openable(), path=path)
    if path.is_dir() != (kind.name == "gdb") or not (path.is_dir() or kind.begins(_head(path))):
        raise UserError(
            tr("{name} does not hold what its name says: it is no {what} file.", name=path.name, what=kind.title),
            hint=tr("Check that the file is complete, or export it again from where it came."),
            path=path,
        )
    return kind


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(512)
    except PermissionError as error:
        raise _forbidden(path) from error


def _forbidden(path: Path) -> UserError:
    return UserError(
        tr("{name} cannot be read: no permission.", name=path.name), hint=tr("Ask for the right to read it."), path=path
    )


@contextmanager
def _files(path: Path) -> Iterator[list[Path]]:
    """Give the vector files that a path stands for: itself, those of a folder, those in a .zip (unpacked for the while)."""
    try:
        exists, is_folder = path.exists(), path.is_dir()
    except PermissionError as error:
        raise _forbidden(path) from error
    if not exists:
        raise UserError(tr("{name} is not there.", name=path), hint=tr("Check the path; it may have been moved."), path=path)
    if is_folder and path.suffix.lower() != ".gdb":
        yield _of_folder(path, path)
    elif path.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
            unpack(path, Path(name))
            yield _of_folder(Path(name), path)
    else:
        yield [path]


def _of_folder(folder: Path, shown: Path) -> list[Path]:
    try:
        everything = sorted(folder.rglob("*") if folder != shown else folder.iterdir())
    except PermissionError as error:
        raise _forbidden(shown) from error
    found = [each for each in everything if _is_layer_file(each)]
    shapes = {(each.parent, each.stem.casefold()) for each in found if each.suffix.lower() in (".shp", ".tab")}
    found = [each for each in found if each.suffix.lower() != ".dbf" or (each.parent, each.stem.casefold()) not in shapes]
    if not found:
        raise UserError(tr("{name} holds nothing that can be opened here.", name=shown.name), hint=_openable(), path=shown)
    return found


def _is_layer_file(path: Path) -> bool:
    """Tell whether a file of a folder is meant as a layer: no lock of an office program, no field dictionary."""
    kind = BY_SUFFIX.get(path.suffix.lower())
    if path.name.startswith(("~$", ".")) or ".fields." in path.name.lower():
        return False
    if kind is None or kind.name == "gdb" or any(each.suffix.lower() == ".gdb" for each in path.parents):
        return kind is not None and kind.name == "gdb" and path.is_dir()
    return path.is_file()


def _openable() -> str:
    return tr(
        "Open one of: {names}.",
        names=", ".join(dict.fromkeys(each.title for each in FORMATS.values() if each.name not in REFUSED)),
    )

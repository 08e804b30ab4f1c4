"""The doors for vector files: what is in a file, one layer of it as a table, one table as files.

Every format is one entry of ``FORMATS``; a new one is a new entry and touches nobody else. Drivers are imported by the door
that needs them, when it opens.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.source import LoadedLayer, Progress, SourceInfo, SourceLayer, WriteReport, geometry_type
from cgplanner.model.changeset import GEOMETRY
from cgplanner.model.table import FeatureTable
from cgplanner.text import tr

__all__ = [
    "FORMATS",
    "LoadedLayer",
    "Progress",
    "SourceInfo",
    "SourceLayer",
    "WriteReport",
    "describe",
    "list_layers",
    "read_layer",
]


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes
    ----------
    begins
        Tells from the first bytes of a file whether it can be one.
    layers, read
        The two ways in.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    begins: Callable[[bytes], bool]
    layers: Callable[[Path], tuple[SourceLayer, ...]]
    read: Callable[[Path, str, str | None, Progress | None], LoadedLayer]


def _geopackage_layers(path: Path) -> tuple[SourceLayer, ...]:
    from cgplanner.io.geopackage import geopackage_layers, is_workspace  # noqa: PLC0415  a driver, see the top

    if is_workspace(path):
        loaded = _workspace_layers(path, None)
        return tuple(SourceLayer(each.name, geometry_type(each.table.geometry), len(each.table)) for each in loaded)
    return geopackage_layers(path)


def _read_geopackage(path: Path, layer: str, _encoding: str | None, progress: Progress | None) -> LoadedLayer:
    from cgplanner.io.geopackage import is_workspace, read_geopackage  # noqa: PLC0415  a driver, see the top

    if is_workspace(path):
        return next(each for each in _workspace_layers(path, progress) if each.name == layer)
    return read_geopackage(path, layer, progress=progress)


def _workspace_layers(path: Path, progress: Progress | None) -> tuple[LoadedLayer, ...]:
    from cgplanner.io.workspace_layers import workspace_layers  # noqa: PLC0415  a driver, see the top

    return workspace_layers(path, progress=progress)


def _shapefile_layers(path: Path) -> tuple[SourceLayer, ...]:
    from cgplanner.io.shapefile import shapefile_layers  # noqa: PLC0415  a driver, see the top

    return shapefile_layers(path)


def _read_shapefile(path: Path, _layer: str, encoding: str | None, progress: Progress | None) -> LoadedLayer:
    from cgplanner.io.shapefile import read_shapefile  # noqa: PLC0415  a driver, see the top

    return read_shapefile(path, encoding=encoding, progress=progress)


def _geojson_layers(path: Path) -> tuple[SourceLayer, ...]:
    from cgplanner.io.geojson import geojson_layers  # noqa: PLC0415  a driver, see the top

    return geojson_layers(path)


def _read_geojson(path: Path, _layer: str, _encoding: str | None, progress: Progress | None) -> LoadedLayer:
    from cgplanner.io.geojson import read_geojson  # noqa: PLC0415  a driver, see the top

    return read_geojson(path, progress=progress)


def _geoparquet_layers(path: Path) -> tuple[SourceLayer, ...]:
    from cgplanner.io.geoparquet import geoparquet_layers  # noqa: PLC0415  a driver, see the top

    return geoparquet_layers(path)


def _read_geoparquet(path: Path, _layer: str, _encoding: str | None, progress: Progress | None) -> LoadedLayer:
    from cgplanner.io.geoparquet import read_geoparquet  # noqa: PLC0415  a driver, see the top

    return read_geoparquet(path, progress=progress)


def _begins_parquet(head: bytes) -> bool:
    return head.startswith(b"PAR1")


def _begins_sqlite(head: bytes) -> bool:
    return head.startswith(b"SQLite format 3\0")


def _begins_shape(head: bytes) -> bool:
    return head.startswith(b"\x00\x00\x27\x0a")


def _begins_table(head: bytes) -> bool:
    return bool(head) and head[0] & 0x07 == 3


def _begins_json(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"\x1e")


FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format("gpkg", "GeoPackage", (".gpkg",), _begins_sqlite, _geopackage_layers, _read_geopackage),
        Format("shp", "Shapefile", (".shp",), _begins_shape, _shapefile_layers, _read_shapefile),
        Format("dbf", "dBase", (".dbf",), _begins_table, _shapefile_layers, _read_shapefile),
        Format("geojson", "GeoJSON", (".geojson", ".json"), _begins_json, _geojson_layers, _read_geojson),
        Format("parquet", "GeoParquet", (".parquet",), _begins_parquet, _geoparquet_layers, _read_geoparquet),
    )
}
_BY_SUFFIX = {suffix: each for each in FORMATS.values() for suffix in each.suffixes}

WRITABLE = ("gpkg", "shp", "geojson", "parquet")
RECEIVERS = ("qgis", "arcgis10")


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
    path: Path | str, layer: str | None = None, *, encoding: str | None = None, progress: Progress | None = None
) -> LoadedLayer:
    """Read one layer of a file as a table, with a report of what was found, guessed and mended.

    Parameters
    ----------
    layer
        Its name; None takes the only one there is.
    encoding
        The encoding of a shapefile's texts when the user knows better than the file.

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
        loaded = _format_of(file).read(file, name, encoding, progress)
        return _placed(replace(loaded, source_path=path))


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
            return SourceInfo(path, "workspace", _workspace_layers(path, None))
        for file in files:
            kind = _format_of(file)
            read = (kind.read(file, each.name, None, None) for each in kind.layers(file))
            layers += [_placed(replace(each, source_path=path)) for each in read]
        name = "folder" if path.is_dir() else "zip" if zipfile.is_zipfile(path) else _format_of(files[0]).name
    return SourceInfo(path, name, tuple(layers))


def write_layer(
    table: FeatureTable,
    crs: str,
    path: Path | str,
    *,
    format: str,  # noqa: A002  the word of the command line
    layer_name: str,
    target_crs: str | None = None,
    receiver: str = "qgis",
    encoding: str | None = None,
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> WriteReport:
    """Write a table as a file or a set of files, read it back, compare, and only then put it in place.

    Parameters
    ----------
    crs
        What the table's coordinates are in; '' when it is not known.
    format
        One of ``WRITABLE``.
    target_crs
        Coordinates are turned into it; None leaves them (GeoJSON is always in degrees).
    receiver, encoding
        The program a shapefile is made for, and the encoding of its texts where that is not the receiver's own.
    strict
        Refuse when a value would not survive.

    Raises
    ------
    UserError
        When it cannot be done; what was there is as it was.
    Refused
        With ``strict``: the sentence lists what would be lost.
    Cancelled
        From ``progress``.
    """
    from cgplanner.io.geojson_write import geojson_losses, write_geojson  # noqa: PLC0415  drivers, see the top
    from cgplanner.io.geopackage_write import write_geopackage  # noqa: PLC0415  as above
    from cgplanner.io.receivers import receiver as receiver_named  # noqa: PLC0415  as above
    from cgplanner.io.reproject import reprojected  # noqa: PLC0415  as above
    from cgplanner.io.shapefile_write import refuse_losses, write_shapefile  # noqa: PLC0415  as above

    path = Path(path)
    program = receiver_named(receiver)
    if format not in WRITABLE:
        raise UserError(
            tr("“{format}” cannot be written.", format=format),
            hint=tr("Choose one of: {names}.", names=", ".join(WRITABLE)),
            path=path,
        )
    if target_crs and target_crs != crs:
        geometry = reprojected(table.geometry, crs, target_crs)
        table = replace(table, columns={**table.columns, GEOMETRY: geometry})
        crs = target_crs
    if format == "shp":
        return write_shapefile(
            table, crs, path, receiver=program, encoding=encoding, strict=strict, overwrite=overwrite, progress=progress
        )
    if format == "parquet":
        from cgplanner.io.geoparquet import write_geoparquet  # noqa: PLC0415  a driver, see the top

        return write_geoparquet(table, crs, path, overwrite=overwrite, progress=progress)
    if format == "gpkg":
        return write_geopackage(table, crs, path, layer_name=layer_name, overwrite=overwrite, progress=progress)
    if strict:
        refuse_losses(geojson_losses(table, crs), path)
    return write_geojson(table, crs, path, overwrite=overwrite, progress=progress)


def _placed(loaded: LoadedLayer) -> LoadedLayer:
    """Return the layer with its CRS looked into; a workspace's own layers are in the one they are in."""
    from cgplanner.io.zone_detective import investigated  # noqa: PLC0415  pyproj, and the base layers

    if not len(loaded.table.geometry.base.xy) or _is_workspace(loaded.source_path):
        return loaded
    return investigated(loaded)


def _is_workspace(path: Path) -> bool:
    from cgplanner.io.geopackage import is_workspace  # noqa: PLC0415  a driver, see the top

    return path.suffix.lower() == ".gpkg" and _begins_sqlite(_head(path)) and is_workspace(path)


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
    kind = _BY_SUFFIX.get(path.suffix.lower())
    if kind is None:
        raise UserError(
            tr("{name} is of no kind that can be opened here.", name=path.name),
            hint=tr("Open a GeoPackage, a shapefile (also in a .zip) or a GeoJSON file."),
            path=path,
        )
    if not kind.begins(_head(path)):
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
    if is_folder:
        yield _of_folder(path, path)
    elif path.suffix.lower() == ".zip":
        with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
            _unpack(path, Path(name))
            yield _of_folder(Path(name), path)
    else:
        yield [path]


def _of_folder(folder: Path, shown: Path) -> list[Path]:
    try:
        everything = sorted(folder.rglob("*") if folder != shown else folder.iterdir())
    except PermissionError as error:
        raise _forbidden(shown) from error
    found = [each for each in everything if each.is_file() and each.suffix.lower() in _BY_SUFFIX]
    shapes = {(each.parent, each.stem.casefold()) for each in found if each.suffix.lower() == ".shp"}
    found = [each for each in found if each.suffix.lower() != ".dbf" or (each.parent, each.stem.casefold()) not in shapes]
    if not found:
        raise UserError(
            tr("{name} holds nothing that can be opened here.", name=shown.name),
            hint=tr("Open a GeoPackage, a shapefile (also in a .zip) or a GeoJSON file."),
            path=shown,
        )
    return found


def _unpack(path: Path, folder: Path) -> None:
    """Unpack what belongs to vector files, each under its own last name, so that no entry can leave the folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                name = Path(_entry_name(entry).replace("\\", "/"))
                if entry.is_dir() or not name.name or "__MACOSX" in name.parts:
                    continue
                home = folder / "_".join(part for part in name.parent.parts if part not in ("/", "..", "."))
                home.mkdir(exist_ok=True)
                with archive.open(entry) as source, (home / name.name).open("wb") as target:
                    shutil.copyfileobj(source, target)
    except PermissionError as error:
        raise _forbidden(path) from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise UserError(
            tr("{name} cannot be unpacked: {reason}.", name=path.name, reason=error),
            hint=tr("Pack it again without a password, or unpack it by hand."),
            path=path,
        ) from error


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name in characters: Chinese Windows writes GBK where the standard wants UTF-8."""
    if entry.flag_bits & 0x800:
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return entry.filename

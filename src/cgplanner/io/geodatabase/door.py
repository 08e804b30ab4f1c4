"""The door for File Geodatabases: tables whose file is not there, names in upper case, and what titles the fields have.

The driver passes over a table without its file in silence, and a damaged one is to it a layer without fields; a planner would
think that it was sent so. Features are the driver's.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.drivers.engines import gdal_messages, pyogrio
from cgplanner.io.drivers.gdal_layers import unreadable
from cgplanner.io.drivers.geodatabase_titles import described_fields, with_titles
from cgplanner.io.files.links import link
from cgplanner.io.gdal_formats.door import gdal_file_layers, read_gdal_file
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import tr

_CATALOGUE, _CATALOGUE_FILE = "GDB_SystemCatalog", "a00000001.gdbtable"
_OWN = "GDB_"


def geodatabase_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the layers, those whose file is not there among them; reading one of these says so."""
    with _quiet_names(path) as folder:
        layers = gdal_file_layers(folder)
        there = {each.name for each in layers}
        return (*layers, *(SourceLayer(name, "", -1) for name in _missing(folder) if name not in there))


def read_geodatabase(path: Path, layer: str, encoding: str | None, progress: Progress | None) -> LoadedLayer:
    """Read one layer, its fields with the titles and domains that the geodatabase gives them.

    Raises
    ------
    UserError
        When it is damaged, or its file is missing or compressed.
    """
    with _quiet_names(path) as folder:
        if refusal := _refusal(folder, layer):
            raise refusal
        loaded = read_gdal_file(folder, layer, encoding, progress)
        if not len(loaded.table.schema) and not len(loaded.table) and described_fields(folder, layer):
            raise unreadable(path, tr("the table {layer} is damaged", layer=layer))
        return replace(loaded, table=_titled(folder, layer, loaded.table), source_path=path)


def _titled(path: Path, layer: str, table: FeatureTable) -> FeatureTable:
    schema = replace(table.schema, fields=with_titles(path, layer, table.schema.fields))
    return new_table(schema, {each.id: table.columns[each.id] for each in schema}, table.geometry, table.fids)


@contextlib.contextmanager
def _quiet_names(path: Path) -> Iterator[Path]:
    """Give the folder, or one of links where all names are in upper case, which the driver does not find everywhere."""
    files = list(path.iterdir())
    if (path / _CATALOGUE_FILE).exists() or all(each.name.lower() != _CATALOGUE_FILE for each in files):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        folder = Path(name) / path.with_suffix(".gdb").name
        folder.mkdir()
        for each in files:
            if each.is_file():
                link(each, folder / each.name.lower())
        yield folder


def _refusal(path: Path, layer: str) -> UserError | None:
    """Return the refusal of a table whose file is missing or compressed; None for one that is there."""
    file = _missing(path).get(layer)
    if file is None:
        return None
    if file.with_suffix(".cdf").exists():
        return UserError(
            tr("The table {layer} of {name} is compressed (CDF) and cannot be opened here.", layer=layer, name=path.name),
            hint=tr("In ArcGIS: Uncompress File Geodatabase Data; or ask for a shapefile."),
            path=path,
        )
    return UserError(
        tr(
            "The table {layer} of {name} is not there: its file {file} is missing.", layer=layer, name=path.name, file=file.name
        ),
        hint=tr("Ask the sender for the whole geodatabase, packed as one .zip."),
        path=path,
    )


def _missing(path: Path) -> dict[str, Path]:
    """Return {name: file} of the tables that the catalogue names and that have no file."""
    engine = pyogrio()
    try:
        with gdal_messages():
            meta, numbers, _, columns = engine.raw.read(
                path, layer=_CATALOGUE, columns=["Name"], return_fids=True, LIST_ALL_TABLES="YES"
            )
    except (engine.errors.DataSourceError, engine.errors.DataLayerError, UnicodeDecodeError):  # the catalogue is damaged
        return {}
    names = columns[0] if len(meta["fields"]) else []
    files = {str(name): path / f"a{number:08x}.gdbtable" for number, name in zip(numbers.tolist(), names, strict=True)}
    return {name: file for name, file in files.items() if not name.startswith(_OWN) and not file.exists()}

"""The doors for vector files: what is in a file, one layer of it as a table, one table as files.

Which formats there are stands in :mod:`cgplanner.io.formats`. Drivers are imported by the door that needs them, when it opens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cgplanner.errors import UserError
from cgplanner.io.drivers.driver_pieces import NotInPiecesError
from cgplanner.io.drivers.gdal_layers import unreadable
from cgplanner.io.file_sets import ARCHIVES, FileSet, file_set, forbidden, left_out_note, openable
from cgplanner.io.files.file_bytes import FileCutError
from cgplanner.io.foreign import refusal_of
from cgplanner.io.formats import BY_SUFFIX, FORMATS, Format, begins_sqlite, read_workspace_layers
from cgplanner.io.report import CrsCandidate, Note
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer, WriteReport
from cgplanner.io.writing.described import as_described
from cgplanner.io.writing.layer_facts import LayerFacts, SourceInfo, facts_of, thinned
from cgplanner.io.writing.outgoing import Forecast, forecast, write_layer, write_rows
from cgplanner.io.writing.rows import Rows
from cgplanner.model.table import FeatureTable
from cgplanner.text import sentence, tr

if TYPE_CHECKING:
    from cgplanner.io.crs.reference_places import Reference
    from cgplanner.io.writing.open_layer import OpenLayer

__all__ = [
    "FORMATS",
    "Forecast",
    "LoadedLayer",
    "NotInPiecesError",
    "Progress",
    "SourceInfo",
    "SourceLayer",
    "WriteReport",
    "describe",
    "forecast",
    "list_layers",
    "open_layer",
    "read_layer",
    "write_layer",
    "write_rows",
]


def list_layers(path: Path | str) -> tuple[SourceLayer, ...]:
    """Return the layers of a file, of a .zip of shapefiles, or of a folder of files.

    Raises
    ------
    UserError
        When it is not there, cannot be read, or is of no kind that the program knows.
    """
    with file_set(Path(path)) as found:
        return tuple(replace(layer, name=name) for name, _, layer in _offered(found))


def read_layer(
    path: Path | str,
    layer: str | None = None,
    *,
    encoding: str | None = None,
    reference: Reference | None = None,
    progress: Progress | None = None,
    look: Callable[[Path, str], object] | None = None,
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
    look
        Called before anything is read, with the file itself (unpacked, where it was packed) and the name of the layer in it.

    Raises
    ------
    UserError
        When the file or the layer is not there or cannot be read. Nothing is ever written beside the file.
    Cancelled
        From ``progress``.
    """
    path = Path(path)
    with file_set(path) as found:
        (name, file, inner), said = _chosen(path, found, layer)
        if look is not None:
            look(file, inner)
        loaded = _read(_format_of(file), file, inner, encoding, progress)
        loaded = replace(loaded, name=name, source_path=path, report=loaded.report.with_notes(*said))
        return _placed(loaded, reference)


@contextmanager
def open_layer(
    path: Path | str, layer: str | None = None, *, encoding: str | None = None, progress: Progress | None = None
) -> Iterator[OpenLayer]:
    """Give one layer of a file, gone through once and to be gone through again while the block lasts.

    Raises
    ------
    UserError
        As :func:`read_layer`.
    NotInPiecesError
        When it can only be read as a whole: by :func:`read_layer`.
    """
    from cgplanner.io.writing.open_layer import OpenLayer  # noqa: PLC0415  pyproj, and the base layers

    path = Path(path)
    with file_set(path) as found:
        (name, file, inner), said = _chosen(path, found, layer)
        source = _Source(file, inner, name, path, encoding)
        facts = facts_of(_told(source.pieces(), source.announced(), progress), looking=False)
        facts = replace(facts, report=facts.report.with_notes(*said))
        facts = _placed_facts(facts, source.pieces)
        taken = CrsCandidate(facts.crs, facts.report.crs_change, 1.0, "")
        rows = Rows(facts.schema, facts.features, facts.shapes, partial(_tables, source, taken), facts.largest)
        yield OpenLayer(facts, rows)


def _tables(source: _Source, taken: CrsCandidate) -> Iterator[FeatureTable]:
    """Give the rows of a layer with their numbers as this candidate has them; one without rows where there are none."""
    from cgplanner.io.crs.zone_detective import applied  # noqa: PLC0415  pyproj, and the base layers

    given = 0
    for piece in source.pieces():
        if len(piece.table) or not given:
            given += 1
            yield (applied(piece, taken) if taken.change else piece).table


def _told(pieces: Iterator[LoadedLayer], rows: int, progress: Progress | None) -> Iterator[LoadedLayer]:
    done = 0
    for piece in pieces:
        yield piece
        done += len(piece.table)
        if progress is not None:
            progress(min(1.0, done / max(rows, 1)))


def describe(path: Path | str) -> SourceInfo:
    """Return what a file, a .zip, a folder or a workspace holds; every layer is read, piece by piece where it can be.

    Raises
    ------
    UserError
        When it is not there or cannot be read.
    """
    path = Path(path)
    with file_set(path) as found:
        if _is_workspace(path):
            return SourceInfo(path, "workspace", tuple(facts_of([each]) for each in read_workspace_layers(path, None)))
        layers, refusals = _all_layers(path, found)
        name = _kind_of(path, found)
    if refusals and not layers:
        raise refusals[0][1]
    if not layers:
        raise _no_layer(path, name)
    said = (*found.notes(), *_refused_notes(refusals))
    layers[:1] = [replace(each, report=each.report.with_notes(*said)) for each in layers[:1]]
    return SourceInfo(path, name, tuple(layers))


def _refused_notes(refusals: list[tuple[Path, UserError]]) -> tuple[Note, ...]:
    """Return the notes on files of a folder that could not be read."""
    return tuple(left_out_note(file.name, refusal.message) for file, refusal in refusals)


def _no_layer(path: Path, kind: str) -> UserError:
    """Return the refusal of a file in which there is nothing, with the reason where the kind of file tells it."""
    reasons = {
        "xlsx": sentence("{name} holds no layer: its sheets are empty or have a single row.", name=path.name),
        "gml": sentence("{name} holds no layer: there is not one feature in it.", name=path.name),
    }
    message = str(reasons[kind]) if kind in reasons else tr("{name} holds no layer.", name=path.name)
    return UserError(message, hint=tr("Choose another file."), path=path)


def _all_layers(path: Path, found: FileSet) -> tuple[list[LayerFacts], list[tuple[Path, UserError]]]:
    """Return the layers of all files, and the refusals of those of a folder that are damaged."""
    layers: list[LayerFacts] = []
    refusals: list[tuple[Path, UserError]] = []
    for name, file, layer in _offered(found, refusals):
        try:
            layers.append(_facts(_Source(file, layer.name, name, path, None)))
        except UserError as refusal:
            refusals.append((file, refusal))
    return layers, [each for each in refusals if each[0] not in found.weak or not layers]


def _offered(found: FileSet, refusals: list[tuple[Path, UserError]] | None = None) -> list[tuple[str, Path, SourceLayer]]:
    """Return (name to show, file, layer) of all files; layers of one name in several folders get the folder's name before it.

    A damaged file of a folder does not hide the others; when there are no others its refusal is raised.
    """
    offered: list[tuple[Path, SourceLayer]] = []
    refused: list[tuple[Path, UserError]] = []
    for file in found.files:
        try:
            offered += [(file, layer) for layer in _format_of(file).layers(file)]
        except UserError as refusal:
            refused.append((file, refusal))
    if refused and not offered:
        if all(file in found.weak for file, _ in refused):
            raise UserError(tr("{name} holds nothing that can be opened here.", name=found.shown), hint=openable())
        raise refused[0][1]
    if refusals is not None:
        refusals += refused
    names = Counter(layer.name for _, layer in offered)
    shown: list[tuple[str, Path, SourceLayer]] = []
    seen: set[str] = set()
    for file, layer in offered:
        name = layer.name
        if names[name] > 1:
            folder = found.folder_of(file)
            name = f"{folder}/{name}" if folder else name
        title, number = name, 2
        while name in seen:
            name, number = f"{title} ({number})", number + 1
        seen.add(name)
        shown.append((name, file, layer))
    return shown


def _read(kind: Format, file: Path, name: str, encoding: str | None, progress: Progress | None) -> LoadedLayer:
    """Return one layer with what is wrong with its shapes told."""
    from cgplanner.io.shapes.repair import with_flaws_told  # noqa: PLC0415  only reading needs it

    return with_flaws_told(_read_rows(kind, file, name, encoding, progress))


def _read_rows(kind: Format, file: Path, name: str, encoding: str | None, progress: Progress | None) -> LoadedLayer:
    """Return one layer, with its fields as they were where a field dictionary of our own export came along."""
    from cgplanner.io.dxf.attributes import read_described_drawing  # noqa: PLC0415  the same
    from cgplanner.io.tables.described_tables import read_described_table  # noqa: PLC0415  the same
    from cgplanner.io.writing.described import described  # noqa: PLC0415  only reading needs it

    whole = None
    if encoding is None:
        whole = read_described_drawing(file) if kind.name == "dxf" else read_described_table(file, kind.name, progress)
    try:
        return whole or described(kind.read(file, name, encoding, progress), file, kind.name)
    except FileCutError as error:
        raise unreadable(file, error.strerror) from error


@dataclass(frozen=True)
class _Source:
    """A layer that can be read again and again: its file, its name there, and what it and the file are called."""

    file: Path
    layer: str
    name: str
    shown: Path
    encoding: str | None

    def pieces(self) -> Iterator[LoadedLayer]:
        """Give the rows some thousand at a time.

        Raises
        ------
        NotInPiecesError
            When they have to be read as a whole.
        """
        kind = _format_of(self.file)
        if kind.pieces is None:
            raise NotInPiecesError
        try:
            for piece in as_described(kind.pieces(self.file, self.layer, self.encoding), self.file, kind.name):
                yield self._named(piece)
        except FileCutError as error:
            raise unreadable(self.file, error.strerror) from error

    def announced(self) -> int:
        """Return how many rows the file says that it has."""
        layers = _format_of(self.file).layers(self.file)
        return next((each.features for each in layers if each.name == self.layer), -1)

    def whole(self, progress: Progress | None = None) -> LoadedLayer:
        """Return all rows."""
        return self._named(_read_rows(_format_of(self.file), self.file, self.layer, self.encoding, progress))

    def _named(self, piece: LoadedLayer) -> LoadedLayer:
        return replace(piece, name=self.name, source_path=self.shown)


def _facts(source: _Source) -> LayerFacts:
    """Return what there is to say of a layer, its CRS looked into."""
    try:
        return _placed_facts(facts_of(source.pieces()), source.pieces)
    except NotInPiecesError:
        whole = source.whole()
    return _placed_facts(facts_of([whole]), lambda: iter([whole]))


def _placed_facts(facts: LayerFacts, pieces: Callable[[], Iterator[LoadedLayer]]) -> LayerFacts:
    """Return the facts with the CRS looked into; where numbers or CRS change, the rows are gone through once more."""
    from cgplanner.io.crs.zone_detective import applied, investigated  # noqa: PLC0415  pyproj, and the base layers
    from cgplanner.io.crs.zone_spill import spill_note  # noqa: PLC0415  as above

    if not facts.shapes.shown or _is_workspace(facts.source_path):
        return facts
    seen = investigated(LoadedLayer(facts.name, facts.sample, facts.crs, facts.report, facts.source_path))
    if seen.crs != facts.crs or seen.report.crs_change:
        taken = CrsCandidate(seen.crs, seen.report.crs_change, 1.0, "")
        again = facts_of((applied(each, taken) for each in pieces()), looking=False)
        facts = replace(facts, crs=seen.crs, shapes=again.shapes, spill=again.spill)
    spill = (spill_note(facts.spill),) if facts.spill else ()
    return replace(facts, report=seen.report.with_notes(*spill))


def _kind_of(path: Path, found: FileSet) -> str:
    if path.suffix.lower() in ARCHIVES:
        return "zip"
    return "folder" if path.is_dir() and path.suffix.lower() != ".gdb" else _format_of(found.files[0]).name


def _placed(loaded: LoadedLayer, reference: Reference | None = None) -> LoadedLayer:
    """Return the layer with its CRS looked into; a workspace's own layers are in the one they are in."""
    from cgplanner.io.crs.zone_detective import applied, investigated  # noqa: PLC0415  pyproj, and the base layers
    from cgplanner.io.crs.zone_spill import with_spill_told  # noqa: PLC0415  as above

    if not len(loaded.table.geometry.base.xy) or _is_workspace(loaded.source_path):
        return loaded
    seen = investigated(replace(loaded, table=thinned(loaded.table)), reference)
    if seen.report.crs_change:
        loaded = applied(loaded, CrsCandidate(seen.crs, seen.report.crs_change, 1.0, ""))
    return with_spill_told(replace(loaded, crs=seen.crs, report=seen.report))


def _is_workspace(path: Path) -> bool:
    from cgplanner.io.geopackage.door import is_workspace  # noqa: PLC0415  a driver, see the top

    return path.suffix.lower() == ".gpkg" and begins_sqlite(_head(path)) and is_workspace(path)


def _chosen(path: Path, files: FileSet, layer: str | None) -> tuple[tuple[str, Path, str], tuple[Note, ...]]:
    """Return name, file and name in the file of the layer that is meant, and what there is to say of the files beside it."""
    refusals: list[tuple[Path, UserError]] = []
    found = [(name, file, each.name) for name, file, each in _offered(files, refusals)]
    refusals = [each for each in refusals if each[0] not in files.weak]
    wanted = [each for each in found if layer in (None, each[0])]
    if len(wanted) == 1:
        return wanted[0], (*files.notes(), *_refused_notes(refusals))
    names = ", ".join(name for name, *_ in found)
    if not found:
        raise _no_layer(path, _kind_of(path, files))
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
        refusal = refusal_of(path)
        raise refusal or UserError(
            tr("{name} is of no kind that can be opened here.", name=path.name), hint=openable(), path=path
        )
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
        raise forbidden(path) from error

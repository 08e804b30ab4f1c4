"""A shapefile as a driver can read it: sidecars in any case gathered, the index and the table mended where they are at odds.

The user's folder is never written to: what must be mended is mended in a folder of links that is gone afterwards. What the
bytes mean (encoding, values) is not known in here.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.files.file_bytes import FileCutError
from cgplanner.io.files.links import link
from cgplanner.io.report import Note
from cgplanner.io.shapefile import dbf
from cgplanner.io.shapefile import shapes as shapefile_shapes
from cgplanner.io.shapefile.dbf_read import beyond_driver
from cgplanner.text import sentence, tr

PARTS = ("shp", "shx", "dbf", "dbt", "fpt", "prj", "cpg", "cst")


@dataclass(frozen=True)
class ShapefileSet:
    """The files of one shapefile, by lower-case suffix without the dot."""

    path: Path
    parts: Mapping[str, Path]

    def raw(self, part: str) -> bytes | None:
        """Return the bytes of a small sidecar, None when it is not there."""
        return self.parts[part].read_bytes()[:65_536] if part in self.parts else None

    def sizes(self) -> list[int]:
        """Return how many bytes the files have now; none where one is gone."""
        return [path.stat().st_size if path.exists() else 0 for path in self.parts.values()]


def find_set(path: Path) -> ShapefileSet:
    """Return the files that belong to ``path`` (a .shp, .dbf or .shx), whatever the case of their suffixes.

    Raises
    ------
    UserError
        When the folder cannot be read.
    """
    try:
        neighbours = [each for each in path.parent.iterdir() if each.stem.casefold() == path.stem.casefold()]
    except PermissionError as error:
        raise UserError(
            tr("The folder {folder} cannot be read: no permission.", folder=path.parent),
            hint=tr("Copy the file to a folder of your own."),
            path=path,
        ) from error
    exact = [each for each in neighbours if each.stem == path.stem]
    parts: dict[str, Path] = {}
    for each in [*exact, *neighbours]:
        suffix = each.suffix[1:].lower()
        if suffix in PARTS and each.is_file():
            parts.setdefault(suffix, each)
    return ShapefileSet(path, parts)


@dataclass(frozen=True)
class Stage:
    """What GDAL is shown: shapes and table together, or each alone when they do not go together."""

    shapes: Path | None
    table: Path | None
    together: bool


@contextlib.contextmanager
def staged(files: ShapefileSet, header: dbf.DbfHeader | None, notes: list[Note]) -> Iterator[Stage]:
    """Give paths that GDAL can open, in a folder of links where the set as it lies there would not do.

    Raises
    ------
    FileCutError
        At the end, when a file has become shorter meanwhile: GDAL ends at the last row that it finds and says nothing.
    """
    before = files.sizes()
    with _laid_out(files, header, notes) as stage:
        yield stage
    if any(now < was for was, now in zip(before, files.sizes(), strict=True)):
        raise FileCutError(errno.EIO, "the file is shorter than it was")


@contextlib.contextmanager
def _laid_out(files: ShapefileSet, header: dbf.DbfHeader | None, notes: list[Note]) -> Iterator[Stage]:
    if header is not None and header.claimed is not None:
        notes.append(_count_note(header.claimed, header.records))
    if "shp" not in files.parts and header is not None and not beyond_driver(header) and not _is_cut(files, header):
        yield Stage(None, files.parts["dbf"], together=True)
        return
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        folder = Path(name)
        if "shp" not in files.parts and header is not None:
            if (rows := dbf.rows_present(files.parts["dbf"], header)) < header.records:
                notes.append(_count_note(header.records, rows))
            table = folder / "table.dbf"
            yield Stage(None, _whole_rows(files, header, rows, table), together=True)
            return
        shp = folder / "shapes.shp"
        link(files.parts["shp"], shp)
        shapes = _put_index(files, folder / "shapes.shx", notes)
        if header is None:
            yield Stage(shp, None, together=True)
            return
        rows = dbf.rows_present(files.parts["dbf"], header)
        if rows >= shapes and header.records >= shapes and not _is_cut(files, header):
            _put_table(files, header, folder / "shapes.dbf")
            if rows > shapes:
                message = sentence("{count} rows of the attribute table have no shape and were left out.", count=rows - shapes)
                notes.append(Note("dbf-long", "warning", message, rows - shapes))
            yield Stage(shp, None, together=True)
            return
        if rows >= shapes and header.claimed is None:
            notes.append(_count_note(header.records, rows))
        elif rows < shapes:
            message = sentence(
                "The attribute table has {rows} rows for {shapes} shapes; the rest is empty.", rows=rows, shapes=shapes
            )
            notes.append(Note("dbf-short", "warning", message, shapes - rows))
        yield Stage(shp, _whole_rows(files, header, rows, folder / "table.dbf"), together=False)


def _count_note(claimed: int, there: int) -> Note:
    message = sentence("The header of the table says {claimed} rows; {rows} are there.", claimed=claimed, rows=there)
    return Note("dbf-count", "warning", message, abs(there - claimed))


def _is_cut(files: ShapefileSet, header: dbf.DbfHeader) -> bool:
    return header.claimed is not None or dbf.rows_present(files.parts["dbf"], header) < header.records


def _put_table(files: ShapefileSet, header: dbf.DbfHeader, target: Path) -> None:
    """Lay the table beside the shapes; one that the driver cannot read as a table of deletion marks alone."""
    if not beyond_driver(header):
        link(files.parts["dbf"], target)
    else:
        dbf.write_marks(target, dbf.column_bytes(files.parts["dbf"], header, 0, 1))


def _whole_rows(files: ShapefileSet, header: dbf.DbfHeader, rows: int, target: Path) -> Path:
    """Copy the table with the number of rows that it really has."""
    if beyond_driver(header):
        _put_table(files, header, target)
        return target
    shutil.copyfile(files.parts["dbf"], target)
    with target.open("r+b") as file:
        file.seek(4)
        file.write(rows.to_bytes(4, "little"))
        file.truncate(header.header_bytes + rows * header.record_bytes)
    return target


def _put_index(files: ShapefileSet, target: Path, notes: list[Note]) -> int:
    """Lay a usable .shx beside the linked .shp; return the number of its records."""
    shp = files.parts["shp"]
    if "shx" in files.parts and shapefile_shapes.is_sound_index(files.parts["shx"], shp):
        header = shapefile_shapes.read_header(files.parts["shx"])
        assert header is not None  # noqa: S101  a sound index has one
        listed = max(0, header.bytes - shapefile_shapes.HEADER_BYTES) // 8
        if not _lists_too_few(files, listed):
            link(files.parts["shx"], target)
            return listed
    index, gaps = shapefile_shapes.index_of(shp)
    target.write_bytes(index)
    notes.append(
        Note("shx-rebuilt", "warning", sentence("The index (.shx) was missing or damaged; it was made anew for reading."))
    )
    if gaps:
        message = sentence("The .shp is damaged in {count} places; the shapes there are missing.", count=gaps)
        notes.append(Note("shp-damaged", "warning", message, gaps))
    return (target.stat().st_size - shapefile_shapes.HEADER_BYTES) // 8


def _lists_too_few(files: ShapefileSet, listed: int) -> bool:
    """Tell whether a .shx is older than its .shp: the table has more rows, and the shapes for them are there."""
    header = dbf.read_header(files.parts["dbf"]) if "dbf" in files.parts else None
    if header is None or listed >= min(header.records, dbf.rows_present(files.parts["dbf"], header)):
        return False
    index, _gaps = shapefile_shapes.index_of(files.parts["shp"])
    return (len(index) - shapefile_shapes.HEADER_BYTES) // 8 == header.records

"""Which files a path stands for: itself, those of a folder and its folders, those in archives, a part's whole.

What is packed is unpacked for the while. What lies beside and cannot be opened is not passed over in silence when it may be map
data. This file knows formats by their names only.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cgplanner.errors import UserError
from cgplanner.io.files.archive import unpack
from cgplanner.io.files.links import link
from cgplanner.io.foreign import is_map_data, refusal_of
from cgplanner.io.formats import BY_SUFFIX, FORMATS
from cgplanner.io.report import Note
from cgplanner.text import sentence, tr

DEEPEST, DEEPEST_PACKED = 5, 60
ARCHIVES = (".zip", ".shz")
MOST_FILES = 20_000
GEODATABASE_SIGN = "a00000001.gdbtable"
# Parts of a whole: what is chosen, and the file that it belongs to.
_WHOLE = {
    **dict.fromkeys((".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".cst", ".dbt", ".fpt"), ".shp"),
    **dict.fromkeys((".dat", ".map", ".id", ".ind"), ".tab"),
    ".mid": ".mif",
}
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".dbt", ".fpt")  # what a shapefile is read from
_NOT_ALONE = {".shx", ".sbn", ".map", ".mid"}  # in a folder without their whole, something is missing
_WEAK = {".txt", ".dat", ".xml", ".json", ".jsonl"}  # in a folder these are mostly something else


@dataclass(frozen=True)
class FileSet:
    """The files that a path stands for.

    Attributes
    ----------
    root
        Where names of files are seen from.
    left_out
        (name, reason) of what lies there and cannot be opened.
    weak
        Files of a folder that are mostly no map data; what is wrong with them is not said.
    shown
        What people call the folder or archive, '' for a single file.
    said
        What there is to say of the whole.
    """

    files: tuple[Path, ...]
    root: Path
    left_out: tuple[tuple[str, str], ...] = ()
    weak: frozenset[Path] = frozenset()
    shown: str = ""
    said: tuple[Note, ...] = ()

    def notes(self) -> tuple[Note, ...]:
        """Return a note on each file that was left out, and on names that were marked wrongly."""
        return (*self.said, *(left_out_note(name, reason) for name, reason in self.left_out))

    def folder_of(self, file: Path) -> str:
        """Return the folder of a file as a prefix to tell layers of one name apart, '' at the root."""
        parent = file.parent.relative_to(self.root) if file.is_relative_to(self.root) else Path()
        return parent.as_posix() if parent.parts else ""


def left_out_note(name: str, reason: str) -> Note:
    """Return the note on a file of a folder or archive that was not read."""
    return Note("file-left-out", "warning", sentence("{name} was left out: {reason}", name=name, reason=reason), 1, "", (name,))


@contextmanager
def file_set(path: Path) -> Iterator[FileSet]:
    """Give the vector files that a path stands for.

    Raises
    ------
    UserError
        When nothing is there, or nothing that can be opened.
    """
    try:
        exists, is_folder = path.exists(), path.is_dir()
    except PermissionError as error:
        raise forbidden(path) from error
    if not exists:
        raise UserError(tr("{name} is not there.", name=path), hint=tr("Check the path; it may have been moved."), path=path)
    if not is_folder and path.suffix.lower() not in ARCHIVES:
        yield FileSet((_whole_of(path),), path.parent)
        return
    if is_folder and path.suffix.lower() == ".gdb":
        yield FileSet((path,), path.parent)
        return
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        stage = Path(name)
        if not is_folder:
            wrong = unpack(path, stage)
            yield replace(_of_folder(stage, path, stage), said=_said_of_names(wrong))
        else:
            yield _of_folder(path, path, stage)


def _said_of_names(wrong: int) -> tuple[Note, ...]:
    if not wrong:
        return ()
    message = sentence("{count} names in the archive are marked as UTF-8 but are GBK; they were read as such.", count=wrong)
    return (Note("archive-names-marked-wrong", "info", message, wrong),)


def _whole_of(path: Path) -> Path:
    """Return the file that a part belongs to: the .shp for a .shx, the .tab for a .dat."""
    described = path.name.lower().endswith(".shp.xml")
    suffix = ".shp" if described else _WHOLE.get(path.suffix.lower())
    if suffix is None:
        return path
    stem = (Path(path.stem).stem if described else path.stem).casefold()
    try:
        beside = [each for each in path.parent.iterdir() if each.suffix.lower() == suffix and each.stem.casefold() == stem]
    except PermissionError:
        return path
    if beside:
        return beside[0]
    if path.suffix.lower() in BY_SUFFIX:
        return path
    raise UserError(
        tr("{name} is only a part of a {suffix} file, which is not beside it.", name=path.name, suffix=suffix),
        hint=tr("Copy all files of the same name together."),
        path=path,
    )


def _of_folder(folder: Path, shown: Path, stage: Path) -> FileSet:
    everything = _walk(folder, shown, DEEPEST if folder != stage else DEEPEST_PACKED)
    refused: list[tuple[str, str]] = []
    if folder != stage:
        everything += _unpacked(everything, shown, stage, refused)
    everything = _with_geodatabases(everything, shown, stage)
    if folder == stage:
        everything = _with_joined_parts(everything, stage)
    files = [each for each in everything if _is_layer_file(each)]
    taken = {(each.parent, each.stem.casefold()) for each in files if each.suffix.lower() in (".shp", ".tab")}
    files = [
        each
        for each in files
        if each.suffix.lower() not in (".dbf", ".dat") or (each.parent, each.stem.casefold()) not in taken
    ]
    strong = {each for each in files if each.suffix.lower() not in _WEAK}
    chosen = [each for each in files if each in strong or each.suffix.lower() == ".json"] if strong else files
    left_out = (*refused, *_left_out(everything))
    if not chosen and left_out:
        raise UserError(
            tr("{name} holds nothing that can be opened here: {reason}", name=shown.name, reason=left_out[0][1]),
            hint=_hint_for(everything),
            path=shown,
        )
    if not chosen:
        raise UserError(tr("{name} holds nothing that can be opened here.", name=shown.name), hint=openable(), path=shown)
    return FileSet(tuple(chosen), folder, left_out, frozenset(chosen) - frozenset(strong), shown.name)


def _unpacked(everything: list[Path], shown: Path, stage: Path, refused: list[tuple[str, str]]) -> list[Path]:
    """Unpack the archives of a folder; return what was in them."""
    found: list[Path] = []
    for number, each in enumerate([each for each in everything if each.suffix.lower() == ".zip"]):
        home = stage / str(number) / each.stem
        home.mkdir(parents=True)
        try:
            unpack(each, home)
        except UserError as error:
            refused.append((each.name, error.message))
            shutil.rmtree(home)
            continue
        found += _walk(home, shown, DEEPEST_PACKED)
    return found


def _walk(folder: Path, shown: Path, deepest: int) -> list[Path]:
    """Return files and geodatabases below a folder in order, to a depth; hidden ones are passed over."""
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        if Path(error.filename or "") == folder:
            raise forbidden(shown) from error

    for home, folders, files in os.walk(folder, onerror=refuse):
        here = Path(home)
        found += [here / name for name in folders if name.lower().endswith(".gdb")]
        depth = len(here.relative_to(folder).parts)
        keep = [name for name in folders if not name.startswith((".", "__MACOSX")) and not name.lower().endswith(".gdb")]
        folders[:] = sorted(keep) if depth < deepest else []
        found += [here / name for name in files]
        if len(found) > MOST_FILES:
            raise UserError(
                tr("{name} holds more than {count} files.", name=shown.name, count=f"{MOST_FILES:,}"),
                hint=tr("Choose the folder that holds the data themselves."),
                path=shown,
            )
    return sorted(found)


def _with_geodatabases(everything: list[Path], shown: Path, stage: Path) -> list[Path]:
    """Return the files with folders of geodatabase tables under another name as geodatabases."""
    tables = {each.parent for each in everything if each.name.lower() == GEODATABASE_SIGN}
    if not tables:
        return everything
    rest = [each for each in everything if each.parent not in tables]
    for number, folder in enumerate(sorted(tables)):
        name = shown.name if folder in (shown, stage) else folder.name
        target = stage / f"gdb{number}" / f"{Path(name).stem.removesuffix('.gdb')}.gdb"
        target.mkdir(parents=True)
        for each in folder.iterdir():
            if each.is_file():
                link(each, target / each.name)
        rest.append(target)
    return rest


def _with_joined_parts(everything: list[Path], stage: Path) -> list[Path]:
    """Return the files with shapefiles whose parts lie in several folders brought together in one of links.

    Only where each part is there once under the name, so that nobody has to guess which belongs to which.
    """
    parts: dict[str, list[Path]] = {}
    for each in everything:
        if each.suffix.lower() in _PARTS:
            parts.setdefault(each.stem.casefold(), []).append(each)
    joined = list(everything)
    for number, found in enumerate(parts.values()):
        suffixes = [each.suffix.lower() for each in found]
        scattered = len({each.parent for each in found}) > 1 and len(set(suffixes)) == len(suffixes)
        if not scattered or ".shp" not in suffixes or ".dbf" not in suffixes:
            continue
        main = found[suffixes.index(".shp")]
        home = stage / f"set{number}"
        home.mkdir(parents=True)
        for each in found:
            link(each, home / f"{main.stem}{each.suffix.lower()}")
        joined = [each for each in joined if each not in found] + sorted(home.iterdir())
    return joined


def _is_layer_file(path: Path) -> bool:
    """Tell whether a file of a folder is meant as a layer: no lock of an office program, no field dictionary."""
    kind = BY_SUFFIX.get(path.suffix.lower())
    if kind is None or path.name.startswith(("~$", ".")) or ".fields." in path.name.lower():
        return False
    return path.is_dir() if kind.name == "gdb" else path.is_file()


def _left_out(everything: list[Path]) -> list[tuple[str, str]]:
    """Return name and reason of what may be map data and cannot be opened."""
    found = [(each.name, error.message) for each in everything if is_map_data(each) and (error := refusal_of(each))]
    wholes = {(each.parent, each.stem.casefold(), each.suffix.lower()) for each in everything}
    for each in everything:
        suffix = each.suffix.lower()
        if suffix in _NOT_ALONE and (each.parent, each.stem.casefold(), _WHOLE[suffix]) not in wholes:
            reason = tr(
                "{name} is only a part of a {suffix} file, which is not beside it.", name=each.name, suffix=_WHOLE[suffix]
            )
            found.append((each.name, reason))
    return found


def _hint_for(everything: list[Path]) -> str:
    return next((error.hint for each in everything if is_map_data(each) and (error := refusal_of(each))), openable())


def forbidden(path: Path) -> UserError:
    """Return the refusal of what may not be read."""
    return UserError(
        tr("{name} cannot be read: no permission.", name=path.name), hint=tr("Ask for the right to read it."), path=path
    )


def openable() -> str:
    """Return the hint that names what can be opened."""
    return tr(
        "Open one of: {names}.",
        names=", ".join(dict.fromkeys(each.title for each in FORMATS.values())),
    )

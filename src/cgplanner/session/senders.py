"""Who a file comes from, as far as that helps with the next one: the encoding a planner had to put right is kept by sender.

A sender is known by two marks. The set of fields (types, widths, names as far as they are ASCII) is that of the program or the
form an office exports with; the name of the archive or folder, without dates and numbers, is often that of the office. What is
remembered never overrules evidence: a mark in the file that fits its bytes, or text that is plainly UTF-8. The memory is one
small JSON file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cgplanner.io.report import Note
from cgplanner.io.source import LoadedLayer
from cgplanner.io.texts.encoding_guesses import encoding_guesses
from cgplanner.text import sentence

LIMIT = 400  # marks that are kept, the latest ones
FEWEST_FIELDS = 3  # fewer are nobody's own
WEAK = ("detected", "assumed")  # how an encoding may have been found for a memory to count
CHOOSABLE = (".shp", ".dbf", ".csv", ".tsv", ".dxf", ".zip")
_NOBODYS = {"downloads", "desktop", "documents", "下载", "桌面", "文档", "home", "root", "tmp", "temp", "data", "数据", "shp"}
_CHANGING = re.compile(r"[\d._\-()（）\s]+|年|月|日|版|最终|final|copy|副本", re.IGNORECASE)


@dataclass(frozen=True)
class Remembered:
    """An encoding that a planner chose for a sender: for which file and on which day (ISO)."""

    encoding: str
    file: str
    day: str


def read_memory(path: Path) -> dict[str, Remembered]:
    """Return {mark of a sender: what was chosen}; what is missing or damaged is forgotten."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    whole = data.items() if isinstance(data, dict) else ()
    return {
        key: Remembered(each["encoding"], each["file"], each["day"])
        for key, each in whole
        if isinstance(each, dict) and all(isinstance(each.get(name), str) for name in ("encoding", "file", "day"))
    }


def remember(path: Path, keys: tuple[str, ...], chosen: Remembered) -> bool:
    """Write down what was chosen for a sender; return False where the disk refuses: a convenience is not worth a dialog."""
    memory = {key: each for key, each in read_memory(path).items() if key not in keys} | dict.fromkeys(keys, chosen)
    latest = dict(list(memory.items())[-LIMIT:])
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(
            json.dumps({key: asdict(each) for key, each in latest.items()}, ensure_ascii=False, indent=1), "utf-8"
        )
        beside.replace(path)
    except OSError:
        return False
    return True


def sender_keys(path: Path, loaded: LoadedLayer) -> tuple[str, ...]:
    """Return the marks of a file's sender, the surer one first; none where there is nothing to know one by."""
    keys = []
    fields = loaded.table.schema.fields
    if len(fields) >= FEWEST_FIELDS:
        told = "|".join(
            f"{each.name if each.name.isascii() else ''}:{each.type.value}:{each.width}:{each.precision}" for each in fields
        )
        keys.append(f"fields:{hashlib.sha256(told.encode()).hexdigest()[:16]}")
    folder = path.stem if path.suffix.lower() == ".zip" else path.parent.name
    office = _CHANGING.sub("", folder).casefold()
    if len(office) > 1 and office not in _NOBODYS:
        keys.append(f"name:{office}")
    return tuple(keys)


def recalled(memory: Mapping[str, Remembered], path: Path, loaded: LoadedLayer) -> Remembered | None:
    """Return what was chosen for this sender before, where that differs from what was found and evidence leaves it open."""
    if loaded.report.encoding_how not in WEAK or path.suffix.lower() not in CHOOSABLE:
        return None
    known = next((memory[key] for key in sender_keys(path, loaded) if key in memory), None)
    if known is None or known.encoding == loaded.report.encoding:
        return None
    if loaded.report.encoding == "UTF-8" and loaded.report.encoding_how == "detected":
        return None
    fitting = {each.name for each in encoding_guesses(loaded) if each.fits}
    return known if known.encoding in fitting else None


def read_as_remembered(
    loaded: LoadedLayer, memory: Mapping[str, Remembered], read: Callable[[str], LoadedLayer]
) -> LoadedLayer:
    """Return the layer in the encoding that is remembered for its sender, with a note; as it is where that does not fit."""
    known = recalled(memory, loaded.source_path, loaded)
    if known is None:
        return loaded
    again = read(known.encoding)
    if again.report.has("text-damaged"):
        return loaded
    message = sentence(
        "The texts were read as {encoding}, remembered from “{file}” of the same sender ({day}); by themselves they look like "
        "{found}.",
        encoding=known.encoding,
        file=known.file,
        day=known.day,
        found=loaded.report.encoding,
    )
    report = replace(again.report.with_notes(Note("encoding-remembered", "warning", message)), encoding_how="remembered")
    return replace(again, report=report)

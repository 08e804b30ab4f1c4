"""A delivery as one .zip, and the readme, in Chinese and English, of what is what in it."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from cgplanner.io.files.safe_write import disk_trouble_told, replacing
from cgplanner.io.source import WriteReport
from cgplanner.model.layer import Layer
from cgplanner.text import Sentence, in_both, tr

README = "README.txt"


def write_hand_over(folder: Path, target: Path) -> None:
    """Pack what is in a folder, check the archive, then put it in place.

    Raises
    ------
    UserError
        When the disk says no; an archive that was there is as it was.
    """
    with replacing(target) as home, disk_trouble_told(target):
        draft = home / target.name
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in sorted(folder.rglob("*")):  # a geodatabase is a folder
                archive.write(each, each.relative_to(folder))
        with zipfile.ZipFile(draft) as archive:
            if archive.testzip() is not None:
                raise OSError(tr("the archive does not read back"))


def readme_bytes(text: str) -> bytes:
    """Return the readme as Windows' Notepad shows it: UTF-8 with its mark, lines that end in CR LF."""
    return ("\ufeff" + text.replace("\n", "\r\n")).encode("utf-8")


def readme_of(title: str, layers: Sequence[Layer], reports: Sequence[WriteReport], *, page: str = "") -> str:
    """Return what is in the files: titles, rows, CRS, encoding, sources, fields by their names in the file, losses."""
    return "\n".join([title, "=" * 40, "", *_overview(layers, reports, page), "", *_lines(layers, reports)])


def _overview(layers: Sequence[Layer], reports: Sequence[WriteReport], page: str) -> Iterator[str]:
    rows = sum(report.features_out for report in reports)
    yield f"{len(layers)} 个图层，{rows} 个要素；每个文件写出后均已读回核对。"
    yield f"{len(layers)} layers, {rows} features; every file was read back and compared after it was written."
    if page:
        yield f"{page}: 图件 the map"
    suffixes = Counter(path.suffix for report in reports for path in report.files)
    if suffixes[".json"]:
        yield "*.fields.json / *.fields.csv: 字段对照表（全名、类型、值域），请与数据放在一起。"
        yield "*.fields.json / *.fields.csv: the field dictionary (long names, types, domains); keep it beside the data."


def _lines(layers: Sequence[Layer], reports: Sequence[WriteReport]) -> Iterator[str]:
    for layer, report in zip(layers, reports, strict=True):
        names = dict(report.renamed)
        yield f"{layer.title_zh or layer.id} / {layer.title_en or layer.id}"
        yield f"  文件 Files: {', '.join(path.name for path in report.files)}"
        yield f"  要素 Features: {report.features_out}"
        yield f"  坐标系 CRS: {_crs(report.crs)}"
        yield f"  编码 Encoding: {report.encoding}"
        if layer.source:
            yield f"  来源 Source: {layer.source}"
        if layer.accuracy_note:
            yield f"  精度 Accuracy: {layer.accuracy_note}"
        for each in layer.schema:
            yield f"  字段 Field {names.get(each.name, each.name)}: {each.alias_zh or each.name} / {each.alias_en or each.name}"
        for note in report.losses:
            mark = "有损 Loss" if note.severity == "warning" else "注意 Note"
            said = in_both(note.message) if isinstance(note.message, Sentence) else (note.message,)
            yield f"  {mark}: {' / '.join(dict.fromkeys(said))}"
            if note.examples:
                yield f"    例如 for example: {', '.join(' '.join(text.split()) for text in note.examples)}"
        yield ""


def _crs(crs: str) -> str:
    if not crs:
        return "未知 unknown"
    import pyproj  # noqa: PLC0415  0.2 s

    try:
        name = pyproj.CRS.from_user_input(crs).name
    except pyproj.exceptions.CRSError:
        name = ""
    return f"{crs} {name}".strip() if crs.startswith("EPSG:") else name or crs[:60]

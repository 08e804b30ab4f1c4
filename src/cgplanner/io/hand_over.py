"""A delivery as one .zip: the written files and a readme, in Chinese and English, of what is what."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from cgplanner.io.safe_write import disk_trouble_told, replacing
from cgplanner.io.source import WriteReport
from cgplanner.model.layer import Layer
from cgplanner.text import tr

README = "README.txt"


def write_hand_over(folder: Path, readme: str, target: Path) -> None:
    """Pack the files of a folder and the readme, check the archive, then put it in place.

    Raises
    ------
    UserError
        When the disk says no; an archive that was there is as it was.
    """
    with replacing(target) as home, disk_trouble_told(target):
        draft = home / target.name
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(README, "\ufeff" + readme.replace("\n", "\r\n"))  # so that Notepad shows it
            for each in sorted(folder.iterdir()):
                archive.write(each, each.name)
        with zipfile.ZipFile(draft) as archive:
            if archive.testzip() is not None:
                raise OSError(tr("the archive does not read back"))


def readme_of(title: str, layers: Sequence[Layer], reports: Sequence[WriteReport]) -> str:
    """Return what is in the files: titles, rows, CRS, encoding, sources, fields by their names in the file, losses."""
    return "\n".join([title, "=" * 40, "", *_lines(layers, reports)])


def _lines(layers: Sequence[Layer], reports: Sequence[WriteReport]) -> Iterator[str]:
    for layer, report in zip(layers, reports, strict=True):
        names = dict(report.renamed)
        yield f"{layer.title_zh or layer.id} / {layer.title_en or layer.id}"
        yield f"  文件 Files: {', '.join(path.name for path in report.files)}"
        yield f"  要素 Features: {report.features_out}"
        yield f"  坐标系 CRS: {report.crs[:60] or '未知 unknown'}"
        yield f"  编码 Encoding: {report.encoding}"
        if layer.source:
            yield f"  来源 Source: {layer.source}"
        if layer.accuracy_note:
            yield f"  精度 Accuracy: {layer.accuracy_note}"
        for each in layer.schema:
            yield f"  字段 Field {names.get(each.name, each.name)}: {each.alias_zh or each.name} / {each.alias_en or each.name}"
        for note in report.losses:
            yield f"  注意 Note: {note.message}"
        yield ""

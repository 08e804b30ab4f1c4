"""Both numbers of a place in one cell, by their labels or bare, and decimal commas that look like thousands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pytest

from cgplanner.io.vector import read_layer

PLACES = [(112.5489, 37.8706), (112.753, 37.6872)]


def points_of(path: Path, head: str, cells: list[str], separator: str = ",") -> np.ndarray:
    rows = [separator.join(["甲", cell]) for cell in cells]
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return np.asarray(read_layer(path).table.geometry.base.xy)


@pytest.mark.parametrize(
    ("head", "cell"),
    [
        ("坐标", '"经度:{x} 纬度:{y}"'),
        ("坐标", '"纬度：{y}，经度：{x}"'),
        ("坐标", '"lng={x},lat={y}"'),
        ("坐标", '"{{""lng"":{x},""lat"":{y}}}"'),
        ("位置", '"{x},{y}"'),
        ("备注", '"{x} {y}"'),
    ],
)
def test_both_degrees_of_a_cell_are_found(tmp_path: Path, head: str, cell: str) -> None:
    found = points_of(tmp_path / "a.csv", f"名称,{head}", [cell.format(x=x, y=y) for x, y in PLACES])
    assert found.tolist() == [list(each) for each in PLACES]


def test_metres_by_labels_of_surveyors_are_turned_by_the_ground(tmp_path: Path) -> None:
    found = points_of(tmp_path / "a.csv", "名称,坐标", ['"X=4192706.123,Y=372321.5"'])
    assert found.tolist() == [[372321.5, 4192706.123]]


def test_a_comma_before_three_digits_is_a_decimal_one_beside_others(tmp_path: Path) -> None:
    cells = [f"{x};{y}".replace(".", ",") for x, y in PLACES]
    assert points_of(tmp_path / "a.csv", "名称;经度;纬度", cells, ";").tolist() == [list(each) for each in PLACES]


def test_pairs_of_other_numbers_are_no_places(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('名称,高宽\n甲,"112,37"\n乙,"80,20"\n', encoding="utf-8")
    assert read_layer(tmp_path / "a.csv").report.has("no-coordinates")


def test_numbers_behind_characters_without_a_width_are_read(tmp_path: Path) -> None:
    cells = [f"\u200b{x},{y}\u200e" for x, y in PLACES]
    assert points_of(tmp_path / "a.csv", "名称,经度,纬度", cells).tolist() == [list(each) for each in PLACES]


def test_identity_numbers_beside_texts_keep_their_digits(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("证号", "经度", "纬度"), (140105199001011000.0, 112.5, 37.8), ("14010519900101123X", 112.6, 37.9)):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert read_layer(tmp_path / "a.xlsx").table.column("证号").values() == ["140105199001011000", "14010519900101123X"]

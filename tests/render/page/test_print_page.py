"""Printing to a file: any workspace, any of the three formats, whole or not at all."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from page_prints import INK_DPI, MOMENT, ink_outside, said
from PIL import Image

from cgplanner.errors import Cancelled, UserError
from cgplanner.layout.briefing import briefing_layout
from cgplanner.layout.page import FeatureTable, Legend, MapFrame, PageLayout, Text, TitleBlock
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import empty_table, table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.render.page.preview import preview
from cgplanner.render.page.printing import PrintReport, page_pdf, print_page
from cgplanner.symbology.defaults import default_style
from cgplanner.symbology.style import Categorized, Category, Fill, Labels, Line, Style, Symbol
from cgplanner.text import Language, language

NAME = Field("name", "名称", FieldType.TEXT)
SCHEMA = Schema((NAME,), "mixed", title="name")


def layer_of(shapes: list[Any], *, style: Style | None = None, crs: str = "EPSG:4490", name: str = "roads") -> Layer:
    rows = [{"名称": f"名称{k}"} for k in range(len(shapes))]
    table = table_from_records(SCHEMA, rows, shapes)
    return Layer(name, f"图层 {name}", f"Layer {name}", table, crs, style or default_style(SCHEMA))


def many_classes(count: int, label: str) -> Layer:
    squares = [shapely.box(112 + k * 0.01, 37, 112.009 + k * 0.01, 37.2) for k in range(count)]
    symbol = Symbol(polygon=(Fill("#AA3322", 0.5), Line("#222222", 0.5)))
    categories = tuple(Category((f"名称{k}",), symbol, f"{label}{k}", f"{label}{k}") for k in range(count))
    return layer_of(squares, style=Style(Categorized("name", categories)))


LINE = shapely.LineString([(112.0, 37.0), (112.5, 37.6)])
WORKSPACES: dict[str, Workspace] = {
    "empty": Workspace(),
    "empty layer": Workspace((Layer("e", "空", "Empty", empty_table(SCHEMA), "EPSG:4490", default_style(SCHEMA)),)),
    "one line": Workspace((layer_of([LINE]),)),
    "one point": Workspace((layer_of([shapely.Point(37_500_000, 4_100_000)], crs="EPSG:4525"),)),
    "missing shapes": Workspace((layer_of([None, shapely.Point()]),)),
    "25 classes": Workspace((many_classes(25, "一类很长的用地名称 "),), title_zh="二十五类"),
    "140 classes": Workspace((many_classes(140, "land use with a rather long name "),), title_en="Many"),
    "long title": Workspace((layer_of([LINE]),), title_zh="山西中部城市群" * 14, title_en="Shanxi central city cluster " * 14),
    "no crs": Workspace((layer_of([shapely.LineString([(0, 0), (100, 50)])], crs=""),)),
    "some without crs": Workspace((layer_of([LINE]), layer_of([LINE], crs="", name="lost"))),
    "whole earth": Workspace((layer_of([shapely.box(-179, -80, 179, 80)]),)),
}


@pytest.mark.parametrize(("paper", "speech"), [("A3", "zh"), ("A4", "en")])
@pytest.mark.parametrize("name", WORKSPACES)
def test_any_workspace_makes_a_page_with_ink_in_its_place(name: str, paper: Any, speech: Language, tmp_path: Path) -> None:
    layout = briefing_layout(paper)
    report = print_page(WORKSPACES[name], layout, tmp_path / "page.pdf", language=speech)
    assert report.pages == 1
    assert ink_outside(preview(tmp_path / "page.pdf", INK_DPI), layout) == []


def printed(workspace: Workspace, folder: Path, layout: PageLayout | None = None, **options: Any) -> tuple[str, PrintReport]:
    report = print_page(workspace, layout or briefing_layout("A4"), folder / "page.pdf", **options)
    return "".join(said("pdftotext", "-raw", folder / "page.pdf", "-").split()), report


def codes(report: PrintReport) -> set[str]:
    return {note.code for note in report.preflight}


def test_an_empty_page_says_so_and_a_single_layer_gives_it_its_name(tmp_path: Path) -> None:
    assert "图上没有内容" in printed(WORKSPACES["empty"], tmp_path)[0]
    assert printed(WORKSPACES["one line"], tmp_path)[0].startswith("图层roads")


def test_25_classes_fit_and_140_are_counted(tmp_path: Path) -> None:
    text, report = printed(WORKSPACES["25 classes"], tmp_path)
    assert all(f"一类很长的用地名称{k}" in text for k in range(25))
    assert codes(report) == set()
    text, report = printed(WORKSPACES["140 classes"], tmp_path)
    note = next(note for note in report.preflight if note.code == "legend-overfull")
    assert note.severity == "error"
    assert text.count("landusewitharatherlongname") == 140 - note.count
    assert f"另有{note.count}项未列出" in text


def test_a_long_title_is_whole(tmp_path: Path) -> None:
    text, report = printed(WORKSPACES["long title"], tmp_path)
    assert WORKSPACES["long title"].title_zh in text
    assert codes(report) == set()


def test_layers_without_crs_are_left_out_and_named(tmp_path: Path) -> None:
    _, report = printed(WORKSPACES["some without crs"], tmp_path)
    assert [note.examples for note in report.preflight if note.code == "layers-without-crs"] == [("图层 lost",)]
    text, report = printed(WORKSPACES["no crs"], tmp_path)
    assert "no-crs" in codes(report)
    assert "比例尺" not in text


def test_a_character_without_glyph_is_an_error_of_the_preflight(tmp_path: Path) -> None:
    workspace = dataclasses.replace(WORKSPACES["one line"], title_zh="太原\U0001fae0市 ł")
    text, report = printed(workspace, tmp_path)
    note = next(note for note in report.preflight if note.code == "missing-glyphs")
    assert (note.severity, note.examples) == ("error", ("\U0001fae0",))
    assert "太原〓市ł" in text


def test_labels_without_a_place_are_counted(tmp_path: Path) -> None:
    crowd = [shapely.Point(112 + k * 1e-9, 37) for k in range(30)] + [shapely.Point(113, 38)]
    layer = layer_of(crowd, style=Style(labels=Labels("name")))
    _, report = printed(Workspace((layer,)), tmp_path)
    note = next(note for note in report.preflight if note.code == "labels-without-place")
    assert 20 <= note.count <= 30


def test_no_features_in_view_leave_the_legend_the_room_of_the_table(sample: Workspace, tmp_path: Path) -> None:
    layout = briefing_layout("A3")
    items = tuple(dataclasses.replace(i, extent=(5e5, 5e5, 6e5, 6e5)) if isinstance(i, MapFrame) else i for i in layout.items)
    text, report = printed(sample, tmp_path, dataclasses.replace(layout, items=items))
    assert "名称" not in text
    assert "图上没有内容" in text
    assert codes(report) == set()


def test_a_fixed_scale_and_words_of_ones_own(sample: Workspace, tmp_path: Path) -> None:
    items = (
        MapFrame(20, 40, 200, 150, scale=750_000.0),
        TitleBlock(20, 10, 200, 20, text_zh="近期建设"),
        Text(230, 40, 50, 9, "审定"),
    )
    text, _ = printed(sample, tmp_path, PageLayout("mine", "A4", items=items))
    assert "近期建设" in text
    assert "审定" in text


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".jpg", "JPEG"), (".JPEG", "JPEG")])
def test_pictures_are_the_page_at_its_resolution(suffix: str, kind: str, tmp_path: Path) -> None:
    report = print_page(WORKSPACES["one line"], briefing_layout("A4"), tmp_path / f"图{suffix}", dpi=300)
    with Image.open(report.files[0]) as picture:
        assert picture.format == kind
        assert picture.size == pytest.approx((297 / 25.4 * 300, 210 / 25.4 * 300), abs=1)
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        pixels = np.asarray(picture.convert("L"))
    assert (pixels < 60).sum() > 1000
    assert report.megabytes == pytest.approx(report.files[0].stat().st_size / 1e6)


def test_same_moment_same_bytes() -> None:
    pages = [page_pdf(WORKSPACES["25 classes"], briefing_layout("A4"), moment=MOMENT)[0] for _ in range(2)]
    assert pages[0] == pages[1]


def test_printing_leaves_the_language_of_the_window_alone() -> None:
    before = language()
    page_pdf(WORKSPACES["empty"], briefing_layout("A4"), language="zh")
    assert language() == before


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "page.pdf"
    target.write_bytes(b"old")

    def stop(done: float) -> None:
        if done > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        print_page(WORKSPACES["one line"], briefing_layout("A4"), target, progress=stop)
    assert target.read_bytes() == b"old"
    with pytest.raises(UserError, match="already"):
        print_page(WORKSPACES["one line"], briefing_layout("A4"), target, overwrite=False)
    assert target.read_bytes() == b"old"
    print_page(WORKSPACES["one line"], briefing_layout("A4"), target)
    assert target.read_bytes().startswith(b"%PDF-1.7")
    assert [each.name for each in tmp_path.iterdir()] == ["page.pdf"]


@pytest.mark.parametrize("name", ["page.svg", "page", "page.pdf.exe"])
def test_other_formats_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written as") as caught:
        print_page(WORKSPACES["empty"], briefing_layout("A4"), tmp_path / name)
    assert caught.value.hint
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        print_page(WORKSPACES["empty"], briefing_layout("A4"), tmp_path / "nowhere" / "page.pdf")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="permission"):
        print_page(WORKSPACES["empty"], briefing_layout("A4"), tmp_path / "page.pdf")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _content: bytes) -> int:
        with Path("/dev/full").open("wb") as disk:
            disk.write(b"x" * 100_000)
        return 0

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="space"):
        print_page(WORKSPACES["empty"], briefing_layout("A4"), tmp_path / "page.pdf")
    assert not list(tmp_path.iterdir())


def test_progress_goes_from_nothing_to_done() -> None:
    seen: list[float] = []
    page_pdf(WORKSPACES["one line"], briefing_layout("A4"), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_the_briefing_has_a_legend_and_a_table() -> None:
    kinds = {type(item) for item in briefing_layout("A3").items}
    assert {Legend, FeatureTable} <= kinds

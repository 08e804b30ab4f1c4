"""The printed sample as a printer, a reader and a GIS see it."""

from __future__ import annotations

import json
import re

import numpy as np
import pikepdf
import pyproj
import pytest
import shapely
from page_prints import INK_DPI, MOMENT, Printed, ink_outside, said

from cgplanner.geometry.text_extent import with_narrow_apostrophes
from cgplanner.layout import feature_table, legend
from cgplanner.layout.page import (
    FeatureTable,
    Graticule,
    MapFrame,
    ScaleBar,
)
from cgplanner.render.page.compose import names_in_english
from cgplanner.render.page.furniture import bar_of, date_text, north_angle, source_sentences
from cgplanner.render.page.preview import preview
from cgplanner.render.page.printing import speaking
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.style import Categorized


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_word_comes_out_as_it_was_typed(printed: Printed) -> None:
    text = squeezed(said("pdftotext", "-raw", printed.path, "-"))
    view, table = printed.view, printed.item(FeatureTable)
    with speaking(printed.language):
        groups = legend.groups_in_view(view.layers, view.rows)
        words = {printed.workspace.title, date_text(MOMENT.date())}
        words |= {group.title for group in groups} | {entry.label for group in groups for entry in group.entries}
        words |= set(source_sentences(view.layers))
        words |= set(view.label_texts())
        layer = printed.workspace.layer("projects")
        names = names_in_english(printed.workspace)
        heads, rows = feature_table.records(layer, view.rows["projects"], table.columns, names)
    shown = len(rows) - sum(note.count for note in printed.report.preflight if note.code == "table-overfull")
    words |= set(heads) | {row[0] for row in rows[:shown]}
    missing = {word for word in words if squeezed(with_narrow_apostrophes(word)) not in text}
    assert not missing
    assert len(words) > 80


def test_the_legend_gives_way_until_every_project_of_an_a3_page_is_listed(printed: Printed) -> None:
    text = squeezed(said("pdftotext", "-raw", printed.path, "-"))
    counted = {note.code: note.count for note in printed.report.preflight}
    with speaking(printed.language):
        layer = printed.workspace.layer("projects")
        names = names_in_english(printed.workspace)
        _, rows = feature_table.records(layer, printed.view.rows["projects"], printed.item(FeatureTable).columns, names)
    listed = sum(squeezed(with_narrow_apostrophes("".join(row))) in text for row in rows)
    assert "legend-overfull" not in counted
    assert listed + counted.get("table-overfull", 0) == len(rows)
    assert counted.get("table-overfull", 0) == 0 or printed.layout.paper == "A4"


def test_halos_and_bends_do_not_say_a_text_twice(printed: Printed) -> None:
    text = squeezed(said("pdftotext", "-raw", printed.path, "-"))
    titles = {"zh": printed.workspace.title_zh, "en": printed.workspace.title_en}
    typed = [squeezed(each) for each in printed.view.label_texts()]
    rivers = [each for each, label in zip(typed, printed.view.picture.labels, strict=True) if label.layer == "rivers"]
    projects = printed.workspace.layer("projects").table
    elsewhere = [each for each in typed if each not in rivers]
    with speaking(printed.language):
        elsewhere += [squeezed(each) for each in source_sentences(printed.view.layers)]
        elsewhere += [squeezed(projects.title_of(row)) for row in range(len(projects))]
    rivers = [river for river in rivers if not any(river in each for each in elsewhere)]
    assert text.count(squeezed(titles[printed.language])) == 1
    assert rivers
    assert {river: text.count(river) for river in rivers} == {river: rivers.count(river) for river in rivers}


def test_fonts_are_embedded_subsets_of_the_shipped_ones(printed: Printed) -> None:
    lines = said("pdffonts", printed.path).splitlines()[2:]
    assert len(lines) == 2
    for line in lines:
        assert re.match(r"[A-Z]{6}\+NotoSansSC-(Regular|Bold)\s+CID TrueType\s+Identity-H\s+yes yes yes", line)


def test_the_page_is_exactly_the_paper(printed: Printed) -> None:
    with pikepdf.open(printed.path) as pdf:
        box = [float(each) / 72 * 25.4 for each in pdf.pages[0].mediabox]
    assert box == pytest.approx([0, 0, printed.layout.width, printed.layout.height], abs=0.01)


def test_there_is_no_picture_in_the_page(printed: Printed) -> None:
    assert len(said("pdfimages", "-list", printed.path).splitlines()) == 2


def test_ink_stays_in_the_items_boxes(printed: Printed) -> None:
    """Nothing is clipped, overflows or lies between the items: white paper there, but for the neat line."""
    assert ink_outside(preview(printed.path, INK_DPI), printed.layout) == []


def test_the_legend_lists_the_classes_in_the_frame_and_no_others(printed: Printed) -> None:
    view = printed.view
    with speaking(printed.language):
        titles = {
            group.title: [entry.label for entry in group.entries] for group in legend.groups_in_view(view.layers, view.rows)
        }
        for layer in printed.workspace.layers:
            renderer = style_of(layer).renderer
            if layer.id not in {each.id for each in view.layers} or not isinstance(renderer, Categorized):
                continue
            window = shapely.box(*view.viewport.extent)
            project = pyproj.Transformer.from_crs(layer.crs, view.crs, always_xy=True).transform
            shapes = shapely.transform(layer.table.geometry.geometries(), project, interleaved=False)
            column = layer.table.columns[renderer.field]
            seen = {column.value(row) for row, shape in enumerate(shapes) if shape.intersects(window)}
            expected = [each.label for each in renderer.categories if seen & set(each.values)]
            expected += ["?"] if seen - {value for each in renderer.categories for value in each.values} else []
            assert titles.get(layer.title, []) == expected


def test_the_scale_bar_is_as_long_as_it_says(printed: Printed) -> None:
    view = printed.view
    bar = bar_of(printed.item(ScaleBar), view)
    frame = printed.item(MapFrame).box
    half = bar.parts * bar.millimetres / 2
    x, y = frame.x + frame.w / 2, frame.y + frame.h / 2
    ends = view.to_map(np.array([[x - half, y], [x + half, y]]))
    to_degrees = pyproj.Transformer.from_crs(view.crs, "EPSG:4490", always_xy=True)
    (lon0, lon1), (lat0, lat1) = to_degrees.transform(*ends.T)
    length = pyproj.Geod(a=6378137.0, rf=298.257222101).inv(lon0, lat0, lon1, lat1)[2]
    assert length == pytest.approx(bar.parts * bar.metres, rel=5e-4)
    assert view.scale % 50_000 == pytest.approx(0, abs=1e-3) or view.scale % 50_000 == pytest.approx(50_000)


def test_north_is_where_the_meridian_goes(printed: Printed) -> None:
    view = printed.view
    convergence = pyproj.Proj(view.crs).get_factors(*_centre(view)).meridian_convergence
    assert north_angle(view) == pytest.approx(-convergence, abs=1e-3)


def _centre(view: object) -> tuple[float, float]:
    to_degrees = pyproj.Transformer.from_crs(view.crs, "EPSG:4490", always_xy=True)  # type: ignore[attr-defined]
    return to_degrees.transform(view.viewport.x, view.viewport.y)  # type: ignore[attr-defined]


def test_a_gis_finds_the_frame_to_the_metre(printed: Printed) -> None:
    info = json.loads(said("gdalinfo", "-json", printed.path))
    neatline = info["metadata"][""]["NEATLINE"]
    found = np.array([pair.split() for pair in re.findall(r"[-\d.]+ [-\d.]+", neatline)], np.float64)[:4]
    frame = printed.item(MapFrame).box
    corners = np.array([(x, y) for x in (frame.x, frame.right) for y in (frame.y, frame.bottom)])
    expected = printed.view.to_map(corners)
    distance = np.hypot(*(found[:, None] - expected[None]).transpose(2, 0, 1))
    assert distance.min(axis=1).max() < 1.0
    assert distance.min(axis=0).max() < 1.0
    assert "CGCS2000" in info["coordinateSystem"]["wkt"]


def test_a_reader_can_switch_the_layers(printed: Printed) -> None:
    with pikepdf.open(printed.path) as pdf:
        names = [str(group.Name) for group in pdf.Root.OCProperties.OCGs]
        properties = pdf.pages[0].Resources.Properties
        operators = [
            (str(part.operator), part.operands)
            for part in pikepdf.parse_content_stream(pdf.pages[0])
            if hasattr(part, "operator")
        ]
    begun = [str(operands[1]) for operator, operands in operators if operator == "BDC" and str(operands[0]) == "/OC"]
    assert len(begun) == len(names) == len(properties)
    assert all(name in properties for name in begun)
    with speaking(printed.language):
        assert printed.workspace.layer("projects").title in names
    depth = 0
    for operator, _ in operators:
        depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(operator, 0)
        assert depth in {0, 1, 2}
    assert depth == 0


def test_the_file_says_what_it_is(printed: Printed) -> None:
    with pikepdf.open(printed.path) as pdf, speaking(printed.language):
        metadata = pdf.open_metadata()
        assert metadata["dc:title"] == str(pdf.docinfo.Title) == printed.workspace.title
        assert str(pdf.Root.Lang) == {"zh": "zh-CN", "en": "en"}[printed.language]
        assert pdf.pdf_version == "1.7"
        with pdf.open_outline() as outline:
            assert len(outline.root) == 4
        assert str(pdf.docinfo.Author)
        assert str(pdf.docinfo.CreationDate).startswith("D:20261122083000")


def test_degrees_stand_round_the_frame(printed: Printed) -> None:
    text = said("pdftotext", "-raw", printed.path, "-")
    assert printed.item(Graticule).labels
    assert text.count("112°E") == 2
    assert text.count("38°N") == 2

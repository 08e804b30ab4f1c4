"""Files that go by piece by piece say the same, and become the same, as those that are read whole."""

from __future__ import annotations

import contextlib
import csv
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cgplanner.io import vector
from cgplanner.io.drivers import driver_pieces
from cgplanner.io.row_pieces import cut, joined_table, side_by_side
from cgplanner.io.shapefile import quick as shapefile_quick
from cgplanner.io.shapes import wkb_builder
from cgplanner.io.sqlite import geopackage_pages
from cgplanner.io.tables import csv_file, csv_pieces
from cgplanner.io.vector import NotInPiecesError, describe, open_layer, read_layer, write_layer, write_rows
from cgplanner.io.writing import layer_facts, rows
from cgplanner.io.writing.layer_facts import RowSample, thinned
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, table_from_records

FIELDS = (
    Field("a", "name", FieldType.TEXT),
    Field("b", "note", FieldType.TEXT),
    Field("c", "count", FieldType.INTEGER),
    Field("d", "share", FieldType.REAL),
    Field("e", "height", FieldType.REAL, 12, 2),
    Field("f", "is_built", FieldType.BOOLEAN),
    Field("g", "day", FieldType.DATE),
    Field("h", "moment", FieldType.DATETIME),
)
X, Y = 520_000.0, 4_190_000.0


def _shape(text: str, number: int) -> Any:
    shape = shapely.from_wkt(text)
    return shapely.transform(shape, lambda xy: xy + np.array([X + 40 * number, Y]), include_z=False)


AREAS = ("POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0))", "POLYGON ((0 0, 9 9, 9 0, 0 9, 0 0))", "MULTIPOLYGON (((0 0, 0 9, 9 9, 0 0)))")
TALL = ("POLYGON Z ((0 0 1, 0 9 2, 9 9 3, 0 0 1))", "POLYGON M ((0 0 1, 0 9 2, 9 9 3, 0 0 1))", "POLYGON EMPTY")
OTHERS = (
    "POINT (1 2)",
    "MULTIPOINT (1 2, 3 4)",
    "LINESTRING (0 0, 5 5)",
    "GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 1 1))",
)
records = st.fixed_dictionaries(
    {
        "name": st.none() | st.sampled_from(["", "地块", "晋中市榆次区", " blank ", "垚" * 60, "x" * 300]),
        "note": st.none() | st.text(st.characters(codec="gbk", exclude_categories=["C"]), max_size=6),
        "count": st.none() | st.integers(-9, 10**5) | st.just(10**15),
        "share": st.none() | st.sampled_from([0.5, 0.25, 1 / 3, 1e-9, 123456789.125]),
        "height": st.none() | st.sampled_from([1.5, 2.345, 1e9]),
        "is_built": st.none() | st.booleans(),
        "day": st.none() | st.dates(),
        "moment": st.none()
        | st.sampled_from([np.datetime64("2026-11-23T08:30:00", "ms"), np.datetime64("2026-11-23T08:30:00.25", "ms")]).map(
            lambda moment: moment.item()
        ),
    }
)


def tables(shapes: tuple[str, ...]) -> st.SearchStrategy[FeatureTable]:
    rows = st.lists(st.tuples(records, st.none() | st.sampled_from(shapes)), min_size=1, max_size=40)
    return rows.map(
        lambda some: table_from_records(
            Schema(FIELDS, "polygon"),
            [row for row, _ in some],
            [None if text is None else _shape(text, number) for number, (_, text) in enumerate(some)],
        )
    )


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_pieces, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(geopackage_pages, "_ROWS_OF_A_PIECE", 7)
    monkeypatch.setattr(shapefile_quick, "_ROWS_OF_A_PIECE", 8)


def _as_whole(work: Callable[[], Any]) -> Any:
    def refused(_self: Any) -> Iterator[Any]:
        raise NotInPiecesError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vector._Source, "pieces", refused)
        return work()


def _told(path: Path) -> Any:
    data = describe(path).to_json()
    for layer in data["layers"]:
        layer["notes"] = sorted(json.dumps(each, ensure_ascii=False) for each in layer["notes"])
    return data


def _losses(report: Any) -> Any:
    data = report.to_json()
    return data | {
        "losses": sorted(
            json.dumps({key: each[key] for key in ("code", "field", "count", "message")}) for each in data["losses"]
        )
    }


def _is_in_pieces(path: Path) -> bool:
    try:
        with open_layer(path) as opened:
            return sum(1 for _ in opened.rows.pieces()) > 1
    except NotInPiecesError:
        return False


@settings(max_examples=8)
@given(tables(AREAS + TALL + OTHERS), st.integers(0, 1))
def test_a_geopackage_says_the_same_piece_by_piece(
    tmp_path_factory: pytest.TempPathFactory, table: FeatureTable, quick: int
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "plots.gpkg"
    write_layer(table, "EPSG:4547", path, format="gpkg", layer_name="plots")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wkb_builder, "MANY_ROWS", 1 if quick else 10**9)
        assert _told(path) == _as_whole(lambda: _told(path))


@settings(max_examples=8)
@given(tables(AREAS + TALL), st.sampled_from(["qgis", "arcgis10", "mapgis"]))
def test_a_shapefile_says_the_same_piece_by_piece(
    tmp_path_factory: pytest.TempPathFactory, table: FeatureTable, receiver: str
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "plots.shp"
    write_layer(table, "EPSG:4547", path, format="shp", layer_name="plots", receiver=receiver)
    assert _told(path) == _as_whole(lambda: _told(path))


@settings(max_examples=8)
@given(tables(AREAS))
def test_a_flatgeobuf_says_the_same_piece_by_piece(tmp_path_factory: pytest.TempPathFactory, table: FeatureTable) -> None:
    path = tmp_path_factory.mktemp("pieces") / "plots.fgb"
    write_layer(table, "EPSG:4547", path, format="fgb", layer_name="plots")
    assert _told(path) == _as_whole(lambda: _told(path))
    assert _is_in_pieces(path) == (len(table) > 7)


@settings(max_examples=8)
@given(tables(AREAS + TALL + OTHERS), st.sampled_from(["qgis", "arcgis10", "mapgis"]), st.sampled_from([None, "EPSG:4490"]))
def test_a_shapefile_of_pieces_is_that_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, table: FeatureTable, receiver: str, crs: str | None
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    source, words = folder / "source.gpkg", {"layer_name": "plots", "receiver": receiver, "target_crs": crs}
    write_layer(table, "EPSG:4547", source, format="gpkg", layer_name="plots")
    whole = read_layer(source)
    for name in ("whole", "pieces"):
        (folder / name).mkdir()
    one = write_layer(whole.table, whole.crs, folder / "whole" / "plots.shp", format="shp", **words)
    with open_layer(source) as opened:
        other = write_rows(opened.rows, opened.facts.crs, folder / "pieces" / "plots.shp", format="shp", **words)
    assert _losses(one) == _losses(other) | {"files": [str(each) for each in one.files]}
    for each in one.files:
        assert each.read_bytes() == (folder / "pieces" / each.name).read_bytes(), each.name


@settings(max_examples=8)
@given(tables(AREAS + TALL + OTHERS), st.sampled_from([None, "EPSG:4490"]))
def test_a_geopackage_of_pieces_is_that_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, table: FeatureTable, crs: str | None
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    source = folder / "source.gpkg"
    write_layer(table, "EPSG:4547", source, format="gpkg", layer_name="plots")
    whole = read_layer(source)
    write_layer(whole.table, whole.crs, folder / "whole.gpkg", format="gpkg", layer_name="plots", target_crs=crs)
    with open_layer(source) as opened:
        write_rows(opened.rows, opened.facts.crs, folder / "pieces.gpkg", format="gpkg", layer_name="plots", target_crs=crs)
    one, other = read_layer(folder / "whole.gpkg"), read_layer(folder / "pieces.gpkg")
    assert one.table.schema == other.table.schema
    assert one.table.fids.tolist() == other.table.fids.tolist()
    for name, column in one.table.columns.items():
        assert column.equals(other.table.columns[name]), name


def _bytes_of(path: Path) -> Any:
    """Return what a file holds; of a workbook without the time when it was made."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "kml", "kmz", "geojson", "fgb"])
@settings(max_examples=6)
@given(
    table=tables(AREAS + TALL + OTHERS) | tables(AREAS) | tables(OTHERS[:1]),
    crs=st.sampled_from([None, "EPSG:4490"]),
    portion=st.sampled_from([3, 20_000]),
)
def test_a_text_of_pieces_is_that_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, kind: str, table: FeatureTable, crs: str | None, portion: int
) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    source = folder / "source.gpkg"
    words: dict[str, Any] = {"format": kind, "layer_name": "plots", "target_crs": crs}
    write_layer(table, "EPSG:4547", source, format="gpkg", layer_name="plots")
    whole = read_layer(source)
    for name in ("whole", "pieces"):
        (folder / name).mkdir()
    one = write_layer(whole.table, whole.crs, folder / "whole" / f"plots.{kind}", **words)
    with pytest.MonkeyPatch.context() as patch, open_layer(source) as opened:
        patch.setattr(rows, "PORTION", portion)
        other = write_rows(opened.rows, opened.facts.crs, folder / "pieces" / f"plots.{kind}", **words)
    assert _losses(one) == _losses(other) | {"files": [str(each) for each in one.files]}
    for each in one.files:
        assert _bytes_of(each) == _bytes_of(folder / "pieces" / each.name)


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl"])
@settings(max_examples=10)
@given(
    table=tables(AREAS + TALL + OTHERS), crs=st.sampled_from([None, "EPSG:4547"]), oddity=st.sampled_from(["", "line", "twist"])
)
def test_json_says_the_same_piece_by_piece(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, table: FeatureTable, crs: str | None, oddity: str
) -> None:
    path = tmp_path_factory.mktemp("pieces") / f"plots.{suffix}"
    write_layer(table, "EPSG:4547", path.with_suffix(".geojson"), format="geojson", layer_name="plots", target_crs=crs)
    features = json.loads(path.with_suffix(".geojson").read_text(encoding="utf-8"))["features"]
    if oddity == "twist":  # rings that turn the wrong way, a value that is none
        features = [json.loads(json.dumps(each).replace("地块", "[1, 2]")) for each in features[::-1]]
    lines = [json.dumps(each, ensure_ascii=False) for each in features]
    if suffix == "geojsonl":
        path.write_text("\n".join([*lines, *(["{}"] if oddity == "line" else [])]), encoding="utf-8")
    elif oddity == "twist":
        path.write_text(
            '{"type": "FeatureCollection", "features": [' + ",\n".join(lines) + "]}", encoding="gbk", errors="replace"
        )
    assert _told(path) == _as_whole(lambda: _told(path))
    whole = read_layer(path)
    with open_layer(path) as opened:
        pieces = joined_table(list(opened.rows.pieces()))
    assert pieces.schema.fields == whole.table.schema.fields
    for name, column in whole.table.columns.items():
        assert column.equals(pieces.columns[name]), name


CELLS = {
    "whole": ["7", "0", "-12", ""],
    "number": ["7", "0.5", "1e3", ""],
    "code": ["0351", "5", "+5", "x"],
    "day": ["2026-11-23", "2026/1/2", ""],
    "moment": ["2026-11-23", "2026-11-23 08:30", ""],
    "mixed": ["5", "2026-11-23", " blank ", "", "垚"],
    "empty": [""],
}


@settings(max_examples=15)
@given(
    rows_of_cells=st.lists(st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in CELLS.items()}), min_size=9),
    place=st.sampled_from(
        [("经度", "纬度", 112.5, 37.8), ("x", "y", 500_000.5, 4_180_000.0), ("lon", "lat", 2.25, 48.5), None]
    ),
    odd=st.sampled_from(["", "abc", "合计"]),
    codec=st.sampled_from(["utf-8", "gbk", "utf-8-sig"]),
)
def test_a_large_csv_says_the_same_piece_by_piece(
    tmp_path_factory: pytest.TempPathFactory, rows_of_cells: list[dict[str, str]], place: Any, odd: str, codec: str
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "表.csv"
    lines = [
        [*each.values(), *([str(place[2] + n / 8), str(place[3])] if place else [])] for n, each in enumerate(rows_of_cells)
    ]
    lines += [[odd, *[""] * (len(lines[0]) - 1)]] if odd == "合计" else []
    if odd == "abc" and place:
        lines[len(lines) // 2][-1] = odd
    with path.open("w", encoding=codec, newline="") as file:
        csv.writer(file).writerows([[*CELLS, *(place[:2] if place else ())], *lines])
    whole, told = read_layer(path), _as_whole(lambda: _told(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "LARGE", 0)
        patch.setattr(csv_pieces, "ROWS_AT_ONCE", 4)
        patch.setattr(csv_pieces, "_HEAD_ROWS", 8)
        csv_pieces._known.clear()
        assert _told(path) == told
        with contextlib.suppress(NotInPiecesError), open_layer(path) as opened:
            assert opened.facts.crs == whole.crs
            pieces = joined_table(list(opened.rows.pieces()))
            assert pieces.schema.fields == whole.table.schema.fields
            for name, column in whole.table.columns.items():
                assert column.equals(pieces.columns[name]), name


def test_a_large_csv_really_goes_by_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plots.csv"
    path.write_text("".join(["名称,n,x,y\n", *(f"地块{n},{n},{500_000 + n},4180000\n" for n in range(30))]), encoding="gbk")
    monkeypatch.setattr(csv_file, "LARGE", 0)
    monkeypatch.setattr(csv_pieces, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(csv_pieces, "_HEAD_ROWS", 8)
    assert _is_in_pieces(path)


@settings(max_examples=8)
@given(tables(AREAS) | tables(OTHERS[:1]))
def test_our_own_csv_says_the_same_piece_by_piece(tmp_path_factory: pytest.TempPathFactory, table: FeatureTable) -> None:
    path = tmp_path_factory.mktemp("pieces") / "plots.csv"
    write_layer(table, "EPSG:4547", path, format="csv", layer_name="plots")
    told = _as_whole(lambda: _told(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "LARGE", 0)
        patch.setattr(csv_pieces, "ROWS_AT_ONCE", 4)
        assert _told(path) == told
        assert _is_in_pieces(path) == (len(table) > 4)


def test_json_whose_rows_are_in_degrees_and_metres_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "plots.geojson"
    shapes = [shapely.box(112, 37, 113, 38)] * 20 + [_shape(AREAS[0], 1)] * 20
    features = [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(each)} for each in shapes]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert not _is_in_pieces(path)
    assert _told(path) == _as_whole(lambda: _told(path))


def _plots(count: int) -> FeatureTable:
    records = [{"name": f"地块{number}", "count": number, "share": number / 7} for number in range(count)]
    return table_from_records(
        Schema(FIELDS, "polygon"), records, [_shape(AREAS[number % 3], number) for number in range(count)]
    )


@pytest.mark.parametrize("kind", ["gpkg", "shp", "geojson"])
@pytest.mark.parametrize("quick", [1, 0])
def test_large_files_really_go_by_in_pieces(tmp_path: Path, kind: str, quick: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wkb_builder, "MANY_ROWS", 1 if quick else 10**9)
    path = tmp_path / f"plots.{kind}"
    write_layer(_plots(60), "EPSG:4547", path, format=kind, layer_name="plots")
    assert _is_in_pieces(path)


def test_numbers_that_are_swapped_are_swapped_in_every_piece(tmp_path: Path) -> None:
    table = _plots(60)
    column = table.geometry
    swapped = layer_facts.GeometryColumn(column.base.with_xy(column.base.xy[:, ::-1].copy()), column.index, column.extra)
    path = tmp_path / "plots.gpkg"
    write_layer(
        FeatureTable(
            table.schema, table.rids, table.fids, {**table.columns, "geometry": swapped}, table.next_rid, table.next_fid
        ),
        "",
        path,
        format="gpkg",
        layer_name="plots",
    )
    assert _told(path) == _as_whole(lambda: _told(path))
    whole = read_layer(path)
    with open_layer(path) as opened:
        assert opened.facts.crs == whole.crs
        pieces = joined_table(list(opened.rows.pieces()))
    assert pieces.geometry.extent() == whole.table.geometry.extent()


@given(st.integers(0, 300), st.integers(1, 40), st.integers(1, 40))
def test_two_readers_are_cut_alike(rows: int, one: int, other: int) -> None:
    table = table_from_records(
        Schema((Field("a", "n", FieldType.INTEGER),), "point"), [{"n": n} for n in range(rows)], [None] * rows
    )
    pairs = list(side_by_side(cut(table, one), cut(table, other)))
    assert all(a is not None and b is not None and len(a) == len(b) for a, b in pairs)
    told = [value for a, _ in pairs if a is not None for value in a.column("n").values()]
    assert told == list(range(rows))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_a_stream_keeps_the_rows_that_the_whole_would(sizes: list[int]) -> None:
    table = _plots(sum(sizes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer_facts, "_MOST_ROWS", 20)
        sample, first = RowSample(), 0
        for size in sizes:
            sample.add(next(iter(cut(layer_facts.few_rows(table, np.arange(first, first + size))))))
            first += size
        assert sample.table().fids.tolist() == thinned(table).fids.tolist()

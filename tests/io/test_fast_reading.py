"""The quick ways into a file give what the plain ways give, and no bytes lead them astray."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cgplanner.geometry import compiler
from cgplanner.io.geopackage import door as geopackage
from cgplanner.io.geopackage.door import read_geopackage
from cgplanner.io.shapefile import dbf
from cgplanner.io.shapefile import door as shapefile
from cgplanner.io.shapefile import quick as shapefile_quick
from cgplanner.io.shapes import wkb_builder
from cgplanner.io.shapes.wkb import column_from_buffer
from cgplanner.io.shapes.wkb_builder import ColumnBuilder
from cgplanner.io.source import LoadedLayer
from cgplanner.io.sqlite import geopackage_pages, geopackage_sql
from cgplanner.io.vector import write_layer
from cgplanner.io.workspace.workspace_file import create_workspace
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.symbology.defaults import default_style

WKT = [
    "POINT (1 2)",
    "POINT EMPTY",
    "POINT Z (1 2 3)",
    "POINT M (1 2 4)",
    "LINESTRING (0 0, 1 1, 2 0)",
    "LINESTRING EMPTY",
    "LINESTRING ZM (0 0 1 5, 1 1 2 6)",
    "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 1 1), (3 3, 3 3.5, 3.5 3.5, 3 3))",
    "POLYGON ((-0.0 0, 4 0, 4 4, 0 0))",
    "POLYGON EMPTY",
    "MULTIPOINT ((0 0), (5 5))",
    "MULTIPOINT EMPTY",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 4))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 9 5, 9 9, 5 5), (8 6, 8 7, 7 6, 8 6)))",
    "MULTIPOLYGON Z (((0 0 7, 1 0 7, 1 1 7, 0 0 7)))",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))",
]
SHAPES = [shapely.to_wkb(shapely.from_wkt(text), flavor="iso") for text in WKT]
OPEN_RING = bytes.fromhex("010300000001000000040000000000000000000000000000000000000000000000000010400000000000000000")
OPEN_RING += bytes.fromhex("00000000000010400000000000001040000000000000f03f000000000000f03f")


@pytest.fixture(autouse=True)
def _with_kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not compiler.loads():
        pytest.skip("numba does not load here")
    monkeypatch.setattr(wkb_builder, "MANY_ROWS", 0)
    return


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """WKB with a byte changed or an end missing."""
    raw = bytearray(draw(st.sampled_from([*SHAPES, OPEN_RING])))
    if draw(st.booleans()):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw[: draw(st.integers(0, len(raw)))])


rows = st.one_of(st.none(), st.sampled_from(SHAPES), damaged())


def _buffer(batch: list[bytes | None]) -> tuple[Any, Any, Any, Any]:
    lengths = np.array([len(raw or b"") for raw in batch], np.int64)
    ends = np.cumsum(lengths)
    data = np.frombuffer(b"".join(raw or b"" for raw in batch), np.uint8)
    return data, ends - lengths, ends, np.array([raw is None for raw in batch])


@given(st.lists(st.lists(rows, min_size=1, max_size=6), min_size=1, max_size=4))
def test_compiled_and_plain_code_read_the_same_wkb(batches: list[list[bytes | None]]) -> None:
    builder = ColumnBuilder(1_000_000)
    for batch in batches:
        builder.append(*_buffer(batch))
    found, notes = builder.finish()
    plain, said = column_from_buffer(*_buffer([raw for batch in batches for raw in batch]))
    assert found.kinds.tolist() == plain.kinds.tolist()
    assert _wkb(found) == _wkb(plain)
    assert {note.code: note.count for note in notes} == {note.code: note.count for note in said}
    np.testing.assert_array_equal(found.base.bounds, flat_bounds(found))


def _wkb(column: GeometryColumn) -> list[Any]:
    return list(shapely.to_wkb(column.geometries(), flavor="iso"))


def flat_bounds(column: GeometryColumn) -> Any:
    """The bounds that the flat form works out by itself."""
    return type(column.base).bounds.func(column.base)  # type: ignore[attr-defined]  # the function behind a cached property


def test_a_lie_about_the_number_of_rows_costs_nothing() -> None:
    builder = ColumnBuilder(10**15)
    builder.append(*_buffer(list(SHAPES[:3])))
    assert len(builder.finish()[0]) == 3


def test_rows_that_end_in_the_last_places_that_there_are() -> None:
    """The ends of rows have some places more than their bounds: both must be looked at before there are too few."""
    builder, point = ColumnBuilder(1251), SHAPES[0]
    for count in (40, 2310, 30):
        builder.append(*_buffer([point] * count))
    assert _wkb(builder.finish()[0]) == [point] * 2380


# --- GeoPackage ------------------------------------------------------------------------------------------------------------

FIELDS = (
    Field("a", "名称", FieldType.TEXT),
    Field("b", "count", FieldType.INTEGER),
    Field("c", "share", FieldType.REAL),
    Field("d", "open", FieldType.BOOLEAN),
    Field("e", "day", FieldType.DATE),
    Field("f", "moment", FieldType.DATETIME),
    Field("g", "long", FieldType.TEXT),
)
moments = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 30)).map(  # noqa: DTZ001  columns have no zone
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
records = st.fixed_dictionaries(
    {
        "名称": st.none() | texts,
        "count": st.none() | st.integers(1 - 2**63, 2**63 - 1) | st.integers(-300, 300),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9).map(float),
        "open": st.none() | st.booleans(),
        "day": st.none() | st.dates(),
        "moment": st.none() | moments,
        "long": st.none() | st.integers(0, 30_000).map(lambda count: "界" * count),
    }
)
plain_shapes = st.none() | st.sampled_from([shapely.from_wkt(text) for text in WKT if "COLLECTION" not in text])


def _write(path: Path, rows: list[dict[str, Any]], shapes: list[Any]) -> None:
    table = table_from_records(Schema(FIELDS, "mixed"), rows, shapes)
    write_layer(table, "EPSG:4547", path, format="gpkg", layer_name="plots")


def _by_pages_and_driver(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, LoadedLayer, LoadedLayer]:
    """Return whether the pages were read, what came of it, and what the driver gives."""
    used = []

    def spying(*arguments: Any, **options: Any) -> Any:
        used.append(geopackage_pages.read_pages(*arguments, **options))
        return used[-1]

    with monkeypatch.context() as patch:
        patch.setattr(geopackage, "read_pages", spying)
        quick = read_geopackage(path, "plots")
        patch.setattr(geopackage, "read_pages", lambda *_, **__: None)
        return used[0] is not None, quick, read_geopackage(path, "plots")


def _assert_same(quick: LoadedLayer, plain: LoadedLayer) -> None:
    assert quick.table.schema == plain.table.schema
    assert quick.table.fids.tolist() == plain.table.fids.tolist()
    for each in plain.table.schema:
        assert quick.table.columns[each.id].values() == plain.table.columns[each.id].values(), each.name
    assert _wkb(quick.table.geometry) == _wkb(plain.table.geometry)
    assert [note.code for note in quick.report.notes] == [note.code for note in plain.report.notes]


@settings(max_examples=12)  # every one writes a file and reads it back several times
@given(st.lists(st.tuples(records, plain_shapes), min_size=1, max_size=40), st.sets(st.integers(1, 40), max_size=10))
def test_pages_hold_what_the_driver_reads(
    tmp_path_factory: pytest.TempPathFactory, features: list[tuple[dict[str, Any], Any]], gone: set[int]
) -> None:
    path = tmp_path_factory.mktemp("pages") / "plots.gpkg"
    _write(path, [row for row, _ in features], [shape for _, shape in features])
    with geopackage_sql.opened(path, write=True) as connection:
        connection.executemany("DELETE FROM plots WHERE fid = ?", [(fid,) for fid in gone])
    with pytest.MonkeyPatch.context() as patch:
        used, quick, plain = _by_pages_and_driver(path, patch)
    assert used
    _assert_same(quick, plain)


def _written(path: Path, count: int = 3000, longest: int = 5400) -> Path:
    rows = [{"名称": f"地块{n}", "count": n, "share": n / 3, "long": "长" * (n % 7 * longest // 6)} for n in range(count)]
    _write(path, rows, [shapely.Point(n, n).buffer(1) for n in range(count)])
    return path


def test_many_pages_of_several_levels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geopackage_pages, "_ROWS_AT_ONCE", 200)
    used, quick, plain = _by_pages_and_driver(_written(tmp_path / "plots.gpkg"), monkeypatch)
    assert used
    _assert_same(quick, plain)


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA journal_mode = WAL",
        "UPDATE plots SET count = 'many' WHERE fid = 2",
        "UPDATE plots SET long = x'ff' WHERE fid = 2",
        "UPDATE plots SET long = CAST(x'ff41' AS TEXT) WHERE fid = 2",
        "UPDATE plots SET day = 'tomorrow' WHERE fid = 2",
        "UPDATE plots SET geom = x'00' WHERE fid = 2",
        "ALTER TABLE plots ADD COLUMN later INTEGER DEFAULT 7",
    ],
)
def test_what_is_not_plain_is_left_to_the_driver(statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _written(tmp_path / "plots.gpkg", 30)
    with geopackage_sql.opened(path, write=True) as connection:
        connection.execute(statement)
    used, quick, plain = _by_pages_and_driver(path, monkeypatch)
    assert not used
    _assert_same(quick, plain)


def test_a_column_that_was_added_later_is_missing_in_old_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _written(tmp_path / "plots.gpkg", 30)
    with geopackage_sql.opened(path, write=True) as connection:
        connection.execute("ALTER TABLE plots ADD COLUMN later TEXT")
        connection.execute("UPDATE plots SET later = 'x' WHERE fid = 3")
    used, quick, plain = _by_pages_and_driver(path, monkeypatch)
    assert used
    _assert_same(quick, plain)
    assert quick.table.column("later").values()[:4] == [None, None, "x", None]


def test_a_writer_waits_while_pages_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _written(tmp_path / "plots.gpkg", 30)
    refused = []

    def write(_done: float) -> None:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            try:
                other.execute("DELETE FROM gpkg_contents")
            except sqlite3.OperationalError as error:
                refused.append(str(error))

    read_geopackage(path, "plots", progress=write)
    assert set(refused) == {"database is locked"}


def test_no_bytes_lead_out_of_the_file(tmp_path: Path) -> None:
    """Run the kernels as plain Python, where a step out of a buffer is an error, over files with changed bytes."""
    path = _written(tmp_path / "plots.gpkg", 20, 1500)
    read, left = _fuzzed(path, "40")
    assert read
    assert left


# --- shapefile -------------------------------------------------------------------------------------------------------------

HOLED = "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 1 1))"
OF_FAMILY = {
    "point": ["POINT (1 2)", "POINT (3.5 -4e-7)"],
    "line": ["LINESTRING (0 0, 1 1, 2 0)", "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 4))"],
    "polygon": ["POLYGON ((0 0, 4 0, 4 4, 0 0))", "POLYGON ((0 0, 0 5, 5 5, 0 0))", HOLED, WKT[13]],
}
CELLS = (
    Field("a", "text", FieldType.TEXT),
    Field("b", "count", FieldType.INTEGER),
    Field("c", "share", FieldType.REAL),
    Field("d", "day", FieldType.DATE),
    Field("e", "exact", FieldType.REAL, precision=3),
)
shapefile_rows = st.fixed_dictionaries(
    {
        "text": st.none() | st.text("ab 地块，é", max_size=6),
        "count": st.none() | st.integers(-(10**14), 10**14) | st.integers(-300, 300),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e6, 1e6),
        "day": st.none() | st.dates(),
        "exact": st.none() | st.integers(-(10**7), 10**7).map(lambda number: number / 1000),
    }
)


def _by_bytes_and_driver(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, LoadedLayer, LoadedLayer]:
    """Return whether the bytes were read, what came of it, and what the driver gives."""
    used = []

    def spying(*arguments: Any, **options: Any) -> Any:
        used.append(shapefile_quick.read_bytes(*arguments, **options))
        return used[-1]

    with monkeypatch.context() as patch:
        patch.setattr(shapefile, "read_bytes", spying)
        quick = shapefile.read_shapefile(path)
        patch.setattr(shapefile, "read_bytes", lambda *_, **__: None)
        return used[0] is not None, quick, shapefile.read_shapefile(path)


def _write_shapefile(
    folder: Path, family: str, rows: list[dict[str, Any]], shapes: list[Any], receiver: str = "arcgis10"
) -> Path:
    table = table_from_records(Schema(CELLS, family), rows, shapes)  # type: ignore[arg-type]  # the names are the kinds
    path = folder / "plots.shp"
    write_layer(table, "EPSG:4547", path, format="shp", layer_name="plots", receiver=receiver)
    return path


@settings(max_examples=10)  # every one writes files and reads them back several times
@given(
    st.sampled_from(sorted(OF_FAMILY)),
    st.lists(st.tuples(shapefile_rows, st.none() | st.integers(0, 3)), min_size=1, max_size=30),
    st.sampled_from(["arcgis10", "qgis"]),
)
def test_bytes_of_a_shapefile_hold_what_the_driver_reads(
    tmp_path_factory: pytest.TempPathFactory, family: str, features: list[tuple[dict[str, Any], int | None]], receiver: str
) -> None:
    known = [shapely.from_wkt(text) for text in OF_FAMILY[family]]
    shapes = [None if number is None else known[number % len(known)] for _, number in features]
    path = _write_shapefile(tmp_path_factory.mktemp("bytes"), family, [row for row, _ in features], shapes, receiver)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapefile_quick, "_MOST_ODD", 1.0)
        patch.setattr(shapefile_quick, "_ROWS_AT_ONCE", 7)
        used, quick, plain = _by_bytes_and_driver(path, patch)
    assert used
    _assert_same(quick, plain)


def _plain_set(folder: Path) -> Path:
    rows = [{"text": f"地块{n}", "count": n, "share": n / 7, "day": dt.date(2026, 1, 1 + n), "exact": n / 8} for n in range(20)]
    return _write_shapefile(folder, "polygon", rows, [shapely.Point(n, n).buffer(1) for n in range(20)])


def _with_cell(path: Path, field: int, row: int, text: bytes) -> None:
    """Write other bytes into one cell of the table."""
    table = path.with_suffix(".dbf")
    header = dbf.read_header(table)
    assert header is not None
    place = 1 + sum(each.width for each in header.fields[:field])
    raw = bytearray(table.read_bytes())
    first = header.header_bytes + row * header.record_bytes + place
    width = header.fields[field].width
    raw[first : first + width] = text.rjust(width)[:width]
    table.write_bytes(raw)


@pytest.mark.parametrize(
    ("field", "text"),
    [(1, b"***"), (1, b""), (1, b"+7"), (1, b"-0"), (2, b".5"), (2, b"-.25"), (2, b"7."), (2, b"-0.000"), (3, b"20240229"),
     (4, b"0" * 9 + b"1.5"), (0, b"  both  "), (2, b"*"), (2, b"1e3")],
)  # fmt: skip
def test_cells_that_are_plain_in_their_own_way(
    field: int, text: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _plain_set(tmp_path)
    _with_cell(path, field, 3, text)
    used, quick, plain = _by_bytes_and_driver(path, monkeypatch)
    assert used
    _assert_same(quick, plain)


@pytest.mark.parametrize(("field", "text"), [(1, b"x"), (1, b"1e3"), (2, b"1,5"), (3, b"20230229"), (3, b"00000000")])
def test_cells_that_are_left_to_the_driver(field: int, text: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _plain_set(tmp_path)
    _with_cell(path, field, 3, text)
    used, quick, plain = _by_bytes_and_driver(path, monkeypatch)
    assert not used
    _assert_same(quick, plain)


def test_a_deleted_row_is_left_to_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _plain_set(tmp_path)
    table = path.with_suffix(".dbf")
    header = dbf.read_header(table)
    assert header is not None
    raw = bytearray(table.read_bytes())
    raw[header.header_bytes + 2 * header.record_bytes] = ord("*")
    table.write_bytes(raw)
    used, quick, plain = _by_bytes_and_driver(path, monkeypatch)
    assert not used
    _assert_same(quick, plain)


def test_an_open_ring_is_left_to_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _plain_set(tmp_path)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    used, quick, plain = _by_bytes_and_driver(path, monkeypatch)
    assert not used
    _assert_same(quick, plain)


def test_no_bytes_lead_out_of_a_shapefile(tmp_path: Path) -> None:
    """Run the kernels as plain Python, where a step out of a buffer is an error, over files with changed bytes."""
    read, left = _fuzzed(_plain_set(tmp_path), "60")
    assert read
    assert left


def _fuzzed(path: Path, copies: str) -> list[int]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("fuzz_pages.py")), str(path), copies],
        env={**os.environ, "CGPLANNER_NO_NUMBA": "1", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [int(word) for word in done.stdout.split()]


WITHOUT_PANDAS = """
import sys
from pathlib import Path
from cgplanner.io.shapes import wkb_builder
from cgplanner.io.sqlite import feature_rows
from cgplanner.io.workspace.workspace_file import read_workspace
wkb_builder.MANY_ROWS = feature_rows.BULK_ROWS = 0
table = read_workspace(Path(sys.argv[1])).workspace.layers[0].table
print([name for name in ("pyarrow", "pandas", "pyogrio", "scipy.linalg") if name in sys.modules])
print(ascii([table.columns[each.id].values()[:3] for each in table.schema]))
"""


def test_a_large_layer_is_read_without_pandas_and_drivers(tmp_path: Path) -> None:
    names = {"t": FieldType.TEXT, "i": FieldType.INTEGER, "r": FieldType.REAL, "b": FieldType.BOOLEAN}
    names |= {"d": FieldType.DATE, "m": FieldType.DATETIME}
    day, moment = dt.date(2026, 11, 23), dt.datetime.fromisoformat("2026-11-23T08:00:01.005")
    records: list[dict[str, Any]] = [
        {"t": "耕地", "i": 7, "r": 0.5, "b": True, "d": day, "m": moment},
        dict.fromkeys(names),
        {"t": "", "i": -(2**40), "r": -1.5, "b": False, "d": day, "m": moment},
    ]
    schema = Schema(tuple(Field(name, name, kind) for name, kind in names.items()), "point")
    table = table_from_records(schema, records * 40, [shapely.Point(x, 1) for x in range(120)])
    create_workspace(tmp_path / "w.gpkg", Workspace((Layer("a", "a", "a", table, "EPSG:4547", default_style(schema)),)))
    command = [sys.executable, "-W", "error", "-c", WITHOUT_PANDAS, str(tmp_path / "w.gpkg")]
    loaded, values = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert loaded == "['pyarrow']"
    assert values == ascii([[record[name] for record in records] for name in names])


UNFRAMED = """
import sys
from pathlib import Path
from cgplanner.io.drivers import engines
from cgplanner.io.vector import list_layers
print([each.name for each in list_layers(Path(sys.argv[1]))], "pyogrio" in sys.modules)
print([name for name in ("pandas", "geopandas") if name in sys.modules])
import geopandas
print(len(geopandas.GeoDataFrame({"a": [1, 2]})))
"""


def test_the_driver_comes_without_data_frames_which_are_there_for_others(tmp_path: Path) -> None:
    schema = Schema((Field("a", "a", FieldType.INTEGER),), "point")
    table = table_from_records(schema, [{"a": 1}], [shapely.Point(112, 37)])
    write_layer(table, "EPSG:4490", tmp_path / "a.gpkg", format="gpkg", layer_name="a")
    command = [sys.executable, "-c", UNFRAMED, str(tmp_path / "a.gpkg")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["['a'] True", "[]", "2"]


def test_a_table_that_changes_while_its_pages_are_read_is_the_drivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's lock is gone as soon as anybody in this process closes the file; then the count of changes tells."""
    path = _written(tmp_path / "plots.gpkg", 30)
    leaves = geopackage_pages._leaves  # the moment between the plan and the pages

    def disturbed(*arguments: Any) -> Any:
        found = leaves(*arguments)
        path.open("rb").close()  # drops the lock of this process
        writer = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('PRAGMA user_version = 9'); c.commit()"
        subprocess.run([sys.executable, "-c", writer], check=True)
        return found

    monkeypatch.setattr(geopackage_pages, "_leaves", disturbed)
    used, quick, plain = _by_pages_and_driver(path, monkeypatch)
    assert not used
    _assert_same(quick, plain)

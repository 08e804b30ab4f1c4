"""WKB and Arrow become columns without losing a kind, a NULL or an ordinate."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.geometry import ragged as flat
from cgplanner.io.drivers.arrow_columns import arrow_from_column, column_from_arrow, ragged_from_wkb
from cgplanner.io.shapes.wkb import joined_columns
from cgplanner.io.shapes.wkb_writer import column_blobs
from cgplanner.model.column import column_of
from cgplanner.model.schema import Field, FieldType

WKT = [
    "POINT (1 2)",
    "POINT EMPTY",
    "POINT Z (1 2 3)",
    "LINESTRING (0 0, 1 1, 2 0)",
    "LINESTRING EMPTY",
    "LINESTRING Z (0 0 1, 1 1 2)",
    "POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 1 2, 2 2, 1 1), (3 3, 3 3.5, 3.5 3.5, 3 3))",
    "POLYGON ((0 0, 4 0, 4 4, 0 0))",
    "POLYGON EMPTY",
    "MULTIPOINT ((0 0), (5 5))",
    "MULTIPOINT EMPTY",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3, 4 4))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 9 5, 9 9, 5 5), (8 6, 8 7, 7 6, 8 6)))",
    "MULTIPOLYGON Z (((0 0 7, 1 0 7, 1 1 7, 0 0 7)))",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))",
]
SHAPES = [None, *map(shapely.from_wkt, WKT)]


@pytest.mark.parametrize("dimensions", ["", "Z", "M", "ZM"])
def test_ordinates_reach_the_flat_form(dimensions: str) -> None:
    each = {"": "", "Z": " 3", "M": " 4", "ZM": " 3 4"}[dimensions]
    shape = shapely.from_wkt(f"LINESTRING {dimensions} (0 0{each}, 1 1{each})")
    column, _ = ragged_from_wkb(pa.array([shapely.to_wkb(shape, flavor="iso")], pa.binary()))
    base = column.base
    assert (None if base.z is None else base.z.tolist()) == ([3.0, 3.0] if "Z" in dimensions else None)
    assert (None if base.m is None else base.m.tolist()) == ([4.0, 4.0] if "M" in dimensions else None)


def read(shapes: list[object], **how: object) -> list[bytes | None]:
    raw = [None if shape is None else shapely.to_wkb(shape, flavor="iso", **how) for shape in shapes]
    column, notes = ragged_from_wkb(pa.chunked_array([pa.array(raw, pa.binary())]))
    assert notes == ()
    single = [column.geometries(np.array([i]))[0] for i in range(len(column))]
    return [None if shape is None else shapely.to_wkb(shape, flavor="iso") for shape in single]


def wkb(shapes: list[object]) -> list[bytes | None]:
    return [None if shape is None else shapely.to_wkb(shape, flavor="iso") for shape in shapes]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_one_shape_of_every_kind(shape: object) -> None:
    assert read([shape]) == wkb([shape])


@given(st.lists(st.sampled_from(SHAPES), max_size=30))
def test_any_mixture(shapes: list[object]) -> None:
    assert read(shapes) == wkb(shapes)


@given(st.lists(st.sampled_from(SHAPES), max_size=12))
def test_the_other_byte_order(shapes: list[object]) -> None:
    assert read(shapes, byte_order=0) == wkb(shapes)


def test_batches_and_slices_join_to_the_whole() -> None:
    raw = pa.array(wkb(SHAPES), pa.large_binary())
    whole, _ = ragged_from_wkb(raw)
    pieces = joined_columns([ragged_from_wkb(raw.slice(start, 5))[0] for start in range(0, len(raw), 5)])
    assert whole.equals(pieces)
    assert np.array_equal(whole.kinds, pieces.kinds)


def test_flat_form_is_that_of_shapely() -> None:
    plain = [shape for shape in SHAPES if shape is None or shape.geom_type != "GeometryCollection"]
    column, _ = ragged_from_wkb(pa.array(wkb(plain), pa.binary()))
    expected = flat.from_shapely(plain)
    assert column.index is None
    for name in ("kinds", "xy", "ring_offsets", "part_offsets", "row_offsets", "z", "m"):
        np.testing.assert_array_equal(getattr(column.base, name), getattr(expected, name), err_msg=name)


def test_extended_wkb_is_read() -> None:
    shape = shapely.set_srid(shapely.from_wkt("POINT Z (1 2 3)"), 4490)
    column, _ = ragged_from_wkb(pa.array([shapely.to_wkb(shape, include_srid=True)], pa.binary()))
    assert shapely.to_wkt(column.value(0)) == "POINT Z (1 2 3)"


def test_open_rings_are_mended_and_curves_left_out_and_both_said() -> None:
    polygon = bytearray(shapely.to_wkb(shapely.from_wkt("POLYGON ((0 0, 4 0, 4 4, 0 0))")))
    polygon[-16:-8] = np.float64(3.0).tobytes()
    curve = b"\x01" + (8).to_bytes(4, "little") + (3).to_bytes(4, "little") + np.arange(6.0).tobytes()
    column, notes = ragged_from_wkb(pa.array([bytes(polygon), curve, b"\x01\x02", None], pa.binary()))
    assert column.value(0).geom_type == "Polygon"
    assert [column.value(i) for i in (1, 2, 3)] == [None, None, None]
    assert sum(note.count for note in notes) == 3


def test_what_several_batches_lost_is_said_once() -> None:
    _, notes = ragged_from_wkb(pa.chunked_array([pa.array([b"x"], pa.binary()), pa.array([b"y", None], pa.binary())]))
    assert [(note.code, note.count, str(note.message)) for note in notes] == [
        ("geometry-unreadable", 2, "2 damaged geometries were left out.")
    ]


@given(st.integers(0, len(SHAPES) - 1), st.data())
def test_damaged_bytes_never_break_the_reader(number: int, data: st.DataObject) -> None:
    raw = bytearray(shapely.to_wkb(SHAPES[number], flavor="iso") if SHAPES[number] else b"\x01")
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(0, len(raw)))]
    column, _ = ragged_from_wkb(pa.array([bytes(raw), wkb(SHAPES)[1]], pa.binary()))
    assert len(column) == 2
    assert shapely.to_wkt(column.value(1)) == "POINT (1 2)"
    column.geometries()


VALUES = {
    FieldType.TEXT: ["地块", "", None, "a", "地块"],
    FieldType.INTEGER: [0, None, -(2**62), 5],
    FieldType.REAL: [0.0, None, 1e300, -0.5],
    FieldType.BOOLEAN: [True, None, False],
    FieldType.DATE: [dt.date(2026, 11, 22), None, dt.date(1, 1, 1), dt.date(9999, 12, 31)],
    FieldType.DATETIME: [dt.datetime.fromisoformat("2026-11-22T14:30:01.005"), None, dt.datetime.fromisoformat("1900-01-01")],
}


@pytest.mark.parametrize("kind", list(FieldType))
def test_columns_go_to_arrow_and_back(kind: FieldType) -> None:
    field = Field("f", "f", kind)
    column = column_of(kind, VALUES[kind])
    back = column_from_arrow(arrow_from_column(column, field), field)
    assert back.values() == VALUES[kind]


def test_not_a_number_and_infinity_are_missing() -> None:
    column = column_from_arrow(pa.array([1.5, float("nan"), float("inf"), None]), Field("f", "f", FieldType.REAL))
    assert column.values() == [1.5, None, None, None]


def test_times_with_a_zone_become_utc() -> None:
    moment = dt.datetime(2026, 11, 22, 14, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    column = column_from_arrow(pa.array([moment], pa.timestamp("us", tz="+08:00")), Field("f", "f", FieldType.DATETIME))
    assert column.values() == [dt.datetime.fromisoformat("2026-11-22T06:30")]


def test_numbers_become_text_where_the_field_wants_text() -> None:
    column = column_from_arrow(pa.array([1, None]), Field("f", "f", FieldType.TEXT))
    assert column.values() == ["1", None]


def test_text_in_several_batches_shares_one_dictionary() -> None:
    chunks = pa.chunked_array([["a", "b"], ["b", None, "c"]])
    column = column_from_arrow(chunks, Field("f", "f", FieldType.TEXT))
    assert column.values() == ["a", "b", "b", None, "c"]
    assert sorted(column.dictionary) == ["a", "b", "c"]


FULL = [None, *map(shapely.from_wkt, [*WKT, "POINT M (1 2 4)", "POINT ZM (1 2 3 4)", "LINESTRING M (0 0 1, 1 1 2)"])]
FULL += [shapely.from_wkt("MULTIPOLYGON ZM (((0 0 1 2, 4 0 1 2, 4 4 1 2, 0 0 1 2)))")]


@given(st.lists(st.sampled_from(FULL), max_size=30))
def test_what_is_written_is_what_shapely_writes(shapes: list[object]) -> None:
    column, _ = ragged_from_wkb(pa.array(wkb(shapes), pa.binary()))
    assert column_blobs(column, np.arange(len(column)), None) == wkb(shapes)


@given(st.lists(st.sampled_from(FULL), max_size=12))
def test_blobs_carry_header_and_box(shapes: list[object]) -> None:
    column, _ = ragged_from_wkb(pa.array(wkb(shapes), pa.binary()))
    for shape, blob, plain in zip(shapes, column_blobs(column, np.arange(len(column)), 4490), wkb(shapes), strict=True):
        if shape is None or plain is None or blob is None:
            assert blob is plain is shape
            continue
        assert blob[:3] == b"GP\0"
        assert int.from_bytes(blob[4:8], "little") == 4490
        boxed = blob[3] == 3
        assert boxed == (not shape.is_empty and shape.geom_type != "Point")
        if boxed:
            box = np.frombuffer(blob[8:40], "<f8")
            assert box[[0, 2, 1, 3]].tolist() == list(shape.bounds)
        assert blob[40 if boxed else 8 :] == plain


def test_heights_of_one_row_change_nothing_about_another() -> None:
    square = shapely.box(0, 0, 1, 1)
    shapes = [square, shapely.force_3d(square, 5.0), shapely.multipolygons([square])]
    column, _ = ragged_from_wkb(pa.array(wkb(shapes), pa.binary()))
    assert wkb(list(column.geometries())) == wkb(shapes)

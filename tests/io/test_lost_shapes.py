"""Shapes that the driver gives up in silence, rings that it takes for one another, and numbers that stand for none."""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import shapely

sys.path.insert(0, str(Path(__file__).parent))

from shapefile_bytes import dbf_bytes

from cgplanner.io.drivers import driver_pieces
from cgplanner.io.row_pieces import joined_table
from cgplanner.io.shapefile.door import shapefile_pieces
from cgplanner.io.source import LoadedLayer
from cgplanner.io.vector import describe, read_layer

Ring = list[tuple[float, float]]

SQUARE: Ring = [(112.5, 37.8), (112.5, 37.9), (112.6, 37.9), (112.6, 37.8), (112.5, 37.8)]
INNER: Ring = [(112.52, 37.82), (112.58, 37.82), (112.58, 37.88), (112.52, 37.88), (112.52, 37.82)]
BESIDE: Ring = [(x + 0.2, y) for x, y in SQUARE]
NULL = struct.pack("<i", 0)


def record(rings: Sequence[Ring], kind: int = 5, starts: list[int] | None = None, **said: int) -> bytes:
    """Make the content of a record; ``parts`` and ``points`` are counts that are said against the truth."""
    points = [point for ring in rings for point in ring]
    starts = np.cumsum([0, *map(len, rings)])[:-1].tolist() if starts is None else starts
    head = struct.pack("<i4d2i", kind, 112, 37, 113, 38, said.get("parts", len(starts)), said.get("points", len(points)))
    return head + struct.pack(f"<{len(starts)}i", *starts) + b"".join(struct.pack("<2d", *point) for point in points)


def layer(folder: Path, kind: int, *contents: bytes, deleted: int = -1) -> LoadedLayer:
    body, index, place = b"", b"", 100
    for number, content in enumerate(contents, 1):
        body += struct.pack(">2i", number, len(content) // 2) + content
        index += struct.pack(">2i", place // 2, len(content) // 2)
        place += 8 + len(content)
    for suffix, data in (("shp", body), ("shx", index)):
        head = struct.pack(">i20xi", 9994, (100 + len(data)) // 2) + struct.pack(
            "<2i8d", 1000, kind, 112, 37, 113, 38, *[0] * 4
        )
        (folder / f"a.{suffix}").write_bytes(head + data)
    table = bytearray(dbf_bytes([(b"ID", "N", 4)], [[b"%d" % number] for number in range(len(contents))]))
    if deleted >= 0:
        table[65 + 5 * deleted] = ord("*")
    (folder / "a.dbf").write_bytes(table)
    return read_layer(folder / "a.shp")


def counts(loaded: LoadedLayer) -> dict[str, int]:
    return {note.code: note.count for note in loaded.report.notes if not note.code.startswith("crs-")}


BOTH = shapely.MultiPolygon([shapely.Polygon(SQUARE), shapely.Polygon(BESIDE)])
RESCUED = {
    "an empty part": (record([SQUARE, [], BESIDE]), BOTH),
    "parts in a wrong order": (record([SQUARE, BESIDE], starts=[5, 0]), BOTH),
    "parts that begin at one place": (record([SQUARE, BESIDE], starts=[0, 0]), BOTH),
    "a part behind the end": (record([SQUARE, BESIDE], starts=[0, 100]), BOTH),
    "a part before the beginning": (record([SQUARE, BESIDE], starts=[0, -1]), BOTH),
    "no parts": (record([SQUARE], starts=[]), shapely.Polygon(SQUARE)),
    "a hole and an empty part": (record([SQUARE, [], INNER]), shapely.Polygon(SQUARE, [INNER])),
    "more vertices than there are": (record([SQUARE], points=7), shapely.Polygon(SQUARE)),
    "two milliards of vertices": (record([SQUARE], points=2**31 - 1), shapely.Polygon(SQUARE)),
    "heights that are missing": (record([SQUARE], kind=15), shapely.Polygon(SQUARE)),
    "a line with an empty part": (
        record([SQUARE[:2], [], BESIDE[:2]], kind=3),
        shapely.MultiLineString([SQUARE[:2], BESIDE[:2]]),
    ),
}


@pytest.mark.parametrize("name", RESCUED)
def test_damaged_lists_of_parts(tmp_path: Path, name: str) -> None:
    content, expected = RESCUED[name]
    kind = struct.unpack_from("<i", content)[0]
    loaded = layer(tmp_path, kind, content, record([BESIDE], kind=3 if kind == 3 else 5), deleted=-1)
    assert shapely.equals(loaded.table.geometry.value(0), expected)
    assert (counts(loaded)["geometry-rescued"], "geometry-missing" in counts(loaded)) == (1, False)
    assert [note.code for note in describe(tmp_path / "a.shp").layers[0].report.notes].count("geometry-rescued") == 1


@pytest.mark.parametrize(
    "content",
    [
        record([SQUARE], parts=2**31 - 1),
        record([SQUARE], parts=-1),
        record([SQUARE[:2], BESIDE[:2]], kind=3, starts=[0, -1]),
        struct.pack("<i2d", 99, 1, 2),
        struct.pack("<id", 1, 112.5),
        record([SQUARE[:1]]),
    ],
)
def test_what_cannot_be_put_together_is_counted(tmp_path: Path, content: bytes) -> None:
    loaded = layer(tmp_path, 5, record([SQUARE]), content)
    assert loaded.table.geometry.nulls.tolist() == [False, True]
    assert counts(loaded)["geometry-unreadable"] == 1


def test_rows_without_a_shape_are_not_called_damaged(tmp_path: Path) -> None:
    empty = struct.pack("<i4d2i", 5, 0, 0, 0, 0, 0, 0)
    loaded = layer(tmp_path, 5, record([SQUARE]), NULL, empty)
    assert (counts(loaded)["geometry-missing"], "geometry-unreadable" in counts(loaded)) == (2, False)


def test_the_right_record_is_asked_where_rows_are_deleted(tmp_path: Path) -> None:
    loaded = layer(tmp_path, 5, record([SQUARE]), record([SQUARE, [], BESIDE]), NULL, record([BESIDE, [], INNER]), deleted=0)
    assert loaded.table.column("ID").values() == [1, 2, 3]
    assert [each and each.geom_type for each in loaded.table.geometry.geometries()] == ["MultiPolygon", None, "MultiPolygon"]


def opened_tables(work: Callable[[], object]) -> int:
    """Return how often the table is opened by a work."""
    seen: list[str] = []
    listening = [True]

    def listen(event: str, arguments: tuple[object, ...]) -> None:  # an audit hook cannot be taken away again
        if listening[0] and event == "open":
            seen.append(str(arguments[0]))

    sys.addaudithook(listen)
    work()
    listening[0] = False
    return sum(name.endswith(("a.dbf", "shapes.dbf")) for name in seen)


def test_pieces_find_the_records_of_their_missing_shapes_and_do_not_look_for_them_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver_pieces, "ROWS_AT_ONCE", 4)
    rescued, plain = RESCUED["an empty part"][0], record([BESIDE])
    opened = {}
    for groups in (2, 12):
        folder = tmp_path / str(groups)
        folder.mkdir()
        whole = layer(folder, 5, *[plain, rescued, NULL, plain] * groups, deleted=4).table
        path = folder / "a.shp"
        pieces = joined_table([piece.table for piece in shapefile_pieces(path, None)])
        assert pieces.geometry.geometries().tolist() == whole.geometry.geometries().tolist()
        assert sum(shapely.get_num_geometries(pieces.geometry.geometries()) == 2) == groups
        opened[groups] = opened_tables(partial(list, shapefile_pieces(path, None)))
    assert opened[2] == opened[12] > 0


def test_an_index_that_lists_more_than_there_is_is_made_anew(tmp_path: Path) -> None:
    point = struct.pack("<i2d", 1, 112.5, 37.8)
    layer(tmp_path, 1, *[point] * 8)
    index = (tmp_path / "a.shx").read_bytes()
    layer(tmp_path, 1, *[point] * 4)
    (tmp_path / "a.shx").write_bytes(index)
    loaded = read_layer(tmp_path / "a.shp")
    assert (len(loaded.table), "shx-rebuilt" in counts(loaded)) == (4, True)


def test_areas_that_are_all_turned_around_keep_their_holes(tmp_path: Path) -> None:
    loaded = layer(tmp_path, 5, record([SQUARE[::-1], INNER[::-1]]), record([SQUARE, INNER]))
    shapes = loaded.table.geometry.geometries()
    assert shapely.is_valid(shapes).all()
    assert shapely.equals(shapes[0], shapes[1])
    assert counts(loaded)["rings-turned"] == 2
    assert not any(note.code == "driver" for note in loaded.report.notes)


def test_one_senseless_point_does_not_make_the_declared_system_impossible(tmp_path: Path) -> None:
    points = [struct.pack("<i2d", 1, x, 37.8) for x in (112.5, 112.6, 112.7, -sys.float_info.max, math.inf)]
    (tmp_path / "a.prj").write_text('GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
                                    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]', encoding="ascii")  # fmt: skip
    loaded = layer(tmp_path, 1, *points)
    assert loaded.table.geometry.nulls.tolist() == [False] * 3 + [True] * 2
    assert not loaded.report.has("crs-impossible")


def test_an_open_ring_with_a_senseless_vertex_loses_it_too(tmp_path: Path) -> None:
    ring: Ring = [SQUARE[0], (math.inf, 1.0), SQUARE[2], SQUARE[3], (4e40, 37.8)]
    loaded = layer(tmp_path, 5, record([SQUARE]), record([ring]))
    assert shapely.equals(loaded.table.geometry.value(1), shapely.Polygon([SQUARE[0], SQUARE[2], SQUARE[3]]))
    assert counts(loaded)["coordinates-not-finite"] == 2


def test_heights_and_measures_that_stand_for_none(tmp_path: Path) -> None:
    points = [
        struct.pack("<i4d", 11, 112.5, 37.8, *each) for each in ((800, 5), (math.nan, -1e39), (-sys.float_info.max, -1e39))
    ]
    base = (loaded := layer(tmp_path, 11, *points)).table.geometry.base
    assert base.z is not None
    assert base.m is not None
    assert (base.z[0], base.m[0]) == (800, 5)
    assert np.isnan([*base.z[1:], *base.m[1:]]).all()
    assert counts(loaded)["heights-not-finite"] == 2
    assert layer(tmp_path, 11, points[1]).table.geometry.base.m is None

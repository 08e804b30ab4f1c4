"""Layers taken to another datum: by parameters, by control points, roughly; and what is said and kept of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.errors import UserError
from cgplanner.geometry.crs import is_geographic, transform_xy
from cgplanner.geometry.datum_shift import Helmert, PlaneShift, helmert_of, shifted
from cgplanner.io.crs.crs_files import modern_twin
from cgplanner.io.crs.datum_change import BALLPARK, ControlPoints, DatumChange, in_other_datum, with_mark_kept
from cgplanner.io.crs.parameter_files import read_parameters, read_points
from cgplanner.io.crs.reproject import ballpark_metres, reprojected
from cgplanner.io.report import DatumMark, Report, datum_mark_of
from cgplanner.io.source import LoadedLayer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records

XIAN, NEW = "EPSG:2383", "EPSG:4547"
KNOWN = Helmert(-12.0, 118.5, 61.25, 0.4, -0.3, 0.9, 2.5, "position_vector")
PLACES = np.array([(112.5, 37.8), (112.6, 37.8), (112.6, 37.9), (112.5, 37.9), (112.55, 37.85)])


def layer_in(crs: str, lonlat: np.ndarray = PLACES) -> LoadedLayer:
    """Squares of 100 m (or so); ``lonlat`` are degrees of the datum of ``crs``."""
    xy = transform_xy(
        {"EPSG:2383": "EPSG:4610", "EPSG:2382": "EPSG:4610", "EPSG:2435": "EPSG:4214", "EPSG:4214": "EPSG:4214"}.get(
            crs, "EPSG:4490"
        ),
        crs,
        lonlat,
    )
    rows = [{"n": number} for number in range(len(xy))]
    size = 0.001 if is_geographic(crs) else 100.0
    shapes = [shapely.box(x, y, x + size, y + size) for x, y in xy]
    table = table_from_records(Schema((Field("f1", "n", FieldType.INTEGER),), "polygon"), rows, shapes)
    return LoadedLayer("plots", table, crs, Report((), crs=crs, crs_how="prj"), Path("plots.shp"))


def codes(loaded: LoadedLayer) -> list[str]:
    return [note.code for note in loaded.report.notes]


def points_of(source: np.ndarray, target: np.ndarray) -> ControlPoints:
    return ControlPoints(tuple(f"K{number}" for number in range(len(source))), source, target)


def test_given_parameters_move_the_layer_and_are_said() -> None:
    layer = layer_in(XIAN)
    found = in_other_datum(layer, DatumChange(KNOWN, metres=0.5, detail="parameters.json"))
    before, after = layer.table.geometry.base.xy, found.table.geometry.base.xy
    np.testing.assert_allclose(after, shifted(before, KNOWN, XIAN, NEW), atol=1e-9)
    assert np.hypot(*(after - before).T).min() > 10
    assert (found.crs, found.report.crs) == (NEW, NEW)
    assert codes(found) == ["datum-shifted"]
    assert found.report.datum == DatumMark("helmert", XIAN, NEW, 0.5, "parameters.json")


def test_without_parameters_nothing_moves_unless_it_is_asked_for_and_then_it_is_marked() -> None:
    layer = layer_in(XIAN)
    with pytest.raises(UserError, match="no parameters"):
        reprojected(layer.table.geometry, XIAN, NEW)
    found = in_other_datum(layer, BALLPARK)
    assert found.crs == NEW
    assert found.report.datum == DatumMark("ballpark", XIAN, NEW, 150.0)
    (note,) = found.report.notes
    assert (note.code, note.severity) == ("datum-ballpark", "warning")
    assert "150 m" in str(note.message)


def test_parameters_of_another_basin_are_not_taken() -> None:
    """EPSG has some for Beijing 1954: in the Ordos they serve, in Shanxi PROJ would take those of the Tarim."""
    ordos, shanxi = layer_in("EPSG:4214", np.array([(108.5, 37.5), (108.6, 37.5)])), layer_in("EPSG:4214")
    moved = reprojected(ordos.table.geometry, "EPSG:4214", "EPSG:4326").base.xy - ordos.table.geometry.base.xy
    assert (np.abs(moved).max(axis=0) > 0.0002).all()
    with pytest.raises(UserError, match="no parameters"):
        reprojected(shanxi.table.geometry, "EPSG:4214", "EPSG:4326")


def test_within_a_datum_and_between_the_new_ones_there_is_nothing_to_mark() -> None:
    layer = layer_in("EPSG:4546")
    found = in_other_datum(layer, BALLPARK, "EPSG:4326")
    assert (found.report.datum, found.report.notes) == (None, ())
    assert with_mark_kept(layer) is layer
    old = layer_in(XIAN)
    assert reprojected(old.table.geometry, XIAN, "EPSG:2382").extent() is not None  # a zone further: no datum change


def test_a_layer_that_stays_in_an_old_datum_is_marked() -> None:
    found = with_mark_kept(layer_in("EPSG:2435"))
    assert found.report.datum == DatumMark("kept", "EPSG:2435", "EPSG:2435", 150.0)
    assert codes(found) == ["datum-old"]
    assert with_mark_kept(found) is found


@pytest.mark.parametrize("fit", ["similarity", "affine", "helmert"])
def test_control_points_bring_the_layer_to_its_place(fit: str) -> None:
    layer = layer_in(XIAN)
    corners = transform_xy("EPSG:4610", XIAN, np.array([(112.45, 37.75), (112.65, 37.75), (112.65, 37.95), (112.45, 37.95)]))
    points = points_of(corners, shifted(corners, KNOWN, XIAN, NEW))
    found = in_other_datum(layer, DatumChange(points=points, fit=fit), NEW)  # type: ignore[arg-type]  # one of FITS
    truth = shifted(layer.table.geometry.base.xy, KNOWN, XIAN, NEW)
    np.testing.assert_allclose(found.table.geometry.base.xy, truth, atol=0.05)
    assert found.report.datum is not None
    assert found.report.datum.points == 4
    assert found.report.datum.metres is not None
    assert found.report.datum.metres < 0.05
    (told,) = (note for note in found.report.notes if note.code == "control-points")
    assert told.count == 4
    assert not {"control-points-outside", "control-point-off"} & set(codes(found))


def test_points_of_a_grid_of_ones_own_need_no_source_system() -> None:
    """A city's own grid: turned, shifted, and nobody knows its projection."""
    layer = layer_in(NEW)
    own = PlaneShift(-412_000.0, np.cos(0.02), -np.sin(0.02), -4_150_000.0, np.sin(0.02), np.cos(0.02))
    xy = shifted(layer.table.geometry.base.xy, own, "", "")
    rows = [{"n": number} for number in range(len(layer.table))]
    local = table_from_records(layer.table.schema, rows, [shapely.Polygon(ring) for ring in xy.reshape(-1, 5, 2)])
    unknown = LoadedLayer("grid", local, "", Report((), crs_how="missing"), Path("grid.dxf"))
    points = points_of(xy[::6], layer.table.geometry.base.xy[::6])
    found = in_other_datum(unknown, DatumChange(points=points), NEW)
    np.testing.assert_allclose(found.table.geometry.base.xy, layer.table.geometry.base.xy, atol=1e-5)
    assert found.crs == NEW


def test_north_before_east_is_turned_round_and_said() -> None:
    layer = layer_in(XIAN)
    corners = transform_xy("EPSG:4610", XIAN, np.array([(112.45, 37.75), (112.65, 37.75), (112.65, 37.95), (112.45, 37.95)]))
    there = corners + np.array([-40.0, 20.0])
    points = points_of(corners[:, ::-1].copy(), there[:, ::-1].copy())
    found = in_other_datum(layer, DatumChange(points=points), NEW)
    np.testing.assert_allclose(
        found.table.geometry.base.xy - layer.table.geometry.base.xy, np.tile((-40.0, 20.0), (25, 1)), atol=1e-5
    )
    assert "points-swapped" in codes(found)


def test_what_lies_outside_the_points_and_what_disagrees_is_said() -> None:
    layer = layer_in(XIAN)
    near = layer.table.geometry.bounds[0, :2] + np.array([(0, 0), (500, 0), (500, 500), (0, 500), (250, 250), (100, 400)])
    there = near + np.array([-40.0, 20.0])
    there[4] += 7.0
    found = in_other_datum(layer, DatumChange(points=points_of(near, there)), NEW)
    notes = {note.code: note for note in found.report.notes}
    assert notes["control-points-outside"].count == 4
    assert "K4" in str(notes["control-point-off"].message)


@pytest.mark.parametrize(
    ("crs", "change", "target"),
    [
        ("EPSG:2435", DatumChange(KNOWN, before="EPSG:4610"), NEW),  # of another datum
        (XIAN, DatumChange(KNOWN, after="EPSG:4214"), NEW),
        ("EPSG:2382", DatumChange(PlaneShift(1, 1, 0, 1, 0, 1), before=XIAN), NEW),  # of another zone
    ],
)
def test_parameters_for_other_systems_are_refused(crs: str, change: DatumChange, target: str) -> None:
    with pytest.raises(UserError, match=r"The parameters (are for|lead to)"):
        in_other_datum(layer_in(crs), change, target)


def test_helmert_parameters_serve_all_zones_of_their_datum() -> None:
    found = in_other_datum(layer_in(XIAN), DatumChange(KNOWN, before="EPSG:4610", after="EPSG:4490"), NEW)
    assert found.crs == NEW


def test_the_like_of_an_old_system_is_the_same_zone() -> None:
    pairs = {"EPSG:2383": NEW, "EPSG:2362": "EPSG:4526", "EPSG:2435": NEW, "EPSG:2414": "EPSG:4526", "EPSG:2332": "EPSG:4496"}
    assert {old: modern_twin(old) for old in pairs} == pairs
    assert (modern_twin("EPSG:4610"), modern_twin("EPSG:3857"), modern_twin("")) == ("EPSG:4490",) * 3
    assert [ballpark_metres(crs) for crs in (NEW, "EPSG:4326", XIAN, "EPSG:4267")] == [0.0, 0.0, 150.0, 1000.0]


marks = st.builds(
    DatumMark,
    st.sampled_from(["kept", "ballpark", "helmert", "affine"]),
    st.text(),
    st.text(),
    st.none() | st.floats(0, 1e6),
    st.text(),
)


@given(marks)
def test_a_mark_comes_back_from_its_json(mark: DatumMark) -> None:
    assert datum_mark_of(json.loads(json.dumps(mark.to_json()))) == mark


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_other_json_is_a_mark_or_a_crash(data: object) -> None:
    assert datum_mark_of(data) is None


# Files

HELMERT = {"helmert": {"dx": 1, "dy": 2.5, "dz": -3}, "from": "EPSG:4610", "to": "EPSG:4490", "accuracy_m": 0.5}


def written(folder: Path, content: object, name: str = "p.json") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_a_file_of_parameters(tmp_path: Path) -> None:
    found = read_parameters(written(tmp_path, HELMERT))
    assert found.shift == Helmert(1, 2.5, -3)
    assert (found.before, found.after, found.metres, found.detail) == ("EPSG:4610", "EPSG:4490", 0.5, "p.json")
    turned = {"helmert": {"dx": 1, "dy": 2, "dz": 3, "rz": 0.5, "scale_ppm": 2, "rotation": "coordinate_frame"}}
    assert read_parameters(written(tmp_path, turned)).shift == helmert_of([1, 2, 3, 0, 0, 0.5, 2], "coordinate_frame")
    plane = {"affine": dict(zip(("a0", "a1", "a2", "b0", "b1", "b2"), range(6), strict=True))}
    assert read_parameters(written(tmp_path, plane)).shift == PlaneShift(0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1, 2]",
        {},
        {"helmert": 3},
        {"helmert": {"dx": "1", "dy": 2, "dz": 3}},
        {"helmert": {"dx": 1, "dy": 2, "dz": 3, "tx": 1}},
        {"helmert": {"dx": 1, "dy": 2, "dz": 3, "rz": 1}},  # without the convention
        {"affine": {"a0": 1}},
        HELMERT | {"from": "nowhere"},
        HELMERT | {"accuracy_m": "good"},
        {"points": []},
        {"points": [[1, 2, 3]]},
        {"points": [["K1", 1, 2, 3, 4]], "fit": "spline"},
        b"name,x,y\nK1,1,2,3,4\nK2,1,2,3\n",
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence(tmp_path: Path, content: object) -> None:
    with pytest.raises(UserError):
        read_parameters(written(tmp_path, content))


@given(st.binary(max_size=200) | st.text().map(lambda text: ("{" + text).encode("utf-8", "replace")))
def test_no_bytes_crash_the_reading_of_parameters(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(data)
    try:
        found = read_parameters(path)
    except UserError:
        return
    assert found.shift is not None or found.points is not None


TABLES = {
    "commas": "点名,旧东,旧北,新东,新北\nK1,1,2,11,12\nK2,3,4,13,14\n",
    "tabs": "K1\t1\t2\t11\t12\nK2\t3\t4\t13\t14\n",
    "blanks": "# from: EPSG:2383\n# to: EPSG:4547\nK1 1 2 11 12\n\nK2 3 4 13 14 # moved\n",
    "heights": "K1;1;2;800;11;12;801\nK2;3;4;800;13;14;801\n",
    "full width": "K1，1，2，11，12\nK2，3，4，13，14\n",
}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_tables_of_control_points(tmp_path: Path, kind: str, encoding: str) -> None:
    found = read_points(written(tmp_path, TABLES[kind].encode(encoding), "points.csv"))
    assert found.points is not None
    assert found.points.names == ("K1", "K2")
    assert found.points.source.tolist() == [[1, 2], [3, 4]]
    assert found.points.target.tolist() == [[11, 12], [13, 14]]
    assert found.before == ("EPSG:2383" if kind == "blanks" else "")


def test_points_without_names_are_numbered(tmp_path: Path) -> None:
    found = read_parameters(written(tmp_path, b"1 2 3 4\n5 6 7 8\n", "points.txt"))
    assert found.points is not None
    assert found.points.names == ("1", "2")

"""Parameters between datums: against EPSG's own operations, there and back, and found again from points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj.transformer import TransformerGroup

from cgplanner.errors import UserError
from cgplanner.geometry.crs import transform_xy
from cgplanner.geometry.datum_shift import FITS, Helmert, PlaneShift, fitted, helmert_of, shifted

XIAN, NEW = "EPSG:2383", "EPSG:4547"  # 3-degree zone 38, CM 114E
PLACES = np.array([(112.55, 37.87), (112.73, 37.70), (112.74, 38.41), (111.14, 37.52), (113.58, 37.86), (111.8, 36.9)])

metres = st.floats(-300, 300)
seconds = st.floats(-8, 8)
parameters = st.builds(
    Helmert, metres, metres, metres, seconds, seconds, seconds, st.floats(-20, 20), st.sampled_from(["position_vector"])
)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("Beijing 1954 to WGS 84 (1)", [12.646, -155.176, -80.863]),
        ("Beijing 1954 to WGS 84 (2)", [15.53, -113.82, -41.38, 0, 0, 0.814, -0.38]),
    ],
)
def test_the_parameters_that_epsg_publishes_give_what_proj_makes_of_them(name: str, numbers: list[float]) -> None:
    (published,) = (
        each for each in TransformerGroup(4214, 4326, always_xy=True).transformers if f" {name} " in each.description
    )
    theirs = np.column_stack(published.transform(PLACES[:, 0], PLACES[:, 1]))
    ours = shifted(PLACES, helmert_of(numbers, "position_vector"), "EPSG:4214", "EPSG:4326")
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-11)


@given(parameters)
@settings(max_examples=30, deadline=None)
def test_the_two_conventions_differ_in_the_sign_of_the_rotations(known: Helmert) -> None:
    frame = Helmert(known.dx, known.dy, known.dz, -known.rx, -known.ry, -known.rz, known.scale_ppm, "coordinate_frame")
    one, other = (shifted(PLACES, each, "EPSG:4610", "EPSG:4490") for each in (known, frame))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


@given(parameters)
@settings(max_examples=30, deadline=None)
def test_there_and_back_is_the_same_place(known: Helmert) -> None:
    """Turned round, small parameters are their negatives to second order: a few millimetres for the largest of these."""
    there = shifted(transform_xy("EPSG:4610", XIAN, PLACES), known, XIAN, NEW)
    numbers = (known.dx, known.dy, known.dz, known.rx, known.ry, known.rz, known.scale_ppm)
    back = shifted(there, helmert_of([-each for each in numbers], "position_vector"), NEW, XIAN)
    np.testing.assert_allclose(back, transform_xy("EPSG:4610", XIAN, PLACES), rtol=0, atol=0.1)
    moved = np.abs(there - back).max()
    assert moved > 0 or not any(numbers)


@given(parameters)
@settings(max_examples=30, deadline=None)
def test_points_in_both_datums_give_the_seven_parameters_back(known: Helmert) -> None:
    """On the ground, that is: over a region the single parameters are hardly told apart, the places are."""
    here = transform_xy("EPSG:4610", XIAN, PLACES)
    there = shifted(here, known, XIAN, NEW)
    found = fitted(here, there, "helmert", XIAN, NEW)
    between = transform_xy("EPSG:4610", XIAN, np.array([(112.2, 37.5), (113.0, 38.0)]))
    np.testing.assert_allclose(shifted(between, found.shift, XIAN, NEW), shifted(between, known, XIAN, NEW), rtol=0, atol=0.02)
    assert found.rms < 0.002


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(0.5, 2.0), st.floats(-3.1, 3.1))
@settings(max_examples=50, deadline=None)
def test_a_similarity_is_found_again(east: float, north: float, scale: float, turn: float) -> None:
    a, b = scale * np.cos(turn), scale * np.sin(turn)
    known = PlaneShift(east, a, -b, north, b, a)
    here = np.random.default_rng(5).uniform(0, 30_000, (6, 2)) + np.array([38_500_000, 4_100_000])
    found = fitted(here, shifted(here, known, "", ""), "similarity", "", "")
    assert isinstance(found.shift, PlaneShift)
    assert found.rms < 1e-5
    assert found.shift.scale == pytest.approx(scale, abs=1e-8)
    assert (found.shift.a1, found.shift.a2) == (found.shift.b2, -found.shift.b1)


@given(st.lists(st.floats(-0.5, 0.5), min_size=4, max_size=4), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
@settings(max_examples=50, deadline=None)
def test_an_affine_shift_is_found_again(bend: list[float], east: float, north: float) -> None:
    known = PlaneShift(east, 1 + bend[0] / 4, bend[1], north, bend[2], 1 + bend[3] / 4)
    here = np.random.default_rng(6).uniform(-5_000, 5_000, (5, 2))
    found = fitted(here, shifted(here, known, "", ""), "affine", "", "")
    np.testing.assert_allclose(shifted(here, found.shift, "", ""), shifted(here, known, "", ""), rtol=0, atol=1e-6)


def test_residuals_name_the_point_that_disagrees() -> None:
    here = np.random.default_rng(7).uniform(0, 10_000, (8, 2))
    there = here + np.array([40.0, -30.0])
    there[5] += (3.0, 0.0)
    found = fitted(here, there, "similarity", "", "")
    assert found.worst == 5
    assert 0.5 < found.rms < 1.5
    assert found.is_checked
    assert not fitted(here[:3], there[:3], "affine", "", "").is_checked


def test_points_given_in_degrees_are_weighed_in_metres() -> None:
    known = Helmert(15.0, -120.0, -60.0)
    there = shifted(PLACES, known, "EPSG:4610", "EPSG:4490")
    there[0, 0] += 1e-5  # 0.88 m east
    found = fitted(PLACES, there, "helmert", "EPSG:4610", "EPSG:4490")
    assert 0.2 < found.rms < 0.9


@pytest.mark.parametrize("kind", FITS)
def test_too_few_points_and_points_on_a_line_are_refused(kind: str) -> None:
    here = transform_xy("EPSG:4610", XIAN, PLACES)
    line = here[0] + np.arange(5)[:, None] * (100.0, 50.0)
    for points in (here[:2], line, np.repeat(here[:1], 4, axis=0)):
        with pytest.raises(UserError, match="control points"):
            fitted(points, points + 1.0, kind, XIAN, NEW)  # type: ignore[arg-type]  # one of FITS


def test_a_plane_is_not_fitted_to_degrees() -> None:
    with pytest.raises(UserError, match="degrees"):
        fitted(PLACES, PLACES, "similarity", "EPSG:4610", "EPSG:4490")


@pytest.mark.parametrize("numbers", [[], [1.0], [1.0] * 6, [1.0, 2.0, float("nan")]])
def test_other_than_three_or_seven_numbers_are_refused(numbers: list[float]) -> None:
    with pytest.raises(UserError, match="three numbers"):
        helmert_of(numbers)


def test_rotations_without_their_convention_are_refused() -> None:
    numbers = [1.0, 2.0, 3.0, 0.1, 0.0, 0.0, 1.0]
    with pytest.raises(UserError, match="convention"):
        helmert_of(numbers)
    assert helmert_of(numbers, "coordinate_frame").rotation == "coordinate_frame"
    assert helmert_of([1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 1.0]).rotation == ""


@pytest.mark.parametrize(("source", "target"), [("", NEW), (XIAN, "")])
def test_helmert_parameters_need_both_systems(source: str, target: str) -> None:
    with pytest.raises(UserError, match="ellipsoid"):
        shifted(PLACES, Helmert(1.0, 2.0, 3.0), source, target)

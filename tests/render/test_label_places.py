"""Where labels could stand before anybody chooses: the forms of a text, texts along lines, and what room there is."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cgplanner.geometry.text_extent import text_width
from cgplanner.render.scene.labels.candidates import around, away, inside, pinned
from cgplanner.render.scene.labels.forms import forms_of, in_one_line, unwrapped
from cgplanner.render.scene.labels.room import Asked, Box, Room
from cgplanner.render.scene.labels.text import Block, block_of
from cgplanner.render.scene.labels.written import Baseline, advances_of, baseline_of, is_ideographic, nowhere, written
from cgplanner.symbology.style import Labels

LONG = "山西转型综合改革示范区"
ENGLISH = "Shouyang Economic Development Zone"
LOOK = Labels("name", size=12.0, wrap=6, smallest=9.0)
texts = st.text("山西转型综合改革示范区ABC ab-12（）", min_size=1, max_size=18).filter(lambda text: bool(text.strip()))


def squeezed(text: str) -> str:
    return "".join(text.split())


# The forms of a text


@given(texts, st.sampled_from([0.0, 8.0, 11.0]), st.sampled_from([0, 4, 8]), st.booleans())
def test_every_form_says_the_same_and_none_is_larger_or_cheaper_than_the_first(
    text: str,
    smallest: float,
    wrap: int,
    bold: bool,  # noqa: FBT001  Hypothesis hands it over
) -> None:
    look = replace(LOOK, smallest=smallest, wrap=wrap, bold=bold)
    groups = forms_of(text, look, 1.0, shorten=False)
    ((first, cost),) = groups[0]
    assert (first, cost) == (block_of(text, look, 1.0), 0.0)
    for block, more in (form for group in groups[1:] for form in group):
        assert squeezed("".join(block.lines)) == squeezed(text)
        assert more > 0
        assert (smallest or look.size) - 0.01 <= block.size <= first.size


@given(texts, st.floats(0.2, 5.0))
def test_forms_grow_with_the_size_of_a_px_and_stay_the_same_texts(text: str, px: float) -> None:
    plain, scaled = (forms_of(text, LOOK, each, shorten=False) for each in (1.0, px))
    assert [[block.lines for block, _ in group] for group in plain] == [[block.lines for block, _ in group] for group in scaled]
    for (block, cost), (other, same) in zip(sum(plain, ()), sum(scaled, ()), strict=True):
        assert cost == same
        assert other.width == pytest.approx(block.width * px)
        assert other.height == pytest.approx(block.height * px)


def test_a_long_name_is_tried_in_other_lines_then_smaller() -> None:
    whole, lines, smaller = forms_of(LONG, LOOK, 1.0, shorten=False)
    assert {block.size for block, _ in (*whole, *lines)} == {LOOK.size}
    assert {len(block.lines) for block, _ in (*whole, *lines)} == {2, 3}
    assert max(block.size for block, _ in smaller) < LOOK.size
    assert len(forms_of(LONG, replace(LOOK, smallest=0.0), 1.0, shorten=False)) == 2
    assert len(forms_of("太原", replace(LOOK, smallest=0.0), 1.0, shorten=False)) == 1


def test_only_what_is_to_be_shortened_is_abbreviated_and_last() -> None:
    said = [{squeezed("".join(block.lines)) for block, _ in group} for group in forms_of(ENGLISH, LOOK, 1.0, shorten=True)]
    assert said[-1] == {"ShouyangEcon.Dev.Zone"}
    assert all(each == {squeezed(ENGLISH)} for each in said[:-1])
    assert all(each == {squeezed(ENGLISH)} for each in said[: len(forms_of(ENGLISH, LOOK, 1.0, shorten=False))])


def test_what_runs_along_a_line_is_never_wrapped() -> None:
    assert in_one_line(LONG, LOOK, 2.0).lines == (LONG,)
    forms = unwrapped(ENGLISH, LOOK, 1.0, shorten=True)
    assert all(len(block.lines) == 1 for block, _ in forms)
    assert {block.lines[0] for block, _ in forms} == {ENGLISH, "Shouyang Econ. Dev. Zone"}
    sizes = [block.size for block, _ in forms if block.lines[0] == ENGLISH]
    assert sizes == sorted(sizes, reverse=True)
    assert LOOK.size not in sizes
    assert unwrapped(LONG, replace(LOOK, smallest=0.0), 1.0, shorten=True) == ()


def test_forms_are_kept_for_the_next_map() -> None:
    assert forms_of(LONG, LOOK, 1.0, shorten=False) is forms_of(LONG, replace(LOOK), 1.0, shorten=False)


# Texts along lines


def straight(degrees: float, length: float = 400.0) -> np.ndarray:
    turn = math.radians(degrees)
    return np.linspace(0.0, length, 41)[:, None] * np.array([math.cos(turn), math.sin(turn)]) + 500.0


def on(xy: np.ndarray, block: Block, *shares: float, lift: float = 2.0) -> tuple[Baseline, object]:
    baseline = baseline_of(xy, block.size)
    assert baseline is not None
    anchors = [share * float(baseline.along[-1]) for share in shares]
    return baseline, written(baseline, anchors, block, lift, np.zeros(len(anchors)))


def test_a_line_without_length_has_no_baseline_and_a_text_that_is_longer_no_place() -> None:
    block = in_one_line("汾河", LOOK, 1.0)
    assert baseline_of(np.array([(5.0, 5.0), (6.0, 5.0)]), block.size) is None
    assert baseline_of(np.array([(5.0, 5.0), (5.0, 5.0)]), block.size) is None
    _, found = on(straight(0.0, 1.2 * block.width), in_one_line("汾河二库大坝下游", LOOK, 1.0), 0.5)
    assert (len(found.costs), len(found.covered), found.tried) == (0, 0, 1)
    assert (len(nowhere(block, 3).costs), len(nowhere(block, 3).covered), nowhere(block, 3).tried) == (0, 0, 3)


@pytest.mark.parametrize("degrees", [0, 30, -30, 180, 150, -150])
def test_a_text_on_a_straight_line_runs_to_the_right_above_it(degrees: float) -> None:
    block = in_one_line("Fen River", LOOK, 1.0)
    xy = straight(degrees)
    baseline, found = on(xy, block, 0.5, 0.25)
    place = found.at(0)
    (line,) = place.lines
    assert line.text == "Fen River"
    assert abs(line.angle) < 90
    assert (line.angle - degrees) % 180 == pytest.approx(0.0, abs=1e-6) or (line.angle - degrees) % 180 == pytest.approx(180)
    x, y = place.middle
    middle = (xy[0] + xy[-1]) / 2
    up = np.array([math.sin(math.radians(line.angle)), -math.cos(math.radians(line.angle))])
    assert float((np.array([x, y]) - middle) @ up) > block.size * 0.3
    assert math.dist((x, y), middle) < 1.5 * block.size
    assert len(found.covered[0]) == len("Fen River")
    assert baseline.own[-1] == pytest.approx(400.0)


@pytest.mark.parametrize("degrees", [80, 90, 100, -90, -75])
def test_chinese_stands_upright_beside_a_steep_line_and_latin_does_not(degrees: float) -> None:
    _, found = on(straight(degrees), in_one_line("汾河灌区", LOOK, 1.0), 0.5)
    lines = found.at(0).lines
    assert "".join(line.text for line in lines) == "汾河灌区"
    assert [line.y for line in lines] == sorted(line.y for line in lines)
    assert max(abs(line.angle) for line in lines) < 20
    _, latin = on(straight(degrees), in_one_line("Fen River", LOOK, 1.0), 0.5)
    assert abs(latin.at(0).lines[0].angle) > 60
    assert is_ideographic("汾河Fen") is False
    assert is_ideographic("汾河F") is True


def test_letters_follow_a_bend_and_a_corner_is_refused() -> None:
    block = in_one_line("太原至吕梁高速公路", LOOK, 1.0)
    turn = np.linspace(-1.2, 1.2, 120)
    bow = np.column_stack([np.sin(turn), 1.0 - np.cos(turn)]) * 200.0 + 300.0
    _, found = on(bow, block, 0.5)
    lines = found.at(0).lines
    assert "".join(line.text for line in lines) == "太原至吕梁高速公路"
    angles = [line.angle for line in lines]
    assert all(b > a for a, b in pairwise(angles))  # the bow is open towards the top of the map
    assert found.costs[0] > 0
    corner = np.array([(0.0, 0.0), (150.0, 0.0), (10.0, 40.0)])
    baseline = baseline_of(corner, block.size, wiggle=1)
    assert baseline is not None
    assert written(baseline, [150.0], block, 2.0, np.zeros(1)).costs.tolist() == []


@given(st.floats(-60.0, 60.0), st.floats(0.0, 6.0), st.floats(-300.0, 300.0), st.floats(-300.0, 300.0))
def test_places_on_a_moved_line_are_the_same_moved(degrees: float, lift: float, dx: float, dy: float) -> None:
    block = in_one_line("汾河", LOOK, 1.0)
    _, here = on(straight(degrees), block, 0.5, 0.3, lift=lift)
    _, there = on(straight(degrees) + np.array([dx, dy]), block, 0.5, 0.3, lift=lift)
    assert np.allclose(here.costs, there.costs, atol=1e-9)
    assert np.allclose(here.covered + np.array([dx, dy, dx, dy]), there.covered, atol=1e-6)
    moved, found = here.at(0).moved(dx, dy), there.at(0)
    assert np.allclose(moved.boxes, found.boxes, atol=1e-6)
    assert [line.text for line in moved.lines] == [line.text for line in found.lines]


def test_letters_lie_as_far_apart_as_they_are_wide() -> None:
    block = block_of("汾河Fen", replace(LOOK, spacing=0.5), 1.0, wrap=0)
    assert advances_of(block).sum() == pytest.approx((text_width("汾河Fen") + 5 * 0.5) * LOOK.size)
    _, found = on(straight(0.0), block, 0.5)
    middles = [(left + right) / 2 for left, _, right, _ in found.covered[0].tolist()]
    assert np.allclose(np.diff(middles), (advances_of(block)[:-1] + advances_of(block)[1:]) / 2, atol=1e-6)


@given(st.floats(-60.0, 460.0), st.floats(-60.0, 360.0), st.floats(-80.0, 80.0))
def test_a_place_is_free_where_its_boxes_and_the_start_of_its_line_lie_in_the_window(
    x: float, y: float, degrees: float
) -> None:
    block = in_one_line("汾河灌区", LOOK, 1.0)
    _, along = on(straight(degrees, 200.0) - 500.0 + np.array([x, y]), block, 0.3, 0.5, 0.7)
    room = Room(400.0, 300.0, np.empty((0, 3)), 1.0)
    for options in (along, around((x, y), 5.0, block), away((x, y), 5.0, block, 80.0), inside((x, y), block)):
        for place in range(len(options.costs)):
            made = options.at(place)
            asked = Asked.one(made.boxes, made.leader)
            within = room.holds(made.boxes) and (made.leader is None or room.holds([(*made.leader[:2], *made.leader[:2])]))
            assert room.free(asked, ONLY, (x, y)) == (0 if within else -1, 1)
            low, high = options.covered[place][:, :2].min(axis=0), options.covered[place][:, 2:].max(axis=0)
            assert np.allclose(made.bounds[1::2], (low[1], high[1]), atol=1e-6)
            aside = (made.bounds[0] - low[0], high[0] - made.bounds[2])  # texts side by side shall not read as one
            assert np.allclose(aside, 0.0 if options is along else 0.15 * block.size, atol=1e-6)


@given(st.floats(0.0, 20.0), st.floats(0.0, 700.0))
def test_places_near_and_far_are_as_far_away_as_is_allowed(radius: float, reach: float) -> None:
    block = in_one_line("汾河灌区", LOOK, 1.0)
    near, far = (away((0.0, 0.0), radius, block, reach, far=each) for each in (False, True))
    for options, least, most in ((near, 1.3, 7.4), (far, 9.6, 37.5)):
        for place in range(len(options.costs)):
            made = options.at(place)
            low, high = np.array(made.bounds[:2]), np.array(made.bounds[2:])
            distance = float(np.hypot(*np.maximum(np.maximum(low, -high), 0.0)))
            assert distance <= radius + min(reach, most * block.size) + 1e-6
            assert distance >= radius + 0.6 * least * block.size - 2 * block.size
    assert len(far.costs) == 0 or reach >= 9.6 * block.size


def test_a_text_that_stands_away_is_joined_from_the_edge_of_the_symbol() -> None:
    block = in_one_line("汾河", LOOK, 1.0)
    options = away((100.0, 100.0), 6.0, block, 60.0)
    for place in range(len(options.costs)):
        made = options.at(place)
        if made.leader is not None:
            x, y, end_x, end_y = made.leader
            assert math.dist((x, y), (100.0, 100.0)) == pytest.approx(6.0 + 0.08 * block.size)
            assert made.bounds[0] - 1e-9 <= end_x <= made.bounds[2] + 1e-9
            assert made.bounds[1] - 1e-9 <= end_y <= made.bounds[3] + 1e-9
    assert any(options.at(place).leader for place in range(len(options.costs)))
    assert pinned((100.0, 100.0), 6.0, (106.0, 100.0), block).leader is None


# Room

ONLY = np.zeros(1, np.int64)
FAR = (-9e9, -9e9)
numbers = st.floats(-100.0, 500.0)
boxes = st.tuples(numbers, numbers, st.floats(0.5, 150.0), st.floats(0.5, 90.0)).map(
    lambda told: (told[0], told[1], told[0] + told[2], told[1] + told[3])
)
markers = st.lists(st.tuples(numbers, numbers, st.floats(0.0, 60.0)), max_size=12)


def meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]


@pytest.mark.parametrize("compiled", [False, True])
@given(st.lists(st.lists(boxes, min_size=1, max_size=4), max_size=8), st.lists(boxes, min_size=1, max_size=6), st.data())
def test_room_knows_whose_boxes_overlap(
    compiled: bool,  # noqa: FBT001  pytest hands it over
    taken: list[list[Box]],
    asked: list[Box],
    data: st.DataObject,
) -> None:
    px = data.draw(st.sampled_from([0.3, 1.0, 4.0]))
    room = Room(400.0, 300.0, np.empty((0, 3)), px, compiled=compiled)
    asked = [box for box in asked if room.holds([box])] or [(0.0, 0.0, 400.0, 300.0)]
    for owner, each in enumerate(taken):
        room.take(each, None, owner)
    left = dict(enumerate(taken))
    for gone in data.draw(st.sets(st.sampled_from(sorted(left)))) if left else ():
        room.give_back(gone)
        del left[gone]
    owners = {owner for owner, each in left.items() if any(meet(a, b) for a in each for b in asked)}
    counts, found = room.owners(Asked.one(asked, None), ONLY, FAR, 8)
    assert int(counts[0]) == len(owners)
    assert set(found[0, : len(owners)].tolist()) == owners
    assert room.free(Asked.one(asked, None), ONLY, FAR) == (0 if not owners else -1, 1)
    few, _ = room.owners(Asked.one(asked, None), ONLY, FAR, 1)
    assert int(few[0]) == min(len(owners), 2)


lines = st.tuples(numbers, numbers, numbers, numbers)


@given(
    st.lists(st.tuples(st.lists(boxes, min_size=1, max_size=3), st.none() | lines), max_size=8),
    st.lists(st.tuples(st.lists(boxes, min_size=1, max_size=3), st.none() | lines), min_size=1, max_size=20),
    markers,
    st.sampled_from([0.0, 0.5, 1.0]),
    st.data(),
)
@settings(max_examples=150)
def test_compiled_and_plain_answers_are_the_same(
    taken: list[Any], asked: list[Any], places: list[tuple[float, float, float]], share: float, data: st.DataObject
) -> None:
    discs = np.array(places).reshape(-1, 3)
    rooms = [Room(400.0, 300.0, discs, 1.0, compiled=compiled) for compiled in (False, True)]
    sizes = [len(each) for each, _ in asked]
    whole = Asked(
        np.array([box for each, _ in asked for box in each]),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.array([line or (math.nan,) * 4 for _, line in asked]),
    )
    order = np.array(data.draw(st.permutations(range(len(asked)))), np.int64)
    own = data.draw(st.sampled_from([FAR, *((x, y) for x, y, _ in places)]))
    gone = data.draw(st.sets(st.sampled_from(range(len(taken))))) if taken else set()
    answers = []
    for room in rooms:
        for owner, (each, line) in enumerate(taken):
            room.take(each, line, owner)
        for owner in gone:
            room.give_back(owner)
        counts, found = room.owners(whole, order, own, 3, share)
        met = [sorted(found[k, : max(count, 0)].tolist()) if count <= 3 else [] for k, count in enumerate(counts.tolist())]
        answers.append((counts.tolist(), met, room.free(whole, order, own)))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("compiled", [False, True])
def test_lines_meet_texts_lines_and_markers_but_not_what_covers_their_beginning(
    compiled: bool,  # noqa: FBT001  pytest hands it over
) -> None:
    room = Room(400.0, 300.0, np.array([(200.0, 150.0, 8.0), (206.0, 150.0, 8.0), (260.0, 150.0, 5.0)]), 1.0, compiled=compiled)
    room.take([(100.0, 100.0, 120.0, 110.0)], (110.0, 110.0, 110.0, 200.0), 7)

    def who(box: Box, line: tuple[float, float, float, float] | None) -> tuple[int, list[int]]:
        counts, found = room.owners(Asked.one([box], line), ONLY, (200.0, 150.0), 3)
        return int(counts[0]), found[0, : max(int(counts[0]), 0)].tolist()

    corner = (380.0, 10.0, 390.0, 20.0)
    assert who(corner, (208.0, 150.0, 380.0, 20.0)) == (0, [])  # begins on a neighbour's marker
    assert who(corner, (208.0, 150.0, 300.0, 150.0)) == (-1, [])  # goes over another
    assert who(corner, (150.0, 150.0, 50.0, 150.0)) == (1, [7])  # crosses the line
    assert who(corner, (150.0, 105.0, 90.0, 105.0)) == (1, [7])  # crosses the text
    assert who((105.0, 150.0, 115.0, 160.0), None) == (1, [7])  # a text on the line
    assert who((112.5, 150.0, 122.5, 160.0), None) == (0, [])  # a text beside it
    room.give_back(7)
    assert who(corner, (150.0, 150.0, 50.0, 150.0)) == (0, [])


@given(markers, st.lists(boxes, min_size=1, max_size=4), st.sampled_from([0.5, 1.0]))
def test_room_knows_what_lies_on_markers(places: list[tuple[float, float, float]], asked: list[Box], share: float) -> None:
    room = Room(400.0, 300.0, np.array(places).reshape(-1, 3), 1.0)
    asked = [box for box in asked if room.holds([box])] or [(0.0, 0.0, 400.0, 300.0)]

    def lies_on(box: Box, marker: tuple[float, float, float], part: float) -> bool:
        x, y, radius = marker
        dx, dy = max(box[0] - x, x - box[2], 0.0), max(box[1] - y, y - box[3], 0.0)
        return dx * dx + dy * dy < (radius * part) * (radius * part)

    counts, _ = room.owners(Asked.one(asked, None), ONLY, FAR, 1, share)
    assert (int(counts[0]) == -1) == any(lies_on(box, each, share) for box in asked for each in places)
    assert room.marks(np.array(asked), FAR) == sum(lies_on(box, each, 1.0) for box in asked for each in places)


def test_a_feature_s_own_marker_is_in_nobody_s_way() -> None:
    room = Room(400.0, 300.0, np.array([(100.0, 100.0, 8.0), (np.nan, 100.0, 8.0), (150.0, 100.0, np.inf)]), 1.0)
    box = (95.0, 95.0, 120.0, 105.0)
    assert room.free(Asked.one([box], None), ONLY, (100.2, 100.0)) == (0, 1)
    assert room.free(Asked.one([box], None), ONLY, (101.0, 100.0)) == (-1, 1)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_place_that_is_no_number_is_in_no_window(bad: float) -> None:
    room = Room(400.0, 300.0, np.empty((0, 3)), 1.0)
    assert not room.holds([(bad, 10.0, bad, 20.0)])
    assert not room.holds([(1.0, 10.0, bad, 20.0)])
    options = around((bad, 10.0), 3.0, in_one_line("汾河", LOOK, 1.0))
    steps = np.arange(len(options.costs) + 1)
    asked = Asked(options.covered.reshape(-1, 4), steps, np.full((len(options.costs), 4), np.nan))
    assert room.free(asked, steps[:-1], (0.0, 0.0)) == (-1, len(options.costs))


def test_a_line_without_boxes_takes_room() -> None:
    room = Room(400.0, 300.0, np.empty((0, 3)), 1.0)
    room.take([], (100.0, 100.0, 200.0, 100.0), 1)
    room.take([], None, 2)
    asked = Asked.one([(140.0, 90.0, 160.0, 110.0)], None)
    assert room.owners(asked, np.array([0]), (0.0, 0.0), 2)[1].tolist() == [[1, 0]]

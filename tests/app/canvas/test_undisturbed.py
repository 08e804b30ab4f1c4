"""A frame keeps Python's lock, and gives the usual turn back whatever happens in it."""

from __future__ import annotations

import sys

import pytest

from cgplanner.app.canvas.undisturbed import AT_MOST_SECONDS, undisturbed


def test_turns_are_long_in_a_frame_and_usual_after_it() -> None:
    usual = sys.getswitchinterval()

    @undisturbed()
    def frame(depth: int) -> float:
        inner = frame(depth - 1) if depth else sys.getswitchinterval()
        assert sys.getswitchinterval() == pytest.approx(AT_MOST_SECONDS)  # an inner one leaves the outer as it was
        return inner

    for _ in range(1000):
        assert frame(2) == pytest.approx(AT_MOST_SECONDS)
    assert sys.getswitchinterval() == usual


def test_a_frame_that_fails_gives_the_turns_back() -> None:
    usual = sys.getswitchinterval()
    with pytest.raises(ZeroDivisionError), undisturbed():
        _ = 1 / 0
    assert sys.getswitchinterval() == usual

"""The first picture of a large layer: dots where places are, nothing elsewhere, and no trouble with odd numbers."""

from __future__ import annotations

import numpy as np

from cgplanner.render.scene.sketch import FEW, Sketch
from cgplanner.render.scene.viewport import Viewport

VIEW = Viewport(100.0, 200.0, 2.0, 40.0, 20.0)


def test_many_places_are_a_pixel_each() -> None:
    sketch = Sketch(VIEW)
    places = np.tile([[100.5, 199.5], [61.0, 219.0]], (FEW, 1))
    sketch.add(places)
    words = sketch.words(0x66112233)
    assert words.shape == (20, 40)
    assert np.argwhere(words).tolist() == [[0, 0], [10, 20]]
    assert words[10, 20] == 0x66112233


def test_few_places_are_larger_dots_that_stay_inside() -> None:
    sketch = Sketch(VIEW)
    sketch.add(np.array([[100.5, 199.5], [61.0, 219.0]]))
    assert np.count_nonzero(sketch.words(1)) == 9 + 4


def test_what_is_outside_or_no_number_is_left_out() -> None:
    sketch = Sketch(VIEW)
    sketch.add(np.array([[np.nan, 0], [np.inf, 200], [1e300, -1e300], [500, 200], [59.9, 200]]))
    sketch.add(np.empty((0, 2)))
    assert not sketch.words(1).any()

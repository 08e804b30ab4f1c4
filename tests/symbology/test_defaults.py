"""The default looks: readable by everybody, complete for every kind of geometry, and storable."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.symbology.defaults import COLOR_CYCLE, default_color, default_style
from cgplanner.symbology.style import Single, style_from_json

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.95047, 1.0, 1.08883])


def cielab(color: str, sight: str) -> np.ndarray:
    rgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(SIGHT[sight] @ linear, 0, 1)
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in TO_XYZ @ seen / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", list(SIGHT))
def test_colours_of_the_cycle_keep_apart(sight: str) -> None:
    for one, other in combinations(COLOR_CYCLE, 2):
        assert np.linalg.norm(cielab(one, sight) - cielab(other, sight)) >= 12, (one, other)


def test_neighbours_in_the_cycle_differ_in_grey() -> None:
    for one, other in zip(COLOR_CYCLE, (*COLOR_CYCLE[1:], COLOR_CYCLE[0]), strict=True):
        assert abs(cielab(one, "normal")[0] - cielab(other, "normal")[0]) >= 8, (one, other)


def test_every_colour_stands_out_from_the_paper() -> None:
    paper = cielab("#FBFAF7", "normal")[0]
    assert all(paper - cielab(color, "normal")[0] > 30 for color in COLOR_CYCLE)


def test_the_cycle_starts_over() -> None:
    assert [default_color(i) for i in range(len(COLOR_CYCLE) + 1)] == [*COLOR_CYCLE, COLOR_CYCLE[0]]


def test_a_default_style_draws_every_kind_and_survives_its_file() -> None:
    schema = Schema((Field("f1", "NAME", FieldType.TEXT),), title="f1")
    style = default_style(schema, 3)
    assert isinstance(style.renderer, Single)
    symbol = style.renderer.symbol
    assert symbol.point
    assert symbol.line
    assert symbol.polygon
    assert style.labels is not None
    assert style.labels.field == "f1"
    assert not style.labels.visible
    assert style_from_json(style.to_json()) == style


def test_a_layer_without_names_has_no_labels() -> None:
    assert default_style(Schema()).labels is None

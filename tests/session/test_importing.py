"""What a layer is called that comes in: an id that files can be called by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cgplanner.model.workspace import Workspace
from cgplanner.session.importing import fresh_id
from cgplanner.session.session import Session


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("太原市地块", "tysdk"),
        ("Plots 2024", "plots_2024"),
        ("2024年地块", "layer_2024ndk"),
        ("★", "layer_2"),  # SQLite's and our own tables keep their names
        ("layer", "layer_2"),
        ("gpkg_contents", "gpkg_contents_2"),
    ],
)
def test_hanzi_become_their_initials(name: str, wanted: str) -> None:
    assert fresh_id(name, Workspace()) == wanted


def test_an_id_is_never_given_twice() -> None:
    sample = Session.sample(journaled=False).workspace
    first = replace(sample.layers[0], id=fresh_id("地块", sample))
    assert fresh_id("地块", replace(sample, layers=(*sample.layers, first))) == "dk_2"

"""The finished sample, read as the program reads it, against the ledger and against a second build."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging"))

from sample.document import ORDER, build_workspace

from cgplanner.io.workspace.workspace_file import read_workspace
from cgplanner.model.workspace import Workspace
from cgplanner.resources import layers_path

ROOT = Path(__file__).resolve().parents[2]

COUNTS = {
    "boundaries": 103,
    "cities": 5,
    "counties": 53,
    "rivers": 6,
    "ecology": 7,
    "industry": 25,
    "tourism": 10,
    "projects": 46,
    "places": 104,
}


@pytest.fixture(scope="module")
def sample() -> Workspace:
    loaded = read_workspace(layers_path("sample.gpkg"))
    assert loaded.report.notes == ()
    return loaded.workspace


@pytest.fixture(scope="module")
def built() -> Workspace:
    return build_workspace()


@pytest.fixture(scope="module")
def ledger() -> dict[str, dict[str, str]]:
    with (ROOT / "packaging" / "sample" / "plan_facts.csv").open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def test_layers_stand_in_drawing_order_with_their_counts(sample: Workspace) -> None:
    assert [layer.id for layer in sample] == list(ORDER)
    assert {layer.id: len(layer.table) for layer in sample} == COUNTS
    assert all(layer.crs == "EPSG:4490" for layer in sample)
    assert all(layer.source and layer.accuracy_note for layer in sample)


def test_all_88_facts_equal_the_ledger(sample: Workspace, ledger: dict[str, dict[str, str]]) -> None:
    seen = set()
    for name in ("projects", "ecology", "industry", "tourism"):
        table = sample.layer(name).table
        for position in range(len(table)):
            row = table.record(position)
            fact = ledger[row["XMBH"]]
            seen.add(row["XMBH"])
            assert fact["layer"] == name
            assert (row["XMMC"], row["YWMC"]) == (fact["name_zh"], fact["name_en"])
            assert (row["XMZT"], row["SZCS"]) == (fact["status_zh"], fact["cities"])
            assert (row["XMLB"], row["SSLY"], row["SM"]) == (fact["category_zh"], fact["domain_zh"], fact["fact"])
            assert row["SL"] == (float(fact["quantity"]) if fact["quantity"] else None)
            assert row["DW"] == (fact["unit"] or None)
    assert len(seen) == 88
    assert seen == set(ledger)


def test_every_feature_tells_its_accuracy_and_source(sample: Workspace) -> None:
    for layer in sample:
        for position in range(len(layer.table)):
            row = layer.table.record(position)
            assert row["SJLY"]
            assert row["WZJD"] >= 2 if layer.role == "planning" else row["SYXK"]


def test_every_shape_is_valid_and_counties_are_a_coverage(sample: Workspace) -> None:
    for layer in sample:
        shapes = layer.table.geometry.geometries()
        assert shapely.is_valid(shapes).all(), layer.id
        assert not shapely.is_empty(shapes).any(), layer.id
    assert shapely.coverage_is_valid(sample.layer("counties").table.geometry.geometries())


def test_the_file_is_what_the_script_builds_today(sample: Workspace, built: Workspace) -> None:
    for mine, fresh in zip(sample, built, strict=True):
        assert mine.schema == fresh.schema, mine.id
        assert mine.style == fresh.style, mine.id
        assert mine.table.equals(fresh.table), mine.id
    assert sample.equals(built)
    assert sample.view == built.view


def test_building_twice_gives_the_same(built: Workspace) -> None:
    again = build_workspace()
    assert again.equals(built)
    for one, other in zip(built, again, strict=True):
        ours, theirs = one.table.geometry.base, other.table.geometry.base
        np.testing.assert_array_equal(ours.xy, theirs.xy)

"""Base maps and bookmarks from the command line: kept in the workspace, drawn into pictures, refused in a sentence."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cgplanner.__main__ import main
from cgplanner.session.service_keys import load_keys
from cgplanner.session.session import Session


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def mbtiles(path: Path) -> Path:
    """A file of one green tile for the whole earth."""
    out = io.BytesIO()
    Image.new("RGB", (256, 256), "#208040").save(out, "PNG")
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE metadata (name text, value text)")
        base.execute("CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
        base.execute("INSERT INTO tiles VALUES (0, 0, 0, ?)", (out.getvalue(),))
    base.close()
    return path


def edit(workspace: Path, folder: Path, *operations: dict[str, object]) -> int:
    lines = folder / "operations.jsonl"
    lines.write_text("\n".join(json.dumps(each) for each in operations), encoding="utf-8")
    return main(["edit", str(workspace), str(lines)])


def test_a_base_map_is_kept_drawn_and_taken_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace, green = tmp_path / "w.gpkg", mbtiles(tmp_path / "green.mbtiles")
    assert main(["new", str(workspace)]) == 0
    added = {"op": "add_basemap", "id": "green", "kind": "mbtiles", "source": str(green), "title_en": "Green"}
    marked = {"op": "add_bookmark", "name": "远处", "x": 116.0, "y": 36.0, "scale": 500_000}
    layers = Session.open(workspace, read_only=True, journaled=False).workspace.layers
    hidden = [
        {"op": "set_visible", "layer": each.id, "visible": False} for each in layers
    ]  # one of them veils what lies far off
    assert edit(workspace, tmp_path, added, marked, *hidden) == 0
    found = Session.open(workspace, read_only=True, journaled=False).workspace
    assert [each.id for each in found.basemaps] == ["green"]
    assert [(each.name, each.scale) for each in found.bookmarks] == [("远处", 500_000.0)]
    out = tmp_path / "far.png"
    assert main(["render", str(workspace), str(out), "--size", "200x120", "--bookmark", "远处"]) == 0
    pixels = np.asarray(Image.open(out).convert("RGB"))
    assert pixels.shape == (120, 200, 3)
    assert tuple(pixels[5, 5]) == (0x20, 0x80, 0x40)
    changes = (
        {"op": "set_basemap", "basemap": "Green", "opacity": 0.5, "visible": False},
        {"op": "rename_bookmark", "bookmark": "远处", "name": "b"},
    )
    assert edit(workspace, tmp_path, *changes) == 0
    found = Session.open(workspace, read_only=True, journaled=False).workspace
    assert [(each.opacity, each.visible) for each in found.basemaps] == [(0.5, False)]
    assert (
        edit(workspace, tmp_path, {"op": "remove_basemap", "basemap": "green"}, {"op": "remove_bookmark", "bookmark": "b"}) == 0
    )
    found = Session.open(workspace, read_only=True, journaled=False).workspace
    assert (found.basemaps, found.bookmarks) == ((), ())


def test_what_is_none_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = tmp_path / "w.gpkg"
    assert main(["new", str(workspace), "--empty"]) == 0
    for wrong in (
        {"op": "add_basemap", "source": "https://a.example/{z}/{x}/{y}", "opacity": 7},
        {"op": "set_basemap", "basemap": "gone", "visible": True},
        {"op": "add_bookmark", "name": "a", "x": 1, "y": 2, "scale": -1},
        {"op": "remove_bookmark", "bookmark": "gone"},
    ):
        assert edit(workspace, tmp_path, wrong) == 3
        assert "Line 1 was not run" in capsys.readouterr().err


def test_a_base_map_that_is_gone_is_told_and_the_picture_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = tmp_path / "w.gpkg"
    assert main(["new", str(workspace)]) == 0
    assert edit(workspace, tmp_path, {"op": "add_basemap", "kind": "raster", "source": "/nowhere/gone.tif"}) == 0
    assert main(["render", str(workspace), str(tmp_path / "out.png"), "--size", "200x120"]) == 0
    assert "gone.tif" in capsys.readouterr().err
    assert main(["render", str(workspace), str(tmp_path / "x.png"), "--bookmark", "none"]) == 3


def test_a_key_in_an_address_does_not_get_into_the_workspace(tmp_path: Path) -> None:
    workspace = tmp_path / "w.gpkg"
    assert main(["new", str(workspace), "--empty"]) == 0
    copied = "https://t0.tianditu.gov.cn/img_w/wmts?LAYER=img&TILEMATRIX=9&TILEROW=8&TILECOL=7&tk=s3cret"
    assert edit(workspace, tmp_path, {"op": "add_basemap", "source": copied, "visible": False}) == 0
    (basemap,) = Session.open(workspace, read_only=True, journaled=False).workspace.basemaps
    assert basemap.source.endswith("TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}")
    assert basemap.key == "tianditu.gov.cn"
    assert load_keys() == {"tianditu.gov.cn": "s3cret"}
    assert b"s3cret" not in workspace.read_bytes()
    assert edit(workspace, tmp_path, {"op": "add_basemap", "source": "file:///etc/{z}{x}{y}"}) == 3


def test_a_wmts_is_asked_for_its_layer(tmp_path: Path, tile_server: Any, capsys: pytest.CaptureFixture[str]) -> None:
    matrix = (
        "<TileMatrix><Identifier>0</Identifier><ScaleDenominator>559082264.0287178</ScaleDenominator><TopLeftCorner>"
        "-20037508.34 20037508.34</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight></TileMatrix>"
    )
    said = (
        "<Capabilities><Contents><Layer><Title>影像</Title><Identifier>img</Identifier><TileMatrixSetLink><TileMatrixSet>GM"
        f"</TileMatrixSet></TileMatrixSetLink></Layer><TileMatrixSet><Identifier>GM</Identifier><SupportedCRS>EPSG:3857"
        f"</SupportedCRS>{matrix}</TileMatrixSet></Contents></Capabilities>"
    )
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 200, said.encode(), "text/xml")
    workspace = tmp_path / "w.gpkg"
    assert main(["new", str(workspace), "--empty"]) == 0
    wanted = {
        "op": "add_basemap",
        "service": f"{tile_server.address}/wmts?tk=s3cret",
        "service_layer": "影像",
        "visible": False,
    }
    assert edit(workspace, tmp_path, wanted) == 0
    (basemap,) = Session.open(workspace, read_only=True, journaled=False).workspace.basemaps
    assert (basemap.title_zh, basemap.key, basemap.max_zoom, basemap.visible) == ("影像", "127.0.0.1", 0, False)
    assert b"s3cret" not in workspace.read_bytes()
    assert edit(workspace, tmp_path, {**wanted, "service_layer": "none"}) == 3
    assert "img" in capsys.readouterr().err

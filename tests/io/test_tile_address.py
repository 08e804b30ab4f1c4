"""What people type becomes a template without a key; nothing else is taken for one."""

from __future__ import annotations

import pytest

from cgplanner.errors import UserError
from cgplanner.geometry.tile_grid import PieceKey
from cgplanner.io.ground.basemap_source import presets
from cgplanner.io.ground.tile_address import address_of, grid_of, service_of, template_of, wmts_template
from cgplanner.model.basemap import Basemap

TDT = "https://t0.tianditu.gov.cn/img_c/wmts?SERVICE=WMTS&LAYER=img&TILEMATRIXSET=c&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"


@pytest.mark.parametrize(
    ("typed", "template", "key"),
    [
        ("https://a.example/{z}/{x}/{y}.png", "https://a.example/{z}/{x}/{y}.png", ""),
        (" https://a.example/${z}/${x}/${y}.png ", "https://a.example/{z}/{x}/{y}.png", ""),
        ("https://a.example/{Style}/{TileMatrix}/{TileRow}/{TileCol}", "https://a.example/{style}/{z}/{y}/{x}", ""),
        (f"{TDT}&tk=abc123", f"{TDT}&tk={{key}}", "abc123"),
        (f"{TDT}&tk={{tk}}", f"{TDT}&tk={{key}}", ""),
        (
            "https://t0.tianditu.gov.cn/img_c/wmts?LAYER=img&TileMatrix=12&TileRow=1186&TileCol=3328&tk=k",
            "https://t0.tianditu.gov.cn/img_c/wmts?LAYER=img&TileMatrix={z}&TileRow={y}&TileCol={x}&tk={key}",
            "k",
        ),
        ("https://a.example/{q}?key=s3", "https://a.example/{q}?key={key}", "s3"),
    ],
)
def test_what_is_typed_becomes_a_template(typed: str, template: str, key: str) -> None:
    assert template_of(typed) == (template, key)


@pytest.mark.parametrize("typed", ["", "tiles", "ftp://a/{z}/{x}/{y}", "file:///etc/{z}{x}{y}", "https://a.example/map.png"])
def test_what_is_no_address_of_tiles_is_refused(typed: str) -> None:
    with pytest.raises(UserError):
        template_of(typed)


def test_the_grid_is_read_from_the_tile_matrix_set() -> None:
    assert grid_of(TDT) == "geographic"
    assert grid_of("https://t0.tianditu.gov.cn/vec_c/wmts?x") == "geographic"
    assert grid_of("https://a/wmts?TileMatrixSet=EPSG:4490&z") == "geographic"
    assert grid_of(TDT.replace("_c", "_w").replace("SET=c", "SET=w")) == "mercator"
    assert grid_of("https://a.example/{z}/{x}/{y}.png") == "mercator"


def test_keys_are_kept_by_domain() -> None:
    assert service_of("https://t{s}.tianditu.gov.cn/vec_w/wmts") == "tianditu.gov.cn"
    assert service_of("https://tile.openstreetmap.example/{z}") == "openstreetmap.example"
    assert service_of("http://127.0.0.1:8080/{z}") == "127.0.0.1"


def test_an_address_has_its_numbers_subdomain_and_key() -> None:
    basemap = Basemap("b", "", "", "tiles", "https://t{s}.x/{z}/{x}/{y}/{-y}/{q}?tk={key}", subdomains=("0", "1"))
    assert address_of(basemap, PieceKey(3, 6, 3), "a&b") == "https://t1.x/3/6/3/4/132?tk=a%26b"


def test_a_wmts_by_pairs_is_a_template_as_any_other() -> None:
    template, key = template_of(wmts_template("https://g.example/wmts?tk=secret", "img", "c", picture="tiles"))
    assert key == "secret"
    assert "LAYER=img" in template
    assert template.endswith("TILEMATRIX={z}&TILEROW={y}&TILECOL={x}")
    assert grid_of(template) == "geographic"


def test_the_presets_are_templates_without_a_key() -> None:
    assert {len(each.basemaps) for each in presets()} == {2}
    for basemap in (each for preset in presets() for each in preset.basemaps):
        assert template_of(basemap.source) == (basemap.source, "")
        assert grid_of(basemap.source) == basemap.grid
        assert basemap.key == service_of(basemap.source)
        assert basemap.attribution

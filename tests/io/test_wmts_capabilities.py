"""What services say of themselves, and what is made of it: 天地图's dialect, GeoServer's, REST templates, and nonsense."""

from __future__ import annotations

from typing import Any

import pytest

from cgplanner.errors import UserError
from cgplanner.geometry.tile_grid import PieceKey
from cgplanner.io.ground.basemap_source import opened
from cgplanner.io.ground.tile_address import address_of
from cgplanner.io.ground.wmts_capabilities import Service, read_capabilities, service_of_xml
from cgplanner.model.basemap import Basemap

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><Capabilities xmlns="http://www.opengis.net/wmts/1.0" '
    'xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0">'
    "<ows:ServiceIdentification><ows:Title>省级底图</ows:Title></ows:ServiceIdentification>"
    "<ows:ServiceProvider><ows:ProviderName>测绘院</ows:ProviderName></ows:ServiceProvider>"
)
MERCATOR_0, DEGREES_0 = 559_082_264.0287178, 279_541_132.0143589 * 2


def operation(href: str, encoding: str = "KVP") -> str:
    return (
        f'<ows:OperationsMetadata><ows:Operation name="GetTile"><ows:DCP><ows:HTTP><ows:Get xlink:href="{href}">'
        f'<ows:Constraint name="GetEncoding"><ows:AllowedValues><ows:Value>{encoding}</ows:Value></ows:AllowedValues>'
        "</ows:Constraint></ows:Get></ows:HTTP></ows:DCP></ows:Operation></ows:OperationsMetadata>"
    )


def layer(name: str, title: str, *sets: str, style: str = "default", more: str = "", picture: str = "image/png") -> str:
    links = "".join(f"<TileMatrixSetLink><TileMatrixSet>{each}</TileMatrixSet></TileMatrixSetLink>" for each in sets)
    return (
        f"<Layer><ows:Title>{title}</ows:Title><ows:Identifier>{name}</ows:Identifier><Style isDefault='true'>"
        f"<ows:Identifier>{style}</ows:Identifier></Style><Format>{picture}</Format>{links}{more}</Layer>"
    )


def matrix_set(name: str, crs: str, corner: str, scale: float, names: tuple[str, ...], tile: int = 256, first: int = 0) -> str:
    levels = "".join(
        f"<TileMatrix><ows:Identifier>{each}</ows:Identifier><ScaleDenominator>{scale / 2 ** (first + step):.12g}"
        f"</ScaleDenominator><TopLeftCorner>{corner}</TopLeftCorner><TileWidth>{tile}</TileWidth>"
        f"<TileHeight>{tile}</TileHeight><MatrixWidth>1</MatrixWidth><MatrixHeight>1</MatrixHeight></TileMatrix>"
        for step, each in enumerate(names)
    )
    named = f"<ows:Identifier>{name}</ows:Identifier><ows:SupportedCRS>{crs}</ows:SupportedCRS>"
    return f"<TileMatrixSet>{named}{levels}</TileMatrixSet>"


def document(*contents: str, operations: str = "") -> bytes:
    return f"{HEAD}{operations}<Contents>{''.join(contents)}</Contents></Capabilities>".encode()


CORNER = "-20037508.342787 20037508.342787"
GOOGLE = matrix_set("GM", "urn:ogc:def:crs:EPSG::3857", CORNER, MERCATOR_0, tuple(str(k) for k in range(19)))
GEOSERVER = matrix_set(
    "EPSG:4326", "urn:ogc:def:crs:EPSG::4326", "90.0 -180.0", MERCATOR_0, tuple(f"EPSG:4326:{k}" for k in range(10)), first=1
)
TIANDITU = matrix_set(  # reckons with 96 dots an inch, and turns the corner's axes round
    "w",
    "urn:ogc:def:crs:EPSG::900913",
    "20037508.3427892 -20037508.3427892",
    2.958293554545656e8 * 2,
    tuple(str(k) for k in range(1, 19)),
    first=1,
)
TIANDITU_C = matrix_set(
    "c", "urn:ogc:def:crs:EPSG::4490", "90.0 -180.0", 2.958293554545656e8 * 2, tuple(str(k) for k in range(1, 19)), first=1
)


def only_set(service: Service) -> Any:
    ((found,),) = [each.sets for each in service.layers]
    return found


def tile(found: Any, piece: PieceKey, key: str = "") -> str:
    basemap = Basemap("b", "", "", "tiles", found.template, grid=found.grid, tile_size=found.tile_size)
    return address_of(basemap, piece, key)


def test_tianditu_is_understood_in_both_grids() -> None:
    data = document(
        layer("vec", "矢量", "w", picture="tiles"), TIANDITU, operations=operation("http://t0.example.cn/vec_w/wmts?")
    )
    service = service_of_xml(data, "https://t0.example.cn/vec_w/wmts?tk={key}", "s3cret")
    assert (service.title, service.provider) == ("省级底图", "测绘院")
    found = only_set(service)
    assert (found.grid, found.least, found.most) == ("mercator", 1, 18)
    address = tile(found, PieceKey(7, 104, 49), "s3cret")
    assert address.startswith("https://t0.example.cn/vec_w/wmts?")  # http of its own words would lose the key to anybody
    assert {"LAYER=vec", "TILEMATRIX=7", "TILEROW=49", "TILECOL=104", "tk=s3cret", "FORMAT=tiles"} <= set(
        address.partition("?")[2].split("&")
    )
    assert "s3cret" not in found.template
    degrees = only_set(service_of_xml(document(layer("vec", "矢量", "c"), TIANDITU_C), "https://t0.example.cn/vec_c/wmts"))
    assert (degrees.grid, degrees.least, degrees.most) == ("geographic", 1, 18)


def test_levels_that_are_counted_from_nought_and_have_long_names() -> None:
    found = only_set(
        service_of_xml(
            document(
                layer("ws:roads", "Roads", "EPSG:4326"), GEOSERVER, operations=operation("http://localhost:8080/gwc/wmts?")
            ),
            "http://maps.example.cn/gwc/wmts",
        )
    )
    assert (found.grid, found.least, found.most) == ("geographic", 1, 10)
    address = tile(found, PieceKey(3, 6, 1))
    assert address.startswith("http://maps.example.cn/gwc/wmts?")  # not the machine that the service takes for its own
    assert "TILEMATRIX=EPSG:4326:2&TILEROW=1&TILECOL=6" in address


def test_a_rest_template_with_its_dimensions() -> None:
    rest = (
        "<Dimension><ows:Identifier>Time</ows:Identifier><Default>2025</Default></Dimension>"
        '<ResourceURL format="image/png" resourceType="tile" '
        'template="https://x.example.cn/{Time}/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.png"/>'
    )
    service = service_of_xml(
        document(layer("img", "影像", "GM", more=rest), GOOGLE), "https://x.example.cn/WMTSCapabilities.xml"
    )
    assert tile(only_set(service), PieceKey(5, 26, 12)) == "https://x.example.cn/2025/default/GM/5/12/26.png"


def test_larger_tiles_and_grids_of_their_own() -> None:
    wide = matrix_set("big", "EPSG:3857", CORNER, MERCATOR_0 / 2, ("0", "1", "2"), tile=512)
    local = matrix_set("local", "urn:ogc:def:crs:EPSG::4547", "10002100 -5123200", 95_000.0, ("0", "1"))
    odd = matrix_set("odd", "EPSG:3857", CORNER, MERCATOR_0 * 0.77, ("0", "1"))
    service = service_of_xml(document(layer("a", "A", "local", "odd", "big"), wide, local, odd), "http://x.example.cn/wmts")
    first, *others = service.layers[0].sets
    assert (first.id, first.tile_size, first.least, first.most) == ("big", 512, 0, 2)
    assert {each.id for each in others} == {"local", "odd"}
    assert not any(each.template for each in others)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"<html><body>no such page</body></html>", "no such page"),
        (b"<Capabilities><Contents>", "no description"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Capabilities/>', "entities"),
        (b"<a>" * 200 + b"</a>" * 200, "deeply"),
        (document(), "no layer"),
        (b"<ExceptionReport><Exception>key s3cret is used up</Exception></ExceptionReport>", "…"),
    ],
)
def test_what_is_no_description_is_refused_in_one_sentence(data: bytes, part: str) -> None:
    with pytest.raises(UserError) as caught:
        service_of_xml(data, "http://x.example.cn/wmts?tk={key}", "s3cret")
    assert part in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_service_is_asked_and_its_tiles_come(tile_server: Any) -> None:
    xml = document(layer("img", "影像", "GM"), GOOGLE, operations=operation(f"{tile_server.address}/wmts?"))

    def answer(path: str, handler: Any) -> bool:
        return tile_server.send(handler, 200, xml, "text/xml") if "GetCapabilities" in path else False

    tile_server.answer = answer
    service = read_capabilities(f"{tile_server.address}/wmts?tk=s3cret")
    assert service.key == "s3cret"
    assert "tk=s3cret" in tile_server.asked[0]
    found = only_set(service)
    basemap = Basemap("b", "", "", "tiles", found.template, grid=found.grid, key="127.0.0.1", max_zoom=found.most)
    assert opened(basemap, {"127.0.0.1": "s3cret"}, None).piece(PieceKey(3, 6, 3), lambda: False) is not None
    assert "TILEMATRIX=3&TILEROW=3&TILECOL=6" in tile_server.asked[-1]
    assert "tk=s3cret" in tile_server.asked[-1]


def test_no_network_a_refusal_and_words_are_one_sentence_each(tile_server: Any) -> None:
    for code, part in ((403, "key"), (404, "address")):
        tile_server.answer = lambda _path, handler, code=code: tile_server.send(handler, code)
        with pytest.raises(UserError) as caught:
            read_capabilities(f"{tile_server.address}/wmts", "s3cret")
        assert part in str(caught.value)
        assert "s3cret" not in str(caught.value)
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 200, b'{"msg": "key s3cret is wrong"}')
    with pytest.raises(UserError) as caught:
        read_capabilities(f"{tile_server.address}/wmts", "s3cret")
    assert "s3cret" not in str(caught.value)
    tile_server.close()
    with pytest.raises(UserError, match="does not answer"):
        read_capabilities(f"{tile_server.address}/wmts")
    with pytest.raises(UserError, match="no address"):
        read_capabilities("file:///etc/passwd")

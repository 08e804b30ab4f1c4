"""A real service on this machine that answers well, late, wrongly and not at all."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from cgplanner.errors import Cancelled, UserError
from cgplanner.geometry.tile_grid import PieceKey
from cgplanner.io.ground import tile_service
from cgplanner.io.ground.basemap_source import opened
from cgplanner.io.ground.tile_pictures import BasemapTrouble, picture_of, words_of
from cgplanner.io.ground.tile_service import ServicePyramid
from cgplanner.io.ground.tile_store import TileStore
from cgplanner.model.basemap import Basemap

KEY = PieceKey(3, 6, 3)


def never() -> bool:
    return False


def basemap(server: Any, **others: Any) -> Basemap:
    return Basemap("b", "底图", "Base", "tiles", **{"source": server.template, **others})


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tile_service, "BACK_OFF_SECONDS", (0.01, 0.01))


def trouble_of(pyramid: Any) -> BasemapTrouble:
    with pytest.raises(BasemapTrouble) as caught:
        pyramid.piece(KEY, never)
    return caught.value


def test_a_tile_comes_once_and_from_the_disk_after_that(tile_server: Any, tmp_path: Path) -> None:
    store = TileStore(tmp_path)
    pyramid = opened(basemap(tile_server), {}, store)
    assert pyramid.is_online
    assert pyramid.kept(KEY) is False
    piece = pyramid.piece(KEY, never)
    assert piece is not None
    assert (piece.mode, piece.size) == ("RGBa", (256, 256))
    kept = opened(basemap(tile_server), {}, store).kept(KEY)
    assert not isinstance(kept, bool)
    assert kept.tobytes() == piece.tobytes()
    assert tile_server.asked == ["/3/6/3.png"]
    assert all(agent.startswith("cgplanner/") for agent in tile_server.agents)


def test_a_tile_that_is_not_there_is_none_and_not_asked_for_again(tile_server: Any, tmp_path: Path) -> None:
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 404)
    pyramid = ServicePyramid(basemap(tile_server), "", TileStore(tmp_path))
    assert pyramid.piece(KEY, never) is None
    assert pyramid.kept(KEY) is True
    assert len(tile_server.asked) == 1


@pytest.mark.parametrize(
    ("code", "part"), [(403, "key"), (401, "key"), (418, "key"), (429, "busy"), (503, "busy"), (400, "address")]
)
def test_a_refusal_is_one_sentence_and_then_silence(tile_server: Any, code: int, part: str) -> None:
    tile_server.answer = lambda _path, handler: tile_server.send(handler, code, b"no")
    pyramid = ServicePyramid(basemap(tile_server), "", None)
    first = trouble_of(pyramid)
    assert part in str(first.sentence)
    assert str(code) in str(first.sentence)
    assert trouble_of(pyramid) is first
    assert len(tile_server.asked) == 1


def test_a_fault_of_the_service_is_tried_again(tile_server: Any) -> None:
    def answer(_path: str, handler: Any) -> bool:
        return len(tile_server.asked) < 3 and tile_server.send(handler, 500)

    tile_server.answer = answer
    assert ServicePyramid(basemap(tile_server), "", None).piece(KEY, never) is not None
    assert len(tile_server.asked) == 3


def test_a_connection_that_breaks_is_tried_again_and_then_told(tile_server: Any) -> None:
    def cut(_path: str, handler: Any) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", "5000")
        handler.end_headers()
        handler.wfile.write(b"\x89PNG\r\n")
        return True

    tile_server.answer = cut
    assert "does not answer" in str(trouble_of(ServicePyramid(basemap(tile_server), "", None)))
    assert len(tile_server.asked) == tile_service.TRIES


def test_a_service_that_is_too_slow_is_told(tile_server: Any) -> None:
    def sleep(_path: str, _handler: Any) -> bool:
        tile_server.wait(5)
        return False

    tile_server.answer = sleep
    assert "does not answer" in str(trouble_of(ServicePyramid(basemap(tile_server), "", None, timeout=0.1)))


def test_no_network_is_told(tile_server: Any) -> None:
    gone = basemap(tile_server)
    tile_server._server.socket.close()
    assert "does not answer" in str(trouble_of(ServicePyramid(gone, "", None, timeout=0.5)))


def test_words_instead_of_a_picture_are_told_without_the_key(tile_server: Any) -> None:
    body = "<html><style>a{}</style><b>密钥 s3cret 无效</b></html>".encode()
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 200, body)
    told = trouble_of(ServicePyramid(basemap(tile_server), "s3cret", None))
    assert "密钥 … 无效" in str(told.sentence)
    assert "s3cret" not in f"{told} {told.sentence!r}"


def test_a_damaged_picture_is_told_and_not_kept(tile_server: Any, tmp_path: Path) -> None:
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 200, b"\x89PNG\r\n\x1a\nrest", "image/png")
    pyramid = ServicePyramid(basemap(tile_server), "", TileStore(tmp_path))
    assert "damaged" in str(trouble_of(pyramid))
    assert pyramid.kept(KEY) is False
    tile_server.answer = lambda _path, _handler: False
    assert pyramid.piece(KEY, never) is not None  # one bad tile silences nobody


def test_without_a_key_nothing_is_asked(tile_server: Any) -> None:
    wanting = basemap(tile_server, source=f"{tile_server.template}?tk={{key}}", key="127.0.0.1")
    assert "key of your own" in str(trouble_of(opened(wanting, {}, None)))
    assert tile_server.asked == []
    assert opened(wanting, {"127.0.0.1": "k1"}, None).piece(KEY, never) is not None
    assert tile_server.asked == ["/3/6/3.png?tk=k1"]


@pytest.mark.parametrize("source", ["x", "file:///etc/{z}/{x}/{y}", "ftp://a/{z}/{x}/{y}", "https://a/map.png"])
def test_a_workspace_of_others_cannot_ask_for_anything_but_tiles(tile_server: Any, source: str) -> None:
    with pytest.raises(UserError):
        opened(basemap(tile_server, source=source), {}, None)


def test_a_workspace_of_others_cannot_send_a_key_elsewhere(tile_server: Any) -> None:
    thief = basemap(tile_server, source=f"{tile_server.template}?tk={{key}}", key="tianditu.gov.cn")
    assert "key of your own" in str(trouble_of(opened(thief, {"tianditu.gov.cn": "mine"}, None)))
    assert tile_server.asked == []


def test_cancelled_work_stops(tile_server: Any) -> None:
    tile_server.answer = lambda _path, handler: tile_server.send(handler, 500)
    start = time.monotonic()
    with pytest.raises(Cancelled):
        ServicePyramid(basemap(tile_server), "", None).piece(KEY, lambda: bool(tile_server.asked))
    assert len(tile_server.asked) == 1
    assert time.monotonic() - start < 5


def test_the_store_keeps_to_its_limit_and_forgets_what_was_not_used(tmp_path: Path) -> None:
    import os  # noqa: PLC0415  times are made old here only

    store = TileStore(tmp_path, limit=5000)
    for number in range(4):
        store.put("s", PieceKey(9, number, 0), b"x" * 1000)
        past = time.time() - 5000 + number
        os.utime(store.path("s", PieceKey(9, number, 0)), (past, past))
    assert store.get("s", PieceKey(9, 0, 0)) is not None  # used now, so it is not the oldest any more
    for number in range(4, 6):
        store.put("s", PieceKey(9, number, 0), b"x" * 1000)
    assert store.size <= 5000
    assert store.get("s", PieceKey(9, 1, 0)) is None
    assert store.get("s", PieceKey(9, 0, 0)) is not None
    assert store.get("another", PieceKey(9, 0, 0)) is None
    old = time.time() - 40 * 86_400
    os.utime(store.path("s", PieceKey(9, 5, 0)), (old, old))
    assert store.get("s", PieceKey(9, 5, 0)) is None
    assert store.get("s", PieceKey(9, 5, 0), stale=True) is not None
    store.clear()
    assert store.size == 0


def test_a_store_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    store = TileStore(tmp_path / "file" / "below")
    store.put("s", KEY, b"x")
    assert store.get("s", KEY) is None


def test_foreign_bytes_are_no_picture() -> None:
    for data in (b"", b"<html>", b"\xff\xd8\xff" + b"\0" * 50, b"GIF89a"):
        with pytest.raises(ValueError, match=r".*"):
            picture_of(data)
    assert words_of(b"<a>" + b"word " * 100).endswith("…")

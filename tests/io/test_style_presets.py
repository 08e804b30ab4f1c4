"""Named styles: kept, replaced, forgotten; damaged ones are refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from cgplanner.errors import UserError
from cgplanner.io.styles.style_presets import ENDING, Presets
from cgplanner.symbology.style import Fill, Labels, Single, Style, Symbol

STYLE = Style(Single(Symbol(polygon=(Fill("#123456"),))), labels=Labels("f1"))


def test_kept_and_forgotten(tmp_path: Path) -> None:
    presets = Presets(tmp_path / "styles")
    assert presets.names() == ()
    presets.save("生态绿带", STYLE)
    presets.save("b", Style())
    presets.save("b", STYLE)
    assert presets.names() == ("b", "生态绿带")
    assert presets.read("b") == presets.read("生态绿带") == STYLE
    presets.remove("b")
    presets.remove("b")
    assert presets.names() == ("生态绿带",)


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", "a:b", "x" * 61])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        Presets(tmp_path).save(name, STYLE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"type": "Nothing"}', b'{"type": "Style", "future": 1}', b"\xff\xfe"])
def test_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"a{ENDING}").write_bytes(content)
    with pytest.raises(UserError):
        Presets(tmp_path).read("a")

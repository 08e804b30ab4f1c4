"""Every sentence has its Chinese, with the same values in it, once; and no Chinese waits for a sentence that is gone."""

from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "cgplanner"
# What takes a sentence: tr() says it now, sentence() keeps it to be said later.
SPEAKERS = {"tr", "sentence"}
CATALOGUES = sorted((ROOT / "resources" / "i18n" / "zh_CN").glob("*.json"))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SPEAKERS:
                yield node


def literal(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def all_calls() -> list[tuple[str, ast.Call]]:
    return [
        (f"{path.relative_to(ROOT).as_posix()}:{call.lineno}", call)
        for path in sorted(SOURCE.rglob("*.py"))
        if path.name != "text.py"  # it hands on what others say
        for call in calls(ast.parse(path.read_text(encoding="utf-8")))
    ]


def pairs(path: Path) -> list[tuple[str, str]]:
    """Return the entries of a catalogue, doubles included."""
    found: list[tuple[str, str]] = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=list)
    return found


@pytest.fixture(scope="module")
def used() -> dict[str, str]:
    """Return {sentence: where it is said}."""
    return {text: place for place, call in all_calls() if (text := literal(call)) is not None}


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    return dict(pair for path in CATALOGUES for pair in pairs(path))


def test_the_scan_sees_what_it_is_to_judge() -> None:
    tree = ast.parse('tr("a {x:.1f}", x=1)\ntext.tr(f"b")\nother("c")\nsentence("d")\n')
    assert [literal(call) for call in calls(tree)] == ["a {x:.1f}", None, "d"]
    assert placeholders("{x:.1f} of {total} {{not this}}") == {"x", "total"}


def test_sentences_are_literals() -> None:
    wrong = [place for place, call in all_calls() if literal(call) is None]
    assert not wrong, "\n".join(wrong)


def test_values_of_a_call_are_those_of_its_sentence() -> None:
    wrong = []
    for place, call in all_calls():
        given = {keyword.arg for keyword in call.keywords}
        if None not in given and given != placeholders(literal(call) or ""):
            wrong.append(f"{place}: {literal(call)!r} is given {sorted(filter(None, given))}")
    assert not wrong, "\n".join(wrong)


def test_every_sentence_has_its_chinese(used: dict[str, str], chinese: dict[str, str]) -> None:
    missing = [f"{place}: {text}" for text, place in used.items() if not chinese.get(text, "").strip()]
    assert not missing, "\n".join(missing)


def test_no_chinese_is_left_over(used: dict[str, str], chinese: dict[str, str]) -> None:
    dead = sorted(chinese.keys() - used.keys())
    assert not dead, "\n".join(dead)


def test_both_languages_take_the_same_values(chinese: dict[str, str]) -> None:
    different = [en for en, zh in chinese.items() if placeholders(en) != placeholders(zh)]
    assert not different, "\n".join(different)


def test_a_sentence_stands_in_one_catalogue_once() -> None:
    places: dict[str, list[str]] = {}
    for path in CATALOGUES:
        for english, _ in pairs(path):
            places.setdefault(english, []).append(path.name)
    assert {english: files for english, files in places.items() if len(files) > 1} == {}

"""The algebra of changesets: what undo, save, journal and merge rely on."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cgplanner.model.changeset import Changeset
from cgplanner.model.workspace import Workspace

_spec = importlib.util.spec_from_file_location("model_strategies", Path(__file__).with_name("strategies.py"))
assert _spec is not None
assert _spec.loader is not None
s = sys.modules.setdefault("model_strategies", importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(s)


@st.composite
def walks(draw: st.DrawFn, *, most: int = 6) -> tuple[Workspace, list[Changeset]]:
    """A workspace and changesets that fit one after another."""
    start = Workspace((s.layer_of(draw(s.tables()), "a"), s.layer_of(draw(s.tables(most=3)), "b")))
    changes, workspace = [], start
    for _ in range(draw(st.integers(1, most))):
        changeset = draw(s.edits(workspace)).changeset
        workspace = workspace.apply(changeset)
        changes.append(changeset)
    return start, changes


@given(walks(most=1))
def test_apply_then_inverse_is_identity(walk: tuple[Workspace, list[Changeset]]) -> None:
    start, (changeset,) = walk
    assert start.apply(changeset).apply(~changeset).equals(start)


@given(walks(most=1))
def test_inverse_of_inverse_is_the_same(walk: tuple[Workspace, list[Changeset]]) -> None:
    _start, (changeset,) = walk
    assert (~~changeset).equals(changeset)


@given(walks())
@settings(deadline=None)
def test_sum_equals_one_after_another(walk: tuple[Workspace, list[Changeset]]) -> None:
    start, changes = walk
    one_by_one, total = start, Changeset()
    for changeset in changes:
        one_by_one = one_by_one.apply(changeset)
        total = total + changeset
    assert start.apply(total).equals(one_by_one)
    assert one_by_one.apply(~total).equals(start)


@given(walks())
@settings(deadline=None)
def test_sum_is_associative(walk: tuple[Workspace, list[Changeset]]) -> None:
    start, changes = walk
    left = Changeset()
    for changeset in changes:
        left = left + changeset
    right = Changeset()
    for changeset in reversed(changes):
        right = changeset + right
    assert start.apply(left).equals(start.apply(right))


@given(walks())
@settings(deadline=None)
def test_there_and_back_adds_up_to_nothing(walk: tuple[Workspace, list[Changeset]]) -> None:
    _start, changes = walk
    total = Changeset()
    for changeset in [*changes, *(~each for each in reversed(changes))]:
        total = total + changeset
    assert total.is_empty

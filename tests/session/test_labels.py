"""Labels put somewhere by hand, and what they say: settings of the workspace, undone, saved, refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cgplanner.cli.main import main
from cgplanner.errors import UserError
from cgplanner.session.labels import label_texts, pin_label, pinned_rids, unpin_labels
from cgplanner.session.session import Session
from cgplanner.symbology.evaluate import style_of
from cgplanner.symbology.label_pins import with_pin, without_pins
from cgplanner.symbology.style import Labels, Pin, Style


@pytest.fixture
def session() -> Session:
    return Session.sample(journaled=False)


def pins(session: Session) -> tuple[Pin, ...]:
    labels = style_of(session.workspace.layer("projects")).labels
    assert labels is not None
    return labels.pins


def test_a_pin_survives_the_file_and_undo_takes_it_back(session: Session, tmp_path: Path) -> None:
    rid = int(session.workspace.layer("projects").table.rids[3])
    session.run(pin_label(session.workspace, "projects", rid, 0.1, -0.05))
    session.run(pin_label(session.workspace, "projects", rid, 0.2, -0.1))
    assert len(pins(session)) == 1
    session.save_as(tmp_path / "w.gpkg")
    session.close()
    again = Session.open(tmp_path / "w.gpkg", journaled=False)
    (pin,) = pins(again)
    assert (pin.dx, pin.dy) == (0.2, -0.1)
    (found,) = pinned_rids(again.workspace, "projects")
    assert (
        again.workspace.layer("projects").table.fids[again.workspace.layer("projects").table.positions_of([found])[0]]
        == pin.fid
    )
    again.run(unpin_labels(again.workspace, "projects", [found]))
    assert pins(again) == ()
    again.undo()
    assert pins(again) == (pin,)
    again.save()
    again.close()


def test_what_is_not_pinned_cannot_be_let_go(session: Session) -> None:
    with pytest.raises(UserError) as refused:
        unpin_labels(session.workspace, "projects", [0])
    assert refused.value.hint
    with pytest.raises(UserError):
        with_pin(Style(), Pin(1, 0.0, 0.0))


def test_a_style_that_travels_loses_its_pins() -> None:
    style = Style(labels=Labels("n", pins=(Pin(1, 0.0, 1.0), Pin(2, 0.0, 1.0))))
    assert without_pins(style) == Style(labels=Labels("n"))
    assert without_pins(style, {1}) == Style(labels=Labels("n", pins=(Pin(2, 0.0, 1.0),)))


def test_templates_are_checked_before_they_are_taken(session: Session) -> None:
    session.run(label_texts(session.workspace, "projects", "{XMMC}[ ({SL:.1} {DW})]", "{YWMC|XMMC}"))
    labels = style_of(session.workspace.layer("projects")).labels
    assert labels is not None
    assert (labels.text, labels.text_en) == ("{XMMC}[ ({SL:.1} {DW})]", "{YWMC|XMMC}")
    for wrong in ("{weg}", "{XMMC"):
        with pytest.raises(UserError):
            label_texts(session.workspace, "projects", wrong)


def test_the_command_line_pins_and_says(session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, lines = tmp_path / "w.gpkg", tmp_path / "edits.jsonl"
    session.save_as(path)
    session.close()
    steps = [
        {"op": "pin_label", "layer": "projects", "fid": 1, "dx": 0.05, "dy": 0.02},
        {"op": "pin_label", "layer": "projects", "fid": 2, "dx": 0.05, "dy": 0.02},
        {"op": "unpin_labels", "layer": "projects", "fids": [1]},
        {"op": "set_labels", "layer": "projects", "text": "{XMMC}"},
    ]
    lines.write_text("\n".join(json.dumps(step) for step in steps), encoding="utf-8")
    assert main(["edit", str(path), str(lines), "--json"]) == 0
    capsys.readouterr()
    again = Session.open(path, read_only=True, journaled=False)
    assert [pin.fid for pin in pins(again)] == [2]
    labels = style_of(again.workspace.layer("projects")).labels
    assert labels is not None
    assert labels.text == "{XMMC}"

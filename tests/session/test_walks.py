"""A thousand random walks over a session: do, undo, redo; the workspace always is the one that the history says."""

from __future__ import annotations

import random
from collections.abc import Callable

import shapely

from cgplanner.edit import operations as ops
from cgplanner.edit.edit import Edit
from cgplanner.model.layer import Layer
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.session.session import Session
from cgplanner.symbology.style import Fill, Single, Style, Symbol

SCHEMA = Schema((Field("n", "XMMC", FieldType.TEXT), Field("q", "SL", FieldType.REAL)), title="n")
SEQUENCES = 1000
STEPS = 12


def shape(rng: random.Random) -> shapely.Geometry:
    x, y = rng.randint(0, 50), rng.randint(0, 50)
    line = shapely.LineString([(x, y), (x + 9, y), (x + 9, y + 5)])
    return rng.choice([shapely.Point(x, y), line, shapely.box(x, y, x + 6, y + 4)])


def start(rng: random.Random, layer_id: str = "projects") -> Layer:
    count = rng.randint(0, 5)
    records = [{"XMMC": rng.choice([None, "", "太原"]), "SL": rng.choice([None, 0, i])} for i in range(count)]
    return Layer(
        layer_id, "项目", "Projects", table_from_records(SCHEMA, records, [shape(rng) for _ in range(count)]), "", Style()
    )


def row_edits(rng: random.Random, workspace: Workspace, layer: Layer) -> list[Callable[[], Edit]]:
    rids = [int(rid) for rid in layer.table.rids]
    some = rng.sample(rids, rng.randint(1, len(rids)))
    vertices = layer.table.geometry.coordinates(layer.table.positions_of(some[:1])).xy
    return [
        lambda: ops.set_field(workspace, layer.id, some, "n", rng.choice([None, "", "晋中", "吕梁"])),
        lambda: ops.set_field(workspace, layer.id, some, "q", rng.choice([None, 0, 2.5])),
        lambda: ops.set_geometry(workspace, layer.id, some[0], shape(rng)),
        lambda: ops.move_vertex(workspace, layer.id, some[0], rng.randrange(len(vertices)), rng.random(), rng.random()),
        lambda: ops.move_features(workspace, layer.id, some, rng.randint(-3, 3), 1),
        lambda: ops.delete_features(workspace, layer.id, some),
    ]


def random_edit(rng: random.Random, workspace: Workspace) -> Edit:
    layer = rng.choice(workspace.layers)
    colour = rng.choice(["#000000", "#FF0000"])
    edits: list[Callable[[], Edit]] = [
        lambda: ops.add_feature(workspace, layer.id, shape(rng), {"n": "新"}),
        lambda: ops.set_style(workspace, layer.id, Style(Single(Symbol(polygon=(Fill(colour),))))),
        lambda: ops.set_opacity(workspace, layer.id, rng.choice([0.5, 1.0])),
        lambda: ops.set_visible(workspace, layer.id, rng.choice([True, False])),
        lambda: ops.reorder(workspace, rng.sample([each.id for each in workspace.layers], len(workspace.layers))),
        lambda: ops.add_layer(workspace, start(rng, f"l{rng.randrange(10**9)}")),
    ]
    if len(workspace.layers) > 1:
        edits.append(lambda: ops.remove_layer(workspace, layer.id))
    if len(layer.table):
        edits += row_edits(rng, workspace, layer)
    return rng.choice(edits)()


def walk(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  a test, not a secret
    base = Workspace((start(rng, "projects"), start(rng, "zones")))
    session = Session(base, journaled=False)
    undone = 0
    for _ in range(STEPS):
        choice = rng.random()
        if choice < 0.6:
            session.run(random_edit(rng, session.workspace))
        elif choice < 0.85:
            session.undo()
        else:
            session.redo()
        assert base.apply(session.unsaved_changes()).equals(session.workspace)
    present = session.workspace
    while session.can_undo:
        session.undo()
        undone += 1
    assert session.workspace.equals(base)
    assert not session.is_dirty
    for _ in range(undone):
        session.redo()
    assert session.workspace.equals(present)


def test_a_thousand_walks_end_where_they_should() -> None:
    for seed in range(SEQUENCES):
        walk(seed)

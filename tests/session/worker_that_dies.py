"""Edits and saves a workspace for ever, saying after each step what it has done; its parent kills it."""

from __future__ import annotations

import random
import sys

import shapely

from cgplanner.edit import operations as ops
from cgplanner.session.session import Session


def main(path: str, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  a test, not a secret
    session = Session.open(path)
    layer = session.workspace.layers[0].id
    number = 0
    while True:
        number += 1
        x, y = rng.random(), rng.random()
        session.run(ops.add_feature(session.workspace, layer, shapely.Point(x, y), {"n": number}))
        if number % 7 == 3:
            session.undo()
            session.redo()
        if number % 5 == 0:
            session.save()
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

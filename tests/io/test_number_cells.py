"""Numbers as cells of one width: nothing is lost that need not be, and what is rounded is rounded as Python rounds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cgplanner.io.shapefile.number_cells import decimal_cells, shortest

plain = st.floats(allow_nan=False, allow_infinity=False)
measured = st.builds(lambda number, digits: number / 10**digits, st.integers(-(10**12), 10**12), st.integers(0, 9))
numbers = st.lists(plain | measured | st.sampled_from([0.0, -0.0, 1e10, 1e15, 1e16, 1e22, 5e-324, 1e-5, 130392.26372295413]))


@given(numbers)
def test_the_decimals_needed_keep_every_number(values: list[float]) -> None:
    found = shortest(np.array(values))
    cells, kept, width = decimal_cells(found, found.decimals_needed(), least=0, widest=24, exact=True)
    assert [float(cell) for cell in cells.tolist()] == values
    assert kept.tolist() == values
    assert {len(cell) for cell in cells.tolist()} <= {width}
    assert width <= 24


@given(numbers, st.integers(1, 14), st.integers(0, 24))
def test_declared_decimals_round_as_python_does(values: list[float], decimals: int, least: int) -> None:
    cells, kept, width = decimal_cells(shortest(np.array(values)), decimals, least=least, widest=24, exact=False)
    wanted = [f"{value:.{decimals}f}" for value in values]
    wanted = [text if len(text) <= 24 else repr(value) for text, value in zip(wanted, values, strict=True)]
    assert kept.tolist() == [float(text) for text in wanted]
    assert [float(cell) for cell in cells.tolist()] == kept.tolist()
    assert width >= least
    points = [cell.decode().find(".") for cell in cells.tolist() if b"e" not in cell and len(cell) == width]
    assert all(0 < point < width for point in points)


def test_points_stand_below_each_other_over_many_rows() -> None:
    values = np.arange(70_000) / 8
    cells, kept, width = decimal_cells(shortest(values), 3, least=0, widest=24, exact=True)
    assert (kept == values).all()
    assert width == 8
    assert cells[0] == b"   0.000"
    assert cells[-1] == b"8749.875"
    assert {bytes(cell)[-4:-3] for cell in cells[::7].tolist()} == {b"."}


def test_a_declared_precision_that_is_too_small_is_an_exact_text_only_when_asked() -> None:
    found = shortest(np.array([1 / 3]))
    assert decimal_cells(found, 2, least=0, widest=24, exact=False)[0].tolist() == [b"0.33"]
    assert decimal_cells(found, 2, least=0, widest=24, exact=True)[0].tolist() == [b"0.3333333333333333"]

"""The comparison that an export must pass before it takes the old file's place: read by us, and read by a second GDAL.

Every attribute is compared through our own reader; fiona, another GDAL in another build, then counts, names the fields and
shows some rows. What differs is refused, with the place where it does.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import shapely.geometry

from cgplanner.errors import UserError
from cgplanner.io.drivers.engines import fiona
from cgplanner.io.row_pieces import few_rows, joined_extent, joined_table, side_by_side
from cgplanner.model.column import ArrayColumn, Column, TextColumn
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import FieldType
from cgplanner.model.table import FeatureTable
from cgplanner.text import tr

_ROWS_SHOWN = 50
_MILLISECOND = dt.timedelta(milliseconds=1)  # drivers keep seconds as a float


def check(written: FeatureTable, found: FeatureTable, path: Path, *, tolerance: float = 0.0, relative: float = 0.0) -> None:
    """Compare names, count, extent, every attribute and the shape of every row.

    ``tolerance`` is in units of the coordinates, ``relative`` a share of a number, for formats that round them.

    Raises
    ------
    UserError
        At the first difference.
    """
    if len(written) != len(found):
        raise differs(path, tr("the number of features"))
    if [each.name for each in written.schema] != [each.name for each in found.schema]:
        raise differs(path, tr("the names of the fields"))
    for mine, theirs in zip(written.schema, found.schema, strict=True):
        if not same_values(written.columns[mine.id], found.columns[theirs.id], mine.type, theirs.type, relative):
            raise differs(path, mine.name)
    if not _same_places(written.geometry, found.geometry, tolerance):
        raise differs(path, tr("the geometry"))


def check_pieces(
    written: Iterable[FeatureTable],
    found: Iterable[FeatureTable],
    witness: Witness,
    path: Path,
    *,
    tolerance: float = 0.0,
    relative: float = 0.0,
) -> None:
    """Compare as :func:`check` does, some thousand rows at a time; ``witness`` sees the rows that were written.

    Raises
    ------
    UserError
        At the first difference.
    """
    for mine, theirs in side_by_side(written, found):
        if mine is None or theirs is None:
            raise differs(path, tr("the number of features"))
        check(mine, theirs, path, tolerance=tolerance, relative=relative)
        witness.add(mine)


class Witness:
    """Keeps of rows that go by what the second GDAL is asked about: their number, their extent, and some of them.

    Parameters
    ----------
    rows
        How many there are.
    everywhere
        Keep rows from all over the file, which a driver that can jump is asked about, and not the first of it.
    """

    def __init__(self, rows: int, *, everywhere: bool = False) -> None:
        few = min(rows, _ROWS_SHOWN)
        self.rows = rows
        self.positions = np.unique(np.linspace(0, max(rows - 1, 0), few).astype(int)) if everywhere else np.arange(few)
        self.extent: tuple[float, float, float, float] | None = None
        self._seen = 0
        self._kept: list[FeatureTable] = []

    def add(self, table: FeatureTable) -> None:
        """See the next rows."""
        mine = self.positions[(self.positions >= self._seen) & (self.positions < self._seen + len(table))] - self._seen
        self._seen += len(table)
        self.extent = joined_extent(self.extent, table.geometry.extent())
        self._kept.append(few_rows(table, mine))

    @property
    def table(self) -> FeatureTable:
        """The rows that were kept."""
        return joined_table(self._kept)


def differs(path: Path, where: str) -> UserError:
    """Return the refusal to put a file in place that does not read as it was written."""
    return UserError(
        tr("What was written to {name} does not read back as it was: {what}.", name=path.name, what=where),
        hint=tr("Nothing was changed; choose another disk and report this."),
        path=path,
    )


def same_values(mine: Column, theirs: Column, my_type: FieldType, their_type: FieldType, relative: float = 0.0) -> bool:
    """Tell whether two columns hold the same; where the types differ, whether they say the same."""
    if not np.array_equal(mine.nulls, theirs.nulls):
        return False
    if my_type is their_type:
        if isinstance(mine, TextColumn) and isinstance(theirs, TextColumn):
            return bool(np.array_equal(mine.objects(), theirs.objects()))
        if my_type is FieldType.REAL and isinstance(mine, ArrayColumn) and isinstance(theirs, ArrayColumn):
            return bool(np.allclose(mine.array, theirs.array, rtol=relative, atol=0.0))
        return mine.equals(theirs)
    return all(alike(one, other) for one, other in zip(mine.values(), theirs.values(), strict=True))


def _same_places(mine: GeometryColumn, theirs: GeometryColumn, tolerance: float) -> bool:
    """Compare the bounds and the number of vertices of every row; rings may come in another order."""
    one, other = mine.bounds, theirs.bounds
    if not np.array_equal(np.isnan(one), np.isnan(other)) or not np.allclose(
        one, other, rtol=0.0, atol=tolerance, equal_nan=True
    ):
        return False
    plain = not (len(mine.extra) or len(theirs.extra))
    if not plain or tolerance:
        return True
    return bool(np.array_equal(_vertices(mine), _vertices(theirs)))


def _vertices(column: GeometryColumn) -> Any:
    """Return how many vertices each row has, of a column that has no geometry beside its base."""
    counts = np.diff(column.base.vertex_offsets)
    return counts if column.index is None else counts[column.index]


def check_with_fiona(
    written: FeatureTable | Witness,
    path: Path,
    *,
    layer: str | None = None,
    decode: Callable[[str], str] | None = None,
    tolerance: float = 0.0,
) -> None:
    """Let the second GDAL count, name the fields and show some rows of what was written.

    ``decode`` makes characters of texts that hold one byte a character; then the file is opened as ISO-8859-1.

    Raises
    ------
    UserError
        When it sees something else than was written.
    """
    engine = fiona()
    options: dict[str, Any] = {"layer": layer} if layer else {}
    if decode:
        options["encoding"] = "ISO-8859-1"
    say = decode or (lambda text: text)
    try:
        with engine.open(path, **options) as source:
            witness = written if isinstance(written, Witness) else _witness_of(written, source)
            if len(source) != witness.rows:
                raise differs(path, tr("the number of features"))
            names = [say(name) for name in source.schema["properties"]]
            if not witness.rows:
                return
            some = witness.table
            if sorted(names) != sorted(each.name for each in some.schema):
                raise differs(path, tr("the names of the fields"))
            for position, feature in enumerate(_shown_rows(source, witness)):
                _check_shape(some, position, feature["geometry"], path, tolerance)
                _check_row(some, position, {say(name): value for name, value in feature["properties"].items()}, say, path)
            _check_extent(witness.extent, source, path, tolerance)
    except (engine.errors.FionaError, OSError, UnicodeDecodeError) as error:
        raise differs(path, str(error)) from error


def _witness_of(table: FeatureTable, source: Any) -> Witness:
    witness = Witness(len(table), everywhere=source.driver == "ESRI Shapefile")
    witness.add(table)
    return witness


def _shown_rows(source: Any, witness: Witness) -> Any:
    """Return the features that the witness has kept."""
    if source.driver == "ESRI Shapefile":
        return [source[int(position)] for position in witness.positions]
    return [feature for _, feature in zip(witness.positions, source, strict=False)]


def _check_shape(written: FeatureTable, position: int, shown: Any, path: Path, tolerance: float) -> None:
    """Compare where a row's shape lies, how large and how long it is; vertices are counted differently by formats."""
    mine = written.geometry.value(position)
    theirs: Any = None if shown is None else shapely.geometry.shape(shown)
    if _has_odd_places(mine) or (_has_odd_places(theirs) and not _is_blank(theirs)):
        return  # what has no place in part is compared by our own reader alone
    if _is_blank(mine) or _is_blank(theirs):
        if _is_blank(mine) and _is_blank(theirs):
            return
        raise differs(path, tr("the geometry"))
    reach = float(np.abs(mine.bounds).max())
    near = tolerance + 1e-12 * reach
    lengths = near * (len(shapely.get_coordinates(mine)) + 1) * 2
    same = (
        np.allclose(mine.bounds, theirs.bounds, rtol=0.0, atol=near)
        and abs(mine.length - theirs.length) <= lengths
        and abs(mine.area - theirs.area) <= lengths * max(mine.length, near)
    )
    if not same:
        raise differs(path, tr("the geometry"))


def _is_blank(shape: Any) -> bool:
    """Tell whether there is no place at all; GeoPackage writes an empty point as one at NaN."""
    return shape is None or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).any()


def _has_odd_places(shape: Any) -> bool:
    return shape is not None and not np.isfinite(shapely.get_coordinates(shape)).all()


def _check_row(written: FeatureTable, position: int, shown: Mapping[str, Any], say: Callable[[str], str], path: Path) -> None:
    for each in written.schema:
        mine = written.columns[each.id].value(position)
        theirs = shown.get(each.name)
        theirs = say(theirs) if isinstance(theirs, str) else theirs
        if not alike(mine, theirs):
            raise differs(path, each.name)


def alike(mine: Any, theirs: Any) -> bool:
    """Tell whether two readers mean the same value, each in its own type; '' and missing are one here."""
    if mine is None or theirs is None:
        return (mine or None) is None and (theirs or None) is None
    if isinstance(mine, dt.date):
        moment = _moment(theirs)
        return moment is not None and abs(moment - _moment_of(mine)) <= _MILLISECOND
    if isinstance(mine, int | float) and isinstance(theirs, int | float):
        return math.isclose(mine, theirs, rel_tol=1e-14)
    return bool(mine == theirs)


def _moment_of(day: dt.date) -> dt.datetime:
    if isinstance(day, dt.datetime):
        return day.replace(tzinfo=None)
    return dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001  columns have no zone


def _moment(value: Any) -> dt.datetime | None:
    """Return a driver's date or time ("2026/11/22 08:30:00.001", "...T...Z", a date object) without its zone."""
    if isinstance(value, dt.date):
        return _moment_of(value)
    text = str(value).replace("/", "-").replace(" ", "T")
    try:
        return _moment_of(dt.datetime.fromisoformat(text))
    except ValueError:
        return None


def _check_extent(extent: tuple[float, float, float, float] | None, source: Any, path: Path, tolerance: float) -> None:
    if extent is None or source.driver == "GeoJSON":  # which tells none without reading all
        return
    if source.driver == "GPKG":  # which tells the spatial index's, in single precision
        tolerance += 1e-6 * float(np.abs(extent).max())
    if not np.allclose(extent, source.bounds, rtol=0.0, atol=tolerance):
        raise differs(path, tr("the extent"))

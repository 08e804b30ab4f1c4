"""What was written as GeoJSON read back line by line: Arrow's JSON reader is another hand than the one that wrote.

Only for files of our own, a feature a line: whatever is not as it was to be written is refused. The driver would go through
such a file three times. This file must not know how a file gets its place. pyarrow costs a quarter of a second to import:
import this when it is used.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json as pa_json
from numpy.typing import NDArray

from cgplanner.geometry import ragged as flat
from cgplanner.geometry.ragged import Floats, Ints, Ragged
from cgplanner.io.drivers.arrow_columns import column_from_arrow
from cgplanner.io.row_pieces import few_rows
from cgplanner.io.writing.read_back import Witness, check, differs
from cgplanner.io.writing.rows import Rows, worked_ahead
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Field, FieldType, Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import tr

_PIECE = 8 << 20
_END = b"\n]}\n"
_TYPES = {FieldType.INTEGER: pa.int64(), FieldType.REAL: pa.float64(), FieldType.BOOLEAN: pa.bool_()}
_DEPTHS = {
    flat.POINT: 1,
    flat.LINESTRING: 2,
    flat.POLYGON: 3,
    flat.MULTIPOINT: 2,
    flat.MULTILINESTRING: 3,
    flat.MULTIPOLYGON: 4,
}
_NAMES = {
    flat.POINT: "Point",
    flat.LINESTRING: "LineString",
    flat.POLYGON: "Polygon",
    flat.MULTIPOINT: "MultiPoint",
    flat.MULTILINESTRING: "MultiLineString",
    flat.MULTIPOLYGON: "MultiPolygon",
}


def can_check(kinds: Collection[int]) -> bool:
    """Tell whether geometries of these kinds have a plain form."""
    return set(kinds) <= {flat.NULL_KIND, flat.LINEARRING, *_DEPTHS}


def check_text(written: Rows, draft: Path, path: Path, witness: Witness, *, tolerance: float) -> list[bytes]:
    """Read every feature and compare it: every attribute, the kind and the place of its shape.

    ``witness`` sees the rows; return the text of those that it keeps.

    Raises
    ------
    UserError
        At the first difference.
    """
    schema = Schema(tuple(_as_read(each) for each in written.schema), written.schema.geometry)

    def compare(part: tuple[FeatureTable, list[bytes]]) -> None:
        mine, lines = part
        kinds = np.where(mine.geometry.kinds == flat.LINEARRING, flat.LINESTRING, mine.geometry.kinds)
        for kind, which in _groups(kinds) if lines else ():
            check(few_rows(mine, which), _table([lines[row] for row in which], schema, kind), path, tolerance=tolerance)

    seen, sampled = 0, witness.positions
    texts: list[bytes] = []
    features = itertools.chain.from_iterable(_feature_lines(draft))

    def parts() -> Iterator[tuple[FeatureTable, list[bytes]]]:
        nonlocal seen
        for mine in written.portions():
            lines = list(itertools.islice(features, len(mine)))
            if len(lines) != len(mine):
                raise differs(path, tr("the number of features"))
            some = sampled[(sampled >= seen) & (sampled < seen + len(mine))] - seen
            witness.add(mine)
            texts.extend(lines[row] for row in some)
            seen += len(mine)
            yield mine, lines

    try:
        for _ in worked_ahead(compare, parts()):
            pass
        rest = next(features, None)
    except (pa.ArrowException, ValueError, KeyError) as error:
        raise differs(path, str(error)) from error
    if rest is not None:
        raise differs(path, tr("the number of features"))
    return texts


def sample_file(draft: Path, lines: list[bytes], target: Path) -> Path:
    """Write some features of a file under its own head, byte for byte, for a reader who would take long over all."""
    with draft.open("rb") as file:
        target.write_bytes(file.readline() + b",\n".join(lines) + _END)
    return target


def _as_read(field: Field) -> Field:
    return Field(field.id, field.name, field.type if field.type in _TYPES else FieldType.TEXT)


def _groups(kinds: NDArray[np.int8]) -> Iterator[tuple[int, Ints]]:
    """Give the rows of each kind; those without a shape go with any."""
    there = [kind for kind in np.unique(kinds).tolist() if kind != flat.NULL_KIND] or [flat.POINT]
    for number, kind in enumerate(there):
        mine = kinds == kind
        yield kind, np.flatnonzero(mine | (kinds == flat.NULL_KIND) if number == 0 else mine)


def _feature_lines(draft: Path) -> Iterator[list[bytes]]:
    """Give the features of a file as JSON, some thousand at a time.

    Raises
    ------
    ValueError
        When head or end are not those of such a file.
    """
    with draft.open("rb") as file:
        head = json.loads(file.readline() + b"]}")
        if head["type"] != "FeatureCollection" or head["features"]:
            raise ValueError(tr("the number of features"))
        rest = b""
        while piece := file.read(_PIECE):
            lines = (rest + piece).split(b",\n")
            rest = lines.pop()
            if lines:
                yield lines
        if not rest.endswith(_END):
            raise ValueError(tr("the number of features"))
        if last := rest.removesuffix(_END):
            yield [last]


def _table(lines: list[bytes], schema: Schema, kind: int) -> FeatureTable:
    coordinates: Any = pa.float64()
    for _ in range(_DEPTHS[kind]):
        coordinates = pa.list_(coordinates)
    fields = pa.struct([pa.field(each.name, _TYPES.get(each.type, pa.string())) for each in schema])
    shape = pa.struct([pa.field("type", pa.string()), pa.field("coordinates", coordinates)])
    wanted = pa.schema([pa.field("type", pa.string()), pa.field("properties", fields), pa.field("geometry", shape)])
    text = b"\n".join(lines)
    found = pa_json.read_json(
        pa.BufferReader(text),
        read_options=pa_json.ReadOptions(block_size=max(1 << 20, 2 * max(map(len, lines)))),
        parse_options=pa_json.ParseOptions(explicit_schema=wanted, unexpected_field_behavior="error"),
    ).combine_chunks()
    if found.num_rows != len(lines) or set(found["type"].unique().to_pylist()) != {"Feature"}:
        raise ValueError(tr("the number of features"))
    rows = found.num_rows
    values = found["properties"].combine_chunks()
    values = values.flatten() if len(schema) else []
    columns = {each.id: column_from_arrow(value, each) for each, value in zip(schema, values, strict=True)}
    return new_table(schema, columns, _shapes(found["geometry"].combine_chunks(), kind), np.arange(1, rows + 1))


def _shapes(shapes: Any, kind: int) -> GeometryColumn:
    names, nested = shapes.flatten()
    missing = np.asarray(shapes.is_null())
    if set(names.unique().to_pylist()) - {None} - {_NAMES[kind]} or names.null_count != int(missing.sum()):
        raise ValueError(tr("the geometry"))
    levels: list[Ints] = []
    for _ in range(_DEPTHS[kind]):
        levels.append(np.asarray(nested.offsets, np.int64) - nested.offsets[0].as_py())
        nested = nested.flatten()
    if nested.null_count:
        raise ValueError(tr("the geometry"))
    ends = levels.pop()
    xy, z = _vertices(np.asarray(nested), ends)
    if len(xy) < len(ends) - 1 and kind != flat.POINT:
        raise ValueError(tr("the geometry"))
    kinds = np.where(missing, flat.NULL_KIND, kind).astype(np.int8)
    rings, parts, rows = _offsets(kind, levels, ends)
    return GeometryColumn(Ragged(kinds, xy, rings, parts, rows, z))


def _offsets(kind: int, levels: list[Ints], ends: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the offsets of rings, parts and rows from those of the nested lists; what is empty has no part."""
    if kind == flat.MULTIPOLYGON:
        return levels[2], levels[1], levels[0]
    if kind in (flat.POLYGON, flat.MULTILINESTRING):
        rings, outer = levels[1], levels[0]
    elif kind == flat.LINESTRING:
        rings, outer = _without_empty(levels[0]), _counted(levels[0])
    elif kind == flat.MULTIPOINT:
        rings, outer = np.arange(levels[0][-1] + 1), levels[0]
    else:
        outer = _counted(ends)
        rings = np.arange(outer[-1] + 1)
    if kind == flat.POLYGON:
        return rings, _without_empty(outer), _counted(outer)
    return rings, np.arange(len(rings)), outer


def _counted(offsets: Ints) -> Ints:
    """Return offsets into those of the lists that are not empty."""
    return np.concatenate([[0], np.cumsum(np.diff(offsets) > 0)])


def _without_empty(offsets: Ints) -> Ints:
    return np.concatenate([offsets[:1], offsets[1:][np.diff(offsets) > 0]])


def _vertices(numbers: Floats, ends: Ints) -> tuple[Floats, Floats | None]:
    """Return vertices (v, 2) and their heights from numbers of two or three each; none of no numbers, a missing point."""
    sizes = np.diff(ends)
    if ((sizes != 2) & (sizes != 3) & (sizes != 0)).any():
        raise ValueError(tr("the geometry"))
    first = ends[:-1][sizes > 0]
    xy = np.column_stack([numbers[first], numbers[first + 1]])
    if not (sizes == 3).any():
        return xy, None
    high = sizes[sizes > 0] == 3
    z = np.full(len(first), np.nan)
    z[high] = numbers[first[high] + 2]
    return xy, z

"""GeoParquet in: the format of planners' data scientists. One layer a file, read column by column.

Its description may be of any version, wrong, or not there: then the column that holds shapes is found by what it holds. Without
one the columns may still be coordinates, as in a CSV; what is left is a table.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from cgplanner.errors import UserError
from cgplanner.io.columnar.frames import ATTRIBUTE, type_of
from cgplanner.io.crs.crs_files import MISSING, FoundCrs, crs_of_driver
from cgplanner.io.drivers.arrow_columns import ragged_from_wkb
from cgplanner.io.drivers.curves import lines_of_curves
from cgplanner.io.drivers.gdal_layers import (
    DriverLayer,
    attribute_columns,
    geometry_kind,
    geometry_notes,
    layer_notes,
    schema_of,
)
from cgplanner.io.report import Note, Report
from cgplanner.io.shapes.repair import with_finite
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.tables.coordinate_table import layer_of_rows
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.model.schema import Field
from cgplanner.model.table import new_table
from cgplanner.text import sentence, tr

_TITLES = ("geometry", "geom", "wkb_geometry", "the_geom", "shape", "wkb")
_EXTENSION = b"ARROW:extension:name"
_WKB_KINDS = 18  # the highest number of a plain kind of shape in WKB
_CURVED = (7, 8, 9, 10, 11, 12, 13, 14)
_NATIVE = ("point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon")


def geoparquet_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the one layer of the file."""
    try:
        rows = pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path) from error
    return (SourceLayer(path.stem, "", rows),)


def read_geoparquet(path: Path, *, progress: Progress | None = None) -> LoadedLayer:
    """Return the layer; its CRS is the file's own, longitude and latitude in WGS 84 where it names none.

    Raises
    ------
    UserError
        When it is damaged.
    """
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path) from error
    described = _described(table.schema.metadata)
    place = _shape_place(table, described)
    loaded = _of_coordinates(path, table) if place is None else _of_shapes(path, table, place, described)
    if progress:
        progress(1.0)
    return loaded


def _of_shapes(path: Path, table: Any, place: int, described: dict[str, Any]) -> LoadedLayer:
    name = table.schema.names[place]
    about = described.get("columns", {}).get(name)
    geometry, notes = _shapes(path, table, place, about or {})
    geometry, mended = with_finite(geometry)
    crs, said = _crs(about)
    rest, fids = _without_index(_without_boxes(table.remove_column(place), about or {}))
    fields, columns, more = _attributes(rest)
    made = new_table(schema_of(fields, geometry_kind("Unknown", geometry)), columns, geometry, fids)
    notes = (*notes, *mended, *said, *more, *geometry_notes(geometry), *layer_notes(len(made), crs.crs, drawn=True))
    return LoadedLayer(path.stem, made, crs.crs, Report(notes, (), "UTF-8", "declared", crs.crs, crs.how), path)


def _of_coordinates(path: Path, table: Any) -> LoadedLayer:
    """Return what has no column of shapes: points where columns say so, else a table."""
    rest, _ = _without_index(table)
    fields, columns, notes = _attributes(rest)
    rows = [list(row) for row in zip(*(columns[each.id].values() for each in fields), strict=True)]
    return layer_of_rows(path, path.stem, [each.name for each in fields], rows, list(notes), ("UTF-8", "declared"))


def _described(metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
    """Return what the file says of its shapes, with nothing in it that is of another kind than it ought to be."""
    try:
        found = json.loads((metadata or {}).get(b"geo", b"{}"))
    except ValueError:
        return {}
    columns = found.get("columns") if isinstance(found, dict) else None
    plain = {name: each for name, each in columns.items() if isinstance(each, dict)} if isinstance(columns, dict) else {}
    return {"columns": plain, "primary_column": found.get("primary_column") if isinstance(found, dict) else None}


def _shape_place(table: Any, described: dict[str, Any]) -> int | None:
    """Return the place of the column of shapes: the described one, else one that is called so or holds nothing else."""
    names = table.schema.names
    wanted = [described.get("primary_column"), *described.get("columns", {})]
    for name in wanted:
        if name in names and _may_be_shapes(table.schema.field(names.index(name)).type):
            return int(names.index(name))
    binary = [number for number, each in enumerate(table.schema) if _is_binary(each.type) or _extension(each)]
    called = sorted(binary, key=lambda number: names[number].lower() not in _TITLES)
    return next((number for number in called if _extension(table.schema.field(number)) or _is_wkb(table[number])), None)


def _may_be_shapes(kind: Any) -> bool:
    return _is_binary(kind) or pa.types.is_nested(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_binary(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _extension(field: Any) -> str:
    name: str = (field.metadata or {}).get(_EXTENSION, b"").decode("utf-8", "replace")
    return name if name.startswith(("geoarrow.", "ogc.")) else ""


def _is_wkb(values: Any) -> bool:
    first = next((each.as_py() for chunk in values.chunks for each in chunk[:1000] if each.is_valid and len(each.as_py())), b"")
    if len(first) < 9 or first[0] > 1:
        return False
    number = int.from_bytes(first[1:5], "little" if first[0] else "big") & 0x0FFFFFFF
    return 1 <= number % 1000 < _WKB_KINDS and number < 4000


def _shapes(path: Path, table: Any, place: int, about: dict[str, Any]) -> tuple[GeometryColumn, tuple[Note, ...]]:
    field, values = table.schema.field(place), table[place]
    encoding = str(about.get("encoding") or _extension(field).rpartition(".")[2]).lower()
    if _is_binary(values.type):
        return _straightened(values, *ragged_from_wkb(values))
    if pa.types.is_nested(values.type) and encoding in _NATIVE:
        return _native_shapes(path, table.select([place]), field, about), ()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return _shapes_of_texts(values)
    raise _damaged(path)


def _straightened(values: Any, column: GeometryColumn, notes: tuple[Note, ...]) -> tuple[GeometryColumn, tuple[Note, ...]]:
    """Return the column with curves as lines of short pieces, in which GDAL draws them, where there are any."""
    if not any(note.code == "geometry-kind" for note in notes):
        return column, notes
    raw = np.array(values.to_pylist(), object)
    rows = np.array([row for row, each in enumerate(raw) if each is not None and _is_curve(each)], np.int64)
    found = lines_of_curves(raw[rows]) if len(rows) else None
    if found is None:
        return column, notes
    lines, left = ragged_from_wkb(pa.array(found, pa.binary()))
    straight = int((~lines.nulls).sum())
    message = sentence("{count} geometries had curves, which are now lines of short pieces.", count=straight)
    kept = [note for note in notes if note.code != "geometry-kind"]
    made = flat_column(column.replaced(rows, lines).geometries())
    return made, (*kept, *left, *[Note("curves-straightened", "warning", message, straight)][: straight > 0])


def _is_curve(raw: bytes) -> bool:
    """Tell whether WKB is of a kind that may hold curves: 8 to 14, or a collection."""
    if len(raw) < 5 or raw[0] > 1:
        return False
    number = int.from_bytes(raw[1:5], "little" if raw[0] else "big") & 0x0FFFFFFF
    return number % 1000 in _CURVED


def _native_shapes(path: Path, table: Any, field: Any, about: dict[str, Any]) -> GeometryColumn:
    import geopandas  # noqa: PLC0415  most files keep their shapes as WKB

    try:
        if about:
            return flat_column(geopandas.read_parquet(path, columns=[field.name]).geometry.to_numpy())
        return flat_column(geopandas.GeoDataFrame.from_arrow(table).geometry.to_numpy())
    except (pa.ArrowException, shapely.errors.ShapelyError, ValueError, TypeError, LookupError) as error:
        raise _damaged(path) from error


def _shapes_of_texts(values: Any) -> tuple[GeometryColumn, tuple[Note, ...]]:
    texts = np.array(values.to_pylist(), object)
    shapes = shapely.from_wkt(texts, on_invalid="ignore")
    bad = int(sum(text is not None and shape is None for text, shape in zip(texts, shapes, strict=True)))
    message = sentence("{count} damaged geometries were left out.", count=bad)
    return flat_column(shapes), (Note("geometry-unreadable", "warning", message, bad),) if bad else ()


def _crs(about: dict[str, Any] | None) -> tuple[FoundCrs, tuple[Note, ...]]:
    """Return the CRS of the shapes; by the standard degrees of WGS 84 where the description names none."""
    import pyproj  # noqa: PLC0415  see cgplanner.io.drivers.engines

    if about is None or about.get("crs", "") is None:
        return MISSING, ()
    said = about.get("crs") or {"id": {"authority": "OGC", "code": "CRS84"}}
    known = said.get("id") if isinstance(said, dict) else None
    if isinstance(known, dict):
        code = {"OGC:CRS84": "EPSG:4326"}.get(text := f"{known.get('authority')}:{known.get('code')}", text)
        if code.startswith("EPSG:"):
            return crs_of_driver(code), ()
    try:
        crs = pyproj.CRS.from_user_input(said)
    except (pyproj.exceptions.CRSError, TypeError, ValueError):
        message = sentence("The coordinate system that the file names cannot be understood.")
        return MISSING, (Note("crs-damaged", "warning", message),)
    return crs_of_driver(crs.to_wkt()), ()


def _without_boxes(table: Any, about: dict[str, Any]) -> Any:
    """Return the columns without the boxes of the shapes, which are there to find rows by."""
    try:
        name = about["covering"]["bbox"]["xmin"][0]
    except (KeyError, TypeError, IndexError):
        return table
    return table.drop_columns([name]) if table.schema.names.count(name) == 1 else table


def _without_index(table: Any) -> tuple[Any, Any]:
    """Return the columns without those that pandas laid there for its index, and the fids where the index holds them."""
    try:
        columns = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))["index_columns"]
        names = [each for each in columns if isinstance(each, str) and each in table.schema.names]
    except (ValueError, KeyError, TypeError):
        return table, None
    fids = None
    for name in names:
        values = table[name]
        if name == "fid" and pa.types.is_integer(values.type) and not values.null_count:
            numbers = values.to_numpy().astype(np.int64)
            if len(np.unique(numbers)) == len(numbers) and (not len(numbers) or numbers.min() >= 0):
                fids, table = numbers, table.drop_columns([name])
        elif name.startswith("__index_level_"):
            table = table.drop_columns([name])
    return table, fids


def _titles(metadata: dict[bytes, bytes] | None, name: str) -> tuple[str, str]:
    """Return what a frame of ours calls a field in Chinese and in English."""
    try:
        said = json.loads((metadata or {}).get(b"PANDAS_ATTRS", b"{}"))[ATTRIBUTE][name]
        return str(said["zh"]), str(said["en"])
    except (ValueError, KeyError, TypeError):
        return "", ""


def _attributes(table: Any) -> tuple[tuple[Field, ...], dict[str, Any], tuple[Note, ...]]:
    plain = [_plain(each) for each in table.columns]
    fields = []
    for number, (name, values) in enumerate(zip(table.schema.names, plain, strict=True), 1):
        zh, en = _titles(table.schema.metadata, name)
        fields.append(Field(f"f{number}", name, type_of(values.type), alias_zh=zh, alias_en=en))
    names = [str(number) for number in range(len(plain))]
    attributes = pa.Table.from_arrays(plain, names) if plain else table
    columns, notes = attribute_columns(DriverLayer({}, flat_column([]), attributes, None, ()), tuple(fields))
    return tuple(fields), columns, notes


def _plain(values: Any) -> Any:
    """Return the values in a type that a field can hold; lists, objects and bytes stay what they are."""
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        return _plain(pa.chunked_array([chunk.storage for chunk in values.chunks], kind.storage_type))
    if pa.types.is_dictionary(kind):
        return _plain(values.cast(kind.value_type))
    return next((turn(values) for test, turn in _TURNS if test(kind)), values)


def _whole_numbers(values: Any) -> Any:
    largest = pc.max(values).as_py()
    return values.cast(pa.int64() if largest is None or largest < 2**63 else pa.string())


def _times_of_day(values: Any) -> Any:
    return pc.replace_substring_regex(values.cast(pa.string()), r"\.0+$", "")


def _in_words(values: Any) -> Any:
    return pa.chunked_array([pa.array([None if item is None else str(item) for item in values.to_pylist()], pa.string())])


_TURNS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...] = (
    (pa.types.is_uint64, _whole_numbers),
    (pa.types.is_fixed_size_binary, lambda values: values.cast(pa.binary())),
    (pa.types.is_null, lambda values: values.cast(pa.string())),
    (pa.types.is_string_view, lambda values: values.cast(pa.string())),
    (pa.types.is_time, _times_of_day),
    (pa.types.is_decimal, lambda values: values.cast(pa.float64(), safe=False)),
    (pa.types.is_float16, lambda values: values.cast(pa.float64())),
    (pa.types.is_duration, _in_words),
    (pa.types.is_interval, _in_words),
)


def _damaged(path: Path) -> UserError:
    return UserError(
        tr("{name} is damaged or no GeoParquet file.", name=path.name), hint=tr("Ask the sender for it once more."), path=path
    )

"""A layer through pyogrio and Arrow: the bulk road that every format takes, with its repairs and its words.

The doors decide which file, which layer and how texts are decoded; here is only the driver.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from cgplanner.errors import UserError
from cgplanner.geometry import ragged as flat
from cgplanner.io.drivers.engines import fiona, gdal_messages, pyogrio
from cgplanner.io.report import Note
from cgplanner.io.shapes.repair import with_finite
from cgplanner.io.source import LoadedLayer, Progress, SourceLayer
from cgplanner.io.texts.encoding import NAMES, UTF8, decode_all, find_encoding
from cgplanner.io.texts.hanzi_odds import BIG5, GB18030
from cgplanner.model.column import Column, text_column
from cgplanner.model.geometry_column import GeometryColumn, flat_column
from cgplanner.model.schema import Field, FieldType, GeometryKind, Schema
from cgplanner.text import sentence, tr

_TYPES = {
    "OFTInteger": FieldType.INTEGER,
    "OFTInteger64": FieldType.INTEGER,
    "OFTReal": FieldType.REAL,
    "OFTString": FieldType.TEXT,
    "OFTDate": FieldType.DATE,
    "OFTTime": FieldType.TEXT,
    "OFTDateTime": FieldType.DATETIME,
}
GEOMETRY_NAME = "wkb_geometry"  # what pyogrio calls the column when the file has no name for it


@dataclass(frozen=True)
class DriverLayer:
    """What the driver made of a layer: the Arrow table of its attributes is kept for the door to name and decode."""

    info: dict[str, Any]
    geometry: GeometryColumn
    attributes: Any  # pyarrow.Table, the columns in the order of info["fields"]; None for no rows
    fids: Any  # int64 array or None
    notes: tuple[Note, ...]


def unreadable(path: Path, reason: object = "") -> UserError:
    """Return the refusal of a file that no engine can make sense of; ``reason`` is the driver's word, shortened."""
    reason = str(reason).replace(str(path), path.name).split(";")[0].split("\n")[0].strip("' ")
    if re.search(r"\.cpp\b", reason):  # where in the driver's own source: no reason for anybody
        reason = ""
    if reason and "not recognized" not in reason:
        return UserError(
            tr("{name} cannot be read: {reason}", name=path.name, reason=reason.rstrip(".") + "."),
            hint=tr("Check that the file is complete, or export it again from where it came."),
            path=path,
        )
    return UserError(
        tr("{name} cannot be read.", name=path.name),
        hint=tr("Check that the file is complete, or export it again from where it came."),
        path=path,
    )


class OddGeometry(UserError):
    """A layer of a kind of geometry that pyogrio has no word for: any kind in 3D, bodies. A view of it may be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            tr(
                "{name} cannot be read: {reason}",
                name=path.name,
                reason=tr("it holds 3D bodies of a kind that is not known here"),
            ),
            hint=tr("Check that the file is complete, or export it again from where it came."),
            path=path,
        )


def view_of(path: Path, layer: str, folder: Path) -> Path:
    """Lay into a folder a view of one layer that declares no kind of geometry, and return it."""
    view = folder / "view.vrt"
    view.write_text(
        f"<OGRVRTDataSource><OGRVRTLayer name={quoteattr(layer)}><SrcDataSource>{escape(str(path.absolute()))}</SrcDataSource>"
        f"<SrcLayer>{escape(layer)}</SrcLayer><GeometryType>wkbUnknown</GeometryType></OGRVRTLayer></OGRVRTDataSource>",
        encoding="utf-8",
    )
    return view


def driver_layers(path: Path) -> tuple[SourceLayer, ...]:
    """Return the layers that GDAL finds in a file."""
    engine = pyogrio()
    try:
        with gdal_messages():
            names = _listed(engine, path)
            return tuple(_described(engine, path, str(name), geometry) for name, geometry in names)
    except (engine.errors.DataSourceError, engine.errors.DataLayerError) as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise unreadable(path, tr("its text is in no encoding that is known")) from error


def _listed(engine: Any, path: Path) -> Any:
    """Return (name, kind of geometry) of the layers; by the other engine where pyogrio has no word for one of the kinds."""
    try:
        return engine.list_layers(path)
    except engine.errors.GeometryError:
        return [(name, None) for name in fiona().listlayers(str(path))]


def _described(engine: Any, path: Path, name: str, geometry: str | None) -> SourceLayer:
    try:
        count = int(engine.read_info(path, layer=name)["features"])
    except (engine.errors.DataLayerError, engine.errors.CRSError, engine.errors.GeometryError, UnboundLocalError):
        count = -1  # the last is pyogrio's way to say that it cannot put a CRS into words
    return SourceLayer(name, geometry or "", count)


def layer_info(path: Path, layer: str | None, **options: Any) -> dict[str, Any]:
    """Return what GDAL says of a layer before it is read.

    Raises
    ------
    UserError
        When the file cannot be opened.
    """
    engine = pyogrio()
    try:
        with gdal_messages():
            info: dict[str, Any] = engine.read_info(path, layer=layer, **options)
    except engine.errors.GeometryError as error:  # first: it is one of those below as well
        raise OddGeometry(path) from error
    except (engine.errors.DataSourceError, engine.errors.DataLayerError, engine.errors.CRSError) as error:
        raise unreadable(path, error) from error
    except UnboundLocalError as error:
        raise unreadable(path, tr("its coordinate system is damaged")) from error
    except UnicodeDecodeError as error:
        raise unreadable(path, tr("its text is in no encoding that is known")) from error
    return info


def read_driver_layer(
    path: Path,
    layer: str | None,
    *,
    info: dict[str, Any] | None = None,
    fids: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> DriverLayer:
    """Read all rows of a layer; ``options`` go to pyogrio (``encoding``, ``columns``, open options of the driver).

    ``info`` is what :func:`layer_info` said, where the caller has asked already. ``fids`` asks for the file's own row numbers;
    formats that keep none must not ask, for a field may bear the same name.

    Raises
    ------
    UserError
        When the file cannot be opened or breaks off in the middle.
    Cancelled
        From ``progress``.
    """
    engine = pyogrio()
    info = info or layer_info(path, layer, **options)
    errors = (
        engine.errors.DataSourceError,
        engine.errors.DataLayerError,
        engine.errors.FeatureError,
        engine.errors.FieldError,
    )
    try:
        with gdal_messages() as messages:
            found = _through_arrow(engine, path, layer, info, progress, options | {"return_fids": fids})
    except UnicodeDecodeError as error:
        raise unreadable(path, tr("its text is in no encoding that is known")) from error
    except (*errors, OSError) as error:
        raise unreadable(path, error) from error
    except (engine.errors.GeometryError, RuntimeError):
        with gdal_messages() as messages:
            found = _feature_by_feature(engine, path, layer, options)
    if curved := sum(note.count for note in found[3] if note.code == "geometry-kind"):
        with gdal_messages() as messages:
            geometry, table, numbers, notes = _feature_by_feature(engine, path, layer, options)
        curved -= sum(note.count for note in notes if note.code == "geometry-kind")
        message = sentence("{count} geometries had curves, which are now lines of short pieces.", count=curved)
        found = geometry, table, numbers, (*notes, *[Note("curves-straightened", "warning", message, curved)][: curved > 0])
    geometry, table, numbers, notes = found
    geometry, mended = with_finite(geometry)
    return DriverLayer(info, geometry, table, numbers if fids else None, (*notes, *mended, *said_by_driver(messages)))


def said_by_driver(messages: list[str]) -> tuple[Note, ...]:
    """Turn GDAL's warnings into notes, each once; what our own notes say better is left out."""
    known = (
        "Measured (M) geometry types",
        "due to layer",
        "not properly closed",
        "Non closed ring",
        "Several features with id",
        "invalid winding order",
        "organizePolygons()",
        "bad application_id",
        "unrecognized user_version",
        "is not consistent with type in gpkg_geometry_columns",
    )
    texts = sorted({text for text in messages if not any(word in text for word in known)})
    return tuple(Note("driver", "warning", text) for text in texts[:5])


Found = tuple[GeometryColumn, Any, Any, tuple[Note, ...]]


def _through_arrow(
    engine: Any, path: Path, layer: str | None, info: dict[str, Any], progress: Progress | None, options: dict[str, Any]
) -> Found:
    from cgplanner.io.drivers.arrow_columns import attribute_batches  # noqa: PLC0415  pyarrow costs a quarter of a second

    # GDAL's own way from FlatGeobuf to Arrow writes garbage where a shape is missing; the common way does not.
    engine.set_gdal_config_options({"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES", "GML_SKIP_CORRUPTED_FEATURES": "YES"})
    with engine.raw.open_arrow(path, layer=layer, use_pyarrow=True, **options) as (meta, reader):
        name = meta["geometry_name"] or GEOMETRY_NAME
        rows = int(info["features"])
        geometry, table, notes = attribute_batches(_counted(reader, rows, progress), name, rows)
    if table is None:
        return flat_column([]), None, None, notes
    fids = None
    if options["return_fids"]:  # they come as the first column
        fids = np.asarray(table.column(0).to_numpy(), np.int64)
        table = table.remove_column(0)
    return geometry, table, fids, notes


def _counted(reader: Any, total: int, progress: Progress | None) -> Iterator[Any]:
    done = 0
    for batch in reader:
        yield batch
        done += batch.num_rows
        if progress:
            progress(min(1.0, done / max(total, 1)))


def _feature_by_feature(engine: Any, path: Path, layer: str | None, options: dict[str, Any]) -> Found:
    """Read without Arrow: GDAL then turns curves into lines, which it does not do on the way to Arrow."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io.drivers.arrow_columns import ragged_from_wkb  # noqa: PLC0415  as above

    meta, fids, geometry, columns = engine.raw.read(path, layer=layer, return_fids=True, **options)
    attributes = pa.table(
        {str(name): pa.array(column, from_pandas=True) for name, column in zip(meta["fields"], columns, strict=True)}
    )
    column, notes = ragged_from_wkb(pa.array(geometry, pa.binary()))
    return column, attributes, np.asarray(fids, np.int64), notes


def field_of(number: int, name: str, ogr_type: str, subtype: str) -> Field:
    """Return the field for an OGR type; its id is "f1", "f2", ..."""
    kind = FieldType.BOOLEAN if subtype == "OFSTBoolean" else _TYPES.get(ogr_type, FieldType.TEXT)
    return Field(f"f{number}", name, kind)


def geometry_kind(declared: str | None, column: GeometryColumn) -> GeometryKind:
    """Return the schema's kind of geometry: what the rows hold, else what the file declares."""
    present = np.flatnonzero(np.bincount(column.kinds[column.kinds != flat.NULL_KIND])).tolist()
    families = {flat.FAMILY_OF_KIND.get(kind, "mixed") for kind in present}
    if len(families) > 1 or "mixed" in families:
        return "mixed"
    if families:
        return families.pop()  # type: ignore[return-value]  # a Family is a GeometryKind
    text = (declared or "").lower()
    kinds: dict[str, GeometryKind] = {
        "point": "point",
        "line": "line",
        "curve": "line",
        "polygon": "polygon",
        "surface": "polygon",
    }
    for word, kind in kinds.items():
        if word in text and "polygon" not in text.replace(word, ""):
            return kind
    return "none" if declared is None else "mixed"


_UNIVERSAL = ("UTC", "Etc/UTC", "Z", "+00:00")


def attribute_columns(layer: DriverLayer, fields: tuple[Field, ...]) -> tuple[dict[str, Column], tuple[Note, ...]]:
    """Return {field id: column} in the order of the driver's fields, and what could not be kept as it was."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    from cgplanner.io.drivers.arrow_columns import column_from_arrow  # noqa: PLC0415  as above

    columns: dict[str, Column] = {}
    notes: list[Note] = []
    for number, each in enumerate(fields):
        values = _empty() if layer.attributes is None else layer.attributes.column(number)
        values, note = _flattened(values, each)
        notes += [said for said in (note, _zone_note(values, each)) if said]
        try:
            columns[each.id] = column_from_arrow(values, each)
        except (pa.ArrowException, UnicodeDecodeError):
            if each.type is not FieldType.TEXT:
                raise
            columns[each.id], note = _damaged_texts(values, each)
            notes.append(note)
    return columns, tuple(notes)


def _zone_note(values: Any, field: Field) -> Note | None:
    """Say that times will be read otherwise than they stand in the file: what is kept has no zone."""
    zone = getattr(values.type, "tz", None)
    if field.type is not FieldType.DATETIME or zone is None or zone in _UNIVERSAL or values.null_count == len(values):
        return None
    return times_moved_note(field.name, zone)


def times_moved_note(field: str, zone: str) -> Note:
    """Return the note on times of a zone that is not UTC."""
    message = sentence("The times in {field} are given in the zone {zone}; they were put into UTC.", field=field, zone=zone)
    return Note("times-moved", "warning", message, field=field)


def _damaged_texts(values: Any, field: Field) -> tuple[Column, Note]:
    """Return a column of texts some of which are not the UTF-8 that the driver promised, in the encoding that they are in."""
    import pyarrow as pa  # noqa: PLC0415  a quarter of a second

    raw = values.cast(pa.binary()).to_pylist()
    some = [each for each in dict.fromkeys(raw) if each and not each.isascii()]
    found = find_encoding(some)
    decoded = decode_all([each or b"" for each in raw], found.codec)
    texts = [None if each is None else text for each, text in zip(raw, decoded.texts, strict=True)]
    bad = [text for text, each in zip(texts, raw, strict=True) if text is not None and text.encode() != each]
    if decoded.damaged or found.codec not in (UTF8, GB18030, BIG5):
        message = sentence(
            "In {field}, {count} values hold bytes that are no {encoding} text.",
            field=field.name,
            count=len(bad),
            encoding="UTF-8",
        )
        return text_column(texts), Note("text-damaged", "warning", message, len(bad), field.name, tuple(bad[:3]))
    message = sentence(
        "In {field}, {count} values such as “{example}” are no UTF-8, which the file promises; they were read as {encoding}.",
        field=field.name,
        count=len(bad),
        example=bad[0] if bad else "",
        encoding=NAMES[GB18030] if found.codec == UTF8 else found.name,
    )
    return text_column(texts), Note("encoding-mark-wrong", "warning", message, len(bad), field.name, tuple(bad[:3]))


def _empty() -> Any:
    import pyarrow as pa  # noqa: PLC0415  as above

    return pa.chunked_array([], pa.null())


def _flattened(values: Any, field: Field) -> tuple[Any, Note | None]:
    """Turn lists, objects and binary values into text."""
    import pyarrow as pa  # noqa: PLC0415  as above

    kind = values.type
    if pa.types.is_nested(kind) and not pa.types.is_dictionary(kind):
        texts = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in values.to_pylist()]
        message = sentence("The lists and objects in {field} are kept as JSON text.", field=field.name)
        return pa.chunked_array([pa.array(texts, pa.string())]), Note("nested-as-text", "info", message, 1, field.name)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        count = len(values) - values.null_count
        message = sentence("The binary values in {field} were left out.", field=field.name)
        return pa.nulls(len(values), pa.string()), Note("binary-left-out", "warning", message, count, field.name)
    return values, None


def geometry_notes(column: GeometryColumn) -> tuple[Note, ...]:
    """Return notes on missing and empty geometries."""
    missing = int(column.nulls.sum())
    empty = int(np.isnan(column.bounds[:, 0]).sum()) - missing
    notes = []
    if missing:
        message = sentence("{count} features have no geometry.", count=missing)
        notes.append(Note("geometry-missing", "warning", message, missing))
    if empty:
        message = sentence("{count} features have an empty geometry.", count=empty)
        notes.append(Note("geometry-empty", "info", message, empty))
    return tuple(notes)


def count_notes(announced: int, rows: int) -> tuple[Note, ...]:
    """Return the note on features that a file announces and that could not be read; drivers end in silence at a fault."""
    if announced <= rows:
        return ()
    message = sentence(
        "The file announces {announced} features, but only {rows} could be read.", announced=announced, rows=rows
    )
    return (Note("features-missing", "warning", message, announced - rows),)


def layer_notes(table_rows: int, crs: str, *, drawn: bool) -> tuple[Note, ...]:
    """Return notes on a layer without rows and on one whose CRS is not known."""
    notes = []
    if not table_rows:
        notes.append(Note("layer-empty", "info", sentence("The layer holds no features.")))
    if not crs and drawn:
        message = sentence("The file does not say which coordinate system it is in.")
        notes.append(Note("crs-missing", "warning", message))
    return tuple(notes)


def with_layer_notes(loaded: LoadedLayer, rows: int, *, drawn: bool) -> LoadedLayer:
    """Return the layer, or the last piece of one, with the notes on the whole of so many rows."""
    return replace(loaded, report=loaded.report.with_notes(*layer_notes(rows, loaded.crs, drawn=drawn)))


def schema_of(fields: tuple[Field, ...], geometry: GeometryKind) -> Schema:
    """Return the schema; names that differ in nothing get a number, for a schema's names are unique."""
    seen: set[str] = set()
    unique = []
    for each in fields:
        name, number = each.name, 2
        while name in seen:
            name, number = f"{each.name}_{number}", number + 1
        seen.add(name)
        unique.append(each if name == each.name else Field(each.id, name, each.type, each.width, each.precision))
    return Schema(tuple(unique), geometry)

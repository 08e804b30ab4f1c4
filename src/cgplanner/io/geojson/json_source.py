"""JSON of other programs before the driver sees it: which kind it is, in UTF-8, and mended where it is nearly right.

The driver reads GeoJSON in strict JSON and in UTF-8 only, and passes over broken lines of a sequence in silence.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cgplanner.errors import UserError
from cgplanner.io.geojson.json_shape import type_of, whole_features
from cgplanner.io.geojson.topojson import topology_layers
from cgplanner.io.report import Note
from cgplanner.io.texts.text_source import TextSource, copy_in_utf8, text_source
from cgplanner.io.xml.broken import BrokenOff, are_whole_features_taken, reason_in_words
from cgplanner.text import sentence, tr

Kind = Literal["geojson", "sequence", "topology", "esri", "other"]
BREAK = "cgplanner-broken"  # a member of our own: (line, whole features)
MOST_BYTES = 256 << 20  # of what is taken apart in Python, which takes ten times its size
_LOOK = 1 << 16
_TOPOLOGY = re.compile(r'"type"\s*:\s*"Topology"')
_ESRI = re.compile(r'"geometryType"\s*:\s*"esriGeometry|"type"\s*:\s*"esriFieldType|"attributes"\s*:\s*\{')
_LAST_COMMA = re.compile(r",(\s*[\]}])")
_CALL = re.compile(r"(?:export\s+default\s*|(?:(?:export\s+)?(?:var|let|const)\s+)?[\w.$]+(?:\[[^\]]*\])?\s*[=(]\s*)(?=[\[{])")
_KINDS = {each.lower(): each for each in ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")}
_GEOJSON = re.compile(r'"type"\s*:\s*"(FeatureCollection|Feature|(Multi)?(Point|LineString|Polygon)|GeometryCollection)"')


@dataclass(frozen=True)
class JsonSource:
    """A file that the driver may open, and what is known of it before.

    Attributes
    ----------
    records
        How many features a sequence should have; -1 for all else.
    """

    path: Path
    kind: Kind
    text: TextSource
    notes: tuple[Note, ...]
    records: int = -1


def kind_of(text: TextSource) -> Kind:
    """Return what kind of JSON a file is, by its beginning and its end."""
    head, tail = text.ends(_LOOK)
    sign = f"{head}\n{tail}"
    if _TOPOLOGY.search(sign) and type_of(head) in ("Topology", ""):  # a property may bear that word too
        return "topology"
    if _ESRI.search(head):
        return "esri"
    if head.lstrip()[:1] == "[":
        return "other"
    if _is_sequence(head):
        return "sequence"
    return "geojson" if _GEOJSON.search(sign) else "other"


def _is_sequence(head: str) -> bool:
    """Tell whether more than one object stands at the beginning, each on a line or after a record separator."""
    if head.lstrip()[:1] == "\x1e":
        return True
    lines = [line for line in head.splitlines() if line.strip()][:2]
    if len(lines) < 2 or not lines[1].lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(lines[0]), dict)
    except (ValueError, RecursionError):
        return False


@contextmanager
def json_source(path: Path, encoding: str | None = None) -> Iterator[JsonSource]:
    """Give a file that the driver may open; what had to be made for it is gone afterwards.

    Raises
    ------
    UserError
        When it is no JSON that holds features.
    """
    text = text_source(path, wanted=encoding)
    kind = kind_of(text)
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        staged = Path(name) / f"{path.stem}.{'geojsonl' if kind == 'sequence' else 'json'}"
        notes = text.notes
        if kind in ("other", "topology") or (text.is_utf8 and not text.skip and kind != "sequence"):
            yield JsonSource(path, kind, text, notes)
            return
        notes += copy_in_utf8(text, staged)
        yield JsonSource(staged, kind, text, notes, _records(staged) if kind == "sequence" else -1)


def _records(path: Path) -> int:
    separators = lines = 0
    with path.open("rb") as file:
        for line in file:
            separators += line.count(b"\x1e")
            lines += bool(line.strip(b" \t\r\n\x1e"))
    return separators or lines


def loaded_json(source: JsonSource, path: Path) -> Any:
    """Return the whole document, a little more than the standard allows: NaN, and a call around it (JSONP).

    Raises
    ------
    UserError
        When it is no JSON, breaks off, or is too large for this.
    """
    if path.stat().st_size > MOST_BYTES:
        raise no_json(path, tr("it is larger than {size} MB", size=MOST_BYTES >> 20))
    text = "".join(source.text.pieces()).lstrip("\ufeff").strip()
    if found := _CALL.match(text):
        text = text[found.end() :].rstrip(" \t\r\n;)")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos and text[: error.pos].rstrip().endswith(",") and text[error.pos : error.pos + 1] in "]}":
            with suppress(ValueError, RecursionError):
                return json.loads(_LAST_COMMA.sub(r"\1", text))
        return _up_to_break(text, path, error)
    except (ValueError, RecursionError) as error:
        raise no_json(path, tr("its elements are nested too deep")) from error


def _up_to_break(text: str, path: Path, error: json.JSONDecodeError) -> Any:
    """Return several documents one after another as a list, or what is whole before a break where somebody asked for it.

    Raises
    ------
    BrokenOff
        When it breaks off behind whole features and nobody asked for these.
    UserError
        When there are none.
    """
    if error.msg == "Extra data" and (documents := _documents(text)):
        return [each for document in documents for each in document.get("features", [document])]
    features = whole_features(text)
    if features and are_whole_features_taken():
        return {"type": "FeatureCollection", "features": features, BREAK: (error.lineno, len(features))}
    if features:
        raise BrokenOff(path, error.lineno, _reason(error), len(features)) from error
    raise no_json(path, tr("line {line}: {reason}", line=error.lineno, reason=_reason(error))) from error


def _reason(error: json.JSONDecodeError) -> str:
    return reason_in_words(error.msg if error.pos < len(error.doc.rstrip()) else "no element found")


def _documents(text: str) -> list[dict[str, Any]]:
    """Return the objects that stand one after another in a text; none when anything else does."""
    decoder, place, found = json.JSONDecoder(), 0, []
    while place < len(text):
        try:
            each, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return []
        if not isinstance(each, dict) or not isinstance(each.get("features", []), list):
            return []
        found.append(each)
        place = len(text) - len(text[place:].lstrip(" \t\r\n,\x1e"))
    return found


def said_by_server(data: Any) -> str:
    """Return what a server says in place of data, '' where it says nothing."""
    if not isinstance(data, dict):
        return ""
    error = data.get("error", data)
    if isinstance(error, str):
        return error
    texts = (
        [error.get(name) for name in ("message", "msg", "info", "exceptions", "errorMessage")]
        if isinstance(error, dict)
        else []
    )
    return next((text for text in texts if isinstance(text, str) and text), "")


def no_json(path: Path, reason: str) -> UserError:
    """Return the refusal of a file that is no JSON or breaks off."""
    return UserError(
        tr("{name} is damaged or no GeoJSON: {reason}.", name=path.name, reason=reason),
        hint=tr("Check that the file is complete, or export it again from where it came."),
        path=path,
    )


def topology_of(source: JsonSource, path: Path) -> tuple[dict[str, list[dict[str, Any]]], tuple[Note, ...]]:
    """Return the features of the layers of a TopoJSON file, and the note on shapes that could not be put together.

    Raises
    ------
    UserError
        When it is damaged.
    """
    data = loaded_json(source, path)
    try:
        layers, damaged = topology_layers(data)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise no_json(path, tr("its arcs do not fit together")) from error
    if not layers:
        raise no_json(path, tr("it holds no objects"))
    message = sentence("{count} damaged geometries were left out.", count=damaged)
    return layers, (Note("geometry-unreadable", "warning", message, damaged),) if damaged else ()


def mended_features(data: Any) -> tuple[list[dict[str, Any]], int] | None:
    """Return the features in a document that is no GeoJSON by the letter, and how many shapes had no finite coordinates.

    None where there are none in it.
    """
    found = data
    if isinstance(data, dict):
        features = data.get("features")
        found = features if isinstance(features, list) else [data]
    if not isinstance(found, list):
        return None
    features = [each for each in found if isinstance(each, dict) and _is_feature(each)]
    if not features or len(features) < len(found) // 2:
        return None
    lost = 0
    for each in features:
        finite = _finite(each.get("geometry"))
        lost += each.get("geometry") is not None and not finite
        each["geometry"] = each.get("geometry") if finite else None
        each["properties"] = _without_nan(each.get("properties"))
        each["type"] = "Feature"
        if each["geometry"]:
            each["geometry"]["type"] = _KINDS.get(str(each["geometry"].get("type")).lower(), each["geometry"].get("type"))
    return features, lost


def put_right(features: list[dict[str, Any]]) -> tuple[int, int]:
    """Put right what GDAL reads wrong in features; return how many shapes had numbers in quotes, and how many long numbers.

    Whole numbers of more than 64 bits, which it rounds, become text.
    """
    quoted = longs = 0
    for each in features:
        shape = each.get("geometry")
        if isinstance(shape, dict) and (found := _unquoted(shape.get("coordinates"))) is not None:
            shape["coordinates"] = found
            quoted += 1
        values = each.get("properties")
        if not isinstance(values, dict):
            continue
        long = {name: str(value) for name, value in values.items() if isinstance(value, int) and abs(value) >= _BEYOND_64_BITS}
        values |= long
        longs += len(long)
    return quoted, longs


_BEYOND_64_BITS = 2**63
_DEEPEST = 8  # lists in lists that coordinates are


def _unquoted(value: Any, depth: int = 0) -> Any:
    """Return coordinates with numbers where texts are; None where nothing was changed."""
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None
    if not isinstance(value, list) or depth > _DEEPEST:
        return None
    found = [_unquoted(each, depth + 1) for each in value]
    if all(each is None for each in found):
        return None
    return [old if new is None else new for old, new in zip(value, found, strict=True)]


def _is_feature(data: dict[str, Any]) -> bool:
    shape = data.get("geometry")
    is_named = str(data.get("type")).lower() == "feature" or {"geometry", "properties"} <= data.keys()
    return is_named and (shape is None or isinstance(shape, dict))


def _finite(value: Any) -> bool:
    """Tell whether all numbers in it are ones; by hand, for it may be nested deeply."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, float) and not math.isfinite(each):
            return False
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return True


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    return [_without_nan(each) for each in value] if isinstance(value, list) else value


def rows_of(data: Any) -> list[dict[str, Any]]:
    """Return the first list of plain objects in a document: what servers answer when asked for places."""
    waiting = [data]
    for _ in range(1000):
        if not waiting:
            break
        each = waiting.pop(0)
        if isinstance(each, list) and each and all(isinstance(row, dict) for row in each):
            return each
        if isinstance(each, dict):
            waiting += each.values()
    return []


def write_features(features: list[dict[str, Any]], path: Path) -> Path:
    """Write features for the driver."""
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8", errors="replace")
    return path


def lost_records(source: JsonSource, rows: int) -> tuple[Note, ...]:
    """Return the note on lines of a sequence that are no features."""
    lost = source.records - rows
    if source.records < 0 or lost <= 0:
        return ()
    return (
        Note("records-left-out", "warning", sentence("{count} lines that are no features were left out.", count=lost), lost),
    )

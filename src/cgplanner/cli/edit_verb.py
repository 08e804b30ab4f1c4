"""``edit``: operations from JSON lines, saved in one transaction or not at all."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from cgplanner.cli import output
from cgplanner.cli.datum_options import asked_change
from cgplanner.edit import map_operations
from cgplanner.edit import operations as ops
from cgplanner.edit.edit import Edit
from cgplanner.errors import UserError
from cgplanner.io.ground.tile_address import service_of, template_of
from cgplanner.model.basemap import basemap_from_json
from cgplanner.model.bookmark import bookmark_from_json
from cgplanner.model.column import Positions
from cgplanner.model.layer import Layer
from cgplanner.model.where import matching
from cgplanner.model.workspace import Workspace
from cgplanner.session.labels import label_texts, pin_label, unpin_labels
from cgplanner.session.layer_datum import change_datum
from cgplanner.session.service_keys import save_key
from cgplanner.session.session import Session
from cgplanner.text import tr

Arguments = Mapping[str, Any]


def edit(parsed: argparse.Namespace) -> int:
    """Run the operations of a file on a workspace."""
    session = Session.open(parsed.workspace, read_only=parsed.dry_run, journaled=False)
    try:
        count = 0
        for number, arguments in _lines(parsed.operations):
            _run(session, number, arguments)
            count += 1
        changes = session.unsaved_changes()
        if not parsed.dry_run and not changes.is_empty:
            session.save()
    finally:
        session.close()
    result = {"operations": count, **_counts(changes)}
    if parsed.json:
        output.print_json(result)
    output.say(tr("{operations} operations: {changed} changed, {added} added, {deleted} deleted.", **result))
    return output.DONE


def _counts(changes: Any) -> dict[str, int]:
    changed = added = deleted = 0
    for change in changes.tables.values():
        cells = [cells.rids for cells in change.cells.values()]
        changed += len(np.unique(np.concatenate(cells))) if cells else 0
        added += len(change.added or ())
        deleted += len(change.deleted or ())
    return {"changed": changed, "added": added, "deleted": deleted}


def _lines(name: str) -> Iterator[tuple[int, Arguments]]:
    """Yield line number and object; blank lines are passed over."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            tr("“{path}” cannot be read: {reason}.", path=name, reason=error), hint=tr("Give a text file in UTF-8."), path=name
        ) from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            arguments = json.loads(line)
        except json.JSONDecodeError as error:
            raise _refusal(number, tr("it is not JSON: {reason}", reason=error.msg)) from None
        if not isinstance(arguments, dict) or arguments.get("op") not in _OPERATIONS:
            raise _refusal(number, tr("it names no operation; there are {names}", names=", ".join(_OPERATIONS)))
        yield number, arguments


def _refusal(number: int, reason: str) -> UserError:
    return UserError(
        tr("Line {number} was not run: {reason}.", number=number, reason=reason), hint=tr("Nothing was saved. Mend that line.")
    )


def _run(session: Session, number: int, arguments: Arguments) -> None:
    name = arguments["op"]
    try:
        if name in ("undo", "redo"):
            (session.undo if name == "undo" else session.redo)()
        else:
            session.run(_OPERATIONS[name](session.workspace, arguments))
    except UserError as error:
        raise _refusal(number, str(error).rstrip(".。")) from None
    except KeyError as error:
        raise _refusal(number, tr("“{name}” is missing", name=error.args[0])) from None
    except (TypeError, ValueError) as error:
        raise _refusal(number, str(error)) from None


def _layer(workspace: Workspace, arguments: Arguments) -> Layer:
    return workspace.named(str(arguments["layer"]))


def _rids(layer: Layer, arguments: Arguments) -> Positions:
    """Return the session numbers that ``fid``, ``fids`` or ``where`` name."""
    if "where" in arguments:
        return layer.table.rids[matching(layer.table, str(arguments["where"]))]
    fids = arguments["fids"] if "fids" in arguments else [arguments["fid"]]
    return np.array([layer.table.rid_of(int(fid)) for fid in fids], np.int64)


def _rid(layer: Layer, arguments: Arguments) -> int:
    rids = _rids(layer, arguments)
    if len(rids) != 1:
        raise UserError(
            tr("The operation takes one feature, and {count} were named.", count=len(rids)), hint=tr("Name it by its fid.")
        )
    return int(rids[0])


def _shape(text: Any) -> Any:
    try:
        return shapely.from_wkt(str(text))
    except shapely.errors.GEOSException:
        raise UserError(
            tr("“{text}” is not WKT.", text=str(text)[:40]), hint=tr("Write it like this: POINT (112.55 37.87).")
        ) from None


def _set_field(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    field = layer.schema.named(str(arguments["field"]))
    return ops.set_field(workspace, layer.id, _rids(layer, arguments), field.id, arguments["value"])


def _add_feature(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    values = {layer.schema.named(name).id: value for name, value in arguments.get("values", {}).items()}
    return ops.add_feature(workspace, layer.id, _shape(arguments.get("wkt") or arguments["geometry"]), values)


def _delete_features(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    return ops.delete_features(workspace, layer.id, _rids(layer, arguments))


def _move_features(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    return ops.move_features(workspace, layer.id, _rids(layer, arguments), float(arguments["dx"]), float(arguments["dy"]))


def _set_geometry(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    shape = _shape(arguments.get("wkt") or arguments["geometry"])
    return ops.set_geometry(workspace, layer.id, _rid(layer, arguments), shape)


def _move_vertex(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    x, y = float(arguments["x"]), float(arguments["y"])
    return ops.move_vertex(workspace, layer.id, _rid(layer, arguments), int(arguments["vertex"]), x, y)


def _insert_vertex(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    x, y = float(arguments["x"]), float(arguments["y"])
    return ops.insert_vertex(workspace, layer.id, _rid(layer, arguments), int(arguments["after"]), x, y)


def _delete_vertex(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    return ops.delete_vertex(workspace, layer.id, _rid(layer, arguments), int(arguments["vertex"]))


def _split(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    return ops.split(workspace, layer.id, _rid(layer, arguments), _shape(arguments["line"]))


def _merge(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    return ops.merge(workspace, layer.id, [int(rid) for rid in _rids(layer, arguments)])


def _reshape(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    return ops.reshape(workspace, layer.id, _rid(layer, arguments), _shape(arguments["line"]))


def _set_visible(workspace: Workspace, arguments: Arguments) -> Edit:
    return ops.set_visible(workspace, _layer(workspace, arguments).id, bool(arguments["visible"]))


def _remove_layer(workspace: Workspace, arguments: Arguments) -> Edit:
    return ops.remove_layer(workspace, _layer(workspace, arguments).id)


def _change_datum(workspace: Workspace, arguments: Arguments) -> Edit:
    options = {"ballpark": False, "helmert": "", "rotation": "", "datum_shift": "", "control_points": "", "fit": "similarity"}
    given = {name: arguments.get(name, value) for name, value in options.items()}
    if isinstance(given["helmert"], list):
        given["helmert"] = ",".join(str(each) for each in given["helmert"])
    change = asked_change(argparse.Namespace(**given))
    if change is None:
        raise UserError(tr("It does not say how: give ballpark, helmert, datum_shift or control_points."))
    made, notes = change_datum(workspace, _layer(workspace, arguments).id, change, str(arguments.get("crs", "")))
    output.say_notes(list(notes))
    return made


def _from_service(arguments: Arguments) -> Arguments:
    """Return the arguments with what a WMTS says of one of its layers in the place of its address."""
    from cgplanner.io.ground.wmts_capabilities import chosen_set, read_capabilities  # noqa: PLC0415  only who asks waits for it

    service = read_capabilities(str(arguments["service"]))
    layer, found = chosen_set(service, str(arguments["service_layer"]), str(arguments.get("matrix_set", "")))
    if service.key:
        save_key(service_of(found.template), service.key)
    said: dict[str, Any] = {"source": found.template, "grid": found.grid, "tile_size": found.tile_size}
    said |= {"title_zh": layer.title, "title_en": layer.title}
    said |= {"attribution_zh": service.provider, "attribution_en": service.provider}
    own = {name: value for name, value in arguments.items() if name not in ("service", "service_layer", "matrix_set")}
    return {**said, "min_zoom": found.least, "max_zoom": found.most, **own}


def _add_basemap(workspace: Workspace, arguments: Arguments) -> Edit:
    arguments = _from_service(arguments) if "service" in arguments else arguments
    data = {name: value for name, value in arguments.items() if name != "op"}
    data = {"id": "basemap", "title_zh": "", "title_en": "", "kind": "tiles", **data}
    if data["kind"] == "tiles":
        data["source"], key = template_of(str(arguments["source"]))
        data["key"] = service_of(data["source"]) if "{key}" in data["source"] else ""
        if key:  # a workspace is handed on, a key is not
            save_key(data["key"], key)
    return map_operations.add_basemaps(workspace, [basemap_from_json(data)])


def _set_basemap(workspace: Workspace, arguments: Arguments) -> Edit:
    named = map_operations.basemap_named(workspace, str(arguments["basemap"]))
    changes = {name: value for name, value in arguments.items() if name not in {"op", "basemap", "id"}}
    wanted = basemap_from_json({**named.to_json(), **changes})
    return map_operations.change_basemap(workspace, named.id, **{name: getattr(wanted, name) for name in changes})


def _remove_basemap(workspace: Workspace, arguments: Arguments) -> Edit:
    return map_operations.remove_basemap(workspace, str(arguments["basemap"]))


def _add_bookmark(workspace: Workspace, arguments: Arguments) -> Edit:
    return map_operations.add_bookmark(workspace, bookmark_from_json(arguments))


def _rename_bookmark(workspace: Workspace, arguments: Arguments) -> Edit:
    old = map_operations.bookmark_named(workspace, str(arguments["bookmark"]))
    return map_operations.change_bookmark(workspace, old.name, replace(old, name=str(arguments["name"])))


def _remove_bookmark(workspace: Workspace, arguments: Arguments) -> Edit:
    return map_operations.remove_bookmark(workspace, str(arguments["bookmark"]))


def _pin_label(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    return pin_label(workspace, layer.id, _rid(layer, arguments), float(arguments["dx"]), float(arguments["dy"]))


def _unpin_labels(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    return unpin_labels(workspace, layer.id, _rids(layer, arguments).tolist())


def _set_labels(workspace: Workspace, arguments: Arguments) -> Edit:
    layer = _layer(workspace, arguments)
    english = arguments.get("text_en")
    return label_texts(workspace, layer.id, str(arguments["text"]), None if english is None else str(english))


def _never(_workspace: Workspace, _arguments: Arguments) -> Edit:
    raise AssertionError("undo and redo are the session's")


_OPERATIONS: dict[str, Callable[[Workspace, Arguments], Edit]] = {
    "set_field": _set_field,
    "add_feature": _add_feature,
    "delete_features": _delete_features,
    "move_features": _move_features,
    "set_geometry": _set_geometry,
    "move_vertex": _move_vertex,
    "insert_vertex": _insert_vertex,
    "delete_vertex": _delete_vertex,
    "split": _split,
    "merge": _merge,
    "reshape": _reshape,
    "set_visible": _set_visible,
    "remove_layer": _remove_layer,
    "change_datum": _change_datum,
    "add_basemap": _add_basemap,
    "set_basemap": _set_basemap,
    "remove_basemap": _remove_basemap,
    "add_bookmark": _add_bookmark,
    "rename_bookmark": _rename_bookmark,
    "remove_bookmark": _remove_bookmark,
    "pin_label": _pin_label,
    "unpin_labels": _unpin_labels,
    "set_labels": _set_labels,
    "undo": _never,
    "redo": _never,
}

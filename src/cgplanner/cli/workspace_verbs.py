"""``new`` and ``info``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cgplanner.cli import output
from cgplanner.session.session import Session
from cgplanner.text import tr

if TYPE_CHECKING:
    from cgplanner.io.writing.layer_facts import FlawedShapes


def new(parsed: argparse.Namespace) -> int:
    """Write the sample or an empty workspace."""
    session = Session.new(journaled=False) if parsed.empty else Session.sample(journaled=False)
    path = Path(parsed.workspace)
    try:
        session.save_as(path, overwrite=parsed.overwrite)
    finally:
        session.close()
    names = [layer.id for layer in session.workspace.layers]
    if parsed.json:
        output.print_json({"workspace": str(path), "layers": names})
    output.say(tr("Wrote “{path}” with {count} layers.", path=path, count=len(names)))
    return output.DONE


def info(parsed: argparse.Namespace) -> int:
    """Say what a path holds."""
    from cgplanner.io.vector import describe  # noqa: PLC0415  brings drivers

    found = describe(Path(parsed.path))
    data: dict[str, Any] = found.to_json()
    for told, layer in zip(data["layers"], found.layers, strict=True):
        told["troubles"] = [_trouble(each) for each in layer.flawed]
    if found.format == "workspace":
        _add_styles(Path(parsed.path), data["layers"])
    if parsed.json:
        output.print_json(data)
        return output.DONE
    print(f"{data['path']}  ({data['format']})")
    for layer in data["layers"]:
        _print_layer(layer)
    return output.DONE


def _trouble(flawed: FlawedShapes) -> dict[str, Any]:
    """Return what is wrong with some shapes; features are named by fid, the first of them only."""
    from cgplanner.session.health import flaw_words  # noqa: PLC0415  brings shapely and PROJ

    message = str(flaw_words(flawed.flaw, flawed.count))
    return {"code": flawed.flaw, "message": message, "count": flawed.count, "fids": list(flawed.fids)}


def _add_styles(path: Path, layers: list[dict[str, Any]]) -> None:
    """Add what is wrong with the styles and places of a workspace's layers."""
    from cgplanner.session.health import layer_troubles  # noqa: PLC0415  as above

    workspace = Session.open(path, read_only=True, journaled=False).workspace
    named = {layer.id: layer for layer in workspace} | {layer.title_zh: layer for layer in workspace}
    for told in layers:
        layer = named.get(told["name"])
        for trouble in layer_troubles(layer, workspace.layers) if layer else ():
            told["troubles"].append({"code": trouble.code, "message": str(trouble.message), "count": 0, "fids": []})


def _print_layer(layer: dict[str, Any]) -> None:
    crs = layer["crs"]
    print()
    print(tr("{name}: {count} features, {kind}", name=layer["name"], count=layer["features"], kind=layer["geometry_type"]))
    print("  " + tr("Coordinate system: {name} ({how})", name=crs["name"] or "–", how=crs["how"]))
    for each in crs.get("candidates", ()):
        share, change = f"{each['likelihood']:.0%}", f" ({', '.join(each['change'])})" if each["change"] else ""
        print("    " + tr("{share}: {crs}, {reason}", share=share, crs=each["crs"] + change, reason=each["reason"]))
    print("  " + tr("Text encoding: {name} ({how})", name=layer["encoding"]["name"] or "–", how=layer["encoding"]["how"]))
    if layer["extent"]:
        print("  " + tr("Extent: {extent}", extent=", ".join(f"{each:.10g}" for each in layer["extent"])))
    for field in layer["fields"]:
        width = f"({field['width']}{',' + str(field['precision']) if field['precision'] else ''})" if field["width"] else ""
        alias = f"  {field['alias']}" if field["alias"] else ""
        nulls = "  " + tr("{count} empty", count=field["nulls"]) if field["nulls"] else ""
        print(f"    {field['name']}  {field['type']}{width}{alias}{nulls}")
    for note in layer["notes"]:
        print(f"  ! {note['message']}")
    for trouble in layer["troubles"]:
        names = ", ".join(str(fid) for fid in trouble["fids"][:10])
        print(f"  ! {trouble['message']}" + (" " + tr("Features: {fids}", fids=names) if names else ""))

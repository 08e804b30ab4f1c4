"""``new`` and ``info``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cgplanner.cli import output
from cgplanner.session.session import Session
from cgplanner.text import tr


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

    data: dict[str, Any] = describe(Path(parsed.path)).to_json()
    if parsed.json:
        output.print_json(data)
        return output.DONE
    print(f"{data['path']}  ({data['format']})")
    for layer in data["layers"]:
        _print_layer(layer)
    return output.DONE


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

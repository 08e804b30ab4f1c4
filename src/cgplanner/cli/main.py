"""The command line: parsing, dispatch and exit codes. The verbs stand in files of their own and are imported when called."""

from __future__ import annotations

import argparse
import importlib
import itertools
import sys
import traceback
from collections.abc import Callable
from typing import Any

from cgplanner import __version__
from cgplanner.cli import output
from cgplanner.errors import Cancelled, Refused, UserError
from cgplanner.io.files.safe_write import recover_all
from cgplanner.io.writing.receivers import DEFAULT, receiver_names
from cgplanner.io.xml.broken import whole_features_taken
from cgplanner.text import set_language, system_language, tr

FORMATS = ("gpkg", "shp", "gdb", "geojson", "parquet", "fgb", "csv", "kml", "kmz", "dxf", "xlsx")


def main(argv: list[str] | None = None) -> int:
    """Run one verb; return the exit code (see docs/commands.md)."""
    set_language(system_language())
    arguments = sys.argv[1:] if argv is None else argv
    try:
        parsed = build_parser().parse_args(_joined(arguments))
    except SystemExit as stop:  # argparse has said what is wrong
        return output.USAGE if stop.code else output.DONE
    recover_all()
    return _run(parsed)


def _joined(arguments: list[str]) -> list[str]:
    """Write ``--helmert -1,2,3`` as one word, for argparse takes numbers that begin with a minus for an option."""
    for place, (name, value) in enumerate(itertools.pairwise(arguments)):
        if name == "--helmert" and value.startswith("-") and value[1:2].isdigit():
            return [*arguments[:place], f"{name}={value}", *arguments[place + 2 :]]
    return arguments


def _run(parsed: argparse.Namespace) -> int:
    module, function = parsed.run.split(":")
    try:
        verb: Callable[[argparse.Namespace], int] = getattr(importlib.import_module(f"cgplanner.cli.{module}"), function)
        with whole_features_taken(wanted=getattr(parsed, "take_whole", False)):
            return verb(parsed)
    except Refused as refusal:
        output.say(str(refusal))
        return output.REFUSED
    except UserError as error:
        output.say(str(error))
        return output.FAULT
    except (KeyboardInterrupt, Cancelled):
        output.say(tr("Stopped; nothing was changed."))
        return output.FAULT
    except BrokenPipeError:
        return output.DONE
    except Exception:  # noqa: BLE001  the one place where a bug of ours is told from a fault of the world
        traceback.print_exc()
        output.say(tr("This is a fault of cgplanner. Please send the lines above to its authors."))
        return output.BUG


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all verbs."""
    parser = argparse.ArgumentParser(
        prog="cgplanner",
        description=tr("The desktop planning tool for city clusters. Without a verb it opens the window."),
        epilog=tr("cgplanner WORKSPACE opens that workspace in the window."),
    )
    parser.add_argument("--version", action="version", version=f"cgplanner {__version__}")
    verbs = parser.add_subparsers(metavar=tr("VERB"), required=True)
    _add_workspace_verbs(verbs)
    _add_exchange_verbs(verbs)
    _add_picture_verbs(verbs)
    return parser


def _verb(verbs: Any, name: str, run: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _with_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help=tr("print one JSON value on standard output and nothing else there")
    )


def _add_workspace_verbs(verbs: Any) -> None:
    new = _verb(verbs, "new", "workspace_verbs:new", tr("write a workspace: the five-city sample, or an empty one"))
    new.add_argument("workspace", metavar="WORKSPACE")
    new.add_argument("--empty", action="store_true", help=tr("an empty workspace"))
    new.add_argument("--overwrite", action="store_true", help=tr("replace a file that is there"))
    _with_json(new)
    info = _verb(verbs, "info", "workspace_verbs:info", tr("say what a workspace, vector file or folder of files holds"))
    info.add_argument("path", metavar="PATH")
    _with_take_whole(info)
    _with_json(info)
    edit = _verb(verbs, "edit", "edit_verb:edit", tr("run operations, saved in one transaction or not at all"))
    edit.add_argument("workspace", metavar="WORKSPACE")
    edit.add_argument("operations", metavar="OPERATIONS.jsonl", help=tr("one JSON object a line; - reads standard input"))
    edit.add_argument("--dry-run", action="store_true", help=tr("run them, save nothing"))
    _with_json(edit)

    style = _verb(verbs, "style", "style_verb:style", tr("take a layer's style from a QGIS or SLD file, or write it into one"))
    style.add_argument("workspace", metavar="WORKSPACE")
    style.add_argument("layer", metavar="LAYER")
    way = style.add_mutually_exclusive_group(required=True)
    way.add_argument("--from", dest="origin", metavar="FILE", help=tr("a .qml or .sld file to take over"))
    way.add_argument("--to", metavar="FILE", help=tr("the .qml or .sld file to write"))
    style.add_argument("--overwrite", action="store_true", help=tr("replace a file that is there"))
    _with_json(style)


def _with_take_whole(parser: argparse.ArgumentParser) -> None:
    text = tr("of a file that breaks off (GML, KML, GPX, GeoJSON) take the features that are whole")
    parser.add_argument("--take-whole", action="store_true", help=text)


def _add_exchange_verbs(verbs: Any) -> None:
    convert = _verb(verbs, "convert", "exchange_verbs:convert", tr("one file to another format, CRS or encoding"))
    convert.add_argument("source", metavar="SRC")
    convert.add_argument("target", metavar="DST")
    convert.add_argument("--layer", help=tr("the layer to take, where there are several"))
    convert.add_argument("--crs", metavar="EPSG:n", help=tr("the coordinate system to write"))
    _add_datum_options(convert)
    _with_take_whole(convert)
    convert.add_argument("--encoding", help=tr("the text encoding of the source, when it is known better than its marks"))
    convert.add_argument("--receiver", choices=receiver_names(), default=DEFAULT, help=tr("who is going to open the file"))
    convert.add_argument(
        "--set",
        metavar="ENTRY=VALUE",
        action="append",
        default=[],
        help=tr("an entry of the receiver's profile that is otherwise"),
    )
    convert.add_argument(
        "--mend", action="store_true", help=tr("make areas valid that cross themselves, and keep them as they were")
    )
    convert.add_argument("--strict", action="store_true", help=tr("refuse when anything would be lost"))
    convert.add_argument("--overwrite", action="store_true", help=tr("replace a file that is there"))
    _with_json(convert)
    export = _verb(verbs, "export", "exchange_verbs:export", tr("layers of a workspace to files"))
    export.add_argument("workspace", metavar="WORKSPACE")
    export.add_argument("folder", metavar="FOLDER")
    export.add_argument("--format", choices=FORMATS, required=True, help=tr("the format to write"))
    export.add_argument("--layer", action="append", default=[], help=tr("a layer to export; all when left out"))
    export.add_argument("--crs", metavar="EPSG:n", help=tr("the coordinate system to write"))
    export.add_argument("--hand-over", action="store_true", help=tr("with a readme of what is what; an archive always has one"))
    export.add_argument("--page", action="store_true", help=tr("with the briefing map as PDF, and the readme"))
    export.add_argument("--receiver", choices=receiver_names(), default=DEFAULT, help=tr("who is going to open the file"))
    export.add_argument(
        "--set",
        metavar="ENTRY=VALUE",
        action="append",
        default=[],
        help=tr("an entry of the receiver's profile that is otherwise"),
    )
    export.add_argument("--strict", action="store_true", help=tr("refuse when anything would be lost"))
    export.add_argument("--overwrite", action="store_true", help=tr("replace a file that is there"))
    _with_json(export)


def _add_datum_options(convert: Any) -> None:
    convert.add_argument(
        "--from-crs",
        metavar="EPSG:n",
        help=tr("what the source is in, when that is known better than its marks; also gcj02, bd09"),
    )
    ways = convert.add_mutually_exclusive_group()
    ways.add_argument(
        "--helmert",
        metavar="DX,DY,DZ[,RX,RY,RZ,S]",
        help=tr("parameters to the datum of --crs: metres, arc-seconds, parts per million"),
    )
    ways.add_argument("--datum-shift", metavar="FILE", help=tr("the same from a JSON file (see exchange.md)"))
    ways.add_argument("--control-points", metavar="FILE", help=tr("a table of points that are known in both systems"))
    ways.add_argument("--ballpark", action="store_true", help=tr("change the datum without parameters, and mark the result"))
    convert.add_argument(
        "--rotation", choices=("position-vector", "coordinate-frame"), help=tr("the sign of the rotations of --helmert")
    )
    convert.add_argument(
        "--fit",
        choices=("similarity", "affine", "helmert"),
        help=tr("what is fitted to the control points; a similarity when left out"),
    )


def _add_picture_verbs(verbs: Any) -> None:
    render = _verb(verbs, "render", "picture_verbs:render", tr("a picture of the map"))
    render.add_argument("path", metavar="PATH")
    render.add_argument("out", metavar="OUT.png")
    render.add_argument("--size", default="1600x1000", help=tr("width and height in pixels"))
    render.add_argument("--extent", help=tr("minx,miny,maxx,maxy in the CRS of the picture; everything when left out"))
    render.add_argument("--bookmark", metavar="NAME", help=tr("a bookmark of the workspace, in place of an extent"))
    render.add_argument("--crs", metavar="EPSG:n", help=tr("the CRS of the picture; the map's own when left out"))
    _with_json(render)
    page = _verb(verbs, "print", "picture_verbs:print_map", tr("the briefing map as PDF, PNG or JPEG"))
    page.add_argument("workspace", metavar="WORKSPACE")
    page.add_argument("out", metavar="OUT.pdf")
    page.add_argument("--layout", help=tr("the name of a layout of the workspace; the briefing map when left out"))
    page.add_argument("--paper", choices=("A3", "A4"), default="A3")
    page.add_argument("--dpi", type=int, default=300, help=tr("dots per inch of a PNG or JPEG"))
    _with_json(page)
    bench = _verb(verbs, "bench", "bench:bench", tr("measure how long a work takes; one JSON object a line"))
    bench.add_argument("work", choices=("render", "open", "start", "pan", "zoom", "repaint", "edit", "pdf"))
    bench.add_argument("file", metavar="FILE", nargs="?")
    bench.add_argument("rest", nargs="*", type=float, help=tr("render: WIDTH HEIGHT; edit: COUNT; pdf: OPACITY"))


if __name__ == "__main__":
    sys.exit(main())

"""``convert`` and ``export``: the doors of ``io`` from the command line."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cgplanner.cli import output
from cgplanner.cli.datum_options import opened_as_asked, placed_as_asked
from cgplanner.errors import UserError
from cgplanner.io.report import Report
from cgplanner.io.source import WriteReport
from cgplanner.io.writing.outgoing import OUTPUTS, SUFFIXES
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.session.delivery import Delivery, deliver
from cgplanner.session.session import Session
from cgplanner.text import language, tr

if TYPE_CHECKING:
    from cgplanner.io.writing.rows import Rows


def convert(parsed: argparse.Namespace) -> int:
    """Convert one file to another."""
    from cgplanner.io.vector import NotInPiecesError  # noqa: PLC0415  brings drivers

    file_format = _format_of(Path(parsed.target))
    convert_it = _convert_in_pieces if OUTPUTS[file_format].in_pieces else _convert_whole
    try:
        found, report = convert_it(parsed, file_format)
    except NotInPiecesError:
        found, report = _convert_whole(parsed, file_format)
    if parsed.json:
        candidates = [each.to_json() for each in found.candidates]
        more = {"crs_candidates": candidates} if candidates else {}
        output.print_json(report.to_json() | more | ({"datum": found.datum.to_json()} if found.datum else {}))
    output.say_notes([*found.notes, *report.losses])
    output.say(tr("Wrote {count} features to “{path}”.", count=report.features_out, path=Path(parsed.target)))
    return output.DONE


def _convert_in_pieces(parsed: argparse.Namespace, file_format: str) -> tuple[Report, WriteReport]:
    """Convert a file that may be larger than the memory.

    Raises
    ------
    NotInPiecesError
        When it can only be read as a whole; nothing was changed.
    """
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers

    source = Path(parsed.source)
    with ExitStack() as stack:
        with output.progress(tr("Reading {name}", name=source.name)) as progress:
            opened = stack.enter_context(vector.open_layer(source, parsed.layer, encoding=parsed.encoding, progress=progress))
        opened = opened_as_asked(opened, parsed)
        return opened.report, _written(opened.rows, opened.crs, parsed, file_format)


def _convert_whole(parsed: argparse.Namespace, file_format: str) -> tuple[Report, WriteReport]:
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers
    from cgplanner.io.shapes.repair import with_valid_areas  # noqa: PLC0415  brings shapely
    from cgplanner.io.writing.rows import rows_of  # noqa: PLC0415  as above

    source = Path(parsed.source)
    with output.progress(tr("Reading {name}", name=source.name)) as progress:
        loaded = vector.read_layer(source, parsed.layer, encoding=parsed.encoding, progress=progress)
    loaded = placed_as_asked(with_valid_areas(loaded) if parsed.mend else loaded, parsed)
    return loaded.report, _written(rows_of(loaded.table), loaded.crs, parsed, file_format)


def _written(rows: Rows, crs: str, parsed: argparse.Namespace, file_format: str) -> WriteReport:
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers

    target = Path(parsed.target)
    with output.progress(tr("Writing {name}", name=target.name)) as progress:
        return vector.write_rows(
            rows,
            crs,
            target,
            format=file_format,
            layer_name=target.stem,
            target_crs=parsed.crs,
            receiver=parsed.receiver,
            changes=dict(_changes(parsed)),
            strict=parsed.strict,
            overwrite=parsed.overwrite,
            progress=progress,
        )


def _format_of(target: Path) -> str:
    file_format = SUFFIXES.get(target.suffix.lower())
    if file_format is None:
        raise UserError(
            tr("The format of “{name}” is not known.", name=target.name),
            hint=tr("Formats: {names}.", names=", ".join(sorted(SUFFIXES))),
            path=target,
        )
    return file_format


def export(parsed: argparse.Namespace) -> int:
    """Export layers of a workspace."""
    session = Session.open(parsed.workspace, read_only=True, journaled=False)
    workspace = session.workspace
    layers = tuple(workspace.named(name) for name in parsed.layer) or workspace.layers
    delivery = Delivery(
        layers,
        Path(parsed.folder),
        parsed.format,
        parsed.receiver,
        parsed.crs or "",
        _changes(parsed),
        strict=parsed.strict,
        overwrite=parsed.overwrite,
        readme=parsed.hand_over or parsed.page,
        title=workspace.title,
        page=partial(_print_page, workspace) if parsed.page else None,
    )
    with output.progress(tr("Writing {name}", name=delivery.target.name)) as progress:
        reports = deliver(delivery, progress or (lambda _share: None), _say_layer)
    if parsed.json:
        output.print_json([{"layer": layer.id, **each.to_json()} for layer, each in zip(layers, reports, strict=True)])
    output.say(tr("Wrote {count} layers to “{path}”.", count=len(layers), path=delivery.target))
    return output.DONE


def _say_layer(layer: Layer, report: WriteReport) -> None:
    output.say(tr("{layer}: {count} features", layer=layer.title, count=report.features_out))
    output.say_notes(report.losses)


def _print_page(workspace: Workspace, path: Path) -> None:
    from cgplanner.layout.briefing import briefing_layout  # noqa: PLC0415  only a page needs it
    from cgplanner.render.page.printing import print_page  # noqa: PLC0415  brings matplotlib when it prints

    print_page(workspace, briefing_layout("A3"), path, language=language())


def _changes(parsed: argparse.Namespace) -> tuple[tuple[str, str], ...]:
    """Return the pairs of ``--set ENTRY=VALUE``."""
    pairs = []
    for text in parsed.set:
        entry, sign, value = text.partition("=")
        if not sign:
            raise UserError(
                tr("“{text}” does not say which entry becomes what.", text=text),
                hint=tr("Write ENTRY=VALUE, for example encoding=GBK; docs/exchange.md lists the entries."),
            )
        pairs.append((entry.strip(), value))
    return tuple(pairs)

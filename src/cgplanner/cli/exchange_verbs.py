"""``convert`` and ``export``: the doors of ``io`` from the command line."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from cgplanner.cli import output
from cgplanner.cli.datum_options import placed_as_asked
from cgplanner.errors import UserError
from cgplanner.io.outgoing import SUFFIXES
from cgplanner.io.source import WriteReport
from cgplanner.model.layer import Layer
from cgplanner.model.workspace import Workspace
from cgplanner.session.delivery import Delivery, deliver
from cgplanner.session.session import Session
from cgplanner.text import language, tr


def convert(parsed: argparse.Namespace) -> int:
    """Convert one file to another."""
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers
    from cgplanner.io.repair import with_valid_areas  # noqa: PLC0415  brings shapely

    source, target = Path(parsed.source), Path(parsed.target)
    file_format = _format_of(target)
    with output.progress(tr("Reading {name}", name=source.name)) as progress:
        loaded = vector.read_layer(source, parsed.layer, encoding=parsed.encoding, progress=progress)
    loaded = placed_as_asked(with_valid_areas(loaded) if parsed.mend else loaded, parsed)
    with output.progress(tr("Writing {name}", name=target.name)) as progress:
        report = vector.write_layer(
            loaded.table,
            loaded.crs,
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
    if parsed.json:
        candidates = [each.to_json() for each in loaded.report.candidates]
        found = {"crs_candidates": candidates} if candidates else {}
        output.print_json(report.to_json() | found | ({"datum": loaded.report.datum.to_json()} if loaded.report.datum else {}))
    output.say_notes([*loaded.report.notes, *report.losses])
    output.say(tr("Wrote {count} features to “{path}”.", count=report.features_out, path=target))
    return output.DONE


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

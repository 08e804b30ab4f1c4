"""``convert`` and ``export``: the doors of ``io`` from the command line."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from cgplanner.cli import output
from cgplanner.errors import UserError
from cgplanner.io.hand_over import readme_of, write_hand_over
from cgplanner.io.outgoing import OUTPUTS, SUFFIXES
from cgplanner.io.safe_write import reason_of, refuse_existing, replacing_many
from cgplanner.io.source import WriteReport
from cgplanner.model.layer import Layer
from cgplanner.session.looks import look_of
from cgplanner.session.session import Session
from cgplanner.text import tr


def convert(parsed: argparse.Namespace) -> int:
    """Convert one file to another."""
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers

    source, target = Path(parsed.source), Path(parsed.target)
    file_format = _format_of(target)
    with output.progress(tr("Reading {name}", name=source.name)) as progress:
        loaded = vector.read_layer(source, parsed.layer, encoding=parsed.encoding, progress=progress)
    with output.progress(tr("Writing {name}", name=target.name)) as progress:
        report = vector.write_layer(
            loaded.table,
            loaded.crs,
            target,
            format=file_format,
            layer_name=target.stem,
            target_crs=parsed.crs,
            receiver=parsed.receiver,
            strict=parsed.strict,
            overwrite=parsed.overwrite,
            progress=progress,
        )
    if parsed.json:
        candidates = [each.to_json() for each in loaded.report.candidates]
        output.print_json(report.to_json() | ({"crs_candidates": candidates} if candidates else {}))
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
    layers = [session.workspace.named(name) for name in parsed.layer] or list(session.workspace.layers)
    folder = Path(parsed.folder)
    if folder.suffix.lower() == ".zip":
        reports = _export_packed(session.workspace.title, layers, folder, parsed)
    else:
        reports = _export_set(layers, folder, parsed)
    if parsed.json:
        output.print_json([{"layer": layer.id, **each.to_json()} for layer, each in zip(layers, reports, strict=True)])
    output.say(tr("Wrote {count} layers to “{path}”.", count=len(layers), path=folder))
    return output.DONE


def _export_set(layers: list[Layer], folder: Path, parsed: argparse.Namespace) -> list[WriteReport]:
    made = not folder.exists()
    _make_folder(folder)
    try:
        from cgplanner.io.shapefile_write import neighbours  # noqa: PLC0415  with the writers

        with replacing_many(folder, overwrite=parsed.overwrite, stale_of=neighbours) as stage:
            return [_export_layer(layer, stage, folder, parsed) for layer in layers]
    except BaseException:
        if made:
            folder.rmdir()  # it is empty: nothing of a hand-over that failed stays behind
        raise


def _export_packed(title: str, layers: list[Layer], target: Path, parsed: argparse.Namespace) -> list[WriteReport]:
    """Write the layers into one archive with a readme; the reports name the files in it."""
    if not parsed.overwrite:
        refuse_existing((target,))
    with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
        reports = [_export_layer(layer, Path(name), Path(), parsed) for layer in layers]
        write_hand_over(Path(name), readme_of(title, layers, reports), target)
    return reports


def _export_layer(layer: Layer, stage: Path, folder: Path, parsed: argparse.Namespace) -> WriteReport:
    """Write one layer into the stage, and say it as if it stood in the folder already."""
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers

    target = stage / f"{layer.id}{OUTPUTS[parsed.format].suffix}"
    with output.progress(tr("Writing {name}", name=target.name)) as progress:
        report = vector.write_layer(
            layer.table,
            layer.crs,
            target,
            format=parsed.format,
            layer_name=layer.id,
            look=look_of(layer),
            receiver=parsed.receiver,
            strict=parsed.strict,
            progress=progress,
        )
    report = replace(report, files=tuple(folder / path.name for path in report.files))
    output.say(tr("{layer}: {count} features", layer=layer.title, count=report.features_out))
    output.say_notes(report.losses)
    return report


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            tr("The folder “{path}” cannot be made: {reason}.", path=folder, reason=reason_of(error)),
            hint=tr("Choose another folder."),
            path=folder,
        ) from None

"""Layers out, all of them or none: a folder of files or one archive, with a readme and a page where they are wanted.

The one place for the window and the command line. It writes through ``io`` and knows neither dialogs nor options of a call.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cgplanner.errors import UserError
from cgplanner.io.files.safe_write import disk_trouble_told, reason_of, refuse_existing, replacing_many
from cgplanner.io.hand_over import README, readme_bytes, readme_of, write_hand_over
from cgplanner.io.source import Progress, WriteReport
from cgplanner.io.writing.outgoing import OUTPUTS, neighbours, write_foreseen
from cgplanner.io.writing.outgoing_place import common_zone
from cgplanner.io.writing.receivers import DEFAULT
from cgplanner.model.layer import Layer
from cgplanner.session.importing import accuracy_notes
from cgplanner.session.looks import look_of
from cgplanner.text import tr

if TYPE_CHECKING:
    from cgplanner.io.writing.outgoing import Forecast, Foreseen

PAGE = "MAP.pdf"


@dataclass(frozen=True)
class Delivery:
    """What is handed over, to whom, and where.

    Attributes
    ----------
    target
        A folder, which is made when it is not there, or a ``.zip``.
    crs
        '' leaves coordinates as layer, format and receiver want them.
    changes
        Entries of the receiver's profile that are otherwise this time.
    readme
        Say in a ``README.txt`` what is what; an archive always has one.
    page
        Writes the printed map to the path it is given; None for no page.
    """

    layers: tuple[Layer, ...]
    target: Path
    format: str
    receiver: str = DEFAULT
    crs: str = ""
    changes: tuple[tuple[str, str], ...] = ()
    strict: bool = False
    overwrite: bool = False
    readme: bool = False
    title: str = ""
    page: Callable[[Path], object] | None = None

    @property
    def is_archive(self) -> bool:
        """Tell whether it goes into one file."""
        return self.target.suffix.lower() == ".zip"

    @property
    def zone(self) -> str | None:
        """The zone that all layers in degrees share where metres are wanted."""
        return common_zone((layer.table, layer.crs) for layer in self.layers)

    def name_of(self, layer: Layer) -> str:
        """Return the name of the file a layer goes to."""
        return f"{layer.id}{OUTPUTS[self.format].suffix}"

    def files_there(self) -> list[Path]:
        """Return the files that are there already and would be replaced, as far as their names are known before writing."""
        if self.is_archive:
            return [self.target] if self.target.exists() else []
        names = [*map(self.name_of, self.layers), *([README] if self.readme else []), *([PAGE] if self.page else [])]
        return [self.target / name for name in names if (self.target / name).exists()]


Said = Callable[[Layer, WriteReport], object]


def foretell(delivery: Delivery, progress: Progress) -> list[Forecast]:
    """Return layer by layer what would be lost; nothing is written."""
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers

    found = []
    for number, layer in enumerate(delivery.layers, 1):
        found.append(
            vector.forecast(
                layer.table,
                layer.crs,
                delivery.target / delivery.name_of(layer),
                format=delivery.format,
                layer_name=layer.id,
                target_crs=delivery.crs or None,
                zone=delivery.zone,
                receiver=delivery.receiver,
                changes=dict(delivery.changes),
            )
        )
        progress(number / len(delivery.layers))  # after the work: who stops it must not see the writing begin
    return found


def deliver(
    delivery: Delivery,
    progress: Progress,
    said: Said = lambda _layer, _report: None,
    told: Sequence[Forecast] = (),
) -> list[WriteReport]:
    """Write everything, read it back, and only then put it in place; ``said`` hears of every layer that is written.

    ``told`` is what :func:`foretell` said of this delivery: its work is not done again.

    Raises
    ------
    UserError
        When it cannot be done; what was there is as it was.
    Refused
        With ``strict``, when a value would not survive.
    Cancelled
        From ``progress``.
    """
    if delivery.is_archive:
        if not delivery.overwrite:
            refuse_existing((delivery.target,))
        with tempfile.TemporaryDirectory(prefix="cgplanner-") as name:
            reports = _write(delivery, Path(name), Path(), progress, said, told)
            write_hand_over(Path(name), delivery.target)
        return reports
    made = not delivery.target.exists()
    _make_folder(delivery.target)
    try:
        return _deliver_to_folder(delivery, progress, said, told)
    except BaseException:
        if made and not any(delivery.target.iterdir()):
            delivery.target.rmdir()  # nothing of a hand-over that failed stays behind
        raise


def _deliver_to_folder(delivery: Delivery, progress: Progress, said: Said, told: Sequence[Forecast]) -> list[WriteReport]:
    former: list[Path] = []  # known when the new files are written, asked for before they take their places

    def stale_of(path: Path) -> list[Path]:
        return [*neighbours(path), *former]

    with replacing_many(delivery.target, overwrite=delivery.overwrite, stale_of=stale_of) as stage:
        reports = _write(delivery, stage, delivery.target, progress, said, told)
        former += _former_files(delivery, stage)
    return reports


def _former_files(delivery: Delivery, stage: Path) -> list[Path]:
    """Return what an earlier hand-over left of kinds of geometry that its layers no longer have."""
    from cgplanner.io.shapefile.former_sets import former_sets  # noqa: PLC0415  with the writers

    if delivery.format != "shp" or not delivery.overwrite:
        return []
    names = [delivery.target / delivery.name_of(layer) for layer in delivery.layers]
    return [file for name in names for former in former_sets(name, stage) for file in neighbours(former)]


def _write(
    delivery: Delivery, stage: Path, home: Path, progress: Progress, said: Said, told: Sequence[Forecast]
) -> list[WriteReport]:
    """Write into the stage; the reports say the files as if they stood in their home already."""
    reports = []
    for number, layer in enumerate(delivery.layers):
        part = _part(progress, number, len(delivery.layers))
        foreseen = told[number].foreseen if told else None
        report = _write_layer(delivery, layer, stage, part, foreseen)
        report = replace(
            report,
            files=tuple(home / path.name for path in report.files),
            losses=(*report.losses, *accuracy_notes(layer)),
        )
        said(layer, report)
        reports.append(report)
    if delivery.page:
        delivery.page(stage / PAGE)
    if delivery.readme or delivery.is_archive:
        text = readme_of(delivery.title, delivery.layers, reports, page=PAGE if delivery.page else "")
        with disk_trouble_told(home / README):
            (stage / README).write_bytes(readme_bytes(text))
    return reports


def _part(progress: Progress, number: int, count: int) -> Progress:
    return lambda share: progress((number + share) / count)


def _write_layer(delivery: Delivery, layer: Layer, stage: Path, progress: Progress, foreseen: Foreseen | None) -> WriteReport:
    from cgplanner.io import vector  # noqa: PLC0415  brings drivers

    path = stage / delivery.name_of(layer)
    if foreseen is not None:
        return write_foreseen(foreseen, path, look=look_of(layer), strict=delivery.strict, progress=progress)
    return vector.write_layer(
        layer.table,
        layer.crs,
        path,
        format=delivery.format,
        layer_name=layer.id,
        target_crs=delivery.crs or None,
        zone=delivery.zone,
        receiver=delivery.receiver,
        changes=dict(delivery.changes),
        look=look_of(layer),
        strict=delivery.strict,
        progress=progress,
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            tr("The folder “{path}” cannot be made: {reason}.", path=folder, reason=reason_of(error)),
            hint=tr("Choose another folder."),
            path=folder,
        ) from None

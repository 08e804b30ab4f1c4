"""The import card: what was understood of a file, three rows to judge it by, and the two things a planner may know better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFormLayout,
    QLineEdit,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from cgplanner.app import theme
from cgplanner.app.controls.crs_words import crs_words
from cgplanner.app.dialogs.card import Card
from cgplanner.app.dialogs.crs_choice import CrsChoice
from cgplanner.app.jobs import Job, Jobs, Progress
from cgplanner.errors import UserError
from cgplanner.io.report import Report
from cgplanner.io.source import LoadedLayer, SourceLayer
from cgplanner.text import tr

SAMPLE_ROWS = 3
ENCODINGS = ("UTF-8", "GBK", "GB18030", "Big5")

Read = Callable[[Path, str, str | None, Progress], LoadedLayer]  # path, layer, encoding, progress


class ImportDialog(Card):
    """Reads one layer of a file beside the window, shows it, and hands it to ``add``.

    Parameters
    ----------
    read
        What reads a layer; it runs in a worker.
    """

    def __init__(
        self,
        parent: QWidget | None,
        path: Path,
        layers: Sequence[SourceLayer],
        jobs: Jobs,
        *,
        read: Read,
        add: Callable[[LoadedLayer], object],
    ) -> None:
        super().__init__(tr("Import {name}", name=path.name), parent, width=640)
        self._path, self._jobs, self._read, self._add = path, jobs, read, add
        self._loaded: LoadedLayer | None = None
        self._asked = 0  # a reading that is not the last one asked for is dropped
        self._open = True
        self._build_form(layers)
        self._understood = self.add_text("", "secondary")
        self.sample = self._made_sample()
        self._notes = self.add_text("", "secondary")
        self._busy = QProgressBar(self)
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self.body.addWidget(self._busy)
        self.add_button(tr("Cancel"), self.reject)
        self.ok = self.add_button(tr("Add to the map"), self._take, default=True)
        self.finished.connect(self._stop)
        self._start()

    def _build_form(self, layers: Sequence[SourceLayer]) -> None:
        self.layer = QComboBox(self)
        for each in layers:
            self.layer.addItem(f"{each.name} ({each.features:,})", each.name)
        self.layer.activated.connect(lambda _: self._start())
        self.name = QLineEdit(self)
        self.encoding = QComboBox(self)
        self.encoding.addItem(tr("As recognised"), None)
        for name in ENCODINGS:
            self.encoding.addItem(name, name)
        self.encoding.activated.connect(lambda _: self._start())
        self.crs = CrsChoice(tr("As recognised"), self)
        self.crs.currentTextChanged.connect(lambda _: self._check())
        form = QFormLayout()
        form.setHorizontalSpacing(theme.px(4))
        form.setVerticalSpacing(theme.px(2))
        if len(layers) > 1:
            form.addRow(tr("Layer of the file"), self.layer)
        else:
            self.layer.hide()
        form.addRow(tr("Title"), self.name)
        form.addRow(tr("Text encoding"), self.encoding)
        form.addRow(tr("Coordinate system"), self.crs)
        self.body.addLayout(form)

    def _made_sample(self) -> QTableWidget:
        table = QTableWidget(0, 0, self)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.ROW_HEIGHT)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setFixedHeight(theme.ROW_HEIGHT * (SAMPLE_ROWS + 1) + theme.px(4))
        self.body.addWidget(table)
        return table

    def _start(self) -> None:
        self._asked += 1
        number, layer, encoding = self._asked, str(self.layer.currentData()), self.encoding.currentData()
        read, path = self._read, self._path
        self._loaded = None
        self._busy.show()
        self.ok.setEnabled(False)
        self._jobs.start(
            Job(
                tr("Reading {name}", name=path.name),
                lambda progress: read(path, layer, encoding, progress),
                done=lambda loaded: self._show(number, loaded),
                failed=lambda error: self._refuse(number, error),
                cancelled=lambda: self._refuse(number, UserError(tr("Reading was stopped."))),
            )
        )

    def _stop(self) -> None:
        self._open = False
        if self._loaded is None:
            self._jobs.cancel()

    def _is_late(self, number: int) -> bool:
        return not self._open or number != self._asked

    def _refuse(self, number: int, error: UserError) -> None:
        if not self._is_late(number):
            self._busy.hide()
            self._understood.setText(str(error))
            self.sample.setRowCount(0)

    def _show(self, number: int, loaded: LoadedLayer) -> None:
        if self._is_late(number):
            return
        self._busy.hide()
        self._loaded = loaded
        if not self.name.isModified():
            self.name.setText(loaded.name)
        self._understood.setText(_understood(loaded))
        self._show_sample(loaded)
        notes = [f"• {note.message}" for note in loaded.report.notes]
        self._notes.setText("\n".join(notes[:6]))
        self._offer(loaded)
        self._check()

    def _offer(self, loaded: LoadedLayer) -> None:
        """Put what the coordinates may be at the head of the list, the likeliest first."""
        from cgplanner.io.zone_detective import crs_with_change  # noqa: PLC0415  brings pyproj

        self.crs.offer([(f"{crs_with_change(each)} · {each.likelihood:.0%}", each) for each in loaded.report.candidates])

    def _show_sample(self, loaded: LoadedLayer) -> None:
        fields, rows = loaded.table.schema.fields, min(len(loaded.table), SAMPLE_ROWS)
        self.sample.setColumnCount(len(fields))
        self.sample.setRowCount(rows)
        self.sample.setHorizontalHeaderLabels([field.name for field in fields])
        for row in range(rows):
            for column, field in enumerate(fields):
                value = loaded.table.columns[field.id].value(row)
                self.sample.setItem(row, column, QTableWidgetItem("—" if value is None else field.display(value)))
        self.sample.resizeColumnsToContents()

    def _check(self) -> None:
        """Allow adding once there is a layer whose place on earth is known."""
        crs = self.crs.crs
        known = bool(crs or (crs == "" and self._loaded is not None and self._loaded.crs))
        self.ok.setEnabled(self._loaded is not None and known)
        why = "" if known or self._loaded is None else tr("The file does not say its coordinate system: choose it above.")
        self.ok.setToolTip(why)
        self.crs.setProperty("invalid", bool(why))
        if why and why not in self._understood.text():
            self._understood.setText(f"{self._understood.text()}\n{why}")

    def _take(self) -> None:
        loaded = self._loaded
        if loaded is not None:
            self.accept()
            self._add(replace(self._in_chosen_crs(loaded), name=self.name.text().strip() or loaded.name))

    def _in_chosen_crs(self, loaded: LoadedLayer) -> LoadedLayer:
        from cgplanner.io.zone_detective import applied, as_in_file  # noqa: PLC0415  brings pyproj

        candidate = self.crs.candidate
        if candidate is not None:
            return applied(loaded, candidate)
        return replace(as_in_file(loaded), crs=self.crs.crs) if self.crs.crs else loaded


def _understood(loaded: LoadedLayer) -> str:
    report: Report = loaded.report
    lines = [tr("{count} features, {fields} fields", count=f"{len(loaded.table):,}", fields=len(loaded.table.schema))]
    if report.encoding:
        lines.append(tr("Text: {encoding} ({how})", encoding=report.encoding, how=how_words(report.encoding_how)))
    if loaded.crs:
        lines.append(tr("Coordinates: {crs} ({how})", crs=crs_words(loaded.crs), how=how_words(report.crs_how)))
    return "\n".join(lines)


def how_words(how: str) -> str:
    """Return in words how encoding or CRS were found."""
    words = {
        "declared": tr("the file says so"),
        "cpg": tr("the .cpg file says so"),
        "ldid": tr("the .dbf file says so"),
        "detected": tr("recognised from the text"),
        "assumed": tr("assumed"),
        "prj": tr("the .prj file says so"),
        "guessed": tr("guessed"),
        "missing": tr("missing"),
    }
    return words.get(how, tr("by definition of the format"))

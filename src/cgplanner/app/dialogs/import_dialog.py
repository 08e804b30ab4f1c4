"""The import card: what was understood of a file, rows and places to judge it by, and what a planner may know better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cgplanner.app import theme
from cgplanner.app.canvas.opening_sketch import Sketcher, SketchPicture
from cgplanner.app.controls.crs_words import crs_words
from cgplanner.app.controls.encoding_table import EncodingTable
from cgplanner.app.controls.note_list import NoteList
from cgplanner.app.controls.place_chooser import PlaceChooser
from cgplanner.app.dialogs.card import Card
from cgplanner.app.dialogs.crs_choice import CrsChoice
from cgplanner.app.dialogs.datum_choice import DatumChoice
from cgplanner.app.jobs import Job, Jobs, Progress
from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Floats
from cgplanner.io.crs.candidate_places import CandidatePlace
from cgplanner.io.report import CrsCandidate, Report
from cgplanner.io.source import LoadedLayer, SourceLayer
from cgplanner.io.sqlite.glimpse import Glimpse
from cgplanner.io.texts.encoding_guesses import EncodingGuess
from cgplanner.session.importing import readable_title
from cgplanner.text import tr

SAMPLE_ROWS = 3
ENCODINGS = ("UTF-8", "GBK", "GB18030", "Big5")
FEW = 200_000  # vertices that are moved at once; more are moved beside the window

OF_THE_PLACE = ("crs-", "zone-")  # codes of notes on where the rows lie

SKETCH_OPACITY = 0.5
LookAt = Callable[[Path, str], Glimpse | None]
Looked = Callable[[Path, str], object]  # told of a file, unpacked where it was packed, and a layer in it, before it is read
Read = Callable[[Path, str, str | None, Progress, Looked], LoadedLayer]  # path, layer, encoding, progress


@dataclass(frozen=True, eq=False)
class _Arrived:
    """What the worker brings: the layer, its texts in other encodings, its places by other systems."""

    loaded: LoadedLayer
    guesses: tuple[EncodingGuess, ...]
    places: tuple[CandidatePlace, ...]
    outlines: tuple[Floats, ...]


@dataclass(frozen=True)
class Adding:
    """What is done with a layer that a planner wants.

    Attributes
    ----------
    add
        Adds it.
    prepare
        Does beside the window what can be done there of adding a large one, and returns the rest.
    forget
        Takes that back, when the card was left meanwhile.
    chose_encoding
        Told of a layer whose encoding the planner put right.
    """

    add: Callable[[LoadedLayer], object]
    prepare: Callable[[LoadedLayer], Callable[[], object]]
    forget: Callable[[], object]
    chose_encoding: Callable[[LoadedLayer], object]


class ImportDialog(Card):
    """Reads one layer of a file beside the window, shows it, and hands it on.

    Parameters
    ----------
    read
        What reads a layer; it runs in a worker.
    adding
        Where the layer goes.
    glimpse
        What has a first look at a layer that will take long to read; it runs in the worker.
    """

    _sketched = Signal(object)

    def __init__(
        self,
        parent: QWidget | None,
        path: Path,
        layers: Sequence[SourceLayer],
        jobs: Jobs,
        *,
        read: Read,
        adding: Adding,
        glimpse: LookAt = lambda _path, _layer: None,
    ) -> None:
        super().__init__(tr("Import {name}", name=path.name), parent, width=900)
        self._path, self._jobs, self._read, self._adding, self._glimpse = path, jobs, read, adding, glimpse
        self._sketched.connect(self._show_sketch)
        self._arrived: _Arrived | None = None
        self._asked = 0  # a reading that is not the last one asked for is dropped
        self._job = 0
        self._open = True
        self._goes_on = False
        self._unchecked = 0  # areas that nobody has looked at yet: too many to do it while reading
        self._build(layers)
        self.sample = self._made_sample()
        self._notes = NoteList(self)
        self.body.addWidget(self._notes)
        self._busy = QProgressBar(self)
        self._busy.setTextVisible(False)
        self._busy.setAccessibleName(tr("Progress"))
        self.body.addWidget(self._busy)
        self.add_button(tr("Cancel"), self.reject)
        self.next = self.add_button(tr("Add, then the next layer"), self._take_and_go_on)
        self.ok = self.add_button(tr("Add to the map"), self._take, default=True)
        self.finished.connect(self._stop)
        self._start()

    # Building

    def _build(self, layers: Sequence[SourceLayer]) -> None:
        self._understood = QLabel(self)
        self._understood.setWordWrap(True)
        self._understood.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._understood.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._understood.setProperty("role", "secondary")
        self.texts = EncodingTable(self)
        self.texts.hide()
        self.texts.chosen.connect(self._choose_encoding)
        self.places = PlaceChooser(self)
        self.places.chosen.connect(self._choose_place)
        left = QVBoxLayout()
        left.setSpacing(theme.px(2))
        left.addLayout(self._made_form(layers))
        left.addWidget(self._understood)
        left.addWidget(self.texts)
        left.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(theme.px(5))
        row.addLayout(left, 1)
        row.addWidget(self.places)
        self.body.addLayout(row)

    def _made_form(self, layers: Sequence[SourceLayer]) -> QFormLayout:
        self.layer = QComboBox(self)
        for each in layers:
            count = f" ({each.features:,})" if each.features >= 0 else ""
            self.layer.addItem(f"{each.name}{count}", each.name)
        self.layer.activated.connect(lambda _: self._start())
        self.name = QLineEdit(self)
        self.encoding = QComboBox(self)
        self.encoding.addItem(tr("As recognised"), None)
        for name in ENCODINGS:
            self.encoding.addItem(name, name)
        self.encoding.activated.connect(lambda _: self._start())
        self.crs = CrsChoice(tr("As recognised"), self)
        self.crs.currentTextChanged.connect(lambda _: self._crs_changed())
        self.datum = DatumChoice(self)
        self.datum.changed.connect(self._check)
        self.mend = QCheckBox(self)
        self.mend.setToolTip(tr("The shapes as they were go into a field of their own as text (WKT_BEFORE)."))
        self.mend.toggled.connect(lambda _: self._show_notes())
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(theme.px(4))
        self._form.setVerticalSpacing(theme.px(2))
        if len(layers) > 1:
            self._form.addRow(tr("Layer of the file"), self.layer)
        else:
            self.layer.hide()
        self._form.addRow(tr("Title"), self.name)
        self._form.addRow(tr("Text encoding"), self.encoding)
        self._form.addRow(tr("Coordinate system"), self.crs)
        self._form.addRow(tr("Datum"), self.datum)
        self._form.setRowVisible(self.datum, False)
        self._form.addRow("", self.mend)
        self._form.setRowVisible(self.mend, False)
        return self._form

    def _made_sample(self) -> QTableWidget:
        table = QTableWidget(0, 0, self)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)  # else the way to the buttons leads through every cell
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(theme.ROW_HEIGHT)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.setFixedHeight(theme.ROW_HEIGHT * (SAMPLE_ROWS + 1) + 2)
        self.body.addWidget(table)
        return table

    # Reading

    def _start(self) -> None:
        self._asked += 1
        self._jobs.cancel_one(self._job)
        number, layer, encoding = self._asked, str(self.layer.currentData()), self.encoding.currentData()
        read, path, glimpse, sketcher = self._read, self._path, self._glimpse, self._sketcher(number)

        def look(file: Path, inner: str) -> None:
            seen = glimpse(file, inner)
            if seen is not None:
                sketcher.take(seen)

        def work(progress: Progress) -> _Arrived:
            return _arrived(read(path, layer, encoding, progress, look))

        self._arrived = None
        self._show_busy(tr("Reading {name}", name=path.name))
        self._job = self._jobs.start(
            Job(
                tr("Reading {name}", name=path.name),
                work,
                done=lambda arrived: self._show(number, arrived),
                failed=lambda error: self._refuse(number, error),
                cancelled=lambda: self._refuse(number, UserError(tr("Reading was stopped."))),
                told=lambda share: self._tell_progress(number, share),
            )
        )

    def _sketcher(self, number: int) -> Sketcher:
        """Return what draws a first picture for the map of the card, in the thread that reads."""
        colour = QColor(theme.current().accent)
        colour.setAlphaF(SKETCH_OPACITY)
        size = self.places.map.size() * self.devicePixelRatioF()
        return Sketcher(number, size.width(), size.height(), colour.rgba(), self._sketched.emit)

    @Slot(object)
    def _show_sketch(self, picture: SketchPicture) -> None:
        if not self._is_late(picture.opening) and self._arrived is None:
            self.places.map.show_sketch(picture.image)

    def _show_busy(self, text: str) -> None:
        self._busy.setRange(0, 0)
        self._busy.show()
        self._understood.setText(text)
        self.ok.setEnabled(False)
        self.next.setEnabled(False)
        self.next.setVisible(self._has_next())

    def _has_next(self) -> bool:
        return self.layer.currentIndex() + 1 < self.layer.count()

    def _tell_progress(self, number: int, share: float) -> None:
        if not self._is_late(number) and share > 0:
            self._busy.setRange(0, 1000)
            self._busy.setValue(round(share * 1000))

    def _stop(self) -> None:
        self._open = False
        self._jobs.cancel_one(self._job)

    def _is_late(self, number: int) -> bool:
        return not self._open or number != self._asked

    def _refuse(self, number: int, error: UserError) -> None:
        if not self._is_late(number):
            self._busy.hide()
            self._goes_on = False
            if self._arrived is None:
                self.sample.setRowCount(0)
            else:
                self._check()
            self._understood.setText(str(error))

    # Showing

    @property
    def _loaded(self) -> LoadedLayer | None:
        return self._arrived.loaded if self._arrived else None

    def _show(self, number: int, arrived: _Arrived) -> None:
        if self._is_late(number):
            return
        self._busy.hide()
        self._arrived, loaded = arrived, arrived.loaded
        if not self.name.isModified():
            self.name.setText(readable_title(loaded))
        self._show_sample(loaded)
        self._offer_mending(loaded)
        self.texts.show_guesses(arrived.guesses, loaded.report.encoding)
        self._offer(arrived)
        self._crs_changed()

    def _offer_mending(self, loaded: LoadedLayer) -> None:
        from cgplanner.io.shapes.repair import unchecked_areas  # noqa: PLC0415  only reading and this need it

        count = next((note.count for note in loaded.report.notes if note.code == "geometry-invalid"), 0)
        self._unchecked = 0 if count else unchecked_areas(loaded.table.geometry)
        self.mend.setChecked(False)
        self.mend.setText(
            tr("Find and mend invalid areas ({count} to look at)", count=f"{self._unchecked:,}")
            if self._unchecked
            else tr("Make invalid areas valid ({count}), keep the originals", count=f"{count:,}")
        )
        self._form.setRowVisible(self.mend, bool(count or self._unchecked))

    def _show_notes(self) -> None:
        """Show what is worth knowing, without what the switch for invalid areas or another CRS is about to change."""
        notes = self._loaded.report.notes if self._loaded else ()
        gone: tuple[str, ...] = ("geometry-invalid",) if self.mend.isChecked() else ()
        if self.crs.crs:
            gone += OF_THE_PLACE
        self._notes.show_lines([str(note.message) for note in notes if not note.code.startswith(gone)])

    def _offer(self, arrived: _Arrived) -> None:
        """Put what the coordinates may be at the head of the list and on the map, the likeliest first."""
        from cgplanner.io.crs.zone_detective import crs_with_change  # noqa: PLC0415  brings pyproj

        candidates = arrived.loaded.report.candidates
        names = [str(crs_with_change(each, crs_words(each.crs))) for each in candidates]
        words = [(f"{each.likelihood:.0%} · {name}", str(each.reason)) for name, each in zip(names, candidates, strict=True)]
        self.crs.offer(list(zip(names, candidates, strict=True)))
        self.places.show_places(arrived.outlines, arrived.places, words, self._chosen_place())

    def _chosen_place(self) -> int:
        """Return the number of the place that the chosen CRS stands for; -1 when it is none of the list."""
        arrived = self._arrived
        if arrived is None:
            return -1
        candidate, crs = self.crs.candidate, self.crs.crs
        if candidate is None and crs == "":
            candidate = CrsCandidate(arrived.loaded.crs, arrived.loaded.report.crs_change, 0.0, "")
        elif candidate is None:
            candidate = CrsCandidate(crs or "", (), 0.0, "")
        wanted = (candidate.crs, candidate.change)
        found = (at for at, place in enumerate(arrived.places) if (place.candidate.crs, place.candidate.change) == wanted)
        return next(found, -1)

    def _choose_place(self, number: int) -> None:
        arrived = self._arrived
        if arrived is not None and arrived.loaded.report.candidates:
            self.crs.choose(arrived.places[number].candidate)

    def _choose_encoding(self, name: str) -> None:
        if self.encoding.findData(name) < 0:
            self.encoding.addItem(name, name)
        self.encoding.setCurrentIndex(self.encoding.findData(name))
        self._start()

    def _show_sample(self, loaded: LoadedLayer) -> None:
        fields, rows = loaded.table.schema.fields, min(len(loaded.table), SAMPLE_ROWS)
        self.sample.setColumnCount(len(fields))
        self.sample.setRowCount(rows)
        for column, field in enumerate(fields):
            heading = QTableWidgetItem(field.title)
            heading.setToolTip(field.name if field.title == field.name else f"{field.title} ({field.name})")
            self.sample.setHorizontalHeaderItem(column, heading)
            for row in range(rows):
                value = loaded.table.columns[field.id].value(row)
                self.sample.setItem(row, column, QTableWidgetItem("—" if value is None else field.display(value)))
        header = self.sample.horizontalHeader()
        header.setStretchLastSection(False)  # else the last column is made as narrow as the others, and stays so
        self.sample.resizeColumnsToContents()
        width = header.length()
        header.setStretchLastSection(True)
        bar = self.sample.horizontalScrollBar().sizeHint().height() if width > self.sample.viewport().width() else 0
        self.sample.setFixedHeight(theme.ROW_HEIGHT * (SAMPLE_ROWS + 1) + 2 + bar)

    # Deciding

    def _crs_changed(self) -> None:
        loaded = self._loaded
        if loaded is None:
            return
        chosen = self._chosen_place()
        self.places.choose(chosen)
        if chosen < 0 and self.crs.crs:
            self.places.show_named(_place(loaded, self.crs.crs))
        crs = self.crs.crs or loaded.crs
        self.datum.show_for(crs)
        self._form.setRowVisible(self.datum, self.datum.is_needed)
        self._show_notes()
        self._check()

    def _check(self) -> None:
        """Allow adding once there is a layer whose place on earth is known."""
        loaded = self._loaded
        if loaded is None:
            return
        crs = self.crs.crs
        known = bool(crs or (crs == "" and loaded.crs) or self.datum.target)
        self.ok.setEnabled(known)
        self.next.setEnabled(known)
        why = "" if known else tr("The file does not say its coordinate system: choose it above.")
        self.ok.setToolTip(why)
        self.crs.setProperty("invalid", bool(why))
        self._understood.setText("\n".join(filter(None, (self._understood_of(loaded), why, self.datum.said))))

    def _understood_of(self, loaded: LoadedLayer) -> str:
        """Return what was understood, with the coordinate system that is chosen in place of the one that was recognised."""
        from cgplanner.io.crs.zone_detective import crs_with_change  # noqa: PLC0415  brings pyproj

        candidate, crs = self.crs.candidate, self.crs.crs
        if not crs:
            return _understood(loaded)
        chosen = candidate or CrsCandidate(crs, (), 1.0, "")
        return _understood(loaded, str(crs_with_change(chosen, crs_words(crs))))

    def _take_and_go_on(self) -> None:
        self._goes_on = self._has_next()
        self._take()

    def _take(self) -> None:
        loaded = self._loaded
        if loaded is None:
            return
        loaded = replace(loaded, name=self.name.text().strip() or loaded.name)
        if len(loaded.table.geometry.base.xy) <= FEW and not (self._unchecked and self.mend.isChecked()):
            try:
                placed = self._placing()(loaded)
            except UserError as error:
                self._refuse(self._asked, error)
                return
            self._hand_over(placed, lambda: self._adding.add(placed))
            return
        self._asked += 1
        number, place, prepare = self._asked, self._placing(), self._adding.prepare

        def work(progress: Progress) -> tuple[LoadedLayer, Callable[[], object]]:
            placed = place(loaded, progress)
            return placed, prepare(placed)

        self._show_busy(tr("Adding {name}", name=loaded.name))
        self._job = self._jobs.start(
            Job(
                tr("Adding {name}", name=loaded.name),
                work,
                done=lambda ready: self._adding.forget() if self._is_late(number) else self._hand_over(*ready),
                failed=lambda error: self._refuse(number, error),
                cancelled=lambda: self._refuse(number, UserError(tr("Adding was stopped."))),
                told=lambda share: self._tell_progress(number, share),
            )
        )

    def _placing(self) -> Callable[..., LoadedLayer]:
        """Return what brings the layer into the CRS and the datum that are chosen now; it may run beside the window.

        Areas are made valid last, so that the originals lie where the layer lies.
        """
        candidate, crs = self.crs.candidate, self.crs.crs
        change, target, mends = self.datum.change, self.datum.target, self.mend.isChecked()

        def place(loaded: LoadedLayer, progress: Progress = lambda _share: None) -> LoadedLayer:
            from cgplanner.io.crs.datum_change import in_other_datum  # noqa: PLC0415  brings pyproj
            from cgplanner.io.crs.zone_detective import chosen  # noqa: PLC0415  as above
            from cgplanner.io.shapes.repair import with_valid_areas  # noqa: PLC0415  only reading and this need it

            if candidate is not None:
                loaded = chosen(loaded, candidate)
            elif crs:
                loaded = chosen(loaded, CrsCandidate(crs, (), 1.0, ""))
            loaded = in_other_datum(loaded, change, target) if change is not None else loaded
            return with_valid_areas(loaded, progress) if mends else loaded

        return place

    def _hand_over(self, placed: LoadedLayer, add: Callable[[], object]) -> None:
        if self.encoding.currentData():
            self._adding.chose_encoding(placed)
        add()
        if not self._goes_on:
            self.accept()
            return
        self._goes_on = False
        self.layer.setCurrentIndex(self.layer.currentIndex() + 1)
        self.name.setModified(False)
        self.crs.setCurrentIndex(0)
        self.name.setFocus()  # the button that was clicked cannot be for a while: the focus would jump into a table
        self._start()


def _arrived(loaded: LoadedLayer) -> _Arrived:
    from cgplanner.io.crs.candidate_places import candidate_places, city_outlines  # noqa: PLC0415  brings pyproj
    from cgplanner.io.texts.encoding_guesses import encoding_guesses  # noqa: PLC0415  with it

    return _Arrived(loaded, encoding_guesses(loaded), candidate_places(loaded), city_outlines())


def _place(loaded: LoadedLayer, crs: str) -> CandidatePlace | None:
    from cgplanner.io.crs.candidate_places import place_in  # noqa: PLC0415  brings pyproj

    try:
        return place_in(loaded, crs)
    except RuntimeError:  # pyproj's errors: what was typed is the code of nothing
        return None


def _understood(loaded: LoadedLayer, chosen: str = "") -> str:
    report: Report = loaded.report
    lines = [tr("{count} features, {fields} fields", count=f"{len(loaded.table):,}", fields=len(loaded.table.schema))]
    if report.encoding:
        lines.append(tr("Text: {encoding} ({how})", encoding=report.encoding, how=how_words(report.encoding_how)))
    if chosen:
        lines.append(tr("Coordinates: {crs} ({how})", crs=chosen, how=tr("chosen here")))
    elif loaded.crs:
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
        "remembered": tr("remembered from this sender"),
    }
    return words.get(how, tr("by definition of the format"))

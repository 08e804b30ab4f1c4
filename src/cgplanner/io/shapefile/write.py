"""Shapefiles under full control: our own bytes, marks that agree, checked before they take the old set's place.

A layer of several kinds of geometry becomes several shapefiles (``_pt``, ``_ln``, ``_pg``), put in place together.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from cgplanner.errors import UserError
from cgplanner.geometry.ragged import Family
from cgplanner.io.crs.crs_files import esri_wkt
from cgplanner.io.drivers.driver_pieces import NotInPiecesError
from cgplanner.io.files.safe_write import disk_trouble_told, flushed_meanwhile, refuse_existing, replacing
from cgplanner.io.report import Note, joined_notes
from cgplanner.io.shapefile import dbf
from cgplanner.io.shapefile import shapes as shapefile_shapes
from cgplanner.io.shapefile.dbf_columns import Need, Outgoing, all_losses, identity_column, outgoing_columns, taken
from cgplanner.io.shapefile.door import read_shapefile, shapefile_pieces
from cgplanner.io.shapefile.former_sets import former_sets, set_path
from cgplanner.io.shapefile.long_texts import Split, split_long
from cgplanner.io.shapefile.shapes import records_size
from cgplanner.io.shapes.outgoing_shapes import FAMILIES, FamilyForm, FamilyRows, families_of, form_of
from cgplanner.io.source import WriteReport
from cgplanner.io.texts.encoding import codec_of_mark
from cgplanner.io.writing.field_dictionary import describes, dictionary_of, with_parts, write_beside
from cgplanner.io.writing.outgoing import WriteRequest, neighbours
from cgplanner.io.writing.read_back import Witness, check_pieces, check_with_fiona, differs
from cgplanner.io.writing.receivers import Receiver
from cgplanner.io.writing.rows import Rows
from cgplanner.io.writing.single_file import told
from cgplanner.model.geometry_column import GeometryColumn
from cgplanner.model.schema import Schema
from cgplanner.model.table import FeatureTable, new_table
from cgplanner.text import sentence, tr

_MOST_PASSES = 6  # each of parts, decimals, digits and heights may want one more


@dataclass(frozen=True)
class _Target:
    """An encoding as it is written: codec, codec that reads it back, the .cpg and the language byte that say so."""

    name: str
    writes: str
    reads: str
    cpg: str
    language_byte: int


_TARGETS = {
    "utf-8": _Target("UTF-8", "utf-8", "utf-8", "UTF-8", 0),
    "gb18030": _Target("GBK", "gbk", "gb18030", "GBK", 0x4D),
    "cp950": _Target("Big5", "cp950", "cp950", "BIG5", 0x4F),
}


@dataclass(frozen=True)
class _Form:
    """How values and shapes of all rows are written, where a piece alone would not say.

    ``parts`` are the columns that follow each field, ``needs`` those of every column, ``main`` the family of blank rows.
    """

    parts: tuple[int, ...] = ()
    needs: tuple[Need, ...] = ()
    main: Family | None = None
    families: Mapping[Family, FamilyForm] = field(default_factory=dict)

    def is_like(self, other: _Form) -> bool:
        """Tell whether values are written in the same way, be it in wider columns."""
        same_needs = [each.form for each in self.needs] == [each.form for each in other.needs]
        return self.parts == other.parts and same_needs and self.main == other.main and self.families == other.families

    @property
    def ways(self) -> _Form:
        """The form without widths, which follow from it."""
        return replace(self, needs=tuple(each.form for each in self.needs))


@dataclass(frozen=True)
class _Bent:
    """Some rows as shapefiles have them: columns, shapes by family, what is lost."""

    columns: tuple[Outgoing, ...]
    parts: tuple[FamilyRows, ...]
    split: Split
    losses: tuple[Note, ...]

    def form(self) -> _Form:
        """Return how these rows are written."""
        families = {part.family: form_of(part.shapes) for part in self.parts if len(part.shapes.xy)}
        return _Form(self.split.parts, tuple(each.need for each in self.columns), None, families)


@dataclass(frozen=True)
class _File:
    """One shapefile of the set: its path, family and shape type, its rows, the bytes that its records take."""

    path: Path
    family: Family
    kind: int
    rows: int
    bytes: int


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is known before a byte is written; ``kept`` are the rows of a table in memory, bent already."""

    rows: Rows
    bend: Callable[[FeatureTable, int, _Form], _Bent]
    form: _Form
    files: tuple[_File, ...]
    fields: list[dbf.DbfField]
    losses: tuple[Note, ...]
    first: _Bent
    kept: _Bent | None

    def bent(self) -> Iterator[_Bent]:
        """Give the rows, piece by piece."""
        if self.kept is not None:
            yield self.kept
            return
        before = 0
        for table in self.rows.pieces():
            yield self.bend(table, before, self.form)
            before += len(table)

    def expected(self, family: Family) -> Iterator[FeatureTable]:
        """Give the rows of one file as reading it must give them."""
        for bent in self.bent():
            for part in bent.parts:
                if part.family == family:
                    columns = _of_rows(bent, part)
                    fields = tuple(each.expected for each in columns)
                    values = {each.expected.id: each.column for each in columns}
                    yield new_table(Schema(fields, family), values, GeometryColumn(part.shapes))


def write_shapefile(request: WriteRequest) -> WriteReport:
    """Write a table as one shapefile, or as several when its geometry is mixed.

    Raises
    ------
    UserError
        When a file is there and may not be overwritten, the table cannot be a shapefile (too large, too many fields), the
        disk says no, or what was written does not read back as it was. The old set is then as it was.
    """
    rows, path = request.rows, request.path
    target = _target(request.receiver.encoding, path)
    plan = _plan_of(request, target)
    if not request.overwrite:
        refuse_existing(each for file in plan.files for each in (file.path, file.path.with_suffix(".dbf")))
    prj = esri_wkt(request.crs) if request.crs else ""
    dictionary = _dictionary(rows.schema, plan.first.columns, plan.form.parts, target.name)
    stale = [each for file in plan.files for each in neighbours(file.path)]
    with replacing(plan.files[-1].path, stale=stale) as folder, disk_trouble_told(path):
        _write_files(folder, plan, target)
        told(request, 0.5)
        with flushed_meanwhile(sorted(folder.iterdir())):
            for number, file in enumerate(plan.files):
                _write_beside(folder / file.path.name, target, prj, dictionary)
                _check_file(folder / file.path.name, file, plan, target)
                _check_prj(folder / file.path.name, prj)
                told(request, 0.5 + 0.5 * (number + 1) / len(plan.files))
        if request.overwrite:
            stale += itertools.chain.from_iterable(map(neighbours, former_sets(path, folder)))
        heads = tuple(f"{file.path.stem}." for file in plan.files)
        files = tuple(path.parent / each.name for each in sorted(folder.iterdir()) if each.name.startswith(heads))
    own = [each for each in plan.first.columns if each.source.id in rows.schema]
    renamed = tuple((each.source.name, each.expected.name) for each in own if each.source.name != each.expected.name)
    written = sum(each.rows for each in plan.files)
    return WriteReport(files, plan.losses, renamed, target.name, request.crs, True, len(rows), written)


def shapefile_losses(request: WriteRequest) -> tuple[Note, ...]:
    """Return what a shapefile would lose; nothing is written.

    Raises
    ------
    UserError
        When the table cannot be a shapefile: too large, too many fields.
    """
    return _plan_of(request, _target(request.receiver.encoding, request.path)).losses


def _plan_of(request: WriteRequest, target: _Target) -> _Plan:
    """Return the plan that was made when somebody asked for the losses, for the path of now; else make it."""
    plan = request.known.get("shapefile")
    if plan is None:
        plan = _planned(request.rows, request.path, target, request.receiver)
        request.known["shapefile"] = plan
    folder = request.path.parent
    found: _Plan = replace(plan, files=tuple(replace(each, path=folder / each.path.name) for each in plan.files))
    return found


def _planned(rows: Rows, path: Path, target: _Target, receiver: Receiver) -> _Plan:
    """Go through the rows until all pieces are written in one way: mostly once, where decimals or heights differ twice."""

    def bend(table: FeatureTable, before: int, form: _Form) -> _Bent:
        columns, split = _columns(table, before, target, receiver, path, form)
        parts, notes = families_of(table.geometry, rows.schema.geometry, form.main, form.families)
        return _Bent(columns, parts, split, (*all_losses(columns), *split.notes, *notes))

    form = _Form()
    for _ in range(_MOST_PASSES):
        survey = _Survey(rows, bend, form)
        if survey.is_one_way:
            break
        form = survey.form.ways
    files, fields = survey.files(path), survey.fields()
    _check_sizes(files, fields)
    losses = (*joined_notes(survey.losses), *_split_note(files))
    return _Plan(rows, bend, survey.form, files, fields, losses, survey.first, survey.kept)


class _Survey:
    """One pass over the rows: how they are written, how many there are of each family, how much room they take."""

    def __init__(self, rows: Rows, bend: Callable[[FeatureTable, int, _Form], _Bent], form: _Form) -> None:
        self.losses: list[Note] = []
        self.is_one_way = True
        self.kept: _Bent | None = None
        self._rows: Counter[Family] = Counter()
        self._bytes: Counter[Family] = Counter()
        self._drawn: Counter[Family] = Counter()
        self._declared = rows.schema.geometry
        before, pieces, forms = 0, 0, []
        for table in rows.pieces():
            bent = bend(table, before, form)
            self._count(bent, form)
            forms.append(bent.form())
            if not pieces:
                self.first = bent
            before, pieces = before + len(table), pieces + 1
            self.losses += bent.losses
        self.form = self._joined(forms)
        if pieces == 1:
            self.kept = self.first
            return
        self.is_one_way = self.form.is_like(form) or self._are_alike(forms)

    def _count(self, bent: _Bent, form: _Form) -> None:
        for part in bent.parts:
            own = form_of(part.shapes).joined(form.families.get(part.family, FamilyForm()))
            self._rows[part.family] += len(part.rows)
            self._drawn[part.family] += int(np.count_nonzero(np.diff(part.shapes.row_offsets)))
            self._bytes[part.family] += records_size(part.shapes, _kind(part.family, own))

    def _joined(self, forms: Sequence[_Form]) -> _Form:
        parts = tuple(max(each) for each in zip(*(form.parts for form in forms), strict=True))
        needs: tuple[Need, ...] = ()
        if all(form.parts == parts for form in forms):  # else columns do not stand beside their like
            needs = tuple(reduce(Need.joined, each) for each in zip(*(form.needs for form in forms), strict=True))
        families: dict[Family, FamilyForm] = {}
        for form in forms:
            for family, own in form.families.items():
                families[family] = families.get(family, FamilyForm()).joined(own)
        drawn = [self._drawn[family] for family in FAMILIES]
        declared = self._declared if self._declared in FAMILIES else FAMILIES[0]
        main = FAMILIES[int(np.argmax(drawn))] if any(drawn) else declared
        return _Form(parts, needs, main, families)

    def _are_alike(self, forms: Sequence[_Form]) -> bool:
        """Tell whether every piece was written as the whole is."""
        blank = any(self._rows[family] > self._drawn[family] for family in self._rows)
        ways = self.form.ways
        return (len(self._rows) == 1 or not blank) and all(
            form.parts == ways.parts
            and form.ways.needs == ways.needs
            and all(own == ways.families[family] for family, own in form.families.items())
            for form in forms
        )

    def files(self, path: Path) -> tuple[_File, ...]:
        """Return the files of the set."""
        present = [family for family in FAMILIES if self._rows[family]] or [self.form.main or FAMILIES[0]]
        return tuple(
            _File(
                set_path(path, family) if len(present) > 1 else path,
                family,
                _kind(family, self.form.families.get(family, FamilyForm())),
                self._rows[family],
                self._bytes[family],
            )
            for family in present
        )

    def fields(self) -> list[dbf.DbfField]:
        """Return the columns of the tables with the widths that all rows need."""
        pairs = zip(self.first.columns, self.form.needs, strict=True)
        return [replace(each.descriptor, width=max(each.descriptor.width, need.width)) for each, need in pairs]


def _kind(family: Family, form: FamilyForm) -> int:
    return shapefile_shapes.shape_type(family, several=form.several, z=form.z, m=form.m)


def _target(encoding: str, path: Path) -> _Target:
    found = _TARGETS.get(codec_of_mark(encoding) or "")
    if found is None:
        raise UserError(
            tr("A shapefile cannot be written in the encoding “{name}”.", name=encoding),
            hint=tr("Choose UTF-8, GBK or Big5."),
            path=path,
        )
    return found


def _columns(
    table: FeatureTable, before: int, target: _Target, receiver: Receiver, path: Path, form: _Form
) -> tuple[tuple[Outgoing, ...], Split]:
    columns = tuple(table.columns[each.id] for each in table.schema)
    split = Split(table.schema.fields, columns, (0,) * len(columns), ())
    if not len(table.schema):
        return (identity_column(len(table), before),), split
    if receiver.long_texts == "split":
        split = split_long(split.fields, columns, target.writes, form.parts)
    _check_count(len(split.fields), receiver, path)
    return outgoing_columns(split.fields, split.columns, (target.writes, target.reads), receiver, form.needs), split


def _check_count(fields: int, receiver: Receiver, path: Path) -> None:
    most = min(receiver.most_fields, dbf.MOST_FIELDS)
    if fields > most:
        raise UserError(
            tr(
                "The layer has {count} fields; a shapefile for {receiver} takes {most}.",
                count=fields,
                receiver=receiver.title,
                most=most,
            ),
            hint=tr("Write a GeoPackage, or leave fields out."),
            path=path,
        )


def _dictionary(schema: Schema, columns: Sequence[Outgoing], parts: Sequence[int], encoding: str) -> dict[str, Any] | None:
    """Return what the dictionary beside the files says; None when they say it all themselves."""
    rest = iter(columns)
    pairs = [(next(rest), [each.expected.name for each in itertools.islice(rest, more)]) for more in parts]
    if not any(more or describes(field, first.expected) for field, (first, more) in zip(schema, pairs, strict=True)):
        return None
    said = dictionary_of([first.expected.name for first, _ in pairs], schema, encoding=encoding)
    return with_parts(said, {first.expected.name: more for first, more in pairs})


def _of_rows(bent: _Bent, part: FamilyRows) -> tuple[Outgoing, ...]:
    if len(part.rows) == len(bent.columns[0].cells):
        return bent.columns
    return tuple(taken(each, part.rows) for each in bent.columns)


def _split_note(files: Sequence[_File]) -> tuple[Note, ...]:
    if len(files) == 1:
        return ()
    names = ", ".join(file.path.name for file in files)
    message = sentence("A shapefile holds one kind of geometry; the layer was split into {names}.", names=names)
    return (Note("layer-split", "info", message, len(files)),)


def _check_sizes(files: Sequence[_File], fields: Sequence[dbf.DbfField]) -> None:
    width = 1 + sum(each.width for each in fields)
    for file in files:
        shapes, rows = shapefile_shapes.HEADER_BYTES + file.bytes, dbf.size_of(fields, file.rows)
        if width > dbf.WIDEST_RECORD or max(shapes, rows) > shapefile_shapes.SIZE_LIMIT:
            raise UserError(
                tr("{name} would be too large for a shapefile, whose files end at 2 GB.", name=file.path.name),
                hint=tr("Write a GeoPackage, or export a part of the layer."),
                path=file.path,
            )


def _write_files(folder: Path, plan: _Plan, target: _Target) -> None:
    """Write the rows into the files of their families."""
    with contextlib.ExitStack() as stack:
        writers: dict[Family, tuple[shapefile_shapes.ShapeWriter, dbf.TableWriter]] = {}
        for file in plan.files:
            home = folder / file.path.name
            shp, shx, table = (stack.enter_context(home.with_suffix(end).open("wb")) for end in (home.suffix, ".shx", ".dbf"))
            writers[file.family] = (
                shapefile_shapes.ShapeWriter(shp, shx, file.kind),
                dbf.TableWriter(table, plan.fields, file.rows, target.language_byte),
            )
        for bent in plan.bent():
            for part in bent.parts:
                shapes, cells = writers[part.family]
                shapes.add(part.shapes)
                cells.add([each.cells for each in _of_rows(bent, part)])
        for shapes, cells in writers.values():
            shapes.finish()
            cells.finish()


def _write_beside(home: Path, target: _Target, prj: str, dictionary: dict[str, Any] | None) -> None:
    home.with_suffix(".cpg").write_text(target.cpg, encoding="ascii")
    if prj:
        home.with_suffix(".prj").write_text(prj, encoding="utf-8")
    if dictionary:
        write_beside(home, dictionary)


def _check_file(path: Path, file: _File, plan: _Plan, target: _Target) -> None:
    witness = Witness(file.rows, everywhere=True)
    check_pieces(plan.expected(file.family), _found(path, target), witness, path)
    check_with_fiona(witness, path, decode=lambda text: text.encode("latin-1").decode(target.reads))


def _check_prj(path: Path, prj: str) -> None:
    home = path.with_suffix(".prj")
    if (home.read_text(encoding="utf-8") if home.exists() else "") != prj:
        raise differs(path, home.name)


def _found(path: Path, target: _Target) -> Iterator[FeatureTable]:
    try:
        yield from (piece.table for piece in shapefile_pieces(path, target.name, as_stored=True))
    except NotInPiecesError:
        yield read_shapefile(path, encoding=target.name, as_stored=True).table

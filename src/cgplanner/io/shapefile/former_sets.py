"""What an earlier export of the same layer left behind: shapefiles for kinds of geometry that it no longer has.

A layer of several kinds becomes several files (``a_pt.shp``, ``a_ln.shp``, ``a_pg.shp``), one of a single kind ``a.shp``. Who
reads the folder after an export would take both for the layer.
"""

from __future__ import annotations

from pathlib import Path

from cgplanner.geometry.ragged import Family
from cgplanner.io.shapefile import dbf
from cgplanner.io.writing.field_dictionary import read_beside

SUFFIX_OF_FAMILY: dict[Family, str] = {"point": "_pt", "line": "_ln", "polygon": "_pg"}  # ASCII: receivers stumble over hanzi
_A_SPLIT = 2  # files at least; one alone that bears such a name may be a layer of its own


def set_path(path: Path, family: Family) -> Path:
    """Return where the rows of one family go when a layer is split."""
    return path.with_name(f"{path.stem}{SUFFIX_OF_FAMILY[family]}{path.suffix}")


def former_sets(path: Path, new: Path) -> list[Path]:
    """Return the shapefiles at and beside ``path`` that the new ones, which lie in the folder ``new``, take the place of.

    They are ours when their table or the field dictionary beside them has the same fields, and when there are several where
    the layer was split; what others laid there stays.
    """
    split = [set_path(path, family) for family in SUFFIX_OF_FAMILY]
    written = [each for each in (path, *split) if (new / each.name).exists()]
    if not written:
        return []
    alike = [each for each in (path, *split) if each.exists() and _have_same_fields(each, new / written[0].name)]
    ours = alike if len(set(alike) & set(split)) >= _A_SPLIT else [each for each in alike if each == path]
    return [each for each in ours if each not in written]


def _have_same_fields(one: Path, other: Path) -> bool:
    described = [read_beside(each) for each in (one, other)]
    if described[0] is not None and described[1] is not None:
        names = [[field.get("name") for field in each["fields"]] for each in described if each is not None]
        return names[0] == names[1]
    return _fields(one) is not None and _fields(one) == _fields(other)


def _fields(shapefile: Path) -> list[tuple[bytes, str]] | None:
    table = shapefile.with_suffix(".dbf")
    header = dbf.read_header(table) if table.is_file() else None
    return None if header is None else [(each.name, each.type) for each in header.fields]

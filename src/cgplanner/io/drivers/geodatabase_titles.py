"""What people call the fields of a foreign File Geodatabase and which values they may have: aliases, domains, subtypes.

The driver hands out names and values only; the rest is XML in the system table ``GDB_Items``. Whatever cannot be understood of
it is left as it is: a title is no reason to refuse data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

from cgplanner.io.drivers.geodatabase_items import definitions
from cgplanner.model.schema import CodedDomain, CodedValue, Domain, Field, FieldType, RangeDomain

_NUMBERS = (FieldType.INTEGER, FieldType.REAL)
_WIDEST = 4000  # beyond this a text's width is the driver's way to say "any"


@dataclass(frozen=True)
class _Described:
    """What the description of a table says of one field; ``domain`` is a name."""

    alias: str
    domain: str
    length: int


def with_titles(path: Path, layer: str, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return the fields with the titles, widths and domains that the geodatabase gives them."""
    items = definitions(path)
    table = _table(items, layer)
    if table is None:
        return fields
    described = {_text(each, "Name"): _described(each) for each in table.iter("GPFieldInfoEx")}
    wanted = {each.domain for each in described.values() if each.domain}
    trees = {name: _tree(text) for name, text in items if name in wanted}
    coded_by = _text(table, "SubtypeFieldName")
    return tuple(
        _titled(each, described[each.name], table if each.name == coded_by else None, trees) if each.name in described else each
        for each in fields
    )


def described_fields(path: Path, layer: str) -> list[str]:
    """Return the names of the fields that the geodatabase gives a table, without its own for identity and shape."""
    table = _table(definitions(path), layer)
    own = ("esriFieldTypeOID", "esriFieldTypeGeometry")
    infos = () if table is None else table.iter("GPFieldInfoEx")
    return [_text(each, "Name") for each in infos if _text(each, "FieldType") not in own]


def _table(items: list[tuple[str, str]], layer: str) -> ET.Element | None:
    trees = [tree for name, text in items if name.casefold() == layer.casefold() and (tree := _tree(text)) is not None]
    return next((tree for tree in trees if tree.find("GPFieldInfoExs") is not None), None)


def _tree(text: str) -> ET.Element | None:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # Esri writes none, and they can fill all memory
        return None
    try:
        return ET.fromstring(text)  # noqa: S314  entities are out of the question, see above
    except (ET.ParseError, ValueError):
        return None


def _text(tree: ET.Element, tag: str) -> str:
    return (tree.findtext(tag) or "").strip()


def _described(info: ET.Element) -> _Described:
    length = _text(info, "Length")
    return _Described(_text(info, "AliasName"), _text(info, "DomainName"), int(length) if length.isdecimal() else 0)


def _titled(field: Field, said: _Described, table: ET.Element | None, trees: dict[str, ET.Element | None]) -> Field:
    domain = _subtypes(table, field.type) if table is not None else None
    tree = trees.get(said.domain)
    if domain is None and tree is not None:
        domain = _domain(said.domain, tree, field.type)
    width = said.length if field.type is FieldType.TEXT and said.length <= _WIDEST else 0
    return titled(replace(field, domain=domain, width=width or field.width), said.alias)


def titled(field: Field, title: str) -> Field:
    """Return the field under a foreign title, as Chinese unless it is plain Latin."""
    if not title or title == field.name:
        return field
    return replace(field, alias_en=title) if title.isascii() else replace(field, alias_zh=title)


def _domain(name: str, tree: ET.Element, kind: FieldType) -> Domain | None:
    values = tree.find("CodedValues")
    if values is not None:
        return coded_domain(name, ((_text(each, "Code"), _text(each, "Name")) for each in values), kind)
    return range_domain(name, _text(tree, "MinValue"), _text(tree, "MaxValue"), kind)


def _subtypes(table: ET.Element, kind: FieldType) -> Domain | None:
    """Return the kinds of rows that a table knows as the values of the field that tells them apart."""
    pairs = ((_text(each, "SubtypeCode"), _text(each, "SubtypeName")) for each in table.iter("Subtype"))
    return coded_domain(_text(table, "SubtypeFieldName"), pairs, kind)


def coded_domain(name: str, pairs: Iterable[tuple[str, str]], kind: FieldType) -> CodedDomain | None:
    """Return a list of (code, what people read) as a domain of a text or of whole numbers; None where it is none."""
    if kind not in (FieldType.TEXT, FieldType.INTEGER):
        return None
    values = []
    for code, label in pairs:
        try:
            value = code if kind is FieldType.TEXT else int(code)
        except ValueError:
            return None
        values.append(CodedValue(value, *(("", label) if label.isascii() else (label, ""))))
    return CodedDomain(name, tuple(values)) if values else None


def range_domain(name: str, low: str, high: str, kind: FieldType) -> RangeDomain | None:
    """Return a range of numbers; None where it is none."""
    if kind not in _NUMBERS:
        return None
    try:
        return RangeDomain(name, float(low) if low else None, float(high) if high else None)
    except ValueError:
        return None

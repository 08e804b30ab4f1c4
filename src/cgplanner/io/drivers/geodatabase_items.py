"""What a File Geodatabase keeps about its tables and the drivers do not hand out: domains, and the documentation of a layer.

They are rows of the system table ``GDB_Items``; fiona's GDAL can add to it, pyogrio's can read it. XML after Esri's published
schema of 10.3; GDAL reads the domains back by its own means.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from cgplanner.io.drivers.engines import fiona, gdal_messages, pyogrio
from cgplanner.model.schema import CodedDomain, Domain, FieldType

_ITEMS = "GDB_Items"
_CODED, _RANGE = "{8C368B12-A12E-4C7E-9638-C9C64E69E98F}", "{C29DA988-8C3E-45F7-8B5C-18E51EE7BEB4}"
_SCHEMA = (
    'xmlns:typens="http://www.esri.com/schemas/ArcGIS/10.3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
)
_ESRI = {
    FieldType.TEXT: "esriFieldTypeString",
    FieldType.INTEGER: "esriFieldTypeInteger",
    FieldType.REAL: "esriFieldTypeDouble",
}
_XML = {FieldType.TEXT: "xs:string", FieldType.INTEGER: "xs:int", FieldType.REAL: "xs:double"}


def can_hold(domain: Domain, kind: FieldType) -> bool:
    """Tell whether a geodatabase has a form for a domain: lists, and ranges that are closed at both ends."""
    if isinstance(domain, CodedDomain):
        wanted = str if kind is FieldType.TEXT else int
        return kind in _ESRI and all(isinstance(each.code, wanted) for each in domain.values)
    return kind in (FieldType.INTEGER, FieldType.REAL) and domain.minimum is not None and domain.maximum is not None


def add_domains(path: Path, domains: Mapping[str, tuple[Domain, FieldType]]) -> None:
    """Add domains by name; a table that is made afterwards may refer to them."""
    if not domains:
        return
    with (
        _fiona_trouble(),
        gdal_messages(),
        fiona().open(path, "a", layer=_ITEMS, driver="OpenFileGDB", LIST_ALL_TABLES="YES") as items,
    ):
        empty = dict.fromkeys(items.schema["properties"])
        for name, (domain, kind) in domains.items():
            row = {
                "UUID": "{" + str(uuid.uuid4()).upper() + "}",
                "Type": _CODED if isinstance(domain, CodedDomain) else _RANGE,
                "Name": name,
                "PhysicalName": name.upper(),
                "Path": "",
                "URL": "",
                "Definition": _definition(name, domain, kind),
                "Properties": 0,
            }
            items.write({"type": "Feature", "geometry": None, "properties": empty | row})


@contextmanager
def _fiona_trouble() -> Iterator[None]:
    """Turn fiona's refusal to write into an OSError, of which the disk's trouble is made out."""
    try:
        yield
    except fiona().errors.FionaError as error:
        raise OSError(str(error)) from error


def _definition(name: str, domain: Domain, kind: FieldType) -> str:
    if isinstance(domain, CodedDomain):
        tag = "GPCodedValueDomain2"
        values = "".join(
            f'<CodedValue xsi:type="typens:CodedValue"><Name>{escape(each.label)}</Name>'
            f'<Code xsi:type="{_XML[kind]}">{escape(str(each.code))}</Code></CodedValue>'
            for each in domain.values
        )
        body = f'<CodedValues xsi:type="typens:ArrayOfCodedValue">{values}</CodedValues>'
    else:
        tag = "GPRangeDomain2"
        ends = (("MaxValue", domain.maximum), ("MinValue", domain.minimum))
        body = "".join(f'<{end} xsi:type="{_XML[kind]}">{_number(value, kind)}</{end}>' for end, value in ends)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<typens:{tag} {_SCHEMA} xsi:type="typens:{tag}">'
        f"<DomainName>{escape(name)}</DomainName><FieldType>{_ESRI[kind]}</FieldType>"
        "<MergePolicy>esriMPTDefaultValue</MergePolicy><SplitPolicy>esriSPTDuplicate</SplitPolicy>"
        f"<Description></Description><Owner></Owner>{body}</typens:{tag}>"
    )


def _number(value: float | None, kind: FieldType) -> str:
    return str(int(value or 0)) if kind is FieldType.INTEGER else repr(float(value or 0))


def _items(path: Path, *columns: str) -> list[dict[str, Any]]:
    with gdal_messages():
        engine = pyogrio()
        try:
            _, table = engine.read_arrow(path, layer=_ITEMS, columns=list(columns), read_geometry=False, LIST_ALL_TABLES="YES")
        except (engine.errors.DataSourceError, engine.errors.DataLayerError):
            return []
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def documentation(path: Path, layer: str) -> str:
    """Return the documentation (XML) of a table, '' where it has none."""
    return next((str(row["Documentation"] or "") for row in _items(path, "Name", "Documentation") if row["Name"] == layer), "")


def definitions(path: Path) -> list[tuple[str, str]]:
    """Return the name and the description (XML) of every table and domain."""
    return [(str(row["Name"] or ""), str(row["Definition"] or "")) for row in _items(path, "Name", "Definition")]


def domain_names(path: Path) -> set[str]:
    """Return the names of the domains that are there."""
    return {str(row["Name"]) for row in _items(path, "Name", "Type") if row["Type"] in (_CODED, _RANGE)}

"""File Geodatabases as other programs make them: aliases, domains and subtypes, tables without their file, upper case."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyogrio
import pytest
import shapely

from cgplanner.errors import UserError
from cgplanner.io.drivers.geodatabase_items import add_domains
from cgplanner.io.drivers.geodatabase_titles import with_titles
from cgplanner.io.geodatabase.door import read_geodatabase
from cgplanner.io.vector import describe, list_layers, read_layer
from cgplanner.model.schema import CodedDomain, CodedValue, Domain, Field, FieldType, RangeDomain

LAND = CodedDomain("DLBM", (CodedValue("0101", "水田"), CodedValue("0701", "", "Town <housing> & more")))
STATE = CodedDomain("ZT", (CodedValue(1, "现状"), CodedValue(2, "规划")))
RATIO = RangeDomain("RJL", 0.0, 10.5)


def make(path: Path, layer: str = "DLTB") -> Path:
    """Write a geodatabase as ArcGIS users do: short names with aliases, two lists of values and a range."""

    def field(name: str, kind: pa.DataType, alias: str, domain: str = "", width: str = "") -> pa.Field:
        said = {"GDAL:OGR:alternative_name": alias, "GDAL:OGR:domain_name": domain, "GDAL:OGR:width": width}
        return pa.field(name, kind, metadata={key: value for key, value in said.items() if value})

    schema = pa.schema(
        [
            field("DLBM", pa.string(), "地类编码", "DLBM", "5"),
            field("ZT", pa.int32(), "状态", "ZT"),
            field("RJL", pa.float64(), "Plot ratio", "RJL"),
            field("BZ", pa.string(), ""),
            pa.field("geometry", pa.binary()),
        ]
    )
    points = [shapely.to_wkb(shapely.Point(112.5, 37.8)), shapely.to_wkb(shapely.Point(112.6, 37.9))]
    rows = [["0101", "9999"], [1, None], [1.5, 99.0], ["太原", None], points]
    how = {"driver": "OpenFileGDB", "geometry_name": "geometry", "geometry_type": "Point", "crs": "EPSG:4490"}
    empty = pa.Table.from_pylist([], schema=pa.schema([schema.field("geometry")]))
    pyogrio.write_arrow(empty, path, layer="LEER", **how)
    kinds: dict[str, tuple[Domain, FieldType]] = {
        "DLBM": (LAND, FieldType.TEXT),
        "ZT": (STATE, FieldType.INTEGER),
        "RJL": (RATIO, FieldType.REAL),
    }
    add_domains(path, kinds)
    pyogrio.write_arrow(pa.table(rows, schema=schema), path, layer=layer, append=True, **how)
    return path


def file_of(path: Path, number: int) -> Path:
    return path / f"a{number:08x}.gdbtable"


def test_aliases_widths_and_domains_are_read(tmp_path: Path) -> None:
    table = read_layer(make(tmp_path / "a.gdb"), "DLTB").table
    fields = {each.name: each for each in table.schema}
    assert {name: (each.alias_zh, each.alias_en) for name, each in fields.items()} == {
        "DLBM": ("地类编码", ""),
        "ZT": ("状态", ""),
        "RJL": ("", "Plot ratio"),
        "BZ": ("", ""),
    }
    assert (fields["DLBM"].width, fields["DLBM"].domain, fields["ZT"].domain, fields["RJL"].domain) == (5, LAND, STATE, RATIO)
    assert table.column("DLBM").values() == ["0101", "9999"]  # what is not on the list stays
    assert table.column("RJL").values() == [1.5, 99.0]


DEFINITION = """<D><GPFieldInfoExs><GPFieldInfoEx><Name>KIND</Name><AliasName>类别</AliasName><FieldType>esriFieldTypeInteger
</FieldType><DomainName>gone</DomainName></GPFieldInfoEx></GPFieldInfoExs><SubtypeFieldName>KIND</SubtypeFieldName>
<Subtypes><Subtype><SubtypeName>主干路</SubtypeName><SubtypeCode>1</SubtypeCode></Subtype><Subtype><SubtypeName>次干路</SubtypeName>
<SubtypeCode>2</SubtypeCode></Subtype></Subtypes></D>"""


@pytest.mark.parametrize(
    ("definition", "alias", "codes"),
    [
        (DEFINITION, "类别", [1, 2]),
        (DEFINITION.replace("<SubtypeCode>2<", "<SubtypeCode>two<"), "类别", None),
        (DEFINITION.replace("<SubtypeFieldName>KIND<", "<SubtypeFieldName><"), "类别", None),
        (DEFINITION[:-20], "", None),
        ('<!DOCTYPE D [<!ENTITY a "b">]>' + DEFINITION, "", None),
        ("", "", None),
    ],
)
def test_subtypes_are_the_values_of_their_field(
    monkeypatch: pytest.MonkeyPatch, definition: str, alias: str, codes: list[int] | None
) -> None:
    monkeypatch.setattr("cgplanner.io.drivers.geodatabase_titles.definitions", lambda _path: [("roads", definition)])
    (field,) = with_titles(Path("a.gdb"), "Roads", (Field("f1", "KIND", FieldType.INTEGER),))
    assert field.alias_zh == alias
    assert (field.domain is None) == (codes is None)
    if isinstance(field.domain, CodedDomain):
        assert [each.code for each in field.domain.values] == codes


def test_a_table_whose_file_is_missing_does_not_hide_the_others_and_is_said(tmp_path: Path) -> None:
    path = make(tmp_path / "a.gdb")
    number = max(int(each.stem[1:], 16) for each in path.glob("*.gdbtable"))
    file_of(path, number).unlink()
    assert {each.name for each in list_layers(path)} == {"LEER", "DLTB"}
    with pytest.raises(UserError, match=file_of(path, number).name):
        read_layer(path, "DLTB")
    info = describe(path)
    assert [each.name for each in info.layers] == ["LEER"]
    assert any("DLTB" in str(note.message) for each in info.layers for note in each.report.notes)
    file_of(path, number).with_suffix(".cdf").write_bytes(b"compressed")
    with pytest.raises(UserError, match="CDF"):
        read_layer(path, "DLTB")


def test_a_table_that_is_cut_is_no_layer_without_fields(tmp_path: Path) -> None:
    path = make(tmp_path / "a.gdb")
    last = file_of(path, max(int(each.stem[1:], 16) for each in path.glob("*.gdbtable")))
    last.write_bytes(last.read_bytes()[:40])
    with pytest.raises(UserError, match="DLTB"):
        read_geodatabase(path, "DLTB", None, None)


def test_names_in_upper_case_are_found(tmp_path: Path) -> None:
    path = make(tmp_path / "a.gdb")
    for each in list(path.iterdir()):
        each.rename(path / each.name.upper())
    assert read_layer(path, "DLTB").table.column("BZ").values() == ["太原", None]

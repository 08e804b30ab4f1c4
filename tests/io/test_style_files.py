"""Styles of other programs: what we write we read again, what QGIS writes we read, what QGIS reads is what we meant."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from style_samples import DRAWING, LINE, STYLES, differences, layer, schema

from cgplanner.errors import UserError
from cgplanner.io.styles.style_file import read_style, write_style
from cgplanner.symbology.style import (
    Band,
    Categorized,
    Category,
    Fill,
    Graduated,
    Hatch,
    Labels,
    Line,
    Marker,
    MarkerLine,
    Patch,
    Pin,
    Rule,
    RuleBased,
    Single,
    Style,
    SvgMarker,
    Symbol,
    Ticks,
    Variation,
)

QGIS_PYTHON = Path("/usr/bin/python3")


def _written(tmp_path: Path, name: str, ending: str, style: Style | None = None) -> tuple[Path, list[str]]:
    path = tmp_path / f"{name}{ending}"
    subject = replace(layer(name), opacity=0.5 if ending == ".qml" else 1.0)
    return path, [note.code for note in write_style(replace(subject, style=style or STYLES[name][1]), path)]


def _comparable(style: Style, *, bands: bool = True) -> Style:
    """Return the style with QGIS's other word for ``like``, without the kinds of rules, and without bands where asked."""

    def plain(symbol: Symbol) -> Symbol:
        return (
            symbol if bands else replace(symbol, polygon=tuple(part for part in symbol.polygon if not isinstance(part, Band)))
        )

    match style.renderer:
        case RuleBased(rules, other) as based:
            told = (
                replace(each, where=each.where.replace("ilike", "like"), kind="", symbol=plain(each.symbol)) for each in rules
            )
            return replace(style, renderer=replace(based, rules=tuple(told), other=other and plain(other)))
        case Categorized(_, categories) as categorized:
            classes = tuple(replace(each, kind="", symbol=plain(each.symbol)) for each in categories)
            return replace(style, renderer=replace(categorized, categories=classes))
    return style


@pytest.mark.parametrize("name", STYLES)
def test_qml_comes_back(tmp_path: Path, name: str) -> None:
    path, _ = _written(tmp_path, name, ".qml")
    kind, style = STYLES[name]
    read = read_style(path, schema(kind))
    assert list(differences(_comparable(style), _comparable(read.style))) == []
    assert read.opacity == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["one", "classes", "breaks", "rules"])
def test_sld_comes_back_without_bands(tmp_path: Path, name: str) -> None:
    path, codes = _written(tmp_path, name, ".sld")
    kind, style = STYLES[name]
    read = read_style(path, schema(kind)).style
    assert list(differences(_comparable(style, bands=False), _comparable(read))) == []
    assert ("style-part-lost" in codes) == (name in ("classes", "rules"))


@pytest.mark.parametrize("name", STYLES)
def test_qgis_understands_and_gives_back(tmp_path: Path, name: str) -> None:
    path, _ = _written(tmp_path, name, ".qml")
    kind, style = STYLES[name]
    back = tmp_path / "back.qml"
    told = _by_qgis(kind, path, back)
    assert told["loaded"]
    assert told["opacity"] == pytest.approx(0.5)
    assert list(differences(_comparable(style), _comparable(read_style(back, schema(kind)).style))) == []


@pytest.mark.parametrize("name", ["one", "classes", "breaks", "rules"])
def test_qgis_understands_sld(tmp_path: Path, name: str) -> None:
    path, _ = _written(tmp_path, name, ".sld")
    told = _by_qgis(STYLES[name][0], path, tmp_path / "back.qml")
    layers = {
        "one": ["SimpleLine", "SimpleLine", "SimpleLine", "MarkerLine", "MarkerLine"],
        "classes": ["SimpleFill", "LinePatternFill", "SimpleLine", "SimpleFill", "SimpleFill"],
        "breaks": ["SimpleMarker", "SvgMarker", "SimpleMarker"],
        "rules": ["SimpleFill", "LinePatternFill", "SimpleLine", "SimpleFill", "SimpleFill", "LinePatternFill", "SimpleLine"],
    }
    assert told["loaded"]
    assert told["layers"] == layers[name]


def test_what_qgis_writes_of_its_own(tmp_path: Path) -> None:
    _qgis_or_skip()
    ran = _run_qgis(_OWN_STYLES, str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    classes = read_style(tmp_path / "lines.qml", schema("line"))
    assert isinstance(classes.style.renderer, Categorized)
    first, second = classes.style.renderer.categories
    assert (first.values, second.values) == (("x",), ("y", "z"))
    dashed, ticks, markers = first.symbol.line
    assert isinstance(dashed, Line)
    assert isinstance(ticks, Ticks)
    assert isinstance(markers, MarkerLine)
    assert dashed.dash == pytest.approx((18.898, 7.559))
    assert ticks.spacing == pytest.approx(11.339)
    assert (classes.style.order_by, classes.style.descending, classes.style.blend) == ("f2", True, "multiply")
    assert (classes.style.min_scale, classes.style.max_scale, classes.opacity) == (500000, 1000, 0.5)
    labels = classes.style.labels
    assert labels is not None
    assert (labels.field, labels.min_scale, labels.max_scale, labels.size) == ("f1", 700000, 2000, 12.0)
    areas = read_style(tmp_path / "areas.qml", schema("polygon")).style.renderer
    assert isinstance(areas, Graduated)
    assert areas.breaks == (0.0, 5.0, 9.0)
    assert Hatch("#232323", 30.0, 7.559, 0.983) in areas.symbols[0].polygon
    sld = read_style(tmp_path / "areas.sld", schema("polygon")).style.renderer
    assert isinstance(sld, Graduated)
    assert sld.breaks == areas.breaks
    points = read_style(tmp_path / "points.qml", schema("point"))
    assert isinstance(points.style.renderer, Single)
    assert [type(part) for part in points.style.renderer.symbol.point] == [Marker, SvgMarker]
    assert points.style.renderer.symbol.point[0].rotation_field == "f2"


def test_variations_become_rules_that_exclude_each_other(tmp_path: Path) -> None:
    style = Style(
        Categorized("f1", (Category(("a",), Symbol(line=(Line(),))),), Symbol(line=(Line("#FF0000"),))),
        (Variation("f3", (Patch((1, 2), dash=(4.0, 2.0)),)),),
    )
    for ending in (".qml", ".sld"):
        path, _ = _written(tmp_path, "one", ending, style)
        renderer = read_style(path, schema("line")).style.renderer
        assert isinstance(renderer, RuleBased)
        assert len(renderer.rules) == 4
        dashes = [part.dash for rule in renderer.rules for part in rule.symbol.line if isinstance(part, Line)]
        assert [bool(dash) for dash in dashes] == [True, False, True, False]


@pytest.mark.parametrize(
    ("style", "code"),
    [
        (Style(Single(Symbol(line=(Line(),))), labels=Labels("f1", pins=(Pin(1, 2.0, 3.0),))), "style-pins"),
        (Style(Single(Symbol(point=(Marker(glyph="rail"),), line=(Line(),))), outside=Fill()), "style-outside"),
        (Style(Single(Symbol(line=(MarkerLine(Marker(glyph="rail")),)))), "style-glyph"),
        (Style(RuleBased((Rule("no such field = 1", LINE), Rule("", LINE)))), "style-rule"),
        (Style(Single(LINE), labels=Labels("", text="{N:.1}")), "style-label-text"),
    ],
)
def test_what_gets_lost_is_said(tmp_path: Path, style: Style, code: str) -> None:
    assert code in _written(tmp_path, "one", ".qml", style)[1]


def test_what_is_unknown_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.qml").write_text(
        """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
        <qgis version="3.34"><renderer-v2 type="25dRenderer"><symbols><symbol name="0" type="fill" alpha="0.5">
        <layer class="GradientFill" enabled="1"/><layer class="SimpleFill" enabled="1">
        <prop k="color" v="255,0,0,255"/><prop k="outline_width" v="3"/><prop k="outline_width_unit" v="MapUnit"/>
        </layer></symbol></symbols></renderer-v2><blendMode>7</blendMode></qgis>""",
        encoding="utf-8",
    )
    read = read_style(tmp_path / "a.qml", schema("polygon"))
    assert {note.code for note in read.notes} == {"style-part-lost", "style-map-units", "style-blend"}
    assert read.style.renderer == Single(
        Symbol(polygon=(Fill("#FF0000", 0.5), Line("#000000", 1.0, cap="square", join="bevel", opacity=0.5)))
    )


def test_sld_1_0_of_a_map_server(tmp_path: Path) -> None:
    """Two passes draw a cased road; a filter in the second one makes classes of it."""
    stroke = '<CssParameter name="stroke">{}</CssParameter><CssParameter name="stroke-width">{}</CssParameter>'
    big = "<ogc:PropertyName>名称</ogc:PropertyName><ogc:Literal>大</ogc:Literal>"
    where = f"<ogc:Filter><ogc:PropertyIsEqualTo>{big}</ogc:PropertyIsEqualTo></ogc:Filter>"
    body = "".join(
        f"<FeatureTypeStyle><Rule>{filtered}<LineSymbolizer><Stroke>{stroke.format(color, width)}</Stroke></LineSymbolizer>"
        "</Rule></FeatureTypeStyle>"
        for filtered, color, width in [("", "#333333", 5), (where, "#6699FF", 3)]
    )
    (tmp_path / "a.sld").write_text(
        '<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">'
        f"<NamedLayer><UserStyle>{body}</UserStyle></NamedLayer></StyledLayerDescriptor>",
        encoding="utf-8",
    )
    renderer = read_style(tmp_path / "a.sld", schema("line")).style.renderer
    assert isinstance(renderer, Categorized)
    wide, narrow = Line("#333333", 5.0, cap="flat", join="miter"), Line("#6699FF", 3.0, cap="flat", join="miter")
    assert renderer.categories[0].symbol.line in ((wide, narrow), (replace(narrow, casing=1.0, casing_color="#333333"),))
    assert renderer.other == Symbol(line=(wide,))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<a/>",
        "<qgis/>",
        '<!DOCTYPE q [<!ENTITY a "b">]><qgis>&a;</qgis>',
        '<!DOCTYPE q [<!ENTITY a SYSTEM "file:///etc/passwd">]><qgis>&a;</qgis>',
        "<qgis>" + "<a>" * 100 + "</a>" * 100 + "</qgis>",
        '<StyledLayerDescriptor version="1.0.0"><NamedLayer/></StyledLayerDescriptor>',
    ],
)
def test_no_style(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.qml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError):
        read_style(tmp_path / "a.qml", schema("line"))


def test_files_are_not_overwritten_unasked(tmp_path: Path) -> None:
    path, _ = _written(tmp_path, "one", ".qml")
    before = path.read_bytes()
    with pytest.raises(UserError, match="exists"):
        write_style(layer("classes"), path)
    assert path.read_bytes() == before
    with pytest.raises(UserError, match="ending"):
        write_style(layer("classes"), tmp_path / "a.style")


@settings(max_examples=150)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("styles")
    name, ending = data.draw(st.sampled_from(sorted(STYLES))), data.draw(st.sampled_from([".qml", ".sld"]))
    path, _ = _written(folder, name, ending)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[place] = data.draw(st.sampled_from(b'0123456789-.,;"<>/ab\x00\xff'))
        else:
            del content[place : place + data.draw(st.integers(1, 40))]
    path.write_bytes(content)
    try:
        read = read_style(path, schema(STYLES[name][0]))
    except UserError:
        return
    assert isinstance(read.style, Style)


# QGIS itself


def _qgis_or_skip() -> None:
    probe = _run_qgis("import qgis.core") if QGIS_PYTHON.exists() else None
    if probe is None or probe.returncode:
        pytest.skip("python3-qgis is not installed")  # what it would say is checked where it is


def _run_qgis(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL", "QT_"))}
    return subprocess.run(
        [str(QGIS_PYTHON), "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment | {"QT_QPA_PLATFORM": "offscreen"},
    )


def _by_qgis(kind: str, path: Path, back: Path) -> dict[str, Any]:
    """Let QGIS load a style and save it again; return what it made of it."""
    _qgis_or_skip()
    shape = {"point": "Point", "line": "LineString", "polygon": "Polygon"}[kind]
    ran = _run_qgis(_LOAD_AND_SAVE, shape, str(path), str(back))
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


_LOAD_AND_SAVE = """
import json, sys
from qgis.core import *
application = QgsApplication([], False)
application.initQgis()
layer = QgsVectorLayer(sys.argv[1] + "?crs=EPSG:4490&field=名称:string&field=N:double&field=类别:integer", "layer", "memory")
load = layer.loadSldStyle if sys.argv[2].endswith(".sld") else layer.loadNamedStyle
loaded = load(sys.argv[2])[1]
symbols = layer.renderer().symbols(QgsRenderContext())
parts = [symbol.symbolLayer(place).layerType() for symbol in symbols for place in range(symbol.symbolLayerCount())]
layer.saveNamedStyle(sys.argv[3])
print(json.dumps({"loaded": loaded, "opacity": layer.opacity(), "layers": parts}))
application.exitQgis()
"""

_OWN_STYLES = """
import os, sys
from qgis.core import *
from qgis.PyQt.QtGui import QColor, QPainter
application = QgsApplication([], False)
application.initQgis()

def new(kind):
    return QgsVectorLayer(kind + "?crs=EPSG:4490&field=名称:string&field=N:double&field=类别:integer", "layer", "memory")

def save(layer, name):
    layer.saveNamedStyle(os.path.join(sys.argv[1], name + ".qml"))
    layer.saveSldStyle(os.path.join(sys.argv[1], name + ".sld"))

lines = new("LineString")
symbol = QgsLineSymbol()
symbol.deleteSymbolLayer(0)
dashed = QgsSimpleLineSymbolLayer(QColor("red"), 1.5)
dashed.setUseCustomDashPattern(True)
dashed.setCustomDashVector([5, 2])
symbol.appendSymbolLayer(dashed)
symbol.appendSymbolLayer(QgsHashedLineSymbolLayer(True, 3))
symbol.appendSymbolLayer(QgsMarkerLineSymbolLayer(True, 7))
classes = [QgsRendererCategory("x", symbol, "X"), QgsRendererCategory(["y", "z"], symbol.clone(), "YZ")]
renderer = QgsCategorizedSymbolRenderer("名称", classes)
renderer.setOrderBy(QgsFeatureRequest.OrderBy([QgsFeatureRequest.OrderByClause('"N"', False)]))
renderer.setOrderByEnabled(True)
lines.setRenderer(renderer)
lines.setOpacity(0.5)
lines.setBlendMode(QPainter.CompositionMode_Multiply)
lines.setScaleBasedVisibility(True)
lines.setMinimumScale(500000)
lines.setMaximumScale(1000)
labels = QgsPalLayerSettings()
labels.fieldName = "名称"
text = QgsTextFormat()
text.setSize(9)
labels.setFormat(text)
labels.scaleVisibility = True
labels.minimumScale, labels.maximumScale = 700000, 2000
lines.setLabeling(QgsVectorLayerSimpleLabeling(labels))
lines.setLabelsEnabled(True)
save(lines, "lines")

areas = new("Polygon")
symbol = QgsFillSymbol()
pattern = QgsLinePatternFillSymbolLayer()
pattern.setLineAngle(30)
pattern.setDistance(2)
symbol.appendSymbolLayer(pattern)
areas.setRenderer(
    QgsGraduatedSymbolRenderer("N", [QgsRendererRange(0, 5, symbol, "a"), QgsRendererRange(5, 9, symbol.clone(), "b")])
)
save(areas, "areas")

points = new("Point")
symbol = QgsMarkerSymbol()
symbol.symbolLayer(0).setDataDefinedProperty(QgsSymbolLayer.PropertyAngle, QgsProperty.fromField("N"))
drawing = "base64:DRAWING"
symbol.appendSymbolLayer(QgsSvgMarkerSymbolLayer(drawing, 5))
points.setRenderer(QgsSingleSymbolRenderer(symbol))
save(points, "points")
application.exitQgis()
""".replace("DRAWING", base64.b64encode(DRAWING.encode()).decode())

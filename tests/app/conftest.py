"""A window over a small workspace of its own, dressed as the program dresses it, in English and in the light theme."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import shapely
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from cgplanner.app import theme
from cgplanner.app.language import switch_language
from cgplanner.app.main import dress
from cgplanner.app.main_window import MainWindow
from cgplanner.model.layer import Layer
from cgplanner.model.schema import CodedDomain, CodedValue, Field, FieldType, RangeDomain, Schema
from cgplanner.model.table import table_from_records
from cgplanner.model.workspace import Workspace
from cgplanner.session.session import Session
from cgplanner.symbology.defaults import default_style
from cgplanner.text import set_language

STATUS = CodedDomain(
    "status",
    (
        CodedValue("规划", "规划", "Planned"),
        CodedValue("建设中", "建设中", "Under construction"),
        CodedValue("已完成", "已完成", "Done"),
    ),
)
PROJECTS = Schema(
    (
        Field("XMMC", "XMMC", FieldType.TEXT, 40, nullable=False, alias_zh="名称", alias_en="Name"),
        Field("XMZT", "XMZT", FieldType.TEXT, 20, domain=STATUS, alias_zh="状态", alias_en="Status"),
        Field("JD", "JD", FieldType.REAL, 6, 1, domain=RangeDomain("percent", 0, 100), alias_zh="进度", alias_en="Progress"),
        Field("KGNF", "KGNF", FieldType.INTEGER, 4, alias_zh="开工年份", alias_en="Start year"),
        Field("ZD", "ZD", FieldType.BOOLEAN, alias_zh="重点", alias_en="Key project"),
        Field("KGRQ", "KGRQ", FieldType.DATE, alias_zh="开工日期", alias_en="Start date"),
        Field("BZ", "BZ", FieldType.TEXT, 250, alias_zh="备注", alias_en="Note"),
    ),
    "line",
    title="XMMC",
)
ROWS = (
    ("太旧高速公路改造", "建设中", 40.0, 2023, True, dt.date(2023, 5, 1), None),
    ("西环高速公路", "规划", None, None, None, None, "待审批"),
    ("大运路", "规划", 0.0, 2024, False, None, None),
    ("石太客运专线", "已完成", 100.0, 2005, True, dt.date(2005, 6, 1), "high speed"),
)
CITIES = Schema(
    (Field("XZQMC", "XZQMC", FieldType.TEXT, 40, alias_zh="行政区名称", alias_en="Name"),), "polygon", title="XZQMC"
)


def projects() -> Layer:
    records = [dict(zip(("XMMC", "XMZT", "JD", "KGNF", "ZD", "KGRQ", "BZ"), row, strict=True)) for row in ROWS]
    lines = [shapely.LineString([(112.0 + i / 10, 37.0), (112.5 + i / 10, 37.5)]) for i in range(len(ROWS))]
    table = table_from_records(PROJECTS, records, lines)
    return Layer("projects", "项目", "Projects", table, "EPSG:4490", default_style(PROJECTS))


def cities() -> Layer:
    squares = [shapely.box(112, 37, 113, 38), shapely.box(113, 37, 114, 38)]
    table = table_from_records(CITIES, [{"XZQMC": "太原市"}, {"XZQMC": "晋中市"}], squares)
    return Layer("cities", "城市", "Cities", table, "EPSG:4490", default_style(CITIES, 1), role="base")


def workspace() -> Workspace:
    return Workspace((cities(), projects()), "五市规划", "Five cities", "EPSG:4547")


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> QApplication:
    dress(qapp)
    return qapp


@pytest.fixture(autouse=True)
def _plain(dressed: QApplication) -> Iterator[None]:
    """Begin in English and in the light theme, whatever the test before has left."""
    switch_language(dressed, "en")
    if theme.current_name() != "light":
        theme.apply(dressed, "light")
    yield
    set_language("en")


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session(workspace(), journaled=False)
    yield made
    made.close()


@pytest.fixture
def open_window(qtbot: QtBot) -> Callable[[Session], MainWindow]:
    def opened(session: Session) -> MainWindow:
        window = MainWindow(session)
        qtbot.addWidget(window, before_close_func=lambda each: setattr(each, "_leaving", True))
        window.show()
        qtbot.waitExposed(window)
        return window

    return opened


@pytest.fixture
def window(session: Session, open_window: Callable[[Session], MainWindow]) -> MainWindow:
    return open_window(session)


def dialog_of(window: MainWindow, kind: type[QDialog]) -> QDialog | None:
    """Return the open dialog of this kind, if there is one."""
    shown = [each for each in window.findChildren(kind) if each.isVisible()]
    return shown[-1] if shown else None

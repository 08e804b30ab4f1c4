"""The sample, and its four briefing pages printed once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from page_prints import MOMENT, Printed

from cgplanner.io.workspace.workspace_file import read_workspace
from cgplanner.layout.briefing import briefing_layout
from cgplanner.model.workspace import Workspace
from cgplanner.render.page.printing import print_page
from cgplanner.resources import layers_path


@pytest.fixture(scope="session")
def sample() -> Workspace:
    return read_workspace(layers_path("sample.gpkg")).workspace


@pytest.fixture(scope="session", params=[("A3", "zh"), ("A3", "en"), ("A4", "zh"), ("A4", "en")], ids="-".join)
def printed(request: pytest.FixtureRequest, sample: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Printed:
    paper, language = request.param
    layout = briefing_layout(paper)
    path = tmp_path_factory.mktemp("pages") / f"汇报图 {paper} {language}.pdf"
    report = print_page(sample, layout, path, language=language, moment=MOMENT)
    return Printed(path, report, sample, layout, language)

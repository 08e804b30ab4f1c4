"""The layouts that a workspace keeps, and the one to take when nobody has chosen."""

from __future__ import annotations

from cgplanner.errors import UserError
from cgplanner.layout.briefing import BRIEFING, briefing_layout
from cgplanner.layout.page import PageLayout, Paper, layout_from_json
from cgplanner.model.workspace import Workspace
from cgplanner.text import tr


def layout_for(workspace: Workspace, name: str | None = None, paper: Paper = "A3") -> PageLayout:
    """Return the layout of this name; without one the workspace's briefing page, or the standard one for other paper.

    Raises
    ------
    UserError
        When the workspace has no layout of this name, or it is damaged.
    """
    if name is not None and name not in workspace.layouts and name != BRIEFING:
        raise UserError(
            tr("There is no layout “{name}”.", name=name),
            hint=tr("Layouts: {names}.", names=", ".join({BRIEFING, *workspace.layouts})),
        )
    stored = workspace.layouts.get(name or BRIEFING)
    layout = layout_from_json(stored) if stored is not None else briefing_layout(paper)
    return layout if name not in (None, BRIEFING) or layout.paper == paper else briefing_layout(paper)

"""One process, one Qt application: the command line would make a small one, and the window's tests after it need the large."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _one_application(qapp: object) -> None:
    """Make the application of the window's tests before a verb draws a picture."""
    assert qapp is not None

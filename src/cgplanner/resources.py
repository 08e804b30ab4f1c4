"""Where the files that ship with the program are: ``resources/`` and ``layers/``.

In a checkout they lie beside ``src``; in a wheel they lie inside the package. Nobody else may know the difference.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def _root() -> Path:
    package = Path(__file__).resolve().parent
    packed = package / "_data"
    return packed if packed.is_dir() else package.parent.parent


def resource_path(*parts: str) -> Path:
    """Return the path of a file below ``resources/``; it is not checked to exist."""
    return _root().joinpath("resources", *parts)


def layers_path(*parts: str) -> Path:
    """Return the path of a file below ``layers/``, the sample data; it is not checked to exist."""
    return _root().joinpath("layers", *parts)

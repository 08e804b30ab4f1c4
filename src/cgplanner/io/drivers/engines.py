"""The one place where the two GDALs are imported, cleaned of what an installed GIS leaves in the environment.

pyogrio (with Arrow) carries the bulk; fiona, an independent GDAL, tells declared schemas and reads exports back. Both cost
most of a second to import, so nobody imports them at module level.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from typing import Any

MISLEADING = ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH")  # they make fiona lose the CRS without a word

_warnings_lock = threading.RLock()  # warnings.catch_warnings changes the whole process


def pyogrio() -> Any:
    """Return the pyogrio module."""
    return _engine("pyogrio")


def fiona() -> Any:
    """Return the fiona module."""
    return _engine("fiona")


def _engine(name: str) -> Any:
    for variable in MISLEADING:
        os.environ.pop(variable, None)
    if name in sys.modules:
        return sys.modules[name]
    with _unframed():
        return importlib.import_module(name)


class _Hidden(MetaPathFinder):
    """Packages that are as good as not installed, for the thread that made this."""

    def __init__(self, *names: str) -> None:
        self._names, self._thread = names, threading.get_ident()

    def find_spec(self, fullname: str, *_where: object) -> None:
        """Refuse what is hidden; the usual finders look for the rest."""
        if fullname in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(fullname, name=fullname)


@contextmanager
def _unframed() -> Iterator[None]:
    """Hide geopandas and pandas from pyogrio, which imports both for data frames that we never ask it for: 0.2 s and 40 MB."""
    hidden = _Hidden("geopandas", "pandas")
    sys.meta_path.insert(0, hidden)
    try:
        yield
    finally:
        sys.meta_path.remove(hidden)


@contextmanager
def gdal_messages() -> Iterator[list[str]]:
    """Collect what GDAL warns about inside the block, instead of printing it."""
    messages: list[str] = []
    with _warnings_lock, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield messages
        finally:
            messages += [str(each.message) for each in caught]


@contextmanager
def driver_trouble() -> Iterator[list[str]]:
    """Collect GDAL's warnings while it writes, and turn its refusal (a full disk, mostly) into an OSError with its words."""
    engine = pyogrio()
    with gdal_messages() as messages:
        try:
            yield messages
        except (engine.errors.DataLayerError, engine.errors.DataSourceError, engine.errors.FeatureError) as error:
            raise OSError(str(error)) from error

"""The one place where the two GDALs are imported, cleaned of what an installed GIS leaves in the environment.

pyogrio (with Arrow) carries the bulk; fiona, an independent GDAL, tells declared schemas and reads exports back. Both cost
most of a second to import, so nobody imports them at module level.
"""

from __future__ import annotations

import importlib
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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
    return importlib.import_module(name)


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

"""How the kernels are compiled: numba where it loads, plain Python where it does not.

Imported by kernel modules only, and these are imported when a kernel is first wanted: numba costs most of a second.
This file must not know what the kernels do.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

from cgplanner.text import tr

F = TypeVar("F", bound=Callable[..., Any])

_UNCOUNTED = {"_nrt": False}

_log = logging.getLogger(__name__)


def switched_off() -> bool:
    """Tell whether ``CGPLANNER_NO_NUMBA`` asks for the plain path."""
    return os.environ.get("CGPLANNER_NO_NUMBA", "") not in ("", "0")


def may_load() -> bool:
    """Tell at no cost whether numba is installed and wanted; it may still fail to load."""
    return not switched_off() and importlib.util.find_spec("numba") is not None


def _writable(folder: Path) -> bool:
    # os.access says yes to every folder on Windows, so a file is really made.
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def cache_folder(package: Path) -> Path | None:
    """Return where compiled code goes: ``None`` for beside the sources, else a folder of the user.

    The folder may turn out not to be writable either; then nothing is kept between runs.
    """
    if _writable(package / "__pycache__"):
        return None
    return platformdirs.user_cache_path("cgplanner", appauthor=False) / "numba"


@contextlib.contextmanager
def _nothing_searched() -> Iterator[None]:
    """Let nobody look for garbage meanwhile: nothing that is loaded is, and looking takes as long as loading."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


@cache
def _numba() -> tuple[Any, bool] | None:
    """Import numba; return it and whether compiled code can be kept, or ``None`` when it cannot be used."""
    if switched_off():
        return None
    keep = True
    if not os.environ.get("NUMBA_CACHE_DIR"):
        folder = cache_folder(Path(__file__).parent)
        if folder is not None:
            keep = _writable(folder)
            os.environ["NUMBA_CACHE_DIR"] = str(folder)
            if "numba" in sys.modules:  # somebody was first, and numba reads the variable once
                sys.modules["numba"].config.CACHE_DIR = str(folder)
    try:
        with _nothing_searched():
            import numba  # noqa: PLC0415  0.3 s, and only kernels need it
    except Exception as trouble:  # noqa: BLE001  it fails with SystemError and AttributeError too, by versions of numpy
        _log.warning("%s", tr("Drawing is slower than it could be: numba does not load ({reason}).", reason=trouble))
        return None
    return numba, keep


def loads() -> bool:
    """Import numba unless that happened; tell whether kernels are compiled."""
    return _numba() is not None


def compiled(function: F) -> F:
    """Compile at the first call, without the GIL and kept on disk; return ``function`` itself where numba is absent.

    Kernels of one file call each other, never those of another file: numba notices changes in the caller's file only.
    """
    return _made(function)


def inlined(function: F) -> F:
    """Compile a small piece that other kernels of its file are made of: a call would cost more than what it does."""
    return _made(function, forceinline=True)


def lean(function: F) -> F:
    """Compile as :func:`compiled` a kernel that makes no array: then nobody counts who uses which.

    Beside loops and calls numba counts every use of every array, which is most of the time of a kernel that does little with
    many. Other kernels that it calls must be :func:`lean_inlined`.
    """
    return _made(function, **_UNCOUNTED)


def lean_inlined(function: F) -> F:
    """Compile a small piece that lean kernels of its file are made of."""
    return _made(function, forceinline=True, **_UNCOUNTED)


def _made(function: F, **options: Any) -> F:
    found = _numba()
    if found is None:
        return function
    numba, keep = found
    # numba calls one of them its own affair; a version without it is only slower.
    known = {name: value for name, value in options.items() if hasattr(numba.core.options.DefaultOptions, name)}
    made: F = numba.njit(nogil=True, cache=keep, error_model="numpy", **known)(function)
    if keep:
        _load_alone(made)
    return made


def _load_alone(kernel: Any) -> None:
    """Let a kept kernel be loaded without all that numba could compile with: that, scipy with it, takes half a second.

    Numba gets its registries ready before it looks whether there is code on the disk, and once more before it compiles; only
    the second is needed. A numba that is made otherwise keeps its own way, which is only slower.
    """
    with contextlib.suppress(ImportError, AttributeError, TypeError):
        kernel._cache = _lean_cache()(kernel.py_func)  # noqa: SLF001  numba has no door for this


@cache
def _lean_cache() -> Any:
    from numba.core.caching import FunctionCache  # noqa: PLC0415  numba, which is loaded by now
    from numba.core.runtime.nrt import rtsys  # noqa: PLC0415  as above

    class LeanCache(FunctionCache):
        def load_overload(self, sig: Any, target_context: Any) -> Any:
            rtsys.initialize(target_context)
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]  # numba has no types

    if not all(hasattr(FunctionCache, name) for name in ("_load_overload", "_guard_against_spurious_io_errors")):
        raise AttributeError
    return LeanCache

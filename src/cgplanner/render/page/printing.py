"""The door of the printing room: a workspace and a layout in, a PDF or a picture of that PDF out, with what to know about it.

May run in any thread or process, one page at a time; matplotlib and pikepdf are imported when the first page is made. The
language is one setting of the program, so a page in another language than the window's belongs into a process of its own.
"""

from __future__ import annotations

import datetime as dt
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cgplanner import text
from cgplanner.errors import UserError
from cgplanner.io.files.safe_write import disk_trouble_told, replacing
from cgplanner.io.ground.basemap_source import GroundAccess
from cgplanner.io.report import Note
from cgplanner.layout.page import PageLayout
from cgplanner.model.workspace import Workspace
from cgplanner.text import Language, tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUFFIXES = (".pdf", ".png", ".jpg", ".jpeg")
DPI = 300
_JPEG_QUALITY = 92
Progress = Callable[[float], None]
_one_at_a_time = threading.Lock()  # matplotlib's settings and the language belong to the whole program


@dataclass(frozen=True)
class PrintReport:
    """What was printed.

    Attributes
    ----------
    preflight
        What a planner should know before the page leaves the house; an ``error`` is something missing on the paper.
    """

    pages: int
    megabytes: float
    preflight: tuple[Note, ...]
    files: tuple[Path, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what ``print --json`` prints."""
        notes = [note.to_json() for note in self.preflight]
        return {"pages": self.pages, "megabytes": round(self.megabytes, 3), "preflight": notes}


def print_page(
    workspace: Workspace,
    layout: PageLayout,
    path: Path | str,
    *,
    language: Language = "zh",
    dpi: float = DPI,
    overwrite: bool = True,
    progress: Progress | None = None,
    moment: dt.datetime | None = None,
    access: GroundAccess | None = None,
) -> PrintReport:
    """Print one page to a file; .pdf is vector, .png and .jpg are that page at ``dpi``.

    ``moment`` is the time the page says it was made (now); the same time gives the same bytes. ``progress`` takes 0 to 1 and
    may raise Cancelled. ``access`` is how base maps are come by. The file appears whole or not at all.

    Raises
    ------
    UserError
        For another suffix, a file that must not be replaced, no permission, or a full disk.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    _check_target(target, suffix, overwrite=overwrite)
    tell = progress or _silent
    pdf, notes = page_pdf(
        workspace, layout, language=language, progress=lambda done: tell(done * 0.9), moment=moment, access=access
    )
    content = pdf if suffix == ".pdf" else _picture(pdf, suffix, dpi)
    with replacing(target) as folder, disk_trouble_told(target):
        (folder / target.name).write_bytes(content)
    tell(1.0)
    return PrintReport(1, len(content) / 1e6, notes, (target,))


def page_pdf(
    workspace: Workspace,
    layout: PageLayout,
    *,
    language: Language = "zh",
    progress: Progress | None = None,
    moment: dt.datetime | None = None,
    access: GroundAccess | None = None,
) -> tuple[bytes, tuple[Note, ...]]:
    """Return the page as the bytes of a PDF, and its preflight."""
    from cgplanner.render.page.compose import compose  # noqa: PLC0415  matplotlib takes a second

    with _one_at_a_time, speaking(language):
        return compose(workspace, layout, moment or dt.datetime.now().astimezone(), progress or _silent, access)


def _silent(_done: float) -> None:
    """Nobody wants to know."""


@contextmanager
def speaking(name: Language) -> Iterator[None]:
    """Let all sentences be in this language meanwhile."""
    before = text.language()
    text.set_language(name)
    try:
        yield
    finally:
        text.set_language(before)


def _check_target(target: Path, suffix: str, *, overwrite: bool) -> None:
    if suffix not in SUFFIXES:
        raise UserError(
            tr("A page cannot be written as “{suffix}”.", suffix=suffix or target.name),
            hint=tr("Choose the ending .pdf, .png or .jpg."),
            path=target,
        )
    if target.is_dir() or (target.exists() and not overwrite):
        raise UserError(
            tr("{name} is there already.", name=target.name),
            hint=tr("Choose another name or allow it to be replaced."),
            path=target,
        )


def _picture(pdf: bytes, suffix: str, dpi: float) -> bytes:
    from PIL import Image  # noqa: PLC0415  with the other heavy ones

    from cgplanner.render.page.preview import preview  # noqa: PLC0415  with the other heavy ones

    pixels: NDArray[np.uint8] = preview(pdf, dpi)[:, :, :3]
    out = io.BytesIO()
    options: dict[str, Any] = {"quality": _JPEG_QUALITY, "subsampling": 0} if suffix != ".png" else {"compress_level": 6}
    kind = "PNG" if suffix == ".png" else "JPEG"
    Image.fromarray(pixels).save(out, kind, dpi=(dpi, dpi), **options)
    return out.getvalue()

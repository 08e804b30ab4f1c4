"""Pages of a finished PDF as pixels, so that preview, printer and picture files show what the file holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def preview(pdf: Path | str | bytes, dpi: float, page: int = 0) -> NDArray[np.uint8]:
    """Return a page as RGBA pixels, uint8 (h, w, 4), on white.

    Parameters
    ----------
    pdf
        A file, or its content.
    dpi
        Pixels to the inch; an A3 page at 96 is 1587 x 1123.
    """
    import pypdfium2  # noqa: PLC0415  loads a native library

    document = pypdfium2.PdfDocument(pdf)
    try:
        bitmap = document[page].render(
            scale=dpi / 72, rev_byteorder=True, fill_color=(255, 255, 255, 255), force_bitmap_format=4
        )
        return np.array(bitmap.to_numpy(), np.uint8)
    finally:
        document.close()

"""The page as it will be printed, small, drawn beside the window each time something about it changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from cgplanner.app.jobs import Job, Jobs, Progress
from cgplanner.errors import Cancelled, UserError
from cgplanner.text import tr

SIZE = QSize(480, 340)  # a landscape page of the A series
WAIT_MS = 300  # after the last change, so that a title is not drawn letter by letter
Pixels = NDArray[np.uint8]
Draw = Callable[[int, Progress], Pixels]  # width in device pixels -> RGBA (h, w, 4)


class PagePreview(QLabel):
    """Shows what the last function asked for has drawn; what comes late is dropped."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._asked = self._job = 0
        self._make: Callable[[], Draw] | None = None
        self.setProperty("role", "page")
        self.setFixedSize(SIZE)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._wait.timeout.connect(self._start)
        self.retranslate()

    def ask(self, make: Callable[[], Draw]) -> None:
        """Draw soon; ``make`` is called then and says what."""
        self._make = make
        self._asked += 1
        self._wait.start()

    def stop(self) -> None:
        """Want nothing any more."""
        self._wait.stop()
        self._asked += 1
        self._jobs.cancel_one(self._job)

    def _start(self) -> None:
        if self._make is None:
            return
        draw, number = self._make(), self._asked
        width = round(SIZE.width() * self.devicePixelRatioF())

        def work(progress: Progress) -> Pixels:
            def report(share: float) -> None:
                if number != self._asked:
                    raise Cancelled
                progress(share)

            return draw(width, report)

        self.setText(tr("Drawing the preview…"))
        self._job = self._jobs.start(
            Job(
                tr("Drawing the preview…"),
                work,
                done=lambda pixels: self._show(number, pixels),
                failed=lambda error: self._refuse(number, error),
            )
        )

    def _show(self, number: int, pixels: Pixels) -> None:
        if number == self._asked:
            height, width = pixels.shape[:2]
            image = QImage(np.ascontiguousarray(pixels).data, width, height, width * 4, QImage.Format.Format_RGBA8888)
            picture = QPixmap.fromImage(image.copy())
            picture.setDevicePixelRatio(self.devicePixelRatioF())
            self.setPixmap(picture)

    def _refuse(self, number: int, error: UserError) -> None:
        if number == self._asked:
            self.setText(str(error))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.setAccessibleName(tr("Preview of the page"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

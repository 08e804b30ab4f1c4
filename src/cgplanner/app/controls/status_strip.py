"""What the status bar says: where the pointer is, the scale, the projection, what is being done, and the save light."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.crs_words import crs_words
from cgplanner.app.controls.panel_header import flat_button
from cgplanner.app.controls.place_box import PlaceBox
from cgplanner.app.controls.save_light import SaveLight
from cgplanner.app.controls.scale_box import ScaleBox
from cgplanner.app.jobs import Jobs
from cgplanner.text import tr

_MOST_NAMES = 24  # labels without a place that the tip lists


class StatusStrip(QStatusBar):
    """The status bar of the window."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._crs = jobs, ""
        self.setFixedHeight(theme.CONTROL_HEIGHT)
        self.setSizeGripEnabled(False)
        self.place = PlaceBox(self)
        self.job = QLabel(self)
        self.progress = QProgressBar(self)
        self.progress.setFixedWidth(theme.px(30))
        self.progress.setTextVisible(False)
        self.cancel = flat_button(self, "close", 20)
        self.cancel.clicked.connect(jobs.cancel)
        self.drawing = QLabel(self)
        self.drawing.setMinimumWidth(theme.px(16))
        self.drawing.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.crs = QLabel(self)
        self.crs.setContentsMargins(theme.px(2), 0, theme.px(2), 0)
        self.scale = ScaleBox(self)
        self.light = SaveLight(self)
        self.addWidget(self.place, 1)
        for widget in (self.job, self.progress, self.cancel, self.drawing, self.crs, self.scale, self.light):
            self.addPermanentWidget(widget)
        self._is_drawing = False
        self._homeless: tuple[str, ...] = ()
        jobs.changed.connect(self._show_job)
        self.retranslate()

    def show_place(self, x: float, y: float) -> None:
        """Show where the pointer is, in coordinates of the display CRS."""
        self.place.show_place(self._crs, x, y)

    def show_crs(self, crs: str) -> None:
        """Show in which projection the map is."""
        self._crs = crs
        coded = crs.startswith("EPSG:")
        self.crs.setText(crs_words(crs) if coded else tr("Projection fitted to the map") if crs else "")
        self.crs.setToolTip(tr("Projection of the map: {name}", name=crs_words(crs)) if crs else "")

    def show_drawing(self, drawing: bool) -> None:  # noqa: FBT001  Qt's signal hands it over
        """Say whether the map is being drawn."""
        self._is_drawing = drawing
        lost = self._homeless
        told = tr("{count} labels without a place", count=len(lost)) if lost else ""
        self.drawing.setText(tr("Drawing…") if drawing else told)
        names = "\n".join(lost[:_MOST_NAMES]) + ("\n…" if len(lost) > _MOST_NAMES else "")
        self.drawing.setToolTip(tr("No room on the map for:\n{names}", names=names) if lost and not drawing else "")

    def show_homeless(self, names: tuple[str, ...]) -> None:
        """Say how many labels of the view found no place, and which."""
        self._homeless = names
        self.show_drawing(self._is_drawing)

    def _show_job(self) -> None:
        busy = bool(self._jobs.title)
        self.job.setText(self._jobs.title)
        share = self._jobs.share
        self.progress.setRange(0, 100 if share > 0 else 0)
        self.progress.setValue(round(share * 100))
        for widget in (self.job, self.progress, self.cancel):
            widget.setVisible(busy)

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.cancel.setToolTip(tr("Stop this work"))
        self.cancel.setAccessibleName(tr("Stop this work"))
        self.show_crs(self._crs)
        self.show_drawing(self._is_drawing)
        self._show_job()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

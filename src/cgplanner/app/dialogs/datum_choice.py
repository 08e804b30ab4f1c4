"""What to do with a layer of an old datum: leave it and mark it, move it roughly and mark it, or by own parameters."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from cgplanner.app.dialogs.datum_dialog import DatumDialog
from cgplanner.io.crs.datum_change import BALLPARK, DatumChange
from cgplanner.text import tr

KEEP, ROUGH, PARAMETERS, POINTS = "keep", "rough", "parameters", "points"


class DatumChoice(QComboBox):
    """The choice; own parameters are asked for in a card of their own.

    Signals
    -------
    changed
        Another way was chosen.

    Attributes
    ----------
    change, target
        The way that is chosen and the CRS it leads to; None and '' where the layer stays as it is.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._crs = ""
        self._metres = 0.0
        self._words: tuple[str, ...] = ()
        self.change: DatumChange | None = None
        self.target = ""
        self.setMinimumContentsLength(24)
        self.setAccessibleName(tr("Change of datum"))
        self.activated.connect(self._activate)

    def show_for(self, crs: str) -> None:
        """Offer what can be done with a layer in this CRS ('' for an unknown one); what was chosen for another is forgotten."""
        if crs == self._crs and self.count():
            return
        from cgplanner.io.crs.reproject import ballpark_metres  # noqa: PLC0415  brings pyproj

        self._crs = crs
        try:
            self._metres = ballpark_metres(crs) if crs else 0.0
        except RuntimeError:  # pyproj's errors: what is typed is the code of nothing yet
            self._metres = 0.0
        self._forget()
        self.clear()
        metres = f"{self._metres:.0f}"
        if crs:
            self.addItem(tr("Leave it, marked as up to {metres} m off", metres=metres), KEEP)
            self.addItem(tr("To CGCS2000 without parameters, marked as up to {metres} m off", metres=metres), ROUGH)
            self.addItem(tr("To CGCS2000 by own parameters…"), PARAMETERS)
        else:
            self.addItem(tr("None"), KEEP)
        self.addItem(tr("By control points…"), POINTS)

    @property
    def is_needed(self) -> bool:
        """Tell whether there is anything to decide: not for CGCS2000 and WGS 84."""
        return not self._crs or self._metres > 0

    @property
    def said(self) -> str:
        """What the chosen way is, '' where the layer stays as it is."""
        from cgplanner.app.controls.crs_words import crs_words  # noqa: PLC0415  with pyproj

        if self.change is None:
            return ""
        if self.change is BALLPARK:
            return tr("It is taken to {crs} roughly.", crs=crs_words(self.target))
        return tr("It is taken to {crs} by own parameters.", crs=crs_words(self.target))

    def _forget(self) -> None:
        self.change, self.target = None, ""

    def _activate(self, _index: int) -> None:
        from cgplanner.io.crs.crs_files import modern_twin  # noqa: PLC0415  with pyproj

        what = self.currentData()
        twin = modern_twin(self._crs) if self._crs else ""
        if what in (PARAMETERS, POINTS):
            dialog = DatumDialog(self.window(), self._crs, twin, take=self._take, points=what == POINTS)
            dialog.rejected.connect(self._back)
            dialog.open()
            return
        self.change, self.target = (BALLPARK, twin) if what == ROUGH else (None, "")
        self.changed.emit()

    def _back(self) -> None:
        self._forget()
        self.setCurrentIndex(0)
        self.changed.emit()

    def _take(self, change: DatumChange, target: str) -> None:
        self.change, self.target = change, target
        self.changed.emit()

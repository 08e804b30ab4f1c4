"""A list of colour ramps that shows them, and a button that turns the chosen one round."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QLinearGradient, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from cgplanner.app import theme
from cgplanner.app.controls.field_editor import QuietCombo
from cgplanner.symbology.ramps import RAMPS, Family, ramp_colors
from cgplanner.text import tr

_SIZE = QSize(72, 12)


class RampBox(QWidget):
    """Chooses a colour ramp.

    Signals
    -------
    chosen(str, bool)
        The name of the ramp, and whether it runs the other way.
    """

    chosen = Signal(str, bool)

    def __init__(self, families: tuple[Family, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._families = families
        self.combo = QuietCombo(self)
        self.combo.setIconSize(_SIZE)
        self.combo.setMinimumContentsLength(6)
        self.combo.setSizeAdjustPolicy(QuietCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.turn = QToolButton(self)
        self.turn.setText("⇄")
        self.turn.setCheckable(True)
        self.turn.setFixedSize(theme.CONTROL_HEIGHT, theme.CONTROL_HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(1))
        row.addWidget(self.combo, 1)
        row.addWidget(self.turn)
        self.combo.activated.connect(self._tell)
        self.turn.clicked.connect(self._tell)
        self.retranslate()

    @property
    def ramp(self) -> str:
        """The name of the ramp that is shown; the first one where none is."""
        return str(self.combo.currentData() or self.combo.itemData(0))

    def show_ramp(self, name: str, *, turned: bool = False) -> None:
        """Show this ramp; one that is not known leaves the list without a choice."""
        self.combo.setCurrentIndex(self.combo.findData(name))
        self.turn.setChecked(turned)

    def _tell(self) -> None:
        self.chosen.emit(self.ramp, self.turn.isChecked())

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        shown = self.combo.currentData()
        self.combo.clear()
        for ramp in RAMPS.values():
            if ramp.family in self._families:
                self.combo.addItem(QIcon(_strip(ramp.name, self.devicePixelRatioF())), str(ramp.title), ramp.name)
        self.combo.setCurrentIndex(self.combo.findData(shown))
        self.combo.setAccessibleName(tr("Colour ramp"))
        self.combo.setToolTip(tr("Colour ramp"))
        self.combo.setPlaceholderText(tr("(own colours)"))
        self.turn.setToolTip(tr("Turn the colours round"))
        self.turn.setAccessibleName(tr("Turn the colours round"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _strip(name: str, ratio: float) -> QPixmap:
    picture = QPixmap(_SIZE * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    box = QRectF(0, 0, _SIZE.width(), _SIZE.height())
    colors = ramp_colors(name, 8)
    if RAMPS[name].family == "qualitative":
        width = box.width() / len(colors)
        for place, color in enumerate(colors):
            painter.fillRect(QRectF(place * width, 0, width, box.height()), QColor(color))
    else:
        gradient = QLinearGradient(box.topLeft(), box.topRight())
        for place, color in enumerate(colors):
            gradient.setColorAt(place / (len(colors) - 1), QColor(color))
        painter.fillRect(box, gradient)
    painter.end()
    return picture

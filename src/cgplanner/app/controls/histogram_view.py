"""How the numbers of a field are spread, and the breaks between classes: lines that can be dragged, added and taken away."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cgplanner.app import theme
from cgplanner.symbology.classify import Histogram
from cgplanner.text import tr

_HEIGHT, _REACH = 84, 5.0


class HistogramView(QWidget):
    """Shows a histogram with breaks.

    Signals
    -------
    breaks_changed(tuple)
        The inner breaks as somebody set them by hand, ascending.
    """

    breaks_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._histogram: Histogram | None = None
        self._breaks: list[float] = []
        self._colors: tuple[str, ...] = ()
        self._held: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.retranslate()

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def show_classes(self, histogram: Histogram, breaks: tuple[float, ...], colors: tuple[str, ...]) -> None:
        """Show this; ``colors`` are those of the classes."""
        self._histogram, self._colors = histogram, colors
        if self._held is None:
            self._breaks = list(breaks)
        self.update()

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(6, 4, -6, -18)

    def _x_of(self, value: float) -> float:
        box = self._box()
        low, high = self._range()
        return box.left() + (value - low) / (high - low) * box.width()

    def _value_at(self, x: float) -> float:
        box = self._box()
        low, high = self._range()
        return low + min(max((x - box.left()) / max(box.width(), 1.0), 0.0), 1.0) * (high - low)

    def _range(self) -> tuple[float, float]:
        if self._histogram is None:
            return 0.0, 1.0
        low = min(float(self._histogram.edges[0]), *self._breaks[:1]) if self._breaks else float(self._histogram.edges[0])
        high = max(float(self._histogram.edges[-1]), *self._breaks[-1:]) if self._breaks else float(self._histogram.edges[-1])
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._histogram is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bars(painter)
        self._paint_breaks(painter)
        self._paint_ends(painter)
        painter.end()

    def _paint_bars(self, painter: QPainter) -> None:
        assert self._histogram is not None  # noqa: S101  asked before
        box, counts, edges = self._box(), self._histogram.counts, self._histogram.edges
        most = float(np.sqrt(max(int(counts.max(initial=0)), 1)))  # by the root, so that a lone thousand does not hide the tens
        painter.setPen(Qt.PenStyle.NoPen)
        for count, low, high in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            if not count:
                continue
            left, right = self._x_of(low), self._x_of(high)
            height = max(float(np.sqrt(count)) / most * box.height(), 1.5)
            painter.setBrush(QColor(self._color_at((low + high) / 2)))
            painter.drawRect(QRectF(left + 0.5, box.bottom() - height, max(right - left - 1.0, 0.7), height))
        painter.setPen(QPen(QColor(theme.current().border), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())

    def _color_at(self, value: float) -> str:
        place = int(np.searchsorted(self._breaks, value, side="right")) - 1
        if not self._colors or place < 0:
            return theme.current().strong_border
        return self._colors[min(place, len(self._colors) - 1)]

    def _paint_breaks(self, painter: QPainter) -> None:
        box = self._box()
        for place, value in enumerate(self._breaks[1:-1], 1):
            held = place == self._held
            painter.setPen(QPen(QColor(theme.current().accent if held else theme.current().text), 1.6 if held else 1.0))
            x = self._x_of(value)
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom() + 3))
            painter.setBrush(painter.pen().color())
            painter.drawEllipse(QPointF(x, box.top()), 2.6, 2.6)

    def _paint_ends(self, painter: QPainter) -> None:
        box = self._box()
        low, high = self._range()
        painter.setFont(theme.sized(self.font(), theme.SMALL_PX))
        painter.setPen(QColor(theme.current().secondary))
        line = QRectF(box.left(), box.bottom() + 2, box.width(), 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{low:g}")
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{high:g}")
        if self._held is not None:
            text = f"{self._breaks[self._held]:.6g}"
            painter.setPen(QColor(theme.current().accent))
            painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, text)

    def _break_at(self, x: float) -> int | None:
        near = [(abs(self._x_of(value) - x), place) for place, value in enumerate(self._breaks[1:-1], 1)]
        distance, place = min(near, default=(_REACH + 1, -1))
        return place if distance <= _REACH else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a break."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = self._break_at(event.position().x())
            self.update()
        elif event.button() == Qt.MouseButton.RightButton:
            self._take_away(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the break, between its neighbours."""
        if self._held is None:
            near = self._break_at(event.position().x()) is not None
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
            return
        low, high = self._breaks[self._held - 1], self._breaks[self._held + 1]
        value = self._value_at(event.position().x())
        step = (high - low) * 1e-4
        self._breaks[self._held] = min(max(value, low + step), high - step)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the break be where it is."""
        if event.button() == Qt.MouseButton.LeftButton and self._held is not None:
            self._held = None
            self._tell()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Add a break."""
        if self._break_at(event.position().x()) is None and len(self._breaks) > 1:
            self._breaks = sorted({*self._breaks, self._value_at(event.position().x())})
            self._tell()

    def _take_away(self, x: float) -> None:
        place = self._break_at(x)
        if place is not None and len(self._breaks) > 3:
            del self._breaks[place]
            self._tell()

    def _tell(self) -> None:
        low, high = self._range()
        digits = max(0, 3 - int(np.floor(np.log10(high - low)))) if high > low else 6
        self._breaks = [self._breaks[0], *(round(each, digits) for each in self._breaks[1:-1]), self._breaks[-1]]
        self.update()
        self.breaks_changed.emit(tuple(self._breaks[1:-1]))

    def retranslate(self) -> None:
        """Say everything in the language of now."""
        self.setToolTip(tr("Drag a break; double-click adds one, the right button takes one away."))
        self.setAccessibleName(tr("How the values are spread"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tell how many values a bar holds."""
        if event.type() == QEvent.Type.ToolTip and self._histogram is not None:
            place = event.pos()  # type: ignore[attr-defined]  # a tool tip's event is a QHelpEvent
            bin_ = int(np.searchsorted(self._histogram.edges, self._value_at(place.x()), side="right")) - 1
            if 0 <= bin_ < len(self._histogram.counts):
                low, high = self._histogram.edges[bin_], self._histogram.edges[bin_ + 1]
                count = int(self._histogram.counts[bin_])
                words = tr("{low} to {high}: {count}", low=f"{low:.6g}", high=f"{high:.6g}", count=f"{count:,}")
                QToolTip.showText(event.globalPos(), f"{words}\n{self.toolTip()}", self)  # type: ignore[attr-defined]  # see above
                return True
        return super().event(event)

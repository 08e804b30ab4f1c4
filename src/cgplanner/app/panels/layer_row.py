"""How a layer and a line of its legend look in the layers panel, and where in the row its controls are."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from cgplanner.app import theme
from cgplanner.app.icons import paint_icon
from cgplanner.app.qtmodels.layer_tree_model import EntryRole, LayerRole, LayerTreeModel, TroubleRole
from cgplanner.app.qtmodels.swatches import first_entry, kind_of, swatch
from cgplanner.model.layer import Layer
from cgplanner.symbology.evaluate import Hint, LegendEntry
from cgplanner.symbology.style import Symbol
from cgplanner.text import tr

LAYER_HEIGHT, LINE_HEIGHT, CAPTION_HEIGHT = 30, 22, 24
SWATCH_WIDTH, SWATCH_HEIGHT, MARKER_HEIGHT = 24, 16, 20
_BADGE = 20  # px that the badge of a layer with troubles takes
_CHEVRON_X, _EYE_X, _SWATCH_X, _TITLE_X, _LINE_X = 4, 22, 46, 76, 76


class LayerRow(QStyledItemDelegate):
    """Paints the rows of the layers panel."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        if index.parent().isValid():
            return QSize(100, LINE_HEIGHT)
        return QSize(100, LAYER_HEIGHT + (CAPTION_HEIGHT if _starts_group(index) else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(option.rect)
        entry: LegendEntry | None = index.data(EntryRole)
        if entry is None:
            self._paint_layer(painter, option, index)
        else:
            self._paint_line(painter, option, entry, index.data(LayerRole))
        painter.restore()

    def _paint_layer(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        layer: Layer = index.data(LayerRole)
        colours, rect = theme.current(), QRect(option.rect)
        if _starts_group(index):
            _paint_caption(painter, option, layer, index.row())
            rect.setTop(rect.top() + CAPTION_HEIGHT)
        _paint_ground(painter, option, rect)
        view = option.widget
        if index.model().rowCount(index) and isinstance(view, QTreeView):
            name = "chevron-down" if view.isExpanded(index) else "chevron-right"
            paint_icon(painter, name, QRect(rect.left() + _CHEVRON_X, rect.center().y() - 6, 14, 14), colours.secondary)
        eye = QRect(rect.left() + _EYE_X, rect.center().y() - 8, 17, 17)
        paint_icon(painter, "eye" if layer.visible else "eye-off", eye, colours.text if layer.visible else colours.disabled)
        first = first_entry(layer)
        if first is not None:
            painter.setOpacity(layer.opacity if layer.visible else 0.35)
            _paint_swatch(painter, rect, _SWATCH_X, first.symbol, kind_of(layer, first))
            painter.setOpacity(1.0)
        count = f"{len(layer.table):,}"
        painter.setFont(theme.sized(option.font, theme.SMALL_PX))
        painter.setPen(QColor(colours.secondary))
        wide = painter.fontMetrics().horizontalAdvance(count)
        painter.drawText(rect.adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
        if index.data(TroubleRole):
            badge = QRect(rect.right() - 8 - wide - _BADGE, rect.center().y() - 7, 15, 15)
            paint_icon(painter, "warning", badge, colours.warning)
            wide += _BADGE
        painter.setFont(theme.sized(option.font, theme.BODY_PX))
        painter.setPen(QColor(colours.text if layer.visible else colours.secondary))
        _paint_text(painter, rect.adjusted(_TITLE_X, 0, -wide - 16, 0), layer.title)

    def _paint_line(self, painter: QPainter, option: QStyleOptionViewItem, entry: LegendEntry, layer: Layer) -> None:
        painter.setOpacity(layer.opacity if layer.visible else 0.35)
        _paint_swatch(painter, option.rect, _SWATCH_X, entry.symbol, kind_of(layer, entry))
        painter.setOpacity(1.0)
        painter.setFont(theme.sized(option.font, theme.TABLE_PX))
        painter.setPen(QColor(theme.current().secondary))
        _paint_text(painter, option.rect.adjusted(_LINE_X, 0, -8, 0), entry.label)


def hit(view: QTreeView, index: QModelIndex, x: int, y: int) -> str:
    """Return what of a layer's row lies at this place of the viewport: ``eye``, ``fold``, ``badge``, or '' for the rest."""
    rect = view.visualRect(index)
    if index.parent().isValid() or (_starts_group(index) and y < rect.top() + CAPTION_HEIGHT):
        return ""
    offset = x - rect.left()
    if offset < _EYE_X:
        return "fold" if index.model().rowCount(index) else ""
    if offset < _SWATCH_X - 4:
        return "eye"
    layer: Layer = index.data(LayerRole)
    small = QFontMetrics(theme.sized(view.font(), theme.SMALL_PX)).horizontalAdvance(f"{len(layer.table):,}")
    behind = rect.right() - 8 - small
    return "badge" if index.data(TroubleRole) and behind - _BADGE - 2 <= x <= behind else ""


def _starts_group(index: QModelIndex | QPersistentModelIndex) -> bool:
    model = index.model()
    return isinstance(model, LayerTreeModel) and not index.parent().isValid() and model.starts_group(index.row())


def _paint_caption(painter: QPainter, option: QStyleOptionViewItem, layer: Layer, row: int) -> None:
    colours = theme.current()
    box = QRect(option.rect.left(), option.rect.top(), option.rect.width(), CAPTION_HEIGHT)
    if row:
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawLine(box.left(), box.top(), box.right(), box.top())
    painter.setFont(theme.sized(option.font, theme.SMALL_PX, strong=True))
    painter.setPen(QColor(colours.secondary))
    _paint_text(painter, box.adjusted(8, 4, -8, 0), tr("Base map") if layer.role == "base" else tr("Plan"))


def _paint_ground(painter: QPainter, option: QStyleOptionViewItem, rect: QRect) -> None:
    colours, state = theme.current(), option.state
    inner = rect.adjusted(2, 1, -2, -1)
    painter.setPen(Qt.PenStyle.NoPen)
    if state & QStyle.StateFlag.State_Selected:
        painter.setBrush(QColor(colours.selection))
        painter.drawRoundedRect(inner, 4, 4)
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(QColor(colours.hover))
        painter.drawRoundedRect(inner, 4, 4)
    if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
        painter.setPen(QPen(QColor(colours.accent), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inner, 4, 4)


def _paint_swatch(painter: QPainter, rect: QRect, x: int, symbol: Symbol, kind: Hint) -> None:
    """Draw a symbol on a chip of the map's own paper, so that it looks as on the map in either theme."""
    height = MARKER_HEIGHT if kind == "point" else SWATCH_HEIGHT
    chip = QRect(rect.left() + x, rect.center().y() - height // 2 + 1, SWATCH_WIDTH, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.current().map_paper))
    painter.drawRoundedRect(chip, 2, 2)
    picture = swatch(symbol, kind, SWATCH_WIDTH, height, painter.device().devicePixelRatio(), theme.current_name())
    painter.drawPixmap(chip.topLeft(), picture)


def _paint_text(painter: QPainter, rect: QRect, text: str) -> None:
    shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

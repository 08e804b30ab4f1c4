"""Colours and measures of the window: tokens of ``resources/theme`` -> palette and style sheet, light or dark.

Widgets that paint themselves ask :func:`current` each time they paint, so that a switch needs no restart and no signal.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from cgplanner.app.settings import ThemeName
from cgplanner.resources import resource_path

BODY_PX, TABLE_PX, SMALL_PX, TITLE_PX = 13, 12, 11, 15
GAP, CONTROL_HEIGHT, HEADER_HEIGHT, TOOLBAR_HEIGHT, ROW_HEIGHT = 4, 28, 32, 40, 26
LAYERS_WIDTH, INSPECTOR_WIDTH, ICON_PX = 264, 320, 18

HOVER_SHARE = 0.06
CHINESE_FAMILY = "Noto Sans SC"
# What fontconfig answers where nobody has chosen a font: our own reads better than these.
LAST_RESORTS = {"DejaVu Sans", "Bitstream Vera Sans", "Sans Serif", "Sans", ""}


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme, as #RRGGBB."""

    window: str
    panel: str
    raised: str
    border: str
    strong_border: str
    text: str
    secondary: str
    disabled: str
    accent: str
    on_accent: str
    selection: str
    hover: str
    good: str
    warning: str
    warning_text: str
    bad: str
    map_paper: str
    map_selection: str
    map_selection_casing: str
    snapping: str


_current: ThemeName = "light"


@cache
def tokens(name: ThemeName) -> Tokens:
    """Return the colours of this theme; translucent ones are mixed with the panel they lie on."""
    read = json.loads(resource_path("theme", "tokens.json").read_text(encoding="utf-8"))[name]
    read["selection"] = _mixed(read["panel"], read["selection"], read.pop("selection_alpha"))
    return Tokens(**read, hover=_mixed(read["panel"], read["text"], HOVER_SHARE))


def _mixed(ground: str, colour: str, share: float) -> str:
    """Return ``share`` of a colour laid over an opaque ground."""
    below, above = QColor(ground), QColor(colour)
    parts = [(getattr(below, each)(), getattr(above, each)()) for each in ("red", "green", "blue")]
    return QColor(*(round(low + (high - low) * share) for low, high in parts)).name().upper()


def current() -> Tokens:
    """Return the colours the window is in now."""
    return tokens(_current)


def current_name() -> ThemeName:
    """Return the name of the theme the window is in now."""
    return _current


def apply(application: QApplication, name: ThemeName) -> None:
    """Put the whole program into this theme; widgets repaint themselves."""
    global _current  # noqa: PLW0603  the theme is one setting of the whole program
    _current = name
    application.setPalette(palette(tokens(name)))
    application.setStyleSheet(stylesheet(name))


def palette(colours: Tokens) -> QPalette:
    """Return the palette of these colours, for what the style sheet does not reach."""
    role = QPalette.ColorRole
    by_role = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.panel,
        role.AlternateBase: colours.window,
        role.Text: colours.text,
        role.PlaceholderText: colours.secondary,
        role.Button: colours.panel,
        role.ButtonText: colours.text,
        role.BrightText: colours.bad,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.raised,
        role.Midlight: colours.border,
        role.Mid: colours.border,
        role.Dark: colours.strong_border,
        role.Shadow: colours.strong_border,
        role.Accent: colours.accent,
    }
    made = QPalette()
    for each, colour in by_role.items():
        made.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, each, QColor(colours.disabled))
    return made


def stylesheet(name: ThemeName) -> str:
    """Return the style sheet of this theme."""
    source = Template(resource_path("theme", "window.qss").read_text(encoding="utf-8"))
    icons = resource_path("theme", name).as_posix()
    return source.substitute(vars(tokens(name)), icons=icons)


@cache
def load_fonts() -> None:
    """Make the fonts that ship with the program known to Qt."""
    for file in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"):
        QFontDatabase.addApplicationFont(str(resource_path("fonts", file)))


def body_font() -> QFont:
    """Return the font of the window: the system's own with Noto Sans SC behind it."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    own = [] if font.family() in LAST_RESORTS else [font.family()]
    font.setFamilies([*own, CHINESE_FAMILY])
    font.setPixelSize(BODY_PX)
    return font


def sized(font: QFont, pixels: int, *, strong: bool = False) -> QFont:
    """Return the font in another size of the scale, with figures of one width."""
    other = QFont(font)
    other.setPixelSize(pixels)
    if strong:
        other.setWeight(QFont.Weight.DemiBold)
    other.setFeature(QFont.Tag("tnum"), 1)
    return other


def px(count: int = 1) -> int:
    """Return a gap of so many steps of the 4 px grid."""
    return GAP * count

"""Colours and distances, all derived from the system's palette.

A light, dark or high-contrast palette gives a light, dark or high-contrast window. The only fixed colours are those of
the states, which always come with a shape and words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette

from backup_gui.model.status import JobState

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

GRID_PX = 8
# Left, top, right and bottom margin of a page with a row of buttons at its foot.
PAGE_MARGINS_PX = (2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, GRID_PX)
PANEL_MARGINS_PX = (2 * GRID_PX, GRID_PX + 4, 2 * GRID_PX, GRID_PX + 4)
# What a window manager draws around a window; it tells only once the window is shown.
_FRAME = QSize(16, 48)
ORDINARY_TEXT_PX = 17

# One colour for each state; the same as in resources/icons/state-*.svg.
_STATE_COLOURS = {
    JobState.OK: "#23894f",
    JobState.WORKING: "#2a6fc9",
    JobState.WAITING: "#5a6f86",
    JobState.PAUSED: "#6c7178",
    JobState.ATTENTION: "#f2b01e",
    JobState.HELD: "#b4530f",
    JobState.FAILED: "#c43232",
}


def is_dark(palette: QPalette) -> bool:
    """Whether the palette is a dark one."""
    return palette.window().color().lightness() < palette.windowText().color().lightness()


def mix(colour: QColor, ground: QColor, share: float) -> QColor:
    """Lay ``share`` (0 to 1) of a colour over a ground."""
    return QColor(
        round(colour.red() * share + ground.red() * (1 - share)),
        round(colour.green() * share + ground.green() * (1 - share)),
        round(colour.blue() * share + ground.blue() * (1 - share)),
    )


def state_colour(state: JobState) -> QColor:
    """The colour of a state."""
    return QColor(_STATE_COLOURS[state])


def accent(palette: QPalette) -> QColor:
    """The one accent colour: the system's."""
    return palette.accent().color()


def surface(palette: QPalette) -> QColor:
    """The background of cards and panels, slightly different from the window's."""
    if is_dark(palette):
        return mix(palette.windowText().color(), palette.window().color(), 0.06)
    return palette.base().color()


def outline(palette: QPalette) -> QColor:
    """Thin lines around cards and between parts."""
    return mix(palette.windowText().color(), palette.window().color(), 0.16)


def figure(palette: QPalette) -> QColor:
    """The colour for neutral parts of drawings, with a contrast above 3 to 1 to card and track."""
    return mix(palette.windowText().color(), surface(palette), 0.65)


def track(palette: QPalette) -> QColor:
    """The colour of the unfilled part of a bar."""
    return mix(palette.windowText().color(), surface(palette), 0.08 if is_dark(palette) else 0.14)


def muted(palette: QPalette) -> QColor:
    """The colour of secondary text, with a contrast above 4.5 to 1 to window and cards."""
    return mix(palette.windowText().color(), palette.window().color(), 0.72)


def tint(state: JobState, palette: QPalette) -> QColor:
    """The background of the banner: the window's colour tinted with that of the state."""
    return mix(state_colour(state), palette.window().color(), 0.22 if is_dark(palette) else 0.12)


def scaled_font(font: QFont, factor: float, *, is_bold: bool = False) -> QFont:
    """A font scaled by a factor, with a size in points or pixels."""
    result = QFont(font)
    if font.pointSizeF() > 0:
        result.setPointSizeF(font.pointSizeF() * factor)
    else:
        result.setPixelSize(max(1, round(font.pixelSize() * factor)))
    if is_bold:
        result.setWeight(QFont.Weight.DemiBold)
    return result


def scaled_size(widget: QWidget, size: QSize) -> QSize:
    """Scale a size chosen for ordinary text to the text of a widget."""
    factor = max(1.0, widget.fontMetrics().height() / ORDINARY_TEXT_PX)
    return QSize(round(size.width() * factor), round(size.height() * factor))


def scaled_px(widget: QWidget, size_px: int) -> int:
    """Scale a width chosen for ordinary text to the text of a widget."""
    return scaled_size(widget, QSize(size_px, 0)).width()


def opening_size(window: QWidget, size: QSize) -> QSize:
    """Scale the size of a window to its text, up to what the screen has for it."""
    return within_screen(window, scaled_size(window, size))


def within_screen(window: QWidget, size: QSize) -> QSize:
    """Return a size, or what the screen has for a window and its frame."""
    return size.boundedTo(window.screen().availableSize() - _FRAME)


def fixed_font(widget: QWidget) -> QFont:
    """The system's monospaced font, in the size of a widget's text."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    if widget.font().pointSizeF() > 0:
        font.setPointSizeF(widget.font().pointSizeF())
    else:
        font.setPixelSize(widget.font().pixelSize())
    return font


def around(widget: QWidget) -> QPalette:
    """The palette behind a widget; fields with an edge have a palette of their own."""
    parent = widget.parentWidget()
    return parent.palette() if parent is not None else widget.palette()


def light_palette() -> QPalette:
    """A light palette of fixed colours, for pictures, tests and platforms without colour schemes."""
    return _palette(window="#f3f4f6", base="#ffffff", text="#1d2126", button="#fbfbfc", accent_name="#2a6fc9")


def dark_palette() -> QPalette:
    """A dark palette of fixed colours, for pictures, tests and platforms without colour schemes."""
    return _palette(window="#202327", base="#1a1c20", text="#e8eaed", button="#30343a", accent_name="#4c8fe6")


def _palette(*, window: str, base: str, text: str, button: str, accent_name: str) -> QPalette:
    """Build a palette in which every role that Fusion reads is set."""
    role = QPalette.ColorRole
    ground, words = QColor(window), QColor(text)
    palette = QPalette(QColor(button), ground)
    for name in (role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText):
        palette.setColor(name, words)
    palette.setColor(role.Base, QColor(base))
    palette.setColor(role.AlternateBase, mix(words, QColor(base), 0.04))
    palette.setColor(role.ToolTipBase, QColor(base))
    palette.setColor(role.PlaceholderText, mix(words, QColor(base), 0.62))
    # White text on the selection needs more contrast than a light accent gives.
    palette.setColor(
        role.Highlight, mix(QColor(accent_name), QColor("#10294d"), 0.6) if is_dark(palette) else QColor(accent_name)
    )
    palette.setColor(role.Accent, QColor(accent_name))
    palette.setColor(role.HighlightedText, QColor("#ffffff"))
    palette.setColor(role.Link, QColor(accent_name))
    disabled = QPalette.ColorGroup.Disabled
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(disabled, name, mix(words, ground, 0.45))
    palette.setColor(disabled, role.Highlight, mix(words, ground, 0.3))
    return palette

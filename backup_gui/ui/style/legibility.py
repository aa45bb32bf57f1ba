"""Makes edges of fields and buttons more visible, and scales check marks and arrows with large text.

Uses only palettes and a style sheet, which Qt reads without calling Python. Qt would call a style class of our own for
each line that it draws, and each call waits for the interpreter lock while a job compares folders.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPalette

from backup_gui.ui.style.theme import ORDINARY_TEXT_PX, accent, is_dark, mix

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

# The only style known to derive the colour of its edges from the palette.
_STYLE = "fusion"
# The style darkens the window's colour by this factor, which is hard to see on a dark window.
_DARKENED = 1.4
_EDGE_SHARE = 0.58
# The style paints the edge of a slider's handle half transparent.
_SOFT = ("QSlider",)
_SOFT_EDGE_SHARE = 0.8
_EDGED = (
    *("QLineEdit", "QAbstractSpinBox", "QComboBox", "QPlainTextEdit"),
    *("QCheckBox", "QRadioButton", "QPushButton", "QSlider", "QProgressBar", "QTreeView", "QTableView", "VersionList"),
)
# The edge of a field with the keyboard focus is the highlight colour, a little darker.
_FOCUSED = ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QPlainTextEdit")
_FOCUS_SHARE = 0.55
# Marks grow from this scale on; smaller differences come from fonts.
LEAST_SCALE = 1.15
_MARK_PX = 13
_ICON_PX = 16
# For ordinary text, pixels.
_ARROW_PX = 9
_LIST_ARROW_PX = 7
_SPIN_ARROW_PX = 8
_BUTTON_PX = 18
_HANDLE_PX = 12
_GROOVE_PX = 4
_SCROLL_BAR_PX = 14
_QUESTION_PX = 48
# Height of a list row beyond that of its text.
_ROW_PX = 12
# Half the angle, as a share of a full turn, of a wedge in a square: from the middle of one side to both corners of the
# opposite one. A small further angle makes the edge soft.
_WEDGE = math.atan(0.5) / (2 * math.pi)
_SOFT_MARK = 0.004
_OFF_SHARE = 0.45


class Legibility(QObject):
    """Makes an application legible, also after changes of its palette or font. The application owns it."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        application.paletteChanged.connect(self._follow)
        application.fontChanged.connect(self._follow)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        make_legible(self._application)


def make_legible(application: QApplication) -> None:
    """Adapt edges and marks to the current palette and font of an application."""
    # A style sheet hides the style's name.
    application.setStyleSheet("")
    if application.style().name().casefold() == _STYLE:
        palette = application.palette()
        for name in _EDGED:
            # This overload takes text, though PySide6's type stubs say otherwise.
            application.setPalette(edged(palette, name), name)  # type: ignore[arg-type]
    text_px = QFontMetrics(application.font()).height()
    scale = text_px / ORDINARY_TEXT_PX
    if scale >= LEAST_SCALE:
        mark, icon = round(_MARK_PX * scale), round(_ICON_PX * scale)
        palette = application.palette()
        is_mirrored = application.layoutDirection() == Qt.LayoutDirection.RightToLeft
        others = mark_rules(Look(palette, edge(palette), scale, text_px, is_mirrored))
        application.setStyleSheet(
            "QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator"
            f" {{ width: {mark}px; height: {mark}px }} * {{ icon-size: {icon}px }} {others}"
        )


def edge(palette: QPalette, share: float = _EDGE_SHARE) -> QColor:
    """The colour for the edges of fields: contrast of at least 3 to 1 to the window and to the field's inside."""
    return mix(palette.windowText().color(), palette.window().color(), share)


def edged(palette: QPalette, name: str) -> QPalette:
    """The palette of a field, from that of the widget behind it. The style uses its window colour only for its edge."""
    result = QPalette(palette)
    colour = edge(palette, _SOFT_EDGE_SHARE) if name in _SOFT else edge(palette)
    parts = (min(255, round(part * _DARKENED)) for part in (colour.red(), colour.green(), colour.blue()))
    result.setColor(QPalette.ColorRole.Window, QColor(*parts))
    if name in _FOCUSED and is_dark(palette):
        highlight = mix(QColor("#ffffff"), palette.accent().color(), _FOCUS_SHARE)
        result.setColor(QPalette.ColorRole.Highlight, highlight)
        result.setColor(QPalette.ColorRole.HighlightedText, palette.base().color())
    return result


class Look(NamedTuple):
    """The input of the style rules; its scale is that of the text, relative to the ordinary size."""

    palette: QPalette
    edge: QColor
    scale: float
    text_px: int
    is_mirrored: bool


def mark_rules(look: Look) -> str:
    """Return the style rules for a look."""
    return " ".join((*_arrows(look), *_branches(look), *_spin_box(look), *_slider(look), *_rest(look)))


def _arrows(look: Look) -> list[str]:
    width, narrow = round(_ARROW_PX * look.scale), round(_LIST_ARROW_PX * look.scale)
    button = round(_BUTTON_PX * look.scale)
    side = "left" if look.is_mirrored else "right"
    lists = "QComboBox::down-arrow, QDateTimeEdit::down-arrow"
    off = "QComboBox::down-arrow:disabled, QDateTimeEdit::down-arrow:disabled, QPushButton::menu-indicator:disabled"
    text = look.palette.text().color()
    place = f"subcontrol-position: center {side}; {side}: 2px"
    return [
        # Without a rule for this part, the arrow fills it.
        f"QComboBox::drop-down, QDateTimeEdit::drop-down {{ width: {button}px; border: none }}",
        f"{lists} {{ {_box(narrow)} {_wedge('down', text)} }}",
        f"QHeaderView::down-arrow {{ {_box(width)} {_wedge('down', text)} }}",
        f"QHeaderView::up-arrow {{ {_box(width)} {_wedge('up', text)} }}",
        f"QPushButton::menu-indicator {{ {_box(narrow)} {_wedge('down', text)}; {place} }}",
        f"{off} {{ {_wedge('down', _off(look))} }}",
    ]


def _branches(look: Look) -> list[str]:
    """The arrows before rows that can be opened. The style only offers their area, so margins shape them."""
    width, row = round(_ARROW_PX * look.scale), look.text_px + _ROW_PX
    # A tree indents its rows by this amount for any text size.
    flat, upright = max(0, (20 - width) // 2), max(0, (20 - width // 2) // 2)
    text = look.palette.text().color()
    along = "left" if look.is_mirrored else "right"
    return [
        f"QTreeView::branch:open:has-children {{ {_margin(row - width // 2, flat)} {_wedge('down', text)} }}",
        f"QTreeView::branch:closed:has-children {{ {_margin(row - width, upright)} {_wedge(along, text)} }}",
    ]


def _spin_box(look: Look) -> list[str]:
    """The frame of a spin box, which loses the style's own frame once its buttons have rules."""
    width, button = round(_SPIN_ARROW_PX * look.scale), round(_BUTTON_PX * look.scale)
    text, base = look.palette.text().color(), look.palette.base().color()
    frame = f"border: 1px solid {look.edge.name()}; border-radius: 2px; background: {base.name()}"
    rules = [
        f"QSpinBox {{ {frame}; padding: {round(2 * look.scale)}px 2px }}",
        f"QSpinBox:focus {{ border-color: {accent(look.palette).name()} }}",
        f"QSpinBox::up-button, QSpinBox::down-button {{ width: {button}px; border: none }}",
    ]
    for way in ("up", "down"):
        arrow = f"QSpinBox::{way}-arrow"
        rules.append(f"{arrow} {{ {_box(width)} {_wedge(way, text)} }}")
        rules.append(f"{arrow}:disabled, {arrow}:off {{ {_wedge(way, _off(look))} }}")
    return rules


def _slider(look: Look) -> list[str]:
    groove, handle = round(_GROOVE_PX * look.scale), round(_HANDLE_PX * look.scale)
    edge, base, button = look.edge.name(), look.palette.base().color().name(), look.palette.button().color().name()
    colour = accent(look.palette).name()
    over = (handle - groove) // 2 + 1
    line = f"height: {groove}px; border: 1px solid {edge}; border-radius: {groove // 2}px"
    knob = f"border: 1px solid {edge}; border-radius: 4px; background: {button}"
    # Style sheets do not mirror the parts of a slider; the past is at the start of the line.
    begun = "add" if look.is_mirrored else "sub"
    return [
        f"QSlider:horizontal {{ min-height: {handle + 4}px }}",
        f"QSlider::groove:horizontal {{ {line}; background: {base} }}",
        f"QSlider::{begun}-page:horizontal {{ {line}; background: {colour} }}",
        f"QSlider::handle:horizontal {{ width: {handle}px; margin: -{over}px 0; {knob} }}",
        f"QSlider::handle:horizontal:focus {{ border: 2px solid {colour} }}",
    ]


def _rest(look: Look) -> list[str]:
    bar, icon = round(_SCROLL_BAR_PX * look.scale), round(_QUESTION_PX * look.scale)
    return [
        f"QScrollBar:vertical {{ width: {bar}px }}",
        f"QScrollBar:horizontal {{ height: {bar}px }}",
        f"QMessageBox {{ icon-size: {icon}px }}",
    ]


def _box(width: int) -> str:
    return f"width: {width}px; height: {width // 2}px;"


def _margin(upright_px: int, flat_px: int) -> str:
    return f"margin: {upright_px // 2}px {flat_px}px;"


def _wedge(way: str, colour: QColor) -> str:
    x, y, angle = {"down": (0.5, 1, 90), "up": (0.5, 0, 270), "right": (1, 0.5, 180), "left": (0, 0.5, 0)}[way]
    name, inner, outer = colour.name(), _WEDGE - _SOFT_MARK, _WEDGE + _SOFT_MARK
    return (
        f"background: qconicalgradient(cx:{x}, cy:{y}, angle:{angle}, stop:0 {name}, stop:{inner:.4f} {name},"
        f" stop:{outer:.4f} transparent, stop:{1 - outer:.4f} transparent, stop:{1 - inner:.4f} {name}, stop:1 {name})"
    )


def _off(look: Look) -> QColor:
    return mix(look.palette.text().color(), look.palette.base().color(), _OFF_SHARE)

"""Arrows, handles and bars as large as the text beside them, as rules of a style sheet.

The style draws them in a size that goes by the screen alone. An arrow here is a sharp wedge of a gradient: it needs no
file, and has the colour of the text in every look.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.ui.style.theme import accent, mix

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QPalette

# For ordinary text, pixels.
_ARROW_PX = 9
_LIST_ARROW_PX = 7
_SPIN_ARROW_PX = 8
_BUTTON_PX = 18
_HANDLE_PX = 12
_GROOVE_PX = 4
_SCROLL_BAR_PX = 14
_QUESTION_PX = 48
# What a row of a list has besides its text.
_ROW_PX = 12
# In a square, a wedge from the middle of one side to both corners of the other one has this share of a turn at each
# side of its axis; a little of it makes the edge soft.
_WEDGE = math.atan(0.5) / (2 * math.pi)
_SOFT = 0.004
_OFF_SHARE = 0.45


class Look(NamedTuple):
    """What the rules depend on.

    Attributes:
        palette: The palette of all windows.
        edge: The colour of edges of fields.
        scale: Size of the text, as a multiple of the ordinary one.
        text_px: Its height.
        is_mirrored: Whether lines begin at the right.
    """

    palette: QPalette
    edge: QColor
    scale: float
    text_px: int
    is_mirrored: bool


def mark_rules(look: Look) -> str:
    """Return the rules for text of a size.

    Args:
        look: Colours, size and direction.
    """
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
        # Without a rule of its own this part is filled by the arrow.
        f"QComboBox::drop-down, QDateTimeEdit::drop-down {{ width: {button}px; border: none }}",
        f"{lists} {{ {_box(narrow)} {_wedge('down', text)} }}",
        f"QHeaderView::down-arrow {{ {_box(width)} {_wedge('down', text)} }}",
        f"QHeaderView::up-arrow {{ {_box(width)} {_wedge('up', text)} }}",
        f"QPushButton::menu-indicator {{ {_box(narrow)} {_wedge('down', text)}; {place} }}",
        f"{off} {{ {_wedge('down', _off(look))} }}",
    ]


def _branches(look: Look) -> list[str]:
    """The arrows before rows that can be opened; their place is all the style gives, so margins make them."""
    width, row = round(_ARROW_PX * look.scale), look.text_px + _ROW_PX
    # A tree moves its rows in by so much, whatever the text.
    flat, upright = max(0, (20 - width) // 2), max(0, (20 - width // 2) // 2)
    text = look.palette.text().color()
    along = "left" if look.is_mirrored else "right"
    return [
        f"QTreeView::branch:open:has-children {{ {_margin(row - width // 2, flat)} {_wedge('down', text)} }}",
        f"QTreeView::branch:closed:has-children {{ {_margin(row - width, upright)} {_wedge(along, text)} }}",
    ]


def _spin_box(look: Look) -> list[str]:
    """A box whose buttons are wider has no frame of the style any more."""
    width, button = round(_SPIN_ARROW_PX * look.scale), round(_BUTTON_PX * look.scale)
    text, base = look.palette.text().color(), look.palette.base().color()
    frame = f"border: 1px solid {look.edge.name()}; border-radius: 2px; background: {base.name()}"
    rules = [
        f"QSpinBox {{ {frame}; padding: {round(2 * look.scale)}px 2px }}",
        f"QSpinBox:focus {{ border-color: {accent(look.palette).name()} }}",
        f"QSpinBox::up-button, QSpinBox::down-button {{ width: {button}px; border: none }}",
    ]
    for name, way in (("up", "up"), ("down", "down")):
        arrow = f"QSpinBox::{name}-arrow"
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
    # In a style sheet the parts keep their sides; the past is where lines begin.
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
    name, inner, outer = colour.name(), _WEDGE - _SOFT, _WEDGE + _SOFT
    return (
        f"background: qconicalgradient(cx:{x}, cy:{y}, angle:{angle}, stop:0 {name}, stop:{inner:.4f} {name},"
        f" stop:{outer:.4f} transparent, stop:{1 - outer:.4f} transparent, stop:{1 - inner:.4f} {name}, stop:1 {name})"
    )


def _off(look: Look) -> QColor:
    return mix(look.palette.text().color(), look.palette.base().color(), _OFF_SHARE)

"""Makes what the platform's style draws easier to see: edges of fields and buttons, and marks beside large text.

Done with palettes and a style sheet alone, both of which Qt reads without a word of Python: a style of our own would be
called for each line that is drawn, and each call waits for the interpreter while a job compares folders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPalette

from backup_gui.ui.style.marks import Look, mark_rules
from backup_gui.ui.style.theme import ORDINARY_TEXT_PX, is_dark, mix

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

# The only style that is known to draw its edges in a colour made of the palette's.
_STYLE = "fusion"
# It takes the window's colour darkened by this, which is hard to see on a dark window.
_DARKENED = 1.4
_EDGE_SHARE = 0.58
# The style paints the edge of a slider's handle half through.
_SOFT = ("QSlider",)
_SOFT_EDGE_SHARE = 0.8
_EDGED = (
    *("QLineEdit", "QAbstractSpinBox", "QComboBox", "QPlainTextEdit"),
    *("QCheckBox", "QRadioButton", "QPushButton", "QSlider", "QProgressBar", "QTreeView", "QTableView", "VersionList"),
)
# The edge of a field with the keyboard is its highlight, a little darker.
_FOCUSED = ("QLineEdit", "QAbstractSpinBox", "QComboBox", "QPlainTextEdit")
_FOCUS_SHARE = 0.55
# Marks grow from here on; a little more or less is a matter of fonts.
LEAST_SCALE = 1.15
_MARK_PX = 13
_ICON_PX = 16


class Legibility(QObject):
    """Makes an application legible, and keeps it so whenever its palette or its font changes."""

    def __init__(self, application: QApplication) -> None:
        """Begin.

        Args:
            application: The application; owner.
        """
        super().__init__(application)
        self._application = application
        application.paletteChanged.connect(self._follow)
        application.fontChanged.connect(self._follow)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        make_legible(self._application)


def make_legible(application: QApplication) -> None:
    """Adapt edges and marks to the palette and the font that an application has now.

    Args:
        application: The application; its palette and font must be set before.
    """
    # A style sheet hides the style's name.
    application.setStyleSheet("")
    if application.style().name().casefold() == _STYLE:
        palette = application.palette()
        for name in _EDGED:
            # Text is what it takes, whatever its types say.
            application.setPalette(edged(palette, name), name)  # type: ignore[arg-type]
    scale = QFontMetrics(application.font()).height() / ORDINARY_TEXT_PX
    if scale >= LEAST_SCALE:
        mark, icon = round(_MARK_PX * scale), round(_ICON_PX * scale)
        application.setStyleSheet(
            "QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator"
            f" {{ width: {mark}px; height: {mark}px }} * {{ icon-size: {icon}px }} {_other_marks(application, scale)}"
        )


def _other_marks(application: QApplication, scale: float) -> str:
    palette, metrics = application.palette(), QFontMetrics(application.font())
    is_mirrored = application.layoutDirection() == Qt.LayoutDirection.RightToLeft
    return mark_rules(Look(palette, edge(palette), scale, metrics.height(), is_mirrored))


def edge(palette: QPalette, share: float = _EDGE_SHARE) -> QColor:
    """The colour of edges that tell where a field is: at least 3 to 1 on the window and inside the field."""
    return mix(palette.windowText().color(), palette.window().color(), share)


def edged(palette: QPalette, name: str) -> QPalette:
    """The palette of a field, whose window colour is nothing but what the style makes its edge of.

    Args:
        palette: The palette of what it lies on.
        name: Its class.
    """
    result = QPalette(palette)
    colour = edge(palette, _SOFT_EDGE_SHARE) if name in _SOFT else edge(palette)
    parts = (min(255, round(part * _DARKENED)) for part in (colour.red(), colour.green(), colour.blue()))
    result.setColor(QPalette.ColorRole.Window, QColor(*parts))
    if name in _FOCUSED and is_dark(palette):
        highlight = mix(QColor("#ffffff"), palette.accent().color(), _FOCUS_SHARE)
        result.setColor(QPalette.ColorRole.Highlight, highlight)
        result.setColor(QPalette.ColorRole.HighlightedText, palette.base().color())
    return result

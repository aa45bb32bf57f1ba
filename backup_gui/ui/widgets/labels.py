"""Small building blocks: secondary text, labels that elide long paths, panels with a thin outline."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, SignalInstance
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from backup_gui.ui.style.theme import (
    GRID_PX,
    PANEL_MARGINS_PX,
    accent,
    fixed_font,
    is_dark,
    mix,
    muted,
    outline,
    scaled_font,
    surface,
)
from backup_gui.ui.text.format import tip_text
from backup_gui.ui.widgets.layouts import Column

_RADIUS_PX = 8.0
# Share of the accent colour in the primary button; styles lighten it more in a dark window.
_DEPTH, _DEPTH_IN_DARK = 0.55, 0.45
# They draw the system's own buttons, whatever the palette says, but write on them in the palette's colour.
_STYLES_OF_SYSTEMS = frozenset({"macos", "windows11", "windowsvista"})


class PlainLabel(QLabel):
    """Plain text aligned with the start of the window's lines; a QLabel would align it by the text's own direction."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._align()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the direction."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._align()

    def _align(self) -> None:
        side = Qt.AlignmentFlag.AlignRight if self.isRightToLeft() else Qt.AlignmentFlag.AlignLeft
        self.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)


class Heading(PlainLabel):
    """Bold text, by a factor larger than that of the widget that it heads."""

    def __init__(self, head_of: QWidget, text: str = "", factor: float = 1.2) -> None:
        super().__init__(text)
        self.setFont(scaled_font(head_of.font(), factor, is_bold=True))
        self.setWordWrap(True)


class RowLabel(PlainLabel):
    """The label of a row in a form, level with the first line of its field.

    Args:
        line: The first widget of the field, beside the label.
        buddy: The widget that gets the focus by the label's mnemonic, if any.
    """

    def __init__(self, text: str, line: QWidget, buddy: QWidget | None = None) -> None:
        super().__init__(text)
        self._line = line
        if buddy is not None:
            self.setBuddy(buddy)
        self._level()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the font."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self._level()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure again: only now the field certainly has its font and style."""
        super().showEvent(event)
        self._level()

    def _level(self) -> None:
        # Beside a high field, a form makes the label higher than a line, and centres its text in that height.
        line = self._line
        height = line.sizeHint().height()
        if isinstance(line, QPlainTextEdit):
            height = line.fontMetrics().height() + 2 * round(line.frameWidth() + line.document().documentMargin())
        self.setMaximumHeight(max(height, self.sizeHint().height()))


class MutedLabel(QLabel):
    """Secondary plain text, wrapped.

    Takes the colour from the palette when painting: a palette set on it would not follow a change of colour scheme.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self._is_muted = True
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint the text in the secondary colour."""
        painter = QPainter(self)
        # In a layout from right to left, paths stay readable and sentences keep their full stop at the end.
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        painter.setPen(muted(self.palette()) if self._is_muted else self.palette().windowText().color())
        flags = QStyle.visualAlignment(self.layoutDirection(), self.alignment())
        wrap = Qt.TextFlag.TextWordWrap if self.wordWrap() else Qt.TextFlag.TextSingleLine
        painter.drawText(self.contentsRect(), int(flags) | int(wrap), self.text())


class ElidedLabel(MutedLabel):
    """One line of text, elided in the middle if too long; the tooltip has the full text."""

    def __init__(self, text: str = "", *, is_muted: bool = True) -> None:
        super().__init__("")
        self._is_muted = is_muted
        self._full = ""
        self.setWordWrap(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_full_text(text)

    def set_full_text(self, text: str) -> None:
        """Show another text."""
        self._full = text
        self._elide()

    def sizeHint(self) -> QSize:
        """As wide as the whole text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._full), metrics.height())

    def minimumSizeHint(self) -> QSize:
        """The least width; text is elided to it."""
        return QSize(6 * GRID_PX, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Elide again."""
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        """Elide again for another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideMiddle, max(1, self.width()))
        self.setText(shown)
        self.setToolTip(tip_text(self._full) if shown != self._full else "")
        self.setAccessibleName(self._full)


class FieldLabel(MutedLabel):
    """Secondary text on one line, such as the label of a value in a form."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setWordWrap(False)

    def stay_on_top(self) -> None:
        """Align with the first line of a value that has several lines."""
        self.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)
        self.setContentsMargins(0, 1, 0, 0)


class RowDelegate(QStyledItemDelegate):
    """Gives list rows more height."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """One line of text and the distance to the next row."""
        size = super().sizeHint(option, index)
        return QSize(size.width(), option.fontMetrics.height() + GRID_PX + GRID_PX // 2)


class PrimaryButton(QPushButton):
    """The primary button, in the accent colour where the style draws buttons in the palette's colours."""

    def __init__(self, text: str, on_click: Callable[[], object] | SignalInstance) -> None:
        super().__init__(text)
        self.clicked.connect(on_click)
        self._colour()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of the palette."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.ApplicationPaletteChange, QEvent.Type.EnabledChange}:
            self._colour()

    def _colour(self) -> None:
        palette = QApplication.palette(self)
        if self.isEnabled() and QApplication.style().name() not in _STYLES_OF_SYSTEMS:
            # Styles lighten it for gradients and for default buttons; white text must stay readable.
            depth = _DEPTH_IN_DARK if is_dark(QApplication.palette()) else _DEPTH
            palette.setColor(QPalette.ColorRole.Button, mix(accent(palette), QColor("#000000"), depth))
            palette.setColor(QPalette.ColorRole.ButtonText, QColor("#ffffff"))
        self.setPalette(palette)


class Panel(QFrame):
    """A card with rounded corners and a title, if it has one, which contains a part of a page."""

    def __init__(self, title: str = "") -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.body = Column(on=self, margins=PANEL_MARGINS_PX, spacing=GRID_PX)
        if title:
            heading = PlainLabel(title)
            heading.setFont(scaled_font(self.font(), 1.05, is_bold=True))
            self.body.addWidget(heading)
            self.setAccessibleName(title)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 - Qt's signature
        """Paint background and outline."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(outline(self.palette()), 1))
        painter.setBrush(surface(self.palette()))
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, _RADIUS_PX, _RADIUS_PX)


def push_button(text: str, on_click: Callable[[], object] | SignalInstance) -> QPushButton:
    """Create a button with a text and a mnemonic, and connect its clicks to a slot or signal."""
    button = QPushButton(text)
    button.clicked.connect(on_click)
    return button


def read_only_text(owner: QWidget, name: str) -> QPlainTextEdit:
    """Create a field for text to read, named for screen readers, in a monospaced font of its owner's size."""
    field = QPlainTextEdit()
    field.setReadOnly(True)
    field.setTabChangesFocus(True)
    field.setFont(fixed_font(owner))
    field.setAccessibleName(name)
    return field


def menu_text(text: str, *, is_on_bus: bool = False) -> str:
    """Escape a text so that a menu shows it unchanged.

    Args:
        text: The text, without a mnemonic.
        is_on_bus: Whether a panel draws the menu over D-Bus, not Qt. There an underscore marks the mnemonic, and two
            stand for one underscore. Qt turns only the first ampersand into an underscore
            (``QDBusMenuItem::convertMnemonic``).
    """
    if not is_on_bus:
        return text.replace("&", "&&")
    return text.replace("_", "__").replace("&", "&&", 1)

"""Draws the program's icons from SVG files in ``resources/icons``, in each size that is needed.

Action icons get the palette's text colour in place of ``currentColor``.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QWidget

from backup_gui.model.status import JobState
from backup_gui.ui.style.theme import scaled_size

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

_SIZES_PX = (16, 20, 22, 24, 32, 40, 48, 64, 96, 128, 256)


class Icons:
    """Icons by name from a folder of SVG files, each drawn once for each colour. A missing icon is empty and logged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sources: dict[str, str] = {}
        self._icons: dict[tuple[str, str], QIcon] = {}
        self._in_rows: dict[tuple[str, str, str], QIcon] = {}
        self._pictures: dict[tuple[str, int, int, str, float], QPixmap] = {}

    def app(self) -> QIcon:
        """The application's icon."""
        return self.action("app", QColor())

    def state(self, state: JobState) -> QIcon:
        """The icon of a state, visible on light and on dark panels."""
        return self.action(f"state-{state.value}", QColor())

    def in_rows(self, name: str, colour: QColor, selected: QColor) -> QIcon:
        """An icon for list rows, visible also on the colour of the selection."""
        key = (name, colour.name(), selected.name())
        if key not in self._in_rows:
            icon = QIcon(self.action(name, colour))
            for size in icon.availableSizes():
                icon.addPixmap(self.action(name, selected).pixmap(size), QIcon.Mode.Selected)
            self._in_rows[key] = icon
        return self._in_rows[key]

    def picture(self, name: str, size: QSize, colour: QColor, ratio: float = 1.0) -> QPixmap:
        """Draw an icon or illustration at a size in device-independent pixels; results are cached."""
        key = (name, size.width(), size.height(), colour.name() if colour.isValid() else "", ratio)
        if key not in self._pictures:
            self._pictures[key] = self._draw(name, size, colour, ratio)
        return self._pictures[key]

    def state_picture(self, state: JobState, side_px: int, widget: QWidget) -> QPixmap:
        """Draw the icon of a state at a size chosen for ordinary text, scaled to the text of a widget."""
        size = scaled_size(widget, QSize(side_px, side_px))
        return self.picture(f"state-{state.value}", size, QColor(), widget.devicePixelRatioF())

    def _draw(self, name: str, size: QSize, colour: QColor, ratio: float) -> QPixmap:
        pixmap = QPixmap(size * ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        renderer = QSvgRenderer(self._content(name, colour))
        if renderer.isValid():
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(pixmap.rect()))
            painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def action(self, name: str, colour: QColor) -> QIcon:
        """An action's icon in a colour, usually that of the button's text."""
        key = (name, colour.name() if colour.isValid() else "")
        if key not in self._icons:
            icon = QIcon()
            for size_px in _SIZES_PX:
                icon.addPixmap(self.picture(name, QSize(size_px, size_px), colour))
            self._icons[key] = icon
        return self._icons[key]

    def _content(self, name: str, colour: QColor) -> QByteArray:
        if name not in self._sources:
            try:
                self._sources[name] = (self._folder / f"{name}.svg").read_text(encoding="utf-8")
            except OSError as error:
                log.warning("An icon is missing: %s", error)
                self._sources[name] = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"/>'
        text = self._sources[name]
        if colour.isValid():
            text = text.replace("currentColor", colour.name())
        return QByteArray(text.encode())


class TintedIcons:
    """Keeps the action icons of buttons and menu entries in the palette's text colour."""

    def __init__(self, icons: Icons) -> None:
        self._icons = icons
        self._targets: list[tuple[QAction | QAbstractButton, str]] = []

    def bind(self, target: QAction | QAbstractButton, name: str) -> None:
        """Keep the icon of a target up to date; the target must outlive this object."""
        self._targets.append((target, name))

    def apply(self, palette: QPalette) -> None:
        """Draw all icons for a palette."""
        for target, name in self._targets:
            role = QPalette.ColorRole.WindowText if isinstance(target, QAction) else QPalette.ColorRole.ButtonText
            target.setIcon(self._icons.action(name, palette.color(role)))

"""What is drawn stays legible whenever the palette or the font changes, by the app or by the system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFont, QPalette
from PySide6.QtWidgets import QApplication

from backup_gui.app import apply_appearance
from backup_gui.config.settings import Appearance
from backup_gui.ui.style.legibility import Legibility, edged
from backup_gui.ui.style.theme import dark_palette, light_palette


@pytest.fixture
def application(qapp: QApplication) -> Iterator[QApplication]:
    style, font = qapp.style().name(), qapp.font()
    qapp.setStyle("fusion")
    legibility = Legibility(qapp)
    yield qapp
    qapp.paletteChanged.disconnect(legibility._follow)
    qapp.fontChanged.disconnect(legibility._follow)
    legibility.setParent(None)
    qapp.setPalette(QPalette())
    qapp.setFont(font)
    qapp.setStyleSheet("")
    qapp.setStyle(style)


def field_edge(application: QApplication) -> str:
    # Text is what it takes, whatever its types say.
    palette: QPalette = application.palette("QLineEdit")  # type: ignore[call-overload]
    return palette.window().color().name()


def test_edges_follow_a_palette_that_nobody_has_chosen_in_the_settings(application: QApplication) -> None:
    for palette in (dark_palette(), light_palette(), dark_palette()):
        application.setPalette(palette)
        assert field_edge(application) == edged(palette, "QLineEdit").window().color().name()


def test_marks_follow_a_font_that_grows(application: QApplication) -> None:
    font = QFont(application.font())
    font.setPointSizeF(3 * font.pointSizeF())
    assert "indicator" not in application.styleSheet()
    application.setFont(font)
    assert "indicator" in application.styleSheet()


def test_the_systems_colours_are_taken_from_the_system_and_not_kept_as_they_were(application: QApplication) -> None:
    before = application.palette().window().color()
    apply_appearance(application, Appearance.DARK)
    assert application.palette().window().color() == dark_palette().window().color()
    apply_appearance(application, Appearance.SYSTEM)
    assert application.palette().window().color() == before
    # Nothing is set by the application itself, so that the system's change reaches it.
    assert application.palette().resolveMask() == 0

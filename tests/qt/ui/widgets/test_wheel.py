"""The wheel scrolls; it changes only what was clicked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDateTimeEdit,
    QLineEdit,
    QScrollBar,
    QSlider,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backup_gui.ui.style.icons import Icons
from backup_gui.ui.widgets.fields import NumberField
from backup_gui.ui.widgets.layouts import Column
from backup_gui.ui.widgets.wheel import WheelGuard
from tests.qt.ui.test_words import shown

FIELDS = (QAbstractSlider, QAbstractSpinBox, QComboBox)


def turn(widget: QWidget) -> None:
    place = QPointF(widget.rect().center())
    none, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    whole = QPointF(widget.mapToGlobal(widget.rect().center()))
    QApplication.sendEvent(
        widget,
        QWheelEvent(place, whole, QPoint(), QPoint(0, -120), none, keys, Qt.ScrollPhase.NoScrollPhase, False),
    )


def value(widget: QWidget) -> object:
    if isinstance(widget, QComboBox):
        return widget.currentIndex()
    if isinstance(widget, QDateTimeEdit):
        return widget.dateTime()
    assert isinstance(widget, QAbstractSlider | QSpinBox)
    return widget.value()


@pytest.mark.slow
def test_the_wheel_changes_nothing_in_any_view(qapp: QApplication, icons: Icons) -> None:
    found, wrong = 0, []
    for scene, window in shown(icons):
        for field in window.findChildren(QWidget):
            if isinstance(field, QScrollBar) or not isinstance(field, FIELDS) or not field.isVisible():
                continue
            before = value(field)
            # The pointer is over the text of a spin box, too.
            for target in (field, *field.findChildren(QLineEdit)):
                turn(target)
            found += 1
            if value(field) != before:
                wrong.append(f"{scene}: {type(field).__name__} {field.accessibleName()!r}")
    assert not wrong, "\n".join(wrong)
    assert found > 30


@pytest.mark.parametrize("kind", [NumberField, QSlider, QComboBox])
def test_a_field_that_was_clicked_turns_until_the_focus_leaves_it(qtbot: QtBot, kind: type[QWidget]) -> None:
    page, other = QWidget(), QLineEdit()
    if kind is NumberField:
        field: QWidget = NumberField(" s")
    elif kind is QSlider:
        field = QSlider(Qt.Orientation.Horizontal)
    else:
        field = QComboBox()
        field.addItems(["one", "two", "three", "four"])
    assert isinstance(field, NumberField | QSlider | QComboBox)
    if isinstance(field, NumberField | QSlider):
        field.setValue(50)
    if not isinstance(field, NumberField):
        WheelGuard(field)
    Column(field, other, on=page)
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    field.setFocus(Qt.FocusReason.TabFocusReason)
    before = value(field)
    turn(field)
    assert value(field) == before
    other.setFocus()
    clicked = field.findChild(QLineEdit) if isinstance(field, NumberField) else field
    assert clicked is not None
    if isinstance(field, QComboBox):
        # A click opens the list, which takes the focus for as long as it is open.
        field.setFocus(Qt.FocusReason.MouseFocusReason)
    else:
        QTest.mouseClick(clicked, Qt.MouseButton.LeftButton)
    before = value(field)
    turn(field)
    assert value(field) != before
    other.setFocus()
    before = value(field)
    turn(field)
    assert value(field) == before

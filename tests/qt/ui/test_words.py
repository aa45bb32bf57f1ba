"""Every view in a made-up language with longer words, and from right to left: what is left, cut or unmirrored."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTranslator
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QScrollArea, QWidget

from backup_gui.app import resource_folder
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.widgets.labels import ElidedLabel
from tests.helpers import screens
from tests.helpers.pseudo import PseudoTranslator, pseudo, speaking, texts_of, unmarked

# What in the pictures is a person's own, or the same in every language.
_OWN = (
    *("Documents", "Pictures", "Notes", "Backup", "STICK", "Camera", "Desktop", "Folder Backup", "English"),
    *("Letters", "Old drafts", "Taxes", "Travel", "Scans", "backup", "IMG_1204.jpg"),
    *("kB", "MB", "GB", "TB", "bytes", "min", "*.tmp", "0.1.0"),
    *(screens.TRACEBACK, screens.DIAGNOSTICS, "ValueError", "overview.py"),
)
_FOLDERS = r"(?:/|\b)(?:[\w.,~() -]+/)+[\w.,~() -]*|\b[\w ,:-]+\.(?:\w{2,4})\b|[\w$~-]*[*~$.#/]+[\w.~$*#/-]+|\w+/"
_DATES = r"\b(?:January|November|October|December|Sun|Mon|Tue|Wed|Thu|Fri|Sat)\w*\b|\bNov\b|\bOct\b"


def shown(icons: Icons) -> Iterator[tuple[str, QWidget]]:
    """Every scene, laid out and on the screen."""
    for name, widget in screens.scenes(icons):
        screens.show_scene(widget)
        yield name, widget
        widget.hide()
        widget.deleteLater()
        QCoreApplication.sendPostedEvents(widget, QEvent.Type.DeferredDelete)


def is_own(text: str) -> bool:
    """Whether a text is a person's own, a number or the like."""
    for own in _OWN:
        text = text.replace(own, " ")
    text = re.sub(_FOLDERS, " ", text)
    text = re.sub(_DATES, " ", text)
    return re.search(r"[^\W\d_]{3,}", text) is None


@pytest.mark.slow
def test_every_word_in_every_view_is_translated(qapp: QApplication, icons: Icons) -> None:
    found: dict[str, str] = {}
    with speaking(qapp, PseudoTranslator()):
        for name, widget in shown(icons):
            for where, text in texts_of(widget):
                rest = unmarked(text)
                if not is_own(rest):
                    found.setdefault(f"{where}: {text!r}", name)
    assert not found, "\n".join(f"{scene}: {text}" for text, scene in sorted(found.items()))


def test_the_made_up_language_is_longer_and_marked() -> None:
    text = pseudo("&Copy {count} files")
    assert text.startswith("⟦&Cöpy {count} fîlés~")
    assert unmarked(f"{text} left").split() == ["left"]
    assert not is_own("Some words")
    assert is_own("/home/anna/Documents, 12 MB")


def cut(window: QWidget) -> Iterator[str]:
    """Labels and buttons that do not have the room that they need."""
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or isinstance(widget, ElidedLabel):
            continue
        if isinstance(widget, QLabel) and widget.text() and widget.pixmap().isNull():
            needed = widget.heightForWidth(widget.width()) if widget.wordWrap() else widget.sizeHint().height()
            is_narrow = not widget.wordWrap() and widget.width() < widget.sizeHint().width()
            is_low = widget.height() < needed
            text = widget.text()
        elif isinstance(widget, QAbstractButton) and widget.text():
            is_narrow = widget.width() < widget.minimumSizeHint().width()
            is_low = widget.height() < widget.minimumSizeHint().height()
            text = widget.text()
        else:
            continue
        if is_narrow or is_low:
            has, needs = widget.size().toTuple(), widget.sizeHint().toTuple()
            yield f"{type(widget).__name__} {text[:60]!r} has {has}, needs {needs}"


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_longer_words_are_not_cut(qapp: QApplication, icons: Icons, scale: float) -> None:
    before = qapp.font()
    font = qapp.font()
    font.setPointSizeF(font.pointSizeF() * scale)
    qapp.setFont(font)
    try:
        with speaking(qapp, PseudoTranslator()):
            found = [f"{name}: {text}" for name, widget in shown(icons) for text in cut(widget)]
    finally:
        qapp.setFont(before)
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_are_not_wider_than_the_window(qapp: QApplication, icons: Icons, language: str) -> None:
    translator = QTranslator()
    assert language == "en" or translator.load(str(resource_folder() / "translations" / f"backup_gui_{language}.qm"))
    with speaking(qapp, translator):
        wide = [
            f"{name}: {area.horizontalScrollBar().maximum()} px"
            for name, widget in shown(icons)
            for area in widget.findChildren(QScrollArea)
            if area.isVisible() and area.horizontalScrollBar().maximum() > 0
        ]
    assert not wide


Places = dict[tuple[str, ...], tuple[int, int, int]]


def places_of(window: QWidget) -> Places:
    """Left edge in the window, width, and the window's width, of each widget by its way through the window."""
    found: Places = {}

    def visit(widget: QWidget, way: tuple[str, ...]) -> None:
        children = [child for child in widget.children() if isinstance(child, QWidget)]
        for number, child in enumerate(children):
            if child.isVisible() and not child.isWindow():
                step = (*way, f"{type(child).__name__}{number}")
                left = child.mapTo(window, QPoint(0, 0)).x()
                found[step] = (left, child.width(), window.width())
                visit(child, step)

    visit(window, ())
    return found


@pytest.mark.slow
def test_from_right_to_left_every_view_is_mirrored(qapp: QApplication, icons: Icons) -> None:
    plain = {name: places_of(widget) for name, widget in shown(icons)}
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        wrong = []
        for name, widget in shown(icons):
            wrong += [
                f"{name}: {type(part).__name__} stays left to right"
                for part in widget.findChildren(QWidget)
                if part.isVisible() and not part.isRightToLeft()
            ]
            for way, (left, width, whole) in places_of(widget).items():
                before = plain[name].get(way)
                # Inside tab bars and scroll bars the style decides.
                if before is None or any(part.startswith(("QTabBar", "QScrollBar", "QComboBox")) for part in way):
                    continue
                if abs((whole - left - width) - before[0]) > 3 + abs(width - before[1]):
                    wrong.append(f"{name}: {' > '.join(way[-3:])} is at {left}, was at {before[0]}")
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert not wrong, "\n".join(wrong)

"""Made-up languages: one that shows what is not translated or cut, and one that is read from right to left.

The first is English with longer words in brackets, the other one English in Hebrew letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt, QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QSpinBox,
    QTabBar,
    QWidget,
)

from backup_gui.ui.widgets.labels import ElidedLabel

OPEN, CLOSE = "⟦", "⟧"
_ACCENTS = str.maketrans("aeiounAEIOU", "äéîöûñÄÉÎÖÛ")
_KEPT = re.compile(r"(\{\w+\}|%L?n|&.|\n)")
_FILLED_IN = re.compile(r"(\{\w+\}|%L?n|%\d)")
_HEBREW = str.maketrans(
    dict(zip("abcdefghijklmnopqrstuvwxyz", "אבכדעפגהיזקלמנוףקרסתוושחיצ", strict=True))
    | dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "אבכדעפגהיזקלמנוףקרסתוושחיצ", strict=True))
)
# Longer by this share, as German is than English.
_MORE = 0.4


class PseudoTranslator(QTranslator):
    """Translates every word of the program and of Qt."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1) -> str:  # noqa: N803
        # What is not for people: the direction of the layout, and Qt's names of keys.
        if sourceText == "QT_LAYOUT_DIRECTION" or context == "QShortcut":
            return ""
        return pseudo(sourceText)


def pseudo(text: str) -> str:
    """Put a text into the made-up language; what is filled in and the mnemonic stay."""
    core = text.strip(" ")
    if not core:
        return text
    before, after = text[: text.index(core)], text[text.index(core) + len(core) :]
    changed = "".join(part if _KEPT.fullmatch(part) else part.translate(_ACCENTS) for part in _KEPT.split(core))
    words = len(re.sub(r"\{\w+\}|%L?n", "", core))
    return f"{before}{OPEN}{changed}{'~' * round(words * _MORE)}{CLOSE}{after}"


class HebrewTranslator(QTranslator):
    """Translates every word of the program and of Qt into one that is read from right to left."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1) -> str:  # noqa: N803
        if sourceText == "QT_LAYOUT_DIRECTION":
            return "RTL"
        # Names of keys are written on keys.
        return sourceText if context == "QShortcut" else hebrew(sourceText)


def hebrew(text: str) -> str:
    """Write a text in Hebrew letters; what is filled in stays."""
    return "".join(part if _FILLED_IN.fullmatch(part) else part.translate(_HEBREW) for part in _FILLED_IN.split(text))


def unmarked(text: str) -> str:
    """What of a text is not in the made-up language."""
    while (shorter := re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", text)) != text:
        text = shorter
    return text


@contextmanager
def speaking(application: QApplication, translator: QTranslator) -> Iterator[None]:
    """Have the program speak a language for a while."""
    application.installTranslator(translator)
    try:
        yield
    finally:
        application.removeTranslator(translator)


def texts_of(window: QWidget) -> Iterator[tuple[str, str]]:
    """All words of a window that is shown, each with where it is."""
    yield "title", window.windowTitle()
    for widget in (window, *window.findChildren(QWidget)):
        if widget.isVisible():
            yield from ((f"{type(widget).__name__}.{kind}", text) for kind, text in _texts_of_widget(widget))


def _texts_of_widget(widget: QWidget) -> Iterator[tuple[str, str]]:
    yield "name", widget.accessibleName()
    yield "description", widget.accessibleDescription()
    yield "tooltip", widget.toolTip()
    if isinstance(widget, ElidedLabel):
        yield "text", widget._full
    elif isinstance(widget, QLabel | QAbstractButton):
        yield "text", widget.text()
    elif isinstance(widget, QGroupBox):
        yield "title", widget.title()
    elif isinstance(widget, QTabBar):
        for index in range(widget.count()):
            yield "tab", widget.tabText(index)
            yield "tooltip", widget.tabToolTip(index)
    elif isinstance(widget, QComboBox):
        for index in range(widget.count()):
            yield "item", widget.itemText(index)
    elif isinstance(widget, QLineEdit):
        if not isinstance(widget.parentWidget(), QAbstractSpinBox):
            yield "placeholder", widget.placeholderText()
    elif isinstance(widget, QPlainTextEdit):
        yield "placeholder", widget.placeholderText()
    elif isinstance(widget, QSpinBox):
        yield "prefix", widget.prefix()
        yield "suffix", widget.suffix()
        yield "special", widget.specialValueText()
    elif isinstance(widget, QMenuBar | QMenu):
        yield from _actions(widget)
    elif isinstance(widget, QAbstractItemView) and not isinstance(widget, QHeaderView):
        yield from _cells(widget)
    if isinstance(widget, QAbstractButton) and (menu := getattr(widget, "menu", None)) is not None and menu():
        yield from _actions(menu())


def _actions(menu: QMenu | QMenuBar) -> Iterator[tuple[str, str]]:
    for action in menu.actions():
        yield "action", action.text()
        sub = action.menu()
        if isinstance(sub, QMenu):
            yield from _actions(sub)


def _cells(view: QAbstractItemView) -> Iterator[tuple[str, str]]:
    model = view.model()
    if model is None:
        return
    # Lists have one column and say so to nobody.
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(QModelIndex())
    for column in range(columns):
        heading = model.headerData(column, Qt.Orientation.Horizontal)
        if isinstance(heading, str):
            yield "heading", heading
        for row in range(min(model.rowCount(QModelIndex()), 50)):
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
                text = model.index(row, column).data(role)
                if isinstance(text, str):
                    yield "cell", text

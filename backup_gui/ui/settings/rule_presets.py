"""Exclusion rules as text, and presets of common rules."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication
from PySide6.QtWidgets import QPlainTextEdit

from backup_gui.ui.style.theme import GRID_PX


class Preset(NamedTuple):
    """A group of rules; the patterns are the same in every language.

    Attributes:
        name: The English name, which is the key of its translation.
        rules: The rules, gitignore syntax.
    """

    name: str
    rules: tuple[str, ...]

    @property
    def title(self) -> str:
        """The name in the user's language."""
        return QCoreApplication.translate("Preset", self.name)

    def is_in(self, rules: tuple[str, ...]) -> bool:
        """Whether the given rules contain all its rules."""
        return set(self.rules) <= set(rules)


PRESETS = (
    Preset(str(QT_TRANSLATE_NOOP("Preset", "Caches")), (".cache/", "Cache/", "__pycache__/", "*.pyc")),
    Preset(
        str(QT_TRANSLATE_NOOP("Preset", "Temporary files")),
        ("*.tmp", "*.temp", "~$*", "*~", ".~lock.*#", "*.part", "*.crdownload"),
    ),
    Preset(
        str(QT_TRANSLATE_NOOP("Preset", "Build folders")), ("node_modules/", "target/", "build/", ".venv/", ".tox/")
    ),
    Preset(
        str(QT_TRANSLATE_NOOP("Preset", "Trash")),
        (".Trash-*/", ".Trashes/", "$RECYCLE.BIN/", ".DS_Store", "Thumbs.db", "desktop.ini"),
    ),
)


class RulesEdit(QPlainTextEdit):
    """Exclusion rules, one per line."""

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setFixedHeight(4 * self.fontMetrics().lineSpacing() + 2 * GRID_PX)
        self.setPlaceholderText(self.tr("One rule a line, such as *.tmp or /Downloads/"))

    def rules(self) -> tuple[str, ...]:
        """The rules; blank lines are ignored."""
        return tuple(line for line in self.toPlainText().splitlines() if line.strip())

    def show_rules(self, rules: tuple[str, ...]) -> None:
        """Show rules."""
        self.setPlainText("\n".join(rules))

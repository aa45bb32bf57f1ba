"""The languages: what is loaded, and in which direction the windows then are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, Qt, QTranslator
from PySide6.QtWidgets import QApplication

from backup_gui.app import resource_folder
from backup_gui.bridge.languages import speak
from backup_gui.ui.sentences import said
from backup_gui.ui.wording import files_text, size_text


@pytest.fixture
def no_translators(qapp: QApplication) -> Iterator[None]:
    """Take away again what a test has loaded."""
    before = QLocale()
    yield
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(before)


def test_the_program_speaks_german_with_plural_forms_and_qts_own_words(
    qapp: QApplication, no_translators: None
) -> None:
    direction = speak(qapp, resource_folder() / "translations", "de")
    assert direction is Qt.LayoutDirection.LeftToRight
    assert (files_text(1), files_text(1_204)) == ("1 Datei", "1.204 Dateien")
    assert size_text(1_234_567) == "1,2 MB"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    assert said("The source folder is not there: /home/a") == "Ihr Ordner ist nicht da: /home/a"
    assert said("The backup drive is full: 2.0 GB more is needed.") == (
        "Das Sicherungslaufwerk ist voll: 2.0 GB mehr werden gebraucht."
    )


def test_a_language_from_right_to_left_turns_the_windows(
    qapp: QApplication, no_translators: None, tmp_path: Path
) -> None:
    shutil.copy(resource_folder() / "translations" / "backup_gui_de.qm", tmp_path / "backup_gui_he.qm")
    assert speak(qapp, tmp_path, "he") is Qt.LayoutDirection.RightToLeft
    # Without a translation the words are English.
    assert speak(qapp, tmp_path, "ar") is Qt.LayoutDirection.LeftToRight


def test_english_is_spoken_as_it_is(qapp: QApplication, no_translators: None) -> None:
    before = len(qapp.findChildren(QTranslator))
    assert speak(qapp, resource_folder() / "translations", "en") is Qt.LayoutDirection.LeftToRight
    assert len(qapp.findChildren(QTranslator)) == before

"""The languages: what is loaded, and in which direction the windows then are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, Qt, QTranslator
from PySide6.QtGui import QTextLayout, QTextOption
from PySide6.QtWidgets import QApplication

from backup_gui.app import resource_folder
from backup_gui.desktop.languages import speak
from backup_gui.model.plans import ProblemCode
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.ui.text.format import (
    duration_text,
    exact_text,
    files_text,
    isolated,
    short_text,
    size_text,
    speed_text,
)
from backup_gui.ui.text.headline import headline, overdue_text
from backup_gui.ui.text.reasons import said
from tests.helpers.pseudo import HebrewTranslator, hebrew, speaking
from tests.helpers.screens import NOW, VIEWS


def is_from_right_to_left(text: str) -> bool:
    """In which direction Qt reads a text whose words decide about it."""
    option = QTextOption()
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    layout = QTextLayout(text)
    layout.setTextOption(option)
    layout.beginLayout()
    line = layout.createLine()
    layout.endLayout()
    first: Any = line.cursorToX(0)
    return bool((first[0] if isinstance(first, tuple) else first) > 0)


@pytest.fixture
def no_translators(qapp: QApplication) -> Iterator[None]:
    """Take away again what a test has loaded."""
    before = QLocale()
    yield
    for translator in qapp.findChildren(QTranslator):
        qapp.removeTranslator(translator)
        translator.deleteLater()
    QLocale.setDefault(before)


SHOW_DATE = """
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QDate, QLocale
from backup_gui.desktop.languages import speak
speak(QCoreApplication([]), Path("/nowhere"), "")
print(QLocale().toString(QDate(2026, 11, 1), QLocale.FormatType.ShortFormat), QLocale().toString(1_000_000))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Windows and macOS always have a language")
@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({"LC_ALL": "C.UTF-8"}, "01/11/2026 1,000,000"),
        ({"LANG": "C.UTF-8", "LC_TIME": "de_DE.UTF-8"}, "01.11.26 1000000"),
        ({"LANG": "en_US.UTF-8"}, "11/1/26 1,000,000"),
    ],
)
def test_dates_are_well_written_on_a_system_without_a_language(variables: dict[str, str], shown: str) -> None:
    others = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    command = [sys.executable, "-c", SHOW_DATE]
    done = subprocess.run(command, env=others | variables, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == shown


def test_the_program_speaks_german_with_plural_forms_and_qts_own_words(
    qapp: QApplication, no_translators: None
) -> None:
    direction = speak(qapp, resource_folder() / "translations", "de")
    assert direction is Qt.LayoutDirection.LeftToRight
    assert (files_text(1), files_text(1_204)) == ("1 Datei", "1.204 Dateien")
    assert size_text(1_234_567) == "1,2 MB"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    assert said(Reason(ReasonCode.SOURCE_AWAY, path="/home/a")) == "Ihr Ordner ist nicht da: /home/a"
    assert said(Reason(ProblemCode.NO_SPACE, more=Reason(ReasonCode.SIZE_LACKS, size=2_000_000_000))) == (
        "Das Sicherungslaufwerk ist voll: 2,0 GB werden zusätzlich benötigt"
    )


@pytest.mark.parametrize(
    ("reason", "figure"),
    [
        (Reason(ReasonCode.SIZE_LACKS, size=312), "312 Byte"),
        (Reason(ProblemCode.NO_SPACE, more=Reason(ReasonCode.SIZE_LACKS, size=1_234)), "1,2 kB"),
        (Reason(ProblemCode.NO_SPACE, more=Reason(ReasonCode.QUOTA_LACKS, size=3_000_000_000_000)), "3,0 TB"),
        (Reason(ReasonCode.TOO_MANY_FILES, count=12_345), "12.345 "),
        (Reason(ReasonCode.TYPED_INTERVAL, number=604_800), "604.800 "),
        (Reason(ReasonCode.FOLDER_GONE, path="/home/1,234.5 GB"), "/home/1,234.5 GB"),
    ],
)
def test_figures_in_sentences_are_written_the_german_way_and_names_are_left_alone(
    qapp: QApplication, no_translators: None, reason: Reason, figure: str
) -> None:
    speak(qapp, resource_folder() / "translations", "de")
    assert figure in said(reason)


def test_a_size_stays_in_one_piece_where_words_are_read_from_right_to_left(qapp: QApplication) -> None:
    texts: dict[str, Callable[[], str]] = {
        "size": lambda: size_text(180e6),
        "speed": lambda: speed_text(180e6),
        "duration": lambda: duration_text(7_800),
        "date": lambda: short_text(1_795_356_200.0),
        "time": lambda: exact_text(1_795_356_200.0),
    }
    before = {name: text() for name, text in texts.items()}
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        for name, text in texts.items():
            assert seen_from_left_to_right(text()) == before[name]
        assert seen_from_left_to_right(before["size"]) == "MB 180.0", "what it would be without"
        assert isolated("") == ""
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert {name: text() for name, text in texts.items()} == before


def test_a_path_in_a_sentence_keeps_its_direction_and_leaves_the_sentence_its_own(qapp: QApplication) -> None:
    reasons = (
        Reason(ReasonCode.SOURCE_AWAY, path="/home/anna/Documents"),
        Reason(ProblemCode.NO_SPACE, more=Reason(ReasonCode.SIZE_LACKS, size=1_200_000_000)),
    )
    view = replace(VIEWS["waiting"], job=VIEWS["waiting"].job._replace(name="Docs"))
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        with speaking(qapp, HebrewTranslator()):
            words = [*map(said, reasons), headline(view, NOW).title, overdue_text(view, NOW - 9 * 86_400, NOW)]
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert not any("\\" in text for text in words)
    kept = ("/home/anna/Documents", "1.2 GB", "/media/anna/Backup/Documents", "Docs")
    for text, value in zip(words, kept, strict=True):
        assert is_from_right_to_left(text), text
        assert value in seen_from_left_to_right(text)


def test_a_made_up_language_for_pictures_is_read_from_right_to_left(qapp: QApplication, no_translators: None) -> None:
    assert hebrew("{count} of %Ln\nbad %1") == "{count} ופ %Ln\nבאד %1"
    assert seen_from_left_to_right(hebrew("Add…")) == "…דדא"
    assert seen_from_left_to_right("Add…") == "…Add", "which is at no end of the words"
    with speaking(qapp, HebrewTranslator()):
        assert files_text(3) == "3 פילעס"
        assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "כאנכעל"
        assert QCoreApplication.translate("QShortcut", "Ctrl") == "Ctrl"


def seen_from_left_to_right(text: str) -> str:
    """The letters of a text in the order in which they are drawn from right to left."""
    layout = QTextLayout(text)
    option = QTextOption()
    option.setTextDirection(Qt.LayoutDirection.RightToLeft)
    layout.setTextOption(option)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(10_000)
    layout.endLayout()
    drawn = (
        (run.stringIndexes(), run.positions())
        for run in layout.glyphRuns(0, len(text), QTextLayout.GlyphRunRetrievalFlag.RetrieveAll)
    )
    places = [(point.x(), index) for indexes, points in drawn for index, point in zip(indexes, points, strict=True)]
    letters = "".join(text[index] for _, index in sorted(places))
    return re.sub("[\u2066-\u2069\u200e\u200f]", "", letters)


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

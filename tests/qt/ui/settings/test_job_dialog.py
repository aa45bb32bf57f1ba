"""The dialog that adds or edits a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from backup_gui.model.job import MAX_INTERVAL_S, Job
from backup_gui.ui.settings.job_dialog import JobDialog
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.values.job import DraftVerdict, JobDraft, Level, Remark
from backup_gui.ui.widgets.labels import MutedLabel
from tests.helpers.screens import DOCUMENTS

Make = Callable[..., JobDialog]
WRONG = Remark(Level.WRONG, "The destination lies inside the source.")


@pytest.fixture
def make(icons: Icons, qtbot: QtBot) -> Make:
    def make(job: Job | None = None, **options: str) -> JobDialog:
        dialog = JobDialog(icons, job, **options)  # type: ignore[arg-type]
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return make


def test_the_dialog_gives_back_the_job_it_shows(make: Make) -> None:
    job = DOCUMENTS._replace(interval_s=60, exclude=("*.tmp", "/a b/"), keeps_history=False)
    assert replace(make(job).draft(), serial=0) == JobDraft(
        0, job.id, job.name, job.source, job.destination, 60, ("*.tmp", "/a b/"), keeps_history=False
    )


def test_typing_is_checked_once_it_is_quiet(make: Make, qtbot: QtBot) -> None:
    dialog = make()
    drafts: list[JobDraft] = []
    dialog.check_requested.connect(drafts.append)
    QTest.keyClicks(dialog.source_edit, "/home/anna/Documents")
    qtbot.waitUntil(lambda: bool(drafts))
    assert [draft.source for draft in drafts] == ["/home/anna/Documents"]


def test_only_a_good_draft_can_be_saved(make: Make, qtbot: QtBot) -> None:
    dialog = make(source="/a")
    jobs: list[Job] = []
    dialog.job_accepted.connect(jobs.append)
    dialog.destination_edit.setText("/a/b")
    assert not dialog.save_button.isEnabled()
    dialog.show_verdict(DraftVerdict(dialog.draft().serial, destination=WRONG))
    assert dialog.destination_remark.text == WRONG.text
    assert not dialog.save_button.isEnabled()
    dialog.destination_edit.setText("/b")
    dialog.show_verdict(DraftVerdict(dialog.draft().serial, job=DOCUMENTS))
    assert dialog.destination_remark.text == ""
    QTest.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    assert jobs == [DOCUMENTS]


def test_a_verdict_about_an_older_draft_is_ignored(make: Make) -> None:
    dialog = make(source="/a")
    serial = dialog.draft().serial
    dialog.destination_edit.setText("/b")
    dialog.show_verdict(DraftVerdict(serial, job=DOCUMENTS))
    assert not dialog.save_button.isEnabled()


def test_enter_does_not_save_what_was_not_checked(make: Make, qtbot: QtBot) -> None:
    dialog = make(source="/a")
    jobs: list[Job] = []
    dialog.job_accepted.connect(jobs.append)
    QTest.keyClicks(dialog.destination_edit, "/b")
    QTest.keyClick(dialog.destination_edit, Qt.Key.Key_Return)
    assert jobs == []
    assert dialog.isVisible()


def test_empty_fields_are_no_mistakes_yet(make: Make) -> None:
    dialog = make()
    missing = Remark(Level.WRONG, "The source is missing.")
    dialog.show_verdict(DraftVerdict(dialog.draft().serial, source=missing))
    assert dialog.source_remark.text == ""


@pytest.mark.parametrize(
    ("typed", "expected"), [("0", 5), ("-3", 3), ("1.5", 15), ("abc", 5), ("604800", MAX_INTERVAL_S)]
)
def test_the_interval_is_a_whole_number_within_its_limits(make: Make, qtbot: QtBot, typed: str, expected: int) -> None:
    dialog = make()
    dialog.interval_spin.selectAll()
    QTest.keyClicks(dialog.interval_spin, typed)
    dialog.interval_spin.interpretText()
    assert 1 <= dialog.interval_spin.value() <= MAX_INTERVAL_S
    assert dialog.interval_spin.value() in {expected, 1}


def test_presets_add_each_rule_once(make: Make) -> None:
    dialog = make(DOCUMENTS._replace(exclude=("*.tmp",)))
    menu = dialog.findChild(QMenu)
    assert menu is not None
    for _ in range(2):
        next(action for action in menu.actions() if action.text() == "Temporary files").trigger()
    rules = dialog.draft().exclude
    assert rules[0] == "*.tmp"
    assert len(rules) == len(set(rules)) > 5


def test_a_folder_is_chosen_without_blocking(make: Make, qtbot: QtBot) -> None:
    dialog = make()
    button = next(
        button for button in dialog.findChildren(QPushButton) if button.accessibleName() == "Choose: Folder to protect"
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    chooser = dialog.findChild(QFileDialog)
    assert chooser is not None
    assert chooser.testOption(QFileDialog.Option.ShowDirsOnly)
    chooser.fileSelected.emit("/home/anna/Pictures")
    chooser.reject()
    assert dialog.source_edit.text() == "/home/anna/Pictures"


def test_a_long_remark_is_never_cut(make: Make, qtbot: QtBot) -> None:
    dialog = make(source="/a")
    dialog.destination_edit.setText("/b")
    dialog.resize(dialog.minimumSizeHint().width(), dialog.height())
    text = "\n".join([f"The destination holds another backup, of {'/home/anna/Documents' * 6} on computer: /b"] * 3)
    dialog.show_verdict(DraftVerdict(dialog.draft().serial, destination=Remark(Level.NOTE, text)))
    words = dialog.destination_remark.findChild(MutedLabel)
    assert words is not None
    qtbot.waitUntil(lambda: words.width() > 0 and words.height() >= words.heightForWidth(words.width()))

"""Unexpected errors, and what is copied for those who help."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from backup_gui.config.settings import Settings
from backup_gui.desktop.crash_handler import Crash, CrashRelay, place_of
from backup_gui.desktop.diagnostics import ErrorKeeper, describe
from backup_gui.desktop.single_instance import Wish
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import Counts, Held, HeldCode
from backup_gui.model.reasons import of_system
from backup_gui.model.status import JobState, Status
from backup_gui.ui.dialogs.crash import CrashDialog
from backup_gui.ui.dialogs.diagnostics import DiagnosticsDialog
from tests.helpers.screens import PROBLEMS
from tests.qt.conftest import ScriptedRun, ShellMaker

SECRET = "/home/anna/Secret plans"


class Hooks:
    """Stands for the hooks that log."""

    def __init__(self) -> None:
        self.errors: list[object] = []

    def note(self, *error: object) -> None:
        self.errors.append(error)


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Hooks:
    hooks = Hooks()
    monkeypatch.setattr(sys, "excepthook", hooks.note)
    monkeypatch.setattr(threading, "excepthook", hooks.note)
    return hooks


@pytest.fixture
def crashes(hooks: Hooks, qapp: QApplication) -> Iterator[list[Crash]]:
    relay = CrashRelay()
    told: list[Crash] = []
    relay.crashed.connect(told.append)
    yield told
    relay.close()


def fail(error: BaseException) -> None:
    """Give an error that was raised to the hook, as the interpreter does."""
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - as the interpreter
        sys.excepthook(type(caught), caught, caught.__traceback__)


def test_an_error_is_logged_first_and_then_told(crashes: list[Crash], hooks: Hooks) -> None:
    fail(ValueError("x"))
    assert len(hooks.errors) == 1
    assert [crash.kind for crash in crashes] == ["ValueError"]
    assert crashes[0].place.startswith("test_crash_handler.py:")
    assert "ValueError: x" in crashes[0].details


def test_the_same_error_again_and_again_is_told_ever_less(crashes: list[Crash], hooks: Hooks) -> None:
    told: list[int] = []
    for number in range(1, 1_001):
        before = len(crashes)
        fail(ValueError("x"))
        told += [number] * (len(crashes) - before)
    assert len(hooks.errors) == 1_000
    assert told == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]


def test_ever_new_errors_are_not_told_for_ever(crashes: list[Crash]) -> None:
    for number in range(100):
        fail(type(f"Error{number}", (Exception,), {})())
    assert len(crashes) == 20


def test_ending_the_program_is_no_error(crashes: list[Crash], hooks: Hooks) -> None:
    fail(KeyboardInterrupt())
    assert crashes == []
    assert len(hooks.errors) == 1


def test_an_error_in_a_thread_is_told_in_the_windows(crashes: list[Crash], hooks: Hooks, qtbot: QtBot) -> None:
    thread = threading.Thread(target=fail_here)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(crashes) == 1)
    assert crashes[0].kind == "ZeroDivisionError"
    assert len(hooks.errors) == 1


def fail_here() -> None:
    """Fail without being caught."""
    raise ZeroDivisionError


def test_the_hooks_are_given_back(hooks: Hooks, qapp: QApplication) -> None:
    before = sys.excepthook, threading.excepthook
    relay = CrashRelay()
    assert sys.excepthook != before[0]
    relay.close()
    assert (sys.excepthook, threading.excepthook) == before
    relay = CrashRelay()
    sys.excepthook = other = Hooks().note
    relay.close()
    assert sys.excepthook == other


def test_an_error_without_a_place_has_none() -> None:
    assert place_of(None) == "?"


def test_one_dialog_tells_of_all_errors(
    make_shell: ShellMaker, scripted: ScriptedRun, hooks: Hooks, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    fail(ValueError("x"))
    fail(TypeError("y"))
    dialogs = shell.window.findChildren(CrashDialog)
    assert len(dialogs) == 1
    dialog = dialogs[0]
    assert dialog.isVisible()
    assert "unharmed" in dialog.words.text()
    assert "ValueError" in dialog.details.toPlainText()
    assert dialog.counter.text() == "2 errors so far"
    dialog.diagnostics_requested.emit()
    assert shell.window.findChild(DiagnosticsDialog) is not None
    dialog.close_button.click()
    fail(KeyError("z"))
    assert sum(shown.isVisible() for shown in shell.window.findChildren(CrashDialog)) == 1
    shell.shut_down()
    assert sys.excepthook == hooks.note


def test_private_names_are_told_only_if_wanted(qapp: QApplication) -> None:
    keeper = ErrorKeeper()
    try:
        log = logging.getLogger("backup_gui.test")
        log.warning("Not watching %r: %s", SECRET, "no")
        try:
            raise OSError(2, "No such file", SECRET)
        except OSError:
            log.exception("It failed at %s", SECRET)
        log.info("quiet")
        notes = keeper.notes()
    finally:
        keeper.close()
    log.warning("after the end")
    assert len(keeper.notes()) == len(notes) == 2
    job = Job(SECRET, Place("/media/anna/Secret"), id="a", name="Anna's secrets")
    held = Held(HeldCode.MASS_CHANGE, of_system("840 of them"), Counts(deleted=840), 1_000)
    status = Status(JobState.HELD, reason=of_system(f"{SECRET} is odd"), problems=PROBLEMS, held=held)
    plain, full = (describe(((job, status),), Settings(), notes, has_names=has) for has in (False, True))
    for private in ("anna", "Anna", "Secret", "Inbox"):
        assert private not in plain
    assert "backup_gui.test: Not watching %r: %s" in plain
    assert "[FileNotFoundError at test_crash_handler.py:" in plain
    assert "held: mass-change, 840 of 1000" in plain
    assert "keeps-changing 1, name-not-possible 1, no-permission 1" in plain
    for text in (SECRET, "Anna's secrets", "is odd", "No such file"):
        assert text in full
    for text in ("Python 3", "Qt 6", "SQLite 3", "watchdog "):
        assert text in plain


def test_the_text_is_copied_as_it_is_shown(qtbot: QtBot) -> None:
    dialog = DiagnosticsDialog("plain", "full")
    qtbot.addWidget(dialog)
    assert dialog.text.toPlainText() == "plain"
    dialog.copy_button.click()
    assert QGuiApplication.clipboard().text() == "plain"
    dialog.names_check.setChecked(True)
    dialog.copy_button.click()
    assert QGuiApplication.clipboard().text() == "full"
    assert dialog.done_label.text() == "Copied"


def test_help_offers_the_diagnostics(make_shell: ShellMaker, job: Job, scripted: ScriptedRun) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.controller.add(job)
    shell.window.menus.diagnostics_action.trigger()
    dialog = shell.window.findChild(DiagnosticsDialog)
    assert dialog is not None
    assert "Backup 1: waiting" in dialog.text.toPlainText()
    assert Path(job.source).name not in dialog.text.toPlainText()

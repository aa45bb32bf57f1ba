"""The first run: from the first start to a running backup."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from backup_gui.desktop import storage
from backup_gui.desktop.single_instance import Wish
from backup_gui.desktop.storage import PlaceOffer, drives, usual_folders
from backup_gui.engine.run import runner
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import problem
from backup_gui.model.reasons import of_system
from backup_gui.model.status import JobState
from backup_gui.presenters import first_run
from backup_gui.services import preview
from backup_gui.services import suggestions as beginning
from backup_gui.services.suggestions import propose
from backup_gui.ui.first_run.steps import FirstRun, FirstRunDialog
from backup_gui.ui.plan.preview_dialog import PreviewDialog
from backup_gui.ui.settings.page import NewJobDialog
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.values.first_run import FirstChoice, FirstForecast, FirstStart
from backup_gui.ui.widgets import fields
from backup_gui.ui.widgets.cards import TickCard
from backup_gui.ui.widgets.fields import choose_folder
from tests.helpers.screens import COUNTS, DOCUMENTS, PICTURES, PLACES
from tests.helpers.trees import read_tree
from tests.qt.conftest import RecordedEntry, ScriptedRun, ShellMaker, activate

# Windows names a user's folders itself, and no variable changes that.
KNOWN_FOLDERS = pytest.mark.posix("a home that a variable names")


@pytest.fixture
def home(own_places: Path) -> Path:
    """A home with files in the usual folders."""
    for name, count in (("Documents", 3), ("Pictures", 2), ("Desktop", 1)):
        folder = own_places / name
        folder.mkdir()
        for number in range(count):
            (folder / f"{number}.txt").write_text(name)
    return own_places


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A drive other than the computer's own; what is mounted here is no test's business."""
    drive = tmp_path / "drive"
    drive.mkdir()
    monkeypatch.setattr(
        "backup_gui.presenters.first_run.drives",
        lambda: (PlaceOffer(str(drive), "Stick", 10**12, 10**11, is_own=False),),
    )
    return drive


@pytest.fixture
def steps(icons: Icons, qtbot: QtBot) -> FirstRun:
    steps = FirstRun(icons)
    qtbot.addWidget(steps)
    steps.resize(900, 600)
    steps.show()
    return steps


def allow(steps: FirstRun, *jobs: Job) -> None:
    """Answer every choice with these jobs."""
    steps.check_requested.connect(lambda choice: steps.show_verdict(choice, jobs))


@KNOWN_FOLDERS
def test_from_the_first_start_to_a_running_backup_it_takes_three_clicks(
    make_shell: ShellMaker, home: Path, drive: Path, entry: RecordedEntry, qtbot: QtBot
) -> None:
    shell = make_shell(runner.run)
    shell.start(Wish())
    steps = shell.window.welcome
    qtbot.waitUntil(lambda: len(steps.folders.ticked) == 3)
    clicks = 0
    for button in (steps.next_button, steps.next_button, steps.start_button):
        qtbot.waitUntil(button.isEnabled)
        assert button.isVisible()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        clicks += 1
    assert clicks <= 4
    jobs = shell.controller.jobs
    places = [Place(str(drive / name)) for name in ("Documents", "Pictures", "Desktop")]
    assert [job.destination for job in jobs] == places
    qtbot.waitUntil(lambda: all(shell.controller.status(job.id).state is JobState.OK for job in jobs), timeout=20_000)
    for job in jobs:
        assert read_tree(Path(job.destination.path)) == read_tree(Path(job.source))
        assert job.keeps_history
        assert job.asks_about_strangers
    assert shell.window.board.isVisible()
    assert make_shell.store().jobs == jobs
    assert make_shell.store().settings().start_at_login
    qtbot.waitUntil(entry.is_there)
    # They are watched over from the first minute on.
    assert shell.care.monitor._since.keys() == {job.id for job in jobs}


@KNOWN_FOLDERS
def test_enter_three_times_is_enough(
    make_shell: ShellMaker, home: Path, drive: Path, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    with qtbot.waitExposed(shell.window):
        shell.start(Wish())
    steps = shell.window.welcome
    qtbot.waitUntil(lambda: len(steps.folders.ticked) == 3)
    activate(shell.window, qtbot)
    for button in (steps.next_button, steps.next_button, steps.start_button):
        qtbot.waitUntil(button.isEnabled)
        QTest.keyClick(shell.window.focusWidget(), Qt.Key.Key_Return)
    assert len(shell.controller.jobs) == 3


def test_enter_goes_on_where_the_style_of_the_desktop_lets_it_press_a_card(
    steps: FirstRun, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def press_as_gtk_does(card: TickCard, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Return:
            card.click()

    monkeypatch.setattr(TickCard, "keyPressEvent", press_as_gtk_does, raising=False)
    steps.show_folders(("/home/anna/Documents",))
    steps.show()
    activate(steps, qtbot)
    card = steps.folders.cards["/home/anna/Documents"]
    card.setFocus()
    QTest.keyClick(card, Qt.Key.Key_Return)
    assert card.isChecked()
    assert steps.step == 1


@pytest.mark.posix("a pipe in a folder")
def test_it_says_what_the_first_backup_is_going_to_do(
    make_shell: ShellMaker,
    home: Path,
    drive: Path,
    scripted: ScriptedRun,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    denied = problem(ProblemCode.NO_PERMISSION, "closed", Stage.COPY)
    # The user who runs the tests may be denied nothing.
    monkeypatch.setattr(preview, "_unreadable", lambda source, *_: (denied,) if source.endswith("Documents") else ())
    os.mkfifo(home / "Documents" / "pipe")
    (drive / "Documents").mkdir()
    (drive / "Documents" / "old").write_text("x")
    # Made in the same moment or not: the folders' own times are no part of this.
    for folder in (home / "Documents", drive / "Documents"):
        os.utime(folder, (1, 1))
    shell = make_shell(scripted)
    shell.start(Wish())
    steps = shell.window.welcome
    qtbot.waitUntil(lambda: len(steps.folders.ticked) == 3)
    steps.folders.cards[str(home / "Desktop")].click()
    steps.next_button.click()
    qtbot.waitUntil(steps.next_button.isEnabled)
    steps.next_button.click()
    qtbot.waitUntil(lambda: steps.start._figures.text() == "5 files, 43 bytes")
    assert steps.start.problems.text == "1 file cannot be copied:\nclosed: No permission to read this"
    assert "1 file that is there now is not in your folder" in steps.start.strangers.text
    steps.start.plan_button.click()
    menu = steps.start.findChild(QMenu)
    assert menu is not None
    menu.actions()[0].trigger()
    dialog = shell.window.findChild(PreviewDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: len(dialog.plan.model.tree.actions) == 4)
    assert list(drive.iterdir()) == [drive / "Documents"]
    dialog.close()


def test_folders_are_offered_ticked_and_counted(steps: FirstRun) -> None:
    counted: list[object] = []
    steps.folders.count_requested.connect(counted.append)
    steps.show_folders(("/a/One", "/a/Two"))
    assert counted == ["/a/One", "/a/Two"]
    assert list(steps.folders.ticked) == ["/a/One", "/a/Two"]
    steps.folders.show_count("/a/One", 1_204, 48_000_000)
    face = steps.folders.cards["/a/One"]
    assert (face.title, face.figure, face.remark) == ("One", "48.0 MB", "1,204 files so far")
    steps.folders.show_count("/a/One", 0, 0, is_done=True, is_readable=False)
    assert face.remark == "cannot be read"
    steps.folders.cards["/a/Two"].click()
    assert list(steps.folders.ticked) == ["/a/One"]
    assert steps.folders.cards["/a/One"].accessibleName() == "One"


def test_without_a_folder_there_is_no_next(steps: FirstRun) -> None:
    assert not steps.next_button.isEnabled()
    steps.show_folders(("/a/One",))
    assert steps.next_button.isEnabled()
    steps.folders.cards["/a/One"].click()
    assert not steps.next_button.isEnabled()


def test_the_first_other_drive_with_room_is_chosen(steps: FirstRun) -> None:
    steps.show_folders(tuple(COUNTS))
    for path, (files, size_bytes, is_done) in COUNTS.items():
        steps.folders.show_count(path, files, size_bytes, is_done=is_done)
    steps.show_places(tuple(reversed(PLACES)))
    chosen = steps.places.chosen
    assert chosen is not None
    assert chosen.name == "Backup"
    assert steps.places.cards["/media/anna/STICK"].remark == "Too small"


def test_the_computers_own_drive_is_never_chosen_for_the_user(steps: FirstRun) -> None:
    steps.show_places((replace(PLACES[2]),))
    assert steps.places.chosen is None
    assert not steps.next_button.isEnabled()


def test_a_drive_that_is_too_small_does_not_lead_on(steps: FirstRun) -> None:
    allow(steps, DOCUMENTS)
    steps.show_folders(("/a/One",))
    steps.show_places(PLACES)
    steps.next_button.click()
    assert steps.next_button.isEnabled()
    steps.folders.show_count("/a/One", 1, 20_000_000_000)
    steps.places.cards["/media/anna/STICK"].click()
    assert not steps.next_button.isEnabled()
    assert steps.places.remark.text == "There is not enough room: 20.0 GB are needed, 12.0 GB are free."


def test_a_refusal_is_told_and_does_not_lead_on(steps: FirstRun) -> None:
    reason = "The destination lies inside the source."
    steps.check_requested.connect(lambda choice: steps.show_verdict(choice, (), reason, is_wrong=True))
    steps.show_folders(("/a/One",))
    steps.next_button.click()
    steps.take_folders(("/a/One/backup",))
    assert steps.places.remark.text == reason
    assert not steps.next_button.isEnabled()


def test_an_answer_to_an_older_choice_is_ignored(steps: FirstRun) -> None:
    choices: list[FirstChoice] = []
    steps.check_requested.connect(choices.append)
    steps.show_folders(("/a/One",))
    steps.show_places(PLACES)
    steps.places.cards["/home/anna/Backups"].click()
    steps.next_button.click()
    steps.show_verdict(choices[0], (DOCUMENTS,))
    assert not steps.next_button.isEnabled()
    steps.show_verdict(choices[-1], (DOCUMENTS,))
    assert steps.next_button.isEnabled()


def test_a_folder_that_is_not_empty_is_used_itself_only_on_demand(steps: FirstRun) -> None:
    choices: list[FirstChoice] = []
    steps.check_requested.connect(choices.append)
    steps.show_folders(("/a/One",))
    steps.next_button.click()
    steps.take_folders(("/srv/full",))
    assert not choices[-1].is_whole_place
    steps.show_verdict(choices[-1], (DOCUMENTS,), is_place_empty=False)
    assert steps.places.whole_radio.isVisible()
    assert "One" in steps.places.new_radio.text()
    steps.places.whole_radio.click()
    assert choices[-1].is_whole_place
    # Two folders can never share one backup.
    steps.back_button.click()
    steps.take_folders(("/a/Two",))
    assert not choices[-1].is_whole_place


def test_start_gives_the_jobs_as_they_were_shown(steps: FirstRun) -> None:
    started: list[FirstStart] = []
    asked: list[object] = []
    steps.start_requested.connect(started.append)
    steps.forecast_requested.connect(asked.append)
    allow(steps, DOCUMENTS, PICTURES)
    steps.show_folders(("/a/One",))
    steps.show_places(PLACES)
    steps.next_button.click()
    steps.next_button.click()
    assert asked == [(DOCUMENTS, PICTURES)]
    steps.start.login_check.click()
    # Whether a history is kept is checked with the rest, but is no reason to look at everything again.
    steps.start.history_check.click()
    assert len(asked) == 1
    steps.start_button.click()
    assert started == [FirstStart((DOCUMENTS, PICTURES), starts_at_login=False)]


def test_the_forecast_grows_and_ends(steps: FirstRun) -> None:
    figures = steps.start._figures
    steps.start.show_forecast(FirstForecast(files=12))
    assert figures.text() == "Looking at your files… 12 files so far"
    assert not steps.start.plan_button.isEnabled()
    steps.start.show_forecast(FirstForecast(1_204, 4_800_000_000, 90.0, is_done=True))
    assert figures.text() == "1,204 files, 4.8 GB"
    assert steps.start._time.text().startswith("About 2 min")
    steps.start.show_forecast(FirstForecast(is_done=True))
    assert "everything is there already" in figures.text()
    steps.start.show_forecast(FirstForecast(is_done=True, reason=of_system("The drive is not there.")))
    assert figures.text() == "The drive is not there."


@pytest.mark.filterwarnings("ignore:Function. 'QDropEvent:DeprecationWarning")
def test_a_dropped_folder_is_ticked(steps: FirstRun) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/home/anna/Photos")])
    copy, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    steps.dropEvent(QDropEvent(QPointF(5, 5), copy, data, button, none))
    assert steps.folders.ticked == (str(Path("/home/anna/Photos")),), "as the system writes it"


@pytest.mark.filterwarnings("ignore:Function. 'QDragEnterEvent:DeprecationWarning")
@pytest.mark.parametrize("step", [0, 1, 2])
def test_several_dropped_folders_are_no_place_for_the_backup(steps: FirstRun, step: int) -> None:
    steps._show_step(step)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(f"/home/anna/{name}") for name in ("Music", "Photos")])
    copy, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, button, none)
    enter.ignore()
    steps.dragEnterEvent(enter)
    assert enter.isAccepted() is (step != 1)


def test_a_dialog_of_the_desktop_that_fails_to_appear_is_replaced(
    steps: FirstRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fails_at_once in (True, False):
        monkeypatch.setattr(fields, "_SEEN_AFTER_S", 60.0 if fails_at_once else -1.0)
        chooser = choose_folder(steps, "Choose", "")
        # As Qt marks one that the desktop shows.
        chooser.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, True)
        chooser.reject()
        assert chooser.isVisible() is fails_at_once
        assert chooser.testOption(QFileDialog.Option.DontUseNativeDialog) is fails_at_once
        chooser.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, False)
        chooser.reject()
        assert not chooser.isVisible()


def test_any_folder_can_be_chosen(steps: FirstRun) -> None:
    steps.folders.add_button.click()
    chooser = steps.findChild(QFileDialog)
    assert chooser is not None
    chooser.fileSelected.emit("/home/anna/Films")
    chooser.reject()
    assert steps.folders.ticked == (str(Path("/home/anna/Films")),), "as the system writes it"


def test_a_card_is_pressed_anywhere_and_with_the_space_bar(steps: FirstRun, qtbot: QtBot) -> None:
    steps.show_folders(("/a/One",))
    card = steps.folders.cards["/a/One"]
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(card.width() - 9, card.height() // 2))
    assert not card.isChecked()
    QTest.keyClick(card, Qt.Key.Key_Space)
    assert card.isChecked()


def test_the_tab_key_reaches_each_control_of_each_step(steps: FirstRun, qtbot: QtBot) -> None:
    allow(steps, Job("1", Place("Documents"), "/home/anna/Documents", "/media/anna/Backup/Documents"))
    with qtbot.waitExposed(steps):
        steps.activateWindow()
    steps.show_folders(tuple(COUNTS))
    steps.show_places(PLACES)
    folders, places, start = steps.folders, steps.places, steps.start
    foot = (steps.by_hand_button, steps.restore_button, steps.next_button)
    assert reached_by_tab(steps) == [*folders.cards.values(), folders.add_button, *foot]
    steps.next_button.click()
    chosen = next(card for card in places.cards.values() if card.isChecked())
    assert reached_by_tab(steps) == [chosen, places.other_button, steps.back_button, steps.next_button]
    steps.next_button.click()
    steps.start.show_forecast(FirstForecast(1_204, 4_800_000_000, 90.0, is_done=True))
    checks = (start.history_check, start.login_check)
    assert reached_by_tab(steps) == [*checks, steps.back_button, steps.start_button, start.plan_button]


def reached_by_tab(steps: FirstRun) -> list[QWidget | None]:
    """What gets the keyboard, Tab by Tab, until it is where it was."""
    reached: list[QWidget | None] = [steps.focusWidget()]
    while True:
        QTest.keyClick(steps.focusWidget(), Qt.Key.Key_Tab)
        if steps.focusWidget() in reached:
            assert steps.focusWidget() is reached[0]
            return reached
        reached.append(steps.focusWidget())


def test_the_form_with_all_choices_is_one_click_away(
    make_shell: ShellMaker, home: Path, drive: Path, scripted: ScriptedRun
) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.window.welcome.by_hand_button.click()
    assert shell.window.findChild(NewJobDialog) is not None


@KNOWN_FOLDERS
def test_a_further_backup_can_be_made_step_by_step(
    make_shell: ShellMaker, home: Path, drive: Path, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    make_shell.store().save_jobs((job._replace(source=str(home / "Documents")),))
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.window.menus.new_action.trigger()
    dialog = shell.window.findChild(FirstRunDialog)
    assert dialog is not None
    # What is protected already is not offered again.
    qtbot.waitUntil(lambda: dialog.steps.folders.ticked == (str(home / "Pictures"), str(home / "Desktop")))
    dialog.steps.next_button.click()
    qtbot.waitUntil(dialog.steps.next_button.isEnabled)
    dialog.steps.next_button.click()
    dialog.steps.start_button.click()
    assert not dialog.isVisible()
    assert len(shell.controller.jobs) == 3


@KNOWN_FOLDERS
def test_a_further_backup_goes_to_the_drive_that_the_others_go_to(
    make_shell: ShellMaker,
    home: Path,
    job: Job,
    scripted: ScriptedRun,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large, used = (
        PlaceOffer(str(tmp_path / "large"), "LARGE", 9_000, 9_000),
        PlaceOffer(str(tmp_path), "USED", 900, 900),
    )
    monkeypatch.setattr(first_run, "drives", lambda: (large, used))
    make_shell.store().save_jobs((job,))
    assert Path(job.destination.path).is_relative_to(used.root)
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.window.menus.new_action.trigger()
    dialog = shell.window.findChild(FirstRunDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.steps.places.chosen == used)


def test_closing_the_steps_gives_up_what_they_asked_for(
    make_shell: ShellMaker, home: Path, drive: Path, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    dialog = shell.window.begin_step_by_step()
    gone: list[object] = []
    dialog.steps.destroyed.connect(lambda: gone.append(None))
    dialog.reject()
    qtbot.waitUntil(lambda: bool(gone))
    qtbot.waitUntil(lambda: not shell.tasks._running)
    assert not any(key.startswith("first run") for key in shell.tasks._waiting)


# What is found out about folders and drives


@pytest.fixture
def propose_for(tmp_path: Path) -> Callable[..., beginning.Proposal]:
    def propose_for(*names: str, place: str, is_whole_place: bool = False) -> beginning.Proposal:
        sources = []
        for name in names:
            folder = tmp_path / "home" / name
            folder.mkdir(parents=True, exist_ok=True)
            sources.append(str(folder))
        return propose(tuple(sources), str(tmp_path / place), (), is_whole_place=is_whole_place)

    return propose_for


def test_each_source_gets_a_folder_of_its_own(propose_for: Callable[..., beginning.Proposal], tmp_path: Path) -> None:
    proposal = propose_for("a/Notes", "b/notes", "c/Films", place="drive")
    assert [Path(job.destination.path).relative_to(tmp_path) for job in proposal.jobs] == [
        Path("drive/Notes"),
        Path("drive/notes 2"),
        Path("drive/Films"),
    ]
    assert len({job.id for job in proposal.jobs}) == 3
    assert "same drive" in proposal.note


def test_one_source_may_have_the_place_itself(propose_for: Callable[..., beginning.Proposal], tmp_path: Path) -> None:
    (tmp_path / "drive").mkdir()
    (tmp_path / "drive" / "old").write_text("x")
    proposal = propose_for("Notes", place="drive", is_whole_place=True)
    assert not proposal.is_place_empty
    assert proposal.jobs[0].destination.path == str(tmp_path / "drive")
    assert propose_for("Notes", "Films", place="drive", is_whole_place=True).jobs[0].destination.path.endswith("Notes")


@pytest.mark.parametrize(
    ("place", "reason"), [("home/Notes", "inside the source"), ("home/Notes/deeper", "inside the source")]
)
def test_places_that_cannot_be_are_refused(
    propose_for: Callable[..., beginning.Proposal], place: str, reason: str
) -> None:
    proposal = propose_for("Notes", place=place)
    assert proposal.jobs == ()
    assert reason in proposal.fault


def test_home_itself_and_system_folders_are_refused(own_places: Path, tmp_path: Path) -> None:
    source = tmp_path / "Notes"
    source.mkdir()
    assert "home folder" in propose((str(source),), str(own_places), (), is_whole_place=True).fault
    if os.name == "posix":
        assert "belongs to the system" in propose((str(source),), "/usr/share", ()).fault
    # A folder in the home folder is its own place: there it is the source itself.
    notes = own_places / "Notes"
    notes.mkdir()
    assert "same folder" in propose((str(notes),), str(own_places), ()).fault


@KNOWN_FOLDERS
def test_usual_folders_are_those_that_are_there(home: Path) -> None:
    assert usual_folders((str(home / "Pictures"),)) == (str(home / "Documents"), str(home / "Desktop"))
    (home / "Desktop" / "0.txt").unlink()
    (home / "Desktop").rmdir()
    assert usual_folders(()) == (str(home / "Documents"), str(home / "Pictures"))


def test_the_own_drive_leads_to_a_folder_at_home_and_comes_last(own_places: Path) -> None:
    found = drives()
    own = [place for place in found if place.is_own]
    assert len(own) <= 1
    for place in own:
        assert place == found[-1]
        assert place.root == str(own_places / "Backups")
    assert all(place.total_bytes >= place.free_bytes >= 0 for place in found)
    assert not any(place.root.startswith(("/proc", "/sys", "/dev")) for place in found)


def test_a_drive_is_named_as_the_system_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Volume:
        """A drive, with its path as Qt writes it."""

        def rootPath(self) -> str:
            return tmp_path.as_posix()

        def __getattr__(self, name: str) -> Callable[[], object]:
            texts = {"fileSystemType": QByteArray(b"NTFS"), "displayName": "Disk", "isReadOnly": False}
            return lambda: texts.get(name, 1)

    monkeypatch.setattr(storage, "QStorageInfo", SimpleNamespace(mountedVolumes=lambda: [Volume()]))
    monkeypatch.setattr(storage, "disks_of", lambda path: frozenset({path}))
    assert [(place.root, place.name) for place in drives()] == [(str(tmp_path), "Disk")]


def test_another_part_of_the_own_drive_is_not_offered_as_another_drive(
    own_places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "disks_of", lambda _path: frozenset({"sda"}))
    assert {(place.root, place.is_own) for place in drives()} <= {(str(own_places / "Backups"), True)}

"""The view of a plan: alone, as the preview of a pass, and as the review of what is held."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QModelIndex, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHeaderView
from pytestqt.qtbot import QtBot

from backup_gui.desktop.single_instance import Wish
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.run import runner
from backup_gui.engine.run.single_pass import run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.entries import EntryKind
from backup_gui.model.events import AllowHeld, PutBack, StatusChanged
from backup_gui.model.job import Job
from backup_gui.model.plan_tree import Arranged, Arrangement
from backup_gui.model.plans import FULL, Action, Counts, HeldCode, Op, Phase, ProblemCode, Progress
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.status import JobState, Status
from backup_gui.presenters import plan as planpresenter
from backup_gui.services.arrange_plan import arrange
from backup_gui.services.preview import expected_s, preview_plan
from backup_gui.ui.plan.model import PlanModel
from backup_gui.ui.plan.preview_dialog import PreviewDialog
from backup_gui.ui.plan.review_dialog import ReviewDialog
from backup_gui.ui.plan.view import PlanView
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.text.headline import held_text
from backup_gui.ui.values.job import HeldAnswer
from tests.helpers.beats import Beats
from tests.helpers.looks import is_due
from tests.helpers.screens import DOCUMENTS, HELD, PLAN, STRANGERS, arrange_now
from tests.helpers.trees import read_tree
from tests.helpers.unprivileged import Unprivileged
from tests.qt.conftest import ScriptedRun, ShellMaker, activate


@pytest.fixture
def view(icons: Icons, qtbot: QtBot) -> PlanView:
    view = PlanView(icons, keeps_history=True)
    qtbot.addWidget(view)
    arrange_now(view)
    view.show_actions(PLAN)
    view.show()
    return view


def rows(view: PlanView) -> list[QModelIndex]:
    """The rows in sight or scrolled to, from above to below."""
    found = []
    index = view.tree.model().index(0, 0)
    while index.isValid():
        found.append(index)
        index = view.tree.indexBelow(index)
    return found


def shown(view: PlanView) -> list[str]:
    return [view.model.path(index) for index in rows(view)]


def texts(view: PlanView, path: str) -> list[str]:
    """What is written in a row."""
    index = row_of(view, path)
    return [str(index.siblingAtColumn(column).data()) for column in range(3)]


def row_of(view: PlanView, path: str) -> QModelIndex:
    return next(index for index in rows(view) if view.model.path(index) == path)


def choose(view: PlanView, words: str) -> None:
    """Choose a line of the context menu, which is for those without a mouse."""
    next(action for action in view.tree.actions() if action.text() == words).trigger()


def test_the_kinds_are_counted_and_filter(view: PlanView) -> None:
    words = [button.text() for button in view.filter_buttons.values() if button.isVisible()]
    assert words == [
        "&All (853)",
        "Ne&w (10)",
        "&Replaced (1)",
        "Mo&ved (1)",
        "D&eleted (840)",
        "&Only details (1)",
    ]
    view.filter_buttons[Op.MOVE].click()
    assert shown(view) == ["Travel/2024", "Travel/2024/Lisbon.jpg"]
    assert texts(view, "Travel/2024/Lisbon.jpg") == ["Lisbon.jpg", "moved from Inbox/IMG_1204.jpg", "3.4 MB"]
    assert view.foot.text() == "1.6 GB would be copied"


def test_the_arrow_of_what_moves_points_to_where_lines_go(view: PlanView, qapp: QApplication) -> None:
    view.filter_buttons[Op.MOVE].click()
    row = row_of(view, "Travel/2024/Lisbon.jpg")
    pictures = []
    for direction in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        qapp.setLayoutDirection(direction)
        try:
            pictures.append(row.siblingAtColumn(1).data(Qt.ItemDataRole.DecorationRole).pixmap(64).toImage())
        finally:
            qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    tips = [
        [sum(image.pixelColor(x, y).alpha() > 128 for y in range(image.height())) for x in range(image.width())]
        for image in pictures
    ]
    assert [heights.index(max(heights)) > len(heights) / 2 for heights in tips] == [True, False]


def test_a_folder_tells_at_a_glance_what_is_in_it(view: PlanView) -> None:
    assert shown(view) == ["Films/Summer 2026", "Letters/Tax 2026", "Travel", ""]
    assert texts(view, "Films/Summer 2026") == ["Films/Summer 2026", "added, with 9 in it", "1.6 GB"]
    assert texts(view, "Travel") == ["Travel", "1 moved  ·  840 deleted", "3.2 GB"]
    assert texts(view, "") == ["The folder itself", "brought up to date", ""]
    view.tree.expand(row_of(view, "Travel"))
    assert texts(view, "Travel/2010") == ["2010", "60 deleted", "205.7 MB"]
    assert row_of(view, "Travel/2010").data(Qt.ItemDataRole.ToolTipRole) == "Travel/2010 (folder)"
    assert row_of(view, "Travel/2010").data(Qt.ItemDataRole.AccessibleTextRole) == "2010, folder"


def test_a_folder_to_which_something_else_happens_says_both(icons: Icons, qtbot: QtBot) -> None:
    view = PlanView(icons, keeps_history=True)
    qtbot.addWidget(view)
    arrange_now(view)
    view.show_actions(
        (
            Action(Op.SET_METADATA, "a", EntryKind.FOLDER),
            Action(Op.CREATE, "a/new", EntryKind.FILE, 5),
            Action(Op.DELETE, "b", EntryKind.FOLDER),
            Action(Op.DELETE, "b/old", EntryKind.FILE, 5),
        )
    )
    assert texts(view, "a")[1] == "1 new; itself brought up to date"
    assert texts(view, "b")[1] == "moved to the history, with 1 in it"


def test_a_plan_is_shown_in_its_own_order_until_somebody_answers(icons: Icons, qtbot: QtBot) -> None:
    view = PlanView(icons, keeps_history=False)
    qtbot.addWidget(view)
    view.show_actions(PLAN)
    assert shown(view)[:2] == [action.path for action in PLAN[:2]]
    assert texts(view, PLAN[0].path)[0] == PLAN[0].path
    assert view.filter_buttons[None].text() == "&All (853)"


def test_the_search_narrows_counts_anew_and_opens_what_it_found(view: PlanView, qtbot: QtBot) -> None:
    before = shown(view)
    view.search_edit.setText("LISBON")
    qtbot.waitUntil(lambda: shown(view) == ["Travel/2024", "Travel/2024/Lisbon.jpg"])
    assert [op for op, button in view.filter_buttons.items() if button.isVisible()] == [None, Op.MOVE]
    view.search_edit.setText("nowhere")
    qtbot.waitUntil(lambda: view.foot.text() == "Nothing with this in its name was found.")
    assert shown(view) == []
    view.search_edit.clear()
    qtbot.waitUntil(lambda: shown(view) == before)


def test_the_largest_comes_first_on_demand(view: PlanView) -> None:
    header = view.tree.header()
    assert isinstance(header, QHeaderView)
    view.tree.expand(row_of(view, "Films/Summer 2026"))
    choose(view, "Sort by &size")
    choose(view, "Sort by &size")
    # What was open stays so.
    assert shown(view)[:3] == ["Travel", "Films/Summer 2026", "Films/Summer 2026/clip 08.mov"]
    assert header.sortIndicatorSection() == 2
    view.tree.collapse(row_of(view, "Films/Summer 2026"))
    choose(view, "Sort by &name")
    assert shown(view) == ["Films/Summer 2026", "Letters/Tax 2026", "Travel", ""]


def test_what_is_open_stays_open_when_the_kind_is_chosen(view: PlanView) -> None:
    view.tree.expand(row_of(view, "Travel"))
    view.tree.expand(row_of(view, "Travel/2011"))
    view.filter_buttons[Op.DELETE].click()
    found = shown(view)
    assert found[:3] == ["Travel", "Travel/2010", "Travel/2011"]
    assert found[3] == "Travel/2011/Day 01.jpg"


def test_a_sort_before_the_first_answer_opens_as_much_as_without(icons: Icons, qtbot: QtBot) -> None:
    view = PlanView(icons, keeps_history=False)
    qtbot.addWidget(view)
    wishes: list[Arrangement] = []
    view.arrangement_requested.connect(wishes.append)
    view.show_actions(PLAN[:3])
    choose(view, "Sort by &size")
    assert [wish.opens_more for wish in wishes] == [True, True]
    arranged = arrange(wishes[-1], bool)
    view.show_arranged(arranged)
    choose(view, "Sort by &name")
    assert not wishes[-1].opens_more


def test_the_tree_is_for_the_keyboard(view: PlanView) -> None:
    view.tree.setCurrentIndex(row_of(view, "Travel"))
    QTest.keyClick(view.tree, Qt.Key.Key_Right)
    assert "Travel/2010" in shown(view)
    QTest.keyClick(view.tree, Qt.Key.Key_Minus)
    assert "Travel/2010" not in shown(view)
    QTest.keyClick(view.tree, Qt.Key.Key_Plus)
    QTest.keyClick(view.tree, Qt.Key.Key_Down)
    assert view.model.path(view.tree.currentIndex()) == "Travel/2010"
    QTest.keyClick(view.tree, Qt.Key.Key_Asterisk)
    assert shown(view).count("Travel/2010/Day 60.jpg") == 1
    assert "Travel/2011/Day 60.jpg" not in shown(view)
    choose(view, "&Close all folders")
    assert shown(view) == ["Films/Summer 2026", "Letters/Tax 2026", "Travel", ""]


def test_a_screen_reader_is_told_of_a_tree_with_its_rows(view: PlanView) -> None:
    tree = QAccessible.queryAccessibleInterface(view.tree)
    assert tree.role() == QAccessible.Role.Tree
    assert tree.text(QAccessible.Text.Name) == "What would happen"
    cells = [tree.child(number) for number in range(tree.childCount())]
    items = [cell.text(QAccessible.Text.Name) for cell in cells if cell.role() == QAccessible.Role.TreeItem]
    assert items[:3] == ["Films/Summer 2026, folder", "added, with 9 in it", "1.6 GB"]
    assert cells[3].state().expandable


def test_the_key_for_all_opens_no_more_than_can_be_looked_through(view: PlanView) -> None:
    view.tree.setCurrentIndex(row_of(view, "Travel"))
    QTest.keyClick(view.tree, Qt.Key.Key_Asterisk)
    found = shown(view)
    assert "Travel/2010" in found
    assert "Travel/2010/Day 01.jpg" not in found
    # At a file it does nothing.
    view.tree.setCurrentIndex(row_of(view, ""))
    QTest.keyClick(view.tree, Qt.Key.Key_Asterisk)
    assert shown(view) == found


def test_an_answer_to_an_older_wish_is_ignored(
    make_shell: ShellMaker, scripted: ScriptedRun, monkeypatch: pytest.MonkeyPatch, icons: Icons, qtbot: QtBot
) -> None:
    may_answer = threading.Event()

    def arrange_late(wish: Arrangement, _should_stop: object) -> Arranged:
        assert wish.op is not Op.DELETE or may_answer.wait(10)
        return arrange(wish, bool)

    monkeypatch.setattr(planpresenter, "arrange", arrange_late)
    shell = make_shell(scripted)
    dialog = ReviewDialog(icons, DOCUMENTS, HELD, shell.window)
    shell.window.review_opened.emit(dialog)
    view = dialog.plan
    view.show_actions(PLAN)
    view.filter_buttons[Op.DELETE].click()
    view.filter_buttons[Op.MOVE].click()
    moved = ["Travel/2024", "Travel/2024/Lisbon.jpg"]
    qtbot.waitUntil(lambda: shown(view) == moved)
    may_answer.set()
    qtbot.waitUntil(lambda: not any(thread.name.startswith("look plan") for thread in threading.enumerate()))
    qtbot.wait(20)
    assert shown(view) == moved


# The model


def model_of(icons: Icons, actions: tuple[Action, ...]) -> PlanModel:
    arranged = arrange(Arrangement(actions), bool)
    model = PlanModel(icons, keeps_history=False)
    model.show_tree(arranged.tree)
    return model


def test_the_tree_is_one_to_qt(icons: Icons, qtmodeltester: Any) -> None:
    qtmodeltester.check(model_of(icons, PLAN))
    action = Action(Op.DELETE, "a\nb\udcff", EntryKind.FILE, 10 * 1024**3)
    model = model_of(icons, (action,) * 3)
    assert [model.index(0, column).data() for column in range(3)] == ["a\\nb\\xff", "deleted", "10.7 GB"]
    qtmodeltester.check(model)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["f {many}/g {some}/{one}", "{one}", "all/{one}"])
def test_a_million_actions_are_opened_on_demand(form: str, icons: Icons, qtbot: QtBot) -> None:
    actions = tuple(
        Action(Op.DELETE, form.format(many=n % 100, some=n % 1_000, one=n), EntryKind.FILE, n) for n in range(1_000_000)
    )
    wishes: list[Arrangement] = []
    view = PlanView(icons, keeps_history=False)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.arrangement_requested.connect(wishes.append)
    view.show()
    QCoreApplication.processEvents()
    longest_s = 0.0
    with timed() as took:
        view.show_actions(actions)
        QCoreApplication.processEvents()
    longest_s = max(longest_s, took())
    arranged = arrange(wishes[-1], bool)
    with timed() as took:
        view.show_arranged(arranged)
        QCoreApplication.processEvents()
    longest_s = max(longest_s, took())
    for _ in range(3):
        with timed() as took:
            view.tree.setCurrentIndex(view.tree.model().index(0, 0, view.tree.currentIndex()))
            QTest.keyClick(view.tree, Qt.Key.Key_Asterisk)
            QCoreApplication.processEvents()
        longest_s = max(longest_s, took())
    for _ in range(5):
        with timed() as took:
            view.tree.scrollToBottom()
            QCoreApplication.processEvents()
        longest_s = max(longest_s, took())
    assert view.model.tree.counts(0).total == 1_000_000
    assert len(rows(view)) < 5_000
    sys.stdout.write(f"1,000,000 actions, {form}: longest step {longest_s * 1e3:.0f} ms\n")
    # Less than 30 ms on a fast machine.
    assert longest_s < 0.15


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """How long this thread has worked, whatever else the machine does."""
    began_s = time.thread_time()
    yield lambda: time.thread_time() - began_s


@pytest.mark.slow
def test_the_pages_of_a_folder_come_as_it_is_scrolled_through(icons: Icons, qtbot: QtBot) -> None:
    actions = tuple(Action(Op.DELETE, f"a/{n:04}", EntryKind.FILE, n) for n in range(1_700))
    view = PlanView(icons, keeps_history=False)
    qtbot.addWidget(view)
    arrange_now(view)
    view.show_actions((*actions, Action(Op.DELETE, "last", EntryKind.FILE)))
    view.tree.expand(row_of(view, "a"))
    view.show()
    assert len(rows(view)) == 502
    bar = view.tree.verticalScrollBar()

    def is_all_there() -> bool:
        bar.setValue(bar.value() + bar.pageStep() // 2)
        return len(rows(view)) == 1_702

    qtbot.waitUntil(is_all_there, timeout=20_000)
    assert shown(view) == ["a", *(action.path for action in actions), "last"]


def test_the_preview_tells_what_would_be_done(icons: Icons, qtbot: QtBot) -> None:
    dialog = PreviewDialog(icons, DOCUMENTS)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.show_progress(Progress(Phase.COMPARING, 12, path="a"))
    assert dialog.progress._words.text() == "12 files looked at"
    dialog.show_plan(PLAN, Counts(created=10, deleted=840))
    assert dialog._title.text() == "10 new  ·  840 deleted"
    dialog.show_held(HELD)
    assert dialog.held.text.endswith("You would be asked first.")
    assert dialog.plan.isVisible()


def test_a_preview_that_cannot_be_made_says_why(icons: Icons, qtbot: QtBot) -> None:
    dialog = PreviewDialog(icons, DOCUMENTS)
    qtbot.addWidget(dialog)
    dialog.show_failure(Reason(ReasonCode.WATCHED_ABSENT))
    assert "not possible" in dialog._title.text()


# Wired


def fill(job: Job) -> None:
    for name in ("stays", "changes", "goes"):
        Path(job.source, name).write_text(name)
    catalog = JobDatabase.in_memory()
    run_pass(job, catalog, FULL)
    catalog.close()
    Path(job.source, "changes").write_text("longer than before")
    Path(job.source, "goes").unlink()
    Path(job.source, "comes").write_text("new")


def test_what_would_be_done_is_shown_and_not_done(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    fill(job)
    before = read_tree(Path(job.destination.path)), read_tree(Path(job.source))
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.window.menus.preview_action.trigger()
    dialog = shell.window.findChild(PreviewDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.plan.filter_buttons[Op.DELETE].text() == "D&eleted (1)")
    assert dialog._title.text() == "1 new  ·  1 replaced  ·  1 deleted  ·  1 with new details"
    assert set(shown(dialog.plan)) == {"", "changes", "comes", "goes"}
    assert (read_tree(Path(job.destination.path)), read_tree(Path(job.source))) == before
    dialog.close()


def test_closing_the_preview_gives_the_comparison_up(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    dialog = shell.window.preview(job)
    assert is_due(shell.tasks, f"plan {id(dialog)} preview")
    dialog.reject()
    assert not is_due(shell.tasks, f"plan {id(dialog)} preview")
    assert not is_due(shell.tasks, f"plan {id(dialog)}")
    qtbot.waitUntil(lambda: not shell.tasks._running)


def test_what_is_held_is_filtered_in_the_review(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    shell = make_shell(scripted)
    shell.start(Wish())
    shell.controller.add(job)
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(Status(JobState.HELD, held=HELD)))
    qtbot.waitUntil(lambda: shell.controller.status(job.id).held == HELD)
    dialog = shell.window.review(job.id)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.plan.filter_buttons[Op.DELETE].text() == "D&eleted (840)")
    dialog.plan.search_edit.setText("2015/Day 07")
    qtbot.waitUntil(lambda: shown(dialog.plan) == ["Travel/2015", "Travel/2015/Day 07.jpg"])
    dialog.reject()


def test_putting_back_is_asked_for_exactly_what_was_shown(icons: Icons, qtbot: QtBot) -> None:
    dialog = ReviewDialog(icons, DOCUMENTS, HELD)
    qtbot.addWidget(dialog)
    wishes: list[object] = []
    dialog.answered.connect(wishes.append)
    assert dialog.put_back_button.isVisibleTo(dialog)
    dialog.put_back_button.click()
    assert wishes == [HeldAnswer("a1", PutBack(HELD))]


def test_putting_back_is_offered_only_where_it_makes_sense(icons: Icons, qtbot: QtBot) -> None:
    replaced = HELD._replace(counts=Counts(replaced=840))
    for held in (STRANGERS, replaced):
        dialog = ReviewDialog(icons, DOCUMENTS, held)
        qtbot.addWidget(dialog)
        assert not dialog.put_back_button.isVisibleTo(dialog)


def test_another_folder_in_the_backups_place_is_used_or_left_and_nothing_of_it_is_kept(
    icons: Icons, qtbot: QtBot
) -> None:
    held = HELD._replace(code=HeldCode.DESTINATION_REPLACED)
    dialog = ReviewDialog(icons, DOCUMENTS, held)
    qtbot.addWidget(dialog)
    answers: list[object] = []
    dialog.answered.connect(answers.append)
    assert not dialog.put_back_button.isVisibleTo(dialog)
    assert not dialog.keep_button.isVisibleTo(dialog)
    assert "Another folder" in held_text(held)
    assert "Use this folder" in dialog.allow_button.text()
    dialog.show()
    activate(dialog, qtbot)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert answers == [], "Enter decides later"
    dialog.allow_button.click()
    assert answers == [HeldAnswer("a1", AllowHeld(held))]


@pytest.mark.slow
def test_a_million_rows_are_filtered_without_stopping_the_window(
    make_shell: ShellMaker, job: Job, scripted: ScriptedRun, qtbot: QtBot
) -> None:
    from backup_gui.app import SWITCH_INTERVAL_S

    actions = tuple(Action(Op.DELETE, f"f {n % 1000}/{n}", EntryKind.FILE, n) for n in range(1_000_000))
    held = HELD._replace(actions=actions)
    make_shell.store().save_jobs((job,))
    shell = make_shell(scripted)
    shell.start(Wish())
    qtbot.waitUntil(lambda: scripted.has_started(job.id))
    scripted.tell(job.id, StatusChanged(Status(JobState.HELD, held=held)))
    qtbot.waitUntil(lambda: shell.controller.status(job.id).held is not None, timeout=20_000)
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        beats = Beats()
        dialog = shell.window.review(job.id)
        assert dialog is not None
        button = dialog.plan.filter_buttons[Op.DELETE]
        qtbot.waitUntil(lambda: button.text() == "D&eleted (1,000,000)", timeout=60_000)
        dialog.plan.tree.scrollToBottom()
        dialog.plan.search_edit.setText("999999")
        qtbot.waitUntil(lambda: button.text() == "D&eleted (1)", timeout=60_000)
        longest_s = beats.stop()[-1]
    finally:
        sys.setswitchinterval(before_s)
    sys.stdout.write(f"1,000,000 rows: longest gap {longest_s * 1e3:.0f} ms\n")
    assert longest_s < 0.25
    dialog.reject()


# What the preview finds out


def never() -> bool:
    return False


def ignore(progress: object) -> None:
    """Take note of nothing."""


def test_a_preview_knows_what_the_job_knows_and_changes_none_of_it(job: Job, tmp_path: Path) -> None:
    data = tmp_path / "data"
    Path(job.source, "old name").write_text("the same")
    path = data / "jobs" / f"{job.id}.sqlite"
    catalog = JobDatabase.open(path)
    run_pass(job, catalog, FULL)
    catalog.close()
    before = path.read_bytes()
    Path(job.source, "old name").rename(Path(job.source, "new name"))
    found = preview_plan(job, data, never, ignore)
    # Only the catalog tells that this is a move.
    assert [(action.op, action.path) for action in found.actions if action.kind is EntryKind.FILE] == [
        (Op.MOVE, "new name")
    ]
    assert path.read_bytes() == before


def test_a_preview_works_while_the_job_writes_its_catalog(job: Job, tmp_path: Path) -> None:
    Path(job.source, "a").write_text("x")
    path = tmp_path / "data" / "jobs" / f"{job.id}.sqlite"
    catalog = JobDatabase.open(path)
    catalog.remember("key", "not committed yet")
    try:
        found = preview_plan(job, tmp_path / "data", never, ignore)
    finally:
        catalog.close()
    assert found.reason == ""
    assert [action.path for action in found.actions if action.kind is EntryKind.FILE] == ["a"]


def test_a_damaged_catalog_is_no_reason_not_to_look(job: Job, tmp_path: Path) -> None:
    Path(job.source, "a").write_text("x")
    path = tmp_path / "data" / "jobs" / f"{job.id}.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 100)
    found = preview_plan(job, tmp_path / "data", never, ignore)
    assert [action.path for action in found.actions if action.kind is EntryKind.FILE] == ["a"]
    assert path.read_bytes() == b"no database" * 100
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("SELECT 1 FROM meta")


def test_a_preview_says_what_is_held_and_why_none_can_be_made(job: Job, tmp_path: Path) -> None:
    Path(job.destination.path).mkdir(parents=True)
    Path(job.destination.path, "stranger").write_text("x")
    Path(job.source, "own").write_text("x")
    found = preview_plan(job._replace(asks_about_strangers=True), tmp_path / "data", never, ignore)
    assert found.held is not None
    assert found.held.code is HeldCode.STRANGERS
    assert "stranger" in [action.path for action in found.actions]
    os.rename(job.source, job.source + " away")
    found = preview_plan(job, tmp_path / "data", never, ignore)
    assert "not there" in found.reason


def test_a_preview_stops_when_nobody_wants_it(job: Job, tmp_path: Path) -> None:
    Path(job.source, "a").write_text("x")
    with pytest.raises(Cancelled):
        preview_plan(job, tmp_path / "data", lambda: True, ignore)


def test_files_that_may_not_be_read_are_named_before_copying(open_folder: Path, unprivileged: Unprivileged) -> None:
    source = open_folder / "source"
    source.mkdir()
    (source / "secret").write_text("x")
    (source / "secret").chmod(0)
    (source / "open").write_text("x")
    script = (
        "import pathlib, sys\n"
        "from backup_gui.services.preview import preview_plan\n"
        "from backup_gui.model.job import Job, Place\n"
        f"job = Job({str(source)!r}, Place({str(open_folder / 'backup')!r}), id='a', name='a')\n"
        f"found = preview_plan(job, pathlib.Path({str(open_folder / 'data')!r}), bool, bool)\n"
        "print([(p.path, p.code.value) for p in found.problems])\n"
    )
    unprivileged.own(source)
    unprivileged.own(source / "secret")
    result = unprivileged.run("-c", script, home=open_folder)
    assert result.stdout.strip() == str([("secret", ProblemCode.NO_PERMISSION.value)])


def test_more_takes_longer() -> None:
    assert expected_s(0, 0) == 0
    assert expected_s(1_000, 0) < expected_s(1_000, 10**9) < expected_s(2_000, 2 * 10**9)


def test_the_real_job_goes_on_beside_a_preview(make_shell: ShellMaker, job: Job, qtbot: QtBot) -> None:
    Path(job.source, "a").write_text("x")
    make_shell.store().save_jobs((job,))
    shell = make_shell(runner.run)
    shell.start(Wish())
    qtbot.waitUntil(lambda: shell.controller.status(job.id).state is JobState.OK, timeout=15_000)
    dialog = shell.window.preview(job)
    qtbot.waitUntil(lambda: dialog._title.text() == "Nothing would be done.", timeout=10_000)
    dialog.reject()

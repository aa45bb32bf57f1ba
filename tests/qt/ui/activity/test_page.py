"""The Activity page: earlier passes on demand, filter, search, files, undo."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from pytestqt.qtbot import QtBot

from backup_gui.model.passes import PassKind, PastChange, PastPass
from backup_gui.model.plans import Counts, PassStatus, Problem, ProblemCode, Removed, Report, Stage
from backup_gui.model.problems import problem
from backup_gui.model.reasons import NO_REASON, Reason, of_system
from backup_gui.ui.activity.model import ActivityModel
from backup_gui.ui.activity.page import ActivityPage
from backup_gui.ui.activity.pass_row import pass_text, row_of
from backup_gui.ui.main.board import Page
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.values.job import FilesQuery, PassQuery
from tests.helpers.looks import newest_rows
from tests.helpers.screens import VIEWS, look_back, make_window
from tests.qt.conftest import NOW

ROOT = QModelIndex()


def past(number: int, **fields: Any) -> PastPass:
    """The pass with this key; the higher the key, the later."""
    values: dict[str, Any] = {
        "id": number, "started_at": NOW - 1e6 + number, "duration_s": 1.0, "is_full": False, "status": "complete",
        "reason": NO_REASON, "created": 1, "replaced": 0, "deleted": 0, "moved": 0, "bytes": 10, "problems": 0,
        "recorded": 1, "is_whole": True, **fields,
    }  # fmt: skip
    return PastPass(**values)


class Library:
    """Answers a model's wishes from 10,000 passes, as the catalog does."""

    def __init__(self, model: ActivityModel, count: int = 10_000) -> None:
        self.passes = [past(number) for number in range(count, 0, -1)]
        self.queries: list[PassQuery] = []
        self.files: list[FilesQuery] = []
        self._model = model
        model.passes_wanted.connect(self.queries.append)
        model.files_wanted.connect(self.files.append)

    def answer(self) -> None:
        query = self.queries[-1]
        found = [one for one in self.passes if query.before is None or one.id < query.before][:200]
        self._model.put_page(query, tuple(found), is_last=len(found) < 200)


@pytest.fixture
def model(icons: Icons) -> ActivityModel:
    return ActivityModel(icons, lambda: NOW, "a1")


def test_ten_thousand_earlier_passes_come_page_by_page(model: ActivityModel) -> None:
    library = Library(model)
    model.begin()
    model.begin()
    assert library.queries == [PassQuery("a1")]
    assert not model.canFetchMore(ROOT)
    library.answer()
    assert model.rowCount() == 200
    assert len(library.queries) == 1
    while model.canFetchMore(ROOT):
        model.fetchMore(ROOT)
        library.answer()
    assert model.rowCount() == 10_000
    assert [row.pass_id for row in newest_rows(model, 10_000)] == list(range(10_000, 0, -1))


def test_passes_of_this_run_are_not_listed_twice_and_get_their_key(model: ActivityModel) -> None:
    library = Library(model, 5)
    report = Report(PassStatus.COMPLETE, past(5).started_at, 1.0, is_full=False, counts=Counts(created=1))
    model.add(report)
    assert newest_rows(model, 1)[0].pass_id == 0
    model.begin()
    library.answer()
    assert [row.pass_id for row in newest_rows(model, 10)] == [5, 4, 3, 2, 1]
    later = Report(PassStatus.COMPLETE, NOW, 1.0, is_full=False, counts=Counts(deleted=1))
    model.add(later)
    model.name_passes({NOW: 6})
    assert [row.pass_id for row in newest_rows(model, 2)] == [6, 5]


def test_a_pass_that_lacks_only_what_has_no_content_is_as_quiet_as_any(model: ActivityModel) -> None:
    pipe = problem(ProblemCode.SPECIAL_FILE, "pipe", Stage.COMPARE)
    model.add(Report(PassStatus.PROBLEMS, NOW, 1.0, is_full=True, problems=(pipe,)))
    model.add(Report(PassStatus.COMPLETE, NOW, 1.0, is_full=True))
    (row,) = newest_rows(model, 2)
    assert (row.repeats, row.problems) == (2, 0)


def test_a_pass_over_folders_alone_is_not_one_without_changes(model: ActivityModel) -> None:
    made = Counts(created=2)
    model.add(Report(PassStatus.COMPLETE, NOW, 1.0, is_full=True))
    model.add(Report(PassStatus.COMPLETE, NOW, 1.0, is_full=True, counts=made, folders=made))
    newest, before = newest_rows(model, 2)
    assert pass_text(newest) == "Folders were brought up to date."
    assert before.repeats == 1
    stored = row_of(past(7)._replace(created=0, replaced=0, deleted=0, moved=0, recorded=2))
    assert stored.has_files
    assert pass_text(stored) == "Folders were brought up to date."


def test_the_files_of_a_pass_come_when_it_is_opened(model: ActivityModel, qtmodeltester: Any) -> None:
    library = Library(model, 3)
    model.begin()
    library.answer()
    second = model.index(1, 0)
    assert model.hasChildren(second)
    assert model.canFetchMore(second)
    model.fetchMore(second)
    assert library.files == [FilesQuery("a1", 2)]
    # A new pass on top must not confuse what belongs where.
    model.add(Report(PassStatus.COMPLETE, NOW, 1.0, is_full=False, counts=Counts(created=1)))
    files = (PastChange("create", "a\nb"), PastChange("move", "new", "old"))
    model.put_files(library.files[0], files, is_last=False)
    second = model.index(2, 0)
    assert model.rowCount(second) == 2
    assert model.data(model.index(0, 1, second)) == "a\\nb"
    assert model.data(model.index(1, 0, second)) == "Moved"
    assert model.data(model.index(1, 1, second)) == "new, before: old"
    assert model.parent(model.index(1, 1, second)) == second
    assert model.row_at(model.index(1, 1, second)) == newest_rows(model, 3)[2]
    model.fetchMore(second)
    assert library.files[-1] == FilesQuery("a1", 2, 2)
    model.put_files(library.files[-1], (), is_last=True)
    assert not model.canFetchMore(second)
    qtmodeltester.check(model)


def test_files_in_sight_stay_with_their_pass_when_a_new_one_comes_on_top(model: ActivityModel) -> None:
    library = Library(model, 3)
    model.begin()
    library.answer()
    model.fetchMore(model.index(1, 0))
    model.put_files(library.files[0], (PastChange("create", "a"),), is_last=True)
    shown = QPersistentModelIndex(model.index(0, 1, model.index(1, 0)))
    model.add(Report(PassStatus.COMPLETE, NOW, 1.0, is_full=False, counts=Counts(created=1)))
    assert shown.parent().row() == 2
    assert shown.data() == "a"


def test_a_pass_whose_files_are_not_known_cannot_be_opened_any_more(model: ActivityModel) -> None:
    library = Library(model, 1)
    model.begin()
    library.answer()
    model.fetchMore(model.index(0, 0))
    model.put_files(library.files[0], (), is_last=True)
    assert not model.hasChildren(model.index(0, 0))


def test_a_filter_asks_anew_and_answers_to_the_old_one_are_too_late(model: ActivityModel) -> None:
    library = Library(model, 3)
    model.add(Report(PassStatus.FAILED, NOW, 1.0, is_full=True, reason=Reason(ProblemCode.NO_SPACE)))
    model.begin()
    model.set_filter(PassKind.TROUBLE, "")
    assert library.queries[-1] == PassQuery("a1", None, PassKind.TROUBLE)
    assert model.rowCount() == 1
    model.put_page(library.queries[0], (past(9),), is_last=True)
    assert model.rowCount() == 1
    model.add(Report(PassStatus.COMPLETE, NOW, 1.0, is_full=True, counts=Counts(created=1)))
    assert model.rowCount() == 1
    model.set_filter(PassKind.ALL, "drive IS")
    assert model.rowCount() == 1
    model.set_filter(PassKind.ALL, "nothing like it")
    assert model.rowCount() == 0
    model.set_filter(PassKind.ALL, "")
    assert model.rowCount() == 2


def test_an_earlier_pass_is_told_like_one_of_today(model: ActivityModel) -> None:
    page = (
        past(4, status="problems", created=2, problems=7),
        past(3, status="held", created=0),
        past(2, status="failed", reason=of_system("The drive went.")),
        past(1, status="from the future"),
    )
    model.begin()
    model.put_page(PassQuery("a1"), page, is_last=True)
    assert [pass_text(row) for row in newest_rows(model, 4)] == [
        "2 new. 7 files could not be backed up.",
        "Some of it waited for your word.",
        "The drive went.",
        "1 new.",
    ]


def test_the_page_says_so_when_a_filter_finds_nothing(icons: Icons, model: ActivityModel, qtbot: QtBot) -> None:
    page = ActivityPage(icons)
    qtbot.addWidget(page)
    page.show()
    page.show_model(model)
    assert page._empty_state.isVisible()
    model.add(Report(PassStatus.COMPLETE, NOW, 1.0, is_full=False, counts=Counts(created=1)))
    assert page._list.isVisible()
    page.kind_combo.setCurrentIndex(page.kind_combo.findData(PassKind.DELETED.value))
    model.put_page(PassQuery("a1", None, PassKind.DELETED), (), is_last=True)
    page.refresh()
    assert page._list.isVisible()
    assert page._nothing.isVisible()
    queries: list[PassQuery] = []
    model.passes_wanted.connect(queries.append)
    for letter in "tax":
        page.search_edit.setText(page.search_edit.text() + letter)
    qtbot.waitUntil(lambda: [query.search for query in queries] == ["tax"])


def test_old_versions_that_are_gone_are_told_of_even_if_nothing_else_was_done(model: ActivityModel) -> None:
    quiet = Report(PassStatus.COMPLETE, NOW, 1.0, is_full=True)
    for one in (quiet, quiet._replace(thinned=Removed(12, 100)), quiet):
        model.add(one)
    nothing = "Checked, nothing had changed."
    assert [pass_text(row) for row in newest_rows(model, 9)] == [
        nothing,
        f"{nothing} 12 old versions were removed from the history, as its limits say.",
        nothing,
    ]
    model.add(quiet._replace(counts=Counts(created=1), made_room=Removed(1, 100)))
    assert pass_text(newest_rows(model, 1)[0]) == "1 new. 1 old version was removed to make room."


def test_only_what_took_something_away_can_be_undone(icons: Icons, qtbot: QtBot) -> None:
    window = look_back(icons)
    qtbot.addWidget(window)
    wishes: list[object] = []
    page = window.board.activity
    page.undo_requested.connect(wishes.append)
    row = page._model.row_at(page._list.currentIndex())  # type: ignore[union-attr]
    assert row is not None
    assert page.undo_button.isEnabled()
    page.undo_button.click()
    counts = row.report.counts
    assert wishes == [row]
    assert row.files_taken == counts.deleted + counts.replaced + counts.moved
    page._list.setCurrentIndex(page._list.model().index(0, 0))
    assert not page.undo_button.isEnabled()


def test_a_pass_whose_paths_are_forgotten_is_not_offered_to_be_undone(
    icons: Icons, model: ActivityModel, qtbot: QtBot
) -> None:
    page = ActivityPage(icons)
    qtbot.addWidget(page)
    page.show()
    page.show_model(model)
    assert "Choose a line" in page.undo_button.toolTip()
    known, forgotten, harmless = past(3, deleted=2, recorded=2), past(2, deleted=2, recorded=0), past(1, recorded=1)
    model.begin()
    model.put_page(PassQuery("a1"), (known, forgotten, harmless), is_last=True)
    page.refresh()
    hints = []
    for row in range(3):
        page._list.setCurrentIndex(model.index(row, 0))
        hints.append(page.undo_button.toolTip())
        assert page.undo_button.isEnabled() is (row == 0)
    assert hints[0].startswith("Brings back")
    assert hints[1].startswith("It is no longer known")
    assert hints[2].startswith("Nothing was taken")
    assert not model.hasChildren(model.index(1, 0)), "there is nothing to open"

    # Forgotten between the list and the look at it.
    page._list.setCurrentIndex(model.index(0, 0))
    model.fetchMore(model.index(0, 0))
    model.put_files(FilesQuery("a1", 3, 0), (), is_last=True)
    assert not page.undo_button.isEnabled()
    assert page.undo_button.toolTip() == hints[1]


def test_a_drive_that_is_away_can_be_given_up(icons: Icons, qtbot: QtBot) -> None:
    window = make_window(icons, VIEWS["ok"], has_others=False)
    qtbot.addWidget(window)
    window.show()
    page = window.board.problems
    away = Problem("Camera", Stage.COMPARE, ProblemCode.DRIVE_AWAY, of_system("x"))
    other = Problem("a", Stage.COPY, ProblemCode.IN_USE, of_system("x"))
    window.board.show_page(Page.PROBLEMS)
    page.show_problems((away, other))
    page._table.selectRow(0)
    wishes: list[object] = []
    page.forget_drive_requested.connect(wishes.append)
    page._forget.click()
    assert wishes == ["Camera"]
    page._table.selectRow(1)
    assert not page._forget.isVisible()


def test_the_list_of_problems_stays_where_it_is_while_they_are_told_again(icons: Icons, qtbot: QtBot) -> None:
    window = make_window(icons, VIEWS["ok"], has_others=False)
    qtbot.addWidget(window)
    window.board.show_page(Page.PROBLEMS)
    window.show()
    page = window.board.problems
    problems = tuple(Problem(f"f{n}", Stage.COPY, ProblemCode.IN_USE, of_system("x")) for n in range(100_000))
    page.show_problems(problems)
    page._table.verticalScrollBar().setValue(300)
    page.show_problems((*problems, Problem("new", Stage.COPY, ProblemCode.IN_USE, of_system("x"))))
    assert page._table.verticalScrollBar().value() == 300

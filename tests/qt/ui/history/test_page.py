"""The History page alone, with fixed values."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDateTime, QModelIndex, Qt
from PySide6.QtGui import QFontMetrics, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QStyle, QStyleOptionViewItem, QTreeView
from pytestqt.qtbot import QtBot

from backup_gui.model.entries import EntryKind
from backup_gui.model.job import Place
from backup_gui.model.plans import Phase, Progress
from backup_gui.model.reasons import of_system
from backup_gui.model.restores import Item, Moment, Policy, RestoreResult, Search
from backup_gui.ui.dialogs.transfer import NotesModel
from backup_gui.ui.history.page import HistoryPage
from backup_gui.ui.history.restore_dialog import RestoreDialog, result_title
from backup_gui.ui.history.time_bar import TimeBar
from backup_gui.ui.history.tree_model import HistoryModel
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.values.history import Asked, RestoreWish, Subject
from backup_gui.ui.widgets.path_delegate import PathDelegate, shortened
from tests.helpers.looks import has_picture, notes_of, words_of
from tests.helpers.screens import MOMENTS, NOTES_VERSIONS, RESULT, TOP, TRAVEL
from tests.qt.conftest import NOW

SUBJECT = Subject(
    "Documents", Place("/backup/Documents"), Place("/backup/Documents.history"), "a1", "/home/anna/Documents"
)
ALONE = Subject("Old", Place("/backup/Old"), None)
MANY = 100_000


class Wishes:
    """A page, and what it asks for."""

    def __init__(self, page: HistoryPage) -> None:
        self.page = page
        self.moments: list[Asked] = []
        self.folders: list[Asked] = []
        self.searches: list[Asked] = []
        self.versions: list[Asked] = []
        self.looks: list[Asked] = []
        self.restores: list[RestoreWish] = []
        page.moments_requested.connect(self.moments.append)
        page.folder_requested.connect(self.folders.append)
        page.search_requested.connect(self.searches.append)
        page.versions_requested.connect(self.versions.append)
        page.look_requested.connect(self.looks.append)
        page.restore_requested.connect(self.restores.append)

    def answer(self, path: str, items: tuple[Item, ...]) -> None:
        """Answer what was asked last about a folder."""
        asked = [asked for asked in self.folders if asked.path == path][-1]
        self.page.show_folder(asked, items)

    def paths(self) -> list[str]:
        """The folders asked for since the last look."""
        found = [asked.path for asked in self.folders]
        self.folders.clear()
        return found

    def choose(self, *names: str) -> None:
        self.page.tree.clearSelection()
        for row in range(self.page.model.rowCount()):
            index = self.page.model.index(row, 0)
            if index.data() in names:
                flags = self.page.tree.selectionModel().SelectionFlag
                self.page.tree.selectionModel().select(index, flags.Select | flags.Rows)


@pytest.fixture
def wishes(icons: Icons, qtbot: QtBot) -> Wishes:
    page = HistoryPage(icons, lambda: NOW)
    qtbot.addWidget(page)
    wishes = Wishes(page)
    page.resize(700, 500)
    page.show_subject(SUBJECT)
    assert wishes.folders == []
    page.show()
    wishes.answer("", TOP)
    wishes.folders.clear()
    return wishes


def files(count: int, folder: str = "") -> tuple[Item, ...]:
    prefix = f"{folder}/" if folder else ""
    return tuple(
        Item(f"{prefix}file {number:06}", EntryKind.FILE, 10, 0, "/b", f"{prefix}file {number:06}")
        for number in range(count)
    )


def names(page: HistoryPage, parent: QModelIndex | None = None) -> list[str]:
    top = parent if parent is not None else QModelIndex()
    return [str(page.model.index(row, 0, top).data()) for row in range(page.model.rowCount(top))]


def test_nothing_is_read_before_the_page_is_seen(icons: Icons, qtbot: QtBot) -> None:
    page = HistoryPage(icons, lambda: NOW)
    qtbot.addWidget(page)
    wishes = Wishes(page)
    page.show_subject(SUBJECT)
    page.note_change()
    assert (wishes.moments, wishes.folders) == ([], [])
    page.show()
    assert [asked.path for asked in wishes.folders] == [""]
    assert len(wishes.moments) == 1
    page.hide()
    page.show()
    page.show_subject(SUBJECT)
    assert len(wishes.folders) == 1


def test_a_folder_is_asked_for_when_it_is_opened(wishes: Wishes) -> None:
    page = wishes.page
    index = page.model.index(3, 0)
    page.tree.expand(index)
    assert wishes.paths() == ["Travel"]
    page.tree.collapse(index)
    page.tree.expand(index)
    assert wishes.paths() == []
    page.show_folder(replace(page._asked(), path="Travel"), TRAVEL)
    assert names(page, index) == ["Lake.jpg", "Route.gpx", "Valley.jpg"]


def test_late_answers_are_not_shown(wishes: Wishes) -> None:
    page = wishes.page
    old = page._asked()
    page.time.choose(NOW - 500)
    page.show_folder(old, ())
    page.show_folder(replace(page._asked(), subject=ALONE), ())
    assert len(names(page)) == len(TOP)


def test_another_time_keeps_open_what_was_open_and_chosen_what_was_chosen(wishes: Wishes) -> None:
    page = wishes.page
    page.tree.expand(page.model.index(3, 0))
    page.show_folder(replace(page._asked(), path="Travel"), TRAVEL)
    page.tree.expand(page.model.index(2, 0))
    page.tree.collapse(page.model.index(2, 0))
    page.show_folder(replace(page._asked(), path="Taxes"), TRAVEL[:1])
    wishes.choose("Budget.ods")
    wishes.folders.clear()
    page.time.choose(NOW - 3_000)
    assert wishes.paths() == ["", "Travel"]
    page.show_folder(page._asked(), TOP[3:])
    assert wishes.paths() == ["Travel"]
    page.show_folder(replace(page._asked(), path="Travel"), TRAVEL[:1])
    assert names(page, page.model.index(0, 0)) == ["Lake.jpg"]
    assert page.tree.isExpanded(page.model.index(0, 0))
    assert [item.path for item in page.wished_items()] == ["Budget.ods"]


def test_deleted_files_are_dimmed_and_said_to_be_deleted(wishes: Wishes) -> None:
    page = wishes.page
    page.gone_check.click()
    assert wishes.folders[-1].shows_gone
    index = page.model.index(6, 1)
    assert index.data() == "deleted 22/11/2026 13:53"
    assert index.data(Qt.ItemDataRole.FontRole).italic()
    assert index.data(Qt.ItemDataRole.ForegroundRole) != page.palette().text().color()
    assert "Deleted" in index.data(Qt.ItemDataRole.ToolTipRole)
    there = page.model.index(7, 1)
    assert there.data(Qt.ItemDataRole.FontRole) is None
    assert "deleted" not in there.data()


def test_a_search_is_made_when_typing_pauses(wishes: Wishes, qtbot: QtBot) -> None:
    page = wishes.page
    QTest.keyClicks(page.search, " val")
    qtbot.waitUntil(lambda: len(wishes.searches) == 1)
    asked = wishes.searches[0]
    assert asked.text == "val"
    page.show_found(asked, Search((TOP[3], TRAVEL[2]), is_cut=True))
    assert names(page) == ["Travel", "Travel/Valley.jpg"]
    assert not page.model.hasChildren(page.model.index(0, 0))
    assert "only the first" in page._note.text()
    page.show_found(asked, Search())
    assert page.list.currentWidget() is page.list.empty_states["none"]
    page.search.clear()
    qtbot.waitUntil(lambda: bool(wishes.folders))
    wishes.answer("", TOP)
    assert names(page)[0] == "Letters"
    assert page.list.currentWidget() is page.tree


def test_one_file_shows_its_versions_and_a_look_at_the_one_chosen(wishes: Wishes) -> None:
    page = wishes.page
    wishes.choose("Notes.txt")
    (asked,) = wishes.versions
    assert asked.path == "Notes.txt"
    page.show_versions(asked, NOTES_VERSIONS)
    panel = page.versions
    assert [panel.list.item(row).text() for row in range(2)] == [
        "Now: 22/11/2026 14:01, 1.2 kB",
        "22/11/2026 12:00, 1.2 kB",
    ]
    assert "In the backup until" in panel.list.item(1).toolTip()
    assert wishes.looks[-1].item == NOTES_VERSIONS[0]
    panel.list.setCurrentRow(1)
    assert wishes.looks[-1].item == NOTES_VERSIONS[1]
    page.show_look(wishes.looks[0], "late", None, is_cut=False)
    assert panel.text.toPlainText() != "late"
    page.show_look(wishes.looks[-1], "words \udcff", None, is_cut=True)
    assert panel.text.toPlainText() == "words \\udcff\n…"
    page.show_look(wishes.looks[-1], None, QImage(20, 10, QImage.Format.Format_RGB32), is_cut=False)
    assert has_picture(panel)
    page.show_look(wishes.looks[-1], None, None, is_cut=False)
    assert words_of(panel) == "No preview of this sort of file"
    page.show_failure(wishes.looks[-1])
    assert words_of(panel) == "This cannot be read at the moment."
    page.back_button.click()
    assert wishes.restores == [RestoreWish(SUBJECT, (NOTES_VERSIONS[1],))]


def test_versions_of_a_file_not_chosen_any_more_are_not_shown(wishes: Wishes) -> None:
    wishes.choose("Notes.txt")
    wishes.choose("Budget.ods")
    wishes.page.show_versions(wishes.versions[0], NOTES_VERSIONS)
    assert wishes.page.versions.list.count() == 0
    wishes.page.show_versions(wishes.versions[1], ())
    assert "not in the backup" in words_of(wishes.page.versions)


def test_several_files_and_folders_are_put_back_at_once(wishes: Wishes) -> None:
    page = wishes.page
    wishes.choose("Letters", "Budget.ods")
    assert page._count._full == "2 chosen  ·  48.2 kB"
    assert words_of(page.versions) == "2 files and folders are chosen."
    page._policy.setCurrentIndex(1)
    page.back_button.click()
    page.save_to("/tmp/x")
    page.save_to("")
    assert wishes.restores == [
        RestoreWish(SUBJECT, (TOP[0], TOP[4]), policy=Policy.REPLACE),
        RestoreWish(SUBJECT, (TOP[0], TOP[4]), to="/tmp/x"),
    ]


def test_without_a_choice_nothing_can_be_restored(wishes: Wishes) -> None:
    page = wishes.page
    page.tree.clearSelection()
    assert not page.back_button.isEnabled()
    assert not page.save_button.isEnabled()
    page.save_to("/tmp/x")
    assert wishes.restores == []


def test_without_a_job_files_are_only_saved_elsewhere(wishes: Wishes, qtbot: QtBot) -> None:
    page = wishes.page
    page.show_subject(ALONE)
    assert not page.back_button.isVisible()
    assert not page._policy.isVisible()
    wishes.answer("", TOP)
    wishes.choose("Notes.txt")
    page.save_button.click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit("/tmp/x")
    assert [wish.to for wish in wishes.restores] == [str(Path("/tmp/x"))], "as the system writes it"


def test_without_a_history_nothing_can_be_replaced(wishes: Wishes) -> None:
    wishes.page._policy.setCurrentIndex(1)
    wishes.page.show_subject(replace(SUBJECT, history=None))
    assert not wishes.page._policy.isEnabled()
    assert wishes.page._policy.currentData() == Policy.KEEP_BOTH.value


def test_what_changed_is_read_again_and_rows_that_did_not_stay(wishes: Wishes, qtbot: QtBot) -> None:
    page = wishes.page
    page._change.setInterval(0)
    kept = page.model.index(0, 0)
    page.note_change()
    qtbot.waitUntil(lambda: len(wishes.folders) == 1)
    removed: list[object] = []
    page.model.rowsRemoved.connect(lambda *_: removed.append(1))
    wishes.answer("", tuple(item._replace() for item in TOP))
    assert removed == []
    assert page.model.index(0, 0) == kept
    wishes.answer("", TOP[1:])
    assert removed == [1]
    assert names(page)[0] == "Old drafts"


def test_an_empty_time_and_a_backup_that_is_away_are_said(wishes: Wishes) -> None:
    page = wishes.page
    page.show_folder(page._asked(), ())
    assert page.list.currentWidget() is page.list.empty_states["empty"]
    page.show_failure(page._asked())
    assert page.list.currentWidget() is page.list.empty_states["failed"]
    wishes.folders.clear()
    page.hide()
    page.show()
    assert wishes.paths() == [""]


def test_a_choice_is_offered_only_where_there_is_something_to_choose(icons: Icons, qtbot: QtBot) -> None:
    page = HistoryPage(icons, lambda: NOW)
    qtbot.addWidget(page)
    page.show_subject(SUBJECT)
    page.show()
    assert words_of(page.versions) == "", "nothing has been read yet"

    def asked(text: str) -> Asked:
        page.search.setText(text)
        return page._asked()

    page.show_folder(asked(""), TOP)
    hint = words_of(page.versions)
    assert hint
    empty: tuple[Callable[[], None], ...] = (
        lambda: page.show_folder(asked(""), ()),
        lambda: page.show_found(asked("x"), Search()),
        lambda: page.show_failure(asked("")),
    )
    for show in empty:
        show()
        assert (page.list.part != "", words_of(page.versions)) == (True, "")
        assert not page.versions.isVisible()
        page.show_found(asked("x"), Search(TOP))
        assert (page.list.part, words_of(page.versions)) == ("", hint)
        assert page.versions.isVisible()
    page.show_failure(asked(""))
    page.show_silence(40)
    assert (page.list.part, words_of(page.versions)) == ("silent", "")


def test_what_is_chosen_stays_shown_when_the_folder_is_read_again(wishes: Wishes) -> None:
    page = wishes.page
    wishes.choose("Notes.txt")
    page.show_versions(wishes.versions[-1], NOTES_VERSIONS)
    page.show_folder(page._asked(), TOP)
    assert page.versions.chosen is not None


LONG = "Travel/Summer of the long way around/Pictures by Anna/2024-08-10 Lake in the valley.jpg"


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_the_name_of_a_file_that_was_found_can_be_read(
    qapp: QApplication, icons: Icons, qtbot: QtBot, direction: Qt.LayoutDirection
) -> None:
    qapp.setLayoutDirection(direction)
    try:
        page = HistoryPage(icons, lambda: NOW)
        qtbot.addWidget(page)
        page.resize(900, 500)
        page.show_subject(SUBJECT)
        page.search.setText("lake")
        found = (
            Item(LONG, EntryKind.FILE, 1, 0, "/b", LONG),
            Item("Lake.jpg", EntryKind.FILE, 1, 0, "/b", "Lake.jpg"),
        )
        page.show_found(page._asked(), Search(found))
        page.show()
        shown, short = (drawn(page.tree, row) for row in (0, 1))
        assert re.fullmatch(r"Travel?.*….*/2024-08-10 Lake in the valley\.jpg", shown)
        assert short == "Lake.jpg"
        assert LONG in page.model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole).splitlines()
        # The names of a folder's own files have no folder to leave out.
        page.model.clear()
        page.search.clear()
        page.show_folder(page._asked(), found[1:])
        assert drawn(page.tree, 0) == "Lake.jpg"
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def drawn(tree: QTreeView, row: int) -> str:
    """What stands in the first cell of a row; the style shortens it once more if it is too wide."""
    index = tree.model().index(row, 0)
    option = QStyleOptionViewItem()
    tree.initViewItemOption(option)
    option.rect = tree.visualRect(index)
    delegate = tree.itemDelegate()
    assert isinstance(delegate, PathDelegate)
    delegate.initStyleOption(option, index)
    area = tree.style().subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, tree)
    margin = tree.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin) + 1
    text = re.sub("[\u2066-\u2069]", "", option.text)
    assert option.fontMetrics.horizontalAdvance(text) <= area.width() - 2 * margin
    return text


@pytest.mark.parametrize("path", [LONG, "a/b", "a name without any folder around it.txt", "/rooted.txt"])
def test_a_path_is_shortened_in_its_folders_first_and_is_never_too_wide(qapp: QApplication, path: str) -> None:
    metrics = QFontMetrics(qapp.font())
    name = path.rpartition("/")[2]
    needed = metrics.horizontalAdvance(f"…/{name}")
    for width_px in range(metrics.horizontalAdvance("…") + 1, metrics.horizontalAdvance(path) + 2):
        text = shortened(path, metrics, width_px)
        assert metrics.horizontalAdvance(text) <= width_px
        assert (text == path) is (width_px >= metrics.horizontalAdvance(path))
        if width_px >= needed:
            assert text.endswith(f"/{name}" if "/" in path else name[-1])
    assert shortened(path, metrics, 10_000) == path


def test_dates_take_no_more_room_from_the_names_than_they_need(wishes: Wishes) -> None:
    page = wishes.page
    widths = []
    for is_shown in (False, True):
        page.gone_check.setChecked(is_shown)
        widths.append(page.tree.columnWidth(1))
    assert widths[0] + 30 < widths[1]
    page.show_subject(ALONE)
    assert page.tree.columnWidth(1) == widths[0]


def test_a_hundred_thousand_files_are_shown_on_demand(wishes: Wishes, qtbot: QtBot) -> None:
    page = wishes.page
    page.tree.expand(page.model.index(3, 0))
    many = files(MANY, "Travel")
    began_s = time.monotonic()
    page.show_folder(replace(page._asked(), path="Travel"), many)
    page.grab()
    assert time.monotonic() - began_s < 1.0
    folder = page.model.index(3, 0)
    shown = page.model.rowCount(folder)
    assert 500 <= shown <= 1_500
    page.tree.scrollTo(page.model.index(shown - 1, 0, folder), page.tree.ScrollHint.PositionAtBottom)
    qtbot.waitUntil(lambda: page.model.rowCount(folder) > shown)


def test_a_hundred_thousand_moments_are_fluid(qtbot: QtBot) -> None:
    bar = TimeBar(lambda: NOW)
    qtbot.addWidget(bar)
    began_s = time.monotonic()
    bar.show_moments(tuple(Moment(NOW - MANY + number, 1) for number in range(MANY)))
    for position in (0, 50_000, 99_999):
        bar.slider.setValue(position)
    assert time.monotonic() - began_s < 1.0
    chosen: list[object] = []
    bar.chosen.connect(chosen.append)
    qtbot.waitUntil(lambda: chosen == [NOW - 2])


def test_the_slider_steps_from_change_to_change(qtbot: QtBot) -> None:
    bar = TimeBar(lambda: NOW)
    qtbot.addWidget(bar)
    assert not bar.slider.isEnabled()
    assert "Nothing has been replaced" in bar._detail.text()
    bar.show_moments(MOMENTS)
    assert bar._detail.text().startswith("The last change before: 1 file replaced")
    chosen: list[object] = []
    bar.chosen.connect(chosen.append)
    for moment in reversed(MOMENTS):
        QTest.keyClick(bar.slider, Qt.Key.Key_Left)
        qtbot.waitUntil(lambda moment=moment: chosen[-1:] == [moment.at - 1])  # type: ignore[misc]
        assert bar.edit.dateTime().toSecsSinceEpoch() == moment.at - 1
    assert bar._detail.text().startswith("The next change after: 3 files replaced")
    bar.now_button.click()
    assert chosen[-1] is None
    assert bar._words.text() == "As it is in the backup now"
    assert bar.slider.value() == len(MOMENTS)


def test_the_time_now_is_brought_up_to_date_with_what_is_shown(qtbot: QtBot) -> None:
    clock = [NOW]
    bar = TimeBar(lambda: clock[0])
    qtbot.addWidget(bar)
    bar.show_moments(MOMENTS)
    clock[0] += 100
    bar.show_moments(MOMENTS)
    assert bar._words.text() == "As it is in the backup now"
    assert bar.edit.dateTime().toSecsSinceEpoch() == NOW + 100


def test_an_exact_time_can_be_typed(qtbot: QtBot) -> None:
    bar = TimeBar(lambda: NOW)
    qtbot.addWidget(bar)
    bar.show_moments(MOMENTS)
    chosen: list[object] = []
    bar.chosen.connect(chosen.append)
    bar.edit.setDateTime(QDateTime.fromSecsSinceEpoch(round(MOMENTS[1].at) + 5))
    assert chosen == [MOMENTS[1].at + 5]
    assert bar.slider.value() == 2
    bar.edit.setDateTime(QDateTime.fromSecsSinceEpoch(round(NOW) + 100))
    assert chosen[-1] is None


def test_the_tree_is_a_sound_model(icons: Icons, qtmodeltester: Any) -> None:
    model = HistoryModel(icons)
    model.show_folder("", TOP)
    model.show_folder("Travel", TRAVEL)
    model.show_folder("Nowhere/else", TRAVEL)
    assert model.data(model.index(0, 0, model.index(3, 0))) == "Lake.jpg"
    qtmodeltester.check(model)
    # From here on the checker fetches whatever it is offered, as a view does.
    model.show_folder("Travel", TRAVEL[1:])
    assert model.rowCount(model.index(3, 0)) == 2
    model.forget_unseen({"Travel"})
    assert model.rowCount(model.index(3, 0)) == 2
    model.forget_unseen(set())
    assert model.rowCount(model.index(3, 0)) == 0
    assert model.canFetchMore(model.index(3, 0))


def test_names_that_are_no_text_are_shown_on_one_line(icons: Icons) -> None:
    model = HistoryModel(icons)
    model.show_folder("", (Item("a\nb\udcff", EntryKind.FILE, 1, 0, "/b", "x"),))
    assert model.data(model.index(0, 0)) == "a\\nb\\xff"


@pytest.mark.parametrize(
    ("result", "title"),
    [
        (RestoreResult(), "There was no file to restore."),
        (RestoreResult(1, ("a",)), "The file was restored and verified."),
        (RestoreResult(3, ("a",), present=("b", "c")), "All 3 files were restored and verified."),
        (RestoreResult(1, failed=(("a", of_system("x")),)), "The file could not be restored."),
        (RestoreResult(3, ("a",), is_cancelled=True), "Stopped. 1 of 3 files were restored."),
        (RESULT, "309 of 312 files were restored and verified."),
    ],
)
def test_the_result_is_one_honest_sentence(result: RestoreResult, title: str) -> None:
    assert result_title(result) == title


@pytest.fixture
def dialog(icons: Icons, qtbot: QtBot) -> RestoreDialog:
    dialog = RestoreDialog(icons, "/home/anna/Documents")
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_a_restore_is_shown_as_it_goes_and_what_came_of_it(dialog: RestoreDialog) -> None:
    cancelled: list[int] = []
    dialog.cancel_requested.connect(lambda: cancelled.append(1))
    assert dialog.cancel_button.isVisible()
    assert not dialog.open_button.isVisible()
    dialog.show_step(Progress(Phase.RETURNING, 1, 4, 10 * 1024**3, 40 * 1024**3, "docs/a"))
    assert dialog._title.text() == "Restoring file 2 of 4"
    assert dialog.progress.bar.value() == 250
    dialog.close()
    assert dialog.isVisible()
    assert cancelled == [1]
    dialog.show_result(RESULT)
    dialog.show_step(Progress(Phase.RETURNING, 1, 4))
    assert dialog._title.text().startswith("309 of 312")
    assert "21 were there already" in dialog.progress._words.text()
    assert notes_of(dialog)[0] == ("Travel/Films/Sea.mov", "The drive that is restored to is full")
    assert notes_of(dialog)[-1] == ("Travel/Route.gpx", "Restored beside it as “Route (restored 2026-11-22 14.02).gpx”")
    assert not dialog.cancel_button.isVisible()
    dialog.close()
    assert not dialog.isVisible()


def test_many_failures_are_listed_on_demand(qtmodeltester: Any) -> None:
    model = NotesModel((("a", "x"),) * MANY)
    assert model.rowCount() == 500
    model.fetchMore(QModelIndex())
    assert model.rowCount() == 1_000
    qtmodeltester.check(NotesModel((("a", "x"),) * 3))

"""Several backups in one window: the banner speaks of the worst, the list begins with it, each page of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from backup_gui.model.status import JobState
from backup_gui.ui.main.board import Page
from backup_gui.ui.main.window import MainWindow
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.values.job import JobView
from tests.helpers.screens import OTHERS, VIEWS, make_window
from tests.qt.conftest import NOW

PICTURES, NOTES = OTHERS
QUIET = replace(NOTES, status=PICTURES.status._replace(last_complete_at=NOW - 500))

Make = Callable[..., MainWindow]


@pytest.fixture
def make(icons: Icons, qtbot: QtBot) -> Make:
    def make(*views: JobView) -> MainWindow:
        window = make_window(icons, None, has_others=False)
        qtbot.addWidget(window)
        for view in views:
            window.put_job(view)
        window.show()
        return window

    return make


def title(window: MainWindow) -> str:
    return window.board.banner._title.text()


def listed(window: MainWindow) -> list[str]:
    return [view.job.name for view in window.board.jobs.views]


@pytest.mark.parametrize("name", ["attention", "held", "failed", "waiting", "paused", "working"])
def test_the_banner_tells_of_the_worst_backup_whichever_is_selected(make: Make, name: str) -> None:
    window = make(PICTURES, QUIET, VIEWS[name])
    assert window.board.selected_id == PICTURES.job.id
    assert VIEWS[name].job.name in title(window)
    assert window.board.banner._state is VIEWS[name].shown_state
    window.board.select_job(VIEWS[name].job.id)
    assert VIEWS[name].job.name in title(window)


def test_everything_is_backed_up_only_if_all_are(make: Make) -> None:
    window = make(PICTURES, QUIET)
    assert title(window) == "Everything is backed up."
    # Of the check that is longest ago.
    assert "Checked at" in window.board.banner._detail.text()
    behind = replace(QUIET, status=QUIET.status._replace(pending=3))
    window.put_job(behind)
    assert title(window) == "Notes: 3 changes are not yet backed up."
    assert window.board.selected_id == PICTURES.job.id


def test_the_button_of_the_banner_is_about_the_backup_that_it_names(make: Make, qtbot: QtBot) -> None:
    window = make(PICTURES, VIEWS["held"])
    with qtbot.waitSignal(window.board.review_requested) as asked:
        window.board.banner.button.click()
    assert asked.args == [VIEWS["held"].job.id]
    assert window.board.selected_id == VIEWS["held"].job.id
    window = make(PICTURES, VIEWS["attention"])
    window.board.banner.button.click()
    assert window.board.selected_id == VIEWS["attention"].job.id
    assert window.board.tabs.currentIndex() == Page.PROBLEMS.value


def test_the_button_backs_all_up_when_all_is_well(make: Make, qtbot: QtBot) -> None:
    window = make(PICTURES, QUIET)
    with qtbot.waitSignal(window.board.back_up_requested) as asked:
        window.board.banner.button.click()
    assert asked.args == [""]
    window.put_job(replace(QUIET, status=QUIET.status._replace(pending=3)))
    with qtbot.waitSignal(window.board.back_up_requested) as asked:
        window.board.banner.button.click()
    assert asked.args == [QUIET.job.id], "the banner names it"


def test_backups_in_trouble_come_first_and_go_back_afterwards(make: Make) -> None:
    window = make(PICTURES, NOTES, VIEWS["ok"])
    window.board.select_job(NOTES.job.id)
    assert listed(window) == ["Pictures", "Notes", "Documents"]
    window.put_job(VIEWS["attention"])
    assert listed(window) == ["Documents", "Pictures", "Notes"]
    window.put_job(replace(NOTES, status=VIEWS["failed"].status))
    assert listed(window) == ["Notes", "Documents", "Pictures"]
    assert window.board.selected_id == NOTES.job.id
    window.put_job(VIEWS["waiting"])
    window.put_job(NOTES)
    assert listed(window) == ["Pictures", "Notes", "Documents"]
    window.board.jobs.order([VIEWS["ok"].job.id, NOTES.job.id, PICTURES.job.id])
    assert listed(window) == ["Documents", "Notes", "Pictures"]


@pytest.mark.parametrize("name", ["x" * 255, "A name of many words that goes on and on " * 6, "two\nlines"])
@pytest.mark.parametrize("state", ["ok", "waiting", "attention"])
def test_a_long_name_widens_neither_the_window_nor_a_page(make: Make, name: str, state: str) -> None:
    def widths(job_name: str) -> tuple[int, int, int]:
        view = VIEWS[state]
        window = make(replace(view, job=view.job._replace(name=job_name)), NOTES)
        page = window.board.overview.widget()
        assert page is not None
        assert window.board.overview._name.height() < 40
        return window.minimumSizeHint().width(), page.minimumSizeHint().width(), page.width()

    assert widths(name) == widths("Documents")


def test_other_backups_in_trouble_are_counted(make: Make) -> None:
    window = make(replace(PICTURES, status=VIEWS["attention"].status), VIEWS["failed"], QUIET)
    assert title(window).startswith("Documents: The backup drive is full")
    assert window.board.banner._detail.text().endswith("1 other backup needs you, too.")


def test_a_page_tells_the_state_of_its_own_backup_and_helps_where_the_banner_does_not(make: Make, qtbot: QtBot) -> None:
    troubled = replace(PICTURES, status=VIEWS["attention"].status)
    window = make(troubled, VIEWS["failed"])
    overview = window.board.overview
    assert overview._figures.text().startswith("3 files could not be backed up.")
    assert overview._remedy_button.isVisible()
    window.put_job(replace(QUIET, status=VIEWS["paused"].status))
    window.board.select_job(QUIET.job.id)
    # The page has such a button in any case.
    assert not overview._remedy_button.isVisible()
    window.board.select_job(PICTURES.job.id)
    overview._remedy_button.click()
    assert window.board.tabs.currentIndex() == Page.PROBLEMS.value
    assert window.board.selected_id == PICTURES.job.id
    window.board.show_page(Page.OVERVIEW)
    window.board.select_job(VIEWS["failed"].job.id)
    assert not overview._remedy_button.isVisible()
    # It is the worst now, so the banner helps.
    window.put_job(VIEWS["ok"])
    window.board.select_job(PICTURES.job.id)
    assert not overview._remedy_button.isVisible()
    window.board.select_job(VIEWS["ok"].job.id)
    assert overview._figures.text().startswith("Backed up")
    assert window.board.banner._state is JobState.ATTENTION

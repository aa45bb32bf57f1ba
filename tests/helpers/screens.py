"""Pictures of every view with fixed values, light, dark, with large text and mirrored, for eyes and for the README.

Run as a module it writes them to ``build/screenshots``; so does a test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QLinearGradient, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from backup_gui.app import resource_folder
from backup_gui.config.settings import Settings
from backup_gui.desktop.storage import PlaceOffer
from backup_gui.model.entries import EntryKind
from backup_gui.model.job import NEW_JOB, Job, Place
from backup_gui.model.passes import DayTotal, PastChange, PastPass
from backup_gui.model.plan_tree import Arrangement
from backup_gui.model.plans import (
    Action,
    Counts,
    Held,
    HeldCode,
    HistorySize,
    Op,
    PassStatus,
    Phase,
    ProblemCode,
    Progress,
    Report,
    Stage,
    count_actions,
)
from backup_gui.model.problems import problem
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode, of_system
from backup_gui.model.restores import Item, Moment, RestoreResult, Search
from backup_gui.model.status import Backlog, Coverage, JobState, Status
from backup_gui.services.arrange_plan import arrange
from backup_gui.ui.dialogs.crash import CrashDialog
from backup_gui.ui.dialogs.diagnostics import DiagnosticsDialog
from backup_gui.ui.dialogs.messages import ask_to_forget_drive, ask_to_release, ask_to_undo, ask_to_use_drive
from backup_gui.ui.dialogs.returned import ReturnedDialog
from backup_gui.ui.history.page import HistoryPage, HistoryWindow
from backup_gui.ui.history.restore_dialog import RestoreDialog
from backup_gui.ui.main.board import Page
from backup_gui.ui.main.window import MainWindow
from backup_gui.ui.plan.preview_dialog import PreviewDialog
from backup_gui.ui.plan.review_dialog import ReviewDialog
from backup_gui.ui.plan.view import PlanView
from backup_gui.ui.settings.app_dialog import SettingsDialog
from backup_gui.ui.settings.page import NewJobDialog
from backup_gui.ui.settings.rules_panel import RulesWish
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.style.legibility import make_legible
from backup_gui.ui.style.theme import dark_palette, light_palette
from backup_gui.ui.text.reasons import said
from backup_gui.ui.values.first_run import FirstChoice, FirstForecast
from backup_gui.ui.values.history import Subject, subject_of
from backup_gui.ui.values.job import (
    BackupSizes,
    FilesQuery,
    FreeSpace,
    JobDraft,
    JobView,
    PassQuery,
    Saving,
)
from backup_gui.ui.values.pace import Pace
from tests.helpers.pseudo import HebrewTranslator, speaking

# Sunday, 22 November 2026, 14:03:20 UTC
NOW = 1_795_356_200.0


class Look(NamedTuple):
    """How the views are drawn.

    Attributes:
        palette: Makes the palette.
        text_scale: Size of the text, as a multiple of the ordinary one.
        direction: Where lines begin.
    """

    palette: Callable[[], QPalette]
    text_scale: int = 1
    direction: Qt.LayoutDirection = Qt.LayoutDirection.LeftToRight


LOOKS = {
    "light": Look(light_palette),
    "dark": Look(dark_palette),
    "large": Look(light_palette, text_scale=2),
    "mirrored": Look(light_palette, direction=Qt.LayoutDirection.RightToLeft),
}
_LARGE_PT = 15
# What a screen of 1920 x 1080 points has room for.
_MOST_ROOM = QSize(1_840, 1_000)

DOCUMENTS = Job("/home/anna/Documents", Place("/media/anna/Backup/Documents"), id="a1", name="Documents")
PICTURES = Job(
    "/home/anna/Pictures",
    Place("/media/anna/Backup/Pictures of all the years since the children were born"),
    id="b2",
    name="Pictures",
    interval_s=60,
)
# The path that the first run proposes.
FIRST_PICTURES = PICTURES._replace(destination=Place("/media/anna/Backup/Pictures"))
NOTES = Job("/home/anna/Notes", Place("/mnt/nas/anna/Notes"), id="c3", name="Notes", keeps_history=False)

_COLON = Reason(ReasonCode.NAME_WITH_CHARACTER, character=":")
PROBLEMS = tuple(
    problem(code, path, stage, more=more)
    for path, stage, code, more in (
        ("Letters/Tax 2026/statement.ods", Stage.COPY, ProblemCode.NO_PERMISSION, None),
        ("Mail/Inbox.mbox", Stage.COPY, ProblemCode.KEEPS_CHANGING, None),
        (
            "Minutes 14:00.odt",
            Stage.COPY,
            ProblemCode.NAME_NOT_POSSIBLE,
            Reason(ReasonCode.NAME_WITH_CHARACTER, character=":"),
        ),
    )
)
HELD = Held(
    HeldCode.MASS_CHANGE,
    of_system("840 of 1,000 files would be deleted."),
    Counts(deleted=840),
    mirror_files=1_000,
    actions=tuple(
        Action(
            Op.DELETE,
            f"Travel/{2010 + number // 60}/Day {number % 60 + 1:02}.jpg",
            EntryKind.FILE,
            3_400_000 + number * 977,
        )
        for number in range(840)
    ),
)
STRANGERS = Held(
    HeldCode.STRANGERS,
    of_system("12 files are not from this program."),
    Counts(deleted=12),
    mirror_files=12,
    actions=tuple(Action(Op.DELETE, f"Scans/scan-{number:03}.pdf", EntryKind.FILE, 210_000) for number in range(12)),
)
PLAN = (
    *(Action(Op.CREATE, f"Films/Summer 2026/clip {number:02}.mov", EntryKind.FILE, 180_000_000) for number in range(9)),
    Action(Op.CREATE, "Films/Summer 2026", EntryKind.FOLDER),
    Action(Op.REPLACE, "Letters/Tax 2026/statement.ods", EntryKind.FILE, 48_000, old_kind=EntryKind.FILE),
    Action(Op.MOVE, "Travel/2024/Lisbon.jpg", EntryKind.FILE, 3_400_000, old_path="Inbox/IMG_1204.jpg"),
    Action(Op.SET_METADATA, "", EntryKind.FOLDER),
    *HELD.actions,
)
# Files, bytes, and whether counting has ended.
COUNTS = {
    "/home/anna/Documents": (18_204, 48_200_000_000, True),
    "/home/anna/Pictures": (2_310, 9_100_000_000, False),
    "/home/anna/Desktop": (12, 4_800_000, True),
}
PLACES = (
    PlaceOffer("/media/anna/Backup", "Backup", 2_000_398_934_016, 1_244_000_000_000),
    PlaceOffer("/media/anna/STICK", "STICK", 32_000_000_000, 12_000_000_000),
    PlaceOffer("/home/anna/Backups", "", 512_000_000_000, 211_000_000_000, is_own=True),
)
_COVERAGE = Coverage(folders_live=8_210, folders_polled=790, reason=Reason(ReasonCode.WATCHES_LIMIT))
_ROOM = FreeSpace(total_bytes=2_000_398_934_016, free_bytes=1_244_000_000_000)

VIEWS = {
    "ok": JobView(
        DOCUMENTS,
        Status(
            JobState.OK, last_complete_at=NOW - 80, last_pass_at=NOW - 80, coverage=Coverage(9_000), has_full_pass=True
        ),
        room=_ROOM,
    ),
    "working": JobView(
        DOCUMENTS,
        Status(JobState.WORKING, last_complete_at=NOW - 7_300, coverage=Coverage(9_000), pending=892),
        Progress(
            Phase.COPYING,
            files_done=312,
            files_total=1_204,
            bytes_done=1_240_000_000,
            bytes_total=4_800_000_000,
            path="Films/Summer 2026/The long way from the valley to the sea, first part, uncut.mov",
            elapsed_s=35.0,
        ),
        Pace(bytes_per_s=35_400_000, left_s=231),
        room=_ROOM,
    ),
    "waiting": JobView(
        DOCUMENTS,
        Status(
            JobState.WAITING,
            reason=Reason(ReasonCode.DESTINATION_DRIVE_AWAY, path="/media/anna/Backup/Documents"),
            last_complete_at=NOW - 93_000,
            pending=12,
            coverage=Coverage(9_000),
            backlog=Backlog(12, 3_400_000, NOW - 5_040),
        ),
    ),
    "paused": JobView(
        DOCUMENTS,
        Status(
            JobState.PAUSED,
            last_complete_at=NOW - 4_000,
            paused_until=NOW + 7_000,
            coverage=Coverage(9_000),
            has_full_pass=True,
        ),
        room=_ROOM,
    ),
    "attention": JobView(
        DOCUMENTS,
        Status(
            JobState.ATTENTION,
            last_complete_at=NOW - 7_300,
            last_pass_at=NOW - 80,
            problems=PROBLEMS,
            coverage=_COVERAGE,
            has_full_pass=True,
        ),
        room=_ROOM,
    ),
    "held": JobView(
        DOCUMENTS,
        Status(
            JobState.HELD,
            last_complete_at=NOW - 7_300,
            last_pass_at=NOW - 80,
            held=HELD,
            coverage=Coverage(9_000),
            has_full_pass=True,
        ),
        room=_ROOM,
    ),
    "failed": JobView(
        DOCUMENTS,
        Status(
            JobState.FAILED,
            reason=Reason(ProblemCode.NO_SPACE),
            last_complete_at=NOW - 172_000,
            pending=37,
            coverage=Coverage(9_000),
            backlog=Backlog(37, 1_840_000_000, NOW - 171_000),
        ),
        room=FreeSpace(total_bytes=2_000_398_934_016, free_bytes=12_000_000),
    ),
}
OTHERS = (
    JobView(
        PICTURES,
        Status(
            JobState.OK, last_complete_at=NOW - 130, last_pass_at=NOW - 130, coverage=Coverage(410), has_full_pass=True
        ),
        room=_ROOM,
    ),
    JobView(
        NOTES,
        Status(JobState.PAUSED, last_complete_at=NOW - 90_000, coverage=Coverage(folders_polled=6), has_full_pass=True),
        room=FreeSpace(total_bytes=400_000_000_000, free_bytes=31_000_000_000),
    ),
)
DAYS = tuple(
    DayTotal(
        (date(2026, 11, 22) - timedelta(days=ago)).isoformat(),
        passes=1 + ago % 4,
        files=18_204 if ago == 27 else 3 + (ago * 37) % 190,
        bytes=48_200_000_000 if ago == 27 else 40_000 + (ago * ago * 7_919_003) % 900_000_000,
        troubled=int(ago in {4, 11}),
    )
    for ago in range(29)
    if ago % 7 not in {2, 3} or ago == 0
)
SIZES = BackupSizes(412_000_000_000, 96_500_000_000, counted_at=NOW - 1_500)
EARLIER = tuple(
    PastPass(
        *(900 - n, NOW - 100_000 - n * 7_000.0, 1.5, n % 5 == 0, "complete", NO_REASON),
        *((n + 1) % 4, 1, (n + 1) % 3, int(n == 0), 210_000 * (n + 1), 0),
        recorded=(n + 1) % 4 + 1 + (n + 1) % 3 + int(n == 0),
        is_whole=True,
    )
    for n in range(40)
)
FILES = (
    PastChange("create", "Letters/To the tax office.odt"),
    PastChange("replace", "Accounts/2026.ods"),
    PastChange("move", "Travel/2026/Ticket.pdf", "Downloads/Ticket.pdf"),
    PastChange("delete", "Drafts/old.txt"),
)
REPORTS = (
    Report(PassStatus.COMPLETE, NOW - 90_000, 94.0, is_full=True, counts=Counts(created=214, bytes=1_900_000_000)),
    Report(PassStatus.COMPLETE, NOW - 20_000, 3.4, is_full=True),
    Report(PassStatus.COMPLETE, NOW - 16_400, 3.5, is_full=True),
    Report(PassStatus.COMPLETE, NOW - 9_000, 0.4, is_full=False, counts=Counts(created=1, replaced=2, bytes=2_310_000)),
    Report(PassStatus.CANCELLED, NOW - 8_000, 2.1, is_full=True, counts=Counts(created=12, bytes=44_000_000)),
    Report(PassStatus.FAILED, NOW - 7_900, 0.1, is_full=True, reason=Reason(ProblemCode.NO_SPACE)),
    Report(PassStatus.HELD, NOW - 4_000, 3.2, is_full=True, held=HELD),
    Report(
        PassStatus.PROBLEMS, NOW - 3_000, 1.2, is_full=False, counts=Counts(replaced=1, bytes=8_000), problems=PROBLEMS
    ),
    Report(
        PassStatus.COMPLETE, NOW - 80, 0.2, is_full=False, counts=Counts(replaced=1, moved=3, deleted=2, bytes=18_400)
    ),
)
TRACEBACK = """Traceback (most recent call last):
  File "overview.py", line 120, in show_view
    self._bar.setValue(share)
ValueError: cannot convert float NaN to integer
"""
DIAGNOSTICS = """Folder Backup 0.1.0
Python 3.11.7, Qt 6.11.3, PySide6 6.11.3
System: Linux 6.1.0 x86_64

Backup 1: attention
  last complete: 2026-11-22 12:01Z, last pass: 2026-11-22 14:01Z
  problems: in-use 3

Last warnings and errors: 1
  2026-11-22 13:58:12Z WARNING backup_gui.engine.run.loop: The pass failed: %s
"""
MOMENTS = (
    Moment(NOW - 40 * 86_400, 3),
    Moment(NOW - 12 * 86_400, 214),
    Moment(NOW - 86_400, 1),
    Moment(NOW - 7_300, 2),
    Moment(NOW - 600, 1),
)


def _past_item(path: str, size_bytes: int, age_s: float, left_s: float | None = None, *, is_gone: bool = False) -> Item:
    """A file, or with a size of -1 a folder, of the pictures."""
    kind = EntryKind.FOLDER if size_bytes < 0 else EntryKind.FILE
    root = DOCUMENTS.destination.path if left_s is None else f"{DOCUMENTS.destination}.history"
    left_at = NOW - left_s if left_s is not None else None
    stored = path if left_s is None else f"{path}~{left_s}"
    return Item(path, kind, max(0, size_bytes), round((NOW - age_s) * 1e9), root, stored, left_at, is_gone)


TOP = (
    _past_item("Letters", -1, 86_400),
    _past_item("Old drafts", -1, 9 * 86_400, 2 * 86_400, is_gone=True),
    _past_item("Taxes", -1, 50_000),
    _past_item("Travel", -1, 5_000),
    _past_item("Budget.ods", 48_200, 400_000),
    _past_item("Guests of the big summer party in the garden, with addresses.csv", 2_310, 900_000),
    _past_item("Minutes.odt", 18_400, 700_000, 600, is_gone=True),
    _past_item("Notes.txt", 1_204, 90),
)
TRAVEL = (
    _past_item("Travel/Lake.jpg", 3_400_000, 9_000_000),
    _past_item("Travel/Route.gpx", 240_100, 8_000_000, 86_400, is_gone=True),
    _past_item("Travel/Valley.jpg", 4_120_000, 9_000_500),
)
NOTES_VERSIONS = (
    _past_item("Notes.txt", 1_204, 90),
    _past_item("Notes.txt", 1_180, 7_400, 7_300),
    _past_item("Notes.txt", 950, 90_000, 86_400),
)
# The same folder as it was 12 days ago.
TOP_THEN = (
    _past_item("Letters", -1, 13 * 86_400),
    _past_item("Old drafts", -1, 19 * 86_400),
    _past_item("Taxes", -1, 20 * 86_400),
    _past_item("Travel", -1, 30 * 86_400),
    _past_item("Budget.ods", 41_100, 21 * 86_400, 400_000),
    _past_item("Minutes.odt", 17_900, 14 * 86_400, 700_000),
    _past_item("Notes.txt", 810, 20 * 86_400, 90_000),
    _past_item("Plans.odt", 22_000, 60 * 86_400, 40 * 86_400, is_gone=True),
)
TRAVEL_THEN = (TRAVEL[0], _past_item("Travel/Route.gpx", 240_100, 8_000_000, 86_400), TRAVEL[2])
FOUND = tuple(_past_item(f"Travel/Valley {number:03}.jpg", 3_100_000, 9_000_000 - number * 61) for number in range(80))
NOTES_TEXT = (
    "Packing list\n\n- tent, mats, stove\n- maps 1:25,000\n- rain coats\n- first aid\n\nTrain leaves 7:42, platform 3\n"
)
RESULT = RestoreResult(
    asked=312,
    restored=tuple(f"Travel/{number}.jpg" for number in range(288)),
    present=tuple(f"Travel/old {number}.jpg" for number in range(21)),
    beside=(("Travel/Route.gpx", "Travel/Route (restored 2026-11-22 14.02).gpx"),),
    failed=(
        ("Travel/Films/Sea.mov", Reason(ReasonCode.RETURN_NO_SPACE)),
        ("Travel/Films/Valley.mov", Reason(ReasonCode.RETURN_NO_SPACE)),
        ("Travel/Lake.jpg", Reason(ReasonCode.RETURN_READ_ERROR)),
    ),
)
RETURNED = RestoreResult(
    asked=6,
    restored=("Letters/Bank.odt", "Letters/Insurance.odt", "Tax/2025.ods", "Tax"),
    beside=(("Tax/2025.ods", "Tax/2025 (before undoing 2026-11-22 21.06.05).ods"),),
    skipped=(("Letters/Car.odt", Reason(ReasonCode.RETURN_THERE_ALREADY)),),
    failed=(("Photos/Sea.jpg", Reason(ReasonCode.RETURN_NO_VERSION)),),
)
LOG_LINES = (
    "14:01:58  INFO     Folder Backup 0.1.0 has started",
    "14:01:59  INFO     Documents: full pass complete in 3.4 s, nothing to do, 9,000 folders",
    "14:02:00  INFO     Documents: 1 replaced, 3 moved, 2 deleted, 18.4 kB in 0.2 s",
    "14:02:07  WARNING  Documents: Mail/Inbox.mbox: The file keeps changing while it is being copied",
)


def fixed_now() -> float:
    """The time in all pictures."""
    return NOW


def no_tray() -> bool:
    """No tray, as in a picture."""
    return False


def make_window(icons: Icons, view: JobView | None, *, has_others: bool = True) -> MainWindow:
    """A main window with fixed values.

    Args:
        icons: The icons.
        view: The job selected; None for a window without jobs.
        has_others: Whether there are two more jobs.
    """
    window = MainWindow(icons, fixed_now, "0.1.0", has_tray=no_tray)
    # The screen of the tests has another size.
    window.resize(940, 640)
    if view is not None:
        window.put_job(view)
        for other in OTHERS if has_others else ():
            window.put_job(other)
        troubled = (*REPORTS[:-2], REPORTS[-2]._replace(started_at=NOW - 81))
        for report in troubled if view.status.problems else REPORTS:
            window.board.add_report(view.job.id, report)
        window.board.log.add_lines(LOG_LINES)
        window.board.overview.show_days(DAYS)
        window.board.overview.show_sizes(SIZES)
    return window


def overdue() -> JobView:
    """A job whose drive has been away for days."""
    since = NOW - 3.2 * 86_400
    status = VIEWS["waiting"].status._replace(
        last_complete_at=since, pending=212, backlog=Backlog(212, 486_000_000, since + 3_000)
    )
    return replace(VIEWS["waiting"], status=status, overdue_since=since)


def wide_overview(icons: Icons, view: JobView) -> MainWindow:
    """A window so high that the whole Overview page is seen."""
    window = make_window(icons, view, has_others=False)
    window.resize(1_000, 860)
    return window


def look_back(icons: Icons) -> MainWindow:
    """The Activity page with passes of earlier runs, one of them opened."""
    window = make_window(icons, VIEWS["ok"])
    queries: list[PassQuery] = []
    window.board.passes_wanted.connect(queries.append)
    window.board.show_page(Page.ACTIVITY)
    window.board.put_passes(queries[-1], EARLIER, is_last=True)
    tree = window.board.activity._list
    opened = tree.model().index(len(REPORTS) - 1, 0)
    tree.expand(opened)
    window.board.activity_model("a1").put_files(FilesQuery("a1", EARLIER[0].id), FILES, is_last=True)
    tree.setCurrentIndex(opened)
    return window


def arrange_now(view: PlanView) -> None:
    """Answer a view of a plan at once, as the app does in the background."""

    def answer(wish: Arrangement) -> None:
        arranged = arrange(wish, bool)
        view.show_arranged(arranged)

    view.arrangement_requested.connect(answer)
    view.request()


def open_folders(view: PlanView, *paths: str) -> None:
    """Open folders of a plan that are in sight, as the user does."""
    for path in paths:
        index = view.tree.model().index(0, 0)
        while index.isValid():
            if view.model.path(index) == path:
                view.tree.expand(index)
                break
            index = view.tree.indexBelow(index)


def first_run(icons: Icons, step: int, place: str = "/media/anna/Backup") -> MainWindow:
    """The first run at one of its steps."""
    window = make_window(icons, None)
    steps = window.welcome
    # Nobody answers here, and nobody is asked.
    steps.show_folders(tuple(COUNTS))
    for path, (files, size_bytes, is_done) in COUNTS.items():
        steps.folders.show_count(path, files, size_bytes, is_done=is_done)
    steps.folders.cards["/home/anna/Desktop"].setChecked(False)
    steps.show_places(PLACES)
    if step == 0:
        return window
    if place not in steps.places.cards:
        steps.folders.cards["/home/anna/Pictures"].setChecked(False)
        steps.places.add_folder(place)
    choices: list[FirstChoice] = []
    steps.check_requested.connect(choices.append)
    if place in steps.places.cards:
        steps.places.cards[place].setChecked(True)
    steps.folders.changed.emit()
    note = said(Reason(ReasonCode.PLACE_NOT_EMPTY, path=f"{place}/Pictures"))
    is_used = place == "/srv/backup"
    steps.show_verdict(
        choices[-1],
        (DOCUMENTS,) if is_used else (DOCUMENTS, FIRST_PICTURES),
        note if is_used else "",
        is_place_empty=not is_used,
    )
    for _ in range(step):
        steps.next_button.click()
    steps.start.show_forecast(
        FirstForecast(
            20_514,
            57_300_000_000,
            990.0,
            (*PROBLEMS, *PROBLEMS, PROBLEMS[0]),
            strangers=12,
            is_done=True,
        )
    )
    return window


def settings_page(icons: Icons) -> MainWindow:
    """The Settings page with something changed."""
    window = make_window(icons, VIEWS["ok"])
    window.board.show_page(Page.SETTINGS)
    page = window.board.settings
    drafts: list[JobDraft] = []
    wishes: list[RulesWish] = []
    page.check_requested.connect(drafts.append)
    page.rules.count_requested.connect(wishes.append)
    for check in page.rules.preset_checks[:2]:
        check.click()
    page.show()
    page.destination_field.edit.setText("/home/anna/Backup")
    window.show()
    page._request_check()
    notes = {"destination": Reason(ReasonCode.PLACE_ON_SAME_DRIVE)}
    page.show_findings(drafts[-1], drafts[-1].wanted, {}, notes)
    page.rules.show_count(214, 3_100_000_000, is_done=True)
    page.limits.show_size(HistorySize(SIZES.history_bytes, 1_412))
    return window


def fill_history(page: HistoryPage, subject: Subject) -> None:
    """Answer a History page with fixed values, with a file chosen and looked at."""
    top, travel = (TOP, TRAVEL) if page.time.at is None else (TOP_THEN, TRAVEL_THEN)
    notes = next(item for item in top if item.path == "Notes.txt")
    page.gone_check.setChecked(True)
    asked = page._asked()
    page.show_moments(asked, MOMENTS)
    page.show_folder(asked, top)
    page.tree.expand(page.model.index(3, 0))
    page.show_folder(replace(asked, path="Travel"), travel)
    page.tree.setCurrentIndex(page.model.index(top.index(notes), 0))
    page.show_versions(replace(asked, path="Notes.txt"), (*NOTES_VERSIONS, TOP_THEN[6]))
    page.show_look(replace(asked, item=notes), NOTES_TEXT, None, is_cut=False)


def history_scenes(icons: Icons) -> Iterator[tuple[str, QWidget]]:
    """Every view of looking back and of bringing back."""
    for name in ("now", "past", "picture", "found", "none", "failed", "silent", "silent-later"):
        window = make_window(icons, VIEWS["ok"])
        window.board.show_page(Page.HISTORY)
        page, subject = window.board.history, subject_of(DOCUMENTS)
        if name == "past":
            page.show_moments(page._asked(), MOMENTS)
            page.time.choose(MOMENTS[1].at - 1)
        if name != "silent":
            fill_history(page, subject)
        asked = page._asked()
        if name == "picture":
            page.tree.setCurrentIndex(page.model.index(0, 0, page.model.index(3, 0)))
            page.show_versions(replace(asked, path=TRAVEL[0].path), TRAVEL[:1])
            page.show_look(replace(asked, item=TRAVEL[0]), None, _some_picture(), is_cut=False)
        elif name == "found":
            page.search.setText("valley")
            page.show_found(page._asked(), Search(FOUND, is_cut=True))
        elif name == "none":
            page.search.setText("summer")
            page.show_found(page._asked(), Search())
        elif name == "failed":
            page.show_failure(asked)
        elif name.startswith("silent"):
            page.show_silence(40)
        yield f"history-{name}", window
    subject = Subject("Documents", DOCUMENTS.destination, Place(f"{DOCUMENTS.destination}.history"))
    standalone = HistoryWindow(icons, fixed_now, subject)
    fill_history(standalone.page, subject)
    yield "history-window", standalone
    dialog = RestoreDialog(icons, DOCUMENTS.source)
    dialog.show_step(
        Progress(Phase.RETURNING, 40, 312, 320_000_000, 2_400_000_000, "Travel/Lake and the long way around it.jpg")
    )
    yield "restore-working", dialog
    dialog = RestoreDialog(icons, DOCUMENTS.source)
    dialog.show_result(RESULT)
    yield "restore-problems", dialog
    dialog = RestoreDialog(icons, DOCUMENTS.source)
    dialog.show_result(RestoreResult(asked=1, restored=("Minutes.odt",)))
    yield "restore-done", dialog
    dialog = RestoreDialog(icons, DOCUMENTS.source)
    failure = "The backup of this folder could not be paused. You can save the files elsewhere."
    dialog.show_failure(QCoreApplication.translate("Restoration", failure))
    yield "restore-failed", dialog


def answer_scenes(icons: Icons) -> Iterator[tuple[str, QWidget]]:
    """The questions before an answer is carried out, and what came of it."""
    parent = QWidget()
    yield "ask-undo", ask_to_undo(312, parent.show, parent)
    yield "ask-drive", ask_to_forget_drive("Pictures/Camera", parent.show, parent, keeps_history=True)
    yield "ask-new-drive", ask_to_use_drive(DOCUMENTS.destination.path, parent.show, parent, keeps_history=True)
    yield "ask-release", ask_to_release(840, parent.show, parent, keeps_history=True)
    yield "returned", ReturnedDialog(icons, DOCUMENTS.source, RestoreResult(840, tuple(map(str, range(840)))))
    yield "returned-part", ReturnedDialog(icons, DOCUMENTS.source, RETURNED)
    going = ReturnedDialog(icons, DOCUMENTS.source)
    going.show_step(Progress(Phase.RETURNING, 311, 840, 1_200_000_000, 4_800_000_000, "Travel/2026/Sea.mov"))
    yield "returned-going", going
    silent = ReturnedDialog(icons, DOCUMENTS.source)
    silent.show_step(Progress(Phase.RETURNING, 311, 840, 1_200_000_000, 4_800_000_000, "Travel/2026/Sea.mov"))
    silent.show_silence(40)
    yield "returned-silent", silent
    left = ReturnedDialog(icons, DOCUMENTS.source)
    left.show_step(Progress(Phase.RETURNING, 311, 840, 1_200_000_000, 4_800_000_000, "Travel/2026/Sea.mov"))
    left.show_silence(40)
    left.cancel_button.click()
    left._on_patience_over()
    yield "returned-left", left
    yield (
        "returned-none",
        ReturnedDialog(icons, DOCUMENTS.source, RestoreResult(reason=Reason(ReasonCode.WATCHED_ABSENT))),
    )


def _some_picture() -> QImage:
    image = QImage(640, 400, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    sky = QLinearGradient(0, 0, 0, 400)
    sky.setColorAt(0, QColor("#4c8fe6"))
    sky.setColorAt(0.6, QColor("#f5d8a8"))
    sky.setColorAt(0.61, QColor("#2f6f4f"))
    sky.setColorAt(1, QColor("#123524"))
    painter.fillRect(image.rect(), sky)
    painter.end()
    return image


def scenes(icons: Icons) -> Iterator[tuple[str, QWidget]]:
    """Every view by name, one after the other."""
    yield "welcome", first_run(icons, 0)
    yield "first-where", first_run(icons, 1)
    yield "first-small", first_run(icons, 1, place="/media/anna/STICK")
    yield "first-folder", first_run(icons, 1, place="/srv/backup")
    yield "first-start", first_run(icons, 2)
    for name, view in VIEWS.items():
        yield f"overview-{name}", make_window(icons, view)
    for page in (Page.ACTIVITY, Page.PROBLEMS, Page.LOG):
        window = make_window(icons, VIEWS["attention"])
        window.board.show_page(page)
        yield page.name.lower(), window
    window = make_window(icons, VIEWS["ok"], has_others=False)
    window.board.show_page(Page.PROBLEMS)
    yield "problems-none", window
    for name, held in (("deletions", HELD), ("strangers", STRANGERS)):
        review = ReviewDialog(icons, DOCUMENTS, held)
        arrange_now(review.plan)
        yield f"review-{name}", review
    preview = PreviewDialog(icons, DOCUMENTS)
    arrange_now(preview.plan)
    preview.show_plan(PLAN, count_actions(PLAN))
    preview.show_held(HELD)
    preview.show_problems((*PROBLEMS, *PROBLEMS))
    open_folders(preview.plan, "Letters/Tax 2026", "Travel", "Travel/2024")
    yield "preview", preview
    preview = PreviewDialog(icons, DOCUMENTS)
    arrange_now(preview.plan)
    preview.plan.search_edit.setText("Lisbon")
    preview.show_plan(PLAN, count_actions(PLAN))
    yield "preview-search", preview
    preview = PreviewDialog(icons, DOCUMENTS)
    preview.show_progress(Progress(Phase.COMPARING, 12_204, path="Films/Summer 2026/The long way.mov"))
    yield "preview-comparing", preview
    preview = PreviewDialog(icons, DOCUMENTS)
    preview.show_progress(Progress(Phase.COMPARING, 12_204, path="Films/Summer 2026/The long way.mov"))
    preview.show_silence(40)
    yield "preview-silent", preview
    preview = PreviewDialog(icons, DOCUMENTS)
    preview.show_plan((), Counts())
    yield "preview-nothing", preview
    preview = PreviewDialog(icons, DOCUMENTS)
    preview.show_failure(Reason(ReasonCode.SOURCE_AWAY, path="/home/anna/Documents"))
    yield "preview-failed", preview
    yield "job-settings", settings_page(icons)
    window = settings_page(icons)
    window.board.settings.area.ensureWidgetVisible(window.board.settings.strangers_check)
    yield "job-settings-end", window
    yield "job-new", NewJobDialog(icons)
    dialog = NewJobDialog(icons, "/home/anna/Documents")
    dialog.form.destination_field.edit.setText("/home/anna/Documents/Backup")
    faults = {"destination": Reason(ReasonCode.TYPED_DESTINATION_IN_SOURCE)}
    draft = JobDraft(NEW_JOB._replace(source="/home/anna/Documents"), dialog.form.wanted())
    dialog.form.show_findings(draft, None, faults, {})
    yield "job-wrong", dialog
    dialog = NewJobDialog(icons, "/home/anna/Documents")
    dialog.form.destination_field.edit.setText("/home/anna/Backup")
    notes = {"destination": Reason(ReasonCode.PLACE_ON_SAME_DRIVE)}
    draft = JobDraft(NEW_JOB._replace(source="/home/anna/Documents"), dialog.form.wanted())
    dialog.form.show_findings(draft, DOCUMENTS, {}, notes)
    dialog.resize(760, 400)
    yield "job-small", dialog
    yield "overview-whole", wide_overview(icons, VIEWS["ok"])
    behind = VIEWS["working"].status._replace(
        state=JobState.OK,
        has_full_pass=True,
        pending=12,
        backlog=Backlog(12, 3_400_000, NOW - 40),
    )
    saving = replace(VIEWS["working"], status=behind, progress=None, saving=Saving.BATTERY, full_check_every_s=14_400)
    window = wide_overview(icons, saving)
    window.board.overview.chart.plot._choose(25)
    yield "overview-behind", window
    kept = replace(VIEWS["ok"], status=VIEWS["ok"].status._replace(kept=840))
    yield "overview-kept", wide_overview(icons, kept)
    yield from answer_scenes(icons)
    yield "overview-overdue", make_window(icons, overdue())
    yield "overview-silent", make_window(icons, replace(VIEWS["working"], silent_s=40))
    replaced = VIEWS["waiting"].status._replace(
        reason=Reason(ReasonCode.DESTINATION_REPLACED, path="/media/anna/Backup/Documents")
    )
    yield "overview-new-drive", make_window(icons, replace(VIEWS["waiting"], status=replaced))
    yield "activity-earlier", look_back(icons)
    drive = problem(ProblemCode.DRIVE_AWAY, "Camera", Stage.COMPARE)
    away = replace(VIEWS["attention"], status=VIEWS["attention"].status._replace(problems=(drive, *PROBLEMS)))
    window = make_window(icons, away)
    window.board.show_page(Page.PROBLEMS)
    yield "problems-drive", window
    yield from history_scenes(icons)
    yield "settings", SettingsDialog(Settings(start_at_login=True))
    yield "crash", CrashDialog(icons, "ValueError (overview.py:120)", TRACEBACK)
    yield "diagnostics", DiagnosticsDialog(DIAGNOSTICS, DIAGNOSTICS)


@contextmanager
def appearance(application: QApplication, look: Look) -> Iterator[None]:
    """Give all windows a look for a while."""
    before = application.palette(), application.font(), application.layoutDirection()
    font = QFont(before[1])
    font.setPointSizeF(before[1].pointSizeF() * look.text_scale)
    application.setPalette(look.palette())
    application.setFont(font)
    application.setLayoutDirection(look.direction)
    make_legible(application)
    try:
        yield
    finally:
        application.setPalette(before[0])
        application.setFont(before[1])
        application.setLayoutDirection(before[2])
        application.setStyleSheet("")


def write_all(folder: Path, application: QApplication) -> list[Path]:
    """Write a picture of every view in every look.

    Args:
        folder: Where to; made if need be.
        application: The application, on any platform.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    for name_of_look, look in LOOKS.items():
        # Windows are only turned for a language that is read so; English in one has its full stops at the wrong end.
        is_turned = look.direction == Qt.LayoutDirection.RightToLeft
        with appearance(application, look), speaking(application, HebrewTranslator()) if is_turned else nullcontext():
            icons = Icons(resource_folder() / "icons")
            for name, widget in scenes(icons):
                path = folder / f"{name}-{name_of_look}.png"
                picture(widget, path)
                written.append(path)
                widget.deleteLater()
                QCoreApplication.sendPostedEvents(widget, QEvent.Type.DeferredDelete)
    return written


def show_scene(widget: QWidget) -> None:
    """Show one window at its own size."""
    size = (
        widget.size()
        if isinstance(widget, MainWindow | ReviewDialog | PreviewDialog | HistoryWindow)
        else widget.sizeHint()
    )
    if isinstance(widget, MainWindow | HistoryWindow) and QApplication.font().pointSizeF() > _LARGE_PT:
        # The platform of the pictures has a smaller screen than people have.
        size = (size * 2).boundedTo(_MOST_ROOM)
    widget.resize(size.expandedTo(QSize(1, 1)))
    widget.show()
    QCoreApplication.processEvents()


def picture(widget: QWidget, path: Path) -> None:
    """Write a picture of one window at its own size."""
    show_scene(widget)
    image = widget.grab()
    widget.hide()
    if not image.save(str(path)):
        raise OSError(f"The picture could not be written: {path}")


def choose_font(application: QApplication) -> None:
    """Take a plain font where the platform has no idea of its own, as offscreen."""
    families = QFontDatabase.families()
    for family in ("Noto Sans", "DejaVu Sans"):
        if family in families:
            application.setFont(QFont(family, 10))
            return


def main() -> int:
    """Write all pictures to the folder named on the command line, or to ``build/screenshots``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("TZ", "UTC")
    application = QApplication(sys.argv[:1])
    choose_font(application)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build", "screenshots")
    for path in write_all(folder, application):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

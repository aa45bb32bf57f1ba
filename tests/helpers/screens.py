"""Pictures of every view with fixed values, light and dark, for eyes and for the README.

Run as a module it writes them to ``build/screenshots``; so does a test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QSize
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QLinearGradient, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from backup_gui.app import resource_folder
from backup_gui.config import Settings
from backup_gui.engine.model import (
    Action,
    Counts,
    Coverage,
    EntryKind,
    Held,
    HeldCode,
    Job,
    JobState,
    Op,
    PassStatus,
    Phase,
    Problem,
    ProblemCode,
    Progress,
    Report,
    Stage,
    Status,
)
from backup_gui.engine.problems import REASONS
from backup_gui.engine.retrieval import Item, Moment, PutBack, Search, Step
from backup_gui.ui.board import Page
from backup_gui.ui.history import HistoryPage
from backup_gui.ui.historyview import Asked, Subject, subject_of
from backup_gui.ui.historywindow import HistoryWindow
from backup_gui.ui.icons import Icons
from backup_gui.ui.jobdialog import JobDialog
from backup_gui.ui.jobview import DraftVerdict, JobView, Level, Remark, Room
from backup_gui.ui.mainwindow import MainWindow
from backup_gui.ui.pace import Pace
from backup_gui.ui.restoredialog import RestoreDialog
from backup_gui.ui.review import ReviewDialog
from backup_gui.ui.settingsdialog import SettingsDialog
from backup_gui.ui.theme import dark_palette, light_palette

# Sunday, 22 November 2026, 14:03:20 UTC
NOW = 1_795_356_200.0
SCHEMES: dict[str, Callable[[], QPalette]] = {"light": light_palette, "dark": dark_palette}

DOCUMENTS = Job("/home/anna/Documents", "/media/anna/Backup/Documents", id="a1", name="Documents")
PICTURES = Job(
    "/home/anna/Pictures",
    "/media/anna/Backup/Pictures of all the years since the children were born",
    id="b2",
    name="Pictures",
    interval_s=60,
)
NOTES = Job("/home/anna/Notes", "/mnt/nas/anna/Notes", id="c3", name="Notes", keeps_history=False)

PROBLEMS = tuple(
    Problem(path, stage, code, REASONS[code] + detail)
    for path, stage, code, detail in (
        ("Letters/Tax 2026/statement.ods", Stage.COPY, ProblemCode.NO_PERMISSION, ""),
        ("Mail/Inbox.mbox", Stage.COPY, ProblemCode.KEEPS_CHANGING, ""),
        ("Minutes 14:00.odt", Stage.COPY, ProblemCode.NAME_NOT_POSSIBLE, ": it contains ':'"),
    )
)
HELD = Held(
    HeldCode.MASS_CHANGE,
    "840 of 1,000 files would be deleted.",
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
    "12 files are not from this program.",
    Counts(deleted=12),
    mirror_files=12,
    actions=tuple(
        Action(Op.DELETE, f"old stuff/scan-{number:03}.pdf", EntryKind.FILE, 210_000) for number in range(12)
    ),
)
_COVERAGE = Coverage(folders_live=8_210, folders_polled=790, reason="The system's limit of watched folders is reached.")
_ROOM = Room(total_bytes=2_000_398_934_016, free_bytes=1_244_000_000_000)

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
            reason="Waiting for the drive of the backup: /media/anna/Backup is not there.",
            last_complete_at=NOW - 93_000,
            pending=12,
            coverage=Coverage(9_000),
        ),
    ),
    "paused": JobView(
        DOCUMENTS,
        Status(JobState.PAUSED, last_complete_at=NOW - 4_000, paused_until=NOW + 7_000, coverage=Coverage(9_000)),
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
        Status(JobState.HELD, last_complete_at=NOW - 7_300, last_pass_at=NOW - 80, held=HELD, coverage=Coverage(9_000)),
        room=_ROOM,
    ),
    "failed": JobView(
        DOCUMENTS,
        Status(
            JobState.FAILED,
            reason="The backup drive is full.",
            last_complete_at=NOW - 172_000,
            coverage=Coverage(9_000),
        ),
        room=Room(total_bytes=2_000_398_934_016, free_bytes=12_000_000),
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
        Status(JobState.PAUSED, last_complete_at=NOW - 90_000, coverage=Coverage(folders_polled=6)),
        room=Room(total_bytes=400_000_000_000, free_bytes=31_000_000_000),
    ),
)
REPORTS = (
    Report(PassStatus.COMPLETE, NOW - 90_000, 812.0, is_full=True, counts=Counts(created=18_204, bytes=48_200_000_000)),
    Report(PassStatus.COMPLETE, NOW - 20_000, 3.4, is_full=True),
    Report(PassStatus.COMPLETE, NOW - 16_400, 3.5, is_full=True),
    Report(PassStatus.COMPLETE, NOW - 9_000, 0.4, is_full=False, counts=Counts(created=1, replaced=2, bytes=2_310_000)),
    Report(PassStatus.CANCELLED, NOW - 8_000, 2.1, is_full=True, counts=Counts(created=12, bytes=44_000_000)),
    Report(PassStatus.FAILED, NOW - 7_900, 0.1, is_full=True, reason="The backup drive is full."),
    Report(PassStatus.HELD, NOW - 4_000, 3.2, is_full=True, held=HELD),
    Report(
        PassStatus.PROBLEMS, NOW - 3_000, 1.2, is_full=False, counts=Counts(replaced=1, bytes=8_000), problems=PROBLEMS
    ),
    Report(
        PassStatus.COMPLETE, NOW - 80, 0.2, is_full=False, counts=Counts(replaced=1, moved=3, deleted=2, bytes=18_400)
    ),
)
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
    root = DOCUMENTS.destination if left_s is None else f"{DOCUMENTS.destination}.history"
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
NOTES_TEXT = (
    "Packing list\n\n- tent, mats, stove\n- maps 1:25,000\n- rain coats\n- first aid\n\nTrain leaves 7:42, platform 3\n"
)
RESULT = PutBack(
    asked=312,
    restored=tuple(f"Travel/{number}.jpg" for number in range(288)),
    present=tuple(f"Travel/old {number}.jpg" for number in range(21)),
    beside=(("Travel/Route.gpx", "Travel/Route (restored 2026-11-22 14.02).gpx"),),
    failed=(
        ("Travel/Films/Sea.mov", "The drive that is restored to is full"),
        ("Travel/Films/Valley.mov", "The drive that is restored to is full"),
        ("Travel/Lake.jpg", "The backup drive reported an error while this was being read"),
    ),
)
LOG_LINES = (
    "14:01:58  INFO     Folder Backup 0.1.0 begins",
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
    if view is not None:
        window.put_job(view)
        for other in OTHERS if has_others else ():
            window.put_job(other)
        for report in REPORTS:
            window.add_report(view.job.id, report)
        window.add_log_lines(LOG_LINES)
    return window


def fill_history(page: HistoryPage, subject: Subject) -> None:
    """Answer a History page with fixed values, with a file chosen and looked at."""
    page.gone_check.setChecked(True)
    asked = Asked(subject, page._serial, at=page.time.at, shows_gone=True)
    page.show_moments(asked, MOMENTS)
    page.show_folder(asked, TOP)
    page.tree.expand(page.model.index(3, 0))
    page.show_folder(replace(asked, path="Travel"), TRAVEL)
    page.tree.setCurrentIndex(page.model.index(7, 0))
    page.show_versions(replace(asked, path="Notes.txt"), NOTES_VERSIONS)
    page.show_look(replace(asked, item=NOTES_VERSIONS[0]), NOTES_TEXT, None, is_cut=False)


def history_scenes(icons: Icons) -> Iterator[tuple[str, QWidget]]:
    """Every view of looking back and of bringing back."""
    for name in ("now", "past", "picture", "found", "none", "failed"):
        window = make_window(icons, VIEWS["ok"])
        window.board.show_page(Page.HISTORY)
        page, subject = window.board.history, subject_of(DOCUMENTS)
        if name == "past":
            page.show_moments(Asked(subject, page._serial), MOMENTS)
            page.time.choose(MOMENTS[1].at - 1)
        fill_history(page, subject)
        asked = Asked(subject, page._serial, at=page.time.at)
        if name == "picture":
            page.show_look(replace(asked, item=NOTES_VERSIONS[0]), None, _some_picture(), is_cut=False)
        elif name == "found":
            page.search.setText("valley")
            page.show_found(Asked(subject, page._serial, text="valley"), Search((TRAVEL[2],), is_cut=True))
        elif name == "none":
            page.search.setText("summer")
            page.show_found(Asked(subject, page._serial, text="summer"), Search())
        elif name == "failed":
            page.show_failure(asked)
        yield f"history-{name}", window
    subject = Subject("Documents", DOCUMENTS.destination, f"{DOCUMENTS.destination}.history")
    standalone = HistoryWindow(icons, fixed_now, subject)
    fill_history(standalone.page, subject)
    yield "history-window", standalone
    dialog = RestoreDialog(icons, DOCUMENTS.source)
    dialog.show_step(Step(40, 312, 320_000_000, 2_400_000_000, "Travel/Lake and the long way around it.jpg"))
    yield "restore-working", dialog
    dialog = RestoreDialog(icons, DOCUMENTS.source)
    dialog.show_result(RESULT)
    yield "restore-problems", dialog
    dialog = RestoreDialog(icons, DOCUMENTS.source)
    dialog.show_result(PutBack(asked=1, restored=("Minutes.odt",)))
    yield "restore-done", dialog
    dialog = RestoreDialog(icons, DOCUMENTS.source)
    dialog.show_failure("The backup of this folder could not be paused. You can save the files elsewhere.")
    yield "restore-failed", dialog


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
    yield "welcome", make_window(icons, None)
    for name, view in VIEWS.items():
        yield f"overview-{name}", make_window(icons, view)
    for page in (Page.ACTIVITY, Page.PROBLEMS, Page.LOG):
        window = make_window(icons, VIEWS["attention"])
        window.board.show_page(page)
        yield page.name.lower(), window
    window = make_window(icons, VIEWS["ok"], has_others=False)
    window.board.show_page(Page.PROBLEMS)
    yield "problems-none", window
    yield "review-deletions", ReviewDialog(icons, DOCUMENTS, HELD)
    yield "review-strangers", ReviewDialog(icons, DOCUMENTS, STRANGERS)
    yield "job-new", JobDialog(icons)
    dialog = JobDialog(icons, source="/home/anna/Documents")
    dialog.destination_edit.setText("/home/anna/Documents/Backup")
    dialog.show_verdict(
        DraftVerdict(
            dialog.draft().serial,
            destination=Remark(Level.WRONG, "The destination lies inside the source."),
        )
    )
    yield "job-wrong", dialog
    dialog = JobDialog(icons, DOCUMENTS)
    dialog.interval_spin.setValue(3_600)
    dialog.exclude_edit.setPlainText("*.tmp\n.cache/")
    dialog.show_verdict(
        DraftVerdict(
            dialog.draft().serial,
            destination=Remark(
                Level.NOTE, "This is on the same drive as your files. If the drive fails, both are lost."
            ),
            job=DOCUMENTS,
        )
    )
    yield "job-edit", dialog
    yield from history_scenes(icons)
    yield "settings", SettingsDialog(Settings(start_at_login=True))


@contextmanager
def appearance(application: QApplication, palette: QPalette) -> Iterator[None]:
    """Give all windows a palette for a while."""
    before = application.palette()
    application.setPalette(palette)
    try:
        yield
    finally:
        application.setPalette(before)


def write_all(folder: Path, application: QApplication) -> list[Path]:
    """Write a picture of every view in both schemes.

    Args:
        folder: Where to; made if need be.
        application: The application, on any platform.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    for scheme, palette in SCHEMES.items():
        with appearance(application, palette()):
            icons = Icons(resource_folder() / "icons")
            for name, widget in scenes(icons):
                path = folder / f"{name}-{scheme}.png"
                picture(widget, path)
                written.append(path)
                widget.deleteLater()
                QCoreApplication.sendPostedEvents(widget, QEvent.Type.DeferredDelete)
    return written


def picture(widget: QWidget, path: Path) -> None:
    """Write a picture of one window at its own size."""
    size = widget.size() if isinstance(widget, MainWindow | ReviewDialog | HistoryWindow) else widget.sizeHint()
    widget.resize(size.expandedTo(QSize(1, 1)))
    widget.show()
    QCoreApplication.processEvents()
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

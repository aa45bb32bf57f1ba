"""One pass as a row of the Activity page, and its description in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt

from backup_gui.model.passes import PastChange, PastPass
from backup_gui.model.plans import NO_COUNTS, NOTHING_REMOVED, Counts, Op, PassStatus, Report
from backup_gui.ui.text.format import counted, isolated, path_text, tip_text
from backup_gui.ui.text.headline import held_text, problems_text
from backup_gui.ui.text.reasons import said

_tr = partial(QCoreApplication.translate, "Activity")


@dataclass(frozen=True, slots=True)
class PassRow:
    """A pass, or several successive ones that found nothing to do.

    Attributes:
        report: The report of the latest.
        repeats: How many passes the row stands for.
        pass_id: Its key in the database; 0 if it is not stored there.
        problems: How many paths could not be handled.
        is_forgotten: Whether its changes are no longer in the database.
    """

    report: Report
    repeats: int = 1
    pass_id: int = 0
    problems: int = 0
    is_forgotten: bool = False

    @property
    def is_quiet(self) -> bool:
        """Whether there was nothing to do."""
        report = self.report
        is_tidy = report.made_room == report.thinned == NOTHING_REMOVED
        return report.status is PassStatus.COMPLETE and report.counts == report.folders == NO_COUNTS and is_tidy

    @property
    def has_files(self) -> bool:
        """Whether the row can be opened."""
        report = self.report
        return self.pass_id > 0 and report.counts.total + report.folders.total > 0 and not self.is_forgotten

    @property
    def can_be_undone(self) -> bool:
        """Whether it took files away in the backup, and the database still has its changes."""
        return self.pass_id > 0 and self.files_taken > 0 and not self.is_forgotten

    @property
    def files_taken(self) -> int:
        """How many files it deleted, replaced or moved in the backup."""
        counts = self.report.counts
        return counts.deleted + counts.replaced + counts.moved


def pass_text(row: PassRow) -> str:
    """What a pass did, in one sentence, and what it removed from the history, in another one."""
    return " ".join(filter(None, (_outcome_text(row), _removed_text(row.report))))


def _outcome_text(row: PassRow) -> str:
    report = row.report
    if report.status is PassStatus.FAILED:
        return said(report.reason) or _tr("The backup could not be made.")
    done = _done_text(report)
    if report.status is PassStatus.HELD:
        held = held_text(report.held) if report.held is not None else _tr("Some of it waited for your word.")
        return " ".join(filter(None, (done, held)))
    if report.status is PassStatus.CANCELLED:
        return " ".join(filter(None, (_tr("Stopped before the end."), done)))
    if row.problems:
        return " ".join(filter(None, (done, problems_text(row.problems))))
    if row.repeats > 1:
        return counted(
            "Checked %Ln times, nothing had changed.",
            "Checked, nothing had changed.",
            row.repeats,
        )
    if done:
        return done
    return _tr("Folders were brought up to date.") if report.folders.total else _tr("Checked, nothing had changed.")


def _removed_text(report: Report) -> str:
    """Which old versions a pass removed from the history, and why."""
    parts = []
    if report.made_room.versions:
        parts.append(
            counted(
                "%Ln old versions were removed to make room.",
                "%Ln old version was removed to make room.",
                report.made_room.versions,
            )
        )
    if report.thinned.versions:
        parts.append(
            counted(
                "%Ln old versions were removed from the history, as its limits say.",
                "%Ln old version was removed from the history, as its limits say.",
                report.thinned.versions,
            )
        )
    return " ".join(parts)


def change_text(op: str) -> str:
    """What a pass did to a path, in one word."""
    words = {
        Op.CREATE.value: _tr("New"),
        Op.REPLACE.value: _tr("Updated"),
        Op.DELETE.value: _tr("Deleted"),
        Op.MOVE.value: _tr("Moved"),
        Op.SET_METADATA.value: _tr("Details"),
    }
    return words.get(op, op)


def file_data(change: PastChange, column: int, role: int) -> object:
    """One cell of a file that a pass changed."""
    if role == Qt.ItemDataRole.DisplayRole and column == 0:
        return change_text(change.op)
    if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole} and column == 1:
        text = path_text(change.path)
        if change.old_path:
            words = _tr("{new}, before: {old}")
            text = words.format(new=isolated(text), old=isolated(path_text(change.old_path)))
        return tip_text(isolated(text)) if role == Qt.ItemDataRole.ToolTipRole else isolated(text)
    return None


def row_of(past: PastPass) -> PassRow:
    """The row of a pass that is stored in the database."""
    counts = Counts(past.created, past.replaced, past.deleted, past.moved, bytes=past.bytes)
    try:
        status = PassStatus(past.status)
    except ValueError:
        # Written by a later version of the program.
        status = PassStatus.COMPLETE
    # What is recorded of a pass without files is about folders.
    folders = Counts(metadata=0 if counts.total else past.recorded)
    report = Report(
        status,
        past.started_at,
        past.duration_s,
        is_full=past.is_full,
        counts=counts,
        folders=folders,
        reason=past.reason,
    )
    is_forgotten = counts.total > 0 and not past.recorded
    return PassRow(report, pass_id=past.id, problems=past.problems, is_forgotten=is_forgotten)


def _done_text(report: Report) -> str:
    counts = report.counts
    parts = (
        counted("%Ln new", "%Ln new", counts.created) if counts.created else "",
        counted("%Ln updated", "%Ln updated", counts.replaced) if counts.replaced else "",
        counted("%Ln moved", "%Ln moved", counts.moved) if counts.moved else "",
        counted("%Ln deleted", "%Ln deleted", counts.deleted) if counts.deleted else "",
    )
    sentence = ", ".join(filter(None, parts))
    if not sentence and counts.metadata:
        sentence = counted("details of %Ln files brought up to date", "details of %Ln file updated", counts.metadata)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""

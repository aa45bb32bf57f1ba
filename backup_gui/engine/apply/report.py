"""The report at the end of a pass, and what the catalog stores for the next one."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from backup_gui.engine.guard.unanswered import to_text
from backup_gui.engine.roots.continuity import DESTINATION_KEY
from backup_gui.engine.roots.roots import remember_drives
from backup_gui.engine.rules.space import full_reason, is_of_quota, made_room_in_words, with_spared
from backup_gui.engine.state.database import MIRROR_FILES_KEY
from backup_gui.model.path_text import readable
from backup_gui.model.plans import NO_COUNTS, NOTHING_REMOVED, PassStatus, ProblemCode, Report
from backup_gui.model.reasons import NO_REASON, Reason

if TYPE_CHECKING:
    from backup_gui.engine.apply.pass_recorder import PassRecorder
    from backup_gui.engine.apply.stats import PassOutcome
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.guard.guard import Verdict
    from backup_gui.engine.guard.unanswered import Unanswered
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.engine.rules.space import Room
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.plans import Plan, Problem

log = logging.getLogger(__name__)

HELD_KEY = "held"
LEFT_OUT_KEY = "attributes left out"
PROBLEMS_KEY = "problems"
QUOTA_KEY = "quota was used up"
_MAX_DIGITS = 20


def make_report(
    context: PassContext[Destination],
    plan: Plan,
    verdict: Verdict,
    outcome: PassOutcome,
    status: PassStatus | None = None,
    reason: Reason = NO_REASON,
) -> Report:
    """Create a report; without a status, of a pass that was completed."""
    problems: tuple[Problem, ...] = (*plan.problems, *outcome.problems)
    if status is None and verdict.held is not None:
        status = PassStatus.HELD
    elif status is None:
        status = PassStatus.PROBLEMS if problems else PassStatus.COMPLETE
    full = [problem for problem in problems if problem.code is ProblemCode.NO_SPACE]
    if full and not reason:
        reason = full_reason(outcome.missing, room_of(context.destination), is_quota=any(map(is_of_quota, full)))
        if outcome.spared.bytes:
            reason = with_spared(reason, outcome.spared)
    return Report(
        status=status,
        started_at=context.started_at,
        duration_s=time.monotonic() - context.began_s,
        is_full=plan.is_full,
        counts=outcome.counts,
        folders=outcome.folders,
        problems=problems,
        held=verdict.held,
        reason=reason,
        source_folders=plan.source_folders,
        placeholders=plan.placeholders,
        unsettled=tuple(outcome.unsettled),
        missed=tuple(outcome.missed),
        took=tuple(outcome.took.items()),
        spared=outcome.spared if full else NOTHING_REMOVED,
    )


def record(
    catalog: JobDatabase,
    plan: Plan,
    report: Report,
    added_files: int,
    recorder: PassRecorder,
    unanswered: Unanswered | None,
) -> None:
    """Record a pass and its findings permanently, and log a summary.

    ``added_files`` is how many more files and links the mirror has than before.
    """
    counts = report.counts
    mirror_files = plan.mirror_files if plan.is_full else remembered_files(catalog)
    if plan.is_full or added_files:
        catalog.remember(MIRROR_FILES_KEY, str(max(0, mirror_files + added_files)))
    remember_drives(catalog, plan.drives)
    _note_quota(catalog, report)
    if counts != NO_COUNTS or report.without_notes.problems or report.held:
        recorder.close(report)
    waits = to_text(unanswered)
    if (plan.is_full or waits) and waits != (catalog.fact(HELD_KEY) or ""):
        catalog.remember(HELD_KEY, waits)
    if report.held is not None:
        catalog.recent.count_as_losses(action.path for action in report.held.actions)
    is_news = _has_new_problems(catalog, report) or counts != NO_COUNTS or report.held is not None
    catalog.commit()
    log.log(
        logging.INFO if is_news else logging.DEBUG,
        "%s check: %d new, %d changed, %d deleted, %d moved, %d bytes, %d problems, %.2f s%s%s",
        "full" if report.is_full else "quick",
        counts.created,
        counts.replaced,
        counts.deleted,
        counts.moved,
        counts.bytes,
        len(report.problems),
        report.duration_s,
        f"; held: {report.held.reason}" if report.held else "",
        f"; {made_room_in_words(report.made_room)}" if report.made_room.versions else "",
    )


def say_what_is_not_held(target: Destination, catalog: JobDatabase) -> None:
    """Log once for a destination that it cannot store some attributes."""
    destination = catalog.fact(DESTINATION_KEY) or ""
    if target.holds_attributes or catalog.fact(LEFT_OUT_KEY) == destination:
        return
    catalog.remember(LEFT_OUT_KEY, destination)
    log.warning(
        "The destination cannot hold all extended attributes and access lists; those are left out: %s",
        readable(target.root),
    )


def remembered_files(catalog: JobDatabase) -> int:
    """Return how many files and links the mirror had after the last pass; 0 if unknown."""
    text = catalog.fact(MIRROR_FILES_KEY) or ""
    # A damaged catalog may have other text here.
    return int(text) if text.isdecimal() and text.isascii() and len(text) < _MAX_DIGITS else 0


def _note_quota(catalog: JobDatabase, report: Report) -> None:
    """Record that the user's quota is used up: then the free space on the drive is not available."""
    is_used_up = any(map(is_of_quota, report.problems))
    if is_used_up is not is_quota_used_up(catalog) and (is_used_up or report.is_full):
        catalog.remember(QUOTA_KEY, "1" if is_used_up else "")


def is_quota_used_up(catalog: JobDatabase) -> bool:
    """Tell whether the last pass found the user's quota used up."""
    return bool(catalog.fact(QUOTA_KEY))


def room_of(target: Destination) -> Room | None:
    """Return the free space of a destination; None if unknown."""
    try:
        return target.room()
    except OSError:
        return None


def _has_new_problems(catalog: JobDatabase, report: Report) -> bool:
    """Tell whether a pass found other problems than the last full one, so that lasting ones do not fill the log."""
    if not report.is_full:
        return bool(report.problems)
    digest = ""
    if report.problems:
        import hashlib  # noqa: PLC0415 - slow to import, and most passes have no problems

        found = sorted((problem.path, problem.code.value) for problem in report.problems)
        digest = hashlib.blake2b(repr(found).encode(), digest_size=16).hexdigest()
    if digest == (catalog.fact(PROBLEMS_KEY) or ""):
        return False
    catalog.remember(PROBLEMS_KEY, digest)
    return bool(report.problems)

"""One pass: both roots are looked at, compared, the plan is guarded and carried out, and what was done is recorded."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from backup_gui.engine.compare import compare
from backup_gui.engine.copying import data_bytes
from backup_gui.engine.errors import (
    BackupError,
    DestinationFullError,
    DestinationUnusableError,
    JobError,
    RootAbsentError,
)
from backup_gui.engine.escaping import escape
from backup_gui.engine.events import ActionDone, HeldBack, PlanMade, ProblemFound, Progressed
from backup_gui.engine.execute import ASK_FOR_ROOM_BYTES, Execution, Outcome
from backup_gui.engine.filters import Filter
from backup_gui.engine.guard import NOTHING_LATELY, TAKES_AWAY, Condition, judge
from backup_gui.engine.identity import Standing, identify, nearest_existing, read_identity, standing
from backup_gui.engine.journal import Journal
from backup_gui.engine.kept import spare
from backup_gui.engine.model import (
    NO_COUNTS,
    NOTHING_REMOVED,
    HeldCode,
    PassStatus,
    Phase,
    ProblemCode,
    Progress,
    Report,
    count_actions,
)
from backup_gui.engine.nesting import is_within
from backup_gui.engine.probing import abilities_of
from backup_gui.engine.problems import is_full
from backup_gui.engine.progress import Meter
from backup_gui.engine.room import full_in_words, is_of_quota, made_room_in_words, most_needed
from backup_gui.engine.target import Target, make_root
from backup_gui.engine.transfer import Cancelled
from backup_gui.engine.tree import Tree
from backup_gui.engine.volume import volume_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.catalog import Catalog
    from backup_gui.engine.events import Event
    from backup_gui.engine.guard import Verdict
    from backup_gui.engine.model import Action, Counts, Held, Job, Plan, Problem, Removed, Scope
    from backup_gui.engine.room import Room

log = logging.getLogger(__name__)

SOURCE_KEY = "source"
DESTINATION_KEY = "destination"
MIRROR_FILES_KEY = "mirror files"
DRIVES_KEY = "drives"
HELD_KEY = "held"
LEFT_OUT_KEY = "attributes left out"
_CODES_OF_LOSS = frozenset({HeldCode.MASS_CHANGE.value, HeldCode.SLOW_CHANGE.value})
_MAX_DIGITS = 20
PROBLEMS_KEY = "problems"


def never() -> bool:
    """Say no: the default for ``should_stop``."""
    return False


def ignore(_event: Event) -> None:
    """Take an event and do nothing: the default for ``on_event``."""


def run_pass(
    job: Job,
    catalog: Catalog,
    scope: Scope,
    *,
    allowed: Held | None = None,
    should_stop: Callable[[], bool] = never,
    on_event: Callable[[Event], None] = ignore,
    is_dry_run: bool = False,
    now: Callable[[], float] = time.time,
) -> Report:
    """Bring the mirror into step with the source, as far as ``scope`` goes.

    Args:
        job: The job.
        catalog: What is remembered of it; brought up to date, except in a dry run.
        scope: What to compare.
        allowed: What the user agreed to of what the guard held before.
        should_stop: Asked often; the pass then ends within moments, with every file in the mirror whole.
        on_event: Told of the plan, of each action and problem, of progress and of what is held.
        is_dry_run: Whether the plan is only made and told, and nothing written.
        now: The user's clock, seconds since 1970, UTC.

    Returns:
        What was done.

    Raises:
        JobError: The folders make no sense together.
        RootAbsentError: The source or the destination's drive is not there, or is another one.
        DestinationBusyError: Another instance is writing there.
        DestinationFullError: There is no room for anything at all.
        DestinationUnusableError: The destination cannot be written to at all.
    """
    started_at, began = now(), time.monotonic()
    rules = Filter(job.exclude)
    meter = Meter(lambda progress: _tell_progress(progress, on_event))
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(_open_source(job, catalog))
        has_new_source = job.allows_mass_delete or (allowed is not None and allowed.code is HeldCode.SOURCE_REPLACED)
        is_source_other = not has_new_source and _is_other_source(job, catalog)
        _refuse_nesting(job)
        target = stack.enter_context(_open_target(job, catalog, stack, is_dry_run=is_dry_run))
        target.opens_up = not is_dry_run
        if not is_dry_run:
            target.lock()
            _remember_roots(job, catalog, has_new_source=has_new_source)
        target.adopt(abilities_of(target, job.destination, catalog, may_try=not is_dry_run))
        meter.begin(Phase.COMPARING)
        plan = compare(
            source,
            target,
            scope,
            rules=rules,
            catalog=catalog,
            meter=meter,
            should_stop=should_stop,
            drives=frozenset() if job.allows_mass_delete else _remembered_drives(catalog),
            learns=not is_dry_run,
        )
        if should_stop():
            return Report(PassStatus.CANCELLED, started_at, time.monotonic() - began, plan.is_full)
        plan = spare(plan, catalog.kept, source, learns=not is_dry_run)
        for found in plan.problems:
            on_event(ProblemFound(found))
        catalog.recent.stands_still = catalog.fact(HELD_KEY) in _CODES_OF_LOSS
        if not is_dry_run and _has_agreed(job, allowed):
            catalog.recent.start_anew()
        verdict = judge(plan, job, _condition(plan, source, catalog, is_source_other=is_source_other), allowed)
        counts = count_actions(verdict.actions)
        on_event(PlanMade(counts, plan.is_full))
        if verdict.held is not None:
            on_event(HeldBack(verdict.held))
        if is_dry_run:
            for action in verdict.actions:
                on_event(ActionDone(action))
            return _report(plan, verdict, Outcome(counts=counts), None, started_at, began)
        is_held = verdict.held is not None or (not plan.is_full and bool(catalog.fact(HELD_KEY)))
        made_room = NOTHING_REMOVED
        if job.keeps_history and counts.total:
            made_room = _prepare_history(
                job, source, target, catalog, verdict.actions, counts, now(), should_stop, is_held=is_held
            )
        journal = Journal(job, catalog, target, plan, counts, allowed)
        execution = Execution(
            source,
            target,
            catalog,
            rules=rules,
            meter=meter,
            should_stop=should_stop,
            on_done=lambda actions: _tell_done(actions, journal, on_event),
            on_problem=lambda problem: on_event(ProblemFound(problem)),
        )
        status: PassStatus | None = None
        try:
            execution.run(verdict.actions, plan.litter, files_total=counts.total, bytes_total=counts.bytes)
            if not source.is_root_in_place():
                raise RootAbsentError(f"The source folder is not there any more: {job.source}")
        except Cancelled:
            status = PassStatus.CANCELLED
        except BackupError as error:
            # What was done before counts all the same.
            failed = _report(plan, verdict, execution.outcome, target, started_at, began, PassStatus.FAILED, str(error))
            if failed.counts != NO_COUNTS:
                _record(catalog, plan, failed, execution.outcome.added_files, journal)
            raise
        report = _report(plan, verdict, execution.outcome, target, started_at, began, status)
        report = replace(report, made_room=made_room, kept=catalog.kept.count())
        _say_what_is_not_held(target, catalog)
        _record(catalog, plan, report, execution.outcome.added_files, journal)
        if status is None and plan.is_full and job.keeps_history and not is_held and not should_stop():
            report = replace(report, thinned=_thin_history(job, target, catalog, now(), should_stop))
    return report


def _tell_progress(progress: Progress, on_event: Callable[[Event], None]) -> None:
    on_event(Progressed(progress))


def _tell_done(actions: list[Action], journal: Journal, on_event: Callable[[Event], None]) -> None:
    journal.note(actions)
    for action in actions:
        on_event(ActionDone(action))


def _open_source(job: Job, catalog: Catalog) -> Tree:
    """Open the source.

    Raises:
        JobError: It is not a folder, and never was one.
        RootAbsentError: It is not there, cannot be read, or is on another volume than before.
    """
    recorded = read_identity(catalog.fact(SOURCE_KEY))
    try:
        source = Tree(job.source)
    except NotADirectoryError as error:
        if recorded is None:
            raise JobError(f"The source is not a folder: {job.source}") from error
        raise RootAbsentError(f"The source is not a folder any more: {job.source}") from error
    except FileNotFoundError as error:
        raise RootAbsentError(f"The source folder is not there: {job.source}") from error
    except OSError as error:
        raise RootAbsentError(f"The source folder cannot be opened ({error.strerror}): {job.source}") from error
    try:
        if not job.allows_mass_delete and standing(recorded, identify(job.source)) is Standing.OTHER_VOLUME:
            raise RootAbsentError(f"Another drive is where the source was: {job.source}")
    except OSError as error:
        source.close()
        raise RootAbsentError(f"The source folder cannot be opened ({error.strerror}): {job.source}") from error
    except RootAbsentError:
        source.close()
        raise
    return source


def _is_other_source(job: Job, catalog: Catalog) -> bool:
    try:
        now = identify(job.source)
    except OSError as error:
        raise RootAbsentError(f"The source folder is not there: {job.source}") from error
    return standing(read_identity(catalog.fact(SOURCE_KEY)), now) is Standing.OTHER_FOLDER


def _refuse_nesting(job: Job) -> None:
    """Refuse folders inside each other, each time: what was apart at first can be linked or mounted together later.

    Raises:
        JobError: One lies in another.
    """
    if is_within(job.destination, job.source):
        raise JobError(f"The destination lies inside the source: {job.destination}")
    if is_within(job.source, job.destination):
        raise JobError(f"The source lies inside the destination: {job.source}")
    history = job.history_root
    if history is None:
        return
    if is_within(history, job.source) or is_within(job.source, history):
        raise JobError(f"The history and the source lie inside each other: {history}")
    if is_within(history, job.destination) or is_within(job.destination, history):
        raise JobError(f"The history and the destination lie inside each other: {history}")


def _open_target(job: Job, catalog: Catalog, stack: contextlib.ExitStack, *, is_dry_run: bool) -> Target:
    """Open the destination, making it if it may be made.

    Raises:
        JobError: It is not a folder, or its history would lie on another volume.
        RootAbsentError: Its drive is not there.
        DestinationUnusableError: It cannot be made or opened.
    """
    recorded = read_identity(catalog.fact(DESTINATION_KEY))
    root = job.destination
    try:
        is_there = os.path.lexists(root)
        anchor = nearest_existing(root)
        is_other = recorded is not None and volume_id(anchor) != recorded.volume
        if is_other and not (job.allows_mass_delete and _is_in_use(root)):
            raise RootAbsentError(f"The drive of the destination is not there: {root}")
        if not is_there:
            if is_dry_run:
                import tempfile  # noqa: PLC0415 - slow to import, and rarely needed

                return Target(stack.enter_context(tempfile.TemporaryDirectory()), None)
            make_root(root)
        if job.history_root is not None and volume_id(nearest_existing(job.history_root)) != volume_id(root):
            raise JobError(
                "The history would lie on another drive than the destination. Name a history folder on the same"
                f" drive, or keep none: {job.history_root}"
            )
        return Target(root, job.history_root)
    except NotADirectoryError as error:
        raise JobError(f"The destination is not a folder: {root}") from error
    except FileExistsError as error:
        raise JobError(f"The destination is not a folder: {root}") from error
    except OSError as error:
        if is_full(error):
            raise DestinationFullError(f"The backup drive is full: the destination cannot be made: {root}") from error
        why = "The drive is read-only" if error.errno == errno.EROFS else error.strerror or "unknown reason"
        raise DestinationUnusableError(f"The destination cannot be opened ({why}): {root}") from error


def _is_in_use(root: str) -> bool:
    """Tell whether a folder is more than the bare place where a drive was mounted, which no word makes a destination.

    Raises:
        OSError: It cannot be told.
    """
    return os.path.isdir(root) and (os.path.ismount(root) or bool(os.listdir(root)))


def _remember_roots(job: Job, catalog: Catalog, *, has_new_source: bool) -> None:
    """Record which folders and drives the roots are, at the first pass or when the user says that they are right.

    Raises:
        RootAbsentError: One of them is gone since it was opened.
    """
    try:
        source, destination = identify(job.source), identify(job.destination)
    except OSError as error:
        raise RootAbsentError(f"A folder is not there any more: {error.filename}") from error
    if has_new_source or catalog.fact(SOURCE_KEY) is None:
        catalog.remember(SOURCE_KEY, str(source))
    # A destination made anew on the same volume is the destination from now on.
    catalog.remember(DESTINATION_KEY, str(destination))
    catalog.commit()


def _condition(plan: Plan, source: Tree, catalog: Catalog, *, is_source_other: bool) -> Condition:
    mirror_files = plan.mirror_files
    if not plan.is_full:
        mirror_files = max(mirror_files, _remembered_files(catalog))
    taken = [action.path for action in plan.actions if action.op in TAKES_AWAY]
    try:
        is_source_empty = bool(taken) and source.is_empty()
    except OSError as error:
        raise RootAbsentError(f"The source folder cannot be read: {error.strerror}") from error
    lately = catalog.recent.look(taken) if taken else NOTHING_LATELY
    return Condition(mirror_files, is_source_empty=is_source_empty, is_source_other=is_source_other, lately=lately)


def _has_agreed(job: Job, allowed: Held | None) -> bool:
    """Tell whether the user has looked at what the last hour has brought, and agreed to it."""
    return job.allows_mass_delete or (allowed is not None and allowed.code is not HeldCode.STRANGERS)


def _prepare_history(
    job: Job,
    source: Tree,
    target: Target,
    catalog: Catalog,
    actions: tuple[Action, ...],
    counts: Counts,
    now_s: float,
    should_stop: Callable[[], bool],
    *,
    is_held: bool,
) -> Removed:
    """Let old versions give way if what is to be written does not fit otherwise; nearly always it obviously fits.

    As long as the guard holds something, the history loses nothing: it may be all that is left of what the user cares
    for. What encrypts files under new names writes new content, which nobody holds.
    """
    room = _room(target)
    if room is not None and not room.lacks(most_needed(counts, room.block_bytes)):
        room = None
    adds = bool(counts.replaced or counts.deleted)
    if not adds and room is None:
        return NOTHING_REMOVED
    from backup_gui.engine import upkeep  # noqa: PLC0415 - slow to import, and a first copy does not need it

    if adds:
        upkeep.note_additions(catalog)
    if room is None or is_held:
        return NOTHING_REMOVED

    def size_of(action: Action) -> int:
        return data_bytes(source, action) if action.size_bytes >= ASK_FOR_ROOM_BYTES else action.size_bytes

    return upkeep.make_room(job, target, catalog, room, actions, size_of, now_s, should_stop)


def _thin_history(job: Job, target: Target, catalog: Catalog, now_s: float, should_stop: Callable[[], bool]) -> Removed:
    from backup_gui.engine import upkeep  # noqa: PLC0415 - see above

    if not upkeep.is_due(job, catalog, now_s):
        return NOTHING_REMOVED
    return upkeep.thin_history(job, target, catalog, now_s, should_stop)


def _room(target: Target | None) -> Room | None:
    try:
        return None if target is None else target.room()
    except OSError:
        return None


def _report(
    plan: Plan,
    verdict: Verdict,
    outcome: Outcome,
    target: Target | None,
    started_at: float,
    began: float,
    status: PassStatus | None = None,
    reason: str = "",
) -> Report:
    """Make a report; without a status, of a pass that came to its end."""
    problems: tuple[Problem, ...] = (*plan.problems, *outcome.problems)
    if status is None and verdict.held is not None:
        status = PassStatus.HELD
    elif status is None:
        status = PassStatus.PROBLEMS if problems else PassStatus.COMPLETE
    full = [problem for problem in problems if problem.code is ProblemCode.NO_SPACE]
    if full and not reason:
        reason = full_in_words(outcome.missing, _room(target), is_quota=any(map(is_of_quota, full)))
    return Report(
        status=status,
        started_at=started_at,
        duration_s=time.monotonic() - began,
        is_full=plan.is_full,
        counts=outcome.counts,
        problems=problems,
        held=verdict.held,
        reason=reason,
        source_folders=plan.source_folders,
        unsettled=tuple(outcome.unsettled),
    )


def _say_what_is_not_held(target: Target, catalog: Catalog) -> None:
    """Say once for a destination that it cannot hold some attributes: nothing can be done about it there."""
    destination = catalog.fact(DESTINATION_KEY) or ""
    if target.holds_attributes or catalog.fact(LEFT_OUT_KEY) == destination:
        return
    catalog.remember(LEFT_OUT_KEY, destination)
    log.warning(
        "The destination cannot hold all extended attributes and access lists; those are left out: %s",
        escape(target.root),
    )


def _remembered_files(catalog: Catalog) -> int:
    text = catalog.fact(MIRROR_FILES_KEY) or ""
    # A catalog can be damaged: what is no count of files is none.
    return int(text) if text.isdecimal() and text.isascii() and len(text) < _MAX_DIGITS else 0


def forget_drive(catalog: Catalog, drive: str) -> None:
    """Expect a drive no longer that was mounted in the source; what was on it counts as deleted from now on.

    Args:
        catalog: The job's memory.
        drive: The folder that it was mounted on, as the problem names it.
    """
    drives = _remembered_drives(catalog) - {drive}
    import json  # noqa: PLC0415 - see below

    catalog.remember(DRIVES_KEY, json.dumps(sorted(drives)))
    catalog.commit()


def _remembered_drives(catalog: Catalog) -> frozenset[str]:
    text = catalog.fact(DRIVES_KEY)
    if text is None:
        return frozenset()
    import json  # noqa: PLC0415 - slow to import, and few sources have drives in them

    try:
        drives = json.loads(text)
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(drive for drive in drives if isinstance(drive, str)) if isinstance(drives, list) else frozenset()


def _record(catalog: Catalog, plan: Plan, report: Report, added_files: int, journal: Journal) -> None:
    counts = report.counts
    mirror_files = plan.mirror_files if plan.is_full else _remembered_files(catalog)
    if plan.is_full or added_files:
        catalog.remember(MIRROR_FILES_KEY, str(max(0, mirror_files + added_files)))
    if plan.drives != _remembered_drives(catalog):
        import json  # noqa: PLC0415 - see above

        catalog.remember(DRIVES_KEY, json.dumps(sorted(plan.drives)))
    if counts != NO_COUNTS or report.problems or report.held:
        journal.close(report)
    is_held = "" if report.held is None else report.held.code.value
    if (plan.is_full or is_held) and is_held != (catalog.fact(HELD_KEY) or ""):
        catalog.remember(HELD_KEY, is_held)
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


def _has_new_problems(catalog: Catalog, report: Report) -> bool:
    """Tell whether a pass found other problems than the last full one; what lasts need not fill the log."""
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

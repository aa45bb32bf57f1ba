"""One pass: both roots are looked at, compared, the plan is guarded and carried out, and what was done is recorded."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from typing import TYPE_CHECKING

from backup_gui.engine.compare import compare
from backup_gui.engine.errors import DestinationUnusableError, JobError, RootAbsentError
from backup_gui.engine.events import ActionDone, HeldBack, PlanMade, ProblemFound, Progressed
from backup_gui.engine.execute import Execution, Outcome
from backup_gui.engine.filters import Filter
from backup_gui.engine.guard import TAKES_AWAY, Condition, judge
from backup_gui.engine.identity import Standing, identify, nearest_existing, read_identity, standing
from backup_gui.engine.model import NO_COUNTS, HeldCode, PassStatus, Phase, ProblemCode, Progress, Report, count_actions
from backup_gui.engine.nesting import is_within
from backup_gui.engine.probing import abilities_of
from backup_gui.engine.progress import Meter
from backup_gui.engine.target import Target, make_root
from backup_gui.engine.transfer import Cancelled
from backup_gui.engine.tree import Tree
from backup_gui.engine.volume import volume_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.catalog import Catalog
    from backup_gui.engine.events import Event
    from backup_gui.engine.guard import Verdict
    from backup_gui.engine.model import Action, Held, Job, Plan, Problem, Scope

log = logging.getLogger(__name__)

SOURCE_KEY = "source"
DESTINATION_KEY = "destination"
MIRROR_FILES_KEY = "mirror files"
DRIVES_KEY = "drives"
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

    Returns:
        What was done.

    Raises:
        JobError: The folders make no sense together.
        RootAbsentError: The source or the destination's drive is not there, or is another one.
        DestinationBusyError: Another instance is writing there.
        DestinationUnusableError: The destination cannot be written to at all.
    """
    started_at, began = time.time(), time.monotonic()
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
            return _cancelled(plan, started_at, began)
        for found in plan.problems:
            on_event(ProblemFound(found))
        verdict = judge(plan, job, _condition(plan, source, catalog, is_source_other=is_source_other), allowed)
        counts = count_actions(verdict.actions)
        on_event(PlanMade(counts, plan.is_full))
        if verdict.held is not None:
            on_event(HeldBack(verdict.held))
        if is_dry_run:
            for action in verdict.actions:
                on_event(ActionDone(action))
            return _report(plan, verdict, Outcome(counts=counts), started_at, began)
        execution = Execution(
            source,
            target,
            catalog,
            rules=rules,
            meter=meter,
            should_stop=should_stop,
            on_done=lambda actions: _tell_done(actions, on_event),
            on_problem=lambda problem: on_event(ProblemFound(problem)),
        )
        try:
            outcome = execution.run(verdict.actions, plan.litter, files_total=counts.total, bytes_total=counts.bytes)
        except Cancelled:
            return _cancelled(plan, started_at, began)
        if not source.is_root_in_place():
            raise RootAbsentError(f"The source folder is not there any more: {job.source}")
        report = _report(plan, verdict, outcome, started_at, began)
        _record(catalog, plan, report, outcome.added_files)
    return report


def _tell_progress(progress: Progress, on_event: Callable[[Event], None]) -> None:
    on_event(Progressed(progress))


def _tell_done(actions: list[Action], on_event: Callable[[Event], None]) -> None:
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
        if recorded is not None and not job.allows_mass_delete and volume_id(anchor) != recorded.volume:
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
        why = "The drive is read-only" if error.errno == errno.EROFS else error.strerror or "unknown reason"
        raise DestinationUnusableError(f"The destination cannot be opened ({why}): {root}") from error


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
        mirror_files = max(mirror_files, int(catalog.fact(MIRROR_FILES_KEY) or 0))
    takes_away = any(action.op in TAKES_AWAY for action in plan.actions)
    try:
        is_source_empty = takes_away and source.is_empty()
    except OSError as error:
        raise RootAbsentError(f"The source folder cannot be read: {error.strerror}") from error
    return Condition(mirror_files, is_source_empty=is_source_empty, is_source_other=is_source_other)


def _cancelled(plan: Plan, started_at: float, began: float) -> Report:
    return Report(PassStatus.CANCELLED, started_at, time.monotonic() - began, plan.is_full)


def _report(plan: Plan, verdict: Verdict, outcome: Outcome, started_at: float, began: float) -> Report:
    problems: tuple[Problem, ...] = (*plan.problems, *outcome.problems)
    status = PassStatus.PROBLEMS if problems else PassStatus.COMPLETE
    if verdict.held is not None:
        status = PassStatus.HELD
    reason = ""
    if any(problem.code is ProblemCode.NO_SPACE for problem in problems):
        reason = f"The backup drive is full: {_size(outcome.missing_bytes)} more is needed"
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


def _remembered_drives(catalog: Catalog) -> frozenset[str]:
    text = catalog.fact(DRIVES_KEY)
    if text is None:
        return frozenset()
    import json  # noqa: PLC0415 - slow to import, and few sources have drives in them

    try:
        drives = json.loads(text)
    except ValueError:
        return frozenset()
    return frozenset(drive for drive in drives if isinstance(drive, str)) if isinstance(drives, list) else frozenset()


def _record(catalog: Catalog, plan: Plan, report: Report, added_files: int) -> None:
    counts = report.counts
    mirror_files = plan.mirror_files if plan.is_full else int(catalog.fact(MIRROR_FILES_KEY) or 0)
    if plan.is_full or added_files:
        catalog.remember(MIRROR_FILES_KEY, str(max(0, mirror_files + added_files)))
    if plan.drives != _remembered_drives(catalog):
        import json  # noqa: PLC0415 - see above

        catalog.remember(DRIVES_KEY, json.dumps(sorted(plan.drives)))
    if counts != NO_COUNTS or report.problems or report.held:
        catalog.add_pass(report)
    is_news = _has_new_problems(catalog, report) or counts != NO_COUNTS or report.held is not None
    catalog.commit()
    log.log(
        logging.INFO if is_news else logging.DEBUG,
        "%s check: %d new, %d changed, %d deleted, %d moved, %d bytes, %d problems, %.2f s%s",
        "full" if report.is_full else "quick",
        counts.created,
        counts.replaced,
        counts.deleted,
        counts.moved,
        counts.bytes,
        len(report.problems),
        report.duration_s,
        f"; held: {report.held.reason}" if report.held else "",
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


def _size(count: int) -> str:
    """Write a number of bytes for people."""
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"

"""One pass: opens both roots, compares them, lets the guard judge the plan, carries it out and records the result."""

import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.apply.apply import PlanRunner
from backup_gui.engine.apply.pass_recorder import PassRecorder
from backup_gui.engine.apply.report import (
    HELD_KEY,
    make_report,
    record,
    remembered_files,
    say_what_is_not_held,
)
from backup_gui.engine.apply.stats import PassOutcome, PassStats
from backup_gui.engine.apply.worker_start import WorkerStart
from backup_gui.engine.destination.history_loss import is_history_lost, remember_history
from backup_gui.engine.destination.job_folders import folders_of
from backup_gui.engine.fs.content import Cancelled, ignore_count, never
from backup_gui.engine.fs.system.descriptors import BUDGET
from backup_gui.engine.fs.system.platform import uptime_s
from backup_gui.engine.guard.guard import TAKES_AWAY, Circumstances, Verdict, judge
from backup_gui.engine.guard.unanswered import Unanswered, from_text
from backup_gui.engine.history.trusted_clock import (
    ClockState,
    HistoryClock,
    follow,
)
from backup_gui.engine.ownership.other_backups import set_apart, with_others
from backup_gui.engine.plan.compare import compare
from backup_gui.engine.plan.left_out import rules_of
from backup_gui.engine.plan.pass_context import PassContext
from backup_gui.engine.roots.continuity import Continuity, remember_state
from backup_gui.engine.roots.roots import Roots, open_roots, remembered_drives
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.run.history_steps import give_room, start_clock, thin_when_due
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.kept_paths import spare
from backup_gui.model.actions import Part, actions_of
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import BackupError, RootAbsentError, TooManyOpenError
from backup_gui.model.events import ActionDone, Event, HeldBack, PlanMade, ProblemFound, Progressed
from backup_gui.model.job import Job
from backup_gui.model.plans import (
    FULL,
    NO_COUNTS,
    Action,
    Counts,
    Held,
    HeldCode,
    Op,
    PassStatus,
    Phase,
    Plan,
    ProblemCode,
    Removed,
    Report,
    Scope,
    Stage,
    count_actions,
    count_files,
)
from backup_gui.model.problems import problem
from backup_gui.model.reasons import Reason, ReasonCode, system_words

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import Destination

_CODES_OF_OTHERS = frozenset({HeldCode.STRANGERS, HeldCode.OTHER_BACKUP})
# Makes the event without a Python call.
_done = partial(tuple.__new__, ActionDone)


def ignore(_event: Event) -> None:
    """Ignore an event: the default for ``on_event``."""


class PassOptions(NamedTuple):
    """How to make a pass.

    Attributes:
        allowed: The held actions that the user has approved.
        should_stop: Polled; returns True to cancel. The pass then ends within moments, with every file in the mirror
            complete.
        on_event: Called with the plan, each action and problem, the progress and what is held.
        is_dry_run: Whether to only make and report the plan, and write nothing.
        now: The user's clock, seconds since 1970, UTC.
        uptime: The system's uptime, seconds.
        resting: Files not to copy this time even if they have changed, since they were copied just before.
    """

    allowed: Held | None = None
    should_stop: Callable[[], bool] = never
    on_event: Callable[[Event], None] = ignore
    is_dry_run: bool = False
    now: Callable[[], float] = time.time
    uptime: Callable[[], float] = uptime_s
    resting: frozenset[str] = frozenset()


class _Prepared(NamedTuple):
    """The input of a plan.

    Attributes:
        context: The pass.
        options: How to make it.
        roots: The two folders, open and checked.
        scope: What to compare.
        clock: The clock of the history.
        worker_start: Provides the worker process.
    """

    context: "PassContext[Destination]"
    options: PassOptions
    roots: Roots
    scope: Scope
    clock: HistoryClock
    worker_start: WorkerStart


class _Planned(NamedTuple):
    """The plan and the guard's decision.

    Attributes:
        plan: Everything that differs.
        verdict: What the guard lets proceed, and what it holds.
        counts: How many actions proceed.
        waiting: Files that are left for another pass.
    """

    plan: Plan
    verdict: Verdict
    counts: Counts
    waiting: tuple[str, ...]


class _Applied(NamedTuple):
    """The result of carrying out a plan.

    Attributes:
        outcome: The counts and problems.
        recorder: The record of the changes.
        status: How it ended, if it was not completed.
        may_write: Whether the job may write to the destination.
        is_held: Whether the guard holds something, from this pass or an earlier one.
        removed: Old versions that were removed to make space.
    """

    outcome: PassOutcome
    recorder: PassRecorder
    status: PassStatus | None
    may_write: bool
    is_held: bool
    removed: Removed


_USUAL = PassOptions()


def run_pass(job: Job, catalog: JobDatabase, scope: Scope, options: PassOptions = _USUAL) -> Report:
    """Bring the mirror into step with the source, within ``scope``; updates the catalog, except in a dry run.

    Raises:
        JobError: The folders cannot be used together.
        OtherBackupError: The destination or its history belongs to another backup.
        RootAbsentError: The source or the destination's drive is not connected, or is another one.
        DestinationBusyError: Another instance is writing there.
        DestinationFullError: There is no space at all.
        DestinationUnusableError: The destination cannot be written to at all.
        TooManyOpenError: No more files can be opened, whichever they are.
    """
    with contextlib.ExitStack() as stack:
        prepared = _prepare(job, catalog, scope, options, stack)
        context = prepared.context
        planned = _plan(prepared)
        if planned is None:
            took_s = time.monotonic() - context.began_s
            return Report(PassStatus.CANCELLED, context.started_at, took_s, prepared.scope.is_full)
        if options.is_dry_run:
            for action in planned.verdict.actions:
                options.on_event(ActionDone(action))
            return make_report(context, planned.plan, planned.verdict, PassOutcome(counts=planned.counts))
        return _finish(prepared, planned, _apply(prepared, planned))


def _prepare(
    job: Job, catalog: JobDatabase, scope: Scope, options: PassOptions, stack: contextlib.ExitStack
) -> _Prepared:
    """Wait for this pass's turn, and open both folders; ``stack`` closes them and ends the turn."""
    started_at, began_s = options.now(), time.monotonic()
    catalog.facts.read_again()
    if not options.is_dry_run:
        # Also if the drive is not connected.
        follow(catalog, options.now(), options.uptime())
    stack.enter_context(BUDGET.turn(options.should_stop))
    folders = folders_of(job)
    rules = rules_of(job, folders)
    roots = open_roots(
        job,
        folders,
        catalog,
        stack,
        options.allowed,
        is_dry_run=options.is_dry_run,
        now_s=options.now(),
        is_full=scope.is_full,
    )
    context = PassContext(
        job,
        roots.source,
        roots.target,
        catalog,
        rules,
        Meter(lambda progress: options.on_event(Progressed(progress))),
        options.should_stop,
        roots.target.falls_together,
        learns=not options.is_dry_run and roots.continuity is not Continuity.OTHER,
        started_at=started_at,
        began_s=began_s,
    )
    # Changes in the source do not show what is missing in another destination.
    scope = scope if roots.continuity is Continuity.SAME else FULL
    now, uptime = options.now, options.uptime
    is_dry_run = options.is_dry_run
    clock = HistoryClock(ClockState(now(), uptime()), now, uptime) if is_dry_run else start_clock(context, now, uptime)
    worker_start = WorkerStart(lambda: roots.target.helper(roots.source))
    stack.enter_context(contextlib.closing(worker_start))
    return _Prepared(context, options, roots, scope, clock, worker_start)


def _plan(prepared: _Prepared) -> _Planned | None:
    """Compare both sides, and let the guard judge the plan; None if the pass was cancelled."""
    context, options, roots, scope, _clock, worker_start = prepared
    job, catalog, target = context.job, context.catalog, context.destination
    drives = frozenset() if job.allows_mass_delete else remembered_drives(catalog)
    context.meter.begin(Phase.COMPARING)
    plan = compare(
        context,
        scope,
        drives=drives,
        on_copies=worker_start.expect if context.learns else ignore_count,
        scan_worker=None if drives or not scope.is_full else worker_start.scan_worker(context.rules, target, catalog),
    )
    if options.should_stop():
        return None
    BUDGET.check()
    if any(problem.code is ProblemCode.TOO_MANY_OPEN for problem in plan.problems):
        # Something that is there could not be read.
        raise TooManyOpenError
    plan = _with_doubt(plan, prepared)
    plan, waiting = _without_resting(spare(plan, catalog.kept, context.source, learns=context.learns), options.resting)
    plan, others = set_apart(plan, target, roots.belonging, takes_over=job.takes_over)
    for found in plan.problems:
        options.on_event(ProblemFound(found))
    verdict = _judged(plan, prepared, others)
    counts = count_actions(verdict.actions)
    options.on_event(PlanMade(counts, plan.is_full))
    if verdict.held is not None:
        options.on_event(HeldBack(verdict.held))
    return _Planned(plan, verdict, counts, waiting)


def _apply(prepared: _Prepared, planned: _Planned) -> _Applied:
    """Carry out the actions that the guard lets proceed.

    Raises:
        RootAbsentError: One of the folders is no longer in its place.
        BackupError: Nothing can be done at all. What was done before is recorded.
    """
    context, options = prepared.context, prepared.options
    job, target, catalog = context.job, context.destination, context.catalog
    plan, verdict, counts, _waiting = planned
    may_write = _settle_destination(prepared.roots, verdict)
    is_held = verdict.held is not None or (not plan.is_full and bool(catalog.fact(HELD_KEY)))
    made_room = give_room(context, verdict.actions, counts, prepared.clock, is_held=is_held)
    recorder = PassRecorder(job, catalog, target, plan, counts, options.allowed)

    def on_done(actions: list[Action]) -> None:
        recorder.note(actions)
        for event in map(_done, zip(actions)):
            options.on_event(event)

    stats = PassStats(
        target,
        meter=context.meter,
        on_done=on_done,
        on_problem=lambda problem: options.on_event(ProblemFound(problem)),
        spared=made_room.spared,
    )
    litter = plan.litter if may_write else ()
    status: PassStatus | None = None
    try:
        runner = PlanRunner(context, stats, prepared.worker_start)
        runner.run(verdict.actions, litter, files_total=count_files(verdict.actions), bytes_total=counts.bytes)
        _check_places(context)
    except Cancelled:
        status = PassStatus.CANCELLED
    except BackupError as error:
        # What was done before counts.
        failed = make_report(context, plan, verdict, stats.outcome, PassStatus.FAILED, error.reason)
        if failed.counts != NO_COUNTS:
            record(catalog, plan, failed, stats.outcome.added_files, recorder, verdict.unanswered)
        raise
    finally:
        prepared.clock.note(catalog)
    return _Applied(stats.outcome, recorder, status, may_write, is_held, made_room.removed)


def _finish(prepared: _Prepared, planned: _Planned, applied: _Applied) -> Report:
    """Record what was done, and thin the history if that is due."""
    context = prepared.context
    target, catalog = context.destination, context.catalog
    plan, verdict, _counts, waiting = planned
    report = make_report(context, plan, verdict, applied.outcome, applied.status)
    report = report._replace(made_room=applied.removed, waiting=waiting, kept=catalog.kept.count())
    say_what_is_not_held(target, catalog)
    if applied.status is None and applied.may_write:
        remember_state(target, catalog)
    record(catalog, plan, report, applied.outcome.added_files, applied.recorder, verdict.unanswered)
    if applied.status is None and plan.is_full and not applied.is_held:
        report = report._replace(thinned=thin_when_due(context, prepared.clock))
    return report


def _settle_destination(roots: Roots, verdict: Verdict) -> bool:
    """Accept another folder as the destination if the guard holds nothing; return whether it may be written to.

    Then it contains everything it should: the user has put the mirror, or a copy of it, back in its place.

    Raises:
        DestinationUnusableError: None of the planned actions can be carried out there.
    """
    roots.target.refuse_unwritable(verdict.actions)
    if roots.continuity is not Continuity.OTHER:
        return True
    if verdict.held is not None:
        return False
    roots.accept()
    roots.target.history.prepare()
    return True


def _check_places(context: "PassContext[Destination]") -> None:
    """Raise ``RootAbsentError`` unless both paths still lead to the folders with which the pass began."""
    if not context.source.is_root_in_place():
        raise RootAbsentError(Reason(ReasonCode.SOURCE_GONE, path=context.job.source))
    if not context.destination.is_in_place():
        raise RootAbsentError(Reason(ReasonCode.DESTINATION_MOVED, path=context.job.destination.path))


def _without_resting(plan: Plan, resting: frozenset[str]) -> tuple[Plan, tuple[str, ...]]:
    """Remove the files that must not be copied this time from a plan; return the rest and the removed paths."""
    if not resting:
        return plan, ()
    firsts = {action.link_to for action in plan.actions if action.link_to is not None}
    waiting = tuple(
        action.path
        for action in plan.actions
        if action.path in resting
        and action.kind is EntryKind.FILE
        and (action.op is Op.CREATE or (action.op is Op.REPLACE and action.old_kind is EntryKind.FILE))
        # Hard links never wait.
        and action.link_to is None
        and action.path not in firsts
    )
    left = frozenset(waiting)
    if not left:
        return plan, ()
    return plan._replace(actions=actions_of(action for action in plan.actions if action.path not in left)), waiting


def _with_doubt(plan: Plan, prepared: _Prepared) -> Plan:
    """Add problems that no file shows.

    For a mounted cloud, in each pass: it is unknown when it has stored something. And once, that the history is gone.
    """
    target, catalog = prepared.context.destination, prepared.context.catalog
    codes = []
    if target.stores_later:
        codes.append(ProblemCode.STORED_LATER)
    if not prepared.options.is_dry_run:
        if is_history_lost(target, catalog, is_same=prepared.roots.continuity is Continuity.SAME):
            codes.append(ProblemCode.HISTORY_LOST)
        if not target.keeps_history or target.history.was_there:
            remember_history(target, catalog)
    if not codes:
        return plan
    return plan._replace(problems=(*plan.problems, *(problem(code, "", Stage.HISTORY) for code in codes)))


def _judged(plan: Plan, prepared: _Prepared, others: Held | None) -> Verdict:
    """Let the guard judge a plan, with the catalog's records of earlier losses and of what is held."""
    context, options, roots = prepared.context, prepared.options, prepared.roots
    allowed = options.allowed
    # Whether the user has reviewed the losses of the last hour, and approved them.
    has_agreed = context.job.allows_mass_delete or (allowed is not None and allowed.code not in _CODES_OF_OTHERS)
    if has_agreed and not options.is_dry_run:
        context.catalog.recent.start_anew()
    unanswered = None if has_agreed else from_text(context.catalog.fact(HELD_KEY))
    condition = _condition(plan, context, unanswered)._replace(
        is_source_other=roots.is_source_other, is_destination_other=roots.continuity is Continuity.OTHER
    )
    return with_others(judge(plan, context.job, condition, allowed), others)


def _condition(plan: Plan, context: "PassContext[Destination]", unanswered: Unanswered | None) -> Circumstances:
    catalog = context.catalog
    mirror_files = plan.mirror_files
    if not plan.is_full:
        mirror_files = max(mirror_files, remembered_files(catalog))
    taken = Part(plan.actions).where(lambda action: action.op in TAKES_AWAY)
    try:
        is_source_empty = bool(taken) and context.source.is_empty()
    except OSError as error:
        raise RootAbsentError(Reason(ReasonCode.SOURCE_UNREAD, why=system_words(error))) from error
    condition = Circumstances(mirror_files, is_source_empty=is_source_empty)
    recent = catalog.recent
    is_loss = unanswered is not None and unanswered.is_loss
    recent.held_since_s = unanswered.since_s if unanswered is not None and is_loss else None
    if not taken:
        return condition
    lately = recent.look(taken.paths())
    return condition._replace(
        lately=lately,
        is_holding=is_loss or catalog.kept.count() > 0,
        unanswered=unanswered,
        lately_held=recent.look(taken.paths(), since_held=True) if is_loss else lately,
        fleeting=recent.fleeting(taken.paths()) if is_loss else frozenset(),
        made_in=recent.made_in() if len({action.op for action in taken}) > 1 else {},
        now_s=recent.now_s,
    )

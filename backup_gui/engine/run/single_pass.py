"""One pass: both roots are looked at, compared, the plan is guarded and carried out, and what was done is recorded."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, TypeVar

from backup_gui.engine.apply.apply import Execution
from backup_gui.engine.apply.copying import data_bytes
from backup_gui.engine.apply.create import ASK_FOR_ROOM_BYTES
from backup_gui.engine.apply.pass_recorder import Journal
from backup_gui.engine.apply.report import (
    HELD_KEY,
    is_quota_used_up,
    make_report,
    record,
    remembered_files,
    room_of,
    say_what_is_not_held,
)
from backup_gui.engine.apply.standby import Standby
from backup_gui.engine.apply.stats import Ledger, Outcome
from backup_gui.engine.destination.history_loss import is_history_lost, remember_history
from backup_gui.engine.fs.content import Cancelled, ignore_count, never
from backup_gui.engine.fs.system.descriptors import BUDGET
from backup_gui.engine.fs.system.platform import uptime_s
from backup_gui.engine.guard.guard import TAKES_AWAY, Condition, judge
from backup_gui.engine.guard.unanswered import from_text
from backup_gui.engine.history.trusted_clock import (
    Belief,
    HistoryClock,
    aheads,
    believable,
    follow,
    forget_aheads,
)
from backup_gui.engine.ownership.other_backups import set_apart, with_others
from backup_gui.engine.plan.compare import compare
from backup_gui.engine.plan.left_out import rules_of
from backup_gui.engine.plan.pass_context import PassContext
from backup_gui.engine.roots.continuity import Continuity, remember_state
from backup_gui.engine.roots.roots import open_roots, remembered_drives
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.rules.space import most_needed
from backup_gui.engine.state.kept_paths import spare
from backup_gui.model.actions import Part, actions_of
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import BackupError, RootAbsentError, TooManyOpenError
from backup_gui.model.events import ActionDone, HeldBack, PlanMade, ProblemFound, Progressed
from backup_gui.model.plans import (
    FULL,
    NO_COUNTS,
    NO_ROOM_MADE,
    NOTHING_REMOVED,
    HeldCode,
    Op,
    PassStatus,
    Phase,
    ProblemCode,
    Report,
    Stage,
    count_actions,
)
from backup_gui.model.problems import problem
from backup_gui.model.reasons import Reason, ReasonCode, system_words

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.guard.guard import Verdict
    from backup_gui.engine.guard.unanswered import Unanswered
    from backup_gui.engine.rules.retention import Ages
    from backup_gui.engine.state.database import Catalog
    from backup_gui.model.events import Event
    from backup_gui.model.job import Job
    from backup_gui.model.plans import Action, Counts, Held, MadeRoom, Plan, Progress, Removed, Scope

_CODES_OF_OTHERS = frozenset({HeldCode.STRANGERS, HeldCode.OTHER_BACKUP})


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
    uptime: Callable[[], float] = uptime_s,
    resting: frozenset[str] = frozenset(),
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
        uptime: How long the system has been running, seconds.
        resting: Files that are not copied this time, if they have changed: they were just before.

    Returns:
        What was done.

    Raises:
        JobError: The folders make no sense together.
        OtherBackupError: The destination or its history belongs to another backup.
        RootAbsentError: The source or the destination's drive is not there, or is another one.
        DestinationBusyError: Another instance is writing there.
        DestinationFullError: There is no room for anything at all.
        DestinationUnusableError: The destination cannot be written to at all.
        TooManyOpenError: No more files can be opened, which says nothing of any of them.
    """
    started_at, began = now(), time.monotonic()
    if not is_dry_run:
        # Also if the drive is away.
        follow(catalog, now(), uptime())
    rules, meter = rules_of(job), Meter(lambda progress: _tell_progress(progress, on_event))
    with BUDGET.turn(should_stop), contextlib.ExitStack() as stack:
        source, target, is_source_other, continuity, belonging, accept = open_roots(
            job, catalog, stack, allowed, is_dry_run=is_dry_run, now_s=now(), is_full=scope.is_full
        )
        # What has changed in the source says nothing of what is missing in another destination.
        scope = scope if continuity is Continuity.SAME else FULL
        context = PassContext(
            job,
            source,
            target,
            catalog,
            rules,
            meter,
            should_stop,
            target.falls_together,
            learns=not is_dry_run and continuity is not Continuity.OTHER,
            started_at=started_at,
            began_s=began,
        )
        clock = _history_clock(catalog, target, now, uptime, should_stop, is_dry_run=is_dry_run)
        standby = stack.enter_context(contextlib.closing(Standby(lambda: target.helper(source))))
        drives = frozenset() if job.allows_mass_delete else remembered_drives(catalog)
        meter.begin(Phase.COMPARING)
        plan = compare(
            context,
            scope,
            drives=drives,
            on_copies=standby.expect if context.learns else ignore_count,
            scout=None if drives or not scope.is_full else standby.scout(rules, target, catalog),
        )
        if should_stop():
            return Report(PassStatus.CANCELLED, started_at, time.monotonic() - began, plan.is_full)
        plan = _with_doubt(_of_all_that_is_there(plan), target, catalog, continuity, is_dry_run=is_dry_run)
        plan, waiting = _without_resting(spare(plan, catalog.kept, source, learns=context.learns), resting)
        plan, others = set_apart(plan, target, belonging, takes_over=job.takes_over)
        _tell_each(ProblemFound, plan.problems, on_event)
        verdict = _judged(
            plan,
            job,
            source,
            catalog,
            allowed,
            others,
            is_source_other=is_source_other,
            is_destination_other=continuity is Continuity.OTHER,
            is_dry_run=is_dry_run,
        )
        counts = count_actions(verdict.actions)
        _tell_plan(plan, counts, verdict, on_event)
        if is_dry_run:
            _tell_each(ActionDone, verdict.actions, on_event)
            return make_report(context, plan, verdict, Outcome(counts=counts))
        may_write = _settle_destination(target, continuity, verdict, accept)
        is_held = verdict.held is not None or (not plan.is_full and bool(catalog.fact(HELD_KEY)))
        made_room = _prepare_history(context, verdict.actions, counts, clock, is_held=is_held)
        journal = Journal(job, catalog, target, plan, counts, allowed)
        ledger = Ledger(
            target,
            meter=meter,
            on_done=lambda actions: _tell_done(actions, journal, on_event),
            on_problem=lambda problem: on_event(ProblemFound(problem)),
            spared=made_room.spared,
        )
        execution = Execution(context, ledger, standby)
        status: PassStatus | None = None
        try:
            execution.run(
                verdict.actions,
                plan.litter if may_write else (),
                files_total=counts.total,
                bytes_total=counts.bytes,
            )
            _check_places(job, source, target)
        except Cancelled:
            status = PassStatus.CANCELLED
        except BackupError as error:
            # What was done before counts all the same.
            failed = make_report(context, plan, verdict, ledger.outcome, PassStatus.FAILED, error.reason)
            _record_failure(catalog, plan, failed, ledger.outcome, journal, verdict)
            raise
        finally:
            clock.note(catalog)
        report = make_report(context, plan, verdict, ledger.outcome, status)
        report = report._replace(made_room=made_room.removed, waiting=waiting, kept=catalog.kept.count())
        _note_end(target, catalog, is_as_planned=status is None and may_write)
        record(catalog, plan, report, ledger.outcome.added_files, journal, verdict.unanswered)
        if status is None and plan.is_full and job.keeps_history and not is_held and not should_stop():
            report = report._replace(thinned=_thin_history(context, clock.ages()))
    return report


def _history_clock(
    catalog: Catalog,
    target: Destination,
    now: Callable[[], float],
    uptime: Callable[[], float],
    should_stop: Callable[[], bool],
    *,
    is_dry_run: bool,
) -> HistoryClock:
    if is_dry_run:
        return HistoryClock(Belief(now(), uptime()), now, uptime)
    clock = believable(catalog, now, uptime, target, should_stop)
    target.dated = clock.name
    catalog.busy.begin(clock.now_s)
    was_ahead = () if clock.is_in_doubt else aheads(catalog)
    if was_ahead:
        from backup_gui.engine.history.redating import redate  # noqa: PLC0415 - hardly ever needed

        if redate(target, catalog, was_ahead, clock.now_s(), should_stop):
            forget_aheads(catalog)
    return clock


def _of_all_that_is_there(plan: Plan) -> Plan:
    """Return a plan, if nothing in it comes of that something could not be looked at for want of descriptors.

    Raises:
        TooManyOpenError: Something does.
    """
    BUDGET.check()
    if any(problem.code is ProblemCode.TOO_MANY_OPEN for problem in plan.problems):
        raise TooManyOpenError
    return plan


def _settle_destination(
    target: Destination, continuity: Continuity, verdict: Verdict, accept: Callable[[], None]
) -> bool:
    """Take another folder for the destination if the guard lets it pass; says whether anything may be written to it.

    Then it has all that it should have: somebody has put the mirror back where it was, or a copy of it.

    Raises:
        DestinationUnusableError: Nothing of what is to be done can be done there.
    """
    target.refuse_unwritable(verdict.actions)
    if continuity is not Continuity.OTHER:
        return True
    if verdict.held is not None:
        return False
    accept()
    target.history.prepare()
    return True


def _check_places(job: Job, source: Tree, target: Destination) -> None:
    """Make sure that both paths still lead to the folders that the pass began with.

    Raises:
        RootAbsentError: One does not.
    """
    if not source.is_root_in_place():
        raise RootAbsentError(Reason(ReasonCode.SOURCE_GONE, path=job.source))
    if not target.is_in_place():
        raise RootAbsentError(Reason(ReasonCode.DESTINATION_MOVED, path=job.destination))


def _note_end(target: Destination, catalog: Catalog, *, is_as_planned: bool) -> None:
    say_what_is_not_held(target, catalog)
    if is_as_planned:
        remember_state(target, catalog)


def _record_failure(
    catalog: Catalog, plan: Plan, failed: Report, outcome: Outcome, journal: Journal, verdict: Verdict
) -> None:
    if failed.counts != NO_COUNTS:
        record(catalog, plan, failed, outcome.added_files, journal, verdict.unanswered)


def _tell_plan(plan: Plan, counts: Counts, verdict: Verdict, on_event: Callable[[Event], None]) -> None:
    on_event(PlanMade(counts, plan.is_full))
    if verdict.held is not None:
        on_event(HeldBack(verdict.held))


def _without_resting(plan: Plan, resting: frozenset[str]) -> tuple[Plan, tuple[str, ...]]:
    """Take out of a plan what is not to be copied this time.

    Returns:
        The rest, and what was taken out.
    """
    if not resting:
        return plan, ()
    firsts = {action.link_to for action in plan.actions if action.link_to is not None}
    waiting = tuple(
        action.path
        for action in plan.actions
        if action.path in resting
        and action.kind is EntryKind.FILE
        and (action.op is Op.CREATE or (action.op is Op.REPLACE and action.old_kind is EntryKind.FILE))
        # Other names of a file wait for none.
        and action.link_to is None
        and action.path not in firsts
    )
    left = frozenset(waiting)
    if not left:
        return plan, ()
    return plan._replace(actions=actions_of(action for action in plan.actions if action.path not in left)), waiting


def _with_doubt(plan: Plan, target: Destination, catalog: Catalog, continuity: Continuity, *, is_dry_run: bool) -> Plan:
    """Say what nobody would learn from the files.

    Of a mounted cloud, in each pass, that nobody can tell when it has stored something; and once, that the history that
    there was is gone.
    """
    codes = []
    if target.stores_later:
        codes.append(ProblemCode.STORED_LATER)
    if not is_dry_run:
        if is_history_lost(target, catalog, is_same=continuity is Continuity.SAME):
            codes.append(ProblemCode.HISTORY_LOST)
        if not target.keeps_history or target.history.was_there:
            remember_history(target, catalog)
    if not codes:
        return plan
    return plan._replace(problems=(*plan.problems, *(problem(code, "", Stage.HISTORY) for code in codes)))


def _tell_each(kind: Callable[[T], Event], found: Iterable[T], on_event: Callable[[Event], None]) -> None:
    for one in found:
        on_event(kind(one))


def _tell_progress(progress: Progress, on_event: Callable[[Event], None]) -> None:
    on_event(Progressed(progress))


def _tell_done(actions: list[Action], journal: Journal, on_event: Callable[[Event], None]) -> None:
    journal.note(actions)
    for action in actions:
        on_event(ActionDone(action))


def _judged(
    plan: Plan,
    job: Job,
    source: Tree,
    catalog: Catalog,
    allowed: Held | None,
    others: Held | None,
    *,
    is_source_other: bool,
    is_destination_other: bool,
    is_dry_run: bool,
) -> Verdict:
    """Have the guard judge a plan, by what the catalog knows of what went before and of what waits already."""
    has_agreed = _has_agreed(job, allowed)
    if has_agreed and not is_dry_run:
        catalog.recent.start_anew()
    unanswered = None if has_agreed else from_text(catalog.fact(HELD_KEY))
    condition = _condition(plan, source, catalog, unanswered, is_source_other=is_source_other)
    condition = condition._replace(is_destination_other=is_destination_other)
    return with_others(judge(plan, job, condition, allowed), others)


def _condition(
    plan: Plan, source: Tree, catalog: Catalog, unanswered: Unanswered | None, *, is_source_other: bool
) -> Condition:
    mirror_files = plan.mirror_files
    if not plan.is_full:
        mirror_files = max(mirror_files, remembered_files(catalog))
    taken = Part(plan.actions).where(lambda action: action.op in TAKES_AWAY)
    try:
        is_source_empty = bool(taken) and source.is_empty()
    except OSError as error:
        raise RootAbsentError(Reason(ReasonCode.SOURCE_UNREAD, why=system_words(error))) from error
    condition = Condition(mirror_files, is_source_empty=is_source_empty, is_source_other=is_source_other)
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


def _has_agreed(job: Job, allowed: Held | None) -> bool:
    """Tell whether the user has looked at what the last hour has brought, and agreed to it."""
    return job.allows_mass_delete or (allowed is not None and allowed.code not in _CODES_OF_OTHERS)


def _prepare_history(
    context: PassContext[Destination], actions: Sequence[Action], counts: Counts, clock: HistoryClock, *, is_held: bool
) -> MadeRoom:
    """Let old versions give way if what is to be written does not fit otherwise; nearly always it obviously fits.

    As long as the guard holds something, the history loses nothing: it may be all that is left of what the user cares
    for. What encrypts files under new names writes new content, which nobody holds.

    Returns:
        What was removed, and what stayed that would be removed at the user's word.
    """
    target, catalog = context.destination, context.catalog
    target.history.must_keep = is_held
    if not context.job.keeps_history or not counts.total:
        return NO_ROOM_MADE
    room = room_of(target)
    if room is not None and is_quota_used_up(catalog):
        room = room._replace(free_bytes=0, may_be_more=True)
    if room is not None and not room.lacks(most_needed(counts, room.block_bytes)):
        room = None
    adds = bool(counts.replaced or counts.deleted)
    if not adds and room is None:
        return NO_ROOM_MADE
    from backup_gui.engine.history import prune  # noqa: PLC0415 - slow to import, and a first copy does not need it

    if adds:
        prune.note_additions(catalog)
    if room is None or is_held:
        return NO_ROOM_MADE

    def size_of(action: Action) -> int:
        return data_bytes(context.source, action) if action.size_bytes >= ASK_FOR_ROOM_BYTES else action.size_bytes

    return prune.make_room(context, room, actions, size_of, clock.ages())


def _thin_history(context: PassContext[Destination], ages: Ages) -> Removed:
    from backup_gui.engine.history import prune  # noqa: PLC0415 - see above

    if not prune.is_due(context.job, context.catalog, ages.now_s):
        return NOTHING_REMOVED
    return prune.thin_history(context, ages)

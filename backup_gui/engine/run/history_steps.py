"""What a pass does for its history: names versions by a clock, gives room for new content, removes old versions."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from backup_gui.engine.apply.create import ASK_FOR_ROOM_BYTES, data_bytes
from backup_gui.engine.apply.report import is_quota_used_up, room_of
from backup_gui.engine.history.trusted_clock import HistoryClock, aheads, forget_aheads, trusted_clock
from backup_gui.engine.plan.pass_context import PassContext
from backup_gui.engine.rules.space import most_needed
from backup_gui.model.plans import NO_ROOM_MADE, NOTHING_REMOVED, Action, Counts, MadeRoom, Removed

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import Destination


def start_clock(
    context: "PassContext[Destination]", now: Callable[[], float], uptime: Callable[[], float]
) -> HistoryClock:
    """Return the clock by which versions are named and aged; after it had been ahead, rename what it named.

    Args:
        context: The pass, which writes.
        now: The user's clock, seconds since 1970, UTC.
        uptime: The system's uptime, seconds.
    """
    catalog, target = context.catalog, context.destination
    clock = trusted_clock(catalog, now, uptime, target, context.should_stop)
    target.dated = clock.name
    catalog.busy.begin(clock.now_s)
    was_ahead = () if clock.is_in_doubt else aheads(catalog)
    if was_ahead:
        from backup_gui.engine.history.redating import redate  # noqa: PLC0415 - hardly ever needed

        if redate(target, catalog, was_ahead, clock.now_s(), context.should_stop):
            forget_aheads(catalog)
    return clock


def give_room(
    context: "PassContext[Destination]",
    actions: Sequence[Action],
    counts: Counts,
    clock: HistoryClock,
    *,
    is_held: bool,
) -> MadeRoom:
    """Make the history give space if the new content would not fit; nearly always it obviously fits.

    While the guard holds something, the history loses nothing: it may be all that is left. An encrypting program writes
    new content under new names, which is not held.
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


def thin_when_due(context: "PassContext[Destination]", clock: HistoryClock) -> Removed:
    """Remove the versions that the job's limits no longer keep, if it is time to look."""
    if not context.job.keeps_history or context.should_stop():
        return NOTHING_REMOVED
    from backup_gui.engine.history import prune  # noqa: PLC0415 - see above

    ages = clock.ages()
    if not prune.is_due(context.job, context.catalog, ages.now_s):
        return NOTHING_REMOVED
    return prune.thin_history(context, ages)

"""Keeps the history within its limits, and removes old versions if new content would not fit otherwise.

``rules/retention.py``, ``yielding.py`` and ``usage.py`` decide what is removed; ``destination/history_writer.py``
removes it. What cannot be read or removed stays and is logged; it does not fail the pass.
"""

from __future__ import annotations

import logging
import math
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.history.listing import folders_of
from backup_gui.engine.history.usage import UsageCounter, oldest
from backup_gui.engine.history.yielding import UNASKED, Rank, Yielding
from backup_gui.engine.rules.capabilities import NO_LIMIT
from backup_gui.engine.rules.retention import DAY_S, HOUR_S, Ages, thin
from backup_gui.engine.rules.space import NO_ROOM, Amount, needed
from backup_gui.model.path_text import readable
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import NO_ROOM_MADE, MadeRoom, Removed
from backup_gui.model.reasons import size_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.history.listing import Folder
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.engine.rules.space import Room
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.job import Job
    from backup_gui.model.plans import Action

log = logging.getLogger(__name__)

THIN_EVERY_S: Final = HOUR_S
HISTORY_KEY: Final = "history"
NO_GAIN_KEY: Final = "pruning was in vain at"
EMPTYING_KEY: Final = "history folders being emptied"


class _Remembered(NamedTuple):
    """The catalog's record of the last thinning.

    Attributes:
        limits: The limits used.
        at_s: When it happened, seconds since 1970.
        quiet_until_s: Until then nothing has to be removed, unless versions are added.
    """

    limits: str
    at_s: float
    quiet_until_s: float


def has_limits(job: Job) -> bool:
    """Tell whether versions are ever removed; otherwise the user wants to keep all of them without limit."""
    return job.keeps_history and bool(job.history_days or job.history_max_bytes)


def is_due(job: Job, catalog: JobDatabase, now_s: float) -> bool:
    """Tell whether to thin the history now: at most once an hour, and only if there may be something to do."""
    if not has_limits(job):
        return False
    last = _remembered(catalog)
    if last is None or last.limits != _limits(job):
        return True
    # If the clock was set back, the last time lies in the future.
    return not last.at_s <= now_s < max(last.at_s + THIN_EVERY_S, last.quiet_until_s)


def note_additions(catalog: JobDatabase) -> None:
    """Record that versions are about to be added to the history."""
    last = _remembered(catalog)
    if last is not None and last.quiet_until_s:
        _remember(catalog, last._replace(quiet_until_s=0.0))


def thin_history(context: PassContext[Destination], ages: Ages) -> Removed:
    """Remove the versions that are too old or too close together, and the oldest ones beyond the history's size.

    If the pass is cancelled, the next call does the rest.
    """
    job, target, catalog = context.job, context.destination, context.catalog
    pruner = _Pruner(target, Emptying(catalog), context.should_stop, catalog.busy.versions())
    pruner.finish_removals()
    yielding = Yielding(target, ages, spares_young=True, protected=catalog.busy.versions())
    # The user set the size limit, so it applies to the last version of a file too.
    ranks_of = partial(yielding.ranks, most=Rank.LAST)
    tally = UsageCounter()
    next_s = math.inf
    for folder in pruner.folders():
        next_s = min(next_s, pruner.thin_folder(folder, ages, job.history_days, tally))
    excess_bytes = tally.size().bytes - job.history_max_bytes if job.history_max_bytes else 0
    if excess_bytes > 0:
        ranked = UsageCounter()
        ranked.add_all(pruner.folders(), ranks_of)
        pruner.remove_oldest(Amount(excess_bytes, 0), ranked, ranks_of)
        # Versions that are too young now may have to be removed in an hour.
        next_s = 0.0
    pruner.tell("thinned out")
    if not context.should_stop():
        _remember(catalog, _Remembered(_limits(job), ages.now_s, next_s))
        catalog.commit()
    return pruner.removed


def make_room(
    context: PassContext[Destination],
    room: Room,
    actions: Iterable[Action],
    size_of: Callable[[Action], int],
    ages: Ages,
) -> MadeRoom:
    """Remove old versions to make space for new content, in the order of ``yielding.py`` and no more than needed.

    If the content would not fit even then, nothing is removed without permission: no old version is lost for a copy
    that then fails. With the user's permission, space is made for as much content as fits. A file that never fits on
    the drive does not prevent making space for the others.

    Args:
        context: The pass.
        room: The free space.
        actions: What is to be done; iterated twice.
        size_of: Returns how many bytes are written for a file; may call the system.
        ages: How old versions are.

    Returns:
        What was removed, and what more could be.
    """
    job, target, catalog = context.job, context.destination, context.catalog
    if _is_in_vain(catalog, ages.now_s):
        return NO_ROOM_MADE
    if not room.lacks(needed(actions, room.block_bytes, size_of)):
        return NO_ROOM_MADE
    pruner = _Pruner(target, Emptying(catalog), context.should_stop, catalog.busy.versions())
    yielding = Yielding(target, ages, protected=catalog.busy.versions())
    # Without any limit the user wants to keep every version.
    most = Rank.LAST if job.frees_history else UNASKED if has_limits(job) else None
    tally, asked = UsageCounter(), UsageCounter()
    for folder in pruner.folders():
        ranks = yielding.ranks(folder, Rank.LAST)
        for version in folder.versions:
            rank = ranks.get(version.stored)
            tally.add(version, None if rank is None or most is None or rank > most else rank)
            asked.add(version, rank)
    removable = tally.removable()
    free_files = NO_LIMIT if room.free_files is None else room.free_files
    reachable = Amount(room.free_bytes + removable.bytes, free_files + removable.files)
    if room.may_be_more and job.frees_history:
        lacking = room.lacks(needed(actions, room.block_bytes, size_of)).up_to(removable)
    else:
        lacking = room.lacks(needed(actions, room.block_bytes, size_of, reachable, leaves_rest=job.frees_history))
    if context.should_stop():
        return NO_ROOM_MADE
    if most is not None and lacking and not removable.lacks(lacking):
        pruner.finish_removals()
        pruner.remove_oldest(lacking, tally, partial(yielding.ranks, most=most))
        pruner.tell("pruned to make room")
        _note_gain(target, catalog, room, pruner.removed, ages.now_s)
    more = removable.lacks(asked.removable())
    return MadeRoom(pruner.removed, Removed(more.files, more.bytes))


def _note_gain(target: Destination, catalog: JobDatabase, before: Room, removed: Removed, now_s: float) -> None:
    """Check whether the drive has more space now. If its snapshots keep what was removed, removing did not help."""
    try:
        # Some file systems free the space only after a flush.
        target.flush()
        room = target.room()
    except OSError as error:
        log.warning("The backup drive could not be flushed: %s", error.strerror)
        return
    if room is not None and room.free_bytes - before.free_bytes < removed.bytes // 2:
        log.warning(
            "Old versions were removed, but the backup drive has hardly more room: no more are removed for a day"
        )
        catalog.remember(NO_GAIN_KEY, repr(now_s))


class _Pruner:
    """Reads the history and removes the chosen versions."""

    def __init__(
        self, target: Destination, emptying: Emptying, should_stop: Callable[[], bool], protected: Collection[str]
    ) -> None:
        self._target = target
        self._emptying = emptying
        self._should_stop = should_stop
        self._protected = protected
        self._removed = [0, 0]
        self._failure = ""

    @property
    def removed(self) -> Removed:
        """Return what was removed."""
        return Removed(*self._removed)

    def folders(self) -> Iterable[Folder]:
        """List the history's folders; none if it is missing or unreadable."""
        try:
            history = self._target.history.tree()
        except OSError as error:
            self._note_failure("", error)
            return ()
        return () if history is None else folders_of(history, self._should_stop, self._note_failure)

    def finish_removals(self) -> None:
        """Remove the empty folders that an earlier run left because it was interrupted."""
        left = self._emptying.left()
        if not left:
            return
        try:
            # Opened for reading: opening it for removals would create a missing history.
            history = self._target.history.tree()
        except OSError as error:
            self._note_failure("", error)
            return
        if history is not None:
            for path in sorted(left, reverse=True):
                self._remove_folders(path)
        self._emptying.end()

    def thin_folder(self, folder: Folder, ages: Ages, days: int, tally: UsageCounter) -> float:
        """Remove the versions in one folder that are too old or too close together; ``tally`` counts what stays.

        Returns:
            When there may be something to remove again, seconds since 1970.
        """
        next_s = math.inf
        surplus: set[str] = set()
        for versions in folder.by_path().values():
            thinned = thin({version.stamp for version in versions}, ages, days)
            next_s = min(next_s, thinned.next_s)
            gone = set(thinned.surplus)
            surplus.update(version.stored for version in versions if version.stamp in gone)
        surplus.difference_update(self._protected)
        is_emptied = bool(surplus) and not folder.has_others and len(surplus) == len(folder.versions)
        if is_emptied:
            self._emptying.begin([folder.path])
        stays = False
        for version in folder.versions:
            if version.stored in surplus and not self._should_stop():
                # With further hard links, the file still takes its space.
                frees_bytes = version.space_bytes if version.links == 1 else 0
                if self._remove(version.stored, version.inode, frees_bytes):
                    continue
            stays = True
            tally.add(version)
        if is_emptied:
            if not stays:
                self._remove_folders(folder.path)
            self._emptying.end()
        return next_s

    def remove_oldest(
        self, wanted: Amount, tally: UsageCounter, ranks_of: Callable[[Folder], Mapping[str, int]]
    ) -> None:
        """Remove versions, lowest rank first and then oldest first, until enough is free.

        ``tally`` has counted the whole history, with the same ranks.
        """
        last_names = tally.last_names()
        while wanted and not self._should_stop():
            chosen = oldest(self.folders(), wanted, ranks_of, last_names)
            freed = NO_ROOM
            emptied = set()
            self._emptying.begin({parent_of(candidate.stored) for candidate in chosen})
            for candidate in chosen:
                if self._should_stop():
                    break
                if self._remove(candidate.stored, candidate.inode, candidate.freed.bytes):
                    freed = Amount(freed.bytes + candidate.freed.bytes, freed.files + candidate.freed.files)
                    emptied.add(parent_of(candidate.stored))
            for path in sorted(emptied, reverse=True):
                self._remove_folders(path)
            self._emptying.end()
            wanted = freed.lacks(wanted)
            if not freed:
                return

    def tell(self, what: str) -> None:
        """Log what was removed and what failed, if anything."""
        versions, size_bytes = self._removed
        if versions:
            log.info("The history was %s: %d old versions removed, %s", what, versions, size_in_words(size_bytes))
        if self._failure:
            log.warning("Not all of the history could be %s: %s", what, self._failure)

    def _remove(self, path: str, inode: int, size_bytes: int) -> bool:
        try:
            if not self._target.history.remove_version(path, inode):
                return False
        except OSError as error:
            self._note_failure(path, error)
            return False
        self._removed[0] += 1
        self._removed[1] += size_bytes
        return True

    def _remove_folders(self, path: str) -> None:
        try:
            self._target.history.remove_folders(path)
        except OSError as error:
            self._note_failure(path, error)

    def _note_failure(self, path: str, error: OSError) -> None:
        self._failure = self._failure or f"{error.strerror} ({readable(path)})"


def _is_in_vain(catalog: JobDatabase, now_s: float) -> bool:
    try:
        return 0 <= now_s - float(catalog.fact(NO_GAIN_KEY) or "") < DAY_S
    except ValueError:
        return False


def _limits(job: Job) -> str:
    return f"{job.history_days}/{job.history_max_bytes}"


def _remembered(catalog: JobDatabase) -> _Remembered | None:
    """Read the record of the last thinning; None if it is missing or invalid."""
    limits, _, times = (catalog.fact(HISTORY_KEY) or "").partition(" ")
    at, _, quiet_until = times.partition(" ")
    try:
        return _Remembered(limits, float(at), float(quiet_until))
    except ValueError:
        return None


def _remember(catalog: JobDatabase, what: _Remembered) -> None:
    catalog.remember(HISTORY_KEY, f"{what.limits} {what.at_s!r} {what.quiet_until_s!r}")


class Emptying:
    """The folders to remove if they are empty, recorded permanently at once: a killed program cannot do so later."""

    def __init__(self, catalog: JobDatabase) -> None:
        self._catalog = catalog

    def left(self) -> tuple[str, ...]:
        """Return the folders that an earlier run recorded but did not remove."""
        text = self._catalog.fact(EMPTYING_KEY)
        if not text:
            return ()
        import json  # noqa: PLC0415 - slow to import, and hardly ever needed

        try:
            folders = json.loads(text)
        except (ValueError, RecursionError):
            # The catalog is damaged; the only result is an empty folder in the history.
            return ()
        return tuple(filter(_is_within, folders)) if isinstance(folders, list) else ()

    def begin(self, folders: Collection[str]) -> None:
        """Record folders of the history, before the first version is removed from any of them."""
        import json  # noqa: PLC0415 - as above

        self._catalog.remember(EMPTYING_KEY, json.dumps(sorted(folders)))
        self._catalog.commit()

    def end(self) -> None:
        """Clear the record: the folders are removed, or not empty."""
        self._catalog.remember(EMPTYING_KEY, "")


def _is_within(path: object) -> bool:
    """Tell whether a value is a path that stays within the history."""
    return isinstance(path, str) and not {"", ".", ".."}.intersection(path.split("/"))

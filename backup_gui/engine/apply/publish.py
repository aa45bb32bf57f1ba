"""Gives complete temporaries their final names, a group at a time, so that no file is ever incomplete.

The order is: flush the content, rename, flush the names, update the catalog.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.ownership.intents import lacking, of_folder, unseen
from backup_gui.engine.ownership.own_entries import Ownership
from backup_gui.engine.state.database import UNSEEN_NS
from backup_gui.model.entries import FILE, FOLDER, kind_of
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import CREATE, REPLACE, Action, ProblemCode, Stage
from backup_gui.model.problems import UNFIT, is_full, problem, problem_from, problem_of_unfit

if TYPE_CHECKING:
    from datetime import datetime

    from backup_gui.engine.apply.hard_links import LinkMaker
    from backup_gui.engine.apply.stats import PassStats
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.ownership.intents import Intents
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.entries import Entry, Seen
    from backup_gui.model.plans import Problem

GROUP_FILES = 500
GROUP_BYTES = 64 << 20
# Recording so many takes as long as the worker process needs for a batch.
PORTION_FILES = 64
# A second edit may get the same time stamp if the first is younger than this, so such a path is compared again.
SETTLING_NS = 2_000_000_000


class NotCopied(Exception):  # noqa: N818 - carries a problem, which is data
    """The file could not be copied; the attempt left nothing behind."""

    def __init__(self, why: Problem) -> None:
        super().__init__(why.reason)
        self.problem = why


class Ready(NamedTuple):
    """A complete temporary that waits for its group to be published; a new folder has no temporary of its own.

    Attributes:
        action: The action.
        temporary: Its path.
        entry: The source's entry that was copied.
        is_whole: Whether the source did not change during the copy.
    """

    action: Action
    temporary: str
    entry: Entry | Seen
    is_whole: bool = True


class Publisher:
    """Collects complete temporaries and publishes them.

    Args:
        target: The destination.
        catalog: Records what was published.
        links: Knows which names are hard links.
        stats: Receives everything that was done.
        intents: Records what is about to be published.
    """

    def __init__(
        self, target: Destination, catalog: JobDatabase, links: LinkMaker, stats: PassStats, intents: Intents
    ) -> None:
        self._target = target
        self._catalog = catalog
        self._links = links
        self._stats = stats
        self._intents = intents
        self._ownership = Ownership(target, catalog)
        self._group: list[Ready] = []
        self._group_bytes = 0
        # Published, but not recorded yet.
        self._published: list[Ready] = []
        self._published_at_ns = 0
        # Published without some of their attributes.
        self._incomplete: set[str] = set()

    @property
    def is_full(self) -> bool:
        """Return whether the group has to be published."""
        return len(self._group) >= GROUP_FILES or self._group_bytes >= GROUP_BYTES

    @property
    def has_unrecorded(self) -> bool:
        """Return whether something was published but not recorded yet."""
        return bool(self._published)

    def add(self, ready: Ready) -> None:
        """Add a temporary to the group.

        If the file was touched since the comparison and has further hard links by now, it may have to be joined with
        them. It is then recorded as touched, and later links of the file are linked to it.
        """
        action, entry = ready.action, ready.entry
        if (
            entry.st_nlink > 1
            and action.kind is FILE
            and action.link_to is None
            and action.seen_at_ns != entry.st_ctime_ns
        ):
            ready = ready._replace(entry=unseen(entry))
            self._links.note_copied(action.path)
        self._group.append(ready)
        self._group_bytes += ready.entry.st_size

    def publish(self) -> None:
        """Publish the group, without recording it.

        Raises:
            DestinationUnusableError: Nothing can be written at all.
            OSError: It cannot be flushed.
        """
        self.record()
        if not self._group and not self._target.has_unseen_folders:
            return
        lacking_some = self._target.without_attributes
        self._intents.note(
            (ready.action.path, _about_to_be(ready, is_lacking=ready.action.path in lacking_some))
            for ready in self._group
        )
        self._target.flush()
        unmade = self._target.reveal()
        for path, error in unmade.items():
            self._stats.add_problem(problem_from(error, path, Stage.COPY, is_writing=True))
            self._stats.unmade.add(path)
        left_at = self._target.dated()
        published: list[Ready] = []
        missing = self._missing() if self._target.flushes_files else set()
        touched = self._stats.touched
        while self._group:
            ready = self._group.pop()
            action = ready.action
            path = action.path
            if path in missing:
                self._stats.add_problem(problem(ProblemCode.MIRROR_CHANGED, path, Stage.COPY))
                continue
            if unmade and self._stats.is_unmade(path):
                continue
            try:
                self._publish_one(ready, left_at)
            except NotCopied as failure:
                self.discard(ready)
                self._stats.add_problem(failure.problem)
            except OSError as error:
                # First, since some problems end the pass.
                self.discard(ready)
                found = problem_from(error, path, Stage.COPY, is_writing=True)
                self._stats.add_problem(found, action.size_bytes)
            except UNFIT as error:
                self.discard(ready)
                self._stats.add_problem(problem_of_unfit(error, path, Stage.COPY))
            else:
                published.append(ready)
                # Even if it is never recorded because a flush fails: no folder may keep the mode it was created with.
                touched.add(parent_of(path))
                if action.kind is FOLDER:
                    touched.add(path)
        self._group_bytes = 0
        self._target.flush()
        self._published = published
        self._published_at_ns = time.time_ns()
        for path, why in self._target.without_attributes.items():
            # Only the content is recorded, so that the next pass tries the attributes again.
            self._stats.add_problem(problem_from(why, path, Stage.METADATA))
            self._incomplete.add(path)
        self._target.without_attributes.clear()

    def _missing(self) -> set[str]:
        """Return what came along with a new folder and is not there any more."""
        came_along = [ready.action.path for ready in self._group if ready.temporary in {"", ready.action.path}]
        return self._target.missing(came_along) if came_along else set()

    def record(self, files: int | None = None) -> None:
        """Record what was published, all of it or up to ``files``. The catalog never contains more than the disk."""
        if not self._published:
            return
        stats = self._stats
        youngest_ns = self._published_at_ns - SETTLING_NS
        keeps_times = self._target.capabilities.holds_times
        done: list[Action] = []
        portion = self._published[:files]
        del self._published[:files]
        for ready in portion:
            action, entry = ready.action, ready.entry
            path = action.path
            written_bytes = 0
            self._catalog.record(path, lacking(entry) if path in self._incomplete else entry)
            is_young = entry.st_mtime_ns > youngest_ns and action.kind is not FOLDER
            if is_young or entry.st_ctime_ns == UNSEEN_NS:
                stats.note_unsettled(path)
            if action.kind is FILE:
                if action.link_to is None:
                    written_bytes = entry.st_size
                    if not keeps_times:
                        self._note_stamp(path, entry)
            elif action.kind is FOLDER:
                stats.attributed.add(path)
            stats.note(action, written_bytes)
            done.append(action)
        if not self._published:
            self._intents.fulfil()
            self._catalog.commit()
        stats.tell(done)

    def drop(self) -> None:
        """Remove what is not published yet."""
        self._target.drop_unseen_folders()
        for ready in self._group:
            self.discard(ready)
        self._group.clear()

    def refuse_other_name(self, path: str) -> None:
        """Check that the mirror's entry at a path does not belong to another name.

        Raises:
            NotCopied: The destination treats both names as the same, or hides the entry.
            OSError: It cannot be read.
        """
        capabilities = self._target.capabilities
        if capabilities.limits_names and not self._target.is_listed(path):
            code = ProblemCode.NAME_COLLISION if capabilities.folds_names else ProblemCode.NAME_NOT_POSSIBLE
            raise NotCopied(problem(code, path, Stage.COPY))

    def discard(self, ready: Ready) -> None:
        """Remove a temporary."""
        if ready.temporary in {"", ready.action.path}:
            # It belongs to a new folder, and is created and removed with it.
            return
        try:
            self._target.discard(ready.temporary)
        except OSError:
            # The next full pass removes it.
            return

    def _publish_one(self, ready: Ready, left_at: datetime) -> None:
        action = ready.action
        path = action.path
        if action.kind is FOLDER:
            return
        if action.link_to is not None and ready.temporary != path and self._links.is_one_file(ready.temporary, path):
            # Renaming a hard link onto another one of the same file does nothing, and would leave both.
            self._target.discard(ready.temporary)
            return
        if action.op is CREATE and action.old_kind is not None:
            there = self._target.look(path)
            if there is not None and there.st_nlink > 1 and there.st_ino == ready.entry.st_ino:
                # It is a hard link to the source's own file: replacing it loses nothing.
                # RACE: what a stranger puts here between this look and the rename is lost.
                self._target.publish(ready.temporary, path, may_replace=True)
                # With one link less the source's file has another change time, so it is compared, and joined, again.
                self._stats.note_unsettled(path)
                return
        is_new = action.op is CREATE or action.old_kind is FOLDER
        if is_new:
            try:
                self._target.publish(ready.temporary, path, may_replace=False)
            except FileExistsError:
                self.refuse_other_name(path)
                # Something was put there since the comparison: with a history it is kept like any version.
                is_new = False
                there = self._target.look(path)
                if there is not None and kind_of(there) is FOLDER:
                    raise
        kept = None
        if not is_new:
            if not self._ownership.may_go(action):
                raise NotCopied(problem(ProblemCode.MIRROR_CHANGED, path, Stage.COPY))
            kept = self._keep(ready, left_at)
            # RACE: without hard links, the kept version is missing from its place until the next call. If killed in
            # between, the old version is in the history, and the next pass brings the new one.
            try:
                self._target.publish(ready.temporary, path, may_replace=True)
            except OSError:
                if kept is not None and not self._target.capabilities.holds_hard_links:
                    self._target.history.undo_keep(kept, path)
                raise
        if ready.is_whole:
            self._catalog.busy.note_whole(path)
        else:
            self._note_torn(path, kept)

    def _keep(self, ready: Ready, left_at: datetime) -> str | None:
        """Keep what is about to be replaced, unless the history has a version of the same minute.

        Returns:
            Its path in the history, if it is kept.

        Raises:
            OSError: It cannot be kept, and must not be replaced.
        """
        path = ready.action.path
        if self._is_one_too_many(ready, left_at) and self._is_own(ready):
            return None
        try:
            kept = self._target.history.keep(path, left_at, leaves=False)
        except OSError as error:
            if self._target.history.must_keep or not is_full(error):
                raise
            if not self._catalog.busy.may_go_unkept(path, left_at.timestamp()) or not self._is_own(ready):
                raise
            # The history of a busy file must not keep its current content out of the mirror.
            self._stats.add_problem(problem_from(error, path, Stage.HISTORY, is_writing=True))
            return None
        if kept is not None:
            self._catalog.busy.note_kept(path, left_at.timestamp())
        return kept

    def _is_own(self, ready: Ready) -> bool:
        """Tell whether the file to be replaced is still as this program put it there."""
        action = ready.action
        if action.op is not REPLACE or action.kind is not FILE or not action.is_known:
            return False
        known, there = self._catalog.fingerprint(action.path), self._target.look(action.path)
        if known is None or there is None or kind_of(there) is not FILE or there.st_size != known.size_bytes:
            return False
        put_ns = known.mtime_ns if self._target.capabilities.holds_times else self._catalog.stamp(action.path)
        return put_ns is not None and self._target.capabilities.is_same_time(put_ns, there.st_mtime_ns)

    def _is_one_too_many(self, ready: Ready, left_at: datetime) -> bool:
        """Tell whether a version need not be kept, since the history got one less than a minute ago."""
        path, busy = ready.action.path, self._catalog.busy
        restless = busy.restless(path)
        if not ready.is_whole and (restless is None or not restless.is_torn):
            # This may be the last whole version for a long time.
            return False
        return busy.was_kept_lately(path, left_at.timestamp())

    def _note_torn(self, path: str, kept: str | None) -> None:
        """Record that the mirror's copy of a file may not be whole, and where the last whole one is."""
        busy = self._catalog.busy
        restless = busy.restless(path)
        busy.note_torn(path, None if restless is not None and restless.is_torn else kept)
        self._stats.add_problem(problem(ProblemCode.COPIED_IN_USE, path, Stage.COPY))
        self._stats.note_unsettled(path)

    def _note_stamp(self, path: str, entry: Entry | Seen) -> None:
        """Record the time of a copy if it differs from the time that was set."""
        there = self._target.look(path)
        if there is not None and not self._target.capabilities.is_same_time(entry.st_mtime_ns, there.st_mtime_ns):
            self._catalog.record_stamp(path, there.st_mtime_ns)


def _about_to_be(ready: Ready, *, is_lacking: bool) -> Entry | Seen:
    """Return the record of an entry before it is published."""
    if ready.action.kind is FOLDER:
        return of_folder(ready.entry)
    return lacking(ready.entry) if is_lacking else ready.entry

"""Gives complete temporaries their final names, a group at a time, so that no file is ever incomplete.

The order is: flush the content, rename, flush the names, update the catalog.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.destination import FAILURES, NotKept
from backup_gui.engine.ownership.intents import lacking, of_folder, unseen
from backup_gui.engine.ownership.own_entries import Ownership
from backup_gui.engine.state.database import UNSEEN_NS
from backup_gui.model.entries import FILE, FOLDER, kind_of
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import CREATE, REPLACE, Action, ProblemCode, Stage
from backup_gui.model.problems import is_full, problem, problem_from

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from backup_gui.engine.apply.hard_links import LinkMaker
    from backup_gui.engine.apply.stats import PassStats
    from backup_gui.engine.destination.destination import Destination, Naming
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

    Attributes:
        group_files: How many files are published together.
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
        self.group_files = GROUP_FILES
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
        return len(self._group) >= self.group_files or self._group_bytes >= GROUP_BYTES

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
        missing = self._missing() if self._target.flushes_files else set()
        published = self._name_group(missing)
        self._group.clear()
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
        came_along = [ready.action.path for ready in self._group if _is_in_place(ready)]
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
        self._target.discard([ready.temporary for ready in self._group if not _is_in_place(ready)])
        self._group.clear()

    def refuse_other_name(self, path: str) -> None:
        """Check that the mirror's entry at a path does not belong to another name.

        Raises:
            NotCopied: The destination treats both names as the same, or hides the entry.
        """
        capabilities = self._target.capabilities
        if capabilities.limits_names and not self._target.is_listed(path):
            code = ProblemCode.NAME_COLLISION if capabilities.folds_names else ProblemCode.NAME_NOT_POSSIBLE
            raise NotCopied(problem(code, path, Stage.COPY))

    def discard(self, ready: Ready) -> None:
        """Remove a temporary. If that fails, the next full pass removes it."""
        if not _is_in_place(ready):
            self._target.discard([ready.temporary])

    def _name_group(self, missing: set[str]) -> list[Ready]:
        """Name what is new, then what takes a place, then what does so although nothing can be kept.

        What came along with a new folder may be ``missing`` by now.

        Returns:
            What has its name now.
        """
        left_at = self._target.dated()
        published: list[Ready] = []
        replacing: list[Ready] = []
        failures = self._name(self._new(missing, published, replacing), published, left_at)
        # What was put there since the comparison is kept like any version, if there is a history.
        replacing += [ready for ready, error in failures if self._may_replace(ready, error, None)]
        failures = self._name(self._replacing(replacing, left_at), published, left_at)
        unkept = [ready for ready, error in failures if self._may_replace(ready, error, left_at)]
        for failed in self._name(self._replacing(unkept, None), published, left_at):
            self._give_up(*failed)
        return published

    def _name(
        self, namings: Iterator[Naming[Ready]], published: list[Ready], left_at: datetime
    ) -> list[tuple[Ready, Exception]]:
        """Have a batch named, add to ``published`` what has its name, and return what failed, and why."""
        touched, busy, failures = self._stats.touched, self._catalog.busy, []
        for ready, kept, error in self._target.publish(namings):
            path = ready.action.path
            if kept is not None:
                busy.note_kept(path, left_at.timestamp())
            if error is not None:
                failures.append((ready, error))
                continue
            published.append(ready)
            # Even if it is never recorded because a flush fails: no folder may keep the mode it was created with.
            touched.add(path.rpartition("/")[0])
            if ready.is_whole:
                busy.note_whole(path)
            else:
                self._note_torn(path, kept)
        return failures

    def _new(self, missing: set[str], published: list[Ready], replacing: list[Ready]) -> Iterator[Naming[Ready]]:
        """Yield what is new; what needs no name is published, and what takes the place of something comes later."""
        touched, unmade = self._stats.touched, self._stats.unmade
        for ready in reversed(self._group):
            action, temporary = ready.action, ready.temporary
            path = action.path
            if path in missing:
                self._stats.add_problem(problem(ProblemCode.MIRROR_CHANGED, path, Stage.COPY))
                continue
            if unmade and self._stats.is_unmade(path):
                continue
            if action.kind is FOLDER:
                published.append(ready)
                touched.update((path, parent_of(path)))
                continue
            may_replace = False
            try:
                if action.link_to is not None and temporary != path and self._links.is_one_file(temporary, path):
                    # Renaming a hard link onto another one of the same file does nothing, and would leave both.
                    self.discard(ready)
                    published.append(ready)
                    touched.add(parent_of(path))
                    continue
                if action.op is CREATE and action.old_kind is not None:
                    there = self._target.look(path)
                    # A hard link to the source's own file: replacing it loses nothing.
                    # RACE: what a stranger puts there between this look and the rename is lost.
                    may_replace = there is not None and there.st_nlink > 1 and there.st_ino == ready.entry.st_ino
            except FAILURES as error:
                self._give_up(ready, error)
                continue
            if may_replace:
                # With one link less the source's file has another change time, so it is compared, and joined, again.
                self._stats.note_unsettled(path)
            if action.op is CREATE or action.old_kind is FOLDER:
                yield temporary, path, may_replace, None, ready
            else:
                replacing.append(ready)

    def _replacing(self, replacing: list[Ready], left_at: datetime | None) -> Iterator[Naming[Ready]]:
        """Yield what takes the place of something that may go.

        Nothing of that is kept without a time, or if the history has a version of the same minute.
        """
        for ready in replacing:
            path = ready.action.path
            try:
                if not self._ownership.may_go(ready.action):
                    raise NotCopied(problem(ProblemCode.MIRROR_CHANGED, path, Stage.COPY))
                is_spared = left_at is None or (self._is_one_too_many(ready, left_at) and self._is_own(ready))
            except (NotCopied, *FAILURES) as error:
                self._give_up(ready, error)
            else:
                yield ready.temporary, path, True, None if is_spared else left_at, ready

    def _may_replace(self, ready: Ready, error: Exception, left_at: datetime | None) -> bool:
        """Tell whether what was refused may take the place of what is there; any other failure is recorded.

        Without a time it was something new, and there is something by now. With one, that could not be kept: the
        history of a busy file must not keep its current content out of the mirror.
        """
        path, may = ready.action.path, False
        try:
            if left_at is None and isinstance(error, FileExistsError):
                self.refuse_other_name(path)
                there = self._target.look(path)
                may = there is None or kind_of(there) is not FOLDER
            elif left_at is not None and isinstance(error, NotKept):
                error = error.why
                if is_full(error) and not self._target.history.must_keep:
                    may = self._catalog.busy.may_go_unkept(path, left_at.timestamp()) and self._is_own(ready)
        except (NotCopied, *FAILURES) as another:
            error, may = another, False
        if not may:
            self._give_up(ready, error)
        elif left_at is not None:
            self._stats.add_problem(problem_from(error, path, Stage.HISTORY, is_writing=True))
        return may

    def _give_up(self, ready: Ready, error: Exception) -> None:
        # First, since some problems end the pass.
        self.discard(ready)
        if isinstance(error, NotCopied):
            self._stats.add_problem(error.problem)
        else:
            found = problem_from(error, ready.action.path, Stage.COPY, is_writing=True)
            self._stats.add_problem(found, ready.action.size_bytes)

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


def _is_in_place(ready: Ready) -> bool:
    """Tell whether a temporary belongs to a new folder: it is made and removed with that, and may have its name."""
    return ready.temporary in {"", ready.action.path}


def _about_to_be(ready: Ready, *, is_lacking: bool) -> Entry | Seen:
    """Return the record of an entry before it is published."""
    if ready.action.kind is FOLDER:
        return of_folder(ready.entry)
    return lacking(ready.entry) if is_lacking else ready.entry

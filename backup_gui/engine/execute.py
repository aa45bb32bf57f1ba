"""Carries out a plan: copies in groups behind two flushes, then moves, then deletions, then the folders' own times.

Each action is checked again against what is there now, so that a plan that has grown old does no harm. What concerns
one path becomes a problem, and the rest goes on.
"""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backup_gui.engine.attributes import attributes_of
from backup_gui.engine.catalog import ROOT_KEY
from backup_gui.engine.copier import BATCH_FILES, SMALL_BYTES, WORTHWHILE_FILES, Copier, Order
from backup_gui.engine.copying import NotCopied, Vanished, copy_file, data_bytes, has_same_content
from backup_gui.engine.errors import BackupError, DestinationFullError, DestinationUnusableError, RootAbsentError
from backup_gui.engine.ledger import Ledger, Outcome
from backup_gui.engine.links import LinkMaker
from backup_gui.engine.model import (
    Action,
    EntryKind,
    Op,
    Phase,
    ProblemCode,
    Stage,
    kind_of,
)
from backup_gui.engine.problems import is_full, problem, problem_from
from backup_gui.engine.publishing import PORTION_FILES, Publisher, Ready
from backup_gui.engine.transfer import Cancelled
from backup_gui.engine.tree import parent_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from backup_gui.engine.attributes import Attributes
    from backup_gui.engine.catalog import Catalog
    from backup_gui.engine.coprocess import Standby
    from backup_gui.engine.filters import Filter
    from backup_gui.engine.model import Entry, Problem
    from backup_gui.engine.progress import Meter
    from backup_gui.engine.target import Target
    from backup_gui.engine.tree import Tree

# Below this, asking how much room there is costs more than a copy that fails.
ASK_FOR_ROOM_BYTES = 1 << 20

_COPIES = frozenset({Op.CREATE, Op.REPLACE, Op.SET_METADATA})


class Execution:
    """One plan being carried out.

    Args:
        source: The source.
        target: The destination.
        catalog: Where what was done is recorded.
        rules: What is left out of the source.
        standby: Has the other process, if there is one.
        meter: Told of files and bytes.
        should_stop: Asked between actions and within large ones.
        on_done: Told of actions done, some hundred at a time.
        on_problem: Told of each problem.
    """

    def __init__(
        self,
        source: Tree,
        target: Target,
        catalog: Catalog,
        *,
        rules: Filter,
        standby: Standby,
        meter: Meter,
        should_stop: Callable[[], bool],
        on_done: Callable[[list[Action]], None],
        on_problem: Callable[[Problem], None],
    ) -> None:
        self._source = source
        self._target = target
        self._catalog = catalog
        self._rules = rules
        self._meter = meter
        self._should_stop = should_stop
        self._standby = standby
        self._copier: Copier | None = None
        self._batch: list[Action] = []
        self._links = LinkMaker(source, target, catalog)
        self._ledger = Ledger(target, meter=meter, on_done=on_done, on_problem=on_problem)
        self._publisher = Publisher(target, catalog, self._links, self._ledger)
        self._deleted: list[str] = []

    def run(self, actions: Sequence[Action], litter: Iterable[str], *, files_total: int, bytes_total: int) -> Outcome:
        """Carry out actions, in the order given.

        Args:
            actions: What to do: what is in the way first, then copies, moves, deletions.
            litter: Unfinished temporaries to remove.
            files_total: How many actions there are.
            bytes_total: How many bytes they copy.

        Returns:
            What was done.

        Raises:
            Cancelled: ``should_stop`` said so; every name in the mirror is whole.
            RootAbsentError: The source is no longer where it was.
            DestinationUnusableError: Nothing can be written at all.
        """
        self._meter.begin(Phase.COPYING, files_total, bytes_total)
        try:
            self._sweep(litter)
            self._copier = self._copier_for(actions)
            self._carry_out(actions)
            self._publish()
            self._finish_folders()
            self._target.flush()
        except (Cancelled, BackupError):
            self._drop()
            raise
        except OSError as error:
            self._drop()
            if is_full(error):
                raise DestinationFullError(f"The destination cannot be written to: {error.strerror}.") from error
            raise DestinationUnusableError(f"The destination cannot be written to: {error.strerror}.") from error
        finally:
            self._end_copier()
            self._publisher.record()
            self._catalog.forget(self._deleted)
            self._catalog.commit()
        self._meter.end()
        return self.outcome

    @property
    def outcome(self) -> Outcome:
        """What was done until now, also by a run that was given up."""
        return self._ledger.outcome

    def _copier_for(self, actions: Iterable[Action]) -> Copier | None:
        """Return who copies small files, too, if there are many."""
        if sum(map(_is_small_copy, actions)) < WORTHWHILE_FILES:
            return None
        coprocess = self._standby.get()
        return None if coprocess is None else Copier(coprocess, self._target)

    def _carry_out(self, actions: Iterable[Action]) -> None:
        is_checked = False
        for action in actions:
            if self._should_stop():
                raise Cancelled
            if self._ledger.unmade and parent_of(action.path) in self._ledger.unmade:
                if action.kind is EntryKind.FOLDER:
                    self._ledger.unmade.add(action.path)
                continue
            if self._copier is not None and _is_small_copy(action):
                self._batch.append(action)
                if len(self._batch) == BATCH_FILES:
                    self._copy_batch()
                    self._publish_if_full()
            elif action.op in _COPIES:
                if action.kind is EntryKind.FILE:
                    # This may take long, or ask the catalog for another name of the file.
                    self._publisher.record()
                self._copy(action)
                self._publish_if_full()
            else:
                self._publish()
                if not is_checked:
                    self._check_source()
                    is_checked = True
                if action.op is Op.MOVE:
                    self._move(action)
                else:
                    self._delete(action)

    def _check_source(self) -> None:
        if not self._source.is_root_in_place():
            raise RootAbsentError("The source is no longer where it was.")

    def _sweep(self, litter: Iterable[str]) -> None:
        for path in litter:
            try:
                self._target.discard(path)
            except OSError as error:
                self._ledger.add_problem(problem_from(error, path, Stage.DELETE))
            self._ledger.touched.add(parent_of(path))

    # Copies

    def _copy(self, action: Action) -> None:
        try:
            if action.kind is EntryKind.FOLDER:
                self._make_folder(action)
            elif action.op is Op.SET_METADATA:
                self._set_metadata(action)
            elif action.kind is EntryKind.LINK:
                self._copy_link(action)
            else:
                self._copy_file(action)
        except Vanished:
            return
        except NotCopied as failure:
            self._ledger.add_problem(failure.problem, action.size_bytes)
            if action.kind is EntryKind.FOLDER:
                self._ledger.unmade.add(action.path)

    def _copy_batch(self) -> None:
        """Have a batch of small files copied by the other process; here, if that has enough to do."""
        assert self._copier is not None
        batch, self._batch = self._batch, []
        self._take_results()
        while self._publisher.has_unrecorded and not self._copier.takes_more():
            # The best time for it: the other process goes on meanwhile.
            self._publisher.record(PORTION_FILES)
            self._take_results()
        if self._copier.takes_more():
            self._copier.hand_over([Order(action, *self._target.reserve(action.path)) for action in batch])
        else:
            for action in batch:
                self._copy(action)

    def _finish_batches(self) -> None:
        if self._copier is None:
            return
        batch, self._batch = self._batch, []
        for action in batch:
            self._copy(action)
        self._take_results(waits=True)

    def _take_results(self, *, waits: bool = False) -> None:
        assert self._copier is not None
        for (action, temporary, _), entry in self._copier.results(waits=waits):
            if entry is None:
                self._copy(action)
            else:
                self._publisher.add(Ready(action, temporary, entry))

    def _end_copier(self) -> None:
        if self._copier is not None:
            self._copier.close()
            self._copier = None

    def _make_folder(self, action: Action) -> None:
        if action.op is Op.SET_METADATA:
            self._ledger.touched.add(action.path)
            self._ledger.attributed.add(action.path)
            self._ledger.count(action)
            return
        try:
            entry = self._source.stat(action.path)
        except FileNotFoundError as error:
            raise Vanished from error
        except OSError as error:
            raise NotCopied(problem_from(error, action.path, Stage.COPY)) from error
        try:
            if action.op is Op.REPLACE:
                self._take_away(action.path)
            try:
                self._target.make_folder(action.path)
            except FileExistsError:
                there = self._target.look(action.path)
                if there is None or kind_of(there) is not EntryKind.FOLDER:
                    raise
                self._publisher.refuse_other_name(action.path)
        except OSError as error:
            raise NotCopied(problem_from(error, action.path, Stage.COPY, is_writing=True)) from error
        self._publisher.add(Ready(action, "", entry))

    def _copy_link(self, action: Action) -> None:
        try:
            entry = self._source.stat(action.path)
            text = self._source.read_link(action.path)
        except FileNotFoundError as error:
            raise Vanished from error
        except OSError as error:
            raise NotCopied(problem_from(error, action.path, Stage.COPY)) from error
        try:
            temporary = self._target.create_link(action.path, text)
        except OSError as error:
            failure = problem_from(error, action.path, Stage.COPY, is_writing=True)
            if failure.code is ProblemCode.PROTECTED:
                failure = problem(ProblemCode.LINK_NOT_POSSIBLE, action.path, Stage.COPY)
            raise NotCopied(failure) from error
        ready = Ready(action, temporary, entry)
        try:
            self._target.set_metadata(temporary, entry, self._attributes_of_link(action.path))
        except OSError as error:
            self._publisher.discard(ready)
            raise NotCopied(problem_from(error, action.path, Stage.COPY, is_writing=True)) from error
        self._publisher.add(ready)

    def _attributes_of_link(self, path: str) -> Attributes | None:
        """Read a link's own attributes, such as only the superuser can set."""
        return attributes_of(self._source, path) if self._target.holds_owner else None

    def _copy_file(self, action: Action) -> None:
        if action.link_to is not None:
            try:
                found = self._find_first(action)
                if found is not None and self._link(action, *found):
                    return
                action = self._links.copied_instead(action, stays=found is None)
            except OSError as error:
                raise NotCopied(problem_from(error, action.path, Stage.COPY, is_writing=True)) from error
        path = action.path
        if (
            action.size_bytes >= ASK_FOR_ROOM_BYTES
            and (free_bytes := self._target.free_bytes()) < action.size_bytes
            and free_bytes < data_bytes(self._source, action)
        ):
            raise NotCopied(problem(ProblemCode.NO_SPACE, path, Stage.COPY))
        temporary, entry = copy_file(
            self._source,
            self._target,
            path,
            on_bytes=lambda count: self._meter.add_bytes(count, path),
            should_stop=self._should_stop,
        )
        self._publisher.add(Ready(action, temporary, entry))

    def _find_first(self, action: Action) -> tuple[str, Entry] | None:
        """Find the name of the mirror that one is to be linked to; it may just have been copied."""
        found = self._links.find(action)
        if found is None:
            self._publish()
            found = self._links.find(action)
        return found

    def _link(self, action: Action, first: str, entry: Entry) -> bool:
        """Make a name of a file that the mirror has ready for its group; False if that is not possible there.

        Raises:
            OSError: It is possible, but was refused.
        """
        temporary = self._links.make(first, action.path)
        if temporary is not None:
            self._publisher.add(Ready(action, temporary, entry))
        return temporary is not None

    def _join(self, action: Action) -> bool:
        """Make an equal file of the mirror's own a name of the file that it is in the source.

        Returns:
            Whether the path has been seen to; if not, it stays the file that it is.

        Raises:
            OSError: It could not be done.
        """
        path = action.path
        found = self._find_first(action)
        if found is None or self._links.is_one_file(found[0], path):
            return False
        first, ours = found
        before = self._target.stat(path)
        if not has_same_content(self._target, first, self._target, path, self._should_stop):
            # One of both is not what it seemed to be: what this one is now is kept, and it becomes what it should be.
            is_first_right = has_same_content(self._source, path, self._target, first, self._should_stop)
            replacing = Action(Op.REPLACE, path, action.kind, ours.st_size, old_kind=action.kind)
            self._copy_file(replacing._replace(link_to=first) if is_first_right else replacing)
            return True
        # Whatever comes of it, a name is made and removed there.
        self._ledger.touched.add(parent_of(path))
        temporary = self._links.make(first, path)
        if temporary is None:
            return False
        now = self._target.look(path)
        # RACE: what a stranger writes here between this look and the rename is lost. All else leaves nothing to keep:
        # the content stays, under the first name.
        if now is None or (now.st_ino, now.st_ctime_ns) != (before.st_ino, before.st_ctime_ns):
            self._target.discard(temporary)
            return True
        self._target.publish(temporary, path, may_replace=True)
        self._catalog.record(path, ours)
        self._ledger.count(action)
        return True

    def _set_metadata(self, action: Action) -> None:
        try:
            if action.link_to is not None and self._join(action):
                return
            entry = self._source.stat(action.path)
            theirs = self._target.stat(action.path)
            if action.kind is EntryKind.FILE and not self._has_same_content_by_looks(entry, theirs):
                # Edited since the comparison: the new time must not be given to the old content.
                edited = Action(Op.REPLACE, action.path, action.kind, entry.st_size, old_kind=kind_of(theirs))
                self._copy_file(edited)
                return
            attributes = attributes_of(self._source, action.path)
            self._target.set_metadata(action.path, entry, attributes)
        except FileNotFoundError as error:
            raise Vanished from error
        except OSError as error:
            raise NotCopied(problem_from(error, action.path, Stage.METADATA)) from error
        if action.seen_at_ns in {0, entry.st_ctime_ns}:
            self._catalog.record(action.path, entry)
        # Else touched since its content was compared: the next pass compares it again.
        self._ledger.count(action)

    def _has_same_content_by_looks(self, ours: Entry, theirs: Entry) -> bool:
        return ours.st_size == theirs.st_size and self._target.abilities.is_same_time(
            ours.st_mtime_ns, theirs.st_mtime_ns
        )

    # Publishing

    def _publish_if_full(self) -> None:
        if self._publisher.is_full:
            self._finish_batches()
            self._publisher.publish()
            if self._copier is None:
                self._publisher.record()

    def _publish(self) -> None:
        """Publish what is ready, and record it."""
        self._finish_batches()
        self._publisher.publish()
        self._publisher.record()

    def _drop(self) -> None:
        self._end_copier()
        self._publisher.drop()

    # Moves and deletions

    def _respell(self, old_path: str, action: Action) -> None:
        """Give something in the mirror the spelling that its name has in the source."""
        try:
            if self._source.look(action.path) is None:
                return
            self._target.respell(old_path, action.path)
        except FileNotFoundError:
            return
        except OSError as error:
            self._ledger.add_problem(problem_from(error, action.path, Stage.MOVE))
            return
        self._catalog.respell(old_path, action.path)
        self._ledger.touched.add(parent_of(action.path))
        self._ledger.count(action)

    def _move(self, action: Action) -> None:
        assert action.old_path is not None
        if action.is_respelling:
            self._respell(action.old_path, action)
            return
        try:
            ours = self._source.look(action.path)
            theirs = self._target.look(action.old_path)
            is_still_so = (
                ours is not None
                and theirs is not None
                and self._source.look(action.old_path) is None
                and self._has_same_content_by_looks(ours, theirs)
            )
            if is_still_so and ours is not None:
                self._target.move(action.old_path, action.path)
                self._target.set_metadata(action.path, ours, attributes_of(self._source, action.path))
                self._catalog.record(action.path, ours)
                self._deleted.append(action.old_path)
                self._ledger.touched.update((parent_of(action.path), parent_of(action.old_path)))
                self._ledger.count(action)
                return
        except OSError as error:
            if error.errno != errno.EXDEV:
                self._ledger.add_problem(problem_from(error, action.path, Stage.MOVE))
                return
        # The mirror has changed since, or another drive is mounted within it: copied, and what was moved is deleted.
        if ours is not None:
            self._copy(Action(Op.CREATE, action.path, kind_of(ours), ours.st_size))
            self._publish()
        if theirs is not None and self._target.look(action.path) is not None:
            self._delete(Action(Op.DELETE, action.old_path, kind_of(theirs)))

    def _delete(self, action: Action) -> None:
        try:
            if not self._is_gone(action):
                return
        except OSError as error:
            self._ledger.add_problem(problem_from(error, action.path, Stage.COMPARE))
            return
        try:
            if action.kind is EntryKind.FOLDER:
                if not self._target.remove_folder(action.path):
                    return
            else:
                self._take_away(action.path)
        except OSError as error:
            self._ledger.add_problem(problem_from(error, action.path, Stage.DELETE))
            return
        self._deleted.append(action.path)
        self._ledger.touched.discard(action.path)
        self._ledger.touched.add(parent_of(action.path))
        self._ledger.count(action)

    def _is_gone(self, action: Action) -> bool:
        """Tell whether what the mirror has at a path really is nothing that the source has there.

        Raises:
            OSError: It cannot be told.
        """
        entry = self._source.look(action.path)
        if entry is None:
            return True
        kind = kind_of(entry)
        if kind is EntryKind.SPECIAL or (action.kind is EntryKind.FOLDER) is not (kind is EntryKind.FOLDER):
            return True
        if kind is EntryKind.LINK and not self._target.abilities.holds_links:
            return True
        return bool(self._rules) and self._rules.excludes(action.path, kind is EntryKind.FOLDER)

    def _take_away(self, path: str) -> None:
        """Take a file or link out of the mirror, into the history if one is kept.

        Raises:
            OSError: It is still there.
        """
        if self._target.keeps_history:
            self._target.keep(path, datetime.now(UTC), leaves=True)
        else:
            self._target.remove_file(path)

    # The end

    def _finish_folders(self) -> None:
        """Give the folders in which something was changed their own mode and times back, the deepest first."""
        for path in sorted(self._ledger.touched, key=lambda path: path.count("/") if path else -1, reverse=True):
            try:
                entry = self._source.look(path)
                if entry is None or kind_of(entry) is not EntryKind.FOLDER:
                    continue
                is_attributed = path in self._ledger.attributed
                attributes = attributes_of(self._source, path) if is_attributed else None
                self._target.set_metadata(path, entry, attributes)
                if is_attributed and path:
                    self._catalog.record(path, entry)
                elif is_attributed:
                    self._catalog.remember(ROOT_KEY, str(entry.st_ctime_ns))
            except FileNotFoundError:
                continue
            except OSError as error:
                if path in self._ledger.attributed:
                    self._catalog.forget([path])
                self._ledger.add_problem(problem_from(error, path, Stage.METADATA))


def _is_small_copy(action: Action) -> bool:
    """Tell whether an action copies a file that another process may copy."""
    return (
        action.size_bytes <= SMALL_BYTES
        and action.link_to is None
        and action.kind is EntryKind.FILE
        and (action.op is Op.CREATE or action.op is Op.REPLACE)
    )

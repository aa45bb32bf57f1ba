"""Undoes a pass: what it took away from the mirror is put back into the source, and the mirror follows by itself.

What a pass did is known from its record in the catalog, and the contents come from the history. Nothing that the source
has now is lost. If it is exactly what the pass brought into the mirror, and the mirror still has the same, it makes
way: the backup has it, and its history will. Anything else, such as a file that was edited since, is kept beside under
a name that says so: what is wanted back gets its own name, under which programs look for it, and nobody has to search
the history for what was written after the mishap.
"""

from __future__ import annotations

import contextlib
import os
import stat
from datetime import datetime
from typing import TYPE_CHECKING, Self

from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.fs.content import Cancelled, is_same_version
from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.fs.system.syscalls import rename_to_free_name
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.restore.bringing import THERE_ALREADY, Steps, Tally, check_roots, name_beside, sizes_of
from backup_gui.engine.restore.writer import Restorer
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.plans import Op
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode, of_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.rules.progress import Meter
    from backup_gui.engine.state.database import Catalog
    from backup_gui.engine.state.pass_log import Change, Rights
    from backup_gui.model.entries import Entry
    from backup_gui.model.job import Job
    from backup_gui.model.restores import RestoreResult

BESIDE = "before undoing"
UNDOABLE = frozenset({Op.REPLACE, Op.DELETE, Op.MOVE})
_NOT_MOVED = Reason(ReasonCode.RETURN_NOT_MOVED)


class NoVersionError(FileNotFoundError):
    """The history does not have what was there before; the text is the path."""


def undo_pass(
    job: Job, catalog: Catalog, key: int, *, meter: Meter, should_stop: Callable[[], bool], at: datetime | None = None
) -> RestoreResult:
    """Put back into the source what a pass replaced, deleted or moved; what it created is left.

    No pass may be under way meanwhile.

    Args:
        job: The job.
        catalog: Knows what the pass did.
        key: The pass.
        meter: Told of each path, and of the bytes of large files.
        should_stop: Asked before each path, and within large files.
        at: The time for the names of what is kept beside; now if None.

    Returns:
        What became of each path; with a reason if the pass is not, or not wholly, known any more.

    Raises:
        RootAbsentError: The source or the mirror is not there.
        OSError: The source or the mirror cannot be opened.
    """
    check_roots(job, catalog)
    at = at or datetime.now()  # noqa: DTZ005 - for a name that people read
    record = catalog.passlog.find(key)
    changes = _in_order(catalog.passlog.changes(key, limit=-1, ops=UNDOABLE)) if record is not None else []
    total = 0 if record is None else record.replaced + record.moved + record.deleted
    reason = NO_REASON
    if record is None or (total and not changes):
        reason = Reason(ReasonCode.UNDO_UNKNOWN)
    elif not record.is_whole and len([change for change in changes if change.kind is not EntryKind.FOLDER]) < total:
        reason = Reason(ReasonCode.UNDO_PARTLY_KNOWN)
    catalog.forget_kept_lately()
    tally = Tally(len(changes))
    tally.reason = reason
    steps = Steps(meter, _sizes(job, changes, should_stop))
    since = catalog.passlog.paths_changed_after(key)
    with _Undoing(job, since, tally, at, catalog.passlog.folder, steps.add_bytes, should_stop) as undoing:
        for change in changes:
            if should_stop():
                tally.stop()
                break
            steps.begin(change.path)
            try:
                undoing.undo(change)
            except Cancelled:
                tally.stop()
                break
            steps.end()
    meter.end()
    return tally.returned()


def _sizes(job: Job, changes: list[Change], should_stop: Callable[[], bool]) -> list[int]:
    """Look how much is to be copied for each change."""
    root = history_of(job)
    if root is None:
        return [0] * len(changes)
    # The history may not be there, which becomes each path's own failure.
    try:
        history = Tree(root)
    except OSError:
        return [0] * len(changes)
    with history:
        return sizes_of([change.stored for change in changes], history, should_stop)


def _in_order(changes: list[Change]) -> list[Change]:
    """Sort what is to be undone: what stands where a folder was first, then folders before what was in them."""
    ranks = {Op.REPLACE: 0, Op.MOVE: 1, Op.DELETE: 2}
    # A folder in the way of a replacement is there twice.
    replaced = {change.path for change in changes if change.op is Op.REPLACE}
    wanted = [change for change in changes if change.op is not Op.DELETE or change.path not in replaced]
    return sorted(wanted, key=lambda change: (ranks[change.op], change.path))


class _Undoing:
    """The state of one undoing.

    Args:
        job: The job.
        changed_since: Paths that later passes changed; None if they are not all known.
        tally: Takes what becomes of each path.
        at: The time for names.
        rights_of: Tells who could use a folder.
        on_bytes: Told of what is copied of large files.
        should_stop: Asked within large files.
    """

    def __init__(
        self,
        job: Job,
        changed_since: set[str] | None,
        tally: Tally,
        at: datetime,
        rights_of: Callable[[str], Rights | None],
        on_bytes: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._changed_since = changed_since
        self._tally = tally
        self._at = at
        self._should_stop = should_stop
        self._history = history_of(job)
        with contextlib.ExitStack() as stack:
            self._source = stack.enter_context(Tree(job.source))
            self._mirror = stack.enter_context(Tree(job.destination))
            self._restorer = Restorer(
                job.source, inherits=True, rights_of=rights_of, on_bytes=on_bytes, should_stop=should_stop
            )
            stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._restorer.close()
        self._mirror.close()
        self._source.close()

    def undo(self, change: Change) -> None:
        """Undo what was done to one path.

        Raises:
            Cancelled: ``should_stop`` said so, before the path was touched.
        """
        try:
            if change.op is Op.MOVE:
                self._move_back(change)
            elif change.op is Op.DELETE and change.kind is EntryKind.FOLDER:
                self._make_folder(change.path)
            elif change.old_kind is EntryKind.FOLDER:
                self._clear(change)
            else:
                self._put_back(change)
        except NoVersionError:
            self._tally.fail(change.path, Reason(ReasonCode.RETURN_NO_VERSION))
        except OSError as error:
            self._tally.fail(change.path, of_error(error))

    def _move_back(self, change: Change) -> None:
        assert change.old_path is not None
        if self._source.look(change.old_path) is not None:
            self._tally.skipped.append((change.path, THERE_ALREADY))
            return
        entry = self._source.look(change.path)
        if entry is None or kind_of(entry) is not change.kind:
            self._tally.skipped.append((change.path, _NOT_MOVED))
            return
        self._restorer.make_folders(change.old_path.rpartition("/")[0])
        self._rename(change.path, change.old_path)
        self._tally.restored.append(change.old_path)

    def _make_folder(self, path: str) -> None:
        entry = self._source.look(path)
        if entry is not None and kind_of(entry) is not EntryKind.FOLDER:
            self._tally.skipped.append((path, THERE_ALREADY))
            return
        self._restorer.make_folders(path)
        self._tally.restored.append(path)

    def _clear(self, change: Change) -> None:
        """Make way for a folder, and make it; what was in it was deleted, and comes by itself."""
        entry = self._source.look(change.path)
        if entry is not None and kind_of(entry) is not EntryKind.FOLDER:
            is_spare = self._is_spare(change, entry)
            self._settle(change, self._set_aside(change.path), is_spare=is_spare, entry=entry)
        self._restorer.make_folders(change.path)
        self._tally.restored.append(change.path)

    def _put_back(self, change: Change) -> None:
        path = change.path
        if self._history is None or change.stored is None:
            raise NoVersionError(path)
        entry = self._source.look(path)
        is_spare = False
        if entry is not None:
            if self._is_there_already(change, entry):
                self._tally.restored.append(path)
                return
            is_spare = self._is_spare(change, entry)
        aside: list[str] = []
        try:
            self._restorer.restore(
                self._history,
                change.stored,
                path,
                None if entry is None else lambda: aside.append(self._set_aside(path)),
            )
        except OSError as error:
            if aside:
                self._rename(aside[0], path)
            if isinstance(error, FileNotFoundError):
                raise NoVersionError(path) from error
            raise
        self._tally.restored.append(path)
        if aside and entry is not None:
            self._settle(change, aside[0], is_spare=is_spare, entry=entry)

    def _is_there_already(self, change: Change, entry: Entry) -> bool:
        """Tell whether the source has again what the pass took away."""
        assert self._history is not None
        assert change.stored is not None
        if kind_of(entry) is not EntryKind.FILE:
            return False
        with Tree(self._history) as history:
            kept = history.look(change.stored)
            return (
                kept is not None
                and kind_of(kept) is EntryKind.FILE
                and kept.st_size == entry.st_size
                and has_same_content(self._source, change.path, history, change.stored, self._should_stop)
            )

    def _is_spare(self, change: Change, entry: Entry) -> bool:
        """Tell whether what is there is what the pass brought, and the mirror has just the same."""
        path = change.path
        if change.op is not Op.REPLACE or self._changed_since is None or path in self._changed_since:
            return False
        theirs = self._mirror.look(path)
        if theirs is None or kind_of(theirs) is not kind_of(entry) or self._history is None:
            return False
        if kind_of(entry) is EntryKind.LINK:
            is_same = self._source.read_link(path) == self._mirror.read_link(path)
        else:
            is_same = kind_of(entry) is EntryKind.FILE and has_same_content(
                self._source, path, self._mirror, path, self._should_stop
            )
        if not is_same:
            return False
        # Once it has made way its change time is another in any case: an edit that kept size and time shows only now.
        # RACE: one between this look and the rename is lost.
        now = self._source.look(path)
        return now is not None and is_same_version(entry, now)

    def _set_aside(self, path: str) -> str:
        count = 0
        while True:
            aside = name_beside(path, BESIDE, self._at, count)
            try:
                self._rename(path, aside)
            except FileExistsError:
                count += 1
            else:
                return aside

    def _settle(self, change: Change, aside: str, *, is_spare: bool, entry: Entry) -> None:
        """Remove what was set aside if the backup has it, or else say where it is."""
        now = self._source.look(aside)
        # RACE: written to after this look, by a program that still has it open, the last words are lost.
        if is_spare and now is not None and _is_same(now, entry):
            name, folder_fd = self._source.at(aside)
            os.unlink(name, dir_fd=folder_fd)
        else:
            self._tally.beside.append((change.path, aside))

    def _rename(self, old: str, new: str) -> None:
        self._source.forget(old)
        old_name, old_fd = self._source.at(old)
        if old_fd is None:
            rename_to_free_name(old_name, None, self._source.at(new)[0], None)
            return
        # Opening the second folder may close the first one's.
        old_fd = os.dup(old_fd)
        try:
            new_name, new_fd = self._source.at(new)
            rename_to_free_name(old_name, old_fd, new_name, new_fd)
        finally:
            os.close(old_fd)


def _is_same(now: Entry, before: Entry) -> bool:
    return (
        now.st_ino == before.st_ino
        and now.st_size == before.st_size
        and now.st_mtime_ns == before.st_mtime_ns
        and stat.S_IFMT(now.st_mode) == stat.S_IFMT(before.st_mode)
    )

"""Scans folders in the worker process, so that the pass can skip those in which everything is unchanged.

That is the common case of a full pass, and the only one that the worker process handles. It reports for each folder
that there is nothing to do and nothing to record, or that it does not know. Then the pass compares it itself.
"""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.fs.tree_view import WideFolderError
from backup_gui.engine.plan.unchanged import TYPE_BITS, split_unchanged
from backup_gui.engine.rules.exclusions import ExclusionFields, ExclusionRules
from backup_gui.engine.rules.portions import MOST_AT_ONCE
from backup_gui.engine.state.rows import open_for_reading, rows_of
from backup_gui.model.entries import is_same_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from backup_gui.engine.fs.system.worker_process import WorkerProcess
    from backup_gui.engine.fs.tree import Tree

BATCH_FOLDERS: Final = 8
_TASK: Final = __name__


class Unchanged(NamedTuple):
    """A folder of the source in which everything is unchanged.

    Attributes:
        entries: How many names it has.
        files: How many files and links of them the mirror has.
        folders: Names of the folders in it. They are unchanged themselves; their contents may not be.
    """

    entries: int
    files: int
    folders: Sequence[str]


class ScanWorker:
    """The pass's side."""

    def __init__(
        self, process: WorkerProcess, catalog_file: str, exclude: ExclusionFields, *, compares_owner: bool
    ) -> None:
        self._process = process
        self._settings = (catalog_file, exclude, compares_owner)

    def takes_more(self) -> bool:
        """Tell whether the worker process can take another batch now."""
        return self._process.takes_more()

    def hand_over(self, paths: Sequence[str]) -> None:
        """Hand over folders that both sides have."""
        self._process.hand_over(_TASK, self._settings, paths, paths)

    def findings(self, *, waits: bool) -> list[tuple[str, Unchanged | None]]:
        """Return the results of one batch: for each folder its result, or None if the pass has to compare it itself.

        Returns:
            An empty list if there are no more batches; without ``waits`` also if the result is not there yet.
        """
        batch = self._process.answers(waits=waits)
        if batch is None:
            return []
        paths, answers = batch
        if answers is None:
            return [(path, None) for path in paths]
        return [
            (path, None if answer is None else Unchanged(*answer)) for path, answer in zip(paths, answers, strict=True)
        ]


class _OtherEnd:
    """The worker process's side; see ``ScanWorker`` for the arguments."""

    def __init__(
        self, source: Tree, target: Tree, connection: sqlite3.Connection, rules: ExclusionRules, *, compares_owner: bool
    ) -> None:
        self._source = source
        self._target = target
        self._connection = connection
        self._rules = rules
        self._compares_owner = compares_owner
        self._device = source.root_entry.st_dev

    def answer(self, path: str) -> tuple[object, ...] | None:
        """Return the fields of ``Unchanged``, or None if something has changed or cannot be read."""
        try:
            found = self._look_over(path)
        except (OSError, sqlite3.Error):
            return None
        return None if found is None else tuple(found)

    def _look_over(self, path: str) -> Unchanged | None:
        """Scan a folder; an error says that something could not be read, or has vanished."""
        try:
            ours, theirs = (tree.list(path, None, MOST_AT_ONCE) for tree in (self._source, self._target))
        except WideFolderError:
            return None
        known = rows_of(self._connection, path)
        prefix = path + "/" if path else ""
        excludes = self._rules.in_folder(path)
        files, others = split_unchanged(prefix, ours, theirs, known, excludes, compares_owner=self._compares_owner)
        if theirs or known:
            return None
        folders = []
        for name, our, their, mark in others:
            if (
                their is None
                or mark is None
                or our.st_mtime_ns != their.st_mtime_ns
                or our.st_ctime_ns != mark[1]
                or our.st_ino != mark[0]
                or our.st_mode != their.st_mode
                or (self._compares_owner and (our.st_uid, our.st_gid) != (their.st_uid, their.st_gid))
            ):
                return None
            kind = our.st_mode & TYPE_BITS
            if is_same_file(our, their):
                return None
            if kind == stat.S_IFDIR and our.st_dev == self._device:
                folders.append(name)
            elif kind == stat.S_IFLNK and self._have_same_text(prefix + name):
                files += 1
            else:
                return None
        return Unchanged(len(ours), files, folders)

    def _have_same_text(self, path: str) -> bool:
        return self._source.read_link(path) == self._target.read_link(path)


def worker(
    source: Tree,
    target: Tree,
    catalog_file: str,
    exclude: ExclusionFields,
    compares_owner: bool,  # noqa: FBT001 - called with positions
) -> Callable[[str], object]:
    """Return the function that scans a folder in the worker process; see ``ScanWorker`` for the arguments."""
    try:
        connection = open_for_reading(Path(catalog_file))
    except sqlite3.Error:
        return lambda _path: None
    return _OtherEnd(source, target, connection, ExclusionRules(*exclude), compares_owner=compares_owner).answer

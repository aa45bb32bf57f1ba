"""Copies small files in the worker process, while the pass itself copies others.

If anything unexpected happens there, the copy is removed and left to the pass.
"""

from __future__ import annotations

import contextlib
import os
import stat
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.fs import native
from backup_gui.engine.fs.content import Rights, Shortened, ignore_count, is_same_version, never, receive
from backup_gui.engine.fs.xattrs import IN_STEP, inherited_in
from backup_gui.model.entries import EntryKind, Seen
from backup_gui.model.plans import Op

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.fs.folder import FolderHandle
    from backup_gui.engine.fs.system.worker_process import WorkerProcess
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.fs.xattrs import Inherited
    from backup_gui.model.plans import Action

# The pass copies larger files itself, since it can stop in the middle of one.
SMALL_BYTES: Final = 256 << 10
BATCH_FILES: Final = 16
_TASK: Final = __name__


class Order(NamedTuple):
    """One file to copy.

    Attributes:
        action: The action; its path is that in the source.
        temporary: The temporary's path in the destination, as the pass knows it.
        on_disk: The temporary's current path on the disk, which differs while new folders are hidden.
    """

    action: Action
    temporary: str
    on_disk: str


class CopyWorker:
    """The pass's side."""

    def __init__(self, process: WorkerProcess, target: Destination) -> None:
        self._process = process
        self._target = target
        self._settings = (*target.rights.owner, list(target.rights.distrusted), target.flushes_files)

    def takes_more(self) -> bool:
        """Tell whether the worker process can take another batch now."""
        return self._process.takes_more()

    def hand_over(self, orders: Sequence[Order]) -> None:
        """Hand over files to copy."""
        parts = [(order.action.path, order.on_disk) for order in orders]
        self._process.hand_over(_TASK, self._settings, orders, parts)

    def results(self, *, waits: bool) -> Iterator[tuple[Order, Seen | None]]:
        """Yield the results so far, or with ``waits`` those of everything that was handed over.

        Each has the state of the source's entry that was copied completely; None if there is no temporary.
        """
        while (batch := self._process.answers(waits=waits)) is not None:
            orders, answers = batch
            if answers is None:
                self._target.discard([order.temporary for order in orders])
                yield from ((order, None) for order in orders)
                continue
            for order, fields in zip(orders, answers, strict=True):
                yield order, None if fields is None else Seen(*fields)

    def close(self) -> None:
        """Remove copies that were not used."""
        results = self.results(waits=True)
        self._target.discard([order.temporary for order, entry in results if entry is not None])


def is_small_copy(action: Action) -> bool:
    """Tell whether the worker process may copy the file of an action."""
    return (
        action.size_bytes <= SMALL_BYTES
        and action.link_to is None
        and action.kind is EntryKind.FILE
        and (action.op is Op.CREATE or action.op is Op.REPLACE)
    )


def worker(
    source: Tree,
    target: Tree,
    user: int,
    group: int,
    distrusted: Sequence[int],
    flushes: bool,  # noqa: FBT001
) -> Callable[[tuple[str, str]], object]:
    """Return the function that copies one file in the worker process; see ``Rights`` for the arguments.

    Returns:
        A function of a path and the temporary's path on the disk. It returns the fields of ``Seen``, or None if there
        is no complete copy.
    """
    rights = Rights((user, group), distrusted=frozenset(distrusted))

    def copy(part: tuple[str, str]) -> object:
        path, on_disk = part
        try:
            fd = source.open_file(path)
        except OSError:
            return None
        try:
            before = native.entry_of(fd)
            if not stat.S_ISREG(before.st_mode) or before.st_size > 2 * SMALL_BYTES:
                return None
            name, folder = target.at(on_disk)
            outcome = receive(
                fd,
                before,
                name,
                folder,
                rights,
                flushes=flushes,
                inherited=_inherited(folder, group),
                on_bytes=ignore_count,
                should_stop=never,
            )
        except (OSError, Shortened):
            return None
        finally:
            os.close(fd)
        try:
            after = source.stat(path)
            if outcome == IN_STEP and is_same_version(before, after):
                return before.st_ino, before.st_ctime_ns, before.st_size, before.st_mtime_ns, before.st_nlink
        except OSError:
            pass
        with contextlib.suppress(OSError):
            folder.unlink_at(name)
        return None

    return copy


@lru_cache(1)
def _inherited(folder: FolderHandle, group: int) -> Inherited:
    """Ask once for each folder, as long as it is open."""
    return inherited_in(folder, group)

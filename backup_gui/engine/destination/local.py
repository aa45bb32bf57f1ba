"""A destination in a folder that the system has mounted, put together from its parts.

``mirror_tree.py`` reads the mirror, ``mirror_writer.py`` has the primitives for what comes into it,
``metadata_writer.py`` sets metadata there, and ``history_writer.py`` moves what leaves to the history. Nothing outside
the destination and its history is ever touched.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from backup_gui.engine.destination.destination import FAILURES, NotKept
from backup_gui.engine.destination.history_writer import HistoryWriter
from backup_gui.engine.destination.metadata_writer import MetadataWriter
from backup_gui.engine.destination.mirror_tree import MirrorTree
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.destination.probe import falls_together
from backup_gui.engine.fs import native
from backup_gui.engine.fs.content import NOT_SUPPORTED
from backup_gui.engine.fs.system.locks import is_locked_by_strangers
from backup_gui.engine.fs.system.worker_process import WorkerProcess
from backup_gui.engine.fs.tree import rename_between
from backup_gui.engine.fs.volumes.volume import keeps_folder_inodes
from backup_gui.engine.fs.writable import is_open, is_read_only
from backup_gui.engine.fs.xattrs import attributes_of, is_dumb, reached, read_marker
from backup_gui.model.errors import DestinationBusyError, DestinationUnusableError
from backup_gui.model.path_text import readable
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import SET_METADATA, ProblemCode
from backup_gui.model.problems import is_passing
from backup_gui.model.reasons import Reason, ReasonCode, of_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from backup_gui.engine.destination.destination import Incoming, Moving, Naming, T
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.fs.xattrs import Attributes
    from backup_gui.engine.rules.capabilities import Capabilities
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Action

log = logging.getLogger(__name__)


class LocalDestination:
    """A mirror and its history; see ``Destination`` for what they are to the engine, and for what each call does.

    Args:
        root: Absolute path of the mirror, which exists.
        history_root: Absolute path of the history, on the same volume; None to keep none.

    Attributes:
        tree: The mirror, for reading.
    """

    def __init__(self, root: str, history_root: str | None) -> None:
        tree = self.tree = MirrorTree(root)
        with tree.closed_on_failure():
            metadata = self._metadata = MetadataWriter(tree)
            mirror = self._mirror = MirrorWriter(tree, metadata)
        self.history = HistoryWriter(mirror, history_root)
        self.dated: Callable[[], datetime] = _now
        # Whether the file system has hard links; None as long as nobody asked.
        self._has_hard_links: bool | None = None
        self.root, self.root_entry = root, tree.root_entry
        self.stores_later, self.without_attributes = mirror.stores_later, mirror.without_attributes
        self._show()
        # What a part does alone is its own method: passed on by one of this class, it would take a call more per file.
        self.list, self.names, self.look_at, self.look = tree.list, tree.names, tree.look_at, tree.look
        self.stat, self.read_link, self.open_file = tree.stat, tree.read_link, tree.open_file
        self.scan, self.is_drive = tree.scan, tree.is_drive
        self.reserve, self.create_link, self.make_folder = mirror.reserve, mirror.create_link, mirror.make_folder
        self.make_scratch, self.reveal, self.missing = mirror.make_scratch, mirror.reveal, mirror.missing
        self.drop_unseen_folders = mirror.drop_unseen_folders
        self.room, self.tighten = mirror.room, metadata.tighten

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        self.history.close()
        self.tree.close()

    def adopt(self, capabilities: Capabilities) -> None:
        """Go by what the file system can do from now on."""
        self._metadata.adopt(capabilities)
        self._show()

    def distrust(self, devices: frozenset[int]) -> None:
        """Set no set-id bit that comes from one of some volumes, known by their device numbers."""
        self._metadata.distrust(devices)
        self._show()

    @property
    def keeps_history(self) -> bool:
        return self.history.root is not None

    @property
    def holds_attributes(self) -> bool:
        return self._metadata.holds_attributes

    @property
    def has_unseen_folders(self) -> bool:
        return bool(self.tree.staged)

    @property
    def flushes_files(self) -> bool:
        return not self._mirror.syncs_whole

    def attributes(self, path: str) -> Attributes:
        return attributes_of(self.tree, path)

    def marker(self, folder: str) -> bytes | None:
        with reached(self.tree, folder) as where:
            try:
                return read_marker(where, follows_link=False)
            except OSError as error:
                if is_passing(error) and not is_dumb(where, error):
                    raise
                return None

    def is_in_place(self) -> bool:
        if self.tree.is_root_in_place():
            return True
        try:
            is_on_drive = native.entry_at(self.root).st_dev == self.root_entry.st_dev
        except OSError:
            return False
        return is_on_drive and not keeps_folder_inodes(self.root, self.tree.location.mount)

    def helper(self, source: Tree) -> WorkerProcess | None:
        return WorkerProcess.start_for(source, self.tree, self.capabilities)

    def falls_together(self, one: str, other: str) -> bool:
        return falls_together(self, one, other)

    def refuse_unwritable(self, actions: Sequence[Action]) -> None:
        if not actions:
            return
        if is_read_only(self.root):
            raise DestinationUnusableError(Reason(ProblemCode.READ_ONLY, more=Reason(ReasonCode.AT, path=self.root)))
        user = self.rights.owner[0]
        # Its owner opens it as is needed.
        if user > 0 and self.root_entry.st_uid != user and not is_open(self.root):
            # What lies in a folder that is there already may be open all the same.
            paths = [action.path for action in actions if action.op is not SET_METADATA]
            begun = {path for path in paths if "/" not in path}
            if begun and all(path.partition("/")[0] in begun for path in paths):
                why = of_system(os.strerror(errno.EACCES))
                raise DestinationUnusableError(Reason(ReasonCode.DESTINATION_CLOSED, detail=why, path=self.root))

    def lock(self) -> None:
        """Keep other processes from writing here as long as this target is open.

        Raises:
            DestinationBusyError: One is.
        """
        try:
            self.tree.root_folder.lock()
        except BlockingIOError as error:
            if is_locked_by_strangers(self.root_entry.st_ino, native.real_path(self.root)):
                log.warning("Somebody who may not write to %s has locked it", readable(self.root))
                return
            raise DestinationBusyError(Reason(ReasonCode.WRITTEN_ELSEWHERE, path=self.root)) from error
        except OSError:
            # Some network file systems have no locks on folders; the lock of the job itself still holds.
            return

    # Batches, of which one item is taken at a time

    def receive(
        self, incoming: Iterable[Incoming[T]], *, on_bytes: Callable[[int, str], None], should_stop: Callable[[], bool]
    ) -> Iterator[tuple[T, str, Exception | None]]:
        receive = self._mirror.receive
        for path, fd, source, mine in incoming:
            temporary, failure = "", None
            try:
                temporary = receive(path, fd, source, on_bytes=on_bytes, should_stop=should_stop)
            except FAILURES as error:
                failure = error
            finally:
                os.close(fd)
            yield mine, temporary, failure

    def publish(self, namings: Iterable[Naming[T]]) -> Iterator[tuple[T, str | None, Exception | None]]:
        publish = self._mirror.publish
        for temporary, path, may_replace, left_at, mine in namings:
            kept, failure = None, None
            try:
                if left_at is not None:
                    kept = self._keep(path, left_at)
                # RACE: without hard links, the kept version is missing from its place until the next call. If killed in
                # between, the old version is in the history, and the next pass brings the new one.
                publish(temporary, path, may_replace=may_replace)
            except (NotKept, *FAILURES) as error:
                failure = error
                # As where a program holds the old copy open: each pass would keep one more version of it.
                if kept is not None:
                    with contextlib.suppress(OSError):
                        self.history.undo_keep(kept, path)
                    kept = None
            yield mine, kept, failure

    def discard(self, temporaries: Iterable[str]) -> dict[str, OSError]:
        failures = {}
        for temporary in temporaries:
            try:
                self._mirror.discard(temporary)
            except OSError as error:
                failures[temporary] = error
        return failures

    def take_away(self, leaving: Iterable[tuple[str, bool, T]]) -> Iterator[tuple[T, Exception | None]]:
        for path, is_folder, mine in leaving:
            failure: Exception | None = None
            try:
                if is_folder:
                    if not self._mirror.remove_folder(path):
                        failure = OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)
                elif self.keeps_history:
                    self.history.keep(path, self.dated(), leaves=True)
                else:
                    self._mirror.remove_file(path)
            except FAILURES as error:
                failure = error
            yield mine, failure

    def move(self, moves: Iterable[Moving[T]]) -> Iterator[tuple[T, bool, Exception | None]]:
        for old_path, new_path, source, attributes, mine in moves:
            is_moved, failure = False, None
            try:
                self._move(old_path, new_path)
                is_moved = True
                self.set_metadata(new_path, source, attributes)
            except FAILURES as error:
                failure = error
            yield mine, is_moved, failure

    # Single things

    def create_hard_link(self, first: str, path: str) -> str | None:
        if not self.capabilities.holds_hard_links:
            return None
        self.tree.open_up(parent_of(path))
        temporary = self._mirror.temporary_for(path)
        try:
            rename_between(self.tree, first, self.tree, temporary, links=True)
        except OSError as error:
            if error.errno in {errno.EMLINK, errno.EXDEV}:
                return None
            if error.errno in NOT_SUPPORTED and not self._can_link(path):
                return None
            raise
        return temporary

    def respell(self, old_path: str, new_path: str) -> None:
        folder = parent_of(old_path)
        self.tree.open_up(folder)
        before = self.list(folder)
        old, new = (path.rpartition("/")[2] for path in (old_path, new_path))
        if new in before:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_path)
        if old not in before:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), old_path)
        self._rename_over_itself(old_path, new_path)
        # What was opened by way of either name may lead nowhere now.
        self.tree.forget(old_path)
        self.tree.forget(new_path)
        if new not in self.list(folder):
            # Taken for a rename onto itself, of which there is nothing to do: by way of another name.
            # RACE: killed in between, it has a temporary name, which the next pass removes before it copies anew.
            between = self._mirror.temporary_for(new_path)
            self._rename_over_itself(old_path, between)
            try:
                self._rename_over_itself(between, new_path)
            except OSError:
                self._rename_over_itself(between, old_path)
                raise
        self._mirror.note_unflushed(folder)

    def is_listed(self, path: str) -> bool:
        return path.rpartition("/")[2] in self.list(parent_of(path))

    def set_metadata(self, path: str, source: Entry, attributes: Attributes | None = None) -> None:
        try:
            self._metadata.set_metadata(path, source, attributes)
        finally:
            if not self._mirror.syncs_whole:
                # What may not be read by its own mode cannot be flushed. Should it be lost, a full pass makes it again.
                with contextlib.suppress(PermissionError):
                    self.history.flush()
                    self._mirror.flush_metadata(path, source)

    def flush(self) -> None:
        self.history.flush()
        self._mirror.flush()

    # Inner parts

    def _show(self) -> None:
        # As attributes of its own, since they are asked for each file.
        metadata = self._metadata
        self.capabilities, self.rights, self.holds_owner = metadata.capabilities, metadata.rights, metadata.holds_owner
        self.time_step_ns = metadata.capabilities.time_step_ns

    def _keep(self, path: str, left_at: datetime) -> str | None:
        try:
            return self.history.keep(path, left_at, leaves=False)
        except OSError as error:
            raise NotKept(error) from error

    def _move(self, old_path: str, new_path: str) -> None:
        self.tree.open_up(parent_of(old_path))
        self.tree.open_up(parent_of(new_path))
        # Before it is renamed: some systems rename no folder in which anything is open.
        self.tree.forget(old_path)
        rename_between(self.tree, old_path, self.tree, new_path)
        self._mirror.note_unflushed(parent_of(old_path))
        self._mirror.note_unflushed(parent_of(new_path))

    def _can_link(self, path: str) -> bool:
        """Try once whether the file system has hard links: what it refuses of one file it may allow of another."""
        if self._has_hard_links is None:
            one, two = self._mirror.temporary_for(path), self._mirror.temporary_for(path)
            if one == two:
                # In a folder that is not to be seen yet; it can be tried in the one that it is going to be in.
                return self._can_link(parent_of(path))
            try:
                name, folder = self.tree.at(one)
                os.close(folder.create_at(name))
                self._has_hard_links = True
                rename_between(self.tree, one, self.tree, two, links=True)
            except OSError as error:
                self._has_hard_links = self._has_hard_links is not True or error.errno not in NOT_SUPPORTED
            for temporary in (one, two):
                with contextlib.suppress(OSError):
                    self._mirror.discard(temporary)
        return self._has_hard_links

    def _rename_over_itself(self, old_path: str, new_path: str) -> None:
        # RACE: something that another program puts under the new name in this moment is lost; but where names are
        # folded, it would be what has the old one.
        old, folder = self.tree.at(old_path)
        new, _ = self.tree.at(new_path)
        folder.respell_at(old, new)


def _now() -> datetime:
    return datetime.now(UTC)

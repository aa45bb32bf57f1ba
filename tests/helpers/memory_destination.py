"""A destination in memory, without a folder, descriptors or calls of the system.

It stands for what lies behind a network. It may have no rename, be slow, fail before a call has done anything or after
it has, forget what it has acknowledged, and not list what is there.
"""

from __future__ import annotations

import copy
import errno
import os
import stat
import sys
import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast
from unittest.mock import patch

from backup_gui.engine.destination import reading
from backup_gui.engine.destination.destination import FAILURES, NotKept
from backup_gui.engine.destination.job_folders import JobFolders
from backup_gui.engine.destination.marker import Marker
from backup_gui.engine.fs.content import Cancelled, Rights, Shortened, TargetError
from backup_gui.engine.fs.system.syscalls import own_ids
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.fs.tree_view import WideFolderError
from backup_gui.engine.fs.xattrs import Attributes, read_attributes
from backup_gui.engine.ownership.belonging import Belonging
from backup_gui.engine.roots.continuity import Continuity
from backup_gui.engine.roots.roots import Roots
from backup_gui.engine.rules.capabilities import ALL, Capabilities
from backup_gui.engine.rules.space import Room
from backup_gui.engine.rules.version_names import read_version_name, version_path
from backup_gui.engine.run import single_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.entries import Entry
from backup_gui.model.errors import DestinationUnusableError, RootAbsentError
from backup_gui.model.job import Job
from backup_gui.model.paths import TEMPORARY_PREFIX, is_below, is_temporary, join, parent_of, parents_of
from backup_gui.model.problems import of_unwritable
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import Incoming, Moving, Naming

Call = TypeVar("Call", bound=Callable[..., Any])
T = TypeVar("T")

# As a server far away has it: files, folders, times and modes, and nothing that needs the own machine.
FAR_AWAY = ALL._replace(holds_owner=False, holds_hard_links=False)
_BLOCK_BYTES = 1 << 20
# No volume of the system has it.
_DEVICE = 0x7E57_0000


@dataclass(slots=True)
class Item:
    """A file, folder or link."""

    mode: int
    inode: int
    mtime_ns: int = 0
    ctime_ns: int = 0
    owner: tuple[int, int] = (0, 0)
    content: bytes = b""
    text: str = ""
    attributes: Attributes = field(default_factory=dict)

    @property
    def entry(self) -> Entry:
        """What a listing holds for it."""
        size_bytes = len(os.fsencode(self.text)) if stat.S_ISLNK(self.mode) else len(self.content)
        times_s = [self.mtime_ns // 10**9] * 2 + [self.ctime_ns // 10**9]
        exact = {"st_atime_ns": self.mtime_ns, "st_mtime_ns": self.mtime_ns, "st_ctime_ns": self.ctime_ns}
        return os.stat_result((self.mode, self.inode, _DEVICE, 1, *self.owner, size_bytes, *times_s), exact)


class MemoryTree:
    """What lies below a root; see ``TreeView``.

    Attributes:
        items: All that is there, by path.
        hidden: Paths that are there, and that nobody is told of.
        before: Called with what is about to be done and with its path; may raise, or take its time.
        after: The same, when it has been done: what it raises keeps nobody from having done it.
    """

    _inodes = count(1)

    def __init__(self, root: str) -> None:
        self.root = root
        self.items: dict[str, Item] = {"": self.new(stat.S_IFDIR | 0o700)}
        self.root_entry: Entry = self.items[""].entry
        self.hidden: set[str] = set()
        self.before: Callable[[str, str], None] = _pass_by
        self.after: Callable[[str, str], None] = _pass_by

    def new(self, mode: int, **fields: Any) -> Item:
        """Make an item that is nowhere yet."""
        now_ns = time.time_ns()
        return Item(mode, next(self._inodes), ctime_ns=now_ns, **{"mtime_ns": now_ns, "owner": own_ids(), **fields})

    def list(self, path: str, refused: dict[str, OSError] | None = None, most: int = sys.maxsize) -> dict[str, Entry]:
        del refused
        names: Iterable[str] = self.names(path)
        found = {name: self.items[join(path, name)].entry for name in names}
        if len(found) > most:
            raise WideFolderError
        return found

    def names(self, path: str) -> list[str]:  # type: ignore[valid-type]
        self.before("scandir", path)
        if not stat.S_ISDIR(self.item(path).mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        seen = (known for known in self.items if known not in self.hidden)
        return [known.rpartition("/")[2] for known in seen if known and parent_of(known) == path]

    def scan(self) -> Iterator[str]:
        return iter(self.names(""))

    def is_drive(self) -> bool:
        return False

    def look_at(self, path: str, names: Sequence[str], refused: dict[str, OSError]) -> dict[str, Entry]:
        del refused
        looked = ((name, self.look(join(path, name))) for name in names)
        return {name: entry for name, entry in looked if entry is not None}

    def look(self, path: str) -> Entry | None:
        self.before("stat", path)
        item = None if path in self.hidden else self.found(path)
        return None if item is None else item.entry

    def stat(self, path: str) -> Entry:
        self.before("stat", path)
        return self.item(path).entry

    def read_link(self, path: str) -> str:
        self.before("readlink", path)
        return self.item(path).text

    def open_file(self, path: str) -> int:
        self.before("read", path)
        item = self.item(path)
        fd = os.memfd_create("content")
        with open(fd, "wb", closefd=False) as file:
            file.write(item.content)
        os.fchmod(fd, stat.S_IMODE(item.mode))
        os.utime(fd, ns=(item.mtime_ns, item.mtime_ns))
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Hold nothing open: there are no descriptors."""

    # What the destination itself does with it

    def found(self, path: str) -> Item | None:
        """Return what is at a path; None if there is nothing."""
        return self.items.get(path)

    def item(self, path: str) -> Item:
        """Return what is at a path.

        Raises:
            OSError: There is nothing.
        """
        found = self.found(path)
        if found is None:
            is_way = all(stat.S_ISDIR(self.items[p].mode) for p in parents_of(path) if p in self.items)
            code = errno.ENOENT if is_way else errno.ENOTDIR
            raise OSError(code, os.strerror(code), path)
        return found

    def put(self, path: str, item: Item) -> None:
        """Have an item at a path, in the place of what is there."""
        folder = parent_of(path)
        if not stat.S_ISDIR(self.item(folder).mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        item.ctime_ns = time.time_ns()
        self.items[path] = item
        self._touch(folder)

    def take(self, path: str) -> Item:
        """Have an item at a path no more; what is in a folder stays behind."""
        item = self.item(path)
        del self.items[path]
        self._touch(parent_of(path))
        return item

    def below(self, path: str) -> tuple[str, ...]:
        """Return all paths below a folder, the highest first."""
        return tuple(sorted(known for known in self.items if is_below(known, {path}) and known != path))

    def _touch(self, folder: str) -> None:
        self.items[folder].mtime_ns = self.items[folder].ctime_ns = time.time_ns()


def _primitive(name: str, *, trips: int = 1) -> Callable[[Call], Call]:
    """Let what may go wrong by plan go wrong in a call; it is known by the name of the system's nearest to it.

    An item of a batch makes no round trip of its own.
    """

    def wrap(call: Call) -> Call:
        @wraps(call)
        def watched(self: MemoryDestination, path: str, *arguments: Any, **options: Any) -> Any:
            self.round_trips += trips
            self.before(name, path)
            result = call(self, path, *arguments, **options)
            self.after(name, path)
            return result

        return cast("Call", watched)

    return wrap


class MemoryHistory:
    """A history in memory; see ``History``."""

    def __init__(self, mirror: MemoryDestination, root: str | None) -> None:
        self.root = root
        self._mirror = mirror
        self.stored: MemoryTree | None = None
        self.kept_as: dict[str, str] = {}
        self.must_keep = False
        self.was_there = False
        self.is_new = False
        self.is_lost = False

    def prepare(self) -> None:
        if self.root is None:
            return
        try:
            self._opened()
        except OSError as error:
            reason = Reason(ReasonCode.HISTORY_UNMADE, detail=of_unwritable(error), path=self.root)
            raise DestinationUnusableError(reason) from error

    def tree(self) -> MemoryTree | None:
        return self.stored

    def keep(self, path: str, left_at: datetime, *, leaves: bool) -> str | None:
        mirror = self._mirror
        if self.root is None:
            return None
        mirror.before("link", path)
        item = mirror.found(path)
        if item is None:
            return None
        if stat.S_ISDIR(item.mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        history = self._opened()
        for parent in reversed(parents_of(path)):
            if history.found(parent) is None:
                history.put(parent, history.new(stat.S_IFDIR | 0o700))
        kept = next(kept for number in count() if history.found(kept := version_path(path, left_at, number)) is None)
        if mirror.renames:
            history.put(kept, mirror.take(path))
        else:
            history.put(kept, mirror.copied(item))
            if leaves:
                # Two calls, of which the second may fail.
                mirror.before("unlink", path)
                mirror.take(path)
        self.kept_as[path] = kept
        mirror.after("link", path)
        return kept

    def undo_keep(self, kept: str, path: str) -> None:
        self._mirror.before("rename", path)
        if self._mirror.found(path) is None:
            self._mirror.put(path, self._opened().take(kept))
            self.kept_as.pop(path, None)

    def remove_version(self, path: str, token: int) -> bool:
        if read_version_name(path.rpartition("/")[2]) is None:
            raise ValueError(path)
        history = self._opened()
        self._mirror.before("unlink", path)
        item = history.found(path)
        if item is None or stat.S_ISDIR(item.mode) or item.inode != token:
            return False
        history.take(path)
        return True

    def rename_version(self, stored: str, path: str, left_at: datetime) -> str:
        history = self._opened()
        self._mirror.before("rename", stored)
        renamed = next(new for number in count() if history.found(new := version_path(path, left_at, number)) is None)
        history.put(renamed, history.take(stored))
        return renamed

    def remove_folders(self, path: str) -> None:
        history = self._opened()
        while path and not history.below(path):
            self._mirror.before("rmdir", path)
            if history.found(path) is not None:
                history.take(path)
            path = parent_of(path)

    def _opened(self) -> MemoryTree:
        if self.stored is None:
            assert self.root is not None
            self._mirror.before("mkdir", "")
            self.stored = MemoryTree(self.root)
            self.is_lost |= self.was_there
            self.is_new = True
        self.was_there = True
        return self.stored


class MemoryDestination(MemoryTree):
    """A mirror in memory, with its history; see ``Destination``.

    Args:
        keeps_history: Whether it has a history.
        renames: Whether what is there can be given another name. If not, it is copied, and then removed.
        capabilities: What it can hold.
        takes: How many items of a batch it takes at a time, in one round trip.

    Attributes:
        round_trips: How often it was asked to write something. What is there is in a table, which costs none.
        forgets: Tells whether what is published at a path is acknowledged and not stored.
        has_flushed: What a flush has stored for good: what there is after ``cut_power``.
        flush_lies: Whether a flush says so and stores nothing.
        free: How much room there is; None if nobody can tell.
        is_there: Whether it is where it was.
    """

    stores_later = False
    flushes_files = False
    has_unseen_folders = False

    def __init__(
        self,
        *,
        keeps_history: bool = True,
        renames: bool = True,
        capabilities: Capabilities = FAR_AWAY,
        takes: int = 64,
    ) -> None:
        super().__init__("memory")
        self.renames = renames
        self.takes = takes
        self.round_trips = 0
        self.capabilities = capabilities
        self.rights = Rights(own_ids(), capabilities)
        self.holds_owner = self.rights.sets_owner
        self.time_step_ns = capabilities.time_step_ns
        self.holds_attributes = True
        self.without_attributes: dict[str, OSError] = {}
        self.dated: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.history = MemoryHistory(self, "memory.history" if keeps_history else None)
        self.forgets: Callable[[str], bool] = lambda _path: False
        self.flush_lies = False
        self.free: Room | None = None
        self.is_there = True
        # Where there is no rename, what is not published yet is nowhere to be seen, and ends with the connection.
        self._unpublished: dict[str, Item] = {}
        self._temporaries = count()
        self._flushed: tuple[dict[str, Item], dict[str, Item] | None] = (copy.deepcopy(self.items), None)

    def found(self, path: str) -> Item | None:
        return self._unpublished.get(path) or super().found(path)

    def reconnect(self) -> None:
        """Be what another process finds after one that was killed."""
        self._unpublished.clear()
        self.before = self.after = _pass_by
        self.history.kept_as.clear()
        self.history.must_keep = self.history.is_new = self.history.is_lost = self.history.was_there = False
        self.without_attributes.clear()

    def cut_power(self) -> None:
        """Have only what a flush has stored, as another process finds it."""
        self.items, stored = copy.deepcopy(self._flushed)
        if stored is None:
            self.history.stored = None
        else:
            self.history.stored = MemoryTree(self.history.root or "")
            self.history.stored.items = stored
        self.reconnect()

    def copied(self, item: Item) -> Item:
        """Return a copy that is another file."""
        return self.new(
            item.mode, mtime_ns=item.mtime_ns, content=item.content, text=item.text, attributes=dict(item.attributes)
        )

    # What can be looked at

    @property
    def keeps_history(self) -> bool:
        return self.history.root is not None

    def is_listed(self, path: str) -> bool:
        names: Container[str] = self.names(parent_of(path))
        return path.rpartition("/")[2] in names

    def attributes(self, path: str) -> Attributes:
        return dict(self.item(path).attributes)

    def marker(self, folder: str) -> bytes | None:
        del folder
        return None

    def is_in_place(self) -> bool:
        return self.is_there

    def helper(self, source: Tree) -> None:
        del source

    def falls_together(self, one: str, other: str) -> bool:
        return one == other or (self.capabilities.folds_case and one.casefold() == other.casefold())

    def refuse_unwritable(self, actions: Sequence[object]) -> None:
        del actions

    # What comes in

    def receive(
        self, incoming: Iterable[Incoming[T]], *, on_bytes: Callable[[int, str], None], should_stop: Callable[[], bool]
    ) -> Iterator[tuple[T, str, Exception | None]]:
        taken: deque[Incoming[T]] = deque()
        answers: deque[tuple[T, str, Exception | None]] = deque()

        def noted() -> Iterator[Incoming[T]]:
            for item in incoming:
                taken.append(item)
                yield item

        try:
            for trip in self._trips(noted()):
                for path, fd, source, mine in trip:
                    temporary, error = _answer(self._receive, path, fd, source, on_bytes, should_stop)
                    answers.append((mine, temporary or "", error))
                    os.close(fd)
                    taken.popleft()
                while answers:
                    yield answers.popleft()
        finally:
            # It was ended.
            for _, fd, _, _ in taken:
                os.close(fd)
            for _, temporary, error in answers:
                if error is None:
                    self._drop(temporary)

    @_primitive("write", trips=0)
    def _receive(
        self, path: str, fd: int, source: Entry, on_bytes: Callable[[int, str], None], should_stop: Callable[[], bool]
    ) -> str:
        blocks = []
        left_bytes = source.st_size
        while left_bytes:
            if should_stop():
                raise Cancelled
            block = os.read(fd, min(left_bytes, _BLOCK_BYTES))
            if not block:
                raise Shortened
            blocks.append(block)
            left_bytes -= len(block)
            if source.st_size > _BLOCK_BYTES:
                on_bytes(len(block), path)
        item = self.new(stat.S_IFREG | 0o600, content=b"".join(blocks), attributes=read_attributes(fd))
        self._give(item, source)
        return self._add(path, item)

    def reserve(self, path: str) -> tuple[str, str]:
        raise AssertionError(path)

    @_primitive("symlink")
    def create_link(self, path: str, text: str) -> str:
        if not self.capabilities.holds_links:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), path)
        return self._add(path, self.new(stat.S_IFLNK | 0o777, text=text))

    def create_hard_link(self, first: str, path: str) -> str | None:
        del first, path
        return None

    def publish(self, namings: Iterable[Naming[T]]) -> Iterator[tuple[T, str | None, Exception | None]]:
        for trip in self._trips(namings):
            # All versions of a trip are kept before anything takes their places.
            keeps = [_answer(self._keep, path, left_at) for _, path, _, left_at, _ in trip]
            self.round_trips += any(left_at is not None for *_, left_at, _ in trip)
            yield from [self._answer_naming(naming, *kept) for naming, kept in zip(trip, keeps, strict=True)]

    def _answer_naming(
        self, naming: Naming[T], kept: str | None, error: Exception | None
    ) -> tuple[T, str | None, Exception | None]:
        temporary, path, may_replace, _, mine = naming
        if error is None:
            _, error = _answer(self._publish, path, temporary, may_replace)
        if error is not None and kept is not None:
            _answer(self.history.undo_keep, kept, path)
        return mine, kept, error

    def _keep(self, path: str, left_at: datetime | None) -> str | None:
        try:
            return None if left_at is None else self.history.keep(path, left_at, leaves=False)
        except OSError as error:
            raise NotKept(error) from error

    @_primitive("rename", trips=0)
    def _publish(self, path: str, temporary: str, may_replace: bool) -> None:  # noqa: FBT001
        there = super().found(path)
        if there is not None and not may_replace:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        if there is not None and stat.S_ISDIR(there.mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        item = self._unpublished.pop(temporary, None) or self.take(temporary)
        if self.forgets(path):
            self.items.pop(path, None)
        else:
            self.put(path, item)

    def discard(self, temporaries: Iterable[str]) -> dict[str, OSError]:
        failures = {}
        for trip in self._trips(temporaries):
            for temporary in trip:
                try:
                    self._discard(temporary)
                except OSError as error:
                    failures[temporary] = error
        return failures

    @_primitive("unlink", trips=0)
    def _discard(self, temporary: str) -> None:
        if not is_temporary(temporary.rpartition("/")[2]):
            raise ValueError(temporary)
        self._drop(temporary)

    def _drop(self, temporary: str) -> None:
        if self._unpublished.pop(temporary, None) is None:
            for path in [temporary, *self.below(temporary)]:
                self.items.pop(path, None)

    @_primitive("mkdir")
    def make_folder(self, path: str) -> None:
        if self.found(path) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        self.put(path, self.new(stat.S_IFDIR | 0o700))

    def reveal(self) -> dict[str, OSError]:
        return {}

    def missing(self, paths: Iterable[str]) -> set[str]:
        return {path for path in paths if self.look(path) is None}

    def drop_unseen_folders(self) -> None:
        return

    def set_metadata(self, path: str, source: Entry, attributes: Attributes | None = None) -> None:
        self.round_trips += 1
        self._set_metadata(path, source, attributes)

    @_primitive("utime", trips=0)
    def _set_metadata(self, path: str, source: Entry, attributes: Attributes | None) -> None:
        item = self.item(path)
        self._give(item, source)
        item.ctime_ns = time.time_ns()
        if attributes is not None:
            item.attributes = dict(attributes)

    @_primitive("chmod")
    def tighten(self, path: str, source: Entry, *, has_other_list: bool) -> None:
        item = self.item(path)
        if self.capabilities.holds_modes:
            item.mode &= ~0o7777 | (self.rights.mode_of(source) & (0o700 if has_other_list else 0o7777))

    # What leaves, or goes elsewhere

    def take_away(self, leaving: Iterable[tuple[str, bool, T]]) -> Iterator[tuple[T, Exception | None]]:
        for trip in self._trips(leaving):
            yield from [(mine, _answer(self._take_away, path, is_folder)[1]) for path, is_folder, mine in trip]

    def _take_away(self, path: str, is_folder: bool) -> None:  # noqa: FBT001
        if is_folder:
            self._remove_folder(path)
        elif self.keeps_history:
            self.history.keep(path, self.dated(), leaves=True)
        else:
            self._remove(path)

    def move(self, moves: Iterable[Moving[T]]) -> Iterator[tuple[T, bool, Exception | None]]:
        for trip in self._trips(moves):
            answers = []
            for old_path, new_path, source, attributes, mine in trip:
                _, error = _answer(self._move, old_path, new_path)
                is_moved = error is None
                if is_moved:
                    _, error = _answer(self._set_metadata, new_path, source, attributes)
                answers.append((mine, is_moved, error))
            yield from answers

    @_primitive("rename", trips=0)
    def _move(self, old_path: str, new_path: str) -> None:
        if self.found(new_path) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_path)
        item = self.item(old_path)
        if self.renames:
            for path in self.below(old_path):
                self.items[new_path + path.removeprefix(old_path)] = self.items.pop(path)
            self.put(new_path, self.take(old_path))
        else:
            self.put(new_path, self.copied(item))
            self._remove(old_path)

    def respell(self, old_path: str, new_path: str) -> None:
        self._move(old_path, new_path)

    @_primitive("rmdir", trips=0)
    def _remove_folder(self, path: str) -> None:
        if self.below(path):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)
        if self.found(path) is not None:
            self.take(path)

    # Room, and reaching what lasts

    def room(self) -> Room | None:
        return self.free

    def flush(self) -> None:
        self.round_trips += 1
        self.before("fsync", "")
        if not self.flush_lies:
            stored = self.history.stored
            self._flushed = copy.deepcopy((self.items, None if stored is None else stored.items))

    # Inner parts

    def _trips(self, items: Iterable[T]) -> Iterator[list[T]]:
        """Take as many items as go in one round trip."""
        left = iter(items)
        while trip := list(islice(left, self.takes)):
            self.round_trips += 1
            yield trip

    @_primitive("unlink", trips=0)
    def _remove(self, path: str) -> None:
        if self.found(path) is not None:
            self.take(path)

    def _add(self, path: str, item: Item) -> str:
        temporary = join(parent_of(path), f"{TEMPORARY_PREFIX}{next(self._temporaries):016x}")
        if self.renames:
            try:
                self.put(temporary, item)
            except OSError as error:
                raise TargetError(error.errno, error.strerror, path) from error
        else:
            self._unpublished[temporary] = item
        return temporary

    def _give(self, item: Item, source: Entry) -> None:
        if stat.S_ISLNK(item.mode) and not self.capabilities.holds_link_times:
            return
        if self.holds_owner:
            item.owner = (source.st_uid, source.st_gid)
        if self.capabilities.holds_modes and not stat.S_ISLNK(item.mode):
            item.mode = stat.S_IFMT(item.mode) | self.rights.mode_of(source)
        item.mtime_ns = self.rights.times_of(source)[1]


def _answer(act: Callable[..., T], *arguments: Any) -> tuple[T | None, Exception | None]:
    """Do one thing of a batch; return what came of it, or why it failed."""
    try:
        return act(*arguments), None
    except (NotKept, *FAILURES) as error:
        return None, error


def _pass_by(_call: str, _path: str) -> None:
    return


@contextmanager
def passes_over(destination: MemoryDestination) -> Iterator[None]:
    """Have passes that are made within the context go to a destination in memory, whatever their job says."""

    def opened(
        job: Job, _folders: JobFolders, _catalog: JobDatabase, stack: ExitStack, *_arguments: object, **_options: object
    ) -> Roots:
        try:
            source = stack.enter_context(Tree(job.source))
        except OSError as error:
            raise RootAbsentError(Reason(ReasonCode.SOURCE_AWAY, path=job.source)) from error
        destination.history.is_new = destination.history.is_lost = False
        destination.history.was_there = destination.history.stored is not None
        destination.history.prepare()
        return Roots(source, destination, False, Continuity.SAME, Belonging(Marker()), lambda: None)

    with patch.object(single_pass, "open_roots", opened):
        yield


@contextmanager
def readers_find(destination: MemoryDestination) -> Iterator[None]:
    """Have those who read a mirror or a history find the ones in memory by their roots, and no folders."""

    def opened(root: str) -> MemoryTree:
        for tree in (destination, destination.history.stored):
            if tree is not None and tree.root == root:
                return tree
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), root)

    with patch.object(reading, "Tree", opened):
        yield

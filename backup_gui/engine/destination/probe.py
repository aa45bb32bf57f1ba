"""Finds out what a destination's file system can do: by its name where that says it all, else by trying, once.

A part of ``destination.py``: it writes, but only into a temporary folder of its own, which is gone when it ends.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import os
import stat
import time
from typing import TYPE_CHECKING, Final

from backup_gui.engine.fs.system.descriptors import is_shortage
from backup_gui.engine.fs.system.platform import HAS_MODES, NAMES_ARE_TRIED, PROBED_MODES
from backup_gui.engine.fs.system.syscalls import own_ids
from backup_gui.engine.fs.volumes.nesting import Location
from backup_gui.engine.fs.volumes.volume import file_size_bits, takes_case_for_one, time_step_ns, volume_of
from backup_gui.engine.rules.capabilities import (
    ALL,
    FAT,
    FAT_EARLIEST_NS,
    FAT_LARGEST_BYTES,
    FAT_LATEST_NS,
    NO_LIMIT,
    NTFS_EARLIEST_NS,
    NTFS_LATEST_NS,
    Capabilities,
    read_capabilities,
    write_capabilities,
)
from backup_gui.model.paths import join
from backup_gui.model.problems import is_passing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backup_gui.engine.destination.local import LocalDestination
    from backup_gui.engine.fs.folder import FolderHandle
    from backup_gui.engine.fs.tree_view import TreeView
    from backup_gui.engine.fs.volumes.mounts import Mount
    from backup_gui.engine.state.database import JobDatabase

log = logging.getLogger(__name__)

# Databases have it under this name.
CAPABILITIES_KEY: Final = "abilities"
# A drive can be mounted in another way than before, of which the system's table does not always tell.
TRUSTED_S: Final = 24 * 3_600
# What was refused by an error that may be gone the next time is tried again sooner. Not in each pass: there are drivers
# that answer nothing else.
_DOUBTED_S: Final = 3_600
# These hold whatever Linux programs ask of them, unless a folder is set to take upper and lower case for one.
_HOLD_ALL: Final = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "ramfs"})
_FAT_KINDS: Final = frozenset({"vfat", "msdos", "exfat"})
# What is served as a block device and is no FAT.
_NTFS_KINDS: Final = frozenset({"ntfs", "ntfs3", "fuseblk"})
_WITH_4_GIB: Final = frozenset({"vfat", "msdos"})
_CANDIDATES: Final = '"*:<>?\\|\x01'
_WINDOWS_FORBIDDEN: Final = '"*/:<>?\\|\x01'
# Refusals that say something of the drive's state, and nothing of what it can do.
_NO_ANSWER: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENODEV, errno.ENXIO, errno.ENOTCONN, errno.ESTALE, errno.EMFILE}
)
# An odd second with nearly all of the next one.
_SAMPLE_TIME_NS: Final = 1_600_000_001_987_654_321
_STEPS_NS: Final = (1, 100, 1_000, 1_000_000, 10_000_000, 1_000_000_000, 2_000_000_000)


def capabilities_of(target: LocalDestination, root: str, catalog: JobDatabase, *, may_try: bool) -> Capabilities:
    """Find out what a destination's file system can do; what had to be tried out is remembered in the catalog.

    Args:
        target: The destination.
        root: Absolute path of where the mirror is to be, which need not exist if nothing may be tried.
        catalog: The memory of the job.
        may_try: Whether anything may be written. If not, and nothing is known, it is guessed.
    """
    folder = target.tree.location if root == target.root else Location(root)
    mount = folder.mount
    if _holds_all(target, root, mount):
        return ALL
    key = _key(folder)
    known = _recall(catalog.fact(CAPABILITIES_KEY), key, TRUSTED_S)
    if known is not None:
        return known
    kind = "" if mount is None else mount.kind
    if not may_try:
        return _guess(target, mount)
    doubts: list[OSError] = []
    try:
        found = try_out(target, kind, doubts)
    except OSError as error:
        if is_shortage(error):
            raise
        log.warning("What the destination can hold could not be found out: %s", error)
        return ALL._replace(time_step_ns=time_step_ns(target.tree.location.mount))
    tried_at = int(time.time()) - (TRUSTED_S - _DOUBTED_S if doubts else 0)
    catalog.remember(CAPABILITIES_KEY, f"{tried_at} {write_capabilities(found)}\n{key}")
    if found.in_words():
        log.info("The destination does not keep: %s", found.in_words())
    return found


def known_capabilities(mirror: TreeView, memories: Iterable[str | None]) -> Capabilities:
    """Say what a destination's file system can do without writing anything to it.

    Args:
        mirror: The destination.
        memories: What jobs remember under ``CAPABILITIES_KEY``, of any drive and however long ago. What none of them
            has tried out is guessed.
    """
    folder = Location(mirror.root)
    mount = folder.mount
    if _holds_all(mirror, mirror.root, mount):
        return ALL
    key = _key(folder)
    found = (_recall(memory, key, math.inf) for memory in memories)
    return next(filter(None, found), None) or _guess(mirror, mount)


def try_out(target: LocalDestination, kind: str, doubts: list[OSError] | None = None) -> Capabilities:
    """Find out by experiments in a temporary folder what a file system can do.

    Args:
        target: The destination.
        kind: The file system's name, as far as the system tells.
        doubts: Takes errors that were taken for a no, and may be gone the next time.

    Raises:
        OSError: It cannot be told now: there is no room, or the drive is read-only or gone.
    """
    with _scratch(target, doubts) as probe:
        names = probe.names()
        found = Capabilities(
            folds_case=probe.finds("cASE"),
            folds_forms=probe.finds("e\u0301"),
            keeps_case="Case" in names,
            keeps_forms="\u00e9" in names,
            forbidden="".join(character for character in _CANDIDATES if f"a{character}b" not in names)
            if NAMES_ARE_TRIED
            else _WINDOWS_FORBIDDEN,
            holds_bytes=not NAMES_ARE_TRIED or "a\udcffb" in names,
            holds_ends=NAMES_ARE_TRIED and {"end.", "end "} <= names,
            holds_device_names=NAMES_ARE_TRIED and "con" in names,
            holds_modes=probe.holds_modes(),
            holds_owner=probe.holds_owner(),
            holds_links=(holds_links := probe.holds_links()),
            holds_link_times=not HAS_MODES or not holds_links or probe.holds_link_times(),
            holds_hard_links=probe.holds_hard_links(),
            largest_bytes=_largest_bytes(target, kind),
        )
        step_ns = probe.time_step_ns()
    is_fat = kind in _FAT_KINDS or (
        found.folds_case and ":" in found.forbidden and not found.holds_hard_links and not found.holds_links
    )
    if is_fat:
        found = found._replace(has_local_times=True, earliest_ns=FAT_EARLIEST_NS, latest_ns=FAT_LATEST_NS)
    elif kind in _NTFS_KINDS:
        found = found._replace(earliest_ns=NTFS_EARLIEST_NS, latest_ns=NTFS_LATEST_NS)
    return found._replace(
        holds_times=step_ns is not None,
        time_step_ns=max(step_ns or _STEPS_NS[-1], time_step_ns(target.tree.location.mount)),
    )


def falls_together(target: LocalDestination, one: str, other: str) -> bool:
    """Tell by an experiment whether two names are one to a destination's file system.

    Where it cannot be told, they are taken for one: better one file too few than two in one place.
    """
    try:
        with _scratch(target) as probe:
            return probe.make(one) and probe.finds(other)
    except OSError:
        return True


class _Probe:
    """A temporary folder in the destination, and experiments in it."""

    def __init__(self, target: LocalDestination, folder: str, doubts: list[OSError] | None) -> None:
        self._target = target
        self._folder = folder
        self._doubts = doubts

    def make(self, name: str) -> bool:
        """Make an empty file; tells whether the name is possible."""
        name, folder = self._at(name)
        try:
            os.close(folder.create_at(name))
        except OSError as error:
            return self._answer(error)
        return True

    def names(self) -> set[str]:
        """Make files of all sorts of names, and return those that are listed as they were given.

        Bytes that form halves of characters are not tried: there is a driver that they crash, and that cannot read
        the drive again before it is repaired. They go with other bytes that are no text.
        """
        self.make("plain")
        for name in ("Case", "\u00e9"):
            self.make(name)
        if NAMES_ARE_TRIED:
            for name in ("a\udcffb", "end.", "end ", "con", *(f"a{character}b" for character in _CANDIDATES)):
                self.make(name)
        return set(self._target.list(self._folder))

    def finds(self, name: str) -> bool:
        """Tell whether a name leads to a file."""
        return self._target.look(join(self._folder, name)) is not None

    def holds_modes(self) -> bool:
        """Tell whether permissions stay as they are set."""
        name, folder = self._at("plain")
        for mode in PROBED_MODES:
            try:
                folder.set_mode_at(name, stat.S_IFREG | mode)
            except OSError as error:
                return self._answer(error)
            if stat.S_IMODE(self._stat("plain").st_mode) != mode:
                return False
        return True

    def holds_owner(self) -> bool:
        """Tell whether an owner stays as it is set; those who may not set one need not know."""
        if own_ids()[0] != 0:
            return True
        name, folder = self._at("plain")
        before = self._stat("plain")
        try:
            folder.set_owner_at(name, before.st_uid + 1, before.st_gid + 1)
        except OSError as error:
            return self._answer(error)
        now = self._stat("plain")
        return (now.st_uid, now.st_gid) == (before.st_uid + 1, before.st_gid + 1)

    def holds_links(self) -> bool:
        """Tell whether there are symbolic links."""
        name, folder = self._at("link")
        try:
            folder.symlink_at("plain", name)
            return folder.readlink_at(name) == "plain"
        except OSError as error:
            return self._answer(error)

    def holds_link_times(self) -> bool:
        """Tell whether the time of a symbolic link can be set, and does not become that of what it leads to."""
        name, folder = self._at("link")
        before = self._stat("plain").st_mtime_ns
        try:
            folder.set_times_at(name, (_SAMPLE_TIME_NS, _SAMPLE_TIME_NS), is_link=True)
        except OSError as error:
            return self._answer(error)
        is_set = abs(self._stat("link").st_mtime_ns - _SAMPLE_TIME_NS) < _STEPS_NS[-1]
        return is_set and self._stat("plain").st_mtime_ns == before

    def holds_hard_links(self) -> bool:
        """Tell whether a file can have two names."""
        name, folder = self._at("plain")
        other, _ = self._at("second")
        try:
            folder.link_at(name, folder, other)
        except OSError as error:
            return self._answer(error)
        # Where each name has a number of its own, nobody could tell again that two are one file.
        return self._stat("plain").st_ino == self._stat("second").st_ino

    def time_step_ns(self) -> int | None:
        """Return how exactly times are kept, nanoseconds; None if they are not."""
        name, folder = self._at("plain")
        try:
            folder.set_times_at(name, (_SAMPLE_TIME_NS, _SAMPLE_TIME_NS))
        except OSError as error:
            self._answer(error)
            return None
        difference_ns = abs(self._stat("plain").st_mtime_ns - _SAMPLE_TIME_NS)
        return next((step_ns for step_ns in _STEPS_NS if difference_ns < step_ns), None)

    def _at(self, name: str) -> tuple[str, FolderHandle]:
        return self._target.tree.at(join(self._folder, name))

    def _stat(self, name: str) -> os.stat_result:
        return self._target.stat(join(self._folder, name))

    def _answer(self, error: OSError) -> bool:
        """Take an error for a no; one that says nothing of what the drive can do is raised."""
        if error.errno in _NO_ANSWER:
            raise error
        if self._doubts is not None and is_passing(error):
            self._doubts.append(error)
        return False


@contextlib.contextmanager
def _scratch(target: LocalDestination, doubts: list[OSError] | None = None) -> Iterator[_Probe]:
    """Make a folder for experiments, and leave the destination as it was."""
    before = target.stat("")
    folder = target.make_scratch()
    try:
        yield _Probe(target, folder, doubts)
    finally:
        # What cannot be removed is litter, which the next pass removes.
        with contextlib.suppress(OSError):
            target.discard([folder])
        with contextlib.suppress(OSError):
            target.set_metadata("", before)


def _holds_all(mirror: TreeView, root: str, mount: Mount | None) -> bool:
    """Tell whether a file system is one of which it is known that it can do everything."""
    is_known = mount is not None and mount.kind in _HOLD_ALL
    return is_known and _holds_fractions(mirror) and not takes_case_for_one(root)


def _guess(mirror: TreeView, mount: Mount | None) -> Capabilities:
    if mount is not None and mount.kind in _FAT_KINDS:
        return FAT._replace(largest_bytes=_largest_bytes(mirror, mount.kind))
    return ALL._replace(time_step_ns=time_step_ns(mount))


def _holds_fractions(target: TreeView) -> bool:
    """Tell whether times have more than whole seconds: on ext volumes made long ago, or small ones, they have not."""
    return target.root_entry.st_ctime_ns % 1_000_000_000 != 0


def _key(folder: Location) -> str:
    """Return what the memory is bound to: the volume, and how it is mounted."""
    how = "" if folder.mount is None else f"{folder.mount.kind} {folder.mount.options}"
    try:
        return f"{volume_of(folder)} {how}"
    except OSError:
        return how


def _recall(memory: str | None, key: str, trusted_s: float) -> Capabilities | None:
    """Read what is remembered of a volume, unless that is too old or of another one."""
    text, _, known_key = (memory or "").partition("\n")
    at, _, fields = text.partition(" ")
    if known_key != key or not at.isdecimal() or not 0 <= time.time() - int(at) < trusted_s:
        return None
    return read_capabilities(fields)


def _largest_bytes(target: TreeView, kind: str) -> int:
    """Return how large a file can be, where that is little; writing that much to find out would take too long."""
    bits = file_size_bits(target.root)
    if bits is not None:
        return FAT_LARGEST_BYTES if 0 < bits <= 33 else NO_LIMIT
    return FAT_LARGEST_BYTES if kind in _WITH_4_GIB else NO_LIMIT

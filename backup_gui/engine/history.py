"""The history: plain files beside the mirror, found, read and restored from without this program or its catalog.

A version lies in the same folder as it did in the mirror, under its own name with the time at which it left the
mirror: ``docs/report~20261122-210605Z.odt``. If two leave in one second, a counter follows the time.

Nothing here writes to a destination; what leaves the mirror is moved here by ``target.py``.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backup_gui.engine.model import EntryKind, kind_of
from backup_gui.engine.tree import Tree, is_temporary, join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.engine.model import Entry

MAX_NAME_BYTES = 255
_STAMP = "%Y%m%d-%H%M%SZ"
_VERSION = re.compile(
    r"(?P<stem>.*)~(?P<stamp>\d{8}-\d{6}Z)(?:-(?P<count>[1-9]\d*))?(?P<suffix>\.[^.~]*)?\Z", re.DOTALL
)
_DIGEST_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Version:
    """One kept earlier content of one path.

    Attributes:
        path: The path that it had in the mirror. For a name that had to be shortened, the shortened one.
        left_at: When it left the mirror, UTC.
        count: Which one of those that left in that second.
        stored: Its path in the history.
        kind: File or link.
        size_bytes: Its size.
        mtime_ns: When its content was last changed.
    """

    path: str
    left_at: datetime
    count: int
    stored: str
    kind: EntryKind
    size_bytes: int
    mtime_ns: int


def version_path(path: str, left_at: datetime, count: int = 0) -> str:
    """Name a version.

    Args:
        path: The path in the mirror.
        left_at: When it left the mirror, UTC.
        count: How many left in that second before it.

    Returns:
        The path in the history. A name that would be longer than file systems allow is shortened, and made
        unmistakable by a digest of the whole.
    """
    folder, _, name = path.rpartition("/")
    stem, suffix = _split(name)
    mark = left_at.strftime(f"~{_STAMP}") + (f"-{count}" if count else "")
    if len(os.fsencode(name)) + len(mark) > MAX_NAME_BYTES:
        stem, suffix = _shortened(name), suffix if len(os.fsencode(suffix)) <= 16 else ""
    return join(folder, f"{stem}{mark}{suffix}")


def read_version_name(name: str) -> tuple[str, datetime, int] | None:
    """Read a version's name.

    Returns:
        The name in the mirror, the time at which it left, and the counter; None if it is not a version's name.
    """
    match = _VERSION.match(name)
    if match is None:
        return None
    try:
        left_at = datetime.strptime(match["stamp"], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return match["stem"] + (match["suffix"] or ""), left_at, int(match["count"] or 0)


def list_versions(history_root: str, path: str = "") -> Iterator[Version]:
    """List the versions of one file, or of everything in a folder and below it.

    Args:
        history_root: Absolute path of the history.
        path: The file or folder, as it was called in the mirror.

    Yields:
        The versions, folder by folder; within a folder by name and then by time, oldest first.

    Raises:
        OSError: The history cannot be read; if it does not exist there are simply no versions.
    """
    try:
        tree = Tree(history_root)
    except FileNotFoundError:
        return
    with tree:
        if path:
            folder, _, name = path.rpartition("/")
            wanted = {name, _shortened(name) + _split(name)[1], _shortened(name)}
            yield from (version for version in _versions_in(tree, folder) if version.path.rpartition("/")[2] in wanted)
            if tree.look(path) is None:
                return
        pending = [path]
        while pending:
            folder = pending.pop()
            yield from _versions_in(tree, folder)
            entries = tree.list(folder)
            pending.extend(
                join(folder, name)
                for name in sorted(entries, reverse=True)
                if kind_of(entries[name]) is EntryKind.FOLDER
            )


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        files: Paths restored and compared with what they were restored from.
        skipped: Paths left alone since something was there already.
        failed: Paths that could not be restored, each with the reason.
    """

    files: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]


def restore(destination: str, history_root: str | None, path: str, at: datetime | None, to: str) -> Restored:
    """Bring a file, or a folder with all in it, back into a folder.

    Args:
        destination: Absolute path of the mirror.
        history_root: Absolute path of the history; None if there is none.
        path: The file or folder, relative to the mirror's root; the empty string for everything.
        at: The time whose state is wanted, UTC; None for the newest content known, also of what was deleted since.
        to: Absolute path of the folder to restore into; made if need be.

    Returns:
        What was done. Nothing that exists is ever written over.

    Raises:
        FileNotFoundError: Neither the mirror nor the history knows the path.
        OSError: The folder to restore into cannot be made, or neither mirror nor history can be read.
    """
    chosen = _choose(destination, history_root, path, at)
    if not chosen:
        raise FileNotFoundError(2, "Neither the backup nor its history has it", path)
    os.makedirs(to, exist_ok=True)
    base = path.rpartition("/")[0]
    files: list[str] = []
    skipped: list[str] = []
    failed: list[tuple[str, str]] = []
    for original in sorted(chosen):
        root, stored = chosen[original]
        wanted = os.path.join(to, original.removeprefix(base + "/") if base else original)
        try:
            _restore_one(os.path.join(root, stored), wanted)
        except FileExistsError:
            skipped.append(original)
        except OSError as error:
            failed.append((original, error.strerror or str(error)))
        else:
            files.append(original)
    return Restored(tuple(files), tuple(skipped), tuple(failed))


def _choose(destination: str, history_root: str | None, path: str, at: datetime | None) -> dict[str, tuple[str, str]]:
    """Choose for each path below ``path`` where its content is taken from: a root and a path in it."""
    chosen: dict[str, tuple[str, str]] = {}
    left: dict[str, tuple[datetime, int]] = {}
    for version in list_versions(history_root, path) if history_root else ():
        key = (version.left_at, version.count)
        before = left.get(version.path)
        if at is None:
            is_better = before is None or key > before
        else:
            # What the mirror had at a time is what left it first after that time.
            is_better = version.left_at > at and (before is None or key < before)
        if is_better:
            left[version.path] = key
            chosen[version.path] = (history_root or "", version.stored)
    for found in _files_below(destination, path):
        if at is None or found not in chosen:
            chosen[found] = (destination, found)
    return chosen


def _files_below(root: str, path: str) -> Iterator[str]:
    """List the files and links at and below a path."""
    try:
        tree = Tree(root)
    except FileNotFoundError:
        return
    with tree:
        entry = tree.look(path)
        if entry is None:
            return
        if kind_of(entry) is not EntryKind.FOLDER:
            yield path
            return
        pending = [path]
        while pending:
            folder = pending.pop()
            for name, child in tree.list(folder).items():
                if kind_of(child) is EntryKind.FOLDER:
                    pending.append(join(folder, name))
                elif not is_temporary(name):
                    yield join(folder, name)


def _restore_one(stored: str, wanted: str) -> None:
    """Copy one file or link to a path where nothing is, and compare the two.

    Raises:
        FileExistsError: Something is there.
        OSError: It could not be copied, or came out different.
    """
    import shutil  # noqa: PLC0415 - slow to import, and a pass does not need it

    os.makedirs(os.path.dirname(wanted), exist_ok=True)
    if os.path.islink(stored):
        os.symlink(os.readlink(stored), wanted)
        shutil.copystat(stored, wanted, follow_symlinks=False)
        return
    with open(stored, "rb") as source:
        with open(wanted, "xb") as copy:
            try:
                shutil.copyfileobj(source, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
            except OSError:
                os.unlink(wanted)
                raise
        shutil.copystat(stored, wanted)
        source.seek(0)
        with open(wanted, "rb") as copy:
            while True:
                block = source.read(1 << 20)
                if block != copy.read(1 << 20):
                    os.unlink(wanted)
                    raise OSError(5, "the copy differs from the original", wanted)
                if not block:
                    return


def _versions_in(tree: Tree, folder: str) -> list[Version]:
    try:
        entries = tree.list(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for stored, entry in entries.items():
        version = _version(folder, stored, entry)
        if version is not None:
            found.append(version)
    return sorted(found, key=lambda version: (version.path, version.left_at, version.count))


def _version(folder: str, stored: str, entry: Entry) -> Version | None:
    kind = kind_of(entry)
    read = None if kind is EntryKind.FOLDER else read_version_name(stored)
    if read is None:
        return None
    name, left_at, count = read
    return Version(join(folder, name), left_at, count, join(folder, stored), kind, entry.st_size, entry.st_mtime_ns)


def _split(name: str) -> tuple[str, str]:
    """Split a name into what stands before the time and what stands after it."""
    stem, suffix = os.path.splitext(name)
    # The suffix must read back: see _VERSION.
    return (name, "") if "~" in suffix else (stem, suffix)


def _shortened(name: str) -> str:
    """Cut a name down to what leaves room for time and suffix, with a digest of the whole."""
    import hashlib  # noqa: PLC0415 - slow to import, and rarely needed

    raw = os.fsencode(name)
    digest = hashlib.blake2b(raw, digest_size=_DIGEST_CHARACTERS // 2).hexdigest()
    # Cut between characters, not within one.
    head = raw[:180].decode("utf-8", "ignore") if _is_utf8(raw) else os.fsdecode(raw[:180])
    return f"{head}-{digest}"


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

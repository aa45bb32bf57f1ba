"""The history: plain files beside the mirror, found, read and restored from without this program or its catalog.

A version lies in the same folder as it did in the mirror, under its own name with the time at which it left the
mirror: ``docs/report~20261122-210605Z.odt``. If two leave in one second, a counter follows the time.

Nothing here writes to a destination; what leaves the mirror is moved here by ``target.py``.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.history_place import is_not_the_mirrors
from backup_gui.engine.fs.tree import Tree, is_own, join, parent_of
from backup_gui.model.errors import UnknownThenError
from backup_gui.model.plans import EntryKind, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.model.plans import Entry

MAX_NAME_BYTES = 255
_STAMP = "%Y%m%d-%H%M%SZ"
_VERSION = re.compile(
    r"(?P<stem>.*)~(?P<stamp>\d{8}-\d{6}Z)(?:-(?P<count>[1-9]\d*))?(?P<suffix>\.[^.~]*)?\Z", re.DOTALL | re.ASCII
)
_DIGEST_CHARACTERS = 12
_HEAD_BYTES = 180
_CUT = re.compile(rf"-[0-9a-f]{{{_DIGEST_CHARACTERS}}}\Z")


class Version(NamedTuple):
    """One kept earlier content of one path.

    Attributes:
        path: The path that it had in the mirror. For a name that had to be shortened, the shortened one.
        left_at: When it left the mirror, UTC.
        number: Which one of those that left in that second.
        stored: Its path in the history.
        kind: File or link.
        size_bytes: Its size.
        mtime_ns: When its content was last changed.
    """

    path: str
    left_at: datetime
    number: int
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
    if match is None or not _is_split_here(match["stem"], match["suffix"] or "", name):
        return None
    day, time = match["stamp"][:8], match["stamp"][9:]
    try:
        # A tenth of the cost of strptime, and a history may have a million names.
        left_at = datetime(
            int(day[:4]), int(day[4:6]), int(day[6:]), int(time[:2]), int(time[2:4]), int(time[4:6]), tzinfo=UTC
        )
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
            wanted = {path, *shortened_paths(path)}
            yield from (version for version in versions_in(tree, parent_of(path)) if version.path in wanted)
            entry = tree.look(path)
            if entry is None or kind_of(entry) is not EntryKind.FOLDER:
                return
        pending = [path]
        while pending:
            folder = pending.pop()
            yield from versions_in(tree, folder)
            entries = tree.list(folder, {})
            pending.extend(
                join(folder, name)
                for name in sorted(entries, reverse=True)
                if kind_of(entries[name]) is EntryKind.FOLDER
            )


class Restored(NamedTuple):
    """What a restore did.

    Attributes:
        files: Paths restored and compared with what they were restored from.
        skipped: Paths left alone since something was there already.
        failed: Paths that could not be restored, each with the reason.
    """

    files: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]


def restore(
    destination: str,
    history_root: str | None,
    path: str,
    at: datetime | None,
    to: str,
    *,
    keeps_set_id: bool = False,
) -> Restored:
    """Bring a file, or a folder with all in it, back into a folder.

    Args:
        destination: Absolute path of the mirror.
        history_root: Absolute path of the history; None if there is none.
        path: The file or folder, relative to the mirror's root; the empty string for everything.
        at: The time whose state is wanted, UTC; None for the newest content known, also of what was deleted since.
            What in a folder was last changed after that time was not there then, and is left out.
        to: Absolute path of the folder to restore into; made if need be.
        keeps_set_id: Whether programs keep their set-id bits, see ``Restorer``.

    Returns:
        What was done. Nothing that exists is ever written over.

    Raises:
        FileNotFoundError: Neither the mirror nor the history knows the path.
        UnknownThenError: They know it, but not as it was at that time.
        OSError: The folder to restore into cannot be made, or neither mirror nor history can be read.
    """
    from backup_gui.engine.restore.writer import Restorer  # noqa: PLC0415 - a pass does not need it

    refused: dict[str, OSError] = {}
    chosen = _choose(destination, history_root, path, at, refused)
    if not chosen and not refused:
        if at is not None and is_known(destination, history_root, path):
            raise UnknownThenError(path)
        raise FileNotFoundError(2, "Neither the backup nor its history has it", path)
    base = parent_of(path)
    files: list[str] = []
    skipped: list[str] = []
    failed = [(unseen, error.strerror or str(error)) for unseen, error in sorted(refused.items())]
    with Restorer(to, keeps_set_id=keeps_set_id) as restorer:
        for original in sorted(chosen):
            place = chosen[original]
            try:
                restorer.restore(place.root, place.stored, original.removeprefix(base + "/") if base else original)
            except FileExistsError:
                skipped.append(original)
            except OSError as error:
                failed.append((original, error.strerror or str(error)))
            else:
                if not place.is_folder:
                    files.append(original)
    return Restored(tuple(files), tuple(skipped), tuple(failed))


def is_known(destination: str, history_root: str | None, path: str) -> bool:
    """Tell whether a mirror or its history has a path.

    Raises:
        OSError: One of them cannot be read.
    """
    with contextlib.suppress(FileNotFoundError), Tree(destination) as tree:
        if tree.look(path) is not None:
            return True
    return history_root is not None and next(list_versions(history_root, path), None) is not None


class _Place(NamedTuple):
    """Where the content of a path is taken from: a root, and a path in it."""

    root: str
    stored: str
    mtime_ns: int
    is_folder: bool = False


def _choose(
    destination: str, history_root: str | None, path: str, at: datetime | None, refused: dict[str, OSError]
) -> dict[str, _Place]:
    """Choose for each path at and below ``path`` where its content is taken from; ``refused`` takes what is unseen."""
    mirror = dict(_entries_below(destination, path, refused))
    # Versions of a long name are known by a shortened one; they belong to what the mirror has under the long one.
    long_names = {shortened: found for found in (path, *mirror) for shortened in shortened_paths(found)}
    chosen: dict[str, _Place] = {}
    left: dict[str, tuple[datetime, int]] = {}
    # Whether the file asked for is known to have been there before that time, whatever its own time says.
    was_there = False
    for version in list_versions(history_root, path) if history_root else ():
        found = long_names.get(version.path, version.path)
        key = (version.left_at, version.number)
        before = left.get(found)
        if at is None:
            is_better = before is None or key > before
        else:
            # What the mirror had at a time is what left it first after that time.
            is_better = version.left_at > at and (before is None or key < before)
            was_there = was_there or (found == path and version.left_at <= at)
        if is_better:
            left[found] = key
            chosen[found] = _Place(history_root or "", version.stored, version.mtime_ns)
    for found, entry in mirror.items():
        is_folder = kind_of(entry) is EntryKind.FOLDER
        if at is None or (found not in chosen and not is_folder):
            chosen[found] = _Place(destination, found, entry.st_mtime_ns, is_folder)
    if at is None:
        return chosen
    # The second counts as a whole, as it does in the names of versions. The time of a file is that of a clock that may
    # have been wrong; of one asked for by its own name the mirror and the history may know better.
    end_ns = (math.floor(at.timestamp()) + 1) * 1_000_000_000
    if path in mirror and path in chosen and chosen[path].root == destination:
        was_there = was_there or mirror[path].st_ctime_ns < end_ns
    return {found: place for found, place in chosen.items() if place.mtime_ns < end_ns or (was_there and found == path)}


def _entries_below(root: str, path: str, refused: dict[str, OSError]) -> Iterator[tuple[str, Entry]]:
    """List the files, links and folders at and below a path, without the root itself.

    Args:
        root: Absolute path of the mirror.
        path: The path.
        refused: Takes the paths that cannot be looked at, and why.
    """
    try:
        tree = Tree(root)
    except FileNotFoundError:
        return
    with tree:
        entry = tree.look(path)
        if entry is None:
            return
        pending = []
        if path and kind_of(entry) is not EntryKind.SPECIAL:
            yield path, entry
        if kind_of(entry) is EntryKind.FOLDER:
            pending.append(path)
        while pending:
            folder = pending.pop()
            unseen: dict[str, OSError] = {}
            for name, child in tree.list(folder, unseen).items():
                kind = kind_of(child)
                if kind is EntryKind.SPECIAL or is_own(name):
                    continue
                if not folder and is_not_the_mirrors(root, name, child):
                    continue
                yield join(folder, name), child
                if kind is EntryKind.FOLDER:
                    pending.append(join(folder, name))
            refused.update({join(folder, name): error for name, error in unseen.items()})


def versions_in(tree: Tree, folder: str) -> list[Version]:
    """List the versions that lie in one folder of an open history.

    Args:
        tree: The history.
        folder: The folder, as it was called in the mirror.

    Returns:
        The versions by name and then by time, oldest first; none if there is no such folder. What cannot be looked at
        hides nothing of the others.

    Raises:
        OSError: The folder cannot be read.
    """
    try:
        entries = tree.list(folder, {})
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for stored, entry in entries.items():
        version = _version(folder, stored, entry)
        if version is not None:
            found.append(version)
    return sorted(found, key=lambda version: (version.path, version.left_at, version.number))


def _version(folder: str, stored: str, entry: Entry) -> Version | None:
    kind = kind_of(entry)
    read = read_version_name(stored) if kind in {EntryKind.FILE, EntryKind.LINK} else None
    if read is None:
        return None
    name, left_at, count = read
    return Version(join(folder, name), left_at, count, join(folder, stored), kind, entry.st_size, entry.st_mtime_ns)


def _split(name: str) -> tuple[str, str]:
    """Split a name into what stands before the time and what stands after it."""
    stem, suffix = os.path.splitext(name)
    # The suffix must read back: see _VERSION.
    return (name, "") if "~" in suffix else (stem, suffix)


def _is_split_here(stem: str, suffix: str, name: str) -> bool:
    """Tell whether a version's name has its time where this program puts it; somebody else's may have it elsewhere."""
    if suffix:
        return bool(stem.lstrip("."))
    # What was shortened may have lost the suffix that it would be split at.
    return "." not in stem or not _split(stem)[1] or (len(name) > _HEAD_BYTES // 4 and _CUT.search(stem) is not None)


def shortened_paths(path: str) -> tuple[str, ...]:
    """Return the paths under which versions of a path may be known, if its name is too long for a time to be added."""
    folder, _, name = path.rpartition("/")
    # Time and counter take 17 bytes and more; what is shorter than that is never shortened.
    if len(os.fsencode(name)) + 32 < MAX_NAME_BYTES:
        return ()
    return join(folder, _shortened(name)), join(folder, _shortened(name) + _split(name)[1])


def _shortened(name: str) -> str:
    """Cut a name down to what leaves room for time and suffix, with a digest of the whole."""
    import hashlib  # noqa: PLC0415 - slow to import, and rarely needed

    raw = os.fsencode(name)
    digest = hashlib.blake2b(raw, digest_size=_DIGEST_CHARACTERS // 2).hexdigest()
    # Cut between characters, not within one.
    head = raw[:_HEAD_BYTES].decode("utf-8", "ignore") if _is_utf8(raw) else os.fsdecode(raw[:_HEAD_BYTES])
    return f"{head}-{digest}"


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

"""Restores a path as it stood at a time, for the command line."""

from __future__ import annotations

import contextlib
import math
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.history_place import is_not_the_mirrors
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.history.listing import list_versions
from backup_gui.engine.rules.version_names import shortened_paths
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.errors import UnknownThenError
from backup_gui.model.paths import is_own, join, parent_of
from backup_gui.model.reasons import Reason, of_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.model.entries import Entry


class Restored(NamedTuple):
    """What a restore did.

    Attributes:
        files: Paths restored and compared with what they were restored from.
        skipped: Paths left alone since something was there already.
        failed: Paths that could not be restored, each with the reason.
    """

    files: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: tuple[tuple[str, Reason], ...]


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
    failed = [(unseen, of_error(error)) for unseen, error in sorted(refused.items())]
    with Restorer(to, keeps_set_id=keeps_set_id) as restorer:
        for original in sorted(chosen):
            place = chosen[original]
            try:
                restorer.restore(place.root, place.stored, original.removeprefix(base + "/") if base else original)
            except FileExistsError:
                skipped.append(original)
            except OSError as error:
                failed.append((original, of_error(error)))
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

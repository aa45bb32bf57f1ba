"""Restores files into a folder in use. It overwrites only what a policy allows, and names all that it did not restore.

Held files, undone passes, the History page and the command line all restore here. They differ in the pieces, which
``held.py``, ``undo.py`` and ``history/snapshot.py`` select, and in the policy for existing files. A file that has the
wanted content already stays as it is. ``writer.py`` writes each piece safely.
"""

from __future__ import annotations

import contextlib
import errno
import os
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.fs.content import Cancelled, Shortened, TargetError, never
from backup_gui.engine.restore.writer import CopyDiffersError, RestoreWriter
from backup_gui.engine.rules.progress import Meter
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.paths import join, parent_of
from backup_gui.model.plans import Phase, ProblemCode, Stage
from backup_gui.model.problems import code_of
from backup_gui.model.reasons import NO_REASON, Code, Reason, ReasonCode
from backup_gui.model.restores import Policy, RestoreResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from backup_gui.engine.fs.tree_view import TreeView
    from backup_gui.engine.state.pass_log import FolderRights
    from backup_gui.model.entries import Entry
    from backup_gui.model.restores import Piece

_MOST_NAMES = 1_000
_MAX_NAME_BYTES = 255
# A longer suffix is not taken for an extension.
_MAX_SUFFIX_BYTES = 20
_REPLACING = frozenset({Policy.REPLACE, Policy.MAKE_WAY})
_SETTING_ASIDE = frozenset({Policy.SET_ASIDE, Policy.MAKE_WAY})

_THERE_ALREADY = Reason(ReasonCode.RETURN_THERE_ALREADY)
_NOT_MOVED = Reason(ReasonCode.RETURN_NOT_MOVED)
_STOPPED = Reason(ReasonCode.RETURN_STOPPED)

# Reasons of failures, by problem code.
CODES: dict[Code, Code] = {
    ProblemCode.NO_PERMISSION: ReasonCode.RETURN_UNREAD,
    ProblemCode.PRIVACY: ProblemCode.PRIVACY,
    ProblemCode.NO_WRITE_PERMISSION: ReasonCode.RETURN_UNWRITTEN,
    ProblemCode.IN_USE: ProblemCode.IN_USE,
    ProblemCode.NO_SPACE: ReasonCode.RETURN_NO_SPACE,
    ProblemCode.TOO_LARGE: ReasonCode.RETURN_TOO_LARGE,
    ProblemCode.READ_ONLY: ReasonCode.RETURN_READ_ONLY,
    ProblemCode.READ_ERROR: ReasonCode.RETURN_READ_ERROR,
    ProblemCode.WRITE_ERROR: ReasonCode.RETURN_WRITE_ERROR,
    ProblemCode.NAME_NOT_POSSIBLE: ReasonCode.RETURN_NAME,
    ProblemCode.NAME_TOO_LONG: ReasonCode.RETURN_NAME_LENGTH,
    ProblemCode.LINK_NOT_POSSIBLE: ReasonCode.RETURN_LINK,
    ProblemCode.PROTECTED: ReasonCode.RETURN_PROTECTED,
}


class RestoreOptions(NamedTuple):
    """How to restore.

    Attributes:
        policy: What to do if something else exists, for pieces without a policy of their own.
        mark: Text for the names of files stored beside others, such as "restored 2026-11-22 14.02".
        backup: Absolute path of the mirror of the folder. Only what the mirror has with the same content is replaced,
            since the next pass moves it to the history. None to replace nothing.
        makes_folder: Whether to create the folder if it does not exist.
        keeps_set_id: Whether programs keep the bits by which they run as their owner. Whoever prepared the backup
            would decide about that otherwise.
        is_by_job: Whether the job itself restores what it removed. Folders then count as files do, and new folders with
            unknown metadata get mode and owner of their parent; otherwise they are their owner's alone.
        rights_of: Returns the former rights of a new folder; one of which it returns None is its owner's alone.
        reason_of: Turns an error into a reason; None for the reasons that the window translates.
        meter: Counts each path, and each block of large files.
        should_stop: Polled before each piece and within large files; returns True to cancel.
    """

    policy: Policy
    mark: str = ""
    backup: str | None = None
    makes_folder: bool = False
    keeps_set_id: bool = False
    is_by_job: bool = False
    rights_of: Callable[[str], FolderRights | None] | None = None
    reason_of: Callable[[OSError], Reason] | None = None
    meter: Meter | None = None
    should_stop: Callable[[], bool] = never


def put_back(
    pieces: Sequence[Piece], into: str, options: RestoreOptions, unseen: Mapping[str, OSError] | None = None
) -> RestoreResult:
    """Restore pieces, folders before their contents, into a folder, and compare each with its origin.

    ``unseen`` comes from ``Selection``: wanted paths that are counted as failed.

    Raises:
        OSError: The folder cannot be opened or created.
    """
    say = options.reason_of or _reason
    meter = options.meter or Meter()
    counts = [options.is_by_job or not piece.is_folder for piece in pieces]
    meter.begin(Phase.RETURNING, sum(counts), sum(piece.size_bytes for piece in pieces))
    is_cancelled = False
    with RestoreWriter(into, options, meter.add_bytes_of_path) as writer:
        restoration = _Restoration(writer, options)
        restoration.failed += [(path, say(error)) for path, error in sorted((unseen or {}).items())]
        for piece, count in zip(pieces, counts, strict=True):
            if options.should_stop():
                is_cancelled = True
                break
            meter.begin_path(piece.wanted, piece.size_bytes)
            name = piece.wanted if piece.moved_kind is None else piece.stored
            try:
                restoration.put(piece)
            except Cancelled:
                is_cancelled = True
                break
            except Shortened:
                restoration.failed.append((name, Reason(ReasonCode.RETURN_CHANGED)))
            except OSError as error:
                restoration.failed.append((name, say(error)))
            meter.end_path(int(count))
    meter.end()
    return RestoreResult(
        asked=sum(counts) + len(unseen or ()),
        restored=tuple(restoration.restored),
        present=tuple(restoration.present),
        beside=tuple(restoration.beside),
        replaced=tuple(restoration.replaced),
        skipped=tuple(restoration.skipped),
        failed=tuple(restoration.failed),
        is_cancelled=is_cancelled,
        reason=_STOPPED if is_cancelled else NO_REASON,
    )


def name_beside(path: str, mark: str, number: int = 1) -> str:
    """Return a name, the ``number``th from 1 with this mark, for a file that is stored beside the one at a path.

    Returns:
        A path in the same folder, with the same extension: ``docs/report (restored 2026-11-22 14.02).odt``. A name
        longer than file systems allow is shortened.
    """
    added = f" ({mark})" if number == 1 else f" ({mark}, {number})"
    folder, _, name = path.rpartition("/")
    stem, suffix = os.path.splitext(name)
    if len(os.fsencode(suffix)) > _MAX_SUFFIX_BYTES:
        stem, suffix = name, ""
    while stem and len(os.fsencode(stem + added + suffix)) > _MAX_NAME_BYTES:
        stem = stem[:-1]
    return join(folder, f"{stem}{added}{suffix}")


def marked(words: str, at: datetime | None) -> str:
    """Return the mark for a restore by the job itself: English words and the local time, now if ``at`` is None."""
    return f"{words} {at or datetime.now():%Y-%m-%d %H.%M.%S}"  # noqa: DTZ005 - for a name that people read


def look(tree: TreeView, path: str, should_stop: Callable[[], bool]) -> Entry | None:
    """Return the entry of a path to restore, for its kind and size.

    Returns:
        None if it cannot be read; copying it then fails too, and names it. Also None if ``should_stop`` returns True.
    """
    with contextlib.suppress(OSError):
        return None if should_stop() else tree.look(path)
    return None


class _Restoration:
    """Restores pieces, and collects the results."""

    def __init__(self, writer: RestoreWriter, options: RestoreOptions) -> None:
        self._writer = writer
        self._options = options
        # Folders stored beside something, with their new paths, for their contents.
        self._moved: dict[str, str] = {}
        self.restored: list[str] = []
        self.present: list[str] = []
        self.beside: list[tuple[str, str]] = []
        self.replaced: list[str] = []
        self.skipped: list[tuple[str, Reason]] = []
        self.failed: list[tuple[str, Reason]] = []

    def put(self, piece: Piece) -> None:
        """Restore one piece.

        Raises:
            Cancelled: ``should_stop`` returned True.
            Shortened: Its origin was truncated meanwhile.
            OSError: It could not be restored.
        """
        policy = piece.policy or self._options.policy
        top = next((folder for folder in self._moved if piece.wanted.startswith(folder + "/")), None)
        if top is not None:
            piece = piece._replace(wanted=self._moved[top] + piece.wanted[len(top) :])
        if piece.moved_kind is not None:
            self._move_back(piece)
        elif not (piece.root or piece.is_folder):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), piece.wanted)
        elif policy is Policy.BESIDE:
            self._put_beside(piece)
        elif piece.is_folder:
            self._put_folder(piece, policy)
        else:
            self._put_content(piece, policy)

    def _move_back(self, piece: Piece) -> None:
        entry = self._writer.look(piece.stored)
        if self._writer.look(piece.wanted) is not None:
            self.skipped.append((piece.stored, _THERE_ALREADY))
        elif entry is None or kind_of(entry) is not piece.moved_kind:
            self.skipped.append((piece.stored, _NOT_MOVED))
        else:
            self._writer.make_folders(parent_of(piece.wanted))
            self._writer.rename(piece.stored, piece.wanted)
            self.restored.append(piece.wanted)

    def _put_folder(self, piece: Piece, policy: Policy) -> None:
        """Create a folder, or use the existing one; its contents are pieces of their own."""
        wanted = piece.wanted
        there = self._writer.look(wanted)
        if there is not None and kind_of(there) is not EntryKind.FOLDER:
            if policy is Policy.SKIP and not piece.root:
                self.skipped.append((wanted, _THERE_ALREADY))
                return
            if policy in _SETTING_ASIDE and not (policy is Policy.MAKE_WAY and self._is_removed(wanted, there)):
                self.beside.append((wanted, self._set_aside(wanted)))
        if piece.root:
            self._writer.restore(piece.root, piece.stored, wanted)
        else:
            self._writer.make_folders(wanted)
        if self._options.is_by_job:
            self.restored.append(wanted)

    def _put_content(self, piece: Piece, policy: Policy) -> None:
        writer, wanted = self._writer, piece.wanted
        there = writer.look(wanted)
        if there is not None and policy is not Policy.SKIP and writer.holds(wanted, piece.root, piece.stored):
            self.present.append(wanted)
            return
        if there is None or (policy in _REPLACING and self._is_in_backup(wanted)):
            # A file that appears or changes at the last moment is kept.
            with contextlib.suppress(FileExistsError):
                writer.restore(piece.root, piece.stored, wanted, replaces=there)
                self.restored.append(wanted)
                if there is not None:
                    self.replaced.append(wanted)
                return
        if policy is Policy.SKIP:
            self.skipped.append((wanted, _THERE_ALREADY))
        elif policy in _SETTING_ASIDE:
            self._put_in_place(piece)
        else:
            self._put_beside(piece)

    def _put_beside(self, piece: Piece) -> None:
        """Restore a piece under another name."""
        for number in range(1, _MOST_NAMES):
            name = name_beside(piece.wanted, self._options.mark, number)
            if self._writer.look(name) is not None:
                continue
            try:
                self._writer.restore(piece.root, piece.stored, name)
            except FileExistsError:
                continue
            if piece.is_folder:
                self._moved[piece.wanted] = name
            self.restored.append(name)
            self.beside.append((piece.wanted, name))
            return
        raise FileExistsError(errno.EEXIST, Reason(ReasonCode.RETURN_NO_NAME), piece.wanted)

    def _put_in_place(self, piece: Piece) -> None:
        """Restore a piece under its own name, and give another name to what exists."""
        wanted = piece.wanted
        aside: list[str] = []
        try:
            self._writer.restore(piece.root, piece.stored, wanted, lambda: aside.append(self._set_aside(wanted)))
        except OSError:
            if aside:
                self._writer.rename(aside[0], wanted)
            raise
        self.restored.append(wanted)
        self.beside.append((wanted, aside[0]))

    def _set_aside(self, wanted: str) -> str:
        for number in range(1, _MOST_NAMES):
            aside = name_beside(wanted, self._options.mark, number)
            with contextlib.suppress(FileExistsError):
                self._writer.rename(wanted, aside)
                return aside
        raise FileExistsError(errno.EEXIST, Reason(ReasonCode.RETURN_NO_NAME), wanted)

    def _is_removed(self, wanted: str, there: Entry) -> bool:
        """Remove a file or link from the place of a folder if the backup has it; returns whether it did."""
        if not self._is_in_backup(wanted):
            return False
        try:
            self._writer.remove(wanted, there)
        except FileExistsError:
            return False
        self.replaced.append(wanted)
        return True

    def _is_in_backup(self, wanted: str) -> bool:
        """Return whether the mirror has what would be replaced, so that it will be in the history."""
        if self._options.backup is None:
            return False
        try:
            return self._writer.holds(wanted, self._options.backup, wanted)
        except OSError:
            return False


def _reason(error: OSError) -> Reason:
    """Return the reason of a failure, one that the window translates."""
    if isinstance(error, NotADirectoryError):
        return Reason(ReasonCode.RETURN_IN_THE_WAY)
    if isinstance(error, CopyDiffersError):
        return Reason(ReasonCode.RETURN_WRITE_ERROR)
    if isinstance(error, FileNotFoundError):
        return Reason(ReasonCode.RETURN_CHANGED)
    code = code_of(error, Stage.COPY, is_writing=isinstance(error, TargetError))
    return Reason(CODES.get(code, ProblemCode.OTHER))

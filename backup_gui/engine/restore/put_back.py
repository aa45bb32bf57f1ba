"""Brings files back into a folder that is in use: never over what is there unless told to, and never unseen.

The one way back, for held files, undone passes, the History page and the command line: they differ in what they want,
and in the policy for what is there already. What is there with the wanted content is left as it is. Which contents are
wanted is decided in ``history/snapshot.py``, ``held.py`` and ``undo.py``; how each gets there safely, in ``writer.py``.
"""

from __future__ import annotations

import contextlib
import errno
import os
from datetime import datetime
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import Cancelled, Shortened, TargetError, never
from backup_gui.engine.restore.writer import CopyDiffersError, Restorer
from backup_gui.engine.rules.progress import Meter
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.errors import RootAbsentError, UnknownThenError
from backup_gui.model.paths import join, parent_of
from backup_gui.model.plans import Phase, ProblemCode, Stage
from backup_gui.model.problems import code_of
from backup_gui.model.reasons import NO_REASON, Code, Reason, ReasonCode, of_error
from backup_gui.model.restores import Policy, RestoreResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.state.pass_log import Rights
    from backup_gui.model.entries import Entry
    from backup_gui.model.restores import Piece

_MOST_NAMES = 1_000
_MAX_NAME_BYTES = 255
# What is longer is no extension.
_MAX_SUFFIX_BYTES = 20
_REPLACING = frozenset({Policy.REPLACE, Policy.MAKE_WAY})
_SETTING_ASIDE = frozenset({Policy.SET_ASIDE, Policy.MAKE_WAY})

_THERE_ALREADY = Reason(ReasonCode.RETURN_THERE_ALREADY)
_NOT_MOVED = Reason(ReasonCode.RETURN_NOT_MOVED)
_STOPPED = Reason(ReasonCode.RETURN_STOPPED)

# Why something could not be brought back, by what the system says of it.
CODES: dict[Code, Code] = {
    ProblemCode.NO_PERMISSION: ReasonCode.RETURN_UNREAD,
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


def put_back(
    pieces: Sequence[Piece],
    into: str,
    policy: Policy,
    *,
    mark: str = "",
    backup: str | None = None,
    unseen: Mapping[str, OSError] | None = None,
    makes_folder: bool = False,
    keeps_set_id: bool = False,
    is_by_job: bool = False,
    rights_of: Callable[[str], Rights | None] | None = None,
    reason_of: Callable[[OSError], Reason] | None = None,
    meter: Meter | None = None,
    should_stop: Callable[[], bool] = never,
) -> RestoreResult:
    """Bring pieces back into a folder, each compared with what it came from.

    Args:
        pieces: What is wanted, folders before what is in them.
        into: Absolute path of the folder.
        policy: What is done where something else is there.
        mark: Goes into the names of what is kept beside something else, such as "restored 2026-11-22 14.02".
        backup: Absolute path of the mirror of the folder. Only what the mirror has with the same content is replaced,
            since from there it goes to the history; without one, nothing is.
        unseen: From ``Selection``: these were wanted too, and are among the failed.
        makes_folder: Whether the folder is made if it is not there.
        keeps_set_id: Whether programs keep their set-id bits, see ``Restorer``.
        is_by_job: Whether the job itself brings back what it took: folders count as files do, and those of which
            nothing else is known get mode and owner of the folder that they are in.
        rights_of: Tells who could use a folder that is made, see ``Restorer``.
        reason_of: Says why something could not be brought back; None for what the window has sentences for.
        meter: Told of each path, and of each block of large files.
        should_stop: Asked before each piece and within large files whether to give up.

    Returns:
        What became of each.

    Raises:
        OSError: The folder cannot be opened or made.
    """
    say = reason_of or _reason
    meter = meter or Meter(lambda _progress: None)
    counts = [is_by_job or not piece.is_folder for piece in pieces]
    meter.begin(Phase.RETURNING, sum(counts), sum(piece.size_bytes for piece in pieces))
    is_cancelled = False
    with Restorer(
        into,
        inherits=is_by_job,
        rights_of=rights_of,
        makes_folder=makes_folder,
        keeps_set_id=keeps_set_id,
        on_bytes=meter.add_bytes_of_path,
        should_stop=should_stop,
    ) as restorer:
        outcome = _Outcome(restorer, policy, mark, backup, counts_folders=is_by_job)
        outcome.failed += [(path, say(error)) for path, error in sorted((unseen or {}).items())]
        for piece, count in zip(pieces, counts, strict=True):
            if should_stop():
                is_cancelled = True
                break
            meter.begin_path(piece.wanted, piece.size_bytes)
            name = piece.wanted if piece.moved_kind is None else piece.stored
            try:
                outcome.put(piece)
            except Cancelled:
                is_cancelled = True
                break
            except Shortened:
                outcome.failed.append((name, Reason(ReasonCode.RETURN_CHANGED)))
            except OSError as error:
                outcome.failed.append((name, say(error)))
            meter.end_path(int(count))
    meter.end()
    return RestoreResult(
        asked=sum(counts) + len(unseen or ()),
        restored=tuple(outcome.restored),
        present=tuple(outcome.present),
        beside=tuple(outcome.beside),
        replaced=tuple(outcome.replaced),
        skipped=tuple(outcome.skipped),
        failed=tuple(outcome.failed),
        is_cancelled=is_cancelled,
        reason=_STOPPED if is_cancelled else NO_REASON,
    )


def restore_path(
    destination: str,
    history_root: str | None,
    path: str,
    at: datetime | None,
    to: str,
    *,
    keeps_set_id: bool = False,
    should_stop: Callable[[], bool] = never,
) -> RestoreResult:
    """Bring a file, or a folder with all in it, back into a folder, and leave alone what is there.

    Args:
        destination: Absolute path of the mirror.
        history_root: Absolute path of the history; None if there is none.
        path: The file or folder, relative to the mirror's root; the empty string for everything.
        at: The time whose state is wanted, UTC; None for the newest content known, also of what was deleted since.
        to: Absolute path of the folder to restore into; made if need be.
        keeps_set_id: Whether programs keep their set-id bits, see ``Restorer``.
        should_stop: Asked again and again whether to give up.

    Returns:
        What was done, with paths as they are in the mirror, and reasons in the system's words.

    Raises:
        Cancelled: ``should_stop`` said so before anything was written.
        FileNotFoundError: Neither the mirror nor the history knows the path.
        UnknownThenError: They know it, but no file or link of it as it was at that time.
        OSError: The folder to restore into cannot be made, or neither mirror nor history can be read.
    """
    from backup_gui.engine.history.snapshot import Snapshot  # noqa: PLC0415 - a job that runs does not need it

    try:
        with Snapshot(destination, history_root, should_stop) as snapshot:
            pieces, unseen = snapshot.select(path, None if at is None else at.timestamp())
            has_any = any(at is None or not piece.is_folder for piece in pieces) or bool(unseen)
            if not has_any and at is not None and snapshot.knows(path):
                raise UnknownThenError(path)
    except RootAbsentError:
        has_any = False
    if not has_any:
        raise FileNotFoundError(2, "Neither the backup nor its history has it", path)
    result = put_back(
        pieces,
        to,
        Policy.SKIP,
        unseen=unseen,
        makes_folder=True,
        keeps_set_id=keeps_set_id,
        reason_of=of_error,
        should_stop=should_stop,
    )
    base = parent_of(path)
    return result._replace(
        restored=tuple(join(base, name) for name in result.restored),
        skipped=tuple((join(base, name), reason) for name, reason in result.skipped),
        failed=tuple((join(base, name), reason) for name, reason in result.failed),
    )


def name_beside(path: str, mark: str, number: int = 1) -> str:
    """Name what comes to lie beside something of the same name.

    Args:
        path: The path that is taken.
        mark: What the name says, such as "restored 2026-11-22 14.02".
        number: Which one with this mark.

    Returns:
        A path in the same folder, with the same extension: ``docs/report (restored 2026-11-22 14.02).odt``. A name
        that would be longer than file systems allow is cut.
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
    """Return the mark of what the job itself brings back: English words and the user's time, now if ``at`` is None."""
    return f"{words} {at or datetime.now():%Y-%m-%d %H.%M.%S}"  # noqa: DTZ005 - for a name that people read


def look(tree: Tree, path: str, should_stop: Callable[[], bool]) -> Entry | None:
    """Look at what is to be brought back, for its kind and size.

    Returns:
        None if it cannot be looked at: that fails again, and is named, when it is to be copied. Or if ``should_stop``
        says so.
    """
    with contextlib.suppress(OSError):
        return None if should_stop() else tree.look(path)
    return None


class _Outcome:
    """What became of the pieces so far.

    Args:
        restorer: Writes into the folder.
        policy: As for ``put_back``, as are the others.
        mark: The same.
        backup: The same.
        counts_folders: Whether folders are among what is restored.
    """

    def __init__(
        self, restorer: Restorer, policy: Policy, mark: str, backup: str | None, *, counts_folders: bool
    ) -> None:
        self._restorer = restorer
        self._policy = policy
        self._mark = mark
        self._backup = backup
        self._counts_folders = counts_folders
        # Folders that came to lie beside something: what was in them follows.
        self._moved: dict[str, str] = {}
        self.restored: list[str] = []
        self.present: list[str] = []
        self.beside: list[tuple[str, str]] = []
        self.replaced: list[str] = []
        self.skipped: list[tuple[str, Reason]] = []
        self.failed: list[tuple[str, Reason]] = []

    def put(self, piece: Piece) -> None:
        """Bring one piece back.

        Raises:
            Cancelled: On request.
            Shortened: It was cut off meanwhile.
            OSError: It could not be brought back.
        """
        policy = piece.policy or self._policy
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
        entry = self._restorer.look(piece.stored)
        if self._restorer.look(piece.wanted) is not None:
            self.skipped.append((piece.stored, _THERE_ALREADY))
        elif entry is None or kind_of(entry) is not piece.moved_kind:
            self.skipped.append((piece.stored, _NOT_MOVED))
        else:
            self._restorer.make_folders(parent_of(piece.wanted))
            self._restorer.rename(piece.stored, piece.wanted)
            self.restored.append(piece.wanted)

    def _put_folder(self, piece: Piece, policy: Policy) -> None:
        """Make a folder, or leave the one that is there; what is in it comes by itself."""
        wanted = piece.wanted
        there = self._restorer.look(wanted)
        if there is not None and kind_of(there) is not EntryKind.FOLDER:
            if policy is Policy.SKIP and not piece.root:
                self.skipped.append((wanted, _THERE_ALREADY))
                return
            if policy in _SETTING_ASIDE and not (policy is Policy.MAKE_WAY and self._is_removed(wanted, there)):
                self.beside.append((wanted, self._set_aside(wanted)))
        if piece.root:
            self._restorer.restore(piece.root, piece.stored, wanted)
        else:
            self._restorer.make_folders(wanted)
        if self._counts_folders:
            self.restored.append(wanted)

    def _put_content(self, piece: Piece, policy: Policy) -> None:
        restorer, wanted = self._restorer, piece.wanted
        there = restorer.look(wanted)
        if there is not None and policy is not Policy.SKIP and restorer.holds(wanted, piece.root, piece.stored):
            self.present.append(wanted)
            return
        if there is None or (policy in _REPLACING and self._is_in_backup(wanted)):
            # What appears or changes at the last moment is kept, whatever it is.
            with contextlib.suppress(FileExistsError):
                restorer.restore(piece.root, piece.stored, wanted, replaces=there)
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
        """Bring something back under another name than its own."""
        for number in range(1, _MOST_NAMES):
            name = name_beside(piece.wanted, self._mark, number)
            if self._restorer.look(name) is not None:
                continue
            try:
                self._restorer.restore(piece.root, piece.stored, name)
            except FileExistsError:
                continue
            if piece.is_folder:
                self._moved[piece.wanted] = name
            self.restored.append(name)
            self.beside.append((piece.wanted, name))
            return
        raise FileExistsError(errno.EEXIST, "no name is free", piece.wanted)

    def _put_in_place(self, piece: Piece) -> None:
        """Bring something back under its own name, and give another one to what is there."""
        wanted = piece.wanted
        aside: list[str] = []
        try:
            self._restorer.restore(piece.root, piece.stored, wanted, lambda: aside.append(self._set_aside(wanted)))
        except OSError:
            if aside:
                self._restorer.rename(aside[0], wanted)
            raise
        self.restored.append(wanted)
        self.beside.append((wanted, aside[0]))

    def _set_aside(self, wanted: str) -> str:
        for number in range(1, _MOST_NAMES):
            aside = name_beside(wanted, self._mark, number)
            with contextlib.suppress(FileExistsError):
                self._restorer.rename(wanted, aside)
                return aside
        raise FileExistsError(errno.EEXIST, "no name is free", wanted)

    def _is_removed(self, wanted: str, there: Entry) -> bool:
        """Remove a file or link where a folder shall be, if the backup has it; tells whether it is gone."""
        if not self._is_in_backup(wanted):
            return False
        try:
            self._restorer.remove(wanted, there)
        except FileExistsError:
            return False
        self.replaced.append(wanted)
        return True

    def _is_in_backup(self, wanted: str) -> bool:
        """Tell whether what would be replaced is known to be in the mirror, from where it goes to the history.

        Raises:
            Cancelled: On request.
        """
        if self._backup is None:
            return False
        try:
            return self._restorer.holds(wanted, self._backup, wanted)
        except OSError:
            return False


def _reason(error: OSError) -> Reason:
    """Say why something could not be brought back."""
    if isinstance(error, NotADirectoryError):
        return Reason(ReasonCode.RETURN_IN_THE_WAY)
    if isinstance(error, CopyDiffersError):
        return Reason(ReasonCode.RETURN_WRITE_ERROR)
    if isinstance(error, FileNotFoundError):
        return Reason(ReasonCode.RETURN_CHANGED)
    code = code_of(error, Stage.COPY, is_writing=isinstance(error, TargetError))
    return Reason(CODES.get(code, ProblemCode.OTHER))

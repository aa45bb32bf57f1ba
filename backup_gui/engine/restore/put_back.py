"""Brings files back into a folder that is in use: never over what is there unless told to, and never unseen.

What is there with the wanted content already is left as it is. Where something else is, both are kept, under a name
that says so; or it is replaced, if the user wants that and the backup has what would be lost; or what is there stays,
and is named. Which contents are wanted is decided in ``history/snapshot.py``; how each gets there safely, in
``writer.py``.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import Cancelled, Shortened, TargetError, never
from backup_gui.engine.history.snapshot import Snapshot
from backup_gui.engine.restore.bringing import THERE_ALREADY
from backup_gui.engine.restore.writer import CopyDiffersError, Restorer, beside
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.errors import RootAbsentError, UnknownThenError
from backup_gui.model.paths import join, parent_of
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import code_of
from backup_gui.model.reasons import Code, Reason, ReasonCode, of_error
from backup_gui.model.restores import Policy, RestoreResult, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from backup_gui.model.restores import Piece

_MOST_NAMES = 1_000

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
    makes_folder: bool = False,
    keeps_set_id: bool = False,
    reason_of: Callable[[OSError], Reason] | None = None,
    on_step: Callable[[Step], None] = lambda _step: None,
    should_stop: Callable[[], bool] = never,
) -> RestoreResult:
    """Bring pieces back into a folder, each compared with what it came from.

    Args:
        pieces: What is wanted, folders before what is in them.
        into: Absolute path of the folder.
        policy: What is done where something else is there.
        mark: Goes into the names of what is kept beside something else, such as "restored 2026-11-22 14.02".
        backup: For ``Policy.REPLACE``, absolute path of the mirror of the folder. Only what the mirror has with the
            same content is replaced, since from there it goes to the history; without one, nothing is.
        makes_folder: Whether the folder is made if it is not there.
        keeps_set_id: Whether programs keep their set-id bits, see ``Restorer``.
        reason_of: Says why something could not be brought back; None for what the window has sentences for.
        on_step: Told before each piece, and of each block of large ones.
        should_stop: Asked again and again whether to give up.

    Returns:
        What became of each.

    Raises:
        OSError: The folder cannot be opened or made.
    """
    meter = _Meter(pieces, on_step)
    outcome = _Outcome()
    is_cancelled = False
    say = _reason if reason_of is None else reason_of
    with Restorer(
        into, makes_folder=makes_folder, keeps_set_id=keeps_set_id, on_bytes=meter.add, should_stop=should_stop
    ) as restorer:
        for piece in pieces:
            if should_stop():
                is_cancelled = True
                break
            meter.begin(piece)
            try:
                outcome.put(restorer, piece, policy, mark, backup)
            except Cancelled:
                is_cancelled = True
                break
            except Shortened:
                outcome.failed.append((piece.wanted, Reason(ReasonCode.RETURN_CHANGED)))
            except OSError as error:
                outcome.failed.append((piece.wanted, say(error)))
            meter.end(piece)
    return RestoreResult(
        asked=meter.files_total,
        restored=tuple(outcome.restored),
        present=tuple(outcome.present),
        beside=tuple(outcome.beside),
        replaced=tuple(outcome.replaced),
        skipped=tuple(outcome.skipped),
        failed=tuple(outcome.failed),
        is_cancelled=is_cancelled,
    )


def restore_path(
    destination: str,
    history_root: str | None,
    path: str,
    at: datetime | None,
    to: str,
    *,
    keeps_set_id: bool = False,
) -> RestoreResult:
    """Bring a file, or a folder with all in it, back into a folder, and leave alone what is there.

    Args:
        destination: Absolute path of the mirror.
        history_root: Absolute path of the history; None if there is none.
        path: The file or folder, relative to the mirror's root; the empty string for everything.
        at: The time whose state is wanted, UTC; None for the newest content known, also of what was deleted since.
        to: Absolute path of the folder to restore into; made if need be.
        keeps_set_id: Whether programs keep their set-id bits, see ``Restorer``.

    Returns:
        What was done, with paths as they are in the mirror, and reasons in the system's words.

    Raises:
        FileNotFoundError: Neither the mirror nor the history knows the path.
        UnknownThenError: They know it, but no file or link of it as it was at that time.
        OSError: The folder to restore into cannot be made, or neither mirror nor history can be read.
    """
    try:
        with Snapshot(destination, history_root) as snapshot:
            pieces, unseen = snapshot.select(path, None if at is None else at.timestamp())
            has_any = any(at is None or not piece.is_folder for piece in pieces) or bool(unseen)
            if not has_any and at is not None and snapshot.knows(path):
                raise UnknownThenError(path)
    except RootAbsentError:
        has_any = False
    if not has_any:
        raise FileNotFoundError(2, "Neither the backup nor its history has it", path)
    result = put_back(pieces, to, Policy.SKIP, makes_folder=True, keeps_set_id=keeps_set_id, reason_of=of_error)
    base = parent_of(path)
    return result._replace(
        asked=result.asked + len(unseen),
        restored=tuple(join(base, name) for name in result.restored),
        skipped=tuple((join(base, name), reason) for name, reason in result.skipped),
        failed=(
            *((name, of_error(error)) for name, error in sorted(unseen.items())),
            *((join(base, name), reason) for name, reason in result.failed),
        ),
    )


def name_beside(path: str, mark: str, number: int = 1) -> str:
    """Name what is brought back beside something else.

    Args:
        path: The path wanted.
        mark: What the name says, such as "restored 2026-11-22 14.02".
        number: Which one with this mark.

    Returns:
        Such as ``docs/report (restored 2026-11-22 14.02).odt``. A name that would be too long is cut.
    """
    return beside(path, f" ({mark})" if number == 1 else f" ({mark}, {number})")


class _Outcome:
    """What became of the pieces so far."""

    def __init__(self) -> None:
        self.restored: list[str] = []
        self.present: list[str] = []
        self.beside: list[tuple[str, str]] = []
        self.replaced: list[str] = []
        self.skipped: list[tuple[str, Reason]] = []
        self.failed: list[tuple[str, Reason]] = []

    def put(self, restorer: Restorer, piece: Piece, policy: Policy, mark: str, backup: str | None) -> None:
        """Bring one piece back.

        Raises:
            Cancelled: On request.
            Shortened: It was cut off meanwhile.
            OSError: It could not be brought back.
        """
        root, stored, wanted = piece.root, piece.stored, piece.wanted
        if piece.is_folder:
            restorer.restore(root, stored, wanted)
            return
        there = restorer.look(wanted)
        if there is None:
            try:
                restorer.restore(root, stored, wanted)
            except FileExistsError:
                if policy is Policy.SKIP:
                    self.skipped.append((wanted, THERE_ALREADY))
                else:
                    self._put_beside(restorer, piece, mark)
            else:
                self.restored.append(wanted)
            return
        if policy is Policy.SKIP:
            self.skipped.append((wanted, THERE_ALREADY))
            return
        if restorer.holds(wanted, root, stored):
            self.present.append(wanted)
            return
        is_replaceable = (
            policy is Policy.REPLACE
            and kind_of(there) in {EntryKind.FILE, EntryKind.LINK}
            and _is_in_backup(restorer, wanted, backup)
        )
        if is_replaceable:
            try:
                restorer.restore(root, stored, wanted, replaces=there)
            except FileExistsError:
                pass
            else:
                self.restored.append(wanted)
                self.replaced.append(wanted)
                return
        self._put_beside(restorer, piece, mark)

    def _put_beside(self, restorer: Restorer, piece: Piece, mark: str) -> None:
        for number in range(1, _MOST_NAMES):
            name = name_beside(piece.wanted, mark, number)
            if restorer.look(name) is not None:
                continue
            try:
                restorer.restore(piece.root, piece.stored, name)
            except FileExistsError:
                continue
            self.restored.append(name)
            self.beside.append((piece.wanted, name))
            return
        raise FileExistsError(errno.EEXIST, "no name is free", piece.wanted)


class _Meter:
    """Counts what is done."""

    def __init__(self, pieces: Sequence[Piece], on_step: Callable[[Step], None]) -> None:
        self._on_step = on_step
        self.files_total = sum(not piece.is_folder for piece in pieces)
        self._bytes_total = sum(piece.size_bytes for piece in pieces)
        self._files_done = 0
        self._bytes_done = 0
        self._bytes_of_file = 0
        self._path = ""

    def begin(self, piece: Piece) -> None:
        self._path, self._bytes_of_file = piece.wanted, 0
        self._tell()

    def add(self, count: int) -> None:
        self._bytes_of_file += count
        self._tell()

    def end(self, piece: Piece) -> None:
        self._files_done += not piece.is_folder
        self._bytes_done += piece.size_bytes
        self._bytes_of_file = 0
        self._tell()

    def _tell(self) -> None:
        done = min(self._bytes_done + self._bytes_of_file, self._bytes_total)
        self._on_step(Step(self._files_done, self.files_total, done, self._bytes_total, self._path))


def _is_in_backup(restorer: Restorer, wanted: str, backup: str | None) -> bool:
    """Tell whether what would be replaced is known to be in the mirror, from where it goes to the history.

    Raises:
        Cancelled: On request.
    """
    if backup is None:
        return False
    try:
        return restorer.holds(wanted, backup, wanted)
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

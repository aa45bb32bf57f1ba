"""Turns an error of the system into a code and advice. Touches no file."""

from __future__ import annotations

import errno
import logging
import sqlite3
import stat
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from backup_gui.model.errors import LinkInHistoryError, SourceError
from backup_gui.model.path_text import readable
from backup_gui.model.plans import Problem, ProblemCode, Stage
from backup_gui.model.reasons import Code, Reason, ReasonCode, of_error

if TYPE_CHECKING:
    from backup_gui.model.entries import Entry

log = logging.getLogger(__name__)

ADVICE: dict[Code, str] = {
    ProblemCode.NO_PERMISSION: "Give your user account permission to read it. The last copy stays in the backup.",
    ProblemCode.PRIVACY: "Allow it in System Settings, under Privacy & Security. The last copy stays in the backup.",
    ProblemCode.NO_WRITE_PERMISSION: "Give your user account permission to write in the backup folder.",
    ProblemCode.KEEPS_CHANGING: "It is tried again, and copied as it is after ten minutes.",
    ProblemCode.COPIED_IN_USE: "Close the program now and then: a whole copy follows. The last one is in the history.",
    ProblemCode.SPECIAL_FILE: "Nothing is lost: programs create such entries anew. Exclude it to hide this message.",
    ProblemCode.IN_USE: "It is tried again at every check. Close the other program, if you can.",
    ProblemCode.NO_SPACE: "Make room on the backup drive, shorten the history, or use a larger drive.",
    ProblemCode.TOO_LARGE: "Use a backup drive with another file system (exFAT, NTFS or ext4), or exclude the file.",
    ProblemCode.READ_ONLY: "Check the drive's write-protect switch, and whether the system reported errors on it.",
    ProblemCode.READ_ERROR: "It is tried again at every check. If it stays, the drive may be failing.",
    ProblemCode.WRITE_ERROR: "It is tried again at every check. If it stays, the backup drive may be failing.",
    ProblemCode.NAME_NOT_POSSIBLE: "Rename it, use a backup drive with another file system, or exclude it.",
    ProblemCode.NAME_TOO_LONG: "Shorten the name or the folders above it, or exclude it.",
    ProblemCode.NAME_COLLISION: "Rename one of the two, or use a backup drive that tells upper from lower case.",
    ProblemCode.NAME_RESERVED: "Rename it, or exclude it.",
    ProblemCode.LEFT_OUT_IN_THE_WAY: "Rename it, or remove what is left out from the backup.",
    ProblemCode.LINK_NOT_POSSIBLE: "What the link leads to is not affected. Exclude the link to hide this message.",
    ProblemCode.PROTECTED: "Take the protection off the copy in the backup (on Linux: chattr -i).",
    ProblemCode.METADATA: "Nothing needs to be done unless you rely on them.",
    ProblemCode.DRIVE_AWAY: "Connect the drive. Until then its copy in the backup stays as it is.",
    ProblemCode.MIRROR_CHANGED: "It is tried again at the next check. Do not work inside the backup folder.",
    ProblemCode.LINK_IN_HISTORY: "Look at the link, which this program did not make, and remove it.",
    ProblemCode.KEPT: "Restore the backup's version, or take your decision back.",
    ProblemCode.STORED_LATER: "Look in the program that mounts the cloud, or choose a folder on a drive.",
    ProblemCode.TOO_MANY_OPEN: "It is tried again by itself. Close other programs, or pause some of the backups.",
    ProblemCode.HISTORY_LOST: "If it was moved or thrown away by mistake, look for it: its files need no program.",
    ProblemCode.OTHER: "It is tried again at every check.",
}

# Problems that an exclusion rule solves: the path can never be backed up as it is, or need not be. Read errors are not
# among them: the copy in the backup may be the last good one.
MAY_BE_LEFT_OUT = frozenset(
    {
        ProblemCode.KEEPS_CHANGING,
        ProblemCode.SPECIAL_FILE,
        ProblemCode.TOO_LARGE,
        ProblemCode.NAME_NOT_POSSIBLE,
        ProblemCode.NAME_TOO_LONG,
        ProblemCode.NAME_COLLISION,
        ProblemCode.NAME_RESERVED,
        ProblemCode.LINK_NOT_POSSIBLE,
    }
)

_KINDS: Final = {
    stat.S_IFIFO: Reason(ReasonCode.PIPE),
    stat.S_IFSOCK: Reason(ReasonCode.SOCKET),
    stat.S_IFCHR: Reason(ReasonCode.DEVICE),
    stat.S_IFBLK: Reason(ReasonCode.DEVICE),
}

# Errors other than those of the system that a path may raise: it has a number or a name that some layer cannot
# represent.
UNFIT: Final = (ArithmeticError, ValueError, sqlite3.DataError, sqlite3.InterfaceError)

# Added if the user's quota, and not the drive, is used up.
QUOTA_USED_UP: Final = Reason(ReasonCode.QUOTA_USED_UP)

# A pass may have a hundred thousand problems, so equal ones share their reason.
_PLAIN: Final = {code: Reason(code) for code in ProblemCode.all()}
_WITH_CONTROL: Final = Reason(ReasonCode.NAME_WITH_CONTROL)
_WITH_BYTES: Final = Reason(ReasonCode.NAME_WITH_BYTES)
_WITH_END: Final = Reason(ReasonCode.NAME_WITH_END)

# For a name that FAT, exFAT or NTFS cannot store, the system reports only "invalid argument".
_NAMING = frozenset({Stage.COPY, Stage.MOVE})
_NOT_ON_WINDOWS_DRIVES = '<>:"|?*\\\x01'
_ALWAYS_WRITING = frozenset({Stage.DELETE, Stage.MOVE, Stage.METADATA, Stage.HISTORY})


def _numbers(*names: str) -> frozenset[int]:
    """Return error numbers by name, without those that this platform does not have."""
    return frozenset(number for name in names if (number := getattr(errno, name, None)) is not None)


_OF_DRIVES: Final = _numbers(
    "EIO", "ENXIO", "ENODEV", "ETIMEDOUT", "ESTALE", "EREMOTEIO", "EBADMSG", "EUCLEAN", "ENOTCONN"
)
_SAME_BOTH_WAYS: tuple[tuple[frozenset[int], Code], ...] = (
    (_numbers("ENOSPC", "EDQUOT", "EMLINK"), ProblemCode.NO_SPACE),
    (_numbers("EROFS"), ProblemCode.READ_ONLY),
    (_numbers("EFBIG"), ProblemCode.TOO_LARGE),
    (_numbers("ENAMETOOLONG"), ProblemCode.NAME_TOO_LONG),
    (_numbers("EBUSY", "ETXTBSY", "EAGAIN", "EDEADLK"), ProblemCode.IN_USE),
    (_numbers("EILSEQ"), ProblemCode.NAME_NOT_POSSIBLE),
    (_numbers("EMFILE", "ENFILE"), ProblemCode.TOO_MANY_OPEN),
)
_READING: tuple[tuple[frozenset[int], Code], ...] = (
    (_numbers("EACCES", "EPERM"), ProblemCode.NO_PERMISSION),
    (_OF_DRIVES, ProblemCode.READ_ERROR),
)
_WRITING: tuple[tuple[frozenset[int], Code], ...] = (
    (_numbers("EACCES"), ProblemCode.NO_WRITE_PERMISSION),
    # Root and owners meet EPERM only where a flag such as "immutable" forbids the change.
    (_numbers("EPERM"), ProblemCode.PROTECTED),
    (_OF_DRIVES, ProblemCode.WRITE_ERROR),
    # A folder has become a link or a file since the comparison, or the other way round.
    (_numbers("ELOOP", "ENOTDIR", "EISDIR", "ENOTEMPTY", "EEXIST", "ENOENT"), ProblemCode.MIRROR_CHANGED),
)

# ``winerror`` values of the Windows API. Some also have an errno, which is less specific.
_WINDOWS: dict[int, Code] = {
    19: ProblemCode.READ_ONLY,  # the medium is write-protected
    32: ProblemCode.IN_USE,  # sharing violation
    33: ProblemCode.IN_USE,  # lock violation
    39: ProblemCode.NO_SPACE,  # handle disk full
    112: ProblemCode.NO_SPACE,  # disk full
    123: ProblemCode.NAME_NOT_POSSIBLE,  # invalid name
    206: ProblemCode.NAME_TOO_LONG,  # file name exceeds the range
    223: ProblemCode.TOO_LARGE,  # the file exceeds the limit of the file system
    1224: ProblemCode.IN_USE,  # a section of the file is mapped
    1295: ProblemCode.NO_SPACE,  # disk quota exceeded
    1314: ProblemCode.LINK_NOT_POSSIBLE,  # creating links needs a privilege
}
_WINDOWS_DEVICE_ERRORS = frozenset({21, 23, 27, 29, 30, 31, 483, 1117})


def code_of(error: OSError, stage: Stage, *, is_writing: bool | None = None) -> Code:
    """Classify an error of the system.

    Args:
        error: The error as it was raised.
        stage: What was being done.
        is_writing: Whether the destination was being written to. By default the stage decides, and a failed copy counts
            as a read error.

    Returns:
        The code; ``OTHER`` for errors not in the table.
    """
    if isinstance(error, LinkInHistoryError):
        return ProblemCode.LINK_IN_HISTORY
    writes = stage in _ALWAYS_WRITING if is_writing is None else is_writing
    if isinstance(error, SourceError):
        writes = False
    winerror = getattr(error, "winerror", None)
    if winerror in _WINDOWS_DEVICE_ERRORS:
        return ProblemCode.WRITE_ERROR if writes else ProblemCode.READ_ERROR
    if winerror in _WINDOWS:
        return _WINDOWS[winerror]
    number = error.errno
    if stage is Stage.METADATA and number in _numbers("EPERM", "EOPNOTSUPP", "ENOTSUP", "EINVAL", "ERANGE", "E2BIG"):
        return ProblemCode.METADATA
    if sys.platform == "darwin" and number == errno.EPERM and not writes:
        # Modes and access lists refuse by EACCES; only the user's privacy is kept in this way.
        return ProblemCode.PRIVACY
    for numbers, code in (*_SAME_BOTH_WAYS, *(_WRITING if writes else _READING)):
        if number in numbers:
            return code
    return ProblemCode.OTHER


def of_unwritable(error: OSError) -> Reason:
    """Say why a folder cannot be written to."""
    return Reason(ReasonCode.DRIVE_READ_ONLY) if error.errno == errno.EROFS else of_error(error)


def is_over_quota(error: OSError) -> bool:
    """Tell whether the user's quota is used up, rather than the drive."""
    return error.errno in _numbers("EDQUOT") or getattr(error, "winerror", None) == 1295


def is_passing(error: OSError) -> bool:
    """Tell whether an error is transient and says nothing about what the drive contains."""
    return error.errno in _numbers("EIO", "ETIMEDOUT", "EINTR", "EAGAIN", "ENOMEM", "ENFILE", "EMFILE")


def is_full(error: OSError) -> bool:
    """Tell whether the error means that the drive or the user's quota has no space left."""
    return code_of(error, Stage.COPY, is_writing=True) is ProblemCode.NO_SPACE


def problem_from(error: Exception, path: str, stage: Stage, *, is_writing: bool | None = None) -> Problem:
    """Make a problem from an error of the system, as in ``code_of``, or from one of ``UNFIT``.

    An error that is not in the table keeps the system's own words.
    """
    if not isinstance(error, OSError):
        return problem_of_unfit(error, path, stage)
    code = code_of(error, stage, is_writing=is_writing)
    if isinstance(error, LinkInHistoryError):
        return problem(code, path, stage, more=Reason(ReasonCode.AT, path=error.filename))
    if code is ProblemCode.NAME_NOT_POSSIBLE or (error.errno == errno.EINVAL and stage in _NAMING):
        suspect = unfit_in(path.rpartition("/")[2], _NOT_ON_WINDOWS_DRIVES)
        if suspect or code is ProblemCode.NAME_NOT_POSSIBLE:
            return problem(ProblemCode.NAME_NOT_POSSIBLE, path, stage, more=suspect)
    if code is ProblemCode.NO_SPACE and is_over_quota(error):
        return problem(code, path, stage, more=QUOTA_USED_UP)
    if code is ProblemCode.OTHER:
        return problem(code, path, stage, more=of_error(error))
    return problem(code, path, stage)


def problem(code: Code, path: str, stage: Stage, *, more: Reason | None = None) -> Problem:
    """Make a problem from a code, with details such as the character that is not possible, or a path."""
    return Problem(path, stage, code, _explained(code, more) if more else _PLAIN[code])


def problem_of_special(path: str, entry: Entry) -> Problem:
    """Make the problem of a pipe, socket or device in the source, whose reason names which of them it is."""
    code = ProblemCode.SPECIAL_FILE
    return Problem(path, Stage.COMPARE, code, _KINDS.get(stat.S_IFMT(entry.st_mode), _PLAIN[code]))


@lru_cache(1_024)
def _explained(code: Code, more: Reason) -> Reason:
    return Reason(code, more=more)


def problem_of_unfit(error: Exception, path: str, stage: Stage) -> Problem:
    """Make a problem from one of the errors in ``UNFIT``, and log it with its traceback."""
    log.warning("%s could not be handled", readable(path), exc_info=error)
    return problem(ProblemCode.OTHER, path, stage)


def unfit_in(name: str, forbidden: str, *, may_have_bytes: bool = False, may_have_ends: bool = False) -> Reason | None:
    """Find what makes a name impossible on a file system; None if nothing does.

    U+0001 among the forbidden characters forbids all control characters. ``may_have_bytes`` allows bytes that are not
    valid text, ``may_have_ends`` a space or a full stop at the end.
    """
    for character in name:
        if character < " ":
            if "\x01" in forbidden:
                return _WITH_CONTROL
        elif character in forbidden:
            return _with_character(character)
        if "\ud800" <= character <= "\udfff" and not may_have_bytes:
            return _WITH_BYTES
    return _WITH_END if not may_have_ends and name.endswith((" ", ".")) else None


@lru_cache
def _with_character(character: str) -> Reason:
    return Reason(ReasonCode.NAME_WITH_CHARACTER, character=character)

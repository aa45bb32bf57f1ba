"""Errors that end a run or a pass. What concerns a single file is a ``Problem`` and is never raised."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from backup_gui.model.plans import Held


class BackupError(Exception):
    """Base class of these errors; its text is the reason in English."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class JobError(BackupError):
    """The job is invalid: a bad path or option, or folders inside each other."""


class RootAbsentError(BackupError):
    """The source or the destination's drive is not connected, or is not the recorded one. Callers wait for it."""


class DestinationBusyError(BackupError):
    """Another instance of the program is using the destination."""


class OtherBackupError(BackupError):
    """A folder that would be written to belongs to another backup; nothing was changed. The user has to decide."""

    def __init__(self, held: Held) -> None:
        super().__init__(held.reason)
        self.held = held


class DestinationFullError(BackupError):
    """The destination has no space left."""


class DestinationUnusableError(BackupError):
    """The destination cannot be written to: read-only, no permission, or failing."""


class HistoryUnusableError(DestinationUnusableError):
    """The history is unsafe or unusable: a link, owned by another user, or writable by others."""


class LinkInHistoryError(OSError):
    """A symbolic link stands where the history has a folder; ``filename`` is its path in the history."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ELOOP, os.strerror(errno.ELOOP), path)


class SourceError(OSError):
    """Reading the source failed, whatever was being done to the destination."""


class CatalogError(BackupError):
    """The catalog could not be opened even after it was rebuilt."""


class OwnFolderError(BackupError):
    """One of the program's own folders cannot be used; the reason names it."""


class NewerDataError(BackupError):
    """A newer version wrote the program's own data. The data is not changed."""


class TooManyOpenError(BackupError):
    """The process or the system cannot open more files. The path being handled is not the cause."""

    def __init__(self) -> None:
        super().__init__(Reason(ReasonCode.TOO_MANY_OPEN_FILES))


class UnknownThenError(LookupError):
    """The path is known, but not its state at the given time."""


class WatchError(OSError):
    """The source cannot be watched at all, for a reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class WatchCancelledError(Exception):
    """Setting up the watches was cancelled because the runner has to stop or to pause."""

"""Conditions that end a run or a pass. What concerns one file only is a ``Problem`` and never raised."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from backup_gui.model.plans import Held


class BackupError(Exception):
    """Base of all of them; its text is the reason's English.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class JobError(BackupError):
    """The job itself makes no sense: a bad path, folders inside each other, a bad option."""


class RootAbsentError(BackupError):
    """The source or the destination's drive is not there, or is not the one recorded: wait for it."""


class DestinationBusyError(BackupError):
    """Another instance has the destination."""


class OtherBackupError(BackupError):
    """A folder that is to be written to belongs to another backup; nothing was touched.

    Attributes:
        held: What the user is asked.
    """

    def __init__(self, held: Held) -> None:
        super().__init__(held.reason)
        self.held = held


class DestinationFullError(BackupError):
    """The destination has no room for anything more."""


class DestinationUnusableError(BackupError):
    """The destination cannot be written to: read-only, no permission, or failing."""


class HistoryUnusableError(DestinationUnusableError):
    """The history cannot be trusted or used: a link, another user's, or open to others."""


class LinkInHistoryError(OSError):
    """A symbolic link stands where the history has a folder; ``filename`` is its path in the history."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.ELOOP, os.strerror(errno.ELOOP), path)


class SourceError(OSError):
    """It is the source that could not be read, whatever was being done to the destination."""


class CatalogError(BackupError):
    """The catalog could not be opened even after it was rebuilt."""


class OwnFolderError(BackupError):
    """One of the program's own folders cannot be used; the sentence names it."""


class NewerDataError(BackupError):
    """The program's own data was written by a newer version, and is left as it is."""


class TooManyOpenError(BackupError):
    """No more files can be opened, by this process or by any; whatever is at hand has nothing to do with it."""

    def __init__(self) -> None:
        super().__init__(Reason(ReasonCode.TOO_MANY_OPEN_FILES))


class UnknownThenError(LookupError):
    """Nothing is known of how something was at a time, though it is known."""


class WatchError(OSError):
    """The source cannot be watched at all.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class WatchCancelledError(Exception):
    """Setting the watches was given up because the runner is to stop or to pause."""

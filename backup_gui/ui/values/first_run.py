"""What the first run is shown, and what it asks for: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backup_gui.model.reasons import NO_REASON, Reason

if TYPE_CHECKING:
    from backup_gui.model.job import Job


@dataclass(frozen=True, slots=True)
class FolderCount:
    """What was counted in a folder.

    Attributes:
        path: The folder.
        files: Files so far.
        bytes: Their sizes together.
        is_done: Whether there is no more to come.
        is_readable: Whether the folder could be read at all.
    """

    path: str
    files: int = 0
    bytes: int = 0
    is_done: bool = False
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class PlaceOffer:
    """A place for a backup.

    Attributes:
        root: Absolute path of the folder that the backup's own folder is made in.
        name: What the drive is called; empty for the computer's own.
        total_bytes: Size of the drive; 0 if unknown.
        free_bytes: What the user may still write.
        is_own: Whether it is the computer's own drive.
        is_folder: Whether it is a folder that the user has chosen, and no drive.
    """

    root: str
    name: str
    total_bytes: int = 0
    free_bytes: int = 0
    is_own: bool = False
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class FirstChoice:
    """What the user has chosen so far, not checked yet.

    Attributes:
        serial: Which choice this is; the verdict carries it back.
        sources: Folders to protect.
        place: Where to.
        is_whole_place: Whether the folder itself is used, instead of a new one in it.
        keeps_history: Whether replaced and deleted files are kept.
    """

    serial: int
    sources: tuple[str, ...]
    place: str
    is_whole_place: bool = False
    keeps_history: bool = True


@dataclass(frozen=True, slots=True)
class FirstVerdict:
    """What a check of a choice found.

    Attributes:
        serial: The choice's serial.
        jobs: The jobs that come of it; empty if it is not possible.
        fault: Why it is not possible.
        note: What is worth knowing.
        is_place_empty: Whether nothing is in the folder chosen.
    """

    serial: int
    jobs: tuple[Job, ...] = ()
    fault: str = ""
    note: str = ""
    is_place_empty: bool = True


@dataclass(frozen=True, slots=True)
class FirstForecast:
    """What the first pass of the jobs is going to do.

    Attributes:
        files: Files to copy.
        bytes: Their sizes together.
        expected_s: About how long it takes, in seconds.
        problems: Some of what cannot be copied: path and reason, in the user's words.
        problem_count: How much cannot be copied.
        strangers: Files in the backup's folder that would have to leave it.
        is_done: Whether there is no more to come.
        reason: If it cannot be told: why.
    """

    files: int = 0
    bytes: int = 0
    expected_s: float = 0.0
    problems: tuple[tuple[str, str], ...] = ()
    problem_count: int = 0
    strangers: int = 0
    is_done: bool = False
    reason: Reason = NO_REASON


@dataclass(frozen=True, slots=True)
class FirstStart:
    """The user wants these jobs to run from now on."""

    jobs: tuple[Job, ...]
    starts_at_login: bool

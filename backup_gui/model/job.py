"""What is to be kept like what, and how: a job and its defaults."""

from __future__ import annotations

from typing import NamedTuple

DEFAULT_INTERVAL_S = 5
MAX_INTERVAL_S = 604_800
DEFAULT_FULL_PASS_EVERY_S = 3_600
DEFAULT_GUARD_COUNT = 50
DEFAULT_GUARD_SHARE = 0.5
DEFAULT_HISTORY_DAYS = 30
MAX_HISTORY_DAYS = 36_500
HISTORY_SUFFIX = ".history"


class Job(NamedTuple):
    """A source, a destination and options. Built and checked by ``config/settings.py``.

    Attributes:
        source: Absolute path of the folder protected.
        destination: Absolute path of the folder that mirrors it.
        id: Stable key of the job, also the name of its catalog.
        name: What the user calls it.
        interval_s: Seconds between checks.
        exclude: Exclusion rules, gitignore syntax, in order.
        removes_left_out: Whether what is left out goes from the mirror, too; otherwise it is left alone there.
        leaves_out_system_folders: Whether the folders are left out that systems keep for themselves on drives, such as
            trash and what a check of the drive has found.
        keeps_history: Whether replaced and deleted versions are kept.
        history: Absolute path chosen for the history; empty for its usual place: see ``history_place.py``.
        history_days: For how many days versions are kept, fewer and fewer of them: see ``rules/retention.py``. 0 keeps
            every one, without end.
        history_max_bytes: How much room the history may take; 0 for any. Beyond it versions of files that the mirror
            has go first, the oldest first, then what exists nowhere else. What left the mirror in the last hour is
            kept in any case. With neither limit, old versions do not give way to new content either.
        uses_notification: Whether the system's change notification is used; otherwise full checks at the interval.
        full_pass_every_s: Seconds between full passes while notification works.
        saves_power: Whether the app makes full passes less often on battery and on a metered network.
        guard_count: Deletions plus replacements up to this many are never held.
        guard_share: Share of the mirror, 0 to 1, up to which they are never held.
        allows_mass_delete: The user's standing word for the guard.
        frees_history: The user's standing word that the last version of what exists nowhere else may give way, too.
        takes_over: The user's word that the destination may become this job's, though it is another backup's.
        asks_about_strangers: Whether files in the destination that this program did not put there are held
            for the user's word, instead of going to the history.
        is_enabled: Whether the app runs it.
    """

    source: str
    destination: str
    id: str
    name: str
    interval_s: int = DEFAULT_INTERVAL_S
    exclude: tuple[str, ...] = ()
    removes_left_out: bool = False
    leaves_out_system_folders: bool = True
    keeps_history: bool = True
    history: str = ""
    history_days: int = DEFAULT_HISTORY_DAYS
    history_max_bytes: int = 0
    uses_notification: bool = True
    full_pass_every_s: int = DEFAULT_FULL_PASS_EVERY_S
    saves_power: bool = True
    guard_count: int = DEFAULT_GUARD_COUNT
    guard_share: float = DEFAULT_GUARD_SHARE
    allows_mass_delete: bool = False
    frees_history: bool = False
    takes_over: bool = False
    asks_about_strangers: bool = False
    is_enabled: bool = True

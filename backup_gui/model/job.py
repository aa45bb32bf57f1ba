"""A job: what is backed up, where to, and how. Each option is declared here once: type, default and limits.

Readers, checks and forms go by these declarations. They are evaluated, unlike annotations elsewhere: no ``from
__future__ import annotations`` here.
"""

from typing import Annotated, Final, NamedTuple

from backup_gui.model.reasons import Code, ReasonCode

DEFAULT_INTERVAL_S = 5
MAX_INTERVAL_S = 604_800
MAX_NAME_LENGTH = 100
DEFAULT_FULL_PASS_EVERY_S = 3_600
DEFAULT_GUARD_COUNT = 50
DEFAULT_GUARD_SHARE = 0.5
DEFAULT_HISTORY_DAYS = 30
MAX_HISTORY_DAYS = 36_500
HISTORY_SUFFIX = ".history"


class Limits(NamedTuple):
    """The range of a number among a job's options, or of the length of a text.

    Attributes:
        least: The smallest value allowed.
        most: The largest value allowed; None for any.
        fault: The reason for refusing a value outside; its argument ``number`` is the largest value.
    """

    least: int
    most: int | None
    fault: Code


class Place(NamedTuple):
    """A folder on this computer; false if it is empty, as in a draft. In drafts its path may be relative.

    Another kind of place gets a text form of its own, which ``parse`` tells from a path. Code that takes the ``path``
    of a place then fails the type check until it handles that kind.
    """

    path: str = ""

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read the text form."""
        return cls(text)

    def __str__(self) -> str:
        """Return the text form."""
        return self.path

    def __bool__(self) -> bool:
        return bool(self.path)


NOWHERE = Place()


class Job(NamedTuple):
    """A source, a destination and options. ``config/job_factory.py`` checks it, and fills in what is empty.

    Attributes:
        source: Absolute path of the folder to back up.
        destination: Where its mirror lies.
        id: Stable key of the job, also the name of its database; empty for a draft.
        name: The user's name for it; empty for the source's name.
        interval_s: Seconds between checks.
        exclude: Exclusion rules in gitignore syntax, in order.
        removes_left_out: Whether excluded entries are removed from the mirror; otherwise they stay there unchanged.
        leaves_out_system_folders: Whether to exclude the folders that systems keep for themselves on drives, such as
            the trash and files recovered by a file system check.
        leaves_out_cloud_only: Whether to leave out files whose content is only in a cloud; backing them up brings it
            from there.
        keeps_history: Whether replaced and deleted versions are kept.
        history: Where the user has chosen to keep the history; empty for the default place, see ``history_place.py``.
        history_days: How many days versions are kept, with fewer of them the older they are: see
            ``rules/retention.py``. 0 keeps every version without limit.
        history_max_bytes: Most space that the history may take; 0 for no limit. Beyond it, the oldest versions of files
            that the mirror has are removed first, then those that exist nowhere else. Versions of the last hour are
            never removed. With neither limit, old versions are not removed to make space for new content either.
        uses_notification: Whether the system's change notification is used; otherwise full passes at the interval.
        full_pass_every_s: Seconds between full passes while notification works.
        saves_power: Whether the app makes fewer full passes on battery and on a metered connection.
        guard_count: Up to this many deletions and replacements are never held.
        guard_share: Share of the mirror, 0 to 1, up to which they are never held.
        allows_mass_delete: Whether the user has approved mass deletions permanently.
        frees_history: Whether the user allows removing the last version of what exists nowhere else.
        takes_over: Whether the user allows this job to take over another backup's destination.
        asks_about_strangers: Whether files in the destination that this program did not put there are held for review,
            instead of moved into the history.
        is_enabled: Whether the app runs it.
    """

    source: str
    destination: Place
    id: str = ""
    name: Annotated[str, Limits(0, MAX_NAME_LENGTH, ReasonCode.TYPED_NAME)] = ""
    interval_s: Annotated[int, Limits(1, MAX_INTERVAL_S, ReasonCode.TYPED_INTERVAL)] = DEFAULT_INTERVAL_S
    exclude: tuple[str, ...] = ()
    removes_left_out: bool = False
    leaves_out_system_folders: bool = True
    leaves_out_cloud_only: bool = True
    keeps_history: bool = True
    history: Place = NOWHERE
    history_days: Annotated[int, Limits(0, MAX_HISTORY_DAYS, ReasonCode.TYPED_HISTORY_DAYS)] = DEFAULT_HISTORY_DAYS
    history_max_bytes: Annotated[int, Limits(0, (1 << 63) - 1, ReasonCode.TYPED_HISTORY_SIZE)] = 0
    uses_notification: bool = True
    full_pass_every_s: Annotated[int, Limits(1, MAX_INTERVAL_S, ReasonCode.TYPED_FULL_CHECKS)] = (
        DEFAULT_FULL_PASS_EVERY_S
    )
    saves_power: bool = True
    guard_count: Annotated[int, Limits(0, None, ReasonCode.TYPED_GUARD_COUNT)] = DEFAULT_GUARD_COUNT
    guard_share: Annotated[float, Limits(0, 1, ReasonCode.TYPED_GUARD_SHARE)] = DEFAULT_GUARD_SHARE
    allows_mass_delete: bool = False
    frees_history: bool = False
    takes_over: bool = False
    asks_about_strangers: bool = False
    is_enabled: bool = True


LIMITS: Final[dict[str, Limits]] = {
    name: limits for name, kind in Job.__annotations__.items() for limits in getattr(kind, "__metadata__", ())
}

# A job from the window can ask its user.
NEW_JOB: Final = Job("", NOWHERE, asks_about_strangers=True)

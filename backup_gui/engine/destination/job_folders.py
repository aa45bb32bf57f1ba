"""Where the folders of a job lie, and whether one of them lies in another.

Found out once for all who compare them within a pass, and kept until one of them lies elsewhere. Nothing here writes,
and nothing needs to exist.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.destination.history_place import history_of, is_place_inside
from backup_gui.engine.fs import own_files
from backup_gui.engine.fs.volumes.nesting import Location, mounted_below

if TYPE_CHECKING:
    from backup_gui.model.job import Job

# Of so many jobs; beyond that, all are found out anew.
MOST_KEPT: Final = 64


class JobFolders(NamedTuple):
    """The folders of a job, and those of the program.

    Attributes:
        source: The source.
        destination: The destination.
        history: The history; None if the job keeps none.
        own: What the program writes for itself.
    """

    source: Location
    destination: Location
    history: Location | None
    own: tuple[Location, ...]

    @property
    def backup(self) -> tuple[Location, ...]:
        """Return the destination, and the history if there is one."""
        return (self.destination,) if self.history is None else (self.destination, self.history)


class Nesting(Enum):
    """How the folders of a job lie in each other, which copies or deletes without end."""

    SAME = auto()
    DESTINATION_IN_SOURCE = auto()
    SOURCE_IN_DESTINATION = auto()
    SOURCE_MOUNTED_IN_DESTINATION = auto()
    SOURCE_IN_OWN = auto()
    # What lies there is not in the source: it would be removed from the mirror while it is in use.
    DESTINATION_AROUND_OWN = auto()
    HISTORY_IN_SOURCE = auto()
    SOURCE_IN_HISTORY = auto()
    HISTORY_IN_DESTINATION = auto()
    DESTINATION_IN_HISTORY = auto()
    HISTORY_AROUND_OWN = auto()


_kept: dict[tuple[object, ...], JobFolders] = {}


def folders_of(job: Job) -> JobFolders:
    """Find out where the folders of a job lie now."""
    history = history_of(job)
    return folders_at(job.source, job.destination.path, None if history is None else history.path)


def folders_at(source: str, destination: str, history: str | None) -> JobFolders:
    """Find out where folders lie now, by their absolute paths; None for no history.

    Returns:
        The same as the last time, with all that was found out of it since, if all lie where they did.
    """
    root = Location(source)
    folders = JobFolders(
        root,
        Location(destination, root),
        None if history is None else Location(history, root),
        tuple(Location(place, root) for place in own_files.noted()),
    )
    # First what may mount something by being looked at, then what is mounted.
    seen = [place.seen for place in (root, *folders.backup, *folders.own)]
    key = (history is None, *seen, *root.visible.values())
    if len(_kept) >= MOST_KEPT and key not in _kept:
        _kept.clear()
    return _kept.setdefault(key, folders)


@lru_cache(maxsize=MOST_KEPT)
def nesting_of(folders: JobFolders) -> Nesting | None:
    """Return the first way in which the folders of a job lie in each other; None if they do not."""
    source, destination, history, own = folders
    is_inside, is_around = destination.is_within(source), source.is_within(destination)
    found = {
        Nesting.SAME: is_inside and is_around,
        Nesting.DESTINATION_IN_SOURCE: is_inside,
        Nesting.SOURCE_IN_DESTINATION: is_around,
        Nesting.SOURCE_MOUNTED_IN_DESTINATION: mounted_below(destination, source) is not None,
        Nesting.SOURCE_IN_OWN: any(source.is_within(place) for place in own),
        Nesting.DESTINATION_AROUND_OWN: any(destination.overlaps(place) for place in own),
    }
    if history is not None and not is_place_inside(history.given, destination.given):
        found |= {
            Nesting.HISTORY_IN_SOURCE: history.is_within(source),
            Nesting.SOURCE_IN_HISTORY: source.is_within(history),
            Nesting.HISTORY_IN_DESTINATION: history.is_within(destination),
            Nesting.DESTINATION_IN_HISTORY: destination.is_within(history),
            Nesting.HISTORY_AROUND_OWN: any(history.overlaps(place) for place in own),
        }
    return next((nesting for nesting, is_so in found.items() if is_so), None)

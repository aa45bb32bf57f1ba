"""Where the folders of a job lie, found out once for all who compare them within a pass.

Nothing here writes, and nothing needs to exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.fs import own_files
from backup_gui.engine.fs.volumes.nesting import Location

if TYPE_CHECKING:
    from backup_gui.model.job import Job


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


def folders_of(job: Job) -> JobFolders:
    """Find out where the folders of a job lie now."""
    history, source = history_of(job), Location(job.source)
    return JobFolders(
        source,
        Location(job.destination.path, source),
        None if history is None else Location(history, source),
        tuple(Location(place, source) for place in own_files.noted()),
    )

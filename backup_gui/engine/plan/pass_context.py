"""What all steps of one pass work with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.rules.exclusions import Filter
    from backup_gui.engine.rules.progress import Meter
    from backup_gui.engine.state.database import Catalog
    from backup_gui.model.job import Job

Side_co = TypeVar("Side_co", bound="DestinationView", covariant=True)


class PassContext(NamedTuple, Generic[Side_co]):
    """The two sides of a pass, open, and what goes with them.

    A constructor takes from it what it asks for each path: a look-up through the context takes twice as long. A named
    tuple, since the start of the command line would have to import ``dataclasses`` for this alone.

    Attributes:
        job: The job.
        source: The source.
        destination: The destination; to a comparison a ``DestinationView``, by which nothing can be changed.
        catalog: What is known from earlier passes, and where this one is recorded.
        rules: What is left out of the source.
        meter: Told of files and bytes.
        should_stop: Polled between paths and within large files; the pass ends when it returns True.
        falls_together: Tells whether two names are one to the destination, if need be by an experiment there; only a
            pass that learns may ask.
        learns: Whether files found equal are recorded in the catalog.
        started_at: When the pass began, seconds since 1970, UTC.
        began_s: The same, monotonic seconds.
    """

    job: Job
    source: Tree
    destination: Side_co
    catalog: Catalog
    rules: Filter
    meter: Meter
    should_stop: Callable[[], bool]
    falls_together: Callable[[str, str], bool]
    learns: bool = True
    started_at: float = 0.0
    began_s: float = 0.0

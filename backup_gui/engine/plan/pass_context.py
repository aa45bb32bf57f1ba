"""What all steps of one pass share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.job import Job

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import DestinationView

Side_co = TypeVar("Side_co", bound="DestinationView", covariant=True)


class PassContext(NamedTuple, Generic[Side_co]):
    """The two sides of a pass, open, and its other parts.

    Constructors copy the fields that they use for each path, since an access through the context takes twice as long.
    It is a named tuple because ``dataclasses`` would be imported at the command line's start for this alone.

    Attributes:
        job: The job.
        source: The source.
        destination: The destination. A comparison gets a ``DestinationView``, which changes nothing.
        catalog: Records of earlier passes, and of this one.
        rules: What is excluded from the source.
        meter: Counts files and bytes.
        should_stop: Polled between paths and within large files; returns True to cancel the pass.
        falls_together: Tells whether two names are the same to the destination, if necessary by an experiment there;
            only a pass that learns may call it.
        learns: Whether files found equal are recorded in the catalog.
        started_at: When the pass began, seconds since 1970, UTC.
        began_s: The same in monotonic seconds.
    """

    job: Job
    source: Tree
    destination: Side_co
    catalog: JobDatabase
    rules: ExclusionRules
    meter: Meter
    should_stop: Callable[[], bool]
    falls_together: Callable[[str, str], bool]
    learns: bool = True
    started_at: float = 0.0
    began_s: float = 0.0

"""What the steps of a pass share: its two sides, and the plan that its comparison collects."""

from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.actions import Actions
from backup_gui.model.job import Job
from backup_gui.model.plans import Action, Plan, Problem

if TYPE_CHECKING:
    from collections.abc import Collection

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


class PlanBuilder:
    """The findings of a comparison so far.

    Attributes:
        in_the_way: Deletions of entries whose place is needed, folders before their contents.
        respellings: Moves that only change the spelling of a name.
        copies: What is created, copied or given new metadata, folders before their contents.
        moves: Files that the mirror has under another name.
        joins: Hard links to a file that another name brings into the mirror.
        deletions: What the source does not have, folders before their contents.
        problems: What could not be compared, or cannot be stored in the mirror.
        litter: Unfinished temporary files in the mirror.
        moved_away: Paths of the mirror that will be renamed.
        mirror_files: How many files and links of the mirror were seen.
        source_folders: How many folders of the source were seen.
        placeholders: How many files and folders of the source were left out since they are only in a cloud.
    """

    def __init__(self) -> None:
        self.in_the_way = Actions()
        self.respellings: list[Action] = []
        self.copies = Actions()
        self.moves = Actions()
        self.joins = Actions()
        self.deletions = Actions()
        self.problems: list[Problem] = []
        self.litter: list[str] = []
        self.moved_away: set[str] = set()
        self.mirror_files = 0
        self.source_folders = 0
        self.placeholders = 0

    def plan(self, drives: "Collection[str]", *, is_full: bool) -> Plan:
        """Create the plan. Call it once, after everything was added."""
        actions = self.copies
        if self.respellings or self.in_the_way:
            actions = Actions(chain(self.respellings, reversed(self.in_the_way), self.copies))
        actions.extend(self.moves)
        actions.extend(self.joins)
        actions.extend(action for action in reversed(self.deletions) if action.path not in self.moved_away)
        return Plan(
            actions=actions.settled(),
            problems=tuple(self.problems),
            litter=tuple(self.litter),
            mirror_files=self.mirror_files,
            source_folders=self.source_folders,
            placeholders=self.placeholders,
            drives=frozenset(drives),
            is_full=is_full,
        )

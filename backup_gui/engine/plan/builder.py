"""Collects the actions that a comparison finds, and puts them in order for the plan."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from backup_gui.model.actions import Actions
from backup_gui.model.plans import Plan

if TYPE_CHECKING:
    from collections.abc import Collection

    from backup_gui.model.plans import Action, Problem


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
    """

    __slots__ = (
        "copies",
        "deletions",
        "in_the_way",
        "joins",
        "litter",
        "mirror_files",
        "moved_away",
        "moves",
        "problems",
        "respellings",
        "source_folders",
    )

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

    def plan(self, drives: Collection[str], *, is_full: bool) -> Plan:
        """Create the plan. Call it once, after everything was added.

        Args:
            drives: Folders of the source on which another volume is mounted.
            is_full: Whether everything was compared.
        """
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
            drives=frozenset(drives),
            is_full=is_full,
        )

"""Maps names of the source to names of the mirror, where the destination cannot store every name.

It lists folders and applies ``rules/names.py``, with the state of one comparison. Not used where all names are
possible.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.rules.names import Alignment, align, inherit, refused
from backup_gui.model.entries import kind_of
from backup_gui.model.paths import join, parent_of
from backup_gui.model.plans import Action, Op

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.fs.tree_view import TreeView
    from backup_gui.engine.plan.pass_context import PassContext, PlanBuilder
    from backup_gui.engine.state.rows import Row
    from backup_gui.model.entries import Entry


_MOST_FOLDERS = 64


class FolderNames(NamedTuple):
    """A folder that both sides have.

    Attributes:
        ours: The source's entries.
        wanted: Those of their names that should be in the mirror.
        theirs: The mirror's names, as listed.
        alignment: How the names map.
        takers: Names of the source by their other spelling in the mirror.
    """

    ours: dict[str, Entry]
    wanted: frozenset[str]
    theirs: frozenset[str]
    alignment: Alignment
    takers: dict[str, str]


class NameMapper:
    """The names of both sides during one comparison: maps them, and applies the mapping.

    Args:
        context: The pass.
        builder: Receives respellings and problems.
        is_left_out: Tells whether an entry of the source is excluded.
        compare_alone: Compares an entry of the source that the mirror does not and cannot have.
    """

    def __init__(
        self,
        context: PassContext[DestinationView],
        builder: PlanBuilder,
        is_left_out: Callable[[str, Entry], bool],
        compare_alone: Callable[[str, Entry], None],
    ) -> None:
        self._source = context.source
        self._target = context.destination
        self._catalog = context.catalog
        # Better one file too few than two in one place.
        self._falls_together = context.falls_together if context.learns else _are_one
        self._builder = builder
        self._is_left_out = is_left_out
        self._compare_alone = compare_alone
        self._former: dict[str, str] = {}
        self._folders: dict[str, FolderNames] = {}
        self._done: set[str] = set()

    def alignment(
        self, folder: str, ours: dict[str, Entry], theirs: Collection[str], *, is_new: bool = False
    ) -> Alignment:
        """Map the names of a folder; the mirror of a new folder is empty."""
        tells = self._target.capabilities.keeps_spelling
        is_plain = tells and all(name in theirs for name in ours)
        wanted = frozenset() if is_plain else self._wanted(folder, ours)
        alignment = align(
            wanted,
            theirs,
            self._target.capabilities,
            known=() if tells else self._catalog.folder(self.former(folder)),
            is_taken=lambda name: not is_new and is_taken(self._target, join(folder, name)),
            falls_together=self._falls_together,
        )
        for name in alignment.respelt:
            self._former[join(folder, name)] = join(self.former(folder), alignment.stored[name])
        return alignment

    def former(self, path: str) -> str:
        """Return the path under which the catalog has a path's records, if its spelling is about to change."""
        if not self._former:
            return path
        below = ""
        head = path
        while head:
            if head in self._former:
                return join(self._former[head], below) if below else self._former[head]
            head, _, name = head.rpartition("/")
            below = join(name, below) if below else name
        return path

    def folder(self, path: str) -> FolderNames | None:
        """Return a folder; None if one side does not have it, or it cannot be listed."""
        known = self._folders.get(path)
        if known is not None:
            return known
        try:
            ours, theirs = self._source.list(path), frozenset(self._target.list(path))
        except OSError:
            return None
        alignment = self.alignment(path, ours, theirs)
        takers = {place: name for name, place in alignment.stored.items()}
        if len(self._folders) >= _MOST_FOLDERS:
            self._folders.clear()
        found = FolderNames(ours, self._wanted(path, ours), theirs, alignment, takers)
        self._folders[path] = found
        return found

    def is_free(self, path: str) -> bool:
        """Tell whether the mirror's entry at a path belongs to no name of the source."""
        folder = self.folder(parent_of(path))
        if folder is None:
            return True
        name = path.rpartition("/")[2]
        return name in folder.theirs and name not in folder.takers

    def _wanted(self, folder: str, ours: dict[str, Entry]) -> frozenset[str]:
        return frozenset(
            name
            for name, entry in ours.items()
            if not self._is_left_out(join(folder, name), entry) and self._target.capabilities.holds(kind_of(entry))
        )

    def resolve(self, path: str) -> tuple[str, bool] | None:
        """Find the source's path for a path.

        Returns:
            The path in the source's spelling, or a folder above it, and whether the mirror's entry belonged to
            something else before, so that all of it has to be compared. None if there is nothing to compare.
        """
        settled = ""
        for name in path.split("/") if path else ():
            folder = self.folder(settled)
            if folder is None:
                # One side does not have it, so it is compared as a whole, or it cannot be read.
                return path, False
            taker = folder.takers.get(name, name)
            here = join(settled, taker)
            if taker in folder.alignment.refused:
                self._refuse(here, folder.ours[taker], folder.alignment)
                return None
            if taker not in folder.wanted and taker not in folder.theirs:
                if taker in folder.ours and not self._is_left_out(here, folder.ours[taker]):
                    self._compare_alone(here, folder.ours[taker])
                return None
            self._respell(settled, taker, folder.ours.get(taker), folder.alignment)
            if taker != name or taker in folder.alignment.respelt:
                return here, True
            settled = here
        return settled, False

    def align(
        self,
        path: str,
        ours: dict[str, Entry],
        theirs: dict[str, Entry],
        known: dict[str, Row],
        *,
        is_new: bool,
    ) -> None:
        """Remove refused names from a folder's listings, in place, and give the mirror's the source's spelling."""
        alignment = self.alignment(path, ours, theirs, is_new=is_new)
        for name in alignment.refused:
            self._refuse(join(path, name), ours.pop(name), alignment)
        inherit(known, ours, alignment)
        for name, place in alignment.stored.items():
            theirs[name] = theirs.pop(place)
            self._respell(path, name, ours[name], alignment)

    def _refuse(self, path: str, entry: Entry, alignment: Alignment) -> None:
        if path in self._done:
            return
        self._done.add(path)
        refusal = alignment.refused[path.rpartition("/")[2]]
        self._builder.problems.append(refused(path, refusal, is_folder=stat.S_ISDIR(entry.st_mode)))

    def _respell(self, folder: str, name: str, entry: Entry | None, alignment: Alignment) -> None:
        path = join(folder, name)
        if name not in alignment.respelt or path in self._done or entry is None:
            return
        self._done.add(path)
        old_path = join(folder, alignment.stored[name])
        self._builder.respellings.append(Action(Op.MOVE, path, kind_of(entry), old_path=old_path, is_respelling=True))


def is_taken(mirror: TreeView, path: str) -> bool:
    """Tell whether a path leads to something in the mirror; an error counts as nothing, since the copy reports it."""
    try:
        return mirror.look(path) is not None
    except OSError:
        return False


def _are_one(_name: str, _other: str) -> bool:
    return True

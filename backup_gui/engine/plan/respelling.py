"""Where the destination cannot hold or tell apart all names: what of a folder is compared, and under which name.

Names that cannot come into the mirror become problems, and what the mirror has in another spelling gets the source's.
Not used at all where all names are possible.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from backup_gui.engine.plan.name_mapping import Spelling
from backup_gui.engine.rules.names import inherit, refused
from backup_gui.model.entries import kind_of
from backup_gui.model.paths import join
from backup_gui.model.plans import Action, Op

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import Target
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.plan.builder import Draft
    from backup_gui.engine.rules.names import Alignment
    from backup_gui.engine.state.database import Catalog, Row
    from backup_gui.model.entries import Entry


class Respelling:
    """The names of one comparison.

    Args:
        source: The source.
        target: The destination.
        catalog: What is known from earlier passes.
        draft: Takes new spellings, and problems.
        is_left_out: Tells whether an entry of the source is not to be in the mirror.
        compare_alone: Compares an entry of the source for which the mirror has nothing, nor can have.
        may_try: Whether the destination may be written to for finding out which names it takes for one.

    Attributes:
        spelling: Which name of the mirror belongs to which of the source.
    """

    def __init__(
        self,
        source: Tree,
        target: Target,
        catalog: Catalog,
        draft: Draft,
        is_left_out: Callable[[str, Entry], bool],
        compare_alone: Callable[[str, Entry], None],
        *,
        may_try: bool,
    ) -> None:
        self._draft = draft
        self._is_left_out = is_left_out
        self._compare_alone = compare_alone
        self._done: set[str] = set()
        self.spelling = Spelling(source, target, catalog, is_left_out, may_try=may_try)

    def resolve(self, path: str) -> tuple[str, bool] | None:
        """Find out what of the source a path stands for.

        Returns:
            The path in the source's spelling, or that of a folder above it, and whether what the mirror has there
            was something else's before, so that all of it is to be compared; None if there is nothing to compare.
        """
        settled = ""
        for name in path.split("/") if path else ():
            folder = self.spelling.folder(settled)
            if folder is None:
                # One side does not have it, so that it is compared as a whole, or it cannot be read.
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
        """Take what cannot come into the mirror out of a folder's listing, and give the mirror's names our spelling.

        Args:
            path: The folder.
            ours: The source's listing of it, changed in place.
            theirs: The mirror's, changed in place.
            known: What the catalog knows of it, changed in place.
            is_new: Whether the mirror does not have the folder yet.
        """
        alignment = self.spelling.align(path, ours, theirs, is_new=is_new)
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
        self._draft.problems.append(refused(path, refusal, is_folder=stat.S_ISDIR(entry.st_mode)))

    def _respell(self, folder: str, name: str, entry: Entry | None, alignment: Alignment) -> None:
        path = join(folder, name)
        if name not in alignment.respelt or path in self._done or entry is None:
            return
        self._done.add(path)
        old_path = join(folder, alignment.stored[name])
        self._draft.respellings.append(Action(Op.MOVE, path, kind_of(entry), old_path=old_path, is_respelling=True))

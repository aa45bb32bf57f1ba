"""What the mirror can store of a source, for a comparison that writes nothing: names, kinds, sizes.

It refuses what a pass refuses, without experiments. Where a pass would test on the drive whether two names are the
same, they count as different here. After a pass, the mirror's content shows it.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from backup_gui.engine.plan.name_mapping import is_taken
from backup_gui.engine.rules.names import align, refused
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.paths import join
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import problem, problem_of_special
from backup_gui.model.reasons import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.engine.fs.tree_view import TreeView
    from backup_gui.engine.rules.capabilities import Capabilities
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Problem


class Holding:
    """What a mirror can store."""

    def __init__(self, mirror: TreeView, capabilities: Capabilities) -> None:
        self._mirror = mirror
        self._capabilities = capabilities

    def refusal(self, path: str, ours: Entry, theirs: Entry | None) -> Problem | None:
        """Return why the mirror can never have the source's entry; None if it can, or if nothing has to be reported.

        If the mirror's entry, if any, is no old copy, it is a difference of its own.
        """
        kind = kind_of(ours)
        code: Code | None = None
        if kind is EntryKind.SPECIAL:
            return problem_of_special(path, ours) if theirs is None else None
        if kind is EntryKind.FILE:
            code = ProblemCode.TOO_LARGE if ours.st_size > self._capabilities.largest_bytes else None
        elif theirs is None and not self._capabilities.holds(kind):
            code = ProblemCode.LINK_NOT_POSSIBLE
        return None if code is None else problem(code, path, Stage.COMPARE)

    def align(self, folder: str, ours: dict[str, Entry], theirs: dict[str, Entry]) -> Iterator[Problem]:
        """Remove names that the mirror cannot store from the source's entries, and give the mirror's its spelling."""
        if not self._capabilities.limits_names:
            return
        possible = [name for name, entry in ours.items() if self._capabilities.holds(kind_of(entry))]
        alignment = align(
            possible,
            theirs,
            self._capabilities,
            is_taken=lambda name: is_taken(self._mirror, join(folder, name)),
            falls_together=lambda _one, _other: False,
        )
        for name, refusal in sorted(alignment.refused.items()):
            is_folder = stat.S_ISDIR(ours.pop(name).st_mode)
            yield refused(join(folder, name), refusal, is_folder=is_folder)
        for name, place in alignment.stored.items():
            # A name that the next pass will respell is a difference until then.
            if name not in alignment.respelt:
                theirs[name] = theirs.pop(place)

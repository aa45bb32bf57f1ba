"""What of a source its mirror can hold at all, for a comparison that only looks: names, kinds, sizes.

The same refusals as a pass has, without trying anything out. Where a pass would ask the drive by an experiment whether
two names are one, the names are left to be two: what the mirror has tells, once a pass was there.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from backup_gui.engine.rules.names import align, refused
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.paths import join
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import problem
from backup_gui.model.reasons import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.engine.fs.tree_view import TreeView
    from backup_gui.engine.rules.capabilities import Abilities
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Problem


class Holding:
    """What a mirror can hold.

    Args:
        mirror: The mirror.
        abilities: What its file system can do.
    """

    def __init__(self, mirror: TreeView, abilities: Abilities) -> None:
        self._mirror = mirror
        self._abilities = abilities

    def refusal(self, path: str, ours: Entry, theirs: Entry | None) -> Problem | None:
        """Say why what the source has at a path can never be in the mirror; None if it can, or need not be told.

        Args:
            path: The path.
            ours: What the source has there.
            theirs: What the mirror has there, if anything: where that is no old copy, it is a difference of its own.
        """
        kind = kind_of(ours)
        code: Code | None = None
        if kind is EntryKind.FILE:
            code = ProblemCode.TOO_LARGE if ours.st_size > self._abilities.largest_bytes else None
        elif theirs is None and kind is EntryKind.SPECIAL:
            code = ProblemCode.SPECIAL_FILE
        elif theirs is None and kind is EntryKind.LINK and not self._abilities.holds_links:
            code = ProblemCode.LINK_NOT_POSSIBLE
        return None if code is None else problem(code, path, Stage.COMPARE)

    def align(self, folder: str, ours: dict[str, Entry], theirs: dict[str, Entry]) -> Iterator[Problem]:
        """Take names out of a folder's listing that cannot come into the mirror.

        Args:
            folder: The folder.
            ours: What the source has in it; what is not possible is taken out.
            theirs: What the mirror has in it. What it lists in a spelling of its own gets the source's.

        Yields:
            The names taken out.
        """
        if not self._abilities.limits_names:
            return
        possible = [name for name, entry in ours.items() if self._is_possible_kind(entry)]
        alignment = align(
            possible,
            theirs,
            self._abilities,
            is_taken=lambda name: self._is_taken(join(folder, name)),
            falls_together=lambda _one, _other: False,
        )
        for name, refusal in sorted(alignment.refused.items()):
            is_folder = stat.S_ISDIR(ours.pop(name).st_mode)
            yield refused(join(folder, name), refusal, is_folder=is_folder)
        for name, place in alignment.stored.items():
            # What the next pass is going to spell anew is a difference until then.
            if name not in alignment.respelt:
                theirs[name] = theirs.pop(place)

    def _is_possible_kind(self, entry: Entry) -> bool:
        kind = kind_of(entry)
        return kind is not EntryKind.SPECIAL and (kind is not EntryKind.LINK or self._abilities.holds_links)

    def _is_taken(self, path: str) -> bool:
        try:
            return self._mirror.look(path) is not None
        except OSError:
            return False

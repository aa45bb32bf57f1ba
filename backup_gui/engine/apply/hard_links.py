"""Makes names of the mirror names of a file that it has already."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from backup_gui.engine.ownership.intents import unseen
from backup_gui.engine.plan.hard_links import file_of, looks_like
from backup_gui.model.entries import is_same_file

if TYPE_CHECKING:
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.state.database import Catalog
    from backup_gui.model.entries import Entry, Seen
    from backup_gui.model.plans import Action


class LinkMaker:
    """Makes names of the mirror names of a file that it has.

    Args:
        source: The source.
        target: The destination.
        catalog: What the mirror is known to have.
    """

    def __init__(self, source: Tree, target: Destination, catalog: Catalog) -> None:
        self._source = source
        self._target = target
        self._catalog = catalog
        # Names that were copied though that was not planned, by their files in the source.
        self._copied: dict[tuple[int, int], str] = {}

    def note_copied(self, path: str) -> None:
        """Note that a name was copied, though by the plan the mirror had its file, or was to have it under another."""
        # What cannot be looked at again is left to the next pass.
        with contextlib.suppress(OSError):
            ours = self._source.look(path)
            if ours is not None:
                self._copied[file_of(ours)] = path

    def directed(self, action: Action) -> Action:
        """Have a name linked to the one under which its file was copied though that was not planned, if it was."""
        if self._copied:
            with contextlib.suppress(OSError):
                ours = self._source.look(action.path)
                first = None if ours is None else self._copied.get(file_of(ours))
                if first not in {None, action.path}:
                    return action._replace(link_to=first)
        return action

    def find(self, action: Action) -> tuple[str, Entry | Seen] | None:
        """Find the name to link to, and make sure that it is still what it was when the plan was made.

        Returns:
            The name and the source's entry that both names have, as touched if the first is remembered so; None if the
            mirror does not have it, or not as it is in the source now.

        Raises:
            OSError: It cannot be told.
        """
        first = action.link_to
        assert first is not None
        ours, other = self._source.look(action.path), self._source.look(first)
        if ours is None or other is None or file_of(ours) != file_of(other):
            return None
        known, found = self._catalog.fingerprint(first), unseen(ours)
        is_touched = known == found[:4]
        if not is_touched and known != (ours.st_ino, ours.st_ctime_ns, ours.st_size, ours.st_mtime_ns):
            return None
        theirs = self._target.look(first)
        if theirs is None or not looks_like(ours, theirs, self._target.abilities) or is_same_file(ours, theirs):
            return None
        return first, found if is_touched else ours

    def make(self, first: str, path: str) -> str | None:
        """Link a temporary beside a path to a name of the mirror.

        Returns:
            The temporary's path; None if the file system does not do it.

        Raises:
            OSError: It should have, but something is wrong, or in the way.
        """
        before = self._target.look(first)
        temporary = self._target.create_hard_link(first, path)
        if temporary is None:
            return None
        made = self._target.look(temporary)
        # RACE: what a stranger puts in the first name's place at this moment is linked instead, and let go here again.
        if before is None or made is None or file_of(before) != file_of(made):
            self._target.discard(temporary)
            now = self._target.look(first)
            if before is not None and now is not None and file_of(before) == file_of(now):
                # Each name has a number of its own there: nobody could tell again that two are one file.
                return None
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), first)
        return temporary

    def copied_instead(self, action: Action, *, stays: bool) -> Action:
        """Turn the action of linking a name into that of copying it.

        Args:
            action: The action.
            stays: Whether the name to link to is of no use, so that others are linked to this one instead.

        Raises:
            OSError: The source's file cannot be looked at.
        """
        ours = self._source.look(action.path)
        seen_at_ns = 0 if stays else action.seen_at_ns
        return action._replace(link_to=None, size_bytes=0 if ours is None else ours.st_size, seen_at_ns=seen_at_ns)

    def is_one_file(self, path: str, other: str) -> bool:
        """Tell whether two paths of the mirror are names of one file.

        Raises:
            OSError: It cannot be told.
        """
        one, two = self._target.look(path), self._target.look(other)
        return one is not None and two is not None and file_of(one) == file_of(two)

"""Creates hard links to files that the mirror has."""

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
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.entries import Entry, Seen
    from backup_gui.model.plans import Action


class LinkMaker:
    """Creates hard links in the mirror.

    Attributes:
        copied: Names that were copied although the plan was to link or move them, by their files in the source.
    """

    def __init__(self, source: Tree, target: Destination, catalog: JobDatabase) -> None:
        self._source = source
        self._target = target
        self._catalog = catalog
        self.copied: dict[tuple[int, int], str] = {}

    def note_copied(self, path: str) -> None:
        """Record that a name was copied although the plan was to link or move it."""
        # The next pass handles entries that cannot be read again.
        with contextlib.suppress(OSError):
            ours = self._source.look(path)
            if ours is not None:
                self.copied[file_of(ours)] = path

    def directed(self, action: Action) -> Action:
        """Link a name to the one under which its file was copied unplanned, if it was."""
        if self.copied:
            with contextlib.suppress(OSError):
                ours = self._source.look(action.path)
                first = None if ours is None else self.copied.get(file_of(ours))
                if first not in {None, action.path}:
                    return action._replace(link_to=first)
        return action

    def find(self, action: Action) -> tuple[str, Entry | Seen] | None:
        """Find the name to link to, and check that it is still as it was when the plan was made.

        Returns:
            The name and the source's entry that both names have, marked as touched if the first is recorded so. None if
            the mirror does not have it, or not as the source has it now.

        Raises:
            OSError: It cannot be read.
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
        if theirs is None or not looks_like(ours, theirs, self._target.capabilities) or is_same_file(ours, theirs):
            return None
        return first, found if is_touched else ours

    def make(self, first: str, path: str) -> str | None:
        """Create a temporary hard link to a name of the mirror, beside a path; None if that is not supported.

        Raises:
            OSError: It failed, or something is in the way.
        """
        before = self._target.look(first)
        temporary = self._target.create_hard_link(first, path)
        if temporary is None:
            return None
        made = self._target.look(temporary)
        # RACE: if a stranger replaces the first name at this moment, the stranger's file is linked and unlinked again
        # here.
        if before is None or made is None or file_of(before) != file_of(made):
            self._target.discard([temporary])
            now = self._target.look(first)
            if before is not None and now is not None and file_of(before) == file_of(now):
                # The file system numbers each name separately, so hard links could not be recognised later.
                return None
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), first)
        return temporary

    def copied_instead(self, action: Action, *, stays: bool) -> Action:
        """Turn a link action into a copy. If the other name is unusable (``stays``), others are linked to this one.

        Raises:
            OSError: The source's file cannot be read.
        """
        ours = self._source.look(action.path)
        seen_at_ns = 0 if stays else action.seen_at_ns
        return action._replace(link_to=None, size_bytes=0 if ours is None else ours.st_size, seen_at_ns=seen_at_ns)

    def is_one_file(self, path: str, other: str) -> bool:
        """Tell whether two paths of the mirror are hard links to one file.

        Raises:
            OSError: It cannot be read.
        """
        one, two = self._target.look(path), self._target.look(other)
        return one is not None and two is not None and file_of(one) == file_of(two)

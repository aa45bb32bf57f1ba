"""Copies files into temporaries beside their final places, as many at a time as the destination takes.

The source of a copy is checked before and after. If it changed meanwhile, the copy is discarded and made again. If only
the times keep changing, as of a file that a mounted cloud still has to upload, the content decides.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING

from backup_gui.engine.apply.publish import NotCopied, Ready
from backup_gui.engine.fs.content import Shortened, TargetError, is_same_version
from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.ownership.intents import unseen
from backup_gui.engine.rules.pauses import LEAST_COPY_S
from backup_gui.model.entries import FOLDER
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import UNFIT, problem, problem_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from backup_gui.engine.apply.stats import PassStats
    from backup_gui.engine.destination.destination import Destination, Incoming
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Action

TRIES = 3


class Vanished(Exception):  # noqa: N818 - it is no error
    """The file is gone from the source, or is no file any longer; a later pass handles what is there."""


class FileCopier:
    """Copies files.

    ``add`` receives each temporary, complete with metadata, with the source's entry that was copied, without a change
    time if that differed before and after.
    """

    def __init__(self, context: PassContext[Destination], stats: PassStats, add: Callable[[Ready], None]) -> None:
        self._source = context.source
        self._target = context.destination
        self._busy = context.catalog.busy
        self._meter = context.meter
        self._should_stop = context.should_stop
        self._stats = stats
        self._add = add
        # How many files the destination has taken and not answered yet.
        self._taken = 0

    def copy(self, actions: Iterable[Action]) -> None:
        """Copy files; what changed meanwhile is copied again after the others.

        Raises:
            Cancelled: ``should_stop`` returned True.
            DestinationUnusableError: Nothing can be written at all.
        """
        for tries_left in reversed(range(TRIES)):
            again: list[Action] = []
            self._taken, began_s = 0, time.monotonic()
            for (action, before), temporary, error in self._target.receive(
                self._opened(actions), on_bytes=self._meter.add_bytes, should_stop=self._should_stop
            ):
                ended_s = time.monotonic()
                if ended_s - began_s >= LEAST_COPY_S:
                    self._stats.note_took(action.path, (ended_s - began_s) / self._taken)
                self._taken, began_s = self._taken - 1, ended_s
                if error is None and self._is_unchanged(action.path, before):
                    self._add(Ready(action, temporary, before))
                elif error is None and (ready := self._accepted(action, temporary, before, is_last=not tries_left)):
                    self._add(ready)
                elif error is not None and not isinstance(error, Shortened):
                    self.note_failure(action, error)
                elif tries_left:
                    again.append(action)
                else:
                    self._busy.note_restless(action.path)
                    self.note_failure(action, NotCopied(problem(ProblemCode.KEEPS_CHANGING, action.path, Stage.COPY)))
            if not again:
                return
            actions = again

    def note_failure(self, action: Action, error: Exception) -> None:
        """Record why something was not copied: ``NotCopied``, ``Vanished`` or one of ``FAILURES``."""
        if isinstance(error, Vanished):
            # The source has something else there now, and there may be no further notification.
            self._stats.note_missed(action.path)
            return
        if isinstance(error, NotCopied):
            found = error.problem
        else:
            # One in the middle usually comes from the drive written to; EIO usually is an unreadable sector of the
            # source.
            is_writing = isinstance(error, TargetError) or getattr(error, "errno", None) != errno.EIO
            found = problem_from(error, action.path, Stage.COPY, is_writing=is_writing)
        self._stats.add_problem(found, action.size_bytes)
        if action.kind is FOLDER:
            self._stats.unmade.add(action.path)

    # Inner parts

    def _opened(self, actions: Iterable[Action]) -> Iterator[Incoming[tuple[Action, Entry]]]:
        """Open the source of each action when the destination takes it."""
        for action in actions:
            try:
                fd, entry = self._open(action.path)
            except (Vanished, NotCopied, *UNFIT) as error:
                self.note_failure(action, error)
            else:
                self._taken += 1
                yield action.path, fd, entry, (action, entry)

    def _open(self, path: str) -> tuple[int, Entry]:
        try:
            fd = self._source.open_file(path)
            try:
                entry = self._source.entry_of(fd)
                if not stat.S_ISREG(entry.st_mode):
                    raise Vanished
            except BaseException:
                os.close(fd)
                raise
        except OSError as error:
            # ELOOP: a link has replaced the file; ENXIO: a socket has.
            if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}:
                raise Vanished from error
            raise NotCopied(problem_from(error, path, Stage.COPY)) from error
        return fd, entry

    def _is_unchanged(self, path: str, before: Entry) -> bool:
        """Tell whether the path still leads to the file that was read, and whether the file is unchanged."""
        try:
            now = self._source.stat(path)
        except OSError:
            return False
        return is_same_version(before, now)

    def _accepted(self, action: Action, temporary: str, before: Entry, *, is_last: bool) -> Ready | None:
        """Return the copy of a file that changed meanwhile if it is good enough; if not, discard it.

        Raises:
            Cancelled: ``should_stop`` returned True.
        """
        ready, path = None, action.path
        try:
            if self._busy.is_to_be_copied_as_it_is(path) and self._is_there(path):
                ready = Ready(action, temporary, before, is_whole=False)
            elif is_last and self._has_stood_still(path, temporary, before):
                # It is unknown which time belongs to the content, so the next pass compares it again.
                ready = Ready(action, temporary, unseen(before))
        finally:
            if ready is None:
                # If that fails too, the next pass removes it.
                self._target.discard([temporary])
        return ready

    def _has_stood_still(self, path: str, temporary: str, before: Entry) -> bool:
        """Tell whether only times changed while a file was copied. If two reads are equal, it is one version.

        Raises:
            Cancelled: ``should_stop`` returned True.
        """
        try:
            now = self._source.stat(path)
            if (now.st_dev, now.st_ino, now.st_size) != (before.st_dev, before.st_ino, before.st_size):
                return False
            return has_same_content(self._source, path, self._target, temporary, self._should_stop)
        except OSError:
            return False

    def _is_there(self, path: str) -> bool:
        try:
            return self._source.look(path) is not None
        except OSError:
            return False

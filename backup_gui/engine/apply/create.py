"""Creates in the mirror what the source has: folders, links, files, hard links, and their metadata.

Contents become complete temporaries for the publisher; metadata of existing entries are set at once.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from backup_gui.engine.apply.copy_files import FileCopier, Vanished
from backup_gui.engine.apply.publish import SETTLING_NS, NotCopied, Ready
from backup_gui.engine.destination.destination import carry_out
from backup_gui.engine.fs.content import Cancelled, bytes_of_data, may_have_holes
from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.fs.xattrs import access_lists_in, attributes_of, attributes_of_source
from backup_gui.engine.ownership.intents import lacking
from backup_gui.engine.ownership.own_entries import Ownership
from backup_gui.engine.rules.capabilities import looks_alike
from backup_gui.engine.state.database import UNSEEN_NS
from backup_gui.model.entries import FILE, FOLDER, LINK, is_same_file, kind_of
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import CREATE, REPLACE, SET_METADATA, Action, ProblemCode, Stage
from backup_gui.model.problems import UNFIT, problem, problem_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from backup_gui.engine.apply.hard_links import LinkMaker
    from backup_gui.engine.apply.publish import Publisher
    from backup_gui.engine.apply.stats import PassStats
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.ownership.intents import Intents
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.model.entries import Entry, Seen

# For smaller files, checking the free space costs more than a failed copy.
ASK_FOR_ROOM_BYTES = 1 << 20


class Creator:
    """Carries out single actions.

    Args:
        context: The pass.
        stats: Receives problems, and everything done without the publisher.
        links: Creates hard links to files that the mirror has.
        publisher: Receives complete temporaries.
        intents: Records what is about to be done at once.
        publish: Publishes everything that is ready, and records it.
    """

    def __init__(
        self,
        context: PassContext[Destination],
        stats: PassStats,
        links: LinkMaker,
        publisher: Publisher,
        intents: Intents,
        publish: Callable[[], None],
    ) -> None:
        self._source = context.source
        self._target = context.destination
        self._catalog = context.catalog
        self._links = links
        self._publisher = publisher
        self._stats = stats
        self._intents = intents
        self._publish = publish
        self._should_stop = context.should_stop
        self._ownership = Ownership(context.destination, context.catalog)
        self._copier = FileCopier(context, stats, publisher.add)
        self._linked: list[Action] = []

    def make(self, action: Action) -> None:
        """Carry out an action with the source's current state.

        Raises:
            Cancelled: ``should_stop`` returned True.
            DestinationUnusableError: Nothing can be written at all, or earlier copies could not be flushed.
        """
        try:
            if action.kind is FILE:
                action = self._links.directed(action)
            if action.kind is FOLDER:
                self._make_folder(action)
            elif action.op is SET_METADATA:
                self._set_metadata(action)
            elif action.kind is LINK:
                self._copy_link(action)
            else:
                self._copy_file(action)
        except (Vanished, NotCopied, *UNFIT) as error:
            self._copier.note_failure(action, error)

    def copy(self, actions: Iterable[Action]) -> None:
        """Copy files, as many at a time as the destination takes.

        Raises:
            Cancelled: ``should_stop`` returned True.
            DestinationUnusableError: Nothing can be written at all.
        """
        self._copier.copy(filter(self._is_still_a_copy, actions))
        linked, self._linked = self._linked, []
        for action in linked:
            self.make(action)

    def _is_still_a_copy(self, action: Action) -> bool:
        """Tell whether a file is to be copied; if it was copied under another name since, it is set aside."""
        if self._should_stop():
            raise Cancelled
        if self._links.copied and self._links.directed(action) is not action:
            self._linked.append(action)
            return False
        return True

    def _make_folder(self, action: Action) -> None:
        if action.op is SET_METADATA:
            self._tighten(action.path)
            self._stats.touched.add(action.path)
            self._stats.attributed.add(action.path)
            self._stats.count(action)
            return
        try:
            entry = self._source.stat(action.path)
        except FileNotFoundError as error:
            raise Vanished from error
        except OSError as error:
            raise NotCopied(problem_from(error, action.path, Stage.COPY)) from error
        try:
            if action.op is REPLACE:
                if not self._ownership.may_go(action):
                    raise NotCopied(problem(ProblemCode.MIRROR_CHANGED, action.path, Stage.COPY))
                carry_out(self._target.take_away([(action.path, False, None)]))
            try:
                self._target.make_folder(action.path)
            except FileExistsError:
                there = self._target.look(action.path)
                if there is None or kind_of(there) is not FOLDER:
                    raise
                self._publisher.refuse_other_name(action.path)
        except OSError as error:
            raise NotCopied(problem_from(error, action.path, Stage.COPY, is_writing=True)) from error
        self._publisher.add(Ready(action, "", entry))

    def _tighten(self, path: str) -> None:
        """Remove access that the source's folder no longer grants; errors are reported at the end of the pass."""
        with contextlib.suppress(OSError):
            entry = self._source.stat(path)
            ours, theirs = attributes_of(self._source, path), self._target.attributes(path)
            has_other_list = access_lists_in(ours) != access_lists_in(theirs)
            self._target.tighten(path, entry, has_other_list=has_other_list)

    def _copy_link(self, action: Action) -> None:
        try:
            entry = self._source.stat(action.path)
            text = self._source.read_link(action.path)
        except FileNotFoundError as error:
            raise Vanished from error
        except OSError as error:
            raise NotCopied(problem_from(error, action.path, Stage.COPY)) from error
        try:
            temporary = self._target.create_link(action.path, text)
        except OSError as error:
            failure = problem_from(error, action.path, Stage.COPY, is_writing=True)
            if failure.code is ProblemCode.PROTECTED:
                failure = problem(ProblemCode.LINK_NOT_POSSIBLE, action.path, Stage.COPY)
            raise NotCopied(failure) from error
        ready = Ready(action, temporary, entry)
        try:
            # Only root can set a link's own attributes.
            attributes = attributes_of_source(self._source, action.path) if self._target.holds_owner else None
            self._target.set_metadata(temporary, entry, attributes)
        except OSError as error:
            self._publisher.discard(ready)
            raise NotCopied(problem_from(error, action.path, Stage.COPY, is_writing=True)) from error
        self._publisher.add(ready)

    def _copy_file(self, action: Action) -> None:
        if action.link_to is not None:
            try:
                found = self._find_first(action)
                if found is not None and self._link(action, *found):
                    return
                action = self._links.copied_instead(action, stays=found is None)
            except OSError as error:
                raise NotCopied(problem_from(error, action.path, Stage.COPY, is_writing=True)) from error
        path = action.path
        if (
            action.size_bytes >= ASK_FOR_ROOM_BYTES
            and (room := self._target.room()) is not None
            and room.free_bytes < action.size_bytes
            and room.free_bytes < data_bytes(self._source, action)
        ):
            raise NotCopied(problem(ProblemCode.NO_SPACE, path, Stage.COPY))
        self._copier.copy([action])

    def _find_first(self, action: Action) -> tuple[str, Entry | Seen] | None:
        """Find the name of the mirror to link to; it may have been copied just before."""
        found = self._links.find(action)
        if found is None:
            self._publish()
            found = self._links.find(action)
        if found is None and action.link_to is not None:
            # The file was written to since it was copied, perhaps through this name, so the other name gets no
            # notification.
            self._stats.note_missed(action.link_to)
        return found

    def _link(self, action: Action, first: str, entry: Entry | Seen) -> bool:
        """Create a hard link to a file of the mirror, ready for its group; return False if it is not supported."""
        temporary = self._links.make(first, action.path)
        if temporary is not None:
            self._publisher.add(Ready(action, temporary, entry))
        return temporary is not None

    def _join(self, action: Action) -> bool:
        """Replace an equal but separate file of the mirror by a hard link, as in the source.

        Returns:
            Whether the path was handled; if not, it stays a separate file.
        """
        path = action.path
        found = self._find_first(action)
        if found is None or self._links.is_one_file(found[0], path):
            return False
        first, ours = found
        before = self._target.stat(path)
        if not has_same_content(self._target, first, self._target, path, self._should_stop):
            # One of the two has changed: the current content of this one is kept, and then replaced.
            is_first_right = has_same_content(self._source, path, self._target, first, self._should_stop)
            replacing = Action(
                REPLACE, path, action.kind, ours.st_size, old_kind=action.kind, seen_at_ns=ours.st_ctime_ns
            )
            self._copy_file(replacing._replace(link_to=first) if is_first_right else replacing)
            return True
        # Whatever the result, a name is created and removed in there.
        self._stats.touched.add(parent_of(path))
        temporary = self._links.make(first, path)
        if temporary is None:
            return False
        now = self._target.look(path)
        # RACE: what a stranger writes here between this look and the rename is lost. Nothing else is: the first name
        # has the same content.
        if now is None or (now.st_ino, now.st_ctime_ns) != (before.st_ino, before.st_ctime_ns):
            self._target.discard([temporary])
            return True
        self._intents.note_in_place(path, ours)
        carry_out(self._target.publish([(temporary, path, True, None, None)]))
        self._catalog.record(path, ours)
        if ours.st_ctime_ns == UNSEEN_NS:
            self._stats.note_unsettled(path)
        self._stats.count(action)
        return True

    def _set_metadata(self, action: Action) -> None:
        is_begun = False
        try:
            if action.link_to is not None and self._join(action):
                return
            entry = self._source.stat(action.path)
            if kind_of(entry) is not action.kind:
                raise Vanished
            theirs = self._target.stat(action.path)
            if is_same_file(entry, theirs):
                # It has become a hard link since: setting metadata would change the source's file.
                self._copy_file(Action(CREATE, action.path, action.kind, entry.st_size, old_kind=action.kind))
                return
            if action.kind is FILE and not self._is_still_equal(action, entry, theirs):
                # Edited since the comparison: the old content must not get the new time.
                edited = Action(REPLACE, action.path, action.kind, entry.st_size, old_kind=kind_of(theirs))
                self._copy_file(edited)
                return
            attributes = attributes_of_source(self._source, action.path)
            self._intents.note_in_place(action.path, entry)
            is_begun = True
            self._target.set_metadata(action.path, entry, attributes)
        except FileNotFoundError as error:
            raise Vanished from error
        except OSError as error:
            if is_begun:
                self._record_as_it_is(action, entry)
            raise NotCopied(problem_from(error, action.path, Stage.METADATA)) from error
        is_touched = action.seen_at_ns not in {0, entry.st_ctime_ns}
        if not is_touched:
            self._catalog.record(action.path, entry)
        if is_touched or (action.kind is FILE and entry.st_mtime_ns > time.time_ns() - SETTLING_NS):
            # Its content may have changed since the comparison, and an edit in the same moment may not change the time.
            # The next pass compares it again.
            self._stats.note_unsettled(action.path)
        self._stats.count(action)

    def _is_still_equal(self, action: Action, ours: Entry, theirs: Entry) -> bool:
        """Tell whether the mirror's file still has the content for which only its metadata were to be set.

        Either file may have been touched since, the mirror's also by this pass: a change through one hard link applies
        to all. Then the content is compared again.
        """
        if _is_as_compared(action, ours, theirs) or looks_alike(ours, theirs, self._target.capabilities):
            return True
        path = action.path
        try:
            is_equal = has_same_content(self._source, path, self._target, path, self._should_stop)
            # RACE: what a stranger writes between this look and setting the time counts as the content.
            return is_equal and self._target.stat(path).st_ctime_ns == theirs.st_ctime_ns
        except OSError:
            # The copy will report the error.
            return False

    def _record_as_it_is(self, action: Action, entry: Entry) -> None:
        """Record an entry that could not be given all of the source's metadata as the program's own nevertheless.

        Its time may be the new one, or still the old one.
        """
        with contextlib.suppress(OSError):
            there, known = self._target.stat(action.path), self._catalog.fingerprint(action.path)
            if known is not None and self._ownership.fits(there, known):
                # The existing record shows that it is, and that it was touched.
                return
            self._catalog.record(action.path, lacking(there)._replace(st_ino=entry.st_ino))


def _is_as_compared(action: Action, ours: Entry, theirs: Entry) -> bool:
    """Tell whether both files are untouched since their contents were found equal, so that only times differ."""
    return (action.seen_at_ns, action.copy_seen_at_ns) == (ours.st_ctime_ns, theirs.st_ctime_ns) != (0, 0) and (
        ours.st_size == theirs.st_size
    )


def data_bytes(source: Tree, action: Action) -> int:
    """Return how many bytes are written for a file: its size without holes.

    It calls the system, so use it only when space is short. If the file cannot be read or has changed, its full size
    counts.
    """
    try:
        entry = source.stat(action.path)
        size_bytes = action.size_bytes
        if entry.st_size != size_bytes or not may_have_holes(entry):
            return size_bytes
        fd = source.open_file(action.path)
        try:
            return bytes_of_data(fd, size_bytes)
        finally:
            os.close(fd)
    except OSError:
        return action.size_bytes

"""Makes in the mirror what the source has: folders, links, files, further names of files, and their metadata.

Contents become complete temporaries and are handed to the publisher; metadata of what is there already are set at once.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from backup_gui.engine.apply.copying import NotCopied, Vanished, copy_file, data_bytes
from backup_gui.engine.apply.publish import SETTLING_NS, Ready
from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.fs.xattrs import access_lists_in, attributes_of, attributes_of_source
from backup_gui.engine.ownership.intents import lacking
from backup_gui.engine.ownership.own_entries import Ownership
from backup_gui.engine.rules.capabilities import looks_alike
from backup_gui.engine.state.database import UNSEEN_NS
from backup_gui.model.entries import EntryKind, is_same_file, kind_of
from backup_gui.model.paths import parent_of
from backup_gui.model.plans import Action, Op, ProblemCode, Stage
from backup_gui.model.problems import problem, problem_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.apply.hard_links import LinkMaker
    from backup_gui.engine.apply.publish import Publisher
    from backup_gui.engine.apply.stats import Ledger
    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.fs.xattrs import Attributes
    from backup_gui.engine.ownership.intents import Intents
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.model.entries import Entry, Seen

# Below this, asking how much room there is costs more than a copy that fails.
ASK_FOR_ROOM_BYTES = 1 << 20


class Maker:
    """Makes one thing after the other.

    Args:
        context: The pass.
        ledger: Told of problems, and of all that is done without the publisher.
        links: Makes names of files that the mirror has.
        publisher: Takes what is complete.
        intents: Told of what is about to be done at once.
        publish: Publishes all that is ready, and records it.
    """

    def __init__(
        self,
        context: PassContext[Destination],
        ledger: Ledger,
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
        self._ledger = ledger
        self._intents = intents
        self._meter = context.meter
        self._publish = publish
        self._should_stop = context.should_stop
        self._ownership = Ownership(context.destination, context.catalog)

    def make(self, action: Action) -> None:
        """Make what an action says, as the source has it now.

        Raises:
            Cancelled: ``should_stop`` said so.
            DestinationUnusableError: Nothing can be written at all, or what was ready before could not be brought to
                the disk.
        """
        try:
            if action.kind is EntryKind.FILE:
                action = self._links.directed(action)
            if action.kind is EntryKind.FOLDER:
                self._make_folder(action)
            elif action.op is Op.SET_METADATA:
                self._set_metadata(action)
            elif action.kind is EntryKind.LINK:
                self._copy_link(action)
            else:
                self._copy_file(action)
        except Vanished:
            # What is there now, if anything, is another thing than the one compared; nobody may tell of it.
            self._ledger.note_missed(action.path)
        except NotCopied as failure:
            self._ledger.add_problem(failure.problem, action.size_bytes)
            if action.kind is EntryKind.FOLDER:
                self._ledger.unmade.add(action.path)

    def _make_folder(self, action: Action) -> None:
        if action.op is Op.SET_METADATA:
            self._tighten(action.path)
            self._ledger.touched.add(action.path)
            self._ledger.attributed.add(action.path)
            self._ledger.count(action)
            return
        try:
            entry = self._source.stat(action.path)
        except FileNotFoundError as error:
            raise Vanished from error
        except OSError as error:
            raise NotCopied(problem_from(error, action.path, Stage.COPY)) from error
        try:
            if action.op is Op.REPLACE:
                if not self._ownership.may_go(action):
                    raise NotCopied(problem(ProblemCode.MIRROR_CHANGED, action.path, Stage.COPY))
                self._target.take_away(action.path)
            try:
                self._target.make_folder(action.path)
            except FileExistsError:
                there = self._target.look(action.path)
                if there is None or kind_of(there) is not EntryKind.FOLDER:
                    raise
                self._publisher.refuse_other_name(action.path)
        except OSError as error:
            raise NotCopied(problem_from(error, action.path, Stage.COPY, is_writing=True)) from error
        self._publisher.add(Ready(action, "", entry))

    def _tighten(self, path: str) -> None:
        """Keep out whom the source's folder keeps out now; what cannot be done here is told at the end of the pass."""
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
            self._target.set_metadata(temporary, entry, self._attributes_of_link(action.path))
        except OSError as error:
            self._publisher.discard(ready)
            raise NotCopied(problem_from(error, action.path, Stage.COPY, is_writing=True)) from error
        self._publisher.add(ready)

    def _attributes_of_link(self, path: str) -> Attributes | None:
        """Read a link's own attributes, such as only the superuser can set."""
        return attributes_of_source(self._source, path) if self._target.holds_owner else None

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
            and (free_bytes := self._target.free_bytes()) is not None
            and free_bytes < action.size_bytes
            and free_bytes < data_bytes(self._source, action)
        ):
            raise NotCopied(problem(ProblemCode.NO_SPACE, path, Stage.COPY))
        busy = self._catalog.busy
        began_s = time.monotonic()
        try:
            temporary, entry, is_whole = copy_file(
                self._source,
                self._target,
                path,
                on_bytes=lambda count: self._meter.add_bytes(count, path),
                should_stop=self._should_stop,
                as_it_is=busy.is_to_be_copied_as_it_is(path),
            )
        except NotCopied as failure:
            if failure.problem.code is ProblemCode.KEEPS_CHANGING:
                busy.note_restless(path)
            raise
        finally:
            self._ledger.note_took(path, time.monotonic() - began_s)
        self._publisher.add(Ready(action, temporary, entry, is_whole=is_whole))

    def _find_first(self, action: Action) -> tuple[str, Entry | Seen] | None:
        """Find the name of the mirror that one is to be linked to; it may just have been copied."""
        found = self._links.find(action)
        if found is None:
            self._publish()
            found = self._links.find(action)
        if found is None and action.link_to is not None:
            # Written to since it was copied, and maybe through this name alone: nobody tells of the other one then.
            self._ledger.note_missed(action.link_to)
        return found

    def _link(self, action: Action, first: str, entry: Entry | Seen) -> bool:
        """Make a name of a file that the mirror has ready for its group; False if that is not possible there.

        Raises:
            OSError: It is possible, but was refused.
        """
        temporary = self._links.make(first, action.path)
        if temporary is not None:
            self._publisher.add(Ready(action, temporary, entry))
        return temporary is not None

    def _join(self, action: Action) -> bool:
        """Make an equal file of the mirror's own a name of the file that it is in the source.

        Returns:
            Whether the path has been seen to; if not, it stays the file that it is.

        Raises:
            OSError: It could not be done.
        """
        path = action.path
        found = self._find_first(action)
        if found is None or self._links.is_one_file(found[0], path):
            return False
        first, ours = found
        before = self._target.stat(path)
        if not has_same_content(self._target, first, self._target, path, self._should_stop):
            # One of both is not what it seemed to be: what this one is now is kept, and it becomes what it should be.
            is_first_right = has_same_content(self._source, path, self._target, first, self._should_stop)
            replacing = Action(
                Op.REPLACE, path, action.kind, ours.st_size, old_kind=action.kind, seen_at_ns=ours.st_ctime_ns
            )
            self._copy_file(replacing._replace(link_to=first) if is_first_right else replacing)
            return True
        # Whatever comes of it, a name is made and removed there.
        self._ledger.touched.add(parent_of(path))
        temporary = self._links.make(first, path)
        if temporary is None:
            return False
        now = self._target.look(path)
        # RACE: what a stranger writes here between this look and the rename is lost. All else leaves nothing to keep:
        # the content stays, under the first name.
        if now is None or (now.st_ino, now.st_ctime_ns) != (before.st_ino, before.st_ctime_ns):
            self._target.discard(temporary)
            return True
        self._intents.note_in_place(path, ours)
        self._target.publish(temporary, path, may_replace=True)
        self._catalog.record(path, ours)
        if ours.st_ctime_ns == UNSEEN_NS:
            self._ledger.note_unsettled(path)
        self._ledger.count(action)
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
                # Linked there since: what is set would be set in the source.
                self._copy_file(Action(Op.CREATE, action.path, action.kind, entry.st_size, old_kind=action.kind))
                return
            if action.kind is EntryKind.FILE and not self._is_still_equal(action, entry, theirs):
                # Edited since the comparison: the new time must not be given to the old content.
                edited = Action(Op.REPLACE, action.path, action.kind, entry.st_size, old_kind=kind_of(theirs))
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
        if is_touched or (action.kind is EntryKind.FILE and entry.st_mtime_ns > time.time_ns() - SETTLING_NS):
            # Its content may be another than the one compared; and an edit in the same moment may leave no trace in its
            # times. The next pass compares it again.
            self._ledger.note_unsettled(action.path)
        self._ledger.count(action)

    def _is_still_equal(self, action: Action, ours: Entry, theirs: Entry) -> bool:
        """Tell whether the mirror's file still has the content for which only its metadata were to be set.

        Either file may have been touched since, and the mirror's by this pass itself: what is done to one of its names
        is done to all of them. Then the content is compared once more.
        """
        if _is_as_compared(action, ours, theirs) or looks_alike(ours, theirs, self._target.abilities):
            return True
        path = action.path
        try:
            is_equal = has_same_content(self._source, path, self._target, path, self._should_stop)
            # RACE: what a stranger writes between this look and the new time passes for the content.
            return is_equal and self._target.stat(path).st_ctime_ns == theirs.st_ctime_ns
        except OSError:
            # The copy says what is wrong.
            return False

    def _record_as_it_is(self, action: Action, entry: Entry) -> None:
        """Record something that could not be given all that the source has, and stays the program's own all the same.

        Its time may be the new one, or still the old one.
        """
        with contextlib.suppress(OSError):
            there, known = self._target.stat(action.path), self._catalog.fingerprint(action.path)
            if known is not None and self._ownership.fits(there, known):
                # What was known still tells that it is, and that it was touched.
                return
            self._catalog.record(action.path, lacking(there)._replace(st_ino=entry.st_ino))


def _is_as_compared(action: Action, ours: Entry, theirs: Entry) -> bool:
    """Tell whether nobody has touched either file since their contents were found equal, so that only times differ."""
    return (action.seen_at_ns, action.copy_seen_at_ns) == (ours.st_ctime_ns, theirs.st_ctime_ns) != (0, 0) and (
        ours.st_size == theirs.st_size
    )

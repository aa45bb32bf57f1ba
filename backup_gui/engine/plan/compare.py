"""Compares source and mirror, folder by folder, into a plan. Changes nothing in either.

Only one folder of each side is in memory at a time: the memory needed depends on the plan and the largest folder. A
partial comparison looks only at the given paths, so its cost depends on the change and not on the tree.
"""

from __future__ import annotations

import contextlib
import stat
import sys
from typing import TYPE_CHECKING

from backup_gui.engine.destination.history_place import is_reserved
from backup_gui.engine.fs.content import Cancelled, ignore_count
from backup_gui.engine.fs.tree_view import list_or_name
from backup_gui.engine.fs.volumes.mounts import devices_without_lasting_inodes
from backup_gui.engine.ownership.intents import settle
from backup_gui.engine.ownership.own_entries import Ownership
from backup_gui.engine.plan.deletions import DeletionPlanner
from backup_gui.engine.plan.difference import EntryComparer
from backup_gui.engine.plan.moves import Moves
from backup_gui.engine.plan.other_names import OtherNames
from backup_gui.engine.plan.pass_context import PlanBuilder
from backup_gui.engine.plan.scan_worker import BATCH_FOLDERS
from backup_gui.engine.plan.submounts import Submounts
from backup_gui.engine.plan.unchanged import split_unchanged
from backup_gui.engine.rules.capabilities import looks_alike
from backup_gui.engine.rules.portions import MOST_AT_ONCE, portions
from backup_gui.engine.state.database import ROOT_KEY, fingerprint_of
from backup_gui.model.entries import FILE, FOLDER, LINK, EntryKind, is_linked_file, is_same_file, kind_of
from backup_gui.model.paths import is_below, is_own, is_temporary, join, parent_of, parents_of
from backup_gui.model.plans import CREATE, REPLACE, SET_METADATA, Action, Op, ProblemCode, Scope, Stage
from backup_gui.model.problems import UNFIT, problem, problem_from, problem_of_special, problem_of_unfit

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.plan.name_mapping import NameMapper
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.engine.plan.scan_worker import ScanWorker
    from backup_gui.engine.rules.portions import Portion
    from backup_gui.engine.state.database import Fingerprint
    from backup_gui.engine.state.rows import Row
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Plan

    # What one side has in a folder, by name, and the names that cannot be looked at.
    _Listing = tuple[dict[str, Entry], dict[str, OSError]]

# After so many names of one folder the comparison checks whether to stop.
ASK_AFTER_NAMES = 5_000
# A folder still to be compared, and the action that creates it if the mirror does not have it.
_Folder = tuple[str, Action | None]


def compare(
    context: PassContext[DestinationView],
    scope: Scope,
    *,
    drives: frozenset[str] = frozenset(),
    on_copies: Callable[[int], None] = ignore_count,
    scan_worker: ScanWorker | None = None,
) -> Plan:
    """Compare a source and its mirror.

    Args:
        context: What to compare. If the comparison was cancelled, it returns an incomplete plan that must be dropped.
        scope: Which paths to compare.
        drives: Folders of the source on which another volume was mounted before. If one is not mounted, nothing at or
            below it is deleted.
        on_copies: Called between folders with the number of copies found so far.
        scan_worker: The worker process that finds unchanged folders, if any.

    Returns:
        The plan: first deletions of what is in the way, then folders before their contents, then moves, then hard
        links, then deletions, the deepest first.
    """
    if context.learns:
        settle(context.destination, context.catalog)
    comparison = _Comparison(context, scope, drives, on_copies, scan_worker)
    for path in sorted(scope.trees):
        comparison.compare_path(path, is_tree=True)
    for path in sorted(scope.paths):
        comparison.compare_path(path, is_tree=False)
    comparison.compare_other_names()
    return comparison.plan(is_full=scope.is_full)


class _Comparison:
    """The state of one comparison."""

    def __init__(
        self,
        context: PassContext[DestinationView],
        scope: Scope,
        drives: frozenset[str],
        on_copies: Callable[[int], None],
        scan_worker: ScanWorker | None,
    ) -> None:
        self._source = source = context.source
        self._target = target = context.destination
        self._rules = rules = context.rules
        self._catalog = catalog = context.catalog
        self._meter = context.meter
        self._should_stop = context.should_stop
        self._learns = context.learns
        self._on_copies = on_copies
        self._scan_worker = scan_worker
        self._compares_owner = target.holds_owner
        self._capabilities = target.capabilities
        self._makes_links = target.capabilities.holds_hard_links
        self._largest_bytes = target.capabilities.largest_bytes
        self._impossible = {EntryKind.SPECIAL: ProblemCode.SPECIAL_FILE}
        if not target.capabilities.holds_links:
            self._impossible[LINK] = ProblemCode.LINK_NOT_POSSIBLE

        self._fickle = devices_without_lasting_inodes(source.root)
        catalog.trusts_inodes = source.root_entry.st_dev not in self._fickle

        self._builder = PlanBuilder()
        self._copies = self._builder.copies
        self._problems = self._builder.problems
        # File systems of the kernel and the program's own folders are not drives, though an earlier version recorded
        # them.
        self._submounts = Submounts(source, drives - rules.paths, rules, self._problems)
        self._ownership = Ownership(target, catalog)
        self._other_names = OtherNames(catalog, is_full=scope.is_full)
        self._deletions = DeletionPlanner(context, self._submounts, self._ownership, self._builder, self._other_names)
        self._name_mapper: NameMapper | None = None
        self._most_at_once = MOST_AT_ONCE
        if target.capabilities.limits_names:
            from backup_gui.engine.plan.name_mapping import NameMapper  # noqa: PLC0415 - most destinations hold all names

            # Names can be mapped only with all names of the folder.
            self._most_at_once = sys.maxsize
            self._name_mapper = NameMapper(
                context,
                self._builder,
                self._is_left_out,
                lambda path, ours: self._compare_entry(path, ours, None, None, []),
            )
        self._comparer = EntryComparer(context, self._builder.moved_away, self._settle)
        self._links = self._comparer.links
        self._moves = Moves(context, self._comparer, self._name_mapper, self._builder, self._fickle)
        self._asked = 0
        self._done: set[str] = set()
        self._trees_done: set[str] = set()
        # Unreadable paths of a partial pass; one may have been compared a moment before.
        self._unseen: set[str] = set()

    def plan(self, *, is_full: bool) -> Plan:
        """Create the plan."""
        return self._builder.plan(self._submounts.known, is_full=is_full)

    def compare_path(self, path: str, *, is_tree: bool) -> None:
        """Compare a path; with ``is_tree`` also everything below it."""
        try:
            if is_reserved(top := path.partition("/")[0]):
                self._name_as_reserved(top)
                return
            if self._name_mapper is not None:
                settled = self._name_mapper.resolve(path)
                if settled is None:
                    return
                path, is_other = settled
                is_tree = is_tree or is_other
            highest = self._highest_change(path)
            if highest is None:
                return
            path = highest
            if path in self._done or is_below(path, self._trees_done):
                return
            self._done.add(path)
            if self._submounts.known and self._submounts.is_away(path):
                return
            if not path:
                self._compare_root(is_tree=is_tree)
                return
            ours = self._source.look(path)
        except OSError as error:
            self._name_unseen(path, error)
            return
        try:
            theirs = self._target.look(path)
        except OSError as error:
            self._name_unseen(path, error, is_writing=True)
            return
        if ours is not None and self._is_left_out(path, ours):
            ours = None
        known = self._known_of(path, ours)
        pending: list[_Folder] = []
        if ours is None:
            if known is not None:
                self._other_names.note(known.inode)
            if theirs is not None and not is_temporary(path.rpartition("/")[2]):
                self._deletions.add(path, theirs, known)
        else:
            self._compare_safely(path, ours, theirs, known, pending)
            if pending and (is_tree or pending[0][1] is not None):
                self._trees_done.add(path)
                self._walk(pending)

    def compare_other_names(self) -> None:
        """Compare the other hard links of changed files: the system notifies only the name that was written through."""
        while names := self._other_names.take():
            for path in names:
                self.compare_path(path, is_tree=False)

    def _former(self, path: str) -> str:
        """Return the path under which the catalog has the records of a path."""
        return path if self._name_mapper is None else self._name_mapper.former(path)

    def _highest_change(self, path: str) -> str | None:
        """Return the highest folder above a path that only one side has, or otherwise the path itself.

        Returns:
            None if one of the folders cannot be read; that folder is then reported as a problem.
        """
        highest = path
        while path:
            path = parent_of(path)
            if not path:
                break
            try:
                ours, theirs = self._source.look(path), self._target.look(path)
            except OSError as error:
                self._name_highest_unseen(path, error)
                return None
            is_folder = [entry is not None and stat.S_ISDIR(entry.st_mode) for entry in (ours, theirs)]
            if all(is_folder):
                break
            highest = path
        return highest

    def _name_unseen(self, path: str, error: OSError, *, is_writing: bool = False) -> None:
        """Report an unreadable path as a problem, once."""
        if path not in self._unseen:
            self._unseen.add(path)
            self._problems.append(problem_from(error, path, Stage.COMPARE, is_writing=is_writing))

    def _name_highest_unseen(self, path: str, error: OSError) -> None:
        """Report the highest unreadable folder at or above a path as a problem, once."""
        unseen, is_writing = path, False
        for folder in reversed((path, *parents_of(path))):
            try:
                is_writing = False
                self._source.look(folder)
                is_writing = True
                self._target.look(folder)
            except OSError as found:
                unseen, error = folder, found
                break
        else:
            is_writing = False
        self._name_unseen(unseen, error, is_writing=is_writing)

    def _compare_root(self, *, is_tree: bool) -> None:
        ours, theirs = self._source.stat(""), self._target.stat("")
        is_as_known = self._catalog.fact(ROOT_KEY) == str(ours.st_ctime_ns)
        # The root folder of a FAT or exFAT volume has no times.
        compares_time = not self._capabilities.has_local_times
        self._compare_folder_itself("", ours, theirs, is_as_known=is_as_known, compares_time=compares_time)
        if is_tree:
            self._trees_done.add("")
            self._walk([("", None)])

    def _walk(self, pending: list[_Folder]) -> None:
        """Compare folders and everything below them."""
        with contextlib.suppress(Cancelled):
            while not self._should_stop():
                if self._scan_worker is not None:
                    self._share(pending, self._scan_worker)
                if not pending:
                    return
                path, making = pending.pop()
                self._builder.source_folders += 1
                self._compare_folder(path, making, pending)
                self._on_copies(len(self._copies))

    def _share(self, pending: list[_Folder], scan_worker: ScanWorker) -> None:
        """Handle the worker's findings and give it more folders; wait for it only if there is nothing else to do."""
        while findings := scan_worker.findings(waits=not pending):
            for path, found in findings:
                self._builder.source_folders += 1
                if found is None:
                    self._compare_folder(path, None, pending)
                    continue
                self._meter.add_files(found.entries, path)
                self._builder.mirror_files += found.files
                prefix = path + "/" if path else ""
                pending.extend([(prefix + name, None) for name in found.folders])
        while len(pending) > 1 and scan_worker.takes_more():
            # The last folder is for this process, and new folders are never handed over. The fewer there are, the
            # smaller the batch: at the end neither process should wait long for the other.
            some = slice(-1 - max(1, min(BATCH_FOLDERS, len(pending) // 4)), -1)
            batch = [path for path, making in pending[some] if making is None]
            if not batch:
                return
            pending[some] = [folder for folder in pending[some] if folder[1] is not None]
            scan_worker.hand_over(batch)

    def _compare_folder(self, path: str, making: Action | None, pending: list[_Folder]) -> None:
        refused: dict[str, OSError] = {}
        try:
            ours, our_names = list_or_name(self._source, path, refused, self._most_at_once)
        except FileNotFoundError:
            # It vanished since its parent was listed: the next pass handles it.
            return
        except OSError as error:
            if making is not None:
                self._copies.append(making)
            self._problems.append(problem_from(error, path, Stage.COMPARE))
            return
        if making is not None:
            # Right before its contents, so that both come into the mirror together.
            self._copies.append(making)
        theirs: dict[str, Entry] | None = {}
        their_names: list[str] = []
        refused_there: dict[str, OSError] = {}
        if making is None:
            try:
                theirs, their_names = list_or_name(self._target, path, refused_there, self._most_at_once)
                if theirs is not None and ours is None:
                    their_names = self._target.names(path)
            except OSError as error:
                self._problems.append(problem_from(error, path, Stage.COMPARE, is_writing=True))
                return
        if ours is not None and theirs is not None:
            known = self._known_in(path, ours) if making is None else {}
            self._compare_listed(path, making, (ours, refused), (theirs, refused_there), known, pending)
            return
        for portion in portions(our_names if ours is None else [*ours, *refused], their_names):
            self._compare_portion(path, making, portion, pending)

    def _compare_portion(self, path: str, making: Action | None, portion: Portion, pending: list[_Folder]) -> None:
        """Compare a portion of the names of a wide folder.

        Raises:
            Cancelled: The comparison was cancelled.
        """
        if self._should_stop():
            raise Cancelled
        refused: dict[str, OSError] = {}
        refused_there: dict[str, OSError] = {}
        try:
            ours = self._source.look_at(path, portion.ours, refused)
        except OSError as error:
            self._problems.append(problem_from(error, path, Stage.COMPARE))
            return
        try:
            theirs = self._target.look_at(path, portion.theirs, refused_there)
        except OSError as error:
            self._problems.append(problem_from(error, path, Stage.COMPARE, is_writing=True))
            return
        known = self._known_in(path, ours, portion.after, portion.last) if making is None else {}
        self._compare_listed(path, making, (ours, refused), (theirs, refused_there), known, pending)
        self._on_copies(len(self._copies))

    def _compare_listed(
        self,
        path: str,
        making: Action | None,
        source: _Listing,
        destination: _Listing,
        known: dict[str, Row],
        pending: list[_Folder],
    ) -> None:
        """Compare the listings of a folder, or of a portion of its names."""
        (ours, refused), (theirs, refused_there) = source, destination
        if refused:
            self._leave_alone(path, refused, theirs, known, is_writing=False)
        if refused_there:
            self._leave_alone(path, refused_there, ours, known, is_writing=True)
        self._meter.add_files(len(ours), path)
        if not path:
            self._leave_out_reserved(ours)
        if self._name_mapper is not None:
            self._name_mapper.align(path, ours, theirs, known, is_new=making is not None)
        prefix = path + "/" if path else ""
        excludes = self._excludes_in(path, len(ours))
        as_before, others = split_unchanged(prefix, ours, theirs, known, excludes, compares_owner=self._compares_owner)
        self._builder.mirror_files += as_before
        for name, our, their, mark in others:
            # As ``_compare_safely`` does, without a call for each name.
            path_of_it = prefix + name
            try:
                self._compare_entry(path_of_it, our, their, None if mark is None else fingerprint_of(mark), pending)
            except UNFIT as error:
                self._problems.append(problem_of_unfit(error, path_of_it, Stage.COMPARE))
        self._other_names.note_gone(self._former(path), theirs.keys() | known.keys())
        for name, their in theirs.items():
            if is_temporary(name):
                self._builder.litter.append(prefix + name)
            else:
                self._deletions.add(prefix + name, their, known.pop(name, None))
        if known and self._learns:
            self._catalog.forget(prefix + name for name in known)

    def _known_in(
        self, path: str, ours: dict[str, Entry], after: str | None = None, last: str | None = None
    ) -> dict[str, Row]:
        """Return the catalog's records of a folder, or of some names, ignoring inodes that are not stable."""
        known = self._catalog.folder(self._former(path), after, last)
        if self._fickle:
            for name, row in known.items():
                our = ours.get(name)
                if our is not None and our.st_dev in self._fickle and row[0] != our.st_ino:
                    known[name] = (our.st_ino, *row[1:])
        return known

    def _known_of(self, path: str, ours: Entry | None) -> Fingerprint | None:
        """Return the catalog's record of a path, as ``_known_in`` does."""
        known = self._catalog.fingerprint(self._former(path))
        if known is not None and ours is not None and ours.st_dev in self._fickle:
            known = known._replace(inode=ours.st_ino)
        return known

    def _compare_safely(
        self, path: str, ours: Entry, theirs: Entry | None, known: Fingerprint | None, pending: list[_Folder]
    ) -> None:
        """Compare an entry. An error caused by its numbers or name is a problem of this entry only."""
        try:
            self._compare_entry(path, ours, theirs, known, pending)
        except UNFIT as error:
            self._problems.append(problem_of_unfit(error, path, Stage.COMPARE))

    def _excludes_in(self, folder: str, names: int) -> Callable[[str, bool], bool] | None:
        """Return the exclusion test for a folder; None if it excludes nothing there.

        With many names the test also checks whether to stop, since many rules take seconds for many names. It then
        raises ``Cancelled``.
        """
        excludes = self._rules.in_folder(folder)
        if excludes is None or names <= ASK_AFTER_NAMES:
            return excludes

        def asking(path: str, is_folder: bool) -> bool:  # noqa: FBT001 - as what it stands for
            self._ask_whether_to_stop()
            return excludes(path, is_folder)

        return asking

    def _ask_whether_to_stop(self) -> None:
        """Count one more name that the rules are asked about, and raise ``Cancelled`` if the user wants an end."""
        self._asked += 1
        if not self._asked % ASK_AFTER_NAMES and self._should_stop():
            raise Cancelled

    def _leave_alone(
        self,
        folder: str,
        refused: dict[str, OSError],
        other_side: dict[str, Entry],
        known: dict[str, Row],
        *,
        is_writing: bool,
    ) -> None:
        """Report entries that one side cannot read as problems; the other side's entries and their records stay."""
        for name, error in refused.items():
            known.pop(name, None)
            other_side.pop(name, None)
            if self._capabilities.folds_names:
                from backup_gui.engine.rules.names import fold  # noqa: PLC0415 - most destinations tell all names apart

                # Without its stat result it is unknown which of these is the same name.
                for spelling in [other for other in other_side if fold(other) == fold(name)]:
                    del other_side[spelling]
                    known.pop(spelling, None)
            path = join(folder, name)
            if not is_temporary(name) and not any(self._rules.excludes(path, is_folder) for is_folder in (True, False)):
                self._problems.append(problem_from(error, path, Stage.COMPARE, is_writing=is_writing))

    def _leave_out_reserved(self, ours: dict[str, Entry]) -> None:
        """Report an entry at the source's root with the history's reserved name as a problem, and exclude it."""
        for name in list(filter(is_reserved, ours)):
            if not self._is_left_out(name, ours.pop(name)):
                self._problems.append(problem(ProblemCode.NAME_RESERVED, name, Stage.COMPARE))

    def _name_as_reserved(self, name: str) -> None:
        """Report an entry with the history's reserved name as a problem if the source has it."""
        if name in self._done or "" in self._trees_done:
            return
        self._done.add(name)
        entry = self._source.look(name)
        if entry is not None and not self._is_left_out(name, entry):
            self._problems.append(problem(ProblemCode.NAME_RESERVED, name, Stage.COMPARE))

    def _compare_entry(
        self,
        path: str,
        ours: Entry,
        theirs: Entry | None,
        known: Fingerprint | None,
        pending: list[_Folder],
    ) -> None:
        """Compare the source's entry at a path with the mirror's, if there is one."""
        if known is not None and known.inode != ours.st_ino:
            self._other_names.note(known.inode)
        kind = kind_of(ours)
        their_kind = None if theirs is None else kind_of(theirs)
        if EntryKind.PLACEHOLDER in {kind, their_kind} and self._is_only_in_a_cloud(kind, ours, theirs):
            return
        code = self._impossible.get(kind)
        if theirs is not None and FOLDER is not their_kind and code is None:
            self._builder.mirror_files += 1
        if code is not None:
            is_special = kind is EntryKind.SPECIAL
            self._problems.append(problem_of_special(path, ours) if is_special else problem(code, path, Stage.COMPARE))
            if theirs is not None:
                self._deletions.add(path, theirs, known)
            return
        size_bytes = ours.st_size if kind is FILE else 0
        if size_bytes > self._largest_bytes:
            self._problems.append(problem(ProblemCode.TOO_LARGE, path, Stage.COMPARE))
            return
        if theirs is None:
            if kind is FOLDER:
                self._submounts.notice(path, ours)
                pending.append((path, Action(CREATE, path, kind)))
            elif kind is not FILE or not self._moves.follow(path, ours):
                self._add_copy(Action(CREATE, path, kind, size_bytes), ours)
            elif ours.st_nlink > 1:
                self._other_names.note(ours.st_ino)
            return
        if kind is not their_kind:
            if self._deletions.is_left_alone(path, theirs) or (
                their_kind is FOLDER and not self._deletions.add(path, theirs, known, is_in_the_way=True)
            ):
                self._problems.append(problem(ProblemCode.LEFT_OUT_IN_THE_WAY, path, Stage.COMPARE))
                return
            replacing = self._changing(REPLACE, path, ours, theirs, known)
            if kind is FOLDER:
                pending.append((path, replacing))
            else:
                self._add_copy(replacing, ours)
            return
        if kind is FOLDER:
            self._compare_folders(path, ours, theirs, known, pending)
            return
        self._compare_files(path, ours, theirs, known)

    def _changing(self, op: Op, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None) -> Action:
        """Return the action on a path that both sides have."""
        kind = kind_of(ours)
        return Action(
            op,
            path,
            kind,
            ours.st_size if kind is FILE else 0,
            old_kind=kind_of(theirs),
            is_known=self._ownership.has(theirs, known),
            seen_at_ns=ours.st_ctime_ns,
        )

    def _is_only_in_a_cloud(self, kind: EntryKind, ours: Entry, theirs: Entry | None) -> bool:
        """Tell whether nothing is to be done since what is on one side has its content in a cloud."""
        if kind is EntryKind.PLACEHOLDER:
            # Whatever the mirror has there, from when it was on this computer, stays as it is.
            self._builder.placeholders += 1
            return True
        # A cloud that has freed the space of the mirror's copy leaves it its size and time.
        is_copy = kind is FILE and theirs is not None and looks_alike(ours, theirs, self._capabilities)
        self._builder.mirror_files += is_copy
        return is_copy

    def _compare_folders(
        self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None, pending: list[_Folder]
    ) -> None:
        """Compare the metadata of two folders, and queue their contents."""
        self._submounts.notice(path, ours)
        if self._submounts.known and self._submounts.is_away(path):
            return
        is_as_known = known is not None and (known.inode, known.ctime_ns) == (ours.st_ino, ours.st_ctime_ns)
        self._compare_folder_itself(path, ours, theirs, is_as_known=is_as_known)
        pending.append((path, None))

    def _compare_files(self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None) -> None:
        """Compare two files, or two links."""
        if is_same_file(ours, theirs):
            kind = kind_of(ours)
            size_bytes = ours.st_size if kind is FILE else 0
            self._add_copy(Action(CREATE, path, kind, size_bytes, old_kind=kind), ours)
            return
        op: Op | None = None
        try:
            op = self._comparer.difference(path, ours, theirs, known)
        except OSError as error:
            self._problems.append(problem_from(error, path, Stage.COMPARE))
        except Cancelled:
            pass
        if op is not None:
            action = self._changing(op, path, ours, theirs, known)
            if op is SET_METADATA:
                self._add_copy(action._replace(copy_seen_at_ns=theirs.st_ctime_ns), ours, theirs)
            else:
                self._add_copy(action, ours)
        elif is_linked_file(ours):
            if known is None or known.ctime_ns != ours.st_ctime_ns:
                # It may have been copied while it was written through another name.
                self._other_names.note(ours.st_ino)
            self._links.see(ours)

    def _add_copy(self, action: Action, ours: Entry, theirs: Entry | None = None) -> None:
        """Add the copy of a file or link, or its metadata. Of several hard links only the first is copied."""
        if ours.st_nlink == 1 or not is_linked_file(ours):
            self._copies.append(action)
            return
        action = action._replace(seen_at_ns=ours.st_ctime_ns)
        if self._makes_links:
            action = self._links.joined(action, ours, theirs)
        self._links.see(ours)
        self._other_names.note(ours.st_ino)
        (self._copies if action.link_to is None else self._builder.joins).append(action)

    def _compare_folder_itself(
        self, path: str, ours: Entry, theirs: Entry, *, is_as_known: bool, compares_time: bool = True
    ) -> None:
        """Compare a folder's metadata; extended attributes only if its change time is not the recorded one."""
        try:
            is_other = self._comparer.differs_in_metadata(ours, theirs, compares_time=compares_time)
            if is_other or (not is_as_known and self._comparer.has_other_attributes(path, ours)):
                self._copies.append(Action(SET_METADATA, path, FOLDER))
            elif not is_as_known and self._learns:
                if path:
                    self._catalog.record(path, ours)
                else:
                    self._catalog.remember(ROOT_KEY, str(ours.st_ctime_ns))
        except OSError as error:
            self._problems.append(problem_from(error, path, Stage.COMPARE))

    def _settle(self, path: str, ours: Entry, theirs: Entry) -> None:
        """Plan the metadata of a touched file whose content the mirror has under another hard link, or record it."""
        if self._comparer.differs_in_metadata(ours, theirs) or self._comparer.has_other_attributes(path, ours):
            action = Action(SET_METADATA, path, FILE, ours.st_size, old_kind=FILE)
            self._copies.append(action._replace(seen_at_ns=ours.st_ctime_ns, copy_seen_at_ns=theirs.st_ctime_ns))
        elif self._learns:
            self._catalog.record(path, ours)

    def _is_left_out(self, path: str, entry: Entry) -> bool:
        if is_own(path.rpartition("/")[2]):
            return True
        if not self._rules:
            return False
        # Where names are mapped, all of a folder's are asked about first.
        self._ask_whether_to_stop()
        return self._rules.excludes(path, stat.S_ISDIR(entry.st_mode))

"""Source and mirror side by side, folder by folder, into a plan. Looks, and changes nothing in either.

Only one folder of each side is in memory at a time: the cost is that of the plan and of the largest folder. A partial
comparison looks only at the paths it is given: its cost is the change's, never the tree's.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from backup_gui.engine.attributes import have_same_attributes
from backup_gui.engine.catalog import fingerprint_of
from backup_gui.engine.copying import has_same_content
from backup_gui.engine.links import Links, is_linked_file
from backup_gui.engine.model import Action, EntryKind, Op, Plan, ProblemCode, Scope, Stage, kind_of
from backup_gui.engine.problems import problem, problem_from
from backup_gui.engine.scout import BATCH_FOLDERS
from backup_gui.engine.transfer import Cancelled, ignore_count
from backup_gui.engine.tree import TEMPORARY_PREFIX, Tree, is_at_or_below, is_below, is_temporary, join, parent_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.catalog import Catalog, Fingerprint, Row
    from backup_gui.engine.filters import Filter
    from backup_gui.engine.model import Entry, Problem
    from backup_gui.engine.naming import Alignment
    from backup_gui.engine.progress import Meter
    from backup_gui.engine.scout import Scout
    from backup_gui.engine.spelling import Spelling
    from backup_gui.engine.target import Target

# When the source's root was last changed as far as its own attributes are known to be in the mirror.
ROOT_KEY = "root changed at"

_TYPE_BITS = stat.S_IFMT(0xFFFF)
# A folder yet to be compared, and the action that makes it in the mirror if that does not have it.
_Folder = tuple[str, Action | None]


def compare(
    source: Tree,
    target: Target,
    scope: Scope,
    *,
    rules: Filter,
    catalog: Catalog,
    meter: Meter,
    should_stop: Callable[[], bool],
    drives: frozenset[str] = frozenset(),
    learns: bool = True,
    on_copies: Callable[[int], None] = ignore_count,
    scout: Scout | None = None,
) -> Plan:
    """Compare a source and its mirror.

    Args:
        source: The source.
        target: The destination.
        scope: What to compare.
        rules: What to leave out: it counts as absent from the source.
        catalog: What is known from earlier passes.
        meter: Told of the entries seen.
        should_stop: Asked between folders; a comparison that was stopped returns an incomplete plan, to be dropped.
        drives: Folders of the source that another volume is remembered to be mounted on. If one is not, nothing at
            or below it is deleted.
        learns: Whether files found equal are recorded in the catalog.
        on_copies: Told between folders how many things are to be copied, as far as that is known.
        scout: Looks over folders, too, and finds those in which all is as it was.

    Returns:
        The plan: what is in the way first, then folders before what is in them, then moves, then names of files that
        have several, then deletions, the deepest first.
    """
    comparison = _Comparison(
        source, target, rules, catalog, meter, should_stop, on_copies, scout, drives=drives, learns=learns
    )
    for path in sorted(scope.trees):
        comparison.compare_path(path, is_tree=True)
    for path in sorted(scope.paths):
        comparison.compare_path(path, is_tree=False)
    return comparison.plan(is_full=scope.is_full)


class _Comparison:
    """The state of one comparison."""

    def __init__(
        self,
        source: Tree,
        target: Target,
        rules: Filter,
        catalog: Catalog,
        meter: Meter,
        should_stop: Callable[[], bool],
        on_copies: Callable[[int], None],
        scout: Scout | None,
        *,
        drives: frozenset[str],
        learns: bool,
    ) -> None:
        self._source = source
        self._target = target
        self._rules = rules
        self._catalog = catalog
        self._meter = meter
        self._should_stop = should_stop
        self._on_copies = on_copies
        self._scout = scout
        self._learns = learns
        self._knows_moves = not catalog.is_empty()
        self._compares_owner = target.holds_owner
        self._abilities = target.abilities
        self._makes_links = target.abilities.holds_hard_links
        self._largest_bytes = target.abilities.largest_bytes
        self._impossible = {EntryKind.SPECIAL: ProblemCode.SPECIAL_FILE}
        if not target.abilities.holds_links:
            self._impossible[EntryKind.LINK] = ProblemCode.LINK_NOT_POSSIBLE
        self._spelling: Spelling | None = None
        if target.abilities.limits_names:
            from backup_gui.engine.spelling import Spelling  # noqa: PLC0415 - most destinations hold all names

            self._spelling = Spelling(source, target, catalog, self._is_left_out, may_try=learns)
        self._time_step_ns = target.time_step_ns

        self._drives = set(drives)
        self._drives_away: set[str] = set()
        self._root_device = source.root_entry.st_dev

        self._in_the_way: list[Action] = []
        self._respellings: list[Action] = []
        self._copies: list[Action] = []
        self._moves: list[Action] = []
        self._joins: list[Action] = []
        self._deletions: list[Action] = []
        self._problems: list[Problem] = []
        self._litter: list[str] = []
        self._moved_away: set[str] = set()
        self._done: set[str] = set()
        self._done_names: set[str] = set()
        self._trees_done: set[str] = set()
        self._mirror_files = 0
        self._source_folders = 0
        self._links = Links(source, target, catalog, self._moved_away, self._is_content_equal, self._settle)

    def plan(self, *, is_full: bool) -> Plan:
        """Put together what was found."""
        deletions = [action for action in reversed(self._deletions) if action.path not in self._moved_away]
        return Plan(
            actions=(
                *self._respellings,
                *reversed(self._in_the_way),
                *self._copies,
                *self._moves,
                *self._joins,
                *deletions,
            ),
            problems=tuple(self._problems),
            litter=tuple(self._litter),
            mirror_files=self._mirror_files,
            source_folders=self._source_folders,
            drives=frozenset(self._drives),
            is_full=is_full,
        )

    def compare_path(self, path: str, *, is_tree: bool) -> None:
        """Compare what is at one path; with ``is_tree`` also all that is below it."""
        try:
            if self._spelling is not None:
                settled = self._resolve(path, self._spelling)
                if settled is None:
                    return
                path, is_other = settled
                is_tree = is_tree or is_other
            path = self._highest_change(path)
            if path in self._done or is_below(path, self._trees_done):
                return
            self._done.add(path)
            if self._drives and self._is_on_drive_away(path):
                return
            if not path:
                self._compare_root(is_tree=is_tree)
                return
            ours = self._source.look(path)
        except OSError as error:
            self._problems.append(problem_from(error, path, Stage.COMPARE))
            return
        try:
            theirs = self._target.look(path)
        except OSError as error:
            self._problems.append(problem_from(error, path, Stage.COMPARE, is_writing=True))
            return
        if ours is not None and self._is_left_out(path, ours):
            ours = None
        known = self._catalog.fingerprint(self._former(path))
        pending: list[_Folder] = []
        if ours is None:
            if theirs is not None and not is_temporary(path.rpartition("/")[2]):
                self._add_deletions(path, theirs, self._deletions, is_known=known is not None)
        else:
            self._compare_entry(path, ours, theirs, known, pending)
            if pending and (is_tree or pending[0][1] is not None):
                self._trees_done.add(path)
                self._walk(pending)

    def _former(self, path: str) -> str:
        """Return the path under which the catalog knows what is at a path."""
        return path if self._spelling is None else self._spelling.former(path)

    def _resolve(self, path: str, spelling: Spelling) -> tuple[str, bool] | None:
        """Find out what of the source a path stands for, where the mirror cannot hold or tell apart all names.

        Returns:
            The path in the source's spelling, or that of a folder above it, and whether what the mirror has there
            was something else's before, so that all of it is to be compared; None if there is nothing to compare.
        """
        settled = ""
        for name in path.split("/") if path else ():
            folder = spelling.folder(settled)
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
                    self._compare_entry(here, folder.ours[taker], None, None, [])
                return None
            self._respell(settled, taker, folder.ours.get(taker), folder.alignment)
            if taker != name or taker in folder.alignment.respelt:
                return here, True
            settled = here
        return settled, False

    def _align(
        self,
        path: str,
        ours: dict[str, Entry],
        theirs: dict[str, Entry],
        known: dict[str, Row],
        *,
        is_new: bool,
    ) -> None:
        """Take what cannot come into the mirror out of a folder's listing, and give the mirror's names our spelling."""
        if self._spelling is None:
            return
        from backup_gui.engine.naming import inherit  # noqa: PLC0415 - as above

        alignment = self._spelling.align(path, ours, theirs, is_new=is_new)
        for name in alignment.refused:
            self._refuse(join(path, name), ours.pop(name), alignment)
        inherit(known, ours, alignment)
        for name, place in alignment.stored.items():
            theirs[name] = theirs.pop(place)
            self._respell(path, name, ours[name], alignment)

    def _refuse(self, path: str, entry: Entry, alignment: Alignment) -> None:
        if path in self._done_names:
            return
        self._done_names.add(path)
        from backup_gui.engine.naming import refused  # noqa: PLC0415 - as above

        refusal = alignment.refused[path.rpartition("/")[2]]
        self._problems.append(refused(path, refusal, is_folder=stat.S_ISDIR(entry.st_mode)))

    def _respell(self, folder: str, name: str, entry: Entry | None, alignment: Alignment) -> None:
        path = join(folder, name)
        if name not in alignment.respelt or path in self._done_names or entry is None:
            return
        self._done_names.add(path)
        old_path = join(folder, alignment.stored[name])
        self._respellings.append(Action(Op.MOVE, path, kind_of(entry), old_path=old_path, is_respelling=True))

    def _highest_change(self, path: str) -> str:
        """Return the highest folder above a path that only one of both sides has, or else the path itself."""
        highest = path
        while path:
            path = parent_of(path)
            if not path:
                break
            ours, theirs = self._source.look(path), self._target.look(path)
            is_folder = [entry is not None and stat.S_ISDIR(entry.st_mode) for entry in (ours, theirs)]
            if all(is_folder):
                break
            highest = path
        return highest

    def _compare_root(self, *, is_tree: bool) -> None:
        ours, theirs = self._source.stat(""), self._target.stat("")
        is_as_known = self._catalog.fact(ROOT_KEY) == str(ours.st_ctime_ns)
        # The root folder of a FAT or exFAT volume has no time of its own.
        compares_time = not self._abilities.has_local_times
        self._compare_folder_itself("", ours, theirs, is_as_known=is_as_known, compares_time=compares_time)
        if is_tree:
            self._trees_done.add("")
            self._walk([("", None)])

    def _walk(self, pending: list[_Folder]) -> None:
        """Compare folders and all that is below them."""
        while not self._should_stop():
            if self._scout is not None:
                self._share(pending, self._scout)
            if not pending:
                return
            path, making = pending.pop()
            self._source_folders += 1
            self._compare_folder(path, making, pending)
            self._on_copies(len(self._copies))

    def _share(self, pending: list[_Folder], scout: Scout) -> None:
        """Take what the scout has found, and give it more; wait for it only if there is nothing else to do."""
        while findings := scout.findings(waits=not pending):
            for path, found in findings:
                self._source_folders += 1
                if found is None:
                    self._compare_folder(path, None, pending)
                    continue
                self._meter.add_files(found.entries, path)
                self._mirror_files += found.files
                prefix = path + "/" if path else ""
                pending.extend([(prefix + name, None) for name in found.folders])
        while len(pending) > 1 and scout.takes_more():
            # The last one is for here, and those that are yet to be made are for nobody else. The fewer there are, the
            # fewer at a time: in the end neither is to wait long for the other.
            some = slice(-1 - max(1, min(BATCH_FOLDERS, len(pending) // 4)), -1)
            batch = [path for path, making in pending[some] if making is None]
            if not batch:
                return
            pending[some] = [folder for folder in pending[some] if folder[1] is not None]
            scout.hand_over(batch)

    def _compare_folder(self, path: str, making: Action | None, pending: list[_Folder]) -> None:
        try:
            ours = self._source.list(path)
        except FileNotFoundError:
            # Gone since its own folder was listed: the next pass sees to it.
            return
        except OSError as error:
            if making is not None:
                self._copies.append(making)
            self._problems.append(problem_from(error, path, Stage.COMPARE))
            return
        if making is not None:
            # Right before what is in it, so that both come into the mirror together.
            self._copies.append(making)
        theirs: dict[str, Entry] = {}
        known: dict[str, Row] = {}
        if making is None:
            try:
                theirs = self._target.list(path)
            except OSError as error:
                self._problems.append(problem_from(error, path, Stage.COMPARE, is_writing=True))
                return
            known = self._catalog.folder(self._former(path))
        self._meter.add_files(len(ours), path)
        self._align(path, ours, theirs, known, is_new=making is not None)
        prefix = path + "/" if path else ""
        excludes = self._rules.excludes if self._rules else None
        compares_owner = self._compares_owner
        as_before = 0
        for name, our in ours.items():
            if name.startswith(TEMPORARY_PREFIX) and is_temporary(name):
                continue
            if excludes is not None and excludes(prefix + name, stat.S_ISDIR(our.st_mode)):
                continue
            their = theirs.pop(name, None)
            if their is None:
                self._compare_entry(prefix + name, our, None, None, pending)
                continue
            mark = known.pop(name, None)
            # The commonest case by far, without a call: a file that is as it was, on both sides.
            if (
                mark is not None
                and our.st_mtime_ns == mark[3] == their.st_mtime_ns
                and our.st_size == mark[2] == their.st_size
                and our.st_ctime_ns == mark[1]
                and our.st_ino == mark[0]
                and (mode := our.st_mode) == their.st_mode
                and mode & _TYPE_BITS == stat.S_IFREG
                and (not compares_owner or (our.st_uid == their.st_uid and our.st_gid == their.st_gid))
            ):
                as_before += 1
                continue
            fingerprint = None if mark is None else fingerprint_of(mark)
            self._compare_entry(prefix + name, our, their, fingerprint, pending)
        self._mirror_files += as_before
        for name, their in theirs.items():
            if is_temporary(name):
                self._litter.append(prefix + name)
            else:
                self._add_deletions(prefix + name, their, self._deletions, is_known=known.pop(name, None) is not None)
        if known and self._learns:
            self._catalog.forget(prefix + name for name in known)

    def _compare_entry(
        self,
        path: str,
        ours: Entry,
        theirs: Entry | None,
        known: Fingerprint | None,
        pending: list[_Folder],
    ) -> None:
        """Compare what the source has at a path with what the mirror has there, if anything."""
        kind = kind_of(ours)
        their_kind = None if theirs is None else kind_of(theirs)
        code = self._impossible.get(kind)
        if theirs is not None and EntryKind.FOLDER is not their_kind and code is None:
            self._mirror_files += 1
        if code is not None:
            self._problems.append(problem(code, path, Stage.COMPARE))
            if theirs is not None:
                self._add_deletions(path, theirs, self._deletions, is_known=known is not None)
            return
        size_bytes = ours.st_size if kind is EntryKind.FILE else 0
        if size_bytes > self._largest_bytes:
            self._problems.append(problem(ProblemCode.TOO_LARGE, path, Stage.COMPARE))
            return
        if theirs is None:
            if kind is EntryKind.FOLDER:
                self._notice_drive(path, ours)
                pending.append((path, Action(Op.CREATE, path, kind)))
            elif not self._is_move(path, ours, kind):
                self._add_copy(Action(Op.CREATE, path, kind, size_bytes), ours)
            return
        is_known = known is not None
        if kind is not their_kind:
            if their_kind is EntryKind.FOLDER:
                self._add_deletions(path, theirs, self._in_the_way, is_known=is_known)
            replacing = Action(Op.REPLACE, path, kind, size_bytes, old_kind=their_kind, is_known=is_known)
            if kind is EntryKind.FOLDER:
                pending.append((path, replacing))
            else:
                self._add_copy(replacing, ours)
            return
        if kind is EntryKind.FOLDER:
            self._compare_folders(path, ours, theirs, known, pending)
            return
        op = self._difference(path, ours, theirs, known)
        if op is not None:
            action = Action(op, path, kind, size_bytes, old_kind=kind, is_known=is_known)
            if op is Op.SET_METADATA:
                action = action._replace(seen_at_ns=ours.st_ctime_ns)
            self._add_copy(action, ours, theirs if op is Op.SET_METADATA else None)
        elif is_linked_file(ours):
            self._links.see(ours)

    def _compare_folders(
        self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None, pending: list[_Folder]
    ) -> None:
        """Compare two folders themselves; what is in them comes later."""
        self._notice_drive(path, ours)
        if self._drives and self._is_on_drive_away(path):
            return
        is_as_known = known is not None and (known.inode, known.ctime_ns) == (ours.st_ino, ours.st_ctime_ns)
        self._compare_folder_itself(path, ours, theirs, is_as_known=is_as_known)
        pending.append((path, None))

    def _add_copy(self, action: Action, ours: Entry, theirs: Entry | None = None) -> None:
        """Add the copy of a file or link, or its metadata; of a file with several names only the first is copied."""
        if ours.st_nlink == 1 or not is_linked_file(ours):
            self._copies.append(action)
            return
        if self._makes_links:
            action = self._links.joined(action, ours, theirs)
        self._links.see(ours)
        (self._copies if action.link_to is None else self._joins).append(action)

    def _compare_folder_itself(
        self, path: str, ours: Entry, theirs: Entry, *, is_as_known: bool, compares_time: bool = True
    ) -> None:
        """Compare a folder's own metadata; its attributes only if its change time, which its content moves too, did."""
        try:
            is_other = self._differs_in_metadata(ours, theirs, compares_time=compares_time)
            if is_other or (not is_as_known and self._has_other_attributes(path, ours)):
                self._copies.append(Action(Op.SET_METADATA, path, EntryKind.FOLDER))
            elif not is_as_known and self._learns:
                if path:
                    self._catalog.record(path, ours)
                else:
                    self._catalog.remember(ROOT_KEY, str(ours.st_ctime_ns))
        except OSError as error:
            self._problems.append(problem_from(error, path, Stage.COMPARE))

    def _difference(self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None) -> Op | None:
        """Say what has to be done with a file or link that both sides have; what is equal is learnt."""
        is_touched = known is not None and (known.inode, known.ctime_ns) != (ours.st_ino, ours.st_ctime_ns)
        try:
            if self._has_other_content(path, ours, theirs, known, is_touched=is_touched):
                return Op.REPLACE
            # A file's time was looked at with its content.
            if self._differs_in_metadata(ours, theirs, compares_time=stat.S_ISLNK(ours.st_mode)):
                return Op.SET_METADATA
            if known is not None and not is_touched:
                return None
            is_apart = self._makes_links and is_linked_file(ours) and self._links.is_apart(path, ours, theirs)
            if is_apart or self._has_other_attributes(path, ours):
                return Op.SET_METADATA
        except OSError as error:
            self._problems.append(problem_from(error, path, Stage.COMPARE))
            return None
        except Cancelled:
            return None
        if self._learns:
            self._catalog.record(path, ours)
        return None

    def _has_other_content(
        self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None, *, is_touched: bool
    ) -> bool:
        """Tell whether a file or link has to be copied again.

        Raises:
            OSError: It cannot be told.
            Cancelled: The comparison is to stop.
        """
        if stat.S_ISLNK(ours.st_mode):
            return self._source.read_link(path) != self._target.read_link(path)
        if ours.st_size != theirs.st_size:
            return True
        if self._differs_in_time(ours, theirs) and not self._is_time_explained(path, ours, theirs, known):
            return True
        if known is not None and not is_touched:
            return False
        if theirs.st_nlink > 1 and self._links.is_strange(path, ours, theirs, known):
            return True
        # Touched, though size and time agree: an edit whose time was set back looks like this, and so does a change of
        # mode or attributes, a further name, or a rename back and forth. Nothing that the system tells sets them
        # apart: only the content does.
        return is_touched and not self._is_content_equal(path, ours, path, theirs)

    def _differs_in_time(self, ours: Entry, theirs: Entry) -> bool:
        if abs(ours.st_mtime_ns - theirs.st_mtime_ns) < self._time_step_ns:
            return False
        return not self._abilities.limits_times or not self._abilities.is_same_time(
            ours.st_mtime_ns, theirs.st_mtime_ns
        )

    def _is_time_explained(self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None) -> bool:
        """Tell whether a file of the mirror has another time for the destination's reasons, and not for a change.

        Raises:
            OSError: It could not be read.
            Cancelled: The comparison is to stop.
        """
        abilities = self._abilities
        is_shifted = abilities.is_shifted_time(ours.st_mtime_ns, theirs.st_mtime_ns)
        if known is not None:
            is_as_copied = is_shifted or (not abilities.holds_times and self._catalog.stamp(path) == theirs.st_mtime_ns)
            return is_as_copied and known == (ours.st_ino, ours.st_ctime_ns, ours.st_size, ours.st_mtime_ns)
        # Nothing is known, so only the content tells.
        is_equal = (is_shifted or not abilities.holds_times) and self._is_content_equal(path, ours, path, theirs)
        if is_equal and not abilities.holds_times and self._learns:
            self._catalog.record_stamp(path, theirs.st_mtime_ns)
        return is_equal

    def _is_content_equal(self, path: str, ours: Entry, mirror_path: str, theirs: Entry) -> bool:
        """Compare a file of the source with one of the mirror, byte by byte; the same two only once.

        Raises:
            OSError: One of them could not be read.
            Cancelled: The comparison is to stop.
        """
        is_equal = self._links.judgement(path, ours, theirs) if ours.st_nlink > 1 else None
        if is_equal is None:
            is_equal = has_same_content(self._source, path, self._target, mirror_path, self._should_stop)
            if ours.st_nlink > 1:
                self._links.judge(ours, theirs, is_equal=is_equal)
        return is_equal

    def _has_other_attributes(self, path: str, ours: Entry) -> bool:
        """Compare extended attributes and access lists, only ever of what is new to the catalog or was touched."""
        try:
            return not have_same_attributes(self._source, self._target, path, ours)
        except FileNotFoundError:
            # Gone on one side: the next pass sees to it.
            return False

    def _settle(self, path: str, ours: Entry, theirs: Entry) -> None:
        """Learn that the mirror has the content of a touched file under another name than the one compared."""
        if self._differs_in_metadata(ours, theirs) or self._has_other_attributes(path, ours):
            action = Action(Op.SET_METADATA, path, EntryKind.FILE, ours.st_size, old_kind=EntryKind.FILE)
            self._copies.append(action._replace(seen_at_ns=ours.st_ctime_ns))
        elif self._learns:
            self._catalog.record(path, ours)

    def _notice_drive(self, path: str, ours: Entry) -> None:
        """Remember that another volume is mounted at a folder of the source, for when it is not."""
        if ours.st_dev != self._root_device and not any(is_at_or_below(path, drive) for drive in self._drives):
            self._drives.add(path)

    def _is_on_drive_away(self, path: str) -> bool:
        """Tell whether a path belongs to a volume that is not mounted now, and name that as a problem once.

        Raises:
            OSError: It cannot be told.
        """
        for drive in self._drives:
            if not is_at_or_below(path, drive):
                continue
            ours = self._source.look(drive)
            if ours is None or ours.st_dev == self._root_device:
                self._name_drive(drive)
                return True
        return False

    def _name_drive(self, drive: str) -> None:
        if drive not in self._drives_away:
            self._drives_away.add(drive)
            self._problems.append(problem(ProblemCode.DRIVE_AWAY, drive, Stage.COMPARE))

    def _differs_in_metadata(self, ours: Entry, theirs: Entry, *, compares_time: bool = True) -> bool:
        if compares_time and self._abilities.holds_times and self._differs_in_time(ours, theirs):
            return True
        if self._compares_owner and (ours.st_uid, ours.st_gid) != (theirs.st_uid, theirs.st_gid):
            return True
        if not self._abilities.holds_modes or stat.S_ISLNK(ours.st_mode):
            return False
        return self._target.rights.mode_of(ours) != stat.S_IMODE(theirs.st_mode)

    def _is_move(self, path: str, ours: Entry, kind: EntryKind) -> bool:
        """Find a file that is new here to be one that the mirror has under a name gone from the source."""
        if not self._knows_moves or kind is not EntryKind.FILE:
            return False
        for old_path, known in self._catalog.paths_of(ours.st_ino):
            if (known.size_bytes, known.mtime_ns) != (ours.st_size, ours.st_mtime_ns) or old_path in self._moved_away:
                continue
            try:
                if self._source.look(old_path) is not None:
                    continue
                theirs = self._target.look(old_path)
                if theirs is None or theirs.st_size != ours.st_size or self._differs_in_time(ours, theirs):
                    continue
                if self._spelling is not None and not self._spelling.is_free(old_path):
                    continue
                if ours.st_nlink > 1 and self._makes_links and self._links.has_other_copy(ours, theirs):
                    continue
                # A file in a folder that was renamed is untouched. One renamed by itself has a new change time, as
                # one has that was edited and given its old time back: only the content tells.
                if known.ctime_ns != ours.st_ctime_ns and not self._is_content_equal(path, ours, old_path, theirs):
                    continue
            except (OSError, Cancelled):
                continue
            if ours.st_nlink > 1:
                self._links.take_moved(path, ours, theirs)
                self._links.see(ours)
            self._moved_away.add(old_path)
            self._moves.append(Action(Op.MOVE, path, kind, ours.st_size, old_path=old_path))
            return True
        return False

    def _is_left_out(self, path: str, entry: Entry) -> bool:
        if is_temporary(path.rpartition("/")[2]):
            return True
        return bool(self._rules) and self._rules.excludes(path, stat.S_ISDIR(entry.st_mode))

    def _add_deletions(self, path: str, entry: Entry, deletions: list[Action], *, is_known: bool) -> None:
        """Add the deletion of a path of the mirror, and of all that is below it, the highest first."""
        pending = [(path, entry, is_known)]
        while pending:
            path, entry, is_known = pending.pop()
            if path in self._drives and not self._rules.excludes(path, True):
                self._name_drive(path)
                continue
            kind = kind_of(entry)
            size_bytes = entry.st_size if kind is EntryKind.FILE else 0
            deletions.append(Action(Op.DELETE, path, kind, size_bytes, is_known=is_known))
            if kind is not EntryKind.FOLDER:
                self._mirror_files += 1
                continue
            try:
                entries = self._target.list(path)
            except OSError as error:
                self._problems.append(problem_from(error, path, Stage.COMPARE, is_writing=True))
                continue
            known = self._catalog.folder(path)
            for name, child in entries.items():
                if is_temporary(name):
                    self._litter.append(join(path, name))
                else:
                    pending.append((join(path, name), child, name in known))

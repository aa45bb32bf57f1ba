"""Compares a source and its mirror byte by byte.

Independent of the catalog and of time stamps: it trusts nothing that a pass relies on. Memory holds one folder of each
side, the folders still to be visited, and two blocks of one file. Code here writes nothing and follows no link.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backup_gui.engine.destination.history_place import is_not_the_mirrors, is_reserved
from backup_gui.engine.destination.job_folders import folders_of
from backup_gui.engine.destination.probe import known_capabilities
from backup_gui.engine.destination.reading import open_tree
from backup_gui.engine.fs.content import Cancelled, forget_cached, never
from backup_gui.engine.fs.same_content import has_same_bytes
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan.holding import Holding
from backup_gui.engine.plan.left_out import rules_of
from backup_gui.engine.rules.progress import Meter, ignore_progress
from backup_gui.model.entries import Entry, EntryKind, is_same_file, kind_of
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.job import Job
from backup_gui.model.paths import MARKER_NAME, join
from backup_gui.model.plans import Phase, Problem, ProblemCode, Progress, Stage
from backup_gui.model.problems import problem, problem_from
from backup_gui.model.reasons import Code, Codes, Reason, ReasonCode, system_words

if TYPE_CHECKING:
    from backup_gui.engine.fs.tree_view import OpenTree, TreeView
    from backup_gui.engine.rules.exclusions import ExclusionRules
    from backup_gui.model.job import Place


class DifferenceKind(Codes):
    """How a path of the mirror differs from the source's."""

    MISSING = Code("It is missing in the backup")
    EXTRA = Code("It is in the backup but not in the source")
    KIND = Code("It is a {source} in the source and a {mirror} in the backup")
    CONTENT = Code("The contents differ")
    LINK = Code("The links lead to different places")
    UNREADABLE = Code("It could not be compared")
    NOT_HELD = Code("It cannot be in the backup")
    SHARED = Code("The backup has the source's own file there, which is no second copy")


_DIFFERING = {
    EntryKind.FILE: DifferenceKind.CONTENT,
    EntryKind.LINK: DifferenceKind.LINK,
    EntryKind.FOLDER: DifferenceKind.KIND,
    EntryKind.SPECIAL: DifferenceKind.KIND,
    EntryKind.PLACEHOLDER: DifferenceKind.KIND,
}
_WORDS = {
    EntryKind.FILE: "file",
    EntryKind.FOLDER: "folder",
    EntryKind.LINK: "link",
    EntryKind.SPECIAL: "pipe, socket or device",
    EntryKind.PLACEHOLDER: "file that is only in the cloud",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A path in which the mirror differs from the source.

    Attributes:
        path: The path, relative to both roots.
        kind: How it differs.
        reason: The same with its figures.
        code: Why the mirror can never have it, as in a pass; None if a pass can fix the difference.
    """

    path: str
    kind: Code
    reason: Reason
    code: Code | None = None


def verify(
    source: str,
    destination: Place,
    exclude: tuple[str, ...] = (),
    should_stop: Callable[[], bool] = never,
    on_progress: Callable[[Progress], None] = ignore_progress,
    memories: Iterable[str | None] = (),
    *,
    leaves_out_system_folders: bool = True,
) -> Iterator[Difference]:
    """Compare names, kinds, contents and link targets on both sides; yield differences, folders before their contents.

    Excluded entries in the mirror are no difference, and neither are folders that exist only for them. An unfinished
    copy is a difference. Times and permissions are not compared. What the destination's file system can never store,
    such as a name or a link, is reported as ``NOT_HELD`` with its reason.

    Args:
        source: Absolute path of the source.
        destination: Where its mirror lies.
        exclude: The job's exclusion rules.
        should_stop: Polled between blocks; returns True to end the comparison early and silently.
        on_progress: Called with entries and bytes compared so far, at most ten times a second.
        memories: What jobs have recorded about drives, see ``probe.known_capabilities``.
        leaves_out_system_folders: As in ``Job``.

    Raises:
        RootAbsentError: One of the folders cannot be opened.
        JobError: A rule is invalid.
    """
    job = Job(source, destination, exclude=exclude, leaves_out_system_folders=leaves_out_system_folders)
    rules = rules_of(job, folders_of(job))
    source_tree = _open(Tree, source, ReasonCode.SOURCE_NOT_VERIFIED)
    try:
        mirror_tree = _open(open_tree, str(destination), ReasonCode.DESTINATION_NOT_VERIFIED)
    except RootAbsentError:
        source_tree.close()
        raise
    holding = Holding(mirror_tree, known_capabilities(mirror_tree, memories))
    verification = _Verification(source_tree, mirror_tree, rules, holding, should_stop, Meter(on_progress))
    return _closed_in_the_end(source_tree, mirror_tree, verification.differences())


def _closed_in_the_end(source: OpenTree, mirror: OpenTree, differences: Iterator[Difference]) -> Iterator[Difference]:
    with source, mirror:
        yield from differences


def _open(opens: Callable[[str], OpenTree], root: str, code: Code) -> OpenTree:
    try:
        return opens(root)
    except OSError as error:
        raise RootAbsentError(Reason(code, path=root, why=system_words(error))) from error


# A folder still to be compared, and whether it is in the source, and in the mirror.
_Visit = tuple[str, bool, bool]


class _Verification:
    """Walks both trees."""

    def __init__(
        self,
        source: TreeView,
        mirror: TreeView,
        rules: ExclusionRules,
        holding: Holding,
        should_stop: Callable[[], bool],
        meter: Meter,
    ) -> None:
        self._source = source
        self._mirror = mirror
        self._rules = rules
        self._holding = holding
        self._should_stop = should_stop
        self._meter = meter

    def differences(self) -> Iterator[Difference]:
        """Walk both trees."""
        pending = [("", True, True)]
        self._meter.begin(Phase.COMPARING)
        try:
            while pending:
                folders: list[_Visit] = []
                yield from self._folder(pending.pop(), folders)
                pending.extend(reversed(folders))
        except Cancelled:
            return
        finally:
            self._meter.end()

    def _folder(self, visit: _Visit, folders: list[_Visit]) -> Iterator[Difference]:
        """Compare one folder, and collect the folders in it to visit."""
        path, is_in_source, is_in_mirror = visit
        unseen: dict[str, OSError] = {}
        try:
            originals = self._listed(self._source, path, unseen) if is_in_source else {}
            copies = self._listed(self._mirror, path, unseen) if is_in_mirror else {}
        except OSError as error:
            yield _unreadable(path, error)
            return
        for name in sorted(unseen):
            originals.pop(name, None)
            copies.pop(name, None)
            below = join(path, name)
            if not self._rules or not any(self._rules.excludes(below, is_folder) for is_folder in (True, False)):
                yield _unreadable(below, unseen[name])
        for listing in (originals, copies):
            listing.pop(MARKER_NAME, None)
        if not path:
            yield from self._leave_out_what_is_not_the_mirrors(originals, copies)
        # As a pass leaves them out, with what the mirror has there: reading one would bring it from the cloud.
        for name in [name for name, entry in originals.items() if kind_of(entry) is EntryKind.PLACEHOLDER]:
            del originals[name]
            copies.pop(name, None)
        for refused in self._holding.align(path, originals, copies):
            yield _not_held(refused)
            self._meter.add_files(1, refused.path)
        for name in sorted(originals.keys() | copies.keys()):
            if self._should_stop():
                raise Cancelled
            below = join(path, name)
            original, copy = originals.get(name), copies.get(name)
            difference = self._entry(below, original, copy)
            if difference is not None:
                yield difference
            goes_source = original is not None and stat.S_ISDIR(original.st_mode)
            goes_mirror = copy is not None and stat.S_ISDIR(copy.st_mode)
            if goes_source or goes_mirror:
                folders.append((below, goes_source, goes_mirror))
            self._meter.add_files(1, below)

    def _leave_out_what_is_not_the_mirrors(
        self, originals: dict[str, Entry], copies: dict[str, Entry]
    ) -> Iterator[Difference]:
        for name in list(filter(is_reserved, originals)):
            del originals[name]
            yield _not_held(problem(ProblemCode.NAME_RESERVED, name, Stage.COMPARE))
        for name, copy in list(copies.items()):
            if name not in originals and is_not_the_mirrors(self._mirror, name, copy):
                del copies[name]

    def _listed(self, tree: TreeView, path: str, unseen: dict[str, OSError]) -> dict[str, Entry]:
        """List a folder of either side without excluded entries."""
        entries = tree.list(path, unseen)
        excludes = self._rules.in_folder(path)
        if excludes is None:
            return entries
        return {
            name: entry
            for name, entry in entries.items()
            if not excludes(join(path, name), stat.S_ISDIR(entry.st_mode))
        }

    def _is_there_for_what_is_left_out(self, path: str) -> bool:
        """Tell whether a folder that only the mirror has contains an excluded entry, and so has to stay."""
        pending = [path]
        while pending and self._rules:
            folder = pending.pop()
            entries = self._mirror.list(folder)
            excludes = self._rules.in_folder(folder)
            for name, entry in entries.items():
                is_folder = stat.S_ISDIR(entry.st_mode)
                if excludes is not None and excludes(join(folder, name), is_folder):
                    return True
                if is_folder:
                    pending.append(join(folder, name))
        return False

    def _entry(self, path: str, original: Entry | None, copy: Entry | None) -> Difference | None:
        if original is None:
            return self._extra(path, copy)
        refused = self._holding.refusal(path, original, copy)
        if refused is not None:
            return _not_held(refused)
        if copy is None:
            return _difference(path, DifferenceKind.MISSING)
        kind, copy_kind = kind_of(original), kind_of(copy)
        if kind is not copy_kind:
            reason = Reason(DifferenceKind.KIND, source=_WORDS[kind], mirror=_WORDS[copy_kind])
            return Difference(path, DifferenceKind.KIND, reason)
        if is_same_file(original, copy):
            return _difference(path, DifferenceKind.SHARED)
        try:
            return None if self._is_same(path, kind, original, copy) else _difference(path, _DIFFERING[kind])
        except OSError as error:
            return _unreadable(path, error)

    def _extra(self, path: str, copy: Entry | None) -> Difference | None:
        try:
            is_folder = copy is not None and stat.S_ISDIR(copy.st_mode)
            if is_folder and self._is_there_for_what_is_left_out(path):
                return None
        except OSError as error:
            return _unreadable(path, error)
        return _difference(path, DifferenceKind.EXTRA)

    def _is_same(self, path: str, kind: EntryKind, original: Entry, copy: Entry) -> bool:
        if kind is EntryKind.FILE:
            return original.st_size == copy.st_size and self._has_same_content(path)
        if kind is EntryKind.LINK:
            return self._source.read_link(path) == self._mirror.read_link(path)
        # Windows has no device numbers, and no special files that could differ in them.
        return kind is EntryKind.FOLDER or getattr(original, "st_rdev", 0) == getattr(copy, "st_rdev", 0)

    def _has_same_content(self, path: str) -> bool:
        original = self._source.open_file(path)
        try:
            copy = self._mirror.open_file(path)
            try:
                # RACE: another file may have replaced it since the folder was listed; a pipe would be read as empty. At
                # worst, a difference is reported that is gone a moment later.
                if not all(stat.S_ISREG(os.fstat(fd).st_mode) for fd in (original, copy)):
                    return False
                forget_cached(copy)
                return has_same_bytes(
                    original, copy, self._should_stop, lambda count: self._meter.add_bytes(count, path)
                )
            finally:
                os.close(copy)
        finally:
            os.close(original)


def _difference(path: str, kind: Code) -> Difference:
    return Difference(path, kind, Reason(kind))


def _not_held(refused: Problem) -> Difference:
    return Difference(refused.path, DifferenceKind.NOT_HELD, refused.reason, refused.code)


def _unreadable(path: str, error: OSError) -> Difference:
    kind = DifferenceKind.UNREADABLE
    return Difference(path, kind, Reason(kind, more=problem_from(error, path, Stage.COMPARE).reason))

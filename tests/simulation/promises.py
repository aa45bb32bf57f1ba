"""What must hold at every moment, and what must hold once a pass has said that all is backed up."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from backup_gui.engine.rules.version_names import read_version_name
from backup_gui.model.paths import is_below
from tests.helpers.trees import Node, read_tree
from tests.property.world import is_unfinished

# At most one version of a path is kept in so many seconds.
KEPT_EVERY_S = 60.0
# The history's own time goes on slowly while the user's clock is behind it.
SLOWED = 4


class Change(NamedTuple):
    """What a path of the source was until it changed.

    Attributes:
        at_s: When it changed.
        before: What it was; None if there was nothing.
        after: What it is since.
        was_nothing: Whether there was nothing for a moment.
        noticed_s: When the program is told of this path; infinite for never.
    """

    at_s: float
    before: Node | None
    after: Node | None
    was_nothing: bool = False
    noticed_s: float = math.inf


class Moment(NamedTuple):
    """When a pass began, in terms of what it can know.

    Attributes:
        began_s: When it took what had changed.
        is_full: Whether it looks at everything.
    """

    began_s: float
    is_full: bool


class Promises:
    """Remembers what the source and the mirror have had, and compares it with what they have.

    Args:
        source: The source.
        mirror: The mirror.
        history: The history.

    Attributes:
        contents: All content that there ever was for the mirror to have.
    """

    def __init__(self, source: Path, mirror: Path, history: Path) -> None:
        self._source = source
        self._mirror = mirror
        self._history = history
        self._tree: dict[str, Node] = {}
        self._changes: defaultdict[str, list[Change]] = defaultdict(list)
        # When the change with this time was told of, or will be; infinite if never.
        self._noticed: dict[float, float] = {}
        self.contents: set[bytes] = set()
        self._mirrored: dict[str, bytes] = {}
        # When that was seen: on a drive that went meanwhile it may have been replaced right after.
        self._mirrored_s = -math.inf
        self._kept: dict[bytes, tuple[str, float]] = {}
        self._versions: dict[str, float] = {}
        self._last_full_s = -math.inf

    # The source

    def see_source(
        self, now_s: float, noticed_s: float, told: frozenset[str], *, is_in_steps: bool = False
    ) -> list[str]:
        """Take note of what has changed in the source.

        Args:
            now_s: The time.
            noticed_s: When the program is told of all of it; infinite for never.
            told: The paths that it is told of; other names of a file that was written to are none of them.
            is_in_steps: Whether what has changed was nothing for a moment.

        Returns:
            The paths.
        """
        tree = _finished(read_tree(self._source))
        changed = sorted(path for path in tree.keys() | self._tree.keys() if tree.get(path) != self._tree.get(path))
        for path in changed:
            is_named = is_below(path, told)
            change = Change(
                now_s, self._tree.get(path), tree.get(path), is_in_steps, noticed_s if is_named else math.inf
            )
            self._changes[path].append(change)
            node = tree.get(path)
            if node is not None:
                self.contents.add(node.content)
        self._noticed[now_s] = max(noticed_s, self._noticed.get(now_s, now_s))
        self._tree = tree
        return changed

    def lose_events(self, now_s: float) -> None:
        """Note that nobody is told any more of what was not told yet."""
        for path, changes in self._changes.items():
            self._changes[path] = [
                change._replace(noticed_s=math.inf) if change.noticed_s > now_s else change for change in changes
            ]

    def is_source_as_seen(self) -> bool:
        """Tell whether nobody has changed the source since it was looked at."""
        return _finished(read_tree(self._source)) == self._tree

    def is_told_of_all(self, now_s: float) -> bool:
        """Tell whether the program was told of every change, or has looked at everything since."""
        return all(noticed_s <= now_s or at_s < self._last_full_s for at_s, noticed_s in self._noticed.items())

    # The mirror

    def mirror(self) -> dict[str, Node]:
        """Return what the mirror has."""
        return _finished(read_tree(self._mirror))

    def check(self, now_s: float, *, keeps_history: bool) -> None:
        """Check what must hold at any moment, if the mirror can be seen."""
        if not self._mirror.is_dir():
            return
        mirror = _finished(read_tree(self._mirror))
        for path, node in mirror.items():
            if node.kind in {"file", "link"}:
                assert node.content in self.contents, f"the mirror has half a file: {path}"
        if keeps_history:
            self._check_nothing_is_lost(mirror, now_s)

    def _check_nothing_is_lost(self, mirror: dict[str, Node], now_s: float) -> None:
        there = {path: node.content for path, node in mirror.items() if node.kind == "file"}
        versions = {path: node for path, node in read_tree(self._history).items() if node.kind != "folder"}
        for path in versions:
            if is_unfinished(path):
                continue
            assert read_version_name(os.path.basename(path)), f"no version's name in the history: {path}"
            self._versions.setdefault(path, now_s)
        kept = {node.content for node in versions.values()}
        present = kept.union(there.values())
        for path, content in self._mirrored.items():
            if content in present:
                continue
            assert there.get(path) is not None, f"gone from the mirror, and not in the history: {path}"
            was_kept = self._was_kept_lately(path, self._mirrored_s)
            assert was_kept, f"replaced in the mirror, and not in the history: {path}"
        self._mirrored, self._mirrored_s = there, now_s

    def _was_kept_lately(self, path: str, replaced_s: float) -> bool:
        """Tell whether another version of a path went to the history so lately that one more need not."""
        for version, at_s in self._versions.items():
            read = read_version_name(os.path.basename(version))
            folder = os.path.dirname(version)
            name = None if read is None else read[0]
            if name is not None and os.path.join(folder, name) == path and replaced_s - at_s <= SLOWED * KEPT_EVERY_S:
                return True
        return False

    # What a pass says

    def get_through(self, moment: Moment) -> None:
        """Note that a pass that began at a moment has looked at all that it was to look at."""
        if moment.is_full:
            self._last_full_s = moment.began_s

    def check_complete(self, moment: Moment, ignored: Iterable[str] = ()) -> None:
        """Check that the mirror has what the source had since a pass began, as far as it can know."""
        mirror = _finished(read_tree(self._mirror))
        left_alone = tuple(ignored)
        for path in sorted(mirror.keys() | self._changes.keys()):
            if is_left_out(path, left_alone):
                continue
            allowed = self._allowed(path, moment)
            found = _plain(mirror.get(path))
            # What vanishes before it is copied is left as it was, for the next pass.
            has_vanished = len(allowed) > 1 and None in allowed
            assert has_vanished or found in allowed, (
                f"said to be complete, but {path!r} is {_said(found)}; it was {', '.join(map(_said, allowed))}"
                f" since {moment}"
            )

    def _allowed(self, path: str, moment: Moment) -> list[Node | None]:
        """Return what a path may be in the mirror once a pass that began at a moment is complete."""
        states: list[Node | None] = []
        state: Node | None = None
        for change in self._changes[path]:
            is_known = change.at_s <= moment.began_s
            if not moment.is_full and change.at_s >= self._last_full_s:
                is_known = is_known and change.noticed_s <= moment.began_s
            if not is_known:
                states.append(_plain(change.before))
                states.append(_plain(change.after))
                if change.was_nothing:
                    states.append(None)
            state = change.after
        states.append(_plain(state))
        return states

    def check_in_step(self, ignored: Iterable[str] = ()) -> None:
        """Check that the mirror is exactly the source.

        Names of one file may be equal files: those that were apart are joined when the file is touched again.
        """
        left_alone = tuple(ignored)
        trees = [
            {
                path: node._replace(names=())
                for path, node in _finished(read_tree(root)).items()
                if not is_left_out(path, left_alone)
            }
            for root in (self._source, self._mirror)
        ]
        source, mirror = trees
        differing = sorted(path for path in source.keys() | mirror.keys() if source.get(path) != mirror.get(path))
        assert not differing, "not in step: " + "; ".join(
            f"{path!r} is {_said(source.get(path))} in the source and {_said(mirror.get(path))} in the mirror"
            for path in differing
        )
        for field in ("st_mode", "st_mtime_ns"):
            ours, theirs = (getattr(os.stat(root), field) for root in (self._source, self._mirror))
            assert left_alone or ours == theirs, f"not in step: {field} of the root is {ours} and {theirs}"


def is_left_out(path: str, names: Iterable[str]) -> bool:
    """Tell whether a path has a name that is left out."""
    return any(part in names for part in path.split("/"))


def _finished(tree: dict[str, Node]) -> dict[str, Node]:
    return {path: node for path, node in tree.items() if not is_unfinished(path)}


def _plain(node: Node | None) -> Node | None:
    """Return of a node what a pass can be held to while others go on working."""
    if node is None or node.kind in {"folder", "link"}:
        return None if node is None else node._replace(mtime_ns=0, names=())
    return node._replace(names=())


def _said(node: Node | None) -> str:
    if node is None:
        return "nothing"
    return f"{node.kind} {node.mode:o} {node.mtime_ns} {node.content[:30]!r}"

"""A source, its mirror, its history, strangers' files around them, and what must hold of all that at any moment."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from backup_gui.engine.rules.version_names import read_version_name
from backup_gui.model.job import Job, Place
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import Scope
from tests.helpers.memory_destination import MemoryDestination, MemoryTree, passes_over
from tests.helpers.trees import Node, contents, read_tree
from tests.property.far_away import load, show

# Flushing the whole of a shared disk takes long, and none of this is about power cuts. On Windows this path would be a
# folder on the current drive, and wine has it.
FAST = "/dev/shm" if os.name == "posix" and os.access("/dev/shm", os.W_OK) else None
ANCHOR = "anchor"

NAMES = (
    *("a", "b", "c.txt", "d", "e.tar.gz", "A", "CON", ".hidden", "-rf", " lead", "trail.", "...", "~", "*?", "a:b"),
    *(
        "a\nb",
        "tab\t",
        "back\\slash",
        "\u00e9",
        "e\u0301",
        "\u65e5\u672c",
        "\U0001f600",
        "\u202ertl",
        "\udcff\udcfe.bin",
    ),
    *("x~20250101-000000Z.txt", "y~20250101-000000Z-1", "file.with~tilde", ".~bg-short"),
    *("l" * 255, "\u00fc" * 127, "k" * 250 + ".txt"),
)


class Look(NamedTuple):
    """A node with everything that a write to it would change."""

    node: Node
    inode: int
    ctime_ns: int
    owner: int


class World:
    """Folders below one of its own, and a memory of all content that was ever in them."""

    def __init__(self, *, keeps_history: bool, far_away: MemoryDestination | None = None) -> None:
        # What passes write to in the place of the folders; these show it between two steps, and take what strangers do.
        self.far_away = far_away
        self.base = Path(tempfile.mkdtemp(prefix="backup-gui-property-", dir=FAST))
        self.source = self.base / "source"
        self.mirror = self.base / "mirror"
        self.history = self.base / "mirror.history"
        self.outside = self.base / "outside"
        self.job = Job(
            str(self.source),
            Place(str(self.mirror)),
            id="job",
            name="job",
            keeps_history=keeps_history,
            guard_count=10**9,
            # By the clocks of the passes hours go by.
            history_days=0,
            guard_share=1.0,
        )
        self._serial = 0
        self._stamp_ns = 1_000_000_000 * 10**9
        # Which contents each path of the mirror may have: what the source had there, or a stranger put there.
        self._whole: dict[str, set[bytes]] = defaultdict(set)
        self._folders: set[str] = set()
        # What was in the mirror between two steps and must not get lost.
        self._kept: set[bytes] = set()
        # Names of unfinished files that a stranger left: what lies under them is to be removed.
        self.litter: set[str] = set()
        self.hints: list[tuple[str, bool]] = []
        # Files edited without a trace in size and time since the last pass that saw everything.
        self.stealthy: set[int] = set()

        self.source.mkdir()
        (self.source / ANCHOR).write_bytes(self.content(10))
        (self.outside / "folder").mkdir(parents=True)
        for name in ("file", "folder/a", "folder/b"):
            (self.outside / name).write_bytes(self.content(50))
        self._outside = look_at(self.outside)
        self.see_source()

    def remove(self) -> None:
        """Remove everything."""
        for folder, folders, _ in os.walk(self.base):
            for name in folders:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(self.base)

    def content(self, size_bytes: int) -> bytes:
        """Return content that there never was before, of about a size."""
        self._serial += 1
        mark = b"version %d;" % self._serial
        return mark * max(1, size_bytes // len(mark)) + mark

    def stamp_ns(self) -> int:
        """Return a time of modification that no file has had yet."""
        self._stamp_ns += 1_234_567_891
        return self._stamp_ns

    def entries(self, root: Path) -> list[str]:
        """List everything below a root but the anchor, in a fixed order."""
        return sorted(path for path in read_tree(root) if path != ANCHOR)

    def folders(self, root: Path) -> list[str]:
        """List the folders below a root and the root itself, in a fixed order."""
        return ["", *sorted(path for path, node in read_tree(root).items() if node.kind == "folder")]

    def hint(self, *paths: str, is_tree: bool = False, changes_names: bool = True) -> None:
        """Note what change notification would tell of a change in the source."""
        for path in paths:
            self.hints.append((path, is_tree))
            if changes_names:
                self.hints.append((os.path.dirname(path), False))

    def scope(self, hints: Iterable[tuple[str, bool]]) -> Scope:
        """Make a scope of hints."""
        listed = list(hints)
        return Scope(
            frozenset(path for path, is_tree in listed if not is_tree),
            frozenset(path for path, is_tree in listed if is_tree),
        )

    def see_source(self) -> None:
        """Take what the source has now for versions that may come into the mirror."""
        for path, content in contents(self.source).items():
            self._whole[path].add(content)

    def see_stranger(self) -> None:
        """Take what the mirror has now for put there by a stranger, and what is gone for lost by the stranger."""
        for path, content in contents(self.mirror).items():
            self._whole[path].add(content)
        self._kept &= self._present(but=self.litter)

    def check(self) -> None:
        """Check what must hold at any moment."""
        now = contents(self.mirror)
        for path, content in now.items():
            assert is_unfinished(path) or content in self._whole[path], f"not whole: {path!r}"
        assert look_at(self.outside) == self._outside, "something outside was changed"
        assert not {entry.name for entry in self.base.iterdir()}.difference(
            ("source", "mirror", "mirror.history", "outside", "data")
        )
        self._folders.update(self.folders(self.mirror))
        for path, node in read_tree(self.history).items():
            if node.kind == "folder":
                assert path in self._folders, f"a folder that the mirror never had in the history: {path!r}"
            elif not is_unfinished(path):
                # A pass that was broken off may leave the marker unfinished.
                assert read_version_name(os.path.basename(path)), f"no version's name in the history: {path!r}"
        if self.job.keeps_history:
            lost = self._kept - self._present()
            assert not lost, f"lost without trace: {sorted(content[:20] for content in lost)}"
            self._kept.update(content for path, content in now.items() if not is_unfinished(path))

    def check_in_step(self) -> None:
        """Check that the mirror is what the source is, times and modes included."""
        assert self._comparable(self.mirror) == {
            path: node for path, node in self._comparable(self.source).items() if node.kind != "special"
        }
        for field in ("st_mode", "st_mtime_ns"):
            assert getattr(os.stat(self.mirror), field) == getattr(os.stat(self.source), field)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Have passes made within the context go where they are to go."""
        if self.far_away is None:
            yield
            return
        load(self.far_away, self.mirror)
        history = self.far_away.history
        if self.history.exists():
            history.stored = history.stored or MemoryTree("memory.history")
            load(history.stored, self.history)
        else:
            history.stored = None
        try:
            with passes_over(self.far_away):
                yield
        finally:
            self.far_away.reconnect()
            show(self.far_away, self.mirror)
            if history.stored is not None:
                show(history.stored, self.history)

    def _comparable(self, root: Path) -> dict[str, Node]:
        tree = read_tree(root)
        if self.far_away is None:
            return tree
        # There, each name is a file of its own.
        return {path: node._replace(names=()) for path, node in tree.items()}

    def _present(self, but: Collection[str] = ()) -> set[bytes]:
        mirror = {content for path, content in contents(self.mirror).items() if os.path.basename(path) not in but}
        return {*mirror, *contents(self.history).values()}


def is_unfinished(path: str) -> bool:
    """Tell whether a path is that of a temporary, or of something in a new folder that is one still."""
    return any(is_temporary(name) for name in path.split("/"))


def look_at(root: Path) -> dict[str, Look]:
    """Read a tree with everything that writing to it, or to the root itself, would change."""
    found = {}
    for path, node in {".": Node("folder", 0, 0, b""), **read_tree(root)}.items():
        status = os.lstat(root / path)
        found[path] = Look(node, status.st_ino, status.st_ctime_ns, status.st_uid)
    return found


def clear_path(path: Path) -> None:
    """Remove whatever is at a path."""
    if is_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_file(path: Path) -> bool:
    """Tell whether a path is a regular file itself, not a link to one."""
    return os.path.lexists(path) and stat.S_ISREG(path.lstat().st_mode)


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder itself, not a link to one."""
    return os.path.lexists(path) and stat.S_ISDIR(path.lstat().st_mode)

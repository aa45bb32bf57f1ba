"""What the user does to a source, and what the kernel would tell of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
)

from tests.helpers.trees import read_tree

NAMES = ("a", "b", "c.txt", "d", "e", "\u00e9", "x.tmp", "long name.tar.gz")
# Later than the simulated clock ever says: whatever has such a time was given it by the real one.
_REAL_NS = 1_760_000_000 * 10**9


class Pick(NamedTuple):
    """Numbers that stand for a choice among whatever there is."""

    which: int
    other: int
    size: int


class User:
    """Somebody who works in a source.

    Args:
        source: The folder.
        now_ns: The time.
    """

    def __init__(self, source: Path, now_ns: Callable[[], int]) -> None:
        self.source = source
        self._now_ns = now_ns
        self._serial = 0
        self._events: list[FileSystemEvent] = []
        self._half: Path | None = None

    def do(self, kind: str, pick: Pick) -> tuple[str, list[FileSystemEvent]]:
        """Do something.

        Returns:
            What it was, and what the kernel tells of it; empty if there is nothing to do it to.
        """
        self._events = []
        if not self.source.is_dir():
            return "", []
        said = getattr(self, f"_{kind}")(pick)
        self.settle_times()
        return said, self._events

    def settle_times(self) -> list[str]:
        """Give what was touched just now the simulated time, each a time of its own; returns what it was."""
        touched = []
        for path in ("", *sorted(read_tree(self.source), reverse=True)):
            full = self.source / path
            if full.lstat().st_mtime_ns > _REAL_NS:
                self._serial += 1
                stamp_ns = self._now_ns() + self._serial
                os.utime(full, ns=(stamp_ns, stamp_ns), follow_symlinks=False)
                touched.append(path)
        return touched

    def content(self, size: int) -> bytes:
        """Return content that there never was before."""
        self._serial += 1
        mark = b"%s version %d;" % (self.source.name.encode(), self._serial)
        return mark * (1 + size // len(mark))

    # Kinds of edits

    def _write(self, pick: Pick) -> str:
        full = self._file_place(pick)
        if full is None:
            return ""
        self._tell_write(full)
        full.write_bytes(self.content(pick.size))
        return f"write {self._path(full)}"

    def _write_half(self, pick: Pick) -> str:
        """Write the first part of a file; the rest follows with another edit."""
        if self._half is not None and self._half.is_file():
            begun, self._half = self._half, None
            self._tell_write(begun)
            with begun.open("ab") as file:
                file.write(self.content(pick.size))
            return f"write the rest of {self._path(begun)}"
        full = self._file_place(pick)
        if full is None:
            return ""
        self._tell_write(full)
        full.write_bytes(self.content(pick.size))
        self._half = full
        return f"write the first part of {self._path(full)}"

    def _overwrite(self, pick: Pick) -> str:
        """Write over a file in its place, with as many bytes."""
        full = self._some(pick.which, is_folder=False)
        if full is None or full.is_symlink():
            return ""
        self._tell_write(full)
        size = full.stat().st_size
        with full.open("r+b") as file:
            file.write(self.content(size)[:size])
        return f"write over {self._path(full)}"

    def _save(self, pick: Pick) -> str:
        """Save as most programs do: under another name, then rename."""
        full = self._file_place(pick)
        if full is None:
            return ""
        draft = full.with_name("draft~")
        self._tell_write(draft)
        draft.write_bytes(self.content(pick.size))
        draft.replace(full)
        self._tell(FileMovedEvent(str(draft), str(full)))
        self._tell_folders(full)
        return f"save {self._path(full)}"

    def _delete(self, pick: Pick) -> str:
        full = self._some(pick.which)
        if full is None:
            return ""
        path = self._path(full)
        self._remove(full)
        return f"delete {path}"

    def _delete_many(self, pick: Pick) -> str:
        names = sorted(os.listdir(self.source))[: 1 + pick.size % 8]
        for name in names:
            self._remove(self.source / name)
        return f"delete {', '.join(names)}"

    def _rename(self, pick: Pick) -> str:
        full, new = self._some(pick.which), self._free_place(pick)
        if full is None or new is None or new == full or new.is_relative_to(full):
            return ""
        said = f"rename {self._path(full)} to {self._path(new)}"
        is_folder = full.is_dir() and not full.is_symlink()
        full.rename(new)
        if is_folder:
            self._tell(DirMovedEvent(str(full), str(new)))
        elif pick.size % 3:
            self._tell(FileMovedEvent(str(full), str(new)))
        else:
            # The halves of a move that were too far apart.
            self._tell(FileDeletedEvent(str(full)))
            self._tell(FileCreatedEvent(str(new)))
        self._tell_folders(full, new)
        return said

    def _exchange(self, pick: Pick) -> str:
        one, other = self._some(pick.which), self._some(pick.other)
        if one is None or other is None or one == other:
            return ""
        if one.is_relative_to(other) or other.is_relative_to(one):
            return ""
        said = f"exchange {self._path(one)} and {self._path(other)}"
        aside = self.source / "aside~"
        for old, new in ((one, aside), (other, one), (aside, other)):
            is_folder = old.is_dir() and not old.is_symlink()
            old.rename(new)
            self._tell((DirMovedEvent if is_folder else FileMovedEvent)(str(old), str(new)))
        self._tell_folders(one, other, aside)
        return said

    def _make_folder(self, pick: Pick) -> str:
        full = self._free_place(pick)
        if full is None:
            return ""
        full.mkdir()
        self._tell(DirCreatedEvent(str(full)))
        for name in NAMES[: pick.size % 4]:
            # Before the folder is watched: nobody tells of these.
            (full / name).write_bytes(self.content(pick.size))
        self._tell_folders(full)
        return f"make folder {self._path(full)} with {pick.size % 4} files"

    def _link(self, pick: Pick) -> str:
        full = self._free_place(pick)
        if full is None:
            return ""
        full.symlink_to(("nowhere", "a", "..", "d")[pick.size % 4])
        self._tell(FileCreatedEvent(str(full)))
        self._tell_folders(full)
        return f"link {self._path(full)}"

    def _other_name(self, pick: Pick) -> str:
        old, full = self._some(pick.which, is_folder=False), self._free_place(pick)
        if old is None or full is None or old.is_symlink():
            return ""
        os.link(old, full)
        self._tell(FileCreatedEvent(str(full)))
        self._tell_folders(full)
        return f"give {self._path(old)} the name {self._path(full)} too"

    def _mode(self, pick: Pick) -> str:
        full = self._some(pick.which)
        if full is None or full.is_symlink():
            return ""
        mode = (0o600, 0o644, 0o640, 0o755)[pick.size % 4] | (0o700 if full.is_dir() else 0)
        full.chmod(mode)
        self._tell(FileAttribEvent(str(full)))
        return f"mode {mode:o} for {self._path(full)}"

    def _touch(self, pick: Pick) -> str:
        full = self._some(pick.which, is_folder=False)
        if full is None:
            return ""
        os.utime(full, follow_symlinks=False)
        self._tell(FileAttribEvent(str(full)))
        return f"touch {self._path(full)}"

    def _swap_type(self, pick: Pick) -> str:
        full = self._some(pick.which)
        if full is None:
            return ""
        was_folder = full.is_dir() and not full.is_symlink()
        self._remove(full)
        if was_folder:
            self._tell_write(full)
            full.write_bytes(self.content(pick.size))
            return f"file instead of the folder {self._path(full)}"
        full.mkdir()
        (full / "inside").write_bytes(self.content(pick.size))
        self._tell(DirCreatedEvent(str(full)))
        return f"folder instead of the file {self._path(full)}"

    # Small matters

    def _tell(self, event: FileSystemEvent) -> None:
        self._events.append(event)

    def _tell_folders(self, *paths: Path) -> None:
        for folder in sorted({path.parent for path in paths}):
            self._tell(DirModifiedEvent(str(folder)))

    def _tell_write(self, full: Path) -> None:
        if not os.path.lexists(full):
            self._tell(FileCreatedEvent(str(full)))
            self._tell_folders(full)
        self._tell(FileModifiedEvent(str(full)))
        self._tell(FileClosedEvent(str(full)))

    def _remove(self, full: Path) -> None:
        if full.is_dir() and not full.is_symlink():
            for path, node in sorted(read_tree(full).items(), reverse=True):
                self._tell((DirDeletedEvent if node.kind == "folder" else FileDeletedEvent)(str(full / path)))
            shutil.rmtree(full)
            self._tell(DirDeletedEvent(str(full)))
        else:
            full.unlink()
            self._tell(FileDeletedEvent(str(full)))
        self._tell_folders(full)

    def _path(self, full: Path) -> str:
        return str(full.relative_to(self.source))

    def _some(self, which: int, *, is_folder: bool | None = None) -> Path | None:
        tree = read_tree(self.source)
        there = sorted(path for path, node in tree.items() if is_folder is None or (node.kind == "folder") == is_folder)
        return self.source / there[which % len(there)] if there else None

    def _folder(self, which: int) -> Path:
        folders = ["", *sorted(path for path, node in read_tree(self.source).items() if node.kind == "folder")]
        return self.source / folders[which % len(folders)]

    def _file_place(self, pick: Pick) -> Path | None:
        full = self._folder(pick.which) / NAMES[pick.other % len(NAMES)]
        is_free = not os.path.lexists(full)
        return full if is_free or (full.is_file() and not full.is_symlink()) else None

    def _free_place(self, pick: Pick) -> Path | None:
        # Drawn from another part of the number than what is to go there.
        full = self._folder(pick.other) / NAMES[pick.other // 7 % len(NAMES)]
        return None if os.path.lexists(full) else full

"""Random edits of a small tree: links, moves, exchanges and changes of type above all, and files that look alike.

Each edit has a seed of its own, so that what is left of a sequence does the same when others are taken out of it.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from tests.helpers.exchange import exchange

# Few names, few sizes and few times: so that things often meet, and often look the same.
_NAMES = ("a", "b", "c", "d", "e")
_SIZES = (0, 9, 9, 9, 9, 40)
_OWNERS = (0, 1234, 4321)
_MODES = (0o600, 0o644, 0o755, 0o4755, 0o444)
_FOLDER_MODES = (0o755, 0o700, 0o2775, 0o1777)
_TIMES_NS = tuple((1_500_000_000 + number) * 10**9 + 987_654_321 for number in range(3))
_DEEPEST = 4
# A source that is empty is held, and that is another matter.
ANCHOR = "anchor"
# Into itself, onto a folder that is not empty, into nothing: such things are no edits.
NO_EDIT = frozenset(
    {errno.EINVAL, errno.ENOTEMPTY, errno.ENOENT, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EXDEV}
)
# An access list for one user more: version 2, then tag, rights and id of each entry.
ACCESS_LIST = bytes.fromhex("0200000001000700ffffffff02000700d204000004000500ffffffff10000700ffffffff20000000ffffffff")


class Editor:
    """Edits a tree.

    Args:
        root: The tree's root; its own metadata is left alone.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        (root / ANCHOR).write_bytes(b"")
        self._random = random.Random()
        self._writes = 0
        # The files that the program has seen, if it is one that watches.
        self._seen: dict[str, int] | None = None
        self._edits: tuple[Callable[[], object], ...] = (
            *([self._write_new] * 3),
            *([self._write_in_place] * 2),
            *([self._write_unseen] * 2),
            *([self._save_by_rename] * 2),
            self._rewrite_as_it_is,
            *([self._link] * 5),
            *([self._link_over] * 2),
            *([self._part] * 2),
            *([self._delete] * 3),
            *([self._rename] * 4),
            *([self._rename_over] * 2),
            *([self._exchange] * 4),
            self._exchange_folders,
            *([self._rename_folder] * 2),
            self._rename_folder_over,
            *([self._make_folder] * 2),
            self._remove_folder,
            self._change_type,
            self._copy_alike,
            self._symlink,
            self._pipe,
            self._set_mode,
            self._set_owner,
            self._set_time,
            self._set_attribute,
            self._set_access_list,
            self._edit_then_go,
            self._edit_then_go,
            self._take_place,
        )

    def edit(self, seed: int) -> str:
        """Make the edit that a seed stands for, as far as the tree has what it needs; returns what was done."""
        self._random.seed(seed)
        edit = self._random.choice(self._edits)
        try:
            said = edit()
        except OSError as error:
            if error.errno not in NO_EDIT:
                raise
            said = error.strerror
        return f"{seed} {edit.__name__}: {said}"

    def note_seen(self) -> None:
        """Note that the program is about to have seen everything as it is now."""
        self._seen = {path: os.lstat(path).st_ino for path in self._paths("f")}

    # What there is

    def _paths(self, kinds: str) -> list[str]:
        found = []
        for folder, folders, files in os.walk(self._root):
            folders.sort()
            for name in sorted((*folders, *files)):
                path = os.path.join(folder, name)
                if name == ANCHOR:
                    continue
                mode = os.lstat(path).st_mode
                kind = "f" if stat.S_ISREG(mode) else "d" if stat.S_ISDIR(mode) else "l" if stat.S_ISLNK(mode) else "p"
                if kind in kinds:
                    found.append(path)
        return found

    def _one(self, kinds: str = "f") -> str:
        """Choose what is there; the root's own path is never among it."""
        found = self._paths(kinds)
        if not found:
            raise FileNotFoundError(errno.ENOENT, "nothing there")
        return self._random.choice(found)

    def _folder(self) -> str:
        return self._random.choice([str(self._root), *self._paths("d")])

    def _free(self) -> str:
        folder = self._folder()
        free = [name for name in _NAMES if not os.path.lexists(os.path.join(folder, name))]
        if not free or folder.count("/") - str(self._root).count("/") >= _DEEPEST:
            raise FileNotFoundError(errno.ENOENT, "no free name")
        return os.path.join(folder, self._random.choice(free))

    def _content(self, size_bytes: int | None = None) -> bytes:
        """Return content that there was never before, if there is room for it."""
        self._writes += 1
        size_bytes = self._random.choice(_SIZES) if size_bytes is None else size_bytes
        mark = b"%08d" % (self._random.randrange(10**8))
        return (mark * (size_bytes // len(mark) + 1))[:size_bytes]

    def _age(self, path: str) -> None:
        """Give a file one of few times; often enough it keeps that of just now."""
        if self._random.random() < 0.7:
            time_ns = self._random.choice(_TIMES_NS)
            os.utime(path, ns=(time_ns, time_ns))

    def _say(self, *paths: str) -> str:
        return " ".join(os.path.relpath(path, self._root) for path in paths)

    # Content

    def _write_new(self) -> str:
        path = self._free()
        Path(path).write_bytes(self._content())
        self._age(path)
        return self._say(path)

    def _write_in_place(self) -> str:
        path = self._one_to_write()
        Path(path).write_bytes(self._content())
        self._age(path)
        return self._say(path)

    def _write_unseen(self) -> str:
        """Edit a file and set its time back."""
        path = self._one_to_write()
        before = os.lstat(path)
        with open(path, "r+b") as file:
            file.write(self._content(before.st_size))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return self._say(path)

    def _rewrite_as_it_is(self) -> str:
        path = self._one_to_write()
        with open(path, "r+b") as file:
            content = file.read()
            file.seek(0)
            file.write(content)
        return self._say(path)

    def _save_by_rename(self) -> str:
        path = self._one()
        new = path + "~"
        Path(new).write_bytes(self._content())
        self._age(new)
        os.replace(new, path)
        return self._say(path)

    def _edit_then_go(self) -> str:
        """Edit a file through one of its names, which is then gone, moved, or something else's."""
        path = self._one_to_write(likes_links=True)
        Path(path).write_bytes(self._content())
        self._age(path)
        way = self._random.randrange(4)
        if way == 0:
            os.unlink(path)
        elif way == 1:
            Path(path + "~").write_bytes(self._content())
            os.replace(path + "~", path)
        elif way == 2:
            other = self._one()
            os.replace(other, path)
        else:
            os.rename(path, self._free())
        return f"{self._say(path)} {way}"

    # Names

    def _one_linked(self) -> str:
        linked = [path for path in self._paths("f") if os.lstat(path).st_nlink > 1]
        return self._random.choice(linked) if linked else self._one()

    def _one_to_write(self, kinds: str = "f", *, likes_links: bool = False) -> str:
        """Choose what is written to.

        A file that has other names is not if this one was not seen yet: written to and gone again before anybody looks,
        it leaves nothing by which its other names could be found.
        """
        path = self._one_linked() if likes_links else self._one(kinds)
        entry = os.lstat(path)
        has_others = entry.st_nlink > 1 and stat.S_ISREG(entry.st_mode)
        if has_others and self._seen is not None and self._seen.get(path) != entry.st_ino:
            raise FileNotFoundError(errno.ENOENT, "nobody has seen it under this name")
        return path

    def _link(self) -> str:
        path = self._one_linked() if self._random.random() < 0.5 else self._one()
        new = self._free()
        os.link(path, new)
        return self._say(path, new)

    def _link_over(self) -> str:
        """Make a file's name one of another file, as tools do that join equal files."""
        path, over = self._one(), self._one()
        os.link(path, over + "~")
        os.replace(over + "~", over)
        if os.path.lexists(over + "~"):
            os.unlink(over + "~")
        return self._say(path, over)

    def _part(self) -> str:
        """Make a name of a file an equal file of its own."""
        path = self._one_linked()
        shutil.copy2(path, path + "~")
        if self._random.random() < 0.5:
            os.chmod(path + "~", self._random.choice(_MODES))
        os.replace(path + "~", path)
        return self._say(path)

    def _delete(self) -> str:
        path = self._one("flp")
        os.unlink(path)
        return self._say(path)

    def _rename(self) -> str:
        path, new = self._one("flp"), self._free()
        os.rename(path, new)
        return self._say(path, new)

    def _rename_over(self) -> str:
        path, over = self._one("flp"), self._one("flp")
        os.replace(path, over)
        return self._say(path, over)

    def _take_place(self) -> str:
        """Move a folder away and put a copy of one of its files where it was."""
        path = self._one()
        folder = os.path.dirname(path)
        if folder == str(self._root):
            new = self._free()
            os.rename(path, new)
            shutil.copy2(new, path)
        else:
            new = self._free()
            os.rename(folder, new)
            os.mkdir(folder)
            shutil.copy2(os.path.join(new, os.path.basename(path)), path)
        if self._random.random() < 0.5:
            os.chmod(path, self._random.choice(_MODES))
        return self._say(path, new)

    def _exchange(self) -> str:
        path, other = self._one("fdlp"), self._one("fdlp")
        exchange(path, other)
        return self._say(path, other)

    # Folders

    def _make_folder(self) -> str:
        path = self._free()
        os.mkdir(path)
        if self._random.random() < 0.3:
            os.chmod(path, self._random.choice(_FOLDER_MODES))
        return self._say(path)

    def _remove_folder(self) -> str:
        path = self._one("d")
        if len(self._paths("f")) > 6:
            shutil.rmtree(path)
        return self._say(path)

    def _rename_folder(self) -> str:
        path, new = self._one("d"), self._free()
        os.rename(path, new)
        return self._say(path, new)

    def _rename_folder_over(self) -> str:
        path, over = self._one("d"), self._one("d")
        if path.startswith(over + "/") or over.startswith(path + "/") or path == over:
            return "nested"
        for name in os.listdir(over):
            inner = os.path.join(over, name)
            if os.path.isdir(inner) and not os.path.islink(inner):
                shutil.rmtree(inner)
            else:
                os.unlink(inner)
        os.rename(path, over)
        return self._say(path, over)

    def _exchange_folders(self) -> str:
        path, other = self._one("d"), self._one("d")
        exchange(path, other)
        return self._say(path, other)

    # Kinds

    def _change_type(self) -> str:
        path = self._one("fdlp")
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        kind = self._random.choice("fdlh")
        if kind == "f":
            Path(path).write_bytes(self._content())
            self._age(path)
        elif kind == "d":
            os.mkdir(path)
            Path(path, "a").write_bytes(self._content())
        elif kind == "l":
            os.symlink(self._random.choice(_NAMES), path)
        else:
            os.link(self._one(), path)
        return f"{self._say(path)} {kind}"

    def _copy_alike(self) -> str:
        """Copy a file with its time and mode."""
        path, new = self._one(), self._free()
        shutil.copy2(path, new)
        return self._say(path, new)

    def _symlink(self) -> str:
        path = self._free()
        os.symlink(self._random.choice(_NAMES), path)
        return self._say(path)

    def _pipe(self) -> str:
        path = self._free()
        os.mkfifo(path)
        return self._say(path)

    # Metadata

    def _set_mode(self) -> str:
        path = self._one_to_write("fd")
        os.chmod(path, self._random.choice(_FOLDER_MODES if os.path.isdir(path) else _MODES))
        return self._say(path)

    def _set_owner(self) -> str:
        path = self._one_to_write("fdl")
        os.chown(path, self._random.choice(_OWNERS), self._random.choice(_OWNERS), follow_symlinks=False)
        return self._say(path)

    def _set_time(self) -> str:
        path = self._one_to_write("fd")
        time_ns = self._random.choice(_TIMES_NS)
        os.utime(path, ns=(time_ns, time_ns))
        return self._say(path)

    def _set_attribute(self) -> str:
        path = self._one_to_write("fd")
        if os.listxattr(path) and self._random.random() < 0.5:
            os.removexattr(path, os.listxattr(path)[0])
        else:
            os.setxattr(path, "user.note", self._content(8))
        return self._say(path)

    def _set_access_list(self) -> str:
        path = self._one_to_write("fd")
        os.setxattr(path, "system.posix_acl_access", ACCESS_LIST)
        return self._say(path)

"""A small tree, and the operations that sequences are made of.

Everything in the tree looks alike: the files have one size and one time, and both folders have the same names. So a
pass that goes by size and time alone, or takes one name for another, is found out.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.differential.edits import ACCESS_LIST, NO_EDIT
from tests.helpers.exchange import exchange

_TIME_NS = 1_500_000_000_987_654_321
_BEFORE_1970_NS = -86_400_123_456_789
_IN_2200_NS = 7_258_118_400_000_000_001
_DEFAULT_LIST = "system.posix_acl_default"
_LIST = "system.posix_acl_access"


class Scene:
    """One tree, and a folder outside that things are moved to and come from.

    Args:
        root: The tree's root, which is made.
        outside: The other folder, which is made too.
        number: Goes into all content, so that no two trees have the same.
    """

    def __init__(self, root: Path, outside: Path, number: int) -> None:
        self.root = root
        self.outside = outside
        self._number = number
        self._writes = 0
        for path in ("a/deep", "b/deep", "d"):
            (root / path).mkdir(parents=True)
        for path in ("a/one", "a/two", "a/deep/leaf", "b/three", "b/four", "b/deep/leaf"):
            self._write_first(root / path)
        os.link(root / "a/two", root / "b/two")
        os.link(root / "b/four", root / "four")
        os.symlink("three", root / "b/link")
        os.setxattr(root / "b/three", "user.note", b"first")
        (root / "b/three").chmod(0o4755)
        (root / "a/one").chmod(0o640)
        (root / "d").chmod(0o2775)
        (outside / "e").mkdir(parents=True)
        self._write_first(outside / "e/one")
        os.link(outside / "e/one", outside / "e/two")
        # Names that the program has seen, if that counts.
        self._seen: dict[str, int] | None = None
        # What is where at first, to be found again wherever it goes.
        self._first = {path: os.lstat(root / path) for path in self._walk()}

    def do(self, operation: str) -> str:
        """Carry out an operation, as far as the tree has what it needs; returns why not, or nothing."""
        try:
            OPERATIONS[operation](self)
        except shutil.SpecialFileError as error:
            return str(error)
        except OSError as error:
            if error.errno not in NO_EDIT:
                raise
            return error.strerror or str(error)
        return ""

    def note_seen(self) -> None:
        """Note that the program has seen everything as it is now, and is about to see only a part of what comes."""
        self._seen = {path: os.lstat(self.root / path).st_ino for path in self._walk()}

    def check_seen(self, file: Path) -> None:
        """Make sure that the program knows a name.

        A file with several names that is written to through one which is gone again before anybody has seen it leaves
        nothing by which its other names could be found, until the next full pass.

        Raises:
            FileNotFoundError: It does not.
        """
        if self._seen is not None and self._seen.get(str(file.relative_to(self.root))) != file.lstat().st_ino:
            raise FileNotFoundError(errno.ENOENT, "nobody has seen it under this name")

    def at(self, path: str) -> Path:
        """Return where what was first at a path is now; if it is gone, the path itself.

        Of a file with several names, the one that it had first is preferred.
        """
        there = [now for now in self._walk() if self._is_first(now, path)]
        return self.root / (path if path in there or not there else there[0])

    def content(self) -> bytes:
        """Return content that there was nowhere before, of the size that all files have."""
        self._writes += 1
        return b"%04d-%04d" % (self._number, self._writes)

    def _write_first(self, file: Path) -> None:
        file.write_bytes(self.content())
        os.utime(file, ns=(_TIME_NS, _TIME_NS))

    def _is_first(self, now: str, path: str) -> bool:
        try:
            return os.path.samestat(os.lstat(self.root / now), self._first[path])
        except OSError:
            return False

    def _walk(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self.root):
            folders.sort()
            for name in sorted((*folders, *files)):
                yield os.path.relpath(os.path.join(folder, name), self.root)


# Content


def write_in_place(scene: Scene) -> None:
    _edit(scene, scene.at("a/one"))


def write_keeping_time(scene: Scene) -> None:
    _edit(scene, scene.at("a/one"), keeps_time=True)


def write_in_folder(scene: Scene) -> None:
    _edit(scene, scene.at("b/deep/leaf"), keeps_time=True)


def append(scene: Scene) -> None:
    file = os.open(scene.at("a/one"), os.O_RDWR | os.O_APPEND)
    os.write(file, scene.content())
    os.close(file)


def truncate(scene: Scene) -> None:
    os.truncate(scene.at("a/deep/leaf"), 3)


def save_by_rename(scene: Scene) -> None:
    path = scene.at("a/one")
    _new_beside(scene, path).replace(path)


def save_by_rename_alike(scene: Scene) -> None:
    """Put a new file in a file's place, with its time and mode."""
    path = scene.at("b/three")
    new = _new_beside(scene, path)
    shutil.copystat(path, new)
    new.replace(path)


def touch(scene: Scene) -> None:
    os.utime(scene.at("b/three"))


def date_before_1970(scene: Scene) -> None:
    os.utime(scene.at("a/one"), ns=(_BEFORE_1970_NS, _BEFORE_1970_NS))


def date_folder_in_2200(scene: Scene) -> None:
    os.utime(scene.at("a"), ns=(_IN_2200_NS, _IN_2200_NS))


# Metadata


def set_mode(scene: Scene) -> None:
    scene.at("a/one").chmod(0o4711)


def set_mode_of_folder(scene: Scene) -> None:
    scene.at("a").chmod(0o1711)


def close_folder(scene: Scene) -> None:
    scene.at("b").chmod(0)


def set_owner(scene: Scene) -> None:
    os.chown(scene.at("b/three"), 1234, 4321)


def set_attribute(scene: Scene) -> None:
    os.setxattr(scene.at("a/one"), "user.note", scene.content())


def remove_attribute(scene: Scene) -> None:
    path = scene.at("b/three")
    for name in os.listxattr(path):
        os.removexattr(path, name)


def set_access_list(scene: Scene) -> None:
    os.setxattr(scene.at("a/two"), _LIST, ACCESS_LIST)


def set_default_list(scene: Scene) -> None:
    """Have new files of a folder get an access list."""
    os.setxattr(f"{scene.at('a')}/.", _DEFAULT_LIST, ACCESS_LIST)


# What comes and goes


def make_file(scene: Scene) -> None:
    with (scene.at("a") / "new").open("xb") as file:
        file.write(scene.content())


def make_deep_folder(scene: Scene) -> None:
    folder = scene.at("a") / "n/e"
    folder.mkdir(parents=True)
    (folder / "w").write_bytes(scene.content())


def copy_alike(scene: Scene) -> None:
    """Copy a file with its time and mode."""
    shutil.copy2(scene.at("a/one"), scene.at("d") / "one")


def delete_file(scene: Scene) -> None:
    scene.at("a/one").unlink()


def delete_folder(scene: Scene) -> None:
    shutil.rmtree(scene.at("a"))


def move_out(scene: Scene) -> None:
    scene.at("a").rename(scene.outside / "a")


def move_in(scene: Scene) -> None:
    (scene.outside / "e").rename(scene.at("b") / "e")


def move_out_and_in(scene: Scene) -> None:
    path = scene.at("b")
    path.rename(scene.outside / "b")
    (scene.outside / "b").rename(path.with_name("c"))


# Names


def rename_file(scene: Scene) -> None:
    scene.at("a/one").rename(scene.at("b") / "one")


def rename_case(scene: Scene) -> None:
    path = scene.at("a/one")
    path.rename(path.with_name(path.name.swapcase()))


def rename_over(scene: Scene) -> None:
    scene.at("a/one").replace(scene.at("b/three"))


def rename_over_a_name(scene: Scene) -> None:
    scene.at("b/three").replace(scene.at("a/two"))


def rename_folder(scene: Scene) -> None:
    scene.at("a").rename(scene.at("b") / "a")


def rename_folder_over(scene: Scene) -> None:
    scene.at("b/deep").rename(scene.at("d"))


def exchange_files(scene: Scene) -> None:
    exchange(str(scene.at("a/one")), str(scene.at("b/three")))


def exchange_folders(scene: Scene) -> None:
    exchange(str(scene.at("a")), str(scene.at("b")))


def exchange_at_depths(scene: Scene) -> None:
    exchange(str(scene.at("a/deep")), str(scene.at("b")))


def exchange_file_and_folder(scene: Scene) -> None:
    exchange(str(scene.at("a/one")), str(scene.at("b/deep")))


def take_place(scene: Scene) -> None:
    """Move a folder away and put a copy of one of its files where it was."""
    path = scene.at("a")
    new = scene.at("d") / "a"
    path.rename(new)
    path.mkdir()
    shutil.copy2(new / "one", path / "one")


# Kinds


def file_to_folder(scene: Scene) -> None:
    path = scene.at("a/one")
    path.unlink()
    path.mkdir()
    (path / "one").write_bytes(scene.content())


def folder_to_file(scene: Scene) -> None:
    path = scene.at("a")
    shutil.rmtree(path)
    path.write_bytes(scene.content())


def file_to_link(scene: Scene) -> None:
    path = scene.at("a/one")
    path.unlink()
    path.symlink_to("deep/leaf")


def folder_to_link(scene: Scene) -> None:
    """Move a folder away and lead there by a symbolic link."""
    path = scene.at("b")
    path.rename(path.with_name("c"))
    path.symlink_to("c")


def link_to_file(scene: Scene) -> None:
    path = scene.at("b/link")
    path.unlink()
    path.write_bytes(scene.content())


def file_to_pipe(scene: Scene) -> None:
    path = scene.at("b/three")
    path.unlink()
    os.mkfifo(path)


def retarget_link(scene: Scene) -> None:
    path = scene.at("b/link")
    path.unlink()
    path.symlink_to("four")


# Several names


def link_further(scene: Scene) -> None:
    os.link(scene.at("a/two"), scene.at("d") / "two")


def link_over(scene: Scene) -> None:
    """Make a file's name one of another file, as tools do that join equal files."""
    path = scene.at("a/one")
    new = path.with_name("one~")
    os.link(scene.at("b/four"), new)
    new.replace(path)


def part(scene: Scene) -> None:
    """Make a name of a file an equal file of its own."""
    path = scene.at("a/two")
    new = path.with_name("two~")
    shutil.copy2(path, new)
    new.replace(path)


def unlink_a_name(scene: Scene) -> None:
    scene.at("b/two").unlink()


def edit_through_a_name(scene: Scene) -> None:
    _edit(scene, scene.at("a/two"), keeps_time=True)


def edit_then_unlink(scene: Scene) -> None:
    path = scene.at("a/two")
    scene.check_seen(path)
    _edit(scene, path)
    path.unlink()


def edit_then_replace(scene: Scene) -> None:
    path = scene.at("b/four")
    scene.check_seen(path)
    _edit(scene, path, keeps_time=True)
    _new_beside(scene, path).replace(path)


def edit_then_rename_folder(scene: Scene) -> None:
    path = scene.at("a/two")
    scene.check_seen(path)
    _edit(scene, path, keeps_time=True)
    path = scene.at("a")
    path.rename(path.with_name("c"))


def swap_names(scene: Scene) -> None:
    """Swap the names of two files that have others too, one by one."""
    path, other = scene.at("a/two"), scene.at("b/four")
    aside = path.with_name("aside")
    path.rename(aside)
    other.rename(path)
    aside.rename(other)


def _edit(scene: Scene, path: Path, *, keeps_time: bool = False) -> None:
    """Write to a file, no new one, and keep its size. Opened like this, not even a pipe lets one wait."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(scene.content())
    if keeps_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _new_beside(scene: Scene, path: Path) -> Path:
    new = path.with_name(path.name + "~")
    new.write_bytes(scene.content())
    return new


OPERATIONS: dict[str, Callable[[Scene], None]] = {
    operation.__name__: operation
    for operation in (
        *(write_in_place, write_keeping_time, write_in_folder, append, truncate, save_by_rename, save_by_rename_alike),
        *(touch, date_before_1970, date_folder_in_2200),
        *(set_mode, set_mode_of_folder, close_folder, set_owner, set_attribute, remove_attribute, set_access_list),
        *(set_default_list, make_file, make_deep_folder, copy_alike, delete_file, delete_folder, move_out, move_in),
        *(move_out_and_in, rename_file, rename_case, rename_over, rename_over_a_name, rename_folder),
        *(rename_folder_over, exchange_files, exchange_folders, exchange_at_depths, exchange_file_and_folder),
        *(take_place, file_to_folder, folder_to_file, file_to_link, folder_to_link, link_to_file, file_to_pipe),
        *(retarget_link, link_further, link_over, part, unlink_a_name, edit_through_a_name, edit_then_unlink),
        *(edit_then_replace, edit_then_rename_folder, swap_names),
    )
}

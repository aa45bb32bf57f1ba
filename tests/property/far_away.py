"""A tree in memory and a folder that shows it, so that what strangers do to the folder comes into the tree."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from tests.helpers.memory_destination import Item, MemoryTree
from tests.helpers.systems import set_own_times
from tests.helpers.trees import Node, read_attributes, read_tree

_KINDS = {"file": stat.S_IFREG, "folder": stat.S_IFDIR, "link": stat.S_IFLNK}


def load(tree: MemoryTree, folder: Path) -> None:
    """Take into a tree what its folder has by now; what is as it was stays the same file."""
    folder.mkdir(exist_ok=True)
    found = {"": _root_of(folder), **read_tree(folder)}
    for path in tree.items.keys() - found.keys():
        del tree.items[path]
    for path, node in found.items():
        there = tree.items.get(path)
        if there is None or not _is_as_shown(there, node):
            kind = _KINDS[node.kind]
            tree.items[path] = tree.new(
                kind | (node.mode or 0o777),
                mtime_ns=node.mtime_ns,
                content=node.content if kind == stat.S_IFREG else b"",
                text=os.fsdecode(node.content) if kind == stat.S_IFLNK else "",
                attributes=dict(node.attributes),
            )


def show(tree: MemoryTree, folder: Path) -> None:
    """Give a folder what its tree has by now."""
    folder.mkdir(exist_ok=True)
    for path, node in sorted(read_tree(folder).items()):
        item = tree.items.get(path)
        is_folder = item is not None and stat.S_ISDIR(item.mode) and node.kind == "folder"
        if not is_folder and (item is None or not _is_as_shown(item, node)):
            _clear(folder / path)
    for path, item in sorted(tree.items.items()):
        full = folder / path
        if os.path.lexists(full):
            continue
        if stat.S_ISDIR(item.mode):
            full.mkdir()
        elif stat.S_ISLNK(item.mode):
            os.symlink(item.text, full)
        else:
            full.write_bytes(item.content)
    # Those below first, since each changes the time of the folder that it is in.
    for path, item in sorted(tree.items.items(), reverse=True):
        _finish(item, folder / path)


def _finish(item: Item, full: Path) -> None:
    there = dict(read_attributes(full))
    for name in there.keys() - item.attributes.keys():
        os.removexattr(full, name, follow_symlinks=False)
    for name, value in item.attributes.items():
        if there.get(name) != value:
            os.setxattr(full, name, value, follow_symlinks=False)
    if not stat.S_ISLNK(item.mode):
        full.chmod(stat.S_IMODE(item.mode))
    set_own_times(full, (item.mtime_ns, item.mtime_ns))


def _is_as_shown(item: Item, node: Node) -> bool:
    return (
        stat.S_IFMT(item.mode) == _KINDS[node.kind]
        and (node.kind == "link" or stat.S_IMODE(item.mode) == node.mode)
        and item.mtime_ns == node.mtime_ns
        and (item.content or os.fsencode(item.text)) == node.content
        and tuple(sorted(item.attributes.items())) == node.attributes
    )


def _root_of(folder: Path) -> Node:
    status = folder.stat()
    return Node("folder", stat.S_IMODE(status.st_mode), status.st_mtime_ns, b"", read_attributes(folder))


def _clear(path: Path) -> None:
    # Not by what a link leads to, which may be no path at all.
    if os.path.lexists(path) and stat.S_ISDIR(path.lstat().st_mode):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

"""Reads a whole folder into one value, so that two of them can be compared with ``==``."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from backup_gui.engine.fs import native
from backup_gui.engine.fs.folder import FolderHandle
from backup_gui.engine.fs.xattrs import MARKER_ATTRIBUTE
from backup_gui.model.paths import MARKER_NAME

OF_THE_SYSTEM = (
    MARKER_ATTRIBUTE,
    *("security.selinux", "security.ima", "security.evm", "security.apparmor", "security.SMACK64"),
    "trusted.SGI_ACL_",
)


class Node(NamedTuple):
    """What a tree holds at one path.

    Attributes:
        kind: ``file``, ``folder``, ``link`` or ``special``.
        mode: Permission bits; 0 for links, whose bits the system does not use.
        mtime_ns: Time of the last change of content.
        content: Bytes of a file, target of a link; empty for anything else.
        attributes: Names and values of extended attributes, access lists among them, without markers and those
            of the system.
        names: All paths of the tree that are this same file, if there are several.
    """

    kind: str
    mode: int
    mtime_ns: int
    content: bytes
    attributes: tuple[tuple[str, bytes], ...] = ()
    names: tuple[str, ...] = ()


def read_tree(root: Path | str) -> dict[str, Node]:
    """Read a folder with all that is in it, links not followed.

    Args:
        root: The folder. Its own metadata is not part of the result.

    Returns:
        A node for every path below the root, keyed by the path relative to it, without the marker that a history
        has. An absent root gives an empty result, as an empty one does. What goes while it is read is left out: a
        program may be at work there.
    """
    tree: dict[str, Node] = {}
    files: dict[tuple[int, int], list[str]] = {}
    pending = [os.fspath(root)] if os.path.isdir(root) else []
    while pending:
        folder = pending.pop()
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                path = os.path.relpath(entry.path, root).replace(os.sep, "/")
                if entry.name == MARKER_NAME and (folder == os.fspath(root) or folder.endswith("history")):
                    continue
                with suppress(FileNotFoundError):
                    tree[path] = _read_node(entry)
                    status = entry.stat(follow_symlinks=False)
                    if tree[path].kind == "file" and status.st_nlink > 1:
                        files.setdefault((status.st_dev, status.st_ino), []).append(path)
                    if tree[path].kind == "folder":
                        pending.append(entry.path)
    for names in files.values():
        if len(names) > 1:
            for path in names:
                tree[path] = tree[path]._replace(names=tuple(sorted(names)))
    return tree


def make_deep(root: Path, depth: int) -> FolderHandle:
    """Make folders named ``d`` in one another, however long their path becomes; return the open last one."""
    handle: FolderHandle = native.open_root(str(root))
    for _ in range(depth):
        handle.mkdir_at("d", 0o700)
        below = handle.open_dir_at("d")
        handle.close()
        handle = below
    return handle


def contents(root: Path | str) -> dict[str, bytes]:
    """Read only the files of a folder: their paths and what is in them."""
    return {path: node.content for path, node in read_tree(root).items() if node.kind == "file"}


def read_attributes(path: str | Path) -> tuple[tuple[str, bytes], ...]:
    """Read extended attributes, those of a link itself, without markers and what systems keep themselves."""
    if sys.platform != "linux":
        return ()
    try:
        listed = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        listed = []
    names = [name for name in listed if not name.startswith(OF_THE_SYSTEM)]
    return tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in sorted(names))


def _read_node(entry: os.DirEntry[str]) -> Node:
    status = entry.stat(follow_symlinks=False)
    mode = stat.S_IMODE(status.st_mode)
    if entry.is_symlink():
        text = os.fsencode(os.readlink(entry.path))
        return Node("link", 0, status.st_mtime_ns, text, read_attributes(entry.path))
    if entry.is_dir(follow_symlinks=False):
        return Node("folder", mode, status.st_mtime_ns, b"", read_attributes(entry.path))
    if entry.is_file(follow_symlinks=False):
        return Node("file", mode, status.st_mtime_ns, Path(entry.path).read_bytes(), read_attributes(entry.path))
    return Node("special", mode, status.st_mtime_ns, b"")

"""Reads a whole folder into one value, so that two of them can be compared with ``==``."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple


class Node(NamedTuple):
    """What a tree holds at one path.

    Attributes:
        kind: ``file``, ``folder``, ``link`` or ``special``.
        mode: Permission bits; 0 for links, whose bits the system does not use.
        mtime_ns: Time of the last change of content.
        content: Bytes of a file, target of a link; empty for anything else.
    """

    kind: str
    mode: int
    mtime_ns: int
    content: bytes


def read_tree(root: Path | str) -> dict[str, Node]:
    """Read a folder with all that is in it, links not followed.

    Args:
        root: The folder. Its own metadata is not part of the result.

    Returns:
        A node for every path below the root, keyed by the path relative to it. An absent root gives an empty
        result, as an empty one does.
    """
    tree: dict[str, Node] = {}
    pending = [os.fspath(root)] if os.path.isdir(root) else []
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                tree[os.path.relpath(entry.path, root)] = _read_node(entry)
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
    return tree


def contents(root: Path | str) -> dict[str, bytes]:
    """Read only the files of a folder: their paths and what is in them."""
    return {path: node.content for path, node in read_tree(root).items() if node.kind == "file"}


def _read_node(entry: os.DirEntry[str]) -> Node:
    status = entry.stat(follow_symlinks=False)
    mode = stat.S_IMODE(status.st_mode)
    if entry.is_symlink():
        return Node("link", 0, status.st_mtime_ns, os.fsencode(os.readlink(entry.path)))
    if entry.is_dir(follow_symlinks=False):
        return Node("folder", mode, status.st_mtime_ns, b"")
    if entry.is_file(follow_symlinks=False):
        return Node("file", mode, status.st_mtime_ns, Path(entry.path).read_bytes())
    return Node("special", mode, status.st_mtime_ns, b"")

"""Batches of one for a destination: each call raises what its item failed with."""

from __future__ import annotations

import errno
import os

from backup_gui.engine.destination.destination import Destination, carry_out


def receive(target: Destination, path: str, fd: int) -> str:
    """Copy an open file into a temporary, and return its path."""
    incoming = [(path, os.dup(fd), os.fstat(fd), None)]
    ((_, temporary, error),) = target.receive(incoming, on_bytes=lambda _count, _path: None, should_stop=lambda: False)
    carry_out([(error,)])
    return temporary


def publish(target: Destination, temporary: str, path: str, *, may_replace: bool) -> None:
    """Give a temporary its name."""
    carry_out(target.publish([(temporary, path, may_replace, None, None)]))


def discard(target: Destination, temporary: str) -> None:
    """Remove a temporary."""
    carry_out((error,) for error in target.discard([temporary]).values())


def move(target: Destination, old_path: str, new_path: str) -> None:
    """Rename something, with the metadata that it has."""
    carry_out(target.move([(old_path, new_path, target.stat(old_path), None, None)]))


def remove_folder(target: Destination, path: str) -> bool:
    """Remove a folder; returns False if it is not empty."""
    ((_, error),) = target.take_away([(path, True, None)])
    if isinstance(error, OSError) and error.errno == errno.ENOTEMPTY:
        return False
    carry_out([(error,)])
    return True

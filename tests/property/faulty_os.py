"""A system that fails or dies at a chosen call: stands in for ``os`` in the engine modules that reach a disk."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from backup_gui.engine.fs.system import syscalls as system
from backup_gui.engine.state.database import JobDatabase

if sys.platform != "win32":
    from backup_gui.engine.fs import posix

ENGINE = "backup_gui.engine."
WRITING = frozenset(
    (
        *("chmod", "chown", "copy_file_range", "fchmod", "fchown", "fsync", "ftruncate", "link", "makedirs", "mkdir"),
        *("rename", "replace", "rmdir", "setxattr", "symlink", "unlink", "utime", "write"),
    )
)
READING = frozenset(("fstat", "lseek", "read", "readlink", "scandir", "stat"))
# What a full drive refuses; removing and changing modes still works there.
NEEDS_ROOM = frozenset(
    ("copy_file_range", "link", "makedirs", "mkdir", "open", "rename", "renameat2", "replace", "symlink", "write")
)


class Killed(BaseException):
    """The process is gone: whatever it goes on to do has no effect."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, and when.

    Attributes:
        at: Which call fails, counted from 1 over the calls concerned.
        error: The error number; None for a kill.
        is_lasting: Whether every later call fails too.
        is_reading: Whether it concerns calls that read instead of those that write.
    """

    at: int
    error: int | None = None
    is_lasting: bool = False
    is_reading: bool = False


class Gate:
    """Counts calls and lets the chosen ones fail."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.calls = 0
        self.is_dead = False
        self.failed: list[str] = []

    def is_failing(self, name: str, *, is_reading: bool) -> bool:
        """Count a call and tell whether it fails; one that fails for a kill is the process's last."""
        if self.is_dead:
            return not is_reading
        if is_reading != self.fault.is_reading or (self.fault.error == errno.ENOSPC and name not in NEEDS_ROOM):
            return False
        self.calls += 1
        fails = self.calls == self.fault.at or (self.fault.is_lasting and self.calls > self.fault.at)
        if fails:
            self.failed.append(name)
            self.is_dead = self.fault.error is None
        return fails

    def fail(self) -> None:
        """Raise what a failing call raises."""
        if self.fault.error is None:
            raise Killed
        raise OSError(self.fault.error, os.strerror(self.fault.error))

    def before(self, name: str, _path: str) -> None:
        """Let a call of a destination in memory fail, which is known by the name of the system's."""
        if self.is_failing(name, is_reading=name in READING):
            self.fail()

    def native(self, call: Any, name: str) -> Any:
        """Put a call of the C library behind the gate."""

        def gated(*arguments: Any) -> int:
            if not self.is_failing(name, is_reading=False):
                return int(call(*arguments))
            if self.fault.error is None:
                raise Killed
            ctypes.set_errno(self.fault.error)
            return -1

        return gated


class FaultyOs:
    """Everything that ``os`` has, behind a gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name == "open":
            return self._gated(real, name, is_reading=None)
        if name in WRITING:
            return self._gated(real, name, is_reading=False)
        if name in READING:
            return self._gated(real, name, is_reading=True)
        return real

    def _gated(self, real: Callable[..., Any], name: str, *, is_reading: bool | None) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            reads = is_reading if is_reading is not None else not arguments[1] & os.O_CREAT
            if self._gate.is_failing(name, is_reading=reads):
                if len(self._gate.failed) == 1:
                    _do_half(name, arguments)
                self._gate.fail()
            return real(*arguments, **options)

        return call


def _do_half(name: str, arguments: tuple[Any, ...]) -> None:
    """Of a call that is cut short, do what it may have done before."""
    if name == "copy_file_range":
        os.copy_file_range(arguments[0], arguments[1], arguments[2] // 2)
    elif name == "write":
        os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])


class MortalCatalog(JobDatabase):
    """A catalog that forgets what was not committed when the process dies."""

    gate: Gate | None = None

    def commit(self) -> None:
        if self.gate is not None and self.gate.fault.error is None and self.gate.is_failing("commit", is_reading=False):
            raise Killed
        super().commit()

    def abandon(self) -> None:
        """Close as a killed process does: without writing anything."""
        self._pending.clear()
        self._connection.rollback()
        self._connection.close()


@contextlib.contextmanager
def faulty(fault: Fault, catalog: MortalCatalog) -> Iterator[Gate]:
    """Have a fault happen to what the engine does within the context."""
    gate = Gate(fault)
    stand_in = FaultyOs(gate)
    with contextlib.ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            # The catalog dies in a way of its own.
            if name.startswith(ENGINE) and name != JobDatabase.__module__ and getattr(module, "os", None) is os:
                stack.enter_context(patch.object(module, "os", stand_in))
        for module, attribute, name in ((system, "_syncfs", "syncfs"), (posix, "_rename_new", "renameat2")):
            call = getattr(module, attribute)
            if call is not None:
                stack.enter_context(patch.object(module, attribute, gate.native(call, name)))
        catalog.gate = gate
        try:
            yield gate
        finally:
            catalog.gate = None


def open_catalog(path: Path) -> MortalCatalog:
    """Open a catalog that can die."""
    return MortalCatalog.open(path)

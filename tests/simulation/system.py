"""Stands in for the system in all modules of the engine: calls take time, in which others have their turn, or fail.

Time, random names and the order of listings come from the simulation, too; the files are real ones.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import importlib
import os
import pkgutil
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Self
from unittest.mock import patch

import backup_gui.engine
from backup_gui.engine.destination import job_folders
from backup_gui.engine.fs import posix
from backup_gui.engine.fs.system import platform
from backup_gui.engine.fs.system import syscalls as system
from backup_gui.engine.fs.volumes import mounts, volume
from backup_gui.engine.plan import left_out
from backup_gui.engine.state.database import JobDatabase
from tests.property.faulty_os import ENGINE, NEEDS_ROOM, READING, WRITING, Killed
from tests.simulation.scheduler import Scheduler, Task

# How much longer some calls take than others.
_SLOW = {"fsync": 5.0, "syncfs": 5.0, "copy_file_range": 10.0, "write": 10.0}
# Refuse to be imported elsewhere.
_OF_WINDOWS = {f"{ENGINE}fs.windows.nt_calls", f"{ENGINE}fs.windows.notifications"}
# These are no places for a pass: the catalog dies in a way of its own.
_EXEMPT = frozenset({JobDatabase.__module__})


@dataclass(slots=True)
class Failing:
    """Calls that fail for a while.

    Attributes:
        error: The error number.
        names: Which calls.
        until_s: Until when, on the steady clock.
        every: Every so many of them fails; 1 for each.
        path: Only those about this name fail; None for any.
        calls: How many there were.
    """

    error: int
    names: frozenset[str]
    until_s: float
    every: int = 1
    path: str | None = None
    calls: int = 0


class Drive:
    """How the system serves one task.

    Args:
        seed: For the order of listings and for random names.
        say: Told of each call that fails.
    """

    def __init__(self, seed: str, say: Callable[[str], None]) -> None:
        self.random = random.Random(seed)
        self.pace_s = 0.000_5
        self.failing: list[Failing] = []
        self.say = say

    def error_of(self, name: str, path: object, now_s: float) -> int | None:
        """Tell with which error a call about a path fails; None if it does not."""
        for fault in self.failing:
            if name in fault.names and now_s < fault.until_s and fault.path in {None, path}:
                fault.calls += 1
                if fault.calls % fault.every == 0:
                    self.say(f"fault: {os.strerror(fault.error)} at {name}")
                    return fault.error
        return None


READS = frozenset((*READING, "open"))
WRITES = frozenset((*WRITING, "open for writing", "renameat2", "syncfs"))
ROOM = frozenset(NEEDS_ROOM - {"open"}) | {"open for writing"}


class SimulatedSystem:
    """The system as tasks have it.

    Args:
        scheduler: Time and turns.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.drives: dict[Task, Drive] = {}

    def before(self, name: str, *, is_reading: bool) -> Drive | None:
        """Let a call take its time.

        Returns:
            How the task that calls is served; None if it is no task.

        Raises:
            Killed: The task runs no more, and this would leave a trace.
        """
        drive = self.drives.get(self._scheduler.current)
        if drive is None:
            return None
        if self._scheduler.current.is_killed:
            if not is_reading:
                raise Killed
            return None
        self._scheduler.pause(drive.pace_s * _SLOW.get(name, 1.0))
        return drive

    def failure(self, drive: Drive | None, name: str, path: object = None) -> int | None:
        """Tell with which error a call about a path fails."""
        return None if drive is None else drive.error_of(name, path, self._scheduler.now_s)

    def native(self, call: Any, name: str) -> Any:
        """Put a call of the C library in."""

        def simulated(*arguments: Any) -> int:
            error = self.failure(self.before(name, is_reading=False), name)
            if error is None:
                return int(call(*arguments))
            ctypes.set_errno(error)
            return -1

        return simulated


class SimulatedOs:
    """Everything that ``os`` has."""

    def __init__(self, simulated: SimulatedSystem) -> None:
        self._system = simulated
        self.supports_dir_fd = os.supports_dir_fd
        self.supports_fd = os.supports_fd

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name == "open" or name in WRITING or name in READING:
            real = self._simulated(real, name)
        setattr(self, name, real)
        return real

    def urandom(self, size: int) -> bytes:
        """Return random bytes, as drawn by the simulation."""
        drive = self._system.before("urandom", is_reading=True)
        return os.urandom(size) if drive is None else drive.random.randbytes(size)

    def _simulated(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            known = name
            if name == "open" and arguments[1] & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
                known = "open for writing"
            drive = self._system.before(known, is_reading=known in READS)
            error = self._system.failure(drive, known, arguments[0] if arguments else None)
            if error is not None:
                if name == "write":
                    os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise OSError(error, os.strerror(error))
            if name == "scandir" and drive is not None:
                return _Listing(real(*arguments, **options), drive.random)
            return real(*arguments, **options)

        return call


class _Listing:
    """A folder's names in an order of the simulation's own; file systems promise none."""

    def __init__(self, real: Any, order: random.Random) -> None:
        with real:
            entries = sorted(real, key=lambda entry: entry.name)
        order.shuffle(entries)
        self._entries = iter(entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def __iter__(self) -> Iterator[os.DirEntry[str]]:
        return self._entries

    def __next__(self) -> os.DirEntry[str]:
        return next(self._entries)

    def close(self) -> None:
        pass


class SimulatedTime:
    """Everything that ``time`` has."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def time(self) -> float:
        return self._scheduler.time()

    def time_ns(self) -> int:
        return round(self._scheduler.time() * 1e9)

    def monotonic(self) -> float:
        return self._scheduler.monotonic()

    def sleep(self, seconds: float) -> None:
        self._scheduler.pause(seconds)


@contextlib.contextmanager
def simulated_system(scheduler: Scheduler, volume_id: Callable[[str], str]) -> Iterator[SimulatedSystem]:
    """Have the engine live in a simulated system within the context.

    Args:
        scheduler: Time and turns.
        volume_id: Tells which volume a path lies on.
    """
    simulated = SimulatedSystem(scheduler)
    its_os, its_time = SimulatedOs(simulated), SimulatedTime(scheduler)
    # As they are before any of them is replaced.
    real_uptime, real_volume_of = platform.uptime_s, volume.volume_of
    moments = {time.time: its_time.time, time.monotonic: its_time.monotonic, real_uptime: scheduler.uptime}

    class SimulatedDatetime(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.fromtimestamp(scheduler.time(), tz or dt.UTC)

    with contextlib.ExitStack() as stack:
        for module in _engine():
            for name, value in list(vars(module).items()):
                if value is os and module.__name__ not in _EXEMPT:
                    stack.enter_context(patch.object(module, name, its_os))
                elif value is time:
                    stack.enter_context(patch.object(module, name, its_time))
                elif value is dt.datetime:
                    stack.enter_context(patch.object(module, name, SimulatedDatetime))
                elif value is real_uptime:
                    stack.enter_context(patch.object(module, name, scheduler.uptime))
                elif value is real_volume_of:
                    stack.enter_context(patch.object(module, name, lambda folder: volume_id(folder.given)))
            for function in _functions(module):
                _replace_defaults(function, moments, stack)
        _begin_alike(its_os, stack)
        for module, variable, name in ((system, "_syncfs", "syncfs"), (posix, "_rename_new", "renameat2")):
            call = getattr(module, variable)
            if call is not None:
                stack.enter_context(patch.object(module, variable, simulated.native(call, name)))
        yield simulated


def _begin_alike(its_os: SimulatedOs, stack: contextlib.ExitStack) -> None:
    """Let nothing count that another run has found out, or that others mount on this machine meanwhile."""
    stack.enter_context(patch.object(job_folders, "_kept", {}))
    job_folders.nesting_of.cache_clear()
    left_out._left_out_of.cache_clear()
    mounted = Path(mounts.TABLE).read_bytes()

    def content(table: str | Path) -> bytes:
        its_os.close(its_os.open(table, os.O_RDONLY))
        return mounted

    stack.enter_context(patch.object(mounts, "_content", content))


def _engine() -> list[ModuleType]:
    for found in pkgutil.walk_packages(backup_gui.engine.__path__, ENGINE):
        if found.name not in _OF_WINDOWS:
            importlib.import_module(found.name)
    return [module for name, module in sorted(sys.modules.items()) if name.startswith(ENGINE)]


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if isinstance(value, FunctionType):
            yield value
        elif isinstance(value, type):
            # A named tuple has its defaults in ``__new__``, which is a static method.
            methods = (getattr(method, "__func__", method) for method in vars(value).values())
            yield from (method for method in methods if isinstance(method, FunctionType))


def _replace_defaults(function: FunctionType, moments: dict[Any, Any], stack: contextlib.ExitStack) -> None:
    """Replace clocks that a function has as defaults."""

    def replaced(value: Any) -> Any:
        return moments[value] if callable(value) and value in moments else value

    if function.__defaults__ is not None:
        defaults = tuple(map(replaced, function.__defaults__))
        if defaults != function.__defaults__:
            stack.enter_context(patch.object(function, "__defaults__", defaults))
    if function.__kwdefaults__ is not None:
        options = {name: replaced(value) for name, value in function.__kwdefaults__.items()}
        if options != function.__kwdefaults__:
            stack.enter_context(patch.object(function, "__kwdefaults__", options))

"""Tests of what only one kind of system has: skipped on others, each with its reason."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from backup_gui.engine.fs import native
from backup_gui.engine.fs.windows.folder import WindowsFolder

IS_POSIX = os.name == "posix"
IS_WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")
# wine finds each name by going through all folders from the root on: thousands of levels take it minutes.
DEEP_LEVELS = 150 if IS_WINE else 3_000
# In the statement that marks the module, which ends at the next empty line.
_MODULE_MARK = re.compile(r'(?ms)^pytestmark = (?:(?!\n\n).)*\bpytest\.mark\.posix\("(.+?)"\)')


class ModuleOfPosix(pytest.File):
    """A module of tests that is not even imported, since it imports what is not there."""

    reason: str

    def collect(self) -> NoReturn:
        pytest.skip(f"{self.path.name}: {self.reason}", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> ModuleOfPosix | None:
    """Skip a module that is marked as a whole."""
    if IS_POSIX or (mark := _MODULE_MARK.search(module_path.read_text(encoding="utf-8"))) is None:
        return None
    module = ModuleOfPosix.from_parent(parent, path=module_path)
    module.reason = mark[1]
    return module


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip single tests that are marked."""
    if IS_POSIX:
        return
    for item in items:
        for mark in item.iter_markers("posix"):
            item.add_marker(pytest.mark.skip(reason=mark.args[0]))
        if item.get_closest_marker("desktop"):
            item.add_marker(pytest.mark.skip(reason="a desktop session of Linux"))


def folder_class() -> Any:
    """Return what this system's open folders are, so that a test can have one of their calls fail."""
    with tempfile.TemporaryDirectory() as path:
        handle = native.open_root(path)
        handle.close()
    return type(handle)


def set_own_times(path: str | Path, times_ns: tuple[int, int]) -> None:
    """Set the times of what is at a path, of a link its own where Python can do that."""
    if os.utime in os.supports_follow_symlinks:
        os.utime(path, ns=times_ns, follow_symlinks=False)
    else:
        os.utime(path, ns=times_ns)


@pytest.fixture
def open_folders_go(tmp_path: Path) -> None:
    """Skip a test where a removed folder keeps its name until it is closed, as under wine and in an old Windows."""
    folder = tmp_path / "open and removed"
    folder.mkdir()
    handle = native.open_root(str(folder))
    folder.rmdir()
    is_gone = not folder.exists()
    handle.close()
    if not is_gone:
        pytest.skip("here a folder that is removed while it is open keeps its name")


class NoLinksError(OSError):
    """What a system says that lets the user make no symbolic link."""


@pytest.fixture(autouse=True, scope="session")
def no_links_where_none_can_be_made() -> None:
    """Let each try to make a symbolic link fail where it would, or would seem to succeed, as under wine."""
    if not IS_POSIX and not links_can_be_made():
        os.symlink = _refuse
        WindowsFolder.symlink_at = _refuse  # type: ignore[method-assign]


def _refuse(*_arguments: object, **_options: object) -> NoReturn:
    raise NoLinksError(errno.EPERM, "A required privilege is not held by the client")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    """Skip a test for which no symbolic link can be made."""
    return (yield from _skipping_without_links())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Skip a test that cannot make a symbolic link."""
    return (yield from _skipping_without_links())


def _skipping_without_links() -> Generator[None, object, object]:
    try:
        return (yield)
    except NoLinksError:
        pytest.skip("symbolic links cannot be made here")


def links_can_be_made() -> bool:
    """Whether the system lets this user make a symbolic link."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.symlink("target", os.path.join(folder, "link"))
        except OSError:
            return False
        # wine says that it has made one, and has not.
        return os.path.islink(os.path.join(folder, "link"))

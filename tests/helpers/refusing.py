"""A file system of which some names cannot be looked at: the call that asks for their entry fails."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

if sys.platform != "win32":
    from backup_gui.engine.fs import posix


class _Item:
    """One name of a listing."""

    def __init__(self, item: os.DirEntry[str], code: int | None) -> None:
        self.name, self.path = item.name, item.path
        self._item, self._code = item, code

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        if self._code is not None:
            raise OSError(self._code, os.strerror(self._code), self.name)
        return self._item.stat(follow_symlinks=follow_symlinks)


class _Listing:
    """What ``os.scandir`` returns."""

    def __init__(self, where: int | str, codes: dict[str, int]) -> None:
        self._folder, self._codes = _folder_of(where), codes
        self._items = os.scandir(where)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._items.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Item:
        item = next(self._items)
        return _Item(item, self._codes.get(f"{self._folder}/{item.name}"))


class _Os:
    """Everything that ``os`` has, with some names that cannot be looked at."""

    def __init__(self, codes: dict[str, int]) -> None:
        self._codes = codes

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def scandir(self, where: int | str) -> _Listing:
        return _Listing(where, self._codes)

    def stat(self, name: str, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        self._refuse(name, dir_fd)
        return os.stat(name, dir_fd=dir_fd, follow_symlinks=follow_symlinks)

    def open(self, name: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        self._refuse(name, dir_fd)
        return os.open(name, flags, mode, dir_fd=dir_fd)

    def _refuse(self, name: str, folder_fd: int | None) -> None:
        code = None if folder_fd is None else self._codes.get(f"{_folder_of(folder_fd)}/{name}")
        if code is not None:
            raise OSError(code, os.strerror(code), name)


@contextlib.contextmanager
def refusing(code: int, *paths: Path) -> Iterator[None]:
    """Let the engine's trees fail with an error number wherever they look at one of some paths, or open it."""
    stand_in = _Os({str(path): code for path in paths})
    with patch.object(posix, "os", stand_in):
        yield


def _folder_of(where: int | str) -> str:
    return os.readlink(f"/proc/self/fd/{where}") if isinstance(where, int) else where

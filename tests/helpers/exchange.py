"""Exchanges two paths in one step, for which Python has no call."""

from __future__ import annotations

import ctypes
import os

import pytest

from tests.helpers.systems import IS_POSIX

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def exchange(path: str, other: str) -> None:
    """Exchange what is at two paths, in one step.

    Raises:
        OSError: They cannot be exchanged, as if one is in the other.
    """
    if not IS_POSIX:
        pytest.skip("two names cannot be exchanged in one step here")
    renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    if renameat2(_AT_FDCWD, os.fsencode(path), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), path)

"""Which computer this is: a number that lasts, and its name for people. Nothing here writes."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final

from backup_gui.engine.fs.system.descriptors import waited_out

_FILES: Final = ("/etc/machine-id", "/var/lib/dbus/machine-id")
# The number itself is not to be made known, says machine-id(5): only what is made of it for one purpose.
_PURPOSE: Final = b"backup-gui marker\0"


@lru_cache(maxsize=1)
def computer_id() -> str:
    """Return a text that is this computer's alone, and the same after each start; empty where it has none."""
    number = _number()
    return hashlib.sha256(_PURPOSE + number).hexdigest()[:32] if number else ""


def host_name() -> str:
    """Return what this computer is called."""
    if sys.platform == "win32":
        return os.environ.get("COMPUTERNAME", "")
    return os.uname().nodename


def _number() -> bytes:
    if sys.platform == "win32":
        return _number_of_windows()
    if sys.platform == "darwin":
        return _number_of_macos()
    for path in _FILES:
        try:
            number = waited_out(Path(path).read_bytes)[:64].strip()
        except OSError:
            continue
        if number and number != b"uninitialized":
            return number
    return b""


def _number_of_windows() -> bytes:
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - only there

        try:
            with winreg.OpenKey(
                winreg.HKEY_LOCAL_MACHINE,
                r"SOFTWARE\Microsoft\Cryptography",
                access=winreg.KEY_READ | winreg.KEY_WOW64_64KEY,
            ) as key:
                return str(winreg.QueryValueEx(key, "MachineGuid")[0]).encode()
        except OSError:
            return b""
    return b""


def _number_of_macos() -> bytes:
    import ctypes  # noqa: PLC0415 - only there

    call = getattr(ctypes.CDLL(None), "gethostuuid", None)
    if call is None:
        return b""
    number = (ctypes.c_ubyte * 16)()
    wait = (ctypes.c_long * 2)(1, 0)
    return bytes(number) if call(number, wait) == 0 else b""

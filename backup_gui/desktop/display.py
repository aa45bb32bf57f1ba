"""Detects whether there is a screen, as Qt aborts without one, and whether a panel draws the tray menu."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping

from PySide6.QtDBus import QDBusConnection

# Collects the tray icons of a session. Qt looks for it when the first icon is made, and never again.
WATCHER = "org.kde.StatusNotifierWatcher"
_CONNECT_S = 2.0
_X_PORT = 6_000


def is_available(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether Qt will find a screen; always True on Windows and macOS."""
    if sys.platform in {"win32", "darwin"}:
        return True
    if environment.get("QT_QPA_PLATFORM"):
        # The user has chosen a platform; most of those chosen by hand need no screen.
        return True
    # Both variables often outlive their sessions.
    wayland, folder = environment.get("WAYLAND_DISPLAY", ""), environment.get("XDG_RUNTIME_DIR", "")
    return bool(wayland and _listens(os.path.join(folder, wayland))) or _answers(environment.get("DISPLAY", ""))


def _answers(display: str) -> bool:
    """Whether an X server listens at ``DISPLAY``."""
    match = re.fullmatch(r"(?:(?P<host>.*?)(?:/unix)?)?:(?P<number>\d+)(?:\.\d+)?", display)
    if match is None:
        return False
    number = int(match["number"])
    host = match["host"] or ""
    if host not in ("", "unix"):
        return _connects(socket.AF_INET, (host, _X_PORT + number))
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where X servers have always listened
    return _listens(path) or _listens(f"\0{path}")


def _listens(path: str) -> bool:
    unix = getattr(socket, "AF_UNIX", None)
    return unix is not None and _connects(unix, path)


def _connects(family: int, address: tuple[str, int] | str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(_CONNECT_S)
            connection.connect(address)
    except OSError:
        return False
    return True


def is_menu_on_bus() -> bool:
    """Whether a tray icon that is created now sends its menu to a panel over D-Bus."""
    if sys.platform in {"win32", "darwin"}:
        return False
    bus = QDBusConnection.sessionBus()
    return bus.isConnected() and bool(bus.interface().isServiceRegistered(WATCHER).value())

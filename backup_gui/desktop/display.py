"""Whether there is a screen, since Qt ends the process if it finds none, and who draws the tray icon's menu."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping

from PySide6.QtDBus import QDBusConnection

# Who collects the icons of a session; Qt looks for it when the first icon is made, and stays with what it finds.
WATCHER = "org.kde.StatusNotifierWatcher"
_CONNECT_S = 2.0
_X_PORT = 6_000


def is_available(environment: Mapping[str, str] = os.environ) -> bool:
    """Look for a screen.

    Args:
        environment: The environment variables.

    Returns:
        Whether Qt will find one; on Windows and macOS always.
    """
    if sys.platform in {"win32", "darwin"}:
        return True
    if environment.get("QT_QPA_PLATFORM"):
        # Whoever names a platform knows what is there; most of the others need no screen.
        return True
    if environment.get("WAYLAND_DISPLAY"):
        return True
    return _answers(environment.get("DISPLAY", ""))


def _answers(display: str) -> bool:
    """Whether an X server listens where the variable says: it is often left over from a session that has ended."""
    match = re.fullmatch(r"(?:(?P<host>.*?)(?:/unix)?)?:(?P<number>\d+)(?:\.\d+)?", display)
    if match is None:
        return False
    number = int(match["number"])
    host = match["host"] or ""
    if host not in ("", "unix"):
        return _connects(socket.AF_INET, (host, _X_PORT + number))
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where X servers have always listened
    unix = getattr(socket, "AF_UNIX", None)
    return unix is not None and (_connects(unix, path) or _connects(unix, f"\0{path}"))


def _connects(family: int, address: tuple[str, int] | str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(_CONNECT_S)
            connection.connect(address)
    except OSError:
        return False
    return True


def is_menu_on_bus() -> bool:
    """Tell whether the menu of a tray icon that is made now goes to a panel over D-Bus."""
    if sys.platform in {"win32", "darwin"}:
        return False
    bus = QDBusConnection.sessionBus()
    return bus.isConnected() and bool(bus.interface().isServiceRegistered(WATCHER).value())

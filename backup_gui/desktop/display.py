"""Detects whether there is a screen, as Qt aborts without one."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
from collections.abc import Mapping, MutableMapping

_CONNECT_S = 2.0
_NEED_SCREEN = {"wayland", "xcb"}


def is_available(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether Qt will find a screen; always True on Windows and macOS."""
    if sys.platform in {"win32", "darwin"}:
        return True
    platforms = set(filter(None, environment.get("QT_QPA_PLATFORM", "").split(";"))) or _NEED_SCREEN
    if platforms - _NEED_SCREEN:
        # The user has chosen a platform; most of those chosen by hand need no screen.
        return True
    # Both variables often outlive their sessions.
    return ("wayland" in platforms and _has_wayland(environment)) or (
        "xcb" in platforms and _answers(environment.get("DISPLAY", ""))
    )


def accept_restarted_bus(environment: MutableMapping[str, str] = os.environ) -> None:
    """Remove the identity of the session bus from its address, before anything has read it.

    Otherwise Qt refuses to connect to the bus once that has restarted, and the tray icon stays away.
    """
    address = environment.get("DBUS_SESSION_BUS_ADDRESS")
    if address:
        environment["DBUS_SESSION_BUS_ADDRESS"] = re.sub(r",guid=[0-9a-fA-F]*", "", address)


def _has_wayland(environment: Mapping[str, str]) -> bool:
    if environment.get("WAYLAND_SOCKET"):
        # A connection that is open already.
        return True
    # The default name is looked for only where Qt was told to use Wayland.
    name = environment.get("WAYLAND_DISPLAY") or ("wayland-0" if environment.get("QT_QPA_PLATFORM") else "")
    return bool(name) and _listens(os.path.join(environment.get("XDG_RUNTIME_DIR", ""), name))


def _answers(display: str) -> bool:
    """Whether an X server is at ``DISPLAY`` and accepts this user, by the library with which Qt connects.

    That library writes to standard error why a server refuses.
    """
    if not display:
        return False
    try:
        xcb = x_library()
    except OSError:
        # Qt lacks it, too, which is told apart: see services/libraries.
        return True
    connection = xcb.xcb_connect(os.fsencode(display), None)
    try:
        return not xcb.xcb_connection_has_error(connection)
    finally:
        xcb.xcb_disconnect(connection)


def x_library() -> ctypes.CDLL:
    """Load the library with which Qt connects to X, with the types of the calls that connect and leave.

    Raises:
        OSError: It is not installed.
    """
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.restype = None
    return xcb


def _listens(path: str) -> bool:
    if sys.platform == "win32":
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_CONNECT_S)
            connection.connect(path)
    except OSError:
        return False
    return True

"""Follows the tray of an X screen of the older kind (XEmbed), by the library with which Qt connects.

Qt itself tells of such a tray only after its first icon was made, which is too late: see ``watcher``.
"""

from __future__ import annotations

import ctypes
import logging
from typing import Any, ClassVar

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

from backup_gui.desktop.display import x_library

log = logging.getLogger(__name__)

_CW_EVENT_MASK = 1 << 11
_STRUCTURE_NOTIFY = 1 << 17


class _Screens(ctypes.Structure):
    """``xcb_screen_iterator_t``; each screen begins with its root window."""

    _fields_: ClassVar = [
        ("screen", ctypes.POINTER(ctypes.c_uint32)),
        ("rest", ctypes.c_int),
        ("index", ctypes.c_int),
    ]


class _Reply(ctypes.Structure):
    """The replies with an atom or a window."""

    _fields_: ClassVar = [("head", ctypes.c_uint8 * 8), ("value", ctypes.c_uint32)]


class XEmbedTray(QObject):
    """Whether a window owns the selection of the tray. Without the library or the screen, there is none."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connection: int | None = None
        self._owner = 0
        try:
            self._xcb, self._free = _libraries()
        except OSError as error:
            log.debug("Trays of the older kind cannot be seen: %s", error)
            return
        number = ctypes.c_int()
        connection = self._xcb.xcb_connect(None, ctypes.byref(number))
        if self._xcb.xcb_connection_has_error(connection):
            self._xcb.xcb_disconnect(connection)
            return
        self._connection = connection
        name = b"_NET_SYSTEM_TRAY_S%d" % number.value
        self._selection = self._value("intern_atom", ctypes.c_uint8(0), ctypes.c_uint16(len(name)), name)
        screens = self._xcb.xcb_setup_roots_iterator(self._xcb.xcb_get_setup(connection))
        for _ in range(number.value):
            self._xcb.xcb_screen_next(ctypes.byref(screens))
        # A new tray announces itself to the root window.
        self._listen(screens.screen[0])
        self._events = QSocketNotifier(self._xcb.xcb_get_file_descriptor(connection), QSocketNotifier.Type.Read, self)
        self._events.activated.connect(self._on_event)
        self._look_until_quiet()

    @property
    def is_there(self) -> bool:
        """Whether there is such a tray."""
        return self._owner != 0

    def close(self) -> None:
        """Leave the X server."""
        if self._connection is not None:
            self._events.setEnabled(False)
            self._xcb.xcb_disconnect(self._connection)
            self._connection = None

    @Slot()
    def _on_event(self) -> None:
        if self._connection is None:
            return
        if self._xcb.xcb_connection_has_error(self._connection):
            # The X server has ended, and with it the app.
            self._events.setEnabled(False)
            return
        before = self._owner
        self._look_until_quiet()
        if self._owner != before:
            self.changed.emit()

    def _look_until_quiet(self) -> None:
        """Find the tray, and again if events came meanwhile: with an answer, the library reads them from the socket."""
        self._look()
        while self._had_events():
            self._look()

    def _had_events(self) -> bool:
        had = False
        while event := self._xcb.xcb_poll_for_event(self._connection):
            self._free(event)
            had = True
        return had

    def _look(self) -> None:
        """Find the tray. Listens to its window first, so that its end is told, then makes sure that it still is one."""
        found = self._value("get_selection_owner", ctypes.c_uint32(self._selection))
        if found and found != self._owner:
            self._listen(found)
            found = self._value("get_selection_owner", ctypes.c_uint32(self._selection))
        self._owner = found

    def _listen(self, window: int) -> None:
        mask = ctypes.c_uint32(_STRUCTURE_NOTIFY)
        self._xcb.xcb_change_window_attributes(
            self._connection, ctypes.c_uint32(window), ctypes.c_uint32(_CW_EVENT_MASK), ctypes.byref(mask)
        )
        self._xcb.xcb_flush(self._connection)

    def _value(self, request: str, *arguments: object) -> int:
        cookie = getattr(self._xcb, f"xcb_{request}")(self._connection, *arguments)
        reply = getattr(self._xcb, f"xcb_{request}_reply")(self._connection, ctypes.c_uint32(cookie), None)
        if not reply:
            return 0
        value = ctypes.cast(reply, ctypes.POINTER(_Reply)).contents.value
        self._free(reply)
        return int(value)


def _libraries() -> tuple[ctypes.CDLL, Any]:
    """The library of X, and ``free``, with the types of what they take and return; raises ``OSError``."""
    xcb, free = x_library(), ctypes.CDLL(None).free
    pointer = ctypes.c_void_p
    results = {
        "get_setup": pointer,
        "poll_for_event": pointer,
        "intern_atom_reply": pointer,
        "get_selection_owner_reply": pointer,
        # Cookies are structures of one number, which calls pass like the number itself.
        "intern_atom": ctypes.c_uint32,
        "get_selection_owner": ctypes.c_uint32,
        "change_window_attributes": ctypes.c_uint32,
        "setup_roots_iterator": _Screens,
        "screen_next": None,
    }
    for name, result in results.items():
        getattr(xcb, f"xcb_{name}").restype = result
    for name in ("get_setup", "get_file_descriptor", "poll_for_event", "flush", "setup_roots_iterator", "screen_next"):
        getattr(xcb, f"xcb_{name}").argtypes = [pointer]
    xcb.xcb_intern_atom.argtypes = [pointer, ctypes.c_uint8, ctypes.c_uint16, ctypes.c_char_p]
    xcb.xcb_get_selection_owner.argtypes = [pointer, ctypes.c_uint32]
    xcb.xcb_change_window_attributes.argtypes = [pointer, ctypes.c_uint32, ctypes.c_uint32, pointer]
    for name in ("intern_atom_reply", "get_selection_owner_reply"):
        getattr(xcb, f"xcb_{name}").argtypes = [pointer, ctypes.c_uint32, pointer]
    free.argtypes = [pointer]
    free.restype = None
    return xcb, free

"""A non-blocking connection to the desktop's session bus, for calls that PySide6 cannot make.

PySide6 turns every number into a signed one before Qt sees it, but calls such as ``Notify`` take unsigned numbers. So
jeepney writes and reads the messages, while Qt's event loop watches the socket. Nothing here blocks: messages that the
bus does not take at once wait in a buffer, and answers come as callbacks. Only ``wait_while`` waits, for use at the end
of the program, when no window is left that could freeze.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count

from jeepney import HeaderFields, Message, MessageType, Parser
from jeepney.auth import BEGIN, Authenticator
from jeepney.bus import get_connectable_addresses
from jeepney.bus_messages import message_bus
from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal, Slot

from backup_gui.desktop.periodic import delayed

log = logging.getLogger(__name__)

# Logging in takes a millisecond; a bus that needs longer than this counts as absent.
LOGIN_LIMIT_MS = 5_000
_CHUNK_BYTES = 65_536

# Gets the answer, which may be an error; None if the connection was lost before.
OnAnswer = Callable[[Message | None], None]


class SessionBus(QObject):
    """Sends calls to other programs of the session, and emits their answers and signals."""

    signalled = Signal(object)
    lost = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._socket: socket.socket | None = None
        self._reading: QSocketNotifier | None = None
        self._writing: QSocketNotifier | None = None
        self._login: Authenticator | None = None
        self._parser = Parser()
        self._serials = count(1)
        self._waiting: dict[int, OnAnswer] = {}
        # Bytes that the socket has not taken yet, and those to send after the login.
        self._unsent = bytearray()
        self._after_login = bytearray()
        self._patience = delayed(self, LOGIN_LIMIT_MS, self._lose)

    @property
    def is_open(self) -> bool:
        """Whether a connection exists or is being made."""
        return self._socket is not None

    def open(self) -> bool:
        """Connect, unless connected already; calls may follow at once.

        Returns:
            False if there is no bus.
        """
        if self._socket is None and (found := _connected_socket()) is not None:
            self._begin(found)
        return self.is_open

    def call(self, message: Message, on_answer: OnAnswer) -> None:
        """Make a call.

        Args:
            message: The call; the connection must be open.
            on_answer: Gets the answer later.
        """
        self._waiting[self._send(message)] = on_answer

    def tell(self, message: Message) -> None:
        """Send a message without waiting for an answer; the connection must be open."""
        self._send(message)

    def wait_while(self, is_due: Callable[[], bool], limit_ms: int) -> None:
        """Process messages of the bus without the event loop, as long as more are due.

        Args:
            is_due: Whether a message is still due.
            limit_ms: Limit in milliseconds.
        """
        end_s = time.monotonic() + limit_ms / 1_000
        while self._socket is not None and is_due() and (left_s := end_s - time.monotonic()) > 0:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, wanted)
                ready = sum(events for _, events in selector.select(left_s))
            if ready & selectors.EVENT_WRITE:
                self._write()
            if ready & selectors.EVENT_READ:
                self._on_readable()

    def close(self) -> None:
        """Close the connection without calling back."""
        self._waiting.clear()
        self._disconnect()

    def _begin(self, connected: socket.socket) -> None:
        self._socket = connected
        self._login = Authenticator()
        self._parser = Parser()
        self._reading = QSocketNotifier(connected.fileno(), QSocketNotifier.Type.Read, self)
        self._reading.activated.connect(self._on_readable)
        self._writing = QSocketNotifier(connected.fileno(), QSocketNotifier.Type.Write, self)
        self._writing.setEnabled(False)
        self._writing.activated.connect(self._write)
        self._patience.start()
        self._unsent += self._login.data_to_send() or b""
        self._write()
        self.call(message_bus.Hello(), self._on_welcome)

    def _send(self, message: Message) -> int:
        serial = next(self._serials)
        if self._login is not None:
            self._after_login += message.serialise(serial=serial)
        else:
            self._unsent += message.serialise(serial=serial)
            self._write()
        return serial

    @Slot()
    def _write(self) -> None:
        if self._socket is None or self._writing is None:
            return
        try:
            while self._unsent:
                del self._unsent[: self._socket.send(self._unsent)]
        except BlockingIOError:
            self._writing.setEnabled(True)
        except OSError as error:
            # The sender has not returned yet, so call back only after it has.
            log.debug("Sending to the session bus failed: %s", error)
            QTimer.singleShot(0, self, self._lose)
        else:
            self._writing.setEnabled(False)

    @Slot()
    def _on_readable(self) -> None:
        if self._socket is None:
            return
        try:
            data = self._socket.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            log.debug("The session bus is gone: %s", error)
            data = b""
        if not data:
            self._lose()
            return
        try:
            messages = self._read(data)
        except (ValueError, LookupError, struct.error) as error:
            log.warning("The session bus has sent an invalid message: %s", error)
            self._lose()
            return
        for message in messages:
            self._take(message)

    def _read(self, data: bytes) -> list[Message]:
        """Parse what the bus has sent; jeepney raises its own errors for invalid data."""
        if self._login is None:
            return list(self._parser.feed(data))
        self._login.feed(data)
        if self._login.authenticated:
            self._login = None
            self._unsent += BEGIN + self._after_login
            self._after_login.clear()
            self._write()
        return []

    def _take(self, message: Message) -> None:
        kind = message.header.message_type
        if kind is MessageType.signal:
            self.signalled.emit(message)
        elif kind in {MessageType.method_return, MessageType.error}:
            on_answer = self._waiting.pop(message.header.fields.get(HeaderFields.reply_serial, 0), None)
            if on_answer is not None:
                on_answer(message)

    def _on_welcome(self, answer: Message | None) -> None:
        if answer is not None and answer.header.message_type is MessageType.method_return:
            self._patience.stop()
        else:
            self._lose()

    @Slot()
    def _lose(self) -> None:
        if not self.is_open:
            return
        self._disconnect()
        waiting, self._waiting = self._waiting, {}
        for on_answer in waiting.values():
            on_answer(None)
        self.lost.emit()

    def _disconnect(self) -> None:
        self._patience.stop()
        for notifier in (self._reading, self._writing):
            if notifier is not None:
                notifier.setEnabled(False)
                notifier.deleteLater()
        self._reading = self._writing = self._login = None
        self._unsent.clear()
        self._after_login.clear()
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _connected_socket() -> socket.socket | None:
    """A non-blocking socket connected to the session bus; None if there is no bus or its queue is full."""
    if sys.platform == "win32":
        return None
    for address in _addresses():
        found = socket.socket(socket.AF_UNIX)
        found.setblocking(False)
        try:
            found.connect(address)
        except OSError as error:
            log.debug("There is no session bus at %r: %s", address, error)
            found.close()
        else:
            return found
    return None


def _addresses() -> Iterator[str]:
    """Possible addresses of the session bus: that of the environment, otherwise that of systemd."""
    told = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    runtime_folder = os.environ.get("XDG_RUNTIME_DIR")
    if told:
        try:
            yield from get_connectable_addresses(told)
        except (RuntimeError, ValueError) as error:
            log.debug("The session bus cannot be reached: %s", error)
    elif runtime_folder:
        yield f"{runtime_folder}/bus"

"""A non-blocking connection to the desktop's session bus, for calls that PySide6 cannot make.

PySide6 turns every number into a signed one before Qt sees it, but calls such as ``Notify`` take unsigned numbers. So
jeepney writes and reads the messages, and a socket of Qt carries them. Nothing here blocks: messages that the bus does
not take at once wait in the socket's buffer, and answers come as callbacks. Only ``wait_while`` waits, for use at the
end of the program, when no window is left that could freeze.
"""

from __future__ import annotations

import logging
import os
import selectors
import struct
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count

from jeepney import HeaderFields, Message, MessageType, Parser
from jeepney.auth import BEGIN, Authenticator
from jeepney.bus import get_connectable_addresses
from jeepney.bus_messages import message_bus
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtNetwork import QLocalSocket

from backup_gui.desktop.periodic import delayed

log = logging.getLogger(__name__)

# Logging in takes a millisecond; a bus that needs longer than this counts as absent.
LOGIN_LIMIT_MS = 5_000
_CONNECTED = QLocalSocket.LocalSocketState.ConnectedState

# Gets the answer, which may be an error; None if the connection was lost before.
OnAnswer = Callable[[Message | None], None]


class SessionBus(QObject):
    """Sends calls to other programs of the session, and emits their answers and signals."""

    signalled = Signal(object)
    lost = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._socket: QLocalSocket | None = None
        self._login: Authenticator | None = None
        self._parser = Parser()
        self._serials = count(1)
        self._waiting: dict[int, OnAnswer] = {}
        self._after_login = bytearray()
        self._patience = delayed(self, LOGIN_LIMIT_MS, self._lose)

    @property
    def is_open(self) -> bool:
        """Whether a connection exists or is being made."""
        return self._socket is not None

    def open(self) -> bool:
        """Connect, unless connected already; calls may follow at once. Return False if there is no bus."""
        if self._socket is None and (found := _connected_socket()) is not None:
            self._begin(found)
        return self.is_open

    def call(self, message: Message, on_answer: OnAnswer) -> None:
        """Make a call, and pass on its answer later; the connection must be open."""
        self._waiting[self.tell(message)] = on_answer

    def tell(self, message: Message) -> int:
        """Send a message without waiting for an answer, and return its number; the connection must be open."""
        serial = next(self._serials)
        if self._login is not None:
            self._after_login += message.serialise(serial=serial)
        else:
            self._write(message.serialise(serial=serial))
        return serial

    def wait_while(self, is_due: Callable[[], bool], limit_ms: int) -> None:
        """Process messages of the bus without the event loop, as long as more are due, up to a limit."""
        end_s = time.monotonic() + limit_ms / 1_000
        while (bus := self._connected()) is not None and is_due() and (left_s := end_s - time.monotonic()) > 0:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if bus.bytesToWrite() else 0)
            # The socket's own way to wait holds the interpreter lock, so that no job could end meanwhile.
            with selectors.DefaultSelector() as selector:
                selector.register(int(bus.socketDescriptor()), wanted)
                selector.select(left_s)
            bus.waitForReadyRead(0)
            # Where the socket's own signal has led here, it is not emitted again.
            self._on_readable()

    def close(self) -> None:
        """Close the connection without calling back."""
        self._waiting.clear()
        self._disconnect()

    def _begin(self, connected: QLocalSocket) -> None:
        self._socket = connected
        connected.setParent(self)
        connected.readyRead.connect(self._on_readable)
        # If sending fails, the sender has not returned yet, so call back only after it has.
        connected.disconnected.connect(self._on_disconnected, Qt.ConnectionType.QueuedConnection)
        self._login = Authenticator()
        self._parser = Parser()
        self._patience.start()
        self._write(self._login.data_to_send() or b"")
        self.call(message_bus.Hello(), self._on_welcome)

    def _write(self, data: bytes | bytearray) -> None:
        if (bus := self._connected()) is not None:
            bus.write(data)
            bus.flush()

    def _connected(self) -> QLocalSocket | None:
        return self._socket if self._socket is not None and self._socket.state() is _CONNECTED else None

    @Slot()
    def _on_readable(self) -> None:
        if self._socket is None:
            return
        try:
            messages = self._read(bytes(self._socket.readAll().data()))
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
            self._write(BEGIN + self._after_login)
            self._after_login.clear()
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
    def _on_disconnected(self) -> None:
        if self._socket is not None and self._connected() is None:
            log.debug("The session bus is gone: %s", self._socket.errorString())
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
        self._login = None
        self._after_login.clear()
        if self._socket is not None:
            self._socket.abort()
            self._socket.deleteLater()
            self._socket = None


def _connected_socket() -> QLocalSocket | None:
    """A socket connected to the session bus; None if there is no bus or its queue is full."""
    if sys.platform == "win32":
        return None
    for address in _addresses():
        found = QLocalSocket()
        if address.startswith("\0"):
            found.setSocketOptions(QLocalSocket.SocketOption.AbstractNamespaceOption)
        found.connectToServer(address.removeprefix("\0"))
        if found.state() is _CONNECTED:
            return found
        log.debug("There is no session bus at %r: %s", address, found.errorString())
        found.abort()
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

"""Turns signals of the operating system, such as that of Ctrl+C, into a Qt signal in the window's thread."""

from __future__ import annotations

import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal


class QuitSignals(QObject):
    """Turns SIGINT and SIGTERM into ``quit_requested`` until ``close``.

    Python runs its signal handlers only between two bytecode instructions, and Qt's event loop is one long instruction.
    But Python writes the signal's number to a socket at once, and Qt watches that socket.
    """

    quit_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._old_descriptor = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self._old_handlers = {number: signal.signal(number, _do_nothing) for number in (signal.SIGINT, signal.SIGTERM)}
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_activated)

    def close(self) -> None:
        """Restore the previous handlers."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_descriptor)
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def _on_activated(self) -> None:
        try:
            numbers = self._reader.recv(64)
        except BlockingIOError:
            return
        if any(number in {signal.SIGINT, signal.SIGTERM} for number in numbers):
            self.quit_requested.emit()


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """Handle a signal: Python writes its number to the socket only if it has a handler."""

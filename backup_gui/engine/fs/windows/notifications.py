"""Change notification on Windows, by watchdog's observer, which passes over what the system says of lost changes.

The system answers with an empty buffer, or an error of its own, when more has changed than its buffer holds.

watchdog's reader cancels a read once, and waits without limit for its thread. A read that is about to begin is not
cancelled by that, so the reader here repeats it. Its thread is a daemon, so that no end of the program waits for it.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import queue
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

# Nothing here is for other systems, and type checkers are to know it.
assert sys.platform == "win32"

from watchdog.observers import winapi  # noqa: E402
from watchdog.observers.api import BaseObserver  # noqa: E402 - which system it is is asked first
from watchdog.observers.read_directory_changes import WindowsApiEmitter  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

_NOTHING_SAID: Final = 0xFFFF_FFFF
_LOST: Final = 1022
_BEGIN_LIMIT_S: Final = 10.0
_CANCELLED_EVERY_S: Final = 0.02


class Reader(winapi.DirectoryChangeReader):
    """Reads what has changed, and tells when some of it was lost.

    Args:
        path: Absolute path of the folder.
        on_overflow: Called from the reading thread when changes were lost.
    """

    def __init__(self, path: str, on_overflow: Callable[[], None]) -> None:
        super().__init__(path, recursive=True)
        self._on_overflow = on_overflow
        self._error: OSError | None = None

    def start(self) -> None:
        """Begin to read.

        Raises:
            OSError: The folder cannot be read, or does not answer.
        """
        thread = self._reader_thread = threading.Thread(target=self._run, name="watch-read", daemon=True)
        thread.start()
        try:
            self._buf_queue.get(timeout=_BEGIN_LIMIT_S)
        except queue.Empty:
            self._should_stop = True
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), self._path) from None
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End reading; returns when the thread has ended."""
        self._should_stop = True
        thread, self._reader_thread = self._reader_thread, None
        while thread is not None and thread.is_alive():
            with self._lock:
                if self._handle is not None:
                    with contextlib.suppress(OSError):
                        winapi.CancelIoEx(self._handle, None)
            thread.join(_CANCELLED_EVERY_S)

    def is_alive(self) -> bool:
        """Tell whether it still reads."""
        thread = self._reader_thread
        return thread is not None and thread.is_alive()

    def _run(self) -> None:
        try:
            super()._run()
        except OSError as error:
            # The folder is gone, or its drive: that the thread has ended tells the watcher.
            log.info("Changes of %r are not read any more: %s", self._path, error)
            self._error = error
            self._buf_queue.put((b"", False))

    def _run_inner(self, handle: Any, event_buffer: Any, nbytes: Any) -> None:  # noqa: ANN401 - as they are given
        nbytes.value = _NOTHING_SAID
        try:
            super()._run_inner(handle, event_buffer, nbytes)
        except OSError as error:
            if error.winerror != _LOST:
                raise
            nbytes.value = 0
        # A read that is cancelled at the end has nothing either.
        if nbytes.value == 0 and not self._should_stop:
            self._on_overflow()


class Emitter(WindowsApiEmitter):
    """Watches one folder and all below it."""

    on_overflow: Callable[[], None]

    def on_thread_start(self) -> None:
        """Begin to read."""
        reader = Reader(str(self.watch.path), self.on_overflow)
        with self._lock:
            self._reader = reader
        reader.start()

    def is_alive(self) -> bool:
        """Tell whether it and its reader still work."""
        reader = self._reader
        return super().is_alive() and (reader is None or not isinstance(reader, Reader) or reader.is_alive())


def make_observer(on_overflow: Callable[[], None]) -> BaseObserver:
    """Return an observer that watches nothing yet.

    Args:
        on_overflow: Called from another thread when changes were lost.
    """
    emitter = type("TellingEmitter", (Emitter,), {"on_overflow": staticmethod(on_overflow)})
    return BaseObserver(emitter)

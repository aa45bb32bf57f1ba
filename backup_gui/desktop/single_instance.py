"""One app for each user: a second start sends its wish to the first one and ends.

A file lock decides which process is first; the system releases it with the process, also after a crash. The program
ignores the content of the lock file. It may be empty after a power cut, or come from another computer with the home
folder.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import os
import signal
import socket as sockets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from backup_gui.engine.fs.privacy import make_private_folder, open_private, own_folder_reason
from backup_gui.engine.fs.system.peers import peer_pid, peer_uid
from backup_gui.engine.fs.system.syscalls import lock_file
from backup_gui.model.errors import OwnFolderError
from backup_gui.model.job import NOWHERE, Place

log = logging.getLogger(__name__)

LOCK_NAME = "app.lock"
_SOCKET_NAME = "app.socket"
_LONGEST_MESSAGE_BYTES = 64 * 1_024
# The system allows 108 bytes, and Qt needs some of them for a temporary folder beside the socket.
_LONGEST_ADDRESS_BYTES = 88
_CONNECT_MS = 500
_ANSWER_MS = 2_000
_TRIES = 6
_PAUSE_MS = 100
# The jobs have two seconds to stop; the rest is for a computer that is busy.
_END_S = 20.0
_ANSWER = b"ok\n"
# How a hung instance is ended: for each way, how many seconds to wait.
_WAYS_TO_END = ((signal.SIGTERM, 3.0), (getattr(signal, "SIGKILL", signal.SIGTERM), 5.0))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a second start asks of the first one.

    Attributes:
        shows_window: Whether to show the window.
        source: A folder to protect, with ``destination``; empty for none.
        destination: The place for its backup.
        interval_s: Seconds between its checks; 0 for the default.
        quits: Whether to end, and nothing else.
    """

    shows_window: bool = True
    source: str = ""
    destination: Place = NOWHERE
    interval_s: int = 0
    quits: bool = False


class Instance(QObject):
    """This process as the first instance of its user, or as a further one.

    Args:
        state_folder: The program's state folder. Instances with different ones do not see each other.
    """

    wished = Signal(object)
    quit_requested = Signal()

    def __init__(self, state_folder: Path) -> None:
        super().__init__()
        self._folder = state_folder
        self._folder_fd = self._lock_fd = -1
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def take(self) -> bool:
        """Try to become the first instance.

        Returns:
            Whether this process is the first instance; if not, another one is running.

        Raises:
            OwnFolderError: The state folder cannot be used.
        """
        if not self._lock():
            return False
        for address in self._addresses():
            # This process has the lock, so an existing socket is left over from a process that has ended.
            QLocalServer.removeServer(address)
            if self._server.listen(address):
                return True
        log.warning("A second start will not be noticed: %s", self._server.errorString())
        return True

    def _lock(self) -> bool:
        make_private_folder(self._folder)
        path = self._folder / LOCK_NAME
        try:
            self._lock_fd = open_private(str(path), os.O_RDWR | os.O_CREAT)
            lock_file(self._lock_fd)
        except BlockingIOError:
            self._close(self._lock_fd)
            self._lock_fd = -1
            return False
        except OSError as error:
            if self._lock_fd < 0 and error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise OwnFolderError(own_folder_reason(path, error)) from error
            # A network home without locks, or a full disk: a process that answers is the first instance.
            log.warning("The lock %s cannot be used: %s", path, error.strerror)
            return all(self._connected(address) is None for address in self._addresses())
        return True

    def tell(self, wish: Wish) -> bool:
        """Send a wish to the first instance.

        Returns:
            Whether it has answered.
        """
        for _ in range(_TRIES):
            for address in self._addresses():
                socket = self._connected(address)
                if socket is None:
                    continue
                socket.write(json.dumps(asdict(wish) | {"destination": str(wish.destination)}).encode("ascii") + b"\n")
                socket.flush()
                has_answer = socket.waitForReadyRead(_ANSWER_MS)
                is_ending = socket.state() is not QLocalSocket.LocalSocketState.ConnectedState
                socket.disconnectFromServer()
                if has_answer or not is_ending:
                    return has_answer
            # The first instance will listen soon, or has ended. Connecting fails at once, so wait here.
            QThread.msleep(_CONNECT_MS // 2)
        return False

    def end_other(self, limit_s: float = _END_S) -> bool | None:
        """Ask the first instance to end, and wait until its process has: it keeps the lock for as long.

        Args:
            limit_s: How long to wait, in seconds.

        Returns:
            Whether it has ended; None if there was none.

        Raises:
            OwnFolderError: The state folder cannot be used.
        """
        if not (self._folder / LOCK_NAME).exists() or self._lock():
            self.release()
            return None
        deadline_s = time.monotonic() + limit_s
        is_told = False
        while time.monotonic() < deadline_s:
            is_told = is_told or self.tell(Wish(quits=True))
            if self._lock():
                self.release()
                return True
            QThread.msleep(_PAUSE_MS)
        return False

    def other_pid(self) -> int | None:
        """Return the process of the first instance, if it listens; it need not answer. None on Windows."""
        for address in self._addresses():
            socket = self._connected(address)
            if socket is not None:
                pid = _asked(socket, peer_pid)
                socket.abort()
                return pid
        return None

    def take_from_hung(self, pid: int) -> bool:
        """End the first instance, by force if need be, and become it.

        A backup under way stops as it would by a crash: what is copied is whole, and the rest follows.

        Args:
            pid: The process that ``other_pid`` told of.

        Returns:
            Whether this process is the first instance; if not, the other one hangs in a call to the system.
        """
        for how, limit_s in _WAYS_TO_END:
            # RACE: it may have ended since it was looked for, and another process have its number. Worst case: a
            # program of the same user ends.
            if self.other_pid() == pid:
                with contextlib.suppress(OSError):
                    os.kill(pid, how)
            deadline_s = time.monotonic() + limit_s
            while time.monotonic() < deadline_s:
                if self.take():
                    return True
                QThread.msleep(_PAUSE_MS)
        return False

    def stop_listening(self) -> None:
        """Take no more wishes. This process stays the first instance until it ends."""
        self._server.close()

    def release(self) -> None:
        """Let another process become the first instance."""
        self.stop_listening()
        for fd in (self._lock_fd, self._folder_fd):
            self._close(fd)
        self._folder_fd = self._lock_fd = -1

    def _addresses(self) -> Iterator[str]:
        """Addresses of the first instance, in folders where other users cannot create a socket of that name."""
        digest = hashlib.sha256(str(self._folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        if sys.platform == "win32":
            yield f"backup-gui-{digest}"
            return
        address = str(self._folder / _SOCKET_NAME)
        if len(os.fsencode(address)) <= _LONGEST_ADDRESS_BYTES:
            yield address
        elif sys.platform == "linux":
            with contextlib.suppress(OSError):
                if self._folder_fd < 0:
                    self._folder_fd = os.open(self._folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
                yield f"/proc/self/fd/{self._folder_fd}/{_SOCKET_NAME}"
        # Where the home folder's file system has no sockets.
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        if os.path.isabs(runtime) and _is_private(runtime):
            yield os.path.join(runtime, f"backup-gui-{digest}")

    def _connected(self, address: str) -> QLocalSocket | None:
        """Connect to a first instance of the same user; None if there is none."""
        socket = QLocalSocket()
        socket.connectToServer(address)
        if not socket.waitForConnected(_CONNECT_MS):
            return None
        if _is_of_other_user(socket):
            log.warning("Another user listens at %s", address)
            socket.abort()
            return None
        return socket

    @Slot()
    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(self._on_ready_read)
            socket.disconnected.connect(socket.deleteLater)
            if _is_of_other_user(socket):
                log.warning("A message of another user was refused")
                socket.abort()

    @Slot()
    def _on_ready_read(self) -> None:
        socket = self.sender()
        if not isinstance(socket, QLocalSocket):
            return
        if not socket.canReadLine():
            if socket.bytesAvailable() > _LONGEST_MESSAGE_BYTES:
                socket.abort()
            return
        wish = _parsed(bytes(socket.readLine().data()))
        socket.write(_ANSWER)
        socket.flush()
        if wish is None:
            return
        if wish.quits:
            self.quit_requested.emit()
        else:
            self.wished.emit(wish)

    @staticmethod
    def _close(fd: int) -> None:
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)


def _is_private(folder: str) -> bool:
    try:
        found = os.stat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == _own_uid() and not stat.S_IMODE(found.st_mode) & 0o022


def _is_of_other_user(socket: QLocalSocket) -> bool:
    """Whether another user runs the process at the other end; on Windows, the pipe itself excludes other users."""
    if sys.platform == "win32":
        return False
    if int(socket.socketDescriptor()) < 0:
        return True
    uid = _asked(socket, peer_uid)
    return uid is not None and uid != _own_uid()


def _asked(socket: QLocalSocket, question: Callable[[sockets.socket], int | None]) -> int | None:
    """Ask the system about the other end of a socket of Qt; None on Windows."""
    descriptor = int(socket.socketDescriptor())
    if sys.platform == "win32" or descriptor < 0:
        return None
    with sockets.socket(fileno=os.dup(descriptor)) as connection:
        return question(connection)


def _own_uid() -> int:
    if sys.platform == "win32":
        return -1
    return os.geteuid()


def _parsed(line: bytes) -> Wish | None:
    """Parse a wish; None if the line is invalid."""
    try:
        fields = json.loads(line)
        wish = Wish(
            shows_window=bool(fields.get("shows_window", True)),
            source=str(fields.get("source", "")),
            destination=Place.parse(str(fields.get("destination", ""))),
            interval_s=int(fields.get("interval_s", 0)),
            quits=bool(fields.get("quits", False)),
        )
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        log.info("An invalid message of another start was ignored")
        return None
    return wish

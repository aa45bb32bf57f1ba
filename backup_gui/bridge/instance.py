"""One app for each user: a second start hands its wish to the first one and ends."""

from __future__ import annotations

import getpass
import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QThread, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

log = logging.getLogger(__name__)

_LONGEST_MESSAGE_BYTES = 64 * 1_024
_CONNECT_MS = 500
_ANSWER_MS = 2_000
_TRIES = 6
_ANSWER = b"ok\n"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a second start wants of the first one.

    Attributes:
        shows_window: Whether the window is to come up.
        source: A folder to protect, with ``destination``; empty for none.
        destination: The folder for its backup.
        interval_s: Seconds between its checks; 0 for the default.
    """

    shows_window: bool = True
    source: str = ""
    destination: str = ""
    interval_s: int = 0


class Instance(QObject):
    """This process as the only one of its user, or as a second one."""

    wished = Signal(object)

    def __init__(self, state_folder: Path, parent: QObject | None = None) -> None:
        """Prepare; nothing is taken yet.

        Args:
            state_folder: The program's state folder; apps with different ones do not know each other.
            parent: Owner.
        """
        super().__init__(parent)
        state_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256(f"{getpass.getuser()}\0{state_folder.resolve()}".encode("utf-8", "surrogateescape"))
        self._name = f"backup-gui-{digest.hexdigest()[:16]}"
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        if os.name == "posix" and os.path.isabs(runtime) and Path(runtime).is_dir():
            # A folder that only this user can write to: nobody else can take the name first.
            self._name = str(Path(runtime, self._name))
        # The lock decides who is first: two processes can both find no server, and then both become one.
        self._lock = QLockFile(str(state_folder / "app.lock"))
        self._lock.setStaleLockTime(0)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    @property
    def name(self) -> str:
        """Where the first one listens."""
        return self._name

    def take(self) -> bool:
        """Become the first one.

        Returns:
            Whether this process is the first one now; if not, another one is running.
        """
        if not self._lock.tryLock(0):
            return False
        # The lock is ours, so whatever socket is there was left behind by a process that is gone.
        QLocalServer.removeServer(self._name)
        if not self._server.listen(self._name):
            log.warning("A second start will not be noticed: %s", self._server.errorString())
        return True

    def tell(self, wish: Wish) -> bool:
        """Hand a wish to the first process.

        Returns:
            Whether it has answered.
        """
        for _ in range(_TRIES):
            socket = QLocalSocket()
            socket.connectToServer(self._name)
            if socket.waitForConnected(_CONNECT_MS):
                socket.write(json.dumps(asdict(wish)).encode("ascii") + b"\n")
                socket.flush()
                has_answer = socket.waitForReadyRead(_ANSWER_MS)
                socket.disconnectFromServer()
                return has_answer
            # The first one has the lock and is about to listen; connecting fails at once, so wait here.
            QThread.msleep(_CONNECT_MS // 2)
        return False

    def release(self) -> None:
        """Let another process become the first one."""
        self._server.close()
        self._lock.unlock()

    @Slot()
    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(self._on_ready_read)
            socket.disconnected.connect(socket.deleteLater)

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
        if wish is not None:
            self.wished.emit(wish)


def _parsed(line: bytes) -> Wish | None:
    """Read a wish; whatever is no wish is none."""
    try:
        fields = json.loads(line)
        wish = Wish(
            shows_window=bool(fields.get("shows_window", True)),
            source=str(fields.get("source", "")),
            destination=str(fields.get("destination", "")),
            interval_s=int(fields.get("interval_s", 0)),
        )
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        log.info("A message that is no wish was ignored")
        return None
    return wish

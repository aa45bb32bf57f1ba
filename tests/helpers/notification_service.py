"""A notification service on a bus of the test's own, and a person who clicks what it shows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import open_dbus_connection

from tests.helpers.bus_services import NOTIFICATIONS, PATHS
from tests.helpers.project import PROJECT

_SERVICE = DBusAddress(PATHS[NOTIFICATIONS], bus_name=NOTIFICATIONS, interface=NOTIFICATIONS)
_END_S = 10.0


class NotificationService:
    """A service that runs as a program of its own, and can so be killed or made to hang."""

    def __init__(self, address: str, log: Path, *options: str) -> None:
        """Start it; it is ready when this returns."""
        self._address = address
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.bus_services", str(log), *options],
            env=os.environ | {"DBUS_SESSION_BUS_ADDRESS": address},
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def calls(self, name: str = "") -> list[dict[str, Any]]:
        """What it was called for so far, in order; of one name only, if one is given."""
        lines = self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []
        return [call for call in map(json.loads, lines) if name in {"", call["call"]}]

    def standing(self) -> dict[int, str]:
        """Number and text of what is on the screen."""
        found = {}
        for call in self.calls():
            if call["call"] == "Notify":
                found[call["id"]] = call["body"]
            elif call["call"] == "CloseNotification":
                found.pop(call["id"], None)
        return found

    def click(self, number: int, action: str = "default") -> None:
        """Click a notification, or the button of an action."""
        self._have("Click", "us", number, action)

    def dismiss(self, number: int) -> None:
        """Wipe a notification away."""
        self._have("Dismiss", "u", number)

    def hang(self) -> None:
        """Have it answer nothing any more."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it answer again."""
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait(_END_S)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _have(self, member: str, signature: str, *body: object) -> None:
        with open_dbus_connection(self._address) as connection:
            connection.send_and_get_reply(new_method_call(_SERVICE, member, signature, body), timeout=_END_S)


@contextmanager
def notification_service(address: str, log: Path, *options: str) -> Iterator[NotificationService]:
    """Run a service for the length of a ``with`` block."""
    service = NotificationService(address, log, *options)
    try:
        yield service
    finally:
        service.end()

"""A screen, a session bus and a panel, which start and end as the test wishes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.helpers.bus_services import PATHS, WATCHER
from tests.helpers.fake_power import private_bus
from tests.helpers.notification_service import NotificationService, notification_service

_WATCHER = DBusAddress(PATHS[WATCHER], bus_name=WATCHER, interface=WATCHER)


@contextmanager
def x_screen() -> Iterator[str]:
    """Run an X server without a window manager; yields its display."""
    command = ["Xvfb", "-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0", "640x480x24"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            yield ":" + server.stdout.readline().strip()
        finally:
            server.terminate()


class Session:
    """A bus, always at the same address, and a panel."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bus = ExitStack()
        self._panel = ExitStack()
        self._service: NotificationService | None = None
        self.address = self.guid = ""

    def start_bus(self) -> None:
        """Start the bus, at the same address as before."""
        self.address, _, self.guid = self._bus.enter_context(private_bus(self._folder)).partition(",guid=")

    def end_bus(self) -> None:
        """End the bus, and with it the panel."""
        self._bus.close()
        self._panel.close()

    def start_panel(self) -> None:
        """Start a watcher with a host."""
        service = notification_service(self.address, self._folder / "calls", "--with-tray-host")
        self._service = self._panel.enter_context(service)

    def registered(self) -> list[dict[str, Any]]:
        """The tray icons that any panel was told of so far."""
        return [] if self._service is None else self._service.calls("RegisterStatusNotifierItem")

    def end_panel(self) -> None:
        """End the watcher."""
        self._panel.close()

    def call(self, member: str, signature: str, *body: object) -> DBusConnection:
        """Call the watcher as another program; it stays until the connection is closed."""
        connection = open_dbus_connection(self.address)
        connection.send_and_get_reply(new_method_call(_WATCHER, member, signature, body))
        return connection

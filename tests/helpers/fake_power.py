"""A bus of the test's own with a power service on it, which says what the test tells it."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from backup_gui.desktop.power import PATH, SERVICE

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
_PROPERTIES = DBusAddress(PATH, interface="org.freedesktop.DBus.Properties")
_LOOK_S = 0.02


@contextmanager
def private_bus(folder: Path) -> Iterator[str]:
    """Run a bus; yields its address."""
    config = folder / "bus.conf"
    config.write_text(_CONFIG.format(folder=folder))
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class FakePower:
    """The power service, in a thread of its own from ``start`` to ``stop``."""

    def __init__(self, address: str, *, is_on_battery: bool) -> None:
        self.is_on_battery = is_on_battery
        self._address = address
        self._wishes: queue.SimpleQueue[bool | None] = queue.SimpleQueue()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="fake power")

    def start(self) -> None:
        self._thread.start()
        assert self._is_ready.wait(10)

    def set_on_battery(self, *, is_on_battery: bool) -> None:
        self._wishes.put(is_on_battery)

    def stop(self) -> None:
        self._wishes.put(None)
        self._thread.join(10)

    def _serve(self) -> None:
        with open_dbus_connection(self._address) as connection:
            connection.send_and_get_reply(message_bus.RequestName(SERVICE))
            self._is_ready.set()
            while True:
                with suppress(TimeoutError):
                    self._answer(connection, connection.receive(timeout=_LOOK_S))
                while not self._wishes.empty():
                    wish = self._wishes.get()
                    if wish is None:
                        return
                    self.is_on_battery = wish
                    body: tuple[object, ...] = (SERVICE, {"OnBattery": ("b", wish)}, [])
                    connection.send(new_signal(_PROPERTIES, "PropertiesChanged", "sa{sv}as", body))

    def _answer(self, connection: DBusConnection, call: Message) -> None:
        if call.header.message_type is not MessageType.method_call:
            return
        if call.header.fields[HeaderFields.member] == "Get" and call.body == (SERVICE, "OnBattery"):
            connection.send(new_method_return(call, "v", (("b", self.is_on_battery),)))
        else:
            connection.send(new_error(call, "org.freedesktop.DBus.Error.UnknownMethod"))

"""Recording stand-ins for a desktop's services on the session bus.

``python -m tests.helpers.bus_services LOG [--with-tray-host]`` owns ``org.freedesktop.Notifications``, and with the
option also ``org.kde.StatusNotifierWatcher``, so that a tray icon finds a host where no panel runs. It writes each call
as one JSON line to LOG, prints ``ready`` once the names are its own, and ends when the bus does. What a person would do
it does when it is called for it: ``Click`` (a notification's number, an action) and ``Dismiss`` (a number).
``Host`` (whether there is one) is what a panel does that comes or goes while the watcher stays.
``--abilities=body,actions`` says what it is able to do, ``--first-id=100`` what numbers it begins with.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NOTIFICATIONS = "org.freedesktop.Notifications"
WATCHER = "org.kde.StatusNotifierWatcher"
PATHS = {NOTIFICATIONS: "/org/freedesktop/Notifications", WATCHER: "/StatusNotifierWatcher"}
DO_NOT_QUEUE = 4
PRIMARY_OWNER = 1
CLOSED_BY_USER = 2
CLOSED_BY_CALL = 3
ABILITIES = ("body", "actions", "persistence")
ACTIVATION_TOKEN = "leave to come up"

Answer = Callable[[Message], Message]


class Services:
    """Answers the calls that programs make to a notification service and a tray host."""

    def __init__(
        self, connection: DBusConnection, log: Path, abilities: Sequence[str] = ABILITIES, first_id: int = 1
    ) -> None:
        """Serve on ``connection`` and record into ``log``."""
        self._connection = connection
        self._log = log
        self._notification_id = first_id - 1
        self._items: list[str] = []
        self._has_host = True
        self._answers: dict[str, Answer] = {
            "Notify": self._notify,
            "CloseNotification": self._close,
            "GetCapabilities": lambda call: new_method_return(call, "as", (list(abilities),)),
            "Click": self._click,
            "Dismiss": self._dismiss,
            "Host": self._set_host,
            "GetServerInformation": lambda call: new_method_return(call, "ssss", ("recorder", "tests", "1", "1.2")),
            "RegisterStatusNotifierItem": self._register_item,
            "RegisterStatusNotifierHost": new_method_return,
            "Get": self._get,
            "GetAll": lambda call: new_method_return(call, "a{sv}", (self._properties(),)),
            "Introspect": lambda call: new_method_return(call, "s", ("<node/>",)),
            "Ping": new_method_return,
        }

    def own(self, name: str) -> None:
        """Take a name on the bus; nobody else may have it."""
        reply = self._connection.send_and_get_reply(message_bus.RequestName(name, DO_NOT_QUEUE))
        if reply.body[0] != PRIMARY_OWNER:
            sys.exit(f"{name} is owned already")

    def serve(self) -> None:
        """Answer calls until the bus is gone."""
        while True:
            try:
                call = self._connection.receive()
            except (ConnectionError, EOFError):
                return
            if call.header.message_type is MessageType.method_call:
                answer = self._answer(call)
                if not call.header.flags & MessageFlag.no_reply_expected:
                    self._connection.send(answer)

    def _answer(self, call: Message) -> Message:
        answer = self._answers.get(call.header.fields[HeaderFields.member])
        if answer is None:
            return new_error(call, "org.freedesktop.DBus.Error.UnknownMethod")
        return answer(call)

    def _record(self, **fields: Any) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(fields, default=repr) + "\n")

    def _notify(self, call: Message) -> Message:
        app, replaced_id, icon, summary, body, actions, hints, timeout_ms = call.body
        if not replaced_id:
            self._notification_id += 1
        number = replaced_id or self._notification_id
        self._record(
            call="Notify",
            id=number,
            app=app,
            replaces=replaced_id,
            icon=icon,
            summary=summary,
            body=body,
            actions=actions,
            hints={name: value[1] for name, value in hints.items() if "image" not in name and "icon" not in name},
            image=hints["image-data"][1][:2] if "image-data" in hints else [],
            timeout_ms=timeout_ms,
        )
        return new_method_return(call, "u", (number,))

    def _close(self, call: Message) -> Message:
        self._record(call="CloseNotification", id=call.body[0])
        self._emit(NOTIFICATIONS, "NotificationClosed", "uu", (call.body[0], CLOSED_BY_CALL))
        return new_method_return(call)

    def _click(self, call: Message) -> Message:
        number, action = call.body
        self._emit(NOTIFICATIONS, "ActivationToken", "us", (number, ACTIVATION_TOKEN))
        self._emit(NOTIFICATIONS, "ActionInvoked", "us", (number, action))
        self._emit(NOTIFICATIONS, "NotificationClosed", "uu", (number, CLOSED_BY_USER))
        return new_method_return(call)

    def _dismiss(self, call: Message) -> Message:
        self._emit(NOTIFICATIONS, "NotificationClosed", "uu", (call.body[0], CLOSED_BY_USER))
        return new_method_return(call)

    def _set_host(self, call: Message) -> Message:
        self._has_host = bool(call.body[0])
        self._emit(WATCHER, "StatusNotifierHost" + ("Registered" if self._has_host else "Unregistered"), "", ())
        return new_method_return(call)

    def _register_item(self, call: Message) -> Message:
        # Items name themselves by a bus name or by an object path; with the sender, both can be reached.
        service = call.body[0]
        item = call.header.fields[HeaderFields.sender] + service if service.startswith("/") else service
        self._items.append(item)
        self._record(call="RegisterStatusNotifierItem", item=item)
        self._emit(WATCHER, "StatusNotifierItemRegistered", "s", (item,))
        return new_method_return(call)

    def _get(self, call: Message) -> Message:
        found = self._properties().get(call.body[1])
        if found is None:
            return new_error(call, "org.freedesktop.DBus.Error.UnknownProperty")
        return new_method_return(call, "v", (found,))

    def _properties(self) -> dict[str, tuple[str, Any]]:
        return {
            "IsStatusNotifierHostRegistered": ("b", self._has_host),
            "ProtocolVersion": ("i", 0),
            "RegisteredStatusNotifierItems": ("as", self._items),
        }

    def _emit(self, name: str, member: str, signature: str, body: tuple[Any, ...]) -> None:
        self._connection.send(new_signal(DBusAddress(PATHS[name], interface=name), member, signature, body))


def main() -> None:
    """Serve until the bus ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("--with-tray-host", action="store_true")
    parser.add_argument("--abilities", default=",".join(ABILITIES))
    parser.add_argument("--first-id", type=int, default=1)
    options = parser.parse_args()
    abilities = [ability for ability in options.abilities.split(",") if ability]
    services = Services(open_dbus_connection("SESSION"), options.log, abilities, options.first_id)
    services.own(NOTIFICATIONS)
    if options.with_tray_host:
        services.own(WATCHER)
    print("ready", flush=True)
    services.serve()


if __name__ == "__main__":
    main()

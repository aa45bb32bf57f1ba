"""Follows the trays of a Linux session: the panel's on the session bus, and the older kind of X (XEmbed).

Programs register their icons with ``org.kde.StatusNotifierWatcher``, and a host, which is a panel, shows them. Either
may come after the app, leave or restart, as may the bus. A watcher without a host shows nothing.

Qt decides with the first icon of a process for one kind of tray, and never again: for that of the bus if there is a
watcher. So no icon may be made before there is a tray, and afterwards only the tray of that kind counts. It can also
not make an icon for the bus any more once that has restarted: the one that there is has to be shown again.
"""

from __future__ import annotations

import os
from functools import partial

from jeepney import DBusAddress, HeaderFields, Message, MessageFlag, MessageType, Properties
from jeepney.bus_messages import MatchRule, message_bus
from PySide6.QtCore import QObject, Slot
from PySide6.QtDBus import QDBusConnection
from PySide6.QtGui import QGuiApplication

from backup_gui.desktop.periodic import delayed
from backup_gui.desktop.session_bus import SessionBus
from backup_gui.desktop.tray.host import TrayHost
from backup_gui.desktop.tray.xembed import XEmbedTray

WATCHER = "org.kde.StatusNotifierWatcher"
# A bus that is gone is looked for again after this time, which doubles up to a limit.
_FIRST_RETRY_MS, _LAST_RETRY_MS = 1_000, 60_000
# Qt's own name for the connection of the first tray icon of this process.
_QT_CONNECTION = f"org.kde.StatusNotifierItem-{os.getpid()}-1"
_WATCHER = DBusAddress("/StatusNotifierWatcher", bus_name=WATCHER, interface=WATCHER)


class SessionTrayHost(TrayHost):
    """The tray of a Linux session."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # The unique name of the watcher on the bus; empty for none, and None until the bus has answered.
        self._owner: str | None = None
        self._has_host = False
        self._items: frozenset[str] = frozenset()
        # The process behind each item of the watcher; 0 while unknown.
        self._pids: dict[str, int] = {}
        # Whether icons go over the bus; None until there was a tray.
        self._kind: bool | None = None
        self._last = (False, False)
        self._bus = SessionBus(self)
        self._bus.signalled.connect(self._on_signalled)
        self._bus.lost.connect(self._on_lost)
        self._retry_ms = _FIRST_RETRY_MS
        self._retry = delayed(self, _FIRST_RETRY_MS, self._open)
        self._x_tray = XEmbedTray(self) if QGuiApplication.platformName() == "xcb" else None
        if self._x_tray is not None:
            self._x_tray.changed.connect(self._update)
        self._open()

    @property
    def is_there(self) -> bool:
        """Whether there is a tray of the kind for which Qt has decided."""
        if self._kind is None:
            return self._has_host or (self._owner == "" and self._has_x_tray)
        return self._has_host if self._kind else self._has_x_tray

    @property
    def is_on_bus(self) -> bool:
        """Whether icons go over the bus."""
        return bool(self._kind)

    def holds_icon(self) -> bool:
        """Whether the watcher knows an icon of this process; one of the older kind needs no registration."""
        if not self.is_on_bus:
            return self.is_there
        return self._has_host and any(self._pids.get(item) == os.getpid() for item in self._items)

    def close(self) -> None:
        """Follow the trays no longer."""
        self._retry.stop()
        self._bus.close()
        if self._x_tray is not None:
            self._x_tray.close()

    @property
    def _has_x_tray(self) -> bool:
        return self._x_tray is not None and self._x_tray.is_there

    @Slot()
    def _open(self) -> None:
        if not self._bus.open():
            self._on_lost()
            return
        for rule in _rules():
            message = message_bus.AddMatch(rule)
            message.header.flags |= MessageFlag.no_reply_expected
            self._bus.tell(message)
        self._bus.call(message_bus.GetNameOwner(WATCHER), self._on_owner)

    @Slot()
    def _on_lost(self) -> None:
        # Otherwise Qt would use this connection again when the icon is shown on the next bus.
        QDBusConnection.disconnectFromBus(_QT_CONNECTION)
        self._retry.start(self._retry_ms)
        self._retry_ms = min(2 * self._retry_ms, _LAST_RETRY_MS)
        self._set_owner("")

    def _on_owner(self, answer: Message | None) -> None:
        # Without an answer the connection is lost, which is told apart.
        if answer is not None:
            self._retry_ms = _FIRST_RETRY_MS
            self._set_owner(answer.body[0] if answer.header.message_type is MessageType.method_return else "")

    def _set_owner(self, owner: str) -> None:
        self._owner = owner
        self._has_host, self._items = False, frozenset()
        self._pids.clear()
        if owner:
            self._ask()
        self._update()

    def _ask(self) -> None:
        self._bus.call(Properties(_WATCHER).get_all(), self._on_properties)

    def _on_properties(self, answer: Message | None) -> None:
        if answer is None or _sender(answer) != self._owner:
            return
        told = answer.body[0] if answer.header.message_type is MessageType.method_return else {}
        values = {name: value for name, (_, value) in told.items()}
        self._has_host = bool(values.get("IsStatusNotifierHostRegistered", False))
        # A watcher names an item by its bus name, or by that and its path.
        self._items = frozenset(str(item).partition("/")[0] for item in values.get("RegisteredStatusNotifierItems", ()))
        new = self._items - self._pids.keys()
        self._pids = {item: self._pids.get(item, 0) for item in self._items}
        for item in new:
            self._bus.call(message_bus.GetConnectionUnixProcessID(item), partial(self._on_pid, item))
        self._update()

    def _on_pid(self, item: str, answer: Message | None) -> None:
        if item in self._pids and answer is not None and answer.header.message_type is MessageType.method_return:
            self._pids[item] = answer.body[0]
            self._update()

    @Slot(object)
    def _on_signalled(self, message: Message) -> None:
        if _sender(message) == message_bus.bus_name:
            if message.header.fields.get(HeaderFields.member) == "NameOwnerChanged" and message.body[0] == WATCHER:
                self._set_owner(message.body[2])
        elif _sender(message) == self._owner:
            self._ask()

    @Slot()
    def _update(self) -> None:
        if self._kind is None and self.is_there:
            self._kind = self._has_host
        now = (self.is_there, self.holds_icon())
        if now != self._last:
            self._last = now
            self.changed.emit()


def _rules() -> tuple[MatchRule, MatchRule]:
    """Match rules for what the watcher says of its items and hosts, and for a change of its owner."""
    owner = MatchRule(type="signal", sender=message_bus.bus_name, member="NameOwnerChanged")
    owner.add_arg_condition(0, WATCHER)
    return MatchRule(type="signal", sender=WATCHER, interface=WATCHER), owner


def _sender(message: Message) -> str:
    return str(message.header.fields.get(HeaderFields.sender, ""))

"""Who draws the tray icon's menu: Qt, or a panel that is told of it over D-Bus."""

from __future__ import annotations

import sys

from PySide6.QtDBus import QDBusConnection

# Who collects the icons of a session; Qt looks for it when the first icon is made, and stays with what it finds.
WATCHER = "org.kde.StatusNotifierWatcher"


def is_menu_on_bus() -> bool:
    """Tell whether the menu of a tray icon that is made now goes to a panel over D-Bus."""
    if sys.platform in {"win32", "darwin"}:
        return False
    bus = QDBusConnection.sessionBus()
    return bus.isConnected() and bool(bus.interface().isServiceRegistered(WATCHER).value())

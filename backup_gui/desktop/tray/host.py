"""What shows tray icons, which on Linux may come late, restart or be missing."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSystemTrayIcon


class TrayHost(QObject):
    """The tray of Windows and macOS, into which Qt puts an icon back by itself.

    Signals:
        changed: One of the properties may have changed.
    """

    changed = Signal()

    @property
    def is_there(self) -> bool:
        """Whether an icon that is made now appears."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    @property
    def is_on_bus(self) -> bool:
        """Whether a panel draws the icon's menu, which gets it over the session bus."""
        return False

    def holds_icon(self) -> bool:
        """Whether an icon of this program is in the tray, once one was made."""
        return self.is_there

    def close(self) -> None:
        """Follow the tray no longer."""


def system_tray_host(parent: QObject) -> TrayHost:
    """The tray of the current platform."""
    if sys.platform != "linux":
        return TrayHost(parent)
    # The D-Bus library is installed on Linux only.
    from backup_gui.desktop.tray.watcher import SessionTrayHost  # noqa: PLC0415

    return SessionTrayHost(parent)

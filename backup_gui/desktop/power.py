"""Follows whether the computer runs on battery and whether the network is metered, so that jobs can do less.

UPower on the system bus tells of the battery. Without UPower, the computer counts as not on battery. All calls are
asynchronous.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher, QDBusServiceWatcher
from PySide6.QtNetwork import QNetworkInformation

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

log = logging.getLogger(__name__)

SERVICE = "org.freedesktop.UPower"
PATH = "/org/freedesktop/UPower"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_PROPERTY = "OnBattery"


class Network(Protocol):
    """The part of ``QNetworkInformation`` that this module uses."""

    isMeteredChanged: SignalInstance

    def isMetered(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Supply:
    """Which resources are limited.

    Attributes:
        is_on_battery: Power comes from a battery.
        is_metered: The user pays for network traffic by volume.
    """

    is_on_battery: bool = False
    is_metered: bool = False


class Power(QObject):
    """Follows battery and network; the first answer comes as a change.

    Args:
        bus: The system bus. Without a connection, the computer counts as not on battery.
        network: The system's network; None where nothing is known of it.
    """

    changed = Signal(object)

    def __init__(self, bus: QDBusConnection, network: Network | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bus = bus
        self._network = network
        self._supply = Supply(is_metered=network.isMetered() if network is not None else False)
        self._call: QDBusPendingCallWatcher | None = None
        if network is not None:
            network.isMeteredChanged.connect(self._on_metered_changed)
        if bus.isConnected():
            # This overload takes text, though PySide6's type stubs ask for bytes.
            slot = SLOT("_on_properties_changed(QDBusMessage)")
            bus.connect(SERVICE, PATH, _PROPERTIES, "PropertiesChanged", self, slot)  # type: ignore[call-overload]
            self._watcher = QDBusServiceWatcher(
                SERVICE, bus, QDBusServiceWatcher.WatchModeFlag.WatchForOwnerChange, self
            )
            self._watcher.serviceOwnerChanged.connect(self._ask)
            self._ask()

    @property
    def supply(self) -> Supply:
        """The current state."""
        return self._supply

    @Slot(QDBusMessage)
    def _on_properties_changed(self, message: QDBusMessage) -> None:  # noqa: ARG002 - Qt's signature
        # Some services signal a change without the new value, so always ask for it.
        self._ask()

    @Slot()
    def _ask(self) -> None:
        question = QDBusMessage.createMethodCall(SERVICE, PATH, _PROPERTIES, "Get")
        question.setArguments([SERVICE, _PROPERTY])
        # Only the answer to the latest call counts: an earlier one may precede the change.
        self._call = QDBusPendingCallWatcher(self._bus.asyncCall(question), self)
        self._call.finished.connect(self._on_answered)

    @Slot(QDBusPendingCallWatcher)
    def _on_answered(self, call: QDBusPendingCallWatcher) -> None:
        call.deleteLater()
        if call is not self._call:
            return
        self._call = None
        if call.isError():
            log.debug("The state of the battery is unknown: %s", call.error().message())
            self._take(replace(self._supply, is_on_battery=False))
            return
        arguments = call.reply().arguments()
        self._take(replace(self._supply, is_on_battery=_is_true(arguments[0] if arguments else False)))

    @Slot()
    def _on_metered_changed(self) -> None:
        if self._network is not None:
            self._take(replace(self._supply, is_metered=self._network.isMetered()))

    def _take(self, supply: Supply) -> None:
        if supply != self._supply:
            self._supply = supply
            log.info(
                "Power is from the %s, the network is %s",
                "battery" if supply.is_on_battery else "mains",
                "metered" if supply.is_metered else "free",
            )
            self.changed.emit(supply)


def system_power(parent: QObject) -> Power:
    """Follow the battery and the network of this computer."""
    network = None
    if QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Metered):
        network = QNetworkInformation.instance()
    return Power(QDBusConnection.systemBus(), network, parent)


def _is_true(value: object) -> bool:
    """Read a property's value, with or without a D-Bus variant around it."""
    inner = getattr(value, "variant", None)
    return (inner() if callable(inner) else value) is True

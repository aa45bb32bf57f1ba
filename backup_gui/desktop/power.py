"""Follows whether the computer runs on battery and whether the network is metered, so that jobs can do less.

UPower on the system bus tells of the battery, where the system has no call for it. Without either, the computer counts
as not on battery. No call in the window's thread waits for another program.

What asks Windows or macOS takes the system's library, so that its answers are tested on any system.
"""

from __future__ import annotations

import ctypes
import logging
import sys
import threading
import uuid
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from PySide6.QtCore import SLOT, QObject, QTimer, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher, QDBusServiceWatcher
from PySide6.QtNetwork import QNetworkInformation

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import SignalInstance

log = logging.getLogger(__name__)

SERVICE = "org.freedesktop.UPower"
PATH = "/org/freedesktop/UPower"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_PROPERTY = "OnBattery"
_ASKED_EVERY_MS: Final = 10_000

_IOKIT: Final = "/System/Library/Frameworks/IOKit.framework/IOKit"
# kIOPSTimeRemainingUnlimited: power comes from outside.
_UNLIMITED_S: Final = -2.0
_LINE_IS_OFF: Final = 0

_NETWORK_LIST_MANAGER: Final = uuid.UUID("dcb00c01-570f-4a9b-8d69-199fdba5723b").bytes_le
_COST_MANAGER: Final = uuid.UUID("dcb00008-570f-4a9b-8d69-199fdba5723b").bytes_le
_ANY_CONTEXT: Final = 23
# In the table of a COM object.
_RELEASE: Final = 2
_GET_COST: Final = 3
# NLM_CONNECTION_COST: paid by volume at once or above a limit, which is exceeded or near, and roaming.
_METERED: Final = 0x2 | 0x4 | 0x1_0000 | 0x4_0000 | 0x8_0000
_ASKED_EVERY_S: Final = 60.0


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


class MeteredNetwork(QObject):
    """Follows whether the network is metered, as ``Network``; until the first answer it counts as free.

    Qt's own way (``QNetworkInformation``) has to be loaded in the window's thread, which would wait for a service of
    Windows that may not answer. Here a daemon thread waits, which the end of the program does not wait for.

    Args:
        ask: Tells whether the network is metered; may take any time, and raise ``OSError``.
        every_s: Seconds between two questions.
    """

    isMeteredChanged = Signal()

    def __init__(self, ask: Callable[[], bool], every_s: float = _ASKED_EVERY_S, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ask = ask
        self._every_s = every_s
        self._is_metered = False
        self._is_closed = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._follow, name="network cost", daemon=True).start()

    def isMetered(self) -> bool:
        """Whether the user pays for network traffic by volume."""
        return self._is_metered

    def close(self) -> None:
        """Follow no longer; an answer that is still waited for is dropped."""
        with self._lock:
            self._is_closed.set()

    def _follow(self) -> None:
        while not self._is_closed.is_set():
            try:
                is_metered = self._ask()
            except OSError as error:
                log.debug("The cost of the network is unknown: %s", error)
                is_metered = False
            with self._lock:
                # After that this object may not exist any more.
                if not self._is_closed.is_set() and is_metered != self._is_metered:
                    self._is_metered = is_metered
                    self.isMeteredChanged.emit()
            self._is_closed.wait(self._every_s)


class Power(QObject):
    """Follows battery and network; the first answer comes as a change.

    Args:
        bus: The system bus. Without a connection, the computer counts as not on battery.
        network: The system's network; None where nothing is known of it.
        ask: Tells at once whether the computer runs on battery; None where the bus does.
        every_ms: How often that is asked.
    """

    changed = Signal(object)

    def __init__(
        self,
        bus: QDBusConnection,
        network: Network | None = None,
        parent: QObject | None = None,
        *,
        ask: Callable[[], bool] | None = None,
        every_ms: int = _ASKED_EVERY_MS,
    ) -> None:
        super().__init__(parent)
        self._bus = bus
        self._network = network
        self._supply = Supply(is_metered=network.isMetered() if network is not None else False)
        self._call: QDBusPendingCallWatcher | None = None
        if network is not None:
            network.isMeteredChanged.connect(self._on_metered_changed)
        if ask is not None:
            self._ask_system = ask
            self._timer = QTimer(self, interval=every_ms)
            self._timer.timeout.connect(self._look)
            self._timer.start()
            QTimer.singleShot(0, self, self._look)
        elif bus.isConnected():
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

    def close(self) -> None:
        """Follow no longer."""
        if isinstance(self._network, MeteredNetwork):
            self._network.close()

    @Slot()
    def _look(self) -> None:
        self._take(replace(self._supply, is_on_battery=self._ask_system()))

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
    network: Network | None = None
    if sys.platform == "win32":
        network = MeteredNetwork(is_metered_by_windows, parent=parent)
    elif QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Metered):
        network = QNetworkInformation.instance()
    return Power(QDBusConnection.systemBus(), network, parent, ask=battery_question())


def _is_true(value: object) -> bool:
    """Read a property's value, with or without a D-Bus variant around it."""
    inner = getattr(value, "variant", None)
    return (inner() if callable(inner) else value) is True


class _PowerStatus(ctypes.Structure):
    _fields_ = (
        ("line", ctypes.c_ubyte),
        ("flags", ctypes.c_ubyte),
        ("percent", ctypes.c_ubyte),
        ("system", ctypes.c_ubyte),
        ("lasts_s", ctypes.c_uint32),
        ("lasts_when_full_s", ctypes.c_uint32),
    )


def is_on_battery_by_windows(kernel32: Any) -> bool:  # noqa: ANN401 - a library has no type
    """Tell whether the computer runs on battery; not if that is unknown."""
    status = _PowerStatus()
    return bool(kernel32.GetSystemPowerStatus(ctypes.byref(status))) and status.line == _LINE_IS_OFF


def is_on_battery_by_macos(iokit: Any) -> bool:  # noqa: ANN401 - as above
    """Tell whether the computer runs on battery."""
    call = iokit.IOPSGetTimeRemainingEstimate
    call.argtypes, call.restype = (), ctypes.c_double
    return bool(call() != _UNLIMITED_S)


def battery_question() -> Callable[[], bool] | None:
    """Return what tells whether the computer runs on battery; None where a service on the system bus does."""
    if sys.platform == "win32":
        return partial(is_on_battery_by_windows, ctypes.WinDLL("kernel32"))
    if sys.platform == "darwin":
        return partial(is_on_battery_by_macos, ctypes.CDLL(_IOKIT))
    return None


def is_metered_by_windows() -> bool:
    """Tell whether the network is metered; may wait for ever for the service that knows.

    Raises:
        OSError: It is not known.
    """
    if sys.platform != "win32":
        return False
    ole32 = ctypes.OleDLL("ole32")
    ole32.CoInitializeEx(None, 0)
    manager = ctypes.c_void_p()
    ole32.CoCreateInstance(_NETWORK_LIST_MANAGER, None, _ANY_CONTEXT, _COST_MANAGER, ctypes.byref(manager))
    table = ctypes.cast(manager, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p))).contents
    result, cost = ctypes.HRESULT, ctypes.c_uint32()
    get_cost = ctypes.WINFUNCTYPE(result, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(table[_GET_COST] or 0)
    release = ctypes.WINFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p)(table[_RELEASE] or 0)
    try:
        get_cost(manager, ctypes.byref(cost), None)
    finally:
        release(manager)
    return is_metered(cost.value)


def is_metered(cost: int) -> bool:
    """Tell whether an NLM_CONNECTION_COST is that of a metered network."""
    return bool(cost & _METERED)

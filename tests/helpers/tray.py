"""Reads and clicks a program's tray icon over D-Bus, as a panel does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress, Properties, new_method_call
from jeepney.io.blocking import DBusConnection
from jeepney.wrappers import unwrap_msg

WATCHER = DBusAddress(
    "/StatusNotifierWatcher", bus_name="org.kde.StatusNotifierWatcher", interface="org.kde.StatusNotifierWatcher"
)
CALL_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of the icon's menu, or a separator (whose label is empty)."""

    id: int
    label: str
    is_enabled: bool
    children: tuple[MenuItem, ...]


def registered_items(connection: DBusConnection) -> list[str]:
    """Addresses of all tray icons that the panel knows of."""
    return list(_call(connection, Properties(WATCHER).get("RegisteredStatusNotifierItems"))[0][1])


class TrayIcon:
    """One program's icon."""

    def __init__(self, connection: DBusConnection, address: str) -> None:
        """Address it as ``registered_items`` names it: a bus name, or one followed by an object path."""
        bus_name, slash, path = address.partition("/")
        self._connection = connection
        self._item = DBusAddress(
            slash + path or "/StatusNotifierItem", bus_name=bus_name, interface="org.kde.StatusNotifierItem"
        )

    @property
    def tooltip(self) -> str:
        """Title and text that show when the pointer rests on the icon."""
        _, _, title, text = self._properties()["ToolTip"][1]
        return "\n".join(part for part in (title, text) if part)

    @property
    def icon_bytes(self) -> bytes:
        """The largest picture of the icon, four bytes a pixel; for telling one state from another."""
        pictures = self._properties()["IconPixmap"][1]
        return max((bytes(pixels) for _, _, pixels in pictures), key=len, default=b"")

    def activate(self) -> None:
        """Click the icon itself."""
        _call(self._connection, new_method_call(self._item, "Activate", "ii", (0, 0)))

    def menu(self) -> tuple[MenuItem, ...]:
        """The menu as it is now."""
        menu = self._menu()
        # A panel tells the program that it is about to show the menu, and programs fill theirs in only then.
        _call(self._connection, new_method_call(menu, "AboutToShow", "i", (0,)))
        _, layout = _call(self._connection, new_method_call(menu, "GetLayout", "iias", (0, -1, [])))
        return _items(layout)

    def click(self, label: str) -> None:
        """Click the line of the menu whose label is this, without regard to mnemonics.

        Raises:
            LookupError: If there is none, or it cannot be clicked now.
        """
        for item in _flatten(self.menu()):
            if item.label == label and item.is_enabled:
                event = (item.id, "clicked", ("s", ""), 0)
                _call(self._connection, new_method_call(self._menu(), "Event", "isvu", event))
                return
        raise LookupError(f"no line {label!r} to click in {[item.label for item in _flatten(self.menu())]}")

    def labels(self) -> list[str]:
        """The labels of the whole menu, submenus included."""
        return [item.label for item in _flatten(self.menu()) if item.label]

    def _menu(self) -> DBusAddress:
        path = self._properties()["Menu"][1]
        return DBusAddress(path, bus_name=self._item.bus_name, interface="com.canonical.dbusmenu")

    def _properties(self) -> dict[str, tuple[str, Any]]:
        found: dict[str, tuple[str, Any]] = _call(self._connection, Properties(self._item).get_all())[0]
        return found


def _call(connection: DBusConnection, message: Any) -> Any:
    return unwrap_msg(connection.send_and_get_reply(message, timeout=CALL_TIMEOUT_S))


def _items(layout: tuple[int, dict[str, tuple[str, Any]], list[tuple[str, Any]]]) -> tuple[MenuItem, ...]:
    return tuple(
        MenuItem(
            id=child[0],
            label=_without_mnemonic(child[1].get("label", ("s", ""))[1]),
            is_enabled=child[1].get("enabled", ("b", True))[1] and child[1].get("visible", ("b", True))[1],
            children=_items(child),
        )
        for _, child in layout[2]
    )


def _without_mnemonic(label: str) -> str:
    # In this protocol a single underline marks the mnemonic and a doubled one stands for itself.
    return label.replace("__", "\0").replace("_", "").replace("\0", "_")


def _flatten(items: tuple[MenuItem, ...]) -> list[MenuItem]:
    flat: list[MenuItem] = []
    for item in items:
        flat += [item, *_flatten(item.children)]
    return flat

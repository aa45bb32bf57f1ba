"""Reads the windows of a running program over the accessibility bus, as a screen reader does."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress, DBusErrorResponse, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg

_BUS = DBusAddress("/org/a11y/bus", bus_name="org.a11y.Bus", interface="org.a11y.Bus")
_REGISTRY = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
_ACCESSIBLE = "org.a11y.atspi.Accessible"
_COMPONENT = "org.a11y.atspi.Component"
_CALL_TIMEOUT_S = 5.0
_ENABLED, _FOCUSABLE, _FOCUSED, _CHECKED, _SHOWING = 8, 11, 12, 4, 25
_LABELLED_BY = 2
_SCREEN = 0
# A list has a child for each cell; what is looked for lies among the first ones.
_MOST_CHILDREN = 120


@dataclass(frozen=True, slots=True)
class Control:
    """Something on the screen, as it is told to those who do not see it.

    Attributes:
        address: Its name and path on the bus.
        role: What it is, such as ``button`` or ``check box``.
        name: What it is called.
        states: Numbers of its states.
    """

    address: tuple[str, str]
    role: str
    name: str
    states: frozenset[int]

    @property
    def is_enabled(self) -> bool:
        """Whether it can be used now."""
        return _ENABLED in self.states

    @property
    def is_checked(self) -> bool:
        """Whether it is ticked, or chosen among others."""
        return _CHECKED in self.states

    @property
    def is_focusable(self) -> bool:
        """Whether the keyboard can go there."""
        return _FOCUSABLE in self.states

    @property
    def is_focused(self) -> bool:
        """Whether it has the keyboard."""
        return _FOCUSED in self.states


class ScreenReader:
    """Finds controls by what they are called. Programs must be started with accessibility on."""

    def __init__(self, session: DBusConnection) -> None:
        """Ask the session bus for the accessibility bus, which is started by that, and go there."""
        address = unwrap_msg(session.send_and_get_reply(new_method_call(_BUS, "GetAddress"), timeout=_CALL_TIMEOUT_S))
        self._bus = open_dbus_connection(address[0])

    def close(self) -> None:
        """Leave the bus."""
        self._bus.close()

    def controls(self, window: str = "") -> Iterator[Control]:
        """Everything that is on the screen now, window by window.

        Args:
            window: Pattern of the title of the windows meant; all if empty.
        """
        for control, _ in self.tree(window):
            yield control

    def tree(self, window: str = "") -> Iterator[tuple[Control, tuple[Control, ...]]]:
        """The same, each with what it lies in, from its window down.

        Args:
            window: Pattern of the title of the windows meant; all if empty.
        """
        for program in self._children(_REGISTRY):
            for top in self._children(program):
                control = self._control(top)
                if control is not None and re.search(window, control.name):
                    yield from self._below(control, ())

    def labels_of(self, control: Control) -> list[str]:
        """What is written beside a control to name it."""
        relations = self._call(control.address, _ACCESSIBLE, "GetRelationSet")[0]
        labels = (self._control(target) for kind, targets in relations if kind == _LABELLED_BY for target in targets)
        return [label.name for label in labels if label is not None and label.name]

    def give_focus(self, control: Control) -> bool:
        """Move the keyboard to a control; tells whether it, or something in it, has it then."""
        self._call(control.address, _COMPONENT, "GrabFocus")
        now = self._control(control.address)
        return now is not None and any(inner.is_focused for inner, _ in self._below(now, ()))

    def has_focus(self, control: Control) -> bool:
        """Whether a control has the keyboard now."""
        now = self._control(control.address)
        return now is not None and now.is_focused

    def find(self, name: str, role: str = "", window: str = "") -> Control | None:
        """The first control on the screen whose name matches a pattern, if there is any.

        Args:
            name: Pattern for the name.
            role: Pattern for the role.
            window: Pattern for the title of its window.
        """
        found = (control for control in self.controls(window) if re.search(name, control.name))
        return next((control for control in found if re.search(role, control.role)), None)

    def texts(self, window: str = "") -> list[str]:
        """All names on the screen: what is written there, roughly."""
        return [control.name for control in self.controls(window) if control.name]

    def centre(self, control: Control) -> tuple[int, int]:
        """The middle of a control, in pixels of the screen."""
        x, y, width, height = self._call(control.address, _COMPONENT, "GetExtents", "u", (_SCREEN,))[0]
        return x + width // 2, y + height // 2

    def _below(self, control: Control, above: tuple[Control, ...]) -> Iterator[tuple[Control, tuple[Control, ...]]]:
        yield control, above
        for address in self._children(control.address):
            child = self._control(address)
            if child is not None and _SHOWING in child.states:
                yield from self._below(child, (*above, control))

    def _children(self, address: tuple[str, str]) -> list[tuple[str, str]]:
        # What is asked may be gone by now: a window closed, a page rebuilt.
        with contextlib.suppress(DBusErrorResponse):
            return list(self._call(address, _ACCESSIBLE, "GetChildren")[0][:_MOST_CHILDREN])
        return []

    def _control(self, address: tuple[str, str]) -> Control | None:
        with contextlib.suppress(DBusErrorResponse):
            role = self._call(address, _ACCESSIBLE, "GetRoleName")[0]
            low, high = self._call(address, _ACCESSIBLE, "GetState")[0]
            bits = low | high << 32
            states = frozenset(number for number in range(64) if bits >> number & 1)
            place = DBusAddress(address[1], bus_name=address[0], interface=_ACCESSIBLE)
            name = unwrap_msg(self._bus.send_and_get_reply(Properties(place).get("Name"), timeout=_CALL_TIMEOUT_S))
            return Control(address, role, name[0][1], states)
        return None

    def _call(
        self, address: tuple[str, str], interface: str, method: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> Any:
        place = DBusAddress(address[1], bus_name=address[0], interface=interface)
        message = new_method_call(place, method, signature or None, body)
        return unwrap_msg(self._bus.send_and_get_reply(message, timeout=_CALL_TIMEOUT_S))

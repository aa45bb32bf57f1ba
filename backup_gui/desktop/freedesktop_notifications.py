"""Shows notifications by the freedesktop service: one for each key, replaced and not stacked, and reports clicks.

All calls to ``org.freedesktop.Notifications`` are asynchronous; only ``close`` waits for a moment. Notes that the
service cannot show are refused, so that the caller can show them another way.
"""

from __future__ import annotations

import html
import logging
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from jeepney import DBusAddress, HeaderFields, Message, MessageFlag, MessageType, new_method_call
from jeepney.bus_messages import MatchRule, message_bus
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage

from backup_gui.desktop.periodic import delayed
from backup_gui.desktop.session_bus import OnAnswer, SessionBus

if TYPE_CHECKING:
    from backup_gui.desktop.notifier import Note

log = logging.getLogger(__name__)

SERVICE = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
APP_NAME = "Folder Backup"
# The name of the desktop entry, by which the desktop attributes notifications to this program.
APP_ID = "backup-gui"
# The usual D-Bus timeout: a service that has to be started answers well before.
PATIENCE_MS = 25_000
# In ``close``, when no window is left that could freeze: a running service answers within a few milliseconds.
FAREWELL_MS = 500
_SERVICE = DBusAddress(PATH, bus_name=SERVICE, interface=SERVICE)
_DEFAULT = "default"
_SHOW = "show"
_NORMAL, _CRITICAL = 1, 2
_AS_LONG_AS_USUAL, _FOR_EVER = -1, 0
_UNKNOWN_METHOD = "org.freedesktop.DBus.Error.UnknownMethod"


@dataclass(slots=True)
class _KeyState:
    """The state of the notification for one key.

    Attributes:
        wanted: The note that should be visible in the end; None for none.
        under_way: The note that was sent and not answered yet.
        shown: The note that the service shows.
        id: The service's number for it; 0 for none.
    """

    wanted: Note | None = None
    under_way: Note | None = None
    shown: Note | None = None
    id: int = 0


@dataclass(slots=True)
class _Service:
    """The service that runs now.

    Attributes:
        owner: Its unique name on the bus; empty before its first answer.
        capabilities: What it can do; None while unknown.
        is_asked: Whether it was asked for them and has not answered yet.
    """

    owner: str = ""
    capabilities: frozenset[str] | None = None
    is_asked: bool = False


class Notifications(QObject):
    """Shows notes, and reports which one the user clicks. Connects to the bus with the first note.

    Args:
        patience_ms: How long the service may take to answer before notes are refused.
    """

    clicked = Signal(object)
    refused = Signal(object)

    def __init__(self, parent: QObject | None = None, patience_ms: int = PATIENCE_MS) -> None:
        super().__init__(parent)
        self._states: dict[str, _KeyState] = {}
        self._service = _Service()
        self._is_stuck = False
        self._token = ""
        self._bus = SessionBus(self)
        self._bus.signalled.connect(self._on_signalled)
        self._bus.lost.connect(self._on_lost)
        self._patience = delayed(self, patience_ms, self._on_patience_over)

    def tell(self, note: Note) -> None:
        """Show a note in place of the last one with its key. Emits ``refused`` if that is not possible."""
        if self._is_stuck or not self._connect():
            self.refused.emit(note.subject)
            return
        state = self._states.setdefault(note.key, _KeyState())
        state.wanted = note
        self._step(note.key)

    def withdraw(self, key: str) -> None:
        """Remove the note with this key."""
        if (state := self._states.get(key)) is not None:
            state.wanted = None
            self._step(key)

    def close(self) -> None:
        """Remove all notes, as a click on one would lead nowhere, and close the connection.

        The service has to answer before it can remove a note, because its answer has the note's number. So this waits
        for up to ``FAREWELL_MS``.
        """
        # No receiver handles clicks any more.
        self.blockSignals(True)
        if self._bus.is_open:
            # If the bus sends to the closed socket, it loses what it has not read from there. So end its signals first.
            for rule in _rules():
                self._bus.tell(_without_reply(message_bus.RemoveMatch(rule)))
        for key in tuple(self._states):
            self.withdraw(key)
        self._bus.wait_while(self._is_any_under_way, FAREWELL_MS)
        # RACE: the service may answer for a note after this limit. Worst case: the note stays on the screen until the
        # user removes it, and a click on it does nothing.
        for state in self._states.values():
            if state.id:
                self._take_away(state)
        self._states.clear()
        self._patience.stop()
        self._bus.close()
        self.blockSignals(False)

    # Calls to the service

    def _is_any_under_way(self) -> bool:
        return any(state.under_way is not None for state in self._states.values())

    def _connect(self) -> bool:
        if self._bus.is_open:
            return True
        if not self._bus.open():
            return False
        for rule in _rules():
            self._bus.tell(_without_reply(message_bus.AddMatch(rule)))
        return True

    def _step(self, key: str) -> None:
        """Make the next call that brings the shown note closer to the wanted one, if no call is under way."""
        state = self._states.get(key)
        if state is None or state.under_way is not None:
            return
        if state.wanted is None:
            if state.id:
                self._take_away(state)
            del self._states[key]
        elif state.wanted is not state.shown:
            if not self._bus.is_open:
                self._hand_back(key, state)
            elif self._service.capabilities is None:
                self._ask_for_abilities()
            else:
                self._show(key, state, state.wanted, self._service.capabilities)

    def _ask_for_abilities(self) -> None:
        if not self._service.is_asked:
            self._service.is_asked = True
            self._ask(new_method_call(_SERVICE, "GetCapabilities"), self._on_abilities)

    def _show(self, key: str, state: _KeyState, note: Note, capabilities: frozenset[str]) -> None:
        # RACE: another service may have started a moment ago, and would take the number as one of its own. Worst case:
        # this replaces one notification of another program.
        state.under_way = note
        body = (
            APP_NAME,
            state.id,
            "",
            _sendable(note.title),
            html.escape(_sendable(note.text), quote=False) if "body-markup" in capabilities else _sendable(note.text),
            # The first is a click on the note itself. It has no label: some services would show one as a second button.
            [_DEFAULT, "", _SHOW, note.button] if "actions" in capabilities else [],
            _hints(note),
            _FOR_EVER if note.is_urgent else _AS_LONG_AS_USUAL,
        )
        self._ask(new_method_call(_SERVICE, "Notify", "susssasa{sv}i", body), partial(self._on_shown, key))

    def _take_away(self, state: _KeyState) -> None:
        message = new_method_call(_SERVICE, "CloseNotification", "u", (state.id,))
        message.header.flags |= MessageFlag.no_auto_start
        state.id, state.shown = 0, None
        self._bus.tell(_without_reply(message))

    def _ask(self, message: Message, on_answer: OnAnswer) -> None:
        self._bus.call(message, on_answer)
        if not self._patience.isActive():
            self._patience.start()

    def _hand_back(self, key: str, state: _KeyState) -> None:
        """Refuse a note that cannot be shown; if the service shows it after all, remove it then."""
        note = state.wanted
        if note is not None and note is not state.shown:
            state.wanted = None
            self.refused.emit(note.subject)
            self._step(key)

    def _hand_back_all(self) -> None:
        for key, state in tuple(self._states.items()):
            self._hand_back(key, state)

    # Answers and signals of the service

    def _on_abilities(self, answer: Message | None) -> None:
        self._service.is_asked = False
        self._note_answer(answer)
        capabilities = _result(answer, "as")
        if not isinstance(capabilities, list) and _error(answer) != _UNKNOWN_METHOD:
            log.debug("There is no notification service: %s", _error(answer))
            self._hand_back_all()
            return
        self._service = _Service(_sender(answer), frozenset(capabilities if isinstance(capabilities, list) else ()))
        for key in tuple(self._states):
            self._step(key)

    def _on_shown(self, key: str, answer: Message | None) -> None:
        state = self._states.get(key)
        note = state.under_way if state is not None else None
        if state is None or note is None:
            return
        state.under_way = None
        self._note_answer(answer)
        number = _result(answer, "u")
        if isinstance(number, int):
            state.id, state.shown = number, note
        else:
            log.debug("A notification is not shown: %s", _error(answer))
            state.id, state.shown = 0, None
            if state.wanted is note:
                self._hand_back(key, state)
        self._step(key)

    def _note_answer(self, answer: Message | None) -> None:
        """Note that the service answers, and restart the timeout for other calls under way."""
        self._patience.stop()
        if answer is not None:
            self._is_stuck = False
            if self._service.is_asked or self._is_any_under_way():
                self._patience.start()

    @Slot()
    def _on_patience_over(self) -> None:
        log.debug("The notification service does not answer")
        self._is_stuck = True
        self._hand_back_all()

    @Slot(object)
    def _on_signalled(self, message: Message) -> None:
        fields = message.header.fields
        member = fields.get(HeaderFields.member)
        if _sender(message) == message_bus.bus_name:
            if member == "NameOwnerChanged" and message.body[0] == SERVICE:
                self._on_owner_changed(message.body[2])
        elif (
            fields.get(HeaderFields.interface) == SERVICE
            and _sender(message) == self._service.owner
            and len(message.body) == 2
        ):
            # Only the service that gave a number may refer to it.
            for key, state in tuple(self._states.items()):
                if state.id and state.id == message.body[0]:
                    self._on_told(key, state, str(member), message.body[1])

    def _on_told(self, key: str, state: _KeyState, member: str, value: object) -> None:
        if member == "ActivationToken":
            self._token = str(value)
        elif member == "ActionInvoked" and state.shown is not None:
            self._hand_on_token()
            self.clicked.emit(state.shown.subject)
        elif member == "NotificationClosed":
            state.id = 0
            self._forget_shown(key, state)

    def _hand_on_token(self) -> None:
        """Pass the activation token to Qt; under Wayland, a window needs one to come to the front."""
        if self._token and QGuiApplication.platformName().startswith("wayland"):
            os.environ["XDG_ACTIVATION_TOKEN"] = self._token
        self._token = ""

    def _on_owner_changed(self, owner: str) -> None:
        """Forget the numbers of the last service: the next one has its own."""
        self._service = _Service(owner, is_asked=self._service.is_asked)
        for key, state in tuple(self._states.items()):
            state.id = 0
            self._forget_shown(key, state)

    def _forget_shown(self, key: str, state: _KeyState) -> None:
        shown, state.shown = state.shown, None
        if state.wanted is shown:
            state.wanted = None
        self._step(key)

    @Slot()
    def _on_lost(self) -> None:
        self._patience.stop()
        self._is_stuck = False
        self._on_owner_changed("")


def _rules() -> tuple[MatchRule, MatchRule]:
    """Match rules for the signals of the service, and for a change of its owner."""
    owner = MatchRule(type="signal", sender=message_bus.bus_name, member="NameOwnerChanged")
    owner.add_arg_condition(0, SERVICE)
    return MatchRule(type="signal", sender=SERVICE, interface=SERVICE, path=PATH), owner


def _without_reply(message: Message) -> Message:
    message.header.flags |= MessageFlag.no_reply_expected
    return message


def _sender(message: Message | None) -> str:
    return "" if message is None else str(message.header.fields.get(HeaderFields.sender, ""))


def _error(answer: Message | None) -> str:
    return "" if answer is None else str(answer.header.fields.get(HeaderFields.error_name, ""))


def _result(answer: Message | None, signature: str) -> object:
    """The only value of an answer; None for an error or a value of another type."""
    if answer is None or answer.header.message_type is not MessageType.method_return:
        return None
    return answer.body[0] if answer.header.fields.get(HeaderFields.signature) == signature else None


def _sendable(text: str) -> str:
    """Make text valid UTF-8 without zeros: file names may be neither, and the bus would close the connection."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _hints(note: Note) -> dict[str, tuple[str, Any]]:
    hints: dict[str, tuple[str, Any]] = {
        "desktop-entry": ("s", APP_ID),
        "urgency": ("y", _CRITICAL if note.is_urgent else _NORMAL),
    }
    if not note.image.isNull():
        # Send pixels: a path would need a service that may read the file and can draw SVG.
        image = note.image.convertToFormat(QImage.Format.Format_RGBA8888)
        layout = (image.width(), image.height(), image.bytesPerLine(), True, 8, 4, bytes(image.constBits()))
        hints["image-data"] = ("(iiibiiay)", layout)
    return hints

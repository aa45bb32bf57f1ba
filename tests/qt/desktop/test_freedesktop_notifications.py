"""Notifications over a session bus of the test's own: replaced, clicked, withdrawn, and never waited for."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer

import pytest
from jeepney import DBusAddress, HeaderFields, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from backup_gui.desktop import session_bus as sessionbus
from backup_gui.desktop.freedesktop_notifications import FAREWELL_MS, Notifications
from backup_gui.desktop.notifier import Note
from tests.helpers.bus_services import ACTIVATION_TOKEN, NOTIFICATIONS, PATHS
from tests.helpers.fake_power import private_bus
from tests.helpers.notification_service import NotificationService, notification_service

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="there is no bus to be had")

BLOCK_LIMIT_MS = 50
PATIENCE_MS = 300


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with private_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "calls.jsonl"


@pytest.fixture
def service(address: str, log: Path) -> Iterator[NotificationService]:
    with notification_service(address, log) as service:
        yield service


class Teller:
    """Notifications, and what they have said."""

    def __init__(self) -> None:
        self.notifications = Notifications(patience_ms=PATIENCE_MS)
        self.clicked: list[object] = []
        self.refused: list[object] = []
        self.notifications.clicked.connect(self.clicked.append)
        self.notifications.refused.connect(self.refused.append)

    def tell(self, key: str, text: str, *, is_urgent: bool = False, image: QImage | None = None) -> None:
        """Tell something, with its own text as what comes back."""
        note = Note(key, f"Title of {key}", text, "Show", image or QImage(), is_urgent, subject=text)
        self.notifications.tell(note)


@pytest.fixture
def teller(qtbot: QtBot) -> Iterator[Teller]:
    teller = Teller()
    yield teller
    teller.notifications.close()


@contextmanager
def nothing_blocks() -> Iterator[None]:
    """Measure the longest time for which the event loop did not come round, from the first line to the last."""
    watch = QElapsedTimer()
    gaps_ms: list[int] = []
    heart = QTimer()
    heart.setInterval(1)
    heart.timeout.connect(lambda: gaps_ms.append(watch.restart()))
    watch.start()
    heart.start()
    yield
    heart.stop()
    assert max([*gaps_ms, watch.elapsed()]) <= BLOCK_LIMIT_MS


def numbers(service: NotificationService) -> dict[str, int]:
    """The number of each text on the screen."""
    return {text: number for number, text in service.standing().items()}


def test_a_note_is_told_with_all_that_a_desktop_wants_to_know(
    service: NotificationService, teller: Teller, qtbot: QtBot
) -> None:
    picture = QImage(5, 3, QImage.Format.Format_ARGB32)
    picture.fill(QColor("red"))
    teller.tell("one", "calm", image=picture)
    teller.tell("two", "urgent", is_urgent=True)
    qtbot.waitUntil(lambda: len(service.calls("Notify")) == 2)
    calm, urgent = service.calls("Notify")
    assert calm == {
        "call": "Notify",
        "id": 1,
        "app": "Folder Backup",
        "replaces": 0,
        "icon": "",
        "summary": "Title of one",
        "body": "calm",
        "actions": ["default", "", "show", "Show"],
        "hints": {"desktop-entry": "backup-gui", "urgency": 1},
        "image": [5, 3],
        "timeout_ms": -1,
    }
    assert (urgent["hints"]["urgency"], urgent["timeout_ms"], urgent["image"]) == (2, 0, [])


def test_a_later_note_takes_the_place_of_the_one_about_the_same(
    service: NotificationService, teller: Teller, qtbot: QtBot
) -> None:
    teller.tell("one", "first")
    teller.tell("two", "other")
    qtbot.waitUntil(lambda: len(service.standing()) == 2)
    teller.tell("one", "second")
    qtbot.waitUntil(lambda: "second" in numbers(service))
    assert service.standing() == {1: "second", 2: "other"}
    assert [call["replaces"] for call in service.calls("Notify")] == [0, 0, 1]


def test_of_many_notes_at_once_the_last_one_stands(service: NotificationService, teller: Teller, qtbot: QtBot) -> None:
    for number in range(100):
        teller.tell("one", f"note {number}")
    qtbot.waitUntil(lambda: "note 99" in numbers(service))
    assert service.standing() == {1: "note 99"}
    teller.tell("one", "begun")
    for number in range(100):
        teller.tell("one", f"more {number}")
    qtbot.waitUntil(lambda: "more 99" in numbers(service))
    assert service.standing() == {1: "more 99"}
    assert len(service.calls("Notify")) < 10


@pytest.mark.parametrize("action", ["default", "show"])
def test_a_click_tells_which_note_it_was_also_if_it_is_an_older_one(
    service: NotificationService, teller: Teller, qtbot: QtBot, action: str
) -> None:
    for key in ("one", "two", "three"):
        teller.tell(key, f"about {key}")
    qtbot.waitUntil(lambda: len(service.standing()) == 3)
    service.click(numbers(service)["about one"], action)
    qtbot.waitUntil(lambda: teller.clicked == ["about one"])
    service.click(numbers(service)["about three"], action)
    qtbot.waitUntil(lambda: teller.clicked == ["about one", "about three"])
    service.click(99, action)
    service.click(numbers(service)["about two"], action)
    qtbot.waitUntil(lambda: teller.clicked == ["about one", "about three", "about two"])


@pytest.mark.parametrize("way", ["dismissed", "clicked"])
def test_what_was_wiped_away_is_forgotten(service: NotificationService, teller: Teller, qtbot: QtBot, way: str) -> None:
    teller.tell("one", "first")
    qtbot.waitUntil(lambda: len(service.standing()) == 1)
    (service.dismiss if way == "dismissed" else service.click)(1)
    qtbot.waitUntil(lambda: not teller.notifications._states)
    teller.tell("one", "second")
    qtbot.waitUntil(lambda: "second" in numbers(service))
    assert [call["replaces"] for call in service.calls("Notify")] == [0, 0]


def test_a_note_whose_cause_is_gone_is_taken_away(service: NotificationService, teller: Teller, qtbot: QtBot) -> None:
    teller.notifications.withdraw("nothing")
    teller.tell("one", "first")
    teller.tell("two", "other")
    qtbot.waitUntil(lambda: len(service.standing()) == 2)
    teller.notifications.withdraw("one")
    qtbot.waitUntil(lambda: service.standing() == {2: "other"})
    # One that the service has not answered for yet is taken away as soon as its number is known.
    teller.tell("two", "still other")
    teller.notifications.withdraw("two")
    qtbot.waitUntil(lambda: service.standing() == {})
    assert teller.notifications._states == {}
    assert teller.refused == []


@pytest.mark.parametrize(
    ("abilities", "body", "actions"),
    [
        ("body,body-markup,actions", 'a &lt; b &amp; "c" &gt; d', 4),
        ("body,actions", 'a < b & "c" > d', 4),
        ("body", 'a < b & "c" > d', 0),
        ("", 'a < b & "c" > d', 0),
    ],
)
def test_only_what_the_service_can_do_is_asked_of_it(
    address: str, log: Path, teller: Teller, qtbot: QtBot, abilities: str, body: str, actions: int
) -> None:
    with notification_service(address, log, f"--abilities={abilities}") as service:
        teller.tell("one", 'a < b & "c" > d')
        qtbot.waitUntil(lambda: len(service.calls("Notify")) == 1)
        told = service.calls("Notify")[0]
        assert (told["body"], told["summary"], len(told["actions"])) == (body, "Title of one", actions)


def test_a_service_that_comes_later_is_used_from_then_on(address: str, log: Path, teller: Teller, qtbot: QtBot) -> None:
    teller.tell("one", "too early")
    qtbot.waitUntil(lambda: teller.refused == ["too early"])
    with notification_service(address, log) as service:
        teller.tell("one", "in time")
        qtbot.waitUntil(lambda: service.standing() == {1: "in time"})
    assert teller.refused == ["too early"]


def test_the_numbers_of_a_service_mean_nothing_to_the_next_one(
    address: str, log: Path, teller: Teller, qtbot: QtBot
) -> None:
    with notification_service(address, log, "--abilities=body,actions") as first:
        teller.tell("one", "first")
        teller.tell("two", "second")
        qtbot.waitUntil(lambda: len(first.standing()) == 2)
    qtbot.waitUntil(lambda: not teller.notifications._states)
    with notification_service(address, log, "--abilities=body,body-markup", "--first-id=50") as later:
        later.click(1)
        teller.tell("one", "a & b")
        qtbot.waitUntil(lambda: "a &amp; b" in numbers(later))
        told = later.calls("Notify")[-1]
        assert (told["replaces"], told["id"], told["actions"]) == (0, 50, [])
        teller.notifications.withdraw("two")
        teller.notifications.withdraw("one")
        qtbot.waitUntil(lambda: len(later.calls("CloseNotification")) == 1)
        assert [call["id"] for call in later.calls("CloseNotification")] == [50]
    assert teller.clicked == []


def test_a_service_that_hangs_blocks_nothing_and_what_it_was_given_is_told_another_way(
    service: NotificationService, teller: Teller, qtbot: QtBot
) -> None:
    teller.tell("one", "before")
    qtbot.waitUntil(lambda: bool(service.standing()))
    service.hang()
    picture = QImage(96, 96, QImage.Format.Format_ARGB32)
    with nothing_blocks():
        for number in range(50):
            teller.tell("one", f"one {number}", image=picture)
            teller.tell(f"job {number}", "given", image=picture)
            qtbot.wait(1)
        qtbot.waitUntil(lambda: len(teller.refused) == 51, timeout=5 * PATIENCE_MS)
        teller.tell("one", "known to hang")
        assert teller.refused[-1] == "known to hang"
    assert "one 49" in teller.refused
    service.go_on()
    # What comes to the screen too late has been told already.
    qtbot.waitUntil(lambda: len(service.calls("Notify")) > 50 and service.standing() == {})
    teller.tell("one", "after")
    qtbot.waitUntil(lambda: list(service.standing().values()) == ["after"])


def test_a_service_that_hangs_from_the_start_is_not_waited_for_either(
    service: NotificationService, teller: Teller, qtbot: QtBot
) -> None:
    service.hang()
    with nothing_blocks():
        teller.tell("one", "first")
        qtbot.waitUntil(lambda: teller.refused == ["first"], timeout=5 * PATIENCE_MS)
    service.go_on()
    qtbot.waitUntil(lambda: not teller.notifications._is_stuck)
    teller.tell("one", "second")
    qtbot.waitUntil(lambda: list(service.standing().values()) == ["second"])


def test_a_service_that_dies_hands_back_what_it_had_not_shown(
    service: NotificationService, teller: Teller, qtbot: QtBot
) -> None:
    teller.tell("one", "first")
    qtbot.waitUntil(lambda: bool(service.standing()))
    service.hang()
    teller.tell("one", "second")
    qtbot.wait(0)
    service.end()
    qtbot.waitUntil(lambda: teller.refused == ["second"])
    assert teller.notifications._states == {}


@pytest.mark.parametrize("address", ["", "unix:path=/nowhere/at/all", "tcp:host=localhost,port=1", "nonsense"])
def test_without_a_bus_every_note_comes_back_at_once(
    teller: Teller, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    teller.tell("one", "first")
    teller.tell("one", "second")
    assert teller.refused == ["first", "second"]
    teller.notifications.withdraw("one")


def test_the_bus_is_looked_for_where_systemd_has_it(
    address: str, log: Path, tmp_path: Path, teller: Teller, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with notification_service(address, log) as service:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        teller.tell("one", "first")
        qtbot.waitUntil(lambda: service.standing() == {1: "first"})


def test_a_bus_that_goes_and_comes_back_is_used_again(
    tmp_path: Path, log: Path, teller: Teller, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    with private_bus(tmp_path) as address, notification_service(address, log) as service:
        teller.tell("one", "first")
        qtbot.waitUntil(lambda: service.standing() == {1: "first"})
        service.hang()
        teller.tell("one", "second")
        qtbot.wait(0)
    qtbot.waitUntil(lambda: teller.refused == ["second"])
    with private_bus(tmp_path) as address, notification_service(address, log) as service:
        teller.tell("one", "third")
        qtbot.waitUntil(lambda: service.standing() == {1: "third"})
        assert service.calls("Notify")[-1]["replaces"] == 0


def test_a_bus_that_lets_nobody_in_blocks_nothing(
    tmp_path: Path, teller: Teller, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessionbus, "LOGIN_LIMIT_MS", PATIENCE_MS)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    impatient = Teller()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{tmp_path}/bus")
        listening.listen(0)
        with nothing_blocks():
            impatient.tell("one", "first")
            # Nobody else gets even as far as that: the queue is full.
            teller.tell("one", "second")
            assert teller.refused == ["second"]
            qtbot.waitUntil(lambda: impatient.refused == ["first"], timeout=5 * PATIENCE_MS)
    assert not impatient.notifications._bus.is_open


@pytest.mark.parametrize("answer", [b"REJECTED EXTERNAL\r\n", b"OK 1234\r\nand more", b"OK 1234\r\n"])
def test_a_bus_that_talks_nonsense_is_left(
    tmp_path: Path, teller: Teller, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{tmp_path}/bus")
        listening.listen()
        teller.tell("one", "first")
        with listening.accept()[0] as accepted:
            accepted.sendall(answer)
            accepted.settimeout(0.0)
            said = bytearray()

            def has_begun() -> bool:
                with suppress(BlockingIOError):
                    said.extend(accepted.recv(65_536))
                return b"BEGIN" in said or bool(teller.refused)

            qtbot.waitUntil(has_begun)
            if not teller.refused:
                accepted.sendall(b"this is no message of any kind that there is")
            qtbot.waitUntil(lambda: teller.refused == ["first"])


def test_a_bus_that_takes_nothing_for_a_while_gets_all_of_it_later(
    tmp_path: Path, log: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    told = Teller()
    told.notifications._patience.setInterval(60_000)
    picture = QImage(96, 96, QImage.Format.Format_ARGB32)
    with bus_to_stop(tmp_path) as (stop, go_on), notification_service(f"unix:path={tmp_path}/bus", log) as service:
        told.tell("first", "first")
        qtbot.waitUntil(lambda: bool(service.standing()))
        stop()
        with nothing_blocks():
            for number in range(40):
                told.tell(f"job {number}", "given", image=picture)
                qtbot.wait(1)
        bus = told.notifications._bus._connected()
        assert bus is not None
        assert bus.bytesToWrite(), "the system took everything"
        go_on()
        qtbot.waitUntil(lambda: all(state.id for state in told.notifications._states.values()))
        assert len(service.standing()) == 41
        told.notifications.close()
        qtbot.waitUntil(lambda: service.standing() == {})
    assert told.refused == []


@contextmanager
def bus_to_stop(folder: Path) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """A bus that can be made to hang and to go on."""
    with private_bus(folder) as address, open_dbus_connection(address) as connection:
        reply = connection.send_and_get_reply(message_bus.GetConnectionUnixProcessID(message_bus.bus_name))
        pid = reply.body[0]
        try:
            yield (lambda: os.kill(pid, signal.SIGSTOP)), (lambda: os.kill(pid, signal.SIGCONT))
        finally:
            os.kill(pid, signal.SIGCONT)


def test_other_programs_cannot_click(service: NotificationService, address: str, teller: Teller, qtbot: QtBot) -> None:
    teller.tell("one", "first")
    qtbot.waitUntil(lambda: bool(service.standing()))
    qtbot.waitUntil(lambda: teller.notifications._states["one"].id == 1)
    emitter = DBusAddress(PATHS[NOTIFICATIONS], interface=NOTIFICATIONS)
    with open_dbus_connection(address) as connection:
        # What goes to all does not get here; what is sent to somebody by name does, whoever listens for what.
        for name in connection.send_and_get_reply(message_bus.ListNames()).body[0]:
            for member, signature, value in (("ActionInvoked", "us", "default"), ("NotificationClosed", "uu", 2)):
                forged = new_signal(emitter, member, signature, (1, value))
                forged.header.fields[HeaderFields.destination] = name
                connection.send(forged)
    teller.tell("one", "second")
    qtbot.waitUntil(lambda: service.standing() == {1: "second"})
    assert teller.clicked == []
    service.click(1)
    qtbot.waitUntil(lambda: teller.clicked == ["second"])


def test_names_that_are_no_text_are_told_as_far_as_they_are(
    service: NotificationService, teller: Teller, qtbot: QtBot
) -> None:
    teller.tell("one", "caf\udce9 and \0 after")
    qtbot.waitUntil(lambda: list(service.standing().values()) == ["caf? and  after"])


def test_at_the_end_nothing_is_left_that_could_be_clicked(
    service: NotificationService, teller: Teller, qtbot: QtBot
) -> None:
    teller.tell("one", "first")
    teller.tell("two", "second", is_urgent=True)
    qtbot.waitUntil(lambda: all(state.id for state in teller.notifications._states.values()))
    teller.notifications.close()
    qtbot.waitUntil(lambda: service.standing() == {})


def test_a_note_that_is_only_just_given_to_the_service_is_not_left_behind_either(
    service: NotificationService, teller: Teller, qtbot: QtBot
) -> None:
    teller.tell("one", "first")
    qtbot.waitUntil(lambda: bool(service.standing()))
    for key in ("one", "two", "three"):
        teller.tell(key, f"last of {key}")
    teller.notifications.close()
    qtbot.waitUntil(lambda: len(service.calls("Notify")) == 4 and service.standing() == {})
    assert (teller.clicked, teller.refused) == ([], [])


def test_a_service_that_answers_late_is_waited_for_at_the_end(
    service: NotificationService, teller: Teller, qtbot: QtBot
) -> None:
    teller.tell("one", "first")
    qtbot.waitUntil(lambda: teller.notifications._states["one"].id == 1)
    service.hang()
    teller.tell("two", "second")
    later = Timer(0.1, service.go_on)
    later.start()
    teller.notifications.close()
    later.join()
    qtbot.waitUntil(lambda: len(service.calls("Notify")) == 2 and service.standing() == {})


@pytest.mark.parametrize("is_bus_stopped", [False, True])
def test_a_service_or_a_bus_that_hangs_holds_up_the_end_for_a_moment_only(
    tmp_path: Path, log: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, *, is_bus_stopped: bool
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    teller = Teller()
    picture = QImage(96, 96, QImage.Format.Format_ARGB32)
    with bus_to_stop(tmp_path) as (stop, go_on), notification_service(f"unix:path={tmp_path}/bus", log) as service:
        teller.tell("one", "first")
        qtbot.waitUntil(lambda: teller.notifications._states["one"].id == 1)
        (stop if is_bus_stopped else service.hang)()
        # More than the socket takes of what nobody reads.
        for number in range(40):
            teller.tell(f"job {number}", "given", image=picture)
        teller.tell("one", "second")
        watch = QElapsedTimer()
        watch.start()
        teller.notifications.close()
        assert FAREWELL_MS - 10 <= watch.elapsed() <= FAREWELL_MS + BLOCK_LIMIT_MS
        (go_on if is_bus_stopped else service.go_on)()
        # What has a number already is taken away without a word of the service.
        if not is_bus_stopped:
            qtbot.waitUntil(lambda: len(service.calls("Notify")) == 42 and 1 not in service.standing())
    assert (teller.clicked, teller.refused) == ([], [])


@pytest.mark.parametrize("is_lost", [False, True])
def test_the_end_is_not_held_up_where_nothing_is_under_way(
    tmp_path: Path, log: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, *, is_lost: bool
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    teller = Teller()
    with private_bus(tmp_path) as address, notification_service(address, log) as service:
        teller.tell("one", "first")
        qtbot.waitUntil(lambda: teller.notifications._states["one"].id == 1)
        if is_lost:
            service.hang()
            teller.tell("one", "second")
            service.go_on()
            service.end()
        watch = QElapsedTimer()
        watch.start()
        teller.notifications.close()
        assert watch.elapsed() <= BLOCK_LIMIT_MS


@pytest.mark.parametrize(("platform", "token"), [("wayland", ACTIVATION_TOKEN), ("xcb", None)])
def test_the_leave_to_come_up_is_handed_on_where_windows_need_it(
    service: NotificationService,
    teller: Teller,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    token: str | None,
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "to be put back")
    monkeypatch.delenv("XDG_ACTIVATION_TOKEN")
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: platform)
    teller.tell("one", "first")
    qtbot.waitUntil(lambda: bool(teller.notifications._states["one"].id))
    service.click(1)
    qtbot.waitUntil(lambda: bool(teller.clicked))
    assert os.environ.get("XDG_ACTIVATION_TOKEN") == token

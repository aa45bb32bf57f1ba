"""A real desktop session without a screen: X server, session bus, window manager, panel, notifications.

Everything is started for one test and stopped at its end by process id. The session has a home and settings of its own,
and a session bus on which nothing can be started but what a panel and a screen reader need.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.helpers.project import PROJECT
from tests.helpers.tray import TrayIcon, registered_items
from tests.helpers.waiting import wait_until

SCREENSHOTS = PROJECT / "build" / "screenshots"
SCREEN = "1280x800x24"
END_S = 3.0
ACCOUNT_CHARS = 3000
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <allow user="root"/>
  </policy>
</busconfig>
"""
PANEL_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array"><value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=10;x=640;y=784"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/><value type="int" value="2"/><value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/><property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
  </property>
</channel>
"""
# As most services do of their own: a click does what the notification is for.
DUNST_CONFIG = "[global]\n    mouse_left_click = do_action, close_current\n"
NOTIFICATIONS = "org.freedesktop.Notifications"
# The windows that real services show notifications in.
_POPUPS = re.compile(r'\("(?:xfce4-notifyd|Dunst)" "[^"]*"\)\s+(\d+)x(\d+)\S+\s+\+(\d+)\+(\d+)')


class Panel(Enum):
    """What hosts tray icons, and who shows notifications with it."""

    XFCE = "a real panel, with notifications recorded"
    RECORDED = "no panel; icons and notifications are recorded"
    TRAYER = "an old-style tray, with a real notification service"
    NOTIFYD = "a real panel, with a real notification service that is started when it is asked for"
    NONE = "neither tray nor notifications"


@dataclass(slots=True)
class Desktop:
    """A session that runs.

    Attributes:
        folder: Its home, logs and sockets.
        environment: What a program needs to run in it.
        connection: The test's own place on the session bus.
    """

    folder: Path
    environment: dict[str, str]
    connection: DBusConnection
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(
        self, *command: str, name: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program in the session; what it prints goes to ``<name>.log`` in the folder."""
        name = name or Path(command[0]).name
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=self.environment | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=PROJECT,
            )
        self._processes.append(process)
        return process

    def output_of(self, *command: str) -> str:
        """What a short-lived program in the session prints; empty if it fails."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=20, check=False, cwd=PROJECT
        )
        return done.stdout if done.returncode == 0 else ""

    def log_of(self, name: str) -> str:
        """What a program started here has printed so far."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def windows(self, title: str) -> list[str]:
        """Ids of the windows that the window manager has, minimised ones included, whose title matches a pattern."""
        rows = (row.split(None, 3) for row in self.output_of("wmctrl", "-l").splitlines())
        return [row[0] for row in rows if len(row) == 4 and re.search(title, row[3])]

    def wait_for_window(self, title: str, timeout_s: float = 15.0) -> str:
        """Id of the first such window, as soon as there is one."""
        return wait_until(lambda: self.windows(title), f"a window {title!r}", timeout_s)[0]

    def wait_for_no_window(self, title: str, timeout_s: float = 10.0) -> None:
        """Wait until no such window is on the screen any more."""
        wait_until(lambda: not self.windows(title), f"the end of the window {title!r}", timeout_s)

    def active_window(self) -> str:
        """Title of the window that has the keyboard."""
        return self.output_of("xdotool", "getactivewindow", "getwindowname").strip()

    def focus(self, title: str) -> None:
        """Give the keyboard to a window."""
        window = self.wait_for_window(title)
        self.output_of("wmctrl", "-i", "-a", window)
        wait_until(lambda: re.search(title, self.active_window()), f"the keyboard in {title!r}")

    def press(self, *keys: str) -> None:
        """Press keys one after the other, such as ``ctrl+a`` or ``Return``."""
        self.output_of("xdotool", "key", "--delay", "40", *keys)

    def type_text(self, text: str) -> None:
        """Type a text where the keyboard is.

        Other characters than ASCII would need a new keyboard layout for each, and some of them get lost then.
        """
        assert text.isascii(), text
        self.output_of("xdotool", "type", "--delay", "15", "--", text)

    def choose_folder(self, dialog_title: str, path: Path) -> None:
        """Answer a folder dialog (Qt's own, not the platform's) by typing the path."""
        self.focus(dialog_title)
        self.press("ctrl+a")
        self.type_text(str(path))
        self.press("Return")
        self.wait_for_no_window(dialog_title)

    def close(self, title: str) -> None:
        """Close a window as its cross does: by asking the program."""
        self.output_of("wmctrl", "-i", "-c", self.wait_for_window(title))

    def click(self, x: int, y: int) -> None:
        """Click with the mouse at a place of the screen, in pixels."""
        self.output_of("xdotool", "mousemove", str(x), str(y), "click", "1")

    def popups(self) -> list[tuple[int, int, int, int]]:
        """Left, top, width and height of the windows with notifications, the topmost first, in pixels."""
        found = (map(int, numbers) for numbers in _POPUPS.findall(self.output_of("xwininfo", "-root", "-tree")))
        # Such services have a tiny window besides, in which nothing is shown.
        return sorted(
            ((x, y, width, height) for width, height, x, y in found if width > 50), key=lambda place: place[1]
        )

    def screenshot(self, name: str) -> Path:
        """Write the whole screen to ``build/screenshots/<name>.png``."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], env=self.environment, check=True, timeout=20)
        return path

    def tray_icon(self, timeout_s: float = 10.0) -> TrayIcon:
        """The only tray icon of a running program, as soon as the panel knows it."""

        def live() -> list[str]:
            items = registered_items(self.connection)
            return [item for item in items if self.has_owner(item.partition("/")[0])]

        return TrayIcon(self.connection, wait_until(live, "a tray icon", timeout_s)[0])

    def account(self) -> str:
        """What a failure is explained by: the windows, and what each program has printed or logged last."""
        parts = [self.output_of("wmctrl", "-lp") or "no windows, or no answer from the window manager"]
        parts += [f"exit status {process.poll()}: {process.args!r}" for process in self._processes]
        for log in sorted([*self.folder.glob("*.log"), *self.folder.glob("state/**/*.log")]):
            parts.append(f"--- {log.relative_to(self.folder)}\n{log.read_text(errors='replace')[-ACCOUNT_CHARS:]}")
        return "\n".join(parts)

    def has_owner(self, name: str) -> bool:
        """Whether a program has this name on the bus."""
        return bool(self.connection.send_and_get_reply(message_bus.NameHasOwner(name)).body[0])

    def recorded(self, call: str) -> list[dict[str, Any]]:
        """The calls of one name that the recording services were given, in order."""
        log = self.folder / "calls.jsonl"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["call"] == call]

    def stop(self) -> None:
        """Stop what was started here, the last first."""
        for process in reversed(self._processes):
            stop(process)


@contextlib.contextmanager
def desktop_session(folder: Path, panel: Panel = Panel.RECORDED, uid: int | None = None) -> Iterator[Desktop]:
    """Run a session for the length of a ``with`` block.

    Args:
        folder: An empty folder, with a short path: sockets lie in it.
        panel: What hosts tray icons.
        uid: The user whose bus it is, and who owns the folder; otherwise the one who runs the tests.
    """
    programs = {
        Panel.XFCE: ["xfce4-panel"],
        Panel.NOTIFYD: ["xfce4-panel"],
        Panel.TRAYER: ["trayer", "dunst"],
    }.get(panel, [])
    missing = [
        name for name in ("Xvfb", "dbus-daemon", "openbox", "xdotool", "import", *programs) if not shutil.which(name)
    ]
    if missing:
        raise RuntimeError(f"not installed: {', '.join(missing)}; `make test` installs what the tests need")
    environment = _environment(folder)
    with contextlib.ExitStack() as stack:
        stack.callback(_end_strays, environment["XDG_RUNTIME_DIR"])
        environment["DISPLAY"] = stack.enter_context(_x_server(environment, folder))
        environment["DBUS_SESSION_BUS_ADDRESS"] = stack.enter_context(_session_bus(environment, folder, panel, uid))
        connection = stack.enter_context(open_dbus_connection(environment["DBUS_SESSION_BUS_ADDRESS"]))
        desktop = Desktop(folder, environment, connection)
        stack.callback(desktop.stop)
        desktop.start("openbox")
        wait_until(
            lambda: "window id" in desktop.output_of("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"),
            "the window manager",
        )
        _start_panel(desktop, panel)
        try:
            yield desktop
        except Exception as failure:
            desktop.screenshot("failure")
            failure.add_note(desktop.account())
            raise


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process: ask, wait, insist."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait(END_S)


def _environment(folder: Path) -> dict[str, str]:
    environment = {
        name: value for name, value in os.environ.items() if name not in {"QT_QPA_PLATFORM", "WAYLAND_DISPLAY"}
    }
    environment["HOME"] = str(folder)
    places = {
        "CONFIG_HOME": "config",
        "DATA_HOME": "data",
        "STATE_HOME": "state",
        "CACHE_HOME": "cache",
        "RUNTIME_DIR": "run",
    }
    for variable, name in places.items():
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        environment[f"XDG_{variable}"] = str(folder / name)
    environment["XDG_SESSION_TYPE"] = "x11"
    environment["NO_AT_BRIDGE"] = "1"
    return environment


@contextlib.contextmanager
def _x_server(environment: dict[str, str], folder: Path) -> Iterator[str]:
    # The server itself chooses a display that is free and says which: a number tried here could be taken by another.
    reading, writing = os.pipe()
    with (folder / "xvfb.log").open("wb") as log, open(reading, encoding="ascii") as answer:
        # Without "-noreset" the server starts over when its only client leaves, and throws out whoever is just coming.
        command = ["Xvfb", "-displayfd", str(writing), "-noreset", "-screen", "0", SCREEN, "-nolisten", "tcp"]
        command += ["-dpi", "96"]
        server = subprocess.Popen(command, env=environment, pass_fds=[writing], stdout=log, stderr=log)
        os.close(writing)
        try:
            number = answer.readline().strip()
            if not number:
                raise RuntimeError(f"Xvfb did not start: {(folder / 'xvfb.log').read_text()}")
            yield f":{number}"
        finally:
            stop(server)


@contextlib.contextmanager
def _session_bus(environment: dict[str, str], folder: Path, panel: Panel, uid: int | None) -> Iterator[str]:
    services = folder / "services"
    services.mkdir()
    # Where the panel keeps its settings, and what lets screen readers in; the bus starts both when they are asked for.
    names = ["org.xfce.Xfconf", "org.a11y.Bus"]
    if panel is Panel.NOTIFYD:
        names.append("org.xfce.xfce4-notifyd.Notifications")
    for name in names:
        service = Path(f"/usr/share/dbus-1/services/{name}.service")
        if service.exists():
            shutil.copy(service, services)
    config = folder / "bus.conf"
    config.write_text(BUS_CONFIG.format(folder=folder), encoding="utf-8")
    if uid is not None:
        for path in (folder, *folder.iterdir()):
            os.chown(path, uid, uid)
    with (folder / "dbus.log").open("wb") as log:
        command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"]
        bus = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, user=uid, group=uid)
        assert bus.stdout is not None
        try:
            with bus.stdout:
                address = bus.stdout.readline().decode("ascii").strip()
                if not address:
                    raise RuntimeError(f"dbus-daemon did not start: {(folder / 'dbus.log').read_text()}")
                yield address
        finally:
            stop(bus)


def _start_panel(desktop: Desktop, panel: Panel) -> None:
    if panel is Panel.NONE:
        return
    if panel is Panel.TRAYER:
        desktop.start("trayer", "--edge", "bottom", "--align", "right", "--SetDockType", "true", "--height", "32")
        wait_until(lambda: desktop.output_of("xdotool", "search", "--class", "trayer"), "the tray")
        config = desktop.folder / "dunstrc"
        config.write_text(DUNST_CONFIG, encoding="utf-8")
        desktop.start("dunst", "-conf", str(config))
        wait_until(lambda: desktop.has_owner(NOTIFICATIONS), "the notification service")
        return
    if panel is not Panel.NOTIFYD:
        _start_recorder(desktop, panel)
    if panel is not Panel.RECORDED:
        _start_xfce(desktop)


def _start_recorder(desktop: Desktop, panel: Panel) -> None:
    calls = str(desktop.folder / "calls.jsonl")
    options = [] if panel is Panel.XFCE else ["--with-tray-host"]
    desktop.start(sys.executable, "-m", "tests.helpers.bus_services", calls, *options, name="services")
    wait_until(lambda: "ready" in desktop.log_of("services"), "the recording services")


def _start_xfce(desktop: Desktop) -> None:
    config = Path(desktop.environment["XDG_CONFIG_HOME"]) / "xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml"
    config.parent.mkdir(parents=True)
    config.write_text(PANEL_CONFIG, encoding="utf-8")
    desktop.start("xfce4-panel", "--disable-wm-check")
    wait_until(lambda: desktop.has_owner("org.kde.StatusNotifierWatcher"), "the panel", timeout_s=20)


def _end_strays(runtime_folder: str) -> None:
    """End what the session's programs and its bus have started themselves: all that carry its runtime folder."""
    mark = f"XDG_RUNTIME_DIR={runtime_folder}".encode()

    def strays() -> list[int]:
        found = []
        for status in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):  # ended meanwhile, or another user's
                if mark in status.read_bytes().split(b"\0"):
                    found.append(int(status.parent.name))
        return [pid for pid in found if pid != os.getpid()]

    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in strays():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: not strays(), "the end of the session's processes", END_S)

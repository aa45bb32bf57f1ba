"""A person at the desktop: reads what is on the screen, clicks and presses keys, and counts both."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.desktop import Desktop
from tests.helpers.reader import Control, ScreenReader
from tests.helpers.trees import read_tree
from tests.helpers.waiting import wait_until

QUIT_LIMIT_S = 2.0
# An interval of 5 s, and what copying and a busy machine take on top.
FOLLOW_LIMIT_S = 10.0
READABLE = {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}


class Person:
    """Uses programs that were started readable."""

    def __init__(self, desktop: Desktop, reader: ScreenReader) -> None:
        """Sit down at a desktop."""
        self._desktop = desktop
        self._reader = reader
        self.actions = 0

    def click(self, name: str, role: str = "", window: str = "") -> None:
        """Click what is called so, with the mouse, as soon as it is there and can be used."""
        control = self.wait_for(name, role, window)
        x, y = self._reader.centre(control)
        self._desktop.output_of("xdotool", "mousemove", str(x), str(y), "click", "1")
        self.actions += 1

    def press(self, key: str) -> None:
        """Press a key, or keys together."""
        self._desktop.press(key)
        self.actions += 1

    def wait_for(self, name: str, role: str = "", window: str = "", timeout_s: float = 10.0) -> Control:
        """The control of this name, as soon as it is on the screen and can be used."""

        def usable() -> list[Control]:
            control = self._reader.find(name, role, window)
            return [control] if control is not None and control.is_enabled else []

        try:
            return wait_until(usable, f"{role or 'something'} called {name!r}", timeout_s)[0]
        except TimeoutError as failure:
            failure.add_note(f"on the screen: {self._reader.texts()}")
            raise

    def sees(self, text: str, window: str = "") -> bool:
        """Whether a text is on the screen."""
        return any(re.search(text, name) for name in self._reader.texts(window))

    def wait_to_see(self, text: str, window: str = "", timeout_s: float = 10.0) -> None:
        """Wait until a text is on the screen."""
        try:
            wait_until(lambda: self.sees(text, window), f"the words {text!r}", timeout_s)
        except TimeoutError as failure:
            failure.add_note(f"on the screen: {self._reader.texts()}")
            raise


@contextmanager
def person_at(desktop: Desktop) -> Iterator[Person]:
    """A person for the length of a ``with`` block."""
    reader = ScreenReader(desktop.connection)
    try:
        yield Person(desktop, reader)
    finally:
        reader.close()


def start_app(desktop: Desktop, *options: str, name: str = "app", is_readable: bool = False) -> subprocess.Popen[bytes]:
    """Start the program in the session; ``is_readable`` lets it be read by a person."""
    command = (sys.executable, "-X", "faulthandler", "-m", "backup_gui", *options)
    return desktop.start(*command, name=name, environment=READABLE if is_readable else None)


def quit_app(desktop: Desktop, app: subprocess.Popen[bytes]) -> None:
    """Quit by the tray icon's menu, saying yes if asked; must end in order, and soon."""
    desktop.tray_icon().click("Quit")
    wait_until(lambda: app.poll() is not None or desktop.windows("^Quit"), "an answer to Quit")
    start_s = time.monotonic()
    if app.poll() is None:
        desktop.focus("^Quit")
        start_s = time.monotonic()
        desktop.press("Return")
    app.wait(15)
    took_s = time.monotonic() - start_s
    assert app.returncode == 0, desktop.log_of("app")
    assert took_s < QUIT_LIMIT_S


def wait_for_mirror(source: Path, destination: Path) -> None:
    """Wait until the destination has what the source has."""
    wait_until(lambda: _has_same_tree(source, destination), "the mirror to agree with the source", FOLLOW_LIMIT_S)


def _has_same_tree(source: Path, destination: Path) -> bool:
    try:
        return read_tree(source) == read_tree(destination)
    except FileNotFoundError:  # a temporary went while it was read, or there is no destination yet
        return False

"""Starts the app at login: by a desktop entry, a launch agent or a registry value. Must not import Qt."""

from __future__ import annotations

import contextlib
import os
import plistlib
import re
import shlex
import site
import subprocess
import sys
from enum import Enum, auto
from pathlib import Path
from typing import Protocol
from xml.parsers.expat import ExpatError

import backup_gui
from backup_gui.config.folders import home

_ENTRY_NAME = "backup-gui"
# In the form that macOS asks for, a domain from its end. Nobody can own "local", which is kept for each network itself.
_AGENT_LABEL = "local.backup-gui"
# On Windows, the end of the name of the program for the command line, which would open a console at each login.
_CONSOLE_END = "-cli.exe"
# Characters that the name of a program in a desktop entry must not have: launchers look for it before they undo "%%".
_UNFIT_FOR_PROGRAM = frozenset("%=")
# How desktops switch an entry off in their own settings: "Hidden", and a key for each of several desktops.
_IS_OFF = re.compile(r"^(Hidden\s*=\s*(true|1)|X-\w+-Autostart-enabled\s*=\s*(false|0))\s*$", re.MULTILINE)


class LoginState(Enum):
    """What the system does at login: nothing was entered; it was, but is switched off; or it starts the app."""

    ABSENT = auto()
    OFF = auto()
    ON = auto()


class LoginEntry(Protocol):
    """The entry by which the system starts the app at login."""

    def state(self) -> LoginState:
        """Return what is so: an installer may have made the entry, and the user switched it off elsewhere.

        Raises:
            OSError: It cannot be read.
        """
        ...

    def write(self, command: tuple[str, ...]) -> None:
        """Create or update the entry, and switch it on.

        Raises:
            OSError: It cannot be written.
        """
        ...

    def remove(self) -> None:
        """Remove the entry if it is there.

        Raises:
            OSError: It cannot be removed.
        """
        ...


def login_entry() -> LoginEntry:
    """The entry for the current platform."""
    if sys.platform == "win32":
        return RegistryEntry()
    if sys.platform == "darwin":
        return LaunchAgent(Path(home()) / "Library" / "LaunchAgents")
    base = os.environ.get("XDG_CONFIG_HOME", "")
    config = Path(base) if os.path.isabs(base) else Path(home()) / ".config"
    return DesktopEntry(config / "autostart")


def start_command(*, is_hidden: bool) -> tuple[str, ...]:
    """The command that starts this program, hidden or not, in the same way as the current process."""
    options = ("--hidden",) if is_hidden else ()
    if getattr(sys, "frozen", False):
        program = sys.executable
        if program.endswith(_CONSOLE_END):
            program = program.removesuffix(_CONSOLE_END) + ".exe"
        return (program, *options)
    return (sys.executable, _isolation(), "-m", "backup_gui", *options)


def _isolation() -> str:
    """The option that stops the interpreter from importing modules of the home folder and the current folder.

    Otherwise anyone who can write a file there, such as ``sitecustomize.py``, could run code in the program. If the
    program is installed for this user only, its libraries are in the home folder too. Then the option excludes only
    the current folder.
    """
    is_users_own = Path(backup_gui.__file__).is_relative_to(site.getusersitepackages())
    return "-P" if is_users_own else "-I"


class DesktopEntry:
    """An entry in the desktop's autostart folder (XDG autostart)."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{_ENTRY_NAME}.desktop"

    def state(self) -> LoginState:
        """Read the file."""
        try:
            content = self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return LoginState.ABSENT
        return LoginState.OFF if _IS_OFF.search(content) else LoginState.ON

    def write(self, command: tuple[str, ...]) -> None:
        """Write the file."""
        lines = (
            "[Desktop Entry]",
            "Type=Application",
            "Version=1.4",
            "Name=Folder Backup",
            "Comment=Keeps an exact, current copy of a folder",
            # Without it, an entry that outlives the program is an error message at each login.
            f"TryExec={_escaped(command[0])}",
            f"Exec={_escaped(' '.join(_quoted(part) for part in _launchable(command)))}",
            "Icon=backup-gui",
            "Terminal=false",
            "X-GNOME-Autostart-enabled=true",
        )
        _write_whole(self._path, ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))

    def remove(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)


class LaunchAgent:
    """A launch agent of macOS, in the given folder of agents."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{_AGENT_LABEL}.plist"

    def state(self) -> LoginState:
        """Read the file."""
        try:
            content = plistlib.loads(self._path.read_bytes())
        except FileNotFoundError:
            return LoginState.ABSENT
        except (ValueError, ExpatError):
            return LoginState.OFF
        is_off = not isinstance(content, dict) or content.get("Disabled", False)
        return LoginState.OFF if is_off else LoginState.ON

    def write(self, command: tuple[str, ...]) -> None:
        """Write the file."""
        content = {"Label": _AGENT_LABEL, "ProgramArguments": list(command), "RunAtLoad": True}
        _write_whole(self._path, plistlib.dumps(content))

    def remove(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)


class RegistryEntry:
    """A value below the user's ``Run`` key of Windows."""

    KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
    # Where the system's own list of programs that start at login keeps what the user has switched off.
    APPROVED_KEY = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"

    def state(self) -> LoginState:
        """Read the value, and whether the user has switched it off."""
        if self._value(self.KEY) is None:
            return LoginState.ABSENT
        approved = self._value(self.APPROVED_KEY)
        # An odd first byte says that it is off; the others, since when.
        is_off = isinstance(approved, bytes) and bool(approved) and approved[0] % 2 == 1
        return LoginState.OFF if is_off else LoginState.ON

    def write(self, command: tuple[str, ...]) -> None:
        """Write the value."""
        self._delete(self.APPROVED_KEY)
        if sys.platform == "win32":
            import winreg  # noqa: PLC0415 - there is none elsewhere

            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, self.KEY) as key:
                winreg.SetValueEx(key, _ENTRY_NAME, 0, winreg.REG_SZ, subprocess.list2cmdline(command))

    def remove(self) -> None:
        """Remove the value."""
        self._delete(self.KEY)
        self._delete(self.APPROVED_KEY)

    @staticmethod
    def _value(key_name: str) -> object:
        if sys.platform == "win32":
            import winreg  # noqa: PLC0415 - there is none elsewhere

            with (
                contextlib.suppress(FileNotFoundError),
                winreg.OpenKey(winreg.HKEY_CURRENT_USER, key_name) as key,
            ):
                return winreg.QueryValueEx(key, _ENTRY_NAME)[0]
        return None

    @staticmethod
    def _delete(key_name: str) -> None:
        if sys.platform == "win32":
            import winreg  # noqa: PLC0415 - there is none elsewhere

            with (
                contextlib.suppress(FileNotFoundError),
                winreg.OpenKey(winreg.HKEY_CURRENT_USER, key_name, access=winreg.KEY_SET_VALUE) as key,
            ):
                winreg.DeleteValue(key, _ENTRY_NAME)


def _launchable(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command as desktop entries can have it: through a shell if the program's own name does not fit."""
    if _UNFIT_FOR_PROGRAM.isdisjoint(command[0]):
        return command
    return ("/bin/sh", "-c", 'exec "$0" "$@"', *command)


def _quoted(argument: str) -> str:
    """Quote one argument as the desktop entry specification asks for."""
    escaped = argument.replace("%", "%%")
    if shlex.quote(argument) == argument:
        return escaped
    for character in ("\\", '"', "`", "$"):
        escaped = escaped.replace(character, f"\\{character}")
    return f'"{escaped}"'


def _escaped(value: str) -> str:
    """Escape a value of a desktop entry, which is one line."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _write_whole(path: Path, content: bytes) -> None:
    """Replace a file atomically, so that it is never incomplete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)

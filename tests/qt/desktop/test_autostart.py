"""Starting at login."""

from __future__ import annotations

import plistlib
import re
import site
import subprocess
import sys
from pathlib import Path

import pytest

import backup_gui
from backup_gui.desktop.autostart import (
    DesktopEntry,
    LaunchAgent,
    LoginState,
    RegistryEntry,
    login_entry,
    start_command,
)

COMMAND = ("/opt/My Apps/100%/b$ckup", "--hidden", 'a"b`c\\d')


def exec_line(folder: Path) -> str:
    lines = (folder / "backup-gui.desktop").read_text().splitlines()
    assert lines[0] == "[Desktop Entry]"
    return next(line.removeprefix("Exec=") for line in lines if line.startswith("Exec="))


def test_the_desktop_entry_is_written_and_removed(tmp_path: Path) -> None:
    entry = DesktopEntry(tmp_path / "autostart")
    assert entry.state() is LoginState.ABSENT
    entry.write(("/usr/bin/backup-gui", "--hidden"))
    assert entry.state() is LoginState.ON
    assert exec_line(tmp_path / "autostart") == "/usr/bin/backup-gui --hidden"
    entry.remove()
    entry.remove()
    assert entry.state() is LoginState.ABSENT
    assert list((tmp_path / "autostart").iterdir()) == []


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled = false", "X-MATE-Autostart-enabled=false"])
def test_an_entry_that_the_desktop_has_switched_off_is_off(tmp_path: Path, line: str) -> None:
    entry = DesktopEntry(tmp_path)
    entry.write(COMMAND)
    path = tmp_path / "backup-gui.desktop"
    kept = [other for other in path.read_text().splitlines() if not other.startswith(line[:16])]
    path.write_text("\n".join([*kept, line, ""]))
    assert entry.state() is LoginState.OFF
    entry.write(COMMAND)
    assert entry.state() is LoginState.ON, "switched on in the app, it is on"


def test_an_agent_that_was_switched_off_is_off(tmp_path: Path) -> None:
    agent = LaunchAgent(tmp_path)
    path = tmp_path / "local.backup-gui.plist"
    path.write_bytes(plistlib.dumps({"Label": "local.backup-gui", "Disabled": True}))
    assert agent.state() is LoginState.OFF
    path.write_bytes(b"not a list of properties")
    assert agent.state() is LoginState.OFF


def as_read(value: str) -> list[str]:
    """The arguments of a desktop entry's command: a string's escapes are undone, then it is split, then %% is %."""
    string = re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1]), value)
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', string, re.DOTALL)
    arguments = [re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for quoted, plain in parts]
    return [argument.replace("%%", "%") for argument in arguments]


def test_odd_characters_in_the_command_survive(tmp_path: Path) -> None:
    DesktopEntry(tmp_path).write(COMMAND)
    assert tuple(as_read(exec_line(tmp_path))[-len(COMMAND) :]) == COMMAND


ODD_NAMES = [
    "a b",
    'a "b"',
    "100%",
    "$HOME x",
    "back\\slash `x`",
    "tab\there",
    "ümlaut ~&;",
    "a=b",
    "new\nline",
    "%f",
    "%%",
]


@pytest.mark.posix("such names of programs")
@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_entry_starts_a_program_of_any_name(tmp_path: Path, name: str) -> None:
    program = tmp_path / name / "run me"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n')
    program.chmod(0o755)
    command = (str(program), "--hidden", "50%")
    DesktopEntry(tmp_path).write(command)
    arguments = as_read(exec_line(tmp_path))
    # Launchers such as GLib's look for the program before they undo "%%", and "=" is not allowed in its name.
    assert not set("%=") & set(exec_line(tmp_path).split()[0] if arguments[0] == "/bin/sh" else arguments[0])
    started = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert started.stdout == "".join(f"{argument}\n" for argument in command)


@pytest.mark.posix("a backslash in a name")
def test_an_entry_that_outlives_the_program_is_passed_over(tmp_path: Path) -> None:
    program = tmp_path / "My \\ Apps" / "backup-gui"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    DesktopEntry(tmp_path).write((str(program), "--hidden"))
    lines = (tmp_path / "backup-gui.desktop").read_text().splitlines()
    (tried,) = [line.removeprefix("TryExec=") for line in lines if line.startswith("TryExec=")]
    assert tried.replace("\\\\", "\\") == str(program)


def test_the_launch_agent_is_written_and_removed(tmp_path: Path) -> None:
    agent = LaunchAgent(tmp_path)
    agent.write(COMMAND)
    assert agent.state() is LoginState.ON
    # Its file is called like it.
    content = plistlib.loads((tmp_path / "local.backup-gui.plist").read_bytes())
    assert content == {"Label": "local.backup-gui", "ProgramArguments": list(COMMAND), "RunAtLoad": True}
    agent.remove()
    assert agent.state() is LoginState.ABSENT


@pytest.mark.skipif(sys.platform != "linux", reason="XDG autostart")
def test_the_entry_lies_in_the_users_configuration(own_places: Path) -> None:
    entry = login_entry()
    entry.write(("/bin/true",))
    assert (own_places / "config" / "autostart" / "backup-gui.desktop").is_file()


def test_the_command_starts_this_program(monkeypatch: pytest.MonkeyPatch) -> None:
    assert start_command(is_hidden=True) == (sys.executable, "-I", "-m", "backup_gui", "--hidden")
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(Path(backup_gui.__file__).parents[1]))
    assert start_command(is_hidden=True)[1] == "-P", (
        "installed for this user only, its libraries lie in the home folder"
    )
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert start_command(is_hidden=False) == (sys.executable,)
    monkeypatch.setattr(sys, "executable", "C:\\Folder Backup\\backup-gui-cli.exe")
    assert start_command(is_hidden=True) == ("C:\\Folder Backup\\backup-gui.exe", "--hidden"), "it opens a console"


@pytest.mark.skipif(sys.platform != "win32", reason="the registry")
def test_the_value_in_the_registry_is_written_and_removed() -> None:
    winreg = pytest.importorskip("winreg")
    entry = login_entry()
    entry.remove()
    assert entry.state() is LoginState.ABSENT
    entry.write((r"C:\Folder Backup\backup-gui.exe", "--hidden"))
    assert entry.state() is LoginState.ON
    # As the task manager does to switch it off.
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RegistryEntry.APPROVED_KEY) as key:
        winreg.SetValueEx(key, "backup-gui", 0, winreg.REG_BINARY, b"\x03" + bytes(11))
    assert entry.state() is LoginState.OFF
    entry.write((r"C:\Folder Backup\backup-gui.exe", "--hidden"))
    assert entry.state() is LoginState.ON
    entry.remove()
    entry.remove()
    assert entry.state() is LoginState.ABSENT


@pytest.mark.hazard(69)
def test_a_start_at_login_imports_nothing_from_the_home_folder(own_places: Path, tmp_path: Path) -> None:
    planted = "raise SystemExit('imported from the home folder')"
    users_own = own_places / ".local/lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    users_own.mkdir(parents=True)
    for folder in (own_places, users_own):
        for name in ("sitecustomize.py", "usercustomize.py", "json.py", "backup_gui.py"):
            (folder / name).write_text(planted)
    interpreter, *options = start_command(is_hidden=True)
    environment = {"HOME": str(own_places), "PYTHONPATH": str(own_places), "PATH": "/usr/bin:/bin"}
    command = [interpreter, *options[:-1], "--version"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=own_places, env=environment)
    assert (result.returncode, result.stdout) == (0, f"backup-gui {backup_gui.__version__}\n"), result


def test_an_entry_of_an_earlier_version_is_renewed(tmp_path: Path) -> None:
    entry = DesktopEntry(tmp_path)
    entry.write((sys.executable, "-m", "backup_gui", "--hidden"))
    entry.write(start_command(is_hidden=True))
    assert exec_line(tmp_path).endswith(" -I -m backup_gui --hidden")

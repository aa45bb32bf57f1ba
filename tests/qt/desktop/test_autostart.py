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
from backup_gui.desktop.autostart import DesktopEntry, LaunchAgent, login_entry, start_command

COMMAND = ("/opt/My Apps/100%/b$ckup", "--hidden", 'a"b`c\\d')


def exec_line(folder: Path) -> str:
    lines = (folder / "backup-gui.desktop").read_text().splitlines()
    assert lines[0] == "[Desktop Entry]"
    return next(line.removeprefix("Exec=") for line in lines if line.startswith("Exec="))


def test_the_desktop_entry_is_written_and_removed(tmp_path: Path) -> None:
    entry = DesktopEntry(tmp_path / "autostart")
    assert not entry.is_there()
    entry.write(("/usr/bin/backup-gui", "--hidden"))
    assert entry.is_there()
    assert exec_line(tmp_path / "autostart") == "/usr/bin/backup-gui --hidden"
    entry.remove()
    entry.remove()
    assert not entry.is_there()
    assert list((tmp_path / "autostart").iterdir()) == []


def test_odd_characters_in_the_command_survive(tmp_path: Path) -> None:
    DesktopEntry(tmp_path).write(COMMAND)
    value = exec_line(tmp_path)
    # First the escapes of a desktop file's string are undone, then the arguments are split and unquoted, then %% is %.
    string = value.replace("\\\\", "\\")
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', string)
    arguments = [re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for quoted, plain in parts]
    assert tuple(argument.replace("%%", "%") for argument in arguments) == COMMAND


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
    assert agent.is_there()
    # Its file is called like it.
    content = plistlib.loads((tmp_path / "local.backup-gui.plist").read_bytes())
    assert content == {"Label": "local.backup-gui", "ProgramArguments": list(COMMAND), "RunAtLoad": True}
    agent.remove()
    assert not agent.is_there()


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
    entry = login_entry()
    entry.remove()
    assert not entry.is_there()
    entry.write((r"C:\Folder Backup\backup-gui.exe", "--hidden"))
    assert entry.is_there()
    entry.remove()
    entry.remove()
    assert not entry.is_there()


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

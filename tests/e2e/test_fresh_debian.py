"""Each package on a computer that has nothing but a minimal Debian: installed, started from the menu, used, removed.

Run by `make test-package`, after `make package`. Nobody is root there but who installs the Debian package.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney.bus_messages import message_bus

from tests.e2e.test_first_minutes import first_run
from tests.helpers.desktop import Desktop, desktop_session
from tests.helpers.drive import Drive, plugged_in
from tests.helpers.fresh_debian import UID, FreshDebian, fresh_debian, own
from tests.helpers.person import READABLE, person_at, wait_for_mirror
from tests.helpers.project import PROJECT
from tests.helpers.tray import registered_items
from tests.helpers.trees import read_tree
from tests.helpers.waiting import wait_until

pytestmark = [pytest.mark.fresh, pytest.mark.timeout(1800)]

DIST = PROJECT / "dist"
WINDOW = "^Folder Backup$"
DRIVE_BYTES = 256 * 1024**2
SYSTEM_ENTRY = "/usr/share/applications/backup-gui.desktop"
OWN_FOLDER = "/usr/lib/backup-gui/"
# What the packaged program brings with it.
FROZEN = re.compile(r"\.pyc?$|python|libQt6|PySide|shiboken|libicu", re.IGNORECASE)
# Flags and path of a call that opened a file.
OPENED = re.compile(r"(?m)^open\w*\(.*?, (O_[A-Z_|]+).* = \d+<(.*)>$")
# All others of the window need one of these.
LOW_LIBRARIES = ("libegl1", "libgl1", "libx11-6", "libdbus-1-3", "libxcb1", "libfreetype6", "libwayland-client0")
START_LIMIT_S = 60.0
QUIT_LIMIT_S = 5.0


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def debian(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshDebian]:
    # Who asks for these tests is not told that all is well because none has run.
    assert os.geteuid() == 0, "making a system needs root"
    folder = tmp_path_factory.mktemp("debian")
    # Its user has to pass through.
    for path in (folder, *list(folder.parents)[:2]):
        path.chmod(0o711)
    with fresh_debian(request.param, folder) as system:
        yield system


@pytest.fixture
def desktop(session_folder: Path) -> Iterator[Desktop]:
    with desktop_session(session_folder, uid=UID) as running:
        yield running


@pytest.fixture
def drive(debian: FreshDebian, tmp_path: Path) -> Iterator[Drive]:
    with plugged_in(tmp_path, DRIVE_BYTES, media=debian.root / "media") as plugged:
        os.chown(plugged.root, UID, UID)
        yield plugged


@pytest.fixture
def documents(session_folder: Path) -> Path:
    folder = session_folder / "Documents"
    folder.mkdir()
    (folder / "Notes.txt").write_text("first")
    own(folder)
    return folder


def package(pattern: str) -> Path:
    (found,) = DIST.glob(pattern)
    return found


def test_the_archive_names_what_it_lacks_and_runs_once_that_is_there(
    debian: FreshDebian, desktop: Desktop, documents: Path, drive: Drive
) -> None:
    """The first: nothing has been installed yet."""
    home = desktop.folder
    with debian.at(desktop):
        archive = debian.give(package("backup-gui-*-linux-*.tar.xz"))
        debian.install("xz-utils")
        environment = desktop.environment
        debian.run("tar", "-C", str(home), "-xf", archive, uid=UID, environment=environment)
        (unpacked,) = home.glob("backup-gui-*")
        for _ in range(2):
            said = debian.run("sh", f"{unpacked}/install.sh", uid=UID, environment=environment)
            assert "is installed" in said

        program = f"{home}/.local/bin/backup-gui"
        type_what_it_says(debian, program, environment)
        debian.install("fonts-dejavu-core", "libglib2.0-bin")
        use(debian, desktop, documents, drive, f"{home}/.local/share/applications/backup-gui.desktop", "archive")

        kept = everything(home, drive)
        said = debian.run("sh", f"{home}/.local/lib/backup-gui/uninstall.sh", uid=UID, environment=environment)
        assert "is removed" in said
        assert not list((home / ".local").rglob("*backup-gui*"))
        assert not list((home / "config" / "autostart").iterdir())
        assert everything(home, drive) == kept


def test_the_debian_package_has_all_that_it_needs(
    debian: FreshDebian, desktop: Desktop, documents: Path, drive: Drive
) -> None:
    file = debian.give(package("*.deb"))
    # What the archive needed is gone again, so that the package brings all of its own.
    debian.run("apt-get", "purge", "--autoremove", "--yes", "libglib2.0-bin", *LOW_LIBRARIES)
    debian.install(file)
    look = "find /usr/lib/backup-gui -type f -name '*.so*' | xargs ldd 2>/dev/null | grep 'not found' || true"
    lacking = debian.run("sh", "-c", f"export LD_LIBRARY_PATH=/usr/lib/backup-gui/_internal; {look}")
    assert lacking == ""
    assert debian.run("backup-gui", "--version", uid=UID).startswith("backup-gui ")
    debian.install("libglib2.0-bin")
    with debian.at(desktop):
        use(debian, desktop, documents, drive, SYSTEM_ENTRY, "deb")
        look_at_what_it_opens(debian, desktop, documents, drive)
        kept = everything(desktop.folder, drive)
        debian.run("apt-get", "remove", "--yes", "backup-gui")
        assert everything(desktop.folder, drive) == kept
    left = debian.run("find", "/usr", "/etc", "/opt", "-name", "*backup-gui*")
    assert left == ""


@pytest.mark.parametrize("tool", ["pipx", "uv"])
def test_the_wheel_runs_with_the_tools_that_install_it(
    tool: str, debian: FreshDebian, desktop: Desktop, documents: Path, drive: Drive
) -> None:
    home = desktop.folder
    wheels = debian.root / "srv" / "wheels"
    if not wheels.exists():
        # With the settings of whoever runs the tests, so that the system needs none of its own.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(wheels), "--find-links", str(DIST)]
        subprocess.run([*command, str(package("*.whl")), "pip", "setuptools", "wheel", "uv"], check=True)
    debian.install("python3-venv", "pipx", "libglib2.0-bin", "fonts-dejavu-core", "ca-certificates")
    environment = desktop.environment | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/srv/wheels"}
    environment |= {"PIP_CONFIG_FILE": "/dev/null", "PATH": "/usr/bin:/bin", "UV_PYTHON_DOWNLOADS": "never"}
    with debian.at(desktop):
        if tool == "pipx":
            debian.run("pipx", "install", "backup-gui", uid=UID, environment=environment)
        else:
            debian.run("python3", "-m", "venv", f"{home}/uv", uid=UID, environment=environment)
            debian.run(f"{home}/uv/bin/pip", "install", "uv", uid=UID, environment=environment)
            install = ("tool", "install", "--no-index", "--find-links", "/srv/wheels", "backup-gui")
            debian.run(f"{home}/uv/bin/uv", *install, uid=UID, environment=environment)
        (program,) = [*home.glob(".local/bin/backup-gui"), *home.glob("bin/backup-gui")]
        python = re.search(r"#!(\S+)|exec' (\S+)", program.read_text())
        assert python is not None
        module = (python[1] or python[2], "-m", "backup_gui")
        assert debian.run(*module, "--version", uid=UID, environment=environment).startswith("backup-gui ")
        libraries_in(debian, str(program), environment)
        use(debian, desktop, documents, drive, str(program), tool)
        kept = everything(home, drive)
        if tool == "pipx":
            debian.run("pipx", "uninstall", "backup-gui", uid=UID, environment=environment)
        else:
            debian.run(f"{home}/uv/bin/uv", "tool", "uninstall", "backup-gui", uid=UID, environment=environment)
        assert not program.exists()
        assert everything(home, drive) == kept


def type_what_it_says(debian: FreshDebian, program: str, environment: dict[str, str]) -> None:
    """Start it without its libraries, and do what its one sentence says."""
    said = debian.run(program, uid=UID, environment=environment, status=2)
    words = "the window needs system libraries that are missing; install them with"
    line = re.fullmatch(rf"Folder Backup: {words}: sudo apt-get (.+)\n", said)
    assert line is not None, said
    verb, *packages = line[1].split()
    assert verb == "install"
    debian.install(*packages)


def libraries_in(debian: FreshDebian, program: str, environment: dict[str, str]) -> None:
    """See that what the program needs is there, by its own word if need be."""
    without_screen = {name: value for name, value in environment.items() if name != "DISPLAY"}
    said = debian.run("sh", "-c", f"'{program}' || true", uid=UID, environment=without_screen)
    if "no screen" not in said:
        type_what_it_says(debian, program, environment)
    listed = (PROJECT / "packaging" / "linux" / "packages-qt.txt").read_text().splitlines()
    debian.install(*(name for name in listed if not name.startswith("#")))


def use(debian: FreshDebian, desktop: Desktop, documents: Path, drive: Drive, start: str, name: str) -> None:
    """What a person does in the first minutes: set a backup up, see it run, and quit."""
    own(desktop.folder / "run")
    launch = ("gio", "launch", start) if start.endswith(".desktop") else (start,)
    begin_s = time.monotonic()
    desktop.start(*debian.enter(UID), *launch, name=name, environment=READABLE)
    desktop.wait_for_window(WINDOW, START_LIMIT_S)
    print(f"{name} in {debian.root.name}: window after {time.monotonic() - begin_s:.2f} s")
    with person_at(desktop) as person:
        first_run(desktop, person, "keys")
        wait_for_mirror(documents, drive.root / "Documents")
        person.wait_to_see("Everything is backed up")
        desktop.screenshot(f"fresh-{name}-{debian.root.name}")
    assert desktop.tray_icon().icon_bytes
    desktop.close(WINDOW)
    told = wait_until(lambda: desktop.recorded("Notify"), "a notification")
    assert any("Click the icon" in note["body"] for note in told)
    (documents / "Notes.txt").write_text("second")
    wait_for_mirror(documents, drive.root / "Documents")
    process = Path("/proc", str(pid_of(desktop)))
    assert f"\nUid:\t{UID}\t" in (process / "status").read_text()
    quit_from_the_icon(desktop)
    (log,) = (desktop.folder / "state").rglob("backup-gui.log")
    assert "has ended" in log.read_text()
    assert "Traceback" not in log.read_text()


def quit_from_the_icon(desktop: Desktop) -> None:
    """Quit, also if it asks whether it may."""
    process = Path("/proc", str(pid_of(desktop)))
    desktop.tray_icon().click("Quit")
    wait_until(lambda: not is_running(process) or desktop.windows("^Quit"), "an answer to Quit")
    if is_running(process):
        desktop.focus("^Quit")
        desktop.press("Return")
    wait_until(lambda: not is_running(process), "the end", QUIT_LIMIT_S)


def look_at_what_it_opens(debian: FreshDebian, desktop: Desktop, documents: Path, drive: Drive) -> None:
    """See that it has all of Python and Qt from its own folder, and writes to nothing but its own places and the drive.

    For the length of a backup, from the start to the end of the program.
    """
    debian.install("strace")
    traces = desktop.folder / "traces"
    traces.mkdir()
    own(traces)
    # A file for each thread, so that no line is cut in two by one of another.
    watch = (
        "strace",
        "-ff",
        "--seccomp-bpf",
        "-y",
        "-qq",
        "-e",
        "trace=open,openat,openat2,creat",
        "-o",
        f"{traces}/t",
    )
    program = desktop.start(*debian.enter(UID), *watch, "gio", "launch", SYSTEM_ENTRY, name="traced")
    desktop.wait_for_window(WINDOW, START_LIMIT_S)
    (documents / "Notes.txt").write_text("third")
    wait_for_mirror(documents, drive.root / "Documents")
    quit_from_the_icon(desktop)
    program.wait(QUIT_LIMIT_S)

    opened: dict[str, set[str]] = {}
    for trace in traces.iterdir():
        for flags, path in OPENED.findall(trace.read_text(errors="replace")):
            opened.setdefault(path, set()).update(flags.split("|"))
    assert any(FROZEN.search(path) and path.startswith(OWN_FOLDER) for path in opened)
    assert [path for path in opened if FROZEN.search(path) and not path.startswith(OWN_FOLDER)] == []
    on_drive = "/" + str(drive.root.relative_to(debian.root))
    allowed = tuple(f"{folder}/" for folder in (desktop.folder, on_drive, "/dev"))
    written = {path for path, flags in opened.items() if flags & {"O_WRONLY", "O_RDWR", "O_CREAT"}}
    assert f"{on_drive}/Documents" in {os.path.dirname(path) for path in written}
    assert [path for path in sorted(written) if not path.startswith(allowed)] == []


def is_running(process: Path) -> bool:
    """Whether a process still runs; one that was started by the test stays in the table until the test asks for it."""
    try:
        return "\nState:\tZ" not in (process / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def pid_of(desktop: Desktop) -> int:
    """The process that has the tray icon."""
    (item,) = registered_items(desktop.connection)[-1:]
    question = message_bus.GetConnectionUnixProcessID(item.partition("/")[0])
    return int(desktop.connection.send_and_get_reply(question).body[0])


def everything(home: Path, drive: Drive) -> dict[str, object]:
    """The backup, and what the program keeps of its own."""
    places = [home / kind / "backup-gui" for kind in ("config", "data", "state")]
    assert all(path.is_dir() for path in places)
    return {f"{path}/{name}": node for path in (*places, drive.root) for name, node in read_tree(path).items()}

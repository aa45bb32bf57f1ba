"""What `make package` has made, away from where it was made and without the project's Python."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.helpers.desktop import Desktop, desktop_session, stop
from tests.helpers.project import PROJECT
from tests.helpers.trees import read_tree
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.package

DIST = PROJECT / "dist"
MOST_INSTALLED_BYTES = 110 * 10**6
MOST_PACKED_BYTES = 32 * 10**6
MOST_TIMES_AS_LONG = 1.3
STARTS = 5


@pytest.fixture
def program(tmp_path: Path) -> Path:
    # Somewhere else than where it was built, so that nothing in it may point back.
    shutil.copytree(DIST / "backup-gui", tmp_path / "elsewhere", symlinks=True)
    return tmp_path / "elsewhere" / "backup-gui"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with tarfile.open(made("backup-gui-*-linux-*.tar.xz")) as archive:
        folder = tmp_path_factory.mktemp("tarball")
        archive.extractall(folder, filter="data")
    (inside,) = folder.iterdir()
    return inside


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    # Without a percent sign: GLib does not find a program by a path with one, however it is written.
    folder = tmp_path / "My \"new\" $home \\ 'ü'"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def made(pattern: str) -> Path:
    found = sorted(DIST.glob(pattern))
    assert len(found) == 1, f"{found} in dist/ for {pattern}; run `make package` after emptying it"
    return found[0]


def test_it_is_as_small_as_promised() -> None:
    assert sum(path.lstat().st_size for path in (DIST / "backup-gui").rglob("*")) <= MOST_INSTALLED_BYTES
    for pattern in ("*.tar.xz", "*.deb", "*.rpm"):
        assert made(pattern).stat().st_size <= MOST_PACKED_BYTES
    assert not list((DIST / "backup-gui").rglob("*.ts")), "what translations are made of"


def test_a_release_has_every_package() -> None:
    text = (PROJECT / ".github" / "workflows" / "release.yml").read_text()
    (uploaded,) = re.findall(r"(?m)^ +name: linux\n +path: \|\n((?: +dist/\S+\n)+)", text)
    names = uploaded.split()
    packages = [path for path in DIST.iterdir() if path.is_file()]
    assert len(packages) == 5
    for path in packages:
        assert any(fnmatch(f"dist/{path.name}", name) for name in names), path.name


def test_the_command_line_mirrors(program: Path, tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "destination"
    shutil.copytree(PROJECT / "resources", source)
    done = run(program, "run", str(source), str(destination), "--once")
    assert done.returncode == 0, done.stderr
    assert read_tree(destination) == read_tree(source)


def test_a_mistake_gets_a_sentence(program: Path) -> None:
    done = run(program, "run", "/nowhere", "/nowhere/else", "--interval", "0")
    assert done.returncode == 2
    assert "interval" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_file_of_it_names_a_folder_of_the_computer_that_made_it() -> None:
    for path in (DIST / "backup-gui").rglob("*"):
        if path.is_file() and path.name != "backup-gui" and path.read_bytes().startswith(b"\x7fELF"):
            listing = subprocess.run(["objdump", "-p", path], stdout=subprocess.PIPE, text=True, check=True).stdout
            for paths in re.findall(r"(?m)^ +RU?N?PATH +(\S+)$", listing):
                assert all(one.startswith("$ORIGIN") for one in paths.split(":")), path


def test_an_older_c_library_than_it_needs_is_told(unpacked: Path) -> None:
    needed = {(0, 0)}
    for path in (DIST / "backup-gui").rglob("*"):
        if path.is_file() and path.read_bytes().startswith(b"\x7fELF"):
            listing = subprocess.run(["objdump", "-T", path], stdout=subprocess.PIPE, text=True, check=False).stdout
            needed |= {(int(major), int(minor)) for major, minor in re.findall(r"\(GLIBC_(\d+)\.(\d+)", listing)}
    version = ".".join(map(str, max(needed)))
    assert f"It needs glibc {version} or newer" in (unpacked / "README.txt").read_text()
    for package, question, answer in (
        ("*.deb", ["dpkg-deb", "--field"], f"libc6 (>= {version})"),
        ("*.rpm", ["rpm", "--query", "--requires", "--package"], f"libc.so.6(GLIBC_{version})"),
    ):
        told = subprocess.run([*question, made(package)], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert answer in told, package


def test_window_and_tray_icon_appear_and_quitting_ends_it(program: Path, session_folder: Path) -> None:
    with desktop_session(session_folder) as desktop:
        app = desktop.start(str(program), name="packaged")
        desktop.wait_for_window("^Folder Backup$")
        icon = desktop.tray_icon()
        assert "Folder Backup" in icon.tooltip
        assert icon.icon_bytes
        desktop.screenshot("packaged")
        app.terminate()
        assert app.wait(5) in {0, 143}, desktop.log_of("packaged")


def test_it_starts_about_as_fast_as_from_the_checkout(program: Path, session_folder: Path) -> None:
    commands = {"packaged": [str(program)], "checkout": [sys.executable, "-m", "backup_gui"]}
    took_s: dict[str, list[float]] = {name: [] for name in commands}
    with desktop_session(session_folder) as desktop:
        # In turns, so that what else the machine does falls on both; the first of each fills the system's caches.
        for number in range(STARTS + 1):
            for name, command in commands.items():
                took_s[name].append(start_s(desktop, command, f"{name}-{number}"))
    packaged, checkout = (statistics.median(took_s[name][1:]) for name in commands)
    print(f"start to window: packaged {packaged:.2f} s, checkout {checkout:.2f} s")
    assert packaged <= checkout * MOST_TIMES_AS_LONG, took_s


def start_s(desktop: Desktop, command: list[str], name: str) -> float:
    begin_s = time.monotonic()
    app = desktop.start(*command, name=name)
    desktop.wait_for_window("^Folder Backup$")
    took_s = time.monotonic() - begin_s
    stop(app)
    desktop.wait_for_no_window("^Folder Backup$")
    return took_s


def test_it_is_installed_twice_and_removed_for_a_user(unpacked: Path, home: Path) -> None:
    for _ in range(2):
        # A file of an older version that this one has no more.
        assert "is installed" in script(unpacked / "install.sh", home).stdout
        assert run(home / ".local/bin/backup-gui", "--version").stdout.startswith("backup-gui ")
        (home / ".local/lib/backup-gui/_internal/old.so").write_text("")
    script(unpacked / "install.sh", home)
    assert not (home / ".local/lib/backup-gui/_internal/old.so").exists()
    login = home / ".config" / "autostart" / "backup-gui.desktop"
    login.parent.mkdir(parents=True)
    program = str(home / ".local/lib/backup-gui/backup-gui")
    login.write_text("[Desktop Entry]\nTryExec=" + program.replace("\\", "\\\\") + "\n")
    settings = home / ".config" / "backup-gui" / "settings.ini"
    settings.parent.mkdir()
    settings.write_text("kept")

    assert "is removed" in script(home / ".local/lib/backup-gui/uninstall.sh", home).stdout
    assert [path for path, node in read_tree(home).items() if node.kind != "folder"] == [
        str(settings.relative_to(home))
    ]


def test_the_login_entry_of_another_installation_stays(unpacked: Path, home: Path) -> None:
    script(unpacked / "install.sh", home)
    login = home / ".config" / "autostart" / "backup-gui.desktop"
    login.parent.mkdir(parents=True)
    login.write_text("[Desktop Entry]\nTryExec=/usr/lib/backup-gui/backup-gui\n")
    script(unpacked / "uninstall.sh", home)
    assert login.exists()


def test_the_entry_in_the_menu_starts_it_from_a_folder_with_an_odd_name(
    unpacked: Path, home: Path, session_folder: Path
) -> None:
    script(unpacked / "install.sh", home)
    entry = home / ".local" / "share" / "applications" / "backup-gui.desktop"
    assert subprocess.run(["desktop-file-validate", entry], stdout=subprocess.PIPE, check=True).stdout == b""
    with desktop_session(session_folder) as desktop:
        desktop.start("gio", "launch", str(entry), name="launcher")
        desktop.wait_for_window("^Folder Backup$")
        assert "running" in script(unpacked / "install.sh", home, status=1).stderr
        assert "running" in script(unpacked / "uninstall.sh", home, status=1).stderr
        desktop.tray_icon().click("Quit")
        wait_until(lambda: not desktop.windows("^Folder Backup$"), "the end")


def test_an_archive_that_was_not_unpacked_whole_is_told(unpacked: Path, home: Path, tmp_path: Path) -> None:
    for name in ("install.sh", "shared.sh"):
        shutil.copy(unpacked / name, tmp_path / name)
    assert "unpack the whole archive" in script(tmp_path / "install.sh", home, status=1).stderr
    assert not list(home.iterdir())


def test_an_installation_that_fails_leaves_the_old_one(unpacked: Path, home: Path, tmp_path: Path) -> None:
    script(unpacked / "install.sh", home)
    broken = tmp_path / "programs"
    broken.mkdir()
    (broken / "cp").write_text("#!/bin/sh\nexit 1\n")
    (broken / "cp").chmod(0o755)
    script(unpacked / "install.sh", home, status=1, PATH=f"{broken}:{os.environ['PATH']}")
    assert run(home / ".local/bin/backup-gui", "--version").stdout.startswith("backup-gui ")
    assert not (home / ".local/lib/backup-gui.new").exists()


def test_the_package_for_fedora_is_installed_whole_and_removed_whole(unpacked: Path, tmp_path: Path) -> None:
    root = tmp_path / "system"
    root.mkdir()
    # Only root may take an empty folder for a system; to others it looks as if they were.
    rpm = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    rpm += ["rpm", "--root", str(root), "--dbpath", "/database"]
    subprocess.run([*rpm, "--install", "--nodeps", made("*.rpm")], check=True, cwd="/")
    subprocess.run([*rpm, "--verify", "--nodeps", "backup-gui"], check=True, cwd="/")
    assert contents(root / "usr" / "lib" / "backup-gui") == contents(DIST / "backup-gui")
    assert contents(root / "usr" / "share") == contents(unpacked / "files" / "share")
    assert run(root / "usr" / "bin" / "backup-gui", "--version").stdout.startswith("backup-gui ")

    subprocess.run([*rpm, "--erase", "backup-gui"], check=True, cwd="/")
    left = {path: node for path, node in read_tree(root).items() if not path.startswith("database")}
    assert {node.kind for node in left.values()} == {"folder"}
    assert [path for path in left if "backup-gui" in path] == []


def test_lintian_finds_nothing_that_is_not_explained() -> None:
    package = made("*.deb")
    done = subprocess.run(["lintian", "--pedantic", "--fail-on", "error,warning,pedantic", package],
                          capture_output=True, text=True, timeout=100, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout
    explained = (PROJECT / "packaging" / "linux" / "lintian-overrides").read_text().splitlines()
    for before, line in itertools.pairwise(explained):
        assert line.startswith("#") or before.startswith(("#", "backup-gui: ")), f"no word why: {line}"


def test_the_description_for_software_centres_is_in_order(unpacked: Path) -> None:
    metainfo = unpacked / "files" / "share" / "metainfo" / "backup-gui.metainfo.xml"
    # An identifier of the usual form is the reverse of the address of a home page, which there is none of yet.
    accepted = {"cid-desktopapp-is-not-rdns", "cid-contains-hyphen"}
    done = subprocess.run(
        ["appstreamcli", "validate", "--no-net", "--pedantic", metainfo], stdout=subprocess.PIPE, text=True, check=False
    )
    assert set(re.findall(r"(?m)^[EWIP]: \S+ ([\w-]+)", done.stdout)) <= accepted, done.stdout


def contents(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Everything in a folder but its dates and modes."""
    return {path: (node.kind, node.content) for path, node in read_tree(folder).items()}


def script(path: Path, home: Path, *, status: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")} | variables
    done = subprocess.run(["sh", path], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False, cwd="/")

"""What a newer version of the program has written: refused with one sentence, and left as it is, byte for byte."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.destination.marker import FORMAT
from backup_gui.engine.fs.xattrs import MARKER_ATTRIBUTE
from backup_gui.engine.state.schema import SCHEMA_VERSION
from backup_gui.model.paths import MARKER_NAME

LIMIT_S = 60
NEWER = SCHEMA_VERSION + 1
# Leaves a change in the log beside the file, as a crash does.
CRASH = """
import os, sqlite3, sys
catalog = sqlite3.connect(sys.argv[1])
catalog.execute("PRAGMA journal_mode = WAL")
catalog.executescript(sys.argv[2])
os._exit(0)
"""


class Backup:
    """A backup that has a history and has run twice."""

    def __init__(self, root: Path, own_places: Path) -> None:
        self.source, self.mirror, self.history = root / "docs", root / "copy", root / "copy.history"
        self.given = root / "given"
        self._own = own_places
        self._root = root
        self.source.mkdir()
        for text in ("first", "second, longer"):
            (self.source / "letter.txt").write_text(text)
            assert self.run("run", self.source, self.mirror, "--once").returncode == 0
        (self.source / "new.txt").write_text("new")
        (self.catalog,) = (own_places / "data" / "backup-gui" / "jobs").iterdir()

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "backup_gui", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )

    def contents(self) -> dict[str, bytes]:
        """What all files hold but the log, and the extended attributes of the mirror."""
        found = {}
        for top in (self._root, self._own / "data", self._own / "config"):
            for path in sorted(top.rglob("*")):
                # SQLite shares memory in such a file, which holds no data.
                if path.is_file() and path.suffix not in {".sqlite-shm", ".lock"}:
                    found[str(path)] = path.read_bytes()
        if sys.platform == "linux":
            for name in os.listxattr(self.mirror):
                found[name] = os.getxattr(self.mirror, name)
        return {name: content for name, content in found.items() if content or not name.endswith("-wal")}


@pytest.fixture
def backup(tmp_path: Path, own_places: Path) -> Backup:
    return Backup(tmp_path, own_places)


def commands(backup: Backup) -> Iterator[tuple[str | Path, ...]]:
    for options in ((), ("--dry-run",), ("--json",), ("--take-over",), ("--poll", "--allow-mass-delete")):
        yield ("run", backup.source, backup.mirror, "--once", *options)
    yield "undo", backup.source, backup.mirror, "2"


def commands_on_catalogs(backup: Backup) -> Iterator[tuple[str | Path, ...]]:
    yield from commands(backup)
    yield "passes", backup.source, backup.mirror
    yield "passes", backup.source, backup.mirror, "2"
    yield "kept", backup.source, backup.mirror
    yield "kept", backup.source, backup.mirror, "--release"


def commands_on_histories(backup: Backup) -> Iterator[tuple[str | Path, ...]]:
    yield from commands(backup)
    yield "versions", backup.mirror
    yield "versions", backup.mirror, "letter.txt"
    yield "restore", backup.mirror, "letter.txt", "--to", backup.given
    yield "restore", backup.mirror, "letter.txt", "--at", "2020-01-01", "--to", backup.given


def assert_refused(backup: Backup, command: tuple[str | Path, ...], sentence: str) -> None:
    before = backup.contents()
    done = backup.run(*command)
    assert done.returncode == 3, (command, done)
    # A pass that is refused is a line of the log, too.
    assert [stream.count(sentence) for stream in (done.stdout, done.stderr)] in ([0, 1], [1, 1]), (command, done)
    assert done.stderr.count("\n") == 1, (command, done)
    assert backup.contents() == before, command


@pytest.mark.hazard(46)
@pytest.mark.parametrize("is_crashed", [False, True], ids=["closed", "crashed"])
def test_a_catalog_of_a_newer_version(backup: Backup, *, is_crashed: bool) -> None:
    change = f"PRAGMA user_version = {NEWER}; CREATE TABLE another (what TEXT); DROP TABLE passes;"
    if is_crashed:
        subprocess.run([sys.executable, "-c", CRASH, backup.catalog, change], check=True, timeout=LIMIT_S)
        assert backup.catalog.with_name(backup.catalog.name + "-wal").stat().st_size
    else:
        connection = sqlite3.connect(backup.catalog)
        connection.executescript(change)
        connection.close()
    for command in commands_on_catalogs(backup):
        assert_refused(backup, command, "was written by a newer version of this program")


@pytest.mark.hazard(46)
@pytest.mark.parametrize("place", ["history", "mirror"])
def test_a_backup_whose_marker_is_of_a_newer_version(backup: Backup, place: str) -> None:
    marker = backup.history / MARKER_NAME
    newer = json.loads(marker.read_bytes()) | {"format": FORMAT + 1, "form": "packed", "source": {"path": "unknown"}}
    if place == "history":
        marker.write_text(json.dumps(newer))
    elif sys.platform == "linux":
        os.setxattr(backup.mirror, MARKER_ATTRIBUTE, json.dumps(newer).encode())
    else:
        (backup.mirror / MARKER_NAME).write_text(json.dumps(newer))
    for command in commands_on_histories(backup):
        assert_refused(backup, command, "A later version of this program has made the backup that is there")
    assert not backup.given.exists()


def test_settings_of_a_newer_version_do_not_concern_the_command_line(backup: Backup, own_places: Path) -> None:
    settings = own_places / "config" / "backup-gui" / "settings.ini"
    settings.parent.mkdir(exist_ok=True)
    settings.write_bytes(b"[General]\nschema=99\njobs=whatever\n")
    done = backup.run("run", backup.source, backup.mirror, "--once")
    assert done.returncode == 0, done
    assert settings.read_bytes() == b"[General]\nschema=99\njobs=whatever\n"
    assert os.listdir(settings.parent) == ["settings.ini"]

"""The commands about what passes did and what was decided, with real passes on real folders."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from backup_gui.cli import main as cli
from backup_gui.config.folders import own_folders
from backup_gui.config.job_factory import make_job
from backup_gui.engine.destination.lock import DestinationLock
from backup_gui.model.job import Job, Place
from tests.helpers.trees import contents


class Pair:
    """A source, a destination and the command line."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.source = root / "source"
        self.mirror = root / "mirror"
        self.source.mkdir()
        self._capsys = capsys
        self.error = ""

    def call(self, command: str, *options: str) -> tuple[int, list[str]]:
        status = cli.main([command, str(self.source), str(self.mirror), *options], _no_app, lambda: None)
        captured = self._capsys.readouterr()
        self.error = captured.err
        return status, captured.out.splitlines()

    def json(self, command: str, *options: str) -> tuple[int, list[dict[str, Any]]]:
        status, lines = self.call(command, *options, "--json")
        return status, [json.loads(line) for line in lines]

    def run(self, *options: str) -> int:
        return self.call("run", "--once", *options)[0]

    def fill(self, count: int, content: str = "original") -> None:
        (self.source / "docs").mkdir(exist_ok=True)
        for number in range(count):
            (self.source / f"docs/{number:03}").write_text(f"{content} {number}")


def _no_app(**options: object) -> int:
    raise AssertionError(f"the app was started: {options}")


@pytest.fixture
def pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Pair:
    return Pair(tmp_path, capsys)


@pytest.mark.posix("names that are no text")
def test_what_was_done_is_listed_and_undone(pair: Pair) -> None:
    pair.fill(3)
    assert pair.run() == 0
    pair.fill(3, "rewritten")
    (pair.source / "docs/000").unlink()
    (pair.source / "docs/001").rename(pair.source / "docs/moved\udcff")
    assert pair.run() == 0
    status, lines = pair.call("passes")
    assert (status, len(lines)) == (0, 2)
    assert "1 new" in lines[0]
    status, found = pair.json("passes")
    newest = found[0]
    assert (newest["created"], newest["replaced"], newest["deleted"], newest["known_by_name"]) == (1, 1, 2, 4)
    status, changes = pair.json("passes", str(newest["id"]))
    assert {change["op"] for change in changes} == {"create", "replace", "delete"}
    assert {"event": "change", "op": "create", "path": "docs/moved\\xff"} in changes
    assert pair.call("passes", str(newest["id"]), "--limit", "1")[1][0].startswith(("create: ", "replace: "))
    (pair.source / "docs/002").write_text("edited since")
    status, lines = pair.call("undo", str(newest["id"]))
    assert status == 0
    assert lines[-1] == "3 of 3 brought back, 0 not."
    assert lines[0].startswith("kept beside: docs/002: docs/002 (before undoing ")
    found_contents = contents(pair.source)
    assert [found_contents[f"docs/{number:03}"] for number in range(3)] == [f"original {n}".encode() for n in range(3)]
    assert b"edited since" in found_contents.values()
    assert pair.run("--allow-mass-delete") == 0
    assert contents(pair.mirror) == found_contents


def test_a_move_is_listed_with_both_names(pair: Pair) -> None:
    pair.fill(1)
    pair.run()
    (pair.source / "docs/000").rename(pair.source / "elsewhere")
    pair.run()
    newest = str(pair.json("passes")[1][0]["id"])
    assert pair.call("passes", newest)[1] == ["move: docs/000 -> elsewhere"]
    assert pair.json("passes", newest)[1] == [
        {"event": "change", "op": "move", "path": "elsewhere", "old_path": "docs/000"}
    ]


def test_what_cannot_be_undone_is_named(pair: Pair) -> None:
    pair.fill(2)
    pair.run()
    (pair.source / "docs/000").unlink()
    pair.run()
    newest = str(pair.json("passes")[1][0]["id"])
    shutil.rmtree(f"{pair.mirror}.history")
    status, lines = pair.call("undo", newest)
    assert status == 1
    assert lines == [
        "problem: docs/000: The history does not have what was here before",
        "0 of 1 brought back, 1 not.",
    ]
    status, events = pair.json("undo", newest)
    assert events[-1] == {"event": "undone", "asked": 1, "restored": 0, "reason": ""}


@pytest.mark.parametrize("command", ["passes", "undo"])
def test_a_pass_that_there_never_was_is_refused(pair: Pair, command: str) -> None:
    pair.fill(1)
    pair.run()
    assert pair.call(command, "99")[0] == 2
    assert "There is no pass 99" in pair.error
    assert pair.call(command, "0")[0] == 2
    assert pair.call(command, "-1")[0] == 2


@pytest.mark.parametrize("command", [["passes"], ["undo", "1"], ["kept"]])
def test_folders_without_a_backup_are_refused_and_nothing_is_made(pair: Pair, command: list[str]) -> None:
    assert pair.call(*command)[0] == 2
    assert "Nothing is known" in pair.error
    assert not pair.mirror.exists()
    assert not (own_folders().data / "jobs").exists()


@pytest.mark.parametrize("command", [["undo", "1"], ["kept", "--release"]])
def test_nothing_is_written_while_another_instance_has_the_destination(pair: Pair, command: list[str]) -> None:
    pair.fill(1)
    pair.run()
    with DestinationLock(str(pair.mirror), own_folders().data / "locks"):
        assert pair.call(*command)[0] == 3
        assert pair.call("passes")[0] == 0


def test_a_catalog_that_cannot_be_read_is_told(pair: Pair) -> None:
    pair.fill(1)
    pair.run()
    job = make_job(Job(str(pair.source), Place(str(pair.mirror))))
    (own_folders().data / "jobs" / f"{job.id}.sqlite").write_bytes(b"no database at all" * 100)
    assert pair.call("passes")[0] == 3
    assert f"cannot be read (It is damaged): {own_folders().data}" in pair.error


def test_undoing_needs_the_folders(pair: Pair) -> None:
    pair.fill(2)
    pair.run()
    newest = str(pair.json("passes")[1][0]["id"])
    os.rename(pair.source, pair.source.with_name("away"))
    assert pair.call("undo", newest)[0] == 3
    assert "not there" in pair.error


def test_a_source_that_cannot_be_opened_is_told(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.fill(2)
    pair.run()

    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr("backup_gui.engine.restore.undo.undo_pass", fail)
    assert pair.call("undo", "1")[0] == 3, "nothing was done"
    assert "Permission denied" in pair.error


def test_what_is_held_can_be_kept_listed_and_released(pair: Pair) -> None:
    pair.fill(60)
    (pair.source / "stays").write_text("x")
    assert pair.run() == 0
    shutil.rmtree(pair.source / "docs")
    assert pair.run() == 3
    assert pair.run("--keep-held") == 0
    assert pair.run() == 0
    assert len(contents(pair.mirror)) == 61
    status, lines = pair.call("kept")
    assert (status, len(lines), lines[0]) == (0, 61, "docs")
    assert pair.json("kept")[1][1] == {"event": "kept", "path": "docs/000", "folder": False}
    assert pair.call("kept", "--release")[0] == 0
    assert pair.call("kept")[1] == []
    assert pair.run() == 3
    assert pair.call("run", "--keep-held", "--allow-mass-delete")[0] == 2


def test_in_a_dry_run_nothing_is_kept(pair: Pair) -> None:
    pair.fill(60)
    (pair.source / "stays").write_text("x")
    pair.run()
    shutil.rmtree(pair.source / "docs")
    pair.call("run", "--dry-run", "--keep-held")
    assert pair.call("kept")[1] == []
    assert pair.run() == 3

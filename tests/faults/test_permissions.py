"""The program run by a user to whom permissions apply, over what it may not read, enter or write."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.trees import contents, read_tree
from tests.helpers.unprivileged import Unprivileged

pytestmark = pytest.mark.posix("no such permissions there")


class Folders:
    """A source and a destination that belong to a user other than root."""

    def __init__(self, base: Path, user: Unprivileged) -> None:
        self.base, self.user = base, user
        self.source, self.mirror, self.history = base / "source", base / "mirror", base / "mirror.history"
        (self.source / "folder/deep").mkdir(parents=True)
        for name in ("file", "other", "folder/file", "folder/deep/file"):
            (self.source / name).write_bytes(b"old")
        user.own(base)
        assert self.make_pass()["status"] == "complete"

    def make_pass(self) -> dict[str, Any]:
        """Run the program once; returns its report, with the problems by path; no status if it did nothing."""
        run = self.user.run(
            *("-m", "backup_gui", "run", str(self.source), str(self.mirror), "--once", "--json"),
            home=self.base / "home",
        )
        events = [json.loads(line) for line in run.stdout.splitlines()]
        reports = [event for event in events if event["event"] == "report"]
        assert reports or run.returncode == 3, run.stdout + run.stderr
        found = {event["path"]: event["code"] for event in events if event["event"] == "problem"}
        return {"exit": run.returncode, "status": reports[-1]["status"] if reports else "", "found": found}

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the source as that user."""
        (self.source / path).write_bytes(content)
        self.user.own(self.source / path)


@pytest.fixture
def folders(open_folder: Path, unprivileged: Unprivileged) -> Folders:
    (open_folder / "home").mkdir()
    return Folders(open_folder, unprivileged)


@pytest.mark.hazard(17)
def test_an_unreadable_file_is_one_problem_and_its_old_copy_stays(folders: Folders) -> None:
    folders.write("file", b"newer")
    folders.write("other", b"newer")
    (folders.source / "file").chmod(0)
    result = folders.make_pass()
    assert (result["exit"], result["found"]) == (1, {"file": "no-permission"})
    there = contents(folders.mirror)
    assert (there["file"], there["other"]) == (b"old", b"newer")
    (folders.source / "file").chmod(0o644)
    assert folders.make_pass() == {"exit": 0, "status": "complete", "found": {}}
    assert read_tree(folders.mirror) == read_tree(folders.source)


@pytest.mark.hazard(4)
@pytest.mark.parametrize("mode", [0o000, 0o100, 0o400])
def test_nothing_under_an_unreadable_folder_is_deleted(folders: Folders, mode: int) -> None:
    folders.write("other", b"newer")
    (folders.source / "folder").chmod(mode)
    result = folders.make_pass()
    assert result["exit"] == 1
    assert set(result["found"].values()) == {"no-permission"}
    assert all(path.startswith("folder") for path in result["found"])
    there = contents(folders.mirror)
    assert there == {"file": b"old", "other": b"newer", "folder/file": b"old", "folder/deep/file": b"old"}
    (folders.source / "folder").chmod(0o755)
    assert folders.make_pass()["exit"] == 0
    assert read_tree(folders.mirror) == read_tree(folders.source)


def test_a_write_protected_source_folder_is_mirrored_with_its_mode_and_kept_current(folders: Folders) -> None:
    (folders.source / "folder").chmod(0o555)
    assert folders.make_pass()["exit"] == 0
    (folders.source / "folder").chmod(0o755)
    folders.write("folder/file", b"newer")
    folders.write("folder/added", b"added")
    (folders.source / "folder/deep/file").unlink()
    (folders.source / "folder").chmod(0o555)
    assert folders.make_pass() == {"exit": 0, "status": "complete", "found": {}}
    assert read_tree(folders.mirror) == read_tree(folders.source)


def test_a_folder_of_the_mirror_made_read_only_by_its_owner_is_written_to_and_set_right(folders: Folders) -> None:
    (folders.mirror / "folder").chmod(0o500)
    folders.write("folder/file", b"newer")
    assert folders.make_pass() == {"exit": 0, "status": "complete", "found": {}}
    assert read_tree(folders.mirror) == read_tree(folders.source)


@pytest.mark.root
def test_a_folder_of_the_mirror_that_belongs_to_somebody_else_is_a_problem_of_what_is_in_it(folders: Folders) -> None:
    os.chown(folders.mirror / "folder", 0, 0)
    folders.write("folder/file", b"newer")
    folders.write("folder/added", b"added")
    folders.write("other", b"newer")
    result = folders.make_pass()
    assert result["exit"] == 1
    assert {path: code for path, code in result["found"].items() if path != "folder"} == {
        "folder/file": "no-write-permission",
        "folder/added": "no-write-permission",
    }
    there = contents(folders.mirror)
    assert (there["folder/file"], there["other"]) == (b"old", b"newer")
    folders.user.own(folders.mirror / "folder")
    assert folders.make_pass()["exit"] == 0
    assert read_tree(folders.mirror) == read_tree(folders.source)


@pytest.mark.root
def test_a_destination_that_belongs_to_somebody_else_changes_nothing_and_says_so(folders: Folders) -> None:
    os.chown(folders.mirror, 0, 0)
    folders.write("file", b"newer")
    (folders.source / "other").unlink()
    before = read_tree(folders.mirror)
    result = folders.make_pass()
    assert result == {"exit": 3, "status": "", "found": {}}
    assert read_tree(folders.mirror) == before
    folders.user.own(folders.mirror)
    assert folders.make_pass()["exit"] == 0
    assert read_tree(folders.mirror) == read_tree(folders.source)


@pytest.mark.hazard(16)
@pytest.mark.root
@pytest.mark.parametrize("history", [(), ("--no-history",)])
def test_a_destination_that_is_closed_to_the_user_is_named_and_nothing_counts_as_done(
    open_folder: Path, unprivileged: Unprivileged, history: tuple[str, ...]
) -> None:
    source, theirs = open_folder / "source", open_folder / "theirs"
    (source / "folder").mkdir(parents=True)
    (source / "file").write_bytes(b"new")
    (open_folder / "home").mkdir()
    unprivileged.own(open_folder)
    (theirs / "folder").mkdir(parents=True)
    theirs.chmod(0o755)
    (theirs / "folder").chmod(0o777)
    before = read_tree(theirs)
    command = ("-m", "backup_gui", "run", str(source), str(theirs), "--once", *history)
    run = unprivileged.run(*command, home=open_folder / "home")
    assert run.returncode == 3
    assert f"The destination cannot be written to (Permission denied): {theirs}" in run.stderr
    assert "problem" not in run.stdout
    assert read_tree(theirs) == before
    # What lies in a folder that is there already is copied all the same.
    (source / "file").unlink()
    (source / "folder/file").write_bytes(b"new")
    unprivileged.own(source)
    assert unprivileged.run(*command, home=open_folder / "home").returncode in {0, 1}
    assert (theirs / "folder/file").read_bytes() == b"new"


@pytest.mark.root
def test_restoring_into_a_closed_folder_names_it_and_is_no_partial_success(
    open_folder: Path, unprivileged: Unprivileged
) -> None:
    source, mirror, closed = open_folder / "source", open_folder / "mirror", open_folder / "closed"
    source.mkdir()
    (source / "file").write_bytes(b"content")
    (open_folder / "home").mkdir()
    unprivileged.own(open_folder)
    closed.mkdir(mode=0o755)
    program = ("-m", "backup_gui")
    run = unprivileged.run(*program, "run", str(source), str(mirror), "--once", home=open_folder / "home")
    assert run.returncode == 0
    command = (*program, "restore", str(mirror), "file", "--to", str(closed))
    run = unprivileged.run(*command, home=open_folder / "home")
    assert (run.returncode, run.stdout) == (3, "")
    assert f"It cannot be restored: Permission denied ({closed})" in run.stderr
    assert list(closed.iterdir()) == []

"""The program as its users run it: a process of its own, on real folders."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backup_gui.model.path_text import readable
from tests.helpers.trees import contents, read_tree
from tests.helpers.unprivileged import Unprivileged
from tests.helpers.waiting import wait_until

PROGRAM = (sys.executable, "-m", "backup_gui")
LIMIT_S = 60
HOSTILE_NAMES = ("a\nb", "back\\slash", "raw-\udcff", "\x1b[31mred", "-rf", "Bücher 日本", ".hidden", " ")


@dataclass(frozen=True, slots=True)
class Folders:
    root: Path

    @property
    def source(self) -> Path:
        return self.root / "docs"

    @property
    def mirror(self) -> Path:
        return self.root / "copy"

    @property
    def history(self) -> Path:
        return self.root / "copy.history"

    def are_in_step(self) -> bool:
        try:
            return read_tree(self.mirror) == read_tree(self.source)
        except FileNotFoundError:
            return False  # the mirror is being changed while it is read


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    (folders.source / "sub" / "empty").mkdir(parents=True)
    (folders.source / "letter.txt").write_text("Dear reader")
    (folders.source / "sub" / "data.bin").write_bytes(os.urandom(300_000))
    (folders.source / "sub" / "link").symlink_to("../letter.txt")
    for name in HOSTILE_NAMES:
        (folders.source / name).write_text(name, errors="surrogateescape")
    return folders


def call(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT_S, check=False, **options
    )


def once(folders: Folders, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return call("run", folders.source, folders.mirror, "--once", *options)


def events(result: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def event(result: subprocess.CompletedProcess[str], name: str) -> dict[str, Any]:
    found = [fields for fields in events(result) if fields["event"] == name]
    assert len(found) == 1, (name, result.stdout, result.stderr)
    return found[0]


Starter = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Starter]:
    """Start the program and leave it running; it is killed after the test."""
    running: list[subprocess.Popen[str]] = []

    def start_one(*arguments: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        return process

    yield start_one
    for process in running:
        process.kill()
        process.communicate()


def next_event(process: subprocess.Popen[str], name: str) -> dict[str, Any]:
    assert process.stdout is not None
    for line in process.stdout:
        fields: dict[str, Any] = json.loads(line)
        if fields["event"] == name:
            return fields
    raise AssertionError(f"the program ended with {process.wait()} before it told {name}")


# One pass


def test_the_first_run_makes_an_exact_copy_and_the_second_has_nothing_to_do(folders: Folders) -> None:
    before = read_tree(folders.source)
    first = once(folders, "--json")
    assert first.returncode == 0, first.stderr
    assert folders.are_in_step()
    assert read_tree(folders.source) == before
    report = event(first, "report")
    assert (report["status"], report["problems"], report["deleted"], report["full"]) == ("complete", 0, 0, True)
    assert report["created"] == len(before)
    assert report["bytes_copied"] == sum(map(len, contents(folders.source).values()))

    second = event(once(folders, "--json"), "report")
    changed = ("created", "replaced", "deleted", "moved", "metadata", "bytes_copied")
    assert [second[name] for name in changed] == [0] * len(changed)


@pytest.mark.hazard(30)
def test_the_events_come_in_order_and_are_plain_ascii(folders: Folders) -> None:
    result = once(folders, "--json")
    assert result.stdout.isascii()
    assert [fields["event"] for fields in events(result)] == ["started", "plan", "report"]
    plan = event(result, "plan")
    assert plan["counts"]["created"] == len(read_tree(folders.source))
    assert plan["bytes"] == event(result, "report")["bytes_copied"]


def test_changes_and_deletions_arrive_and_what_was_there_stays_in_the_history(folders: Folders) -> None:
    once(folders)
    (folders.source / "letter.txt").write_text("Dear writer")
    (folders.source / "sub" / "data.bin").unlink()
    lost = (folders.mirror / "sub" / "data.bin").read_bytes()
    result = once(folders, "--json")
    assert result.returncode == 0, result.stderr
    assert folders.are_in_step()
    report = event(result, "report")
    assert (report["replaced"], report["deleted"]) == (1, 1)
    assert sorted(contents(folders.history).values()) == sorted([b"Dear reader", lost])


def test_without_history_nothing_is_kept(folders: Folders) -> None:
    once(folders, "--no-history")
    (folders.source / "letter.txt").write_text("Dear writer")
    assert once(folders, "--no-history").returncode == 0
    assert folders.are_in_step()
    assert not folders.history.exists()


def test_the_history_may_lie_elsewhere(folders: Folders, tmp_path: Path) -> None:
    once(folders, "--history", tmp_path / "old")
    (folders.source / "letter.txt").unlink()
    assert once(folders, "--history", tmp_path / "old").returncode == 0
    assert list(contents(tmp_path / "old").values()) == [b"Dear reader"]
    assert not folders.history.exists()


def test_a_dry_run_tells_each_action_and_writes_nothing(folders: Folders) -> None:
    before = read_tree(folders.root)
    result = call("run", folders.source, folders.mirror, "--dry-run", "--json")
    assert result.returncode == 0, result.stderr
    assert read_tree(folders.root) == before
    # The root's own path is empty: its times and mode are set too.
    told = {fields["path"] for fields in events(result) if fields["event"] == "action"} - {""}
    assert told == {readable(path) for path in read_tree(folders.source)}
    assert event(result, "plan")["counts"]["created"] == len(told)
    text = call("run", folders.source, folders.mirror, "--dry-run")
    assert f"create: {readable('a' + chr(10) + 'b')}\n" in text.stdout
    assert "Nothing was written." in text.stdout
    assert read_tree(folders.root) == before


def test_what_is_excluded_is_left_out_and_leaves_the_mirror_at_a_word_only(folders: Folders) -> None:
    (folders.source / "m.o").write_text("object")
    once(folders)
    assert (folders.mirror / "m.o").exists()
    before = read_tree(folders.mirror)
    rules = ("--exclude", "*.o", "--exclude", "sub/")
    assert once(folders, *rules).returncode == 0
    assert read_tree(folders.mirror) == before
    assert call("verify", folders.source, folders.mirror, *rules).returncode == 0
    assert once(folders, *rules, "--delete-excluded").returncode == 0
    assert not (folders.mirror / "m.o").exists()
    assert not (folders.mirror / "sub").exists()
    assert b"object" in contents(folders.history).values()
    assert call("verify", folders.source, folders.mirror, *rules).returncode == 0


def test_a_mass_deletion_is_held_until_the_user_agrees(folders: Folders) -> None:
    for number in range(120):
        (folders.source / f"many-{number}").write_text(str(number))
    once(folders)
    full = read_tree(folders.mirror)
    for number in range(120):
        (folders.source / f"many-{number}").unlink()
    (folders.source / "new").write_text("new")

    result = once(folders, "--json")

    assert result.returncode == 3
    assert event(result, "held")["counts"]["deleted"] == 120
    assert event(result, "report")["status"] == "held"
    after = read_tree(folders.mirror)
    assert {path for path in full if path not in after} == set()
    assert "new" in after, "new files go on being copied"
    assert once(folders, "--allow-mass-delete").returncode == 0
    assert folders.are_in_step()


@pytest.mark.hazard(2)
def test_a_source_that_is_suddenly_empty_deletes_nothing(folders: Folders) -> None:
    once(folders)
    before = contents(folders.mirror)
    for path in sorted(read_tree(folders.source), reverse=True):
        whole = folders.source / path
        if whole.is_dir() and not whole.is_symlink():
            whole.rmdir()
        else:
            whole.unlink()
    assert once(folders).returncode == 3
    assert contents(folders.mirror) == before


@pytest.mark.hazard(1)
def test_a_source_that_is_gone_deletes_nothing_and_is_waited_for(folders: Folders) -> None:
    once(folders)
    before = read_tree(folders.mirror)
    folders.source.rename(folders.root / "elsewhere")
    result = once(folders, "--json")
    assert result.returncode == 3
    assert event(result, "waiting")["reason"]
    assert result.stderr.count("\n") >= 1
    assert read_tree(folders.mirror) == before


def test_a_source_that_was_never_there_makes_no_destination(folders: Folders) -> None:
    result = call("run", folders.root / "absent", folders.mirror, "--once")
    assert result.returncode == 3
    assert not folders.mirror.exists()


@pytest.mark.hazard(7)
def test_what_was_in_the_destination_before_goes_to_the_history(folders: Folders) -> None:
    folders.mirror.mkdir()
    (folders.mirror / "stranger").write_text("somebody's")
    assert once(folders).returncode == 0
    assert folders.are_in_step()
    assert b"somebody's" in contents(folders.history).values()


def test_what_cannot_be_copied_is_named_with_a_reason(folders: Folders) -> None:
    os.mkfifo(folders.source / "pi\npe")
    result = once(folders, "--json")
    assert result.returncode == 1
    problem = event(result, "problem")
    assert (problem["path"], problem["code"]) == (r"pi\npe", "special-file")
    assert event(result, "report")["problems"] == 1
    assert r"problem: pi\npe: " in once(folders).stdout
    assert contents(folders.mirror) == contents(folders.source)


def test_what_may_not_be_read_is_named_and_what_was_there_stays(open_folder: Path, unprivileged: Unprivileged) -> None:
    folders = Folders(open_folder)
    (folders.source / "closed").mkdir(parents=True)
    (folders.source / "closed" / "inside").write_text("kept")
    (folders.source / "secret").write_text("old")
    unprivileged.own(open_folder)
    arguments = ("-m", "backup_gui", "run", str(folders.source), str(folders.mirror), "--once", "--json")
    assert unprivileged.run(*arguments, home=open_folder / "home").returncode == 0
    (folders.source / "secret").write_text("changed")
    (folders.source / "secret").chmod(0)
    (folders.source / "closed").chmod(0)
    result = unprivileged.run(*arguments, home=open_folder / "home")
    (folders.source / "closed").chmod(0o755)
    assert result.returncode == 1, result.stderr
    found = {fields["path"]: fields["code"] for fields in events(result) if fields["event"] == "problem"}
    assert found == {"secret": "no-permission", "closed": "no-permission"}
    assert contents(folders.mirror) == {"secret": b"old", "closed/inside": b"kept"}


def test_unusable_folders_end_with_status_2_and_write_nothing(folders: Folders) -> None:
    (folders.root / "link").symlink_to(folders.source / "sub")
    before = read_tree(folders.root)
    letter = folders.source / "letter.txt"
    for source, destination in (
        (letter, folders.mirror),
        (folders.source, letter),
        (folders.source, folders.source),
        (folders.source, folders.root / "link" / "in"),
        (folders.source, f"{folders.source}/sub/../../docs/sub"),
        (folders.source / "sub", folders.source),
    ):
        result = call("run", source, destination, "--once")
        assert (result.returncode, result.stdout) == (2, ""), (source, destination)
        assert "Traceback" not in result.stderr
    assert read_tree(folders.root) == before


def test_results_and_log_do_not_mix(folders: Folders, tmp_path: Path) -> None:
    result = once(folders, "--json", "--verbose", "--log-file", tmp_path / "logs" / "log")
    assert result.returncode == 0
    assert {fields["event"] for fields in events(result)} >= {"started", "action", "report"}
    assert " DEBUG " in result.stderr
    log = (tmp_path / "logs" / "log").read_text()
    assert " INFO " in log
    assert all(line[:2] == "20" for line in log.splitlines()), "one record is one line"


def test_a_reader_that_has_seen_enough_does_not_spoil_the_backup(folders: Folders) -> None:
    command = [*PROGRAM, "run", str(folders.source), str(folders.mirror), "--once", "--verbose"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        error = process.stderr.read()
        assert process.wait(LIMIT_S) == 0
    assert "Traceback" not in error
    assert "BrokenPipe" not in error
    assert folders.are_in_step()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_results_that_cannot_be_written_are_told_by_the_status(folders: Folders) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [*PROGRAM, "run", str(folders.source), str(folders.mirror), "--once", "--json"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=LIMIT_S, check=False)
    assert result.returncode == 1
    assert "Results can no longer be written" in result.stderr
    assert folders.are_in_step()


# Continuously


@pytest.mark.parametrize("mode", [(), ("--poll",)])
def test_changes_are_mirrored_within_seconds_until_a_signal_comes(
    mode: tuple[str, ...], folders: Folders, start: Starter
) -> None:
    process = start("run", folders.source, folders.mirror, "--interval", "1", "--json", *mode)
    next_event(process, "report")
    assert folders.are_in_step()
    (folders.source / "sub" / "new").write_text("new")
    (folders.source / "letter.txt").write_text("Dear writer")
    (folders.source / "a\nb").unlink()
    (folders.source / "sub" / "empty").rename(folders.source / "moved")
    wait_until(folders.are_in_step, "the mirror is in step", timeout_s=15)
    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT_S) == 143
    assert folders.are_in_step()


@pytest.mark.hazard(49)
def test_a_home_folder_as_source_comes_to_rest(
    folders: Folders, start: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.delenv(f"XDG_{variable}_HOME")
    monkeypatch.setenv("HOME", str(folders.source))
    log = folders.source / "backup.log"

    def is_copied(text: bytes) -> bool:
        return contents(folders.mirror).get("doc") == text

    process = start("run", folders.source, folders.mirror, "--json", "--interval", "1", "--log-file", log, "--verbose")
    next_event(process, "report")
    # Each pass writes to the catalog and to the log: what they were taken for would be a reason for the next one.
    for number in range(3):
        (folders.source / "doc").write_text(str(number))
        wait_until(partial(is_copied, str(number).encode()), "the copy", LIMIT_S)
    assert list((folders.source / ".local/share/backup-gui/jobs").glob("*.sqlite"))
    assert log.stat().st_size > 0
    mirrored = contents(folders.mirror)
    assert "letter.txt" in mirrored
    assert not [path for path in mirrored if path.startswith(("backup.log", ".local/share/backup-gui"))]
    assert all(path.startswith("doc~") for path in contents(folders.history))


def test_an_interrupt_from_the_keyboard_ends_it_with_status_130(folders: Folders, start: Starter) -> None:
    process = start("run", folders.source, folders.mirror, "--json")
    next_event(process, "report")
    process.send_signal(signal.SIGINT)
    assert process.wait(LIMIT_S) == 130


def test_a_signal_in_the_middle_of_a_copy_leaves_whole_files_only(folders: Folders, start: Starter) -> None:
    for number in range(40):
        (folders.source / f"large-{number:02}").write_bytes(os.urandom(1_000_000))
    process = start("run", folders.source, folders.mirror, "--json")
    next_event(process, "plan")
    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT_S) == 143
    wanted, found = contents(folders.source), contents(folders.mirror)
    finished = {path: data for path, data in found.items() if not path.startswith(".~bg-")}
    assert all(wanted[path] == data for path, data in finished.items())
    assert once(folders).returncode == 0
    assert folders.are_in_step()


def test_it_waits_for_a_source_that_comes_later(folders: Folders, start: Starter) -> None:
    away = folders.root / "away"
    folders.source.rename(away)
    process = start("run", folders.source, folders.mirror, "--interval", "1", "--json")
    assert next_event(process, "waiting")["reason"]
    assert not folders.mirror.exists()
    away.rename(folders.source)
    wait_until(folders.are_in_step, "the mirror is in step", timeout_s=15)
    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT_S) == 143


@pytest.mark.hazard(42)
def test_a_second_instance_on_the_same_destination_is_refused(folders: Folders, start: Starter) -> None:
    process = start("run", folders.source, folders.mirror, "--json")
    next_event(process, "report")
    other = folders.root / "other"
    other.mkdir()
    (other / "file").write_text("x")
    result = call("run", other, folders.mirror, "--once")
    assert result.returncode == 3
    assert "Traceback" not in result.stderr
    assert folders.are_in_step()
    process.kill()
    process.wait(LIMIT_S)
    assert once(folders).returncode == 0, "the lock of a killed instance is free"


# The other commands


def test_verify_finds_what_time_and_size_hide(folders: Folders) -> None:
    once(folders)
    result = call("verify", folders.source, folders.mirror)
    assert (result.returncode, result.stdout[:14]) == (0, "No difference:"), result
    victim = folders.mirror / "a\nb"
    before = victim.stat()
    victim.write_text("a\nc")
    os.utime(victim, ns=(before.st_atime_ns, before.st_mtime_ns))
    (folders.mirror / "extra").write_text("x")
    result = call("verify", folders.source, folders.mirror)
    assert result.returncode == 1
    assert result.stdout.splitlines()[:2] == [
        r"a\nb: The contents differ",
        "extra: It is in the backup but not in the source",
    ]
    told = events(call("verify", folders.source, folders.mirror, "--json"))
    assert [(fields["event"], fields.get("path")) for fields in told] == [
        ("difference", r"a\nb"),
        ("difference", "extra"),
        ("verified", None),
    ]
    assert told[-1]["differences"] == 2


def test_verify_of_an_absent_folder_ends_with_status_3(folders: Folders) -> None:
    result = call("verify", folders.source, folders.root / "absent")
    assert result.returncode == 3
    assert "absent" in result.stderr


def test_versions_are_listed_and_restored_by_time(folders: Folders) -> None:
    once(folders)
    (folders.source / "letter.txt").write_text("second")
    once(folders)
    (folders.source / "letter.txt").unlink()
    once(folders)
    listed = events(call("versions", folders.mirror, "letter.txt", "--json"))
    assert [fields["path"] for fields in listed] == ["letter.txt"] * 2
    assert [Path(fields["stored"]).read_text() for fields in listed] == ["Dear reader", "second"]
    assert call("versions", folders.mirror).stdout.count("letter.txt") == 2

    newest = call("restore", folders.mirror, "letter.txt", "--to", folders.root / "back")
    assert newest.returncode == 0, newest.stderr
    assert (folders.root / "back" / "letter.txt").read_text() == "second"
    # A second before the first version left the mirror, the letter was still as it was at first.
    os.utime(Path(listed[0]["stored"]), (0, 0))
    before = "1999-01-01T00:00:00Z"
    old = call("restore", folders.mirror, "letter.txt", "--at", before, "--to", folders.root / "old", "--json")
    assert event(old, "restored")["files"] == 1
    assert (folders.root / "old" / "letter.txt").read_text() == "Dear reader"


def test_of_a_time_before_the_backup_and_the_file_nothing_is_restored(folders: Folders) -> None:
    once(folders)
    (folders.source / "letter.txt").unlink()
    once(folders)
    for path in ("letter.txt", "sub", "."):
        result = call("restore", folders.mirror, path, "--at", "2001-01-01T00:00:00", "--to", folders.root / "old")
        assert result.returncode == 2, result
        assert "Nothing is known of how this was at 2001-01-01" in result.stderr
    assert not (folders.root / "old").exists()


def test_a_folder_that_cannot_be_used_is_named_and_nothing_was_done(folders: Folders) -> None:
    unusable = folders.root / "letter"
    unusable.write_text("a file")
    places = {**os.environ, "XDG_DATA_HOME": str(unusable)}
    for destination, environment in ((Path("/proc/nothing"), dict(os.environ)), (folders.mirror, places)):
        for mode in (("--once",), ("--once", "--json")):
            command = [*PROGRAM, "run", str(folders.source), str(destination), *mode]
            result = subprocess.run(
                command, capture_output=True, text=True, timeout=LIMIT_S, check=False, env=environment
            )
            assert result.returncode == 3, result
            named = str(unusable) if environment is places else str(destination)
            assert named in result.stderr.splitlines()[-1]
            assert "Traceback" not in result.stderr
    assert not folders.mirror.exists()


def test_a_source_that_is_not_there_is_told_at_once(folders: Folders) -> None:
    for options in ((), ("--json",)):
        command = [*PROGRAM, "run", str(folders.root / "mistyped"), str(folders.mirror), *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            process.terminate()
        assert "waiting" in line
        assert str(folders.root / "mistyped") in line


def test_what_is_held_says_how_to_answer(folders: Folders) -> None:
    once(folders)
    shutil.rmtree(folders.source)
    folders.source.mkdir()
    words = call("run", folders.source, folders.mirror, "--once")
    assert words.returncode == 3
    assert "--allow-mass-delete" in words.stdout
    assert "--keep-held" in words.stdout
    held = event(call("run", folders.source, folders.mirror, "--once", "--json"), "held")
    assert (held["release"], held["keep"]) == ("--allow-mass-delete", "--keep-held")
    kept = call("kept", folders.source, folders.mirror)
    assert (kept.returncode, kept.stdout) == (0, "")
    assert "Nothing is kept" in kept.stderr


def test_a_folder_is_restored_and_nothing_is_ever_written_over(folders: Folders) -> None:
    once(folders)
    to = folders.root / "back"
    first = call("restore", folders.mirror, "sub", "--to", to)
    assert first.returncode == 0, first.stderr
    assert contents(to)["sub/data.bin"] == (folders.source / "sub" / "data.bin").read_bytes()
    (to / "sub" / "data.bin").write_text("mine")
    second = call("restore", folders.mirror, folders.mirror / "sub", "--to", to)
    assert second.returncode == 1
    assert "problem: sub/data.bin: " in second.stdout
    assert (to / "sub" / "data.bin").read_text() == "mine"


def test_restoring_what_makes_no_sense_is_refused(folders: Folders) -> None:
    once(folders)
    before = read_tree(folders.root)
    for path, to in (
        ("unknown", folders.root / "back"),
        ("../docs", folders.root / "back"),
        ("letter.txt", folders.mirror / "sub"),
        ("letter.txt", folders.source / "letter.txt"),
    ):
        result = call("restore", folders.mirror, path, "--to", to)
        assert result.returncode == 2, (path, to, result)
        assert "Traceback" not in result.stderr
    assert call("restore", folders.root / "absent", "letter.txt", "--to", folders.root / "back").returncode == 3
    assert call("versions", folders.root / "absent").returncode == 3
    assert read_tree(folders.root) == before


def test_versions_end_quietly_when_the_reader_has_seen_enough(folders: Folders) -> None:
    once(folders)
    command = [*PROGRAM, "versions", str(folders.mirror)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(LIMIT_S) == 0


def test_what_nothing_can_be_kept_of_is_refused_once(folders: Folders, tmp_path: Path) -> None:
    assert once(folders).returncode == 0
    other = tmp_path / "other"
    other.mkdir()
    result = call("run", other, folders.mirror, "--once", "--keep-held")
    assert result.returncode == 3
    assert [line.partition(" ")[0] for line in result.stdout.splitlines()] == ["held:", "Nothing"]
    assert "--take-over" in result.stdout
    assert "--keep-held" not in result.stdout
    assert "--allow-mass-delete" not in result.stdout

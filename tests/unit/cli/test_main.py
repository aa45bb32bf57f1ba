"""Arguments, exit statuses and signals of the command line, with a runner that only pretends."""

from __future__ import annotations

import dataclasses
import gc
import io
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backup_gui import __main__ as start
from backup_gui import __version__
from backup_gui.cli import main as cli
from backup_gui.cli.arguments import build_parser
from backup_gui.cli.output import Output
from backup_gui.engine.destination.history_place import history_of
from backup_gui.engine.fs import content
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.restore import writer
from backup_gui.engine.run import runner
from backup_gui.engine.run.runner import Mailbox, RunOutcome
from backup_gui.model.entries import Entry
from backup_gui.model.errors import (
    BackupError,
    CatalogError,
    DestinationBusyError,
    DestinationFullError,
    DestinationUnusableError,
    JobError,
    OwnFolderError,
    RootAbsentError,
)
from backup_gui.model.events import Event, ReportMade, Stop
from backup_gui.model.job import MAX_INTERVAL_S, NOWHERE, Job, Place
from backup_gui.model.plans import PassStatus, Report
from backup_gui.model.reasons import of_system
from tests.helpers.trees import contents, read_tree

Answer = Callable[[Job, Mailbox, Callable[[Event], None]], RunOutcome]


def no_app(**options: object) -> int:
    raise AssertionError(f"the app was started: {options}")


def call(*arguments: str) -> int:
    return cli.main(list(arguments), no_app, lambda: None)


def report(status: PassStatus) -> Report:
    return Report(status, 0.0, 0.1, is_full=True)


COMPLETE = RunOutcome(report(PassStatus.COMPLETE), None, is_stopped=False)


@dataclasses.dataclass
class FakeRunner:
    outcome: RunOutcome = COMPLETE
    answer: Answer | None = None
    job: Job | None = None
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __call__(self, job: Job, commands: Mailbox, on_event: Callable[[Event], None], **options: Any) -> RunOutcome:
        self.job, self.options = job, options
        return self.outcome if self.answer is None else self.answer(job, commands, on_event)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    fake = FakeRunner()
    monkeypatch.setattr(runner, "run", fake)
    return fake


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "source").mkdir()
    return str(tmp_path / "source"), str(tmp_path / "mirror")


# The app


def test_without_a_command_the_app_is_started() -> None:
    seen: list[dict[str, object]] = []

    def app(**options: object) -> int:
        seen.append(options)
        return 7

    assert cli.main([], app, lambda: None) == 7
    assert cli.main(["--hidden"], app, lambda: None) == 7
    assert cli.main(["--source", "/a", "--destination", "/b", "--interval", "9"], app, lambda: None) == 7
    bare: dict[str, object] = {"is_hidden": False, "source": "", "destination": NOWHERE, "interval_s": 0}
    job = {"source": "/a", "destination": Place("/b"), "interval_s": 9}
    assert seen == [bare, bare | {"is_hidden": True}, bare | job]


@pytest.mark.parametrize(
    ("has_ended", "status", "output", "errors"),
    [
        (True, 0, "", ""),
        (None, 0, "Folder Backup is not running.\n", ""),
        (False, 3, "", "backup-gui: Folder Backup was asked to end, but is still running.\n"),
    ],
)
def test_the_app_that_runs_is_ended(
    capsys: pytest.CaptureFixture[str], *, has_ended: bool | None, status: int, output: str, errors: str
) -> None:
    assert cli.main(["--quit"], no_app, lambda: has_ended) == status
    assert capsys.readouterr() == (output, errors)


def test_without_own_folders_nothing_can_be_ended(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise OwnFolderError(of_system("There is no home folder"))

    assert cli.main(["--quit"], no_app, refuse) == 3
    assert "no home folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--hidden"], ["--quit"], ["--source", "/a", "--destination", "/b"], ["--interval", "9"]]
)
def test_options_of_the_app_are_refused_before_a_command(
    option: list[str], pair: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*option, "run", *pair) == 2
    assert "for the app" in capsys.readouterr().err


def test_a_source_for_the_app_needs_a_destination(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--source", "/a") == 2
    assert "go together" in capsys.readouterr().err


def test_an_interrupt_before_anything_has_begun_is_told_by_the_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupt)
    monkeypatch.setattr(gc, "set_threshold", lambda _count: None)
    monkeypatch.setattr(start, "allow_many_files", lambda: None)
    monkeypatch.setattr(sys, "argv", ["backup-gui", "run", "/a", "/b"])
    assert start.main() == 130


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out == f"backup-gui {__version__}\n"


@pytest.mark.parametrize("command", [[], ["run"], ["verify"], ["versions"], ["restore"]])
def test_help_is_given(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*command, "--help") == 0
    assert "usage: backup-gui" in capsys.readouterr().out


# Arguments


def test_the_options_of_run_reach_the_job(pair: tuple[str, str], fake: FakeRunner, own_places: Path) -> None:
    arguments = ["--interval", "9", "--once", "--exclude", "*.o", "--exclude", "build/", "--history", f"{pair[1]}.old"]
    assert call("run", *pair, *arguments, "--allow-mass-delete", "--poll") == 0
    job = fake.job
    assert job is not None
    assert (job.source, job.destination.path, str(history_of(job))) == (*pair, f"{pair[1]}.old")
    assert (job.interval_s, job.exclude) == (9, ("*.o", "build/"))
    assert (job.allows_mass_delete, job.uses_notification, job.keeps_history) == (True, False, True)
    assert not job.asks_about_strangers
    assert fake.options == {"data_folder": own_places / "data" / "backup-gui", "is_once": True, "is_dry_run": False}


def test_the_defaults_of_run_are_those_of_the_contract(pair: tuple[str, str], fake: FakeRunner) -> None:
    assert call("run", *pair) == 0
    job = fake.job
    assert job is not None
    assert (job.interval_s, job.exclude, str(history_of(job))) == (5, (), f"{pair[1]}.history")
    assert (job.allows_mass_delete, job.uses_notification) == (False, True)
    assert not fake.options["is_once"]


def test_a_dry_run_is_one_pass(pair: tuple[str, str], fake: FakeRunner) -> None:
    assert call("run", *pair, "--dry-run", "--no-history") == 0
    assert fake.options["is_once"]
    assert fake.options["is_dry_run"]
    assert fake.job is not None
    assert not fake.job.keeps_history


@pytest.mark.parametrize("value", ["1", "5", "0005", str(MAX_INTERVAL_S)])
def test_whole_seconds_up_to_a_week_are_an_interval(value: str) -> None:
    assert build_parser().parse_args(["run", "a", "b", "--interval", value]).interval_s == int(value)


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "-1",
        "-5",
        "1.5",
        "5.0",
        "five",
        "",
        " ",
        "1e3",
        "+5",
        "5_0",
        "٥",
        "0x5",
        "604801",
        "9" * 5_000,
        "nan",
        "inf",
    ],
)
def test_anything_else_is_refused_with_a_clear_sentence(
    value: str, pair: tuple[str, str], fake: FakeRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("run", *pair, "--interval", value) == 2
    error = capsys.readouterr().err
    assert "argument --interval: " in error
    assert "Traceback" not in error
    assert fake.job is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "a"],
        ["run", "a", "b", "c"],
        ["run", "", "b"],
        ["run", "a", ""],
        ["run", "a", "b", "--exclude", ""],
        ["run", "a", "b", "--exclude", "!"],
        ["run", "a", "b", "--history", ""],
        ["run", "a", "b", "--history", "h", "--no-history"],
        ["run", "a", "b", "--log-file", ""],
        ["run", "a", "b", "--on"],
        ["run", "a", "b", "--allow-mass"],
        ["run", "a", "b", "--unknown"],
        ["run", "a", "b", "--interval"],
        ["runn", "a", "b"],
        ["verify", "a"],
        ["versions"],
        ["versions", "a", ""],
        ["restore", "a", "b"],
        ["restore", "a", "b", "--to", ""],
        ["restore", "a", "b", "--to", "c", "--at", "yesterday"],
        ["restore", "a", "b", "--to", "c", "--at", "2026-13-01"],
        ["--hid"],
    ],
)
def test_unusable_arguments_end_with_status_2_and_a_sentence(
    arguments: list[str], fake: FakeRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "backup-gui" in captured.err
    assert "Traceback" not in captured.err
    assert fake.job is None


def test_unusable_folders_end_with_status_2(
    tmp_path: Path, pair: tuple[str, str], fake: FakeRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for source, destination in (
        (str(file), pair[1]),
        (pair[0], str(file)),
        (pair[0], pair[0]),
        (pair[0], pair[0] + "/in"),
        (pair[0], str(tmp_path)),
    ):
        assert call("run", source, destination, "--once") == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert fake.job is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T21:06:05Z", datetime(2026, 11, 22, 21, 6, 5, tzinfo=UTC)),
        ("2026-11-22T21:06:05+02:00", datetime(2026, 11, 22, 19, 6, 5, tzinfo=UTC)),
        ("20261122T210605Z", datetime(2026, 11, 22, 21, 6, 5, tzinfo=UTC)),
        ("2026-11-22 21:06:05", datetime(2026, 11, 22, 21, 6, 5).astimezone(UTC)),
    ],
)
def test_times_are_iso_8601_and_local_without_a_zone(text: str, expected: datetime) -> None:
    assert build_parser().parse_args(["restore", "d", "p", "--to", "t", "--at", text]).at == expected


def test_a_log_file_where_none_can_be_is_refused(
    pair: tuple[str, str], tmp_path: Path, fake: FakeRunner, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = "Is a directory" if os.name == "posix" else "Permission denied"
    assert call("run", *pair, "--log-file", str(tmp_path)) == 2
    assert capsys.readouterr().err == f"backup-gui: The log file cannot be written: {tmp_path} ({refusal})\n"
    assert call("run", *pair, "--log-file", f"{pair[1]}/log") == 2
    assert capsys.readouterr().err == "backup-gui: The log file must not lie inside the destination.\n"
    assert fake.job is None
    assert os.listdir(pair[0]) == []


def test_a_refusal_names_what_no_code_page_has_in_a_pipe_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr("backup_gui.cli.output._HAS_CODE_PAGES", True)
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(written, encoding="cp1252"))
    assert call("run", str(tmp_path / "日本"), str(tmp_path / "b"), "--once") == 3
    sys.stderr.flush()
    assert str(tmp_path / "日本") in written.getvalue().decode()


# Exit statuses


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (PassStatus.COMPLETE, 0),
        (PassStatus.PROBLEMS, 1),
        (PassStatus.FAILED, 1),
        (PassStatus.CANCELLED, 1),
        (PassStatus.HELD, 3),
    ],
)
def test_the_exit_status_tells_how_the_last_pass_ended(
    status: PassStatus, expected: int, pair: tuple[str, str], fake: FakeRunner
) -> None:
    fake.outcome = RunOutcome(report(status), None, is_stopped=False, has_acted=True)
    assert call("run", *pair, "--once") == expected


def test_a_pass_that_failed_before_anything_was_done_is_no_success_with_problems(
    pair: tuple[str, str], fake: FakeRunner
) -> None:
    fake.outcome = RunOutcome(report(PassStatus.FAILED), None, is_stopped=False)
    assert call("run", *pair, "--once") == 3


@pytest.mark.parametrize(
    ("error", "has_acted", "expected"),
    [
        (JobError, False, 2),
        (RootAbsentError, False, 3),
        (DestinationBusyError, False, 3),
        (DestinationFullError, False, 3),
        (DestinationFullError, True, 1),
        (DestinationUnusableError, False, 3),
        (DestinationUnusableError, True, 1),
        (CatalogError, False, 3),
        (CatalogError, True, 1),
    ],
)
def test_the_exit_status_tells_what_ended_the_run_and_whether_anything_was_done(
    error: type[BackupError],
    *,
    has_acted: bool,
    expected: int,
    pair: tuple[str, str],
    fake: FakeRunner,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake.outcome = RunOutcome(None, error(of_system("Why\nthat is")), is_stopped=False, has_acted=has_acted)
    assert call("run", *pair, "--once", "--json") == expected
    captured = capsys.readouterr()
    assert captured.err == "backup-gui: Why\\nthat is\n"
    reason = {"reason": "Why\\nthat is", "code": "system", "arguments": {"why": "Why\\nthat is"}}
    waiting = [{"event": "waiting", **reason}] if expected == 3 else []
    assert [json.loads(line) for line in captured.out.splitlines()] == waiting


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_asks_the_run_to_stop_and_is_told_by_the_status(
    number: signal.Signals, expected: int, pair: tuple[str, str], fake: FakeRunner
) -> None:
    before = signal.getsignal(number)
    received: list[object] = []

    def answer(_job: Job, commands: Mailbox, _on_event: Callable[[Event], None]) -> RunOutcome:
        signal.raise_signal(number)
        received.append(commands.take())
        return RunOutcome(report(PassStatus.CANCELLED), None, is_stopped=True)

    fake.answer = answer
    assert call("run", *pair) == expected
    assert received == [Stop()]
    assert signal.getsignal(number) is before


def test_results_that_cannot_be_written_are_a_problem(
    pair: tuple[str, str], fake: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

        def isatty(self) -> bool:
            return False

    def answer(_job: Job, _commands: Mailbox, on_event: Callable[[Event], None]) -> RunOutcome:
        on_event(ReportMade(report(PassStatus.COMPLETE)))
        return RunOutcome(report(PassStatus.COMPLETE), None, is_stopped=False)

    fake.answer = answer
    with monkeypatch.context() as patched:
        patched.setattr(Output, "_give_up", _give_up_without_touching_descriptors)
        patched.setattr(sys, "stdout", Full())
        assert call("run", *pair, "--once") == 1


def _give_up_without_touching_descriptors(output: Output, _error: OSError) -> None:
    output.is_gone = output.has_failed = True


# The other commands


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A mirror with a history, as a user finds them, without the program that made them."""
    mirror, history = tmp_path / "mirror", tmp_path / "mirror.history"
    for root in (mirror, history):
        (root / "docs").mkdir(parents=True)
    (mirror / "docs" / "a.txt").write_text("third")
    (history / "docs" / "a~20200101-000000Z.txt").write_text("first")
    (history / "docs" / "a~20210101-000000Z.txt").write_text("second")
    for path, year in (("a~20200101-000000Z.txt", 2018), ("a~20210101-000000Z.txt", 2020)):
        written_at = datetime(year, 3, 1, tzinfo=UTC).timestamp()
        os.utime(history / "docs" / path, (written_at, written_at))
    return mirror


def test_verify_tells_by_its_status_and_names_what_differs(
    pair: tuple[str, str], kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("verify", *pair) == 1
    assert capsys.readouterr().out.splitlines()[0] == "docs: It is in the backup but not in the source"
    assert call("verify", *pair, "--json") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1] == {"event": "verified", "entries": 2, "bytes": 0, "differences": 2}
    os.makedirs(f"{pair[0]}/docs")
    Path(pair[0], "docs", "a.txt").write_text("third")
    assert call("verify", *pair) == 0
    assert call("verify", pair[0], "/nowhere") == 3
    assert call("verify", pair[0], pair[0]) == 2


def test_verify_ends_when_a_signal_comes(
    pair: tuple[str, str], kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = Output.write

    def write_and_interrupt(output: Output, line: str, *, is_urgent: bool = True) -> None:
        write(output, line, is_urgent=is_urgent)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Output, "write", write_and_interrupt)
    assert call("verify", *pair) == 130
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_versions_are_listed_oldest_first(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("versions", str(kept), str(kept / "docs" / "a.txt")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:] for line in lines] == [["5", "docs/a.txt"], ["6", "docs/a.txt"]]
    first = datetime.fromisoformat(lines[0].split()[0])
    assert first == datetime(2020, 1, 1, tzinfo=UTC), "what is shown can be given to --at"
    assert call("versions", str(kept), "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {
        "event": "version",
        "path": "docs/a.txt",
        "left_at": "2020-01-01T00:00:00Z",
        "kind": "file",
        "size_bytes": 5,
        "stored": os.path.join(f"{kept}.history", "docs", "a~20200101-000000Z.txt"),
    }


def test_no_versions_are_no_failure(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("versions", str(kept), "unknown") == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "backup-gui: No earlier versions are kept of this.\n")
    assert call("versions", "/nowhere") == 3
    (kept / "plain").mkdir()
    assert call("versions", str(kept / "plain")) == 2, "nothing says that this is a backup"
    assert call("versions", str(kept / "docs" / "a.txt")) == 2


@pytest.mark.parametrize(
    ("at", "content"),
    [
        ((), "third"),
        (("--at", "2018-06-01"), "first"),
        (("--at", "2020-06-01"), "second"),
        (("--at", "2099"), None),
        (("--at", "2018-02-28"), None),
    ],
)
def test_a_file_is_restored_as_it_stood_then(
    at: tuple[str, ...], content: str | None, kept: Path, tmp_path: Path
) -> None:
    status = call("restore", str(kept), "docs/a.txt", *at, "--to", str(tmp_path / "back"))
    if content is None:
        assert status == 2, "a year alone is no ISO 8601 time for Python; before 2018 nothing is known"
        assert not (tmp_path / "back").exists()
        return
    assert status == 0
    assert (tmp_path / "back" / "a.txt").read_text() == content


def test_what_cannot_be_restored_is_told(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    back = tmp_path / "back"
    assert call("restore", str(kept), ".", "--to", str(back)) == 0
    assert capsys.readouterr().out == f"1 restored into {back}, 0 not.\n"
    assert call("restore", str(kept), ".", "--to", str(back), "--json") == 1
    problem, restored = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (problem["event"], problem["path"]) == ("problem", "docs/a.txt")
    assert (restored["files"], restored["problems"]) == (0, 1)
    for path, to in (("unknown", back), ("../x", back), ("docs", kept / "in"), ("docs", back / "docs" / "a.txt")):
        assert call("restore", str(kept), path, "--to", str(to)) == 2
    assert call("restore", str(kept), "docs", "--to", str(kept) + ".history/in") == 2
    assert call("restore", "/nowhere", "docs", "--to", str(back)) == 3


def test_why_something_was_not_restored_is_a_code_for_programs(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back = tmp_path / "back"
    back.mkdir()
    (back / "docs").write_text("a file")
    words = "a file or link is where its folder should be"
    assert call("restore", str(kept), "docs/a.txt", "--to", str(back / "docs")) == 2
    assert capsys.readouterr().err == f"backup-gui: What is to be restored into is not a folder. ({back / 'docs'})\n"
    assert call("restore", str(kept), ".", "--to", str(back)) == 1
    assert capsys.readouterr().out.splitlines()[-2] == f"problem: docs/a.txt: {words}"
    assert call("restore", str(kept), ".", "--to", str(back), "--json") == 1
    problem = json.loads(capsys.readouterr().out.splitlines()[-2])
    reason = {"reason": words, "code": "return-no-folder", "arguments": {}}
    assert problem == {"event": "problem", "path": "docs/a.txt", **reason}


def test_what_is_not_there_to_restore_is_named(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("restore", str(kept), "un\u2028known", "--to", str(tmp_path / "back")) == 2
    line = "backup-gui: Neither the backup nor its history has this: un\\u2028known\n"
    assert capsys.readouterr().err == line


def test_of_a_time_before_anything_is_known_nothing_is_given(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in ("docs/a.txt", "docs", "."):
        status = call("restore", str(kept), path, "--at", "2001-01-01T00:00:00Z", "--to", str(tmp_path / "back"))
        assert status == 2
        assert "Nothing is known of how this was at 2001-" in capsys.readouterr().err
    assert not (tmp_path / "back").exists()


ODD_NAMES = (
    "back\\slash",
    "back\\\\slash",
    "a\\x41",
    "aA",
    "\udcff\udcfe",
    "new\nline",
    "\\",
    "\\\\",
    "tab\t\\t",
    "x\\",
    "-r",
    "--to",
    "-",
)


@pytest.mark.posix("names with backslashes")
def test_every_name_is_taken_as_it_was_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mirror, history = tmp_path / "mirror", tmp_path / "mirror.history"
    mirror.mkdir()
    history.mkdir()
    for name in ODD_NAMES:
        (history / f"{name}~20200101-000000Z").write_text(name, errors="surrogateescape")
    assert call("versions", str(mirror)) == 0
    printed = [line.split("  ", 1)[1].strip().split("  ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert len(printed) == len(ODD_NAMES)
    for number, name in enumerate(printed):
        assert call("versions", str(mirror), name) == 0
        assert capsys.readouterr().out.splitlines()[0].endswith(f" {name}")
        assert call("restore", str(mirror), name, "--to", str(tmp_path / str(number))) == 0
        capsys.readouterr()
    restored = {
        file.name: file.read_text(errors="surrogateescape")
        for n in range(len(printed))
        for file in (tmp_path / str(n)).iterdir()
    }
    assert restored == {name: name for name in ODD_NAMES}


@pytest.mark.parametrize("side", ["mirror", "history"])
@pytest.mark.parametrize("at", [(), ("--at", "2020-06-01T00:00:00Z")])
def test_a_folder_that_cannot_be_listed_costs_nothing_but_itself(
    kept: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    side: str,
    at: tuple[str, ...],
) -> None:
    for root in (kept, Path(f"{kept}.history")):
        (root / "closed" / "deep").mkdir(parents=True)
    for file in (kept / "closed" / "a", kept / "z"):
        file.write_text(file.name)
        os.utime(file, (1_500_000_000, 1_500_000_000))
    root = kept if side == "mirror" else Path(f"{kept}.history")
    real = Tree.list

    def refuse(self: Tree, path: str, *options: Any) -> dict[str, Entry]:
        if (self.root, path) == (str(root), "closed"):
            raise PermissionError(13, "Permission denied")
        return real(self, path, *options)

    monkeypatch.setattr(Tree, "list", refuse)
    back = tmp_path / "back"
    assert call("restore", str(kept), ".", "--to", str(back), *at) == 1
    assert capsys.readouterr().out.splitlines()[0] == "problem: closed: Permission denied"
    came = {"docs/a.txt": b"second" if at else b"third", "z": b"z"}
    # What the mirror has now needs no history.
    assert contents(back) == came | ({"closed/a": b"a"} if side == "history" and not at else {})
    assert (back / "closed").exists() is ("closed/a" in contents(back))
    # Of the folder alone nothing at all can be restored.
    alone = call("restore", str(kept), "closed", "--to", str(tmp_path / "alone"), *at)
    assert alone == (1 if (side, at) == ("history", ()) else 3)


def test_a_restore_ends_when_a_signal_comes_and_leaves_whole_files(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "bcd":
        (kept / name).write_bytes(os.urandom(3_000_000))
    real = content.transfer
    copied = []

    def interrupt_second(*arguments: Any) -> None:
        real(*arguments)
        copied.append(1)
        if len(copied) == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(writer, "transfer", interrupt_second)
    back = tmp_path / "back"
    assert call("restore", str(kept), ".", "--to", str(back)) == 130
    assert capsys.readouterr().out == f"1 restored into {back}, 0 not. Stopped before the end.\n"
    assert contents(back) == {"b": (kept / "b").read_bytes()}
    copied.append(1)
    assert call("restore", str(kept), ".", "--to", str(back)) == 1
    assert len(contents(back)) == 4


def test_a_restore_ends_when_a_signal_comes_before_anything_is_written(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = Tree.list

    looks = itertools.count()

    def interrupt_first(self: Tree, *arguments: Any) -> dict[str, Entry]:
        if next(looks) == 0:
            signal.raise_signal(signal.SIGINT)
        return real(self, *arguments)

    monkeypatch.setattr(Tree, "list", interrupt_first)
    assert call("restore", str(kept), ".", "--to", str(tmp_path / "back"), "--json") == 130
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "back").exists()


@pytest.mark.posix("names with backslashes")
@pytest.mark.parametrize(
    ("typed", "there", "expected"),
    [
        ("a\\x41", ("a\\x41", "aA"), "a\\x41"),
        ("a\\x41", ("aA",), "aA"),
        ("a\\b", ("a\\b",), "a\\b"),
        ("a\\\\b", ("a\\b", "a\\\\b"), "a\\b"),
        ("a\\\\b", ("a\\\\b",), "a\\\\b"),
        ("{mirror}/a\\\\b", ("a\\b", "a\\\\b"), "a\\\\b"),
        ("a\\x00", ("a\\x00",), "a\\x00"),
        ("..\\x2f..", ("..\\x2f..",), "..\\x2f.."),
    ],
)
def test_a_name_with_real_backslashes_is_the_one_that_is_meant(
    typed: str, there: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for name in there:
        (mirror / name).write_text(name)
    to = tmp_path / "back"
    assert call("restore", str(mirror), typed.format(mirror=mirror), "--to", str(to)) == 0
    assert [(file.name, file.read_text()) for file in to.iterdir()] == [(expected, expected)]


def test_what_is_wrong_is_said_in_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, needed in (
        (("run",), "run SOURCE DESTINATION"),
        (("run", "a", "b", "--interval", "0"), "run SOURCE DESTINATION"),
        (("restore", "a"), "restore DESTINATION PATH --to DIR"),
        (("versions",), "versions DESTINATION"),
        (("nonsense",), "COMMAND"),
        (("--nonsense",), "COMMAND"),
    ):
        assert call(*arguments) == 2
        usage, sentence = capsys.readouterr().err.splitlines()
        assert usage == f"usage: backup-gui {needed} [options]; see --help"
        assert sentence.startswith("backup-gui: ")


# Imports


# What takes milliseconds to import and is of no use to a pass.
HEAVY = {
    *("PySide6", "rich", "platformdirs", "watchdog", "jeepney", "dataclasses", "inspect", "asyncio", "email", "http"),
    # Some of which others import.
    *(() if sys.platform == "win32" else ("shutil", "bz2", "lzma")),  # there the room of a drive is asked with it
    *("subprocess", "tempfile", "random", "glob", "getpass", "platform", "uuid"),
    *(f"backup_gui.engine.restore.{name}" for name in ("held", "put_back", "undo", "writer")),
    *("backup_gui.engine.verify", "backup_gui.engine.watch.inotify", "backup_gui.engine.watch.watcher"),
}


def ended(*arguments: str) -> str:
    """Run the program in a process of its own, and return its exit status and what of the heavy it has imported."""
    code = (
        f"import sys; from backup_gui.__main__ import main; sys.argv = {['backup-gui', *arguments]!r}; status = main();"
        f"print(status, {HEAVY!r} & set(sys.modules))"
    )
    # Measuring coverage in the process would import more.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return result.stdout.splitlines()[-1]


def test_the_command_line_starts_without_qt_and_rich() -> None:
    assert ended("run", "a", "a") == "2 set()"


def test_a_pass_imports_nothing_heavy(pair: tuple[str, str]) -> None:
    Path(pair[0], "file").write_text("content")
    assert ended("run", *pair, "--once") == "0 set()"
    assert read_tree(Path(pair[1])) == read_tree(Path(pair[0]))


def test_a_command_ends_without_a_last_look_for_cycles_and_the_app_with_one() -> None:
    code = (
        "import atexit, gc, sys\n"
        "from backup_gui import __main__\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 1_000))\n"
        "if len(sys.argv) == 1:\n"
        "    sys.modules['backup_gui.app'] = app = type(sys)('backup_gui.app')\n"
        "    app.main = lambda **_options: 0\n"
        "sys.exit(__main__.main())\n"
    )
    for arguments, expected in ((["versions", "nowhere"], "True\n"), ([], "False\n")):
        told = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
        assert told.stdout == expected


def test_a_help_page_is_as_wide_as_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    widest = []
    for columns in ("60", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        assert call("run", "--help") == 0
        widest.append(max(map(len, capsys.readouterr().out.splitlines())))
    assert 50 < widest[0] <= 60
    assert 100 < widest[1] <= 120

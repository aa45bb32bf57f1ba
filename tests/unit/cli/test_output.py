"""What the command line writes, for programs and for people."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from typing import Any

import pytest

from backup_gui.cli import output
from backup_gui.cli.output import (
    Output,
    Printer,
    ProgressBar,
    counts_in_words,
    event_fields,
    report_in_words,
)
from backup_gui.model.entries import EntryKind
from backup_gui.model.events import (
    ActionDone,
    Event,
    HeldBack,
    PlanMade,
    ProblemFound,
    Progressed,
    ReportMade,
    Started,
    StatusChanged,
    Waiting,
)
from backup_gui.model.plans import (
    Action,
    Counts,
    Held,
    HeldCode,
    Op,
    PassStatus,
    Phase,
    Problem,
    ProblemCode,
    Progress,
    Removed,
    Report,
    Stage,
)
from backup_gui.model.reasons import Reason, ReasonCode, of_system
from backup_gui.model.status import JobState, Status
from tests.helpers.systems import IS_POSIX

HOSTILE = "a\nb\udcff\\"
# On Windows a backslash stands between the parts of a path.
ESCAPED = r"a\nb\xff" + ("\\\\" if IS_POSIX else "\\")
PROBLEM = Problem(HOSTILE, Stage.COPY, ProblemCode.NO_PERMISSION, of_system("No permission\nto read this"))
COUNTS = Counts(created=1, replaced=2, deleted=3, moved=4, metadata=5, bytes=1_234_567)
HELD_PART = Held(HeldCode.MASS_CHANGE, of_system("840 of 1,000 would go"), Counts(deleted=840), 1_000)
REPORT = Report(PassStatus.PROBLEMS, 0.0, 1.23456, is_full=True, counts=COUNTS, problems=(PROBLEM,))
EVENTS: list[Event] = [
    Started(HOSTILE, "/d"),
    PlanMade(COUNTS, is_full=True),
    ActionDone(Action(Op.MOVE, HOSTILE, EntryKind.FILE, 7, old_path=HOSTILE)),
    ProblemFound(PROBLEM),
    HeldBack(HELD_PART),
    Waiting(Reason(ReasonCode.SOURCE_UNOPENED, why="No\npermission", path=HOSTILE)),
    Progressed(Progress(Phase.COPYING)),
    StatusChanged(Status(JobState.OK)),
    ReportMade(REPORT),
]


def printed_as_json(*, shows_actions: bool) -> list[dict[str, Any]]:
    stream = io.StringIO()
    printer = Printer(Output(stream, is_json=True), shows_actions=shows_actions)
    for event in EVENTS:
        printer(event)
    assert stream.getvalue().isascii()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_events_have_the_fields_of_the_contract() -> None:
    started, plan, action, problem, held, waiting, report = printed_as_json(shows_actions=True)
    assert started == {"event": "started", "source": ESCAPED, "destination": "/d"}
    counts = {"created": 1, "replaced": 2, "deleted": 3, "moved": 4, "metadata": 5}
    assert plan == {"event": "plan", "counts": counts, "bytes": 1_234_567, "full": True}
    assert action == {
        "event": "action",
        "op": "move",
        "path": ESCAPED,
        "kind": "file",
        "size_bytes": 7,
        "old_path": ESCAPED,
    }
    assert (problem["path"], problem["reason"]) == (ESCAPED, r"No permission\nto read this")
    assert (problem["code"], problem["stage"]) == ("no-permission", "copy")
    assert (held["reason"], held["counts"]["deleted"], held["code"]) == ("840 of 1,000 would go", 840, "mass-change")
    assert (held["release"], held["keep"]) == ("--allow-mass-delete", "--keep-held")
    assert waiting == {
        "event": "waiting",
        "reason": rf"The source folder cannot be opened (No\npermission): {ESCAPED}",
        "code": "source-unopened",
        "arguments": {"why": r"No\npermission", "path": ESCAPED},
    }
    assert report == {
        "event": "report",
        "status": "problems",
        **counts,
        "bytes_copied": 1_234_567,
        "problems": 1,
        "duration_s": 1.235,
        "full": True,
    }


def test_json_tells_the_reason_within_a_reason_and_its_figures_as_numbers() -> None:
    lacks = Reason(ReasonCode.SIZE_LACKS, size=2_500_000)
    report = REPORT._replace(status=PassStatus.FAILED, reason=Reason(ProblemCode.NO_SPACE, more=lacks))
    fields = event_fields(ReportMade(report))
    assert fields is not None
    assert (fields["reason"], fields["code"]) == ("The backup drive is full: 2.5 MB more is needed", "no-space")
    assert fields["arguments"] == {
        "more": {"reason": "2.5 MB more is needed", "code": "size-lacks", "arguments": {"size": 2_500_000}}
    }


def test_json_tells_actions_only_when_asked() -> None:
    assert "action" not in {fields["event"] for fields in printed_as_json(shows_actions=False)}


def printed_as_text(*events: Event, **options: bool) -> list[str]:
    stream = io.StringIO()
    chosen = {"shows_actions": True, "is_dry_run": False, "is_once": False} | options
    printer = Printer(Output(stream), **chosen)
    for event in events:
        printer(event)
    return stream.getvalue().splitlines()


HOW_TO_ANSWER = (
    "Nothing of this was done. If it is to be done, run again with --allow-mass-delete; if the backup is to keep it,"
    " with --keep-held."
)


def test_text_is_one_line_an_event() -> None:
    assert printed_as_text(*EVENTS) == [
        rf"move: {ESCAPED} -> {ESCAPED}",
        rf"problem: {ESCAPED}: No permission\nto read this",
        "held: 840 of 1,000 would go (840 deleted). " + HOW_TO_ANSWER,
        rf"waiting: The source folder cannot be opened (No\npermission): {ESCAPED}",
        f"Backed up except for 1 path listed above: {counts_in_words(COUNTS)}, in 1.2 s.",
    ]


def test_a_pass_with_nothing_to_do_is_only_worth_a_line_if_it_is_the_only_one() -> None:
    report = ReportMade(Report(PassStatus.COMPLETE, 0.0, 0.1, is_full=True))
    assert printed_as_text(report) == []
    assert printed_as_text(report, is_once=True) == ["Everything is backed up: nothing, in 0.1 s."]


def test_a_dry_run_never_says_that_something_is_backed_up() -> None:
    assert report_in_words(REPORT, is_dry_run=True).startswith("Nothing was written. To do: 1 new,")


def test_a_failed_pass_says_why() -> None:
    report = Report(PassStatus.FAILED, 0.0, 0.0, is_full=True, reason=of_system("The drive is full"))
    assert report_in_words(report) == "Failed (The drive is full): nothing, in 0.0 s."


def test_counts_are_told_with_the_bytes_that_are_copied() -> None:
    assert counts_in_words(COUNTS) == "1 new, 2 changed, 4 moved, 3 deleted, 5 with new attributes, 1.2 MB"


def test_no_counts_are_nothing() -> None:
    assert counts_in_words(Counts()) == "nothing"


class Broken(io.StringIO):
    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


def test_a_reader_that_has_gone_is_no_failure() -> None:
    output = Output(Broken(BrokenPipeError(errno.EPIPE, "Broken pipe")))
    output.write("a")
    output.write("b")
    output.close()
    assert output.is_gone
    assert not output.has_failed


def test_results_that_cannot_be_written_are_a_failure() -> None:
    output = Output(Broken(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    output.write("a")
    assert output.is_gone
    assert output.has_failed


def test_a_program_without_stdout_writes_nothing() -> None:
    output = Output(None)
    output.write("a")
    output.close()
    assert output.is_gone


@pytest.mark.parametrize("is_screen", [False, True])
def test_a_pipe_gets_utf_8_on_windows(monkeypatch: pytest.MonkeyPatch, *, is_screen: bool) -> None:
    monkeypatch.setattr(output, "_HAS_CODE_PAGES", True)
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="cp1252", newline="\n")
    monkeypatch.setattr(stream, "isatty", lambda: is_screen)
    Output(stream).write("Bücher/日本")
    assert written.getvalue() == (b"B\xfccher/\\u65e5\\u672c\n" if is_screen else "Bücher/日本\n".encode())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_count_bytes_and_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "150")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    results = Terminal()
    output = Output(results, bar=ProgressBar())
    printer = Printer(output, shows_actions=False, is_once=True)
    printer(Progressed(Progress(Phase.COMPARING, files_done=5, elapsed_s=0.1)))
    assert screen.getvalue() == "", "a short pass makes no bar flicker"
    printer(Progressed(Progress(Phase.COMPARING, files_done=5, elapsed_s=1.0)))
    printer(Progressed(Progress(Phase.COPYING, 312, 1_204, 1_200_000, 4_800_000, "x", 2.0)))
    printer(ProblemFound(PROBLEM))
    assert results.getvalue() == "", "results on the same screen go above the bar"
    printer(ReportMade(REPORT))
    shown = screen.getvalue()
    assert "Comparing" in shown
    assert "312 of 1,204, 1.2 MB of 4.8 MB, 600.0 kB/s" in shown
    assert "No permission" in shown
    assert results.getvalue().startswith("Backed up except for 1 path")


@pytest.mark.hazard(69)
def test_names_are_never_markup_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen, results = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    output = Output(results, bar=ProgressBar())
    printer = Printer(output, shows_actions=False, is_once=True)
    printer(Progressed(Progress(Phase.COPYING, 1, 2, 3, 4, ":skull:[b]", 2.0)))
    printer(ProblemFound(PROBLEM._replace(path=":skull:[bold]x[/bold].txt")))
    output.clear_bar()
    assert ":skull:[bold]x[/bold].txt" in screen.getvalue()


def test_results_that_go_elsewhere_do_not_land_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen, results = Terminal(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    output = Output(results, bar=ProgressBar())
    printer = Printer(output, shows_actions=False, is_once=True)
    printer(Progressed(Progress(Phase.COPYING, 1, 2, 3, 4, "x", 2.0)))
    printer(ProblemFound(PROBLEM))
    output.clear_bar()
    assert results.getvalue().startswith("problem: ")
    assert "No permission" not in screen.getvalue()


def test_old_versions_that_were_removed_are_told() -> None:
    report = Report(PassStatus.COMPLETE, 0.0, 0.1, is_full=True, made_room=Removed(12, 4096), thinned=Removed(3, 512))
    assert report_in_words(report).endswith(" 12 old versions were removed to make room.")
    fields = event_fields(ReportMade(report))
    assert fields is not None
    assert fields["made_room"] == {"versions": 12, "bytes": 4096}
    assert fields["thinned"] == {"versions": 3, "bytes": 512}
    quiet = event_fields(ReportMade(Report(PassStatus.COMPLETE, 0.0, 0.1, is_full=True)))
    assert quiet is not None
    assert not {"made_room", "thinned"} & set(quiet)


@pytest.mark.hazard(52)
def test_a_refused_destination_is_said_with_the_option_that_answers_it() -> None:
    reason = "The destination holds another backup, of /docs on a, begun 2026-11-28: /copy"
    held = Held(HeldCode.OTHER_BACKUP, of_system(reason), Counts(), 0, claims=frozenset({"id"}))
    report = Report(PassStatus.HELD, 0.0, 0.0, is_full=True, held=held)
    lines = printed_as_text(HeldBack(held), ReportMade(report))
    assert lines[0] == (
        f"held: {reason}. Nothing of it was touched. If it is to become this backup's, run again with --take-over."
    )
    assert lines[1] == "Nothing was backed up."
    fields = event_fields(HeldBack(held))
    assert fields is not None
    assert fields["release"] == "--take-over"


@pytest.mark.hazard(57)
def test_another_folder_in_the_destinations_place_is_told_with_what_to_do() -> None:
    held = HELD_PART._replace(code=HeldCode.DESTINATION_REPLACED, reason=of_system("The destination is another one"))
    (line,) = printed_as_text(HeldBack(held))
    assert line.startswith("held: The destination is another one (")
    assert line.endswith("if this is the right one, run again with --allow-mass-delete.")
    assert "--keep-held" not in line
    fields = event_fields(HeldBack(held))
    assert fields is not None
    assert (fields["release"], fields["keep"]) == ("--allow-mass-delete", None)

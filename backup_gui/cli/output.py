"""The output of the command line: results as text or JSON events on stdout, and a progress bar on stderr.

Code here decides nothing and touches no file.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from typing import TYPE_CHECKING, TextIO

from backup_gui.cli.arguments import PROGRAM
from backup_gui.engine.rules.space import made_room_in_words
from backup_gui.model.events import (
    ActionDone,
    Event,
    HeldBack,
    PlanMade,
    ProblemFound,
    Progressed,
    ReportMade,
    Started,
    Waiting,
)
from backup_gui.model.path_text import one_line, readable
from backup_gui.model.plans import Counts, HeldCode, PassStatus, Phase, Progress, Report
from backup_gui.model.reasons import PATHS, Reason, size_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

log = logging.getLogger(__name__)

# The options of the command line that answer what is held.
ALLOWED_BY = "--allow-mass-delete"
KEPT_BY = "--keep-held"
TAKEN_BY = "--take-over"
_HOW_TO_ANSWER = (
    f"Nothing of this was done. If it is to be done, run again with {ALLOWED_BY}; if the backup is to keep it, with"
    f" {KEPT_BY}."
)
_HOW_TO_USE_ANOTHER = (
    f"Nothing was written there. It goes on when the right folder is back; if this is the right one, run again with"
    f" {ALLOWED_BY}."
)
_HAS_CODE_PAGES = os.name == "nt"
BAR_AFTER_S = 0.4  # shorter passes would only make the bar flicker


def take_any_text(stream: TextIO | None) -> None:
    """Let a stream take every text: what its encoding lacks is escaped. On Windows, files and pipes get UTF-8.

    There they would get the code page of the computer's language, in which most programs do not read, and which lacks
    nearly all letters of other languages.
    """
    reconfigure = getattr(stream, "reconfigure", None)
    if stream is None or reconfigure is None:
        return
    reconfigure(errors="backslashreplace", **({"encoding": "utf-8"} if _HAS_CODE_PAGES and not stream.isatty() else {}))


class Output:
    """Standard output that may be closed, and the progress bar.

    A reader that has seen enough (``head``), or a full disk under a redirected output, must not end a backup. The rest
    of the output is then dropped.

    Args:
        stream: Standard output; None if there is none.
        is_json: Whether results are written as JSON.
        bar: The progress bar, if stderr is a terminal.

    Attributes:
        is_gone: Whether the output is closed.
        has_failed: Whether results were lost, though somebody wants to read them.
    """

    def __init__(self, stream: TextIO | None, *, is_json: bool = False, bar: ProgressBar | None = None) -> None:
        self._stream = stream
        self._bar = bar
        self.is_json = is_json
        self.is_gone = stream is None
        self.has_failed = False
        take_any_text(stream)

    def result(self, fields: Mapping[str, object], line: str, *, is_urgent: bool = True) -> None:
        """Write a result: its fields as JSON for programs, or the line for people."""
        self.write(to_json(fields) if self.is_json else line, is_urgent=is_urgent)

    def write(self, line: str, *, is_urgent: bool = True) -> None:
        """Write one line, above the bar if that is on the same screen; an urgent one is not kept in a buffer."""
        if self.is_gone or self._stream is None:
            return
        if self._bar is None or not self._stream.isatty() or not self._bar.print_above(line):
            self._put(line + "\n", flushes=is_urgent)

    def show(self, progress: Progress) -> None:
        """Show how far the command has come, if there is a bar."""
        if self._bar is not None:
            self._bar.show(progress)

    def clear_bar(self) -> None:
        """Clear the bar; it appears again with the next progress."""
        if self._bar is not None:
            self._bar.clear()

    def close(self) -> None:
        """Flush the buffer."""
        self._put("", flushes=True)

    def _put(self, text: str, *, flushes: bool) -> None:
        if self.is_gone or self._stream is None:
            return
        try:
            self._stream.write(text)
            if flushes:
                self._stream.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.is_gone = True
        # On Windows, a closed pipe raises "invalid argument".
        is_closed = isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
        if not is_closed:
            self.has_failed = True
            log.error("Results can no longer be written: %s", error.strerror)
        if self._stream is not None and self._stream is sys.stdout:
            # Otherwise the interpreter flushes again at its end, and fails with its own message and status.
            with open(os.devnull, "wb") as nothing:
                os.dup2(nothing.fileno(), self._stream.fileno())


def tell(reason: Reason) -> None:
    """Write a reason to stderr as one line, also with ``--json``: stdout has results alone."""
    if sys.stderr is not None:
        sys.stderr.write(f"{PROGRAM}: {one_line(reason)}\n")


def to_json(fields: Mapping[str, object]) -> str:
    """Return an event's fields as one line of ASCII."""
    import json  # noqa: PLC0415 - start-up counts, and few runs write JSON

    return json.dumps(fields, separators=(",", ":"))


def event_fields(event: Event) -> dict[str, object] | None:
    """Return the fields of an event's JSON object; None for events that are not printed.

    Paths are escaped, see ``model/path_text.py``.
    """
    match event:
        case Started(source, destination):
            return {"event": "started", "source": readable(source), "destination": readable(destination)}
        case PlanMade(counts, is_full):
            return {"event": "plan", "counts": _counts(counts), "bytes": counts.bytes, "full": is_full}
        case ActionDone(action):
            fields: dict[str, object] = {
                "event": "action",
                "op": action.op.value,
                "path": readable(action.path),
                "kind": action.kind.value,
                "size_bytes": action.size_bytes,
            }
            return fields | ({} if action.old_path is None else {"old_path": readable(action.old_path)})
        case ProblemFound(problem):
            return {
                "event": "problem",
                "path": readable(problem.path),
                **reason_fields(problem.reason),
                "code": problem.code.value,
                "stage": problem.stage.value,
            }
        case HeldBack(held):
            return {
                "event": "held",
                **reason_fields(held.reason),
                "code": held.code.value,
                "counts": _counts(held.counts),
                "mirror_files": held.mirror_files,
                **answers(held.code),
            }
        case Waiting(reason):
            return {"event": "waiting", **reason_fields(reason)}
        case ReportMade(report):
            return _report_fields(report)
        case _:
            return None


def reason_fields(reason: Reason) -> dict[str, object]:
    """Return the fields of a reason: its code and arguments for programs, and its English, which may be reworded."""
    return {"reason": one_line(reason), "code": reason.code.value, "arguments": _arguments(reason)}


def _arguments(reason: Reason) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in reason.arguments.items():
        match value:
            case Reason():
                fields[name] = reason_fields(value)
            case str():
                fields[name] = readable(value) if name in PATHS else one_line(value)
            case _:
                fields[name] = value
    return fields


def answers(code: HeldCode) -> dict[str, str | None]:
    """Return the options that answer what is held: ``release`` does it, ``keep`` refuses it; None if there is none."""
    if code is HeldCode.NEWER_BACKUP:
        return {"release": None, "keep": None}
    if code is HeldCode.OTHER_BACKUP:
        return {"release": TAKEN_BY, "keep": None}
    # Nothing is kept in a folder whose owner is unknown.
    return {"release": ALLOWED_BY, "keep": None if code is HeldCode.DESTINATION_REPLACED else KEPT_BY}


def _report_fields(report: Report) -> dict[str, object]:
    counts = report.counts
    fields: dict[str, object] = {
        "event": "report",
        "status": report.status.value,
        **_counts(counts),
        "bytes_copied": counts.bytes,
        "problems": len(report.problems),
        "duration_s": round(report.duration_s, 3),
        "full": report.is_full,
    }
    if report.placeholders:
        fields["only_in_cloud"] = report.placeholders
    removals = (("made_room", report.made_room), ("thinned", report.thinned), ("could_free", report.spared))
    for name, removed in removals:
        if removed.versions:
            fields[name] = {"versions": removed.versions, "bytes": removed.bytes}
    return fields | (reason_fields(report.reason) if report.reason else {})


def _counts(counts: Counts) -> dict[str, int]:
    return {name: number for name, number in counts._asdict().items() if name != "bytes"}


class Printer:
    """Prints the events of a run: a JSON object a line, with a field ``event``, or lines for people.

    Args:
        output: Where results go.
        shows_actions: Whether each action has a line.
        is_dry_run: Whether nothing is written, so that reports must not say otherwise.
        is_once: Whether there is a single pass, whose report is printed even if it had nothing to do.
    """

    def __init__(self, output: Output, *, shows_actions: bool, is_dry_run: bool = False, is_once: bool = False) -> None:
        self._output = output
        self._shows_actions = shows_actions
        self._is_dry_run = is_dry_run
        self._is_once = is_once

    def __call__(self, event: Event) -> None:
        """Print an event if programs or people need it."""
        if isinstance(event, Progressed):
            self._output.show(event.progress)
            return
        is_action = isinstance(event, ActionDone)
        if is_action and not self._shows_actions:
            return
        if isinstance(event, ReportMade | Waiting):
            self._output.clear_bar()
        if self._output.is_json:
            fields = event_fields(event)
            line = "" if fields is None else to_json(fields)
        else:
            line = self._line(event)
        if line:
            self._output.write(line, is_urgent=not is_action)

    def _line(self, event: Event) -> str:
        match event:
            case ActionDone(action):
                origin = "" if action.old_path is None else f"{named(action.old_path)} -> "
                return f"{action.op.value}: {origin}{named(action.path)}"
            case ProblemFound(problem):
                return f"problem: {named(problem.path)}: {one_line(problem.reason)}"
            case HeldBack(held):
                amount = "" if held.is_refusal else f" ({counts_in_words(held.counts)})"
                return f"held: {one_line(held.reason)}{amount}. {_how_to_answer(held.code)}"
            case Waiting(reason):
                return f"waiting: {one_line(reason)}"
            case ReportMade(report) if (
                self._is_once or report.counts.total > 0 or report.status is not PassStatus.COMPLETE
            ):
                return report_in_words(report, is_dry_run=self._is_dry_run)
            case _:
                return ""


def named(path: str) -> str:
    """Format a path for people. The root is named, and a leading ``-`` gets ``./``, so that it is no option."""
    text = readable(path)
    return f"./{text}" if text.startswith("-") else text or "(the folder itself)"


def _how_to_answer(code: HeldCode) -> str:
    """Name the option that answers what is held."""
    if code is HeldCode.NEWER_BACKUP:
        return "Nothing was touched. That version can go on with it."
    if code is HeldCode.DESTINATION_REPLACED:
        return _HOW_TO_USE_ANOTHER
    if code is HeldCode.OTHER_BACKUP:
        return f"Nothing of it was touched. If it is to become this backup's, run again with {TAKEN_BY}."
    return _HOW_TO_ANSWER


_OUTCOMES = {
    PassStatus.COMPLETE: "Everything is backed up",
    PassStatus.PROBLEMS: "Backed up except for {problems} listed above",
    PassStatus.HELD: "Backed up except for what is held",
    PassStatus.CANCELLED: "Stopped before the end",
    PassStatus.FAILED: "Failed",
}


def report_in_words(report: Report, *, is_dry_run: bool = False) -> str:
    """Describe in one line what a pass did, or in a dry run would have done."""
    if report.held is not None and report.held.is_refusal:
        return "Nothing was backed up."
    if is_dry_run:
        return f"Nothing was written. To do: {counts_in_words(report.counts)}."
    problems = f"{len(report.problems):,} {'path' if len(report.problems) == 1 else 'paths'}"
    outcome = _OUTCOMES[report.status].format(problems=problems)
    reason = f" ({one_line(report.reason)})" if report.reason else ""
    gone = f" {made_room_in_words(report.made_room)}." if report.made_room.versions else ""
    more = " The option --free-history lets them go, the oldest first." if report.spared.versions else ""
    cloud = f" Left out, since only in the cloud: {report.placeholders:,}." if report.placeholders else ""
    return f"{outcome}{reason}: {counts_in_words(report.counts)}, in {report.duration_s:.1f} s.{gone}{more}{cloud}"


def counts_in_words(counts: Counts) -> str:
    """List how many paths there are of each kind, without zeros."""
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (counts.created, "new"),
            (counts.replaced, "changed"),
            (counts.moved, "moved"),
            (counts.deleted, "deleted"),
            (counts.metadata, "with new attributes"),
        )
        if number
    ]
    if not parts:
        return "nothing"
    if counts.bytes:
        parts.append(size_in_words(counts.bytes))
    return ", ".join(parts)


def progress_in_words(progress: Progress) -> str:
    """Describe how many paths and bytes are done, the totals if known, and the speed."""
    words = f"{progress.files_done:,}" + (f" of {progress.files_total:,}" if progress.files_total else "")
    if progress.bytes_done or progress.bytes_total:
        words += f", {size_in_words(progress.bytes_done)}"
        words += f" of {size_in_words(progress.bytes_total)}" if progress.bytes_total else ""
        if progress.elapsed_s > 0:
            words += f", {size_in_words(int(progress.bytes_done / progress.elapsed_s))}/s"
    return words


class ProgressBar:
    """A bar on stderr with count, bytes, speed and time left; it appears only after a short delay."""

    def __init__(self) -> None:
        self._rich: RichProgress | None = None
        self._task: TaskID | None = None
        self._phase: Phase | None = None

    def show(self, progress: Progress) -> None:
        """Show how far a pass has come."""
        if self._rich is None:
            if progress.elapsed_s < BAR_AFTER_S:
                return
            self._rich = _make_bar()
            self._rich.start()
        if self._task is None or progress.phase is not self._phase:
            if self._task is not None:
                self._rich.remove_task(self._task)
            self._task = self._rich.add_task(progress.phase.value.capitalize(), total=None, counted="")
            self._phase = progress.phase
        is_in_bytes = progress.bytes_total > 0
        self._rich.update(
            self._task,
            total=(progress.bytes_total if is_in_bytes else progress.files_total) or None,
            completed=progress.bytes_done if is_in_bytes else progress.files_done,
            counted=progress_in_words(progress),
        )

    def print_above(self, line: str) -> bool:
        """Print a line above the bar if the bar is shown; return whether it was printed."""
        if self._rich is None:
            return False
        self._rich.console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=True)
        return True

    def clear(self) -> None:
        """Clear the bar."""
        if self._rich is not None:
            self._rich.stop()
        self._rich = self._task = self._phase = None


def _make_bar() -> RichProgress:
    # Imported only when the bar is shown: it takes longer than a whole pass that finds nothing to do.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[counted]}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    )

"""Describes a job's state in words, for the banner, the cards, the tray and notifications.

Pure functions from a view and the time to sentences, without jargon. ``now`` is the time, seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from PySide6.QtCore import QCoreApplication

from backup_gui.model.plans import Held, HeldCode, Phase, ProblemCode, Progress
from backup_gui.model.reasons import ReasonCode
from backup_gui.model.status import JobState
from backup_gui.ui.text.backlog import behind_sentence
from backup_gui.ui.text.format import (
    ago_text,
    clock_text,
    counted,
    duration_text,
    files_text,
    job_in_words,
    number_text,
    path_in_words,
    path_text,
    size_text,
    speed_text,
)
from backup_gui.ui.text.reasons import said, sentence_text
from backup_gui.ui.values.job import JobView
from backup_gui.ui.values.pace import Pace

_tr = partial(QCoreApplication.translate, "Headline")

# From least to most urgent; the tray icon shows the most urgent state.
SEVERITY = (
    JobState.OK,
    JobState.WORKING,
    JobState.PAUSED,
    JobState.WAITING,
    JobState.ATTENTION,
    JobState.HELD,
    JobState.FAILED,
)


# States in which a backup needs the user.
TROUBLE = frozenset({JobState.ATTENTION, JobState.HELD, JobState.FAILED})

_DRIVES_AWAY = frozenset(
    {ReasonCode.DESTINATION_DRIVE_AWAY, ReasonCode.DESTINATION_DRIVE_GONE, ReasonCode.SOURCE_DRIVE_AWAY}
)
_DRIVE_FULL = frozenset(
    {
        ProblemCode.NO_SPACE,
        ReasonCode.FULL_BEFORE_BEGUN,
        ReasonCode.SPARED,
        ReasonCode.TOO_MANY_FILES,
        ReasonCode.ONE_FILE_TOO_MANY,
    }
)
_FOLDERS_AWAY = frozenset({ReasonCode.DESTINATION_AWAY, ReasonCode.SOURCE_AWAY, ReasonCode.SOURCE_GONE})


class Remedy(Enum):
    """The action that helps in a state."""

    BACK_UP = "back up"
    PAUSE = "pause"
    RESUME = "resume"
    EXPLAIN = "explain"
    USE_DRIVE = "use drive"
    SHOW_PROBLEMS = "show problems"
    REVIEW = "review"
    SHOW_HISTORY_SIZE = "show history size"
    TRY_AGAIN = "try again"


@dataclass(frozen=True, slots=True)
class Headline:
    """A state in words.

    Attributes:
        title: One sentence.
        detail: Further details; may be empty.
        remedy: The action of the button beside it.
        has_name: Whether the title names the job.
    """

    title: str
    detail: str
    remedy: Remedy
    has_name: bool = False


def worst(states: list[JobState]) -> JobState:
    """The most urgent state; OK if there is none."""
    return max(states, key=SEVERITY.index, default=JobState.OK)


def most_urgent(views: Sequence[JobView]) -> JobView:
    """The job that needs the user most; of equal ones one that is behind, or was checked longest ago.

    Raises:
        ValueError: There is no job.
    """
    return max(views, key=_urgency)


def _urgency(view: JobView) -> tuple[int, bool, float]:
    return SEVERITY.index(view.shown_state), view.status.pending > 0, -(view.status.last_complete_at or 0.0)


def summary(views: Sequence[JobView], now: float) -> Headline:
    """Describe the state of all jobs, at least one, for the banner: that of the most urgent one, by its name."""
    view = most_urgent(views)
    words = headline(view, now)
    is_fine = view.shown_state is JobState.OK and not view.status.pending and view.status.last_complete_at is not None
    if len(views) == 1 or is_fine:
        return words
    others = sum(other.shown_state in TROUBLE for other in views) - 1
    detail = words.detail
    if others > 0:
        more = counted("%Ln other backups need you, too.", "%Ln other backup needs you, too.", others)
        detail = " ".join(filter(None, (detail, more)))
    return replace(words, title=sentence(view, now), detail=detail, has_name=True)


def headline(view: JobView, now: float) -> Headline:
    """Describe a job's state."""
    state = view.status.state
    if (seen := _headline_from_outside(view, now)) is not None:
        return seen
    if state is JobState.OK:
        return _headline_ok(view, now)
    if state is JobState.WORKING:
        return Headline(
            _working_title(view.progress, view.pace),
            path_text(view.progress.path) if view.progress is not None else "",
            Remedy.PAUSE,
        )
    if state is JobState.HELD:
        return _headline_held(view)
    if state is JobState.ATTENTION:
        return Headline(problems_text(len(view.status.problems)), _rest_is_safe(view, now), Remedy.SHOW_PROBLEMS)
    if state is JobState.PAUSED:
        until = view.status.paused_until
        title = _tr("Paused.") if until is None else _tr("Paused until {time}.").format(time=clock_text(until, now))
        return Headline(title, _waiting_detail(view, now), Remedy.RESUME)
    if state is JobState.FAILED or view.status.reason:
        away = _waiting_title(view)
        title = away or said(view.status.reason) or _tr("The backup has stopped.")
        remedy = _failed_remedy(view) if state is JobState.FAILED else _waiting_remedy(view)
        return Headline(title, _waiting_detail(view, now), remedy, has_name=bool(away))
    return Headline(_tr("Getting ready."), _tr("The folders are being looked at."), Remedy.BACK_UP)


def sentence(view: JobView, now: float) -> str:
    """Describe a job's state in a list of jobs, naming the job exactly once."""
    words = headline(view, now)
    if words.has_name:
        return words.title
    return _tr("{name}: {sentence}").format(name=job_in_words(view.job.name), sentence=words.title)


def remedy_text(remedy: Remedy) -> str:
    """Label of the banner's button."""
    return {
        Remedy.BACK_UP: _tr("Back up now"),
        Remedy.PAUSE: _tr("Pause"),
        Remedy.RESUME: _tr("Resume"),
        Remedy.EXPLAIN: _tr("What is this?"),
        Remedy.USE_DRIVE: _tr("Use this new drive…"),
        Remedy.SHOW_PROBLEMS: _tr("Show"),
        Remedy.REVIEW: _tr("Review…"),
        Remedy.SHOW_HISTORY_SIZE: _tr("Show history size"),
        Remedy.TRY_AGAIN: _tr("Try again"),
    }[remedy]


def state_text(state: JobState) -> str:
    """One or two words for a state, for cards and screen readers."""
    return {
        JobState.OK: _tr("Backed up"),
        JobState.WORKING: _tr("Working"),
        JobState.WAITING: _tr("Waiting"),
        JobState.PAUSED: _tr("Paused"),
        JobState.ATTENTION: _tr("Needs a look"),
        JobState.HELD: _tr("Needs your word"),
        JobState.FAILED: _tr("Not working"),
    }[state]


def own_text(view: JobView, now: float) -> str:
    """A job's state on its own page: what the banner says where it speaks for this job alone."""
    if view.shown_state is JobState.OK and not view.status.pending:
        return f"{card_text(view, now)}."
    words = headline(view, now)
    return " ".join(filter(None, (words.title, words.detail)))


def card_text(view: JobView, now: float) -> str:
    """The last line of a job's card: its state, and the time of the last complete backup."""
    status = view.status
    if view.overdue_since is not None and view.shown_state is not status.state:
        days = max(1, int((now - view.overdue_since) // 86_400))
        return counted("Not backed up for %Ln days", "Not backed up for %Ln day", days)
    if view.silent_s and view.shown_state is JobState.WAITING:
        return _tr("Waiting for the drive")
    if status.state is JobState.WORKING:
        progress = view.progress
        if progress is not None and progress.bytes_total:
            share = min(99, progress.bytes_done * 100 // progress.bytes_total)
            return _tr("Copying, {percent} %").format(percent=number_text(share))
        return state_text(status.state)
    if status.state is JobState.WAITING and not status.reason:
        return _tr("Getting ready")
    if status.state is JobState.ATTENTION:
        return counted("%Ln problems", "%Ln problem", len(status.problems))
    if status.state is JobState.OK and status.last_complete_at is not None:
        return _tr("Backed up, {ago}").format(ago=ago_text(status.last_complete_at, now))
    return state_text(status.state)


def problems_text(count: int) -> str:
    """Such as "3 files could not be copied."."""
    return counted(
        "%Ln files could not be backed up.",
        "%Ln file could not be backed up.",
        count,
    )


def silence_text(silent_s: int) -> str:
    """The sentence for a drive that does not answer, perhaps because it is slow to write; empty if it answers."""
    if not silent_s:
        return ""
    return _tr("Waiting for the drive: it has not answered for {time}.").format(time=duration_text(silent_s))


def held_text(held: Held) -> str:
    """What is held, as a sentence before a question."""
    if held.code in {HeldCode.OTHER_BACKUP, HeldCode.NEWER_BACKUP}:
        return sentence_text(held.reason)
    if held.code is HeldCode.STRANGERS:
        return _strangers_text(held)
    if held.code is HeldCode.SOURCE_EMPTY:
        return _tr("Your folder is suddenly empty. Everything would be deleted from the backup.")
    if held.code is HeldCode.DESTINATION_REPLACED:
        return _tr("Another folder is where your backup was, or a link leads to one.")
    count = held.counts.deleted + held.counts.replaced
    if held.code is HeldCode.SLOW_CHANGE:
        count += held.lost_before
        pattern = _tr("Within an hour, {count} of {all} files were deleted from your folder or rewritten.")
    elif not held.counts.replaced:
        pattern = _tr("{count} of {all} files would be deleted from the backup.")
    elif held.counts.deleted:
        pattern = _tr("{count} of {all} files would be deleted from the backup or replaced.")
    else:
        pattern = _tr("{count} of {all} files would be replaced in the backup.")
    return pattern.format(count=number_text(count), all=number_text(held.mirror_files))


def _strangers_text(held: Held) -> str:
    """Describe files in the backup folder that this program did not put there, compared with the user's folder."""
    counts = held.counts
    if not counts.total:
        return counted(
            "%Ln folders in the backup folder were not put there by this backup and are not in your folder.",
            "%Ln folder in the backup folder was not put there by this backup and is not in your folder.",
            len(held.actions),
        )
    if not counts.replaced:
        return counted(
            "%Ln files in the backup folder were not put there by this backup and are not in your folder.",
            "%Ln file in the backup folder was not put there by this backup and is not in your folder.",
            counts.total,
        )
    if counts.replaced == counts.total:
        return counted(
            "%Ln files in the backup folder were not put there by this backup and are different in your folder.",
            "%Ln file in the backup folder was not put there by this backup and is different in your folder.",
            counts.total,
        )
    return counted(
        "%Ln files in the backup folder were not put there by this backup: your folder lacks them, or has others.",
        "%Ln file in the backup folder was not put there by this backup: your folder lacks it, or has another.",
        counts.total,
    )


def progress_figures(progress: Progress, pace: Pace) -> str:
    """Counts, bytes, speed and time left on one line."""
    if progress.phase is Phase.COMPARING or not progress.files_total:
        return _tr("{files} looked at").format(files=files_text(progress.files_done))
    speed = [speed_text(pace.bytes_per_s)] if pace.bytes_per_s > 0 else []
    return "  ·  ".join(_figures(_tr("{done} of {all} files"), progress, pace, speed))


def _figures(files: str, progress: Progress, pace: Pace, speed: list[str]) -> list[str]:
    """Files and bytes done of all, as far as there are any, then the speed, then the time left."""
    parts = [files.format(done=number_text(progress.files_done), all=number_text(progress.files_total))]
    if progress.bytes_total:
        done, total = size_text(progress.bytes_done), size_text(progress.bytes_total)
        parts.append(_tr("{done} of {all}").format(done=done, all=total))
    parts += speed
    if pace.left_s is not None:
        parts.append(_tr("about {time} left").format(time=duration_text(max(1.0, pace.left_s))))
    return parts


def _headline_from_outside(view: JobView, now: float) -> Headline | None:
    """Describe what a job does not report itself: that it is overdue or hangs."""
    if view.overdue_since is not None and view.shown_state is not view.status.state:
        return _headline_overdue(view, view.overdue_since, now)
    if view.silent_s and view.shown_state is JobState.WAITING:
        return Headline(silence_text(view.silent_s), _waiting_detail(view, now), Remedy.EXPLAIN)
    return None


def _headline_ok(view: JobView, now: float) -> Headline:
    status = view.status
    if status.pending:
        title = counted("%Ln changes are not yet backed up.", "%Ln change is not yet backed up.", status.pending)
        if status.backlog.files:
            title = behind_sentence(status, now)
        return Headline(title, _tr("They follow within moments."), Remedy.BACK_UP)
    if status.last_complete_at is None:
        return Headline(_tr("Getting ready."), _tr("The folders are being looked at."), Remedy.BACK_UP)
    return Headline(_tr("Everything is backed up."), _checked(view, now), Remedy.BACK_UP)


def overdue_text(view: JobView, since: float, now: float) -> str:
    """Say in one sentence that a backup is overdue, and why; it was complete or added at ``since``."""
    pattern = {
        JobState.WAITING: _tr("{name} has not been backed up {age}: its drive or folder is away."),
        JobState.PAUSED: _tr("{name} has not been backed up {age}: it is paused."),
        JobState.HELD: _tr("{name} has not been backed up completely {age}: your word is needed."),
        JobState.ATTENTION: _tr("{name} has not been backed up completely {age}: some files have problems."),
        JobState.FAILED: _tr("{name} has not been backed up {age}: it does not get through."),
    }.get(view.status.state, _tr("{name} has not been backed up completely {age}."))
    days = max(1, int((now - since) // 86_400))
    return pattern.format(name=job_in_words(view.job.name), age=counted("for %Ln days", "for %Ln day", days))


def _headline_overdue(view: JobView, since: float, now: float) -> Headline:
    remedy = {JobState.WAITING: _waiting_remedy(view), JobState.PAUSED: Remedy.RESUME}.get(
        view.status.state, Remedy.BACK_UP
    )
    detail = (
        silence_text(view.silent_s)
        or said(view.status.reason)
        or behind_sentence(view.status, now)
        or _checked(view, now)
    )
    return Headline(overdue_text(view, since, now), detail, remedy, has_name=True)


def _working_title(progress: Progress | None, pace: Pace) -> str:
    if progress is None or progress.phase is Phase.COMPARING:
        return _tr("Looking for changes.")
    if progress.phase is Phase.RETURNING:
        return _tr("Putting files back into your folder.")
    if not progress.files_total:
        return _tr("Bringing folders up to date.")
    return ", ".join(_figures(_tr("Copying {done} of {all} files"), progress, pace, [])) + "."


def _headline_held(view: JobView) -> Headline:
    held = view.status.held
    if held is None:
        return Headline(said(view.status.reason) or _tr("Your word is needed."), "", Remedy.REVIEW)
    if view.has_kept:
        return Headline(
            _tr("You chose to keep files that are no longer in your folder."),
            _tr("They stay in the backup. New and changed files go on being backed up."),
            Remedy.REVIEW,
        )
    if held.code is HeldCode.DESTINATION_REPLACED:
        return Headline(
            f"{held_text(held)} {_tr('Is that right?')}",
            _tr("Nothing is written there until you say so. It goes on by itself when the right folder is back."),
            Remedy.REVIEW,
        )
    if held.code is HeldCode.NEWER_BACKUP:
        return Headline(held_text(held), _tr("Nothing was touched. That version can go on with it."), Remedy.TRY_AGAIN)
    if held.is_refusal:
        title = _tr("{what} Should this backup take the place over?").format(what=held_text(held))
        return Headline(title, _tr("Nothing was touched, and nothing is backed up until you decide."), Remedy.REVIEW)
    question = _tr("Is that right?") if held.code is not HeldCode.STRANGERS else _tr("What should happen to them?")
    return Headline(
        f"{held_text(held)} {question}",
        _tr("None of it is done until you say so. New files go on being backed up."),
        Remedy.REVIEW,
    )


def _rest_is_safe(view: JobView, now: float) -> str:
    if view.status.last_pass_at is None:
        return _tr("Everything else is backed up.")
    return _tr("Everything else is backed up. Checked at {time}.").format(
        time=clock_text(view.status.last_pass_at, now)
    )


def _waiting_title(view: JobView) -> str:
    """Which drive or folder a job waits for, and its path; empty if it waits for something else."""
    reason = view.status.reason
    path = reason.arguments.get("path")
    if view.status.state is not JobState.WAITING or not isinstance(path, str):
        return ""
    if reason.code in _DRIVES_AWAY:
        pattern = _tr("Waiting for the drive of “{name}”: {path}")
    elif reason.code in _FOLDERS_AWAY:
        pattern = _tr("Waiting for the folder of “{name}”: {path}")
    elif reason.code is ReasonCode.DESTINATION_REPLACED:
        pattern = _tr("Another drive is where the backup of “{name}” was: {path}")
    else:
        return ""
    return pattern.format(name=job_in_words(view.job.name), path=path_in_words(path))


def _failed_remedy(view: JobView) -> Remedy:
    is_full = view.status.reason.code in _DRIVE_FULL
    # Without a history, there are no old versions on the drive to remove.
    return Remedy.SHOW_HISTORY_SIZE if is_full and view.job.keeps_history else Remedy.TRY_AGAIN


def _waiting_remedy(view: JobView) -> Remedy:
    is_replaced = view.status.reason.code is ReasonCode.DESTINATION_REPLACED
    return Remedy.USE_DRIVE if is_replaced else Remedy.EXPLAIN


def _waiting_detail(view: JobView, now: float) -> str:
    return " ".join(part for part in (behind_sentence(view.status, now), _checked(view, now)) if part)


def _checked(view: JobView, now: float) -> str:
    at = view.status.last_complete_at
    if at is None:
        return _tr("There is no complete backup yet.")
    if view.status.state is JobState.OK:
        return _tr("Checked at {time}.").format(time=clock_text(at, now))
    return _tr("Last complete backup: {time}.").format(time=clock_text(at, now))

"""Which changes are told."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from backup_gui.model.job import Job, Place
from backup_gui.model.plans import ProblemCode
from backup_gui.model.reasons import Reason, of_system
from backup_gui.model.status import JobState, Status
from backup_gui.ui.text.notices import Notice, Notices, button_text, hidden_notice
from backup_gui.ui.values.job import JobView
from tests.helpers.screens import HELD, PROBLEMS
from tests.qt.conftest import NOW, ok_status

JOB = Job("/a", Place("/b"), id="one", name="One")
TROUBLES = {
    JobState.ATTENTION: Status(JobState.ATTENTION, problems=PROBLEMS),
    JobState.HELD: Status(JobState.HELD, held=HELD),
    JobState.FAILED: Status(JobState.FAILED, reason=Reason(ProblemCode.NO_SPACE)),
}


@pytest.fixture
def notices(qapp: QApplication) -> Notices:
    return Notices(frozenset({"one"}))


def told(notices: Notices, *statuses: Status) -> list[str]:
    found = (notices.on_status(JobView(JOB, status), NOW) for status in statuses)
    return [notice.text for notice in found if notice is not None]


def test_the_first_complete_backup_is_told_once(qapp: QApplication) -> None:
    notices = Notices()
    texts = told(notices, Status(JobState.WORKING), ok_status(), Status(JobState.WORKING), ok_status())
    assert len(texts) == 1
    assert "first backup is complete" in texts[0]
    assert notices._celebrated == {"one"}


def test_first_backups_of_jobs_that_were_added_at_once_are_told_at_once(qapp: QApplication) -> None:
    notices = Notices()
    jobs = [JOB._replace(id=str(number)) for number in range(4)]
    notices.note_added(job.id for job in jobs[:3])

    def first_ids(job: Job, status: Status) -> tuple[str, ...] | None:
        notice = notices.on_status(JobView(job, status), NOW)
        return None if notice is None else notice.first_ids

    assert first_ids(jobs[0], ok_status()) is None
    # One that was added otherwise waits for none of them.
    assert first_ids(jobs[3], ok_status()) == ("3",)
    # None waits for one with a problem, which is told as ever, and is told of once it is complete.
    assert first_ids(jobs[1], TROUBLES[JobState.ATTENTION]) == ()
    notice = notices.on_status(JobView(jobs[2], ok_status()), NOW)
    assert notice is not None
    assert (notice.first_ids, notice.title) == (("0", "2"), "Folder Backup")
    assert notice.text.startswith("The first backups of 2 folders are complete. From now on")
    assert first_ids(jobs[1], ok_status()) == ("1",)
    assert notices._celebrated == {"0", "1", "2", "3"}


@pytest.mark.parametrize(
    "status",
    [
        *TROUBLES.values(),
        Status(JobState.PAUSED),
        Status(JobState.WAITING, reason=of_system("The drive is away.")),
    ],
    ids=lambda status: status.state.value,
)
def test_what_is_complete_is_told_though_another_one_has_trouble_later(qapp: QApplication, status: Status) -> None:
    notices = Notices()
    one, two = JOB._replace(id="one"), JOB._replace(id="two")
    notices.note_added(("one", "two"))
    assert notices.on_status(JobView(one, ok_status()), NOW) is None
    assert notices.on_status(JobView(two, Status(JobState.WAITING)), NOW) is None
    assert notices.on_status(JobView(one, ok_status()), NOW) is None
    notices.on_status(JobView(two, status), NOW)
    notice = notices.on_status(JobView(one, ok_status()), NOW)
    assert notice is not None
    assert notice.first_ids == ("one",)
    assert notices.on_status(JobView(one, ok_status()), NOW) is None


def test_a_removed_job_is_not_waited_for(qapp: QApplication) -> None:
    notices = Notices()
    notices.note_added(("one", "two"))
    notices.forget("two")
    assert len(told(notices, ok_status())) == 1


def test_later_success_is_quiet(notices: Notices) -> None:
    assert told(notices, ok_status(), Status(JobState.WORKING), ok_status()) == []


@pytest.mark.parametrize("state", TROUBLES, ids=lambda state: state.value)
def test_trouble_is_told_once_for_each_change_of_state(notices: Notices, state: JobState) -> None:
    trouble = TROUBLES[state]
    working = Status(JobState.WORKING)
    assert len(told(notices, trouble, trouble, working, trouble, trouble._replace(pending=3))) == 1
    assert len(told(notices, ok_status(), trouble)) == 1


def test_another_trouble_is_told_too(notices: Notices) -> None:
    texts = told(notices, *TROUBLES.values())
    assert texts == [
        "3 files could not be backed up. Everything else is backed up.",
        "840 of 1,000 files would be deleted from the backup. Is that right?",
        "The backup drive is full",
    ]


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.PAUSED, JobState.WORKING])
def test_waiting_and_working_are_not_told(notices: Notices, state: JobState) -> None:
    assert told(notices, Status(state, reason=of_system("The drive is away."))) == []


def test_two_jobs_are_told_separately(notices: Notices) -> None:
    other = Job("/c", Place("/d"), id="two", name="Two")
    status = TROUBLES[JobState.FAILED]
    found = [notices.on_status(JobView(job, status), NOW) for job in (JOB, other)]
    assert [notice.title for notice in found if notice is not None] == ["One", "Two"]


def test_only_what_waits_for_the_user_is_urgent(notices: Notices) -> None:
    found = [notices.on_status(JobView(JOB, status), NOW) for status in TROUBLES.values()]
    assert [notice and notice.is_urgent for notice in found] == [False, True, True]
    assert [notice and button_text(notice) for notice in found] == ["Show", "Review", "Show"]
    assert (button_text(hidden_notice()), hidden_notice().is_urgent) == ("Open", False)


@pytest.mark.parametrize("state", TROUBLES, ids=lambda state: state.value)
def test_trouble_is_over_when_everything_is_backed_up(notices: Notices, state: JobState) -> None:
    notice = notices.on_status(JobView(JOB, TROUBLES[state]), NOW)
    assert notice is not None
    for status in (TROUBLES[state], Status(JobState.WORKING), Status(JobState.WAITING), Status(JobState.PAUSED)):
        assert not notice.is_over(JobView(JOB, status))
    assert notice.is_over(JobView(JOB, ok_status()))


def test_a_question_is_over_when_it_is_answered(notices: Notices) -> None:
    notice = notices.on_status(JobView(JOB, TROUBLES[JobState.HELD]), NOW)
    assert notice is not None
    assert notice.is_over(JobView(JOB, TROUBLES[JobState.HELD], has_kept=True))


def test_that_the_first_backup_is_complete_is_never_untrue(qapp: QApplication) -> None:
    notice = Notices().on_status(JobView(JOB, ok_status()), NOW)
    assert notice is not None
    assert not notice.is_over(JobView(JOB, ok_status()))


@pytest.mark.parametrize(
    ("state", "is_over_at_once"), [(JobState.WAITING, True), (JobState.PAUSED, True), (JobState.ATTENTION, False)]
)
def test_an_alarm_is_over_with_its_reason_or_with_a_complete_backup(
    notices: Notices, *, state: JobState, is_over_at_once: bool
) -> None:
    view = JobView(JOB, Status(state), overdue_since=NOW - 86_400 * 4)
    notice: Notice = notices.on_overdue(view, NOW - 86_400 * 4, NOW)
    assert not notice.is_over(view)
    working = JobView(JOB, Status(JobState.WORKING), overdue_since=NOW - 86_400 * 4)
    assert notice.is_over(working) is is_over_at_once
    assert notice.is_over(JobView(JOB, Status(state)))

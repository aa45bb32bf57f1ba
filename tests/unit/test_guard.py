"""The guard by itself: limits, reasons, and that it takes nothing out that takes nothing away."""

from __future__ import annotations

from typing import Any

import pytest

from backup_gui.engine.guard import Condition, Lately, Verdict, judge
from backup_gui.engine.job import Job
from backup_gui.engine.model import Action, Counts, EntryKind, Held, HeldCode, Op, Plan

FILE, FOLDER, LINK = EntryKind.FILE, EntryKind.FOLDER, EntryKind.LINK


def job(**options: Any) -> Job:
    return Job("/s", "/d", "j", "job", **options)


def deletions(count: int, *, is_known: bool = True, kind: EntryKind = FILE, prefix: str = "d") -> list[Action]:
    return [Action(Op.DELETE, f"{prefix}{number}", kind, is_known=is_known) for number in range(count)]


def replacements(count: int) -> list[Action]:
    return [Action(Op.REPLACE, f"r{number}", FILE, 10, old_kind=FILE) for number in range(count)]


HARMLESS = [
    Action(Op.CREATE, "new", FILE, 5),
    Action(Op.CREATE, "folder", FOLDER),
    Action(Op.MOVE, "moved", FILE, old_path="old"),
    Action(Op.SET_METADATA, "mode", FILE),
]


def plan(*actions: Action) -> Plan:
    return Plan(actions=tuple(actions))


def test_what_takes_nothing_away_is_never_held() -> None:
    wanted = plan(*HARMLESS)
    for condition in (Condition(0), Condition(9, is_source_empty=True), Condition(9, is_source_other=True)):
        assert judge(wanted, job(asks_about_strangers=True), condition) == Verdict(wanted.actions)
    assert judge(Plan(), job(), Condition(0)) == Verdict(())


@pytest.mark.hazard(9)
@pytest.mark.parametrize(
    ("deleted", "replaced", "mirror_files", "is_held"),
    [
        (50, 0, 50, False),
        (51, 0, 51, True),
        (51, 0, 102, False),
        (51, 0, 101, True),
        (26, 25, 101, True),
        (25, 25, 50, False),
        (0, 51, 101, True),
        (51, 0, 0, True),
        (1, 0, 1, False),
        (5_000, 0, 10_000, False),
        (5_001, 0, 10_000, True),
    ],
)
def test_both_limits_have_to_be_passed(deleted: int, replaced: int, mirror_files: int, *, is_held: bool) -> None:
    taking = [*replacements(replaced), *deletions(deleted)]
    verdict = judge(plan(*HARMLESS, *taking), job(), Condition(mirror_files))
    if not is_held:
        assert verdict == Verdict((*HARMLESS, *taking))
        return
    assert verdict.actions == tuple(HARMLESS)
    assert verdict.held is not None
    assert verdict.held == Held(
        HeldCode.MASS_CHANGE,
        verdict.held.reason,
        Counts(replaced=replaced, deleted=deleted, bytes=10 * replaced),
        mirror_files,
        tuple(taking),
    )
    assert f"{deleted:,} of {mirror_files:,} files" in verdict.held.reason


def test_the_limits_are_the_jobs() -> None:
    assert judge(plan(*deletions(3)), job(guard_count=2, guard_share=0.1), Condition(20)).held is not None
    assert judge(plan(*deletions(2)), job(guard_count=2, guard_share=0.1), Condition(2)).held is None
    assert judge(plan(*deletions(3)), job(guard_count=2, guard_share=0.15), Condition(20)).held is None
    assert judge(plan(*deletions(1)), job(guard_count=0, guard_share=0.0), Condition(20)).held is not None


def test_folders_do_not_count_but_wait_with_the_rest() -> None:
    folders = deletions(500, kind=FOLDER, prefix="f")
    assert judge(plan(*folders), job(), Condition(10)).held is None
    verdict = judge(plan(*folders, *deletions(51)), job(), Condition(60))
    assert verdict.actions == ()
    assert verdict.held is not None
    assert (verdict.held.counts.deleted, len(verdict.held.actions)) == (51, 551)


def test_links_count_as_files_do() -> None:
    assert judge(plan(*deletions(51, kind=LINK)), job(), Condition(51)).held is not None


@pytest.mark.parametrize(
    ("condition", "code", "words"),
    [
        (Condition(1_234, is_source_empty=True), HeldCode.SOURCE_EMPTY, "empty, but the backup has 1,234 files"),
        (Condition(9, is_source_other=True), HeldCode.SOURCE_REPLACED, "not the folder that was backed up before"),
        (Condition(9, is_source_empty=True, is_source_other=True), HeldCode.SOURCE_REPLACED, "not the folder"),
    ],
)
@pytest.mark.parametrize("taking", [deletions(1), replacements(1), deletions(1, kind=FOLDER)])
def test_an_odd_source_takes_nothing_away(
    condition: Condition, code: HeldCode, words: str, taking: list[Action]
) -> None:
    verdict = judge(plan(*HARMLESS, *taking), job(), condition)
    assert verdict.actions == tuple(HARMLESS)
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.actions) == (code, tuple(taking))
    assert words in verdict.held.reason


def test_strangers_are_held_only_where_the_job_asks() -> None:
    strangers, known = deletions(2, is_known=False, prefix="s"), deletions(3)
    wanted = plan(*HARMLESS, *strangers, *known)
    assert judge(wanted, job(), Condition(100)).held is None
    verdict = judge(wanted, job(asks_about_strangers=True), Condition(100))
    assert verdict.actions == (*HARMLESS, *known)
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.actions) == (HeldCode.STRANGERS, tuple(strangers))
    assert "2 files" in verdict.held.reason


def test_many_strangers_are_a_mass_change() -> None:
    verdict = judge(plan(*deletions(60, is_known=False)), job(asks_about_strangers=True), Condition(60))
    assert verdict.held is not None
    assert verdict.held.code is HeldCode.MASS_CHANGE


def test_what_was_agreed_to_goes_and_does_not_count() -> None:
    first = deletions(60)
    held = judge(plan(*first), job(), Condition(60)).held
    assert judge(plan(*first), job(), Condition(60), held) == Verdict(tuple(first))
    further = deletions(51, prefix="later")
    assert judge(plan(*first, *further[:50]), job(), Condition(110), held).held is None
    verdict = judge(plan(*first, *further), job(), Condition(100), held)
    assert verdict.actions == tuple(first)
    assert verdict.held is not None
    assert verdict.held.actions == tuple(further)


def test_agreeing_to_a_deletion_is_no_word_for_a_replacement() -> None:
    agreed = Held(HeldCode.SOURCE_EMPTY, "", Counts(), 1, (Action(Op.DELETE, "a", FILE),))
    rewrite = Action(Op.REPLACE, "a", FILE, old_kind=FILE)
    condition = Condition(1, is_source_other=True)
    assert judge(plan(rewrite), job(), condition, agreed).actions == ()
    assert judge(plan(Action(Op.DELETE, "a", FILE)), job(), condition, agreed).held is None


def test_the_standing_word_lets_everything_through() -> None:
    wanted = plan(*deletions(1_000, is_known=False))
    condition = Condition(1_000, is_source_empty=True, is_source_other=True)
    assert judge(wanted, job(allows_mass_delete=True, asks_about_strangers=True), condition) == Verdict(wanted.actions)


# What was lost within the hour before


def creations(count: int) -> list[Action]:
    return [Action(Op.CREATE, f"n{number}", FILE, 5) for number in range(count)]


def test_losses_of_an_hour_are_judged_together() -> None:
    lately = Lately(lost=50, gone=50, old_gone=50)
    assert judge(plan(*deletions(1)), job(), Condition(60, lately=lately)).held is None
    verdict = judge(plan(*HARMLESS, *deletions(6)), job(), Condition(60, lately=lately))
    assert verdict.actions == tuple(HARMLESS)
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.lost_before) == (HeldCode.SLOW_CHANGE, 50)
    assert (verdict.held.counts.deleted, verdict.held.mirror_files) == (6, 110)
    assert "56 of 110 files" in verdict.held.reason


def test_the_limits_of_an_hour_are_the_jobs() -> None:
    few, some = Lately(lost=2), Lately(lost=50)
    assert judge(plan(*replacements(1)), job(), Condition(3, lately=few)).held is None
    assert judge(plan(*replacements(1)), job(guard_count=2), Condition(3, lately=few)).held is not None
    assert judge(plan(*replacements(1)), job(), Condition(102, lately=some)).held is None
    assert judge(plan(*replacements(1)), job(guard_share=0.4), Condition(102, lately=some)).held is not None
    assert judge(plan(*replacements(1)), job(allows_mass_delete=True), Condition(3, lately=some)).held is None


def test_what_counts_already_goes_on() -> None:
    lately = Lately(lost=60, counted=frozenset({"r0", "r1"}))
    assert judge(plan(*replacements(2)), job(), Condition(100, lately=lately)).held is None
    verdict = judge(plan(*replacements(4), *deletions(1, kind=FOLDER)), job(), Condition(100, lately=lately))
    assert [action.path for action in verdict.actions] == ["r0", "r1"]
    assert verdict.held is not None
    assert [action.path for action in verdict.held.actions] == ["r2", "r3", "d0"]


def test_gone_and_new_one_after_the_other_is_a_loss_of_all_that_is_gone() -> None:
    # 50 of 100 are gone and as many new ones are there: the mirror is as large as before.
    lately = Lately(lost=50, gone=50, old_gone=50, made=50)
    assert judge(plan(*deletions(1), *creations(1)), job(), Condition(100, lately=lately)).held is not None
    # Nothing new: 50 of 150 are gone.
    lately = Lately(lost=50, gone=50, old_gone=50)
    assert judge(plan(*deletions(1)), job(), Condition(100, lately=lately)).held is None


def test_new_ones_first_and_then_all_old_ones_gone_is_held() -> None:
    # 100 new files beside 100 old ones, which are half of the mirror and not more.
    lately = Lately(made=100)
    assert judge(plan(*deletions(100)), job(), Condition(200, lately=lately)).held is not None
    assert judge(plan(*deletions(60)), job(), Condition(200, lately=lately)).held is None


def test_many_new_files_are_no_reason_to_hold_what_little_goes() -> None:
    # 60 files, then 1,000 unpacked; some of the unpacked ones go again.
    names = frozenset(f"d{number}" for number in range(400))
    assert judge(plan(*deletions(400)), job(), Condition(1_060, lately=Lately(made=1_000, new=names))).held is None
    assert judge(plan(*deletions(55)), job(), Condition(1_060, lately=Lately(made=1_000))).held is None


def test_what_was_agreed_to_does_not_count_with_the_hour() -> None:
    lately = Lately(lost=50, gone=50, old_gone=50)
    held = judge(plan(*deletions(6)), job(), Condition(60, lately=lately)).held
    assert judge(plan(*deletions(6)), job(), Condition(60, lately=lately), held).held is None


def test_all_at_once_is_told_as_such_whatever_was_before() -> None:
    verdict = judge(plan(*deletions(60)), job(), Condition(60, lately=Lately(lost=10)))
    assert verdict.held is not None
    assert verdict.held.code is HeldCode.MASS_CHANGE

"""The guard by itself: limits, reasons, and that it takes nothing out that takes nothing away."""

from __future__ import annotations

from typing import Any

import pytest

from backup_gui.engine.guard.guard import Circumstances, Verdict, judge
from backup_gui.engine.guard.unanswered import Unanswered, from_text, to_text
from backup_gui.engine.state.recent_losses import Lately
from backup_gui.model.entries import EntryKind
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import Action, Counts, Held, HeldCode, Op, Plan
from backup_gui.model.reasons import NO_REASON

FILE, FOLDER, LINK = EntryKind.FILE, EntryKind.FOLDER, EntryKind.LINK


def job(**options: Any) -> Job:
    return Job("/s", Place("/d"), "j", "job", **options)


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
    for condition in (Circumstances(0), Circumstances(9, is_source_empty=True), Circumstances(9, is_source_other=True)):
        assert judge(wanted, job(asks_about_strangers=True), condition) == Verdict(wanted.actions)
    assert judge(Plan(), job(), Circumstances(0)) == Verdict(())


@pytest.mark.hazard(9)
@pytest.mark.parametrize(
    ("deleted", "replaced", "mirror_files", "is_held"),
    [
        (50, 0, 50, False),
        (51, 0, 51, True),
        (51, 0, 102, False),
        (51, 0, 101, True),
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
    verdict = judge(plan(*HARMLESS, *taking), job(), Circumstances(mirror_files))
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
    assert judge(plan(*deletions(3)), job(guard_count=2, guard_share=0.1), Circumstances(20)).held is not None
    assert judge(plan(*deletions(2)), job(guard_count=2, guard_share=0.1), Circumstances(2)).held is None
    assert judge(plan(*deletions(3)), job(guard_count=2, guard_share=0.15), Circumstances(20)).held is None
    assert judge(plan(*deletions(1)), job(guard_count=0, guard_share=0.0), Circumstances(20)).held is not None


def test_folders_do_not_count_but_wait_with_the_rest() -> None:
    folders = deletions(500, kind=FOLDER, prefix="f")
    assert judge(plan(*folders), job(), Circumstances(10)).held is None
    verdict = judge(plan(*folders, *deletions(51)), job(), Circumstances(60))
    assert verdict.actions == ()
    assert verdict.held is not None
    assert (verdict.held.counts.deleted, len(verdict.held.actions)) == (51, 551)


def test_links_count_as_files_do() -> None:
    assert judge(plan(*deletions(51, kind=LINK)), job(), Circumstances(51)).held is not None


@pytest.mark.parametrize(
    ("condition", "code", "words"),
    [
        (Circumstances(1_234, is_source_empty=True), HeldCode.SOURCE_EMPTY, "empty, but the backup has 1,234 files"),
        (Circumstances(9, is_source_other=True), HeldCode.SOURCE_REPLACED, "not the folder that was backed up before"),
        (Circumstances(9, is_source_empty=True, is_source_other=True), HeldCode.SOURCE_REPLACED, "not the folder"),
    ],
)
@pytest.mark.parametrize("taking", [deletions(1), replacements(1), deletions(1, kind=FOLDER)])
def test_an_odd_source_takes_nothing_away(
    condition: Circumstances, code: HeldCode, words: str, taking: list[Action]
) -> None:
    verdict = judge(plan(*HARMLESS, *taking), job(), condition)
    assert verdict.actions == tuple(HARMLESS)
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.actions) == (code, tuple(taking))
    assert words in verdict.held.reason


def test_strangers_are_held_only_where_the_job_asks() -> None:
    strangers, known = deletions(2, is_known=False, prefix="s"), deletions(3)
    wanted = plan(*HARMLESS, *strangers, *known)
    assert judge(wanted, job(), Circumstances(100)).held is None
    verdict = judge(wanted, job(asks_about_strangers=True), Circumstances(100))
    assert verdict.actions == (*HARMLESS, *known)
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.actions) == (HeldCode.STRANGERS, tuple(strangers))
    assert "2 files" in verdict.held.reason


@pytest.mark.hazard(7)
@pytest.mark.parametrize("options", [{"asks_about_strangers": True}, {"keeps_history": False}])
@pytest.mark.parametrize("count", [1, 60])
def test_strangers_are_held_whatever_their_number_and_all_else_goes_on(options: dict[str, bool], count: int) -> None:
    strangers = [*deletions(count, is_known=False, prefix="s"), replacements(1)[0]._replace(is_known=False)]
    known = [*replacements(3)[1:], *deletions(48)]
    taking = [*strangers[count:], *known[:2], *strangers[:count], *known[2:]]
    strangers = [action for action in taking if not action.is_known]
    verdict = judge(plan(*HARMLESS, *taking), job(**options), Circumstances(count + 103))
    assert verdict.actions == (*HARMLESS, *known)
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.actions) == (HeldCode.STRANGERS, tuple(strangers))
    assert f"{count + 1} files in the destination" in verdict.held.reason


@pytest.mark.hazard(7)
def test_strangers_that_stay_do_not_make_the_mirror_larger() -> None:
    taking = [*deletions(200, is_known=False, prefix="s"), *deletions(51)]
    verdict = judge(plan(*taking), job(keeps_history=False), Circumstances(300))
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.actions) == (HeldCode.MASS_CHANGE, tuple(taking))


@pytest.mark.hazard(7)
def test_a_folder_with_a_stranger_in_it_stays_and_a_strangers_empty_folder_too() -> None:
    inside = Action(Op.DELETE, "ours/and/theirs", FILE, is_known=False)
    folders = [Action(Op.DELETE, "ours/and", FOLDER), Action(Op.DELETE, "ours", FOLDER)]
    other = Action(Op.DELETE, "ours and theirs", FOLDER)
    verdict = judge(plan(inside, *folders, other), job(keeps_history=False), Circumstances(9))
    assert verdict.actions == (other,)
    empty = Action(Op.DELETE, "theirs", FOLDER, is_known=False)
    verdict = judge(plan(empty), job(keeps_history=False), Circumstances(9))
    assert verdict.held is not None
    assert verdict.held.reason == "1 folders in the destination were not put there by this program"


# What goes on while something is held


def unanswered_after(verdict: Verdict) -> Unanswered:
    assert verdict.unanswered is not None
    assert from_text(to_text(verdict.unanswered)) == verdict.unanswered
    return verdict.unanswered


@pytest.mark.hazard(9)
def test_edits_go_on_while_deletions_are_held() -> None:
    taking, edits = deletions(60), replacements(3)
    verdict = judge(plan(*HARMLESS, *edits, *taking), job(), Circumstances(63))
    assert verdict.actions == (*HARMLESS, *edits)
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.actions) == (HeldCode.MASS_CHANGE, tuple(taking))
    assert verdict.held.counts == Counts(deleted=60)


@pytest.mark.hazard(9)
def test_deletions_go_on_while_replacements_are_held() -> None:
    taking, deleted = replacements(60), deletions(3)
    verdict = judge(plan(*taking, *deleted), job(), Circumstances(100))
    assert verdict.actions == tuple(deleted)
    assert verdict.held is not None
    assert verdict.held.actions == tuple(taking)


@pytest.mark.hazard(9)
@pytest.mark.parametrize("replaced", [25, 50])
def test_what_goes_on_keeps_to_the_limits_with_the_edits(replaced: int) -> None:
    # Neither are too many by themselves.
    edits, deleted = replacements(replaced), deletions(51 - replaced + 25)
    verdict = judge(plan(*edits, *deleted), job(), Circumstances(101))
    assert verdict.actions == tuple(edits)
    assert verdict.held is not None
    assert verdict.held.actions == tuple(deleted)


@pytest.mark.hazard(9)
@pytest.mark.parametrize("new", [30, 0])
def test_what_looks_like_an_encryption_is_judged_as_one(new: int) -> None:
    edits = [Action(Op.REPLACE, f"docs/r{number}", FILE, old_kind=FILE) for number in range(25)]
    deleted = [Action(Op.DELETE, f"docs/{number}", FILE) for number in range(30)]
    renamed = [Action(Op.CREATE, f"docs/{number}.locked", FILE) for number in range(new)]
    elsewhere = [Action(Op.CREATE, f"other/{number}", FILE) for number in range(100)]
    verdict = judge(plan(*renamed, *elsewhere, *edits, *deleted), job(), Circumstances(100))
    assert verdict.held is not None
    waiting = unanswered_after(verdict)
    if not new:
        # Files that are new somewhere else are no new names.
        assert verdict.held.actions == tuple(deleted)
        assert (waiting.deletions, waiting.replacements, waiting.together) == (True, False, False)
        return
    assert verdict.actions == (*renamed, *elsewhere)
    assert verdict.held.actions == (*edits, *deleted)
    assert (waiting.deletions, waiting.replacements, waiting.together) == (True, True, True)
    # The new names are in the mirror now, which is twice as large; and nobody remembers so many.
    for made_in in ({"docs": 30}, {}):
        again = Circumstances(230, unanswered=waiting, is_holding=True, made_in=made_in)
        assert judge(plan(*edits, *deleted), job(), again).actions == ()


@pytest.mark.hazard(9)
def test_new_names_of_an_earlier_pass_look_like_an_encryption_too() -> None:
    edits = [Action(Op.REPLACE, f"docs/r{number}", FILE, old_kind=FILE) for number in range(25)]
    deleted = [Action(Op.DELETE, f"docs/{number}", FILE) for number in range(30)]
    condition = Circumstances(100, lately=Lately(made=30), made_in={"docs": 30})
    assert judge(plan(*edits, *deleted), job(), condition).actions == ()


@pytest.mark.hazard(9)
def test_what_comes_while_deletions_are_held_does_not_make_them_fewer() -> None:
    first = judge(plan(*deletions(1_500), *creations(1_500)), job(), Circumstances(1_500))
    again = Circumstances(3_000, unanswered=unanswered_after(first), is_holding=True)
    verdict = judge(plan(*deletions(1_500)), job(), again)
    assert verdict.held is not None
    assert (verdict.actions, verdict.held.code, verdict.held.mirror_files) == ((), HeldCode.MASS_CHANGE, 3_000)
    assert unanswered_after(verdict) == unanswered_after(first)


@pytest.mark.hazard(9)
def test_a_quick_pass_holds_what_the_full_one_held_and_lets_edits_go_on() -> None:
    waiting = unanswered_after(judge(plan(*deletions(60)), job(), Circumstances(63)))
    condition = Circumstances(63, unanswered=waiting, is_holding=True)
    edit, deletion = replacements(1), deletions(1)
    verdict = judge(plan(*edit, *deletion)._replace(is_full=False), job(), condition)
    assert verdict.actions == tuple(edit)
    assert verdict.held is not None
    assert verdict.held.actions == tuple(deletion)
    assert unanswered_after(verdict) == waiting
    # A program's temporary file never waited.
    fleeting = condition._replace(fleeting=frozenset({"d0"}))
    assert judge(plan(*deletion)._replace(is_full=False), job(), fleeting).actions == tuple(deletion)


@pytest.mark.hazard(9)
def test_a_quick_pass_that_finds_too_many_edits_holds_them_besides() -> None:
    waiting = unanswered_after(judge(plan(*deletions(60)), job(), Circumstances(110)))
    condition = Circumstances(110, unanswered=waiting, is_holding=True)
    verdict = judge(plan(*replacements(56))._replace(is_full=False), job(), condition)
    assert verdict.actions == ()
    also = unanswered_after(verdict)
    assert (also.deletions, also.replacements, also.files) == (True, True, 110)


@pytest.mark.hazard(9)
def test_edits_are_judged_by_the_last_hour_and_what_is_held_by_the_one_before_it_was() -> None:
    waiting = unanswered_after(judge(plan(*deletions(60)), job(), Circumstances(100, now_s=5.0)))
    assert waiting.since_s == 5.0
    condition = Circumstances(100, unanswered=waiting, is_holding=True, lately_held=Lately(lost=45))
    verdict = judge(plan(*replacements(20), *deletions(10)), job(), condition)
    assert verdict.actions == tuple(replacements(20))
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.lost_before) == (HeldCode.SLOW_CHANGE, 45)
    busy = condition._replace(lately=Lately(lost=45), lately_held=Lately(lost=65))
    assert judge(plan(*replacements(20), *deletions(10)), job(), busy).actions == ()


def test_less_than_the_limits_goes_on_again() -> None:
    waiting = unanswered_after(judge(plan(*deletions(60)), job(), Circumstances(63)))
    verdict = judge(plan(*deletions(20)), job(), Circumstances(63, unanswered=waiting, is_holding=True))
    assert verdict == Verdict(tuple(deletions(20)))


def test_a_folder_that_became_a_file_goes_as_a_whole_or_not_at_all() -> None:
    inside = [Action(Op.DELETE, f"place/{number}", FILE) for number in range(60)]
    becoming = Action(Op.REPLACE, "place", FILE, old_kind=FOLDER)
    edit = replacements(1)
    verdict = judge(plan(*inside, becoming, *edit), job(), Circumstances(63))
    assert verdict.actions == tuple(edit)
    assert verdict.held is not None
    assert verdict.held.actions == (*inside, becoming)
    # And so does one whose replacement is one of too many.
    few = [Action(Op.DELETE, "place/only", FILE), Action(Op.DELETE, "place/sub", FOLDER)]
    few.append(Action(Op.DELETE, "place", FOLDER))
    verdict = judge(plan(*few, becoming, *replacements(60)), job(), Circumstances(63))
    assert verdict.actions == ()
    # An empty one, too, of which only the deletion is of too many.
    empty = [Action(Op.DELETE, "place", FOLDER), becoming]
    assert judge(plan(*empty, *deletions(60)), job(), Circumstances(63)).actions == ()


def test_what_goes_into_a_folder_that_is_not_made_waits_with_it() -> None:
    places = [Action(Op.REPLACE, f"p{number}", FOLDER, old_kind=FILE) for number in range(60)]
    inside = [Action(Op.CREATE, "p1/new", FILE), Action(Op.MOVE, "p2/moved", FILE, old_path="old")]
    verdict = judge(plan(*places, *inside, *HARMLESS), job(), Circumstances(63))
    assert verdict.actions == tuple(HARMLESS)
    assert verdict.held is not None
    assert verdict.held.actions == tuple(places)


@pytest.mark.parametrize("text", ["mass-change", "slow-change dr", "mass-change dr many 5.0", "\0"])
def test_what_is_not_readable_of_what_waits_is_taken_for_the_most_that_may(text: str) -> None:
    found = from_text(text)
    assert found is not None
    assert (found.deletions, found.replacements, found.files) == (True, True, 0)


def test_nothing_that_waits_is_read_as_such() -> None:
    assert from_text(to_text(None)) is from_text(None) is None
    strangers = from_text("strangers")
    assert strangers is not None
    assert not strangers.is_loss


def test_what_was_agreed_to_goes_and_does_not_count() -> None:
    first = deletions(60)
    held = judge(plan(*first), job(), Circumstances(60)).held
    assert judge(plan(*first), job(), Circumstances(60), held) == Verdict(tuple(first))
    further = deletions(51, prefix="later")
    assert judge(plan(*first, *further[:50]), job(), Circumstances(110), held).held is None
    verdict = judge(plan(*first, *further), job(), Circumstances(100), held)
    assert verdict.actions == tuple(first)
    assert verdict.held is not None
    assert verdict.held.actions == tuple(further)


def test_agreeing_to_a_deletion_is_no_word_for_a_replacement() -> None:
    agreed = Held(HeldCode.SOURCE_EMPTY, NO_REASON, Counts(), 1, (Action(Op.DELETE, "a", FILE),))
    rewrite = Action(Op.REPLACE, "a", FILE, old_kind=FILE)
    condition = Circumstances(1, is_source_other=True)
    assert judge(plan(rewrite), job(), condition, agreed).actions == ()
    assert judge(plan(Action(Op.DELETE, "a", FILE)), job(), condition, agreed).held is None


def test_the_standing_word_lets_everything_through() -> None:
    wanted = plan(*deletions(1_000, is_known=False))
    condition = Circumstances(1_000, is_source_empty=True, is_source_other=True)
    assert judge(wanted, job(allows_mass_delete=True, asks_about_strangers=True), condition) == Verdict(wanted.actions)


# What was lost within the hour before


def creations(count: int) -> list[Action]:
    return [Action(Op.CREATE, f"n{number}", FILE, 5) for number in range(count)]


def test_losses_of_an_hour_are_judged_together() -> None:
    lately = Lately(lost=50, gone=50, old_gone=50)
    assert judge(plan(*deletions(1)), job(), Circumstances(60, lately=lately)).held is None
    verdict = judge(plan(*HARMLESS, *deletions(6)), job(), Circumstances(60, lately=lately))
    assert verdict.actions == tuple(HARMLESS)
    assert verdict.held is not None
    assert (verdict.held.code, verdict.held.lost_before) == (HeldCode.SLOW_CHANGE, 50)
    assert (verdict.held.counts.deleted, verdict.held.mirror_files) == (6, 110)
    assert "56 of 110 files" in verdict.held.reason


def test_the_limits_of_an_hour_are_the_jobs() -> None:
    few, some = Lately(lost=2), Lately(lost=50)
    assert judge(plan(*replacements(1)), job(), Circumstances(3, lately=few)).held is None
    assert judge(plan(*replacements(1)), job(guard_count=2), Circumstances(3, lately=few)).held is not None
    assert judge(plan(*replacements(1)), job(), Circumstances(102, lately=some)).held is None
    assert judge(plan(*replacements(1)), job(guard_share=0.4), Circumstances(102, lately=some)).held is not None
    assert judge(plan(*replacements(1)), job(allows_mass_delete=True), Circumstances(3, lately=some)).held is None


def test_what_counts_already_goes_on() -> None:
    lately = Lately(lost=60, counted=frozenset({"r0", "r1"}))
    assert judge(plan(*replacements(2)), job(), Circumstances(100, lately=lately)).held is None
    verdict = judge(plan(*replacements(4), *deletions(1, kind=FOLDER)), job(), Circumstances(100, lately=lately))
    # A folder without anything in it is no loss, nor is it held with what is replaced.
    assert [action.path for action in verdict.actions] == ["r0", "r1", "d0"]
    assert verdict.held is not None
    assert [action.path for action in verdict.held.actions] == ["r2", "r3"]


def test_gone_and_new_one_after_the_other_is_a_loss_of_all_that_is_gone() -> None:
    # 50 of 100 are gone and as many new ones are there: the mirror is as large as before.
    lately = Lately(lost=50, gone=50, old_gone=50, made=50)
    assert judge(plan(*deletions(1), *creations(1)), job(), Circumstances(100, lately=lately)).held is not None
    # Nothing new: 50 of 150 are gone.
    lately = Lately(lost=50, gone=50, old_gone=50)
    assert judge(plan(*deletions(1)), job(), Circumstances(100, lately=lately)).held is None


def test_new_ones_first_and_then_all_old_ones_gone_is_held() -> None:
    # 100 new files beside 100 old ones, which are half of the mirror and not more.
    lately = Lately(made=100)
    assert judge(plan(*deletions(100)), job(), Circumstances(200, lately=lately)).held is not None
    assert judge(plan(*deletions(60)), job(), Circumstances(200, lately=lately)).held is None


def test_many_new_files_are_no_reason_to_hold_what_little_goes() -> None:
    # 60 files, then 1,000 unpacked; some of the unpacked ones go again.
    names = frozenset(f"d{number}" for number in range(400))
    assert judge(plan(*deletions(400)), job(), Circumstances(1_060, lately=Lately(made=1_000, new=names))).held is None
    assert judge(plan(*deletions(55)), job(), Circumstances(1_060, lately=Lately(made=1_000))).held is None


def test_what_was_agreed_to_does_not_count_with_the_hour() -> None:
    lately = Lately(lost=50, gone=50, old_gone=50)
    held = judge(plan(*deletions(6)), job(), Circumstances(60, lately=lately)).held
    assert judge(plan(*deletions(6)), job(), Circumstances(60, lately=lately), held).held is None


def test_all_at_once_is_told_as_such_whatever_was_before() -> None:
    verdict = judge(plan(*deletions(60)), job(), Circumstances(60, lately=Lately(lost=10)))
    assert verdict.held is not None
    assert verdict.held.code is HeldCode.MASS_CHANGE

"""What a plan needs, what a drive lacks, and how that is said."""

from __future__ import annotations

import errno
import gc
import os
import tracemalloc
from types import SimpleNamespace

import pytest

from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.rules.space import (
    Amount,
    Room,
    explained,
    full_reason,
    is_of_quota,
    made_room_in_words,
    most_needed,
    needed,
)
from backup_gui.model.entries import EntryKind
from backup_gui.model.plans import Action, Op, ProblemCode, Removed, Stage, count_actions
from backup_gui.model.problems import is_full, is_over_quota, problem, problem_from
from backup_gui.model.reasons import Reason
from tests.helpers.rig import Rig

FILE, FOLDER, LINK = EntryKind.FILE, EntryKind.FOLDER, EntryKind.LINK
BLOCK = 4096


def size_of(action: Action) -> int:
    return action.size_bytes


def need(*actions: Action, most: Amount | None = None) -> Amount:
    found = needed(actions, BLOCK, size_of, most)
    if most is None:
        assert not most_needed(count_actions(actions), BLOCK).lacks(found), "the quick estimate is too small"
    return found


def test_files_are_counted_in_blocks_with_their_folder() -> None:
    assert need(Action(Op.CREATE, "a", FILE, 1)) == Amount(2 * BLOCK, 1)
    assert need(Action(Op.CREATE, "a", FILE, 1), Action(Op.CREATE, "b", FILE, BLOCK)) == Amount(4 * BLOCK, 2)
    # What the file system needs for itself is in it.
    assert need(Action(Op.CREATE, "a", FILE, 128 * BLOCK)) == Amount(130 * BLOCK, 1)


def test_folders_and_links_need_an_entry_each() -> None:
    assert need(Action(Op.CREATE, "f", FOLDER), Action(Op.CREATE, "f/l", LINK)) == Amount(2 * BLOCK, 2)


def test_a_file_replaced_counts_in_full_and_its_folder_in_the_history_too() -> None:
    assert need(Action(Op.REPLACE, "f/a", FILE, BLOCK, old_kind=FILE)).files == 2
    assert need(Action(Op.REPLACE, "f/a", FILE, BLOCK, old_kind=FILE)).bytes >= 3 * BLOCK
    assert need(Action(Op.DELETE, "f/a", FILE)) == Amount(BLOCK, 1)


def test_moves_and_metadata_need_nothing() -> None:
    assert need(Action(Op.MOVE, "b", FILE, 5, old_path="a"), Action(Op.SET_METADATA, "c", FILE, 5)) == Amount(0, 0)


def test_what_fits_under_no_circumstances_is_left_out() -> None:
    giant, small = Action(Op.CREATE, "giant", FILE, 1000 * BLOCK), Action(Op.CREATE, "small", FILE, 1)
    assert need(giant, small, most=Amount(999 * BLOCK, 9)) == Amount(2 * BLOCK, 1)


def test_a_volume_without_a_limit_for_files_never_lacks_them() -> None:
    assert Room(10, None, BLOCK).lacks(Amount(10, 10**9)) == Amount(0, 0)
    assert Room(10, 3, BLOCK).lacks(Amount(11, 5)) == Amount(1, 2)


@pytest.mark.posix("file systems that count files")
@pytest.mark.parametrize(("files", "free_files"), [(0, None), (100, 7)])
def test_a_file_system_that_counts_no_files_has_no_limit_for_them(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, files: int, free_files: int | None
) -> None:
    rig.mirror.mkdir()
    found = SimpleNamespace(f_bavail=3, f_frsize=512, f_files=files, f_favail=7 if files else 0)
    with LocalDestination(str(rig.mirror), None) as target:
        monkeypatch.setattr(os, "fstatvfs", lambda _fd: found)
        assert target.room() == Room(1536, free_files, 512)


FULL = problem(ProblemCode.NO_SPACE, "a", Stage.COPY)


def test_a_problem_says_what_it_lacks() -> None:
    assert (
        explained(FULL, 2_000_000, Room(500_000, 9, BLOCK)).reason == "The backup drive is full: 1.5 MB more is needed"
    )
    assert explained(FULL, 2, Room(500_000, 0, BLOCK)).reason == (
        "The backup drive is full: it cannot hold more files, however small"
    )
    assert explained(FULL, 2, Room(500_000, None, BLOCK)) == FULL
    other = problem(ProblemCode.IN_USE, "a", Stage.COPY)
    assert explained(other, 10, Room(0, 0, BLOCK)) == other


def test_problems_of_a_full_drive_stay_small_although_each_lacks_another_size() -> None:
    room = Room(0, 9, BLOCK)
    explained(FULL, 1, room)
    gc.collect()
    tracemalloc.start()
    found = [explained(FULL, 1_000_000 + number, room) for number in range(1_000)]
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held_bytes < 200 * len(found), "a sentence for each took 700"
    more = found[7].reason.arguments["more"]
    assert isinstance(more, Reason)
    assert more.arguments == {"size": 1_000_007}


def test_one_sentence_says_what_a_full_drive_lacks() -> None:
    missing = Amount(3_000_000_000, 5)
    room = Room(1_800_000_000, 100, BLOCK)
    assert full_reason(missing, room, is_quota=False) == "The backup drive is full: 1.2 GB more is needed"
    assert full_reason(missing, None, is_quota=False) == "The backup drive is full: 3.0 GB more is needed"
    roomy = Room(10**12, 2, BLOCK)
    assert full_reason(missing, roomy, is_quota=False) == (
        "There are too many files on the backup drive: 3 more do not fit"
    )
    # There is room again already, or the system will not say why not.
    assert full_reason(missing, Room(10**12, None, BLOCK), is_quota=False) == (
        "The backup drive is full: 3.0 GB more is needed"
    )
    assert full_reason(Amount(0, 1), Room(1, None, BLOCK), is_quota=False) == "The backup drive is full"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_quota_is_told_from_a_full_drive(code: int) -> None:
    error = OSError(code, os.strerror(code))
    found = problem_from(error, "a", Stage.COPY, is_writing=True)
    assert found.code is ProblemCode.NO_SPACE
    assert is_full(error)
    assert is_over_quota(error) is is_of_quota(found) is (code == errno.EDQUOT)
    assert explained(found, 10, Room(0, 0, BLOCK)).reason.endswith(
        "quota on it is used up" if code == errno.EDQUOT else "10 bytes more is needed"
    )


def test_what_was_removed_is_counted_in_words() -> None:
    assert made_room_in_words(Removed(1, 5)) == "1 old version was removed to make room"
    assert made_room_in_words(Removed(1200, 5)) == "1,200 old versions were removed to make room"

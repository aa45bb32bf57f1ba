"""Protections that have to do with which versions stay, and under which names."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_ROOM = "faults/test_making_room.py::"

MUTATIONS = (
    Mutation(
        "the last copy does not give way unasked",
        "engine/yielding.py",
        "UNASKED: Final = Rank.CROWDED\n",
        "UNASKED: Final = Rank.LAST\n",
        (f"{_ROOM}test_the_last_copies_never_give_way_unasked_and_the_drive_is_full_by_name",),
    ),
    Mutation(
        "what lives gives way before the last copies",
        "engine/yielding.py",
        "Rank.LIVING if is_living else Rank.LAST if is_last else Rank.GONE\n",
        "Rank.LIVING\n",
        (
            f"{_ROOM}test_versions_of_what_lives_go_before_the_last_copies_though_they_are_younger",
            "unit/test_yielding.py::test_the_last_version_of_what_the_mirror_lacks_goes_last_and_never_unasked",
        ),
    ),
    Mutation(
        "of one minute all but the oldest go first",
        "engine/yielding.py",
        "                rank = Rank.JOINED\n",
        "                pass\n",
        (f"{_ROOM}test_versions_that_left_in_one_minute_are_joined_before_any_other_goes",),
    ),
    Mutation(
        "the oldest version of the hour stays",
        "engine/yielding.py",
        "number > len(versions) - young:",
        "number >= len(versions) - young:",
        ("unit/test_yielding.py::test_of_many_versions_of_the_last_hour_the_oldest_stays",),
    ),
    Mutation(
        "the history does not keep current content out",
        "engine/yielding.py",
        "                rank = Rank.CROWDED\n",
        "                pass\n",
        (f"{_ROOM}test_the_history_of_a_file_that_is_written_again_and_again_does_not_keep_its_current_content_out",),
    ),
)

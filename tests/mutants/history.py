"""Protections that have to do with which versions stay, and under which names."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_BUSY = "unit/engine/state/test_busy_files.py::"
_ROOM = "faults/test_making_room.py::"

MUTATIONS = (
    Mutation(
        "a history that is gone is said to be",
        "engine/destination/history_loss.py",
        "    if is_lost:\n        say_lost(target)\n    return is_lost\n",
        "    return False\n",
        ("unit/engine/destination/test_history_loss.py",),
    ),
    Mutation(
        "a history that goes within a pass is said to be gone",
        "engine/destination/history_writer.py",
        "            self.is_lost |= is_new and self.was_there\n",
        "",
        ("unit/engine/destination/test_history_loss.py",),
    ),
    Mutation(
        "another history is no loss",
        "engine/destination/history_loss.py",
        " and catalog.fact(HISTORY_PLACE_KEY) == _place(target)\n",
        "\n",
        ("unit/engine/destination/test_history_loss.py",),
    ),
    Mutation(
        "the last copy does not give way unasked",
        "engine/history/yielding.py",
        "UNASKED: Final = Rank.CROWDED\n",
        "UNASKED: Final = Rank.LAST\n",
        (f"{_ROOM}test_the_last_copies_never_give_way_unasked_and_the_drive_is_full_by_name",),
    ),
    Mutation(
        "what lives gives way before the last copies",
        "engine/history/yielding.py",
        "Rank.LIVING if is_living else Rank.LAST if is_last else Rank.GONE\n",
        "Rank.LIVING\n",
        (
            f"{_ROOM}test_versions_of_what_lives_go_before_the_last_copies_though_they_are_younger",
            "unit/engine/history/test_yielding.py::test_the_last_version_of_what_the_mirror_lacks_goes_last_and_never_unasked",
        ),
    ),
    Mutation(
        "of one minute all but the oldest go first",
        "engine/history/yielding.py",
        "                rank = Rank.JOINED\n",
        "                pass\n",
        (f"{_ROOM}test_versions_that_left_in_one_minute_are_joined_before_any_other_goes",),
    ),
    Mutation(
        "the oldest version of the hour stays",
        "engine/history/yielding.py",
        "number > len(versions) - young:",
        "number >= len(versions) - young:",
        ("unit/engine/history/test_yielding.py::test_of_many_versions_of_the_last_hour_the_oldest_stays",),
    ),
    Mutation(
        "the history does not keep current content out",
        "engine/history/yielding.py",
        "                rank = Rank.CROWDED\n",
        "                pass\n",
        (f"{_ROOM}test_the_history_of_a_file_that_is_written_again_and_again_does_not_keep_its_current_content_out",),
    ),
    Mutation(
        "one version a minute is kept",
        "engine/apply/publish.py",
        "        return busy.was_kept_lately(path, left_at.timestamp())\n",
        "        return False\n",
        (f"{_BUSY}test_more_than_one_version_a_minute_is_not_kept_and_the_content_is_always_the_current_one",),
    ),
    Mutation(
        "what a restored file takes the place of is never one version too many",
        "engine/run/loop.py",
        "        if (self._was_away or self._condition.is_paused) and not self._is_dry_run:\n",
        "        if self._was_away and self._is_dry_run:\n",
        ("unit/engine/run/test_loop.py::test_what_files_that_are_brought_back_take_the_place_of_is_kept_however_soon",),
    ),
    Mutation(
        "what an undone pass had brought is never one version too many",
        "engine/restore/undo.py",
        "    catalog.forget_kept_lately()\n",
        "",
        (f"{_BUSY}test_what_an_undone_pass_had_brought_is_kept_within_the_minute_too",),
    ),
    Mutation(
        "what a stranger wrote is never one version too many",
        "engine/apply/publish.py",
        "(self._is_one_too_many(ready, left_at) and self._is_own(ready))",
        "self._is_one_too_many(ready, left_at)",
        (f"{_BUSY}test_what_a_stranger_writes_in_the_mirror_is_kept_within_the_minute_too",),
    ),
    Mutation(
        "a history without room does not keep current content out",
        "engine/apply/publish.py",
        "                if is_full(error) and not self._target.history.must_keep:\n",
        "                if not error:\n",
        (f"{_BUSY}test_a_history_without_room_does_not_keep_current_content_out",),
    ),
    Mutation(
        "only a later version of the hour goes unkept for want of room",
        "engine/state/busy_files.py",
        "        return self.was_kept_lately(path, at_s, _REMEMBERED_S)\n",
        "        return True\n",
        (f"{_BUSY}test_the_first_version_of_an_hour_is_never_replaced_unkept",),
    ),
    Mutation(
        "while something is held nothing is replaced that cannot be kept",
        "engine/run/history_steps.py",
        "    target.history.must_keep = is_held\n",
        "",
        (f"{_BUSY}test_while_something_is_held_what_cannot_be_kept_is_not_replaced",),
    ),
    Mutation(
        "a file that never stands still is copied as it is",
        "engine/apply/copy_files.py",
        "            if self._busy.is_to_be_copied_as_it_is(path) and self._is_there(path):\n",
        "            if False:\n",
        (f"{_BUSY}test_a_file_that_has_not_stood_still_for_ten_minutes_is_copied_as_it_is_and_told",),
    ),
    Mutation(
        "ten minutes of patience",
        "engine/state/busy_files.py",
        "self.now_s() - known[path].since_s >= PATIENCE_S",
        "True",
        (f"{_BUSY}test_a_file_that_has_not_stood_still_for_ten_minutes_is_copied_as_it_is_and_told",),
    ),
    Mutation(
        "the last whole version outlives the torn ones",
        "engine/state/busy_files.py",
        "        return frozenset(found.whole for found in self._known.values() if found.is_torn and found.whole)\n",
        "        return frozenset()\n",
        (f"{_BUSY}test_the_last_whole_version_outlives_the_torn_ones_and_every_limit",),
    ),
    Mutation(
        "the last whole version is kept within the minute, too",
        "engine/apply/publish.py",
        "        if not ready.is_whole and (restless is None or not restless.is_torn):\n",
        "        if False:\n",
        (f"{_BUSY}test_the_last_whole_version_is_kept_though_one_was_kept_within_the_minute",),
    ),
    Mutation(
        "what was just copied waits",
        "engine/rules/pauses.py",
        "        self._waiting.add(path)\n        return True\n",
        "        return False\n",
        (
            "unit/engine/rules/test_pauses.py::test_copying_a_file_that_is_always_written_takes_a_small_part_of_the_time",
        ),
    ),
    Mutation(
        "what rests is copied at once",
        "engine/rules/pauses.py",
        "min(self.ended_s + self.pause_s, self.changed_s + rest_s)",
        "self.ended_s + self.pause_s",
        ("unit/engine/rules/test_pauses.py::test_a_file_that_rests_is_copied_at_once",),
    ),
    Mutation(
        "a full pass leaves what is to wait",
        "engine/run/single_pass.py",
        "    left = frozenset(waiting)\n",
        "    left: frozenset[str] = frozenset()\n",
        ("unit/engine/rules/test_pauses.py::test_a_pass_leaves_what_is_to_wait_and_says_so",),
    ),
    Mutation(
        "what a clock named that was ahead gets its right time",
        "engine/history/trusted_clock.py",
        "        _note_aheads(catalog, (*aheads(catalog), Ahead(now.off_s, before.now_s)))\n",
        "        pass\n",
        (
            "unit/engine/history/test_trusted_clock.py::test_what_was_named_while_the_clock_was_ahead_gets_its_right_time_when_that_is_set_right",
        ),
    ),
    Mutation(
        "at the user's word room is made for as much as fits",
        "engine/history/prune.py",
        "leaves_rest=job.frees_history",
        "leaves_rest=False",
        (
            "faults/test_making_room.py::test_at_the_users_word_room_is_made_for_as_much_as_fits",
            "faults/test_making_room.py::test_at_the_users_word_file_entries_are_freed_for_as_many_as_fit",
        ),
    ),
    Mutation(
        "where a quota is used up the free room says nothing",
        "engine/run/history_steps.py",
        "        room = room._replace(free_bytes=0, may_be_more=True)\n",
        "        pass\n",
        ("faults/test_making_room.py::test_where_a_quota_is_used_up_old_versions_give_way_though_the_drive_has_room",),
    ),
    Mutation(
        "what several times named gets the right one by the clock that named it",
        "engine/history/redating.py",
        "if from_s - 1 <= named_s - by_s <= now_s",
        "if named_s - by_s <= now_s",
        (
            "unit/engine/history/test_trusted_clock.py::test_whatever_times_a_clock_goes_through_what_was_named_meanwhile_gets_its_right_time",
        ),
    ),
    Mutation(
        "what is named anew does not follow our own time back",
        "engine/history/trusted_clock.py",
        "            shift_s = off_s if abs(off_s) > MOST_AHEAD_S else 0.0\n",
        "            shift_s = off_s\n",
        (
            "unit/engine/history/test_trusted_clock.py::test_what_is_named_anew_keeps_its_order_also_where_a_small_step_came_before",
        ),
    ),
    Mutation(
        "what stood at a time is what left first after it",
        "engine/history/snapshot.py",
        "next((version for version in versions if version.stamp.left_s > at), None)",
        "next((version for version in reversed(versions) if version.stamp.left_s > at), None)",
        ("property/test_restore_machine.py",),
    ),
    Mutation(
        "what was written after a time is not given for what stood then",
        "engine/history/snapshot.py",
        "        if has_just_left or item.mtime_ns < _end_ns(at):\n",
        "        if item:\n",
        ("property/test_restore_machine.py",),
    ),
    Mutation(
        "a folder changed since comes back if something in it stood",
        "engine/history/snapshot.py",
        "        _add_those_that_had_any(found, changed)\n",
        "        pass\n",
        ("unit/engine/history/test_listing.py::test_folders_come_back_as_they_are_also_as_of_a_time",),
    ),
    Mutation(
        "of what is asked for by its name the history knows better than its time",
        "engine/history/snapshot.py",
        "        return item if is_named and (had_left or had_come) else None\n",
        "        return None\n",
        (
            "unit/engine/history/test_listing.py::test_what_is_asked_for_by_its_name_was_there_if_an_earlier_content_was",
        ),
    ),
    Mutation(
        "a folder of the mirror is not hidden by a file that was there before",
        "engine/history/snapshot.py",
        "(item.is_gone, item.is_folder) < (before.is_gone, before.is_folder)",
        "item.is_folder < before.is_folder",
        ("property/test_restore_machine.py",),
    ),
    Mutation(
        "nothing is named anew by a time in doubt",
        "engine/run/history_steps.py",
        "    was_ahead = () if clock.is_in_doubt else aheads(catalog)\n",
        "    was_ahead = aheads(catalog)\n",
        (
            "unit/engine/history/test_trusted_clock.py::test_a_time_that_is_believed_is_the_measure_for_what_was_named_by_one_still_further_ahead",
        ),
    ),
)

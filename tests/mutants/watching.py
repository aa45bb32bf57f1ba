"""Protections that have to do with when a pass is made, and with what is said of it."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_RUNNER = "unit/test_runner.py::"
_WATCH = "unit/test_watch.py::"

MUTATIONS = (
    Mutation(
        "watches before the first comparison",
        "engine/loop.py",
        "            if not self._notification.ensure(self._clock.monotonic()):\n",
        "            if not self._notification:\n",
        (f"{_RUNNER}test_watches_are_set_before_the_first_comparison",),
    ),
    Mutation(
        "a lost watcher leads to a full pass",
        "engine/loop.py",
        "        if self._notification.is_lost():\n            self._schedule.want_full(now_s)\n",
        "        if self._notification.is_lost():\n            pass\n",
        (f"{_RUNNER}test_dead_watcher_is_noticed_within_five_seconds",),
    ),
    Mutation(
        "a pulled drive leads to a full pass",
        "engine/loop.py",
        "        if self._presence.is_lost():\n            self._schedule.want_full(now_s)\n",
        "        if self._presence.is_lost():\n            pass\n",
        (
            f"{_RUNNER}test_destination_that_goes_away_is_noticed_within_five_seconds",
            f"{_RUNNER}test_destination_on_another_drive_than_before_is_noticed",
        ),
    ),
    Mutation(
        "overflow leads to a full pass",
        "engine/watch.py",
        "were lost: the system's queue overflowed\", self._source)\n        self._note_failure()\n",
        "were lost: the system's queue overflowed\", self._source)\n",
        (f"{_WATCH}test_overflow_asks_for_a_full_pass_and_a_new_watcher",),
    ),
    Mutation(
        "a failing handler leads to a full pass",
        "engine/watch.py",
        "        except Exception:\n            self._note_failure()\n",
        "        except Exception:\n",
        (f"{_WATCH}test_failing_handler_asks_for_a_full_pass_and_raises_nothing",),
    ),
    Mutation(
        "dead threads of the watcher",
        "engine/watch.py",
        "        if not all(emitter.is_alive() for emitter in tuple(observer.emitters)):\n            return False\n"
        "        if inotify is not None and (inotify.reader.has_overflowed or not inotify.reader.is_alive()):\n",
        "        if inotify is not None and inotify.reader.has_overflowed:\n",
        (f"{_WATCH}test_dead_thread_is_noticed",),
    ),
    Mutation(
        "the watched root is still the source",
        "engine/watch.py",
        "            return _identity(self._source) == self._identity\n",
        "            return bool(self._identity)\n",
        (f"{_WATCH}test_renamed_root_is_noticed",),
    ),
    Mutation(
        "the watch limit is told",
        "engine/watch.py",
        "        polled = max(known, source_folders - denied - watched, 0)\n",
        "        polled = 0\n",
        ("faults/test_watch_limits.py",),
    ),
    Mutation(
        "what is not watched is polled",
        "engine/schedule.py",
        "        if is_polling:\n            # In a tree",
        "        if not ended_s:\n            # In a tree",
        (f"{_RUNNER}test_incomplete_coverage_is_shown_and_polled_while_events_still_count",),
    ),
    Mutation(
        "network folders are not watched",
        "engine/watch.py",
        "    if reason := can_watch(source):\n        raise WatchError(reason)\n",
        "",
        (f"{_WATCH}test_network_source_is_not_watched",),
    ),
    Mutation(
        "a sleep leads to a full pass",
        "engine/wakefulness.py",
        "        if gap_s > _SLEEP_GAP_S:\n",
        "        if gap_s > 1e9:\n",
        (f"{_RUNNER}test_sleep_leads_to_a_full_pass",),
    ),
    Mutation(
        "a sleep that the steady clock counts",
        "engine/wakefulness.py",
        "        if self._clock.monotonic() - began_s > timeout_s + _OVERSLEPT_S:\n",
        "        if not self._clock:\n",
        (f"{_RUNNER}test_steady_clock_that_counts_sleep_is_understood_too",),
    ),
    Mutation(
        "young time stamps are looked at again",
        "engine/publishing.py",
        "            if entry.st_mtime_ns > youngest_ns and action.kind is not EntryKind.FOLDER:\n",
        "            if not entry:\n",
        ("unit/test_mirror_races.py::test_fresh_files_are_told_to_be_looked_at_again",),
    ),
    Mutation(
        "unsettled paths are looked at again",
        "engine/loop.py",
        "        self._schedule.put_back(report.unsettled, now_s)\n",
        "",
        (f"{_RUNNER}test_unsettled_paths_are_compared_again_after_two_seconds",),
    ),
    Mutation(
        "what never becomes quiet is taken after an interval",
        "engine/schedule.py",
        "            at_s = min(at_s, pending.last_s + self._quiet_s, pending.first_s + self._interval_s)\n",
        "            at_s = min(at_s, pending.last_s + self._quiet_s)\n",
        (f"{_RUNNER}test_path_that_never_rests_is_taken_after_one_interval",),
    ),
    Mutation(
        "the dirty set is bounded",
        "engine/dirty.py",
        "        if size <= self._max_paths:\n            return\n",
        "        return\n",
        ("unit/test_dirty.py",),
    ),
    Mutation(
        "an absent root is looked for again",
        "engine/loop.py",
        "        self._schedule.wait_for_root(self._clock.monotonic())\n",
        "        self._schedule.want_full(self._clock.monotonic() + 3_600)\n",
        (f"{_RUNNER}test_absent_root_is_said_once_and_looked_for_at_each_interval",),
    ),
    Mutation(
        "growing pauses between failures",
        "engine/schedule.py",
        "    return min(first_s * 2.0 ** min(times, 16), LONGEST_PAUSE_S)\n",
        "    return min(first_s, LONGEST_PAUSE_S)\n",
        (f"{_RUNNER}test_unusable_destination_is_said_once_and_tried_in_growing_pauses",),
    ),
    Mutation(
        "a failure is told once",
        "engine/loop.py",
        "        if self._teller.is_new(report.reason):\n",
        "        if report.reason:\n",
        (f"{_RUNNER}test_unusable_destination_is_said_once_and_tried_in_growing_pauses",),
    ),
    Mutation(
        "never complete with a problem",
        "engine/condition.py",
        "            and not problems\n            and held is None\n",
        "            and held is None\n",
        (f"{_RUNNER}test_backup_is_not_complete_while_a_problem_elsewhere_stands",),
    ),
    Mutation(
        "never green before a full pass",
        "engine/condition.py",
        '        return (JobState.OK if self.has_full_pass else JobState.WORKING), ""\n',
        '        return JobState.OK, ""\n',
        (f"{_RUNNER}test_nothing_is_green_before_a_full_pass",),
    ),
    Mutation(
        "a partial pass verifies nothing while it is polled",
        "engine/condition.py",
        "            and (report.is_full or (has_full_pass and not is_polling))\n",
        "            and (report.is_full or has_full_pass)\n",
        (f"{_RUNNER}test_partial_pass_verifies_everything_only_while_all_changes_are_notified",),
    ),
    Mutation(
        "the user's word is good for one pass",
        "engine/loop.py",
        "        if scope.is_full:\n            self._allowed = None\n",
        "",
        (f"{_RUNNER}test_users_word_is_good_for_one_pass",),
    ),
    Mutation(
        "the log does not grow without end",
        "logs.py",
        "maxBytes=MAX_FILE_BYTES",
        "maxBytes=0",
        ("unit/test_logs.py::test_the_log_never_grows_beyond_three_files",),
    ),
    Mutation(
        "a file in use on Windows is tried again",
        "engine/problems.py",
        "    32: ProblemCode.IN_USE,  # sharing violation\n",
        "",
        ("unit/test_problems.py::test_a_windows_error_is_classified_by_its_own_number",),
    ),
    Mutation(
        "folders that make no sense for a while end no run",
        "engine/loop.py",
        "            if not self._has_started:\n                raise\n",
        "            raise\n",
        ("unit/test_runner.py::test_folders_that_make_no_sense_for_a_while_are_tried_again",),
    ),
)

"""Other backups: recognised, never taken over unasked, and never touched."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_KNOWN = "integration/test_known_backups.py::"
_BELONGING = "engine/ownership/belonging.py"
_MARKING = "engine/ownership/marking.py"

_PASSING = "test_an_error_while_a_marker_is_looked_for_is_a_problem_of_that_folder_and_looked_at_again_with_it"

MUTATIONS = (
    Mutation(
        "a marker that cannot be read just now is not another program's",
        _MARKING,
        "        if isinstance(error, FileExistsError) and marks.has_anothers(history):\n",
        "        if isinstance(error, FileExistsError):\n",
        (f"{_KNOWN}test_an_own_marker_that_cannot_be_read_in_the_very_moment_is_not_taken_for_another_programs",),
    ),
    Mutation(
        "an error is no answer to whether there is a marker",
        "engine/ownership/other_backups.py",
        "            if is_passing(error):\n                raise\n",
        "",
        (f"integration/test_known_backups.py::{_PASSING}",),
    ),
    Mutation(
        "an error is no answer to whether there is an attribute",
        "engine/destination/local.py",
        "                if is_passing(error) and not is_dumb(where, error):\n                    raise\n",
        "",
        (f"integration/test_known_backups.py::{_PASSING}",),
    ),
    Mutation(
        "what one error refused is not remembered for a day",
        "engine/destination/probe.py",
        "(TRUSTED_S - _DOUBTED_S if doubts else 0)",
        "0",
        ("unit/engine/destination/test_probe.py",),
    ),
    Mutation(
        "a job that was removed is forgotten",
        "presenters/jobs.py",
        "        self.job_dropped.emit(job_id)\n        self._forget(job_id)\n",
        "        self.job_dropped.emit(job_id)\n",
        ("qt/presenters/test_shell.py::test_a_job_that_is_no_more_stands_in_no_other_ones_way[True]",),
    ),
    Mutation(
        "a job that was changed to another one is forgotten",
        "presenters/jobs.py",
        "                self._forget(old_id)\n",
        "                self._settle\n",
        ("qt/presenters/test_shell.py::test_a_job_that_is_no_more_stands_in_no_other_ones_way[False]",),
    ),
    Mutation(
        "a draft is warned of another backup's marker",
        "services/job_check.py",
        "    if belonging:\n",
        "    if not job:\n",
        ("unit/services/test_job_check.py::test_a_draft_is_warned_of_the_folders_of_other_jobs",),
    ),
    Mutation(
        "the word about a backup is used up",
        _MARKING,
        "    if belonging.taken:\n",
        "    if not belonging.ids:\n",
        (f"{_KNOWN}test_the_word_about_one_backup_is_used_up_and_says_nothing_about_a_copy_of_it[True]",),
    ),
    Mutation(
        "another backup's destination is refused",
        _BELONGING,
        "        yield from self._on_destination()\n",
        "",
        (f"{_KNOWN}test_two_computers_on_one_drive_do_not_mix_their_backups",),
    ),
    Mutation(
        "another backup's history is refused",
        _BELONGING,
        "        yield from self._on_history()\n",
        "",
        (f"{_KNOWN}test_two_jobs_of_one_source_do_not_share_a_history",),
    ),
    Mutation(
        "what lies in another backup is refused",
        _BELONGING,
        "            yield from self._above()\n",
        "",
        (f"{_KNOWN}test_what_lies_in_a_backup_is_refused_by_its_marker",),
    ),
    Mutation(
        "a circle of which markers tell",
        _BELONGING,
        "            yield from self._from_markers_of_the_source()\n",
        "",
        (f"{_KNOWN}test_two_backups_in_opposite_directions_are_refused",),
    ),
    Mutation(
        "the jobs that are known are asked",
        _BELONGING,
        "            yield from self._with_other_jobs()\n",
        "",
        (f"{_KNOWN}test_what_lies_in_a_backup_or_around_it_is_refused_by_the_jobs_known",),
    ),
    Mutation(
        "a circle of several jobs",
        _BELONGING,
        "        yield from self._circles(others)\n",
        "",
        (f"{_KNOWN}test_a_circle_of_three_by_way_of_a_new_folder_is_refused",),
    ),
    Mutation(
        "another computer is another one",
        _BELONGING,
        "        if marker.computer != computer_id() or not marker.source_path:\n",
        "        if not marker.source_path:\n",
        (f"{_KNOWN}test_two_computers_on_one_drive_do_not_mix_their_backups",),
    ),
    Mutation(
        "another folder at the source's path is another source",
        _BELONGING,
        "        return _is_recorded(self._source, read_identity(marker.folder))\n",
        "        return bool(marker.folder)\n",
        (f"{_KNOWN}test_another_folder_at_the_sources_path_is_another_source_for_who_remembers_nothing",),
    ),
    Mutation(
        "one's own backup is recognised without a memory",
        _BELONGING,
        "        return is_same_path(claim.mirror, self._destination.path) and self._is_of_this_source(marker)\n",
        "        return False\n",
        (f"{_KNOWN}test_after_a_reinstall_the_same_computer_takes_its_own_backup_without_a_copy",),
    ),
    Mutation(
        "a later version's marker is never written over",
        _BELONGING,
        "        if conflict.is_newer or not (",
        "        if not (",
        (f"{_KNOWN}test_a_marker_of_a_later_version_is_never_written_over",),
    ),
    Mutation(
        "a marker that came in the very moment is not written over",
        _MARKING,
        "        if any(claim.key not in self._ids for claim in found):\n",
        "        if not self:\n",
        (f"{_KNOWN}test_a_marker_that_comes_in_the_very_moment_is_not_written_over",),
    ),
    Mutation(
        "a source of another job is no destination",
        _BELONGING,
        "            if other.source.is_within(folder):\n",
        "            if not folder:\n",
        (f"{_KNOWN}test_the_source_of_another_backup_is_no_destination",),
    ),
    Mutation(
        "another backup in the mirror is left alone",
        "engine/ownership/other_backups.py",
        "    found = finder.find(plan.actions)\n",
        "    found = finder.find(())\n",
        (f"{_KNOWN}test_another_backup_in_the_mirror_is_held_and_all_else_goes_on",),
    ),
    Mutation(
        "another backup in the mirror is known by its history",
        "engine/ownership/other_backups.py",
        "        for history in (place_beside(folder), join(folder, HISTORY_NAME)):\n",
        "        for history in ():\n",
        (f"{_KNOWN}test_nothing_of_the_source_comes_into_another_backup_in_the_mirror",),
    ),
    Mutation(
        "no marker is mirrored from a source",
        "model/paths.py",
        "(name == MARKER_NAME or _TEMPORARY.match(name) is not None)",
        "_TEMPORARY.match(name) is not None",
        (f"{_KNOWN}test_a_marker_in_a_source_is_not_mirrored_and_one_in_a_mirror_is_nothing_of_it",),
    ),
    Mutation(
        "no marker is an attribute that is mirrored",
        "engine/fs/xattrs.py",
        "    return name != MARKER_ATTRIBUTE and CALLS",
        "    return CALLS",
        (f"{_KNOWN}test_the_marker_survives_the_mirroring_of_attributes_and_is_not_compared",),
    ),
    Mutation(
        "the word to take over is said once",
        "engine/run/loop.py",
        "            self._job = self._job._replace(takes_over=False)\n",
        "            pass\n",
        ("unit/engine/run/test_loop.py::test_the_word_to_take_over_is_good_for_one_pass",),
    ),
)

"""Protections that have to do with what a drive can hold, and with one that does not answer."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_LINKS = "unit/engine/plan/test_hard_links.py::"
_LIMITS = "integration/test_mirror_limits.py::"
_EXFAT = "faults/test_exfat.py::"
_NTFS = "faults/test_ntfs.py::"
_SPACE = "faults/test_space.py::"
_DEEP = "integration/test_mirror.py::test_three_thousand_levels_are_mirrored_and_deleted"

_SERVED = "faults/test_served_mounts.py::"

MUTATIONS = (
    Mutation(
        "exclusion rules are matched without going back",
        "engine/rules/globs.py",
        'f"(?>[^/]*?{text})"',
        'f"(?:[^/]*?{text})"',
        ("unit/engine/rules/test_globs.py::test_no_rule_takes_long_on_a_path_that_only_nearly_matches",),
    ),
    Mutation(
        "the access lists of XFS are left alone",
        "engine/fs/attribute_calls.py",
        '    "trusted.SGI_ACL_",\n',
        "",
        ("faults/test_linux_volumes.py::test_edits_deletions_and_moves_reach_it_and_its_history",),
    ),
    # A drive that does not answer
    Mutation(
        "a job works in a thread of its own",
        "threads/job_thread.py",
        "        self._worker.moveToThread(self._thread)\n",
        "",
        ("qt/threads/test_job_thread.py::test_the_runner_works_in_a_thread_of_its_own",),
    ),
    Mutation(
        "drives are looked at away from the window's thread",
        "threads/tasks.py",
        "        task.thread.start()\n",
        "        task.thread.run()\n",
        ("qt/threads/test_tasks.py::test_tasks_are_done_elsewhere_one_after_the_other_and_told_here",),
    ),
    Mutation(
        "a look that hangs keeps no other from being done",
        "threads/tasks.py",
        "        return len(self._running) - hanging < MOST_THREADS\n",
        "        return len(self._running) < MOST_THREADS\n",
        ("qt/threads/test_hanging.py::test_work_that_hangs_keeps_no_other_from_being_done",),
    ),
    Mutation(
        "what was given up and hangs is left to itself",
        "threads/tasks.py",
        "            self.leave(task.key)\n",
        "            pass\n",
        (
            "qt/threads/test_hanging.py::test_what_is_stopped_and_hangs_is_left_to_itself",
            "qt/threads/test_hanging.py::test_a_new_wish_with_the_key_of_one_that_hangs_is_granted",
        ),
    ),
    Mutation(
        "of work that was given up nothing is told",
        "threads/tasks.py",
        "        self.is_wanted = False\n",
        "",
        ("qt/threads/test_tasks.py::test_of_what_is_cancelled_nothing_more_is_told",),
    ),
    Mutation(
        "whoever shares something with a thread that is left knows before another one begins",
        "threads/tasks.py",
        "        self.left.emit()\n        self._begin_waiting()\n",
        "        self._begin_waiting()\n        self.left.emit()\n",
        ("qt/threads/test_hanging.py::test_what_is_stopped_and_hangs_is_left_to_itself",),
    ),
    Mutation(
        "quitting leaves a job that hangs behind",
        "threads/controller.py",
        "thread.wait(max(0, round((end_s - time.monotonic()) * 1_000)))",
        "thread.wait(round(end_s * 1_000))",
        ("qt/threads/test_controller.py::test_shutdown_gives_up_on_a_job_that_hangs",),
    ),
    Mutation(
        "stopping a watcher leaves a thread that hangs behind",
        "engine/watch/watcher.py",
        "        stopper.join(_STOP_LIMIT_S)\n",
        "        stopper.join(10.0)\n",
        ("unit/engine/watch/test_watcher.py::test_stop_is_bounded_when_a_thread_hangs",),
    ),
    Mutation(
        "the runner gives signs of life",
        "engine/run/mailbox.py",
        "        self._looks += 1\n        return not self._received and self._queue.empty()\n",
        "        return not self._received and self._queue.empty()\n",
        ("unit/engine/run/test_loop.py::test_a_pass_gives_signs_of_life_at_every_step",),
    ),
    Mutation(
        "a job that hangs is noticed",
        "threads/liveness.py",
        "            if silent_s >= LEAST_S:\n",
        "            if not self._seen:\n",
        ("qt/threads/test_liveness.py::test_a_job_without_a_sign_of_life_is_told_in_growing_steps",),
    ),
    Mutation(
        "a job that hangs is told to the window",
        "presenters/health.py",
        "        self._stalls.changed.connect(self.changed)\n",
        "",
        ("qt/threads/test_liveness.py::test_a_drive_that_freezes_is_shown_until_it_answers_again",),
    ),
    Mutation(
        "a job at rest does not hang",
        "threads/liveness.py",
        "            if pulse.is_at_rest or known is None or known.pulse != pulse:\n",
        "            if known is None or known.pulse != pulse:\n",
        ("qt/threads/test_liveness.py::test_a_job_that_rests_or_gets_on_is_not_told",),
    ),
    Mutation(
        "a drive that does not answer is shown",
        "ui/values/job.py",
        "        return JobState.WAITING if self.silent_s else self.status.state\n",
        "        return self.status.state\n",
        ("qt/threads/test_liveness.py::test_a_drive_that_does_not_answer_is_shown_in_window_and_tray",),
    ),
    # Hard links
    Mutation(
        "names of one file stay names of one file",
        "engine/plan/compare.py",
        "        if self._makes_links:\n            action = self._links.joined(action, ours, theirs)\n",
        "",
        (f"{_LINKS}test_a_file_with_several_names_is_copied_once_and_linked",),
    ),
    Mutation(
        "equal files that became names of one file are joined",
        "engine/plan/hard_links.py",
        "        return self._first(path, ours, theirs).copy != file_of(theirs)\n",
        "        return False\n",
        (
            f"{_LINKS}test_equal_files_that_became_names_of_one_file_are_joined_and_nothing_is_lost",
            f"{_LINKS}test_a_mirror_with_equal_files_made_by_another_program_is_joined",
        ),
    ),
    Mutation(
        "a name that became a file of its own is one in the mirror",
        "engine/plan/hard_links.py",
        "        return owner != file\n",
        "        return False\n",
        (f"{_LINKS}test_a_name_that_became_an_equal_file_of_its_own_becomes_one_in_the_mirror",),
    ),
    Mutation(
        "an edit behind a new name is looked for",
        "engine/plan/hard_links.py",
        "                    if not self._is_equal(path, ours, other, other_theirs):\n"
        "                        continue\n",
        "",
        (f"{_LINKS}test_an_edit_that_keeps_size_and_time_is_found_behind_a_new_name",),
    ),
    Mutation(
        "where there are no hard links each name is a copy",
        "engine/destination/local.py",
        "            if error.errno in NOT_SUPPORTED and not self._can_link(path):\n                return None\n",
        "",
        (f"{_LINKS}test_where_there_are_no_links_each_name_is_a_copy_and_a_second_pass_does_nothing",),
    ),
    # Protected files
    Mutation(
        "a protected file is a problem of its own: replaced",
        "engine/apply/publish.py",
        "        # First, since some problems end the pass.\n",
        "        raise error\n",
        (f"{_SPACE}test_an_immutable_file_is_a_problem_of_its_own_and_stays_immutable",),
    ),
    Mutation(
        "a protected file is a problem of its own: deleted",
        "engine/apply/remove.py",
        '                if getattr(error, "errno", None) != errno.ENOTEMPTY:\n',
        '                if getattr(error, "errno", None) != errno.ENOTEMPTY:\n                    raise error\n',
        (f"{_SPACE}test_an_immutable_file_is_a_problem_of_its_own_and_stays_immutable",),
    ),
    Mutation(
        "a protected file is told as such",
        "model/problems.py",
        '    (_numbers("EPERM"), ProblemCode.PROTECTED),\n',
        "",
        (f"{_SPACE}test_an_immutable_file_is_a_problem_of_its_own_and_stays_immutable",),
    ),
    # Names that change only in case
    Mutation(
        "a rename that changes only case is a move",
        "engine/plan/moves.py",
        "            self._builder.moves.append(moving)\n            return True\n",
        "            return False\n",
        ("faults/test_odd_times.py::test_a_rename_that_changes_only_case_is_a_rename_in_the_mirror_too",),
    ),
    Mutation(
        "a rename that changes only case is followed where both names are one",
        "engine/rules/names.py",
        "if not is_same_spelling(name, place, capabilities))\n",
        "if not name)\n",
        (f"{_EXFAT}test_a_name_that_changes_its_case_only_is_renamed_and_not_copied",),
    ),
    Mutation(
        "a rename that changes only case goes by another name",
        "engine/destination/local.py",
        "        if new not in self.list(folder):\n",
        "        if not folder and not new:\n",
        (f"{_LIMITS}test_a_rename_that_has_no_effect_is_made_by_way_of_another_name",),
    ),
    Mutation(
        "what had its case changed is known by its old name",
        "engine/rules/names.py",
        "        known[name] = known.pop(before) if name in alignment.respelt else known[before]\n",
        "        pass\n",
        (f"{_EXFAT}test_an_edit_that_keeps_size_and_time_is_seen_in_a_file_that_changed_its_case",),
    ),
    # Names that are not possible
    Mutation(
        "names are looked at before anything is copied",
        "engine/rules/names.py",
        "        reason = None if name in theirs else why_not(name, capabilities)\n",
        "        reason = None\n",
        (f"{_EXFAT}test_a_dry_run_names_what_is_not_possible_and_writes_nothing",),
    ),
    Mutation(
        "bytes that are not text are not given to a drive for text",
        "model/problems.py",
        "            return _WITH_BYTES\n",
        "            return None\n",
        (f"{_EXFAT}test_what_can_be_held_is_backed_up_and_the_rest_is_named_with_its_reason",),
    ),
    Mutation(
        "names that the drive keeps for itself",
        "engine/rules/names.py",
        "            if place is None:\n",
        "            if not name:\n",
        (f"{_NTFS}test_names_that_the_volume_keeps_for_itself_are_left_alone",),
    ),
    Mutation(
        "an invalid argument is blamed on the name",
        "model/problems.py",
        "    if code is ProblemCode.NAME_NOT_POSSIBLE or (error.errno == errno.EINVAL and stage in _NAMING):\n",
        "    if code is ProblemCode.NAME_NOT_POSSIBLE:\n",
        ("unit/model/test_problems.py::test_an_invalid_argument_for_a_suspicious_name_is_blamed_on_the_name",),
    ),
    # Depth
    Mutation(
        "from folder to folder by descriptor",
        "engine/fs/tree.py",
        "            current = current.open_dir_at(self.name_on_disk(path[:end]))\n",
        "            current = self.root_folder.open_dir_at(path[:end])\n",
        (_DEEP,),
    ),
    Mutation(
        "few folders are open at a time",
        "engine/fs/tree.py",
        "            for _ in range(self._surplus()):\n",
        "            for _ in range(0):\n",
        ("unit/engine/fs/test_tree.py::test_few_descriptors_are_held_however_many_folders_are_read",),
    ),
    Mutation(
        "paths of any length on Windows",
        "engine/fs/windows/nt.py",
        '    return "\\\\\\\\?\\\\UNC" + path[1:] if path.startswith("\\\\\\\\") else "\\\\\\\\?\\\\" + path\n',
        "    return path\n",
        ("unit/engine/fs/windows/test_nt.py::test_paths_of_any_length_have_a_form_of_their_own",),
    ),
    # Times
    Mutation(
        "a time that a volume has no date for is known again",
        "engine/rules/capabilities.py",
        " or is_cut_off(ours_ns, theirs_ns)\n",
        "\n",
        ("integration/test_odd_numbers.py::test_what_a_volume_has_no_dates_for_gets_the_nearest_and_comes_to_rest",),
    ),
    Mutation(
        "times are compared as finely as the drive keeps them",
        "engine/plan/difference.py",
        "        if abs(ours.st_mtime_ns - theirs.st_mtime_ns) < self._time_step_ns:\n",
        "        if ours.st_mtime_ns == theirs.st_mtime_ns:\n",
        ("unit/engine/plan/test_compare.py::test_times_are_compared_as_finely_as_the_target_keeps_them",),
    ),
    Mutation(
        "times out of range become the nearest",
        "engine/rules/capabilities.py",
        "        return min(max(time_ns, self.earliest_ns), self.latest_ns)\n",
        "        return time_ns\n",
        (f"{_LIMITS}test_dates_out_of_range_are_set_to_the_nearest_and_known_again",),
    ),
    Mutation(
        "times out of range are known again",
        "engine/plan/difference.py",
        "        return not self._capabilities.is_same_time(ours.st_mtime_ns, theirs.st_mtime_ns)\n",
        "        return True\n",
        (f"{_LIMITS}test_dates_out_of_range_are_set_to_the_nearest_and_known_again",),
    ),
    Mutation(
        "times of another zone are no change",
        "engine/rules/capabilities.py",
        "        if not self.has_local_times:\n",
        "        if ours_ns:\n",
        (f"{_EXFAT}test_what_changes_all_times_by_whole_hours_copies_nothing_anew",),
    ),
    Mutation(
        "the time that a copy got is remembered",
        "engine/apply/publish.py",
        "                        self._note_stamp(path, entry)\n",
        "                        pass\n",
        (f"{_LIMITS}test_where_times_are_not_held_copies_are_known_by_the_time_that_they_got",),
    ),
    Mutation(
        "a subvolume is no drive",
        "engine/plan/submounts.py",
        "            return path in self._points\n",
        "            return True\n",
        ("faults/test_linux_volumes.py::test_a_subvolume_or_snapshot_that_is_deleted_is_deleted_from_the_mirror",),
    ),
    Mutation(
        "inodes that do not last identify no folder",
        "engine/fs/volumes/mounts.py",
        "    return not is_counted_anew(mount.kind)\n",
        "    return True\n",
        (f"{_SERVED}test_a_file_that_has_the_former_number_of_another_is_not_taken_for_it",),
    ),
    Mutation(
        "names with numbers of their own are copied",
        "engine/destination/probe.py",
        '        return self._stat("plain").st_ino == self._stat("second").st_ino\n',
        "        return True\n",
        ("integration/test_served.py::test_where_each_name_has_a_number_of_its_own_there_are_no_hard_links",),
    ),
    Mutation(
        "a mounted cloud is never green",
        "engine/run/single_pass.py",
        "    if target.stores_later:\n",
        "    if not plan:\n",
        (f"{_SERVED}test_a_mounted_cloud_is_never_said_to_be_complete_and_new_folders_get_their_names_at_once",),
    ),
    Mutation(
        "no folders are renamed in a mounted cloud",
        "engine/destination/mirror_writer.py",
        "        is_staged = folder.follows_renames and not self.stores_later\n",
        "        is_staged = folder.follows_renames\n",
        (f"{_SERVED}test_a_mounted_cloud_is_never_said_to_be_complete_and_new_folders_get_their_names_at_once",),
    ),
    Mutation(
        "what came with a new folder is counted",
        "engine/apply/publish.py",
        "            if path in missing:\n",
        "            if not ready:\n",
        (
            "integration/test_served.py::test_what_is_lost_when_a_new_folder_gets_its_name_is_a_problem_and_not_recorded",
        ),
    ),
    Mutation(
        "attributes that cannot be read are the source's",
        "model/problems.py",
        "    if isinstance(error, SourceError):\n",
        "    if not error:\n",
        ("integration/test_served.py::test_attributes_of_the_source_that_cannot_be_read_are_not_blamed_on_the_drive",),
    ),
    Mutation(
        "times of links do not become those of files",
        "engine/destination/probe.py",
        '        return is_set and self._stat("plain").st_mtime_ns == before\n',
        "        return True\n",
        (f"{_SERVED}test_links_and_names_of_one_file_come_over_ssh_in_one_pass_and_leave_no_temporaries",),
    ),
    Mutation(
        "folders are opened anew to be listed again",
        "engine/fs/posix.py",
        '        return type(self)(os.open(".", _OPEN_FOLDER, dir_fd=self.fd))\n',
        "        return PosixFolder(os.dup(self.fd))\n",
        (f"{_SERVED}test_a_folder_can_be_listed_again_where_a_program_lists_it_once_for_each_opening",),
    ),
)

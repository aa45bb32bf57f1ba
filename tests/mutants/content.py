"""Protections that have to do with which content is taken, replaced, kept and deleted."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_CHANGING = "faults/test_changing_source.py::"
_OLD_PLAN = "faults/test_plan_grown_old.py::"
_TIMES = "unit/test_times_only.py::"
_EXECUTE = "unit/test_execute.py::"
_GUARD = "unit/test_guard.py::"

MUTATIONS = (
    Mutation(
        "second look at the source",
        "engine/copying.py",
        "        if _is_unchanged(source, path, before):\n",
        "        if before:\n",
        (f"{_CHANGING}test_a_file_that_keeps_changing_is_reported_and_its_old_copy_stays",),
    ),
    Mutation(
        "second look: change time",
        "engine/transfer.py",
        "        and before.st_ctime_ns == after.st_ctime_ns\n",
        "",
        (f"{_CHANGING}test_a_file_that_keeps_changing_is_reported_and_its_old_copy_stays",),
    ),
    Mutation(
        "only regular files are read",
        "engine/copying.py",
        "            if not stat.S_ISREG(before.st_mode):\n                raise Vanished\n",
        "",
        ("unit/test_copying.py::test_what_is_gone_or_no_file_any_more_has_vanished",),
    ),
    Mutation(
        "unreadable folder: nothing under it is deleted",
        "engine/compare.py",
        "            self._problems.append(problem_from(error, path, Stage.COMPARE))\n            return\n"
        "        if making is not None:\n",
        "            self._problems.append(problem_from(error, path, Stage.COMPARE))\n            ours = {}\n"
        "        if making is not None:\n",
        (
            "faults/test_permissions.py::test_nothing_under_an_unreadable_folder_is_deleted",
            "unit/test_compare.py::test_nothing_is_planned_below_a_folder_that_cannot_be_listed",
        ),
    ),
    Mutation(
        "a listing that breaks off",
        "engine/tree.py",
        "                    return {item.name: item.stat(follow_symlinks=False) for item in listing}\n",
        '                    with __import__("contextlib").suppress(OSError):\n'
        "                        for item in listing:\n"
        "                            entries[item.name] = item.stat(follow_symlinks=False)\n"
        "                    return entries\n",
        ("unit/test_tree.py::test_a_listing_that_fails_halfway_gives_nothing",),
    ),
    Mutation(
        "a listing that breaks off while names vanish",
        "engine/tree.py",
        "        with os.scandir(where) as listing:\n            for item in listing:\n",
        '        with __import__("contextlib").suppress(OSError), os.scandir(where) as listing:\n'
        "            for item in listing:\n",
        ("unit/test_tree.py::test_a_listing_that_fails_halfway_gives_nothing",),
    ),
    Mutation(
        "what cannot be looked at is not gone",
        "engine/tree.py",
        "            if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:\n",
        "            if error.errno:\n",
        (
            "faults/test_permissions.py::test_nothing_under_an_unreadable_folder_is_deleted",
            "unit/test_tree.py::test_what_cannot_be_told_is_no_absence",
        ),
    ),
    Mutation(
        "looked at again before it is deleted",
        "engine/clearing.py",
        "            if not self._is_gone(action):\n                return\n",
        "            pass\n",
        (f"{_OLD_PLAN}test_what_is_back_in_the_source_is_not_deleted",),
    ),
    Mutation(
        "looked at again before it is moved",
        "engine/clearing.py",
        "                and self._source.look(action.old_path) is None\n",
        "",
        (
            f"{_OLD_PLAN}test_what_is_back_under_its_old_name_is_not_moved",
            f"{_EXECUTE}test_a_move_whose_old_name_is_back_becomes_a_copy",
        ),
    ),
    Mutation(
        "looked at again before its time is set",
        "engine/making.py",
        "            if action.kind is EntryKind.FILE and not (\n",
        "            if not action and not (\n",
        ("unit/test_mirror.py::test_a_file_edited_after_its_changed_mode_was_planned_is_not_taken_for_copied",),
    ),
    Mutation(
        "compared again if touched before its mode is set",
        "engine/making.py",
        "        if action.seen_at_ns in {0, entry.st_ctime_ns}:\n",
        "        if action:\n",
        ("unit/test_mirror.py::test_an_edit_that_keeps_size_and_time_after_a_changed_mode_was_planned_is_found",),
    ),
    Mutation(
        "another time alone is no other content",
        "engine/equality.py",
        "        return (is_touched or has_other_time) and not self.is_content_equal(path, ours, path, theirs)\n",
        "        return has_other_time or (is_touched and not self.is_content_equal(path, ours, path, theirs))\n",
        (f"{_TIMES}test_files_that_were_only_touched_get_their_time_and_nothing_is_copied_kept_or_held",),
    ),
    Mutation(
        "a copy that was written to since it was compared",
        "engine/making.py",
        "(action.seen_at_ns, action.copy_seen_at_ns) == (ours.st_ctime_ns, theirs.st_ctime_ns) != (0, 0)",
        "action.seen_at_ns == ours.st_ctime_ns",
        (f"{_TIMES}test_what_a_stranger_writes_into_the_copy_after_it_was_compared_does_not_pass_for_the_content",),
    ),
    Mutation(
        "a file edited since only its time was found to differ",
        "engine/making.py",
        "(action.seen_at_ns, action.copy_seen_at_ns) == (ours.st_ctime_ns, theirs.st_ctime_ns) != (0, 0)",
        "action.copy_seen_at_ns == theirs.st_ctime_ns != 0",
        (f"{_TIMES}test_a_file_that_is_edited_after_it_was_compared_is_copied",),
    ),
    Mutation(
        "a copy that cannot be read is not the same",
        "engine/copying.py",
        "    except OSError:\n        return False\n\n\ndef _read(",
        "    except ZeroDivisionError:\n        return False\n\n\ndef _read(",
        (f"{_TIMES}test_a_copy_that_cannot_be_read_is_replaced_and_not_compared_for_ever",),
    ),
    Mutation(
        "a moved file is compared by content",
        "engine/moves.py",
        "        if changed_at_ns != ours.st_ctime_ns and"
        " not self._equality.is_content_equal(path, ours, old_path, theirs):\n"
        "            return None\n",
        "",
        ("unit/test_mirror.py::test_an_edit_that_keeps_size_and_time_and_moves_the_file_is_found",),
    ),
    Mutation(
        "an edit that keeps size and time",
        "engine/equality.py",
        "        return (is_touched or has_other_time) and not self.is_content_equal(path, ours, path, theirs)\n",
        "        return has_other_time and not self.is_content_equal(path, ours, path, theirs)\n",
        ("unit/test_mirror.py::test_an_edit_that_keeps_size_and_time_is_found",),
    ),
    Mutation(
        "a file as it was: change time",
        "engine/sift.py",
        "            and our.st_ctime_ns == mark[1]\n",
        "",
        ("unit/test_mirror.py::test_an_edit_that_keeps_size_and_time_is_found",),
    ),
    Mutation(
        "RENAME_NOREPLACE",
        "engine/system.py",
        "_RENAME_NOREPLACE: Final = 1\n",
        "_RENAME_NOREPLACE: Final = 0\n",
        (f"{_OLD_PLAN}test_what_a_stranger_puts_where_a_file_is_to_be_moved_is_kept",),
    ),
    Mutation(
        "RENAME_NOREPLACE for new files",
        "engine/publishing.py",
        "                self._target.publish(ready.temporary, path, may_replace=False)\n",
        "                self._target.publish(ready.temporary, path, may_replace=True)\n",
        (f"{_OLD_PLAN}test_what_a_stranger_puts_where_a_new_file_is_to_go_is_kept",),
    ),
    Mutation(
        "a free name where renames cannot spare what is there",
        "engine/system.py",
        "        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)\n",
        "        os.rename(old, new, src_dir_fd=old_fd, dst_dir_fd=new_fd)\n",
        ("unit/test_target.py::test_where_a_rename_cannot_spare_what_is_there_it_is_looked_for_first",),
    ),
    Mutation(
        "kept before it is replaced",
        "engine/publishing.py",
        "            kept = self._target.keep(path, left_at, leaves=False)\n",
        "            kept = None\n",
        ("unit/test_mirror.py::test_what_somebody_edits_in_the_mirror_is_kept_and_set_right",),
    ),
    Mutation(
        "what could not be replaced comes back",
        "engine/publishing.py",
        "                    self._target.put_back(kept, path)\n",
        "                    pass\n",
        ("faults/test_exfat.py::test_a_version_that_cannot_be_replaced_gets_its_place_back",),
    ),
    Mutation(
        "names that are one to the drive",
        "engine/publishing.py",
        "        if abilities.limits_names and not self._target.is_listed(path):\n",
        "        if not abilities:\n",
        (
            "faults/test_exfat.py::test_a_name_that_somebody_else_takes_in_another_case_during_a_pass_is_not_overwritten",
        ),
    ),
    Mutation(
        "kept when it is deleted",
        "engine/target.py",
        "            self.keep(path, self.dated(), leaves=True)\n",
        "            self.remove_file(path)\n",
        ("unit/test_mirror.py::test_everything_goes_again_and_is_kept",),
    ),
    Mutation(
        "not replaced if it cannot be kept",
        "engine/publishing.py",
        "            kept = self._target.keep(path, left_at, leaves=False)\n",
        "            try:\n                kept = self._target.keep(path, left_at, leaves=False)\n"
        "            except OSError:\n                kept = None\n",
        (f"{_EXECUTE}test_a_version_that_cannot_be_kept_is_not_replaced",),
    ),
    Mutation(
        "counter of versions that leave in one second",
        "engine/keeping.py",
        "            except FileExistsError:\n                count += 1\n",
        "            except FileExistsError:\n                return kept\n",
        ("unit/test_mirror.py::test_two_versions_that_leave_within_a_second_are_both_kept",),
    ),
    Mutation(
        "a history removed meanwhile",
        "engine/keeping.py",
        "            if self.look(path) is None:\n                return None\n",
        "            return None\n",
        (
            "faults/test_swapped_links.py::test_a_version_is_kept_or_the_file_stays_when_the_history_is_deleted_meanwhile",
        ),
    ),
    Mutation(
        "only empty folders are removed",
        "engine/clearing.py",
        "                if not self._target.remove_folder(action.path):\n                    return\n",
        "                self._target.remove_folder(action.path)\n",
        (f"{_EXECUTE}test_a_folder_that_is_no_longer_empty_is_left",),
    ),
    Mutation(
        "temporaries are never mirrored",
        "engine/sift.py",
        "        if name.startswith(TEMPORARY_PREFIX) and is_temporary(name):\n            continue\n",
        "",
        ("unit/test_mirror.py::test_temporaries_of_a_killed_run_are_swept_and_never_mirrored",),
    ),
    Mutation(
        "temporaries are swept",
        "engine/execute.py",
        "            self._sweep(litter)\n",
        "",
        ("property/test_corner_cases.py::test_litter_is_removed_wherever_it_lies",),
    ),
    Mutation(
        "temporaries of exactly one form",
        "engine/tree.py",
        "    return name.startswith(TEMPORARY_PREFIX) and _TEMPORARY.match(name) is not None\n",
        "    return name.startswith(TEMPORARY_PREFIX)\n",
        ("unit/test_tree.py::test_only_names_of_the_exact_form_are_temporary",),
    ),
    Mutation(
        "guard: count",
        "engine/guard.py",
        "    if len(losses) > job.guard_count and share > job.guard_share:\n",
        "    if share > job.guard_share:\n",
        (f"{_GUARD}test_both_limits_have_to_be_passed",),
    ),
    Mutation(
        "guard: share",
        "engine/guard.py",
        "    if len(losses) > job.guard_count and share > job.guard_share:\n",
        "    if len(losses) > job.guard_count:\n",
        (f"{_GUARD}test_both_limits_have_to_be_passed",),
    ),
    Mutation(
        "guard: mass change",
        "engine/guard.py",
        "    if len(losses) > job.guard_count and share > job.guard_share:\n",
        "    if not job:\n",
        ("unit/test_mirror_guard.py::test_a_mass_deletion_is_held_while_new_files_go_on",),
    ),
    Mutation(
        "guard: replacements count",
        "engine/guard.py",
        "TAKES_AWAY = frozenset({Op.DELETE, Op.REPLACE})\n",
        "TAKES_AWAY = frozenset({Op.DELETE})\n",
        ("unit/test_mirror_guard.py::test_a_mass_rewrite_is_held_in_partial_passes_too",),
    ),
    Mutation(
        "guard: emptied source",
        "engine/guard.py",
        "    if condition.is_source_empty:\n",
        "    if not condition:\n",
        ("unit/test_mirror_roots.py::test_an_emptied_source_is_held",),
    ),
    Mutation(
        "guard: another folder",
        "engine/guard.py",
        "    if condition.is_source_other:\n",
        "    if not condition:\n",
        ("unit/test_mirror_roots.py::test_another_folder_in_the_sources_place_is_held_until_agreed_to_once",),
    ),
    Mutation(
        "guard: strangers",
        "engine/guard.py",
        "    if job.asks_about_strangers and (strangers := _strangers(taking)):\n",
        "    if (strangers := _strangers(taking)) and not job:\n",
        ("unit/test_mirror_guard.py::test_strangers_are_held_where_the_job_asks",),
    ),
    Mutation(
        "guard: measured against the whole mirror",
        "engine/mirror.py",
        "        mirror_files = max(mirror_files, remembered_files(catalog))\n",
        "        pass\n",
        ("unit/test_mirror_guard.py::test_a_deletion_is_measured_against_the_mirror_as_partial_passes_left_it",),
    ),
    Mutation(
        "guard: agreed to is exactly what was shown",
        "engine/guard.py",
        "frozenset((action.op, action.path) for action in allowed.actions) if allowed else frozenset()\n",
        "frozenset((action.op, action.path) for action in plan.actions) if allowed else frozenset()\n",
        ("unit/test_guard.py::test_what_was_agreed_to_goes_and_does_not_count",),
    ),
    Mutation(
        "a damaged catalog is set aside",
        "engine/catalog.py",
        '        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":\n',
        "        if not connection:\n",
        (
            "faults/test_damaged_catalog.py::test_a_harmed_catalog_is_set_aside_and_the_pass_gets_everything_right",
            "unit/test_catalog.py::test_an_unusable_file_is_set_aside_and_replaced",
        ),
    ),
    Mutation(
        "a catalog with values of another kind is set aside",
        "engine/custody.py",
        "        doubt(self._path)\n",
        "",
        ("faults/test_damaged_catalog.py::test_a_value_of_another_kind_stops_one_pass_and_not_the_backup",),
    ),
    Mutation(
        "a catalog of another program is set aside",
        "engine/schema.py",
        "    check_tables(connection, _TABLES)\n",
        "",
        ("faults/test_damaged_catalog.py::test_a_harmed_catalog_is_set_aside_and_the_pass_gets_everything_right",),
    ),
    Mutation(
        "a catalog of a later version is set aside",
        "engine/schema.py",
        "    if version and version != SCHEMA_VERSION and version not in _MIGRATIONS:\n",
        "    if not connection:\n",
        ("unit/test_catalog.py::test_an_unusable_file_is_set_aside_and_replaced",),
    ),
    Mutation(
        "a catalog that another holds is not set aside",
        "engine/catalog.py",
        "            if is_of_the_moment(error, path):\n",
        "            if not error:\n",
        ("unit/test_catalog.py::test_a_file_that_another_holds_is_not_set_aside",),
    ),
    Mutation(
        "holes stay holes",
        "engine/transfer.py",
        '    has_holes = sys.platform != "win32" and size_bytes > 4096 and before.st_blocks * 512 < size_bytes\n',
        "    has_holes = False\n",
        ("unit/test_mirror.py::test_a_sparse_file_keeps_its_holes",),
    ),
    Mutation(
        "a restored file is compared",
        "engine/restoring.py",
        "                if not _is_same(fd, out, self._should_stop):\n",
        "                if not fd:\n",
        ("unit/test_history.py::test_a_copy_that_comes_out_different_is_not_left_there",),
    ),
    Mutation(
        "nothing is restored over what is there",
        "engine/restoring.py",
        "            rename_to_free_name(old, folder_fd, new, folder_fd)\n",
        "            os.replace(old, new, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)\n",
        ("unit/test_history.py::test_what_is_there_is_left_alone",),
    ),
    Mutation(
        "names are one line in events",
        "engine/escaping.py",
        "    return _IN_PATHS.sub(_escaped, path)\n",
        "    return path\n",
        ("unit/test_escaping.py::test_any_text_survives_the_round_trip_as_one_line_of_valid_text",),
    ),
    Mutation(
        "long names in the history",
        "engine/history.py",
        "    if len(os.fsencode(name)) + len(mark) > MAX_NAME_BYTES:\n",
        "    if not name:\n",
        ("unit/test_mirror.py::test_a_long_name_is_kept_in_the_history_too",),
    ),
    Mutation(
        "the temporary name does not grow with the name",
        "engine/writer.py",
        '        name = f"{self._temporary_prefix}{self._temporaries:08x}"\n',
        "        name = f\"{self._temporary_prefix}{self._temporaries:08x}{path.rpartition('/')[2]}\"\n",
        ("unit/test_mirror.py::test_a_long_name_is_kept_in_the_history_too",),
    ),
    Mutation(
        "the other names of a file that was written to",
        "engine/compare.py",
        "    comparison.compare_other_names()\n",
        "",
        ("unit/test_links.py::test_an_edit_that_is_notified_of_one_name_comes_to_every_name",),
    ),
    Mutation(
        "what is gone is forgotten before its place is taken",
        "engine/execute.py",
        "            if self._clearer.gone and action.op in _COPIES:\n",
        "            if False:\n",
        ("unit/test_mirror.py::test_an_edit_that_keeps_size_and_time_is_found_in_a_file_that_took_a_folders_place",),
    ),
    Mutation(
        "nothing is moved out of a folder that gives way",
        "engine/moves.py",
        " or self._is_in_the_way(old_path):\n",
        ":\n",
        ("unit/test_links.py::test_a_name_that_leaves_a_folder_whose_place_a_file_takes_stays_one_of_the_file",),
    ),
    Mutation(
        "the old name of what could not be moved",
        "engine/clearing.py",
        "            self._ledger.note_unsettled(action.old_path)\n\n",
        "            pass\n\n",
        (
            "unit/test_mirror_races.py::test_a_file_renamed_and_gone_before_it_is_moved_is_looked_for_again_under_its_old_name",
        ),
    ),
)

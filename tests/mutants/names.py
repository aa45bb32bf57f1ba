"""Protections that have to do with names: of files that have several, and of what moves."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_LINKS = "unit/engine/plan/test_hard_links.py::"
_OLD_PLAN = "faults/test_plan_grown_old.py::"
_SAME = "integration/test_same_file.py::"
_STEPS = "unit/engine/watch/test_inotify.py::test_no_watch_is_lost_"
_WATCH = "unit/engine/watch/test_watcher.py::test_no_watch_is_lost_however_folders_move"
_GONE = f"{_LINKS}test_an_edit_through_a_name_comes_to_the_others_whatever_becomes_of_the_name"

MUTATIONS = (
    Mutation(
        "a late move compares what was touched since",
        "engine/apply/remove.py",
        "        if action.seen_at_ns == ours.st_ctime_ns and is_copy_as_seen:\n",
        "        if is_copy_as_seen:\n",
        (f"{_OLD_PLAN}test_an_edit_of_what_is_to_be_moved_comes_with_the_move",),
    ),
    Mutation(
        "what was only touched since is moved",
        "engine/apply/remove.py",
        "        return has_same_content(self._source, action.path, self._target, old_path, self._should_stop)\n",
        "        return False\n",
        (f"{_OLD_PLAN}test_what_was_only_touched_since_is_moved_all_the_same",),
    ),
    Mutation(
        "what was touched since is looked at once more",
        "engine/apply/create.py",
        "        if is_touched or (action.kind",
        "        if (action.kind",
        (f"{_OLD_PLAN}test_an_edit_before_new_metadata_are_set_is_found_by_the_next_look",),
    ),
    Mutation(
        "metadata are those of the same kind of thing",
        "engine/apply/create.py",
        "            if kind_of(entry) is not action.kind:\n                raise Vanished\n",
        "",
        (f"{_OLD_PLAN}test_metadata_of_what_stands_in_a_files_place_by_now_are_not_given_to_the_file",),
    ),
    Mutation(
        "another name learns nothing of a file edited since",
        "engine/plan/hard_links.py",
        "                    or other_ours.st_ctime_ns != ours.st_ctime_ns\n",
        "",
        (f"{_LINKS}test_an_edit_after_the_content_was_compared_is_not_learnt_of_another_name",),
    ),
    Mutation(
        "a copy of what has other names by now is looked at again",
        "engine/apply/publish.py",
        "            and action.seen_at_ns != entry.st_ctime_ns\n",
        "            and action is None\n",
        (f"{_LINKS}test_a_copy_of_what_became_a_name_of_another_file_since_is_joined_by_the_next_pass",),
    ),
    Mutation(
        "names that are copied though that was not planned are one file",
        "engine/apply/publish.py",
        "            self._links.note_copied(action.path)\n",
        "",
        (f"{_LINKS}test_names_whose_file_was_edited_since_the_plan_are_copied_as_one_file",),
    ),
    Mutation(
        "what the pass itself has touched is compared once more",
        "engine/apply/create.py",
        "            is_equal = has_same_content(self._source, path, self._target, path, self._should_stop)\n",
        "            is_equal = False\n",
        (
            f"{_LINKS}test_names_that_were_touched_stay_one_file_when_another_name_gives_way_before",
            f"{_LINKS}test_names_that_were_touched_stay_one_file_when_another_name_was_replaced_before",
        ),
    ),
    Mutation(
        "what is written into the copy while it is compared once more",
        "engine/apply/create.py",
        "            return is_equal and self._target.stat(path).st_ctime_ns == theirs.st_ctime_ns\n",
        "            return is_equal\n",
        (
            "integration/test_times_only.py::test_what_a_stranger_writes_into_the_copy_while_it_is_compared_once_more_is_kept",
        ),
    ),
    Mutation(
        "a name that was copied instead is looked at again",
        "engine/apply/hard_links.py",
        "        seen_at_ns = 0 if stays else action.seen_at_ns\n",
        "        seen_at_ns = action.seen_at_ns\n",
        (f"{_LINKS}test_a_name_that_is_copied_since_the_first_has_moved_is_joined_by_the_next_pass",),
    ),
    Mutation(
        "a moved file that has other names by now is looked at again",
        "engine/apply/remove.py",
        "            if ours.st_nlink > 1 and action.seen_at_ns != ours.st_ctime_ns:\n",
        "            if action is None:\n",
        (f"{_LINKS}test_a_moved_file_that_became_a_name_of_another_since_is_looked_at_once_more",),
    ),
    Mutation(
        "other names of what was copied while it was written to",
        "engine/plan/compare.py",
        "            if known is None or known.ctime_ns != ours.st_ctime_ns:\n",
        "            if path is None:\n",
        (f"{_LINKS}test_an_edit_while_another_name_of_the_file_is_copied_reaches_the_other_names",),
    ),
    Mutation(
        "the old name of what was to move into a folder that is not there",
        "engine/apply/apply.py",
        "                if action.old_path is not None:\n",
        "                if action is None:\n",
        (
            "integration/test_mirror_partial.py::test_what_was_to_move_into_a_folder_that_could_not_be_made_is_looked_at_again",
        ),
    ),
    Mutation(
        "only what was shown is refused",
        "engine/state/kept_paths.py",
        " and action.seen_at_ns in {0, entry.st_ctime_ns}\n",
        "\n",
        ("unit/engine/state/test_kept_paths.py::test_what_was_edited_after_it_was_shown_is_not_refused_unseen",),
    ),
    Mutation(
        "what makes way in an undo is looked at after it was compared",
        "engine/restore/writer.py",
        " or not is_same_version(meant, now):\n",
        ":\n",
        ("unit/engine/restore/test_undo.py::test_an_edit_that_keeps_size_and_time_while_a_file_makes_way_is_kept",),
    ),
    Mutation(
        "other names of a file whose name is gone",
        "engine/plan/compare.py",
        "            if known is not None:\n                self._other_names.note(known.inode)\n",
        "",
        (f"{_GONE}[a-gone]",),
    ),
    Mutation(
        "other names of a file whose name another one has",
        "engine/plan/compare.py",
        "        if known is not None and known.inode != ours.st_ino:\n",
        "        if path is None:\n",
        (f"{_GONE}[a-replaced]",),
    ),
    Mutation(
        "other names of files that are gone with their folder",
        "engine/plan/deletions.py",
        "            self._other_names.note_gone(path)\n",
        "",
        (f"{_GONE}[folder/c-gone_with_its_folder]",),
    ),
    Mutation(
        "other names of files that are gone from a folder",
        "engine/plan/compare.py",
        "        self._other_names.note_gone(self._former(path), theirs.keys() | known.keys())\n",
        "",
        (f"{_GONE}[folder/c-gone_from_its_folder]", f"{_GONE}[folder/c-gone_with_its_copy]"),
    ),
    Mutation(
        "other names of other names",
        "engine/plan/compare.py",
        "        while names := self._other_names.take():\n",
        "        if names := self._other_names.take():\n",
        (f"{_LINKS}test_an_edit_reaches_names_of_names_that_are_gone", f"{_GONE}[folder/c-gone]"),
    ),
    Mutation(
        "a name that is gone may be about to move",
        "engine/plan/hard_links.py",
        "                owner = before if found is None else file_of(found)\n",
        "                if found is None:\n                    continue\n                owner = file_of(found)\n",
        (f"{_LINKS}test_a_group_that_moves_while_an_equal_file_takes_one_of_its_places_keeps_its_mode",),
    ),
    Mutation(
        "what others are linked to is not taken for another file's",
        "engine/plan/hard_links.py",
        "        if theirs.st_nlink > 1:\n            self._owners.setdefault",
        "        if theirs is None:\n            self._owners.setdefault",
        (f"{_LINKS}test_a_file_of_the_mirror_that_two_files_could_be_becomes_one_of_them",),
    ),
    Mutation(
        "nothing is linked to what is taken for another file's",
        "engine/plan/hard_links.py",
        "                    # This name will be copied.\n                    continue\n",
        "                    pass\n",
        (f"{_LINKS}test_a_file_of_the_mirror_that_two_files_could_be_becomes_one_of_them",),
    ),
    Mutation(
        "a file that is taken for another one's is not moved",
        "engine/plan/moves.py",
        "            or (theirs.st_nlink > 1 and self._links.is_anothers(ours, theirs))\n",
        "",
        (f"{_LINKS}test_a_file_is_not_renamed_to_where_it_would_be_anothers_too",),
    ),
    Mutation(
        "a watch whose path another one has is let go",
        "engine/watch/inotify.py",
        "            gone.extend(self._displaced.difference(gone))\n",
        "",
        (_WATCH,),
    ),
    Mutation(
        "a time set through another name makes no stranger",
        "engine/ownership/own_entries.py",
        " or (theirs.st_nlink > 1 and self._is_another_names(theirs, known[0]))\n",
        "\n",
        (f"{_LINKS}test_a_time_set_through_one_name_makes_no_stranger_of_another",),
    ),
    Mutation(
        "the watch of each path after a move",
        "engine/watch/inotify.py",
        "            if self._find(path) != wd:\n",
        "            if wd == -1:\n",
        (
            "unit/engine/watch/test_watcher.py::test_a_table_that_took_two_folders_for_each_other_is_set_right_by_the_next_move",
        ),
    ),
    Mutation(
        "what is at the old path after a move",
        "engine/watch/inotify.py",
        "            self._add_all_callbacks(move_src_path)\n",
        "            pass\n",
        (_WATCH,),
    ),
    Mutation(
        "what is at the new path after a move",
        "engine/watch/inotify.py",
        "            self._add_all_callbacks(move_dst_path)\n",
        "            pass\n",
        (_WATCH,),
    ),
    Mutation(
        "what was made in a folder that had moved on",
        "engine/watch/inotify.py",
        "        is_plain &= self._unsure.isdisjoint(moved)\n",
        "",
        (_WATCH,),
    ),
    Mutation(
        "a folder that moves while it is listed is listed again",
        "engine/watch/inotify.py",
        "            if self._inotify_fd.is_still(folder, self.event_mask, wd):\n",
        "            if wd != -1:\n",
        (f"{_STEPS}whenever_folders_move",),
    ),
    Mutation(
        "a folder that is gone when it is listed is listed again",
        "engine/watch/inotify.py",
        "            except OSError as error:\n                self._doubt(folder)\n",
        "            except OSError as error:\n",
        (f"{_STEPS}whenever_folders_move",),
    ),
    Mutation(
        "where the other half of an exchange may be is looked at again",
        "engine/watch/inotify.py",
        "                self._doubt(move_src_path + path[len(move_dst_path) :])\n",
        "",
        (f"{_STEPS}whenever_folders_move",),
    ),
    Mutation(
        "a folder that was in doubt stays so until it is listed",
        "engine/watch/inotify.py",
        "        is_plain &= self._unsure.isdisjoint(moved)\n",
        "        is_plain &= self._unsure.isdisjoint(moved)\n        self._unsure.difference_update(moved)\n",
        (f"{_STEPS}whenever_folders_move",),
    ),
    Mutation(
        "a folder that could not be listed is told",
        "engine/watch/inotify.py",
        "                    self._inotify_fd.note_unwatched(folder, error)\n",
        "                    pass\n",
        (
            "unit/engine/watch/test_watcher.py::test_a_folder_that_cannot_be_listed_is_told_and_what_is_in_it_watched_later",
        ),
    ),
    Mutation(
        "a file that stands where a folder was is not watched",
        "engine/watch/inotify.py",
        " | InotifyConstants.IN_ONLYDIR)",
        ")",
        (f"{_STEPS}whenever_folders_move", f"{_STEPS}in_random_interleavings"),
    ),
    Mutation(
        "a file that was exchanged for a folder moves no watch",
        "engine/watch/inotify.py",
        "        if not self._is_of_folder:\n",
        "        if not move_src_path:\n",
        (_WATCH, "unit/engine/watch/test_watcher.py::test_a_renamed_file_looks_at_no_folder"),
    ),
    Mutation(
        "what could not be watched keeps its place",
        "engine/watch/inotify.py",
        "        is_plain &= not self._inotify_fd.forget_unwatched_below(move_src_path)\n",
        "",
        (
            "unit/engine/watch/test_watcher.py::test_what_could_not_be_watched_before_its_folder_moved_is_known_by_its_new_path",
        ),
    ),
    Mutation(
        "one file on both sides is no copy",
        "engine/plan/compare.py",
        "        if is_same_file(ours, theirs):\n",
        "        if ours is None:\n",
        (f"{_SAME}test_a_destination_of_hard_links_to_the_source_is_copied",),
    ),
    Mutation(
        "one file on both sides is not as it was",
        "engine/plan/unchanged.py",
        "(our.st_nlink > 1 and (our.st_ino != their.st_ino or our.st_dev != their.st_dev))",
        "our.st_nlink > 1",
        (f"{_SAME}test_a_copy_that_was_replaced_by_the_sources_own_file_is_made_anew",),
    ),
    Mutation(
        "one link on both sides is left to the pass",
        "engine/plan/scan_worker.py",
        "            if is_same_file(our, their):\n                return None\n",
        "",
        (
            (
                "unit/engine/plan/test_scan_worker.py::test_a_change_of_any_sort_is_found_as_the_pass_alone_finds_it"
                "[mirror: the source's own link]"
            ),
        ),
    ),
    Mutation(
        "nothing is linked to the source's own file",
        "engine/apply/hard_links.py",
        " or is_same_file(ours, theirs):\n            return None\n        return first, found",
        ":\n            return None\n        return first, found",
        (f"{_SAME}test_a_copy_that_was_replaced_by_the_sources_own_file_is_made_anew",),
    ),
    Mutation(
        "the source's own file is not moved",
        "engine/plan/moves.py",
        "            or is_same_file(ours, theirs)\n",
        "",
        (f"{_SAME}test_a_file_that_moved_is_not_followed_by_the_sources_own",),
    ),
    Mutation(
        "the source's own file is no version",
        "engine/apply/publish.py",
        "may_replace = there is not None and there.st_nlink > 1 and there.st_ino == ready.entry.st_ino\n",
        "may_replace = there is None\n",
        (f"{_SAME}test_a_destination_of_hard_links_to_the_source_is_copied",),
    ),
    Mutation(
        "metadata are not set in the source",
        "engine/apply/create.py",
        "            if is_same_file(entry, theirs):\n",
        "            if theirs is None:\n",
        (f"{_SAME}test_what_is_linked_there_after_the_comparison_is_not_written_to",),
    ),
    Mutation(
        "nor through an unknown name",
        "engine/plan/difference.py",
        "            if known is None and theirs.st_nlink > 1 and ours.st_dev == theirs.st_dev:\n",
        "            if theirs is None:\n",
        (f"{_SAME}test_metadata_are_not_set_through_an_unknown_name_of_another_file_of_the_source",),
    ),
    Mutation(
        "verify fails on one file on both sides",
        "engine/verify.py",
        "        if is_same_file(original, copy):\n",
        "        if copy is None:\n",
        (f"{_SAME}test_verify_tells_what_is_the_sources_own",),
    ),
    Mutation(
        "a source mounted in its destination is refused",
        "engine/destination/job_folders.py",
        "mounted_below(destination, source) is not None",
        "False",
        (f"{_SAME}test_a_source_that_is_mounted_in_its_destination_is_refused",),
    ),
)

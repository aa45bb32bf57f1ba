"""Protections that have to do with names: of files that have several, and of what moves."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_LINKS = "unit/test_links.py::"
_OLD_PLAN = "faults/test_plan_grown_old.py::"
_SAME = "unit/test_same_file.py::"
_WATCH = "unit/test_watch.py::test_no_watch_is_lost_however_folders_move"
_GONE = f"{_LINKS}test_an_edit_through_a_name_comes_to_the_others_whatever_becomes_of_the_name"

MUTATIONS = (
    Mutation(
        "a late move compares what was touched since",
        "engine/clearing.py",
        "        if action.seen_at_ns == ours.st_ctime_ns:\n            return True\n",
        "        return True\n",
        (f"{_OLD_PLAN}test_an_edit_of_what_is_to_be_moved_comes_with_the_move",),
    ),
    Mutation(
        "what was only touched since is moved",
        "engine/clearing.py",
        "        return has_same_content(self._source, action.path, self._target, old_path, self._should_stop)\n",
        "        return False\n",
        (f"{_OLD_PLAN}test_what_was_only_touched_since_is_moved_all_the_same",),
    ),
    Mutation(
        "what was touched since is looked at once more",
        "engine/making.py",
        "        if is_touched or (action.kind",
        "        if (action.kind",
        (f"{_OLD_PLAN}test_an_edit_before_new_metadata_are_set_is_found_by_the_next_look",),
    ),
    Mutation(
        "metadata are those of the same kind of thing",
        "engine/making.py",
        "            if kind_of(entry) is not action.kind:\n                raise Vanished\n",
        "",
        (f"{_OLD_PLAN}test_metadata_of_what_stands_in_a_files_place_by_now_are_not_given_to_the_file",),
    ),
    Mutation(
        "another name learns nothing of a file edited since",
        "engine/links.py",
        "                    or other_ours.st_ctime_ns != ours.st_ctime_ns\n",
        "",
        (f"{_LINKS}test_an_edit_after_the_content_was_compared_is_not_learnt_of_another_name",),
    ),
    Mutation(
        "only what was shown is refused",
        "engine/kept.py",
        " and action.seen_at_ns in {0, entry.st_ctime_ns}\n",
        "\n",
        ("unit/test_kept.py::test_what_was_edited_after_it_was_shown_is_not_refused_unseen",),
    ),
    Mutation(
        "what makes way in an undo is looked at after it was compared",
        "engine/undo.py",
        "        return now is not None and is_same_version(entry, now)\n",
        "        return now is not None\n",
        ("unit/test_undo.py::test_an_edit_that_keeps_size_and_time_while_a_file_makes_way_is_kept",),
    ),
    Mutation(
        "other names of a file whose name is gone",
        "engine/compare.py",
        "            if known is not None:\n                self._other_names.note(known.inode)\n",
        "",
        (f"{_GONE}[a-gone]",),
    ),
    Mutation(
        "other names of a file whose name another one has",
        "engine/compare.py",
        "        if known is not None and known.inode != ours.st_ino:\n",
        "        if path is None:\n",
        (f"{_GONE}[a-replaced]",),
    ),
    Mutation(
        "other names of files that are gone with their folder",
        "engine/surplus.py",
        "            self._other_names.note_gone(path)\n",
        "",
        (f"{_GONE}[folder/c-gone_with_its_folder]",),
    ),
    Mutation(
        "other names of files that are gone from a folder",
        "engine/compare.py",
        "        self._other_names.note_gone(self._former(path), theirs.keys() | known.keys())\n",
        "",
        (f"{_GONE}[folder/c-gone_from_its_folder]", f"{_GONE}[folder/c-gone_with_its_copy]"),
    ),
    Mutation(
        "other names of other names",
        "engine/compare.py",
        "        while names := self._other_names.take():\n",
        "        if names := self._other_names.take():\n",
        (f"{_LINKS}test_an_edit_reaches_names_of_names_that_are_gone", f"{_GONE}[folder/c-gone]"),
    ),
    Mutation(
        "a name that is gone may be about to move",
        "engine/links.py",
        "                owner = before if found is None else _file_of(found)\n",
        "                if found is None:\n                    continue\n                owner = _file_of(found)\n",
        (f"{_LINKS}test_a_group_that_moves_while_an_equal_file_takes_one_of_its_places_keeps_its_mode",),
    ),
    Mutation(
        "what others are linked to is not taken for another file's",
        "engine/links.py",
        "        if theirs.st_nlink > 1:\n            self._owners.setdefault",
        "        if theirs is None:\n            self._owners.setdefault",
        (f"{_LINKS}test_a_file_of_the_mirror_that_two_files_could_be_becomes_one_of_them",),
    ),
    Mutation(
        "nothing is linked to what is taken for another file's",
        "engine/links.py",
        "                    # This name of it is going to be a copy.\n                    continue\n",
        "                    pass\n",
        (f"{_LINKS}test_a_file_of_the_mirror_that_two_files_could_be_becomes_one_of_them",),
    ),
    Mutation(
        "a file that is taken for another one's is not moved",
        "engine/moves.py",
        "            or (theirs.st_nlink > 1 and self._links.is_anothers(ours, theirs))\n",
        "",
        (f"{_LINKS}test_a_file_is_not_renamed_to_where_it_would_be_anothers_too",),
    ),
    Mutation(
        "a watch whose path another one has is let go",
        "engine/inotify.py",
        "[*gone, *self._displaced.difference(gone)]",
        "gone",
        (_WATCH,),
    ),
    Mutation(
        "a time set through another name makes no stranger",
        "engine/ownership.py",
        " or (theirs.st_nlink > 1 and self._is_another_names(theirs, known[0]))\n",
        "\n",
        (f"{_LINKS}test_a_time_set_through_one_name_makes_no_stranger_of_another",),
    ),
    Mutation(
        "the watch of each path after a move",
        "engine/inotify.py",
        "        for wd, path in moved.items():\n            self._add_callback(path)\n"
        "            is_plain &= self._active_callbacks_by_path.get(path) == wd\n",
        "",
        ("unit/test_watch.py::test_a_table_that_took_two_folders_for_each_other_is_set_right_by_the_next_move",),
    ),
    Mutation(
        "what is at the old path after a move",
        "engine/inotify.py",
        "            self._add_all_callbacks(move_src_path)\n",
        "            pass\n",
        (_WATCH,),
    ),
    Mutation(
        "what is at the new path after a move",
        "engine/inotify.py",
        "            self._add_all_callbacks(move_dst_path)\n",
        "            pass\n",
        (_WATCH,),
    ),
    Mutation(
        "what was made in a folder that had moved on",
        "engine/inotify.py",
        "        is_plain &= self._unsure.isdisjoint(moved)\n",
        "",
        (_WATCH,),
    ),
    Mutation(
        "a file that was exchanged for a folder moves no watch",
        "engine/inotify.py",
        "        if not self._is_of_folder:\n",
        "        if not move_src_path:\n",
        (_WATCH, "unit/test_watch.py::test_a_renamed_file_looks_at_no_folder"),
    ),
    Mutation(
        "what could not be watched keeps its place",
        "engine/inotify.py",
        "            is_plain &= not self._inotify_fd.forget_unwatched_below(move_src_path)\n",
        "            pass\n",
        ("unit/test_watch.py::test_what_could_not_be_watched_before_its_folder_moved_is_known_by_its_new_path",),
    ),
    Mutation(
        "one file on both sides is no copy",
        "engine/compare.py",
        "        if is_same_file(ours, theirs):\n",
        "        if ours is None:\n",
        (f"{_SAME}test_a_destination_of_hard_links_to_the_source_is_copied",),
    ),
    Mutation(
        "one file on both sides is not as it was",
        "engine/sift.py",
        "(our.st_nlink > 1 and (our.st_ino != their.st_ino or our.st_dev != their.st_dev))",
        "our.st_nlink > 1",
        (f"{_SAME}test_a_copy_that_was_replaced_by_the_sources_own_file_is_made_anew",),
    ),
    Mutation(
        "one link on both sides is left to the pass",
        "engine/scout.py",
        "            if is_same_file(our, their):\n                return None\n",
        "",
        (
            (
                "unit/test_scout.py::test_a_change_of_any_sort_is_found_as_the_pass_alone_finds_it"
                "[mirror: the source's own link]"
            ),
        ),
    ),
    Mutation(
        "nothing is linked to the source's own file",
        "engine/links.py",
        " or is_same_file(ours, theirs):\n            return None\n        return first, ours\n",
        ":\n            return None\n        return first, ours\n",
        (f"{_SAME}test_a_copy_that_was_replaced_by_the_sources_own_file_is_made_anew",),
    ),
    Mutation(
        "the source's own file is not moved",
        "engine/moves.py",
        "            or is_same_file(ours, theirs)\n",
        "",
        (f"{_SAME}test_a_file_that_moved_is_not_followed_by_the_sources_own",),
    ),
    Mutation(
        "the source's own file is no version",
        "engine/publishing.py",
        "            if there is not None and there.st_nlink > 1 and there.st_ino == ready.entry.st_ino:\n",
        "            if there is None:\n",
        (f"{_SAME}test_a_destination_of_hard_links_to_the_source_is_copied",),
    ),
    Mutation(
        "metadata are not set in the source",
        "engine/making.py",
        "            if is_same_file(entry, theirs):\n",
        "            if theirs is None:\n",
        (f"{_SAME}test_what_is_linked_there_after_the_comparison_is_not_written_to",),
    ),
    Mutation(
        "nor through an unknown name",
        "engine/equality.py",
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
        "engine/roots.py",
        "    if mounted is not None:\n",
        "    if mounted == 0:\n",
        (f"{_SAME}test_a_source_that_is_mounted_in_its_destination_is_refused",),
    ),
)

"""Protections that have to do with which folders are looked at and written to."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_UNMOUNTED = "faults/test_unmounted_roots.py::"
_ROOTS = "unit/test_mirror_roots.py::"
_RACES = "unit/test_mirror_races.py::"
_METADATA = "faults/test_metadata_through_links.py::"
_LINKS = "faults/test_swapped_links.py::"

MUTATIONS = (
    Mutation(
        "source volume",
        "engine/roots.py",
        "standing(recorded, identify(job.source)) is Standing.OTHER_VOLUME:\n",
        "standing(recorded, identify(job.source)) is None:\n",
        (f"{_ROOTS}test_another_drive_in_the_sources_place_is_refused",),
    ),
    Mutation(
        "source folder",
        "engine/roots.py",
        "    is_source_other = not has_new_source and _is_other_source(job, catalog)\n",
        "    is_source_other = False\n",
        (f"{_ROOTS}test_another_folder_in_the_sources_place_is_held_until_agreed_to_once",),
    ),
    Mutation(
        "an identity is not overwritten",
        "engine/roots.py",
        "    if has_new_source or catalog.fact(SOURCE_KEY) is None:\n",
        "    if job.source:\n",
        (f"{_ROOTS}test_another_folder_in_the_sources_place_stays_held_pass_after_pass",),
    ),
    Mutation(
        "destination volume",
        "engine/roots.py",
        "        is_other = recorded is not None and volume_id(anchor) != recorded.volume\n",
        "        is_other = False\n",
        (f"{_ROOTS}test_an_unmounted_destination_is_not_written_where_it_was",),
    ),
    Mutation(
        "no word makes a bare mount point the destination",
        "engine/roots.py",
        "        if is_other and not _may_be_other(job, catalog, anchor):\n",
        "        if is_other and not job.allows_mass_delete:\n",
        ("faults/test_unmounted_roots.py::test_the_users_word_does_not_fill_the_place_where_a_drive_was_mounted",),
    ),
    Mutation(
        "a new drive only where the old one was mounted",
        "engine/roots.py",
        "    return catalog.fact(POINT_KEY) == _mount_point(anchor)\n",
        "    return os.path.ismount(anchor)\n",
        (f"{_UNMOUNTED}test_a_volume_above_the_place_where_the_drive_was_mounted_is_not_taken_for_a_new_drive",),
    ),
    Mutation(
        "no version is removed by a clock that has jumped ahead",
        "engine/belief.py",
        "    return max(0.0, now_s - believed_s)\n",
        "    return 0.0\n",
        ("unit/test_belief.py::test_a_clock_set_forward_and_back_removes_nothing",),
    ),
    Mutation(
        "guard: new names while the old ones are held",
        "engine/guard.py",
        "    if condition.is_holding:\n",
        "    if False:\n",
        ("unit/test_mirror_slow_loss.py::test_new_names_do_not_raise_the_limit_while_the_old_ones_are_held",),
    ),
    Mutation(
        "root in place before deletions",
        "engine/execute.py",
        "                if not is_checked:\n                    self._check_source()\n",
        "                if not is_checked:\n",
        ("unit/test_execute.py::test_a_source_that_moved_deletes_nothing",),
    ),
    Mutation(
        "root in place after a pass",
        "engine/mirror.py",
        "        if not source.is_root_in_place():\n",
        "        if not source:\n",
        (f"{_RACES}test_a_source_removed_while_it_is_compared_is_no_success",),
    ),
    Mutation(
        "root compared by identity",
        "engine/tree.py",
        "        return (now.st_dev, now.st_ino) == (self.root_entry.st_dev, self.root_entry.st_ino)\n",
        "        return bool(now)\n",
        ("unit/test_tree.py::test_a_root_is_known_to_be_moved_replaced_or_gone",),
    ),
    Mutation(
        "history on the destination's volume",
        "engine/roots.py",
        "volume_id(nearest_existing(job.history_root)) != volume_id(root):\n",
        "not volume_id(root):\n",
        (f"{_ROOTS}test_a_history_on_another_drive_is_refused",),
    ),
    Mutation(
        "no history is made where the drive was",
        "engine/keeping.py",
        "            if not self.is_root_in_place():\n"
        '                raise RootAbsentError(f"The destination is not where it was any more: {self.root}")\n'
        "            # The history need not lie where the destination is mounted.\n"
        "            self._check_drive(os.stat(nearest_existing(self._history_root)))\n",
        "",
        ("faults/test_unmounted_roots.py::test_a_destination_that_goes_at_any_moment_leaves_nothing_where_it_was",),
    ),
    Mutation(
        "no history on a drive that took its place",
        "engine/keeping.py",
        "                self._check_drive(history.root_entry)\n",
        "                pass\n",
        ("unit/test_mirror_limits.py::test_a_history_on_another_drive_than_the_pass_began_with_is_not_used",),
    ),
    Mutation(
        "folders inside each other are refused at each pass",
        "engine/roots.py",
        "    _refuse_nesting(job)\n    target",
        "    target",
        (f"{_ROOTS}test_folders_within_each_other_are_refused",),
    ),
    Mutation(
        "a source inside the destination",
        "engine/roots.py",
        "    if is_within(job.source, job.destination):\n",
        "    if not job:\n",
        (f"{_ROOTS}test_folders_within_each_other_are_refused",),
    ),
    Mutation(
        "a history inside the source",
        "engine/roots.py",
        "    if is_within(history, job.source) or is_within(job.source, history):\n",
        "    if not job:\n",
        (f"{_ROOTS}test_folders_within_each_other_are_refused",),
    ),
    Mutation(
        "nesting by identity",
        "engine/nesting.py",
        "    if _has_ancestor(real_inner, real_outer):\n        return True\n",
        "",
        ("unit/test_nesting.py::test_a_folder_mounted_at_a_second_place_is_recognised_by_its_number_alone",),
    ),
    Mutation(
        "nesting through a second mount",
        "engine/nesting.py",
        "    return inner_volume == outer_volume and _is_below(inner_path, outer_path)\n",
        "    return False\n",
        ("unit/test_nesting.py::test_a_folder_mounted_at_a_second_place_is_recognised",),
    ),
    Mutation(
        "lock of the running job",
        "engine/runner.py",
        '                stack.enter_context(DestinationLock(job.destination, data_folder / "locks"))\n',
        "                pass\n",
        ("unit/test_runner.py::test_destination_of_another_instance_ends_the_run",),
    ),
    Mutation(
        "lock of a pass",
        "engine/roots.py",
        "        target.lock()\n",
        "",
        (f"{_ROOTS}test_a_destination_that_another_process_writes_to_is_busy",),
    ),
    Mutation(
        "drive away: nothing below it is compared",
        "engine/compare.py",
        "        if self._drives.known and self._drives.is_away(path):\n            return\n        is_as_known",
        "        is_as_known",
        (f"{_ROOTS}test_nothing_is_deleted_below_a_drive_unmounted_within_the_source",),
    ),
    Mutation(
        "drive away: its folder is not deleted",
        "engine/surplus.py",
        "            if path in self._drives.known and not self._rules.excludes(path, True):\n",
        "            if not path:\n",
        (f"{_ROOTS}test_a_drive_within_the_source_is_waited_for_even_if_its_folder_goes_with_it",),
    ),
    Mutation(
        "drive away: a single path",
        "engine/compare.py",
        "            if self._drives.known and self._drives.is_away(path):\n                return\n"
        "            if not path:\n",
        "            if not path:\n",
        (f"{_ROOTS}test_nothing_is_deleted_below_a_drive_unmounted_within_the_source",),
    ),
    Mutation(
        "O_NOFOLLOW for folders",
        "engine/tree.py",
        'OPEN_FOLDER = OPEN_ROOT | getattr(os, "O_NOFOLLOW", 0)\n',
        "OPEN_FOLDER = OPEN_ROOT\n",
        (f"{_LINKS}test_folders_of_the_mirror_swapped_for_links_are_not_followed",),
    ),
    Mutation(
        "O_NOFOLLOW for folders of the source",
        "engine/tree.py",
        'OPEN_FOLDER = OPEN_ROOT | getattr(os, "O_NOFOLLOW", 0)\n',
        "OPEN_FOLDER = OPEN_ROOT\n",
        (f"{_LINKS}test_folders_of_the_source_swapped_for_links_are_not_read",),
    ),
    Mutation(
        "O_NOFOLLOW for folders of the history",
        "engine/tree.py",
        'OPEN_FOLDER = OPEN_ROOT | getattr(os, "O_NOFOLLOW", 0)\n',
        "OPEN_FOLDER = OPEN_ROOT\n",
        (f"{_LINKS}test_folders_of_the_history_swapped_for_links_are_not_followed",),
    ),
    Mutation(
        "O_NOFOLLOW for files",
        "engine/tree.py",
        '    os.O_RDONLY\n    | getattr(os, "O_NOFOLLOW", 0)\n',
        "    os.O_RDONLY\n",
        (
            f"{_LINKS}test_no_file_is_opened_through_a_link",
            f"{_LINKS}test_a_file_of_the_source_swapped_for_a_link_is_not_read",
        ),
    ),
    Mutation(
        "O_NONBLOCK for files",
        "engine/tree.py",
        '    | getattr(os, "O_NONBLOCK", 0)\n',
        "",
        ("unit/test_tree.py::test_a_pipe_in_a_files_place_does_not_block",),
    ),
    Mutation(
        "O_NOFOLLOW for modes",
        "engine/metadata.py",
        "        fd = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder_fd)\n",
        "        fd = os.open(name, os.O_PATH, dir_fd=folder_fd)\n",
        ("faults/test_metadata_through_links.py",),
    ),
    Mutation(
        "times are not set through links",
        "engine/metadata.py",
        "os.utime(name, ns=times, dir_fd=folder_fd, follow_symlinks=False)\n",
        "os.utime(name, ns=times, dir_fd=folder_fd)\n",
        ("faults/test_metadata_through_links.py",),
    ),
    Mutation(
        "owners are not set through links",
        "engine/metadata.py",
        "os.chown(name, source.st_uid, source.st_gid, dir_fd=folder_fd, follow_symlinks=False)\n",
        "os.chown(name, source.st_uid, source.st_gid, dir_fd=folder_fd)\n",
        ("faults/test_metadata_through_links.py",),
    ),
    Mutation(
        "links are looked at and not followed",
        "engine/tree.py",
        "        return os.stat(name, dir_fd=folder_fd, follow_symlinks=False)\n",
        "        return os.stat(name, dir_fd=folder_fd)\n",
        ("unit/test_tree.py::test_paths_are_looked_at_and_read_without_following_links",),
    ),
    Mutation(
        "links are listed and not followed",
        "engine/tree.py",
        "                    return {item.name: item.stat(follow_symlinks=False) for item in listing}\n",
        "                    return {item.name: item.stat() for item in listing}\n",
        ("unit/test_mirror.py::test_everything_arrives_as_it_is_and_a_second_pass_does_nothing",),
    ),
    Mutation(
        "links are listed and not followed while names vanish",
        "engine/tree.py",
        "                        item.stat(follow_symlinks=False) if HAS_FOLDER_DESCRIPTORS",
        "                        item.stat() if HAS_FOLDER_DESCRIPTORS",
        ("unit/test_tree.py::test_a_name_that_vanishes_while_it_is_listed_is_left_out",),
    ),
    Mutation(
        "O_EXCL for temporaries",
        "engine/transfer.py",
        '_CREATE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)',
        '_CREATE: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)',
        ("faults/test_metadata_through_links.py",),
    ),
    Mutation(
        "O_EXCL and O_NOFOLLOW for temporaries",
        "engine/transfer.py",
        '_CREATE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)',
        "_CREATE: Final = os.O_RDWR | os.O_CREAT",
        (f"{_LINKS}test_a_temporary_is_never_written_through_a_link_planted_under_its_name",),
    ),
    Mutation(
        "only temporaries are discarded",
        "engine/writer.py",
        "            raise ValueError(temporary)\n",
        "            pass\n",
        ("faults/test_metadata_through_links.py",),
    ),
    Mutation(
        "set-id bits of others",
        "engine/transfer.py",
        "            mode &= ~_SET_ID\n",
        "            pass\n",
        (f"{_METADATA}test_without_the_right_to_give_files_away_a_set_id_program_of_anothers_loses_its_bits",),
    ),
)

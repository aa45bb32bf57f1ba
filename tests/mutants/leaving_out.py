"""Protections of what is left out: the program's own files, the kernel's, and copies of what is excluded by now."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_FOUND = "unit/engine/plan/test_left_out.py::"
_MIRROR = "integration/test_mirror_left_out.py::"

MUTATIONS = (
    Mutation(
        "own files are left out",
        "engine/plan/left_out.py",
        "(*folders.own, *folders.backup)",
        "folders.backup",
        (f"{_MIRROR}test_own_files_are_not_copied_and_copies_of_earlier_versions_are_left_alone",),
    ),
    Mutation(
        "own files are found through links",
        "engine/fs/volumes/nesting.py",
        "        self.path = native.real_path(path)\n",
        "        self.path = path\n",
        (f"{_FOUND}test_it_is_found_through_links_on_either_side",),
    ),
    Mutation(
        "own files are found through mounts",
        "engine/plan/left_out.py",
        "        below = _relative(path, mount.root)\n",
        "        below = None\n",
        (f"{_FOUND}test_it_is_found_through_mounts_of_itself_of_the_source_and_of_folders_between",),
    ),
    Mutation(
        "a destination below the source is left out",
        "engine/plan/left_out.py",
        "(*folders.own, *folders.backup)",
        "folders.own",
        (f"{_FOUND}test_a_destination_mounted_into_the_source_is_left_out_there",),
    ),
    Mutation(
        "what shows the kernel is left out",
        "engine/plan/left_out.py",
        "        if not is_of_kernel(mount.kind):\n",
        "        if mount.kind:\n",
        (f"{_FOUND}test_file_systems_in_which_the_kernel_shows_itself_are_left_out_by_type",),
    ),
    Mutation(
        "what is mounted over the kernel's is not left out",
        "engine/plan/left_out.py",
        "        elif is_visible(mount):\n",
        "        else:\n",
        (f"{_FOUND}test_what_is_mounted_over_the_kernels_is_no_longer_left_out",),
    ),
    Mutation(
        "own files are not told of",
        "engine/watch/watcher.py",
        " and not is_below(path, self._left_out)",
        "",
        ("unit/engine/watch/test_watcher.py::test_what_is_the_programs_own_is_neither_watched_nor_told",),
    ),
    Mutation(
        "own folders are not watched",
        "engine/watch/inotify.py",
        "            if folder in self._inotify_fd.left_out:\n",
        "            if not folder:\n",
        (
            "unit/engine/watch/test_watcher.py::test_what_is_the_programs_own_is_neither_watched_nor_told",
            "unit/engine/watch/test_watcher.py::test_a_file_system_of_the_kernels_is_not_watched",
        ),
    ),
    Mutation(
        "what is left out is left alone",
        "engine/plan/deletions.py",
        " or self.is_left_alone(path, entry):\n",
        ":\n",
        (f"{_MIRROR}test_full_and_partial_passes_leave_it_alone_and_do_nothing",),
    ),
    Mutation(
        "what is left out in a folder that is gone stays",
        "engine/plan/deletions.py",
        "                elif self.is_left_alone(below, child):\n",
        "                elif is_temporary(below):\n",
        (f"{_MIRROR}test_a_folder_that_is_gone_stays_for_what_is_left_out_in_it_and_nothing_else_does",),
    ),
    Mutation(
        "a copy of what is left out is never moved",
        "engine/plan/moves.py",
        "            if self._rules and self._rules.excludes(old_path, False):\n                continue\n",
        "",
        (f"{_MIRROR}test_a_file_moved_out_of_what_is_left_out_is_copied_and_its_old_copy_stays",),
    ),
    Mutation(
        "what is left out never gives way to something of its name",
        "engine/plan/compare.py",
        "            if self._deletions.is_left_alone(path, theirs) or (\n",
        "            if False and (\n",
        (f"{_MIRROR}test_a_file_in_the_place_of_a_folder_that_is_left_out_is_a_problem_and_nothing_is_lost",),
    ),
    Mutation(
        "a wish to stop is heeded among the names of one folder",
        "engine/plan/compare.py",
        "        if not self._asked % ASK_AFTER_NAMES and self._should_stop():\n            raise Cancelled\n",
        "",
        (f"{_MIRROR}test_a_wish_to_stop_is_heeded_in_the_middle_of_a_folder_with_many_names",),
    ),
    Mutation(
        "what is left out is removed once at a word",
        "engine/run/loop.py",
        "            self._removes_left_out = self._removes_left_out and report.status is PassStatus.HELD\n",
        "",
        (f"{_MIRROR}test_the_users_word_removes_it_once_also_if_the_guard_asks_before",),
    ),
    Mutation(
        "what is left out is removed after the guard was answered",
        "engine/run/loop.py",
        "self._removes_left_out and report.status is PassStatus.HELD",
        "False",
        (f"{_MIRROR}test_the_users_word_removes_it_once_also_if_the_guard_asks_before",),
    ),
    Mutation(
        "what cannot be read is never to be left out",
        "ui/main/problems.py",
        "problem is not None and problem.code in MAY_BE_LEFT_OUT",
        "problem is not None",
        (
            "qt/presenters/test_job_views.py::test_leaving_out_is_offered_for_what_can_never_be_copied_and_not_for_what_cannot_be_read",
        ),
    ),
)

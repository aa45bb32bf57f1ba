"""Protections that have to do with what is on the disk, and when."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

POWER_CUT = "faults/test_power_cut.py::test_a_power_cut_leaves_whole_files_and_everything_acknowledged"
AFTER_REPORT = "faults/test_power_cut.py::test_a_power_cut_after_the_report_loses_nothing_of_it"
FURTHER_NAME = (
    "unit/engine/apply/test_apply.py::"
    "test_a_flush_that_fails_while_a_further_name_is_made_ends_the_run_and_is_no_problem_of_that_name"
)

MUTATIONS = (
    Mutation(
        "a flush that fails is no problem of the path that is made just then",
        "engine/apply/apply.py",
        "            raise _of_the_destination(error) from error\n\n    def _drop",
        "            raise\n\n    def _drop",
        (FURTHER_NAME,),
    ),
    Mutation(
        "folders get their modes though what was named could not be flushed",
        "engine/apply/publish.py",
        "                touched.update((path, parent_of(path)))\n                continue\n            may_replace",
        "                touched.add(parent_of(path))\n                continue\n            may_replace",
        (FURTHER_NAME,),
    ),
    Mutation(
        "flush of metadata where each file is flushed",
        "engine/destination/local.py",
        "                    self._mirror.flush_metadata(path, source)\n",
        "                    pass\n",
        (AFTER_REPORT,),
    ),
    Mutation(
        "the history's folders are flushed before the mirror's",
        "engine/destination/local.py",
        "        self.history.flush()\n        self._mirror.flush()\n",
        "        self._mirror.flush()\n        self.history.flush()\n",
        ("faults/test_barriers.py",),
    ),
    Mutation(
        "the history's folders are flushed before a folder's metadata",
        "engine/destination/local.py",
        "                    self.history.flush()\n",
        "",
        ("faults/test_barriers.py",),
    ),
    Mutation(
        "folders above a new destination are flushed",
        "engine/destination/mirror_writer.py",
        '            flush_folder(parent, "")\n',
        "            pass\n",
        ("faults/test_barriers.py",),
    ),
    Mutation(
        "an error at closing a copy",
        "engine/fs/content.py",
        "        raise TargetError(error.errno, error.strerror) from error\n",
        "        return\n",
        ("faults/test_privacy.py",),
    ),
    Mutation(
        "first barrier",
        "engine/apply/publish.py",
        "        self._target.flush()\n        unmade = self._target.reveal()\n",
        "        unmade = self._target.reveal()\n",
        ("faults/test_barriers.py",),
    ),
    Mutation(
        "first barrier, by power cut",
        "engine/apply/publish.py",
        "        self._target.flush()\n        unmade = self._target.reveal()\n",
        "        unmade = self._target.reveal()\n",
        (POWER_CUT,),
    ),
    Mutation(
        "second barrier",
        "engine/apply/publish.py",
        "        self._group_bytes = 0\n        self._target.flush()\n",
        "        self._group_bytes = 0\n",
        ("faults/test_barriers.py",),
    ),
    Mutation(
        "second barrier, by power cut",
        "engine/apply/publish.py",
        "        self._group_bytes = 0\n        self._target.flush()\n",
        "        self._group_bytes = 0\n",
        (POWER_CUT,),
    ),
    Mutation(
        "flush at the end of a pass",
        "engine/apply/apply.py",
        "            self._finish_folders()\n            self._target.flush()\n",
        "            self._finish_folders()\n",
        ("faults/test_barriers.py", AFTER_REPORT),
    ),
    Mutation(
        "flush of the whole volume",
        "engine/destination/mirror_writer.py",
        "            self.tree.root_folder.sync_volume()\n",
        "            pass\n",
        (AFTER_REPORT,),
    ),
    Mutation(
        "flush of each file",
        "engine/fs/content.py",
        "                if flushes:\n                    flush_file(out)\n",
        "",
        ("faults/test_io_errors.py::test_where_a_volume_cannot_be_flushed_as_a_whole_every_file_and_folder_is",),
    ),
    Mutation(
        "flush of each folder",
        "engine/destination/mirror_writer.py",
        "            for folder in self._unflushed:\n                flush_folder(self.tree, folder)\n",
        "            pass\n",
        ("faults/test_io_errors.py::test_each_folder_is_flushed_before_what_is_new_in_it_is_told",),
    ),
    Mutation(
        "flush of a drive that keeps what it was given",
        "engine/destination/mirror_writer.py",
        "            flush_drive(self.tree.root_fd)\n",
        "",
        ("faults/test_barriers.py::test_a_drive_that_keeps_what_it_was_given_is_flushed_by_the_group",),
    ),
    Mutation(
        "a refused flush of a drive is no reason to go on",
        "engine/fs/system/darwin.py",
        "        if error.errno not in _NO_SUCH_FLUSH:\n",
        "        if error.errno < 0:\n",
        ("unit/engine/fs/system/test_darwin.py::test_a_drive_that_fails_is_not_asked_again",),
    ),
    Mutation(
        "flush of the history's folders",
        "engine/destination/history_writer.py",
        "            for folder in self._unflushed:\n                flush_folder(self._tree, folder)\n",
        "            pass\n",
        (
            "unit/engine/destination/test_destination.py::test_new_folders_of_the_history_are_flushed_into_their_parents",
        ),
    ),
    Mutation(
        "flush of a large file while it is written",
        "engine/fs/content.py",
        "                flush_file(out)\n                unflushed = 0\n",
        "                unflushed = 0\n",
        ("unit/engine/fs/test_content.py::test_a_large_copy_is_flushed_while_it_is_written",),
    ),
    Mutation(
        "error of a flush",
        "engine/fs/system/syscalls.py",
        "    if _syncfs(fd) != 0:\n",
        "    if _syncfs(fd) > 0:\n",
        ("faults/test_io_errors.py::test_content_that_cannot_be_flushed_is_not_published",),
    ),
    Mutation(
        "error of a folder's flush",
        "engine/fs/posix.py",
        "            if error.errno not in {errno.EINVAL, errno.EBADF, errno.ENOTSUP}:\n                raise\n",
        "            return\n",
        ("unit/engine/destination/test_destination.py::test_a_flush_that_fails_is_told",),
    ),
    Mutation(
        "only file systems known to flush as a whole",
        "engine/fs/volumes/volume.py",
        "    return mount is not None and mount.kind in _FLUSHED_AS_A_WHOLE\n",
        "    return mount is not None\n",
        ("unit/engine/fs/volumes/test_volume.py::test_each_file_system_is_treated_as_it_needs",),
    ),
    Mutation(
        "a temporary name until it is complete",
        "engine/destination/mirror_writer.py",
        "        if folder in self._unseen:\n            return path\n",
        "        return path\n",
        ("faults/test_kill.py",),
    ),
    Mutation(
        "new folders appear complete",
        "engine/destination/mirror_writer.py",
        '            name = self.temporary_for(path).rpartition("/")[2]\n',
        "            pass\n",
        ("unit/engine/destination/test_destination.py::test_a_new_folder_is_seen_complete_or_not_at_all",),
    ),
    Mutation(
        "what was not published is dropped",
        "engine/apply/publish.py",
        "        self._target.discard([ready.temporary for ready in self._group if not _is_in_place(ready)])\n",
        "",
        (
            "faults/test_io_errors.py::test_content_that_cannot_be_flushed_is_not_published",
            "unit/engine/apply/test_apply.py::test_when_it_is_stopped_complete_temporaries_are_dropped",
        ),
    ),
    Mutation(
        "a copy that ends early",
        "engine/fs/content.py",
        "            if not count:\n                raise Shortened\n",
        "            if not count:\n                return\n",
        ("unit/engine/fs/test_content.py::test_a_file_shorter_than_it_was_said_to_be_is_told",),
    ),
    Mutation(
        "a call that only says that it copies",
        "engine/fs/content.py",
        "            if copied:\n                return copied\n",
        "            return copied\n",
        ("integration/test_mirror_races.py::test_a_copy_shorter_than_the_file_is_never_published",),
    ),
    Mutation(
        "a failed copy leaves nothing",
        "engine/fs/content.py",
        "        with contextlib.suppress(OSError):\n            folder.unlink_at(name)\n        raise\n",
        "        raise\n",
        ("unit/engine/destination/test_destination.py::test_what_could_not_be_received_leaves_nothing",),
    ),
    Mutation(
        "room is asked for before a large copy",
        "engine/apply/create.py",
        "            and room.free_bytes < data_bytes(self._source, action)\n",
        "            and not action\n",
        ("unit/engine/apply/test_apply.py::test_room_is_asked_for_before_a_large_copy",),
    ),
    Mutation(
        "a read-only drive ends the pass",
        "engine/apply/stats.py",
        "        if found.code is ProblemCode.READ_ONLY:\n",
        "        if not found:\n",
        ("unit/engine/apply/test_apply.py::test_a_read_only_destination_ends_the_run",),
    ),
    Mutation(
        "a full drive is one state",
        "engine/run/job_state.py",
        "        if problem.code is ProblemCode.NO_SPACE:\n",
        "        if not problem:\n",
        ("unit/engine/run/test_loop.py::test_full_drive_is_the_state_of_the_whole_job_until_the_files_fit",),
    ),
)

"""Protections that Windows needs, seen by a stand-in for its kernel."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_FOLDER = "unit/engine/fs/windows/test_folder.py::"
_LOCK = "unit/engine/destination/test_lock.py::"
_PASSES = "integration/test_windows.py::"

MUTATIONS = (
    Mutation(
        "a junction is no folder",
        "engine/fs/windows/nt.py",
        "    return bool(facts.attributes & REPARSE_POINT and facts.tag & _NAME_SURROGATE)\n",
        "    return bool(facts.attributes & REPARSE_POINT and facts.tag == SYMLINK)\n",
        (f"{_PASSES}test_a_junction_in_the_source_is_copied_as_one_and_never_entered",),
    ),
    Mutation(
        "no folder is opened through a junction",
        "engine/fs/windows/folder.py",
        "            if nt.is_link(facts):\n                raise NotADirectoryError",
        "            if not facts:\n                raise NotADirectoryError",
        (f"{_FOLDER}test_a_junction_is_a_link_and_never_entered",),
    ),
    Mutation(
        "a name leads to no other folder",
        "engine/fs/windows/nt.py",
        '    if not name or name == ".." or not _SEPARATORS.isdisjoint(name):\n',
        "    if not name:\n",
        ("unit/engine/fs/windows/test_nt.py::test_a_name_leads_nowhere_else",),
    ),
    Mutation(
        "what is in use for a moment is waited for",
        "engine/fs/windows/handles.py",
        "    passing = numbers or (errno.EBUSY,)\n",
        "    passing = numbers\n",
        (f"{_FOLDER}test_what_is_in_use_for_a_moment_is_waited_for",),
    ),
    Mutation(
        "what is only in a cloud is not read",
        "engine/fs/windows/nt.py",
        "    if is_elsewhere(attributes):\n",
        "    if not attributes:\n",
        (f"{_PASSES}test_what_is_only_in_a_cloud_is_left_out_and_counted",),
    ),
    Mutation(
        "a version that could not be taken back is found again",
        "engine/destination/history_writer.py",
        "        before = None if leaves else self._kept_before(path, there)\n",
        "        before = None\n",
        (f"{_PASSES}test_a_mirrors_file_that_is_held_open_gets_no_more_versions",),
    ),
    Mutation(
        "what is open is not in the way of renames",
        "engine/fs/tree.py",
        "        if not self.root_folder.follows_renames:\n",
        "        if not self.root_folder:\n",
        (f"{_FOLDER}test_few_folders_are_kept_open_since_they_are_in_the_users_way",),
    ),
    Mutation(
        "another spelling is the same destination",
        "engine/destination/lock.py",
        "os.fsencode(os.path.normcase(place))",
        "os.fsencode(place)",
        (f"{_LOCK}test_another_spelling_of_what_is_not_there_yet_is_the_same_destination",),
    ),
)

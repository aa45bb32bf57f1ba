"""What the second process says and does, and what the pass makes of it."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_CHANGE = "unit/engine/plan/test_scan_worker.py::test_a_change_of_any_sort_is_found_as_the_pass_alone_finds_it"
_COPIER = "unit/engine/apply/test_copy_worker.py::"


def _overlooked(what: str, old: str, new: str, change: str) -> Mutation:
    return Mutation(
        f"second process overlooks {what}", "engine/plan/scan_worker.py", old, new, (f"{_CHANGE}[{change}]",)
    )


def _sifted(what: str, old: str, new: str, change: str) -> Mutation:
    return Mutation(f"a file as it was: {what}", "engine/plan/unchanged.py", old, new, (f"{_CHANGE}[{change}]",))


MUTATIONS = (
    _sifted("time of the mirror", " == mark[3] == their.st_mtime_ns\n", " == mark[3]\n", "mirror: time"),
    _sifted("inode", "            and our.st_ino == mark[0]\n", "", "catalog: another inode"),
    _sifted(
        "mode",
        "            and (mode := our.st_mode) == their.st_mode\n            and mode &",
        "            and our.st_mode &",
        "mirror: mode",
    ),
    _sifted(
        "owner",
        "            and (not compares_owner or (our.st_uid == their.st_uid and our.st_gid == their.st_gid))\n",
        "",
        "mirror: owner",
    ),
    _sifted("size", " == mark[2] == their.st_size\n", " == mark[2]\n", "mirror: content with the same time"),
    _overlooked(
        "times of the mirror's folders",
        "                or our.st_mtime_ns != their.st_mtime_ns\n",
        "",
        "mirror: a folder's time",
    ),
    _overlooked(
        "times of change of folders", "                or our.st_ctime_ns != mark[1]\n", "", "a folder's attribute"
    ),
    _overlooked("inodes of folders", "                or our.st_ino != mark[0]\n", "", "catalog: a folder's inode"),
    _overlooked("modes of folders", "                or our.st_mode != their.st_mode\n", "", "mirror: a folder's mode"),
    _overlooked(
        "owners of folders",
        "                or (self._compares_owner and (our.st_uid, our.st_gid) != (their.st_uid, their.st_gid))\n",
        "",
        "mirror: a folder's owner",
    ),
    _overlooked("texts of links", " and self._have_same_text(prefix + name):\n", ":\n", "mirror: another link"),
    _overlooked("names of the mirror alone", "        if theirs or known:\n", "        if known:\n", "mirror: new"),
    _overlooked("names gone", "        if theirs or known:\n", "        if theirs:\n", "catalog: one row more"),
    Mutation(
        "second process looks beyond the source's volume",
        "engine/plan/scan_worker.py",
        " and our.st_dev == self._device:\n",
        ":\n",
        ("unit/engine/plan/test_scan_worker.py::test_a_folder_in_which_another_volume_is_mounted_is_left_to_the_pass",),
    ),
    Mutation(
        "folders that the second process leaves are compared",
        "engine/plan/compare.py",
        "                if found is None:\n                    self._compare_folder(path, None, pending)\n"
        "                    continue\n",
        "                if found is None:\n                    continue\n",
        (f"{_CHANGE}[content]",),
    ),
    Mutation(
        "what one file raises that the second process left ends nothing else",
        "engine/destination/destination.py",
        "FAILURES: Final = (OSError, Shortened, *UNFIT)\n",
        "FAILURES: Final = (OSError, Shortened)\n",
        (f"{_COPIER}test_what_one_file_raises_that_the_process_left_to_the_pass_ends_nothing_else",),
    ),
    Mutation(
        "published files are recorded after their flush",
        "engine/apply/publish.py",
        "        self._target.flush()\n        self._published = published\n",
        "        self._published = published\n        self.record()\n        self._target.flush()\n",
        (f"{_COPIER}test_a_file_is_recorded_once_and_after_its_name_is_on_the_disk",),
    ),
    Mutation(
        "what was published before a stop is recorded",
        "engine/apply/apply.py",
        "                self._batches.close()\n                self._publisher.record()\n",
        "                self._batches.close()\n",
        (f"{_COPIER}test_what_was_published_before_a_stop_is_recorded",),
    ),
    Mutation(
        "a stranger's name is no lock",
        "engine/fs/system/locks.py",
        " and (uid == os.getuid() or may_write(uid, nearest_existing(place))):\n",
        ":\n",
        (
            "unit/engine/destination/test_lock.py::test_a_user_who_may_not_write_there_cannot_take_the_lock_of_a_destination[listening]",
        ),
    ),
    Mutation(
        "a folder locked by a stranger is no lock",
        "engine/destination/local.py",
        "            if is_locked_by_strangers(self.root_entry.st_ino, native.real_path(self.root)):\n",
        "            if not error:\n",
        (
            "unit/engine/destination/test_lock.py::test_a_user_who_may_not_write_there_cannot_take_the_lock_of_a_destination[folder]",
        ),
    ),
    Mutation(
        "who may write is another instance",
        "engine/fs/system/locks.py",
        "(uid == os.getuid() or may_write(uid, nearest_existing(place)))",
        "uid == os.getuid()",
        ("unit/engine/destination/test_lock.py::test_another_user_who_may_write_there_is_another_instance[listening]",),
    ),
    Mutation(
        "the catalog is private",
        "engine/fs/privacy.py",
        "_FILE_MODE = 0o600\n",
        "_FILE_MODE = 0o644\n",
        ("unit/engine/fs/test_privacy.py::test_what_is_made_is_private[0o0]",),
    ),
    Mutation(
        "own data left open is closed",
        "engine/run/runner.py",
        "        close_to_others(data_folder)\n",
        "",
        ("unit/engine/fs/test_privacy.py::test_a_run_closes_what_an_earlier_version_left_open",),
    ),
    Mutation(
        "a start at login imports nothing from the home folder",
        "desktop/autostart.py",
        '    return "-P" if is_users_own else "-I"\n',
        '    return "-u"\n',
        ("qt/desktop/test_autostart.py::test_a_start_at_login_imports_nothing_from_the_home_folder",),
    ),
    Mutation(
        "another user's wish is refused",
        "desktop/single_instance.py",
        "    return uid is not None and uid != _own_uid()\n",
        "    return not descriptor\n",
        ("qt/desktop/test_single_instance.py::test_what_another_user_wishes_is_refused",),
    ),
    Mutation(
        "the system's lock decides who is first",
        "desktop/single_instance.py",
        "            lock_file(self._lock_fd)\n",
        "",
        ("qt/desktop/test_single_instance.py::test_what_stands_in_the_lock_file_keeps_nobody_from_starting[empty]",),
    ),
    Mutation(
        "settings of a newer version are left as they are",
        "config/store.py",
        "        if parsed.is_newer or is_newer(self._settings.value(_SCHEMA)):\n",
        "        if not text:\n",
        ("unit/config/test_store.py::test_settings_of_a_newer_version_are_called_newer_and_left_as_they_are[same]",),
    ),
)

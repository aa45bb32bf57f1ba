"""What the second process says and does, and what the pass makes of it."""

from __future__ import annotations

from tests.mutants.mutation import Mutation

_CHANGE = "unit/test_scout.py::test_a_change_of_any_sort_is_found_as_the_pass_alone_finds_it"
_COPIER = "unit/test_copier.py::"


def _overlooked(what: str, old: str, new: str, change: str) -> Mutation:
    return Mutation(f"second process overlooks {what}", "engine/scout.py", old, new, (f"{_CHANGE}[{change}]",))


MUTATIONS = (
    _overlooked(
        "times of the mirror",
        "            if (\n                our.st_mtime_ns != their.st_mtime_ns\n                or our.st_ctime_ns",
        "            if (\n                our.st_ctime_ns",
        "mirror: time",
    ),
    _overlooked(
        "times of change",
        "                or our.st_ctime_ns != mark[1]\n",
        "",
        "content with the old time and size",
    ),
    _overlooked("inodes", "                or our.st_ino != mark[0]\n", "", "catalog: another inode"),
    _overlooked("modes", "                or mode != their.st_mode\n", "", "mirror: mode"),
    _overlooked(
        "owners",
        "                or (compares_owner and (our.st_uid != their.st_uid or our.st_gid != their.st_gid))\n",
        "",
        "mirror: owner",
    ),
    _overlooked("sizes", " or our.st_size != their.st_size or ", " or ", "mirror: content with the same time"),
    _overlooked(
        "texts of links",
        "            elif kind != stat.S_IFLNK or not self._have_same_text(prefix + name):\n",
        "            elif kind != stat.S_IFLNK:\n",
        "mirror: another link",
    ),
    _overlooked("names of one side", "        if ours.keys() != theirs.keys() or ", "        if ", "mirror: new"),
    _overlooked("what the catalog does not know", " or ours.keys() != known.keys():\n", ":\n", "catalog: one row more"),
    Mutation(
        "second process looks beyond the source's volume",
        "engine/scout.py",
        " and our.st_dev == self._device:\n",
        ":\n",
        ("unit/test_scout.py::test_a_folder_in_which_another_volume_is_mounted_is_left_to_the_pass",),
    ),
    Mutation(
        "folders that the second process leaves are compared",
        "engine/compare.py",
        "                if found is None:\n                    self._compare_folder(path, None, pending)\n"
        "                    continue\n",
        "                if found is None:\n                    continue\n",
        (f"{_CHANGE}[content]",),
    ),
    Mutation(
        "published files are recorded after their flush",
        "engine/publishing.py",
        "        self._target.flush()\n        self._published = published\n",
        "        self._published = published\n        self.record()\n        self._target.flush()\n",
        (f"{_COPIER}test_a_file_is_recorded_once_and_after_its_name_is_on_the_disk",),
    ),
    Mutation(
        "what was published before a stop is recorded",
        "engine/execute.py",
        "            self._end_copier()\n            self._publisher.record()\n",
        "            self._end_copier()\n",
        (f"{_COPIER}test_what_was_published_before_a_stop_is_recorded",),
    ),
)

"""Where a job's folders lie, and that a pass finds it out once."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from backup_gui.engine.destination.job_folders import MOST_KEPT, Nesting, _kept, folders_of, nesting_of
from backup_gui.engine.fs import native, own_files
from backup_gui.engine.fs.volumes import mounts
from backup_gui.model.job import Place
from backup_gui.model.plans import PassStatus, Scope
from tests.helpers.rig import Rig

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# For the place of its history, where it lies, the folder once it is open, and its drive.
MOST_LOOKS_AT_THE_DESTINATION = 3
# Where the system lists no ids of volumes; with them it is fewer.
MOST_READS_OF_THE_MOUNTS = 5


def test_links_are_followed_and_nothing_needs_to_exist(rig: Rig) -> None:
    link = rig.root / "link"
    link.symlink_to(rig.source)
    own_files.note(rig.root / "own")
    folders = folders_of(rig.job._replace(source=str(link)))
    assert (folders.source.given, folders.source.path) == (str(link), os.path.realpath(rig.source))
    assert folders.destination.path == os.path.realpath(rig.mirror)
    assert folders.history is not None
    assert folders.backup == (folders.destination, folders.history)
    assert str(rig.root / "own") in [place.given for place in folders.own]
    without = folders_of(rig.job._replace(keeps_history=False))
    assert without.history is None
    assert without.backup == (without.destination,)


def test_a_pass_of_one_change_finds_out_once_where_its_folders_lie(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    own_files.note(rig.root / "own")
    rig.write("folder/file", "one")
    rig.run()
    looks: Counter[str] = Counter()
    reads = 0
    real_path, content = native.real_path, mounts._content

    def counted_real_path(path: str) -> str:
        looks[path] += 1
        return real_path(path)

    def counted_content(table: str | Path) -> bytes:
        nonlocal reads
        reads += 1
        return content(table)

    monkeypatch.setattr(native, "real_path", counted_real_path)
    monkeypatch.setattr(mounts, "_content", counted_content)
    rig.write("folder/file", "another")
    assert rig.run(Scope(frozenset({"folder/file"}))).status is PassStatus.COMPLETE
    assert looks[str(rig.source)] <= 2
    assert looks[str(rig.mirror)] <= MOST_LOOKS_AT_THE_DESTINATION
    assert looks[f"{rig.mirror}.history"] <= 2
    assert all(looks[place] == 1 for place in own_files.noted())
    assert reads <= MOST_READS_OF_THE_MOUNTS


def test_they_are_kept_as_long_as_all_lie_where_they_did(rig: Rig) -> None:
    rig.write("file", "one")
    rig.run()
    folders = folders_of(rig.job)
    rig.write("another", "two")
    rig.run()
    assert folders_of(rig.job) is folders
    assert nesting_of(folders) is None
    # Another job with the same folders, and another history.
    assert folders_of(rig.job._replace(keeps_history=False)) is not folders


def test_they_are_found_out_anew_as_soon_as_one_lies_elsewhere(rig: Rig) -> None:
    link = rig.root / "link"
    link.symlink_to(rig.source)
    inside = rig.source / "inside"
    inside.mkdir()
    outside = rig.root / "outside"
    outside.mkdir()
    way = rig.root / "way"
    way.symlink_to(outside)
    job = rig.job._replace(source=str(link), destination=Place(str(way)))
    assert nesting_of(folders_of(job)) is None
    way.unlink()
    way.symlink_to(inside)
    assert nesting_of(folders_of(job)) is Nesting.DESTINATION_IN_SOURCE
    way.unlink()
    way.symlink_to(rig.source)
    assert nesting_of(folders_of(job)) is Nesting.SAME
    way.unlink()
    way.symlink_to(rig.root)
    assert nesting_of(folders_of(job)) is Nesting.SOURCE_IN_DESTINATION
    way.unlink()
    way.symlink_to(outside)
    assert nesting_of(folders_of(job)) is None
    own_files.note(outside / "own")
    assert nesting_of(folders_of(job)) is Nesting.DESTINATION_AROUND_OWN


def test_a_folder_in_place_of_another_is_found_out_anew(rig: Rig) -> None:
    folders = folders_of(rig.job)
    rig.mirror.mkdir(exist_ok=True)
    made = folders_of(rig.job)
    assert made is not folders
    rig.mirror.rename(rig.root / "aside")
    rig.mirror.mkdir()
    assert folders_of(rig.job).destination.identity != made.destination.identity


def test_no_more_are_kept_than_jobs_are_likely(rig: Rig) -> None:
    for number in range(2 * MOST_KEPT):
        folders_of(rig.job._replace(destination=Place(str(rig.root / str(number)))))
    assert len(_kept) <= MOST_KEPT

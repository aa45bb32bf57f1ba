"""What is not backed up yet, in figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from backup_gui.engine.watch.backlog import MOST_LOOKS, BacklogMeter, size_of
from backup_gui.engine.watch.dirty_paths import MAX_PATHS, DirtySet
from backup_gui.model.plans import FULL, Scope
from backup_gui.model.status import NO_BACKLOG, Backlog

NOW_S, NOW_AT = 1_000.0, 5_000.0


def figures(meter: BacklogMeter, dirty: DirtySet, now_s: float = NOW_S) -> Backlog:
    return meter.figures(dirty.peek, dirty.pending(), now_s, NOW_AT + (now_s - NOW_S))


def dirty_at(at_s: float) -> DirtySet:
    return DirtySet(monotonic=lambda: at_s)


def take(meter: BacklogMeter, dirty: DirtySet, first_at: float) -> None:
    pending = dirty.pending()
    meter.take(dirty.take()[0], pending, first_at)


def test_files_bytes_and_the_oldest_change_are_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(b"x" * 300)
    (tmp_path / "link").symlink_to("folder/a")
    dirty = dirty_at(960.0)
    dirty.add("folder", "folder/a", "link", "gone")
    assert figures(BacklogMeter(str(tmp_path)), dirty) == Backlog(3, 300, NOW_AT - 40)


def test_nothing_pending_is_nothing_behind(tmp_path: Path) -> None:
    assert figures(BacklogMeter(str(tmp_path)), dirty_at(1.0)) == NO_BACKLOG


def test_what_a_pass_took_is_behind_until_one_gets_through(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10)
    meter, dirty = BacklogMeter(str(tmp_path)), dirty_at(NOW_S)
    dirty.add("a")
    take(meter, dirty, NOW_AT - 100)
    assert figures(meter, dirty) == Backlog(1, 10, NOW_AT - 100)
    dirty.add("a", "b")
    # One of the two was taken before: it is one file all the same.
    assert figures(meter, dirty, NOW_S + 2) == Backlog(2, 10, NOW_AT - 100)
    meter.settle(Scope(frozenset({"elsewhere"})))
    assert meter.taken == 1
    meter.settle(Scope(trees=frozenset({"a"})))
    assert meter.taken == 0
    assert figures(meter, dirty, NOW_S + 4).oldest_at == NOW_AT


def test_what_lay_below_a_folder_that_was_compared_as_a_whole_is_not_behind_any_more(tmp_path: Path) -> None:
    meter, dirty = BacklogMeter(str(tmp_path)), dirty_at(NOW_S)
    dirty.add("folder/a", "folder/b")
    dirty.add_tree("folder")
    take(meter, dirty, NOW_AT)
    assert meter.taken == 3
    meter.settle(Scope(trees=frozenset({"folder"})))
    assert meter.taken == 0


def test_a_full_pass_settles_everything(tmp_path: Path) -> None:
    meter, dirty = BacklogMeter(str(tmp_path)), dirty_at(NOW_S)
    dirty.add("a", "b")
    take(meter, dirty, NOW_AT)
    meter.settle(FULL)
    assert figures(meter, dirty) == NO_BACKLOG


def test_the_files_are_looked_at_once_a_second_at_most(tmp_path: Path) -> None:
    looks: list[str] = []

    def look(source: str, path: str) -> int:
        looks.append(path)
        return 1

    meter, dirty = BacklogMeter(str(tmp_path), look), dirty_at(NOW_S)
    for number in range(50):
        dirty.add(f"file {number}")
        figures(meter, dirty, NOW_S + number / 100)
    assert len(looks) == 1
    assert figures(meter, dirty, NOW_S + 1.1).files == 50
    figures(meter, dirty, NOW_S + 9)
    assert len(looks) == 51


def test_very_many_are_counted_and_some_looked_at(tmp_path: Path) -> None:
    looks: list[str] = []

    def look(source: str, path: str) -> int:
        looks.append(path)
        return 2

    meter, dirty = BacklogMeter(str(tmp_path), look), dirty_at(NOW_S)
    for start in range(0, 3 * MAX_PATHS, MAX_PATHS // 2):
        dirty.add(*(f"{number // 10}/{number}" for number in range(start, start + MAX_PATHS // 2)))
        take(meter, dirty, NOW_AT)
    found = figures(meter, dirty)
    assert found == Backlog(3 * MAX_PATHS, 2 * MOST_LOOKS, NOW_AT, is_whole=False)
    assert len(looks) == MOST_LOOKS
    assert len(meter._taken) == MAX_PATHS


def test_what_the_dirty_set_has_folded_is_counted_too(tmp_path: Path) -> None:
    meter, dirty = BacklogMeter(str(tmp_path)), dirty_at(NOW_S)
    dirty.add("a", "b")
    dirty.require_full()
    take(meter, dirty, NOW_AT)
    assert meter.taken == 2
    assert figures(meter, dirty) == Backlog(2, 0, NOW_AT, is_whole=False)


@pytest.mark.parametrize("path", ["no such", "a\0b", "x" * 5_000])
def test_what_cannot_be_looked_at_counts_without_bytes(tmp_path: Path, path: str) -> None:
    assert size_of(str(tmp_path), path) == 0

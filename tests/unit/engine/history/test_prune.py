"""The history is kept within its limits, by a pass and by nothing else, and only what is the history's own goes."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.destination.history_writer import HistoryWriter
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.history import listing, prune, usage
from backup_gui.engine.history.prune import EMPTYING_KEY
from backup_gui.engine.history.trusted_clock import CLOCK_KEY, look, seen
from backup_gui.engine.history.usage import measure
from backup_gui.engine.rules.retention import DAY_S, HOUR_S
from backup_gui.engine.rules.version_names import version_path
from backup_gui.model.plans import NOTHING_REMOVED, HistorySize, PassStatus, Removed, Report
from tests.helpers.rig import HOSTILE_NAMES, Rig, as_nobody, paths
from tests.helpers.trees import contents, read_tree
from tests.property.faulty_os import open_catalog

NOW_S = 20_000 * DAY_S + 12 * HOUR_S
BLOCK = 4096


def put(rig: Rig, path: str, age_s: float, content: bytes | str = b"x", number: int = 0) -> Path:
    """Put a version into the history that left the mirror some time ago."""
    stored = version_path(path, datetime.fromtimestamp(NOW_S - age_s, UTC), number)
    return rig.write_at(rig.history / stored, content)


def run(rig: Rig, after_s: float = 0.0, **arguments: Any) -> Report:
    if rig.catalog.fact(CLOCK_KEY) is None:
        # The clock has been seen before: else it is believed only as far as the newest version tells.
        assert not look(rig.catalog, seen(rig.catalog), NOW_S + after_s, DAY_S + after_s).is_in_doubt
    # The computer runs all the time.
    return rig.run(now=lambda: NOW_S + after_s, uptime=lambda: DAY_S + after_s, **arguments)


def stay(rig: Rig) -> set[str]:
    """The contents that the history still has."""
    return {content.decode() for content in contents(rig.history).values()}


@pytest.mark.posix("sizes are counted in blocks")
@pytest.mark.hazard(45)
def test_a_full_pass_thins_out_the_history_and_says_so(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    put(rig, "docs/a.odt", 40 * DAY_S, "too old")
    put(rig, "docs/a.odt", 3 * DAY_S + 60, "first of its day")
    put(rig, "docs/a.odt", 3 * DAY_S, "second of its day")
    put(rig, "docs/a.odt", 10, "newest")
    put(rig, "docs/b.odt", 3 * DAY_S, "another's")
    put(rig, "docs/a.odt", -DAY_S, "from the future")
    report = run(rig)
    assert report.thinned == Removed(2, 2 * BLOCK)
    assert report.made_room == NOTHING_REMOVED
    assert report.status is PassStatus.COMPLETE
    assert stay(rig) == {"first of its day", "newest", "another's", "from the future"}
    lines = [record.message for record in caplog.records if "thinned out" in record.message]
    assert lines == ["The history was thinned out: 2 old versions removed, 8.2 kB"]


@pytest.mark.hazard(20)
@pytest.mark.parametrize("name", [name for name in HOSTILE_NAMES if "/" not in name])
def test_versions_of_any_name_are_thinned_by_the_path_that_they_had(rig: Rig, name: str) -> None:
    for age_s in (40 * DAY_S, 3 * DAY_S + 7, 3 * DAY_S + 5, 3 * DAY_S):
        put(rig, name, age_s, str(age_s))
    assert run(rig).thinned.versions == 2
    assert stay(rig) == {str(3 * DAY_S + 7), str(3 * DAY_S)}


def test_links_are_versions_too_and_what_they_lead_to_is_safe(rig: Rig) -> None:
    kept = rig.write_at(rig.root / "outside" / "kept")
    old = put(rig, "link", 40 * DAY_S)
    old.unlink()
    old.symlink_to(kept)
    assert run(rig).thinned.versions == 1
    assert not os.path.lexists(old)
    assert kept.exists()


@pytest.mark.posix("pipes")
def test_what_is_not_the_history_s_own_is_left_alone(rig: Rig) -> None:
    mark = datetime.fromtimestamp(NOW_S - 90 * DAY_S, UTC).strftime("~%Y%m%d-%H%M%SZ")
    strangers = (
        "note.txt",
        f"note{mark.replace('Z', '')}.txt",
        f"note{mark}x.txt",
        f"note{mark}-01.txt",
        "note~20201301-000000Z.txt",
        "note~\u0662\u0660200101-000000Z.txt",
        f"folder{mark}/inside",
        f"folder/note{mark}.txt/inside",
        ".~bg-0123456789abcdef",
    )
    for path in strangers:
        rig.write_at(rig.history / path)
        os.utime(rig.history / path, (0, 0))
    (rig.history / "empty/deeper").mkdir(parents=True)
    os.mkfifo(rig.history / f"pipe{mark}")
    before = read_tree(rig.history)
    put(rig, "folder/own.txt", 90 * DAY_S)
    assert run(rig).thinned.versions == 1
    assert {**read_tree(rig.history)}.keys() == before.keys()
    assert contents(rig.history) == dict.fromkeys(strangers, b"content")


def test_folders_that_thinning_leaves_empty_are_removed_and_no_others(rig: Rig) -> None:
    put(rig, "a/b/c/old", 40 * DAY_S)
    put(rig, "a/b/old", 40 * DAY_S)
    put(rig, "kept/old", 40 * DAY_S)
    put(rig, "kept/young", DAY_S)
    put(rig, "stranger/old", 40 * DAY_S)
    (rig.history / "stranger/own").mkdir()
    (rig.history / "empty").mkdir()
    put(rig, "old", 40 * DAY_S)
    assert run(rig).thinned.versions == 5
    folders = {path for path, node in read_tree(rig.history).items() if node.kind == "folder"}
    assert folders == {"kept", "stranger", "stranger/own", "empty"}


class Killed(BaseException):
    """Ends the program without a chance to tidy up."""


@pytest.mark.posix("names that are no text")
@pytest.mark.hazard(13, 45)
@pytest.mark.parametrize("by", ["age", "size"])
@pytest.mark.parametrize("call", ["remove_folders", "os.rmdir"])
def test_folders_that_a_killed_thinning_left_empty_are_removed_by_the_next_one(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, by: str, call: str
) -> None:
    rig.catalog.close()
    catalog = open_catalog(rig.root / "data" / "job.sqlite")
    rig.catalog = catalog
    put(rig, "a/b/c\udcff/old", 40 * DAY_S)
    (rig.history / "a/empty").mkdir()
    put(rig, "d/e/old", 40 * DAY_S)
    rig.options |= {"history_days": 30} if by == "age" else {"history_days": 0, "history_max_bytes": 1}
    removed: list[str] = []

    def die(*_arguments: object, **_options: object) -> None:
        raise Killed

    def remove_one_and_die(name: str, **options: int) -> None:
        if removed:
            raise Killed
        removed.append(name)
        rmdir(name, **options)

    rmdir = os.rmdir
    with monkeypatch.context() as patched:
        if call == "os.rmdir":
            patched.setattr(os, "rmdir", remove_one_and_die)
        else:
            patched.setattr(HistoryWriter, call, die)
        with pytest.raises(Killed):
            run(rig)
    catalog.abandon()
    rig.catalog = open_catalog(rig.root / "data" / "job.sqlite")
    left = {path for path, node in read_tree(rig.history).items() if node.kind == "folder"}
    assert left & {"a/b", "d"}, "the kill came too late to leave anything"
    run(rig, HOUR_S)
    assert set(read_tree(rig.history)) == {"a", "a/empty"}
    # And a folder that somebody makes there later is not ours.
    (rig.history / "a/b").mkdir()
    rig.catalog.remember(prune.HISTORY_KEY, "")
    run(rig, 2 * HOUR_S)
    assert set(read_tree(rig.history)) == {"a", "a/b", "a/empty"}


@pytest.mark.parametrize(
    "text", ["no json", "7", '[7, "kept"]', "[" * 100_000, '["never/was", "../empty", "/", "a/../../empty"]']
)
def test_a_damaged_memory_of_emptied_folders_does_no_harm(rig: Rig, text: str) -> None:
    (rig.root / "empty").mkdir()
    put(rig, "kept/young", DAY_S)
    (rig.history / "a").mkdir()
    rig.catalog.remember(EMPTYING_KEY, text)
    assert run(rig).status is PassStatus.COMPLETE
    assert len(rig.kept()) == 1
    assert (rig.root / "empty").is_dir()
    assert (rig.history / "a").is_dir()


def test_without_a_history_none_is_made_for_what_was_being_emptied(rig: Rig) -> None:
    rig.catalog.remember(EMPTYING_KEY, '["a"]')
    run(rig)
    assert read_tree(rig.history) == {}


def test_an_unreadable_history_keeps_what_was_being_emptied_for_later(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(rig, "kept/young", DAY_S)
    (rig.history / "a").mkdir()
    rig.catalog.remember(EMPTYING_KEY, '["a"]')

    def refuse(_target: LocalDestination) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(HistoryWriter, "tree", refuse)
        run(rig)
    assert (rig.history / "a").is_dir()
    rig.catalog.remember(prune.HISTORY_KEY, "")
    run(rig, HOUR_S)
    assert not (rig.history / "a").exists()


def test_a_history_thinned_to_nothing_takes_new_versions_in_the_same_folders(rig: Rig) -> None:
    rig.write("a/b/file", "old")
    put(rig, "a/b/other", 40 * DAY_S)
    assert run(rig).thinned.versions == 1
    assert read_tree(rig.history) == {}
    rig.write("a/b/file", "new!")
    run(rig)
    assert rig.kept_contents() == [b"old"]


@pytest.mark.hazard(44)
def test_nothing_is_reached_through_links_planted_in_the_history(rig: Rig) -> None:
    outside = rig.root / "outside"
    old = version_path("old", datetime.fromtimestamp(NOW_S - 40 * DAY_S, UTC))
    rig.write_at(outside / old)
    rig.history.mkdir()
    (rig.history / "folder").symlink_to(outside)
    rig.options["history_max_bytes"] = 1
    assert run(rig).thinned == NOTHING_REMOVED
    assert (outside / old).exists()
    assert (rig.history / "folder").is_symlink()


def test_a_folder_swapped_for_a_link_after_it_was_listed_leads_nowhere(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = rig.root / "outside"
    old = put(rig, "folder/old", 40 * DAY_S)
    rig.write_at(outside / old.name)
    real = listing.folders_of

    def swap(*arguments: Any) -> Any:
        for folder in real(*arguments):
            if folder.path == "folder":
                (rig.history / "folder").rename(rig.history / "away")
                (rig.history / "folder").symlink_to(outside)
                # The descriptors that were open are closed as in a large history.
                Tree.forget(arguments[0])
            yield folder

    monkeypatch.setattr(prune, "folders_of", swap)
    assert run(rig).thinned == NOTHING_REMOVED
    assert (outside / old.name).exists()
    assert (rig.history / "away" / old.name).exists()


def test_what_took_a_version_s_place_after_it_was_listed_stays(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    old = put(rig, "old", 40 * DAY_S)
    vanished = put(rig, "vanished", 40 * DAY_S)
    real = listing.folders_of

    def swap(*arguments: Any) -> Any:
        for folder in real(*arguments):
            old.rename(rig.root / "away")
            old.write_text("another's")
            vanished.unlink()
            yield folder

    monkeypatch.setattr(prune, "folders_of", swap)
    assert run(rig).thinned == NOTHING_REMOVED
    assert old.read_text() == "another's"


# Limits


def test_without_limits_every_version_stays(rig: Rig) -> None:
    rig.options["history_days"] = 0
    put(rig, "a", 4000 * DAY_S)
    put(rig, "a", 4000 * DAY_S, number=1)
    assert run(rig).thinned == NOTHING_REMOVED
    assert len(rig.kept()) == 2


def test_without_a_history_none_is_looked_at(rig: Rig) -> None:
    rig.options["keeps_history"] = False
    put(rig, "a", 4000 * DAY_S)
    assert run(rig).thinned == NOTHING_REMOVED
    assert len(rig.kept()) == 1


@pytest.mark.posix("sizes are counted in blocks")
@pytest.mark.hazard(45)
def test_the_oldest_go_first_until_the_history_is_within_its_size(rig: Rig) -> None:
    rig.options |= {"history_days": 0, "history_max_bytes": 4 * BLOCK}
    for number, folder in enumerate(("b", "a", "c", "a/deep", "b", "c")):
        put(rig, f"{folder}/{number}", (20 - number) * DAY_S, str(number))
    put(rig, "empty", 100 * DAY_S, "")
    assert run(rig).thinned == Removed(2, 2 * BLOCK)
    assert stay(rig) == {"", "2", "3", "4", "5"}
    assert not (rig.history / "b" / "0").exists()
    size = measure(str(rig.history))
    assert size == HistorySize(4 * BLOCK, 5)


@pytest.mark.posix("sizes are counted in blocks")
def test_many_versions_are_removed_in_several_rounds(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MOST_CHOSEN", 3)
    rig.options |= {"history_days": 0, "history_max_bytes": BLOCK}
    for number in range(10):
        put(rig, f"folder {number % 3}/{number}", (20 - number) * DAY_S, str(number))
    assert run(rig).thinned == Removed(9, 9 * BLOCK)
    assert stay(rig) == {"9"}


@pytest.mark.hazard(45)
def test_what_left_in_the_last_hour_outlives_every_limit(rig: Rig) -> None:
    rig.options |= {"history_days": 1, "history_max_bytes": 1}
    put(rig, "a", HOUR_S + 1, "an hour old")
    put(rig, "b", HOUR_S, "younger")
    put(rig, "c", -10, "from the future")
    run(rig)
    assert stay(rig) == {"younger", "from the future"}
    # What is too young today is looked at again, though nothing was added.
    assert run(rig, HOUR_S).thinned.versions == 1
    assert stay(rig) == {"from the future"}


@pytest.mark.posix("sizes are counted in blocks")
def test_size_is_counted_in_blocks_and_not_by_length(rig: Rig) -> None:
    rig.options |= {"history_days": 0, "history_max_bytes": 10 * BLOCK}
    sparse = put(rig, "sparse", 2 * DAY_S)
    with sparse.open("r+b") as file:
        file.truncate(100 << 20)
    put(rig, "a", DAY_S)
    assert run(rig).thinned == NOTHING_REMOVED


@pytest.mark.posix("sizes are counted in blocks")
def test_what_is_in_the_mirror_too_takes_no_room_and_stays(rig: Rig) -> None:
    rig.write("big", b"x" * 10 * BLOCK)
    run(rig)
    rig.options |= {"history_days": 0, "history_max_bytes": BLOCK}
    shared = rig.history / version_path("big", datetime.fromtimestamp(NOW_S - 9 * DAY_S, UTC))
    os.link(rig.mirror / "big", shared)
    put(rig, "a", 8 * DAY_S)
    put(rig, "b", 7 * DAY_S)
    assert measure(str(rig.history)) == HistorySize(2 * BLOCK, 3)
    assert run(rig, 2 * HOUR_S).thinned == Removed(1, BLOCK)
    assert shared.exists()
    assert not list(rig.history.glob("a~*"))


@pytest.mark.posix("sizes are counted in blocks")
def test_a_file_with_several_names_in_the_history_counts_once_and_goes_as_a_whole(rig: Rig) -> None:
    rig.options |= {"history_days": 0, "history_max_bytes": 3 * BLOCK}
    first = put(rig, "docs/a", 9 * DAY_S, b"x" * 2 * BLOCK)
    for path, age_s in (("b", 9 * DAY_S), ("docs/c", 6 * DAY_S)):
        second = put(rig, path, age_s)
        second.unlink()
        os.link(first, second)
    put(rig, "old", 7 * DAY_S)
    put(rig, "young", DAY_S)
    assert measure(str(rig.history)) == HistorySize(4 * BLOCK, 5)
    # As young as the youngest of its names, it is not the oldest.
    assert run(rig).thinned == Removed(1, BLOCK)
    assert not list(rig.history.glob("old~*"))
    rig.options["history_max_bytes"] = 2 * BLOCK
    assert run(rig).thinned == Removed(3, 2 * BLOCK)
    assert [path.partition("~")[0] for path in rig.kept()] == ["young"]
    assert measure(str(rig.history)) == HistorySize(BLOCK, 1)


@pytest.mark.posix("sizes are counted in blocks")
def test_several_names_that_left_in_the_same_second_count_once(rig: Rig) -> None:
    rig.options |= {"history_days": 0, "history_max_bytes": 1}
    first = put(rig, "a", DAY_S)
    second = put(rig, "b", DAY_S)
    second.unlink()
    os.link(first, second)
    assert run(rig).thinned == Removed(2, BLOCK)
    assert rig.kept() == {}


# When


def test_it_is_done_once_an_hour_at_the_most(rig: Rig) -> None:
    assert run(rig).thinned == NOTHING_REMOVED
    rig.write("a", "1")
    run(rig, 1)
    rig.write("a", "22")
    run(rig, 2)
    put(rig, "a", 40 * DAY_S)
    assert run(rig, HOUR_S - 1).thinned.versions == 0
    assert run(rig, HOUR_S).thinned.versions == 1


def test_a_quick_pass_leaves_it_to_a_full_one(rig: Rig) -> None:
    put(rig, "a", 3 * DAY_S)
    run(rig)
    rig.write("b")
    assert run(rig, 27 * DAY_S, scope=paths("b")).thinned == NOTHING_REMOVED
    assert run(rig, 27 * DAY_S).thinned.versions == 1


def count_lists(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    listed: list[str] = []
    real = Tree.list

    def count(tree: Tree, path: str, *more: Any) -> Any:
        if tree.root == str(rig.history):
            listed.append(path)
        return real(tree, path, *more)

    monkeypatch.setattr(Tree, "list", count)
    return listed


def test_an_untouched_history_is_not_even_looked_at(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    put(rig, "a/b", 3 * DAY_S)
    run(rig)
    listed = count_lists(rig, monkeypatch)
    for hours in range(1, 24 * 27, 10):
        run(rig, hours * HOUR_S)
    assert listed == []
    # The one version that is there comes of age.
    assert run(rig, 27 * DAY_S).thinned.versions == 1
    assert listed != []


def test_a_version_added_makes_it_worth_looking_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write("a", "1")
    run(rig)
    rig.write("a", "22")
    run(rig, 10)
    listed = count_lists(rig, monkeypatch)
    run(rig, 20)
    assert listed == []
    run(rig, HOUR_S)
    assert listed == [""]


@pytest.mark.parametrize(
    "change",
    [
        lambda rig: rig.options.update(history_days=2),
        lambda rig: rig.options.update(history_max_bytes=1),
        lambda rig: rig.catalog.remember(prune.HISTORY_KEY, "nonsense"),
        lambda rig: rig.catalog.remember(prune.HISTORY_KEY, "30/0 nan nan"),
        # The clock has been set back since.
        lambda rig: rig.catalog.remember(prune.HISTORY_KEY, f"30/0 {NOW_S + DAY_S}.0 inf"),
    ],
)
def test_other_limits_or_an_unknown_past_make_it_due_at_once(rig: Rig, change: Callable[[Rig], None]) -> None:
    run(rig)
    put(rig, "a", 40 * DAY_S)
    assert run(rig, 1).thinned == NOTHING_REMOVED
    change(rig)
    assert run(rig, 2).thinned.versions == 1


@pytest.mark.hazard(9, 45)
def test_while_the_guard_holds_something_the_history_loses_nothing(rig: Rig) -> None:
    rig.options |= {"guard_count": 2, "guard_share": 0.1}
    for number in range(10):
        rig.write(f"f{number}")
    run(rig)
    put(rig, "old", 40 * DAY_S)
    for number in range(9):
        (rig.source / f"f{number}").unlink()
    # Another limit makes it time.
    rig.options["history_days"] = 29
    report = run(rig, 2 * HOUR_S)
    assert report.held is not None
    assert report.thinned == NOTHING_REMOVED
    assert run(rig, 4 * HOUR_S, allowed=report.held).thinned.versions == 1


def test_a_dry_run_removes_nothing(rig: Rig) -> None:
    put(rig, "a", 40 * DAY_S)
    rig.mirror.mkdir()
    assert run(rig, is_dry_run=True).thinned == NOTHING_REMOVED
    assert len(rig.kept()) == 1


@pytest.mark.parametrize("limit", [{"history_days": 30}, {"history_days": 0, "history_max_bytes": 1}])
def test_it_can_be_stopped_and_goes_on_at_the_next_pass(rig: Rig, limit: dict[str, int]) -> None:
    rig.options |= limit
    for number in range(20):
        put(rig, f"folder {number % 4}/{number}", 40 * DAY_S, "larger than that")
    stopped = False

    def stop_soon() -> bool:
        return stopped

    real = HistoryWriter.remove_version

    def remove(target: HistoryWriter, *arguments: Any) -> bool:
        nonlocal stopped
        stopped = len(rig.kept()) <= 12
        return real(target, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HistoryWriter, "remove_version", remove)
        first = run(rig, should_stop=stop_soon)
    assert first.thinned.versions == 9
    assert run(rig, 1).thinned.versions == 11
    assert read_tree(rig.history) == {}


# What does not work


@pytest.mark.posix("names with line breaks")
def test_what_cannot_be_removed_stays_and_is_logged_and_the_rest_goes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rig.options["history_max_bytes"] = 1
    for name in ("a\n", "b", "c"):
        put(rig, f"{name}/old", 2 * DAY_S)
    real = os.unlink

    def refuse(name: str, *, dir_fd: int | None = None) -> None:
        if dir_fd is not None and os.readlink(f"/proc/self/fd/{dir_fd}").endswith("a\n"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(name, dir_fd=dir_fd)

    monkeypatch.setattr("backup_gui.engine.destination.local.os.unlink", refuse)
    report = run(rig)
    assert (report.status, report.thinned.versions) == (PassStatus.COMPLETE, 2)
    (warning,) = (record.message for record in caplog.records if record.levelno >= logging.WARNING)
    assert warning.startswith("Not all of the history could be thinned out: Input/output error (a\\n/old~")


@pytest.mark.posix("os.rmdir with the descriptor of a folder")
def test_a_folder_that_cannot_be_removed_is_logged(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put(rig, "a/old", 40 * DAY_S)

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("backup_gui.engine.destination.local.os.rmdir", refuse)
    assert run(rig).thinned.versions == 1
    assert "Input/output error (a)" in caplog.text


@pytest.mark.posix("os.rmdir with the descriptor of a folder")
def test_a_folder_gone_meanwhile_is_no_trouble(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    old = put(rig, "above/a/old", 40 * DAY_S)
    real = os.rmdir

    def vanish(name: str, *, dir_fd: int | None = None) -> None:
        real(old.parent)
        real(name, dir_fd=dir_fd)

    monkeypatch.setattr("backup_gui.engine.destination.local.os.rmdir", vanish)
    assert run(rig).thinned.versions == 1
    # Whoever removed it may want the one above it.
    assert set(read_tree(rig.history)) == {"above"}


@pytest.mark.posix("permissions of POSIX")
def test_a_folder_of_the_history_that_may_not_be_read_or_written_does_not_break_a_pass(rig: Rig) -> None:
    put(rig, "locked/a", 40 * DAY_S)
    put(rig, "unreadable/a", 40 * DAY_S)
    put(rig, "free/a", 40 * DAY_S)
    rig.write("new")
    with as_nobody(rig.root):
        (rig.history / "locked").chmod(0o500)
        (rig.history / "unreadable").chmod(0)
        try:
            report = run(rig)
            assert (report.status, report.counts.created) == (PassStatus.COMPLETE, 1)
            assert report.thinned.versions == 1
        finally:
            for name in ("locked", "unreadable"):
                (rig.history / name).chmod(0o755)


def test_a_file_in_the_history_s_place_cannot_be_measured(rig: Rig) -> None:
    rig.history.write_text("mine")
    with pytest.raises(NotADirectoryError):
        measure(str(rig.history))


def test_only_versions_can_be_removed(rig: Rig) -> None:
    stranger = rig.write_at(rig.history / "stranger")
    rig.mirror.mkdir()
    with LocalDestination(str(rig.mirror), str(rig.history)) as target, pytest.raises(ValueError, match="stranger"):
        target.history.remove_version("stranger", stranger.stat().st_ino)


# Measuring


def test_an_absent_history_is_empty(rig: Rig) -> None:
    assert measure(str(rig.history)) == HistorySize(0, 0)


def test_measuring_can_be_stopped(rig: Rig) -> None:
    put(rig, "a", 1)
    assert measure(str(rig.history), lambda: True) is None


@pytest.mark.posix("sizes are counted in blocks")
def test_what_cannot_be_measured_is_told_and_left_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    put(rig, "a/1", 1)
    put(rig, "b/1", 1)
    put(rig, "gone/1", 1)
    real = Tree.list

    def fail(tree: Tree, path: str, *more: Any) -> Any:
        if path == "gone":
            raise FileNotFoundError
        if path == "a":
            raise PermissionError
        return real(tree, path, *more)

    monkeypatch.setattr(Tree, "list", fail)
    assert measure(str(rig.history)) == HistorySize(BLOCK, 1)


# All of it together


def test_a_file_edited_in_every_pass_leaves_one_version_a_minute(rig: Rig) -> None:
    rig.write("busy.txt", "0")
    rig.run(now=lambda: float(NOW_S), uptime=lambda: 0.0)
    for number in range(1, 101):
        rig.write("busy.txt", str(number))
        rig.run(paths("busy.txt"), now=partial(float, NOW_S + number), uptime=partial(float, number))
    # What left in the first second, and what did a minute later.
    assert rig.kept_contents() == [b"0", b"60"]
    # Another limit makes it time.
    rig.options["history_days"] = 29
    report = rig.run(now=lambda: NOW_S + 700.0, uptime=lambda: 700.0)
    assert report.thinned == NOTHING_REMOVED
    assert contents(rig.mirror) == {"busy.txt": b"100"}

"""A folder as it stood at some time."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.history import listing as shelf_module
from backup_gui.engine.history.listing import Folder, VersionCache, moments, read_folder
from backup_gui.engine.history.snapshot import Snapshot, backup_at
from backup_gui.engine.rules.version_names import version_path
from backup_gui.model.entries import Entry, EntryKind
from backup_gui.model.errors import RootAbsentError
from backup_gui.model.job import Place
from backup_gui.model.restores import Item, Moment
from tests.helpers.rig import Rig

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
NOON_S = NOON.timestamp()
HOUR_S = 3_600.0


def never() -> bool:
    return False


def keep(rig: Rig, path: str, content: str, left_at: datetime = NOON, count: int = 0) -> Path:
    return rig.write_at(rig.history / version_path(path, left_at, count), content)


def past(rig: Rig) -> Snapshot:
    return Snapshot(str(rig.mirror), str(rig.history))


def names(items: tuple[Item, ...]) -> list[str]:
    """Paths, with a mark for folders and one for what is gone."""
    return [item.path + "/" * item.is_folder + " gone" * item.is_gone for item in items]


def listed(rig: Rig, path: str = "", at: float | None = None, *, shows_gone: bool = False) -> list[str]:
    with past(rig) as opened:
        return names(opened.folder(path, at, shows_gone=shows_gone))


def content_of(item: Item) -> str:
    return Path(item.root, item.stored).read_text()


@pytest.fixture
def home(rig: Rig) -> Rig:
    """A mirror whose report was rewritten at noon, whose plan was deleted an hour later, and with a new folder."""
    rig.write_at(rig.mirror / "docs" / "report.odt", "new report")
    rig.write_at(rig.mirror / "Apple", "fruit")
    keep(rig, "docs/report.odt", "old report")
    keep(rig, "docs/plan", "the plan", NOON + timedelta(hours=1))
    keep(rig, "away/deep/letter", "dear", NOON + timedelta(hours=1))
    later_ns = round((NOON_S + 2 * HOUR_S) * 1e9)
    late = rig.write_at(rig.mirror / "late" / "new", "new")
    for path in (late, late.parent):
        os.utime(path, ns=(later_ns, later_ns))
    os.utime(rig.mirror / "docs" / "report.odt", ns=(round(NOON_S * 1e9),) * 2)
    return rig


def test_now_is_the_mirror(home: Rig) -> None:
    assert listed(home) == ["docs/", "late/", "Apple"]
    assert listed(home, "docs") == ["docs/report.odt"]


def test_what_is_gone_is_listed_on_wish(home: Rig) -> None:
    assert listed(home, shows_gone=True) == ["away/ gone", "docs/", "late/", "Apple"]
    assert listed(home, "away", shows_gone=True) == ["away/deep/ gone"]
    assert listed(home, "away/deep", shows_gone=True) == ["away/deep/letter gone"]
    assert listed(home, "docs", shows_gone=True) == ["docs/plan gone", "docs/report.odt"]


def test_a_time_shows_what_stood_then(home: Rig) -> None:
    before = NOON_S - 1
    assert listed(home, "", before) == ["away/", "docs/", "Apple"]
    assert listed(home, "docs", before) == ["docs/plan", "docs/report.odt"]
    assert listed(home, "away/deep", before) == ["away/deep/letter"]
    with past(home) as opened:
        report = opened.folder("docs", before)[1]
        assert content_of(report) == "old report"
        assert report.left_at == NOON_S
        assert content_of(opened.folder("docs", NOON_S)[1]) == "new report"
    after = NOON_S + HOUR_S
    assert listed(home, "docs", after) == ["docs/report.odt"]
    assert listed(home, "", after) == ["docs/", "Apple"]
    assert listed(home, "docs", after, shows_gone=True) == ["docs/plan gone", "docs/report.odt"]
    assert listed(home, "", after, shows_gone=True) == ["away/ gone", "docs/", "Apple"]


def test_what_was_deleted_later_is_not_gone_yet(rig: Rig) -> None:
    rig.write_at(rig.mirror / "a")
    keep(rig, "b/c", "1", NOON + timedelta(hours=3))
    late_ns = round((NOON_S + HOUR_S) * 1e9)
    os.utime(rig.history / version_path("b/c", NOON + timedelta(hours=3)), ns=(late_ns, late_ns))
    assert listed(rig, "", NOON_S, shows_gone=True) == ["a"]
    assert listed(rig, "", NOON_S + 2 * HOUR_S) == ["b/", "a"]


def test_a_folder_that_changed_later_stood_if_it_had_something(rig: Rig) -> None:
    old = rig.write_at(rig.mirror / "folder" / "sub" / "old")
    late_ns = round((NOON_S + HOUR_S) * 1e9)
    for path in (old.parent, old.parent.parent):
        os.utime(path, ns=(late_ns, late_ns))
    assert listed(rig, "", NOON_S) == ["folder/"]
    os.utime(old, ns=(late_ns, late_ns))
    assert listed(rig, "", NOON_S) == []


def test_a_folder_that_changed_later_stood_if_a_folder_in_it_did(rig: Rig) -> None:
    inner = rig.mirror / "folder" / "sub" / "inner"
    inner.mkdir(parents=True)
    late_ns = round((NOON_S + HOUR_S) * 1e9)
    for path in (inner.parent, inner.parent.parent):
        os.utime(path, ns=(late_ns, late_ns))
    os.utime(inner, ns=(1, 1))
    assert (listed(rig, "", NOON_S), listed(rig, "folder/sub", NOON_S)) == (["folder/"], ["folder/sub/inner/"])
    assert wanted(rig, {"folder"}, NOON_S) == ["folder", "folder/sub", "folder/sub/inner"]
    os.utime(inner, ns=(late_ns, late_ns))
    assert listed(rig, "", NOON_S) == []


def test_the_look_into_a_large_folder_ends(rig: Rig) -> None:
    late_ns = round((NOON_S + HOUR_S) * 1e9)
    for number in range(2_001):
        path = rig.write_at(rig.mirror / "folder" / str(number), "")
        os.utime(path, ns=(late_ns, late_ns))
    os.utime(rig.mirror / "folder", ns=(late_ns, late_ns))
    assert listed(rig, "", NOON_S) == []
    (rig.mirror / "folder" / "further").mkdir()
    os.utime(rig.mirror / "folder", ns=(late_ns, late_ns))
    assert listed(rig, "", NOON_S) == ["folder/"]


def test_of_several_versions_the_one_that_stood_is_chosen(rig: Rig) -> None:
    for number in range(4):
        keep(rig, "a", f"version {number}", NOON + timedelta(hours=number // 2), number % 2)
    with past(rig) as opened:
        for at, expected in ((NOON_S - 1, "version 0"), (NOON_S, "version 2")):
            (item,) = opened.folder("", at)
            assert content_of(item) == expected
        assert opened.folder("", NOON_S + HOUR_S) == ()
        (item,) = opened.folder("", None, shows_gone=True)
        assert (content_of(item), item.is_gone) == ("version 3", True)
        (item,) = opened.folder("", NOON_S, shows_gone=True)
        assert not item.is_gone


def test_what_was_written_in_the_second_in_which_it_left_was_there_just_before(rig: Rig) -> None:
    for path, left_at in (("a", NOON), ("b", NOON + timedelta(seconds=5))):
        version = keep(rig, path, "quick", left_at)
        os.utime(version, ns=(round((left_at.timestamp() + 0.5) * 1e9),) * 2)
    assert listed(rig, "", NOON_S - 1) == ["a"]


def test_all_versions_of_a_file_newest_first(rig: Rig) -> None:
    rig.write_at(rig.mirror / "docs" / "a.txt", "now")
    for number in range(3):
        keep(rig, "docs/a.txt", f"version {number}", NOON + timedelta(hours=number))
    keep(rig, "docs/b.txt", "other")
    with past(rig) as opened:
        found = opened.versions("docs/a.txt")
        assert [content_of(item) for item in found] == ["now", "version 2", "version 1", "version 0"]
        assert [item.left_at for item in found] == [None, NOON_S + 2 * HOUR_S, NOON_S + HOUR_S, NOON_S]
        assert {item.path for item in found} == {"docs/a.txt"}
        assert opened.versions("docs") == ()
        assert len(opened.versions("docs/b.txt")) == 1


def test_versions_of_long_names_belong_to_the_file(rig: Rig) -> None:
    name = "n" * 250 + ".txt"
    rig.write_at(rig.mirror / name, "now")
    keep(rig, name, "then")
    assert listed(rig, shows_gone=True) == [name]
    with past(rig) as opened:
        assert [content_of(item) for item in opened.versions(name)] == ["now", "then"]
        (item,) = opened.folder("", NOON_S - 1)
        assert (item.path, content_of(item)) == (name, "then")


def test_links_are_listed_and_pipes_and_temporaries_are_not(rig: Rig) -> None:
    rig.write_at(rig.mirror / "a")
    (rig.mirror / "link").symlink_to("a")
    os.mkfifo(rig.mirror / "pipe")
    (rig.mirror / ".~bg-0123456789abcdef").write_text("x")
    (rig.mirror / ".~bg-0123456789abcdee").mkdir()
    with past(rig) as opened:
        assert [(item.path, item.kind) for item in opened.folder("", None)] == [
            ("a", EntryKind.FILE),
            ("link", EntryKind.LINK),
        ]


def test_a_search_goes_through_everything(home: Rig) -> None:
    with past(home) as opened:
        assert names(opened.search("RE", None, shows_gone=False, limit=9).items) == ["docs/report.odt"]
        found = opened.search("l", None, shows_gone=True, limit=9)
        assert names(found.items) == ["late/", "Apple", "docs/plan gone", "away/deep/letter gone"]
        assert not found.is_cut
        assert names(opened.search("letter", NOON_S - 1, shows_gone=False, limit=9).items) == ["away/deep/letter"]
        cut = opened.search("", None, shows_gone=True, limit=2)
        assert (len(cut.items), cut.is_cut) == (2, True)


def test_moments_are_when_something_left(home: Rig) -> None:
    keep(home, "other", "1", NOON + timedelta(seconds=2))
    assert moments(str(home.history), never) == (Moment(NOON_S, 2), Moment(NOON_S + HOUR_S, 2))
    assert moments(None, never) == ()
    assert moments(str(home.root / "none"), never) == ()


def test_looking_can_be_given_up(home: Rig) -> None:
    with pytest.raises(Cancelled):
        moments(str(home.history), lambda: True)
    with Snapshot(str(home.mirror), str(home.history), lambda: True) as opened:
        for look in (
            lambda: opened.folder("", None),
            lambda: opened.search("x", None, shows_gone=False, limit=1),
            lambda: opened._had_any("docs", None, shows_gone=False),
        ):
            with pytest.raises(Cancelled):
                look()


def test_a_backup_without_history_and_a_history_without_backup(rig: Rig) -> None:
    with pytest.raises(RootAbsentError):
        past(rig)
    keep(rig, "a", "1")
    assert listed(rig, shows_gone=True) == ["a gone"]
    assert listed(rig, "", NOON_S - 1) == ["a"]
    with past(rig) as opened:
        assert len(opened.versions("a")) == 1
    rig.write_at(rig.mirror / "b")
    with Snapshot(str(rig.mirror), None) as opened:
        assert names(opened.folder("", None, shows_gone=True)) == ["b"]
        assert len(opened.versions("b")) == 1


def test_a_history_that_cannot_be_opened_is_told(rig: Rig) -> None:
    rig.write_at(rig.mirror / "a")
    rig.history.write_text("no folder")
    with pytest.raises(NotADirectoryError):
        past(rig)


def test_folders_that_cannot_be_read_are_left_out_of_a_search(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write_at(rig.mirror / "closed" / "a1")
    rig.write_at(rig.mirror / "open" / "a2")
    real = Tree.list

    def refuse(self: Tree, path: str, *options: Any) -> dict[str, Entry]:
        if path == "closed":
            raise PermissionError(13, "Permission denied")
        return real(self, path, *options)

    monkeypatch.setattr(Tree, "list", refuse)
    with past(rig) as opened:
        assert names(opened.search("a", None, shows_gone=False, limit=9).items) == ["open/a2"]
        closed = opened.folder("", None)[:1]
        assert names(closed) == ["closed/"]
        found = opened.pieces(closed, None, keeps_folders=True)
        assert (found.pieces, set(found.unseen)) == ((), {"closed"})


def wanted(rig: Rig, paths: set[str], at: float | None = None, *, keeps_folders: bool = True) -> list[str]:
    with past(rig) as opened:
        items = [item for item in opened.search("", at, shows_gone=True, limit=99).items if item.path in paths]
        return [piece.wanted for piece in opened.pieces(items, at, keeps_folders=keeps_folders).pieces]


def test_a_folder_brings_all_that_stood_in_it(home: Rig) -> None:
    assert wanted(home, {"docs"}) == ["docs", "docs/report.odt"]
    assert wanted(home, {"docs"}, NOON_S - 1) == ["docs", "docs/plan", "docs/report.odt"]
    assert wanted(home, {"docs", "docs/report.odt", "Apple"}) == ["Apple", "docs", "docs/report.odt"]
    assert wanted(home, {"docs", "docs/plan"}) == ["docs", "docs/report.odt", "docs/plan"]
    assert wanted(home, {"away"}) == ["away/deep/letter"]
    assert wanted(home, {"away/deep/letter"}) == ["away/deep/letter"]


def test_elsewhere_what_was_chosen_lies_at_the_top(home: Rig) -> None:
    assert wanted(home, {"away/deep"}, keeps_folders=False) == ["deep/letter"]
    assert wanted(home, {"away/deep/letter", "docs/report.odt"}, keeps_folders=False) == ["letter", "report.odt"]


def test_two_of_one_name_are_both_wanted(rig: Rig) -> None:
    rig.write_at(rig.mirror / "a" / "x")
    rig.write_at(rig.mirror / "b" / "x")
    assert wanted(rig, {"a/x", "b/x"}, keeps_folders=False) == ["x", "x"]


def test_a_backup_folder_is_recognised(rig: Rig) -> None:
    rig.mirror.mkdir()
    assert backup_at(f"{rig.mirror}/") == (Place(str(rig.mirror)), None)
    rig.history.mkdir()
    assert backup_at(str(rig.mirror)) == (Place(str(rig.mirror)), Place(str(rig.history)))
    assert backup_at(str(rig.history)) == (Place(str(rig.mirror)), Place(str(rig.history)))
    with pytest.raises(FileNotFoundError):
        backup_at(str(rig.root / "none"))
    with pytest.raises(FileNotFoundError):
        backup_at(str(rig.root / "none.history"))


def test_folders_of_the_history_are_read_again_only_when_they_change(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = read_folder

    def note(tree: Tree, folder: str) -> Folder:
        read.append(folder)
        return real(tree, folder)

    monkeypatch.setattr(shelf_module, "read_folder", note)
    cache = VersionCache()

    def look() -> list[str]:
        with Snapshot(str(rig.mirror), str(rig.history), cache=cache) as opened:
            return names(opened.folder("docs", None, shows_gone=True))

    rig.history.mkdir()
    assert look() == []
    keep(rig, "docs/a", "1")
    assert look() == look() == ["docs/a gone"]
    assert read == ["docs", "docs"], "just changed"
    os.utime(rig.history / "docs", (1, 1))
    assert look() == look() == ["docs/a gone"]
    assert len(read) == 3
    keep(rig, "docs/b", "2")
    assert look() == ["docs/a gone", "docs/b gone"]


def test_no_more_is_remembered_than_there_is_room_for(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "_MOST_REMEMBERED", 3)
    cache = VersionCache()
    for folder in "abc":
        for name in "xy":
            keep(rig, f"{folder}/{name}", "1")
    with Snapshot(str(rig.mirror), str(rig.history), cache=cache) as opened:
        for folder in "abc":
            assert len(opened.folder(folder, None, shows_gone=True)) == 2
            assert list(cache._known) == [folder]

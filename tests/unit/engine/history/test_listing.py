"""The history: names that read back, lists, and what comes back when a user wants it."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.fs import native
from backup_gui.engine.fs.content import Shortened, transfer
from backup_gui.engine.history.listing import Version, list_versions, occupied_bytes
from backup_gui.engine.restore import writer as restoring
from backup_gui.engine.restore.put_back import RestoreOptions
from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.engine.restore.writer import RestoreWriter
from backup_gui.engine.rules.retention import Stamp
from backup_gui.engine.rules.version_names import read_version_name, version_path
from backup_gui.model.entries import EntryKind
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.model.restores import Policy, RestoreResult
from tests.helpers.rig import HOSTILE_NAMES, LONG_AGO_NS, Rig, as_nobody
from tests.helpers.systems import DEEP_LEVELS, set_own_times
from tests.helpers.trees import contents, make_deep, read_tree
from tests.helpers.windows import FakeWindows, use_windows

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
MARK = "~20261122-120000Z"


def test_a_version_is_named_by_path_time_and_suffix() -> None:
    assert version_path("docs/report.odt", NOON) == f"docs/report{MARK}.odt"
    assert version_path("docs/report.odt", NOON, 2) == f"docs/report{MARK}-2.odt"
    assert version_path("Makefile", NOON) == f"Makefile{MARK}"
    assert version_path(".bashrc", NOON) == f".bashrc{MARK}"
    assert version_path("a.tar.gz", NOON) == f"a.tar{MARK}.gz"
    assert version_path("back.up~", NOON) == f"back.up~{MARK}"


SHORT_NAMES = [name for name in HOSTILE_NAMES if len(os.fsencode(name)) < 200]
LONG_NAMES = [name for name in HOSTILE_NAMES if len(os.fsencode(name)) >= 200]


@pytest.mark.parametrize("count", [0, 1, 12])
@pytest.mark.parametrize(
    "name", [*SHORT_NAMES, "a.", "a..b", "~x.~y", "a~20200101-000000Z-1.txt", ".a.b~c", "-1", "a-1"]
)
def test_a_name_reads_back_as_it_was(name: str, count: int) -> None:
    assert read_version_name(version_path(name, NOON, count)) == (name, NOON, count)


@pytest.mark.hazard(20)
@pytest.mark.parametrize("name", LONG_NAMES)
def test_a_long_name_is_shortened_and_still_unmistakable(name: str) -> None:
    other = name[:-1] + ("y" if name[-1] != "y" else "z")
    stored = version_path(f"folder/{name}", NOON, 99).removeprefix("folder/")
    assert len(os.fsencode(stored)) <= 255
    assert stored != version_path(other, NOON, 99)
    os.fsencode(stored).decode()  # no character was cut in two
    read = read_version_name(stored)
    assert read is not None
    assert read[1:] == (NOON, 99)


@pytest.mark.hazard(20)
@pytest.mark.parametrize("length", range(225, 256))
def test_a_name_of_any_length_makes_a_name_that_fits(length: int) -> None:
    for name in ("n" * length, "n" * (length - 4) + ".txt", "\udcff" * length, "n." + "s" * (length - 2)):
        for count in (0, 1, 10_000):
            stored = version_path(name, NOON, count)
            assert len(os.fsencode(stored)) <= 255
            assert read_version_name(stored) is not None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "report.odt",
        "report~2026.odt",
        "a~20261322-120000Z",
        "a~20261122-250000Z.txt",
        "a.odt~20261122-210605Z",
        "~20261122-210605Z.odt",
        *(f"a{MARK}{rest}" for rest in ("-0", "-01.x", ".b.c", "x", "-")),
    ],
)
def test_other_names_are_no_versions(name: str) -> None:
    assert read_version_name(name) is None


# Lists


def keep(rig: Rig, path: str, content: str, left_at: datetime = NOON, count: int = 0) -> Path:
    return rig.write_at(rig.history / version_path(path, left_at, count), content)


def found(rig: Rig, path: str = "") -> list[tuple[str, datetime, int]]:
    return [(version.path, version.left_at, version.stamp.number) for version in list_versions(str(rig.history), path)]


def test_versions_are_listed_folder_by_folder_oldest_first(rig: Rig) -> None:
    later = NOON + timedelta(days=1)
    keep(rig, "b", "1", later)
    keep(rig, "b", "2", NOON, 1)
    keep(rig, "b", "3", NOON)
    keep(rig, "a", "4")
    keep(rig, "docs/deep/c", "5")
    keep(rig, "docs/b", "6")
    (rig.history / f"link{MARK}").symlink_to("nowhere")
    rig.write_at(rig.history / "a note of the user's.txt")
    (rig.history / f"folder{MARK}").mkdir()
    os.mkfifo(rig.history / f"pipe{MARK}")
    everything = [
        ("a", NOON, 0),
        ("b", NOON, 0),
        ("b", NOON, 1),
        ("b", later, 0),
        ("link", NOON, 0),
        ("docs/b", NOON, 0),
        ("docs/deep/c", NOON, 0),
    ]
    assert found(rig) == everything
    assert found(rig, "b") == everything[1:4]
    assert found(rig, "docs") == everything[5:]
    assert found(rig, "docs/deep") == everything[6:]
    assert found(rig, "docs/b") == [("docs/b", NOON, 0)]
    assert found(rig, "none") == found(rig, "none/below") == found(rig, "a/below") == []


def test_a_version_tells_what_it_is(rig: Rig) -> None:
    kept = keep(rig, "docs/a.txt", "four")
    (version,) = list_versions(str(rig.history), "docs/a.txt")
    status = kept.stat()
    stamp, kind, stored = Stamp(int(NOON.timestamp()), 0), EntryKind.FILE, f"docs/a{MARK}.txt"
    space = (occupied_bytes(status), status.st_ino, 1)
    assert version == Version("docs/a.txt", stamp, stored, kind, 4, status.st_mtime_ns, *space)
    assert version.left_at == NOON


def test_versions_of_a_name_that_was_both_file_and_folder(rig: Rig) -> None:
    keep(rig, "thing", "file")
    keep(rig, "thing/inside", "in the folder")
    assert found(rig, "thing") == [("thing", NOON, 0), ("thing/inside", NOON, 0)]


def test_asking_for_what_is_a_file_in_the_history_is_no_error(rig: Rig) -> None:
    keep(rig, "a.txt", "1")
    (rig.history / "link").symlink_to("/")
    assert found(rig, f"a{MARK}.txt") == []
    assert found(rig, "link") == []


@pytest.mark.parametrize("name", [*LONG_NAMES, "n" * 238, "n" * 237 + "é", "n" * 200 + "." + "s" * 38])
def test_versions_of_long_names_are_found_by_the_whole_name(rig: Rig, name: str) -> None:
    for count in range(3):
        keep(rig, f"docs/{name}", str(count), NOON, count)
    keep(rig, f"docs/{name[:-1]}y", "another's")
    assert len(found(rig, f"docs/{name}")) == 3


def test_without_a_history_there_are_no_versions(rig: Rig) -> None:
    assert found(rig) == []
    with pytest.raises(NotADirectoryError):
        list(list_versions(str(rig.write("file"))))


# Restoring


@pytest.fixture
def to(rig: Rig) -> Path:
    return rig.root / "restored" / "here"


def bring(
    rig: Rig, to: Path, path: str = "", at: datetime | None = None, *, keeps_set_id: bool = False
) -> RestoreResult:
    return restore_path(str(rig.mirror), str(rig.history), path, at, str(to), keeps_set_id=keeps_set_id)


def test_a_whole_mirror_comes_back_as_it_is(rig: Rig, to: Path) -> None:
    for number, name in enumerate(HOSTILE_NAMES):
        rig.write(name, str(number))
        rig.write(f"docs/{name}", "x" * number)
    (rig.source / "empty" / "emptier").mkdir(parents=True)
    (rig.source / "docs").chmod(0o750)
    (rig.source / "link").symlink_to("nowhere")
    os.utime(rig.source / "docs", ns=(LONG_AGO_NS, LONG_AGO_NS))
    rig.write("program").chmod(0o751)
    rig.run()
    result = bring(rig, to)
    assert (result.skipped, result.failed) == ((), ())
    assert len(result.restored) == 2 * len(HOSTILE_NAMES) + 2
    assert read_tree(to) == read_tree(rig.mirror)


def test_the_newest_content_comes_back_also_of_what_was_deleted(rig: Rig, to: Path) -> None:
    rig.write_at(rig.mirror / "docs" / "a.txt", "now")
    keep(rig, "docs/a.txt", "before")
    keep(rig, "docs/gone.txt", "older")
    keep(rig, "docs/gone.txt", "newer", NOON, 1)
    keep(rig, "docs/gone.txt", "oldest", NOON - timedelta(days=300), 5)
    keep(rig, "other", "not wanted")
    result = bring(rig, to, "docs")
    assert result == RestoreResult(asked=2, restored=("docs/a.txt", "docs/gone.txt"))
    assert contents(to) == {"docs/a.txt": b"now", "docs/gone.txt": b"newer"}
    assert bring(rig, to / "file", "docs/gone.txt").restored == ("docs/gone.txt",)
    assert contents(to / "file") == {"gone.txt": b"newer"}


def test_what_stood_at_a_time_comes_back(rig: Rig, to: Path) -> None:
    rig.write_at(rig.mirror / "a", "today")
    keep(rig, "a", "until noon", NOON)
    keep(rig, "a", "until one", NOON + timedelta(hours=1))
    keep(rig, "a", "until one, second", NOON + timedelta(hours=1), 1)
    rig.write_at(rig.mirror / "always", "the same")
    keep(rig, "gone", "deleted at noon")
    for number, (at, wanted) in enumerate(
        [
            (NOON - timedelta(seconds=1), {"a": b"until noon", "always": b"the same", "gone": b"deleted at noon"}),
            (NOON + timedelta(minutes=1), {"a": b"until one", "always": b"the same"}),
            (NOON + timedelta(hours=2), {"a": b"today", "always": b"the same"}),
        ]
    ):
        assert bring(rig, to / str(number), at=at).failed == ()
        assert contents(to / str(number)) == wanted


def test_what_was_written_after_a_time_does_not_come_back_as_it_stood_then(rig: Rig, to: Path) -> None:
    young = rig.write_at(rig.mirror / "young")
    os.utime(young, (0, NOON.timestamp() + 60))
    rig.write_at(rig.mirror / "old")
    bring(rig, to, at=NOON)
    assert set(contents(to)) == {"old"}


def test_folders_come_back_as_they_are_also_as_of_a_time(rig: Rig, to: Path) -> None:
    """Those that nothing was added to or taken from since, empty or not, and those that something in them stood in."""
    late_s = NOON.timestamp() + 60
    for path in ("changed/inside", "changed/new", "untouched/inside", "only new/new"):
        rig.write_at(rig.mirror / path)
    (rig.mirror / "changed" / "empty").mkdir()
    for path in ("changed/new", "only new/new", "changed", "only new"):
        os.utime(rig.mirror / path, (late_s, late_s))
    for path in ("changed/empty", "untouched"):
        os.utime(rig.mirror / path, ns=(LONG_AGO_NS, LONG_AGO_NS))
    for path in ("changed", "changed/empty", "untouched"):
        (rig.mirror / path).chmod(0o750)
    result = bring(rig, to, at=NOON)
    assert result == RestoreResult(asked=2, restored=("changed/inside", "untouched/inside"))
    mirror = read_tree(rig.mirror)
    assert read_tree(to) == {
        path: mirror[path] for path in ("changed", "changed/empty", "changed/inside", "untouched", "untouched/inside")
    }


def test_what_is_asked_for_by_its_name_was_there_if_an_earlier_content_was(rig: Rig, to: Path) -> None:
    """A file whose time lies ahead says nothing of when it came."""
    keep(rig, "docs/a", "first", NOON)
    for content, left_at in (("second", NOON + timedelta(hours=2)), ("third", NOON + timedelta(hours=4))):
        os.utime(keep(rig, "docs/a", content, left_at), (0, NOON.timestamp() + 99 * 3600))
    rig.write_at(rig.mirror / "docs" / "b")
    at = NOON + timedelta(hours=1)
    assert bring(rig, to / "named", "docs/a", at).restored == ("docs/a",)
    assert contents(to / "named") == {"a": b"second"}
    assert bring(rig, to / "folder", "docs", at).restored == ("docs/b",)


def test_what_is_cut_off_while_it_is_restored_is_named_and_the_rest_comes_back(
    rig: Rig, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write_at(rig.mirror / "a", "cut off")
    rig.write_at(rig.mirror / "b", "whole")
    real = transfer

    def cut_off(fd: int, *rest: Any) -> None:
        if os.fstat(fd).st_size == len("cut off"):
            raise Shortened
        real(fd, *rest)

    monkeypatch.setattr(restoring, "transfer", cut_off)
    result = bring(rig, to)
    assert ([path for path, _ in result.failed], contents(to)) == (["a"], {"b": b"whole"})


@pytest.mark.parametrize("name", LONG_NAMES)
def test_versions_of_long_names_come_back_under_the_whole_name(rig: Rig, to: Path, name: str) -> None:
    rig.write_at(rig.mirror / "docs" / name, "now")
    keep(rig, f"docs/{name}", "before")
    before = NOON - timedelta(hours=1)
    for path in ("docs", f"docs/{name}", ""):
        shutil.rmtree(to, ignore_errors=True)
        bring(rig, to / "new", path)
        bring(rig, to / "old", path, before)
        assert list(contents(to / "new").values()) == [b"now"]
        ((restored, content),) = contents(to / "old").items()
        assert (restored.rpartition("/")[2], content) == (name, b"before")
    (rig.mirror / "docs" / name).unlink()
    bring(rig, to / "gone", f"docs/{name}")
    assert contents(to / "gone") == {name: b"before"}


def test_what_is_there_is_left_alone(rig: Rig, to: Path) -> None:
    for name in ("file", "link", "in folder", "docs/a", "docs/b"):
        rig.write_at(rig.mirror / name, "from the backup")
    rig.write_at(to / "file", "already here")
    (to / "link").symlink_to("nowhere")
    rig.write_at(to / "in folder" / "x", "already here")
    rig.write_at(to / "docs" / "b", "already here")
    (to / "docs").chmod(0o700)
    os.utime(to / "docs", ns=(5, 5))
    result = bring(rig, to)
    assert result == RestoreResult(
        asked=5,
        restored=("docs/a",),
        skipped=tuple(
            (path, Reason(ReasonCode.RETURN_THERE_ALREADY)) for path in ("docs/b", "file", "in folder", "link")
        ),
    )
    assert contents(to) == {
        "docs/a": b"from the backup",
        "docs/b": b"already here",
        "file": b"already here",
        "in folder/x": b"already here",
    }
    assert os.readlink(to / "link") == "nowhere"
    assert stat.S_IMODE((to / "docs").stat().st_mode) == 0o700


def test_nothing_is_written_through_links(rig: Rig, to: Path) -> None:
    outside = rig.root / "outside"
    outside.mkdir()
    # Once a folder, now a link to somewhere: both come back, and the link comes first.
    (rig.mirror).mkdir()
    (rig.mirror / "docs").symlink_to(outside)
    keep(rig, "docs/gone/deep", "from the history")
    keep(rig, "docs/file", "from the history")
    # And one that is there already.
    rig.write_at(rig.mirror / "pictures" / "a", "from the backup")
    to.mkdir(parents=True)
    (to / "pictures").symlink_to(outside)
    result = bring(rig, to)
    assert list(outside.iterdir()) == []
    assert result.restored == ("docs",)
    assert {path for path, _ in result.failed} == {"docs/file", "docs/gone/deep", "pictures", "pictures/a"}
    assert all("file or link" in reason for _, reason in result.failed)


def test_what_was_a_folder_and_is_a_file_now_comes_back_as_the_file(rig: Rig, to: Path) -> None:
    rig.write_at(rig.mirror / "thing", "a file now")
    keep(rig, "thing/inside", "from the folder")
    result = bring(rig, to)
    assert contents(to) == {"thing": b"a file now"}
    assert [path for path, _ in result.failed] == ["thing/inside"]
    bring(rig, to / "then", at=NOON - timedelta(hours=1))


def test_links_come_back_as_links(rig: Rig, to: Path) -> None:
    rig.mirror.mkdir()
    (rig.mirror / "link").symlink_to("/etc")
    set_own_times(rig.mirror / "link", (5, LONG_AGO_NS))
    rig.history.mkdir()
    (rig.history / f"gone{MARK}").symlink_to("../elsewhere")
    assert bring(rig, to).restored == ("gone", "link")
    assert (os.readlink(to / "link"), os.readlink(to / "gone")) == ("/etc", "../elsewhere")
    assert os.lstat(to / "link").st_mtime_ns == LONG_AGO_NS


@pytest.mark.posix("pipes in folders")
def test_pipes_in_the_backup_are_left_out(rig: Rig, to: Path) -> None:
    rig.write_at(rig.mirror / "file")
    os.mkfifo(rig.mirror / "pipe")
    rig.history.mkdir()
    os.mkfifo(rig.history / f"pipe{MARK}")
    rig.write_at(rig.mirror / ".~bg-0123456789abcdef")
    assert bring(rig, to).restored == ("file",)
    assert set(read_tree(to)) == {"file"}
    with pytest.raises(FileNotFoundError):
        bring(rig, to, "pipe")


@pytest.mark.root
def test_a_set_id_program_comes_back_as_its_owners_if_that_is_asked_for(rig: Rig, to: Path) -> None:
    program = rig.write_at(rig.mirror / "program")
    os.chown(program, 1234, 1234)
    program.chmod(0o4755)
    bring(rig, to, keeps_set_id=True)
    status = (to / "program").stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (1234, 0o4755)


def test_three_thousand_levels_come_back(rig: Rig, to: Path) -> None:
    depth = DEEP_LEVELS
    rig.mirror.mkdir()
    handle = make_deep(rig.mirror, depth)
    os.close(handle.create_at("bottom"))
    handle.close()
    result = bring(rig, to)
    assert (len(result.restored), result.failed) == (1, ())


def test_what_nobody_knows_is_told(rig: Rig, to: Path) -> None:
    rig.write_at(rig.mirror / "a")
    with pytest.raises(FileNotFoundError) as caught:
        bring(rig, to, "none")
    assert caught.value.filename == "none"
    with pytest.raises(FileNotFoundError):
        restore_path(str(rig.root / "no mirror"), None, "a", None, str(to))
    assert not to.exists()


def test_without_a_mirror_the_history_alone_comes_back(rig: Rig, to: Path) -> None:
    keep(rig, "docs/a", "1")
    assert bring(rig, to).restored == ("docs/a",)
    assert contents(to) == {"docs/a": b"1"}


def test_an_empty_folder_comes_back(rig: Rig, to: Path) -> None:
    (rig.mirror / "docs" / "empty").mkdir(parents=True)
    assert bring(rig, to, "docs/empty") == RestoreResult()
    assert set(read_tree(to)) == {"empty"}


def test_what_cannot_be_read_is_told_and_the_rest_comes_back(rig: Rig, to: Path) -> None:
    rig.write_at(rig.mirror / "a")
    rig.write_at(rig.mirror / "b").chmod(0)
    with as_nobody(rig.root):
        result = bring(rig, to)
    assert (result.restored, result.failed) == (("a",), (("b", "Permission denied"),))
    assert set(read_tree(to)) == {"a"}


def test_a_copy_that_comes_out_different_is_not_left_there(rig: Rig, to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write_at(rig.mirror / "a", "right")
    real = transfer

    def spoil(fd: int, out: int, *rest: Any) -> None:
        real(fd, out, *rest)
        os.lseek(out, 0, os.SEEK_SET)
        os.write(out, b"w")

    monkeypatch.setattr(restoring, "transfer", spoil)
    result = bring(rig, to)
    assert result.failed == (("a", "the copy differs from the original"),)
    assert read_tree(to) == {}


def test_reads_that_bring_less_than_was_asked_for_make_no_difference(
    rig: Rig, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write_at(rig.mirror / "a", "content " * 10_000)
    rig.write_at(to / "there" / "a", "content " * 10_000)
    lengths, real = itertools.cycle((10_000, 7_001, 30_000)), os.read
    monkeypatch.setattr(native, "read", lambda fd, count: real(fd, min(count, next(lengths))))
    assert bring(rig, to) == RestoreResult(asked=1, restored=("a",))
    with RestoreWriter(str(to / "there"), RestoreOptions(Policy.SKIP)) as restorer:
        assert restorer.holds("a", str(rig.mirror), "a")


def test_metadata_that_cannot_be_set_on_folders_and_links_does_not_spoil_a_restore(
    rig: Rig, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write_at(rig.mirror / "docs" / "a", "1")
    (rig.mirror / "link").symlink_to("docs")

    def refuse(self: RestoreWriter, _folder: str, _entry: os.stat_result) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(RestoreWriter, "_set_folder_metadata", refuse)
    result = bring(rig, to)
    assert (result.restored, result.failed) == (("docs/a", "link"), ())


@pytest.mark.posix("set-id bits")
def test_anothers_set_id_program_does_not_become_ones_own(rig: Rig, to: Path) -> None:
    program = rig.write_at(rig.mirror / "program")
    program.chmod(0o4755)
    if os.geteuid() != 0:
        pytest.skip("whose program it is can be changed by root only")
    (rig.root / "restored").mkdir()
    with as_nobody(rig.root / "restored"):
        bring(rig, to)
        assert stat.S_IMODE((to / "program").stat().st_mode) == 0o755


def test_on_windows_a_restore_does_the_same(rig: Rig, to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write_at(rig.mirror / "docs" / "a", "1")
    (rig.mirror / "docs" / "link").symlink_to("a")
    keep(rig, "docs/b", "2")
    for path in ("docs", "docs/a"):
        # Windows counts hundreds of nanoseconds.
        os.utime(rig.mirror / path, ns=(LONG_AGO_NS, LONG_AGO_NS // 100 * 100))
    use_windows(monkeypatch, FakeWindows())
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        result = bring(rig, to)
    assert (result.restored, result.failed) == (("docs/a", "docs/b", "docs/link"), ())
    assert contents(to) == {"docs/a": b"1", "docs/b": b"2"}
    for path in ("docs", "docs/a"):
        assert (to / path).stat().st_mtime_ns == (rig.mirror / path).stat().st_mtime_ns


def test_digits_of_other_scripts_make_no_version() -> None:
    assert read_version_name("a~\u0662\u0660\u0662\u0660\u0660\u0661\u0660\u0661-000000Z") is None
    assert read_version_name("a~20200101-000000Z-\u0661") is None

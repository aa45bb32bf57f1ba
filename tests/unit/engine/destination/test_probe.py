"""Finding out what a destination can hold: once, leaving nothing behind, and never taking trouble for an answer."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.destination import probe as probing
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.probe import CAPABILITIES_KEY, capabilities_of, falls_together, try_out
from backup_gui.engine.fs.volumes import mounts
from backup_gui.engine.fs.volumes.mounts import Mount
from backup_gui.engine.fs.volumes.nesting import Location
from backup_gui.engine.fs.volumes.volume import takes_case_for_one
from backup_gui.engine.rules.capabilities import ALL, FAT, FAT_LARGEST_BYTES, NO_LIMIT, Capabilities
from backup_gui.engine.state.database import JobDatabase
from tests.helpers.rig import SECOND_NS, as_nobody

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tries out what Linux can do")

On = Callable[..., None]


@pytest.fixture
def target(place: Path) -> Iterator[LocalDestination]:
    with LocalDestination(str(place), None) as made:
        yield made


@pytest.fixture
def catalog() -> Iterator[JobDatabase]:
    made = JobDatabase.in_memory()
    yield made
    made.close()


@pytest.fixture
def on(target: LocalDestination, monkeypatch: pytest.MonkeyPatch) -> On:
    """Let every path, the target's too, lie on a file system of the kind and options given."""

    def lie_on(kind: str, options: str = "rw") -> None:
        mount = Mount("8:1", "/", "/", kind, "/dev/sda1", options) if kind else None
        monkeypatch.setattr(Location, "mount", mount, raising=False)
        target.tree.location.mount = mount

    return lie_on


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was tried out."""
    made: list[str] = []
    original = probing.try_out

    def note(target: LocalDestination, kind: str, doubts: list[OSError]) -> Capabilities:
        made.append(kind)
        return original(target, kind, doubts)

    monkeypatch.setattr(probing, "try_out", note)
    return made


def refuse(monkeypatch: pytest.MonkeyPatch, call: str, code: int) -> None:
    def refusing(*_arguments: Any, **_options: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, call, refusing)


def find(target: LocalDestination, catalog: JobDatabase, *, may_try: bool = True) -> Capabilities:
    return capabilities_of(target, target.root, catalog, may_try=may_try)


def test_the_usual_file_systems_are_not_written_to(
    target: LocalDestination, catalog: JobDatabase, on: On, tries: list[str]
) -> None:
    for kind in ("ext4", "xfs", "btrfs", "tmpfs"):
        on(kind)
        assert find(target, catalog) == ALL
    assert (tries, catalog.fact(CAPABILITIES_KEY)) == ([], None)


def test_where_times_seem_to_be_whole_seconds_they_are_tried_out(
    target: LocalDestination, catalog: JobDatabase, on: On, tries: list[str]
) -> None:
    on("ext3")
    entry = target.root_entry
    target.root_entry = os.stat_result(entry[:10], {"st_ctime_ns": SECOND_NS, "st_mtime_ns": SECOND_NS})
    assert find(target, catalog) == ALL
    assert tries == ["ext3"]


def test_a_folder_that_takes_cases_for_one_is_tried_out(
    target: LocalDestination, catalog: JobDatabase, on: On, tries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    on("ext4")
    monkeypatch.setattr(fcntl, "ioctl", lambda _fd, _request, _room: (0x40000000).to_bytes(8, sys.byteorder))
    find(target, catalog)
    assert tries == ["ext4"]


@pytest.mark.parametrize("kind", ["something new", ""])
def test_what_is_tried_out_is_remembered_and_leaves_nothing(
    target: LocalDestination,
    catalog: JobDatabase,
    on: On,
    tries: list[str],
    place: Path,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    os.utime(place, ns=(1, 1))
    on(kind)
    assert find(target, catalog) == ALL
    assert (os.listdir(place), place.stat().st_mtime_ns) == ([], 1)
    assert find(target, catalog) == ALL
    assert len(tries) == 1
    # Mounted in another way, or after a day, it is tried out again.
    on(kind or "other", "rw,uid=0")
    find(target, catalog)
    assert len(tries) == 2
    later_s = time.time() + 90_000
    monkeypatch.setattr(time, "time", lambda: later_s)
    find(target, catalog)
    assert len(tries) == 3


@pytest.mark.parametrize("text", ["", "x", "1 {}\nkey", "no time {}\nkey"])
def test_a_memory_that_makes_no_sense_is_not_used(
    target: LocalDestination, catalog: JobDatabase, on: On, tries: list[str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on("something new")
    monkeypatch.setattr(probing, "_key", lambda _folder: "key")
    monkeypatch.setattr(time, "time", lambda: 1.0)
    catalog.remember(CAPABILITIES_KEY, text)
    assert find(target, catalog) == ALL
    assert len(tries) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.ENOTCONN])
@pytest.mark.parametrize("call", ["mkdir", "chmod", "symlink", "link", "chown", "utime"])
def test_trouble_is_no_answer(
    target: LocalDestination, catalog: JobDatabase, on: On, call: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if call == "chown" and os.geteuid() != 0:
        pytest.skip("only root gives files away")
    on("something new")
    with monkeypatch.context() as patched:
        refuse(patched, call, code)
        assert find(target, catalog) == ALL
    assert catalog.fact(CAPABILITIES_KEY) is None
    assert find(target, catalog) == ALL
    assert catalog.fact(CAPABILITIES_KEY) is not None


@pytest.mark.parametrize(
    ("call", "code", "missing"),
    [
        ("chmod", errno.EPERM, {"holds_modes": False}),
        ("symlink", errno.ENOSYS, {"holds_links": False}),
        ("link", errno.EPERM, {"holds_hard_links": False}),
        ("utime", errno.EPERM, {"holds_times": False, "holds_link_times": False, "time_step_ns": 2_000_000_000}),
        ("chown", errno.EPERM, {"holds_owner": False}),
    ],
)
def test_a_refusal_is_an_answer(
    target: LocalDestination, call: str, code: int, missing: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if call == "chown" and os.geteuid() != 0:
        pytest.skip("only root gives files away")
    refuse(monkeypatch, call, code)
    assert try_out(target, "something new") == ALL._replace(**missing)


def test_what_is_taken_without_a_word_and_not_kept_is_found_out(
    target: LocalDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in ("chmod", "chown", "utime"):
        monkeypatch.setattr(os, call, lambda *_arguments, **_options: None)
    found = try_out(target, "something new")
    assert (found.holds_modes, found.holds_times) == (False, False)
    assert found.holds_owner is (os.geteuid() != 0)


def test_names_that_come_out_otherwise_are_not_possible(
    target: LocalDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = os.open

    def cut(name: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        return original(name.rstrip(". ") if flags & os.O_CREAT else name, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", cut)
    assert try_out(target, "something new") == ALL._replace(holds_ends=False)


def test_fat_has_its_limits_by_name(target: LocalDestination) -> None:
    found = try_out(target, "vfat")
    assert (found.largest_bytes, found.earliest_ns, found.has_local_times) == (FAT_LARGEST_BYTES, FAT.earliest_ns, True)
    assert try_out(target, "exfat").largest_bytes == NO_LIMIT


def test_on_macos_the_system_says_how_large_a_file_can_be(
    target: LocalDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    for bits, largest in ((33, FAT_LARGEST_BYTES), (64, NO_LIMIT)):
        monkeypatch.setattr(os, "pathconf", lambda _path, _name, bits=bits: bits)
        assert probing._largest_bytes(target, "") == largest
    refuse(monkeypatch, "pathconf", errno.EINVAL)
    assert probing._largest_bytes(target, "") == NO_LIMIT
    assert not takes_case_for_one(target.root)


def test_who_may_not_give_files_away_need_not_know_whether_owners_are_kept(place: Path) -> None:
    with as_nobody(place), LocalDestination(str(place), None) as target:
        assert try_out(target, "something new") == ALL


def test_a_file_system_without_flags_has_not_the_one_for_case() -> None:
    assert not takes_case_for_one("/proc")


def test_what_must_not_be_tried_is_guessed(
    target: LocalDestination, catalog: JobDatabase, on: On, tries: list[str]
) -> None:
    on("vfat")
    assert find(target, catalog, may_try=False) == FAT._replace(largest_bytes=FAT_LARGEST_BYTES)
    on("fuseblk")
    assert not find(target, catalog, may_try=False).limits_names
    found = capabilities_of(target, "/no/such/folder", catalog, may_try=False)
    # As exactly as where the folder is going to lie, not as the temporary one that stands in for it in a dry run.
    assert found == ALL._replace(time_step_ns=2 * SECOND_NS)
    assert tries == []


def test_names_are_taken_for_one_where_it_cannot_be_told(
    target: LocalDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not falls_together(target, "a", "A")
    assert falls_together(target, "a", "a")
    refuse(monkeypatch, "mkdir", errno.ENOSPC)
    assert falls_together(target, "a", "A")


def test_the_table_of_mounts_tells_how_a_volume_is_mounted(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text("36 35 98:0 / / rw - ext4 /dev/sda1 rw,uid=0\n")
    assert [mount.options for mount in mounts.read_mounts(table)] == ["rw,uid=0"]


@pytest.mark.hazard(15, 26)
def test_what_one_error_refused_is_tried_again_within_an_hour_and_what_the_drive_refuses_within_a_day(
    target: LocalDestination, catalog: JobDatabase, on: On, tries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on("something new")
    with monkeypatch.context() as broken:
        refuse(broken, "link", errno.EIO)
        assert not capabilities_of(target, target.root, catalog, may_try=True).holds_hard_links
        capabilities_of(target, target.root, catalog, may_try=True)
    assert len(tries) == 1
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 3_601)
    with monkeypatch.context() as poor:
        refuse(poor, "link", errno.EPERM)
        assert not capabilities_of(target, target.root, catalog, may_try=True).holds_hard_links
    assert len(tries) == 2
    monkeypatch.setattr(time, "time", lambda: now_s + 2 * 3_601)
    assert not capabilities_of(target, target.root, catalog, may_try=True).holds_hard_links
    assert len(tries) == 2
    monkeypatch.setattr(time, "time", lambda: now_s + 26 * 3_600)
    assert capabilities_of(target, target.root, catalog, may_try=True).holds_hard_links

"""The backup is never readable by more people than the source, not even while it is made."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.fs.attribute_calls import ACCESS_LIST, DEFAULT_LIST
from backup_gui.engine.fs.content import TargetError
from backup_gui.engine.restore import writer as restoring
from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.model.errors import HistoryUnusableError
from backup_gui.model.plans import FULL, NO_COUNTS, PassStatus, ProblemCode
from tests.faults.volumes import small_volume
from tests.helpers.access_lists import access_list
from tests.helpers.rig import NOBODY, Rig, as_nobody, paths, place, rig

pytestmark = pytest.mark.posix("no such permissions there")
__all__ = ["place", "rig"]

STRANGER = 1234
PRIVATE, READABLE = 0o700, 0o755


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[os.stat_result]]:
    """The folders above each file of the mirror, as they are when its content is about to come, the root first."""
    found: dict[str, list[os.stat_result]] = {}
    receive = MirrorWriter.receive

    def noting(target: MirrorWriter, path: str, *arguments: Any, **options: Any) -> str:
        parts = path.split("/")[:-1]
        found[path] = [target.tree.folder("/".join(parts[:depth])).stat() for depth in range(len(parts) + 1)]
        return receive(target, path, *arguments, **options)

    monkeypatch.setattr(MirrorWriter, "receive", noting)
    return found


@pytest.mark.hazard(68)
def test_a_new_mirror_is_its_owners_alone_until_it_is_complete(rig: Rig, seen: dict[str, list[os.stat_result]]) -> None:
    rig.source.chmod(READABLE)
    rig.write("secret")
    rig.run()
    assert [stat.S_IMODE(entry.st_mode) for entry in seen["secret"]] == [PRIVATE]
    assert mode_of(rig.mirror) == READABLE


@pytest.mark.hazard(68)
@pytest.mark.parametrize("is_full", [True, False])
@pytest.mark.parametrize("folder", ["", "a", "a/b"])
def test_a_folder_that_became_private_is_so_before_content_comes_into_it(
    rig: Rig, seen: dict[str, list[os.stat_result]], folder: str, *, is_full: bool
) -> None:
    rig.write("a/b/old")
    rig.run()
    (rig.source / folder).chmod(0o710)
    rig.write("a/b/secret")
    rig.run(FULL if is_full else paths(folder, "a/b/secret"))
    depth = folder.count("/") + 1 if folder else 0
    assert stat.S_IMODE(seen["a/b/secret"][depth].st_mode) == 0o710
    rig.check_in_step()


@pytest.mark.hazard(68)
def test_a_folder_that_became_open_is_so_only_when_its_content_is_complete(
    rig: Rig, seen: dict[str, list[os.stat_result]]
) -> None:
    rig.write("a/old")
    (rig.source / "a").chmod(PRIVATE)
    rig.run()
    (rig.source / "a").chmod(READABLE)
    rig.write("a/new")
    rig.run()
    assert stat.S_IMODE(seen["a/new"][1].st_mode) == PRIVATE
    rig.check_in_step()


@pytest.mark.hazard(68)
def test_an_existing_destination_is_tightened_before_the_first_copy(
    rig: Rig, seen: dict[str, list[os.stat_result]]
) -> None:
    rig.mirror.mkdir(mode=READABLE)
    rig.write("secret")
    rig.source.chmod(PRIVATE)
    rig.run()
    assert stat.S_IMODE(seen["secret"][0].st_mode) == PRIVATE


@pytest.mark.hazard(68)
@pytest.mark.root
def test_a_folder_that_changed_hands_lets_its_former_owner_in_no_more(
    rig: Rig, seen: dict[str, list[os.stat_result]]
) -> None:
    rig.write("a/old")
    os.chown(rig.source / "a", STRANGER, STRANGER)
    rig.run()
    os.chown(rig.source / "a", STRANGER + 1, STRANGER + 1)
    rig.write("a/secret")
    rig.run()
    entry = seen["a/secret"][1]
    assert (entry.st_uid, entry.st_gid, stat.S_IMODE(entry.st_mode)) == (STRANGER + 1, STRANGER + 1, PRIVATE)
    rig.check_in_step()


@pytest.mark.hazard(68)
@pytest.mark.parametrize("name", [ACCESS_LIST, DEFAULT_LIST])
def test_somebody_taken_off_a_folders_list_is_kept_out_before_content_comes(
    rig: Rig, seen: dict[str, list[os.stat_result]], name: str
) -> None:
    rig.write("a/old")
    os.setxattr(rig.source / "a", name, access_list(STRANGER))
    rig.run()
    os.removexattr(rig.source / "a", name)
    rig.write("a/secret")
    rig.run()
    assert stat.S_IMODE(seen["a/secret"][1].st_mode) == PRIVATE
    rig.check_in_step()


def test_a_folder_in_which_only_something_changed_stays_as_open_as_it_is(
    rig: Rig, seen: dict[str, list[os.stat_result]]
) -> None:
    rig.write("a/old")
    rig.run()
    rig.write("a/new")
    rig.run()
    assert stat.S_IMODE(seen["a/new"][1].st_mode) == mode_of(rig.source / "a")


# Groups


@pytest.mark.hazard(68)
@pytest.mark.root
def test_a_destination_that_hands_down_its_group_gives_none_to_the_backup(rig: Rig) -> None:
    rig.mirror.mkdir()
    os.chown(rig.mirror, -1, STRANGER)
    rig.mirror.chmod(0o2755)
    rig.write("file")
    rig.write("folder/deep/inside")
    (rig.source / "link").symlink_to("file")
    rig.run()
    groups = {path.lstat().st_gid for path in (rig.mirror, *rig.mirror.rglob("*"))}
    assert groups == {rig.source.stat().st_gid}
    assert rig.run().counts == NO_COUNTS


@pytest.mark.hazard(68)
@pytest.mark.root
@pytest.mark.usefixtures("few_files_are_shared")
def test_the_second_process_gives_no_group_of_the_destination_either(rig: Rig) -> None:
    rig.mirror.mkdir()
    os.chown(rig.mirror, -1, STRANGER)
    rig.mirror.chmod(0o2755)
    for number in range(40):
        rig.write(f"file{number}")
    rig.run()
    assert {path.lstat().st_gid for path in rig.mirror.iterdir()} == {os.getegid()}


@pytest.fixture
def few_files_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    from backup_gui.engine.apply import worker_start

    monkeypatch.setattr(worker_start, "WORTHWHILE_COPIES", 1)


@pytest.mark.hazard(68)
@pytest.mark.root
@pytest.mark.parametrize("is_own", [True, False], ids=["own", "of-another"])
def test_a_users_backup_has_the_users_own_group_where_the_destination_hands_down_another(
    rig: Rig, *, is_own: bool
) -> None:
    rig.write("file").chmod(0o640)
    rig.write("folder/inside").chmod(0o640)
    rig.mirror.mkdir()
    for path in (rig.source, *rig.source.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    # The mode of a folder of somebody else's cannot be changed, and goes on handing down its group.
    os.chown(rig.mirror, NOBODY if is_own else STRANGER, STRANGER)
    rig.mirror.chmod(0o2777)
    rig.options = {"keeps_history": False}
    with as_nobody(rig.source):
        rig.run()
    assert {path.lstat().st_gid for path in rig.mirror.rglob("*")} == {NOBODY}


@pytest.mark.hazard(68)
@pytest.mark.root
@pytest.mark.parametrize("is_shared", [True, False], ids=["both processes", "one process"])
def test_what_only_a_group_could_read_is_not_given_to_another_group(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, *, is_shared: bool
) -> None:
    """A user who is in several groups, of which files can only be given to the one that new files have."""
    from backup_gui.engine.apply import worker_start

    monkeypatch.setattr(worker_start, "WORTHWHILE_COPIES", 1 if is_shared else 1_000)
    modes = {"a": 0o640, "b": 0o660, "c": 0o664, "d": 0o604, "e": 0o755, "f": 0o600, "g": 0o670}
    for name, mode in modes.items():
        rig.write(f"files/{name}", name).chmod(mode)
        (rig.source / f"folder {name}").mkdir()
        (rig.source / f"folder {name}").chmod(mode | 0o100)
    rig.write("own").chmod(0o640)
    rig.mirror.mkdir()
    os.chown(rig.mirror, NOBODY, NOBODY)
    with as_nobody(rig.source):
        os.seteuid(0)
        for path in (*rig.source.glob("files/*"), *rig.source.glob("folder *")):
            os.chown(path, NOBODY, STRANGER)
        os.seteuid(NOBODY)
        rig.options = {"keeps_history": False}
        rig.run()
        assert rig.run().counts.total == 0
        for name in modes:
            (rig.source / f"files/{name}").chmod(0o640)
        rig.run()
        edited = {path.stat().st_mode & 0o777 for path in rig.mirror.glob("files/*")}
        for name, mode in modes.items():
            rig.write(f"files/{name}", f"{name} again").chmod(mode)
        rig.run()
    assert {path.lstat().st_gid for path in rig.mirror.rglob("*")} == {NOBODY}
    assert edited == {0o600}
    got = {name: (rig.mirror / f"files/{name}").stat().st_mode & 0o777 for name in modes}
    assert got == {"a": 0o600, "b": 0o600, "c": 0o644, "d": 0o600, "e": 0o755, "f": 0o600, "g": 0o600}
    folders = {name: (rig.mirror / f"folder {name}").stat().st_mode & 0o777 for name in modes}
    assert folders == {"a": 0o700, "b": 0o700, "c": 0o744, "d": 0o700, "e": 0o755, "f": 0o700, "g": 0o700}
    assert (rig.mirror / "own").stat().st_mode & 0o777 == 0o640


@pytest.mark.hazard(68)
@pytest.mark.root
def test_what_is_restored_is_not_given_to_another_group_either(rig: Rig) -> None:
    rig.write("folder/file").chmod(0o640)
    (rig.source / "folder").chmod(0o750)
    for path in (rig.source, *rig.source.rglob("*")):
        os.chown(path, NOBODY, STRANGER)
    rig.run()
    to = rig.root / "restored"
    to.mkdir()
    # As somebody who may read the backup.
    os.chown(rig.mirror, NOBODY, STRANGER)
    with as_nobody(to):
        restore_path(str(rig.mirror), None, "folder", None, str(to))
    modes = {path.relative_to(to).as_posix(): path.stat().st_mode & 0o777 for path in to.rglob("*")}
    assert modes == {"folder": 0o700, "folder/file": 0o600}


@pytest.mark.hazard(68)
def test_an_access_list_opens_nothing_until_the_mode_is_set(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mode leaves people out whom the list names, where the group is another one; a list may leave as well."""
    seen: list[int] = []

    def watched(real: Callable[..., None]) -> Callable[..., None]:
        def change(where: int | str, name: str, *arguments: Any, **options: Any) -> None:
            real(where, name, *arguments, **options)
            if name == ACCESS_LIST:
                seen.append(os.stat(where).st_mode & 0o077)

        return change

    for call in ("setxattr", "removexattr"):
        monkeypatch.setattr(os, call, watched(getattr(os, call)))
    for path in (rig.write("new"), rig.write("folder/new"), rig.source / "folder"):
        os.setxattr(path, ACCESS_LIST, access_list(STRANGER))
    rig.write("without")
    rig.run()
    rig.check_in_step()
    os.setxattr(rig.source / "without", ACCESS_LIST, access_list(STRANGER))
    for name in ("new", "folder"):
        os.removexattr(rig.source / name, ACCESS_LIST)
    seen.clear()
    rig.run()
    rig.check_in_step()
    assert seen
    assert set(seen) == {0}


# Set-id bits


@pytest.fixture
def nosuid(tmp_path: Path) -> Iterator[Path]:
    with small_volume(tmp_path / "stick", "size=1m,nosuid,mode=755") as stick:
        yield stick


@pytest.mark.hazard(69)
@pytest.mark.root
@pytest.mark.parametrize("is_below", [True, False])
def test_set_id_bits_of_a_volume_that_is_not_trusted_with_them_are_not_mirrored(
    tmp_path: Path, nosuid: Path, *, is_below: bool
) -> None:
    from backup_gui.engine.state.database import JobDatabase

    rig = Rig(tmp_path, JobDatabase.in_memory())
    source = tmp_path if is_below else nosuid
    destination = tmp_path.parent / f"{tmp_path.name}-mirror"
    rig.options = {"source": str(source / "source"), "destination": str(destination)}
    home = nosuid / "source" if not is_below else tmp_path / "source" / "stick"
    home.mkdir(parents=True)
    if is_below:
        subprocess.run(["mount", "--bind", str(nosuid), str(home)], check=True)
        subprocess.run(["mount", "-o", "remount,bind,nosuid", str(home)], check=True)
    try:
        (home / "tool").write_bytes(b"#!")
        (home / "tool").chmod(0o6755)
        (home / "shared").mkdir()
        (home / "shared").chmod(0o2755)
        rig.run()
        there = destination / home.relative_to(source / "source")
        assert mode_of(there / "tool") == 0o755
        # Of a folder the bit gives nobody any rights.
        assert mode_of(there / "shared") == 0o2755
        assert rig.run().counts == NO_COUNTS
    finally:
        if is_below:
            subprocess.run(["umount", "--lazy", str(home)], check=True)
        rig.catalog.close()


@pytest.mark.hazard(69)
@pytest.mark.parametrize("keeps", [False, True])
def test_a_restored_program_runs_as_its_owner_only_if_that_is_asked_for(rig: Rig, *, keeps: bool) -> None:
    rig.write("tool").chmod(0o6755)
    rig.run()
    to = rig.root / "restored"
    restore_path(str(rig.mirror), str(rig.history), "tool", None, str(to), keeps_set_id=keeps)
    assert mode_of(to / "tool") == (0o6755 if keeps else 0o755)


# The history


@pytest.fixture
def changed(rig: Rig) -> Rig:
    """A mirror of which a file is going to be kept."""
    rig.write("sub/file", "old")
    rig.run()
    rig.write("sub/file", "newer")
    return rig


def make_other_users(history: Path) -> None:
    history.mkdir(mode=PRIVATE)
    os.chown(history, STRANGER, STRANGER)


@pytest.mark.hazard(69)
@pytest.mark.root
@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (lambda history: history.symlink_to(history.parent / "victim"), "is a link"),
        (make_other_users, "belongs to another user"),
        (lambda history: (history.mkdir(), history.chmod(0o777)), "may write in"),
        (lambda history: (history.mkdir(), history.chmod(0o775)), "may write in"),
        (lambda history: history.write_bytes(b""), "is not a folder"),
    ],
    ids=["link", "other-user", "open-to-all", "open-to-group", "file"],
)
def test_a_history_that_others_decide_about_is_refused_by_name(
    changed: Rig, plant: Callable[[Path], object], sentence: str
) -> None:
    (changed.root / "victim").mkdir()
    if changed.history.exists():
        changed.history.rename(changed.root / "before")
    plant(changed.history)
    with pytest.raises(HistoryUnusableError, match=sentence) as raised:
        changed.run()
    assert str(changed.history) in str(raised.value)
    assert list((changed.root / "victim").iterdir()) == []
    assert (changed.mirror / "sub/file").read_bytes() == b"old"


@pytest.mark.hazard(69)
def test_a_link_planted_in_the_history_is_named_as_what_it_is(changed: Rig) -> None:
    (changed.root / "victim").mkdir()
    changed.history.mkdir(mode=PRIVATE, exist_ok=True)
    (changed.history / "sub").symlink_to(changed.root / "victim")
    report = changed.run()
    assert report.status is PassStatus.PROBLEMS
    (found,) = report.problems
    assert (found.path, found.code) == ("sub/file", ProblemCode.LINK_IN_HISTORY)
    assert found.reason.endswith(": sub")
    assert list((changed.root / "victim").iterdir()) == []
    assert (changed.mirror / "sub/file").read_bytes() == b"old"
    (changed.history / "sub").unlink()
    assert changed.run().status is PassStatus.COMPLETE


# What cannot be told before the file is closed


@pytest.mark.hazard(69)
def test_a_copy_that_could_not_be_written_whole_is_no_copy_though_only_its_closing_tells(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("file")
    rig.run()
    rig.write("file", "newer")
    close = os.close

    def failing(fd: int) -> None:
        path = os.readlink(f"/proc/self/fd/{fd}")
        close(fd)
        if "/mirror/.~bg-" in path:
            raise OSError(122, "Disk quota exceeded")

    monkeypatch.setattr(os, "close", failing)
    report = rig.run()
    monkeypatch.undo()
    assert [(problem.path, problem.code) for problem in report.problems] == [("file", ProblemCode.NO_SPACE)]
    assert (rig.mirror / "file").read_bytes() == b"content"
    assert rig.temporaries() == []
    rig.run()
    rig.check_in_step()


def test_what_is_restored_is_not_called_restored_if_its_closing_fails(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("file")
    rig.run()

    def failing(fd: int) -> None:
        os.close(fd)
        raise TargetError(122, "Disk quota exceeded")

    monkeypatch.setattr(restoring, "close_written", failing)
    to = rig.root / "restored"
    result = restore_path(str(rig.mirror), None, "file", None, str(to))
    assert (result.restored, list(to.iterdir())) == ((), [])
    assert [path for path, _ in result.failed] == ["file"]

"""The primitives that write: each safe by itself, none through a link, none over what it was not told of."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_writer import make_private_folder
from backup_gui.engine.fs import content as transfer_module
from backup_gui.engine.fs.content import Cancelled, TargetError
from backup_gui.engine.fs.system import syscalls as system
from backup_gui.engine.rules.version_names import version_path
from backup_gui.model.errors import DestinationBusyError, HistoryUnusableError
from backup_gui.model.paths import is_temporary
from tests.helpers.descriptors import open_below
from tests.helpers.rig import HOSTILE_NAMES, LONG_AGO_NS, as_nobody
from tests.helpers.single import discard, move, publish, receive, remove_folder
from tests.helpers.systems import IS_POSIX, folder_class
from tests.helpers.trees import contents, read_tree
from tests.helpers.windows import FakeWindows, use_windows

if sys.platform != "win32":
    import fcntl

    from backup_gui.engine.fs import posix

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


class Place:
    """A destination with a history, and a source file to receive."""

    def __init__(self, root: Path) -> None:
        self.root, self.mirror, self.history = root, root / "mirror", root / "history"
        self.mirror.mkdir()
        self.source = root / "source"
        self.source.write_bytes(b"content")
        self.target = LocalDestination(str(self.mirror), str(self.history))

    def receive(self, path: str = "file") -> str:
        fd = os.open(self.source, os.O_RDONLY)
        try:
            return receive(self.target, path, fd)
        finally:
            os.close(fd)


@pytest.fixture
def at(place: Path) -> Iterator[Place]:
    made = Place(place)
    yield made
    made.target.close()


def refuse(code: int) -> Callable[..., None]:
    def call(*_arguments: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code))

    return call


# New content


def test_a_file_is_received_with_all_that_belongs_to_it(at: Place) -> None:
    at.source.chmod(0o6751)
    os.utime(at.source, ns=(LONG_AGO_NS, LONG_AGO_NS + 1))
    name = at.receive()
    status = (at.mirror / name).stat()
    assert is_temporary(name)
    assert (at.mirror / name).read_bytes() == b"content"
    given = at.source.stat()
    assert stat.S_IMODE(status.st_mode) == stat.S_IMODE(given.st_mode)
    assert (status.st_atime_ns, status.st_mtime_ns) in {
        (given.st_atime_ns, given.st_mtime_ns),
        (status.st_atime_ns, given.st_mtime_ns),
    }
    if IS_POSIX:
        assert (stat.S_IMODE(given.st_mode), given.st_mtime_ns) == (0o6751, LONG_AGO_NS + 1)
    assert at.receive() != name


@pytest.mark.hazard(26)
@pytest.mark.root
def test_the_owner_comes_before_the_set_id_bits(at: Place) -> None:
    os.chown(at.source, 1234, 4321)
    at.source.chmod(0o6755)
    status = (at.mirror / at.receive()).stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o6755)


@pytest.mark.posix("modes")
def test_a_temporary_can_be_read_by_nobody_else_while_it_is_written(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    at.source.chmod(0o644)
    seen: list[int] = []

    def look(_fd: int, out: int, *_rest: object) -> None:
        seen.append(stat.S_IMODE(os.fstat(out).st_mode))

    monkeypatch.setattr(transfer_module, "transfer", look)
    at.receive()
    assert seen == [0o600]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), Cancelled(), KeyboardInterrupt()])
def test_what_could_not_be_received_leaves_nothing(
    at: Place, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(transfer_module, "transfer", fail)
    before = open_below(at.root)
    with pytest.raises(type(error)):
        at.receive()
    assert read_tree(at.mirror) == {}
    assert open_below(at.root) == before


def test_a_temporary_that_cannot_be_made_is_the_destinations_fault(at: Place) -> None:
    with pytest.raises(TargetError) as caught:
        at.receive("no such folder/file")
    assert caught.value.errno == errno.ENOENT
    outside = at.root / "outside"
    outside.mkdir()
    (at.mirror / "link").symlink_to(outside)
    with pytest.raises(TargetError):
        at.receive("link/file")
    assert list(outside.iterdir()) == []


def test_publishing_replaces_only_what_it_may(at: Place) -> None:
    (at.mirror / "taken").write_bytes(b"a stranger's")
    (at.mirror / "dangling").symlink_to(at.root / "outside")
    for name in ("taken", "dangling"):
        temporary = at.receive()
        with pytest.raises(FileExistsError):
            publish(at.target, temporary, name, may_replace=False)
        assert (at.mirror / temporary).exists()
        publish(at.target, temporary, name, may_replace=True)
    publish(at.target, at.receive(), "new", may_replace=False)
    assert contents(at.mirror) == dict.fromkeys(("taken", "dangling", "new"), b"content")
    assert not (at.root / "outside").exists()


@pytest.mark.posix("renameat2")
@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP])
def test_where_a_rename_cannot_spare_what_is_there_it_is_looked_for_first(
    at: Place, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:

    def renameat2(*_arguments: object) -> int:
        ctypes.set_errno(code)
        return -1

    monkeypatch.setattr(posix, "_rename_new", renameat2)
    (at.mirror / "taken").write_bytes(b"a stranger's")
    with pytest.raises(FileExistsError):
        publish(at.target, at.receive(), "taken", may_replace=False)
    publish(at.target, at.receive(), "new", may_replace=False)
    assert (at.mirror / "new").read_bytes() == b"content"
    assert (at.mirror / "taken").read_bytes() == b"a stranger's"


def test_links_are_made_under_a_temporary_name(at: Place) -> None:
    name = at.target.create_link("link", "any\udcfftext")
    assert is_temporary(name)
    assert os.readlink(at.mirror / name) == "any\udcfftext"
    discard(at.target, name)
    discard(at.target, name)
    assert read_tree(at.mirror) == {}


def test_folders_are_made_for_their_owner_only(at: Place) -> None:
    at.target.make_folder("a")
    at.target.make_folder("a/b")
    assert at.target.reveal() == {}
    if IS_POSIX:
        assert stat.S_IMODE((at.mirror / "a" / "b").stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        at.target.make_folder("a")


@pytest.mark.posix("folders that are open can be renamed")
def test_a_new_folder_is_seen_complete_or_not_at_all(at: Place) -> None:
    (at.mirror / "old").mkdir()
    at.target.make_folder("old/new")
    at.target.make_folder("old/new/deep")
    (at.root / "text").write_text("x")
    temporary = at.receive("old/new/deep/file")
    assert temporary == "old/new/deep/file"
    publish(at.target, temporary, "old/new/deep/file", may_replace=False)
    assert at.target.create_link("old/new/link", "text") == "old/new/link"
    assert at.target.has_unseen_folders
    (seen,) = os.listdir(at.mirror / "old")
    assert is_temporary(seen)
    assert at.target.reveal() == {}
    assert not at.target.has_unseen_folders
    assert set(read_tree(at.mirror)) == {"old", "old/new", "old/new/deep", "old/new/deep/file", "old/new/link"}
    # From now on it is a folder like any other.
    assert is_temporary(at.receive("old/new/second").rpartition("/")[2])
    at.target.make_folder("old/new/later")
    assert at.target.has_unseen_folders
    at.target.drop_unseen_folders()
    assert not at.target.has_unseen_folders
    assert not (at.mirror / "old" / "new" / "later").exists()


@pytest.mark.posix("folders that are open can be renamed")
def test_a_new_folder_whose_name_is_taken_goes_with_what_is_in_it(at: Place) -> None:
    at.target.make_folder("a")
    at.target.make_folder("a/deep")
    at.receive("a/deep/file")
    (at.mirror / "a").write_bytes(b"a stranger's")
    (path,) = at.target.reveal()
    assert path == "a"
    assert contents(at.mirror) == {"a": b"a stranger's"}
    assert set(read_tree(at.mirror)) == {"a"}


@pytest.mark.posix("folders that are open can be renamed")
def test_new_folders_that_are_dropped_leave_nothing(at: Place) -> None:
    for path in ("a", "a/b", "c"):
        at.target.make_folder(path)
    at.receive("a/b/file")
    at.target.drop_unseen_folders()
    assert read_tree(at.mirror) == {}
    at.target.make_folder("a")
    assert at.target.reveal() == {}
    assert set(read_tree(at.mirror)) == {"a"}


def test_a_root_is_made_with_the_folders_above_it(place: Path) -> None:
    make_private_folder(str(place / "a" / "b"))
    make_private_folder(str(place / "a" / "b"))
    assert (place / "a" / "b").is_dir()
    if IS_POSIX:
        assert stat.S_IMODE((place / "a" / "b").stat().st_mode) == 0o700


# What is there already


def test_a_move_is_never_onto_something(at: Place) -> None:
    (at.mirror / "from").mkdir()
    (at.mirror / "from" / "a").write_bytes(b"a")
    (at.mirror / "b").write_bytes(b"b")
    at.target.list("from")
    with pytest.raises(FileExistsError):
        move(at.target, "from/a", "b")
    move(at.target, "from/a", "a")
    move(at.target, "from", "to")
    assert at.target.look("from/a") is None
    assert set(read_tree(at.mirror)) == {"a", "b", "to"}


def test_what_leaves_is_kept_under_its_time_and_counted(at: Place) -> None:
    (at.mirror / "docs").mkdir()
    for content in (b"1", b"2", b"3"):
        (at.mirror / "docs" / "a.txt").write_bytes(content)
        at.target.history.keep("docs/a.txt", NOON, leaves=True)
        assert not (at.mirror / "docs" / "a.txt").exists()
    assert contents(at.history) == {
        version_path("docs/a.txt", NOON, count): b"123"[count : count + 1] for count in range(3)
    }
    assert at.target.history.keep("docs/a.txt", NOON, leaves=True) is None
    assert at.target.history.keep("no/such/folder/a", NOON, leaves=False) is None
    assert len(read_tree(at.history)) == 4


def test_what_stays_until_it_is_replaced_is_kept_at_once(at: Place) -> None:
    (at.mirror / "a").write_bytes(b"old")
    (at.mirror / "link").symlink_to("a")
    assert at.target.history.keep("a", NOON, leaves=False) == version_path("a", NOON)
    assert at.target.history.keep("link", NOON, leaves=False) == version_path("link", NOON)
    assert (at.mirror / "a").read_bytes() == b"old"
    publish(at.target, at.receive(), "a", may_replace=True)
    assert contents(at.history) == {version_path("a", NOON): b"old"}
    assert os.readlink(at.history / version_path("link", NOON)) == "a"


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def test_where_there_are_no_hard_links_a_version_is_kept_by_its_rename(
    at: Place, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    (at.mirror / "a").write_bytes(b"old")
    monkeypatch.setattr(folder_class(), "link_at", refuse(code))
    assert at.target.history.keep("a", NOON, leaves=False) is not None
    assert contents(at.history) == {version_path("a", NOON): b"old"}
    assert read_tree(at.mirror) == {}


def test_what_cannot_be_kept_stays_where_it_is(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (at.mirror / "a").write_bytes(b"old")
    monkeypatch.setattr(folder_class(), "link_at", refuse(errno.EIO))
    with pytest.raises(OSError, match=r"(?i)input/output"):
        at.target.history.keep("a", NOON, leaves=False)
    history, at.target.history._tree = at.target.history._tree, None
    assert history is not None
    history.close()
    at.history.rmdir()
    at.history.symlink_to(at.root / "nowhere")
    with pytest.raises(HistoryUnusableError, match="is not a folder"):
        at.target.history.keep("a", NOON, leaves=True)
    assert contents(at.mirror) == {"a": b"old"}


@pytest.mark.parametrize("leaves", [True, False])
@pytest.mark.usefixtures("open_folders_go")
def test_a_history_removed_meanwhile_is_made_anew(at: Place, *, leaves: bool) -> None:
    (at.mirror / "docs").mkdir()
    for name in ("a", "b", "c"):
        (at.mirror / "docs" / name).write_bytes(name.encode())
    at.target.history.keep("docs/a", NOON, leaves=True)
    shutil.rmtree(at.history / "docs")
    assert at.target.history.keep("docs/b", NOON, leaves=leaves) is not None
    shutil.rmtree(at.history)
    assert at.target.history.keep("docs/c", NOON, leaves=leaves) is not None
    assert contents(at.history) == {version_path("docs/c", NOON): b"c"}


def test_a_folder_is_no_version(at: Place) -> None:
    (at.mirror / "a").mkdir()
    (at.mirror / "a" / "b").touch()
    with pytest.raises(IsADirectoryError):
        at.target.history.keep("a", NOON, leaves=True)
    assert set(read_tree(at.mirror)) == {"a", "a/b"}


def test_names_of_every_sort_are_kept(at: Place) -> None:
    for name in HOSTILE_NAMES:
        (at.mirror / name).write_bytes(b"x")
        assert at.target.history.keep(name, NOON, leaves=True) == version_path(name, NOON)
    assert len(contents(at.history)) == len(HOSTILE_NAMES)


def test_without_a_history_nothing_is_kept(at: Place) -> None:
    with LocalDestination(str(at.mirror), None) as target:
        (at.mirror / "a").touch()
        assert not target.keeps_history
        assert target.history.keep("a", NOON, leaves=True) is None
        assert (at.mirror / "a").exists()
        target._mirror.remove_file("a")
        target._mirror.remove_file("a")
        assert read_tree(at.mirror) == {}
    assert at.target.keeps_history


def test_only_empty_folders_are_removed(at: Place) -> None:
    (at.mirror / "a" / "b").mkdir(parents=True)
    at.target.list("a/b")
    assert remove_folder(at.target, "a") is False
    assert remove_folder(at.target, "a/b") is True
    assert remove_folder(at.target, "a") is True
    assert remove_folder(at.target, "a") is True
    (at.mirror / "file").touch()
    with pytest.raises(NotADirectoryError):
        remove_folder(at.target, "file")


def test_metadata_is_set_on_what_it_is_for_and_on_nothing_else(at: Place) -> None:
    outside = at.root / "outside"
    outside.write_bytes(b"precious")
    outside.chmod(0o644)
    before = outside.stat()
    (at.mirror / "link").symlink_to(outside)
    at.source.chmod(0o4711)
    os.utime(at.source, ns=(1, 2))
    at.target.set_metadata("link", at.source.stat())
    now = outside.stat()
    assert (now.st_mode, now.st_mtime_ns, now.st_ctime_ns) == (before.st_mode, before.st_mtime_ns, before.st_ctime_ns)
    (at.mirror / "file").touch()
    at.target.set_metadata("file", at.source.stat())
    status = (at.mirror / "file").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o4711, 2)
    at.target.set_metadata("", at.mirror.stat())


def test_metadata_of_the_root_is_set(at: Place) -> None:
    folder = at.root / "folder"
    folder.mkdir(mode=0o711)
    os.utime(folder, ns=(1, LONG_AGO_NS))
    at.target.set_metadata("", folder.stat())
    status = at.mirror.stat()
    wanted = (0o711, LONG_AGO_NS) if IS_POSIX else (stat.S_IMODE(folder.stat().st_mode), WINDOWS_NS)
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == wanted


@pytest.mark.posix("chmod")
def test_on_other_systems_metadata_is_set_by_path(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (at.mirror / "file").touch()
    at.source.chmod(0o640)
    calls: list[tuple[object, ...]] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        patch.setattr(os, "chmod", lambda *arguments, **_options: calls.append(arguments))
        at.target.set_metadata("file", at.source.stat())
    assert calls == [("file", 0o640)]


# Windows counts hundreds of nanoseconds.
WINDOWS_NS = LONG_AGO_NS // 100 * 100


@pytest.mark.posix("the stand-in is a folder of Linux")
def test_on_windows_metadata_is_set_by_handle(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(at.root, ns=(LONG_AGO_NS, LONG_AGO_NS))
    use_windows(monkeypatch, FakeWindows())
    with LocalDestination(str(at.mirror), None) as target:
        target.set_metadata("", at.root.stat())
    assert at.mirror.stat().st_mtime_ns == WINDOWS_NS


@pytest.mark.posix("the stand-in is a folder of Linux")
def test_on_windows_a_copy_gets_its_times(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(at.source, ns=(LONG_AGO_NS, LONG_AGO_NS))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        assert system.own_ids() == (-1, -1)
        assert system.system_call("syncfs") is None
    use_windows(monkeypatch, FakeWindows())
    with LocalDestination(str(at.mirror), None) as at.target:
        name = at.receive()
    assert (at.mirror / name).stat().st_mtime_ns == WINDOWS_NS


def test_free_room_is_told(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert at.target.room().free_bytes == pytest.approx(shutil.disk_usage(at.mirror).free, rel=0.2)
    if not IS_POSIX:
        return
    use_windows(monkeypatch, FakeWindows())
    with LocalDestination(str(at.mirror), None) as target:
        assert target.room().free_bytes > 0


# Write-protected folders, as the user who owns them


def test_write_protected_folders_are_opened_up_by_their_owner(at: Place) -> None:
    for name in ("a", "b"):
        (at.mirror / name / "below").mkdir(parents=True)
        (at.mirror / name / "old").touch()
    with as_nobody(at.root), LocalDestination(str(at.mirror), str(at.history)) as target:
        made = at.target
        at.target = target

        def lock() -> None:
            for name in ("a", "b"):
                (at.mirror / name).chmod(0o555)

        lock()
        at.receive("a/file")
        lock()
        target.create_link("a/link", "text")
        lock()
        target.make_folder("a/new")
        target.reveal()
        lock()
        move(target, "a/old", "b/moved")
        lock()
        target.history.keep("b/moved", NOON, leaves=True)
        lock()
        target._mirror.remove_file("b/old")
        lock()
        assert remove_folder(target, "b/below")
        assert not target.holds_owner
        at.target = made
    assert {path for path in read_tree(at.mirror) if not is_temporary(path[2:])} == {"a", "b", "a/below", "a/new"}


def test_others_folders_are_left_as_they_are(at: Place) -> None:
    (at.mirror / "a").mkdir()
    (at.mirror / "a" / "file").touch()
    (at.mirror / "a").chmod(0o755)
    with as_nobody(at.source), LocalDestination(str(at.mirror), None) as target:
        if os.geteuid() == at.mirror.stat().st_uid:
            pytest.skip("nobody else here")
        for call in (
            lambda: target.create_link("a/link", "x"),
            lambda: target.make_folder("a/b"),
            lambda: target._mirror.remove_file("a/file"),
            lambda: move(target, "a/file", "a/other"),
        ):
            with pytest.raises(PermissionError):
                call()
    assert set(read_tree(at.mirror)) == {"a", "a/file"}


# Reaching the disk


@pytest.fixture
def by_file(at: Place, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the volume be one that cannot be flushed as a whole; what is flushed is noted by name."""
    flushed: list[str] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        flushed.append(os.path.relpath(os.readlink(f"/proc/self/fd/{fd}"), at.root))
        real(fd)

    at.target._mirror.syncs_whole = False
    monkeypatch.setattr(os, "fsync", fsync)
    return flushed


@pytest.mark.posix("what is flushed is seen by its descriptor")
def test_each_file_and_each_folder_that_changed_is_flushed(at: Place, by_file: list[str]) -> None:
    at.target.make_folder("a")
    at.target.make_folder("a/b")
    at.target.reveal()
    at.target.flush()
    assert sorted(by_file) == ["mirror", "mirror/a"]
    by_file.clear()
    temporary = at.receive("a/b/file")
    assert by_file == [f"mirror/{temporary}"]
    by_file.clear()
    publish(at.target, temporary, "a/b/file", may_replace=False)
    at.target.flush()
    assert by_file == ["mirror/a/b"]
    by_file.clear()
    at.target.flush()
    assert by_file == []
    move(at.target, "a/b/file", "moved")
    at.target.flush()
    assert sorted(by_file) == ["mirror", "mirror/a/b", "mirror/moved"]
    by_file.clear()
    at.target.history.keep("moved", NOON, leaves=True)
    at.target.flush()
    assert sorted(by_file) == [".", "history", "mirror"]
    by_file.clear()
    remove_folder(at.target, "a/b")
    (at.mirror / "a" / "x").touch()
    at.target._mirror.remove_file("a/x")
    shutil.rmtree(at.mirror / "a")
    at.target.tree.forget()
    at.target.flush()
    assert by_file == []


@pytest.mark.posix("what is flushed is seen by its descriptor")
def test_a_new_folder_is_flushed_before_it_is_seen_and_its_name_after(at: Place, by_file: list[str]) -> None:
    at.target.make_folder("a")
    at.target.make_folder("a/b")
    for path in ("a/file", "a/b/file"):
        publish(at.target, at.receive(path), path, may_replace=False)
    link = at.target.create_link("a/b/link", "text")
    publish(at.target, link, "a/b/link", may_replace=False)
    by_file.clear()
    (staged,) = os.listdir(at.mirror)
    at.target.flush()
    assert {f"mirror/{staged}", f"mirror/{staged}/b"} <= set(by_file)
    by_file.clear()
    at.target.reveal()
    at.target.flush()
    assert by_file == ["mirror"]


@pytest.mark.posix("what is flushed is seen by its descriptor")
def test_new_folders_of_the_history_are_flushed_into_their_parents(at: Place, by_file: list[str]) -> None:
    (at.mirror / "a" / "b").mkdir(parents=True)
    (at.mirror / "a" / "b" / "file").touch()
    at.target.history.keep("a/b/file", NOON, leaves=True)
    at.target.flush()
    assert sorted(by_file) == [".", "history", "history/a", "history/a/b", "mirror/a/b"]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EBADF, errno.ENOTSUP])
def test_a_server_that_flushes_no_folders_is_taken_as_it_is(
    at: Place, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    at.target._mirror.syncs_whole = False
    at.target.make_folder("a")
    monkeypatch.setattr(os, "fsync", refuse(code))
    at.target.flush()


@pytest.mark.posix("syncfs")
def test_a_flush_that_fails_is_told(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    at.target.make_folder("a")

    def syncfs(_fd: int) -> int:
        ctypes.set_errno(errno.EIO)
        return -1

    monkeypatch.setattr(system, "_syncfs", syncfs)
    at.target._mirror.syncs_whole = True
    with pytest.raises(OSError, match="Input/output"):
        at.target.flush()
    at.target._mirror.syncs_whole = False
    at.target.make_folder("b")
    monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
    with pytest.raises(OSError, match="Input/output"):
        at.target.flush()


# Locks


@pytest.mark.posix("folders are locked")
def test_a_locked_destination_is_busy(at: Place) -> None:
    at.target.lock()
    at.target.lock()
    with LocalDestination(str(at.mirror), None) as second, pytest.raises(DestinationBusyError):
        second.lock()
    at.target.close()
    with LocalDestination(str(at.mirror), None) as third:
        third.lock()


@pytest.mark.posix("folders are locked")
def test_where_folders_cannot_be_locked_the_pass_goes_on(at: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", refuse(errno.ENOLCK))
    at.target.lock()
    use_windows(monkeypatch, FakeWindows())
    with LocalDestination(str(at.mirror), None) as target:
        target.lock()


def test_a_destination_that_is_no_folder_is_refused(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(NotADirectoryError):
        LocalDestination(str(place / "file"), None)
    with pytest.raises(FileNotFoundError):
        LocalDestination(str(place / "none"), None)

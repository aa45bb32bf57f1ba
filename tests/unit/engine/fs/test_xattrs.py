"""Extended attributes and access lists: which are carried along, how, and what becomes of those that are refused."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from backup_gui.engine.fs import xattrs as attributes_module
from backup_gui.engine.fs.attribute_calls import ACCESS_LIST, CALLS, DEFAULT_LIST, NoAttributes
from backup_gui.engine.fs.native import open_root
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.fs.xattrs import (
    IN_STEP,
    attributes_of,
    attributes_of_source,
    copy_attributes,
    have_same_attributes,
    inherited_in,
    is_carried,
    read_attributes,
    set_attributes,
)
from tests.helpers.access_lists import access_list
from tests.helpers.systems import folder_class
from tests.helpers.trees import read_attributes as attributes_at

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="extended attributes are mirrored on Linux")


def refuse(code: int, only: str = "") -> Callable[..., None]:
    real = os.setxattr

    def call(where: int | str, name: str, *arguments: object, **options: object) -> None:
        if name.startswith(only):
            raise OSError(code, os.strerror(code))
        real(where, name, *arguments, **options)  # type: ignore[arg-type]

    return call


@pytest.fixture
def file(place: Path) -> Path:
    made = place / "file"
    made.write_bytes(b"content")
    os.setxattr(made, "user.a", b"1")
    os.setxattr(made, ACCESS_LIST, access_list(1234))
    return made


@pytest.fixture
def other(place: Path) -> Path:
    made = place / "other"
    made.write_bytes(b"content")
    return made


@pytest.mark.parametrize(
    ("name", "is_superuser", "wanted"),
    [
        ("user.anything", False, True),
        ("system.posix_acl_access", False, True),
        ("system.posix_acl_default", False, True),
        ("system.nfs4_acl", True, False),
        ("btrfs.compression", True, False),
        ("security.capability", True, True),
        ("security.capability", False, False),
        ("trusted.anything", True, True),
        ("trusted.anything", False, False),
        ("security.selinux", True, False),
        ("trusted.SGI_ACL_FILE", True, False),
        ("security.ima", True, False),
        ("security.evm", True, False),
        ("security.SMACK64EXEC", True, False),
    ],
)
def test_what_a_system_keeps_itself_is_not_carried(
    monkeypatch: pytest.MonkeyPatch, name: str, *, is_superuser: bool, wanted: bool
) -> None:
    monkeypatch.setattr(attributes_module, "own_ids", lambda: (0, 0) if is_superuser else (1000, 1000))
    assert is_carried(name) is wanted


def test_where_there_are_none_nothing_is_reached_for_them(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attributes_module, "CALLS", NoAttributes())
    monkeypatch.setattr(folder_class(), "path_of", lambda *_arguments: pytest.fail("a path was found out"))
    with Tree(str(file.parent)) as tree:
        assert attributes_of_source(tree, file.name) == {}


def test_attributes_are_brought_into_step_both_ways(file: Path, other: Path) -> None:
    os.setxattr(other, "user.a", b"2")
    os.setxattr(other, "user.too much", b"")
    assert set_attributes(str(other), read_attributes(str(file))) == IN_STEP
    # An access list opens what it is for with the mode.
    other.chmod(file.stat().st_mode)
    assert attributes_at(other) == attributes_at(file) != ()
    assert set_attributes(str(other), {}) == IN_STEP
    assert attributes_at(other) == ()


def test_attributes_of_open_files_are_copied(file: Path, other: Path) -> None:
    with file.open("rb") as original, other.open("r+b") as copy:
        assert copy_attributes(original.fileno(), copy.fileno()) == IN_STEP
        os.fchmod(copy.fileno(), file.stat().st_mode)
    assert attributes_at(other) == attributes_at(file)


@pytest.mark.parametrize("code", [errno.EOPNOTSUPP, errno.ENOSPC, errno.E2BIG, errno.EINVAL])
def test_what_a_file_system_cannot_hold_is_left_out_and_the_rest_is_set(
    file: Path, other: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    wanted = read_attributes(str(file))
    monkeypatch.setattr(os, "setxattr", refuse(code, "system."))
    outcome = set_attributes(str(other), wanted)
    assert (outcome.are_held, outcome.error) == (False, None)
    assert attributes_at(other) == (("user.a", b"1"),)


@pytest.mark.parametrize("code", [errno.EIO, errno.EPERM, errno.EACCES])
def test_what_may_go_better_the_next_time_is_told_and_the_rest_is_set(
    file: Path, other: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    wanted = read_attributes(str(file))
    monkeypatch.setattr(os, "setxattr", refuse(code, "system."))
    outcome = set_attributes(str(other), wanted)
    assert outcome.error is not None
    assert outcome.error.errno == code
    assert attributes_at(other) == (("user.a", b"1"),)


def test_being_the_superuser_may_not_be_enough(other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "setxattr", refuse(errno.EPERM))
    outcome = set_attributes(str(other), {"trusted.a": b"1", "security.capability": b"2"})
    assert (outcome.are_held, outcome.error) == (False, None)


def test_what_cannot_be_read_is_told(file: Path, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    for call in ("listxattr", "getxattr"):
        with monkeypatch.context() as patch, file.open("rb") as original, other.open("r+b") as copy:
            patch.setattr(os, call, fail)
            with pytest.raises(OSError, match="Input/output"):
                read_attributes(str(file))
            assert set_attributes(str(file), {}).error is not None
            assert copy_attributes(original.fileno(), copy.fileno()).error is not None


def test_an_attribute_gone_since_it_was_listed_is_none(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listxattr", lambda *_arguments, **_options: ["user.gone", "user.a"])
    assert read_attributes(str(file)) == {"user.a": b"1"}


def test_where_there_are_none_nothing_is_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    with monkeypatch.context() as patch:
        patch.setattr(os, "listxattr", fail)
        assert read_attributes(str(file)) == {}
    monkeypatch.setattr(attributes_module, "CALLS", NoAttributes())
    assert read_attributes(str(file)) == {}
    with Tree(str(file.parent)) as tree:
        assert attributes_of(tree, "file") == {}
        assert have_same_attributes(tree, "file", file.stat(), partial(attributes_of, tree))
    assert copy_attributes(-1, -1) == set_attributes(-1, {}) == IN_STEP
    assert not set_attributes(-1, {"user.a": b"1"}).are_held
    NoAttributes().drop_lists(-1)


def test_attributes_are_read_of_the_path_itself_and_of_nothing_that_it_leads_to(file: Path) -> None:
    folder = file.parent
    (folder / "link").symlink_to("file")
    os.setxattr(folder, "user.of the root", b"0")
    with Tree(str(folder)) as tree:
        assert set(attributes_of(tree, "file")) == {"user.a", ACCESS_LIST}
        assert attributes_of(tree, "link") == {}
        assert attributes_of(tree, "") == {"user.of the root": b"0"}
        with pytest.raises(FileNotFoundError):
            attributes_of(tree, "gone")


def test_a_link_has_attributes_that_only_the_superuser_sees(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = file.parent / "link"
    link.symlink_to("file")
    monkeypatch.setattr(attributes_module, "own_ids", lambda: (1000, 1000))
    monkeypatch.setattr(os, "listxattr", refuse(errno.EIO))
    with Tree(str(file.parent)) as tree:
        assert have_same_attributes(tree, "link", link.lstat(), partial(attributes_of, tree))


def test_what_a_folder_hands_down_can_be_dropped(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.setxattr(place, DEFAULT_LIST, access_list(1234))
    (place / "file").touch()
    (place / "folder").mkdir()
    assert attributes_at(place / "file") != () != attributes_at(place / "folder")
    for name in ("file", "folder"):
        CALLS.drop_lists(str(place / name))
        assert attributes_at(place / name) == ()
    for folder, wanted in ((place, True), (place / "folder", False)):
        handle = open_root(str(folder))
        assert inherited_in(handle, os.getegid()) == (wanted, False)
        assert inherited_in(handle, os.getegid() + 1) == (wanted, True)
        handle.close()

    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "removexattr", fail)
    with pytest.raises(OSError, match="Input/output"):
        CALLS.drop_lists(str(place / "file"))
    assert set_attributes(str(place), {}).error is not None

"""Owners, modes, attributes and access lists that change alone: they reach the mirror, and nothing is copied for it."""

from __future__ import annotations

import errno
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backup_gui.engine.fs import attribute_calls
from backup_gui.engine.fs.attribute_calls import ACCESS_LIST, DEFAULT_LIST
from backup_gui.engine.fs.xattrs import MARKER_ATTRIBUTE
from backup_gui.engine.state.database import ROOT_KEY
from backup_gui.model.events import Event, PlanMade
from backup_gui.model.plans import FULL, Counts, PassStatus, ProblemCode, Scope, Stage
from tests.helpers.access_lists import access_list
from tests.helpers.rig import NOBODY, Rig, as_nobody, keep_times, mounted, paths
from tests.helpers.systems import set_own_times
from tests.helpers.trees import contents, read_attributes, read_tree
from tests.unit.engine.fs.test_xattrs import refuse

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="extended attributes are mirrored on Linux")

COMPLETE = PassStatus.COMPLETE
NOTHING = Counts()
# A capability set in its second revision: cap_net_raw, permitted and effective.
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
WHERE = ("file", "folder", "")


@pytest.fixture
def filled(rig: Rig) -> Rig:
    """A mirror in step."""
    rig.write("file", "content")
    rig.write("folder/inside", "deep")
    (rig.source / "link").symlink_to("file")
    rig.run()
    return rig


def acl(rig: Rig, *arguments: str) -> None:
    """Run setfacl in the source."""
    subprocess.run(["setfacl", *arguments], cwd=rig.source, check=True)


def check_settled(rig: Rig) -> None:
    rig.check_in_step()
    assert read_attributes(rig.mirror) == read_attributes(rig.source)
    assert rig.run().counts == NOTHING


def fail(*_arguments: object, **_options: object) -> None:
    raise AssertionError("looked at attributes")


@pytest.mark.parametrize("path", WHERE)
@pytest.mark.parametrize("is_full", [True, False])
def test_attributes_that_change_come_and_go_without_a_copy(filled: Rig, path: str, *, is_full: bool) -> None:
    scope: Scope = FULL if is_full else paths(path)
    thing, copy = filled.source / path, filled.mirror / path
    before = copy.stat()
    changes: tuple[Callable[[], object], ...] = (
        lambda: os.setxattr(thing, "user.a", b"\x00first"),
        lambda: os.setxattr(thing, "user.a", b"second"),
        lambda: os.setxattr(thing, "user.b", b""),
        lambda: os.setxattr(thing, ACCESS_LIST, access_list(1234)),
        lambda: os.removexattr(thing, "user.a"),
        lambda: os.removexattr(thing, "user.b"),
        lambda: os.removexattr(thing, ACCESS_LIST),
    )
    for change in changes:
        change()
        report = filled.run(scope)
        assert (report.status, report.counts) == (COMPLETE, Counts(metadata=1))
        assert read_attributes(copy) == read_attributes(thing)
        assert filled.run(scope).counts == NOTHING
    assert copy.stat().st_ino == before.st_ino
    assert filled.kept() == {}
    check_settled(filled)


def test_attributes_and_access_lists_of_new_folders_come_along(rig: Rig) -> None:
    (rig.source / "a/b/c").mkdir(parents=True)
    for number, path in enumerate(("", "a", "a/b", "a/b/c")):
        os.setxattr(rig.source / path, "user.number", str(number).encode())
    rig.write("a/before", "made before the access list")
    acl(rig, "-m", "u:1234:rwx,d:u:4321:r,d:g:99:-", "a")
    rig.write("a/after", "made after it")
    (rig.source / "a/b after").mkdir()
    assert rig.run().status is COMPLETE
    assert dict(read_attributes(rig.mirror / "a")).keys() == {"user.number", ACCESS_LIST, DEFAULT_LIST}
    check_settled(rig)


@pytest.mark.hazard(26)
def test_what_a_folder_hands_down_in_the_mirror_is_not_added_to_what_the_source_has(rig: Rig) -> None:
    (rig.source / "a").mkdir()
    acl(rig, "-m", "d:u:4321:rwx", "a")
    rig.run()
    for name in ("file", "folder/deep/file", "plain"):
        rig.write(f"a/{name}")
    acl(rig, "-R", "-b", "a/file", "a/folder")
    rig.write("b", "elsewhere")
    rig.write("a/another", "after one elsewhere")
    acl(rig, "-b", "a/another")
    assert dict(read_attributes(rig.source / "a/plain")).keys() == {ACCESS_LIST}
    assert read_attributes(rig.source / "a/file") == ()
    assert rig.run().status is COMPLETE
    check_settled(rig)


def test_a_destination_whose_folder_hands_down_an_access_list_is_set_right(rig: Rig) -> None:
    rig.write("file")
    rig.write("folder/deep/file")
    subprocess.run(["setfacl", "-m", "d:u:4321:rwx", rig.root], check=True)
    assert rig.run().status is COMPLETE
    check_settled(rig)


def test_a_mirror_without_attributes_made_by_another_program_gets_them(rig: Rig) -> None:
    rig.write("folder/file")
    for path in ("folder/file", "folder", ""):
        os.setxattr(rig.source / path, "user.a", b"1")
    subprocess.run(["cp", "-r", "--preserve=mode,timestamps", rig.source, rig.mirror], check=True)
    (rig.mirror / "stranger's").write_text("x")
    report = rig.run()
    assert (report.counts.created, report.counts.replaced) == (0, 0)
    check_settled(rig)


@pytest.mark.root
def test_a_links_own_attributes_come_along(filled: Rig) -> None:
    link = filled.source / "link"
    os.setxattr(link, "trusted.a", b"1", follow_symlinks=False)
    assert filled.run().counts == Counts(metadata=1)
    assert read_attributes(filled.mirror / "link") == (("trusted.a", b"1"),)
    assert read_attributes(filled.mirror / "file") == ()
    os.removexattr(link, "trusted.a", follow_symlinks=False)
    filled.run()
    check_settled(filled)
    new = filled.source / "new"
    new.symlink_to("nowhere")
    os.setxattr(new, "trusted.a", b"1", follow_symlinks=False)
    filled.run()
    check_settled(filled)


@pytest.mark.root
def test_what_the_system_keeps_in_the_mirror_is_left_alone(filled: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    os.setxattr(filled.mirror / "file", "trusted.stranger", b"1")
    monkeypatch.setattr(attribute_calls, "_OF_THE_SYSTEM", ("trusted.stranger",))
    (filled.source / "file").chmod(0o640)
    filled.run()
    assert read_attributes(filled.mirror / "file") == (("trusted.stranger", b"1"),)
    assert filled.run().counts == NOTHING


# Modes, owners, capabilities


@pytest.mark.hazard(26)
@pytest.mark.root
def test_a_new_owner_takes_no_capabilities_and_no_set_id_bits_away(filled: Rig) -> None:
    program = filled.source / "file"
    program.chmod(0o6755)
    os.setxattr(program, "security.capability", CAPABILITY)
    filled.run()
    assert dict(read_attributes(filled.mirror / "file")) == {"security.capability": CAPABILITY}
    os.chown(program, 1234, 4321)
    program.chmod(0o6755)
    os.setxattr(program, "security.capability", CAPABILITY)
    assert filled.run().counts == Counts(metadata=1)
    copy = (filled.mirror / "file").stat()
    assert (copy.st_uid, copy.st_gid, stat.S_IMODE(copy.st_mode)) == (1234, 4321, 0o6755)
    check_settled(filled)
    # The same owner, set again, would take them away as well.
    program.chmod(0o6711)
    filled.run()
    check_settled(filled)
    program.rename(filled.source / "renamed")
    filled.run()
    check_settled(filled)
    filled.write("folder/program").chmod(0o755)
    os.chown(filled.source / "folder/program", NOBODY, NOBODY)
    os.setxattr(filled.source / "folder/program", "security.capability", CAPABILITY)
    filled.run()
    check_settled(filled)
    os.removexattr(filled.source / "folder/program", "security.capability")
    filled.run()
    check_settled(filled)


def test_attributes_and_a_rename_at_once_both_arrive(filled: Rig) -> None:
    os.setxattr(filled.source / "file", "user.a", b"1")
    (filled.source / "file").rename(filled.source / "folder/renamed")
    report = filled.run()
    assert (report.counts.moved, report.counts.bytes) == (1, 0)
    check_settled(filled)


def test_a_user_without_powers_brings_attributes_of_write_protected_things_into_step(rig: Rig) -> None:
    rig.root.chmod(0o777)
    rig.write("file")
    rig.write("folder/inside")
    with as_nobody(rig.source):
        rig.run()
        for path, mode in (("file", 0o400), ("folder", 0o500)):
            os.setxattr(rig.source / path, "user.a", b"1")
            os.setxattr(rig.source / path, ACCESS_LIST, access_list(1234))
            (rig.source / path).chmod(mode)
        assert rig.run().problems == ()
        rig.check_in_step()
        for path, mode in (("file", 0o400), ("folder", 0o500)):
            (rig.source / path).chmod(0o700)
            os.setxattr(rig.source / path, "user.a", b"2")
            (rig.source / path).chmod(mode)
        assert rig.run().problems == ()
        check_settled(rig)


# Edits must show all the same


@pytest.mark.hazard(34)
def test_an_edit_that_keeps_size_and_time_shows_behind_a_change_of_attributes(filled: Rig) -> None:
    file = filled.source / "file"
    keep_times(file, lambda: file.write_text("CONTENT"))
    os.setxattr(file, "user.a", b"1")
    report = filled.run()
    assert report.counts.replaced == 1
    assert filled.kept_contents() == [b"content"]
    check_settled(filled)


@pytest.mark.parametrize(
    "change",
    [lambda file: file.chmod(0o600), lambda file: os.setxattr(file, "user.a", b"1")],
    ids=["mode", "attribute"],
)
def test_an_edit_that_keeps_size_and_time_shows_though_metadata_were_set_meanwhile(
    filled: Rig, change: Callable[[Path], None]
) -> None:
    file = filled.source / "file"
    change(file)

    def edit(event: Event) -> None:
        if isinstance(event, PlanMade):
            keep_times(file, lambda: file.write_text("CONTENT"))

    filled.run(on_event=edit)
    filled.run()
    assert contents(filled.mirror)["file"] == b"CONTENT"
    check_settled(filled)


# What cannot be held, and what goes wrong


def test_what_the_destination_cannot_hold_is_said_once_and_backed_up_without(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rig.write("a")
    rig.write("folder/b")
    for path in ("a", "folder", "folder/b"):
        os.setxattr(rig.source / path, "user.a", b"1")
    monkeypatch.setattr(os, "setxattr", lambda *_arguments, **_options: refuse(errno.EOPNOTSUPP)("", ""))
    with caplog.at_level(logging.WARNING):
        report = rig.run()
        assert (report.status, report.problems) == (COMPLETE, ())
        assert contents(rig.mirror) == contents(rig.source)
        assert rig.run().counts == NOTHING
        monkeypatch.undo()
        os.setxattr(rig.source / "a", "user.b", b"2")
        monkeypatch.setattr(os, "setxattr", lambda *_arguments, **_options: refuse(errno.EOPNOTSUPP)("", ""))
        assert rig.run().problems == ()
        assert rig.run().counts == NOTHING
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(rig.mirror) in caplog.text


@pytest.mark.parametrize("path", ["file", "folder", "new", "new folder"])
def test_what_is_refused_this_time_is_a_problem_and_tried_again(
    filled: Rig, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    if path == "new":
        filled.write(path, "is backed up all the same")
    elif path == "new folder":
        (filled.source / path).mkdir()
    os.setxattr(filled.source / path, "user.a", b"1")
    (filled.source / path).chmod(0o700)
    with monkeypatch.context() as patch:
        patch.setattr(os, "setxattr", refuse(errno.EPERM))
        report = filled.run()
        assert [(p.path, p.code, p.stage) for p in report.problems] == [(path, ProblemCode.METADATA, Stage.METADATA)]
        assert contents(filled.mirror) == contents(filled.source)
        assert stat.S_IMODE((filled.mirror / path).stat().st_mode) == 0o700
        assert filled.run().problems == report.problems
    assert filled.run().problems == ()
    check_settled(filled)


@pytest.mark.parametrize("path", ["file", "folder", "", "link"])
def test_what_cannot_be_compared_is_a_problem_and_looked_at_again(
    filled: Rig, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    set_own_times(filled.source / path, (0, (filled.source / path).lstat().st_mtime_ns))

    def unreadable(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "listxattr", unreadable)
        report = filled.run()
        assert [(p.path, p.code, p.stage) for p in report.problems] == [(path, ProblemCode.READ_ERROR, Stage.COMPARE)]
        assert filled.run().problems == report.problems
    check_settled(filled)


def test_what_is_handed_down_and_cannot_be_dropped_is_a_problem(filled: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    acl(filled, "-m", "d:u:4321:rwx", "folder")
    filled.run()
    filled.write("folder/new")

    def unwritable(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "removexattr", unwritable)
        report = filled.run()
    assert [(problem.path, problem.code) for problem in report.problems] == [("folder/new", ProblemCode.WRITE_ERROR)]
    assert filled.temporaries() == []
    filled.run()
    check_settled(filled)


# What it costs


def test_an_unchanged_pass_reads_no_attributes(filled: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in WHERE:
        os.setxattr(filled.source / path, "user.a", b"1")
    filled.run()
    filled.run()
    real = os.getxattr

    def ask_whose_it_is(where: int | str, name: str, **options: bool) -> bytes:
        assert name == MARKER_ATTRIBUTE
        return real(where, name, **options)

    monkeypatch.setattr(os, "listxattr", fail)
    monkeypatch.setattr(os, "getxattr", ask_whose_it_is)
    assert filled.run().counts == NOTHING
    assert filled.run(paths("file", "folder", "", "link")).counts == NOTHING


def test_only_what_was_touched_is_asked_for_attributes(filled: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        filled.write(f"many/{number}")
    filled.run()
    filled.run()
    asked: list[str] = []
    real = os.listxattr

    def ask(where: int | str, **options: bool) -> list[str]:
        asked.append(str(where).rpartition("/")[2])
        return real(where, **options)

    monkeypatch.setattr(os, "listxattr", ask)
    (filled.source / "many/7").chmod(0o600)
    filled.run()
    assert set(asked) == {"7"}


def test_a_folders_change_is_remembered(filled: Rig) -> None:
    """Else its attributes would be read again in each pass from now on."""
    filled.write("folder/new")
    filled.write("new")
    filled.run()
    known = filled.catalog.fingerprint("folder")
    assert known is not None
    assert known.ctime_ns == (filled.source / "folder").stat().st_ctime_ns
    assert filled.catalog.fact(ROOT_KEY) == str(filled.source.stat().st_ctime_ns)


def test_a_dry_run_sets_and_remembers_nothing(filled: Rig) -> None:
    for path in WHERE:
        os.setxattr(filled.source / path, "user.a", b"1")
    before = read_tree(filled.mirror)
    known = filled.catalog.fact(ROOT_KEY)
    assert filled.run(is_dry_run=True).counts == Counts(metadata=3)
    assert read_tree(filled.mirror) == before
    assert filled.catalog.fact(ROOT_KEY) == known
    filled.run()
    check_settled(filled)


@pytest.mark.root
def test_another_destination_is_told_of_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rig.write("a")
    os.setxattr(rig.source / "a", "user.a", b"1")
    monkeypatch.setattr(os, "setxattr", lambda *_arguments, **_options: refuse(errno.EOPNOTSUPP)("", ""))
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options |= {"allows_mass_delete": True}
    with caplog.at_level(logging.WARNING):
        rig.run()
        with mounted(drive):
            # The user's word is for a destination that is in use, not for a bare folder.
            rig.write_at(drive / "mirror" / "something")
            rig.options["destination"] = str(drive / "mirror")
            assert rig.run().status is COMPLETE
    assert len(caplog.records) == 2


def test_restoring_brings_capabilities_and_attributes(filled: Rig) -> None:
    from backup_gui.engine.restore.restore_path import restore_path

    os.setxattr(filled.source / "file", "user.a", b"1")
    if os.geteuid() == 0:
        os.chown(filled.source / "file", 1234, 1234)
        os.setxattr(filled.source / "file", "security.capability", CAPABILITY)
    filled.run()
    restore_path(str(filled.mirror), str(filled.history), "file", None, str(filled.root / "to"))
    assert read_attributes(filled.root / "to/file") == read_attributes(filled.source / "file")

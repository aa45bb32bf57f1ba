"""Every difference between a source and its mirror is found, and nothing else."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine import verify as verify_module
from backup_gui.engine.fs.same_content import COMPARED_BYTES
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.rules.capabilities import ALL
from backup_gui.engine.verify import DifferenceKind, verify
from backup_gui.model.errors import JobError, RootAbsentError
from backup_gui.model.job import Place
from backup_gui.model.plans import ProblemCode, Progress
from backup_gui.model.reasons import Code
from tests.helpers.descriptors import open_below
from tests.helpers.systems import DEEP_LEVELS, IS_POSIX
from tests.helpers.trees import make_deep

Pair = tuple[Path, Path]
ODD = "a\nb\udcff" if IS_POSIX else "a b"


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    for name in ("source", "mirror"):
        root = tmp_path / name
        (root / "folder" / "empty").mkdir(parents=True)
        (root / ODD).write_bytes(b"x" * (2 * COMPARED_BYTES + 5))
        (root / "folder" / "same").write_bytes(b"same")
        with suppress(OSError):
            # Where the system lets nobody make one, there is none to compare either.
            (root / "folder" / "link").symlink_to("nowhere")
        (root / "nothing").write_bytes(b"")
    return tmp_path / "source", tmp_path / "mirror"


def found(pair: Pair, exclude: tuple[str, ...] = ()) -> list[tuple[str, Code]]:
    return [(item.path, item.kind) for item in verify(str(pair[0]), Place(str(pair[1])), exclude)]


def test_equal_trees_have_no_difference(pair: Pair) -> None:
    assert found(pair) == []


def test_times_and_modes_do_not_count(pair: Pair) -> None:
    file = pair[1] / "folder" / "same"
    os.utime(file, (1, 1))
    file.chmod(0o600)
    assert found(pair) == []


@pytest.mark.hazard(34)
@pytest.mark.parametrize("at", [0, COMPARED_BYTES - 1, COMPARED_BYTES, 2 * COMPARED_BYTES + 4])
def test_a_single_byte_is_found_though_size_and_time_agree(pair: Pair, at: int) -> None:
    file = pair[1] / ODD
    before = file.stat()
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"y")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found(pair) == [(ODD, DifferenceKind.CONTENT)]


def test_a_file_cut_short_is_found(pair: Pair) -> None:
    os.truncate(pair[1] / ODD, COMPARED_BYTES)
    assert found(pair) == [(ODD, DifferenceKind.CONTENT)]


def test_all_that_is_missing_or_extra_is_named_with_what_is_in_it(pair: Pair) -> None:
    (pair[0] / "new" / "deep").mkdir(parents=True)
    (pair[0] / "new" / "deep" / "file").write_text("x")
    (pair[1] / "old").mkdir()
    (pair[1] / "old" / "file").write_text("x")
    assert found(pair) == [
        ("new", DifferenceKind.MISSING),
        ("old", DifferenceKind.EXTRA),
        ("new/deep", DifferenceKind.MISSING),
        ("new/deep/file", DifferenceKind.MISSING),
        ("old/file", DifferenceKind.EXTRA),
    ]


def test_links_are_compared_and_not_followed(pair: Pair) -> None:
    link = pair[1] / "folder" / "link"
    link.unlink(missing_ok=True)
    link.symlink_to("same")
    (pair[0] / "loop").symlink_to(".")
    (pair[1] / "loop").symlink_to(".")
    assert found(pair) == [("folder/link", DifferenceKind.LINK)]


MAKERS: dict[str, Callable[[Path], object]] = {
    "file": lambda path: path.write_text("x"),
    "folder": lambda path: path.mkdir(),
    "link": lambda path: path.symlink_to("x"),
}
if os.name == "posix":
    MAKERS["pipe, socket or device"] = os.mkfifo


@pytest.mark.parametrize("in_source", MAKERS)
@pytest.mark.parametrize("in_mirror", MAKERS)
def test_another_kind_is_a_difference_in_words(pair: Pair, in_source: str, in_mirror: str) -> None:
    MAKERS[in_source](pair[0] / "thing")
    MAKERS[in_mirror](pair[1] / "thing")
    differences = list(verify(str(pair[0]), Place(str(pair[1]))))
    if in_source == in_mirror:
        assert differences == []
    else:
        assert [item.reason for item in differences] == [
            f"It is a {in_source} in the source and a {in_mirror} in the backup"
        ]


@pytest.mark.posix("pipes and sockets in folders")
def test_special_files_are_never_opened(pair: Pair) -> None:
    for root in pair:
        os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        place = os.getcwd()
        os.chdir(pair[0])  # the address of a socket must be short
        try:
            server.bind("s")
        finally:
            os.chdir(place)
        assert found(pair) == [("s", DifferenceKind.NOT_HELD)]


@pytest.mark.posix("names that Windows refuses")
def test_what_can_never_be_in_the_mirror_is_named_with_the_reason_of_a_pass(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    cannot = ALL._replace(holds_links=False, largest_bytes=10, forbidden=":")
    monkeypatch.setattr(verify_module, "known_capabilities", lambda *_arguments: cannot)
    (pair[0] / "folder: no").mkdir()
    (pair[0] / "folder: no" / "inside").write_text("x")
    (pair[0] / "a:b").write_text("x")
    (pair[0] / "missing").write_text("x")
    (pair[0] / "link").symlink_to("nothing")
    os.mkfifo(pair[0] / "pipe")
    (pair[1] / "folder" / "link").unlink()
    (pair[1] / "link").write_text("a stranger's")
    found = {item.path: (item.kind, item.code) for item in verify(str(pair[0]), Place(str(pair[1])))}
    assert found == {
        ODD: (DifferenceKind.NOT_HELD, ProblemCode.TOO_LARGE),
        "a:b": (DifferenceKind.NOT_HELD, ProblemCode.NAME_NOT_POSSIBLE),
        "folder: no": (DifferenceKind.NOT_HELD, ProblemCode.NAME_NOT_POSSIBLE),
        "folder/link": (DifferenceKind.NOT_HELD, ProblemCode.LINK_NOT_POSSIBLE),
        "link": (DifferenceKind.KIND, None),
        "missing": (DifferenceKind.MISSING, None),
        "pipe": (DifferenceKind.NOT_HELD, ProblemCode.SPECIAL_FILE),
    }


def test_a_place_that_cannot_be_looked_at_is_not_taken(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_module, "known_capabilities", lambda *_arguments: ALL._replace(folds_case=True))
    (pair[0] / "new").write_text("x")

    def refuse(_tree: Tree, _path: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Tree, "look", refuse)
    assert found(pair) == [("new", DifferenceKind.MISSING)]


@pytest.mark.hazard(54)
def test_what_is_left_out_may_be_in_the_mirror_or_not(pair: Pair) -> None:
    (pair[0] / "build").mkdir()
    (pair[0] / "build" / "x").write_text("x")
    (pair[0] / "m.o").write_text("x")
    assert found(pair, ("build/", "*.o")) == []
    (pair[1] / "m.o").write_text("older")
    (pair[1] / "gone" / "deeper").mkdir(parents=True)
    (pair[1] / "gone" / "deeper" / "n.o").write_text("of a folder that is gone")
    assert found(pair, ("build/", "*.o")) == []
    (pair[1] / "gone" / "n.c").write_text("not left out")
    assert found(pair, ("build/", "*.o")) == [("gone/n.c", DifferenceKind.EXTRA)]


def test_an_unfinished_copy_is_a_difference(pair: Pair) -> None:
    (pair[1] / ".~bg-0123456789ab").write_text("half")
    assert found(pair) == [(".~bg-0123456789ab", DifferenceKind.EXTRA)]


def test_an_absent_folder_is_told_at_once(pair: Pair, tmp_path: Path) -> None:
    absent = str(tmp_path / "absent")
    with pytest.raises(RootAbsentError, match="source"):
        verify(absent, Place(str(pair[1])))
    with pytest.raises(RootAbsentError, match="destination"):
        verify(str(pair[0]), Place(absent))


def test_a_bad_rule_is_told_at_once(pair: Pair) -> None:
    with pytest.raises(JobError):
        verify(str(pair[0]), Place(str(pair[1])), ("!",))


def test_what_cannot_be_read_is_reported_and_the_rest_is_compared(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    real_open, real_list = Tree.open_file, Tree.list

    def open_file(tree: Tree, path: str) -> int:
        if path == "folder/same":
            raise PermissionError(13, "Permission denied")
        return real_open(tree, path)

    def list_(tree: Tree, path: str, *more: Any) -> dict[str, os.stat_result]:
        if path == "folder/empty" and tree.root == str(pair[1]):
            raise OSError(5, "Input/output error")
        return real_list(tree, path, *more)

    monkeypatch.setattr(Tree, "open_file", open_file)
    monkeypatch.setattr(Tree, "list", list_)
    (pair[1] / "nothing").write_text("something")
    assert [(item.path, item.reason) for item in verify(str(pair[0]), Place(str(pair[1])))] == [
        ("nothing", "The contents differ"),
        ("folder/same", "It could not be compared: No permission to read this"),
        ("folder/empty", "It could not be compared: The drive reported an error while this was being read"),
    ]


def test_it_stops_when_asked_also_within_a_file(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backup_gui.engine.fs.same_content.COMPARED_BYTES", 16)
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 5

    (pair[1] / "zzz").write_text("never reached")
    assert list(verify(str(pair[0]), Place(str(pair[1])), (), should_stop)) == []
    assert asked == 6


def test_it_counts_what_it_has_compared(pair: Pair) -> None:
    seen: list[Progress] = []
    link = pair[0] / "folder" / "link"
    assert list(verify(str(pair[0]), Place(str(pair[1])), on_progress=seen.append)) == []
    assert (seen[-1].files_done, seen[-1].bytes_done) == (5 + link.is_symlink(), 2 * COMPARED_BYTES + 5 + 4)


def test_a_tree_thousands_of_folders_deep_is_compared(place: Path) -> None:
    pair = place / "source", place / "mirror"
    for root in pair:
        root.mkdir()
        deep = make_deep(root, DEEP_LEVELS)
        fd = deep.create_at("leaf")
        os.write(fd, root.name.encode())
        os.close(fd)
        deep.close()
    assert found(pair) == [("d/" * DEEP_LEVELS + "leaf", DifferenceKind.CONTENT)]


def test_all_descriptors_are_given_back(pair: Pair) -> None:
    before = open_below(pair[0].parent)
    for _ in range(3):
        list(verify(str(pair[0]), Place(str(pair[1]))))
        with pytest.raises(RootAbsentError):
            verify(str(pair[0]), Place("/nowhere"))
    after = open_below(pair[0].parent)
    assert after == before

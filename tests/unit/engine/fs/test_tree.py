"""Reading a tree through descriptors: names, depth, links, and whose descriptor is whose."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from backup_gui.engine.fs.system.descriptors import MOST_KEPT
from backup_gui.engine.fs.tree import Tree
from backup_gui.model.entries import EntryKind, kind_of
from tests.helpers.descriptors import open_below
from tests.helpers.rig import HOSTILE_NAMES, as_nobody
from tests.helpers.systems import DEEP_LEVELS
from tests.helpers.trees import make_deep
from tests.helpers.windows import FakeWindows, use_windows


@pytest.fixture(params=["native", "windows"] if sys.platform == "linux" else ["native"])
def opened(request: pytest.FixtureRequest, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tree]:
    """An open tree, in the way of this system and, on Linux, in that of a stand-in for Windows."""
    if request.param == "windows":
        use_windows(monkeypatch, FakeWindows())
    with Tree(str(place)) as found:
        yield found


def test_all_names_are_listed_with_their_kinds(opened: Tree, place: Path) -> None:
    # Windows has none with these.
    names = [name for name in HOSTILE_NAMES if opened.root_fd >= 0 or "\\" not in name]
    for name in names:
        (place / name).write_bytes(b"x")
    (place / "folder").mkdir()
    (place / "link").symlink_to("nowhere")
    os.mkfifo(place / "pipe")
    kinds = {name: kind_of(entry) for name, entry in opened.list("").items()}
    assert kinds == dict.fromkeys(names, EntryKind.FILE) | {
        "folder": EntryKind.FOLDER,
        "link": EntryKind.LINK,
        "pipe": EntryKind.SPECIAL,
    }


def test_links_to_what_is_there_are_listed_as_links(opened: Tree, place: Path) -> None:
    (place / "folder").mkdir()
    (place / "file").touch()
    for name in ("folder", "file"):
        (place / f"link to {name}").symlink_to(name)
    kinds = {name: kind_of(entry) for name, entry in opened.list("").items()}
    assert kinds == {
        "folder": EntryKind.FOLDER,
        "file": EntryKind.FILE,
        "link to folder": EntryKind.LINK,
        "link to file": EntryKind.LINK,
    }


def test_paths_are_looked_at_and_read_without_following_links(opened: Tree, place: Path) -> None:
    (place / "folder").mkdir()
    (place / "folder" / "file").write_bytes(b"content")
    (place / "link").symlink_to("folder")
    (place / "file link").symlink_to("folder/file")
    assert opened.stat("folder/file").st_size == 7
    assert opened.stat("").st_ino == place.stat().st_ino
    assert kind_of(opened.stat("link")) is EntryKind.LINK
    assert opened.read_link("link") == "folder"
    assert opened.look("folder/none") is None
    assert opened.look("folder/file/below") is None
    fd = opened.open_file("folder/file")
    assert os.read(fd, 10) == b"content"
    os.close(fd)
    with pytest.raises(OSError, match="symbolic link"):
        opened.open_file("file link")
    assert opened.look("link/file") is None
    with pytest.raises(NotADirectoryError):
        opened.list("link")


@pytest.mark.hazard(24)
@pytest.mark.posix("pipes in folders")
def test_a_pipe_in_a_files_place_does_not_block(opened: Tree, place: Path) -> None:
    os.mkfifo(place / "pipe")
    # Where it is no file to the system, it is not opened at all.
    with contextlib.suppress(OSError):
        os.close(opened.open_file("pipe"))


def test_an_empty_root_is_told_from_one_with_a_hidden_file(opened: Tree, place: Path) -> None:
    assert opened.is_empty()
    (place / ".hidden").touch()
    assert not opened.is_empty()


def test_a_root_that_is_no_folder_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "file").touch()
    no_folders = ["file"]
    if sys.platform != "win32":
        os.mkfifo(place / "pipe")
        no_folders.append("pipe")
    for is_stand_in in (False, True) if sys.platform == "linux" else (False,):
        if is_stand_in:
            use_windows(monkeypatch, FakeWindows())
        for name in no_folders:
            with pytest.raises(NotADirectoryError):
                Tree(str(place / name))
        with pytest.raises(FileNotFoundError):
            Tree(str(place / "none"))


def test_a_root_is_known_to_be_moved_replaced_or_gone(opened: Tree, place: Path) -> None:
    assert opened.is_root_in_place()
    aside = place.with_name(place.name + "-aside")
    os.rename(place, aside)
    try:
        assert not opened.is_root_in_place()
        place.mkdir()
        assert not opened.is_root_in_place()
        place.rmdir()
    finally:
        os.rename(aside, place)
    assert opened.is_root_in_place()


def test_a_tree_can_be_closed_twice(place: Path) -> None:
    found = Tree(str(place))
    found.close()
    found.close()


def test_a_name_that_vanishes_while_it_is_listed_is_left_out(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "stays").touch()
    (place / "vanishes").touch()
    (place / "link").symlink_to("stays")
    real = os.scandir
    entries: list[os.DirEntry[str]] = []

    class Listing:
        def __init__(self, where: Any) -> None:
            self._inner = real(where)

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            # The system may go on listing a name for a while.
            entries.extend([] if entries else self._inner)
            (place / "vanishes").unlink(missing_ok=True)
            return iter(entries)

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            self._inner.close()

    with Tree(str(place)) as found:
        monkeypatch.setattr(os, "scandir", Listing)
        listed = found.list("")
    assert set(listed) == {"stays", "link"}
    assert stat.S_ISLNK(listed["link"].st_mode)


@pytest.mark.hazard(4)
@pytest.mark.posix("os.scandir; of Windows a test of its own says it")
@pytest.mark.parametrize("has_vanishing_name", [False, True])
def test_a_listing_that_fails_halfway_gives_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, *, has_vanishing_name: bool
) -> None:
    (place / "a").touch()
    with os.scandir(place) as listing:
        vanishing = [*listing] if has_vanishing_name else []
    if has_vanishing_name:
        (place / "a").unlink()

    def broken(_where: Any) -> Any:
        class Listing:
            def __enter__(self) -> Iterator[os.DirEntry[str]]:
                yield from vanishing
                raise OSError(errno.EIO, "Input/output error")

            def __exit__(self, *_exception: object) -> None:
                pass

        return Listing()

    with Tree(str(place)) as found:
        monkeypatch.setattr(os, "scandir", broken)
        with pytest.raises(OSError, match="Input/output"):
            found.list("")


@pytest.mark.hazard(4)
def test_what_cannot_be_told_is_no_absence(place: Path) -> None:
    (place / "closed").mkdir()
    with as_nobody(place), Tree(str(place)) as found:
        (place / "closed").chmod(0)
        with pytest.raises(PermissionError):
            found.look("closed/file")
        (place / "closed").chmod(0o400)
        (place / "closed").chmod(0o755)


def test_a_loop_of_links_is_an_absence(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # macOS answers so where a link stands in a folder's place.
    with Tree(str(place)) as found:
        real = os.open

        def open_or_loop(name: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            if name == "link":
                raise OSError(errno.ELOOP, "Too many levels of symbolic links")
            return real(name, flags, mode, dir_fd=dir_fd)

        monkeypatch.setattr(os, "open", open_or_loop)
        assert found.look("link/file") is None


@pytest.mark.hazard(32)
def test_few_descriptors_are_held_however_many_folders_are_read(place: Path) -> None:
    for number in range(3 * MOST_KEPT):
        (place / str(number) / "below").mkdir(parents=True)
        (place / str(number) / "below" / "name").write_text(str(number))
    before = open_below(place)
    with Tree(str(place)) as found:
        for _ in range(2):
            for number in range(3 * MOST_KEPT):
                fd = found.open_file(f"{number}/below/name")
                assert os.read(fd, 9) == str(number).encode()
                os.close(fd)
        assert len(open_below(place)) <= len(before) + 1 + MOST_KEPT
    assert open_below(place) == before


def test_looking_for_what_is_missing_never_gives_another_folders_descriptor(place: Path) -> None:
    (place / "first").mkdir()
    (place / "first" / "name").write_text("first")
    for number in range(2 * MOST_KEPT):
        (place / str(number)).mkdir()
        (place / str(number) / "name").write_text("another")
    with Tree(str(place)) as found:
        assert found.list("first")
        # Each opens one folder more and ends in an error, so that none becomes the last one used.
        for number in range(2 * MOST_KEPT):
            assert found.look(f"{number}/missing/name") is None
        fd = found.open_file("first/name")
        assert os.read(fd, 9) == b"first"
        os.close(fd)


@pytest.mark.posix("folders that are open can be renamed")
def test_a_forgotten_folder_is_opened_anew(place: Path) -> None:
    (place / "a" / "b").mkdir(parents=True)
    (place / "ab").mkdir()
    (place / "a" / "b" / "name").write_text("old")
    with Tree(str(place)) as found:
        assert set(found.list("a/b")) == {"name"}
        assert found.list("ab") == {}
        os.rename(place / "a", place / "elsewhere")
        (place / "a" / "b").mkdir(parents=True)
        assert set(found.list("a/b")) == {"name"}
        found.forget("a")
        assert found.list("a/b") == {}


def test_three_thousand_levels_are_reached_and_found_missing(place: Path) -> None:
    depth = DEEP_LEVELS
    make_deep(place, depth).close()
    path = "/".join(["d"] * depth)
    with Tree(str(place)) as found:
        assert found.list(path) == {}
        assert kind_of(found.stat(path)) is EntryKind.FOLDER
        assert found.look(f"{path}/none") is None
        assert found.look(f"x/{path}") is None
        assert set(found.list("d/d")) == {"d"}
        assert found.list(path) == {}

"""Whole passes with the extended attributes of macOS: Finder's tags, resource forks and handed down access lists."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backup_gui.engine.destination import mirror_writer
from backup_gui.engine.fs import attribute_calls, content, xattrs
from backup_gui.engine.fs.system.darwin import DarwinAttributes
from backup_gui.engine.restore.restore_path import restore_path
from backup_gui.model.plans import Counts, PassStatus, ProblemCode
from tests.helpers.darwin_library import RESOURCE_FORK, DarwinLibrary
from tests.helpers.rig import Rig

TAGS = "com.apple.metadata:_kMDItemUserTags"
NOTHING = Counts()

pytestmark = [pytest.mark.skipif(sys.platform == "win32", reason="folders by descriptors"), pytest.mark.hazard(26)]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> DarwinLibrary:
    library = DarwinLibrary()
    for module in (attribute_calls, content, xattrs, mirror_writer):
        monkeypatch.setattr(module, "CALLS", DarwinAttributes(library))
    return library


@pytest.fixture
def tagged(rig: Rig, library: DarwinLibrary) -> Rig:
    """A file with a tag and a resource fork, a folder with a tag, and a plain file; backed up once."""
    for name in ("docs/report", "docs/plain"):
        rig.write(name, name)
    library.of(rig.source / "docs/report").update({TAGS: b"Red\n6", RESOURCE_FORK: os.urandom(70_000)})
    library.of(rig.source / "docs")[TAGS] = b"Blue\n4"
    assert rig.run().status is PassStatus.COMPLETE
    return rig


def same(library: DarwinLibrary, rig: Rig, *paths: str) -> bool:
    return all(library.of(rig.source / path) == library.of(rig.mirror / path) for path in paths)


def test_tags_and_resource_forks_of_files_and_folders_are_mirrored(tagged: Rig, library: DarwinLibrary) -> None:
    assert same(library, tagged, "docs", "docs/report", "docs/plain")
    assert len(library.of(tagged.mirror / "docs/report")[RESOURCE_FORK]) == 70_000
    assert tagged.run().counts == NOTHING


def change_tag(attributes: dict[str, bytes]) -> None:
    attributes[TAGS] = b"Green\n2"


def remove_fork(attributes: dict[str, bytes]) -> None:
    attributes.pop(RESOURCE_FORK, None)


def add_another(attributes: dict[str, bytes]) -> None:
    attributes["com.apple.FinderInfo"] = bytes(32)


@pytest.mark.parametrize("change", [change_tag, remove_fork, add_another])
def test_a_change_of_attributes_alone_is_mirrored(
    tagged: Rig, library: DarwinLibrary, change: Callable[[dict[str, bytes]], None]
) -> None:
    change(library.of(tagged.source / "docs/report"))
    change(library.of(tagged.source / "docs"))
    report = tagged.run()
    assert report.status is PassStatus.COMPLETE
    assert report.counts.replaced == 0
    assert same(library, tagged, "docs", "docs/report")
    assert tagged.run().counts == NOTHING


def test_what_the_system_keeps_of_each_file_stays_as_it_is(tagged: Rig, library: DarwinLibrary) -> None:
    library.of(tagged.source / "docs/plain")["com.apple.provenance"] = b"source"
    library.of(tagged.mirror / "docs/plain")["com.apple.macl"] = b"mirror"
    tagged.run()
    assert library.of(tagged.mirror / "docs/plain") == {"com.apple.macl": b"mirror"}


def test_a_drive_without_attributes_gets_the_files(tagged: Rig, library: DarwinLibrary) -> None:
    tagged.write("docs/another", "1")
    library.of(tagged.source / "docs/another")[TAGS] = b"Red\n6"
    library.refusals["setxattr"] = errno.ENOTSUP
    report = tagged.run()
    assert report.status is PassStatus.COMPLETE
    assert (tagged.mirror / "docs/another").read_text() == "1"


def test_attributes_that_cannot_be_read_are_a_problem_of_their_file(tagged: Rig, library: DarwinLibrary) -> None:
    tagged.write("docs/another", "1")
    library.refusals["listxattr"] = errno.EIO
    report = tagged.run()
    assert ("docs/another", ProblemCode.READ_ERROR) in [(found.path, found.code) for found in report.problems]


def test_what_is_handed_down_by_the_destinations_folder_is_taken_away(tagged: Rig, library: DarwinLibrary) -> None:
    folder = os.stat(tagged.mirror / "docs")
    library.lists.add((folder.st_dev, folder.st_ino))
    made: list[tuple[int, int]] = []
    real_open, real_mkdir = os.open, os.mkdir

    def open_and_hand_down(path: str, flags: int, *arguments: int, dir_fd: int | None = None) -> int:
        fd = real_open(path, flags, *arguments, dir_fd=dir_fd)
        if flags & os.O_CREAT and dir_fd is not None and os.fstat(dir_fd).st_ino == folder.st_ino:
            made.append((os.fstat(fd).st_dev, os.fstat(fd).st_ino))
            library.lists.add(made[-1])
        return fd

    def mkdir_and_hand_down(path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        real_mkdir(path, mode, dir_fd=dir_fd)
        if dir_fd is not None and os.fstat(dir_fd).st_ino == folder.st_ino:
            found = os.stat(path, dir_fd=dir_fd)
            made.append((found.st_dev, found.st_ino))
            library.lists.add(made[-1])

    tagged.write("docs/another", "1")
    tagged.write("docs/deep/another", "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", open_and_hand_down)
        patch.setattr(os, "mkdir", mkdir_and_hand_down)
        assert tagged.run().status is PassStatus.COMPLETE
    assert len(made) == 2
    assert not library.lists.intersection(made)
    assert not library.has_leaked()


def test_a_restored_file_has_its_attributes(tagged: Rig, library: DarwinLibrary, tmp_path: Path) -> None:
    restored = restore_path(str(tagged.mirror), None, "docs/report", None, str(tmp_path / "given"))
    assert restored.restored
    assert library.of(tmp_path / "given/report") == library.of(tagged.source / "docs/report")

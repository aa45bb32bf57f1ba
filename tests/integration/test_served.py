"""File systems that a program serves, as far as that shows without one: numbers, attributes, lost renames."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.destination import mirror_writer as writer
from backup_gui.engine.destination import probe as probing
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs import attribute_calls
from backup_gui.engine.fs.volumes.identity import Identity, Standing, standing
from backup_gui.engine.fs.volumes.mounts import Mount, has_lasting_inodes, points_below, stores_later
from backup_gui.model.plans import ProblemCode
from tests.helpers.rig import Rig
from tests.helpers.trees import contents


def mounted(kind: str, options: str = "rw") -> Mount:
    return Mount("0:40", "/", "/point", kind, "origin", options)


@pytest.mark.hazard(65)
@pytest.mark.parametrize(
    ("kind", "options", "is_lasting"),
    [
        *((kind, "rw", True) for kind in ("ext4", "xfs", "btrfs", "tmpfs", "nfs4", "ntfs3", "9p")),
        *((kind, "rw", False) for kind in ("fuse", "fuse.sshfs", "fuse.gvfsd-fuse", "fuse.rclone", "fuse.mergerfs")),
        *((kind, "rw", False) for kind in ("fuseblk", "vfat", "exfat", "davfs")),
        *(("cifs", options, "serverino" in options.split(",")) for options in ("rw,serverino", "rw,noserverino")),
    ],
)
def test_it_is_known_where_inodes_last(kind: str, options: str, *, is_lasting: bool) -> None:
    assert has_lasting_inodes(mounted(kind, options)) is is_lasting


@pytest.mark.hazard(65)
def test_where_inodes_do_not_last_the_volume_says_it_all() -> None:
    assert standing(Identity("v", 0), Identity("v", 0)) is Standing.SAME
    assert standing(Identity("v", 17), Identity("v", 0)) is Standing.SAME
    assert standing(Identity("v", 0), Identity("w", 0)) is Standing.OTHER_VOLUME
    assert standing(Identity("v", 17), Identity("v", 18)) is Standing.OTHER_FOLDER


@pytest.mark.hazard(64)
@pytest.mark.posix("a table of mounts")
def test_what_is_mounted_below_a_folder_is_read_from_the_table(tmp_path: Path) -> None:
    table = tmp_path / "table"
    lines = (f"{tmp_path}/source/a\\040b rw - ext3 /dev/root rw", f"{tmp_path}/sourcery rw - xfs /dev/x rw")
    table.write_text("".join(f"36 35 98:{number} / {line}\n" for number, line in enumerate(lines)))
    assert points_below(str(tmp_path / "source"), table) == frozenset({"a b"})
    assert points_below(str(tmp_path / "source"), tmp_path / "none") is None


@pytest.mark.hazard(66)
@pytest.mark.parametrize(
    ("kind", "is_cloud"),
    [
        *(
            (kind, True)
            for kind in ("fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.google-drive-ocamlfuse", "davfs")
        ),
        *((kind, False) for kind in ("fuse.sshfs", "fuse.mergerfs", "fuse.bindfs", "fuseblk", "ext4", "nfs4")),
    ],
)
def test_clouds_are_told_from_other_mounts(kind: str, *, is_cloud: bool) -> None:
    assert stores_later(mounted(kind)) is is_cloud


@pytest.mark.hazard(66)
def test_where_each_name_has_a_number_of_its_own_there_are_no_hard_links(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Numbered:
        def __init__(self, entry: os.stat_result, name: str) -> None:
            self._entry, self.st_ino = entry, hash(name)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._entry, name)

    real = probing._Probe._stat
    monkeypatch.setattr(probing._Probe, "_stat", lambda self, name: Numbered(real(self, name), name))
    with LocalDestination(str(place), None) as target:
        assert not probing.try_out(target, "fuse.merged").holds_hard_links


@pytest.mark.hazard(66)
@pytest.mark.posix("folders that are open can be renamed")
def test_what_is_lost_when_a_new_folder_gets_its_name_is_a_problem_and_not_recorded(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("new/deep/lost", "1")
    rig.write("new/deep/there", "2")
    real = writer.MirrorWriter.reveal

    def lose(self: writer.MirrorWriter) -> dict[str, OSError]:
        failures = real(self)
        (rig.mirror / "new/deep/lost").unlink(missing_ok=True)
        return failures

    monkeypatch.setattr(writer.MirrorWriter, "reveal", lose)
    monkeypatch.setattr(writer, "supports_syncfs", lambda _root: False)
    report = rig.run()
    assert [(problem.path, problem.code) for problem in report.problems] == [
        ("new/deep/lost", ProblemCode.MIRROR_CHANGED)
    ]
    assert rig.catalog.fingerprint("new/deep/lost") is None
    monkeypatch.undo()
    rig.run()
    assert contents(rig.mirror) == {"new/deep/lost": b"1", "new/deep/there": b"2"}


@pytest.mark.hazard(66)
@pytest.mark.posix("extended attributes")
def test_attributes_of_the_source_that_cannot_be_read_are_not_blamed_on_the_drive(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("file", "1")

    class Os:
        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def listxattr(self, where: int | str, *, follow_symlinks: bool = True) -> list[str]:
            path = os.readlink(f"/proc/self/fd/{where}") if isinstance(where, int) else os.path.realpath(where)
            if path.startswith(str(rig.source / "file")):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return os.listxattr(where, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(attribute_calls, "os", Os())
    report = rig.run()
    assert [(problem.path, problem.code) for problem in report.problems] == [("file", ProblemCode.READ_ERROR)]
    assert contents(rig.mirror) == {"file": b"1"}
    monkeypatch.undo()
    rig.run()
    rig.check_in_step()

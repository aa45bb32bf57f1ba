from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from backup_gui.engine.fs.volumes.mounts import can_watch, network_mount_below, read_mounts, visible_mounts
from backup_gui.model.reasons import ReasonCode

MOUNTS = rb"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:40 / /mnt/nas rw shared:5 master:2 - nfs4 server:/export rw
31 22 0:41 / /mnt/with\040space rw - cifs //server/share rw
32 22 0:42 / /mnt/sshfs rw - fuse.sshfs me@host: rw
33 22 0:43 / /mnt/usb rw - fuseblk /dev/sdb1 rw
34 22 0:44 / /mnt/covered rw - nfs server:/a rw
35 34 8:1 / /mnt/covered rw - ext4 /dev/sda1 rw
36 22 0:45 / /mnt/union rw - fuse.unionfs-fuse none rw
37 22 0:46 / /mnt/vm rw - 9p share rw
38 22 0:47 / /mnt/crypt rw - fuse.gocryptfs /x rw
a line of another kind
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    (tmp_path / "mountinfo").write_bytes(MOUNTS)
    return tmp_path / "mountinfo"


def test_on_windows_no_file_is_taken_for_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "open", lambda *_arguments: pytest.fail("a file was read"))
    assert read_mounts() == []
    assert visible_mounts() == {}


@pytest.mark.posix("a table of mounts")
@pytest.mark.parametrize("source", ["/mnt/nas", "/mnt/nas/a/b", "/mnt/with space/a", "/mnt/sshfs/a", "/mnt/vm"])
def test_network_folder_is_told(mounts: Path, source: str) -> None:
    found = can_watch(source, mounts)
    assert found is not None
    assert found.code is ReasonCode.NETWORK_UNTOLD


@pytest.mark.parametrize("source", ["/", "/mnt", "/mnt/nas2", "/mnt/usb", "/mnt/covered", "/mnt/union", "/mnt/crypt"])
def test_local_folder_can_be_watched(mounts: Path, source: str) -> None:
    assert can_watch(source, mounts) is None


def test_network_folder_below_the_source_is_found(mounts: Path) -> None:
    assert network_mount_below("/mnt", mounts) == "/mnt/nas"
    assert network_mount_below("/mnt/with space", mounts) == ""
    assert network_mount_below("/", mounts) == "/mnt/nas"


def test_system_without_a_list_of_mounts_is_taken_for_local(tmp_path: Path) -> None:
    assert can_watch("/", tmp_path / "absent") is None
    assert network_mount_below("/", tmp_path / "absent") == ""


def test_temporary_folder_of_this_computer_can_be_watched(tmp_path: Path) -> None:
    assert can_watch(str(tmp_path)) is None

"""Modes, times and owners reach what they are for and nothing behind a link, whatever was swapped in meanwhile."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.fs.content import Rights
from tests.helpers.single import discard, receive
from tests.property.world import look_at

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no way to name a link itself"),
    pytest.mark.hazard(44),
]

LONG_AGO_NS = 1_000_000_000_000_000_000


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    outside = tmp_path / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "file").write_bytes(b"precious")
    return outside


@pytest.fixture
def target(tmp_path: Path) -> Iterator[LocalDestination]:
    (tmp_path / "mirror").mkdir()
    with LocalDestination(str(tmp_path / "mirror"), None) as target:
        yield target


@pytest.fixture
def wanted(tmp_path: Path) -> os.stat_result:
    """What a file of the source looks like: a mode and a time that nothing else here has."""
    file = tmp_path / "wanted"
    file.write_bytes(b"")
    file.chmod(0o604)
    os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))
    return file.stat()


@pytest.mark.parametrize("name", ["file", "folder"])
def test_a_link_swapped_in_before_the_metadata_is_set_leads_nowhere(
    target: LocalDestination, outside: Path, wanted: os.stat_result, name: str
) -> None:
    before = look_at(outside)
    os.symlink(outside / name, Path(target.root, "swapped"))
    # The source's entry says that there is a file; the link came a moment ago.
    target.set_metadata("swapped", wanted)
    assert look_at(outside) == before


@pytest.mark.root
def test_an_owner_is_not_set_through_a_link(target: LocalDestination, outside: Path, tmp_path: Path) -> None:
    before = look_at(outside)
    other = tmp_path / "other"
    other.write_bytes(b"")
    os.chown(other, 65534, 65534)
    os.symlink(outside / "file", Path(target.root, "swapped"))
    target.set_metadata("swapped", other.stat())
    assert look_at(outside) == before
    assert Path(target.root, "swapped").lstat().st_uid == 65534


def test_a_file_that_took_a_temporarys_name_is_not_written_to(target: LocalDestination, outside: Path) -> None:
    planted = Path(target.root, f"{target._mirror._temporary_prefix}{1:08x}")
    planted.write_bytes(b"a stranger's")
    fd = os.open(outside / "file", os.O_RDONLY)
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EEXIST)):
            receive(target, "new", fd)
    finally:
        os.close(fd)
    # Not even removed: it is not known whose it is.
    assert planted.read_bytes() == b"a stranger's"


def test_only_what_has_a_temporarys_name_can_be_discarded(target: LocalDestination) -> None:
    Path(target.root, "precious").write_bytes(b"precious")
    with pytest.raises(ValueError, match="precious"):
        discard(target, "precious")
    assert stat.S_ISREG(Path(target.root, "precious").stat().st_mode)


@pytest.mark.hazard(26)
@pytest.mark.root
def test_without_the_right_to_give_files_away_a_set_id_program_of_anothers_loses_its_bits(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"")
    program.chmod(0o6755)
    os.chown(program, 1000, 1000)
    program.chmod(0o6755)
    assert Rights((1000, 1000)).mode_of(program.stat()) == 0o6755
    assert Rights((1001, 1000)).mode_of(program.stat()) == 0o755

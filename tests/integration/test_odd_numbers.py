"""Every number that a file's entry can have: stored and compared exactly, or one problem of that file alone."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_gui.engine.apply import apply, create
from backup_gui.engine.destination.metadata_writer import MetadataWriter
from backup_gui.engine.destination.mirror_tree import MirrorTree
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.plan import difference
from backup_gui.engine.plan.difference import EntryComparer
from backup_gui.engine.state import integrity as soundness
from backup_gui.engine.state.database import Fingerprint, JobDatabase
from backup_gui.engine.state.kept_paths import KeptPath
from backup_gui.engine.state.pass_log import PassLogReader
from backup_gui.model.entries import Seen
from backup_gui.model.events import Event, PlanMade
from backup_gui.model.plans import FULL, Counts, PassStatus, ProblemCode, Report, Scope
from tests.helpers.rig import SECOND_NS, Rig, as_nobody, paths
from tests.helpers.systems import set_own_times
from tests.helpers.trees import contents, read_tree

pytestmark = pytest.mark.hazard(59)

# A second of a signed 64-bit clock, in nanoseconds: more than any system call tells.
ANY_TIME_NS = st.integers(-(1 << 63) * 10**9, (1 << 63) * 10**9)
ANY_INODE = st.integers(0, (1 << 64) - 1)
ANY_SIZE = st.integers(-(1 << 63), (1 << 64) - 1)
YEAR_S = 31_556_952
ODD_YEARS = (
    -292_000_000_000,
    -10_000,
    1,
    1600,
    1677,
    1678,
    1900,
    1969,
    2038,
    2107,
    2261,
    2263,
    2446,
    2487,
    9999,
    30_828,
)


@given(ANY_INODE, ANY_TIME_NS, ANY_SIZE, ANY_TIME_NS)
def test_any_fingerprint_is_remembered_exactly(inode: int, ctime_ns: int, size_bytes: int, mtime_ns: int) -> None:
    catalog = JobDatabase.in_memory()
    ordinary = Seen(1, 2, 3, 4)
    catalog.record("before", ordinary)
    catalog.record("folder/odd", Seen(inode, ctime_ns, size_bytes, mtime_ns))
    catalog.record("folder/after", ordinary)
    expected = (inode, ctime_ns, size_bytes, mtime_ns)
    assert catalog.fingerprint("folder/odd") == expected
    assert ("folder/odd", expected) in list(catalog.paths_of(inode))
    assert catalog.fingerprint("before") == catalog.fingerprint("folder/after") == Fingerprint(*ordinary[:4])
    assert set(catalog.folder("folder")) == {"odd", "after"}
    catalog.record_stamp("folder/odd", mtime_ns)
    assert catalog.stamp("folder/odd") == mtime_ns
    catalog.kept.add([KeptPath("odd", refused=(inode, size_bytes, mtime_ns))])
    assert catalog.kept.paths() == [KeptPath("odd", refused=(inode, size_bytes, mtime_ns))]
    catalog.close()


def test_a_file_with_such_numbers_is_not_taken_for_damage(tmp_path: Path) -> None:
    file = tmp_path / "catalog.sqlite"
    catalog = JobDatabase.open(file)
    catalog.record("odd", Seen(1 << 63, 10**30, 3, -(10**30)))
    catalog.close()
    soundness.doubt(file)
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.sqlite"]
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE files SET mtime_ns = X'00'")
    connection.close()
    soundness.doubt(file)
    assert "catalog.sqlite.damaged" in {path.name for path in tmp_path.iterdir()}


def test_sums_of_sizes_beyond_64_bits_are_listed_as_the_largest(tmp_path: Path) -> None:
    file = tmp_path / "catalog.sqlite"
    catalog = JobDatabase.open(file)
    for started_at in (1.0, 2.0):
        report = Report(PassStatus.COMPLETE, started_at, 1.0, is_full=True, counts=Counts(created=2, bytes=1 << 64))
        catalog.passlog.add(report)
    catalog.close()
    log_reader = PassLogReader(file)
    assert {past.bytes for past in log_reader.page()} == {(1 << 63) - 1}
    assert {total.bytes for total in log_reader.days(0.0)} == {(1 << 63) - 1}


def far_times(folder: Path) -> Iterator[Path]:
    for year in ODD_YEARS:
        file = folder / f"of {year}"
        file.write_text(str(year))
        try:
            os.utime(file, (0, (year - 1970) * YEAR_S))
        except (OSError, OverflowError):
            file.unlink()
            continue
        yield file


@pytest.mark.parametrize("keeps_history", [True, False])
@pytest.mark.parametrize(
    ("first_s", "last_s"),
    [
        (-(1 << 31), (1 << 31) - 1),
        (-(1 << 31), 0x3_7FFF_FFFF),
        (-(1 << 31), 16_299_260_424),
        (-11_644_473_600, 1 << 60),
        (-2_082_844_800, 2_212_122_495),
    ],
    ids=["ext3", "ext4", "xfs", "ntfs", "hfs"],
)
def test_what_a_volume_has_no_dates_for_gets_the_nearest_and_comes_to_rest(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, first_s: int, last_s: int, *, keeps_history: bool
) -> None:
    rig.options |= {"keeps_history": keeps_history}
    names = [file.name for file in far_times(rig.source)]
    os.link(rig.source / names[0], rig.source / "another name")
    (rig.source / "link").symlink_to("anywhere")
    (rig.source / "folder").mkdir()
    for name, year in (("link", 1500), ("folder", 3000)):
        set_own_times(rig.source / name, (0, (year - 1970) * YEAR_S * 1_000_000_000))
    utime = os.utime

    def cut(what: Any, *, ns: tuple[int, int], **options: Any) -> None:
        access_ns, change_ns = (min(max(time_ns, first_s * SECOND_NS), last_s * SECOND_NS) for time_ns in ns)
        utime(what, ns=(access_ns, change_ns), **options)

    monkeypatch.setattr(os, "utime", cut)
    assert rig.run().status is PassStatus.COMPLETE
    monkeypatch.setattr(difference, "has_same_content", lambda *_arguments: pytest.fail("nothing is to be read again"))
    assert rig.run().counts == Counts()
    monkeypatch.undo()
    assert len({(rig.mirror / name).stat().st_ino for name in (names[0], "another name")}) == 1
    # What is the program's own is nobody else's for that, nor another file.
    for name in names[1:]:
        os.rename(rig.source / name, rig.source / f"moved {name}")
    for name in (names[0], "another name"):
        (rig.source / name).unlink()
    report = rig.run()
    assert (report.status, report.counts.moved, report.counts.deleted) == (PassStatus.COMPLETE, len(names) - 1, 2)


def test_files_of_all_centuries_are_mirrored_with_their_times_and_a_second_pass_does_nothing(rig: Rig) -> None:
    rig.write("plain", "1")
    assert len(list(far_times(rig.source))) > 10
    (rig.source / "folder").mkdir()
    os.utime(rig.source / "folder", (0, (2400 - 1970) * YEAR_S))
    report = rig.run()
    assert (report.status, report.problems) == (PassStatus.COMPLETE, ())
    rig.check_in_step()
    assert rig.run().counts == Counts()
    for file in rig.source.glob("of *"):
        os.rename(file, file.with_name("moved " + file.name))
    assert rig.run().counts.bytes == 0
    rig.check_in_step()
    (rig.source / "moved of 9999").chmod(0o400)
    assert rig.run(paths("moved of 9999")).counts == Counts(metadata=1)
    rig.check_in_step()


ODD_ERRORS = (OverflowError("Python int too large"), ValueError("embedded null byte"), sqlite3.DataError("too big"))


@pytest.mark.parametrize("error", ODD_ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    ("owner", "call"),
    [(EntryComparer, "difference"), (MirrorWriter, "receive"), (MirrorWriter, "publish")],
    ids=["compared", "copied", "published"],
)
@pytest.mark.parametrize("scope", [FULL, paths("a", "docs/odd", "docs/z")], ids=["all", "named"])
def test_what_one_file_raises_is_a_problem_of_that_file(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, scope: Scope, owner: type, call: str, error: Exception
) -> None:
    for name in ("a", "docs/odd", "docs/z"):
        rig.write(name, "1")
    rig.run()
    for name in ("a", "docs/odd", "docs/z"):
        rig.write(name, "22")
    real = getattr(owner, call)

    def fail(self: Any, *arguments: Any, **options: Any) -> Any:
        if any(
            "odd" in getattr(argument, "path", argument)
            for argument in arguments
            if isinstance(argument, str | tuple) and not isinstance(argument, os.stat_result)
        ):
            raise error
        return real(self, *arguments, **options)

    monkeypatch.setattr(owner, call, fail)
    report = rig.run(scope)
    assert [(problem.path, problem.code) for problem in report.problems] == [("docs/odd", ProblemCode.OTHER)]
    assert contents(rig.mirror) == {"a": b"22", "docs/odd": b"1", "docs/z": b"22"}
    assert rig.temporaries() == []
    monkeypatch.undo()
    rig.run()
    rig.check_in_step()


class SurpriseError(Exception):
    """Something that nobody expects."""


@pytest.mark.posix("modes")
@pytest.mark.parametrize(
    "error", [SurpriseError(), Cancelled(), OSError(5, "Input/output error")], ids=["other", "stop", "drive"]
)
def test_folders_have_their_modes_whatever_ends_the_pass(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    rig.write("new/deep/file", "1")
    (rig.source / "new").chmod(0o755)
    (rig.source / "new/deep").chmod(0o750)
    for number in range(3):
        rig.write(f"new/deep/more/{number}", "2")
    monkeypatch.setattr(apply.PlanRunner, "_publish_if_full", apply.PlanRunner._publish)
    real = create.Creator.copy

    def fail(self: create.Creator, actions: Any) -> None:
        if (rig.mirror / "new/deep/file").exists():
            raise error
        real(self, actions)

    monkeypatch.setattr(create.Creator, "copy", fail)
    if isinstance(error, Cancelled):
        assert rig.run().status is PassStatus.CANCELLED
    else:
        with pytest.raises(Exception):  # noqa: B017, PT011 - each in its own way
            rig.run()
    modes = {path: stat.S_IMODE((rig.mirror / path).stat().st_mode) for path in ("new", "new/deep")}
    assert modes == {"new": 0o755, "new/deep": 0o750}
    monkeypatch.undo()
    rig.run()
    rig.check_in_step()


def test_a_folder_that_was_opened_up_only_to_be_compared_is_shut_again(rig: Rig) -> None:
    rig.write("closed/file", "1")
    rig.run()
    with as_nobody(rig.root, rig.source, rig.mirror):
        (rig.source / "closed").chmod(0o500)
        rig.run()
        # Somebody takes the right to read away in the mirror.
        (rig.mirror / "closed").chmod(0o300)

        def stop(event: Event) -> None:
            if isinstance(event, PlanMade):
                raise SurpriseError

        with pytest.raises(SurpriseError):
            rig.run(on_event=stop)
        assert stat.S_IMODE((rig.mirror / "closed").stat().st_mode) == 0o300
        rig.run()
        assert read_tree(rig.mirror) == read_tree(rig.source)


def test_a_folder_that_got_its_mode_from_the_source_is_not_given_an_older_one(place: Path) -> None:
    (place / "folder").mkdir(mode=0o500)
    (place / "source").mkdir(mode=0o750)
    with as_nobody(place), MirrorTree(str(place)) as tree:
        assert tree.open_up("folder")
        MetadataWriter(tree).set_metadata("folder", os.stat(place / "source"))
    assert stat.S_IMODE((place / "folder").stat().st_mode) == 0o750

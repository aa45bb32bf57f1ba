"""Files of which only the time has changed: their content is compared, and nothing is copied, kept or held."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.apply import create
from backup_gui.engine.fs import native, same_content
from backup_gui.model.events import Event, PlanMade, Progressed
from backup_gui.model.plans import Counts, PassStatus, Phase
from tests.helpers.rig import LONG_AGO_NS, SECOND_NS, Rig, paths
from tests.helpers.trees import contents

pytestmark = pytest.mark.hazard(60)

NOTHING = Counts()
MANY = 120


def touch_all(folder: Path, *, by_ns: int = 1_000 * SECOND_NS) -> None:
    """Give every file below a folder another time, and keep its content."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            stamp_ns = file.stat().st_mtime_ns + by_ns
            os.utime(file, ns=(stamp_ns, stamp_ns))


def fill(rig: Rig, count: int = MANY) -> None:
    for number in range(count):
        rig.write(f"folder/{number:03}", f"content of {number}")


def test_files_that_were_only_touched_get_their_time_and_nothing_is_copied_kept_or_held(rig: Rig) -> None:
    fill(rig)
    rig.run()
    touch_all(rig.source)
    report = rig.run()
    assert (report.status, report.held, report.counts) == (PassStatus.COMPLETE, None, Counts(metadata=MANY))
    rig.check_in_step()
    assert rig.kept() == {}
    assert rig.run().counts == NOTHING


def test_touched_files_are_no_news_to_a_partial_pass_either(rig: Rig) -> None:
    fill(rig, 3)
    rig.run()
    touch_all(rig.source)
    report = rig.run(paths("folder/000", "folder/001", "folder/002"))
    assert report.counts == Counts(metadata=3)
    rig.check_in_step()
    assert rig.kept() == {}


def test_after_the_memory_was_lost_a_backup_without_times_gets_them_and_nothing_is_held(rig: Rig) -> None:
    fill(rig)
    rig.run()
    rig.forget_everything()
    touch_all(rig.mirror)
    report = rig.run()
    assert (report.held, report.counts) == (None, Counts(metadata=MANY))
    rig.check_in_step()
    assert rig.kept() == {}


def test_a_source_restored_without_its_times_is_not_copied_again(rig: Rig) -> None:
    fill(rig)
    rig.run()
    shutil.rmtree(rig.source / "folder")
    shutil.copytree(rig.mirror / "folder", rig.source / "folder", copy_function=shutil.copyfile)
    report = rig.run()
    assert (report.held, report.counts.replaced, report.counts.bytes) == (None, 0, 0)
    rig.check_in_step()
    assert rig.kept() == {}


def test_of_files_of_the_same_size_those_with_other_content_are_copied_and_their_versions_kept(rig: Rig) -> None:
    fill(rig, 4)
    rig.run()
    touch_all(rig.source)
    rig.write("folder/001", "content OF 1")
    report = rig.run()
    assert report.counts == Counts(replaced=1, metadata=3, bytes=12)
    rig.check_in_step()
    assert rig.kept_contents() == [b"content of 1"]


def test_what_a_stranger_touched_or_edited_in_the_mirror_is_told_apart(rig: Rig) -> None:
    fill(rig, 2)
    rig.run()
    rig.write_at(rig.mirror / "folder/000", "content of 0")
    rig.write_at(rig.mirror / "folder/001", "content OF 1")
    report = rig.run()
    assert (report.counts.replaced, report.counts.metadata) == (1, 1)
    rig.check_in_step()
    assert rig.kept_contents() == [b"content OF 1"]


def test_a_file_that_is_edited_after_it_was_compared_is_copied(rig: Rig) -> None:
    rig.write("file", "old!")
    rig.run()
    touch_all(rig.source)

    def edit(event: Event) -> None:
        if isinstance(event, PlanMade):
            stamp_ns = (rig.source / "file").stat().st_mtime_ns
            (rig.source / "file").write_text("new!")
            os.utime(rig.source / "file", ns=(stamp_ns, stamp_ns))

    rig.run(on_event=edit)
    assert contents(rig.mirror) == {"file": b"new!"}
    rig.run()
    rig.check_in_step()


def test_what_a_stranger_writes_into_the_copy_after_it_was_compared_does_not_pass_for_the_content(rig: Rig) -> None:
    rig.write("file", "old!")
    rig.run()
    touch_all(rig.source)

    def edit(event: Event) -> None:
        if isinstance(event, PlanMade):
            rig.write_at(rig.mirror / "file", "not!")

    rig.run(on_event=edit)
    assert contents(rig.mirror) == {"file": b"old!"}
    assert rig.kept_contents() == [b"not!"]
    rig.check_in_step()


def test_what_a_stranger_writes_into_the_copy_while_it_is_compared_once_more_is_kept(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("file", "old!")
    rig.run()
    touch_all(rig.source)
    real = same_content.has_same_content

    def compare(*arguments: Any) -> bool:
        is_equal = real(*arguments)
        rig.write_at(rig.mirror / "file", "not!")
        return is_equal

    def touch(event: Event) -> None:
        if isinstance(event, PlanMade):
            (rig.mirror / "file").chmod(0o600)
            monkeypatch.setattr(create, "has_same_content", compare)

    rig.run(on_event=touch)
    assert rig.kept_contents() == [b"not!"]
    rig.check_in_step()


def test_a_copy_that_was_only_touched_since_is_given_its_time_and_not_copied(rig: Rig) -> None:
    rig.write("file", "content")
    rig.run()
    touch_all(rig.source)

    def touch(event: Event) -> None:
        if isinstance(event, PlanMade):
            touch_all(rig.mirror, by_ns=SECOND_NS)

    report = rig.run(on_event=touch)
    assert report.counts == Counts(metadata=1)
    rig.check_in_step()
    assert rig.kept() == {}


def test_names_of_one_file_that_was_touched_stay_names_of_one_file(rig: Rig) -> None:
    rig.write("one", "shared")
    os.link(rig.source / "one", rig.source / "two")
    rig.run()
    touch_all(rig.source)
    assert rig.run().counts.bytes == 0
    rig.check_in_step()
    assert (rig.mirror / "one").samefile(rig.mirror / "two")
    assert rig.kept() == {}
    assert rig.run().counts == NOTHING


def test_a_copy_that_cannot_be_read_is_replaced_and_not_compared_for_ever(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("file", "content")
    rig.run()
    touch_all(rig.source)
    mirrored = (rig.mirror / "file").stat().st_ino

    def read(fd: int, count: int) -> bytes:
        if os.fstat(fd).st_ino == mirrored:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.read(fd, count)

    monkeypatch.setattr(native, "read", read)
    report = rig.run()
    assert (report.problems, report.counts.replaced) == ((), 1)
    rig.check_in_step()


def test_reading_ends_at_the_first_difference_and_tells_how_far_it_is(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(same_content, "COMPARED_BYTES", 4)
    monkeypatch.setattr("backup_gui.engine.rules.progress.LEAST_PAUSE_S", 0)
    rig.write("equal", "1234" * 100)
    rig.write("other", "1234" * 100)
    rig.run()
    touch_all(rig.source)
    rig.write("other", "1234" + "4321" * 99)
    os.utime(rig.source / "other", ns=(LONG_AGO_NS, LONG_AGO_NS))
    rig.run()
    compared = [event.progress for event in rig.told(Progressed) if event.progress.phase is Phase.COMPARING]
    assert max(progress.bytes_done for progress in compared) == 404


def test_comparing_stops_when_it_is_told_to(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same_content, "COMPARED_BYTES", 4)
    reads: list[int] = []

    def read(fd: int, count: int) -> bytes:
        reads.append(count)
        return os.read(fd, count)

    rig.write("large", "1234" * 1000)
    rig.run()
    touch_all(rig.source)
    monkeypatch.setattr(native, "read", read)
    report = rig.run(should_stop=lambda: len(reads) >= 10)
    assert report.status is PassStatus.CANCELLED
    assert len(reads) < 20

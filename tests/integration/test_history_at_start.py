"""A history that cannot be made or written to is told before anything is copied; one that goes is made anew."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from backup_gui.engine.destination.history_place import HISTORY_NAME
from backup_gui.model.errors import DestinationUnusableError
from backup_gui.model.events import Event, PlanMade
from backup_gui.model.plans import PassStatus, ProblemCode
from tests.helpers.rig import Rig, as_nobody, mounted, paths
from tests.helpers.systems import IS_POSIX
from tests.helpers.trees import contents, read_tree

COMPLETE = PassStatus.COMPLETE
HISTORY_LOST = ProblemCode.HISTORY_LOST


def test_the_history_is_there_before_anything_is_kept(rig: Rig) -> None:
    rig.write("a", "1")
    rig.run()
    assert read_tree(rig.history) == {}
    if IS_POSIX:
        assert rig.history.stat().st_mode & 0o777 == 0o700


def test_a_dry_run_makes_no_history(rig: Rig) -> None:
    rig.write("a", "1")
    rig.mirror.mkdir()
    rig.run(is_dry_run=True)
    assert not rig.history.exists()


@pytest.mark.hazard(16)
def test_a_history_that_cannot_be_made_is_told_before_the_first_copy(rig: Rig) -> None:
    rig.write("a", "1")
    rig.mirror.mkdir()
    with as_nobody(rig.root):
        rig.root.chmod(0o555)
        for scope in (None, paths("a")):
            with pytest.raises(DestinationUnusableError) as caught:
                rig.run() if scope is None else rig.run(scope)
            assert str(caught.value) == (
                f"The history cannot be made, since this folder cannot be written to (Permission denied): {rig.root}"
            )
        assert contents(rig.mirror) == {}
        rig.options["keeps_history"] = False
        assert rig.run().status is COMPLETE
        rig.root.chmod(0o755)


@pytest.mark.hazard(16)
@pytest.mark.parametrize("mode", [0o500, 0o300, 0o000])
def test_a_history_that_cannot_be_written_to_is_told_by_its_name(rig: Rig, mode: int) -> None:
    rig.write("a", "1")
    with as_nobody(rig.root):
        rig.run()
        rig.history.chmod(mode)
        rig.write("b", "2")
        with pytest.raises(DestinationUnusableError, match=f"The history cannot be .* {rig.history}$"):
            rig.run()
        assert contents(rig.mirror) == {"a": b"1"}
        rig.history.chmod(0o700)
        assert rig.run().status is COMPLETE


@pytest.mark.hazard(16)
def test_a_file_in_the_historys_place_is_told_by_its_name(rig: Rig) -> None:
    rig.write("a", "1")
    rig.history.write_text("a file")
    with pytest.raises(DestinationUnusableError, match=f"The history is not a folder: {re.escape(str(rig.history))}"):
        rig.run()
    assert rig.history.read_text() == "a file"
    assert contents(rig.mirror) == {}


@pytest.mark.hazard(16, 53)
@pytest.mark.root
def test_on_a_drive_that_belongs_to_another_user_the_drive_is_named(rig: Rig) -> None:
    rig.write("a", "1")
    rig.mirror.mkdir()
    with mounted(rig.mirror), as_nobody(rig.source):
        with pytest.raises(DestinationUnusableError, match=f"The history cannot be made.*: {rig.mirror}$"):
            rig.run()
        assert read_tree(rig.mirror) == {}


@pytest.mark.hazard(57)
@pytest.mark.root
@pytest.mark.parametrize("becomes", ["removed", "moved away", "replaced"])
@pytest.mark.parametrize("is_inside", [False, True], ids=["beside", "in the drive"])
def test_a_history_that_goes_in_the_middle_of_a_pass_is_made_anew_where_it_is_looked_for(
    rig: Rig, becomes: str, *, is_inside: bool
) -> None:
    drive = rig.root / "drive"
    drive.mkdir()
    rig.options["destination"] = str(drive if is_inside else drive / "mirror")
    history = drive / HISTORY_NAME if is_inside else drive / "mirror.history"

    def go(event: Event) -> None:
        if isinstance(event, PlanMade):
            if becomes == "removed":
                shutil.rmtree(history)
            else:
                os.rename(history, drive / "lost+found")
            if becomes == "replaced":
                history.mkdir()

    with mounted(drive):
        rig.write("a", "1")
        rig.write("b", "1")
        rig.run()
        for name in ("a", "b"):
            rig.write(name, "2")
        report = rig.run(on_event=go)
        # One that was put in its place by somebody else is in use without a word.
        assert [problem.code for problem in report.problems] == ([] if becomes == "replaced" else [HISTORY_LOST])
        assert contents(Path(rig.job.destination.path))["a"] == b"2"
        assert list(contents(history).values()) == [b"1", b"1"]
        assert not (drive / "lost+found").exists() or contents(drive / "lost+found") == {}


@pytest.mark.hazard(57)
@pytest.mark.parametrize("becomes", ["removed", "moved away", "replaced"])
def test_a_history_that_goes_between_two_passes_is_made_anew(rig: Rig, becomes: str) -> None:
    rig.write("a", "1")
    rig.run()
    rig.write("a", "2")
    rig.run()
    os.rename(rig.history, rig.root / "aside")
    if becomes == "replaced":
        rig.history.mkdir()
    rig.write("a", "3")
    report = rig.run(paths("a"))
    assert [problem.code for problem in report.problems] == ([] if becomes == "replaced" else [HISTORY_LOST])
    assert rig.kept_contents() == [b"2"]
    assert list(contents(rig.root / "aside").values()) == [b"1"]

"""A history that somebody has deleted or moved away is begun anew, and that is said once."""

from __future__ import annotations

import logging
import shutil

import pytest

from backup_gui.model.events import PlanMade
from backup_gui.model.plans import FULL, NO_COUNTS, PassStatus, ProblemCode, Report, Scope
from backup_gui.model.reasons import Code
from tests.helpers.rig import Rig, paths
from tests.helpers.trees import contents

pytestmark = pytest.mark.hazard(45)

LOST = [("", ProblemCode.HISTORY_LOST)]


def told(report: Report) -> list[tuple[str, Code]]:
    return [(problem.path, problem.code) for problem in report.problems]


def lines(caplog: pytest.LogCaptureFixture) -> int:
    return sum("The history was gone" in record.getMessage() for record in caplog.records)


@pytest.fixture
def rig(rig: Rig) -> Rig:
    rig.write("doc", "1")
    rig.run()
    rig.write("doc", "2")
    rig.run()
    assert rig.kept_contents() == [b"1"]
    return rig


@pytest.mark.parametrize("is_moved", [False, True])
@pytest.mark.parametrize("scope", [FULL, paths("doc")], ids=["full", "quick"])
def test_a_history_that_is_gone_is_begun_anew_and_that_is_said_once(
    rig: Rig, caplog: pytest.LogCaptureFixture, scope: Scope, *, is_moved: bool
) -> None:
    if is_moved:
        rig.history.rename(rig.root / "elsewhere")
    else:
        shutil.rmtree(rig.history)
    rig.write("doc", "3")
    with caplog.at_level(logging.WARNING):
        report = rig.run(scope)
        assert (report.status, told(report)) == (PassStatus.PROBLEMS, LOST)
        assert rig.kept_contents() == [b"2"]
        for _ in range(2):
            assert rig.run().status is PassStatus.COMPLETE
    assert lines(caplog) == 1


def test_it_is_said_again_of_another_loss_and_a_dry_run_says_nothing(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        shutil.rmtree(rig.history)
        with caplog.at_level(logging.WARNING):
            assert told(rig.run(is_dry_run=True)) == []
            assert told(rig.run()) == LOST
    assert lines(caplog) == 2


@pytest.mark.usefixtures("open_folders_go")
def test_a_history_that_goes_within_a_pass_is_said_to_be_gone(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.write("doc", "3")
    with caplog.at_level(logging.WARNING):
        report = rig.run(on_event=lambda event: shutil.rmtree(rig.history) if isinstance(event, PlanMade) else None)
    assert (told(report), report.counts.replaced) == (LOST, 1)
    assert rig.kept_contents() == [b"2"]
    assert lines(caplog) == 1
    assert rig.run().status is PassStatus.COMPLETE


def test_a_first_history_another_one_and_one_that_was_given_up_are_no_loss(rig: Rig) -> None:
    rig.options["history"] = str(rig.root / "chosen")
    rig.write("doc", "3")
    assert rig.run().status is PassStatus.COMPLETE
    del rig.options["history"]
    rig.options["keeps_history"] = False
    assert rig.run().counts == NO_COUNTS
    shutil.rmtree(rig.history)
    rig.options["keeps_history"] = True
    assert rig.run().status is PassStatus.COMPLETE


def test_where_destination_and_history_are_gone_together_the_backup_begins_anew(rig: Rig) -> None:
    shutil.rmtree(rig.history)
    # Made before, so that no system gives it the number of the one that goes.
    new = rig.root / "new"
    new.mkdir()
    shutil.rmtree(rig.mirror)
    new.rename(rig.mirror)
    report = rig.run()
    assert ProblemCode.HISTORY_LOST not in {problem.code for problem in report.problems}
    assert contents(rig.mirror) == contents(rig.source)

"""What happens to a backup whose source is rewritten by somebody who wants money for it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from backup_gui.model.job import DEFAULT_GUARD_COUNT, DEFAULT_GUARD_SHARE
from backup_gui.model.plans import HeldCode, PassStatus
from tests.faults.scene import Scene

FILES = 200
ENCRYPTED = 120


@pytest.mark.hazard(9)
@pytest.mark.parametrize("is_renamed", [pytest.param(True, id="renamed"), pytest.param(False, id="in place")])
def test_what_is_encrypted_does_not_take_the_place_of_what_was_backed_up(tmp_path: Path, *, is_renamed: bool) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.with_job(guard_count=DEFAULT_GUARD_COUNT, guard_share=DEFAULT_GUARD_SHARE)
    noise = random.Random(1)
    for number in range(FILES):
        scene.write(f"folder{number % 7}/{number}.txt", b"precious %d" % number)
    scene.make_pass()
    before = scene.in_mirror()
    for path in sorted(before)[:ENCRYPTED]:
        if is_renamed:
            (scene.source / path).unlink()
            scene.write(f"{path}.locked", noise.randbytes(60))
        else:
            scene.write(path, noise.randbytes(60))
    scene.write("written by the user meanwhile", b"new")
    for _ in range(3):
        report = scene.make_pass()
        assert report.status is PassStatus.HELD
        assert report.held is not None
        # From the second pass on what was renamed makes the mirror larger; then it is the hour that tells.
        assert report.held.code in {HeldCode.MASS_CHANGE, HeldCode.SLOW_CHANGE}
        there = scene.in_mirror()
        assert {path: there.get(path) for path in before} == before
        assert there["written by the user meanwhile"] == b"new"
    # Agreed to by mistake, and still nothing is lost.
    scene.with_job(allows_mass_delete=True)
    scene.make_pass()
    scene.assert_in_step()
    assert set(before.values()) <= {*scene.in_mirror().values(), *scene.in_history()}

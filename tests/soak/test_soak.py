"""The short form of the soak; ``python -m tests.soak`` is the long one."""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.soak.soaking import soak

SECONDS = 45
HOME_SECONDS = 30
FILES = 1_500


@pytest.mark.slow
@pytest.mark.root
@pytest.mark.timeout(300)
@pytest.mark.hazard(1, 6, 13, 19, 45, 49)
@pytest.mark.skipif(sys.platform != "linux" or shutil.which("rsync") is None, reason="needs rsync and /proc")
@pytest.mark.parametrize("is_home", [False, True], ids=["two drives", "home"])
def test_random_edits_kills_and_unmounts_leave_an_exact_mirror_and_a_complete_history(*, is_home: bool) -> None:
    findings = soak(seconds=HOME_SECONDS if is_home else SECONDS, files=FILES, is_home=is_home)
    assert findings.is_clean, findings
    assert findings.edits > 100
    assert findings.sampled > FILES
    assert findings.kills
    assert findings.unmounts

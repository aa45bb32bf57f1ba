"""Many jobs in one process, and one job in a process that may have hardly any files open: all come to their end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from backup_gui.engine.fs.system import descriptors
from tests.helpers.project import PROJECT
from tests.helpers.trees import read_tree


@pytest.mark.watches
@pytest.mark.hazard(71)
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell how many files are open")
@pytest.mark.parametrize(("jobs", "limit"), [(1, 64), (1, 80), (12, 256), (12, 1_024), (30, 1_024), (100, 1_024)])
def test_all_jobs_complete_and_the_process_stays_below_what_it_may_open(tmp_path: Path, jobs: int, limit: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.many_jobs_driver", str(tmp_path), str(jobs), str(limit)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    found = json.loads(done.stdout)
    assert found["failures"] == 0
    # The one that counts them is one of them.
    assert found["most_open"] < limit
    assert found["reasons"] == {}
    assert set(found["statuses"]) <= {"complete", "cancelled"}
    assert found["kept"] == 0
    assert found["most_kept"] >= descriptors.LEAST_KEPT
    for number in range(jobs):
        assert read_tree(tmp_path / f"mirror{number}") == read_tree(tmp_path / f"source{number}")

"""Tests that run side by side: what they say arrives whole, and those of a group follow one another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.project import PROJECT

GROUPED = """
import os
from pathlib import Path
import pytest

pytestmark = pytest.mark.MARK

@pytest.mark.parametrize("number", range(3))
def test_in_one_process(number):
    Path(f"process {os.getpid()}").touch()
"""
SET_UP_ONCE = """
import os
from pathlib import Path
import pytest

@pytest.fixture(scope="module")
def thing():
    Path(f"set up by {os.getpid()}").touch()

@pytest.mark.parametrize("number", range(3))
def test_with_it(thing, number):
    pass
"""
OTHER = r"""
import logging
import pytest

@pytest.mark.parametrize("number", range(6))
def test_in_any_process(number):
    logging.getLogger(__name__).warning("name\udcff")
    assert number != 3
"""


@pytest.mark.posix("names are text there")
def test_what_belongs_together_stays_together_and_a_failure_is_told_with_names_that_are_no_text(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(GROUPED.replace("MARK", "desktop"), encoding="ascii")
    (tmp_path / "test_set_up_once.py").write_text(SET_UP_ONCE, encoding="ascii")
    (tmp_path / "test_other.py").write_text(OTHER, encoding="ascii")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = desktop", encoding="ascii")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-p", "tests.helpers.side_by_side", "--basetemp", "temporary"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    assert r"name\udcff" in run.stdout
    assert "1 failed, 14 passed" in run.stdout.splitlines()[-1]
    assert len(list(tmp_path.glob("process *"))) == 1
    assert len(list(tmp_path.glob("set up by *"))) == 1

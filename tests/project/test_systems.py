"""Tests of what only POSIX systems have are skipped elsewhere, each with its reason, and their modules not imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.helpers.project import PROJECT

CONFTEST = """
import os
from tests.helpers import systems

systems.IS_POSIX = False
pytest_plugins = ["tests.helpers.systems"]

def refuse(*_arguments, **_options):
    raise OSError("links are for others")

os.symlink = refuse

def pytest_configure(config):
    config.addinivalue_line("markers", "posix(reason)")
    config.addinivalue_line("markers", "desktop")
"""
WHOLE = """
import no_such_module
import pytest

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.posix("modes"),
]

def test_of_modes():
    assert False
"""
SINGLE = """
import os
from pathlib import Path

import pytest

@pytest.mark.posix("pipes")
def test_of_pipes():
    assert False

@pytest.mark.desktop
def test_with_a_screen():
    assert False

def test_of_links(tmp_path):
    (tmp_path / "link").symlink_to("target")

def test_of_what_the_program_does_without_links(tmp_path):
    with pytest.raises(OSError, match="privilege"):
        os.symlink("target", tmp_path / "link")
"""


def test_what_a_system_does_not_have_is_skipped_with_its_reason(tmp_path: Path) -> None:
    for name, text in (("conftest", CONFTEST), ("test_whole", WHOLE), ("test_single", SINGLE)):
        (tmp_path / f"{name}.py").write_text(text, encoding="ascii")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -rs -p no:cacheprovider\n")
    command = [sys.executable, "-m", "pytest", "--rootdir", str(tmp_path), str(tmp_path)]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 passed, 4 skipped" in result.stdout
    for reason in ("test_whole.py: modes", "pipes", "a desktop session", "symbolic links cannot be made here"):
        assert reason in result.stdout

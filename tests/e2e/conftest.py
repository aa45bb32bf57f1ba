"""Folders with short paths for the tests that run whole programs: sockets lie in them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def session_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        yield Path(folder)

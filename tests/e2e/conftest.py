"""What tests of whole programs share: a folder with a short path, for sockets lie in it, and a session on a desktop."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.desktop import Desktop, desktop_session


@pytest.fixture
def session_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        yield Path(folder)


@pytest.fixture
def desktop(session_folder: Path) -> Iterator[Desktop]:
    with desktop_session(session_folder) as running:
        yield running

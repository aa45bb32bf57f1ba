"""A mailbox that is written to all the time, with the program as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.project import PROJECT
from tests.helpers.waiting import wait_until

SIZE_BYTES = 40_000_000
WRITE_EVERY_S = 0.5
WRITES = 24
LIMIT_S = 60.0


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/letter").write_text("1")
    (tmp_path / "source/inbox.mbox").write_bytes(os.urandom(SIZE_BYTES))
    with (tmp_path / "events").open("wb") as events:
        running = subprocess.Popen(
            [sys.executable, "-m", "backup_gui", "run", "source", "mirror", "--interval", "1", "--json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stdout=events,
        )
    try:
        yield running
    finally:
        running.kill()
        running.wait(LIMIT_S)


def told(place: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (place / "events").read_text().splitlines() if line.endswith("}")]


@pytest.mark.hazard(56)
def test_a_mailbox_that_is_appended_to_all_the_time_is_current_and_fills_no_drive(
    tmp_path: Path, program: subprocess.Popen[bytes]
) -> None:
    source, mirror = tmp_path / "source", tmp_path / "mirror"
    wait_until(lambda: any(event["event"] == "report" for event in told(tmp_path)), "the first copy", LIMIT_S)
    began_s = time.monotonic()
    is_over = threading.Event()
    for number in range(WRITES):
        with (source / "inbox.mbox").open("ab") as file:
            file.write(b"mail")
        if number == WRITES // 2:
            (source / "letter").write_text("2")
        is_over.wait(WRITE_EVERY_S)
    wait_until(lambda: (mirror / "letter").read_text() == "2", "the letter", LIMIT_S)
    # At once when it rests.
    wait_until(
        lambda: (mirror / "inbox.mbox").stat().st_size == SIZE_BYTES + 4 * WRITES, "the mailbox at rest", LIMIT_S
    )
    assert (mirror / "inbox.mbox").read_bytes() == (source / "inbox.mbox").read_bytes()
    program.send_signal(signal.SIGTERM)
    # Windows ends a program without asking it.
    assert program.wait(LIMIT_S) == (143 if os.name == "posix" else 1)
    versions = [path for path in (tmp_path / "mirror.history").iterdir() if path.name.startswith("inbox")]
    # One a minute.
    assert 1 <= len(versions) <= 1 + (time.monotonic() - began_s) // 60
    assert [event for event in told(tmp_path) if event["event"] == "problem"] == []

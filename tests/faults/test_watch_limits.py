"""The system's own limits on change notification, lowered as far as they go: the program as a process still mirrors."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import pytest

from backup_gui.engine.watch.watcher import LIMIT_REASON
from tests.helpers.queue_of_events import fill_queue
from tests.helpers.trees import contents
from tests.helpers.waiting import wait_until

FOLDERS = 60
# Prints how a source is watched after a full pass.
_COVERAGE = """
import json, sys
from pathlib import Path
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.model.events import StatusChanged, Stop
from backup_gui.model.job import Job
from backup_gui.model.job import Place
from backup_gui.engine.run.runner import run

def listen(event):
    if isinstance(event, StatusChanged) and event.status.has_full_pass:
        print(json.dumps(event.status.coverage))
        commands.put(Stop())

source, folder = sys.argv[1:]
commands = Mailbox()
job = Job(source, Place(f"{folder}/mirror"), id="job", name="job")
run(job, commands, listen, data_folder=Path(folder, "data"))
"""

pytestmark = [
    pytest.mark.root,
    pytest.mark.watches,
    pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's"),
]


def with_watches(count: int) -> list[str]:
    """What to put before a command so that it has so many watches and no more, whatever other programs hold."""
    script = 'echo "$0" > /proc/sys/user/max_inotify_watches && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", script, str(count)]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True, text=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs a user namespace: {getattr(error, 'stderr', error)}")
    return command


class Program:
    """The real program as a process, at work."""

    def __init__(self, source: Path, mirror: Path, *before: str) -> None:
        self.events: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [
                *before,
                sys.executable,
                "-m",
                "backup_gui",
                "run",
                str(source),
                str(mirror),
                "--json",
                "--interval",
                "1",
                "--allow-mass-delete",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == "report":
                break
        return self

    def __exit__(self, *_exception: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    for number in range(FOLDERS):
        (source / f"folder{number:02}").mkdir(parents=True)
        (source / f"folder{number:02}" / "file").write_bytes(b"old %d" % number)
    return source


def are_in_step(source: Path, mirror: Path) -> bool:
    try:
        return contents(mirror) == contents(source)
    except FileNotFoundError:
        return False  # the mirror is being changed while it is read


@pytest.mark.hazard(37)
def test_beyond_the_watch_limit_every_folder_is_still_mirrored_within_the_interval(
    tmp_path: Path, source: Path
) -> None:
    mirror = tmp_path / "mirror"
    with Program(source, mirror, *with_watches(8)):
        for number in range(FOLDERS):
            (source / f"folder{number:02}" / "file").write_bytes(b"newer %d" % number)
        wait_until(lambda: are_in_step(source, mirror), "all changes in the mirror", timeout_s=30)


@pytest.mark.hazard(37)
def test_beyond_the_watch_limit_the_coverage_says_how_many_folders_are_only_checked(
    tmp_path: Path, source: Path
) -> None:
    command = [*with_watches(8), sys.executable, "-c", _COVERAGE, str(source), str(tmp_path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    live, polled, reason = json.loads(told)
    assert live + polled == FOLDERS + 1
    assert 0 < live <= 8
    assert reason == LIMIT_REASON


@pytest.mark.hazard(36)
def test_when_the_systems_queue_overflows_nothing_is_missed(tmp_path: Path, source: Path) -> None:
    mirror = tmp_path / "mirror"
    # The hourly full pass is far away: only the overflow itself can lead to one.
    with Program(source, mirror) as program:
        program.process.send_signal(signal.SIGSTOP)
        try:
            fill_queue(source / "folder00", source / "folder01")
            for number in range(FOLDERS):
                folder = source / f"folder{number:02}"
                for name in ("file", "second", "third"):
                    (folder / name).write_bytes(b"newer %d" % number)
        finally:
            program.process.send_signal(signal.SIGCONT)
        wait_until(lambda: are_in_step(source, mirror), "all changes in the mirror", timeout_s=30)

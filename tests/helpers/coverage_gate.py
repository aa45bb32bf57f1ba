"""Fails a whole test run whose coverage is too low: ``pytest --cov --coverage-gate``.

The figures come before pytest's closing line, and the exit status is pytest's own.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from typing import Any

import coverage
import pytest
from coverage.exceptions import NoDataError

from tests.helpers.side_by_side import is_worker

# What must not be wrong is tested most: a mistake in the engine costs files, one in the window costs a click.
GATES = (
    ("engine and config", 95.0, ["backup_gui/model/*", "backup_gui/engine/*", "backup_gui/config/settings.py"]),
    ("everything", 85.0, ["backup_gui/*"]),
)
RESULTS = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--coverage-gate", action="store_true", help="fail below the coverage that the project keeps")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    # What ran side by side is measured where it comes together.
    if is_worker(config) or not config.getoption("--coverage-gate") or session.exitstatus != pytest.ExitCode.OK:
        return
    lines = config.stash.setdefault(RESULTS, [])
    for name, least_percent, paths in GATES:
        percent = measure(paths)
        is_met = percent >= least_percent
        lines.append(f"{name}: {percent:.1f} %, at least {least_percent:.0f} % wanted{'' if is_met else ': TOO LOW'}")
        if not is_met:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash.get(RESULTS, []):
        terminalreporter.section("coverage gate")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True, scope="session")
def measured_job_threads() -> Iterator[None]:
    """Let coverage see the threads of jobs: Python does not start them itself, so its tracer does not reach them."""
    trace = threading.gettrace()
    bridge = sys.modules.get("backup_gui.threads.job_thread")
    if trace is None or bridge is None:
        yield
        return
    begin = bridge.Worker.__init__

    def begin_traced(worker: object, job: object, commands: object, outbox: object, run: Any, folder: object) -> None:
        def traced_run(*arguments: object, **options: object) -> object:
            sys.settrace(trace)
            return run(*arguments, **options)

        begin(worker, job, commands, outbox, traced_run, folder)

    # Not its slot: a function in a slot's place would be called in the window's thread.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bridge.Worker, "__init__", begin_traced)
        yield


def measure(paths: list[str]) -> float:
    """Percentage of lines and branches covered in the files that match, by the data that the run has left."""
    measured = coverage.Coverage()
    measured.load()
    try:
        return measured.report(include=paths, file=io.StringIO())
    except NoDataError:
        return 0.0

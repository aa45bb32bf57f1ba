"""Lets the tests run in several processes at once, ``pytest -n 2``, by pytest-xdist; without it, does nothing."""

from __future__ import annotations

from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

# Files with one of these marks follow one another, in one process.
GROUPED_MARKS = ("desktop", "watches")


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for another one, which collects the results."""
    return hasattr(config, "workerinput")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each process the next test when it has done one, and whole groups first."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(config.rootpath / nodeid.partition("::")[0]) or nodeid

    return Scheduling(config, log)


@cache
def group_of(file: Path) -> str:
    """Return what the tests of a file stay together with; empty if each may run wherever there is room.

    Files with one of the marks are a group; a file that sets something up for all its tests is one by itself.

    xdist's own scheduling writes the groups into the names of tests, which pytest 9.2 does not let it do any more.
    """
    text = file.read_text(encoding="utf-8")
    own_name = str(file) if 'scope="module"' in text else ""
    return next((mark for mark in GROUPED_MARKS if f"pytest.mark.{mark}" in text), own_name)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(config: pytest.Config) -> Generator[None, Any, Any]:
    """Write what a test has printed and logged so that it can be sent: names of files need not be valid text."""
    data = yield
    return _encodable(data) if is_worker(config) else data


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_encodable, value))
    return value

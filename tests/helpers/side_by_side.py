"""Lets the tests run in several processes at once: ``pytest -n 2 --dist loadgroup``, by pytest-xdist.

Without it, all of this does nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

# Tests with one of these marks run one after another, in one process.
GROUPED_MARKS = ("desktop",)


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for another one, which collects the results."""
    return hasattr(config, "workerinput")


# xdist reads the groups in a hook of the same name.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in GROUPED_MARKS:
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.xdist_group(mark))


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

"""What the documents say of the tests is true: the table of hazards, and the promises."""

from __future__ import annotations

import re

import pytest

from tests.helpers import hazards
from tests.helpers.project import PROJECT
from tests.mutants import MUTATIONS

PROMISES = range(1, 16)
_LINK = re.compile(r"\]\((tests/[^)#]+)\)")


def test_the_table_of_hazards_has_every_row_once_and_in_order() -> None:
    numbers = [row.number for row in hazards.read_table()]
    assert numbers == sorted(set(numbers))
    assert numbers[:48] == list(range(1, 49))


@pytest.mark.parametrize("row", hazards.read_table(), ids=lambda row: str(row.number))
def test_a_row_lists_exactly_the_tests_that_are_marked_for_it(row: hazards.Row) -> None:
    marked = hazards.marked_tests().get(row.number, frozenset())
    assert marked, "no test is marked for this hazard"
    assert row.tests == marked, "run python -m tests.helpers.hazards"
    assert set(row.mutants) <= {mutation.name for mutation in MUTATIONS}


def test_no_test_is_marked_for_a_row_that_there_is_not() -> None:
    assert set(hazards.marked_tests()) <= {row.number for row in hazards.read_table()}


def promises() -> dict[int, str]:
    """Read the promises of the README, each with its number."""
    text = (PROJECT / "README.md").read_text().partition("## What it promises")[2].partition("\n## ")[0]
    found = re.split(r"(?m)^(\d+)\. ", text)[1:]
    return {int(number): body for number, body in zip(found[::2], found[1::2], strict=True)}


def test_the_readme_makes_all_promises_in_order() -> None:
    assert list(promises()) == list(PROMISES)


@pytest.mark.parametrize("number", PROMISES)
def test_each_promise_links_to_tests_that_exist(number: int) -> None:
    files = _LINK.findall(promises()[number])
    assert files, "a promise without a test"
    for file in files:
        assert "def test_" in (PROJECT / file).read_text() or "TestCase" in (PROJECT / file).read_text(), file

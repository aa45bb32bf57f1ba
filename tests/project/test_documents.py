"""What the documents say of the tests is true: the table of hazards, and the promises."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.helpers import hazards
from tests.helpers.project import PROJECT
from tests.mutants import MUTATIONS

PROMISES = range(1, 16)
_LINK = re.compile(r"\]\((tests/[^)#]+)\)")
_MODULE = re.compile(r"`((?:[a-z_]+/)+[a-z_]*)(?:\.py)?`")


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


def test_decisions_are_numbered_without_gaps_and_each_says_why() -> None:
    files = sorted((PROJECT / "docs" / "decisions").iterdir())
    assert [file.name[:5] for file in files] == [f"{number:04}-" for number in range(1, len(files) + 1)]
    for file in files:
        text = file.read_text()
        assert text.startswith(f"# {file.name[:4]} ")
        assert re.findall(r"(?m)^## (.+)$", text) == ["What", "Why", "What it costs"]


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/engine.md"])
def test_links_in_a_document_lead_to_files_that_there_are(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (PROJECT / name).read_text())
    folder = (PROJECT / name).parent
    assert [link for link in links if "://" not in link and not (folder / link).exists()] == []


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "docs/engine.md"])
def test_modules_that_a_document_names_are_there(name: str) -> None:
    named = set(_MODULE.findall((PROJECT / name).read_text()))
    assert len(named) > 20
    places = [f"{root}/{path}" for path in named for root in (".", "backup_gui", "backup_gui/engine")]
    there = {place for place in places if (PROJECT / place).is_dir() or (PROJECT / f"{place}.py").exists()}
    assert [path for path in sorted(named) if not any(place.endswith(f"/{path}") for place in there)] == []


@pytest.mark.parametrize(("way", "most"), [("A changed file", 20), ("A problem", 8)])
def test_what_the_program_is_for_passes_few_modules_on_its_way(way: str, most: int) -> None:
    section = (PROJECT / "ARCHITECTURE.md").read_text().partition(f"\n## {way}\n")[2].partition("\n## ")[0]
    # A paragraph after the steps tells of another way.
    steps = re.findall(r"(?m)^\d\. (?:.+\n)(?: {3}.+\n)*", section)
    assert len(steps) > 5
    assert 5 < len(set(_MODULE.findall("".join(steps)))) <= most


def test_the_picture_of_the_layers_is_what_imports_are_checked_against() -> None:
    text = (PROJECT / "ARCHITECTURE.md").read_text()
    checked = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = {contract["containers"][0]: contract["layers"] for contract in checked if contract["type"] == "layers"}
    for container, start in (("backup_gui", "__main__"), ("backup_gui.engine", "verify"), ("backup_gui.ui", "main")):
        (line,) = re.findall(rf"(?m)^(?:\w+: +)?({start} .*→.*)$", text)
        assert line.split(" → ") == layers[container]

"""The table of hazards in ``docs/hazards.md``, and the tests that say by a marker which of its rows they prove.

``python -m tests.helpers.hazards`` writes the names of the marked tests into the table.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.helpers.project import PROJECT

TESTS = PROJECT / "tests"
TABLE = PROJECT / "docs/hazards.md"
_ROW = re.compile(r"\| (\d+) \| (.+?) \| (.+?) \| (.*?) \| (.*?) \|")
_TEST = re.compile(r"`(test_\w+)`")
_FILE = re.compile(r"([\w/]+\.py):")
_NAME = re.compile(r"`([^`]+)`")


class Row(NamedTuple):
    """One row of the table.

    Attributes:
        number: Which one.
        hazard: What goes wrong.
        behaviour: What the program does.
        tests: The tests' files, relative to the folder of tests, and names.
        mutants: Names of mutations that take the protection out.
    """

    number: int
    hazard: str
    behaviour: str
    tests: frozenset[tuple[str, str]]
    mutants: tuple[str, ...]


def read_table() -> list[Row]:
    """Read all rows of the table, in their order."""
    rows = []
    for line in TABLE.read_text().splitlines():
        match = _ROW.fullmatch(line)
        if match is not None:
            number, hazard, behaviour, tests, mutants = match.groups()
            rows.append(Row(int(number), hazard, behaviour, frozenset(_listed(tests)), tuple(_NAME.findall(mutants))))
    return rows


@cache
def marked_tests() -> dict[int, frozenset[tuple[str, str]]]:
    """Find the tests that are marked for each row, without importing any."""
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for file in sorted(TESTS.rglob("test_*.py")):
        module = ast.parse(file.read_text())
        name = file.relative_to(TESTS).as_posix()
        everywhere = {number for node in module.body if _is_pytestmark(node) for number in _numbers(node)}
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in everywhere.union(*(_numbers(decorator) for decorator in node.decorator_list)):
                    found[number].add((name, node.name))
    return {number: frozenset(tests) for number, tests in found.items()}


def format_tests(tests: frozenset[tuple[str, str]]) -> str:
    """Write tests as the table has them: each file once, with the names of its tests."""
    by_file: dict[str, list[str]] = defaultdict(list)
    for file, name in sorted(tests):
        by_file[file].append(f"`{name}`")
    return "; ".join(f"{file}: {', '.join(names)}" for file, names in by_file.items())


def update_table() -> None:
    """Write the names of the marked tests into the table."""
    marked = marked_tests()
    lines = []
    for line in TABLE.read_text().splitlines():
        match = _ROW.fullmatch(line)
        if match is not None:
            number, hazard, behaviour, _, mutants = match.groups()
            tests = format_tests(marked.get(int(number), frozenset()))
            line = f"| {number} | {hazard} | {behaviour} | {tests} | {mutants} |"  # noqa: PLW2901
        lines.append(line)
    TABLE.write_text("\n".join(lines) + "\n")


def _listed(cell: str) -> Iterator[tuple[str, str]]:
    for part in cell.split("; "):
        file = _FILE.match(part)
        if file is not None:
            for name in _TEST.findall(part):
                yield file[1], name


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _numbers(node: ast.AST) -> set[int]:
    """Return the rows that a marker somewhere in an expression names."""
    return {
        argument.value
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "hazard"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, int)
    }


if __name__ == "__main__":
    update_table()

"""The list of mutations fits the program as it is: each text is found once, still compiles, and names real tests."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from tests.helpers.project import PROJECT
from tests.mutants import MUTATIONS
from tests.mutants.mutation import Mutation, RottenMutationError

LEAST = 100


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((PROJECT / "tests" / file).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_mutation_can_be_applied_and_names_tests_that_exist(mutation: Mutation) -> None:
    source = (PROJECT / "backup_gui" / mutation.module).read_text()
    mutated = mutation.mutated(source)
    assert ast.dump(ast.parse(mutated)) != ast.dump(ast.parse(source))
    assert mutation.tests
    for test in mutation.tests:
        file, _, name = test.partition("::")
        assert not name or name.partition("[")[0] in names_in(file), test


def test_each_mutation_has_a_name_of_its_own() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert len(names) >= LEAST
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("source", ["", "a flush\na flush\n"])
def test_a_text_that_is_not_there_exactly_once_is_refused(source: str) -> None:
    with pytest.raises(RottenMutationError, match="not once"):
        Mutation("a flush", "x.py", "a flush\n", "", ()).mutated(source)

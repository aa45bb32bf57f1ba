"""Reasons: codes with arguments, which read as their own English, and whose words nobody compares."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import backup_gui
from backup_gui.cli.reasons import CommandCode
from backup_gui.engine.verify import DifferenceKind
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import problem, problem_from
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode, code_named, of_error, size_in_words, system_words

PACKAGE = Path(backup_gui.__file__).parent
GROUPS = (ReasonCode, ProblemCode, CommandCode, DifferenceKind)
# What looks for a text in another one.
STRING_TESTS = ("startswith", "endswith", "partition", "rpartition", "find", "index", "match", "fullmatch", "search")


def test_a_code_is_told_from_all_others_by_its_value_and_its_words() -> None:
    for group in GROUPS:
        assert len({code.words for code in group.all()}) == len(group.all()) > 5
    codes = [code for group in GROUPS for code in group.all()]
    assert len({code.value for code in codes}) == len(codes)
    assert all(code_named(code.value) is code for code in codes)


def test_names_of_codes_are_the_same_in_every_version() -> None:
    names = {code.value for group in GROUPS for code in group.all()}
    known = set(Path(__file__).with_name("names_of_codes.txt").read_text("utf-8").split())
    assert known <= names, "catalogs and other programs know the names of codes"
    assert names <= known, "add new names to the list"


def test_a_reason_keeps_its_code_and_arguments_through_copies_and_other_processes() -> None:
    reason = Reason(ProblemCode.NO_SPACE, more=Reason(ReasonCode.SIZE_LACKS, size=3))
    for again in (copy.deepcopy(reason), pickle.loads(pickle.dumps(reason))):
        assert again == reason == "The backup drive is full: 3 bytes more is needed"
        assert again.code is ProblemCode.NO_SPACE
        assert again.arguments == reason.arguments
        assert isinstance(again.arguments["more"], Reason)


def test_what_a_path_holds_is_never_taken_for_an_argument() -> None:
    reason = Reason(ReasonCode.SOURCE_UNOPENED, why="{path}", path="/a{why}\n")
    assert reason == "The source folder cannot be opened ({path}): /a{why}\\n"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nobody_compares_or_searches_the_words_of_a_reason(path: Path) -> None:
    tests = [found for node in ast.walk(ast.parse(path.read_text("utf-8"))) for found in comparisons_of_words(node)]
    assert not tests


def test_the_search_for_comparisons_of_words_finds_them() -> None:
    for text in (
        'status.reason.startswith("Another")',
        '"full" in report.reason',
        'error.reason == "Stopped"',
        're.match("Another", held.reason)',
        "str(error).endswith(DETAIL)",
        "problem.reason != REASONS[code]",
    ):
        assert [found for node in ast.walk(ast.parse(text)) for found in comparisons_of_words(node)], text
    for text in ("self._reason != error.reason", "reason.code is ReasonCode.CIRCLE", "path.startswith(folder)"):
        assert not [found for node in ast.walk(ast.parse(text)) for found in comparisons_of_words(node)], text


def comparisons_of_words(node: ast.AST) -> Iterator[str]:
    """Yield what compares the words of a reason or of an error with a text, or looks for one in them."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn):
        is_among = isinstance(node.ops[0], ast.In | ast.NotIn)
        sides = [is_words(side) for side in (node.left, *node.comparators)]
        if sides[-1] if is_among else any(sides) and not all(sides):
            yield ast.unparse(node)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in STRING_TESTS:
        yield from (ast.unparse(node) for side in (node.func.value, *node.args) if is_words(side))


def is_words(node: ast.AST) -> bool:
    """Whether an expression is a reason, or an error in words."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"str", "said"}:
        return bool(node.args) and re.search("error|caught|reason", ast.unparse(node.args[0])) is not None
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.lstrip("_") in {"reason", "strerror", "sentence"}


def test_no_reason_is_false_and_says_nothing() -> None:
    assert not NO_REASON
    assert NO_REASON == ""


def test_problems_that_say_the_same_share_their_reason() -> None:
    error = OSError(22, "Invalid argument")
    found = [problem_from(error, f"{number}/a:b", Stage.COPY) for number in range(3)]
    assert len({id(one.reason) for one in found}) == 1
    plain = [problem(ProblemCode.IN_USE, str(number), Stage.COPY) for number in range(3)]
    assert len({id(one.reason) for one in plain}) == 1


def test_an_error_that_the_program_raised_with_a_reason_keeps_its_code() -> None:
    reason = Reason(ReasonCode.RETURN_NO_NAME)
    assert of_error(FileExistsError(17, reason, "a")).code is ReasonCode.RETURN_NO_NAME
    outer = Reason(ReasonCode.SOURCE_UNREAD, why=system_words(FileExistsError(17, reason, "a")))
    assert outer == "The source folder cannot be read: no name is free"
    assert outer.arguments["why"] is reason
    assert of_error(FileExistsError(17, "File exists", "a")).code is ReasonCode.SYSTEM


def test_figures_in_words_are_written_for_people() -> None:
    assert Reason(ReasonCode.TOO_MANY_FILES, count=12_345).startswith(
        "There are too many files on the backup drive: 12,3"
    )
    assert Reason(ReasonCode.TYPED_INTERVAL, number=604_800) == "The interval must be from 1 to 604800 seconds."
    assert Reason(ReasonCode.SIZE_LACKS, size=1_500_000) == "1.5 MB more is needed"
    assert Reason(ReasonCode.SIZE_LACKS, size=999_960) == "1.0 MB more is needed", "never 1000.0 kB"


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_500, "1.5 kB"),
        (2_000_000, "2.0 MB"),
        (999_960_000, "1.0 GB"),
        (5 * 10**9, "5.0 GB"),
        (10**13, "10.0 TB"),
        (3 * 10**15, "3.0 PB"),
    ],
)
def test_sizes_are_written_as_file_managers_do(size_bytes: int, words: str) -> None:
    assert size_in_words(size_bytes) == words

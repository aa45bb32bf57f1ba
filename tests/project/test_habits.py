"""What is checked before a commit, by `make lint` and by the hosted checks is the same."""

from __future__ import annotations

import re

import pytest

from tests.helpers.project import PROJECT


def targets() -> dict[str, list[str]]:
    """Read the commands of each target in the Makefile, without the one that sets up."""
    found: dict[str, list[str]] = {}
    for block in re.findall(r"(?m)^(\w+):\n((?:\t.*\n)+)", (PROJECT / "Makefile").read_text()):
        lines = [line.replace("$(BIN)", ".venv/bin") for line in block[1].replace("\t", "").splitlines()]
        found[block[0]] = [line for line in lines if not line.startswith("$(SETUP)")]
    return found


def hooks() -> list[str]:
    """Read the commands of the hooks that run before each commit, in order."""
    return re.findall(r"(?m)^ +entry: (.+)$", (PROJECT / ".pre-commit-config.yaml").read_text())


def test_the_hooks_before_a_commit_are_exactly_the_checks_of_lint() -> None:
    assert hooks() == targets()["lint"]
    assert len(hooks()) > 1


def test_no_hook_comes_from_elsewhere() -> None:
    # Programs of the project's own environment need no address, and have the versions that are locked.
    text = (PROJECT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"repo: (.+)", text) == ["local"]
    assert text.count("language: system") == text.count("pass_filenames: false") == len(hooks())


def test_the_hosted_checks_call_targets_that_there_are() -> None:
    called = re.findall(r"run: make (\w+)", (PROJECT / ".github" / "workflows" / "ci.yml").read_text())
    assert called == ["lint", "test"]
    assert set(called) <= set(targets())


@pytest.mark.parametrize("name", ["ci.yml", "release.yml"])
def test_hosted_actions_are_pinned_and_get_few_rights(name: str) -> None:
    text = (PROJECT / ".github" / "workflows" / name).read_text()
    used = re.findall(r"uses: (.+)", text)
    assert used
    assert [
        action for action in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)
    ] == []
    assert re.findall(r"choco install (?!\S+ --version=\d).*", text) == []
    # The rights of the whole file come before its jobs, and none of them is to write.
    assert re.search(r"(?m)^permissions:(?: \{\}|\n  contents: read)$", text.partition("\njobs:\n")[0])
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    assert text.count("runs-on:") == text.count("timeout-minutes:")

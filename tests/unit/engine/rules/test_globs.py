"""Patterns of gitignore files: what each means to git, and that none of them takes long."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.rules.globs import read_glob
from backup_gui.model.errors import JobError

NAMES = ("a", "b", "ab", "aab", "a.o", "a-b", "[a]", "a b", "b]", "!a", "#a", "a\\b", "-", "^", "Z", "1")
FOLDERS = frozenset({"a", "b", "ab", "a b", "1"})
PIECES = st.sampled_from(
    (
        *("*", "**", "?", "/", "/", "!", "#", "\\", "[", "]", "[!a]", "[a-b]", "[^b]", "[[:alpha:]]", "[[:digit:]]"),
        *("[a\\]b]", "[]a]", "[a-]", "[--1]", "a", "b", ".o", " ", "-", "^", "Z", "1", "**/", "/**", "[!]a]"),
        *("[[:foo:]]", "[a/b]", "\\*", "a**/", "*a", "b*"),
    )
)
RULES = st.lists(PIECES, min_size=1, max_size=6).map("".join)
# What a backtracking engine would need longer for than anybody lives.
HANGING = [
    ("*a*a*a*a*a*a*a*a*a*a*b", "a" * 255),
    ("?*?*?*?*?*?*?*?*?*?*b", "a" * 255),
    ("[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[0-9]", "a" * 255),
    ("/".join(["**/*a"] * 40) + "/b", "/".join(["a" * 50] * 60)),
    ("**/a*a*a*/**/a*a*a*/**/a*a*a*b", "/".join(["a" * 50] * 60)),
    ("*".join("a" * 1_000) + "*b", "a" * 2_000),
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bool]]:
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    paths: dict[str, bool] = {}
    for name in NAMES:
        paths[name] = name in FOLDERS
        if name in FOLDERS:
            paths |= {f"{name}/{below}": below in FOLDERS for below in NAMES}
    for path, is_folder in paths.items():
        (root / path).mkdir(exist_ok=True) if is_folder else (root / path).touch()
    return root, paths


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@given(st.lists(RULES, min_size=1, max_size=2))
@example(["a**/b"])
@example(["/***/a-b"])
@example(["[a-b]/*", "!/**"])
@example(["[]-a]"])
@example(["a\\ ", "b  "])
def test_a_pattern_of_any_form_leaves_out_what_git_ignores(
    repository: tuple[Path, dict[str, bool]], rules: list[str]
) -> None:
    root, paths = repository
    try:
        rule = ExclusionRules(rules)
    except JobError:
        return
    if any("**//" in text for text in rules):
        # Nothing has two slashes in a row; only git's reading of its own two stars does.
        return
    (root / ".git/info/exclude").write_text("\n".join(rules) + "\n")
    found = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=root,
        input="\0".join(paths).encode(),
        capture_output=True,
        check=False,
    )
    ignored = set(found.stdout.decode().split("\0")) - {""}
    assert {path for path, is_folder in paths.items() if rule.excludes(path, is_folder)} == ignored


@pytest.mark.hazard(69)
@pytest.mark.parametrize(("rule", "path"), HANGING)
@pytest.mark.timeout(20)
def test_no_rule_takes_long_on_a_path_that_only_nearly_matches(rule: str, path: str) -> None:
    began = time.process_time()
    assert not ExclusionRules([rule]).excludes(path, False)
    assert time.process_time() - began < 1.0


@pytest.mark.hazard(69)
@given(st.lists(st.sampled_from(["*", "?", "a", "[ab]", "**/", "/"]), min_size=20, max_size=60).map("".join))
def test_no_rule_of_stars_and_letters_takes_long(rule: str) -> None:
    rules = ExclusionRules([rule + "c"])
    began = time.process_time()
    for path in ("ab" * 127, "/".join(["ab" * 20] * 60)):
        assert not rules.excludes(path, False)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("rule", ["# a comment", "[", "a[", "[[:nothing:]]", "//a", "/", "a//b"])
def test_what_can_match_nothing_is_no_pattern(rule: str) -> None:
    assert read_glob(rule) is None


@pytest.mark.parametrize("rule", ["!", "a\\", "[z-a]", "a\\/b"])
def test_what_makes_no_sense_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_glob(rule)

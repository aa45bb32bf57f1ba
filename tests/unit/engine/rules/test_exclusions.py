"""Exclusion rules mean what they mean to git."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.model.errors import JobError


def test_without_rules_nothing_is_excluded_and_the_filter_is_false() -> None:
    assert not ExclusionRules()
    assert not ExclusionRules().excludes("a", False)
    assert ExclusionRules(["a"])


def test_the_root_is_never_excluded() -> None:
    assert not ExclusionRules(["*", "/", "**"]).excludes("", True)


@pytest.mark.parametrize(
    ("rules", "path", "is_folder", "expected"),
    [
        (["*.o"], "a/b.o", False, True),
        (["*.o"], "a/b.c", False, False),
        (["/a"], "a", False, True),
        (["/a"], "b/a", False, False),
        (["build/"], "build", True, True),
        (["build/"], "build", False, False),
        (["build/"], "x/build/deep/file", False, True),
        (["build/", "!build/keep"], "build/keep", False, True),
        (["*.log", "!keep.log"], "a/keep.log", False, False),
        (["!keep.log", "*.log"], "keep.log", False, True),
        (["d/**"], "d", True, False),
        (["d/**"], "d/x", False, True),
        (["d/**"], "d/x", True, True),
        (["d/**", "!d/keep"], "d/keep", False, False),
        (["**/c"], "a/b/c", False, True),
        (["a?b"], "a\nb", False, True),
        (["**/c"], "a\nb/c", False, True),
        (["x"], "x\n", False, False),
        (["*.o"], "\udcff.o", False, True),
        (["# comment"], "# comment", False, False),
        (["\\#x"], "#x", False, True),
        (["[[]x"], "[x", False, True),
    ],
)
def test_a_rule_decides(rules: list[str], path: str, *, is_folder: bool, expected: bool) -> None:
    assert ExclusionRules(rules).excludes(path, is_folder) is expected


@pytest.mark.parametrize("rule", ["!", "a\\", "[z-a]", "", "  ", "a\nb"])
def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence(rule: str) -> None:
    with pytest.raises(JobError, match=r"exclusion rule"):
        ExclusionRules(["*.o", rule])


def test_a_path_thousands_of_folders_deep_is_decided() -> None:
    path = "/".join(["d"] * 3_000)
    assert not ExclusionRules(["*.o"]).excludes(path + "/a", False)
    assert ExclusionRules(["d/"]).excludes(path + "/a", False)


def test_what_reads_rules_is_not_imported_without_rules() -> None:
    code = (
        "import sys; from backup_gui.engine.rules.exclusions import ExclusionRules; ExclusionRules(); "
        "sys.exit('backup_gui.engine.rules.globs' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_and_the_filter_agree(tmp_path: Path) -> None:
    rules = ["*.o", "!keep.o", "build/", "/top", "docs/**/*.tmp", "a/**", "!a/b/", "x[0-9]", "**/cache", "f*/g", "q/*"]
    paths = [
        *("m.o", "keep.o", "s/m.o", "s/keep.o", "build/x", "s/build/y", "top", "s/top", "docs/a.tmp", "docs/x/y/b.tmp"),
        *("docs/a", "a/x", "a/b/c", "x1", "xx", "s/x9", "cache", "s/cache/z", "foo/g", "foo/h", "s/foo/g", "q/1"),
        *("q/2/3", "keep.o2", "a/b/keep.o"),
    ]
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("\n".join(rules) + "\n")
    for path in paths:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    kept = set(listed.stdout.split()) - {".gitignore"}

    rule = ExclusionRules(rules)

    assert {path for path in paths if not rule.excludes(path, False)} == kept

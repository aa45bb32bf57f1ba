"""Any rules leave out what git ignores by them, also where they take each other back."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backup_gui.engine.rules.exclusions import ExclusionRules

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NAMES = ("a", "b", "ab", "a.o")
SEGMENTS = st.sampled_from((*NAMES, "*", "**", "a*", "?", "*.o", "[ab]", "[!a]", "\\a"))
RULES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(("", "", "!")),
    st.sampled_from(("", "", "/")),
    st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join),
    st.sampled_from(("", "", "/", "/*", "/**", "/**/")),
)


def plant(root: Path, folder: str = "", depth: int = 1) -> dict[str, bool]:
    """Make folders in folders and files with the same names: path, and whether it is a folder."""
    made = {}
    for name in NAMES:
        path = os.path.join(folder, name)
        made[path] = depth < 4 and name != "a.o" and (name != "ab" or depth < 3)
        if made[path]:
            (root / path).mkdir()
            made |= plant(root, path, depth + 1)
        else:
            (root / path).touch()
    return made


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bool]]:
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    return root, plant(root)


@given(st.lists(RULES, min_size=1, max_size=3))
@example(["a", "!/*"])
@example(["*", "!ab"])
@example(["**/a/**", "!?/"])
@example(["/*/*", "!/b/"])
def test_any_rules_leave_out_what_git_ignores(repository: tuple[Path, dict[str, bool]], rules: list[str]) -> None:
    root, paths = repository
    (root / ".git/info/exclude").write_text("\n".join(rules) + "\n")
    found = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=root,
        input="\0".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not found.stderr
    ignored = set(found.stdout.split("\0")) - {""}

    rule = ExclusionRules(rules)

    assert {path for path, is_folder in paths.items() if rule.excludes(path, is_folder)} == ignored

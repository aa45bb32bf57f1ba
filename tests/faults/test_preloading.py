"""What a pass needs of the program is there before it begins: it imports nothing and opens nothing of the program's."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from backup_gui.engine.run import preloading
from tests.helpers.project import PROJECT
from tests.helpers.trees import read_tree

ENGINE = PROJECT / "backup_gui" / "engine"
# Imported in a function for another reason than that a pass may need it.
ELSEWHERE = {
    # Only on other systems.
    "msvcrt",
    "winreg",
    "watchdog.observers",
    "backup_gui.engine.fs.system.darwin",
    "backup_gui.engine.fs.windows.notifications",
    # For a dry run, which writes nothing.
    "tempfile",
}


def imported_in_functions(module: Path) -> set[str]:
    """Which modules a module imports only when a function of it is called."""
    found: set[str] = set()
    for function in ast.walk(ast.parse(module.read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                if (PROJECT / node.module.replace(".", "/")).is_dir():
                    found.update(f"{node.module}.{alias.name}" for alias in node.names)
                else:
                    found.add(node.module)
    return found


@pytest.mark.hazard(71)
@pytest.mark.timeout(180)
def test_a_run_imports_nothing_and_opens_nothing_of_the_programs_once_it_has_begun(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.imports_driver", str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["imported"] == []
    assert found["refused"] == []
    assert found["problems"] == ["special-file"]
    assert not found["is_failed"]
    created, replaced, deleted, moved, metadata, _ = found["sums"]
    assert min(created, replaced, deleted, moved, metadata) > 0
    # The pipe is the only thing that a mirror has not.
    source, mirror = read_tree(tmp_path / "source"), read_tree(tmp_path / "mirror")
    assert {path: entry for path, entry in source.items() if path != "pipe"} == mirror


@pytest.mark.hazard(71)
@pytest.mark.skipif(sys.platform != "linux", reason="what is needed differs by system")
def test_what_the_engine_imports_in_functions_is_imported_before_a_run() -> None:
    found: set[str] = set()
    for module in ENGINE.rglob("*.py"):
        found |= imported_in_functions(module)
    known = {*preloading.OF_A_PASS, *preloading.OF_A_LONG_RUN, *preloading.OF_WATCHING}
    assert found - ELSEWHERE - known == set()
    assert found >= ELSEWHERE

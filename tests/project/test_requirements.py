"""What is installed: exact versions, each with the hashes of its files, and no place that they come from."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.helpers.project import PROJECT

FILES = ("requirements.txt", "requirements-dev.txt")
_PIN = re.compile(r'([a-z0-9-]+)==([\w.]+)( ; sys_platform == "\w+"( or sys_platform == "\w+")*)?')
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(name: str) -> dict[str, list[str]]:
    """Return the pins of a file by name, each with its hashes; fails at a line of another form."""
    text = (PROJECT / "packaging" / name).read_text().replace(" \\\n    ", "\n\t")
    found: dict[str, list[str]] = {}
    library = ""
    for line in text.splitlines():
        if line.startswith("\t"):
            assert _HASH.fullmatch(line[1:]), line
            found[library].append(line[1:])
        elif not line.startswith("#") and line != "-r requirements.txt":
            pin = _PIN.fullmatch(line)
            assert pin, line
            library = pin[1]
            found[library] = []
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_library_has_one_version_and_hashes(name: str) -> None:
    assert all(pins(name).values())
    assert "://" not in (PROJECT / "packaging" / name).read_text()


def test_libraries_with_code_of_each_system_have_a_hash_for_each() -> None:
    everything = pins(FILES[0]) | pins(FILES[1])
    for library in ("pyside6-essentials", "shiboken6", "watchdog", "mypy", "ruff", "coverage"):
        assert len(everything[library]) >= 4, library


def test_everything_that_is_asked_for_is_there() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    for name, wanted in (
        (FILES[0], [*project["project"]["dependencies"], *project["build-system"]["requires"]]),
        (FILES[1], project["dependency-groups"]["dev"]),
    ):
        there = pins(name) | (pins(FILES[0]) if name == FILES[1] else {})
        names = {re.split(r"[\[<>=;! ]", text.lower(), maxsplit=1)[0] for text in wanted}
        assert names <= set(there)


def test_what_is_set_up_is_checked_by_its_hashes() -> None:
    assert '"--require-hashes"' in (PROJECT / "packaging" / "setup_environment.py").read_text()

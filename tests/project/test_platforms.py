"""The engine asks in one folder which system this is, and how a folder is open on it."""

from __future__ import annotations

import ast

from tests.helpers.project import PROJECT

ENGINE = PROJECT / "backup_gui" / "engine"
QUESTIONS = {("sys", "platform"), ("os", "name"), ("os", "supports_dir_fd"), ("os", "supports_fd")}
DESCRIPTORS = {"dir_fd", "src_dir_fd", "dst_dir_fd"}


def asks(text: str) -> list[str]:
    """Return what a module asks of the system, and which of its calls take a folder's descriptor."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found += [f"{node.value.id}.{node.attr}"] if (node.value.id, node.attr) in QUESTIONS else []
        elif isinstance(node, ast.keyword):
            found += [node.arg] if node.arg in DESCRIPTORS else []
        elif isinstance(node, ast.ImportFrom) and node.module in {"sys", "os"}:
            found += [f"{node.module}.{name.name}" for name in node.names]
    return found


def test_only_what_reads_files_knows_the_system() -> None:
    found = {
        path.relative_to(ENGINE).as_posix(): asked
        for path in ENGINE.rglob("*.py")
        if path.relative_to(ENGINE).parts[0] != "fs" and (asked := asks(path.read_text()))
    }
    assert found == {}


def test_folders_have_descriptors_in_one_module_alone() -> None:
    named = {
        path.relative_to(ENGINE).as_posix()
        for path in ENGINE.rglob("*.py")
        if DESCRIPTORS.intersection(asks(path.read_text()))
    }
    assert named == {"fs/posix.py"}


def test_the_questions_are_found() -> None:
    text = "import os, sys\nfrom sys import platform\nx = sys.platform == os.name\nos.stat('a', dir_fd=3)\n"
    assert sorted(asks(text)) == ["dir_fd", "os.name", "sys.platform", "sys.platform"]

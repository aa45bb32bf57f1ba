"""Checks what the other tests stand on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.helpers import unprivileged as ways
from tests.helpers.trees import Node, contents, read_tree
from tests.helpers.unprivileged import NOBODY, Unprivileged


def test_a_tree_is_read_with_kinds_modes_times_and_contents(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o750)
    file = tmp_path / "folder" / "a\nb"
    file.write_bytes(b"content")
    file.chmod(0o640)
    os.utime(file, ns=(1, 1_234_567_891))
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")

    tree = read_tree(tmp_path)

    assert set(tree) == {"folder", "folder/a\nb", "link", "pipe"}
    assert tree["folder/a\nb"] == Node("file", 0o640, 1_234_567_891, b"content")
    assert (tree["folder"].kind, tree["folder"].mode) == ("folder", 0o750)
    assert (tree["link"].kind, tree["link"].content) == ("link", b"nowhere")
    assert tree["pipe"].kind == "special"
    assert contents(tmp_path) == {"folder/a\nb": b"content"}


def test_an_absent_folder_reads_as_empty(tmp_path: Path) -> None:
    assert read_tree(tmp_path / "absent") == {}


def test_the_user_s_own_settings_are_out_of_reach(own_places: Path) -> None:
    from backup_gui.config.folders import own_folders

    places = own_folders()
    for folder in (places.data, places.state, places.config):
        assert own_places in Path(folder).parents


def test_the_unprivileged_user_is_denied_what_root_is_not(unprivileged: Unprivileged, open_folder: Path) -> None:
    secret = open_folder / "secret"
    secret.write_text("x")
    secret.chmod(0)
    unprivileged.own(open_folder)
    denied = unprivileged.run("-c", "import sys; open(sys.argv[1])", str(secret), home=open_folder)
    assert "PermissionError" in denied.stderr
    allowed = unprivileged.run("-c", "import sys; open(sys.argv[1], 'x')", str(open_folder / "new"), home=open_folder)
    assert allowed.returncode == 0, allowed.stderr
    assert (open_folder / "new").exists()


@pytest.mark.root
def test_copies_serve_where_nothing_can_be_mounted(open_folder: Path) -> None:
    found = ways.from_copies()
    assert ways.works(found)
    code = "import PySide6.QtCore, os; print(os.getresuid(), os.getgroups()); os.listdir('/root')"
    denied = found.run("-c", code, home=open_folder)
    assert denied.stdout == f"{(NOBODY,) * 3} []\n"
    assert "PermissionError" in denied.stderr


@pytest.mark.root
def test_root_is_told_when_no_way_works_and_no_test_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Unprivileged(("/nonexistent",), (), NOBODY)
    still_root = Unprivileged((sys.executable,), (), 0)
    monkeypatch.setattr(ways, "WAYS", (lambda: nowhere, lambda: still_root))
    with pytest.raises(RuntimeError, match="TMPDIR"):
        ways.find_unprivileged()

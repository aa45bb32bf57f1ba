"""Tests of the names of folders that systems keep for themselves on drives."""

from __future__ import annotations

import pytest

from backup_gui.engine.rules.system_folders import is_system_folder


@pytest.mark.parametrize(
    "name",
    [
        "lost+found",
        ".Trash",
        ".Trash-1000",
        ".Trash-0",
        "System Volume Information",
        "SYSTEM VOLUME INFORMATION",
        "$RECYCLE.BIN",
        "$Recycle.Bin",
        "RECYCLER",
        "FOUND.000",
        "LOST.DIR",
        ".Spotlight-V100",
        ".fseventsd",
        ".Trashes",
        ".TemporaryItems",
        ".DocumentRevisions-V100",
    ],
)
def test_the_folders_of_linux_windows_macos_and_android_are_known(name: str) -> None:
    assert is_system_folder(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Trash",
        ".Trash-",
        ".Trash-me",
        ".Trash-1000.old",
        "found.txt",
        "FOUND.0",
        "recycler",
        "lost",
        "Lost+Found x",
    ],
)
def test_what_only_looks_like_one_is_the_users(name: str) -> None:
    assert not is_system_folder(name)

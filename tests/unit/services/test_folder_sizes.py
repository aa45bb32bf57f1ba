"""How much room a backup takes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backup_gui.engine.fs import tree_view
from backup_gui.model.job import Place
from backup_gui.services.folder_sizes import count_sizes

BLOCK = b"x" * 65_536


def never() -> bool:
    return False


def test_mirror_and_history_are_counted_apart(tmp_path: Path) -> None:
    mirror, history = tmp_path / "mirror", tmp_path / "mirror.history"
    (mirror / "deep" / "down").mkdir(parents=True)
    history.mkdir()
    (mirror / "a").write_bytes(BLOCK)
    (mirror / "deep" / "down" / "b").write_bytes(BLOCK)
    (mirror / "loop").symlink_to(".")
    (history / "c").write_bytes(BLOCK)
    assert count_sizes(Place(str(mirror)), Place(str(history)), never) == (2 * len(BLOCK), len(BLOCK))
    assert count_sizes(Place(str(mirror)), None, never) == (2 * len(BLOCK), 0)


@pytest.mark.posix("blocks are a matter of POSIX")
def test_a_file_under_two_names_and_holes_take_no_room_twice(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(BLOCK)
    os.link(tmp_path / "a", tmp_path / "b")
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(10**9)
    found = count_sizes(Place(str(tmp_path)), None, never)
    assert found is not None
    assert len(BLOCK) <= found[0] < 2 * len(BLOCK)


def test_what_is_not_there_has_no_size(tmp_path: Path) -> None:
    assert count_sizes(Place(str(tmp_path / "none")), None, never) is None
    assert count_sizes(Place(str(tmp_path)), Place(str(tmp_path / "none")), never) == (0, 0)


def test_counting_can_be_stopped(tmp_path: Path) -> None:
    assert count_sizes(Place(str(tmp_path)), None, lambda: True) is None


def test_a_wide_folder_is_counted_in_portions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_view, "MOST_AT_ONCE", 2)
    for name in "abc":
        (tmp_path / name).write_bytes(BLOCK)
    assert count_sizes(Place(str(tmp_path)), None, never) == (3 * len(BLOCK), 0)

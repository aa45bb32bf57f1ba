"""Folders within each other are found however they are reached."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from backup_gui.engine.fs.volumes import nesting
from backup_gui.engine.fs.volumes.nesting import is_within


@pytest.mark.posix("one root above all")
def test_a_folder_is_within_itself_and_its_ancestors_only(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert is_within(f"{tmp_path}/a", f"{tmp_path}/a")
    assert is_within(f"{tmp_path}/a/b", f"{tmp_path}/a")
    assert is_within(f"{tmp_path}/a/b/not/there", f"{tmp_path}/a")
    assert is_within(f"{tmp_path}/a", "/")
    assert not is_within(f"{tmp_path}/a", f"{tmp_path}/a/b")
    assert not is_within(f"{tmp_path}/ab", f"{tmp_path}/a")


@pytest.mark.hazard(8)
def test_links_do_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to("a/b")
    assert is_within(f"{tmp_path}/link/new", f"{tmp_path}/a")
    assert is_within(f"{tmp_path}/a/b/c", f"{tmp_path}/link")


def test_without_a_table_of_mounts_the_other_checks_remain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "read_mounts", list)
    monkeypatch.setattr(nesting, "visible_mounts", dict)
    assert is_within(f"{tmp_path}/a", str(tmp_path))
    assert not is_within(str(tmp_path), f"{tmp_path}/a")


@pytest.mark.hazard(8)
@pytest.mark.root
def test_a_folder_mounted_at_a_second_place_is_recognised(tmp_path: Path) -> None:
    inner, second = tmp_path / "a" / "in ner", tmp_path / "se cond"
    inner.mkdir(parents=True)
    second.mkdir()
    subprocess.run(["mount", "--bind", str(inner), str(second)], check=True)
    try:
        assert is_within(f"{second}/new", f"{tmp_path}/a")
        assert is_within(f"{second}/new", str(inner))
        assert is_within(str(inner), str(second))
        assert not is_within(f"{tmp_path}/a", str(second))
    finally:
        subprocess.run(["umount", str(second)], check=True)


@pytest.mark.hazard(8)
@pytest.mark.root
def test_a_folder_mounted_at_a_second_place_is_recognised_by_its_number_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer, second = tmp_path / "a", tmp_path / "second"
    (outer / "inner").mkdir(parents=True)
    second.mkdir()
    monkeypatch.setattr(nesting, "read_mounts", list)
    monkeypatch.setattr(nesting, "visible_mounts", dict)
    subprocess.run(["mount", "--bind", str(outer), str(second)], check=True)
    try:
        assert is_within(f"{second}/inner", str(outer))
        assert is_within(f"{outer}/inner/new", str(second))
    finally:
        subprocess.run(["umount", str(second)], check=True)


def test_a_folder_that_does_not_answer_keeps_nobody_waiting_who_asks_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_asked, answers = threading.Event(), threading.Event()
    real = nesting._identity

    def identity(path: str) -> tuple[int, int] | None:
        if path.endswith("hung"):
            is_asked.set()
            answers.wait(60)
        return real(path)

    monkeypatch.setattr(nesting, "_identity", identity)
    waiting = threading.Thread(target=lambda: nesting.Location(str(tmp_path / "hung")).identity)
    other = threading.Thread(target=lambda: nesting.Location(str(tmp_path)).identity)
    waiting.start()
    try:
        assert is_asked.wait(60)
        other.start()
        other.join(20)
        assert not other.is_alive()
        assert waiting.is_alive()
    finally:
        answers.set()
        waiting.join()
        other.join()

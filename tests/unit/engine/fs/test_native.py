"""What is chosen by the system."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from backup_gui.engine.fs import native

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.posix("names that are no text, and /proc")
def test_a_path_without_links_is_the_same_however_it_is_found_out(tmp_path: Path) -> None:
    names = ["folder", "folder/gone (deleted)", "folder/below", "blank and\nline", "ümlaut", os.fsdecode(b"odd\xff")]
    for name in names:
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "link to link").symlink_to(tmp_path / "link" / "below")
    (tmp_path / "to nothing").symlink_to("nowhere/else")
    (tmp_path / "loop").symlink_to("loop")
    reached = [*names, "file", "link", "link to link", "to nothing", "to nothing/below", "loop", "loop/below"]
    reached += ["link/../file", "file/below", "not there/below", "link/not there", ".", "link/gone (deleted)", ""]
    for path in [*(str(tmp_path / name) for name in reached), "/", "/proc/self", str(tmp_path) + "//folder/"]:
        assert native.real_path(path) == os.path.realpath(path), path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the library of Python finds it out")
def test_a_path_of_any_depth_is_found_out_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)

    def refuse(path: str, **_options: object) -> str:
        raise AssertionError(path)

    monkeypatch.setattr(os.path, "realpath", refuse)
    assert native.real_path(str(deep)) == str(deep)
    open_before = len(os.listdir("/proc/self/fd"))
    native.real_path(str(deep))
    assert len(os.listdir("/proc/self/fd")) == open_before

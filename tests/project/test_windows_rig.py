"""The rig for Windows installs what the lock files name, as Windows needs it."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from tests.helpers.project import PROJECT

HASH = " \\\n    --hash=sha256:" + 64 * "a"


@pytest.fixture
def build_rig(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which lies beside those it imports."""
    monkeypatch.syspath_prepend(str(PROJECT / "packaging" / "windows"))
    return importlib.import_module("build_rig")


def test_only_what_windows_needs_is_installed_in_the_rig(build_rig: ModuleType) -> None:
    lock = "# a comment\n-r requirements.txt\n" + "".join(
        f"{line}{HASH}\n"
        for line in ("one==1", 'two==2 ; sys_platform == "linux"', 'three==3 ; sys_platform == "win32"', "ruff==4")
    )
    assert build_rig.for_windows(lock) == f"one==1{HASH}\nthree==3{HASH}\n"


def test_every_library_of_the_program_is_in_the_rig(build_rig: ModuleType) -> None:
    text = "".join(build_rig.for_windows(path.read_text()) for path in build_rig.lock_files())
    for name in ("pyside6-essentials", "watchdog", "pytest", "colorama", "pefile"):
        assert f"\n{name}==" in f"\n{text}"


def test_a_change_of_any_source_makes_the_rig_anew(build_rig: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build_rig.fingerprint()
    assert build_rig.fingerprint() == before
    monkeypatch.setattr(build_rig, "lock_files", lambda: ())
    assert build_rig.fingerprint() != before
    assert {"python.c", "python.manifest", "requirements.txt"} <= {path.name for path in build_rig.HERE.iterdir()}


def test_what_is_missing_is_named_in_one_sentence(
    build_rig: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(build_rig.wine, "RIG", tmp_path / "rig")
    monkeypatch.setattr(build_rig, "fingerprint", lambda: "another")
    monkeypatch.setattr(build_rig.wine, "FOLDER", PROJECT / "no such folder")
    with pytest.raises(SystemExit, match=r"no such folder/wine64.*packages-windows\.txt"):
        build_rig.make()

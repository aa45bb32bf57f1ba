"""The program as pip installs it, from the checkout and from an sdist, in an environment that knows of neither."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.helpers.project import PROJECT
from tests.helpers.systems import IS_WINE
from tests.helpers.trees import read_tree

pytestmark = pytest.mark.skipif(IS_WINE, reason="the Python under wine has no pip, and makes no environments")

RESOURCES = "backup_gui/resources/"
PROJECT_TESTS = ("documents", "habits", "packaging", "requirements")
# Draws each icon, and translates one sentence; prints the folder that both came from, and what was lacking.
LOOK = """
import sys
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from backup_gui.app import Icons, resource_folder, speak

application = QApplication([])
folder = resource_folder()
icons = Icons(folder / "icons")
for name in sys.argv[4:]:
    image = icons.action(name, QColor("black")).pixmap(32).toImage()
    if not any(image.pixelColor(x, y).alpha() for x in range(32) for y in range(32)):
        print("empty:", name)
speak(application, folder / "translations", "de")
if application.translate(sys.argv[1], sys.argv[2]) != sys.argv[3]:
    print("not translated:", sys.argv[2])
print(folder)
"""


@pytest.fixture(scope="module", params=["checkout", "sdist"])
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    origin = PROJECT
    if request.param == "sdist":
        call(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(folder))
        (origin,) = folder.glob("*.tar.gz")
    call(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", str(folder), str(origin)),
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it; returns the folder of its programs."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, symlinks=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = (sys.executable, "-m", "pip", "--python", str(programs / "python"))
    call(*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel))
    return programs


def test_a_wheel_has_all_modules_and_all_resources(wheel: Path) -> None:
    expected = {f"backup_gui/{name}": data for name, data in files_of(PROJECT / "backup_gui").items()}
    expected |= {RESOURCES + name: data for name, data in files_of(PROJECT / "resources").items()}
    with zipfile.ZipFile(wheel) as archive:
        found = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected


def test_icons_and_translations_are_found_in_the_installed_package(environment: Path, tmp_path: Path) -> None:
    names = [path.stem for path in (PROJECT / "resources" / "icons").glob("*.svg")]
    done = run(environment / "python", "-c", LOOK, *a_translated_sentence(), *names, cwd=tmp_path)
    folder, *lacking = reversed(done.splitlines())
    assert not lacking
    assert Path(folder).is_relative_to(environment.parent)


def test_the_installed_command_backs_up(environment: Path, tmp_path: Path) -> None:
    source, destination = PROJECT / "resources", tmp_path / "destination"
    run(environment / "backup-gui", "run", str(source), str(destination), "--once", cwd=tmp_path)
    assert read_tree(destination) == read_tree(source)


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="asks git what is tracked, as an sdist cannot")
def test_an_sdist_has_all_that_is_tracked_and_runs_its_tests(tmp_path: Path) -> None:
    call(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path))
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    unpacked = archive.with_suffix("").with_suffix("")
    tracked = call("git", "ls-files", "-z").split("\0")
    kept = [name for name in tracked if name and not re.fullmatch(r"\.git[^/]*", name)]
    assert [name for name in kept if not (unpacked / name).exists()] == []
    # Those of the project itself read files that others do not.
    tests = ("tests/unit/model/test_problems.py", *(f"tests/project/test_{name}.py" for name in PROJECT_TESTS))
    assert " passed" in call(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, cwd=unpacked)


def files_of(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder, but those that Python makes itself, by their paths in it."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def a_translated_sentence() -> tuple[str, str, str]:
    """A context, a sentence without plural forms, and what it is in German."""
    for context in ET.parse(PROJECT / "resources" / "translations" / "backup_gui_de.ts").iter("context"):
        for message in context.iter("message"):
            said, meant = message.findtext("source", ""), message.findtext("translation", "").strip()
            if meant and meant != said and message.find("translation[@type]") is None:
                return context.findtext("name", ""), said, meant
    raise AssertionError("nothing is translated")


def run(program: Path, *arguments: str, cwd: Path) -> str:
    """Run something of the environment away from the checkout; libraries are those of the tests, the project is not."""
    lent = os.environ | {"PYTHONPATH": sysconfig.get_path("purelib")}
    return call(str(program), *arguments, cwd=cwd, environment=lent)


def call(*command: str, cwd: Path = PROJECT, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout

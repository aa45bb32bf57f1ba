"""What makes the packages: the launcher of the packaged program, and the choice of an interpreter."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from backup_gui import __version__
from backup_gui.cli.arguments import build_parser
from tests.helpers.project import PROJECT

sys.path.insert(0, str(PROJECT / "packaging"))
sys.path.insert(0, str(PROJECT / "packaging" / "linux"))
import launcher
import licences
import makers
import manual_page
import setup_environment
import tree

STATIC = "import sysconfig; sysconfig.get_config_vars()['INSTSONAME'] = 'libpython3.11.a'\n"
LOST = "import sysconfig; sysconfig.get_config_vars().update(INSTSONAME='libpython3.0.so.9', LIBDIR='/nowhere')\n"


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"LD_LIBRARY_PATH": "/ours"}, {}),
        ({"LD_LIBRARY_PATH": "/ours:/theirs", "LD_LIBRARY_PATH_ORIG": "/theirs"}, {"LD_LIBRARY_PATH": "/theirs"}),
        ({"HOME": "/home/me"}, {"HOME": "/home/me"}),
    ],
)
def test_programs_that_the_packaged_one_starts_do_not_get_its_libraries(
    given: dict[str, str], left: dict[str, str]
) -> None:
    launcher.give_back_library_path(given)
    assert given == left


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of the system")
@pytest.mark.parametrize("state", [STATIC, LOST])
def test_an_interpreter_without_its_shared_library_is_not_packaged(state: str) -> None:
    assert _passes(setup_environment.NEW_ENOUGH)
    assert not _passes(state + setup_environment.WITH_LIBRARY)


def test_only_what_is_named_is_made(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    known = {"readme": lambda: PROJECT / "README.md", "tests": lambda: PROJECT / "tests" / "e2e"}
    monkeypatch.setattr(sys, "argv", ["make.py", "tests"])
    makers.make_named(known)
    assert re.fullmatch(r"tests.e2e: \d+\.\d MB\n", capsys.readouterr().out)
    monkeypatch.setattr(sys, "argv", ["make.py"])
    makers.make_named(known)
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == ["README.md", "tests/e2e"]
    monkeypatch.setattr(sys, "argv", ["make.py", "tests", "another"])
    with pytest.raises(SystemExit, match=r"usage: make\.py \[readme\|tests …\]"):
        makers.make_named(known)


@pytest.mark.skipif(sys.platform != "linux", reason="packages of Debian")
def test_all_packages_that_are_missing_are_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["setup_environment.py", "package"])
    monkeypatch.setattr(setup_environment, "VENV", str(tmp_path))
    monkeypatch.setattr(setup_environment, "VENV_PYTHON", str(tmp_path / "bin" / "python"))
    monkeypatch.setattr(setup_environment, "installed_packages", set)
    monkeypatch.setattr(setup_environment, "administrator_prefix", lambda: None)
    monkeypatch.setattr(setup_environment, "is_debians_own", lambda: True)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: 1)
    with pytest.raises(SystemExit) as ended:
        setup_environment.main()
    line = str(ended.value).splitlines()[-1].split()
    version = f"python3.{sys.version_info.minor}"
    assert {"libegl1", "xvfb", "lintian", f"{version}-venv", f"lib{version}"} <= set(line)


def test_an_environment_is_made_anew_after_the_checkout_has_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("old place", "new place"):
        monkeypatch.setattr(setup_environment, "VENV", str(tmp_path / name / ".venv"))
        if name == "old place":
            command = (sys.executable, "-m", "venv", "--without-pip", setup_environment.VENV)
            subprocess.run(command, check=True)
            assert not setup_environment.venv_was_moved()
            (tmp_path / name).rename(tmp_path / "new place")
    assert setup_environment.venv_was_moved()


def test_all_that_a_make_target_sets_up_is_known() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    asked = set(re.findall(r"(?m)^\t\$\(SETUP\) (\S+)$", makefile))
    asked |= set(re.findall(r"\$setup (\S+)", (PROJECT / "packaging" / "start.sh").read_text()))
    assert "test" in asked
    assert asked == set(setup_environment.TARGETS)
    for _, lists in setup_environment.TARGETS.values():
        for name in lists:
            assert setup_environment.listed(f"linux/packages-{name}.txt")


# Of a program for Windows and of one for macOS.
FOR_WINDOWS = (
    *(
        "python311.dll",
        "_ctypes.pyd",
        "libffi-8.dll",
        "sqlite3.dll",
        "VCRUNTIME140.dll",
        "api-ms-win-core-file-l1-1-0.dll",
    ),
    *(r"PySide6\Qt6Core.dll", r"PySide6\MSVCP140_1.dll", r"PySide6\plugins\platforms\qwindows.dll"),
)
FOR_MACOS = (
    *("Python.framework/Versions/3.11/Python", "lib-dynload/_ctypes.cpython-311-darwin.so"),
    *("PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore", "_watchdog_fsevents.cpython-311-darwin.so"),
)
MODULES = ("os", "os.path", "_pyi_rth_utils.qt", "backup_gui.app", "PySide6", "rich.progress", "watchdog.events")
MODULES_OF_BOTH = (*MODULES, "_sysconfigdata__darwin_darwin", "platformdirs", "shiboken6", "_watchdog_fsevents")


@pytest.mark.parametrize("files", [FOR_WINDOWS, FOR_MACOS])
def test_licences_are_given_in_full(files: tuple[str, ...]) -> None:
    text = licences.complete_text(MODULES_OF_BOTH, files)
    for words in (
        *("Folder Backup contributors", "PYTHON SOFTWARE FOUNDATION LICENSE", "unlimited permission to link or embed"),
        *("The Qt Company", "University of Cambridge", "Will McGugan", "Yesudeep Mangalapilly"),
        *(
            "GNU LESSER GENERAL PUBLIC LICENSE",
            "How to Apply These Terms to Your New Programs",
            "Grant of Patent License",
        ),
    ):
        assert words in text, words
    assert "/usr/" not in text
    assert ("api-ms-win-core-file-l1-1-0.dll, msvcp140_1.dll, vcruntime140.dll" in text) is (files is FOR_WINDOWS)
    assert "under LGPL-3, which is at the end of this file" in text
    assert "jeepney" not in text
    assert "Unicode" not in text


def test_the_licence_of_icu_is_given_where_it_is() -> None:
    assert "Unicode, Inc." in licences.complete_text(MODULES, ["PySide6/Qt/lib/libicudata.so.73"])


@pytest.mark.parametrize(
    ("modules", "files", "name"),
    [
        (MODULES, (*FOR_WINDOWS, "readline8.dll"), "readline8.dll"),
        ((*MODULES, "numpy.linalg"), FOR_WINDOWS, "numpy"),
        # Named as one of those that are known, but not among those of the program.
        (MODULES, (*FOR_WINDOWS, "jeepney/fast.pyd"), "jeepney/fast.pyd"),
    ],
)
def test_a_part_whose_licence_is_not_known_is_not_packaged(
    modules: tuple[str, ...], files: tuple[str, ...], name: str
) -> None:
    with pytest.raises(LookupError, match=re.escape(f"whose {name} is cannot be told")):
        licences.complete_text(modules, files)


def test_a_library_under_the_gpl_alone_is_not_packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    for declared in ("GPL-3.0-or-later", ""):
        found = SimpleNamespace(version="1", metadata={"License": declared}, files=())
        monkeypatch.setattr(licences, "distribution", lambda _name, found=found: found)
        with pytest.raises(LookupError, match="PySide6-Essentials is under"):
            licences.complete_text(MODULES, FOR_WINDOWS)


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command; that of none has an empty name."""
    parser = build_parser()
    (of_commands,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {"": parser, **of_commands.choices}


def options_of(parser: argparse.ArgumentParser) -> list[str]:
    shown = (action for action in parser._actions if action.help != argparse.SUPPRESS)
    return [name for action in shown for name in action.option_strings]


@pytest.mark.parametrize("name", commands())
def test_the_manual_page_has_every_command_with_every_option(name: str) -> None:
    page = manual_page.page(tree.day()).replace(r"\-", "-")
    section = page.partition(f".SS {name}\n" if name else ".SH OPTIONS")[2]
    section = re.split(r"(?m)^\.S[HS] ", section)[0]
    assert options_of(commands()[name])
    for option in options_of(commands()[name]):
        assert rf"\fB{option}\fR" in section, option
    assert "==SUPPRESS==" not in page


def test_the_manual_page_is_read_without_a_warning(tmp_path: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("no groff")
    path = tmp_path / "page.1"
    path.write_text(manual_page.page(tree.day()), encoding="ascii")
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", path], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert __version__ in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_command_and_option(shell: str) -> None:
    text = tree.completion(shell)
    for name, parser in commands().items():
        assert name in text
        for option in options_of(parser):
            assert (option if shell != "fish" else option.lstrip("-")) in text, option
    assert "://" not in text
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=text, text=True, check=False).returncode == 0


def test_bash_completes_a_command_and_an_option() -> None:
    script = tree.completion("bash")
    for words, expected in ((["ver"], "verify versions"), (["verify", "--js"], "--json")):
        line = f"COMP_WORDS=(backup-gui {' '.join(words)}); COMP_CWORD={len(words)}; _shtab_backup_gui"
        ask = f'{script}\n{line}; echo "${{COMPREPLY[*]}}"'
        done = subprocess.run(["bash", "-c", ask], stdout=subprocess.PIPE, text=True, check=True)
        assert done.stdout.split() == expected.split()


def test_the_description_for_software_centres_names_this_version() -> None:
    assert f'<release version="{__version__}" date="' in tree.metainfo()


def test_the_version_is_written_in_one_place_only() -> None:
    paths = [PROJECT / "pyproject.toml", *(PROJECT / "backup_gui").rglob("*"), *(PROJECT / "packaging").rglob("*")]
    texts = {
        path.relative_to(PROJECT).as_posix(): path.read_text("utf-8")
        for path in paths
        if path.suffix in {".py", ".toml", ".xml", ".sh"}
    }
    assert [name for name, text in texts.items() if re.search(r"version\w* *= *[\"']0\.\d+\.\d+", text)] == [
        "backup_gui/__init__.py"
    ]


def _passes(test: str) -> bool:
    return subprocess.call([sys.executable, "-c", test], stderr=subprocess.DEVNULL) == 0

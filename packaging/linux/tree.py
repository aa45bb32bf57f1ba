"""Lays out what is installed: the program, its command, its entry in the menu, icons, manual page and completion."""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import licences
import manual_page
import shtab

PROJECT = Path(__file__).resolve().parents[2]
HERE = PROJECT / "packaging" / "linux"
sys.path.insert(0, str(PROJECT))

from backup_gui import __version__  # noqa: E402 - the project need not be installed
from backup_gui.cli.arguments import build_parser  # noqa: E402

NAME = "backup-gui"
VERSION = __version__
ICON_SIZES_PX = (16, 22, 24, 32, 48, 64, 128, 256)
_FOLDERS = {"SOURCE", "DESTINATION", "DIR"}


def day() -> datetime:
    """The date in what is made: of the last commit, or now; ``SOURCE_DATE_EPOCH`` overrides it."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        command = ["git", "-C", str(PROJECT), "log", "-1", "--format=%ct"]
        given = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    return datetime.fromtimestamp(int(given), UTC) if given else datetime.now(UTC)


def lay_out(program: Path, root: Path, *, zsh: str = "site-functions") -> None:
    """Lay everything out below a folder such as ``usr`` or ``~/.local``.

    Args:
        program: The folder that PyInstaller has made.
        root: The folder; must not exist.
        zsh: The folder for completion in zsh; Debian has one of its own for packages.
    """
    library = root / "lib" / NAME
    shutil.copytree(program, library, symlinks=True)
    (root / "bin").mkdir()
    (root / "bin" / NAME).symlink_to(f"../lib/{NAME}/{NAME}")
    share = root / "share"
    _copy(HERE / f"{NAME}.desktop", share / "applications" / f"{NAME}.desktop")
    _write(share / "metainfo" / f"{NAME}.metainfo.xml", metainfo())
    _icons(share / "icons" / "hicolor")
    manual = share / "man" / "man1" / f"{NAME}.1.gz"
    _write(manual, "")
    manual.write_bytes(gzip.compress(manual_page.page(day()).encode("ascii"), mtime=0))
    _write(share / "bash-completion" / "completions" / NAME, completion("bash"))
    _write(share / "zsh" / zsh / f"_{NAME}", completion("zsh"))
    _write(share / "fish" / "vendor_completions.d" / f"{NAME}.fish", completion("fish"))
    _write(share / "doc" / NAME / "copyright", licences.copyright_text(program / "_internal"))


def add_common_licences(root: Path) -> None:
    """Add the licences that the copyright file refers to, for systems that do not have them at hand."""
    documents = root / "share" / "doc" / NAME
    for path in licences.common_licences((documents / "copyright").read_text("utf-8")):
        _copy(path, documents / "licences" / path.name)


def metainfo() -> str:
    """The description for software centres, with the version."""
    text = (HERE / f"{NAME}.metainfo.xml").read_text("utf-8")
    release = f'  <releases>\n    <release version="{__version__}" date="{day():%Y-%m-%d}"/>\n  </releases>\n'
    return text.replace("</component>", f"{release}</component>")


def completion(shell: str) -> str:
    """The completion of the command line for a shell that shtab knows."""
    parser = build_parser()
    _mark_files(parser)
    text: str = shtab.complete(parser, shell)
    # Without what it says of its origin and of installing it by hand.
    return re.sub(r"(?m)^# (AUTOMATICALLY|Usage:|\d\)|  |See also).*\n", "", text)


def _mark_files(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:  # noqa: SLF001 - there is no other way to the options
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                _mark_files(command)
        elif action.metavar in _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]


def _icons(folder: Path) -> None:
    """The icon in its drawn form, and as pictures for what does not read that."""
    from PySide6.QtCore import QSize  # noqa: PLC0415 - after the platform has been chosen
    from PySide6.QtGui import QGuiApplication, QIcon  # noqa: PLC0415

    drawing = PROJECT / "resources" / "icons" / "app.svg"
    _copy(drawing, folder / "scalable" / "apps" / f"{NAME}.svg")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QGuiApplication.instance() or QGuiApplication([])
    icon = QIcon(str(drawing))
    for size in ICON_SIZES_PX:
        path = folder / f"{size}x{size}" / "apps" / f"{NAME}.png"
        path.parent.mkdir(parents=True)
        if not icon.pixmap(QSize(size, size), 1.0).save(str(path)):
            raise OSError(f"{path} could not be written")
    del application


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")

"""Writes the file ``copyright``: whose everything in the packaged program is, and under which licence.

A library whose licence cannot be found, or that is under the GPL without another choice, fails the build.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackagePath, distribution
from pathlib import Path

from makers import PROJECT

# What PyInstaller puts into the program of what pip has installed, besides its own loader.
DISTRIBUTIONS = ("PySide6-Essentials", "shiboken6", "rich", "watchdog", "platformdirs", "jeepney")
COMMON = Path("/usr/share/common-licenses")
# What is chosen where a library offers a choice. What pip installs of Qt has no file with its licence.
_CHOICES = {"LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only": "LGPL-3"}
_LOADER = """\
Copyright (C) 2010-2026 PyInstaller Development Team, 2005-2009 Giovanni Bajo, 2002 McMillan Enterprises, Inc.
The program that loads Python is PyInstaller's, under the GPL, version 2 or later, with an exception: it may be used to
build and distribute programs under any licence. This is that case.
"""


def copyright_text(internal: Path) -> str:
    """Return the text for a program that was packaged on this computer.

    Args:
        internal: The folder of its libraries.

    Raises:
        LookupError: Whose a library is, or its licence, cannot be told.
    """
    parts = [
        ("Folder Backup", (PROJECT / "LICENSE").read_text("utf-8")),
        ("Python", _python()),
        ("The loader of PyInstaller", _LOADER),
        *((name, _of_distribution(name)) for name in DISTRIBUTIONS),
        *_of_system_packages(internal),
    ]
    head = "Folder Backup, and the libraries that are packaged with it, each with its licence.\n"
    return head + "".join(f"\n{'-' * 78}\n{name}\n\n{text.strip()}\n" for name, text in parts)


def common_licences(text: str) -> list[Path]:
    """Return the files of Debian that a text refers to instead of repeating them."""
    names = {name.rstrip(".") for name in re.findall(rf"{COMMON}/([\w.-]+)", text)}
    return sorted(COMMON / name for name in names if (COMMON / name).exists())


def _python() -> str:
    candidates = [
        Path(sys.base_prefix) / "lib" / f"python3.{sys.version_info.minor}" / "LICENSE.txt",
        Path(f"/usr/share/doc/python3.{sys.version_info.minor}/copyright"),
    ]
    for path in candidates:
        if path.exists():
            return path.read_text("utf-8")
    raise LookupError("the licence of Python is not among its files")


def _of_distribution(name: str) -> str:
    found = distribution(name)
    declared = next((found.metadata[key] for key in ("License-Expression", "License") if key in found.metadata), "")
    head = f"Version {found.version}. Licence: {declared}\n"
    if declared in _CHOICES:
        owner = "Copyright (C) The Qt Company Ltd. and other contributors.\n"
        choice = f"Here it is used under {_CHOICES[declared]}, which is in {COMMON}/{_CHOICES[declared]} with GPL-3,\n"
        how = "to which it refers. The libraries are separate files, so that each can be replaced by another version.\n"
        return head + owner + choice + how + (_icu() if name.startswith("PySide6") else "")
    if not declared or "GPL" in declared:
        raise LookupError(f"{name} is under {declared or 'no licence that it names'}")
    texts = [Path(str(file.locate())).read_text("utf-8") for file in _licence_files(found.files or ())]
    if declared == "Apache-2.0":
        # What stands in front of the terms is the notice; the terms are the same everywhere.
        texts = [text for text in texts if "TERMS AND CONDITIONS" not in text] + [f"The terms: {COMMON}/{declared}"]
    if not texts:
        raise LookupError(f"{name} has no file with its licence")
    return head + "\n" + "\n".join(texts)


def _icu() -> str:
    return "\n" + Path(__file__).with_name("icu-licence.txt").read_text("utf-8")


def _licence_files(files: Iterable[PackagePath]) -> list[PackagePath]:
    return [file for file in files if "licenses" in file.parts and file.name != "AUTHORS"]


def _of_system_packages(internal: Path) -> list[tuple[str, str]]:
    """What Debian says of the libraries that were copied from this system."""
    names = {path.name for path in internal.glob("lib*.so*") if not path.is_symlink()}
    names = {name for name in names if not name.startswith(("libpython", "libshiboken", "libpyside"))}
    owners: dict[str, list[str]] = {}
    for name in sorted(names):
        owners.setdefault(owner(name), []).append(name)
    found = []
    for package, libraries in owners.items():
        text = Path(f"/usr/share/doc/{package}/copyright").read_text("utf-8", errors="replace")
        found.append((", ".join(libraries), f"From Debian's package {package}, which says:\n\n{text}"))
    return found


def owner(library: str) -> str:
    """Return the package of this system that has a library.

    Args:
        library: The name of its file.

    Raises:
        LookupError: None has it.
    """
    for folder in ("/usr/lib", "/lib"):
        listing = subprocess.run(
            ["dpkg-query", "--search", f"{folder}/*/{library}"], capture_output=True, text=True, check=False
        ).stdout
        for line in listing.splitlines():
            packages, _, path = line.partition(": ")
            if path.endswith(f"/{library}") and "," not in packages:
                return packages.partition(":")[0]
    raise LookupError(f"no package of this system has {library}")

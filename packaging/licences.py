"""Writes whose everything in the packaged program is, and under which licence.

A part whose owner or licence cannot be told, or that is under the GPL without another choice, fails the build.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import PackagePath, distribution
from pathlib import Path, PurePosixPath

from makers import PROJECT

# What PyInstaller puts into the program of what pip has installed, besides its own loader: modules or folders, and the
# distribution that they are from.
DISTRIBUTIONS = {
    "PySide6": "PySide6-Essentials",
    "shiboken6": "shiboken6",
    "rich": "rich",
    "watchdog": "watchdog",
    "_watchdog_fsevents": "watchdog",
    "platformdirs": "platformdirs",
    "jeepney": "jeepney",
}
COMMON = Path("/usr/share/common-licenses")
# In full, for systems that have no texts of licences.
TEXTS = Path(__file__).with_name("licence-texts")
FULL = ("LGPL-3", "GPL-3", "Apache-2.0")
# What is chosen where a library offers a choice. What pip installs of Qt has no file with its licence.
_CHOICES = {"LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only": "LGPL-3"}
_LOADER = """\
Copyright (C) 2010-2026 PyInstaller Development Team, 2005-2009 Giovanni Bajo, 2002 McMillan Enterprises, Inc.
The program that loads Python is PyInstaller's, under the GPL, version 2 or later, with an exception: "In addition to
the permissions in the GNU General Public License, the authors give you unlimited permission to link or embed compiled
bootloader and related files into combinations with other programs, and to distribute those combinations without any
restriction coming from the use of those files." What it runs before the program is under the Apache License, version
2.0, which is {apache}.
"""
# Python itself, and what comes with it for Windows.
_PYTHON = re.compile(
    r"(?:lib)?python3[\d.]*\.(?:dll|dylib|so[\d.]*)|python|libffi-\d+\.dll|sqlite3\.dll", re.IGNORECASE
)
_MICROSOFT = re.compile(
    r"(?:vcruntime|msvcp|concrt|vccorlib)\d+\w*\.dll|(?:ucrtbase|api-ms-win-[\w-]+)\.dll", re.IGNORECASE
)


def copyright_text(internal: Path) -> str:
    """Return the text for a program that was packaged on this computer, a Debian. It refers to licences that each has.

    Args:
        internal: The folder of its libraries.

    Raises:
        LookupError: Whose a library is, or its licence, cannot be told.
    """
    parts = _parts(DISTRIBUTIONS.values(), COMMON, [path.name for path in internal.rglob("*.so*")])
    return _joined([*parts, *_of_system_packages(internal)])


def complete_text(modules: Iterable[str], files: Iterable[str]) -> str:
    """Return the text for a program for Windows or macOS, with each licence in full.

    Args:
        modules: The names of its modules.
        files: The paths of its libraries in its folder.

    Raises:
        LookupError: Whose a part is, or its licence, cannot be told.
    """
    packages = packages_of(modules)
    paths = [PurePosixPath(path.replace("\\", "/")) for path in files]
    for path in paths:
        module = path.name.partition(".")[0]
        is_known = path.parts[0] in packages or module in {*packages, *sys.stdlib_module_names}
        if not (is_known or _PYTHON.fullmatch(path.name) or _MICROSOFT.fullmatch(path.name)):
            raise LookupError(f"whose {path} is cannot be told")
    names = [path.name for path in paths]
    parts = _parts((DISTRIBUTIONS[package] for package in sorted(packages)), None, names)
    if found := sorted({name.lower() for name in names if _MICROSOFT.fullmatch(name)}):
        parts.append((", ".join(found), _text("Microsoft")))
    return _joined([*parts, *((name, _text(name)) for name in FULL)])


def packages_of(modules: Iterable[str]) -> set[str]:
    """Return those of the keys of ``DISTRIBUTIONS`` that a program has.

    Args:
        modules: The names of its modules.

    Raises:
        LookupError: A module is of another one.
    """
    known = {*sys.stdlib_module_names, "backup_gui", "_pyi_rth_utils"}
    packages = {module.partition(".")[0] for module in modules} - known
    packages = {package for package in packages if not package.startswith("_sysconfigdata_")}
    if strange := packages - set(DISTRIBUTIONS):
        raise LookupError(f"whose {', '.join(sorted(strange))} is cannot be told")
    return packages


def common_licences(text: str) -> list[Path]:
    """Return the files of Debian that a text refers to instead of repeating them."""
    names = {name.rstrip(".") for name in re.findall(rf"{COMMON}/([\w.-]+)", text)}
    return sorted(COMMON / name for name in names if (COMMON / name).exists())


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    head = "Folder Backup, and the libraries that are packaged with it, each with its licence.\n"
    return head + "".join(f"\n{'-' * 78}\n{name}\n\n{text.strip()}\n" for name, text in parts)


def _parts(distributions: Iterable[str], common: Path | None, files: Iterable[str]) -> list[tuple[str, str]]:
    """The headings and texts of what is the same on each system.

    Args:
        distributions: What pip has installed of it.
        common: The system's folder with the texts of common licences; None if they are part of the text.
        files: The names of the program's libraries.
    """
    has_icu = any(name.lower().removeprefix("lib").startswith("icu") for name in files)
    return [
        ("Folder Backup", (PROJECT / "LICENSE").read_text("utf-8")),
        ("Python", _python()),
        ("The loader of PyInstaller", _LOADER.format(apache=_where("Apache-2.0", common))),
        *((name, _of_distribution(name, common)) for name in dict.fromkeys(distributions)),
        ("Within Python and Qt", _text("within-Python-and-Qt")),
        *([("ICU", _text("ICU"))] if has_icu else []),
    ]


def _where(licence: str, common: Path | None) -> str:
    return f"in {common}/{licence}" if common else "at the end of this file"


def _python() -> str:
    candidates = [
        Path(sys.base_prefix) / "LICENSE.txt",
        Path(sysconfig.get_path("stdlib")) / "LICENSE.txt",
        Path(f"/usr/share/doc/python3.{sys.version_info.minor}/copyright"),
    ]
    for path in candidates:
        if path.exists():
            return path.read_text("utf-8", errors="replace")
    raise LookupError("the licence of Python is not among its files")


def _of_distribution(name: str, common: Path | None) -> str:
    found = distribution(name)
    declared = next((found.metadata[key] for key in ("License-Expression", "License") if key in found.metadata), "")
    head = f"Version {found.version}. Licence: {declared}\n"
    if declared in _CHOICES:
        owner = "Copyright (C) The Qt Company Ltd. and other contributors.\n"
        chosen = _CHOICES[declared]
        choice = f"Here it is used under {chosen}, which is {_where(chosen, common)} with GPL-3,\n"
        how = "to which it refers. The libraries are separate files, so that each can be replaced by another version.\n"
        return head + owner + choice + how
    if not declared or "GPL" in declared:
        raise LookupError(f"{name} is under {declared or 'no licence that it names'}")
    texts = [Path(str(file.locate())).read_text("utf-8") for file in _licence_files(found.files or ())]
    if declared == "Apache-2.0":
        # What stands in front of the terms is the notice; the terms are the same everywhere.
        texts = [text for text in texts if "TERMS AND CONDITIONS" not in text]
        texts.append(f"The terms are {_where(declared, common)}.")
    if not texts:
        raise LookupError(f"{name} has no file with its licence")
    return head + "\n" + "\n".join(texts)


def _text(name: str) -> str:
    return (TEXTS / f"{name}.txt").read_text("utf-8")


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

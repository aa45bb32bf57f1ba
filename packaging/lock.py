"""Writes the lock files: every library at one exact version, resolved by pip from the ranges in pyproject.toml.

``python packaging/lock.py`` (or ``make lock``) resolves anew, so it takes what is newest within the ranges. Each
version comes with the hashes of its files for all systems and interpreters that are named here, so that nothing else
can be installed in its place. Which index they come from is the business of whoever installs.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pip._vendor.packaging.markers import default_environment
from pip._vendor.packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1]
RUNTIME = PROJECT / "packaging" / "requirements.txt"
DEVELOPMENT = PROJECT / "packaging" / "requirements-dev.txt"
HEADER = (
    "# Exact versions with the hashes of their files, written by packaging/lock.py; the ranges are in pyproject.toml.\n"
)
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# What pip calls the systems, the newest form of each first.
PLATFORMS = {
    "linux": (
        ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
        ("manylinux_2_39_aarch64", "manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux2014_aarch64"),
    ),
    "win32": (("win_amd64",), ("win_arm64",)),
    "darwin": (
        ("macosx_13_0_universal2", "macosx_13_0_arm64", "macosx_12_0_arm64", "macosx_11_0_arm64"),
        ("macosx_13_0_universal2", "macosx_13_0_x86_64", "macosx_12_0_x86_64", "macosx_10_13_x86_64"),
    ),
}
_NAMES_OF_SYSTEMS = {"linux": ("Linux", "posix"), "win32": ("Windows", "nt"), "darwin": ("Darwin", "posix")}


class Pin(NamedTuple):
    """A library at one version.

    Attributes:
        name: Its name in pip's normal form.
        version: Its version.
        systems: On which systems it is needed, as ``sys.platform`` calls them.
    """

    name: str
    version: str
    systems: tuple[str, ...]

    @property
    def line(self) -> str:
        """The requirement, limited to its systems if they are not all."""
        if len(self.systems) == len(PLATFORMS):
            return f"{self.name}=={self.version}"
        needed = " or ".join(f'sys_platform == "{system}"' for system in self.systems)
        return f"{self.name}=={self.version} ; {needed}"


def main() -> None:
    """Resolve both sets and write both files."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    # What builds the project itself is installed with it, so that setting up needs no further download.
    ranges = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    development = [*ranges, *project["dependency-groups"]["dev"]]
    runtime_pins = resolve(ranges)
    # Both files agree on what they share: the development set is resolved around the runtime one.
    development_pins = resolve([*development, *(f"{pin.name}=={pin.version}" for pin in runtime_pins)])
    shared = {pin.name for pin in runtime_pins}
    more = [pin for pin in development_pins if pin.name not in shared]
    hashes = hashes_of([*runtime_pins, *more])
    RUNTIME.write_text(HEADER + written(runtime_pins, hashes), encoding="utf-8")
    DEVELOPMENT.write_text(HEADER + "-r requirements.txt\n" + written(more, hashes), encoding="utf-8")


def resolve(ranges: list[str]) -> list[Pin]:
    """Let pip choose versions for all systems, without installing anything.

    What other systems need is not in what pip resolves here, so it is looked for in what the libraries say of
    themselves and resolved with the rest.

    Args:
        ranges: The requirements, with markers if they are for one system only.

    Returns:
        The pins by name.
    """
    wanted = [Requirement(text) for text in ranges]
    extra: set[str] = set()
    while True:
        plain = [*(_without_marker(one) for one in wanted), *sorted(extra)]
        chosen = {normal(item["metadata"]["name"]): item for item in report(plain)}
        systems = {system: _reached(wanted, chosen, system) for system in PLATFORMS}
        missing = {name for names in systems.values() for name in names} - set(chosen)
        if not missing:
            break
        extra |= missing
    return [
        Pin(name, chosen[name]["metadata"]["version"], tuple(s for s in PLATFORMS if name in systems[s]))
        for name in sorted(chosen)
        if any(name in names for names in systems.values())
    ]


def _reached(wanted: list[Requirement], chosen: dict[str, Any], system: str) -> set[str]:
    """Return the names of all libraries that one system needs, with those that were not chosen yet."""
    environment = {str(key): str(value) for key, value in default_environment().items()}
    environment |= {"sys_platform": system, "platform_system": _NAMES_OF_SYSTEMS[system][0]}
    environment |= {"os_name": _NAMES_OF_SYSTEMS[system][1], "extra": ""}
    found: set[str] = set()
    pending = [(one, "") for one in wanted]
    while pending:
        one, extra = pending.pop()
        if one.marker is not None and not one.marker.evaluate(environment | {"extra": extra}):
            continue
        name = normal(one.name)
        if name in found and not one.extras:
            continue
        found.add(name)
        for text in chosen.get(name, {}).get("metadata", {}).get("requires_dist", ()):
            pending.extend((Requirement(text), extra) for extra in ("", *sorted(one.extras)))
    return found


def hashes_of(pins: list[Pin]) -> dict[str, set[str]]:
    """Return the hashes of each library's files for all systems and interpreters, by name."""
    found: dict[str, set[str]] = {pin.name: set() for pin in pins}
    pending = pins
    for tags in (tags for groups in PLATFORMS.values() for tags in groups):
        for python in PYTHONS:
            options = ["--no-deps", "--only-binary=:all:", "--python-version", python, "--target", "unused"]
            for tag in tags:
                options += ["--platform", tag]
            system = next(system for system, groups in PLATFORMS.items() if tags in groups)
            needed = [pin for pin in pending if system in pin.systems]
            for item in _each(needed, options):
                hash_, file = _hash(item), item["download_info"]["url"].rpartition("/")[2]
                name = normal(item["metadata"]["name"])
                found[name].add(hash_)
                if file.endswith("-none-any.whl"):
                    # The same file everywhere.
                    pending = [pin for pin in pending if pin.name != name]
    # What there is no wheel of is built from its source.
    for pin in pins:
        if not found[pin.name]:
            found[pin.name] = {_hash(item) for item in report([f"{pin.name}=={pin.version}"], ["--no-deps"])}
    return found


def _each(pins: list[Pin], options: list[str]) -> Iterable[dict[str, Any]]:
    """Look for all pins at once, or one by one if some of them have nothing for a system."""
    if not pins:
        return []
    lines = [f"{pin.name}=={pin.version}" for pin in pins]
    try:
        return report(lines, options)
    except subprocess.CalledProcessError:
        found = []
        for line in lines:
            try:
                found += report([line], options)
            except subprocess.CalledProcessError:
                continue
        return found


def report(requirements: list[str], options: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Let pip resolve requirements, without installing anything; returns what it would install."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    result = subprocess.run([*command, *options, *requirements], stdout=subprocess.PIPE, text=True, check=True)
    chosen: list[dict[str, Any]] = json.loads(result.stdout)["install"]
    return chosen


def written(pins: list[Pin], hashes: dict[str, set[str]]) -> str:
    """Write pins with their hashes, as pip reads them."""
    return "".join(
        " \\\n    ".join((pin.line, *(f"--hash={one}" for one in sorted(hashes[pin.name])))) + "\n" for pin in pins
    )


def normal(name: str) -> str:
    """Return a library's name in pip's normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _hash(item: dict[str, Any]) -> str:
    return f"sha256:{item['download_info']['archive_info']['hashes']['sha256']}"


def _without_marker(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


if __name__ == "__main__":
    main()

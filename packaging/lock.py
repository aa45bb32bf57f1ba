"""Writes the lock files: every library at one exact version, resolved by pip from the ranges in pyproject.toml.

``python packaging/lock.py`` (or ``make lock``) resolves anew, so it takes what is newest within the ranges.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
RUNTIME = PROJECT / "packaging" / "requirements.txt"
DEVELOPMENT = PROJECT / "packaging" / "requirements-dev.txt"
HEADER = "# Exact versions, written by packaging/lock.py; the ranges are in pyproject.toml.\n"
# Libraries that only other systems need are not in what pip resolves here; pip takes them from the ranges there.


def main() -> None:
    """Resolve both sets and write both files."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    # What builds the project itself is installed with it, so that setting up needs no further download.
    ranges = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    development = [*ranges, *project["project"]["optional-dependencies"]["dev"]]
    runtime_pins = resolve(ranges)
    # Both files agree on what they share: the development set is resolved around the runtime one.
    development_pins = resolve([*development, *runtime_pins])
    RUNTIME.write_text(HEADER + "".join(f"{pin}\n" for pin in runtime_pins), encoding="utf-8")
    more = [pin for pin in development_pins if pin not in runtime_pins]
    DEVELOPMENT.write_text(HEADER + "-r requirements.txt\n" + "".join(f"{pin}\n" for pin in more), encoding="utf-8")


def resolve(ranges: list[str]) -> list[str]:
    """Let pip choose versions, without installing anything; returns ``name==version``, sorted by name."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    result = subprocess.run([*command, *ranges], capture_output=True, text=True, check=True)
    chosen = json.loads(result.stdout)["install"]
    return sorted(f"{_normal(item['metadata']['name'])}=={item['metadata']['version']}" for item in chosen)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()

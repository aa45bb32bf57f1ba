"""Makes of what people install what the command line names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def make_named(makers: Mapping[str, Callable[[], Path]]) -> None:
    """Make what the command line names, or all, and print how large each is.

    Args:
        makers: By its name, what makes a file or a folder below the project and returns it; in the order in which one
            needs another.
    """
    names = sys.argv[1:] or list(makers)
    if not set(names) <= set(makers):
        sys.exit(f"usage: {Path(sys.argv[0]).name} [{'|'.join(makers)} …]")
    for name in names:
        made = makers[name]()
        size_bytes = sum(path.lstat().st_size for path in ([made] if made.is_file() else made.rglob("*")))
        print(f"{made.relative_to(PROJECT)}: {size_bytes / 10**6:.1f} MB", flush=True)

"""Trees that are the same each time."""

from __future__ import annotations

import math
import os
import random
import time
from pathlib import Path

FILES_PER_FOLDER = 100
# As in real trees of documents and programs: half of the files are smaller than 3 KB, one in ten is larger than 30 KB,
# and the mean is 15 KB.
MEDIAN_BYTES = 3_000
SPREAD = 1.8
LARGEST_BYTES = 4 << 20


def make_tree(root: Path, files: int, median_bytes: int = MEDIAN_BYTES) -> int:
    """Make a tree.

    Args:
        root: The folder, which is made.
        files: How many files are in it.
        median_bytes: Half of them are smaller.

    Returns:
        Its size in bytes.
    """
    chance = random.Random(1)
    content = chance.randbytes(LARGEST_BYTES + 4_096)
    size_bytes = 0
    for number in range(files):
        folder = root / f"part {number // (FILES_PER_FOLDER * 10)}" / f"folder {number // FILES_PER_FOLDER}"
        folder.mkdir(parents=True, exist_ok=True)
        start = chance.randrange(4_096)
        length = min(int(chance.lognormvariate(math.log(median_bytes), SPREAD)), LARGEST_BYTES)
        (folder / f"file {number}.dat").write_bytes(content[start : start + length])
        size_bytes += length
    # Files written a moment ago are looked at twice by a careful program; those of a real tree are older.
    old_ns = time.time_ns() - 3_600 * 10**9
    # Without a list of them all: what this process needs counts as the least that those it starts have needed.
    for place, _, names in os.walk(root, topdown=False):
        for name in [*names, "."]:
            os.utime(os.path.join(place, name), ns=(old_ns, old_ns))
    return size_bytes

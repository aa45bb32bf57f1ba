"""``python -m tests.soak --minutes 60 --files 20000``: the long form; the tests run the short one."""

from __future__ import annotations

import argparse
import os
import random
import sys

from tests.soak.soaking import soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="for how long; default 60")
    parser.add_argument("--files", type=int, default=20_000, help="how many files; default 20000")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the random edits")
    parser.add_argument("--home", action="store_true", help="the source is the home folder of the one who runs it")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    has_mounts = os.name == "posix" and os.geteuid() == 0
    findings = soak(
        seconds=options.minutes * 60,
        files=options.files,
        seed=options.seed,
        has_mounts=has_mounts,
        is_home=options.home,
    )
    for name in findings.__dataclass_fields__:
        print(f"{name}: {getattr(findings, name)}")
    return 0 if findings.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())

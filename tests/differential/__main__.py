"""``python -m tests.differential --once 500 --live 200``: the long form; the tests run the short one."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from tests.differential.trials import Bursts, bursts_of, shrunk, try_live, try_once


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--once", type=int, default=0, metavar="SEEDS", help="with a full pass after each burst")
    parser.add_argument("--live", type=int, default=0, metavar="SEEDS", help="with the program watching")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="the first one")
    parser.add_argument("--jobs", type=int, default=2, help="how many at the same time; default 2")
    parser.add_argument("--shrink", action="store_true", help="take out of failures what they do not need")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    failures = 0
    with ProcessPoolExecutor(options.jobs) as pool:
        for name, attempt, count in (("once", try_once, options.once), ("live", try_live, options.live)):
            seeds = range(options.seed, options.seed + count)
            for seed, said in zip(seeds, pool.map(attempt, map(bursts_of, seeds)), strict=True):
                if said:
                    failures += 1
                    print(
                        f"--- {name}, seed {seed}:\n{_shortest(seed, attempt) if options.shrink else said}", flush=True
                    )
            print(f"{name}: {count} seeds, {failures} failures", flush=True)
    return 1 if failures else 0


def _shortest(seed: int, attempt: Callable[[Bursts], str]) -> str:
    return attempt(shrunk(bursts_of(seed), attempt)) or "it does not fail each time"


if __name__ == "__main__":
    sys.exit(main())

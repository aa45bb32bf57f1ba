"""``python -m tests.simulation --seeds 0..2000``: whole runs of the program under one seed each, in simulated time."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.run import Telling, run
from tests.simulation.shrink import shrunk
from tests.simulation.story import JOBS, STEPS, story_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one alone")
    parser.add_argument("--seeds", type=_range, default=range(100), metavar="A..B", help="run these; default 0..100")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"how much happens in each; default {STEPS}")
    parser.add_argument("--jobs", type=int, default=JOBS, help=f"how many jobs the program has; default {JOBS}")
    parser.add_argument("--processes", type=int, default=2, help="how many seeds at the same time; default 2")
    parser.add_argument("--trace", action="store_true", help="print all that happens")
    parser.add_argument("--shrink", type=float, default=60.0, metavar="SECONDS", help="for each failure; default 60")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + 1) if options.seed is not None else options.seeds
    began_s, failures, passes, lasted_s = time.monotonic(), 0, 0, 0.0
    with ProcessPoolExecutor(options.processes) as pool:
        found = [pool.submit(tell, seed, options.steps, options.jobs) for seed in seeds]
        for seed, future in zip(seeds, found, strict=True):
            told = future.result()
            passes += told.passes
            lasted_s += told.lasted_s
            if options.trace:
                print("\n".join(told.trace), flush=True)
            if told.failure:
                failures += 1
                print(explained(seed, options.steps, options.jobs, told, shrink_s=options.shrink), flush=True)
    print(
        f"{len(seeds)} seeds of {options.steps} steps, {passes} passes, {lasted_s / 3600:.1f} hours told in"
        f" {time.monotonic() - began_s:.0f} s: {failures} failures"
    )
    return 1 if failures else 0


def tell(seed: int, steps: int, jobs: int) -> Telling:
    """Run the story of a seed."""
    return run(story_of(seed, steps, jobs))


def explained(seed: int, steps: int, jobs: int, told: Telling, *, shrink_s: float) -> str:
    """Say what was wrong with a seed, with the shortest trace that shows it, and how to run it again."""
    story = story_of(seed, steps, jobs)
    if shrink_s:
        story, told = shrunk(story, told, shrink_s)
    again = f"python -m tests.simulation --seed {seed} --steps {steps} --jobs {jobs} --trace"
    return "\n".join(
        (
            f"--- seed {seed} fails; shown with {len(story.happenings)} of {steps} steps:",
            *told.trace,
            told.failure,
            f"--- the whole of it: {again}",
        )
    )


def _range(text: str) -> range:
    first, _, last = text.partition("..")
    return range(int(first), int(last))


if __name__ == "__main__":
    sys.exit(main())

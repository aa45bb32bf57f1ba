"""``python -m tests.sequences --length 2``: all sequences of two operations, in all ways; the tests try fewer."""

from __future__ import annotations

import argparse
import random
import sys
import time

from tests.sequences.operations import OPERATIONS
from tests.sequences.trials import all_sequences, attempt_all, shortest, some_sequences
from tests.sequences.ways import Way


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sequences", description=__doc__)
    parser.add_argument("sequences", nargs="*", metavar="OPERATION,…", help="these sequences, of one length, only")
    parser.add_argument("--length", type=int, default=1, help="how many operations; default 1")
    parser.add_argument("--sample", type=int, metavar="N", help="so many sequences, instead of all")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="what the sample is drawn by")
    parser.add_argument(
        "--mode", action="append", choices=[way.value for way in Way], help="how passes follow; default all; repeatable"
    )
    parser.add_argument("--jobs", type=int, default=2, help="how many portions at the same time; default 2")
    options = parser.parse_args()
    sequences = [tuple(text.split(",")) for text in options.sequences]
    if unknown := {operation for sequence in sequences for operation in sequence} - OPERATIONS.keys():
        parser.error(f"no operation: {', '.join(sorted(unknown))}; there are {', '.join(OPERATIONS)}")
    if not sequences and options.sample is not None:
        print(f"seed {options.seed}", flush=True)
        sequences = some_sequences(options.length, options.sample, options.seed)
    sequences = sequences or all_sequences(options.length)
    failures = 0
    for way in map(Way, options.mode or [way.value for way in Way]):
        began, failures_before = time.monotonic(), failures
        for sequence, words in attempt_all(way, sequences, options.jobs):
            failures += 1
            print("\n".join((f"--- {', '.join(sequence) or 'all of them'}:", *words)))
            if sequence:
                print(f"python -m tests.sequences --mode {way.value} {','.join(shortest(way, sequence))}", flush=True)
        print(
            f"{way.value}: {len(sequences)} sequences, {failures - failures_before} failures, "
            f"{time.monotonic() - began:.0f} s",
            flush=True,
        )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""What is to happen in a run: drawn from a seed, before anything happens, so that parts of it can be left out."""

from __future__ import annotations

import random
from typing import NamedTuple

from tests.simulation.edits import Pick

EDITS = (
    *("write", "write", "write", "write_half", "write_half", "overwrite", "save", "save", "delete", "rename", "rename"),
    *("exchange", "make_folder", "link", "other_name", "mode", "touch", "swap_type", "delete_many"),
)
# Edits in which a path is nothing for a moment.
IN_STEPS = frozenset({"exchange", "swap_type"})
# How the program is told of an edit, with how often.
TELLINGS = {"at once": 10, "late": 4, "in disorder": 4, "twice": 2, "overflow": 1, "never": 1}
# How long nothing happens before the next thing does, seconds: from, to, how often.
GAPS = ((0.0, 0.02, 60), (0.02, 1.0, 60), (1.0, 8.0, 50), (20.0, 100.0, 7), (160.0, 200.0, 3))
# What else happens, to a job or around it, with how often.
OTHERS = {
    "pause": 2,
    "resume": 3,
    "back_up_now": 2,
    "check_every": 1,
    "remove_left_out": 1,
    "allow_held": 4,
    "keep_held": 1,
    "release_kept": 1,
    "put_back": 1,
    "undo_pass": 1,
    "give_up": 1,
    "calls_fail": 4,
    "name_fails": 3,
    "calls_take_long": 1,
    "watcher_ends": 1,
    "source_goes": 3,
    "source_returns": 6,
    "drive_goes": 1,
    "drive_returns": 2,
    "kill": 2,
    "stop": 1,
    "clock_is_set": 1,
    "computer_sleeps": 1,
}
EDITS_AMONG_ALL = 0.7
STEPS = 60
JOBS = 2


class Happening(NamedTuple):
    """One thing that happens.

    Attributes:
        after_s: How many seconds after the start.
        job: The number of the job that it happens to.
        kind: What.
        telling: For an edit: how the program is told of it.
        pick: Numbers that it is made of.
    """

    after_s: float
    job: int
    kind: str
    telling: str
    pick: Pick


class Story(NamedTuple):
    """A run.

    Attributes:
        seed: What it was drawn from.
        jobs: How many jobs there are.
        pace_s: How long a call of the system takes for each of them, seconds.
        drives: The number of the drive that each has its destination on.
        happenings: What happens, in order.
    """

    seed: int
    jobs: int
    pace_s: tuple[float, ...]
    drives: tuple[int, ...]
    happenings: tuple[Happening, ...]


def story_of(seed: int, steps: int, jobs: int = JOBS) -> Story:
    """Draw a story."""
    draw = random.Random(seed)
    paces = tuple(draw.choice((0.000_2, 0.002, 0.02)) for _ in range(jobs))
    # Two jobs on one drive, or each on its own.
    drives = tuple(draw.randrange(number + 1) for number in range(jobs))
    happenings = []
    after_s = 0.0
    for _ in range(steps):
        low_s, high_s, _ = draw.choices(GAPS, [weight for *_, weight in GAPS])[0]
        after_s = round(after_s + draw.uniform(low_s, high_s), 6)
        if draw.random() < EDITS_AMONG_ALL:
            kind = draw.choice(EDITS)
        else:
            kind = draw.choices(tuple(OTHERS), tuple(OTHERS.values()))[0]
        telling = draw.choices(tuple(TELLINGS), tuple(TELLINGS.values()))[0]
        pick = Pick(draw.randrange(10_000), draw.randrange(10_000), draw.choice((1, 2, 3, 20, 21, 22, 5_000, 70_001)))
        happenings.append(Happening(after_s, draw.randrange(jobs), kind, telling, pick))
    return Story(seed, jobs, paces, drives, tuple(happenings))

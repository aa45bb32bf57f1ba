"""A trial: many sequences at the same time, each in a folder of its own, carried out in one of the ways.

What a sequence leaves is compared at its end only, since every part that it begins with is a sequence by itself.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import stat
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from backup_gui.engine.state.database import Fingerprint
from backup_gui.model.plans import FULL
from tests.differential.trials import differences, place
from tests.helpers.rig import count_recorded
from tests.helpers.trees import contents
from tests.sequences.operations import OPERATIONS, Scene
from tests.sequences.ways import LostError, Program, Way, let_time_pass

# A pass over so many folders takes no longer than what is around it.
AT_A_TIME = 100

Operations = tuple[str, ...]


def all_sequences(length: int, operations: Iterable[str] = OPERATIONS) -> list[Operations]:
    """Return every sequence of a length."""
    return list(itertools.product(operations, repeat=length))


def some_sequences(length: int, count: int, seed: int) -> list[Operations]:
    """Return sequences of a length, chosen at random, each once."""
    numbers = random.Random(seed)
    chosen: dict[Operations, None] = {}
    while len(chosen) < min(count, len(OPERATIONS) ** length):
        chosen[tuple(numbers.choices(list(OPERATIONS), k=length))] = None
    return list(chosen)


def portions(sequences: Sequence[Operations]) -> list[Sequence[Operations]]:
    """Part sequences of one length into as many as are tried together."""
    return [sequences[start : start + AT_A_TIME] for start in range(0, len(sequences), AT_A_TIME)]


def attempt_all(way: Way, sequences: Sequence[Operations], jobs: int = 2) -> Iterator[tuple[Operations, list[str]]]:
    """Try sequences of one length, in processes of their own; yields those with which something is wrong, and what."""
    # Started anew: what watches or traces this process, and its threads, are not theirs.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        for wrong in pool.map(partial(attempt, way), portions(sequences)):
            yield from wrong.items()


def attempt(way: Way, sequences: Sequence[Operations]) -> dict[Operations, list[str]]:
    """Try sequences of one length together; returns what is wrong with which, in words."""
    try:
        return _attempt(way, sequences)
    except LostError:
        # Then there was a full pass, which is another way. Not twice.
        return _attempt(way, sequences)


def _attempt(way: Way, sequences: Sequence[Operations]) -> dict[Operations, list[str]]:
    with place() as here:
        scenes = {
            f"{number:03}": Scene(here / "source" / f"{number:03}", here / "outside" / f"{number:03}", number)
            for number in range(len(sequences))
        }
        program = Program(here, watches=way.watches)
        with closing(program):
            length = len(sequences[0])
            steps = [partial(_do, here, scenes, sequences, step) for step in range(length)]
            if way.is_during:
                *before, last = steps
                if not before:
                    program.start(last)
                else:
                    program.start()
                    for scene in scenes.values():
                        scene.note_seen()
                    for step in before:
                        step()
                    program.follow(last)
                program.follow()
            else:
                program.start()
                for number, step in enumerate(steps, start=1):
                    is_last = number == length
                    if way is Way.RESTART and (number > 1 or is_last):
                        program.close()
                        step()
                        program.start()
                        continue
                    step()
                    if is_last or not way.is_at_once:
                        program.follow()
            found = _wrong(here, program)
    return _by_sequence(found, dict(zip(scenes, sequences, strict=True)))


def _do(here: Path, scenes: dict[str, Scene], sequences: Sequence[Operations], step: int) -> None:
    """Carry out one step of each sequence."""
    let_time_pass(here)
    for scene, sequence in zip(scenes.values(), sequences, strict=True):
        scene.do(sequence[step])


def shortest(way: Way, sequence: Operations) -> Operations:
    """Return the shortest part of a failing sequence that fails by itself; all of it if none does."""
    for length in range(1, len(sequence) + 1):
        for part in itertools.combinations(sequence, length):
            if attempt(way, [part]):
                return part
    return sequence


def _wrong(here: Path, program: Program) -> list[str]:
    """Say what is wrong after the last operation, each with the path in front."""
    found = differences(here)
    _, done = program.compare(FULL)
    found += [f"{action} by a further full pass" for action in done]
    found += _forgotten(here / "source", program)
    there = set(contents(here / "mirror").values()) | set(contents(here / "mirror.history").values())
    found += [f"{_owner(content)}/: {content!r} is lost" for content in program.seen - there]
    return [*program.problems, *found]


def _forgotten(source: Path, program: Program) -> list[str]:
    """Say in what the catalog does not agree with the source."""
    found = []
    count = 0
    for folder, folders, files in os.walk(source):
        for name in (*folders, *files):
            path = os.path.relpath(os.path.join(folder, name), source)
            entry = os.lstat(source / path)
            if stat.S_ISFIFO(entry.st_mode):
                continue
            count += 1
            wanted = Fingerprint(entry.st_ino, entry.st_ctime_ns, entry.st_size, entry.st_mtime_ns)
            known = program.catalog.fingerprint(path)
            if known != wanted:
                found.append(f"{path}: the catalog has {known} and should have {wanted}")
    if count_recorded(program.catalog) != count:
        found.append(f"the catalog has {count_recorded(program.catalog)} paths and should have {count}")
    return found


def _owner(content: bytes) -> str:
    """The folder of the sequence that has written a content."""
    return f"{int(content[:4]):03}" if content[:4].isdigit() else content.decode()


def _by_sequence(found: Iterable[str], sequences: dict[str, Operations]) -> dict[Operations, list[str]]:
    """Sort what was found by the sequences that it is about."""
    sorted_out: dict[Operations, list[str]] = {}
    for words in found:
        sequence = sequences.get(words.partition("/")[0].partition(":")[0], ())
        sorted_out.setdefault(sequence, []).append(words)
    return sorted_out

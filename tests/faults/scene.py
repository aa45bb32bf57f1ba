"""A source and a destination for one test, with passes made in the tests' own process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from backup_gui.engine.fs.system.platform import uptime_s
from backup_gui.engine.history.trusted_clock import look, seen
from backup_gui.engine.run.single_pass import PassOptions, ignore, run_pass
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.events import Event
from backup_gui.model.job import Job, Place
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import FULL, NO_COUNTS, Report
from tests.helpers.trees import contents, read_tree


class Scene:
    """A job whose guard lets everything through.

    Args:
        source: The source's parent folder.
        destination: The destination's parent folder; another volume, for example.
        keeps_history: Whether a history is kept.
    """

    def __init__(self, source: Path, destination: Path, *, keeps_history: bool = True) -> None:
        self.source, self.mirror = source / "source", destination / "mirror"
        self.history = destination / "mirror.history"
        self.source.mkdir()
        self.job = Job(
            str(self.source),
            Place(str(self.mirror)),
            id="job",
            name="job",
            keeps_history=keeps_history,
            guard_count=10**9,
        )
        self.catalog = JobDatabase.in_memory()
        self.passed_s = 0.0

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the source, and the folders above it if need be."""
        full = self.source / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content)

    def make_pass(self, on_event: Callable[[Event], None] = ignore, *, after_s: float = 61.0) -> Report:
        """Make a full pass, by the clocks some time after the one before, so that no version is one too many."""
        self.passed_s += after_s
        options = PassOptions(on_event=on_event, now=self.now_s, uptime=self._uptime_s)
        return run_pass(self.job, self.catalog, FULL, options)

    def now_s(self) -> float:
        """Tell the time of the passes' clock."""
        return time.time() + self.passed_s

    def look_at_the_clock(self) -> None:
        """Have the clock known before there is a history: what is found with it unknown counts from then."""
        look(self.catalog, seen(self.catalog), self.now_s(), self._uptime_s())

    def _uptime_s(self) -> float:
        return uptime_s() + self.passed_s

    def in_mirror(self) -> dict[str, bytes]:
        """Read the mirror's files."""
        return contents(self.mirror)

    def in_history(self) -> set[bytes]:
        """Read all kept contents."""
        return set(contents(self.history).values())

    def assert_in_step(self) -> None:
        """Check that the mirror is what the source is, and that a further pass finds nothing to do."""
        assert read_tree(self.mirror) == read_tree(self.source)
        again = self.make_pass()
        assert (again.counts, again.problems) == (NO_COUNTS, ()), again

    def temporaries(self) -> list[str]:
        """List what was left unfinished."""
        return [path for path in read_tree(self.mirror) if is_temporary(os.path.basename(path))]

    def with_job(self, **changes: object) -> Scene:
        """Change options of the job."""
        self.job = self.job._replace(**changes)  # type: ignore[arg-type]
        return self

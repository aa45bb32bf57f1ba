"""A catalog that is lost, cut, scribbled over or of another program costs a comparison and no data."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_gui.engine.roots import continuity, roots
from backup_gui.engine.run.mailbox import Mailbox
from backup_gui.engine.run.runner import RunOutcome, run
from backup_gui.engine.state.database import MIRROR_FILES_KEY, JobDatabase
from backup_gui.model.errors import BackupError, RootAbsentError
from backup_gui.model.plans import PassStatus
from tests.faults.scene import Scene
from tests.helpers.trees import contents, read_tree

pytestmark = pytest.mark.hazard(46)

FILES = 60
CATALOG = "data/jobs/job.sqlite"
# Flushing a shared disk takes long, and none of this is about power cuts.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@pytest.fixture
def base() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="backup-gui-catalog-", dir=FAST) as folder:
        yield Path(folder)


def make_scene(base: Path) -> Scene:
    """Make a mirror in step, its catalog below ``data/jobs``, and a source changed since."""
    scene = Scene(base, base)
    scene.catalog.close()
    scene.catalog = JobDatabase.open(base / CATALOG)
    for number in range(FILES):
        scene.write(f"folder{number % 10}/{number:04}", b"old %d" % number)
    scene.write("gone", b"gone")
    scene.make_pass()
    scene.catalog.close()
    scene.write("folder0/0000", b"newer")
    scene.write("added", b"added")
    (scene.source / "gone").unlink()
    (scene.source / "folder1/0001").rename(scene.source / "folder2/moved")
    return scene


@pytest.fixture
def scene(base: Path) -> Scene:
    return make_scene(base)


def run_once(scene: Scene, base: Path) -> RunOutcome:
    """Make one full pass as the program does, its catalog opened and closed."""
    return run(scene.job, Mailbox(), lambda _event: None, data_folder=base / "data", is_once=True)


def cut(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def scribble(file: Path) -> None:
    file.write_bytes(random.Random(1).randbytes(10_000))


def overwrite_a_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 * 2 : 4096 * 4] = b"\xff" * 8192
    file.write_bytes(content)


def be_another_programs(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE files (name TEXT)")
        connection.execute("CREATE TABLE meta (other INTEGER)")
    connection.close()


def lose(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("harm", [cut, empty, scribble, overwrite_a_page, be_another_programs, lose])
def test_a_harmed_catalog_is_set_aside_and_the_pass_gets_everything_right(
    scene: Scene, base: Path, harm: Callable[[Path], None]
) -> None:
    before = contents(scene.mirror)
    harm(base / CATALOG)
    scene.catalog = JobDatabase.open(base / CATALOG)
    assert scene.make_pass().problems == ()
    scene.assert_in_step()
    # What was replaced and what was deleted is in the history, though nobody remembered it.
    assert set(before.values()) <= {*scene.in_mirror().values(), *scene.in_history()}
    scene.catalog.close()


@given(st.data())
def test_flipped_bits_anywhere_stop_one_pass_at_most_and_lose_nothing(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory(prefix="backup-gui-catalog-", dir=FAST) as folder:
        base = Path(folder)
        scene = make_scene(base)
        content = bytearray((base / CATALOG).read_bytes())
        for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
            content[at] ^= 1 << data.draw(st.integers(0, 7))
        (base / CATALOG).write_bytes(content[: data.draw(st.none() | st.integers(0, len(content)))])
        before = contents(scene.mirror)
        run_once(scene, base)
        outcome = run_once(scene, base)
        assert set(before.values()) <= {*scene.in_mirror().values(), *scene.in_history()}
        if outcome.report is not None and outcome.report.status is PassStatus.COMPLETE:
            assert read_tree(scene.mirror) == read_tree(scene.source)
        else:
            # A wrong memory of which drive or folder the source was is a reason to ask, and the only one.
            is_asking = outcome.report is not None and outcome.report.status is PassStatus.HELD
            assert is_asking or isinstance(outcome.error, RootAbsentError), outcome


KEYS = (roots.SOURCE_KEY, continuity.DESTINATION_KEY, MIRROR_FILES_KEY, roots.DRIVES_KEY, "last complete at")
FACTS = st.one_of(
    st.text(st.characters(codec="utf-8")),
    st.from_regex(r"[0-9]+ (uuid|fsid|device):[0-9a-f]*", fullmatch=True),
    st.sampled_from(
        (
            "",
            " ",
            "0 ",
            "1",
            "-1 x",
            "nan",
            "1e999",
            "[]",
            '["folder0"]',
            "[[]]",
            "{}",
            "[" * 5_000,
            "9" * 5_000,
            "\x00",
        )
    ),
)


@given(st.dictionaries(st.sampled_from(KEYS), FACTS, min_size=1))
def test_a_fact_that_makes_no_sense_loses_nothing_and_ends_in_a_report_or_a_plain_error(facts: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="backup-gui-catalog-", dir=FAST) as folder:
        scene = make_scene(Path(folder))
        scene.catalog = JobDatabase.in_memory()
        for key, value in facts.items():
            scene.catalog.remember(key, value)
        before = contents(scene.mirror)
        with contextlib.suppress(BackupError):
            scene.make_pass()
        assert set(before.values()) <= {*scene.in_mirror().values(), *scene.in_history()}
        at = scene.catalog.last_complete_at()
        assert at is None or datetime.fromtimestamp(at, UTC).year < 9999
        scene.catalog.close()


@pytest.mark.parametrize("value", ["'text'", "x'00ff'", "1.5"])
def test_a_value_of_another_kind_stops_one_pass_and_not_the_backup(scene: Scene, base: Path, value: str) -> None:
    with contextlib.closing(sqlite3.connect(base / CATALOG)) as connection:
        connection.execute(f"UPDATE files SET inode = {value}")
        connection.commit()
    outcomes = [run_once(scene, base) for _ in range(2)]
    assert [outcome.report and outcome.report.status for outcome in outcomes] == [
        PassStatus.FAILED,
        PassStatus.COMPLETE,
    ]
    assert (base / f"{CATALOG}.damaged").exists()
    assert b"gone" in scene.in_history()
    assert read_tree(scene.mirror) == read_tree(scene.source)

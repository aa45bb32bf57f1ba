"""Single values that a job remembers: read at once, and never taken for remembered when they were lost."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from backup_gui.engine.roots.roots import DRIVES_KEY
from backup_gui.engine.state import connection as memory_module
from backup_gui.engine.state.connection import MemoryConnection
from backup_gui.engine.state.database import ROOT_KEY, JobDatabase
from backup_gui.model.plans import PassStatus, ProblemCode, Scope
from tests.helpers.rig import Rig


def test_they_are_read_back(tmp_path: Path) -> None:
    catalog = JobDatabase.open(tmp_path / "job.sqlite")
    assert catalog.fact("key") is None
    catalog.remember("key", "first")
    catalog.remember("key", "second")
    assert catalog.fact("key") == "second"
    catalog.close()
    again = JobDatabase.open(tmp_path / "job.sqlite")
    assert again.fact("key") == "second"
    again.close()


def test_what_the_mirror_was_is_forgotten_with_it() -> None:
    catalog = JobDatabase.in_memory()
    catalog.remember(ROOT_KEY, "then")
    catalog.remember("key", "stays")
    catalog.forget_mirror()
    assert (catalog.fact(ROOT_KEY), catalog.fact("key")) == (None, "stays")
    catalog.remember(ROOT_KEY, "then")
    assert catalog.fact(ROOT_KEY) == "then"


def test_what_was_not_yet_permanent_when_the_disk_was_full_is_not_taken_for_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "_TRY_EVERY_S", 0.0)
    catalog = JobDatabase.open(tmp_path / "job.sqlite")
    catalog.remember("key", "permanent")
    catalog.commit()
    catalog.remember("key", "lost")
    file = catalog._connection._file
    assert file is not None
    file.execute(f"PRAGMA max_page_count = {file.execute('PRAGMA page_count').fetchone()[0]}")
    catalog.remember("long", "x" * 100_000)
    assert catalog.file is None
    assert catalog.fact("key") == "permanent"
    catalog.remember("key", "lost")
    catalog.resume()
    assert catalog.file is not None
    assert catalog.fact("key") == "lost"
    catalog.close()


def test_a_pass_sees_what_another_program_has_remembered(rig: Rig, tmp_path: Path) -> None:
    rig.catalog.close()
    rig.catalog = JobDatabase.open(tmp_path / "job.sqlite")
    rig.write("file", "one")
    rig.run()
    assert rig.catalog.fact(DRIVES_KEY) is None
    with contextlib.closing(sqlite3.connect(tmp_path / "job.sqlite")) as other:
        other.execute("INSERT INTO meta VALUES (?, ?)", (DRIVES_KEY, '["file"]'))
        other.commit()
    (rig.source / "file").unlink()
    assert [problem.code for problem in rig.run().problems] == [ProblemCode.DRIVE_AWAY]


def test_a_pass_reads_them_at_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write("file", "one")
    rig.run()
    reads = 0
    execute = MemoryConnection.execute

    def counted(self: MemoryConnection, sql: str, parameters: object = (), /) -> sqlite3.Cursor:
        nonlocal reads
        reads += sql.startswith("SELECT") and " FROM meta" in sql
        return execute(self, sql, parameters)

    monkeypatch.setattr(MemoryConnection, "execute", counted)
    rig.write("file", "another")
    assert rig.run(Scope(frozenset({"file"}))).status is PassStatus.COMPLETE
    # The guard reads its clock by itself, once.
    assert reads == 2

"""Without a history the program's own copies are never a stranger's, whatever kept them from being recorded whole."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.apply import create
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.fs import same_content
from backup_gui.engine.plan import difference
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.entries import Seen
from backup_gui.model.errors import BackupError
from backup_gui.model.plans import Counts, HeldCode, ProblemCode
from tests.helpers.rig import Rig, done
from tests.helpers.trees import contents, read_tree

pytestmark = [
    pytest.mark.hazard(13),
    pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes"),
]


@pytest.fixture
def rig(rig: Rig) -> Rig:
    rig.options["keeps_history"] = False
    return rig


def give(path: Path) -> None:
    """Give something of the source an attribute."""
    os.setxattr(path, "user.large", b"1")


def refuse(_path: object, name: str, _value: bytes, *_more: object, **_options: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM), name)


def check_follows_edits(rig: Rig) -> None:
    """Check that every further edit and deletion reaches the mirror, and nothing is held."""
    for number, path in enumerate(sorted(contents(rig.source))):
        if number % 2:
            (rig.source / path).unlink()
        else:
            rig.write(path, f"edited {path}")
    report = rig.run()
    assert report.held is None
    assert contents(rig.mirror) == contents(rig.source)
    rig.write("rest")
    for path in set(os.listdir(rig.source)) - {"rest"}:
        shutil.rmtree(rig.source / path) if (rig.source / path).is_dir() else (rig.source / path).unlink()
    assert rig.run().held is None
    assert read_tree(rig.mirror) == read_tree(rig.source)


def count_compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of what is read on both sides from now on."""
    compared: list[str] = []
    real = same_content.has_same_content

    def counting(source: Any, path: str, *more: Any) -> bool:
        compared.append(path)
        return real(source, path, *more)

    for module in (difference, create):
        monkeypatch.setattr(module, "has_same_content", counting)
    return compared


@pytest.mark.parametrize("is_new", [True, False])
def test_copies_whose_attributes_were_refused_follow_further_edits_and_are_not_read_in_each_pass(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, *, is_new: bool
) -> None:
    for path in ("a", "b", "docs/c", "docs/d"):
        rig.write(path)
    if not is_new:
        rig.run()
    for path in ("a", "b", "docs/c", "docs/d", "docs"):
        if path != "docs" and not is_new:
            rig.write(path, "replaced")
        give(rig.source / path)
    monkeypatch.setattr(os, "setxattr", refuse)
    compared = count_compared(monkeypatch)
    for _ in range(3):
        found = {(problem.path, problem.code) for problem in rig.run().problems}
        assert {path for path, _ in found} == {"a", "b", "docs", "docs/c", "docs/d"}
    assert compared == []
    check_follows_edits(rig)


def test_files_that_were_only_touched_and_whose_attributes_were_refused_follow_further_edits(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("a", "b", "docs/c", "docs/d"):
        rig.write(path)
    rig.run()
    for path in ("a", "b", "docs/c", "docs/d"):
        rig.write(path)
        give(rig.source / path)
    monkeypatch.setattr(os, "setxattr", refuse)
    assert {problem.path for problem in rig.run().problems} == {"a", "b", "docs/c", "docs/d"}
    check_follows_edits(rig)


def test_moved_files_whose_attributes_were_refused_follow_further_edits(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("a", "b"):
        rig.write(path)
    rig.run()
    (rig.source / "docs").mkdir()
    for path in ("a", "b"):
        (rig.source / path).rename(rig.source / "docs" / path)
        give(rig.source / "docs" / path)
    monkeypatch.setattr(os, "setxattr", refuse)
    assert {problem.path for problem in rig.run().problems} == {"docs/a", "docs/b"}
    assert sorted(contents(rig.mirror)) == ["docs/a", "docs/b"]
    check_follows_edits(rig)


def test_what_was_published_before_the_disk_failed_follows_further_edits(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("a", "b"):
        rig.write(path)
    rig.run()
    for path in ("a", "b", "docs/c", "docs/d"):
        rig.write(path, "replaced or new")
    flushes = []

    def fail(_target: LocalDestination) -> None:
        flushes.append(1)
        if len(flushes) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(LocalDestination, "flush", fail)
        with pytest.raises(BackupError):
            rig.run()
    assert sorted(contents(rig.mirror)) == ["a", "b", "docs/c", "docs/d"]
    check_follows_edits(rig)


def test_what_a_crash_kept_from_being_recorded_is_exactly_known_and_not_read(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("a")
    rig.run()
    entry = (rig.source / "a").stat()
    rig.catalog.forget(["a"])
    rig.catalog.intend([("a", Seen(entry.st_ino, entry.st_ctime_ns, entry.st_size, entry.st_mtime_ns))])
    compared = count_compared(monkeypatch)
    assert done(rig.run()) == Counts()
    assert compared == []
    assert rig.catalog.intended() == []
    assert rig.catalog.fingerprint("a") == (entry.st_ino, entry.st_ctime_ns, entry.st_size, entry.st_mtime_ns)


def test_a_stranger_in_the_place_of_what_was_about_to_be_is_held(rig: Rig) -> None:
    rig.write("rest")
    rig.run()
    for path in ("as large", "larger", "gone", "folder"):
        entry = rig.write(path, "mine").stat()
        rig.catalog.intend([(path, Seen(entry.st_ino, entry.st_ctime_ns, entry.st_size, entry.st_mtime_ns))])
    rig.write_at(rig.mirror / "as large", "only")
    rig.write_at(rig.mirror / "larger", "the only copy")
    (rig.mirror / "folder").mkdir()
    (rig.source / "folder").unlink()
    (rig.source / "larger").unlink()
    (rig.source / "gone").unlink()
    for _ in range(2):
        held = rig.run().held
        assert held is not None
        assert held.code is HeldCode.STRANGERS
        assert sorted(action.path for action in held.actions) == ["as large", "folder", "larger"]
    assert contents(rig.mirror) == {"as large": b"only", "larger": b"the only copy", "rest": b"content"}


def test_what_is_about_to_be_done_is_on_the_disk_before_and_notes_wait_for_it_together(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        rig.write(f"touched/{number}")
        rig.write(f"moved/{number}")
        rig.write(f"edited/{number}")
    rig.catalog.close()
    rig.catalog = JobDatabase.open(rig.root / "job.sqlite")
    rig.run()
    for number in range(20):
        rig.write(f"touched/{number}")
        rig.write(f"edited/{number}", "edited")
    (rig.source / "moved").rename(rig.source / "moved too")
    statements: list[str] = []
    file = rig.catalog._connection._file
    assert file is not None
    file.set_trace_callback(statements.append)
    for owner, name in ((MirrorWriter, "publish"), (LocalDestination, "move"), (LocalDestination, "set_metadata")):
        monkeypatch.setattr(owner, name, telling(statements, name, getattr(owner, name)))
    assert done(rig.run()).replaced == 20
    assert [statement for statement in statements if "synchronous" in statement][:2] == [
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = NORMAL",
    ]
    first = next(index for index, statement in enumerate(statements) if statement in {"publish", "set_metadata"})
    assert "COMMIT" in statements[statements.index("PRAGMA synchronous = FULL") : first]
    # One for what was touched, one for what was edited, one for what was moved.
    assert 1 <= statements.count("PRAGMA synchronous = FULL") <= 6
    assert rig.catalog.intended() == []


def telling(statements: list[str], name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def told(*arguments: Any, **options: Any) -> Any:
        statements.append(name)
        return call(*arguments, **options)

    return told


def test_with_a_history_nothing_is_noted(rig: Rig) -> None:
    rig.options["keeps_history"] = True
    noted: list[object] = []
    rig.catalog.intend = noted.append  # type: ignore[method-assign,assignment]
    rig.write("a")
    rig.run()
    rig.write("a", "edited")
    rig.run()
    assert noted == []
    assert {problem.code for problem in rig.run().problems} <= {ProblemCode.SPECIAL_FILE}

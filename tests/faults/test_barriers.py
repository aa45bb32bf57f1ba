"""In which order things reach the disk, by what the system is asked for: content, names, and only then the word.

What a missing step costs is shown by cutting the power, in ``test_power_cut.py``; here the order itself is checked,
which needs no disk of its own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.apply import publish
from backup_gui.engine.destination import history_writer
from backup_gui.engine.destination import mirror_writer as writer
from backup_gui.engine.destination.history_writer import HistoryWriter
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.errors import DestinationUnusableError
from backup_gui.model.events import ActionDone, Event
from backup_gui.model.job import Place
from backup_gui.model.paths import is_temporary
from backup_gui.model.plans import Action, Op
from tests.faults.scene import Scene

FILES = [f"folder{number % 3}/f{number}" for number in range(12)]
GROUP_FILES = 4


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Files to be replaced, moved, deleted and added, in several groups."""
    monkeypatch.setattr(publish, "GROUP_FILES", GROUP_FILES)
    scene = Scene(tmp_path, tmp_path)
    for name in (*FILES, "gone", "moved"):
        scene.write(name, b"old " + name.encode())
    scene.make_pass()
    for name in (*FILES, "added", "new folder/added"):
        scene.write(name, b"newer " + name.encode())
    (scene.source / "gone").unlink()
    (scene.source / "moved").rename(scene.source / "folder1/moved")
    return scene


class Recorder:
    """Notes, in order, what is asked of the disk and what is told.

    Each step is one of ``written`` (a temporary is complete), ``flushed``, ``named`` (something got its name, a
    version in the history too), ``kept`` (the catalog takes a path for backed up) and ``told`` (so does a listener).
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[tuple[str, str]] = []
        self.failing_flush = 0
        flush = LocalDestination.flush

        def failing_flush(target: LocalDestination) -> None:
            self.failing_flush -= 1
            if self.failing_flush == 0:
                raise OSError(5, "Input/output error")
            flush(target)
            self.steps.append(("flushed", ""))

        monkeypatch.setattr(LocalDestination, "flush", failing_flush)
        self._note(monkeypatch, MirrorWriter, "receive", "written", before=False)
        self._note(monkeypatch, MirrorWriter, "publish", "named", argument=1)
        self._note(monkeypatch, HistoryWriter, "keep", "named")
        self._note(monkeypatch, LocalDestination, "_move", "named", argument=1)
        self._note(monkeypatch, JobDatabase, "record", "kept")

    def listen(self, event: Event) -> None:
        """Take what a pass tells."""
        if isinstance(event, ActionDone):
            self.steps.append(("told", event.action.path))

    def _note(
        self,
        monkeypatch: pytest.MonkeyPatch,
        owner: type,
        name: str,
        step: str,
        *,
        argument: int = 0,
        before: bool = True,
    ) -> None:
        real: Any = getattr(owner, name)

        def noted(this: object, *arguments: Any, **options: Any) -> Any:
            if before:
                self.steps.append((step, arguments[argument]))
            answer = real(this, *arguments, **options)
            if not before:
                self.steps.append((step, arguments[argument]))
            return answer

        monkeypatch.setattr(owner, name, noted)

    def has_flush_between(self, first: tuple[str, str], second: tuple[str, str]) -> bool:
        """Tell whether everything was flushed after the last of one step and before the first of another."""
        start = max(number for number, step in enumerate(self.steps) if step == first)
        end = min(number for number, step in enumerate(self.steps) if step == second)
        assert start < end, f"{second} came before {first}"
        return ("flushed", "") in self.steps[start:end]


@pytest.mark.hazard(12)
def test_content_is_flushed_before_it_gets_its_name(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch)
    scene.make_pass(recorder.listen)
    for path in (*FILES, "added", "new folder/added"):
        assert recorder.has_flush_between(("written", path), ("named", path)), path


@pytest.mark.hazard(12)
def test_names_are_flushed_before_anybody_is_told_that_it_is_backed_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    scene.make_pass(recorder.listen)
    for path in (*FILES, "added", "new folder/added"):
        assert recorder.has_flush_between(("named", path), ("told", path)), path
        assert recorder.has_flush_between(("named", path), ("kept", path)), path


@pytest.mark.hazard(12)
def test_nothing_is_asked_of_the_disk_after_the_last_flush_of_a_pass(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    scene.make_pass(recorder.listen)
    after = [step for step, _ in recorder.steps[::-1][: recorder.steps[::-1].index(("flushed", ""))]]
    assert not {"written", "named"}.intersection(after)
    # Deletions and moves come after the last group; they are flushed too before the report is made.
    assert ("named", "gone") in recorder.steps
    assert ("named", "folder1/moved") in recorder.steps


@pytest.mark.hazard(12, 15)
def test_what_a_failed_second_flush_leaves_open_is_neither_told_nor_remembered(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    recorder.failing_flush = 2
    with pytest.raises(DestinationUnusableError):
        scene.make_pass(recorder.listen)
    copies = {*FILES, "added", "new folder/added"}
    assert [path for step, path in recorder.steps if step == "named" and path in copies]
    assert [(step, path) for step, path in recorder.steps if step in {"told", "kept"} and path in copies] == []
    monkeypatch.undo()
    scene.make_pass()
    scene.assert_in_step()


@pytest.mark.hazard(12, 19)
def test_no_name_of_the_mirror_is_ever_written_to_in_place(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real_open = os.open

    def note(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            opened.append(os.fsdecode(path))
        return real_open(path, flags, *arguments, **options)

    monkeypatch.setattr(os, "open", note)
    done: list[Action] = []
    scene.make_pass(lambda event: done.append(event.action) if isinstance(event, ActionDone) else None)
    monkeypatch.undo()
    copied = [action.path for action in done if action.op in {Op.CREATE, Op.REPLACE}]
    assert len(copied) > len(FILES)
    # What is new in a new folder has its own name in there: it is the folder that has a temporary one.
    assert [name for name in opened if not is_temporary(name)] == ["added"]
    scene.assert_in_step()


class FlushedFolders:
    """Notes which folders are flushed, in order, on a volume that cannot be flushed as a whole."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        fsync = os.fsync

        def noting(fd: int) -> None:
            if os.path.isdir(f"/proc/self/fd/{fd}"):
                self.paths.append(os.readlink(f"/proc/self/fd/{fd}"))
            fsync(fd)

        monkeypatch.setattr(os, "fsync", noting)
        monkeypatch.setattr(writer, "supports_syncfs", lambda _root: False)


@pytest.mark.hazard(12)
def test_a_drive_that_keeps_what_it_was_given_is_flushed_by_the_group(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "supports_syncfs", lambda _root: False)
    recorder = Recorder(monkeypatch)
    for module in (writer, history_writer):
        monkeypatch.setattr(module, "flush_drive", lambda _fd: recorder.steps.append(("drive", "")))
    monkeypatch.setattr(os, "fsync", lambda _fd: recorder.steps.append(("given", "")))
    scene.make_pass(recorder.listen)
    steps = recorder.steps
    for path in (*FILES, "added", "new folder/added"):
        written, named, told = (steps.index((step, path)) for step in ("written", "named", "told"))
        assert ("drive", "") in steps[written:named], path
        assert ("drive", "") in steps[named:told], path
    # Nothing that the drive was given is left to it.
    assert ("given", "") not in steps[len(steps) - steps[::-1].index(("drive", "")) :]
    groups = -(-len(FILES) // GROUP_FILES) + 1
    assert steps.count(("drive", "")) <= 4 * groups + 2


@pytest.mark.hazard(70)
@pytest.mark.parametrize("change", ["gone", "folder1/f1"])
def test_a_version_is_in_the_history_on_the_disk_before_its_name_is_gone_from_the_mirror(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    scene.make_pass()
    scene.write(change, b"once more")
    scene.make_pass()
    if change == "gone":
        (scene.source / change).unlink()
    else:
        scene.write(change, b"and again")
    flushed = FlushedFolders(monkeypatch)
    scene.make_pass()
    folder = os.path.dirname(change)
    kept, named = (os.path.normpath(root / folder) for root in (scene.history, scene.mirror))
    steps = [path for path in flushed.paths if path in {kept, named}]
    assert steps[:2] == [kept, named]


@pytest.mark.hazard(70)
def test_the_entries_of_a_new_destination_and_history_reach_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path, tmp_path)
    scene.job = scene.job._replace(destination=Place(str(tmp_path / "new/deep/mirror")))
    scene.write("file", b"old")
    flushed = FlushedFolders(monkeypatch)
    scene.make_pass()
    assert {str(tmp_path), str(tmp_path / "new"), str(tmp_path / "new/deep")} <= set(flushed.paths)
    flushed.paths.clear()
    scene.write("file", b"newer")
    scene.make_pass()
    history = tmp_path / "new/deep/mirror.history"
    assert flushed.paths.index(str(history)) < len(flushed.paths) - 1 - flushed.paths[::-1].index(
        str(tmp_path / "new/deep/mirror")
    )

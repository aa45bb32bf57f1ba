"""Plans carried out against what has changed since they were made, and against a system that refuses."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from backup_gui.engine.apply import publish as publishing
from backup_gui.engine.apply import remove
from backup_gui.engine.apply.apply import PlanRunner
from backup_gui.engine.apply.copy_worker import SMALL_BYTES
from backup_gui.engine.apply.remove import Remover
from backup_gui.engine.apply.stats import PassOutcome, PassStats
from backup_gui.engine.apply.worker_start import WorkerStart
from backup_gui.engine.destination.history_writer import HistoryWriter
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.metadata_writer import MetadataWriter
from backup_gui.engine.destination.mirror_writer import MirrorWriter
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.rules.exclusions import ExclusionRules
from backup_gui.engine.rules.progress import Meter
from backup_gui.engine.rules.space import Amount, Room
from backup_gui.engine.state.database import JobDatabase
from backup_gui.model.entries import EntryKind
from backup_gui.model.errors import DestinationUnusableError, RootAbsentError
from backup_gui.model.plans import Action, Counts, Op, Phase, Problem, ProblemCode, Progress, Stage, count_files
from backup_gui.model.reasons import Code
from tests.helpers.rig import Rig
from tests.helpers.systems import IS_POSIX
from tests.helpers.trees import contents, read_tree

FILE, FOLDER, LINK = EntryKind.FILE, EntryKind.FOLDER, EntryKind.LINK


class Run:
    """Carries out plans in a rig's folders; what was told is kept."""

    def __init__(self, rig: Rig, **options: Any) -> None:
        rig.mirror.mkdir(exist_ok=True)
        self.rig = rig
        self.rules = ExclusionRules(options.pop("exclude", ()))
        self.keeps_history = options.pop("keeps_history", True)
        self.should_stop: Callable[[], bool] = options.pop("should_stop", lambda: False)
        self.done: list[Action] = []
        self.problems: list[Problem] = []
        self.progress: list[Progress] = []

    def __call__(self, *actions: Action, litter: Iterable[str] = ()) -> PassOutcome:
        history = str(self.rig.history) if self.keeps_history else None
        with Tree(str(self.rig.source)) as source, LocalDestination(str(self.rig.mirror), history) as target:
            meter = Meter(self.progress.append)
            stats = PassStats(target, meter=meter, on_done=self.done.extend, on_problem=self.problems.append)
            context = self.rig.context(source, target, self.rules)._replace(meter=meter, should_stop=self.should_stop)
            PlanRunner(context, stats, WorkerStart(lambda: None)).run(
                actions,
                litter,
                files_total=count_files(actions),
                bytes_total=sum(action.size_bytes for action in actions),
            )
            return stats.outcome

    def codes(self) -> list[tuple[str, Code, Stage]]:
        return [(problem.path, problem.code, problem.stage) for problem in self.problems]


def refuse(code: int) -> Callable[..., Any]:
    def call(*_arguments: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code))

    return call


# What was done


def test_each_sort_of_action_is_done_counted_and_told(rig: Rig) -> None:
    rig.write("new", "12345")
    rig.write("changed", "123")
    rig.write("mode").chmod(0o600)
    rig.write("there", "moved")
    rig.write_at(rig.mirror / "changed", "old")
    rig.write_at(rig.mirror / "mode")
    os.utime(rig.mirror / "mode", ns=(0, (rig.source / "mode").stat().st_mtime_ns))
    rig.write_at(rig.mirror / "here", "moved")
    os.utime(rig.mirror / "here", ns=(0, (rig.source / "there").stat().st_mtime_ns))
    rig.write_at(rig.mirror / "gone", "gone")
    (rig.source / "folder").mkdir()
    (rig.source / "link").symlink_to("x")
    actions = (
        Action(Op.CREATE, "new", FILE, 5),
        Action(Op.CREATE, "folder", FOLDER),
        Action(Op.CREATE, "link", LINK),
        Action(Op.REPLACE, "changed", FILE, 3, old_kind=FILE),
        Action(Op.SET_METADATA, "mode", FILE),
        Action(Op.SET_METADATA, "", FOLDER),
        Action(Op.MOVE, "there", FILE, 5, old_path="here"),
        Action(Op.DELETE, "gone", FILE),
    )
    run = Run(rig)
    outcome = run(*actions)
    assert outcome.counts == Counts(created=3, replaced=1, deleted=1, moved=1, metadata=2, bytes=8)
    # Folders are no files, and what a person sees counts files.
    assert outcome.folders == Counts(created=1, metadata=1)
    assert outcome.problems == run.problems == []
    assert set(run.done) == set(actions)
    assert len(run.done) == len(actions)
    rig.check_in_step()
    assert rig.kept_contents() == [b"gone", b"old"]
    assert outcome.unsettled == ["link"]
    first, last = run.progress[0], run.progress[-1]
    assert (first.phase, first.files_total, first.bytes_total) == (Phase.COPYING, 6, 13)
    assert (last.files_done, last.bytes_done) == (6, 8)
    known = {path: rig.catalog.fingerprint(path) for path in ("new", "folder", "link", "changed", "mode", "there")}
    assert None not in known.values()
    assert rig.catalog.fingerprint("gone") is None


def test_groups_are_published_when_they_are_full(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "GROUP_FILES", 4)
    monkeypatch.setattr(publishing, "GROUP_BYTES", SMALL_BYTES + 1)
    flushes: list[set[str]] = []
    real = LocalDestination.flush

    def flush(self: LocalDestination) -> None:
        real(self)
        flushes.append({path for path in read_tree(rig.mirror) if not path.startswith(".~bg-")})

    monkeypatch.setattr(LocalDestination, "flush", flush)
    for number in range(6):
        rig.write(str(number), b"x")
    rig.write("large", b"x" * (SMALL_BYTES + 1))
    names = [*"0123", "large", *"45"]
    Run(rig)(*(Action(Op.CREATE, name, FILE, (rig.source / name).stat().st_size) for name in names))
    first, second = set("0123"), set("0123") | {"large"}
    everything = set(names)
    # Before each publication one flush, after it another; and one at the end.
    assert flushes == [set(), first, first, second, second, everything, everything]
    rig.check_in_step()


# What has changed since the plan


@pytest.mark.posix("pipes")
def test_deletions_are_only_of_what_the_source_really_lacks(rig: Rig) -> None:
    for name in ("back", "special", "excluded", "gone", "folder/inside"):
        rig.write_at(rig.mirror / name, name)
    rig.write("back", "is back")
    os.mkfifo(rig.source / "special")
    rig.write("excluded")
    rig.write("folder/back")
    run = Run(rig, exclude=("excluded",))
    names = ("back", "special", "excluded", "gone", "folder/inside", "never there")
    run(*(Action(Op.DELETE, name, FILE) for name in names), Action(Op.DELETE, "folder", FOLDER))
    assert contents(rig.mirror) == {"back": b"back"}
    assert (rig.mirror / "folder").is_dir()
    assert rig.kept_contents() == [b"excluded", b"folder/inside", b"gone", b"special"]


def test_a_folder_that_is_no_longer_empty_is_left(rig: Rig) -> None:
    rig.write_at(rig.mirror / "folder" / "new one")
    run = Run(rig)
    assert run(Action(Op.DELETE, "folder", FOLDER)).counts == Counts()
    assert run.problems == []
    assert set(read_tree(rig.mirror)) == {"folder", "folder/new one"}


def test_a_deletion_that_cannot_be_checked_or_done_is_a_problem(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write_at(rig.mirror / "a", "1")
    rig.write_at(rig.mirror / "b", "2")
    run = Run(rig)
    with monkeypatch.context() as patch:
        patch.setattr(Remover, "_is_gone", refuse(errno.EACCES))
        run(Action(Op.DELETE, "a", FILE))
    with monkeypatch.context() as patch:
        patch.setattr(HistoryWriter, "keep", refuse(errno.EPERM))
        run(Action(Op.DELETE, "b", FILE))
    assert run.codes() == [
        ("a", ProblemCode.NO_PERMISSION, Stage.COMPARE),
        ("b", ProblemCode.PROTECTED, Stage.DELETE),
    ]
    assert contents(rig.mirror) == {"a": b"1", "b": b"2"}


def test_a_new_file_does_not_write_over_what_somebody_put_there(rig: Rig) -> None:
    rig.write("a", "ours")
    rig.write_at(rig.mirror / "a", "a stranger's")
    assert Run(rig)(Action(Op.CREATE, "a", FILE, 4)).counts.created == 1
    assert contents(rig.mirror) == {"a": b"ours"}
    assert rig.kept_contents() == [b"a stranger's"]


def test_a_new_file_does_not_take_the_place_of_a_folder(rig: Rig) -> None:
    rig.write("a", "ours")
    rig.write_at(rig.mirror / "a" / "b", "a stranger's")
    run = Run(rig)
    run(Action(Op.CREATE, "a", FILE, 4))
    assert run.codes() == [("a", ProblemCode.MIRROR_CHANGED, Stage.COPY)]
    assert contents(rig.mirror) == {"a/b": b"a stranger's"}
    assert rig.temporaries() == []


@pytest.mark.posix("a new folder has a temporary name, and others may take its own")
def test_a_new_folder_whose_name_is_taken_meanwhile_is_a_problem_and_loses_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.write("a/b/c", "1")
    rig.write("other", "2")
    real = LocalDestination.flush
    planted = iter([True])

    def flush(self: LocalDestination) -> None:
        if next(planted, False):
            rig.write_at(rig.mirror / "a", "a stranger's")
        real(self)

    monkeypatch.setattr(LocalDestination, "flush", flush)
    run = Run(rig)
    run(
        Action(Op.CREATE, "a", FOLDER),
        Action(Op.CREATE, "a/b", FOLDER),
        Action(Op.CREATE, "a/b/c", FILE, 1),
        Action(Op.CREATE, "other", FILE, 1),
    )
    assert run.codes() == [("a", ProblemCode.MIRROR_CHANGED, Stage.COPY)]
    assert contents(rig.mirror) == {"a": b"a stranger's", "other": b"2"}
    assert rig.temporaries() == []
    assert [path for path in ("a", "a/b", "a/b/c") if rig.catalog.fingerprint(path)] == []


def test_a_folder_that_is_there_already_is_taken(rig: Rig) -> None:
    rig.write("a/b", "1")
    rig.write_at(rig.mirror / "a" / "c", "2")
    assert Run(rig)(Action(Op.CREATE, "a", FOLDER), Action(Op.CREATE, "a/b", FILE, 1)).problems == []
    assert set(contents(rig.mirror)) == {"a/b", "a/c"}


def test_what_lies_in_a_folder_that_could_not_be_made_is_left_out(rig: Rig) -> None:
    rig.write("a/b/c", "1")
    rig.write("other", "2")
    rig.write_at(rig.mirror / "a", "a stranger's file")
    run = Run(rig)
    run(
        Action(Op.CREATE, "a", FOLDER),
        Action(Op.CREATE, "a/b", FOLDER),
        Action(Op.CREATE, "a/b/c", FILE, 1),
        Action(Op.CREATE, "other", FILE, 1),
    )
    assert run.codes() == [("a", ProblemCode.MIRROR_CHANGED, Stage.COPY)]
    assert contents(rig.mirror) == {"a": b"a stranger's file", "other": b"2"}


def test_a_folder_gone_since_the_plan_does_no_harm(rig: Rig) -> None:
    run = Run(rig)
    run(Action(Op.CREATE, "a", FOLDER), Action(Op.CREATE, "a/b", FILE, 1), Action(Op.SET_METADATA, "c", FILE))
    assert run.problems == []
    assert rig.catalog.fingerprint("a") is None


def test_a_move_whose_file_changed_becomes_a_copy(rig: Rig) -> None:
    rig.write("there", "changed since")
    rig.write_at(rig.mirror / "here", "old")
    run = Run(rig)
    assert run(Action(Op.MOVE, "there", FILE, 3, old_path="here")).counts.moved == 0
    assert contents(rig.mirror)["there"] == b"changed since"


def test_a_move_whose_old_name_is_back_becomes_a_copy(rig: Rig) -> None:
    rig.write("there", "same")
    rig.write_at(rig.mirror / "here", "same")
    os.utime(rig.mirror / "here", ns=(0, (rig.source / "there").stat().st_mtime_ns))
    rig.write("here", "new under the old name")
    Run(rig)(Action(Op.MOVE, "there", FILE, 4, old_path="here"))
    assert contents(rig.mirror) == {"here": b"same", "there": b"same"}


def test_a_move_of_what_is_gone_is_nothing(rig: Rig) -> None:
    rig.write_at(rig.mirror / "here", "old")
    run = Run(rig)
    run(Action(Op.MOVE, "there", FILE, 3, old_path="here"))
    assert run.problems == []
    assert contents(rig.mirror) == {"here": b"old"}


def test_a_move_onto_something_is_a_problem_and_loses_nothing(rig: Rig) -> None:
    rig.write("there", "same")
    rig.write_at(rig.mirror / "here", "same")
    os.utime(rig.mirror / "here", ns=(0, (rig.source / "there").stat().st_mtime_ns))
    rig.write_at(rig.mirror / "there", "a stranger's")
    run = Run(rig)
    run(Action(Op.MOVE, "there", FILE, 4, old_path="here"))
    assert run.codes() == [("there", ProblemCode.MIRROR_CHANGED, Stage.MOVE)]
    assert contents(rig.mirror) == {"here": b"same", "there": b"a stranger's"}


def test_a_link_that_became_something_else_is_not_copied_as_one(rig: Rig) -> None:
    (rig.source / "gone").symlink_to("x")
    (rig.source / "gone").unlink()
    rig.write("file")
    run = Run(rig)
    run(Action(Op.CREATE, "gone", LINK), Action(Op.CREATE, "file", LINK))
    assert read_tree(rig.mirror) == {}
    assert rig.temporaries() == []


# A system that refuses


@pytest.mark.hazard(21)
@pytest.mark.parametrize(
    ("owner", "call", "code", "wanted"),
    [
        (MirrorWriter, "create_link", errno.EPERM, ProblemCode.LINK_NOT_POSSIBLE),
        (MirrorWriter, "create_link", errno.ENOSPC, ProblemCode.NO_SPACE),
        (LocalDestination, "set_metadata", errno.EIO, ProblemCode.WRITE_ERROR),
    ],
)
def test_a_link_that_cannot_be_made_is_a_problem_and_leaves_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, owner: type, call: str, code: int, wanted: Code
) -> None:
    (rig.source / "link").symlink_to("x")
    rig.mirror.mkdir()
    monkeypatch.setattr(owner, call, refuse(code))
    run = Run(rig)
    run(Action(Op.CREATE, "link", LINK))
    assert ("link", wanted, Stage.COPY) in run.codes()
    assert read_tree(rig.mirror) == {}


def test_metadata_that_cannot_be_set_is_a_problem(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write("a")
    rig.write_at(rig.mirror / "a")
    os.utime(rig.mirror / "a", ns=(0, (rig.source / "a").stat().st_mtime_ns))
    monkeypatch.setattr(LocalDestination, "set_metadata", refuse(errno.EPERM))
    run = Run(rig)
    run(Action(Op.SET_METADATA, "a", FILE), Action(Op.SET_METADATA, "", FOLDER))
    assert run.codes() == [
        ("a", ProblemCode.METADATA, Stage.METADATA),
        ("", ProblemCode.METADATA, Stage.METADATA),
    ]


@pytest.mark.parametrize(
    ("owner", "call", "op"),
    [
        (MetadataWriter, "set_metadata", Op.SET_METADATA),
        (LocalDestination, "_move", Op.MOVE),
        (MetadataWriter, "set_metadata", Op.MOVE),
        (HistoryWriter, "keep", Op.REPLACE),
        (HistoryWriter, "keep", Op.DELETE),
        (Remover, "_is_gone", Op.DELETE),
    ],
)
def test_what_one_item_of_a_batch_raises_is_a_problem_of_its_own(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, owner: type, call: str, op: Op
) -> None:
    names = ["first", "odd", "last"]
    for name in names:
        before = rig.write_at(rig.mirror / (f"old {name}" if op is Op.MOVE else name), "old")
        if op is not Op.DELETE:
            now = rig.write(name, "old")
            os.utime(now, ns=(0, before.stat().st_mtime_ns))
            now.chmod(0o640)
    real = getattr(owner, call)

    def fail(this: Any, *arguments: Any, **options: Any) -> Any:
        if any(
            "odd" in getattr(argument, "path", argument) for argument in arguments if isinstance(argument, str | Action)
        ):
            raise OverflowError("a number that no file should have")
        return real(this, *arguments, **options)

    monkeypatch.setattr(owner, call, fail)
    run = Run(rig)
    outcome = run(*(Action(op, name, FILE, 3, old_path=f"old {name}" if op is Op.MOVE else None) for name in names))
    assert [(path, code) for path, code, _ in run.codes()] == [("odd", ProblemCode.OTHER)]
    assert [action.path for action in run.done if action.kind is FILE] == ["first", "last"] or op is Op.REPLACE
    assert sum(outcome.counts[:5]) == 2


def test_litter_that_cannot_be_removed_is_a_problem(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write_at(rig.mirror / ".~bg-0123456789abcdef")
    rig.write_at(rig.mirror / ".~bg-fedcba9876543210" / "deep" / "file")
    (rig.mirror / ".~bg-fedcba9876543210" / "link").symlink_to(rig.source)
    real = MirrorWriter.discard

    def discard(self: MirrorWriter, path: str) -> None:
        if path == ".~bg-0123456789abcdef":
            raise OSError(errno.EPERM, "Operation not permitted")
        real(self, path)

    monkeypatch.setattr(MirrorWriter, "discard", discard)
    run = Run(rig)
    run(litter=[".~bg-0123456789abcdef", ".~bg-fedcba9876543210", ".~bg-0000000000000000"])
    assert run.codes() == [(".~bg-0123456789abcdef", ProblemCode.PROTECTED, Stage.DELETE)]
    assert set(read_tree(rig.mirror)) == {".~bg-0123456789abcdef"}
    assert rig.source.exists()


def test_a_publication_that_fails_is_a_problem_of_its_file_alone(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    real = MirrorWriter.publish

    def publish(self: MirrorWriter, temporary: str, path: str, *, may_replace: bool) -> None:
        if path == "bad":
            raise OSError(errno.EPERM, "Operation not permitted")
        real(self, temporary, path, may_replace=may_replace)

    monkeypatch.setattr(MirrorWriter, "publish", publish)
    for name in ("good", "bad", "too"):
        rig.write(name, name)
    run = Run(rig)
    outcome = run(*(Action(Op.CREATE, name, FILE, len(name)) for name in ("good", "bad", "too")))
    assert run.codes() == [("bad", ProblemCode.PROTECTED, Stage.COPY)]
    assert outcome.counts == Counts(created=2, bytes=7)
    assert contents(rig.mirror) == {"good": b"good", "too": b"too"}
    assert rig.catalog.fingerprint("bad") is None


def test_a_publication_that_ends_the_pass_leaves_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MirrorWriter, "publish", refuse(errno.EROFS))
    for name in ("one", "two"):
        rig.write(name)
    with pytest.raises(DestinationUnusableError):
        Run(rig)(*(Action(Op.CREATE, name, FILE, 7) for name in ("one", "two")))
    assert read_tree(rig.mirror) == {}


def test_a_temporary_that_cannot_be_discarded_does_not_stop_the_rest(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MirrorWriter, "publish", refuse(errno.EIO))
    monkeypatch.setattr(MirrorWriter, "discard", refuse(errno.EIO))
    rig.write("a")
    rig.write("b")
    run = Run(rig)
    run(Action(Op.CREATE, "a", FILE), Action(Op.CREATE, "b", FILE))
    assert {path for path, _, _ in run.codes()} == {"a", "b"}
    assert len(rig.temporaries()) == 2


def test_a_folder_in_the_place_of_a_file_counts_as_that_file(rig: Rig) -> None:
    rig.write_at(rig.mirror / "a", "was a file")
    (rig.source / "a").mkdir()
    run = Run(rig)
    outcome = run(Action(Op.REPLACE, "a", FOLDER, old_kind=FILE))
    assert (outcome.counts.replaced, outcome.folders) == (1, Counts())
    assert run.progress[-1].files_done == run.progress[0].files_total == 1


def test_a_version_that_cannot_be_kept_is_not_replaced(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HistoryWriter, "keep", refuse(errno.ENOSPC))
    rig.write("a", "new")
    rig.write_at(rig.mirror / "a", "old")
    run = Run(rig)
    run(Action(Op.REPLACE, "a", FILE, 3, old_kind=FILE))
    assert run.codes() == [("a", ProblemCode.NO_SPACE, Stage.COPY)]
    assert contents(rig.mirror) == {"a": b"old"}


@pytest.mark.hazard(14)
def test_room_is_asked_for_before_a_large_copy(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MirrorWriter, "room", lambda _self: Room(2 << 20, None, 4_096))
    rig.write("large", b"x")
    rig.write("small", b"x")
    run = Run(rig)
    outcome = run(Action(Op.CREATE, "large", FILE, 3 << 20), Action(Op.CREATE, "small", FILE, 1))
    assert run.codes() == [("large", ProblemCode.NO_SPACE, Stage.COPY)]
    assert outcome.missing == Amount(3 << 20, 1)
    assert set(contents(rig.mirror)) == {"small"}


def test_a_read_only_destination_ends_the_run(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MirrorWriter, "receive", refuse(errno.EROFS))
    rig.write("a")
    with pytest.raises(DestinationUnusableError, match="read-only"):
        Run(rig)(Action(Op.CREATE, "a", FILE))


def test_a_destination_that_fails_ends_the_run_and_drops_what_was_not_published(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalDestination, "flush", refuse(errno.EIO))
    rig.write("a")
    with pytest.raises(DestinationUnusableError, match="Input/output error"):
        Run(rig)(Action(Op.CREATE, "a", FILE))
    assert read_tree(rig.mirror) == {}


@pytest.mark.hazard(15)
@pytest.mark.parametrize("failing", [1, 2], ids=["before", "after"])
@pytest.mark.parametrize("is_there", [False, True], ids=["new", "there"])
def test_a_flush_that_fails_while_a_further_name_is_made_ends_the_run_and_is_no_problem_of_that_name(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, failing: int, *, is_there: bool
) -> None:
    first = rig.write("first", "same")
    if is_there:
        rig.write("second", "same")
        rig.run()
        (rig.source / "second").unlink()
        rig.write("first", "other")
        rig.write_at(rig.mirror / "second", "other")
    os.link(first, rig.source / "second")
    for path in ("empty", "folder"):
        (rig.source / path).mkdir()
        (rig.source / path).chmod(0o755)
    rig.write("folder/inside", "new")
    real, flushes = LocalDestination.flush, 0

    def flush(self: LocalDestination) -> None:
        nonlocal flushes
        flushes += 1
        if flushes == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(self)

    monkeypatch.setattr(LocalDestination, "flush", flush)
    with pytest.raises(DestinationUnusableError, match="Input/output error"):
        rig.run()
    assert rig.temporaries() == []
    if failing == 2:
        modes = {path: (rig.mirror / path).stat().st_mode & 0o777 for path in ("empty", "folder")}
        wanted = 0o755 if os.name == "posix" else 0o777
        assert modes == {"empty": wanted, "folder": wanted}, "the names were given, and the pass is over"
    rig.run()
    rig.check_in_step()


def test_a_source_that_moved_deletes_nothing(rig: Rig) -> None:
    rig.write_at(rig.mirror / "a", "1")
    rig.write("new", "2")
    run = Run(rig)
    aside = rig.root / "aside"

    def move_away() -> bool:
        if rig.source.exists():
            os.rename(rig.source, aside)
        return False

    run.should_stop = move_away
    with pytest.raises(RootAbsentError):
        run(Action(Op.CREATE, "new", FILE, 1), Action(Op.DELETE, "a", FILE))
    # What was copied from it before is whole. Windows finds nothing any more by what was open before.
    assert contents(rig.mirror) in ({"a": b"1", "new": b"2"}, {"a": b"1"})[: 1 if IS_POSIX else 2]


def test_when_it_is_stopped_complete_temporaries_are_dropped(rig: Rig) -> None:
    for name in "abc":
        rig.write(name)
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        Run(rig, should_stop=lambda: next(answers))(*(Action(Op.CREATE, name, FILE) for name in "abc"))
    assert read_tree(rig.mirror) == {}


def test_without_a_history_what_goes_is_gone(rig: Rig) -> None:
    rig.write("a", "new")
    rig.write_at(rig.mirror / "a", "old")
    rig.write_at(rig.mirror / "b", "gone")
    for name in "ab":
        rig.catalog.record(name, (rig.mirror / name).stat())
    Run(rig, keeps_history=False)(Action(Op.REPLACE, "a", FILE, 3, old_kind=FILE), Action(Op.DELETE, "b", FILE))
    assert contents(rig.mirror) == {"a": b"new"}
    assert not rig.history.exists()


def test_the_catalog_keeps_what_was_done_before_a_failure(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.write_at(rig.mirror / "a", "1")
    rig.write_at(rig.mirror / "b", "2")
    rig.write("mark")
    for name in "ab":
        rig.catalog.record(name, (rig.source / "mark").stat())
    real = HistoryWriter.keep

    def keep(self: HistoryWriter, path: str, *arguments: Any, **options: Any) -> str | None:
        if path == "b":
            raise OSError(errno.EROFS, "Read-only file system")
        return real(self, path, *arguments, **options)

    monkeypatch.setattr(HistoryWriter, "keep", keep)
    with pytest.raises(DestinationUnusableError):
        Run(rig)(Action(Op.DELETE, "a", FILE), Action(Op.DELETE, "b", FILE))
    assert rig.catalog.fingerprint("a") is None
    assert rig.catalog.fingerprint("b") is not None
    assert Path(rig.mirror / "b").exists()


@pytest.mark.hazard(48)
def test_what_is_gone_is_forgotten_in_between(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The paths of a million deletions are not held to the end."""
    monkeypatch.setattr(remove, "_FORGET_EVERY", 3)
    names = [f"file {number}" for number in range(10)]
    for name in names:
        rig.write_at(rig.mirror / name)
        rig.catalog.record(name, (rig.mirror / name).stat())
    held: list[int] = []
    forget = JobDatabase.forget

    def watch(catalog: JobDatabase, gone: list[str]) -> None:
        held.append(len(gone))
        forget(catalog, gone)

    monkeypatch.setattr(JobDatabase, "forget", watch)
    Run(rig)(*(Action(Op.DELETE, name, FILE, 7) for name in names))
    assert (max(held), sum(held)) == (3, len(names))
    assert [name for name in names if rig.catalog.fingerprint(name) is not None] == []

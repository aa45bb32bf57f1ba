"""What a mirror can never hold, found without writing anything: kinds, sizes and names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan.holding import Holding
from backup_gui.engine.rules.capabilities import ALL, FAT, Capabilities
from backup_gui.model.entries import Entry
from backup_gui.model.paths import join, parent_of
from backup_gui.model.plans import ProblemCode
from backup_gui.model.reasons import Code


class FoldingTree(Tree):
    """A tree of a file system that takes names for one whatever their case is."""

    def look(self, path: str) -> Entry | None:
        folder = parent_of(path)
        there = {join(folder, name).lower(): entry for name, entry in self.list(folder).items()}
        return there.get(path.lower())


SMALL = FAT._replace(largest_bytes=3)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "three").write_bytes(b"123")
    (folder / "four").write_bytes(b"1234")
    (folder / "link").symlink_to("three")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (
            SMALL,
            {
                "three": None,
                "four": ProblemCode.TOO_LARGE,
                "link": ProblemCode.LINK_NOT_POSSIBLE,
                "pipe": ProblemCode.SPECIAL_FILE,
            },
        ),
        (ALL, {"three": None, "four": None, "link": None, "pipe": ProblemCode.SPECIAL_FILE}),
    ],
    ids=["FAT", "all"],
)
def test_what_a_mirror_cannot_hold_has_its_reason(
    source: Path, tmp_path: Path, capabilities: Capabilities, expected: dict[str, Code | None]
) -> None:
    with Tree(str(source)) as ours, Tree(str(tmp_path)) as mirror:
        holding = Holding(mirror, capabilities)
        entries = ours.list("")
        found = {name: holding.refusal(name, entry, None) for name, entry in entries.items()}
        assert {name: problem and problem.code for name, problem in found.items()} == expected
        # Where the mirror has something else, that is a difference of its own; only a file may be an older copy.
        old = entries["three"]
        assert holding.refusal("link", entries["link"], old) is None
        assert holding.refusal("pipe", entries["pipe"], old) is None
        assert (holding.refusal("four", entries["four"], old) is None) is (expected["four"] is None)


@pytest.mark.posix("names that differ by case alone")
def test_names_that_the_mirror_cannot_hold_are_taken_out_and_its_own_spellings_matched(tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "destination"
    for folder, created in ((source, ("a:b", "Readme", "new", "NEW")), (destination, ("README",))):
        folder.mkdir()
        for name in created:
            (folder / name).write_text(name)
    (source / "f:g").mkdir()
    with Tree(str(source)) as ours, FoldingTree(str(destination)) as mirror:
        names, theirs = ours.list(""), mirror.list("")
        problems = list(Holding(mirror, FAT._replace(keeps_case=False)).align("", names, theirs))
        assert {(found.path, found.code) for found in problems} == {
            ("a:b", ProblemCode.NAME_NOT_POSSIBLE),
            ("f:g", ProblemCode.NAME_NOT_POSSIBLE),
        }
        # Whether two new names are one cannot be known without writing, so they are left to be two.
        assert set(names) == {"Readme", "new", "NEW"}
        assert set(theirs) == {"Readme"}
        everything = ours.list("")
        assert list(Holding(mirror, ALL).align("", everything, mirror.list(""))) == []
        assert len(everything) == 5

"""Which name of the mirror belongs to which of the source, while both sides are compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.plan.name_mapping import NameMapper
from backup_gui.engine.plan.pass_context import PlanBuilder
from backup_gui.engine.rules.capabilities import ALL, Capabilities


class FoldingMirror:
    """Stands for a destination that takes names for one whatever their case is."""

    def __init__(self, listings: dict[str, set[str]], capabilities: Capabilities) -> None:
        self.listings = listings
        self.capabilities = capabilities
        self.listed: list[str] = []

    def list(self, path: str) -> set[str]:
        self.listed.append(path)
        if path not in self.listings:
            raise FileNotFoundError(path)
        return self.listings[path]

    def look(self, path: str) -> object:
        folder, _, name = path.rpartition("/")
        return True if name.lower() in map(str.lower, self.listings.get(folder, ())) else None


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Tree]:
    (tmp_path / "Sub" / "Deep").mkdir(parents=True)
    for name in ("Readme", "left out", "one", "ONE", "Sub/x"):
        (tmp_path / name).write_text(name)
    with Tree(str(tmp_path)) as tree:
        yield tree


def mapping(source: Tree, mirror: FoldingMirror, catalog: Any = None) -> NameMapper:
    context: Any = SimpleNamespace(
        source=source, destination=mirror, catalog=catalog, falls_together=lambda one, other: one != other, learns=True
    )
    return NameMapper(context, PlanBuilder(), lambda path, _: path == "left out", lambda _path, _entry: None)


@pytest.mark.posix("names that differ by case alone")
def test_names_that_the_mirror_spells_otherwise_are_matched_and_renamed(source: Tree) -> None:
    mirror = FoldingMirror({"": {"README", "SUB", "gone"}, "Sub": {"x"}}, ALL._replace(folds_case=True))
    names = mapping(source, mirror)
    folder = names.folder("")
    assert folder is not None
    assert folder.alignment.stored == {"Readme": "README", "Sub": "SUB"}
    assert folder.alignment.respelt == {"Readme", "Sub"}
    assert folder.takers == {"README": "Readme", "SUB": "Sub"}
    assert folder.wanted == {"Readme", "Sub", "one", "ONE"}
    # One of two new names that are one to the mirror is refused.
    assert set(folder.alignment.refused) == {"one"}


def test_the_catalog_is_asked_under_the_spelling_that_is_about_to_change(source: Tree) -> None:
    mirror = FoldingMirror({"": {"SUB"}, "Sub": {"DEEP", "x"}}, ALL._replace(folds_case=True))
    names = mapping(source, mirror)
    assert names.former("Sub/Deep/file") == "Sub/Deep/file"
    names.folder("")
    assert names.former("Sub") == "SUB"
    assert names.former("Sub/Deep/file") == "SUB/Deep/file"
    names.folder("Sub")
    assert names.former("Sub/Deep/file") == "SUB/DEEP/file"
    assert names.former("Subway") == "Subway"


def test_what_the_mirror_has_is_free_only_if_no_name_of_the_source_takes_it(source: Tree) -> None:
    mirror = FoldingMirror({"": {"README", "gone"}}, ALL._replace(folds_case=True))
    names = mapping(source, mirror)
    assert [names.is_free(name) for name in ("README", "gone", "one")] == [False, True, False]
    assert names.is_free("nowhere/x")
    assert names.folder("nowhere") is None
    # Each folder is listed once.
    assert mirror.listed == [""]


@pytest.mark.posix("names that differ by case alone")
def test_where_listings_do_not_keep_the_case_names_that_were_stored_before_come_first(source: Tree) -> None:
    class JobDatabase:
        def folder(self, _path: str) -> set[str]:
            return {"one"}

    mirror = FoldingMirror({"": {"ONE"}}, ALL._replace(folds_case=True, keeps_case=False))
    folder = mapping(source, mirror, JobDatabase()).folder("")
    assert folder is not None
    assert set(folder.alignment.refused) == {"ONE"}
    assert folder.alignment.stored == {"one": "ONE"}
    assert folder.alignment.respelt == frozenset()

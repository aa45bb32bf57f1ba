"""A second planner, plain and slow, written from ``docs/specification.md`` alone: what one full pass should decide.

It knows two trees and the catalog as plain values, and shares nothing with the program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Node(NamedTuple):
    """An entry: kind is one of file, folder, link and special; content is a file's or a link's text."""

    kind: str
    inode: int
    ctime_ns: int
    size: int
    mtime_ns: int
    mode: int
    content: bytes = b""


Tree = dict[str, Node]
Known = dict[str, tuple[int, int, int, int]]  # inode, change time, size, modification time


class Step(NamedTuple):
    """An action; kind is what the source has, or what a deletion takes away; old is where a move comes from."""

    op: str
    path: str
    kind: str
    old: str = ""
    was: str = ""


class Before(NamedTuple):
    """What is held since an earlier pass."""

    deletions: bool = False
    replacements: bool = False
    together: bool = False
    files: int = 0


class Case(NamedTuple):
    """All that decides; ``recent`` has the paths lost in the last hour, nothing of which is gone or new."""

    source: Tree
    mirror: Tree
    known: Known
    rule: Callable[[str, bool], bool] = lambda _path, _is_folder: False
    keeps_history: bool = True
    asks: bool = False
    guard_count: int = 50
    guard_share: float = 0.5
    before: Before = Before()
    recent: frozenset[str] = frozenset()


class Decision(NamedTuple):
    """What goes on and what is held, and why."""

    going: frozenset[Step]
    held: frozenset[Step]
    code: str = ""


def above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def left_out(case: Case, tree: Tree) -> set[str]:
    return {path for path in tree if any(case.rule(p, tree[p].kind == "folder") for p in (path, *above(path)) if p)}


def plan(case: Case) -> list[Step]:
    """The chapter "The plan"."""
    source = {path: node for path, node in case.source.items() if path not in left_out(case, case.source)}
    left_alone = left_out(case, case.mirror)
    left_alone |= {parent for path in left_alone for parent in above(path)}
    steps: list[Step] = []
    moved: set[str] = set()
    present = {path for path, node in source.items() if node.kind != "special"}
    # The fewest parts first: parents before what is in them.
    for path, ours in sorted(source.items(), key=lambda item: (item[0].count("/"), item[0])):
        is_there = all(case.mirror[parent].kind == "folder" for parent in above(path) if parent in case.mirror)
        theirs = case.mirror.get(path) if is_there else None
        if ours.kind == "special" or (theirs is not None and ours.kind != theirs.kind and path in left_alone):
            continue
        if theirs is None:
            old = find_moved(case, source, path, ours, moved) if ours.kind == "file" else ""
            moved.add(old)
            steps.append(Step("move" if old else "create", path, ours.kind, old))
        elif ours.kind != theirs.kind:
            steps.append(Step("replace", path, ours.kind, was=theirs.kind))
        elif ours.kind == "link" and ours.content != theirs.content:
            steps.append(Step("replace", path, ours.kind, was="link"))
        elif ours.kind == "file" and differs(case, path, ours, theirs):
            steps.append(Step("replace", path, ours.kind, was="file"))
        elif ours.mtime_ns != theirs.mtime_ns or (ours.kind != "link" and ours.mode != theirs.mode):
            steps.append(Step("metadata", path, ours.kind))
    for path, theirs in case.mirror.items():
        in_the_way = any(p in source and source[p].kind in ("file", "link") for p in (path, *above(path)))
        in_the_way = in_the_way and (path not in present or theirs.kind == "folder")
        if path and (path not in present or in_the_way) and path not in left_alone | moved:
            steps.append(Step("delete", path, theirs.kind))
    return steps


def differs(case: Case, path: str, ours: Node, theirs: Node) -> bool:
    is_touched = path in case.known and case.known[path][:2] != (ours.inode, ours.ctime_ns)
    is_read = ours.mtime_ns != theirs.mtime_ns or is_touched
    return ours.size != theirs.size or (is_read and ours.content != theirs.content)


def find_moved(case: Case, source: Tree, path: str, ours: Node, moved: set[str]) -> str:
    for old, (inode, ctime_ns, size, mtime_ns) in case.known.items():
        theirs = case.mirror.get(old)
        if (inode, size) != (ours.inode, ours.size) or old in moved | set(case.source):
            continue
        if any(parent in case.source and case.source[parent].kind != "folder" for parent in above(old)):
            continue
        if old in left_out(case, case.mirror) or theirs is None or (theirs.kind, theirs.size) != ("file", ours.size):
            continue
        is_as_known = (ctime_ns, mtime_ns, theirs.mtime_ns) == (ours.ctime_ns, ours.mtime_ns, ours.mtime_ns)
        if not is_as_known and theirs.content != ours.content:
            continue
        names = [other for other, node in source.items() if node.inode == ours.inode and other != path]
        if all(other not in case.mirror or case.mirror[other].inode == theirs.inode for other in names):
            return old
    return ""


def judge(case: Case, steps: list[Step]) -> Decision:
    """The chapter "The guard", but for a source that is another or empty, and for the hour's new and gone paths."""
    taking = [step for step in steps if step.op in ("delete", "replace")]
    strangers = [s for s in taking if (case.asks or not case.keeps_history) and is_stranger(case, s.path)]
    counted = case.mirror.keys() - left_out(case, case.mirror)
    files = sum(case.mirror[path].kind != "folder" for path in counted) - sum(map(is_loss, strangers))
    deletions = [step for step in taking if step.op == "delete" and step not in strangers]
    replacements = [step for step in taking if step.op == "replace" and step not in strangers]

    def too_many(some: list[Step], *, is_held: bool) -> str:
        losses = [step for step in some if is_loss(step)]
        m = min(files, case.before.files) if is_held and case.before.files else files
        if len(losses) > case.guard_count and len(losses) > case.guard_share * max(m, 1):
            return "mass-change"
        fresh = [step for step in losses if step.path not in case.recent]
        lost = len(fresh) + len(case.recent)
        return "slow-change" if fresh and lost > case.guard_count and lost > case.guard_share * files else ""

    def waiting(some: list[Step], code: str) -> list[Step]:
        return [s for s in some if code and (code == "mass-change" or not is_loss(s) or s.path not in case.recent)]

    new = Counter(s.path.rpartition("/")[0] for s in steps if s.op == "create" and s.kind != "folder")
    renamed = deletions if case.before.together else []
    for step in deletions if not case.before.together else []:
        folder = step.path.rpartition("/")[0]
        if is_loss(step) and new[folder] > 0:
            new[folder] -= 1
            renamed.append(step)
    code = too_many([*renamed, *replacements], is_held=case.before.together) if renamed and replacements else ""
    held = waiting([*deletions, *replacements], code)
    if not code:
        r_code = too_many(replacements, is_held=case.before.replacements)
        d_code = too_many(deletions, is_held=case.before.deletions)
        if deletions and not d_code:
            d_code = too_many([*deletions, *([] if r_code else replacements)], is_held=case.before.deletions)
        held = [*waiting(replacements, r_code), *waiting(deletions, d_code)]
        code = "mass-change" if "mass-change" in (r_code, d_code) else r_code or d_code
    code = code or ("strangers" if strangers else "")
    chosen = {step.path for step in (*held, *strangers)}
    folders = {s.path for s in taking if not is_loss(s) or s.was == "folder"}
    chosen |= folders & {parent for path in chosen for parent in above(path)}
    whole = {step.path for step in taking if step.path in chosen and step.was == "folder"}
    chosen |= {step.path for step in taking if whole.intersection(above(step.path))}
    unmade = {step.path for step in taking if step.path in chosen and step.op == "replace" and step.kind == "folder"}
    going = [s for s in steps if not (s in taking and s.path in chosen) and not unmade.intersection(above(s.path))]
    return Decision(frozenset(going), frozenset(s for s in taking if s.path in chosen), code)


def is_loss(step: Step) -> bool:
    return step.op == "replace" or step.kind != "folder"


def is_stranger(case: Case, path: str) -> bool:
    known, theirs = case.known.get(path), case.mirror[path]
    if known is None or case.keeps_history or theirs.kind == "folder":
        return known is None
    return known[2] != theirs.size or (theirs.kind != "link" and known[3] != theirs.mtime_ns)

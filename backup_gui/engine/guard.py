"""Decides which part of a plan may go on and which waits for the user's word. Pure: looks at nothing but its arguments.

Only what takes something away from the mirror is ever held: deletions and replacements. New files, moves and metadata
go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.model import Action, EntryKind, Held, HeldCode, Op, Plan, count_actions
from backup_gui.engine.tree import parents_of

if TYPE_CHECKING:
    from backup_gui.engine.job import Job

TAKES_AWAY = frozenset({Op.DELETE, Op.REPLACE})


class Lately(NamedTuple):
    """What became of the mirror within the last hour, before this plan; each path counts once.

    Attributes:
        lost: Paths of which the content was deleted or replaced.
        gone: Those of them that nothing has the name of any more.
        old_gone: Those of these that the mirror had before the hour began.
        made: Paths that are new, and still there.
        counted: Of what the plan takes away, what counts among the lost already, or came within the hour by itself
            and so is none.
        new: Of what the plan takes away, what came within the hour together with many others.
    """

    lost: int = 0
    gone: int = 0
    old_gone: int = 0
    made: int = 0
    counted: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()


NOTHING_LATELY = Lately()


class Condition(NamedTuple):
    """What a judgement needs to know beyond the plan.

    Attributes:
        mirror_files: Files and links in the whole mirror.
        is_source_empty: Whether the source has nothing at all in it.
        is_source_other: Whether the source is another folder than the one recorded.
        lately: What went before.
        is_holding: Whether losses are held since an earlier pass, of which a quick one may see nothing, or the mirror
            keeps files that were.
    """

    mirror_files: int
    is_source_empty: bool = False
    is_source_other: bool = False
    lately: Lately = NOTHING_LATELY
    is_holding: bool = False


class Verdict(NamedTuple):
    """What the guard says of a plan.

    Attributes:
        actions: What may go on, in the plan's order.
        held: What waits, if anything.
    """

    actions: tuple[Action, ...]
    held: Held | None = None


def judge(plan: Plan, job: Job, condition: Condition, allowed: Held | None = None) -> Verdict:
    """Judge a plan.

    Args:
        plan: The plan.
        job: Its limits, and whether the user has given a standing word.
        condition: The circumstances.
        allowed: What the user has agreed to; exactly these actions are not held, nor counted.

    Returns:
        The verdict.
    """
    if job.allows_mass_delete:
        return Verdict(plan.actions)
    agreed = frozenset((action.op, action.path) for action in allowed.actions) if allowed else frozenset()
    taking = [a for a in plan.actions if a.op in TAKES_AWAY and (a.op, a.path) not in agreed]
    if not taking:
        return Verdict(plan.actions)
    losses = [action for action in taking if not _is_bare_folder(action)]
    share = len(losses) / max(condition.mirror_files, 1)
    if condition.is_source_other:
        return _hold(plan, taking, HeldCode.SOURCE_REPLACED, condition)
    if condition.is_source_empty:
        return _hold(plan, taking, HeldCode.SOURCE_EMPTY, condition)
    if len(losses) > job.guard_count and share > job.guard_share:
        return _hold(plan, taking, HeldCode.MASS_CHANGE, condition)
    slow = _slow_losses(taking, losses, job, condition)
    if slow:
        return _hold(plan, slow, HeldCode.SLOW_CHANGE, condition)
    if job.asks_about_strangers and (strangers := _strangers(taking)):
        return _hold(plan, strangers, HeldCode.STRANGERS, condition)
    return Verdict(plan.actions)


def _is_bare_folder(action: Action) -> bool:
    return action.op is Op.DELETE and action.kind is EntryKind.FOLDER


def _slow_losses(taking: list[Action], losses: list[Action], job: Job, condition: Condition) -> list[Action]:
    """Choose what would make too much of what is lost within an hour; nothing if it is not too much.

    What counts already, such as a file that is written every second, goes on.
    """
    lately = condition.lately
    fresh = [action for action in losses if action.path not in lately.counted]
    lost = lately.lost + len(fresh)
    if not fresh or lost <= job.guard_count or lost <= job.guard_share * _files_before(fresh, condition):
        return []
    if len(fresh) == len(losses):
        return taking
    counted = {id(action) for action in losses} - {id(action) for action in fresh}
    return [action for action in taking if id(action) not in counted]


def _files_before(fresh: list[Action], condition: Condition) -> int:
    """Say how many files the mirror had before the hour: the measure of what is lost within it.

    A file gone and a new one are taken for the same one under another name and with other content, as a program
    that encrypts leaves them: such new ones do not make the mirror larger. As long as losses are held, or the mirror
    keeps what was, what has the old name is still there, so that every new one may be such.
    """
    lately = condition.lately
    if condition.is_holding:
        return condition.mirror_files + lately.gone - lately.made
    old_gone = lately.old_gone + sum(action.op is Op.DELETE and action.path not in lately.new for action in fresh)
    return condition.mirror_files + lately.gone - min(old_gone, lately.made)


def _strangers(taking: list[Action]) -> list[Action]:
    """Choose what takes strangers away, and what would put something in the place of a folder that they are in."""
    found = [action for action in taking if not action.is_known]
    folders = {parent for action in found for parent in parents_of(action.path)}
    if not folders:
        return found
    chosen = {id(action) for action in found}
    return [action for action in taking if id(action) in chosen or (action.path in folders)]


def _waits(action: Action, folders: frozenset[str]) -> bool:
    """Tell whether an action is about something in a folder that is not going to be made."""
    return bool(folders) and any(parent in folders for parent in parents_of(action.path))


def _hold(plan: Plan, held: list[Action], code: HeldCode, condition: Condition) -> Verdict:
    chosen = frozenset(id(action) for action in held)
    unmade = frozenset(action.path for action in held if action.op is Op.REPLACE and action.kind is EntryKind.FOLDER)
    counts = count_actions([action for action in held if not _is_bare_folder(action)])
    total = condition.mirror_files
    before = 0
    if code is HeldCode.SLOW_CHANGE:
        before, total = condition.lately.lost, total + condition.lately.gone
    if code is HeldCode.SOURCE_EMPTY:
        reason = f"The source is empty, but the backup has {total:,} files"
    elif code is HeldCode.SOURCE_REPLACED:
        reason = "The source is not the folder that was backed up before"
    elif code is HeldCode.SLOW_CHANGE:
        reason = (
            f"Within an hour {before + counts.deleted + counts.replaced:,} of {total:,} files would be deleted from the"
            " backup or replaced"
        )
    elif code is HeldCode.STRANGERS:
        reason = f"{counts.deleted:,} files in the destination were not put there by this program"
    else:
        reason = (
            f"{counts.deleted:,} of {total:,} files would be deleted from the backup and {counts.replaced:,} replaced"
        )
    return Verdict(
        actions=tuple(action for action in plan.actions if id(action) not in chosen and not _waits(action, unmade)),
        held=Held(code, reason, counts, total, tuple(held), before),
    )

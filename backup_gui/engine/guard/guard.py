"""Decides which part of a plan may proceed and which is held for review. Pure: uses only its arguments.

Only actions that take something away from the mirror are ever held: deletions and replacements. New files, moves and
metadata proceed. Deletions and replacements are judged separately, so that edits proceed while deletions are held. They
are judged together only if they look like an encryption, which rewrites files or deletes them under new names.

``docs/specification.md`` has the rules and the numbers.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from backup_gui.engine.guard.unanswered import NOTHING_UNANSWERED, Unanswered
from backup_gui.engine.state.recent_losses import Lately
from backup_gui.model.actions import Agreed, Part
from backup_gui.model.entries import EntryKind
from backup_gui.model.job import Job
from backup_gui.model.paths import parent_of, parents_of
from backup_gui.model.plans import Action, Held, HeldCode, Op, Plan, count_losses, is_loss
from backup_gui.model.reasons import Reason, ReasonCode

TAKES_AWAY = frozenset({Op.DELETE, Op.REPLACE})


NOTHING_LATELY = Lately()


class Circumstances(NamedTuple):
    """What the guard needs to know besides the plan.

    Attributes:
        mirror_files: Files and links in the whole mirror.
        is_source_empty: Whether the source contains nothing at all.
        is_source_other: Whether the source is another folder than the recorded one.
        is_destination_other: Whether the destination is another folder, and is not empty or is reached through a link.
        lately: Losses of the last hour.
        is_holding: Whether losses have been held since an earlier pass, or the mirror keeps files that were. A partial
            pass may not see them.
        unanswered: What has been held since an earlier pass, if anything.
        lately_held: As ``lately``, with all losses that counted when holding began.
        fleeting: Paths of the plan whose deletion is no loss, since a pass created them within the hour.
        made_in: How many paths created within the hour still exist, by folder.
        now_s: The time on the guard's clock.
    """

    mirror_files: int
    is_source_empty: bool = False
    is_source_other: bool = False
    is_destination_other: bool = False
    lately: Lately = NOTHING_LATELY
    is_holding: bool = False
    unanswered: Unanswered | None = None
    lately_held: Lately = NOTHING_LATELY
    fleeting: frozenset[str] = frozenset()
    made_in: Mapping[str, int] = {}
    now_s: float | None = None


class Verdict(NamedTuple):
    """The guard's decision about a plan.

    Attributes:
        actions: The actions that may proceed, in the plan's order.
        held: What is held, if anything.
        unanswered: What to record about that.
    """

    actions: Sequence[Action]
    held: Held | None = None
    unanswered: Unanswered | None = None


class _Suspicion(NamedTuple):
    """The actions of a plan that exceed a limit.

    Attributes:
        actions: The actions.
        code: Why they are held; None if none are.
        together: Whether they look like an encryption.
    """

    actions: Part
    code: HeldCode | None = None
    together: bool = False


def judge(plan: Plan, job: Job, condition: Circumstances, allowed: Held | None = None) -> Verdict:
    """Judge a plan by the job's limits.

    What the user has allowed is neither held nor counted: exactly these actions.
    """
    if job.allows_mass_delete:
        return Verdict(plan.actions)
    agreed = Agreed(allowed.actions if allowed else ())
    nothing = Part.none_of(plan.actions)
    taking = Part(plan.actions).where(lambda a: a.op in TAKES_AWAY and a not in agreed)
    if condition.is_destination_other and plan.actions and (taking or not plan.mirror_files):
        return _hold_everything(plan, condition)
    if not taking:
        return Verdict(plan.actions)
    if condition.is_source_other:
        return _hold(plan, taking, taking, HeldCode.SOURCE_REPLACED, condition, _Suspicion(nothing))
    if condition.is_source_empty:
        return _hold(plan, taking, taking, HeldCode.SOURCE_EMPTY, condition, _Suspicion(nothing))
    ours, strangers = taking, nothing
    if job.asks_about_strangers or not job.keeps_history:
        # However few they are: without a history, files that this program did not put there cannot be restored.
        ours = taking.where(lambda action: action.is_known)
        strangers = taking.without(ours)
        condition = condition._replace(mirror_files=max(0, condition.mirror_files - sum(map(is_loss, strangers))))
    suspicion = _Measure(plan, job, condition).suspect(ours)
    code = suspicion.code or (HeldCode.STRANGERS if strangers else None)
    if code is None:
        return Verdict(plan.actions)
    return _hold(plan, taking, suspicion.actions.and_also(strangers), code, condition, suspicion)


class _Measure:
    """Measures a plan against the limits."""

    def __init__(self, plan: Plan, job: Job, condition: Circumstances) -> None:
        self._plan = plan
        self._job = job
        self._condition = condition
        unanswered = condition.unanswered
        self._before = unanswered if unanswered is not None and unanswered.is_loss else NOTHING_UNANSWERED

    def suspect(self, taking: Part) -> _Suspicion:
        """Choose the actions that exceed a limit, among those that take something away."""
        before = self._before
        deletions = self._lasting(Op.DELETE, taking, is_held=before.deletions)
        replacements = self._lasting(Op.REPLACE, taking, is_held=before.replacements)
        renamed = self._under_new_names(deletions, replacements)
        if renamed:
            code = self._too_much(replacements.and_also(renamed), is_held=before.together)
            if code is not None:
                both = replacements.and_also(deletions)
                return _Suspicion(self._uncounted(both, code, is_held=before.together), code, together=True)
        nothing = taking.without(taking)
        code, held = self._choose(replacements, nothing, is_held=before.replacements)
        # Replacements that proceed count with the deletions, so that both together stay within the limits.
        going_on = nothing if code else replacements
        its_code, more = self._choose(deletions, going_on, is_held=before.deletions)
        return _Suspicion(
            held.and_also(more), HeldCode.MASS_CHANGE if HeldCode.MASS_CHANGE in (code, its_code) else code or its_code
        )

    def _choose(self, actions: Part, others: Part, *, is_held: bool) -> tuple[HeldCode | None, Part]:
        """Choose which deletions or replacements to hold, judged alone or together with others that proceed."""
        if not actions:
            return None, actions
        if is_held and not self._plan.is_full:
            # A partial pass sees only some of the held actions, which do not represent the whole.
            code: HeldCode | None = self._before.code
        else:
            code = self._too_much(actions, is_held=is_held)
            if code is None and others:
                code = self._too_much(actions.and_also(others), is_held=is_held)
        if code is None:
            return None, actions.without(actions)
        held = self._uncounted(actions, code, is_held=is_held)
        return (code if held else None), held

    def _lasting(self, op: Op, taking: Part, *, is_held: bool) -> Part:
        """Choose the deletions or the replacements; if they are held already, without fleeting paths."""
        fleeting = self._condition.fleeting if is_held else frozenset()
        return taking.where(lambda action: action.op is op and action.path not in fleeting)

    def _under_new_names(self, deletions: Part, replacements: Part) -> Part:
        """Choose deletions that may be renames, as an encrypting program causes them.

        At most as many in a folder as it has new files. Once a plan has looked like an encryption, all deletions are
        chosen, because the records do not cover paths that were created together with many others.
        """
        nothing = deletions.without(deletions)
        if not replacements or not deletions:
            return nothing
        if self._before.together:
            return deletions
        if self._too_much(replacements.and_also(deletions), is_held=self._before.deletions) is None:
            return nothing
        new = Counter(self._condition.made_in)
        new.update(
            parent_of(action.path)
            for action in self._plan.actions
            if action.op is Op.CREATE and action.kind is not EntryKind.FOLDER
        )

        def may_be_renamed(action: Action) -> bool:
            folder = parent_of(action.path)
            if not is_loss(action) or new[folder] <= 0:
                return False
            new[folder] -= 1
            return True

        return deletions.where(may_be_renamed)

    def _too_much(self, actions: Part, *, is_held: bool) -> HeldCode | None:
        """Return why there are too many actions; None if there are not.

        If actions of this kind are held already, new files do not raise the limit, and losses that counted when holding
        began still count.
        """
        count, share = self._job.guard_count, self._job.guard_share
        condition = self._condition
        losses = actions.where(is_loss)
        files = condition.mirror_files
        if is_held and self._before.files:
            files = min(files, self._before.files)
        if len(losses) > count and len(losses) > share * max(files, 1):
            return HeldCode.MASS_CHANGE
        lately = condition.lately_held if is_held else condition.lately
        fresh = losses.where(lambda action: action.path not in lately.counted)
        lost = lately.lost + len(fresh)
        if not fresh or lost <= count or lost <= share * self._files_before(fresh, lately):
            return None
        return HeldCode.SLOW_CHANGE

    def _uncounted(self, actions: Part, code: HeldCode, *, is_held: bool) -> Part:
        """Choose what to hold. Within an hour, losses that were counted already proceed.

        An example is a file that is rewritten every second.
        """
        if code is HeldCode.MASS_CHANGE:
            return actions
        counted = (self._condition.lately_held if is_held else self._condition.lately).counted
        return actions.where(lambda action: not is_loss(action) or action.path not in counted)

    def _files_before(self, fresh: Part, lately: Lately) -> int:
        """Return how many files the mirror had before the hour, which losses within it are compared with.

        A deleted file and a new one count as one file with a new name and content, as an encrypting program leaves it.
        Such new files do not make the mirror larger. While losses are held, or the mirror keeps files that were, the
        old name still exists, so every new file may be such a case.
        """
        mirror_files = self._condition.mirror_files
        if self._condition.is_holding:
            return mirror_files + lately.gone - lately.made
        old_gone = lately.old_gone + sum(action.op is Op.DELETE and action.path not in lately.new for action in fresh)
        return mirror_files + lately.gone - min(old_gone, lately.made)


def _with_what_belongs_to(held: Part, taking: Part) -> Part:
    """Add actions that would delete a folder above a held path, and the contents of folders to be replaced.

    A folder that becomes a file is replaced as a whole or not at all.
    """
    above = {
        action.path for action in taking.without(held) if not is_loss(action) or action.old_kind is EntryKind.FOLDER
    }
    if above:
        # Includes the path itself: a folder that becomes a file is first deleted under the same name.
        needed = {path for action in held for path in (action.path, *parents_of(action.path)) if path in above}
        held = held.and_also(taking.where(lambda action: action.path in needed))
    whole = {action.path for action in held if action.op is Op.REPLACE and action.old_kind is EntryKind.FOLDER}
    if whole:
        held = held.and_also(taking.where(lambda action: any(parent in whole for parent in parents_of(action.path))))
    return held


def _hold(
    plan: Plan, taking: Part, held: Part, code: HeldCode, condition: Circumstances, suspicion: _Suspicion
) -> Verdict:
    held = _with_what_belongs_to(held, taking)
    unmade = frozenset(action.path for action in held if action.op is Op.REPLACE and action.kind is EntryKind.FOLDER)
    counts = count_losses(held)
    total = condition.mirror_files
    before = 0
    if code is HeldCode.SLOW_CHANGE:
        lately = condition.lately if condition.unanswered is None else condition.lately_held
        before, total = lately.lost, total + lately.gone
    if code is HeldCode.SOURCE_EMPTY:
        reason = Reason(ReasonCode.HELD_SOURCE_EMPTY, all=total)
    elif code is HeldCode.SOURCE_REPLACED:
        reason = Reason(ReasonCode.HELD_SOURCE_REPLACED)
    elif code is HeldCode.SLOW_CHANGE:
        lost = before + counts.deleted + counts.replaced
        reason = Reason(ReasonCode.HELD_SLOW_CHANGE, count=lost, all=total)
    elif code is HeldCode.STRANGERS and (counts.deleted or counts.replaced):
        reason = Reason(ReasonCode.HELD_STRANGE_FILES, count=counts.deleted + counts.replaced)
    elif code is HeldCode.STRANGERS:
        reason = Reason(ReasonCode.HELD_STRANGE_FOLDERS, count=len(held))
    else:
        reason = Reason(ReasonCode.HELD_MASS_CHANGE, deleted=counts.deleted, replaced=counts.replaced, all=total)
    going_on = Part(plan.actions).without(held)
    if unmade:
        # What lies in a folder that is not made waits for it.
        going_on = going_on.where(lambda action: unmade.isdisjoint(parents_of(action.path)))
    return Verdict(
        actions=going_on.settled(),
        held=Held(code, reason, counts, total, held.settled(), before),
        unanswered=_unanswered(plan, code, condition, suspicion),
    )


def _hold_everything(plan: Plan, condition: Circumstances) -> Verdict:
    """Hold new files too, since the owner of this folder is unknown. A complete copy of the mirror is accepted."""
    code = HeldCode.DESTINATION_REPLACED
    counts = count_losses(plan.actions)
    reason = Reason(ReasonCode.HELD_DESTINATION_REPLACED)
    before = condition.unanswered
    return Verdict(
        actions=(),
        held=Held(code, reason, counts, condition.mirror_files, plan.actions),
        unanswered=before if before is not None and before.is_loss else Unanswered(code),
    )


def _unanswered(plan: Plan, code: HeldCode, condition: Circumstances, suspicion: _Suspicion) -> Unanswered:
    """Return what the next pass has to know about the held actions."""
    before = condition.unanswered or NOTHING_UNANSWERED
    now = Unanswered(
        code,
        deletions=any(action.op is Op.DELETE for action in suspicion.actions),
        replacements=any(action.op is Op.REPLACE for action in suspicion.actions),
        together=suspicion.together,
        files=condition.mirror_files,
        since_s=condition.now_s,
    )
    if not plan.is_full:
        return now.joined(before)
    # While anything is held, it is compared with the mirror's size when holding began.
    return now._replace(files=before.files, since_s=before.since_s) if before.is_loss and now.is_loss else now

"""What waits for the user's word since an earlier pass, as the catalog remembers it.

A full pass shows all that waits; a quick one sees a part of the tree only, and has to know the rest. Nothing is
decided here.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.model.plans import HeldCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backup_gui.model.plans import Action, Held, Op

CODES_OF_LOSS = frozenset({HeldCode.MASS_CHANGE, HeldCode.SLOW_CHANGE})
_DELETIONS, _REPLACEMENTS, _TOGETHER = "d", "r", "t"


class Unanswered(NamedTuple):
    """What the guard went on to hold.

    Attributes:
        code: Why.
        deletions: Whether deletions wait because there are too many.
        replacements: Whether replacements do.
        together: Whether both do because they look like an encryption.
        files: Files and links that the mirror had when that began; 0 if it is not known.
        since_s: When that began, on the guard's clock; None if it is not known.
    """

    code: HeldCode
    deletions: bool = False
    replacements: bool = False
    together: bool = False
    files: int = 0
    since_s: float | None = None

    @property
    def is_loss(self) -> bool:
        """Whether anything waits because there is too much of it."""
        return self.deletions or self.replacements

    def joined(self, other: Unanswered) -> Unanswered:
        """What waits if this and the other do; the other is the older one."""
        if not other.is_loss:
            return self
        if not self.is_loss:
            return other
        return Unanswered(
            other.code,
            self.deletions or other.deletions,
            self.replacements or other.replacements,
            self.together or other.together,
            other.files,
            other.since_s,
        )


NOTHING_UNANSWERED = Unanswered(HeldCode.MASS_CHANGE)


def to_text(unanswered: Unanswered | None) -> str:
    """Write down what waits; empty if nothing does."""
    if unanswered is None:
        return ""
    flags = _DELETIONS * unanswered.deletions + _REPLACEMENTS * unanswered.replacements
    flags += _TOGETHER * unanswered.together
    since = "-" if unanswered.since_s is None else repr(unanswered.since_s)
    return f"{unanswered.code.value} {flags or '-'} {unanswered.files} {since}"


def from_text(text: str | None) -> Unanswered | None:
    """Read what ``to_text`` has written, or an earlier version of the program: the code alone.

    What cannot be read is taken for the most that may wait: it was written by a pass that held something.
    """
    if not text:
        return None
    parts = text.split(" ")
    code = HeldCode.MASS_CHANGE
    with contextlib.suppress(ValueError):
        code = HeldCode(parts[0])
    both = code in CODES_OF_LOSS
    try:
        _, flags, files, since = parts
        return Unanswered(
            code,
            deletions=_DELETIONS in flags,
            replacements=_REPLACEMENTS in flags,
            together=_TOGETHER in flags,
            files=int(files),
            since_s=None if since == "-" else float(since),
        )
    except ValueError:
        return Unanswered(code, deletions=both, replacements=both)


def still_held(before: Held | None, found: Held | None) -> Held | None:
    """Say what is held after a quick pass.

    A quick pass that holds more of what is held already has seen a part of it only: what the full pass has shown
    stands until the next one.

    Args:
        before: What was held before.
        found: What the quick pass holds.
    """
    if found is None or before is None:
        return found or before
    if _has_all(before.actions, found.actions):
        return before
    is_more_of_it = {action.op for action in found.actions} <= {action.op for action in before.actions}
    return before if is_more_of_it and {found.code, before.code} <= CODES_OF_LOSS else found


def _has_all(actions: Iterable[Action], some: Iterable[Action]) -> bool:
    """Tell whether some actions are all among others, of which there may be a million."""
    missing = set(map(_key, some))
    for action in actions:
        missing.discard(_key(action))
    return not missing


def _key(action: Action) -> tuple[Op, str]:
    return action.op, action.path

"""What has been held for review since an earlier pass, as the catalog records it.

A full pass sees everything that is held. A partial pass sees only part of the tree, so it needs this record. This
module decides nothing.
"""

import contextlib
from collections.abc import Iterable
from typing import NamedTuple

from backup_gui.model.plans import Action, Held, HeldCode, Op

CODES_OF_LOSS = frozenset({HeldCode.MASS_CHANGE, HeldCode.SLOW_CHANGE})
_DELETIONS, _REPLACEMENTS, _TOGETHER = "d", "r", "t"


class Unanswered(NamedTuple):
    """What the guard keeps holding.

    Attributes:
        code: Why.
        deletions: Whether deletions are held because there are too many.
        replacements: Whether replacements are.
        together: Whether both are because they look like an encryption.
        files: Files and links that the mirror had when holding began; 0 if unknown.
        since_s: When holding began, on the guard's clock; None if unknown.
    """

    code: HeldCode
    deletions: bool = False
    replacements: bool = False
    together: bool = False
    files: int = 0
    since_s: float | None = None

    @property
    def is_loss(self) -> bool:
        """Return whether anything is held because there is too much of it."""
        return self.deletions or self.replacements

    def joined(self, other: "Unanswered") -> "Unanswered":
        """Return the union of this record and an older one."""
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
    """Write the record as text; empty for None."""
    if unanswered is None:
        return ""
    flags = _DELETIONS * unanswered.deletions + _REPLACEMENTS * unanswered.replacements
    flags += _TOGETHER * unanswered.together
    since = "-" if unanswered.since_s is None else repr(unanswered.since_s)
    return f"{unanswered.code.value} {flags or '-'} {unanswered.files} {since}"


def from_text(text: str | None) -> Unanswered | None:
    """Read the text of ``to_text``, or of an earlier program version, which has only the code.

    Unreadable text counts as the most that may be held, since the pass that wrote it held something.
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
    """Return what is held after a partial pass.

    A partial pass that holds more of the same kind has seen only a part. What the full pass has shown then stands until
    the next full pass.
    """
    if found is None or before is None:
        return found or before
    if _has_all(before.actions, found.actions):
        return before
    is_more_of_it = {action.op for action in found.actions} <= {action.op for action in before.actions}
    return before if is_more_of_it and {found.code, before.code} <= CODES_OF_LOSS else found


def _has_all(actions: Iterable[Action], some: Iterable[Action]) -> bool:
    """Tell whether all of some actions are among others, which may be a million."""
    missing = set(map(_key, some))
    for action in actions:
        missing.discard(_key(action))
    return not missing


def _key(action: Action) -> tuple[Op, str]:
    return action.op, action.path

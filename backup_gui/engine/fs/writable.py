"""Whether a destination can be written to at all, found out before the first action of a pass.

Else each path would fail by itself, and a pass that could do nothing would be told as one that did most. Nothing here
writes.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

from backup_gui.model.errors import DestinationUnusableError
from backup_gui.model.plans import Op, ProblemCode
from backup_gui.model.reasons import Reason, ReasonCode, of_system

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backup_gui.engine.fs.tree import Tree
    from backup_gui.model.plans import Action


def refuse_unwritable(target: Tree, user: int, actions: Sequence[Action]) -> None:
    """Make sure that something of what is to be done can be done.

    Args:
        target: The destination.
        user: The number of the user who writes.
        actions: What is to be done.

    Raises:
        DestinationUnusableError: Its drive is read-only, or its folder is closed to this user, and what is to be done
            begins there; the text names the folder.
    """
    if not actions:
        return
    if is_read_only(target.root):
        raise DestinationUnusableError(Reason(ProblemCode.READ_ONLY, more=Reason(ReasonCode.AT, path=target.root)))
    if _is_closed(target, user):
        # What lies in a folder that is there already may be open all the same.
        paths = [action.path for action in actions if action.op is not Op.SET_METADATA]
        begun = {path for path in paths if "/" not in path}
        if begun and all(path.partition("/")[0] in begun for path in paths):
            why = of_system(os.strerror(errno.EACCES))
            raise DestinationUnusableError(Reason(ReasonCode.DESTINATION_CLOSED, detail=why, path=target.root))


def is_read_only(folder: str) -> bool:
    """Tell whether the volume that a folder lies on is mounted so that nothing can be written to it."""
    if sys.platform == "win32":
        return False
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def is_writable(folder: str) -> bool:
    """Tell whether this user may make new names in a folder, and its drive takes them."""
    if sys.platform == "win32":
        return True
    # As the user that the process acts for, which need not be the one that started it.
    acts = os.access in os.supports_effective_ids
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=acts)


def is_open(folder: str) -> bool:
    """Tell whether this user may make new names in a folder, were its drive not read-only."""
    return is_read_only(folder) or is_writable(folder)


def _is_closed(target: Tree, user: int) -> bool:
    """Tell whether nothing can be made or removed in a destination's root; its owner opens it as is needed."""
    return user > 0 and target.root_entry.st_uid != user and not is_open(target.root)

"""Opens mirrors and histories for those who only read them: the one place that knows what kind of place a root names.

Readers see a ``TreeView``, as a comparison does. A pass has its own mirror and history open, see ``Destination``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backup_gui.engine.destination.marker import read_markers
from backup_gui.engine.fs.tree import Tree
from backup_gui.model.errors import NewerDataError
from backup_gui.model.job import Place
from backup_gui.model.reasons import Reason, ReasonCode

if TYPE_CHECKING:
    from backup_gui.engine.fs.tree_view import OpenTree


def open_tree(root: str) -> OpenTree:
    """Open a mirror or a history by the text form of its place: of a folder, the absolute path."""
    return Tree(Place.parse(root).path)


def open_if_there(root: str) -> OpenTree | None:
    """Open a mirror or a history, as ``open_tree``; None if it is not there."""
    try:
        return open_tree(root)
    except FileNotFoundError:
        return None


def refuse_newer_backup(*roots: str | None) -> None:
    """Refuse a mirror or history that a later version of the program made, which may mean something else by its names.

    They need not exist; ``NewerDataError`` if the marker of one says so.
    """
    for root in filter(None, roots):
        for marker in read_markers(Place.parse(root).path):
            if marker.is_newer:
                raise NewerDataError(Reason(ReasonCode.NEWER_BACKUP_THERE, detail=marker.whose, path=root))

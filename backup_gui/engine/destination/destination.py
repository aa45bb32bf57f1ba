"""What the engine knows of a destination: what a comparison may ask of it, and what carrying out a plan may do to it.

``local.py`` is a folder on a mounted drive. Paths are relative to the mirror's root, with ``/`` between their parts.
Every call may raise ``OSError``: it concerns the path that it names, and the rest of a pass goes on.

A comparison is given a ``DestinationView``, by which nothing can be changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from backup_gui.engine.fs.tree_view import TreeView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from backup_gui.engine.fs.content import Rights
    from backup_gui.engine.fs.system.worker_process import WorkerProcess
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.fs.xattrs import Attributes
    from backup_gui.engine.rules.capabilities import Capabilities
    from backup_gui.engine.rules.space import Room
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Action


class DestinationView(TreeView, Protocol):
    """A mirror, as far as it can be looked at.

    Attributes:
        capabilities: What it can hold.
        rights: Who writes, and what metadata of new files follow from that.
        holds_owner: Whether owners are set, and so compared.
        time_step_ns: How exactly times are kept, nanoseconds.
    """

    capabilities: Capabilities
    rights: Rights
    holds_owner: bool
    time_step_ns: int

    @property
    def keeps_history(self) -> bool:
        """Whether what leaves the mirror is kept."""

    def is_listed(self, path: str) -> bool:
        """Tell whether a name is listed in just this spelling in the folder that it is in."""

    def attributes(self, path: str) -> Attributes:
        """Return the extended attributes and access lists of a path, of a link those of its own."""

    def marker(self, folder: str) -> bytes | None:
        """Return the marker that a folder has as an attribute; None if it has none, or the mirror has no attributes."""


class History(Protocol):
    """Where what leaves a mirror is kept as versions; their paths are relative to its root.

    Attributes:
        root: What it is called in messages; None if none is kept.
        kept_as: Where the last version of each path went, until somebody takes note of it.
        must_keep: Whether nothing is to be replaced that cannot be kept, not even for want of room.
        was_there: Whether the history was there, or was made, in this pass.
        is_new: Whether the history had to be made.
        is_lost: Whether it had to be made once more.
    """

    root: str | None
    kept_as: dict[str, str]
    must_keep: bool
    was_there: bool
    is_new: bool
    is_lost: bool

    def prepare(self) -> None:
        """Make the history if it is not there yet, and make sure that it can be written to."""

    def tree(self) -> TreeView | None:
        """Return the history for reading; None if none is kept or nothing was ever kept."""

    def keep(self, path: str, left_at: datetime, *, leaves: bool) -> str | None:
        """Keep what is at a path of the mirror as a version, and return where.

        With ``leaves`` the name goes, too; without, the mirror has the file under it until it is replaced.
        """

    def undo_keep(self, kept: str, path: str) -> None:
        """Give a version that was kept a moment ago its place in the mirror back, if nothing is there."""

    def remove_version(self, path: str, token: int) -> bool:
        """Remove a version for good, if it is still the one that had this token for an inode when it was listed."""

    def rename_version(self, stored: str, path: str, left_at: datetime) -> str:
        """Give a version of a mirror's path the name of another time, and return where it is now."""

    def remove_folders(self, path: str) -> None:
        """Remove a folder that versions were removed from, and those above it, as far as they are empty."""


class Destination(DestinationView, Protocol):
    """A mirror and its history, as they are written to; ``local.py`` and its parts say what each call does.

    What is new is received under a temporary path, and published: nothing is ever half there under its own name.

    Attributes:
        history: Where what leaves the mirror is kept.
        dated: Tells the time by which versions are named.
        stores_later: Whether nobody can tell when it has stored something, as of a mounted cloud.
        without_attributes: Copies that lack some of their attributes, and why.
    """

    dated: Callable[[], datetime]
    stores_later: bool
    without_attributes: dict[str, OSError]

    @property
    def history(self) -> History:
        """Where what leaves the mirror is kept."""

    @property
    def holds_attributes(self) -> bool:
        """Whether all attributes were held, as far as any were set."""

    def is_in_place(self) -> bool:
        """Tell whether what was opened is still what the job's destination leads to."""

    def helper(self, source: Tree) -> WorkerProcess | None:
        """Start a second process that looks and copies for this destination, too; None if none can help."""

    def falls_together(self, one: str, other: str) -> bool:
        """Tell whether two names are one to the destination; it may make an experiment, which leaves nothing."""

    def refuse_unwritable(self, actions: Sequence[Action]) -> None:
        """End the pass if nothing of what is to be done can be done."""

    # What comes in

    def receive(
        self,
        path: str,
        fd: int,
        source: Entry,
        *,
        on_bytes: Callable[[int], None],
        should_stop: Callable[[], bool],
    ) -> str:
        """Copy an open source file, content and metadata, into a new temporary, and return its path."""

    def reserve(self, path: str) -> tuple[str, str]:
        """Return a temporary path for a final one, and where it is for now; the second process makes the file."""

    def create_link(self, path: str, text: str) -> str:
        """Make a symbolic link as a temporary, and return its path."""

    def create_hard_link(self, first: str, path: str) -> str | None:
        """Make a further name of a file as a temporary, and return its path; None if there can be none."""

    def publish(self, temporary: str, path: str, *, may_replace: bool) -> None:
        """Give a temporary its final name, in one step."""

    def discard(self, temporary: str) -> None:
        """Remove a temporary; it is no error if it is gone."""

    def make_folder(self, path: str) -> None:
        """Make a folder, which need not be seen before ``reveal``."""

    @property
    def has_unseen_folders(self) -> bool:
        """Whether there are new folders to reveal."""

    def reveal(self) -> dict[str, OSError]:
        """Let the new folders be seen; returns those that could not be, and why."""

    def missing(self, paths: Iterable[str]) -> set[str]:
        """Return which paths that came with new folders are not listed, or cannot be."""

    def drop_unseen_folders(self) -> None:
        """Remove the new folders that were not revealed."""

    def set_metadata(self, path: str, source: Entry, attributes: Attributes | None = None) -> None:
        """Give a path the source's owner, mode and times, and these attributes unless they are to stay."""

    def tighten(self, path: str, source: Entry, *, has_other_list: bool) -> None:
        """Keep everybody out of a folder who may not use the source's, before anything comes into it."""

    # What leaves, or goes elsewhere

    def take_away(self, path: str) -> None:
        """Take a file or link out of the mirror, into the history if one is kept."""

    def move(self, old_path: str, new_path: str) -> None:
        """Give something another path, never one that is taken."""

    def respell(self, old_path: str, new_path: str) -> None:
        """Give something another spelling of its name, which the destination takes for the same name."""

    def remove_folder(self, path: str) -> bool:
        """Remove an empty folder; returns False if something is still in it."""

    # Room, and reaching the disk

    def free_bytes(self) -> int | None:
        """Return how much room there is; None if nobody can tell."""

    def room(self) -> Room | None:
        """Return how much room there is, for content and for names; None if nobody can tell."""

    @property
    def flushes_files(self) -> bool:
        """Whether each file is flushed by itself."""

    def flush(self) -> None:
        """Return when everything written so far is stored for good."""

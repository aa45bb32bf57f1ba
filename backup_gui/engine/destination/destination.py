"""What the engine knows of a destination: what a comparison may ask of it, and what carrying out a plan may do to it.

``local.py`` is a folder on a mounted drive. Paths are relative to the mirror's root, with ``/`` between their parts.
Every call may raise ``OSError``: it concerns the path that it names, and the rest of a pass goes on.

What is done to many files takes batches, so that a destination behind a network needs no round trip per file. It takes
as many items at a time as it likes, ``local.py`` one, and answers them in their order, before it takes more. The last
part of an item is the caller's own, and comes back with the answer. Items are done as if one after the other; one that
fails has its error in its answer, and the others go on. What is raised ends the batch, also by the items themselves:
then those that were taken and not answered may or may not be done. Nothing is done before the answers are taken.

Single calls are rare, or make what others depend on: a folder must be there before its content, and if it cannot be
made, nothing of that is tried. Their number is that of the folders, links and new modes, which most destinations behind
a network do not hold.

A comparison is given a ``DestinationView``, by which nothing can be changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from backup_gui.engine.fs.content import Shortened
from backup_gui.engine.fs.tree_view import TreeView
from backup_gui.model.problems import UNFIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import TypeAlias, TypeVar

    from backup_gui.engine.fs.content import Rights
    from backup_gui.engine.fs.system.worker_process import WorkerProcess
    from backup_gui.engine.fs.tree import Tree
    from backup_gui.engine.fs.xattrs import Attributes
    from backup_gui.engine.rules.capabilities import Capabilities
    from backup_gui.engine.rules.space import Room
    from backup_gui.model.entries import Entry
    from backup_gui.model.plans import Action

    T = TypeVar("T")
    # Plain tuples, since each file makes one. A file to receive: its final path, its open source at its beginning, the
    # source's entry.
    Incoming: TypeAlias = tuple[str, int, Entry, T]
    # A temporary to publish: its path, the final path, whether what is there may be replaced, and when that leaves the
    # mirror, to keep it as a version before; None not to keep it.
    Naming: TypeAlias = tuple[str, str, bool, datetime | None, T]
    # Something to move: its old and new path, and the metadata that it gets.
    Moving: TypeAlias = tuple[str, str, Entry, Attributes | None, T]

# What an answer may have for an error; anything else is raised, and ends the pass.
FAILURES: Final = (OSError, Shortened, *UNFIT)


class NotKept(Exception):  # noqa: N818 - carries an error
    """What is at a path could not be kept as a version, and so was not replaced."""

    def __init__(self, why: OSError) -> None:
        super().__init__(why)
        self.why = why


def carry_out(answers: Iterable[tuple[Any, ...]]) -> None:
    """Take the answers of a batch, and raise the first error among them, one of ``FAILURES``."""
    for *_, error in answers:
        if error is not None:
            raise error


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
        """Make the history if it is not there yet, and make sure that it can be written to, before anything is copied.

        It is ``RootAbsentError`` if the drive is not there any more, and ``DestinationUnusableError`` if it cannot be
        made, opened or written to; the text names the folder at fault.
        """

    def tree(self) -> TreeView | None:
        """Return the history for reading; None if none is kept or nothing was ever kept."""

    def remove_version(self, path: str, token: int) -> bool:
        """Remove a version for good, if it is still the one that had this token for an inode when it was listed.

        It is ``ValueError`` if it is not named as versions are.
        """

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
        """End the pass with ``DestinationUnusableError`` if nothing of what is to be done can be done.

        Else each path would fail by itself, and a pass that could do nothing would be told as one that did most.
        """

    # What comes in

    def receive(
        self, incoming: Iterable[Incoming[T]], *, on_bytes: Callable[[int, str], None], should_stop: Callable[[], bool]
    ) -> Iterator[tuple[T, str, Exception | None]]:
        """Copy source files, content and metadata, into new temporaries, and return their paths.

        It closes each source. Nothing is left of what has failed, nor of what was not answered.
        """

    def reserve(self, path: str) -> tuple[str, str]:
        """Return a temporary path for a final one, and where it is for now; the second process makes the file."""

    def create_link(self, path: str, text: str) -> str:
        """Make a symbolic link as a temporary, and return its path."""

    def create_hard_link(self, first: str, path: str) -> str | None:
        """Make a further name of a file as a temporary, and return its path; None if there can be none."""

    def publish(self, namings: Iterable[Naming[T]]) -> Iterator[tuple[T, str | None, Exception | None]]:
        """Give temporaries their final names, each in one step, and return where what was there is kept.

        It is kept before its place is taken; ``NotKept`` is the error if it cannot be.
        """

    def discard(self, temporaries: Iterable[str]) -> dict[str, OSError]:
        """Remove temporaries at once; returns those that could not be, and why. It is no error if one is gone."""

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

    def take_away(self, leaving: Iterable[tuple[str, bool, T]]) -> Iterator[tuple[T, Exception | None]]:
        """Take files and links out of the mirror, into the history if one is kept, and remove folders.

        Each path comes with whether it is a folder. One that is not empty stays: ``ENOTEMPTY``.
        """

    def move(self, moves: Iterable[Moving[T]]) -> Iterator[tuple[T, bool, Exception | None]]:
        """Give things other paths, never ones that are taken, and metadata; returns whether each has its path."""

    def respell(self, old_path: str, new_path: str) -> None:
        """Give something another spelling of its name, which the destination takes for the same name.

        It is ``FileExistsError`` if both are listed, which are not one after all, and ``FileNotFoundError`` if the old
        one is not listed any more.
        """

    # Room, and reaching the disk

    def room(self) -> Room | None:
        """Return how much room there is, for content and for names; None if nobody can tell."""

    @property
    def flushes_files(self) -> bool:
        """Whether each file is flushed by itself."""

    def flush(self) -> None:
        """Return when everything written so far is stored for good."""

"""The protocol of an open folder, and of everything that the engine does with the names in it, for all systems.

``posix.py`` implements it with descriptors, ``windows/folder.py`` with handles; ``native.py`` chooses for this system.
Code outside ``fs`` never knows which one it uses. Only type checkers import this module: start-up counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from backup_gui.engine.rules.space import Room
    from backup_gui.model.entries import Entry


class Listed(Protocol):
    """An item of a listing."""

    @property
    def name(self) -> str:
        """Return its name."""


class OpenEntry(Protocol):
    """An open file or folder whose metadata can be set. Each call raises ``OSError`` if the system refuses it.

    On systems without owners or modes, setting them has no effect.
    """

    def stat(self) -> Entry:
        """Return its entry."""

    def set_owner(self, user: int, group: int) -> None:
        """Set its user and group; -1 keeps one."""

    def set_mode(self, mode: int) -> None:
        """Set its permissions."""

    def set_times(self, times_ns: tuple[int, int]) -> None:
        """Set the times of access and change, nanoseconds."""


class FolderHandle(OpenEntry, Protocol):
    """An open folder.

    A name is a single component, never a path, and no call follows a link of that name. Each call raises ``OSError`` as
    the system does: ``FileNotFoundError`` for a missing name, ``FileExistsError`` for one that is taken.

    Attributes:
        fd: The folder's descriptor; -1 where folders have none. Only ``fs`` uses it.
        follows_renames: Whether the folder, or one above it, can be renamed while this handle is open.
    """

    fd: int

    @property
    def follows_renames(self) -> bool: ...  # noqa: D102 - see above

    def __hash__(self) -> int:
        """Return a hash by identity: no two open handles are equal."""

    def close(self) -> None:
        """Close the folder; a second call has no effect."""

    def duplicate(self) -> Self:
        """Return another handle that stays open when this one is closed; both share one position in the listing."""

    def reopen(self) -> Self:
        """Open the folder again, with a listing position of its own."""

    def open_dir_at(self, name: str) -> Self:
        """Open a folder inside this one."""

    # Reading

    def entries(self, most: int) -> dict[str, Entry] | None:
        """Return the entry of each name.

        Returns:
            None if there are more than ``most`` names.

        Raises:
            OSError: The folder cannot be read to its end; or a name vanished or cannot be read, and then the error's
                ``filename`` is a string.
        """

    def names(self) -> list[str]:
        """Return all names."""

    def scan(self) -> AbstractContextManager[Iterator[Listed]]:
        """Iterate over the names in the system's order."""

    def stat_at(self, name: str) -> Entry:
        """Return an entry."""

    def open_file_at(self, name: str) -> int:
        """Open a file for reading and return its descriptor; never waits for the other end of a pipe."""

    def readlink_at(self, name: str) -> str:
        """Return the text of a symbolic link."""

    def path_of(self, name: str) -> str:
        """Return a path to a name, for calls that accept only paths; an empty name means the folder."""

    # Making and removing

    def create_at(self, name: str) -> int:
        """Create a file that only its owner can read, and return a descriptor for reading and writing."""

    def mkdir_at(self, name: str, mode: int) -> None:
        """Create a folder."""

    def symlink_at(self, text: str, name: str) -> None:
        """Create a symbolic link."""

    def link_at(self, name: str, folder: Self, new_name: str) -> None:
        """Create a hard link, in this or another folder."""

    def rename_at(self, name: str, folder: Self, new_name: str) -> None:
        """Rename, within this folder or into another one, and never replace anything."""

    def replace_at(self, name: str, folder: Self, new_name: str) -> None:
        """Rename, and replace the file or link that has the new name."""

    def respell_at(self, name: str, new_name: str) -> None:
        """Rename to what may be another spelling of the same name, such as another case."""

    def unlink_at(self, name: str) -> None:
        """Remove a file or a link."""

    def rmdir_at(self, name: str) -> None:
        """Remove an empty folder."""

    # Metadata

    def opened(self, fd: int) -> OpenEntry:
        """Wrap an open file of this folder, to set its metadata; the caller still closes it."""

    def set_owner_at(self, name: str, user: int, group: int) -> None:
        """Set a user and group; -1 keeps one."""

    def set_mode_at(self, name: str, mode: int) -> None:
        """Set permissions, even where they forbid opening the entry.

        Args:
            name: A file or folder.
            mode: Permissions with the kind, as in ``st_mode``: an entry of another kind keeps its own.
        """

    def set_times_at(self, name: str, times_ns: tuple[int, int], *, is_link: bool = False) -> None:
        """Set the times of access and change, nanoseconds; no effect on links where the system cannot set theirs."""

    # The disk

    def flush_dir(self) -> None:
        """Return when the folder's names are on the disk; no effect where the system cannot flush folders."""

    def flush_file_at(self, name: str) -> None:
        """Return when a file and its metadata are on the disk; no effect where that needs a writable descriptor."""

    def sync_volume(self) -> None:
        """Return when everything written to the volume is on the disk; only where ``CAN_SYNC_VOLUME``."""

    def room(self) -> Room:
        """Return the free space that this user has on the volume."""

    def lock(self) -> None:
        """Lock the folder until it is closed, where folders can be locked.

        Raises:
            BlockingIOError: Another process holds the lock.
        """

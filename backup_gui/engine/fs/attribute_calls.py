"""The system's calls for extended attributes, in one form for all systems; ``xattrs.py`` decides what is done by them.

``where`` is a descriptor, or a path whose last part is not followed if it is a link.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backup_gui.engine.fs.folder import FolderHandle

ACCESS_LIST: Final = "system.posix_acl_access"
# What is made in a folder that has one begins with an access list made of it.
DEFAULT_LIST: Final = "system.posix_acl_default"
_EVERYBODYS: Final = "user."
# Those of Linux that only the superuser may set.
SUPERUSERS: Final = ("security.", "trusted.")
_OF_THE_SYSTEM: Final = (
    *("security.selinux", "security.ima", "security.evm", "security.apparmor", "security.SMACK64"),
    # How XFS stores access lists: to remove it is to remove the list.
    "trusted.SGI_ACL_",
)


class AttributeCalls(Protocol):
    """What a system can do with extended attributes. Each call raises ``OSError`` if the system refuses it."""

    @property
    def missing(self) -> int:
        """Return the error number that says that there is no attribute of a name."""

    def reached(self, folder: FolderHandle, name: str) -> contextlib.AbstractContextManager[int | str]:
        """Reach what has a name in an open folder, and nothing else; the folder itself by an empty name."""

    def names(self, where: int | str) -> list[str]:
        """Return the names of all attributes."""

    def get(self, where: int | str, name: str, *, follows_link: bool = False) -> bytes:
        """Return an attribute's value."""

    def set(self, where: int | str, name: str, value: bytes, *, is_new: bool = False) -> None:
        """Set an attribute; with ``is_new`` it must not be there yet."""

    def remove(self, where: int | str, name: str) -> None:
        """Remove an attribute."""

    def is_carried(self, name: str, *, is_superuser: bool) -> bool:
        """Tell whether an attribute is one that the mirror has too."""

    def hands_down_list(self, fd: int) -> bool:
        """Tell whether an open folder gives an access list to what is made in it."""

    def drop_lists(self, where: int | str) -> None:
        """Take away all access lists; no error if there are none."""


class LinuxAttributes:
    """Those of Linux, as ``AttributeCalls``."""

    missing: Final = errno.ENODATA if sys.platform == "linux" else 0

    if sys.platform == "linux":

        @contextlib.contextmanager
        def reached(self, folder: FolderHandle, name: str) -> Iterator[int | str]:
            # The calls know no folder descriptors. What one is open on is reached by its name among the process's own.
            yield folder.path_of(name)

        def names(self, where: int | str) -> list[str]:
            return os.listxattr(where, follow_symlinks=isinstance(where, int))

        def get(self, where: int | str, name: str, *, follows_link: bool = False) -> bytes:
            return os.getxattr(where, name, follow_symlinks=follows_link or isinstance(where, int))

        def set(self, where: int | str, name: str, value: bytes, *, is_new: bool = False) -> None:
            flags = os.XATTR_CREATE if is_new else 0
            os.setxattr(where, name, value, flags, follow_symlinks=isinstance(where, int))

        def remove(self, where: int | str, name: str) -> None:
            os.removexattr(where, name, follow_symlinks=isinstance(where, int))

        def is_carried(self, name: str, *, is_superuser: bool) -> bool:
            if name.startswith(_EVERYBODYS) or name in {ACCESS_LIST, DEFAULT_LIST}:
                return True
            return is_superuser and name.startswith(SUPERUSERS) and not name.startswith(_OF_THE_SYSTEM)

        def hands_down_list(self, fd: int) -> bool:
            with contextlib.suppress(OSError):
                return bool(os.getxattr(fd, DEFAULT_LIST))
            return False

        def drop_lists(self, where: int | str) -> None:
            for name in (ACCESS_LIST, DEFAULT_LIST):
                try:
                    self.remove(where, name)
                except OSError as error:
                    if error.errno not in {errno.ENODATA, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}:
                        raise


class NoAttributes:
    """A system without them, as ``AttributeCalls``."""

    missing: Final = 0

    @contextlib.contextmanager
    def reached(self, _folder: FolderHandle, name: str) -> Iterator[int | str]:
        # To find out its path takes time, and there is nothing to reach.
        yield name

    def names(self, _where: int | str) -> list[str]:
        return []

    def get(self, _where: int | str, _name: str, *, follows_link: bool = False) -> bytes:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    def set(self, _where: int | str, _name: str, _value: bytes, *, is_new: bool = False) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    def remove(self, _where: int | str, _name: str) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    def is_carried(self, _name: str, *, is_superuser: bool) -> bool:
        return False

    def hands_down_list(self, _fd: int) -> bool:
        return False

    def drop_lists(self, _where: int | str) -> None:
        pass


def _of_this_system() -> AttributeCalls:
    if sys.platform == "linux":
        return LinuxAttributes()
    if sys.platform == "darwin":
        from backup_gui.engine.fs.system import darwin  # noqa: PLC0415 - only there

        return darwin.DarwinAttributes(darwin.load())
    return NoAttributes()


CALLS: AttributeCalls = _of_this_system()

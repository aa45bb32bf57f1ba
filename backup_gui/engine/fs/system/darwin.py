"""The calls of macOS that Python does not offer, each by its name in the C library.

Nothing else in the program knows their arguments, numbers and structures. They are taken from the manual pages and the
headers of macOS: getxattr(2), getattrlist(2), statfs(2), fcntl(2), acl(3), xattr_name_with_flags(3) and
setiopolicy_np(3). The library is given to each, so that tests can put in its place one that behaves as documented.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

F_FULLFSYNC: Final = 51
# What a file system answers that knows no such flush, as servers and drivers outside of the kernel do.
_NO_SUCH_FLUSH: Final = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY})


def flush_drive(fd: int, control: Callable[[int, int], int]) -> None:
    """Return when a drive has written all that it was given before.

    ``fsync`` only hands a file to the drive, which may keep it in its memory, and write it after what came later.

    Args:
        fd: A file or folder on the drive.
        control: Takes a descriptor and a command, as ``fcntl.fcntl``.

    Raises:
        OSError: It has not. What fails for another reason than that there is no such flush must not be tried again.
    """
    try:
        control(fd, F_FULLFSYNC)
    except OSError as error:
        if error.errno not in _NO_SUCH_FLUSH:
            raise
        os.fsync(fd)

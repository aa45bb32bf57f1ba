"""POSIX access lists as the system keeps them in extended attributes."""

from __future__ import annotations

import struct

_OWNER, _USER, _GROUP, _MASK, _OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY_IN_PARTICULAR = 0xFFFFFFFF


def access_list(uid: int) -> bytes:
    """Make an access list by which one user more than usual may read."""
    rights = ((_OWNER, 7, None), (_USER, 4, uid), (_GROUP, 4, None), (_MASK, 4, None), (_OTHERS, 0, None))
    entries = ((tag, allowed, _NOBODY_IN_PARTICULAR if who is None else who) for tag, allowed, who in rights)
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)

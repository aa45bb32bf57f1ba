"""How this system opens folders and files, and what it says of them: the one place that chooses between the systems.

What is open is not read with ``os.read`` and ``os.fstat``, since Windows says there neither what is locked nor when a
file was changed.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from functools import partial

    from backup_gui.engine.fs.windows import folder, handles
    from backup_gui.engine.fs.windows.handles import read
    from backup_gui.engine.fs.windows.nt_calls import CALLS

    entry_at = partial(handles.entry_at, CALLS)
    entry_of = partial(handles.entry_of, CALLS)
    open_file = partial(handles.open_file, CALLS)
    open_root = partial(folder.open_root, CALLS)
else:
    from os import fstat as entry_of
    from os import read
    from os import stat as entry_at

    from backup_gui.engine.fs.posix import open_file, open_root

__all__ = ["entry_at", "entry_of", "open_file", "open_root", "read"]

"""What the packaged program runs: the same as ``python -m backup_gui``."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

_OURS = "LD_LIBRARY_PATH"
_THEIRS = "LD_LIBRARY_PATH_ORIG"


def give_back_library_path(environment: MutableMapping[str, str] = os.environ) -> None:
    """Undo what PyInstaller's start does to the environment, so that no program started from here gets our libraries.

    This process has its libraries by now. A file manager that opens a folder would load Qt and others from here, of
    other versions than it was made for, and may not start.

    Args:
        environment: The environment variables, changed in place.
    """
    if _THEIRS in environment:
        environment[_OURS] = environment.pop(_THEIRS)
    else:
        environment.pop(_OURS, None)


if __name__ == "__main__":
    if sys.platform == "linux":
        give_back_library_path()
    from backup_gui.__main__ import main

    sys.exit(main())

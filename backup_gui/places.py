"""Where the program keeps its own files. Makes none of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple, Self

APP_NAME = "backup-gui"


class _Folders(NamedTuple):
    data: Path
    state: Path
    config: Path


class Places(_Folders):
    """The program's own folders, by default those of the user who runs it.

    ``XDG_DATA_HOME``, ``XDG_STATE_HOME`` and ``XDG_CONFIG_HOME`` count on every platform, so that they isolate a run
    anywhere.

    Attributes:
        data: Catalogs; losing them costs time, not files.
        state: Logs and locks.
        config: Settings.
    """

    __slots__ = ()

    def __new__(cls, data: Path | None = None, state: Path | None = None, config: Path | None = None) -> Self:
        """Take what is given, and the user's own folders for the rest."""
        return super().__new__(
            cls,
            data or _own_folder("XDG_DATA_HOME", ".local/share", "user_data_path"),
            state or _own_folder("XDG_STATE_HOME", ".local/state", "user_state_path"),
            config or _own_folder("XDG_CONFIG_HOME", ".config", "user_config_path"),
        )


def _own_folder(variable: str, linux_default: str, platform_function: str) -> Path:
    base = os.environ.get(variable, "")
    # A relative path is to be ignored, says the XDG base directory specification.
    if os.path.isabs(base):
        return Path(base, APP_NAME)
    if sys.platform == "linux":
        # What platformdirs does there too, but importing it takes 25 ms of a start of 100 ms.
        return Path(os.path.expanduser("~"), linux_default, APP_NAME)
    import platformdirs  # noqa: PLC0415 - see above

    found: Path = getattr(platformdirs, platform_function)(APP_NAME, appauthor=False)
    return found

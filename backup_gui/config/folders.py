"""The locations of the program's own files. Creates none of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

from backup_gui.model.errors import OwnFolderError
from backup_gui.model.reasons import Reason, ReasonCode

APP_NAME = "backup-gui"


class OwnFolders(NamedTuple):
    """The program's own folders.

    Attributes:
        data: Catalogs; losing them costs time, not files.
        state: Logs and locks.
        config: Settings.
        cache: What can be recreated at any time.
    """

    data: Path
    state: Path
    config: Path
    cache: Path


def own_folders() -> OwnFolders:
    """Return the folders of the current user.

    ``XDG_DATA_HOME``, ``XDG_STATE_HOME`` and ``XDG_CONFIG_HOME`` apply on every platform, so that they isolate a run
    anywhere.

    Raises:
        OwnFolderError: The user has no home folder, and the environment names none.
    """
    state = _own_folder("XDG_STATE_HOME", ".local/state", "user_state_path")
    return OwnFolders(
        _own_folder("XDG_DATA_HOME", ".local/share", "user_data_path"),
        state,
        _own_folder("XDG_CONFIG_HOME", ".config", "user_config_path"),
        _cache_folder(state),
    )


def home() -> str:
    """Return the absolute path of the user's home folder, which need not exist.

    Raises:
        OwnFolderError: There is none: HOME is not set, and the system does not know the user, as in a container.
    """
    if sys.platform == "win32":
        found = os.path.expanduser("~")
    else:
        found = os.environ.get("HOME", "")
        if not os.path.isabs(found):
            found = _home_of_account()
    if not os.path.isabs(found):
        raise OwnFolderError(Reason(ReasonCode.NO_DATA_HOME))
    return found


def home_or_root() -> str:
    """Return the user's home folder for browsing; the root folder if there is none."""
    try:
        return home()
    except OwnFolderError:
        return os.path.abspath(os.sep)


def _home_of_account() -> str:
    if sys.platform == "win32":
        return ""
    import pwd  # noqa: PLC0415 - not on Windows

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


def _cache_folder(otherwise: Path) -> Path:
    """Return the cache folder; never raises, since the cache is optional."""
    try:
        return _own_folder("XDG_CACHE_HOME", ".cache", "user_cache_path")
    except OwnFolderError:
        return otherwise


def _own_folder(variable: str, linux_default: str, platform_function: str) -> Path:
    base = os.environ.get(variable, "")
    # The XDG base directory specification says that a relative path must be ignored.
    if os.path.isabs(base):
        return Path(base, APP_NAME)
    if sys.platform == "linux":
        # The same as platformdirs, whose import takes 25 ms of a start of 100 ms.
        return Path(home(), linux_default, APP_NAME)
    import platformdirs  # noqa: PLC0415 - see above

    home()
    found: Path = getattr(platformdirs, platform_function)(APP_NAME, appauthor=False)
    return found

"""Names the system libraries that the window lacks, and the line that installs them.

Without them PySide6 fails to import, or Qt aborts the process with a message about its plugins.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

# What Qt loads from the system on Linux, and the package of Debian and Ubuntu that has it. Each of these packages is
# also in packaging/linux/packages-qt.txt.
PACKAGES: Final = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
# What the loader says of a file or, on its own, of a library that a file needs.
_NAMED = re.compile(r"(lib[\w+.-]+\.so[.\d]*): cannot open shared object file")


def complaint(error: OSError | ImportError) -> str:
    """Explain an error that a missing library has caused.

    Args:
        error: The error of the loader or the import.

    Returns:
        One sentence with the line to type; empty if no library is missing.
    """
    lacking = missing()
    named = _NAMED.search(str(error))
    if named and named[1] not in lacking:
        lacking = (*lacking, named[1])
    return _sentence(lacking) if lacking else ""


def missing() -> tuple[str, ...]:
    """The libraries that cannot be loaded, of all that Qt needs from the system."""
    return tuple(name for name in PACKAGES if not _loads(name))


def platform_fault(plugins: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Explain why Qt cannot open a window at the screen that there is; it would abort the process.

    Args:
        plugins: The folder of Qt's plugins.
        environment: The environment variables, which choose the plugin.

    Returns:
        One sentence with the line to type; empty if Qt can, or fails for other reasons than missing libraries.
    """
    if sys.platform != "linux":
        return ""
    fault = ""
    for name in _platforms(environment):
        for plugin in plugins.glob(f"platforms/libq{name}*.so"):
            try:
                ctypes.CDLL(str(plugin))
            except OSError as error:
                fault = fault or complaint(error)
            else:
                return ""
    return fault


def _platforms(environment: Mapping[str, str]) -> Iterable[str]:
    """The plugins that Qt tries, in order."""
    chosen = environment.get("QT_QPA_PLATFORM", "")
    if chosen:
        return [part.partition(":")[0] for part in chosen.split(";")]
    return [
        name for name, variable in (("wayland", "WAYLAND_DISPLAY"), ("xcb", "DISPLAY")) if environment.get(variable)
    ]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _sentence(lacking: tuple[str, ...]) -> str:
    line = _line(lacking)
    how = f"install them with: {line}" if line else f"install what has {', '.join(lacking)}"
    return f"the window needs system libraries that are missing; {how}"


def _line(lacking: tuple[str, ...]) -> str:
    """The line that installs libraries on this system; empty if its package manager is not known."""
    if shutil.which("apt-get"):
        packages = [PACKAGES[name] for name in lacking if name in PACKAGES]
        return f"sudo apt-get install {' '.join(packages)}" if len(packages) == len(lacking) else ""
    for manager in ("dnf", "zypper"):
        if shutil.which(manager):
            # Packages in RPM's format offer their libraries by name.
            kind = "()(64bit)" if sys.maxsize > 2**32 else ""
            return f"sudo {manager} install {' '.join(repr(name + kind) for name in lacking)}"
    return ""

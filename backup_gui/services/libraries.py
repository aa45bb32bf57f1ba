"""Names the system libraries that the window lacks, and the line that installs them.

Without them PySide6 fails to import, or Qt aborts the process with a message about its plugins.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

# What Qt needs of the system on Linux, and the package of Debian and Ubuntu that has it. What
# packaging/linux/packages-qt.txt installs brings the others with it.
PACKAGES: Final = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}


def complaint() -> str:
    """Explain why the window cannot be opened or imported, with the line to type; empty if no library is missing."""
    lacking = missing()
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
    found = [plugin for name in _platforms(environment) for plugin in plugins.glob(f"platforms/libq{name}*.so")]
    # Qt takes the first that loads.
    return complaint() if found and not any(_loads(str(plugin)) for plugin in found) else ""


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
        return f"sudo apt-get install {' '.join(dict.fromkeys(PACKAGES[name] for name in lacking))}"
    for manager in ("dnf", "zypper"):
        if shutil.which(manager):
            # Packages in RPM's format offer their libraries by name.
            kind = "()(64bit)" if sys.maxsize > 2**32 else ""
            return f"sudo {manager} install {' '.join(repr(name + kind) for name in lacking)}"
    if shutil.which("pacman"):
        # Arch Linux divides them otherwise; its own Qt needs the same ones.
        return "sudo pacman -S qt6-base qt6-wayland"
    return ""

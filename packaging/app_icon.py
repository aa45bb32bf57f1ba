"""Makes the icons of the applications for macOS and Windows from the program's own drawing, with all sizes in one file.

``python packaging/app_icon.py DRAWING.svg TARGET.icns|TARGET.ico``
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

# The type that stands for each size in pixels: pictures are PNG files in all of them.
_MAC_TYPES: Final = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09", 1024: b"ic10"}
# In pixels, for each common scale of the screen. Windows has taken PNG files of all sizes since Vista.
_WINDOWS_SIZES: Final = (16, 20, 24, 32, 40, 48, 64, 96, 128, 256)


def make_mac_icon(drawing: Path) -> bytes:
    """Return an icon file for macOS (icns).

    Args:
        drawing: An SVG file.
    """
    pictures = [(kind, _picture(drawing, size_px)) for size_px, kind in _MAC_TYPES.items()]
    entries = b"".join(kind + (len(picture) + 8).to_bytes(4, "big") + picture for kind, picture in pictures)
    return b"icns" + (len(entries) + 8).to_bytes(4, "big") + entries


def make_windows_icon(drawing: Path) -> bytes:
    """Return an icon file for Windows (ico).

    Args:
        drawing: An SVG file.
    """
    pictures = [_picture(drawing, size_px) for size_px in _WINDOWS_SIZES]
    content = struct.pack("<HHH", 0, 1, len(pictures))
    start = len(content) + 16 * len(pictures)
    for size_px, picture in zip(_WINDOWS_SIZES, pictures, strict=True):
        # Width and height, of which 256 is written as 0; no palette; one plane of 32 bits; length and place.
        content += struct.pack("<BBBBHHII", size_px % 256, size_px % 256, 0, 0, 1, 32, len(picture), start)
        start += len(picture)
    return content + b"".join(pictures)


def _picture(drawing: Path, size_px: int) -> bytes:
    image = QImage(size_px, size_px, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(drawing)).render(painter)
    painter.end()
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload] # the stubs know file names only
    return bytes(content.data())


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    make_icon = make_windows_icon if target.suffix == ".ico" else make_mac_icon
    target.write_bytes(make_icon(source))

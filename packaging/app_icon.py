"""Makes the icon of the macOS application from the program's own drawing: a file with a picture of each size."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

# The type that stands for each size in pixels: pictures are PNG files in all of them.
_TYPES: Final = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09", 1024: b"ic10"}


def make_icon(drawing: Path) -> bytes:
    """Return an icon file (icns).

    Args:
        drawing: An SVG file.
    """
    pictures = [(kind, _picture(drawing, size_px)) for size_px, kind in _TYPES.items()]
    entries = b"".join(kind + (len(picture) + 8).to_bytes(4, "big") + picture for kind, picture in pictures)
    return b"icns" + (len(entries) + 8).to_bytes(4, "big") + entries


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
    target.write_bytes(make_icon(source))

"""Reads a preview of a file in a backup: the beginning of a text, a scaled picture, the target of a link."""

from __future__ import annotations

import codecs
import os
import stat
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from backup_gui.engine.destination.reading import open_tree
from backup_gui.model.entries import EntryKind
from backup_gui.model.restores import Item
from backup_gui.services.browse import StopAsked

LONGEST_TEXT_BYTES = 16 * 1_024
LARGEST_PICTURE_BYTES = 64 << 20
_PICTURE = QSize(800, 600)
_BLOCK_BYTES = 1 << 20


class FilePreview(NamedTuple):
    """The preview of a file: a scaled picture, or the beginning of its text or the target of a link, maybe cut."""

    text: str | None = None
    picture: QImage | None = None
    is_cut: bool = False


def look_at(item: Item, should_stop: StopAsked) -> FilePreview:
    """Read the beginning of a text, or a picture; links are not followed.

    Returns:
        The preview; empty if the file is neither text nor a picture, or too large a picture.

    Raises:
        OSError: It cannot be read.
    """
    with open_tree(item.root) as tree:
        if item.kind is EntryKind.LINK:
            return FilePreview(text=tree.read_link(item.stored))
        fd = tree.open_file(item.stored)
        try:
            entry = os.fstat(fd)
            if not stat.S_ISREG(entry.st_mode):
                return FilePreview()
            head = os.read(fd, LONGEST_TEXT_BYTES)
            if _is_picture(head):
                return _picture(head, fd, entry.st_size, should_stop)
        finally:
            os.close(fd)
    return _text(head, is_cut=entry.st_size > len(head))


def _is_picture(head: bytes) -> bool:
    buffer = QBuffer()
    buffer.setData(QByteArray(head))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return not QImageReader.imageFormat(buffer).isEmpty()


def _picture(head: bytes, fd: int, size_bytes: int, should_stop: StopAsked) -> FilePreview:
    if size_bytes > LARGEST_PICTURE_BYTES:
        return FilePreview()
    content = bytearray(head)
    while block := os.read(fd, _BLOCK_BYTES):
        content += block
        if should_stop() or len(content) > LARGEST_PICTURE_BYTES:
            return FilePreview()
    buffer = QBuffer()
    buffer.setData(QByteArray(bytes(content)))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    # Qt limits the memory of a picture by itself, and does not read one that needs more.
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.width() > _PICTURE.width() or size.height() > _PICTURE.height():
        reader.setScaledSize(size.scaled(_PICTURE, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return FilePreview() if image.isNull() else FilePreview(picture=image)


def _text(head: bytes, *, is_cut: bool) -> FilePreview:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return FilePreview(text=head.decode(encoding, "replace"), is_cut=is_cut)
    if b"\x00" in head:
        return FilePreview()
    try:
        # The last character may be incomplete.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=not is_cut)
    except UnicodeDecodeError:
        text = head.decode("cp1252", "replace")
        if sum(not character.isprintable() and character not in "\r\n\t\f" for character in text) * 20 > len(text):
            return FilePreview()
    return FilePreview(text=text, is_cut=is_cut)

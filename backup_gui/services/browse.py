"""Reads mirrors and histories for the window, and brings files back: what ``Attendant`` is given to do.

Blocks as long as a drive does: never called in the window's thread.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from backup_gui.engine.destination.history_place import history_at
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.history.listing import Shelf, moments
from backup_gui.engine.history.snapshot import Past, backup_at
from backup_gui.engine.restore.put_back import put_back
from backup_gui.model.plans import EntryKind
from backup_gui.model.restores import Item, Moment, Policy, PutBack, Search, Step

LONGEST_TEXT_BYTES = 16 * 1_024
LARGEST_PICTURE_BYTES = 64 << 20
_PICTURE = QSize(800, 600)
MOST_FOUND = 1_000
_BLOCK_BYTES = 1 << 20

StopAsked = Callable[[], bool]


class Look(NamedTuple):
    """What a file looks like.

    Attributes:
        text: Its beginning, if it is text; the target of a link.
        picture: Itself, scaled down, if it is a picture.
        is_cut: Whether the text goes on.
    """

    text: str | None = None
    picture: QImage | None = None
    is_cut: bool = False


class Backup(NamedTuple):
    """Where a backup lies.

    Attributes:
        destination: Absolute path of the mirror.
        history: Absolute path of the history; empty for where the program puts it, and None if there is none.
    """

    destination: str
    history: str | None

    @property
    def history_root(self) -> str | None:
        """Absolute path of the history as it lies now; None if there is none."""
        return None if self.history is None else history_at(self.destination, self.history)


class Wanted(NamedTuple):
    """What is to be brought back.

    Attributes:
        items: Files, links, and folders with all that stood in them.
        at: The time as of which they were listed; None for now.
        to: Absolute path of the folder that they are brought back to.
        policy: What is done where something is there.
        mark: As for ``put_back``.
        is_source: Whether ``to`` is the source: there everything goes where it was, and the folder must be there.
    """

    items: tuple[Item, ...]
    at: float | None
    to: str
    policy: Policy
    mark: str
    is_source: bool


def find_backup(folder: str, should_stop: StopAsked) -> Backup:
    """Tell what a folder is the backup of; see ``past.backup_at``."""
    del should_stop
    return Backup(*backup_at(folder))


def find_moments(backup: Backup, should_stop: StopAsked) -> tuple[Moment, ...]:
    """Find the times at which something changed; see ``past.moments``."""
    return moments(backup.history_root, should_stop)


def list_folder(
    backup: Backup, shelf: Shelf, path: str, at: float | None, should_stop: StopAsked, *, shows_gone: bool
) -> tuple[Item, ...]:
    """List a folder as it stood; see ``Past.folder``."""
    with Past(backup.destination, backup.history_root, should_stop, shelf) as past:
        return past.folder(path, at, shows_gone=shows_gone)


def search(
    backup: Backup, shelf: Shelf, text: str, at: float | None, should_stop: StopAsked, *, shows_gone: bool
) -> Search:
    """Search by name; see ``Past.search``."""
    with Past(backup.destination, backup.history_root, should_stop, shelf) as past:
        return past.search(text, at, shows_gone=shows_gone, limit=MOST_FOUND)


def list_versions(backup: Backup, shelf: Shelf, path: str, should_stop: StopAsked) -> tuple[Item, ...]:
    """List all contents of a file; see ``Past.versions``."""
    with Past(backup.destination, backup.history_root, should_stop, shelf) as past:
        return past.versions(path)


def look_at(item: Item, should_stop: StopAsked) -> Look:
    """Read the beginning of a text, or a picture.

    Args:
        item: A file or a link. Links are not followed.
        should_stop: Asked between blocks.

    Returns:
        What it looks like; nothing if it is neither text nor a picture, or too large a picture.

    Raises:
        OSError: It cannot be read.
    """
    with Tree(item.root) as tree:
        if item.kind is EntryKind.LINK:
            return Look(text=tree.read_link(item.stored))
        fd = tree.open_file(item.stored)
        try:
            entry = os.fstat(fd)
            if not stat.S_ISREG(entry.st_mode):
                return Look()
            head = os.read(fd, LONGEST_TEXT_BYTES)
            if _is_picture(head):
                return _picture(head, fd, entry.st_size, should_stop)
        finally:
            os.close(fd)
    return _text(head, is_cut=entry.st_size > len(head))


def bring_back(backup: Backup, wanted: Wanted, should_stop: StopAsked, *, on_step: Callable[[Step], None]) -> PutBack:
    """Put items back into the source, or save them elsewhere.

    Args:
        backup: The backup.
        wanted: What is wanted.
        should_stop: Asked again and again.
        on_step: Told how far it has come.

    Returns:
        What became of it.

    Raises:
        Cancelled: ``should_stop`` said so before anything was written.
        OSError: Nothing could be brought back.
    """
    on_step(Step())
    with Past(backup.destination, backup.history_root, should_stop) as past:
        pieces = past.pieces(wanted.items, wanted.at, keeps_folders=wanted.is_source)
    return put_back(
        pieces,
        wanted.to,
        wanted.policy,
        mark=wanted.mark,
        backup=backup.destination if wanted.is_source else None,
        makes_folder=not wanted.is_source,
        on_step=on_step,
        should_stop=should_stop,
    )


def _is_picture(head: bytes) -> bool:
    buffer = QBuffer()
    buffer.setData(QByteArray(head))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return not QImageReader.imageFormat(buffer).isEmpty()


def _picture(head: bytes, fd: int, size_bytes: int, should_stop: StopAsked) -> Look:
    if size_bytes > LARGEST_PICTURE_BYTES:
        return Look()
    content = bytearray(head)
    while block := os.read(fd, _BLOCK_BYTES):
        content += block
        if should_stop() or len(content) > LARGEST_PICTURE_BYTES:
            return Look()
    buffer = QBuffer()
    buffer.setData(QByteArray(bytes(content)))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    # What a picture may take in memory has a limit, which Qt keeps by itself: one that needs more is not shown.
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.width() > _PICTURE.width() or size.height() > _PICTURE.height():
        reader.setScaledSize(size.scaled(_PICTURE, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    return Look() if image.isNull() else Look(picture=image)


def _text(head: bytes, *, is_cut: bool) -> Look:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return Look(text=head.decode(encoding, "replace"), is_cut=is_cut)
    if b"\x00" in head:
        return Look()
    try:
        # A character may be cut at the end.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=not is_cut)
    except UnicodeDecodeError:
        text = head.decode("cp1252", "replace")
        if sum(not character.isprintable() and character not in "\r\n\t\f" for character in text) * 20 > len(text):
            return Look()
    return Look(text=text, is_cut=is_cut)

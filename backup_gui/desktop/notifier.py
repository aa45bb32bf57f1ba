"""What a notification of the desktop says, and who shows it where Qt's own way is not enough."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple, Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance


class Note(NamedTuple):
    """What a notification says.

    Attributes:
        key: What it is about; a later one about the same takes its place.
        title: Heading, plain text.
        text: One or two sentences, plain text.
        button: What its button says.
        image: The picture beside it; a null image for none.
        is_urgent: Whether it stays until the user has seen it.
        subject: What is handed back when it is clicked, or cannot be shown.
    """

    key: str
    title: str
    text: str
    button: str
    image: QImage
    is_urgent: bool
    subject: object


class Notifier(Protocol):
    """Shows notes; ``clicked`` and ``refused`` carry the subject of one."""

    clicked: SignalInstance
    refused: SignalInstance

    def tell(self, note: Note) -> None: ...  # noqa: D102
    def withdraw(self, key: str) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


def desktop_notifier(parent: QObject) -> Notifier | None:
    """The desktop's notification service; None on systems where Qt's own way replaces and tells clicks itself."""
    if sys.platform != "linux":
        return None
    # What speaks with the session bus is not installed elsewhere.
    from backup_gui.desktop.freedesktop_notifications import Notifications  # noqa: PLC0415

    return Notifications(parent)

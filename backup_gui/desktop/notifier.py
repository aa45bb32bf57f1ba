"""The content of a desktop notification, and the interface of what shows it where Qt's own way is not enough."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple, Protocol

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance


class Note(NamedTuple):
    """The content of a notification.

    Attributes:
        key: Names its subject; a later note with the same key replaces it.
        title: Heading, plain text.
        text: One or two sentences, plain text.
        button: Label of its button.
        image: The picture beside the text; a null image for none.
        is_urgent: Whether it stays until the user has seen it.
        subject: The value that ``clicked`` and ``refused`` carry.
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
    """The desktop's notification service; None on systems where Qt itself replaces messages and reports clicks."""
    if sys.platform != "linux":
        return None
    # The D-Bus library is installed on Linux only.
    from backup_gui.desktop.freedesktop_notifications import Notifications  # noqa: PLC0415

    return Notifications(parent)

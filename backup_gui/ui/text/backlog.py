"""Describes the backlog in words: the changes that are not backed up yet at ``now``, seconds since 1970."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication

from backup_gui.model.status import Status
from backup_gui.ui.text.format import counted, duration_text, files_text, size_text

_tr = partial(QCoreApplication.translate, "Behind")


def behind_text(status: Status, now: float) -> str:
    """The changes not yet backed up, such as "12 files, 3.4 MB, oldest 40 s"; empty without any."""
    backlog = status.backlog
    if not backlog.files or backlog.oldest_at is None:
        return changes_text(status.pending) if status.pending else ""
    files, size = files_text(backlog.files), size_text(backlog.bytes)
    age = duration_text(max(1.0, now - backlog.oldest_at))
    pattern = _tr("{files}, {size}, oldest {age}") if backlog.is_whole else _tr("{files}, over {size}, oldest {age}")
    return pattern.format(files=files, size=size, age=age)


def behind_sentence(status: Status, now: float) -> str:
    """The same as a sentence for the banner; empty without a backlog."""
    words = behind_text(status, now)
    return _tr("Not yet backed up: {changes}.").format(changes=words) if words else ""


def changes_text(count: int) -> str:
    """Such as "12 changes"."""
    return counted("%Ln changes", "%Ln change", count)

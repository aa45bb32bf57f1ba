"""Answers what a History page wants to know: reads in a thread, and remembers the history that is shown at present."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from backup_gui.desktop.file_preview import Look, look_at
from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.history.listing import Shelf
from backup_gui.model.restores import Item, Search
from backup_gui.services import browse as archive
from backup_gui.services.browse import Backup
from backup_gui.threads.tasks import Attendant, Errand, StopAsked
from backup_gui.ui.values.history import Asked, Subject

if TYPE_CHECKING:
    from backup_gui.ui.history.page import HistoryPage

log = logging.getLogger(__name__)


class _Reading:
    """What is remembered of one history; for the one thread that reads at the moment."""

    def __init__(self) -> None:
        self.shelf = Shelf()


class Clerk(QObject):
    """Answers what one History page wants to know."""

    def __init__(self, page: HistoryPage, parent: QObject | None = None) -> None:
        """Begin to answer.

        Args:
            page: The page; this object ends with it.
            parent: Owner.
        """
        super().__init__(parent)
        self._page = page
        self._subject: Subject | None = None
        self._reading = _Reading()
        self.attendant = Attendant("history", self)
        self.attendant.left.connect(self._on_left)
        self.attendant.silence_changed.connect(page.show_silence)
        page.moments_requested.connect(self._on_moments_requested)
        page.folder_requested.connect(self._on_folder_requested)
        page.search_requested.connect(self._on_search_requested)
        page.versions_requested.connect(self._on_versions_requested)
        page.look_requested.connect(self._on_look_requested)

    def close(self) -> None:
        """Answer nothing more."""
        self.attendant.close()

    @Slot(object)
    def _on_moments_requested(self, asked: Asked) -> None:
        if asked.subject != self._subject:
            # Of another backup nothing is wanted any more; its drive may not even answer.
            self.attendant.give_up()
            self._reading_of(asked)
        work = partial(archive.find_moments, backup_of(asked.subject))
        self._submit("moments", asked, work, partial(self._page.show_moments, asked))

    @Slot(object)
    def _on_folder_requested(self, asked: Asked) -> None:
        self.attendant.give_up("search")
        work = partial(_list_folder, self._reading_of(asked), asked)
        self._submit(f"folder {asked.path}", asked, work, partial(self._page.show_folder, asked))

    @Slot(object)
    def _on_search_requested(self, asked: Asked) -> None:
        work = partial(_search, self._reading_of(asked), asked)
        self._submit("search", asked, work, partial(self._on_found, asked))

    @Slot(object)
    def _on_versions_requested(self, asked: Asked) -> None:
        work = partial(_list_versions, self._reading_of(asked), asked)
        self._submit("versions", asked, work, partial(self._page.show_versions, asked))

    @Slot(object)
    def _on_look_requested(self, asked: Asked) -> None:
        if asked.item is not None:
            self._submit("look", asked, partial(look_at, asked.item), partial(self._on_looked, asked))

    def _reading_of(self, asked: Asked) -> _Reading:
        """What is remembered of the history asked about."""
        if asked.subject != self._subject:
            self._subject, self._reading = asked.subject, _Reading()
        return self._reading

    @Slot()
    def _on_left(self) -> None:
        self._reading.shelf = Shelf()

    def _submit(self, key: str, asked: Asked, work: Callable[..., object], show: Callable[..., None]) -> None:
        self.attendant.submit(key, Errand(work, show, partial(self._on_failed, asked)))

    def _on_found(self, asked: Asked, found: object) -> None:
        if isinstance(found, Search):
            self._page.show_found(asked, found)

    def _on_looked(self, asked: Asked, look: object) -> None:
        if isinstance(look, Look):
            self._page.show_look(asked, look.text, look.picture, is_cut=look.is_cut)

    def _on_failed(self, asked: Asked, error: object) -> None:
        if not isinstance(error, Cancelled):
            log.info("The history of %s could not be read: %s", asked.subject.name, error)
            self._page.show_failure(asked)


def _list_folder(reading: _Reading, asked: Asked, should_stop: StopAsked) -> tuple[Item, ...]:
    return archive.list_folder(
        backup_of(asked.subject), reading.shelf, asked.path, asked.at, should_stop, shows_gone=asked.shows_gone
    )


def _search(reading: _Reading, asked: Asked, should_stop: StopAsked) -> Search:
    return archive.search(
        backup_of(asked.subject), reading.shelf, asked.text, asked.at, should_stop, shows_gone=asked.shows_gone
    )


def _list_versions(reading: _Reading, asked: Asked, should_stop: StopAsked) -> tuple[Item, ...]:
    return archive.list_versions(backup_of(asked.subject), reading.shelf, asked.path, should_stop)


def backup_of(subject: Subject) -> Backup:
    """Where the backup that a page shows lies."""
    return Backup(subject.destination, subject.history)

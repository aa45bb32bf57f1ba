"""Opens the job's catalog on first use, and checks it thoroughly after a crash."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

from backup_gui.engine.fs.privacy import make_private_folder, own_folder_reason
from backup_gui.engine.state.integrity import doubt
from backup_gui.model.errors import OwnFolderError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from backup_gui.engine.state.database import JobDatabase

log = logging.getLogger(__name__)


class Custody:
    """A catalog that is opened on first use.

    Args:
        path: The catalog's file.
        open_catalog: Opens it.
    """

    def __init__(self, path: Path, open_catalog: Callable[[Path], JobDatabase]) -> None:
        self._path = path
        self._open_catalog = open_catalog
        self._catalog: JobDatabase | None = None

    @property
    def is_open(self) -> bool:
        """Return whether the catalog is open."""
        return self._catalog is not None

    def catalog(self) -> JobDatabase:
        """Return the catalog; open it first if necessary.

        Raises:
            BackupError: It cannot be opened, or its folder cannot be used.
        """
        if self._catalog is None:
            make_private_folder(self._path.parent)
            try:
                self._catalog = self._open_catalog(self._path)
            except OSError as error:
                raise OwnFolderError(own_folder_reason(self._path.parent, error)) from error
        else:
            self._catalog.resume()
        return self._catalog

    def close(self) -> None:
        """Close the catalog, if it is open."""
        catalog, self._catalog = self._catalog, None
        if catalog is not None:
            catalog.close()

    def doubt(self) -> None:
        """Close a catalog whose state is unknown and check its file; opening it again repairs or replaces it."""
        try:
            self.close()
        except sqlite3.DatabaseError as error:
            log.warning("The catalog could not be closed: %s", error)
        doubt(self._path)

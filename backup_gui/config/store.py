"""Stores jobs, settings and the window's state in an INI file. The only user of ``QSettings``.

QSettings returns strings from the file, whatever was written. So jobs are one JSON text with a schema number, settings
are texts by name, and ``settings.py`` parses both.
"""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from backup_gui.config.settings import (
    SCHEMA,
    Settings,
    is_newer,
    jobs_to_text,
    parse_jobs,
    parse_settings,
    settings_to_texts,
)
from backup_gui.engine.fs.privacy import close_file, make_private_folder
from backup_gui.engine.state.rows import catalog_files
from backup_gui.model.errors import BackupError
from backup_gui.model.job import Job
from backup_gui.model.reasons import Reason, ReasonCode, of_error

log = logging.getLogger(__name__)

FILE_NAME = "settings.ini"
# Of the whole file; a file without it is of the first schema.
_SCHEMA = "schema"
_JOBS = "jobs"
_SETTINGS = "settings"
_GEOMETRY = "window/geometry"
_TOLD = "told"
_NOTES = "notes"
_NO_JOBS = "no-jobs"


class SettingsError(BackupError):
    """The settings cannot be used and must not be overwritten; no job may run."""


class Store:
    """Reads everything when created; writes changes at once."""

    def __init__(self, folder: Path, data_folder: Path | None = None) -> None:
        """Open the file, or start with the defaults.

        Args:
            folder: The program's configuration folder.
            data_folder: The folder with the catalogs, which show that there were jobs; None to skip this check.

        Raises:
            OwnFolderError: The folder cannot be created or used.
            SettingsError: A newer version wrote the settings, or they can neither be read nor copied.
        """
        self._path = folder / FILE_NAME
        self._faults: list[Reason] = []
        make_private_folder(folder)
        was_there = self._path.exists()
        self._settings = self._open()
        self._jobs = self._read_jobs()
        if was_there and not self._faults and data_folder is not None:
            self._miss_jobs(data_folder)

    @property
    def faults(self) -> tuple[Reason, ...]:
        """Return what could not be read; a copy of the damaged file is kept."""
        return tuple(self._faults)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Return the jobs."""
        return self._jobs

    def save_jobs(self, jobs: tuple[Job, ...]) -> bool:
        """Save these jobs; return whether they are in the file."""
        self._jobs = jobs
        self._settings.setValue(_JOBS, jobs_to_text(jobs))
        self._sync()
        is_written = self._settings.status() is QSettings.Status.NoError
        if not is_written:
            log.error("The settings could not be written to %s", self._path)
        return is_written

    def settings(self) -> Settings:
        """Return the settings of the app."""
        return parse_settings({key: self._settings.value(f"{_SETTINGS}/{key}") for key in self._keys(_SETTINGS)})

    def save_settings(self, settings: Settings) -> None:
        """Save the settings of the app."""
        for name, text in settings_to_texts(settings).items():
            self._settings.setValue(f"{_SETTINGS}/{name}", text)
        self._sync()

    def geometry(self) -> QByteArray:
        """Return size and position of the window; empty if there is none yet."""
        value = self._settings.value(_GEOMETRY)
        return value if isinstance(value, QByteArray) else QByteArray()

    def save_geometry(self, geometry: QByteArray) -> None:
        """Save size and position of the window."""
        self._settings.setValue(_GEOMETRY, geometry)
        self._sync()

    def was_told(self, key: str) -> bool:
        """Return whether a one-time message was shown."""
        return str(self._settings.value(f"{_TOLD}/{key}", "false")) == "true"

    def note_told(self, key: str) -> None:
        """Record that a one-time message was shown."""
        self._settings.setValue(f"{_TOLD}/{key}", "true")
        self._sync()

    def recall(self, key: str) -> str:
        """Return a note that the app has stored for itself; empty if there is none."""
        return str(self._settings.value(f"{_NOTES}/{key}", "") or "")

    def keep(self, key: str, text: str) -> None:
        """Store a note for the next start; an empty one is removed."""
        if text:
            self._settings.setValue(f"{_NOTES}/{key}", text)
        else:
            self._settings.remove(f"{_NOTES}/{key}")
        self._sync()

    def told(self, prefix: str) -> frozenset[str]:
        """Return the one-time messages shown under a prefix, such as the jobs whose first backup was announced."""
        return frozenset(self._keys(f"{_TOLD}/{prefix}"))

    def _keys(self, group: str) -> list[str]:
        self._settings.beginGroup(group)
        keys = self._settings.childKeys()
        self._settings.endGroup()
        return keys

    def _open(self) -> QSettings:
        settings = QSettings(str(self._path), QSettings.Format.IniFormat)
        if settings.status() is QSettings.Status.NoError and (settings.allKeys() or self._size_bytes() == 0):
            return settings
        copy = self._keep_aside()
        self._faults.append(Reason(ReasonCode.SETTINGS_UNREAD, path=str(copy)))
        del settings
        self._path.unlink(missing_ok=True)
        return QSettings(str(self._path), QSettings.Format.IniFormat)

    def _read_jobs(self) -> tuple[Job, ...]:
        value = self._settings.value(_JOBS, "")
        # A text with commas that lost its quotes is returned as a list.
        text = ",".join(str(part) for part in value) if isinstance(value, list) else str(value or "")
        parsed = parse_jobs(text)
        if parsed.is_newer or is_newer(self._settings.value(_SCHEMA)):
            raise SettingsError(Reason(ReasonCode.SETTINGS_NEWER, path=str(self._path)))
        if parsed.faults:
            copy = self._keep_aside()
            self._faults.extend(parsed.faults)
            self._faults.append(Reason(ReasonCode.SETTINGS_KEPT_ASIDE, path=str(copy)))
        return parsed.jobs

    def _miss_jobs(self, data_folder: Path) -> None:
        """Report once that the settings have lost their jobs (as in an empty file) if catalogs show that they had some.

        Without a settings file nothing is reported: the command line creates catalogs, but no settings.
        """
        if self._settings.contains(_JOBS) or self.was_told(_NO_JOBS):
            return
        if not catalog_files(data_folder):
            return
        self._faults.append(Reason(ReasonCode.SETTINGS_LOST))
        if self._size_bytes():
            self.note_told(_NO_JOBS)

    def _keep_aside(self) -> Path:
        """Copy the file before anything overwrites it; raises ``SettingsError`` if it cannot be copied."""
        stamp = datetime.now(tz=UTC).strftime("%Y%m%d-%H%M%SZ")
        copy = self._path.with_name(f"{FILE_NAME}.damaged-{stamp}")
        number = 0
        while copy.exists():
            number += 1
            copy = self._path.with_name(f"{FILE_NAME}.damaged-{stamp}-{number}")
        try:
            shutil.copy2(self._path, copy)
        except OSError as error:
            reason = Reason(ReasonCode.SETTINGS_NOT_KEPT_ASIDE, detail=of_error(error), path=str(self._path))
            raise SettingsError(reason) from error
        log.warning("The settings are damaged; a copy is kept as %s", copy)
        return copy

    def _size_bytes(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def _sync(self) -> None:
        if self._settings.value(_SCHEMA) != str(SCHEMA):
            self._settings.setValue(_SCHEMA, str(SCHEMA))
        self._settings.sync()
        # Qt creates new files with the permissions that the umask allows.
        close_file(self._path)

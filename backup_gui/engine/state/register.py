"""The jobs that this user's program knows: the folders of each job, as its catalog records them.

Markers identify the backups of any user. This register also knows sources, which have no marker. It contains a job once
its folders were accepted, as long as its catalog exists and the job was not removed. Code here writes only to the job's
own catalog.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from backup_gui.engine.fs.volumes.identity import Identity, read_identity
from backup_gui.engine.state.database import JobDatabase
from backup_gui.engine.state.rows import facts_of
from backup_gui.model.errors import BackupError
from backup_gui.model.path_text import escape, unescape

MARKER_KEY: Final = "marker"
_SOURCE_KEY: Final = "source path"
_DESTINATION_KEY: Final = "destination path"
_HISTORY_KEY: Final = "history path"
_IDENTITY_KEY: Final = "destination"
_WAIT_S: Final = 0.2


class ReadFacts:
    """The facts in a job's catalog, read once while another process may write it; empty if it cannot be read."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self._facts = {} if file is None else facts_of(file, _WAIT_S)

    def fact(self, key: str) -> str | None:
        """Return a remembered fact; None if unknown."""
        return self._facts.get(key)


# Facts recorded about a job: its catalog, or what was read from it.
Facts = JobDatabase | ReadFacts


class KnownJob(NamedTuple):
    """A job as its catalog records it.

    Attributes:
        key: Name of its catalog.
        marker_id: Id in its backup's marker; empty if it has none yet.
        source: Absolute path of its source.
        destination: Absolute path of its destination.
        history: Absolute path of its history; empty if it keeps none.
        identity: Identity of its destination, as recorded.
    """

    key: str
    marker_id: str
    source: str
    destination: str
    history: str
    identity: Identity | None


def other_jobs(catalog: Facts) -> Iterator[KnownJob]:
    """Yield the jobs whose catalogs lie beside the given one and can be read."""
    if catalog.file is None:
        return
    for file in sorted(catalog.file.parent.glob("*.sqlite")):
        if file.name != catalog.file.name and (known := _read(file)) is not None:
            yield known


def remember_folders(catalog: JobDatabase, source: str, destination: str, history: str | None) -> None:
    """Record the accepted folders of a job; permanent with the next ``commit``."""
    for key, path in ((_SOURCE_KEY, source), (_DESTINATION_KEY, destination), (_HISTORY_KEY, history or "")):
        catalog.remember(key, escape(path))


def forget_folders(file: Path) -> None:
    """Remove a deleted job from the register; running it again registers it again.

    Its marker still identifies its backup. The other records are used if the job is added again.
    """
    if not file.is_file():
        return
    with contextlib.suppress(BackupError, sqlite3.Error), contextlib.closing(JobDatabase.open(file)) as catalog:
        for key in (_SOURCE_KEY, _DESTINATION_KEY, _HISTORY_KEY):
            catalog.remember(key, "")
        catalog.commit()


def _read(file: Path) -> KnownJob | None:
    facts = facts_of(file, _WAIT_S)
    try:
        source, destination, history = (
            unescape(facts.get(key, "")) for key in (_SOURCE_KEY, _DESTINATION_KEY, _HISTORY_KEY)
        )
    except ValueError:
        return None
    if not source or not destination:
        return None
    identity = read_identity(facts.get(_IDENTITY_KEY))
    return KnownJob(file.stem, facts.get(MARKER_KEY, ""), source, destination, history, identity)

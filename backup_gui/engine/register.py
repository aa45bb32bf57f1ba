"""The jobs that this user's program knows: what each catalog says of its job's folders.

Markers tell of backups made by anybody; this tells of sources too, which have none. A job is in here once its folders
were accepted, for as long as its catalog is there. Nothing here writes but to the job's own catalog.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

from backup_gui.engine.escaping import escape, unescape
from backup_gui.engine.identity import read_identity
from backup_gui.engine.passlog import open_for_reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from backup_gui.engine.catalog import Catalog
    from backup_gui.engine.identity import Identity

MARKER_KEY: Final = "marker"
_SOURCE_KEY: Final = "source path"
_DESTINATION_KEY: Final = "destination path"
_HISTORY_KEY: Final = "history path"
_IDENTITY_KEY: Final = "destination"
_WAIT_S: Final = 0.2


class KnownJob(NamedTuple):
    """A job as its catalog remembers it.

    Attributes:
        key: What its catalog is called.
        marker_id: The id of its backup's marker; empty if it has none yet.
        source: Absolute path of its source.
        destination: Absolute path of its destination.
        history: Absolute path of its history; empty if it keeps none.
        identity: What its destination was, as recorded.
    """

    key: str
    marker_id: str
    source: str
    destination: str
    history: str
    identity: Identity | None


def other_jobs(catalog: Catalog) -> Iterator[KnownJob]:
    """Yield the other jobs whose catalogs lie beside a job's own and can be read."""
    if catalog.file is None:
        return
    for file in sorted(catalog.file.parent.glob("*.sqlite")):
        if file.name == catalog.file.name:
            continue
        known = _read(file)
        if known is not None:
            yield known


def remember_folders(catalog: Catalog, source: str, destination: str, history: str | None) -> None:
    """Remember the folders of a job, which were accepted; permanent with the next ``commit``."""
    for key, path in ((_SOURCE_KEY, source), (_DESTINATION_KEY, destination), (_HISTORY_KEY, history or "")):
        text = escape(path)
        if catalog.fact(key) != text:
            catalog.remember(key, text)


def _read(file: Path) -> KnownJob | None:
    facts: dict[str, str] = {}
    with contextlib.suppress(sqlite3.Error), contextlib.closing(open_for_reading(file, _WAIT_S)) as connection:
        wanted = (_SOURCE_KEY, _DESTINATION_KEY, _HISTORY_KEY, _IDENTITY_KEY, MARKER_KEY)
        rows = connection.execute("SELECT key, value FROM meta WHERE key IN (?, ?, ?, ?, ?)", wanted)
        facts = {str(key): str(value) for key, value in rows}
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

"""Puts what the guard holds back into the source: the user says that it should not have gone from there.

Nothing is written over: a file whose content was replaced in the source comes to lie beside the new one under another
name, and the user decides.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from backup_gui.engine.fs.content import Cancelled
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.restore.bringing import THERE_ALREADY, Steps, Tally, check_roots, name_beside, sizes_of
from backup_gui.engine.restore.writer import Restorer
from backup_gui.model.entries import EntryKind
from backup_gui.model.plans import Op
from backup_gui.model.reasons import of_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.rules.progress import Meter
    from backup_gui.engine.state.database import Catalog
    from backup_gui.model.job import Job
    from backup_gui.model.plans import Action, Held
    from backup_gui.model.restores import RestoreResult

BESIDE = "from the backup"


def put_back(
    job: Job, catalog: Catalog, held: Held, *, meter: Meter, should_stop: Callable[[], bool], at: datetime | None = None
) -> RestoreResult:
    """Put held files back into the source, from the mirror.

    No pass may be under way meanwhile.

    Args:
        job: The job.
        catalog: Knows which folders the roots are.
        held: What the user was shown.
        meter: Told of each path, and of the bytes of large files.
        should_stop: Asked before each path, and within large files.
        at: The time for the names of what is put beside; now if None.

    Returns:
        What became of each path.

    Raises:
        RootAbsentError: The source or the mirror is not there.
        OSError: The source cannot be opened.
    """
    check_roots(job, catalog)
    at = at or datetime.now()  # noqa: DTZ005 - for a name that people read
    # A folder in the way of a replacement is there twice.
    replaced = {action.path for action in held.actions if action.op is Op.REPLACE}
    wanted = [action for action in held.actions if action.op is Op.REPLACE or action.path not in replaced]
    actions = sorted(wanted, key=lambda action: action.path)
    tally = Tally(len(actions))
    with Tree(job.destination) as mirror:
        steps = Steps(meter, sizes_of([action.path for action in actions], mirror, should_stop))
    # A folder that the source has something else in the place of: all in it comes to lie in a folder beside.
    moved: dict[str, str] = {}
    with Restorer(job.source, inherits=True, on_bytes=steps.add_bytes, should_stop=should_stop) as restorer:
        for action in actions:
            if should_stop():
                tally.stop()
                break
            steps.begin(action.path)
            try:
                _put_back(restorer, job.destination, action, moved, at, tally)
            except FileExistsError:
                tally.skipped.append((action.path, THERE_ALREADY))
            except OSError as error:
                tally.fail(action.path, of_error(error))
            except Cancelled:
                tally.stop()
                break
            steps.end()
    meter.end()
    return tally.returned()


def _put_back(
    restorer: Restorer, mirror: str, action: Action, moved: dict[str, str], at: datetime, tally: Tally
) -> None:
    path = action.path
    if action.op is Op.DELETE:
        top = next((folder for folder in moved if path.startswith(folder + "/")), None)
        wanted = path if top is None else moved[top] + path[len(top) :]
        restorer.restore(mirror, path, wanted)
        tally.restored.append(path)
        return
    count = 0
    while True:
        wanted = name_beside(path, BESIDE, at, count)
        try:
            restorer.restore(mirror, path, wanted)
        except FileExistsError:
            count += 1
        else:
            break
    if action.old_kind is EntryKind.FOLDER:
        moved[path] = wanted
    tally.restored.append(path)
    tally.beside.append((path, wanted))

"""Opens source and destination, and checks that they are the recorded folders and drives.

The catalog records what the first pass found, or what the user has approved since.
"""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from backup_gui.engine.destination.job_folders import Nesting, nesting_of
from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_writer import make_private_folder
from backup_gui.engine.destination.probe import capabilities_of
from backup_gui.engine.fs import native
from backup_gui.engine.fs.tree import Tree
from backup_gui.engine.fs.volumes.drive_places import is_drive_missing
from backup_gui.engine.fs.volumes.identity import (
    Identity,
    Standing,
    identify,
    identity_of,
    nearest_existing,
    read_identity,
    standing,
)
from backup_gui.engine.fs.volumes.mounts import distrusted_devices, is_on_one_volume
from backup_gui.engine.fs.volumes.nesting import Location, mounted_below
from backup_gui.engine.fs.volumes.volume import volume_of
from backup_gui.engine.ownership.belonging import settle
from backup_gui.engine.ownership.marking import mark
from backup_gui.engine.roots.continuity import DESTINATION_KEY, Continuity, compare_with_last, remember_folder
from backup_gui.model.errors import (
    BackupError,
    DestinationFullError,
    DestinationUnusableError,
    JobError,
    RootAbsentError,
)
from backup_gui.model.path_text import escape
from backup_gui.model.plans import HeldCode, ProblemCode, Stage
from backup_gui.model.problems import code_of, is_full, of_unwritable
from backup_gui.model.reasons import Reason, ReasonCode, system_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import Destination
    from backup_gui.engine.destination.job_folders import JobFolders
    from backup_gui.engine.ownership.belonging import Belonging
    from backup_gui.engine.state.database import JobDatabase
    from backup_gui.model.job import Job
    from backup_gui.model.plans import Held

SOURCE_KEY = "source"
DRIVES_KEY = "drives"
POINT_KEY = "destination mounted at"
WELCOME_KEY = "a new drive is welcome"


# What is said of folders in each other, and of which one.
_NESTED = {
    Nesting.SAME: ("destination", ReasonCode.DESTINATION_INSIDE_SOURCE),
    Nesting.DESTINATION_IN_SOURCE: ("destination", ReasonCode.DESTINATION_INSIDE_SOURCE),
    Nesting.SOURCE_IN_DESTINATION: ("source", ReasonCode.SOURCE_INSIDE_DESTINATION),
    Nesting.SOURCE_IN_OWN: ("source", ReasonCode.SOURCE_INSIDE_OWN),
    Nesting.DESTINATION_AROUND_OWN: ("destination", ReasonCode.DESTINATION_AROUND_OWN),
    Nesting.HISTORY_IN_SOURCE: ("history", ReasonCode.HISTORY_AROUND_SOURCE),
    Nesting.SOURCE_IN_HISTORY: ("history", ReasonCode.HISTORY_AROUND_SOURCE),
    Nesting.HISTORY_IN_DESTINATION: ("history", ReasonCode.HISTORY_AROUND_DESTINATION),
    Nesting.DESTINATION_IN_HISTORY: ("history", ReasonCode.HISTORY_AROUND_DESTINATION),
    Nesting.HISTORY_AROUND_OWN: ("history", ReasonCode.HISTORY_AROUND_OWN),
}


class Roots(NamedTuple):
    """The two folders of a job, open.

    Attributes:
        source: The source.
        target: The destination; locked, unless nothing is to be written.
        is_source_other: Whether the source is another folder than before, without the user's approval.
        continuity: The state of the destination compared with the last pass; ``ANEW`` if it is another folder that the
            user has approved.
        belonging: The owner of the destination.
        accept: Records the destination as the job's from now on; permanent with the next ``commit``.
    """

    source: Tree
    target: Destination
    is_source_other: bool
    continuity: Continuity
    belonging: Belonging
    accept: Callable[[], None]


def open_roots(
    job: Job,
    folders: JobFolders,
    catalog: JobDatabase,
    stack: contextlib.ExitStack,
    allowed: Held | None,
    *,
    is_dry_run: bool,
    now_s: float,
    is_full: bool = True,
) -> Roots:
    """Open the source and the destination, and check that they are the same as before.

    Args:
        job: The job.
        folders: Where its folders lie.
        catalog: The records of them; updated, except in a dry run.
        stack: Closes them.
        allowed: The held actions that the user has approved.
        is_dry_run: Whether nothing is to be written.
        now_s: The time, seconds since 1970, UTC.
        is_full: Whether a full pass is made, which also looks for other backups around the folders.

    Raises:
        JobError: The folders cannot be used together.
        OtherBackupError: The destination or its history belongs to another backup.
        RootAbsentError: The source or the destination's drive is not connected, or is another one.
        DestinationBusyError: Another instance is writing there.
        DestinationFullError: There is no space to create the destination.
        DestinationUnusableError: The destination cannot be created or opened.
    """
    source, identity = _open_source(job, folders, catalog)
    stack.enter_context(source)
    has_new_source = job.allows_mass_delete or (allowed is not None and allowed.code is HeldCode.SOURCE_REPLACED)
    recorded = read_identity(catalog.fact(SOURCE_KEY))
    is_source_other = not has_new_source and standing(recorded, identity) is Standing.OTHER_FOLDER
    _refuse_nesting(folders)
    claims = allowed.claims if allowed is not None else frozenset()
    try:
        belonging = settle(job, folders, catalog, allowed=claims, looks_around=is_full, now_s=now_s)
    except OSError as error:
        raise RootAbsentError(Reason(ReasonCode.SOURCE_AWAY, path=job.source)) from error
    target = stack.enter_context(_open_target(job, folders, catalog, stack, is_dry_run=is_dry_run))
    has_new_destination = (
        job.allows_mass_delete
        or belonging.is_taken_over
        or (allowed is not None and allowed.code is HeldCode.DESTINATION_REPLACED)
    )
    continuity = _continuity(job, target, catalog, has_new_destination=has_new_destination)
    is_other = continuity is Continuity.OTHER
    target.tree.opens_up = not (is_dry_run or is_other)
    mounts = folders.source.visible.values()
    target.distrust(distrusted_devices(folders.source.path, source.root_fd, source.root_entry.st_dev, mounts))
    if not is_dry_run:
        target.lock()
    target.adopt(capabilities_of(target, job.destination.path, catalog, may_try=not (is_dry_run or is_other)))
    if not is_dry_run:
        if not is_other:
            # Write access to the history can be checked only where the file system has owners and modes.
            target.history.prepare()
        if has_new_source or recorded is None:
            catalog.remember(SOURCE_KEY, str(identity))
        if continuity is Continuity.ANEW:
            # The records of the earlier folder do not apply to another one, even with the same path.
            catalog.forget_mirror()
        if not is_other:
            accept_destination(job, target, catalog)
            mark(target, folders, catalog, belonging)
        catalog.commit()
    accept = partial(accept_destination, job, target, catalog)
    return Roots(source, target, is_source_other, continuity, belonging, accept)


def _continuity(job: Job, target: LocalDestination, catalog: JobDatabase, *, has_new_destination: bool) -> Continuity:
    """Compare the destination with how the last pass left it; another one with the user's approval counts as new.

    Raises:
        RootAbsentError: It has vanished since it was opened.
    """
    if target.root != job.destination.path:
        # A dry run for a destination that does not exist yet.
        return Continuity.SAME
    try:
        found = compare_with_last(target, catalog)
    except OSError as error:
        raise RootAbsentError(Reason(ReasonCode.DESTINATION_AWAY, path=job.destination.path)) from error
    return Continuity.ANEW if found is Continuity.OTHER and has_new_destination else found


def accept_destination(job: Job, target: LocalDestination, catalog: JobDatabase) -> None:
    """Record a folder as the destination from now on; permanent with the next ``commit``.

    Raises:
        RootAbsentError: It has vanished since it was opened.
    """
    try:
        remember_folder(target, catalog)
        catalog.remember(POINT_KEY, _mount_point(target.tree.location.path))
    except OSError as error:
        raise RootAbsentError(Reason(ReasonCode.FOLDER_GONE, path=job.destination.path)) from error
    catalog.remember(WELCOME_KEY, "")


def check_roots(job: Job, catalog: JobDatabase) -> None:
    """Check that both folders exist on their recorded drives before files are restored.

    Raises:
        RootAbsentError: One does not.
    """
    roots = (
        (job.source, SOURCE_KEY, ReasonCode.SOURCE_AWAY, ReasonCode.SOURCE_DRIVE_AWAY),
        (job.destination.path, DESTINATION_KEY, ReasonCode.DESTINATION_AWAY, ReasonCode.DESTINATION_DRIVE_AWAY),
    )
    for root, key, away, drive_away in roots:
        try:
            is_other = standing(read_identity(catalog.fact(key)), identify(root)) is Standing.OTHER_VOLUME
        except OSError as error:
            raise RootAbsentError(Reason(away, path=root)) from error
        if is_other or not os.path.isdir(root):
            raise RootAbsentError(Reason(drive_away, path=root))


def _open_source(job: Job, folders: JobFolders, catalog: JobDatabase) -> tuple[Tree, Identity]:
    """Open the source.

    Returns:
        It, and which folder it is.

    Raises:
        JobError: It is not a folder, and never was one.
        RootAbsentError: It does not exist, cannot be read, or is on another volume than before.
    """
    recorded = read_identity(catalog.fact(SOURCE_KEY))
    try:
        source = Tree(job.source, downloads=not job.leaves_out_cloud_only)
    except NotADirectoryError as error:
        if recorded is None:
            raise JobError(Reason(ReasonCode.SOURCE_NO_FOLDER, path=job.source)) from error
        raise RootAbsentError(Reason(ReasonCode.SOURCE_NO_FOLDER_NOW, path=job.source)) from error
    except FileNotFoundError as error:
        raise RootAbsentError(Reason(ReasonCode.SOURCE_AWAY, path=job.source)) from error
    except OSError as error:
        raise RootAbsentError(_unopened(job, error)) from error
    try:
        identity = identity_of(folders.source)
        if not job.allows_mass_delete and standing(recorded, identity) is Standing.OTHER_VOLUME:
            raise RootAbsentError(Reason(ReasonCode.SOURCE_REPLACED, path=job.source))
    except OSError as error:
        source.close()
        raise RootAbsentError(_unopened(job, error)) from error
    except BackupError:
        source.close()
        raise
    return source, identity


def _unopened(job: Job, error: OSError) -> Reason:
    is_private = code_of(error, Stage.COMPARE) is ProblemCode.PRIVACY
    why = Reason(ProblemCode.PRIVACY) if is_private else system_words(error)
    return Reason(ReasonCode.SOURCE_UNOPENED, why=why, path=job.source)


def _refuse_nesting(folders: JobFolders) -> None:
    """Refuse folders inside each other. Checked at each pass, since folders can be linked or mounted together later.

    Raises:
        JobError: One lies in another.
    """
    nesting = nesting_of(folders)
    if nesting is None:
        return
    if nesting is Nesting.SOURCE_MOUNTED_IN_DESTINATION:
        mounted = mounted_below(folders.destination, folders.source) or folders.source.given
        raise JobError(Reason(ReasonCode.SOURCE_MOUNTED_INSIDE, path=mounted))
    place, code = _NESTED[nesting]
    raise JobError(Reason(code, path=getattr(folders, place).given))


def _open_target(
    job: Job, folders: JobFolders, catalog: JobDatabase, stack: contextlib.ExitStack, *, is_dry_run: bool
) -> LocalDestination:
    """Open the destination, and create it if that is allowed.

    Raises:
        JobError: It is not a folder, or its history would lie on another volume.
        RootAbsentError: Its drive is not connected.
        DestinationUnusableError: It cannot be created or opened.
    """
    recorded = read_identity(catalog.fact(DESTINATION_KEY))
    root = job.destination.path
    try:
        is_there = os.path.lexists(root)
        anchor = nearest_existing(root)
        place = folders.destination if anchor == root else Location(anchor, folders.source)
        is_other = recorded is not None and volume_of(place) != recorded.volume
        if is_other and not _may_be_other(job, catalog, anchor):
            if _is_new_drive(anchor, catalog):
                raise RootAbsentError(Reason(ReasonCode.DESTINATION_REPLACED, path=root))
            raise RootAbsentError(Reason(ReasonCode.DESTINATION_DRIVE_AWAY, path=root))
        if recorded is None and is_drive_missing(root):
            raise RootAbsentError(Reason(ReasonCode.NOT_MOUNTED, path=root))
        if not is_there:
            if is_dry_run:
                import tempfile  # noqa: PLC0415 - slow to import, and rarely needed

                return LocalDestination(stack.enter_context(tempfile.TemporaryDirectory()), None)
            make_private_folder(root)
        history = None if folders.history is None else folders.history.given
        if history is not None and job.history and not is_on_one_volume(nearest_existing(history), root):
            raise JobError(Reason(ReasonCode.HISTORY_ON_OTHER_DRIVE, path=history))
        return LocalDestination(root, history)
    except NotADirectoryError as error:
        raise JobError(Reason(ReasonCode.DESTINATION_NO_FOLDER, path=root)) from error
    except FileExistsError as error:
        raise JobError(Reason(ReasonCode.DESTINATION_NO_FOLDER, path=root)) from error
    except OSError as error:
        if is_full(error):
            raise DestinationFullError(Reason(ReasonCode.FULL_BEFORE_BEGUN, path=root)) from error
        reason = Reason(ReasonCode.DESTINATION_UNOPENED, detail=of_unwritable(error), path=root)
        raise DestinationUnusableError(reason) from error


def _is_in_use(root: str) -> bool:
    """Tell whether a folder is more than an empty mount point, which no approval can make a destination."""
    return os.path.isdir(root) and (os.path.ismount(root) or bool(os.listdir(root)))


def _may_be_other(job: Job, catalog: JobDatabase, anchor: str) -> bool:
    """Tell whether the user has approved another drive for the destination, and one is connected."""
    if job.allows_mass_delete and _is_in_use(job.destination.path):
        return True
    return (job.allows_mass_delete or bool(catalog.fact(WELCOME_KEY))) and _is_new_drive(anchor, catalog)


def _is_new_drive(anchor: str, catalog: JobDatabase) -> bool:
    """Tell whether another drive is mounted just where the destination's was, so that its folder may be created there.

    Only there: the nearest existing folder (``anchor``) may lie on a volume that never was a backup drive, such as the
    in-memory file system with the mount points of drives.
    """
    return catalog.fact(POINT_KEY) == _mount_point(native.real_path(anchor))


def _mount_point(path: str) -> str:
    """Return the mount point of an existing folder's volume, escaped; the folder's path has no links."""
    # Not by ``os.path.ismount``, which resolves the links above each folder once more.
    point, device = path, os.stat(path).st_dev
    while (above := os.path.dirname(point)) != point and os.stat(above).st_dev == device:
        point = above
    return escape(point)


def remembered_drives(catalog: JobDatabase) -> frozenset[str]:
    """Return the folders of the source on which other volumes are known to be mounted."""
    text = catalog.fact(DRIVES_KEY)
    if text is None:
        return frozenset()
    import json  # noqa: PLC0415 - slow to import, and few sources have drives in them

    try:
        drives = json.loads(text)
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(drive for drive in drives if isinstance(drive, str)) if isinstance(drives, list) else frozenset()


def remember_drives(catalog: JobDatabase, drives: frozenset[str]) -> None:
    """Record the folders of the source on which other volumes are mounted; permanent with the next ``commit``."""
    if drives == remembered_drives(catalog):
        return
    import json  # noqa: PLC0415 - as above

    catalog.remember(DRIVES_KEY, json.dumps(sorted(drives)))


def forget_drive(catalog: JobDatabase, drive: str) -> None:
    """Stop expecting a drive.

    If it was mounted in the source, its files count as deleted from now on. If it was the destination's (an empty
    text), the next drive mounted in its place becomes the destination's, even if it is empty. Nothing is ever written
    where no drive is mounted.
    """
    if not drive:
        catalog.remember(WELCOME_KEY, "1")
    remember_drives(catalog, remembered_drives(catalog) - {drive})
    catalog.commit()

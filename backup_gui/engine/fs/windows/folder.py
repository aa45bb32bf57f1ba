"""Folders by their handles, as Windows has them; ``folder.py`` says what each call does.

Each name is opened relative to the handle of its folder, and never through a link: a symbolic link, a junction and a
mounted volume are links, whatever stands at the other end. Other programs may do with every open file what they like.
What one of them has opened for itself alone is tried again for a short time, and then told as in use.

Nothing here calls the system but through ``nt.NtCalls``, so that all of it is tested on any system.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from backup_gui.engine.fs.windows import nt
from backup_gui.engine.fs.windows.handles import (
    ITSELF,
    NOT_OFFERED,
    READING,
    SETTABLE,
    SETTING,
    WindowsEntry,
    completed,
    in_use,
    read_only_fd,
    remove,
    set_mode_of,
    tried_again,
    unlimited,
)
from backup_gui.engine.rules.space import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backup_gui.engine.fs.windows.nt import NtCalls
    from backup_gui.model.entries import Entry

_FOLDER: Final = nt.LIST_DIRECTORY | nt.READ_ATTRIBUTES
_WRITING: Final = nt.READ_DATA | nt.WRITE_DATA | nt.APPEND_DATA | SETTING
_REMOVING: Final = nt.READ_ATTRIBUTES | nt.DELETE
_REPLACING: Final = nt.RENAME_REPLACES | nt.RENAME_POSIX | nt.RENAME_IGNORES_READ_ONLY


class Listed(NamedTuple):
    """A name in a folder."""

    name: str


class WindowsFolder:
    """A folder's handle, as ``folder.FolderHandle``.

    Args:
        calls: The system.
        handle: The folder's handle, which this closes.
        device: The number of its volume.
    """

    __slots__ = ("_calls", "_device", "_handle")
    fd = -1
    # Windows renames no folder as long as anything in it is open.
    follows_renames: Final = False

    def __init__(self, calls: NtCalls, handle: int, device: int) -> None:
        self._calls = calls
        self._handle = handle
        self._device = device

    def close(self) -> None:
        if self._handle:
            self._calls.close(self._handle)
            self._handle = 0

    def duplicate(self) -> WindowsFolder:
        return WindowsFolder(self._calls, self._calls.duplicate(self._handle), self._device)

    def reopen(self) -> WindowsFolder:
        again = self._calls.open_at(self._handle, "", _FOLDER, nt.DIRECTORY_FILE)
        return WindowsFolder(self._calls, again, self._device)

    def open_dir_at(self, name: str) -> WindowsFolder:
        handle = self._open(name, _FOLDER, nt.DIRECTORY_FILE | ITSELF)
        try:
            facts = self._calls.facts(handle)
            if nt.is_link(facts):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
            handle = completed(self._calls, handle, facts, _FOLDER)
        except BaseException:
            self._calls.close(handle)
            raise
        return WindowsFolder(self._calls, handle, self._device)

    # Metadata of the folder itself

    def stat(self) -> Entry:
        return nt.entry_of(self._calls.facts(self._handle), self._device)

    def set_owner(self, user: int, group: int) -> None:
        pass

    def set_mode(self, mode: int) -> None:
        with self._opened_to_be_set() as it:
            it.set_mode(mode)

    def set_times(self, times_ns: tuple[int, int]) -> None:
        with self._opened_to_be_set() as it:
            it.set_times(times_ns)

    # Reading

    def entries(self, most: int) -> dict[str, Entry] | None:
        # The listing has all of it but the number of links, and lags behind for what programs have open.
        names: list[str] = []
        for name in self._listed():
            if len(names) == most:
                return None
            names.append(name)
        return {name: self.stat_at(name) for name in names}

    def names(self) -> list[str]:
        return list(self._listed())

    @contextlib.contextmanager
    def scan(self) -> Iterator[Iterator[Listed]]:
        yield map(Listed, self._listed())

    def stat_at(self, name: str) -> Entry:
        if name == ".":
            return self.stat()
        nt.check_name(name)
        facts = tried_again(lambda: self._calls.facts_at(self._handle, name))
        if facts is None:
            with self._opened(name, nt.READ_ATTRIBUTES, ITSELF) as handle:
                facts = self._calls.facts(handle)
        return nt.entry_of(facts, self._device)

    def open_file_at(self, name: str) -> int:
        return read_only_fd(self._calls, self._open(name, READING, ITSELF), name)

    def readlink_at(self, name: str) -> str:
        with self._opened(name, nt.READ_ATTRIBUTES, ITSELF) as handle:
            facts = self._calls.facts(handle)
            if not nt.is_link(facts):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)
            return nt.link_text(self._calls.reparse_data(handle), is_folder=bool(facts.attributes & nt.DIRECTORY))

    def path_of(self, name: str) -> str:
        path = self._calls.final_path(self._handle)
        return path if name in {"", "."} else os.path.join(path, name)

    # Making and removing

    def create_at(self, name: str) -> int:
        handle = self._open(name, _WRITING, nt.NON_DIRECTORY_FILE, nt.CREATE)
        return self._calls.to_fd(handle, os.O_RDWR)

    def mkdir_at(self, name: str, mode: int) -> None:
        self._calls.close(self._open(name, _FOLDER, nt.DIRECTORY_FILE, nt.CREATE))

    def symlink_at(self, text: str, name: str) -> None:
        is_folder = nt.is_folder_text(text)
        kind = nt.DIRECTORY_FILE if is_folder else nt.NON_DIRECTORY_FILE
        with self._opened(name, SETTING | _REMOVING, kind | ITSELF, nt.CREATE) as handle:
            try:
                self._calls.set_reparse_data(handle, nt.link_data(text))
            except OSError as error:
                remove(self._calls, handle)
                if error.errno != errno.EPERM or nt.is_junction_text(text):
                    raise
            else:
                return
        # In developer mode users may make links, but only by this call.
        # RACE: a folder above that is renamed meanwhile leads it elsewhere, where a link stays that leads nowhere new.
        self._calls.make_symlink(self.path_of(name), nt.plain_link_text(text), is_folder=is_folder)
        self.readlink_at(name)

    def link_at(self, name: str, folder: WindowsFolder, new_name: str) -> None:
        nt.check_name(new_name)
        with self._opened(name, SETTING, ITSELF) as handle:
            if self._calls.facts(handle).attributes & nt.DIRECTORY:
                # As other systems say it: a link to a folder is one to this system, and has one name.
                raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), name)
            tried_again(lambda: self._calls.link(handle, folder._handle, new_name))

    def rename_at(self, name: str, folder: WindowsFolder, new_name: str) -> None:
        self._rename(name, folder, new_name, 0)

    def replace_at(self, name: str, folder: WindowsFolder, new_name: str) -> None:
        self._rename(name, folder, new_name, _REPLACING)

    def respell_at(self, name: str, new_name: str) -> None:
        self._rename(name, self, new_name, 0)

    def unlink_at(self, name: str) -> None:
        self._remove_at(name, ITSELF, is_folder=False)

    def rmdir_at(self, name: str) -> None:
        self._remove_at(name, nt.DIRECTORY_FILE | ITSELF, is_folder=True)

    # Metadata

    def opened(self, fd: int) -> WindowsEntry:
        return WindowsEntry(self._calls, self._calls.of_fd(fd), self._device)

    def set_owner_at(self, name: str, user: int, group: int) -> None:
        pass

    def set_mode_at(self, name: str, mode: int) -> None:
        with self._opened(name, SETTING, ITSELF) as handle:
            set_mode_of(self._calls, handle, mode)

    def set_times_at(self, name: str, times_ns: tuple[int, int], *, is_link: bool = False) -> None:
        with self._opened(name, SETTING, ITSELF) as handle:
            WindowsEntry(self._calls, handle, self._device).set_times(times_ns)

    # The disk

    def flush_dir(self) -> None:
        # Users who may not make anything in a folder, and some file systems, cannot flush it.
        with contextlib.suppress(OSError):
            handle = self._calls.open_at(self._handle, "", nt.ADD_FILE, nt.DIRECTORY_FILE)
            try:
                self._calls.flush(handle)
            finally:
                self._calls.close(handle)

    def flush_file_at(self, name: str) -> None:
        try:
            handle = self._open(name, nt.WRITE_DATA, nt.NON_DIRECTORY_FILE | ITSELF)
        except PermissionError:
            # It is read-only, and can only be flushed by whoever may write to it.
            return
        try:
            self._calls.flush(handle)
        finally:
            self._calls.close(handle)

    def sync_volume(self) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    def room(self) -> Room:
        free_bytes, block_bytes = self._calls.free_space(self._handle)
        return Room(free_bytes, None, block_bytes)

    def lock(self) -> None:
        pass

    # Inner parts

    def _open(self, name: str, access: int, options: int, disposition: int = nt.OPEN) -> int:
        nt.check_name(name)
        return tried_again(lambda: self._calls.open_at(self._handle, name, access, options, disposition))

    @contextlib.contextmanager
    def _opened(self, name: str, access: int, options: int, disposition: int = nt.OPEN) -> Iterator[int]:
        handle = self._open(name, access, options, disposition)
        try:
            yield handle
        finally:
            self._calls.close(handle)

    @contextlib.contextmanager
    def _opened_to_be_set(self) -> Iterator[WindowsEntry]:
        handle = self._calls.open_at(self._handle, "", SETTING, nt.DIRECTORY_FILE)
        try:
            yield WindowsEntry(self._calls, handle, self._device)
        finally:
            self._calls.close(handle)

    def _listed(self) -> Iterator[str]:
        # By a handle of its own: some file systems show by one all the time what was there when it was first listed.
        handle = self._calls.open_at(self._handle, "", _FOLDER, nt.DIRECTORY_FILE)
        try:
            while buffer := self._calls.next_listed(handle):
                yield from nt.listed_names(buffer)
        finally:
            self._calls.close(handle)

    def _rename(self, name: str, folder: WindowsFolder, new_name: str, flags: int) -> None:
        nt.check_name(new_name)
        with self._opened(name, _REMOVING, ITSELF) as handle:

            def rename() -> None:
                if flags:
                    try:
                        self._calls.rename(handle, folder._handle, new_name, flags, is_extended=True)
                    except OSError as error:
                        if error.errno not in NOT_OFFERED:
                            raise
                    else:
                        return
                self._calls.rename(handle, folder._handle, new_name, flags, is_extended=False)

            try:
                tried_again(rename, errno.EBUSY, errno.EACCES)
            except PermissionError as error:
                if flags:
                    folder._make_way(new_name, rename)
                elif self._calls.facts(handle).attributes & nt.DIRECTORY:
                    # It could be opened to be renamed, so something in it is open.
                    raise in_use(name) from error
                else:
                    raise

    def _make_way(self, name: str, rename: Callable[[], None]) -> None:
        """Replace what could not be replaced as it is.

        Raises:
            OSError: It is in use, or may not be replaced; it is as it was.
        """
        # A file that somebody holds open may be opened to be removed, and is not replaced; that tells it from one that
        # this user may not replace.
        with self._opened(name, _REMOVING | SETTING, ITSELF) as handle:
            facts = self._calls.facts(handle)
            if facts.attributes & nt.DIRECTORY:
                if not nt.is_link(facts):
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
                # RACE: killed in between, the link is gone until the next pass. Windows replaces no folder, and so no
                # link to one.
                remove(self._calls, handle)
            elif facts.attributes & nt.READ_ONLY:
                set_mode_of(self._calls, handle, stat.S_IMODE(nt.mode_of(facts)) | stat.S_IWUSR)
                try:
                    rename()
                except OSError as error:
                    self._calls.set_basic(handle, attributes=facts.attributes & SETTABLE)
                    raise in_use(name) from error
                return
            else:
                raise in_use(name)
        rename()

    def _remove_at(self, name: str, options: int, *, is_folder: bool) -> None:
        with self._opened(name, _REMOVING, options) as handle:
            facts = self._calls.facts(handle)
            if bool(facts.attributes & nt.DIRECTORY and not nt.is_link(facts)) is not is_folder:
                number = errno.ENOTDIR if is_folder else errno.EISDIR
                raise OSError(number, os.strerror(number), name)
            tried_again(lambda: remove(self._calls, handle))


class _Downloading:
    """The calls of a system, for which nothing counts as elsewhere, since reading brings it from there."""

    def __init__(self, calls: NtCalls) -> None:
        self._calls = calls

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the system has
        return getattr(self._calls, name)

    def facts(self, handle: int) -> nt.Facts:
        return nt.as_if_here(self._calls.facts(handle))

    def facts_at(self, folder: int, name: str) -> nt.Facts | None:
        facts = self._calls.facts_at(folder, name)
        return None if facts is None else nt.as_if_here(facts)


def open_root(calls: NtCalls, path: str, *, downloads: bool = False) -> WindowsFolder:
    """Open a folder by its path, which may lead through links: it is the folder that the user named.

    Args:
        calls: The system.
        path: Absolute path.
        downloads: Whether what has its content in a cloud is as any other file, whose reading brings it from there.

    Raises:
        OSError: It cannot be opened, or is no folder.
    """
    if downloads:
        calls = cast("NtCalls", _Downloading(calls))
    handle = calls.open_path(unlimited(path), _FOLDER, 0)
    try:
        if not calls.facts(handle).attributes & nt.DIRECTORY:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return WindowsFolder(calls, handle, calls.volume_serial(handle))
    except BaseException:
        calls.close(handle)
        raise

"""What the Windows kernel says, as the engine understands it."""

from __future__ import annotations

import errno
import stat

import pytest

from backup_gui.engine.fs.windows import nt
from backup_gui.engine.fs.windows.nt import Facts
from backup_gui.model.entries import EntryKind, kind_of
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import code_of

SECOND_NS = 1_000_000_000
# 1 January 2000.
NT_TIME, UNIX_NS = 125_911_584_000_000_000, 946_684_800 * SECOND_NS
WSL_LINK, CLOUD, DEDUPLICATED, STORE_APP, SOCKET = 0xA000_001D, 0x9000_001A, 0x8000_0013, 0x8000_001B, 0x8000_0023


def facts(attributes: int = nt.ARCHIVE, tag: int = 0) -> Facts:
    attributes |= nt.REPARSE_POINT if tag else 0
    return Facts(7, NT_TIME, NT_TIME + 1, NT_TIME + 2, 5, attributes, tag, 1)


def test_an_entry_has_number_times_size_and_the_time_of_the_last_change_of_any_kind() -> None:
    entry = nt.entry_of(facts(), 3)
    assert (entry.st_ino, entry.st_dev, entry.st_nlink, entry.st_size) == (7, 3, 1, 5)
    assert (entry.st_atime_ns, entry.st_mtime_ns, entry.st_ctime_ns) == (UNIX_NS, UNIX_NS + 100, UNIX_NS + 200)
    assert entry.st_mtime == pytest.approx(UNIX_NS / SECOND_NS)
    assert nt.nt_time(UNIX_NS + 100) == NT_TIME + 1
    assert nt.nt_time(-(10**21)) > 0


@pytest.mark.parametrize(
    ("attributes", "tag", "kind"),
    [
        (nt.ARCHIVE, 0, EntryKind.FILE),
        (nt.DIRECTORY, 0, EntryKind.FOLDER),
        (nt.DIRECTORY, nt.MOUNT_POINT, EntryKind.LINK),
        (nt.DIRECTORY, nt.SYMLINK, EntryKind.LINK),
        (nt.ARCHIVE, nt.SYMLINK, EntryKind.LINK),
        (nt.ARCHIVE, WSL_LINK, EntryKind.LINK),
        (nt.DIRECTORY, CLOUD, EntryKind.FOLDER),
        (nt.ARCHIVE, CLOUD, EntryKind.FILE),
        (nt.ARCHIVE, DEDUPLICATED, EntryKind.FILE),
        (nt.ARCHIVE, STORE_APP, EntryKind.SPECIAL),
        (nt.ARCHIVE, SOCKET, EntryKind.SPECIAL),
        (nt.DEVICE, 0, EntryKind.SPECIAL),
    ],
)
def test_whatever_stands_for_another_name_is_a_link(attributes: int, tag: int, kind: EntryKind) -> None:
    assert kind_of(nt.entry_of(facts(attributes, tag), 0)) is kind


@pytest.mark.parametrize("attributes", [0, nt.READ_ONLY, nt.HIDDEN, nt.SYSTEM, nt.READ_ONLY | nt.HIDDEN | nt.SYSTEM])
@pytest.mark.parametrize("kind", [nt.ARCHIVE, nt.DIRECTORY])
def test_attributes_come_back_from_the_mode(attributes: int, kind: int) -> None:
    is_folder = kind == nt.DIRECTORY
    mode = nt.mode_of(facts(attributes | kind))
    assert nt.attributes_of_mode(mode, is_folder=is_folder) == attributes
    # Whoever closes an entry to others sets no attribute.
    assert nt.attributes_of_mode(mode & ~0o077, is_folder=is_folder) & (nt.HIDDEN | nt.SYSTEM) == 0
    assert not is_folder or mode & stat.S_IRWXU == stat.S_IRWXU


@pytest.mark.parametrize(
    ("text", "is_folder"),
    [
        ("file", False),
        ("folder\\", True),
        ("..\\other\\file", False),
        ("C:\\Users\\somebody\\", True),
        ("C:\\", True),
        ("\\\\server\\share\\file", False),
        ("\\??\\C:\\Users\\somebody", True),
        ("\\??\\Volume{0b1c1b1e-0000-0000-0000-100000000000}\\", True),
        ("half a character \ud83d", False),
    ],
)
def test_the_text_of_a_link_says_of_which_kind_it_is(text: str, is_folder: bool) -> None:  # noqa: FBT001 - a parameter
    data = nt.link_data(text)
    assert nt.link_text(data, is_folder=is_folder) == text
    assert nt.is_folder_text(text) is is_folder
    assert int.from_bytes(data[:4], "little") == (nt.MOUNT_POINT if nt.is_junction_text(text) else nt.SYMLINK)


def test_a_link_to_a_folder_is_made_without_the_mark_of_its_kind() -> None:
    data = nt.link_data("..\\folder\\")
    assert "..\\folder\0".encode("utf-16-le") in data
    assert "folder\\\0".encode("utf-16-le") not in data
    assert nt.link_text(data, is_folder=False) == "..\\folder"
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the number tells
        nt.link_text(nt.reparse_buffer(WSL_LINK, b""), is_folder=False)
    assert caught.value.errno == errno.EOPNOTSUPP


@pytest.mark.parametrize("name", ["", "..", "a\\b", "a/b", "file:stream", "a\0"])
def test_a_name_leads_nowhere_else(name: str) -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        nt.check_name(name)


@pytest.mark.hazard(32)
@pytest.mark.parametrize(
    ("path", "unlimited"),
    [
        ("C:\\folder", "\\\\?\\C:\\folder"),
        ("C:/folder", "\\\\?\\C:\\folder"),
        ("\\\\server\\share\\folder", "\\\\?\\UNC\\server\\share\\folder"),
        ("\\\\?\\C:\\folder", "\\\\?\\C:\\folder"),
        ("\\\\?\\UNC\\server\\share", "\\\\?\\UNC\\server\\share"),
        ("\\\\.\\pipe", "\\\\.\\pipe"),
    ],
)
def test_paths_of_any_length_have_a_form_of_their_own(path: str, unlimited: str) -> None:
    assert nt.unlimited(path) == unlimited


def test_a_listing_yields_all_names_but_those_of_the_folder_and_its_parent() -> None:
    buffer = b""
    names = [".", "..", "a", "\u00e9\U0001f600", "half \ud83d"]
    for name in names:
        encoded = name.encode("utf-16-le", "surrogatepass")
        length = nt.LISTED.size + len(encoded)
        following = length + -length % 8
        fields = (0 if name is names[-1] else following, *[0] * 8, len(encoded), 0, 0, 0)
        buffer += nt.LISTED.pack(*fields) + encoded + bytes(following - length)
    assert list(nt.listed_names(buffer)) == names[2:]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (0xC000_0043, ProblemCode.IN_USE),
        (0xC000_0054, ProblemCode.IN_USE),
        (0xC000_0056, ProblemCode.IN_USE),
        (0xC000_0243, ProblemCode.IN_USE),
        (0xC000_0022, ProblemCode.NO_PERMISSION),
        (0xC000_007F, ProblemCode.NO_SPACE),
        (0xC000_00A2, ProblemCode.READ_ONLY),
        (0xC000_009C, ProblemCode.READ_ERROR),
        (0xC000_0904, ProblemCode.TOO_LARGE),
    ],
)
def test_what_another_program_holds_is_told_apart_from_what_is_forbidden(status: int, code: object) -> None:
    error = nt.error_of(status, 5, "text", "name")
    assert code_of(error, Stage.COPY) is code
    assert error.filename == "name"
    # It stays so when the error is told as the destination's.
    assert code_of(OSError(error.errno, error.strerror), Stage.COPY) is code


def test_a_folder_that_is_removed_while_it_is_open_counts_as_gone() -> None:
    assert isinstance(nt.error_of(0xC000_0123, 2, "text", "name"), FileNotFoundError)


def test_errors_of_the_windows_api_are_told_apart_too() -> None:
    assert nt.error_of_windows(32, "text", "").errno == errno.EBUSY
    assert nt.error_of_windows(1314, "text", "").errno == errno.EPERM
    assert nt.error_of_windows(32, "text", "").filename is None

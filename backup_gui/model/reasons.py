"""Reasons why something was not done: a code with named arguments, from which each edge makes its own words.

The English for the log and the command line stands beside its code. The window looks up its translation by this text.
Nothing else compares or searches a sentence. Nothing here touches a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from backup_gui.model.path_text import readable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


# Arguments that are paths, and are written as such.
PATHS: Final = frozenset({"path", "rule"})
_KILO: Final = 1000


class Code:
    """A reason's name and its English. Each code is a single object, so compare codes with ``is``.

    Attributes:
        value: The name, that of the attribute in lower case with hyphens: unique among all groups. Catalogs and other
            programs have it, so it is the same in every version of the program.
        words: The English, a format string for the arguments of ``Reason``.
    """

    __slots__ = ("value", "words")

    value: str

    def __init__(self, words: str) -> None:
        self.words: Final = words

    def __set_name__(self, owner: type, name: str) -> None:
        """Take the attribute's name, and register the code by it."""
        self.value = name.lower().replace("_", "-")
        _CODES[self.value] = self

    def __repr__(self) -> str:
        """Return a text for test reports."""
        return f"<Code {self.value}>"

    def __reduce__(self) -> tuple[Callable[[str], Code], tuple[str]]:
        """Copy and unpickle to the same object, also in another process."""
        return code_named, (self.value,)


_CODES: Final[dict[str, Code]] = {}


def code_named(value: str) -> Code:
    """Return the code of this name; raises ``KeyError`` if only a later version of the program has it."""
    return _CODES[value]


class Codes:
    """A group of codes, which are its attributes. No Enum: making 250 members slows every start."""

    @classmethod
    def all(cls) -> tuple[Code, ...]:
        """Return the codes of the group."""
        return tuple(code for code in vars(cls).values() if isinstance(code, Code))


class Reason(str):
    """A reason. It is a ``str`` of its own English, so logs, exceptions and databases take it as it is.

    The text is for people. Decisions use ``code``; translations use ``code`` and ``arguments``.

    Attributes:
        code: The reason's code.
        arguments: Values that its words mention, by name: unescaped paths, sizes in bytes, numbers, other reasons.
            ``why`` holds words of the system or a reason; ``more`` is appended to the words of any code.
    """

    __slots__ = ("arguments", "code")

    code: Code
    arguments: Mapping[str, str | int | Reason]

    def __new__(cls, code: Code, /, **arguments: str | int | Reason) -> Self:
        """Create a reason from its code and arguments."""
        words = code.words
        if arguments:
            english = {name: _in_english(name, value) for name, value in arguments.items()}
            words = words.format_map(english) if "more" not in english else f"{words}: {english['more']}"
        reason = super().__new__(cls, words)
        reason.code = code
        reason.arguments = arguments
        return reason

    def __getnewargs_ex__(self) -> tuple[tuple[Code], dict[str, str | int | Reason]]:
        """Return the arguments for copying and pickling, so that copies have the code as well."""
        return (self.code,), dict(self.arguments)


def _in_english(name: str, value: str | int | Reason) -> str:
    if isinstance(value, int):
        if name == "size":
            return size_in_words(value)
        # Limits and options are typed and shown without separators.
        return str(value) if name == "number" else f"{value:,}"
    return readable(value) if name in PATHS else value


def size_in_words(size_bytes: int) -> str:
    """Format a size as file managers and the window do, in powers of 1,000."""
    if size_bytes < _KILO:
        return f"{size_bytes} bytes"
    size = float(size_bytes)
    for unit in ("kB", "MB", "GB", "TB"):
        size /= _KILO
        # A number that would be rounded up to 1,000 gets the next unit.
        if size < _KILO - 0.05:
            return f"{size:.1f} {unit}"
    return f"{size / _KILO:.1f} PB"


class ReasonCode(Codes):
    """What ends a run or a pass, and what users should know about a folder, an option or a way of watching."""

    # Combinations of other reasons, and words from elsewhere
    NONE = Code("")
    SYSTEM = Code("{why}")
    LINES = Code("{first}\n{second}")
    ABOUT = Code("{detail} ({path})")
    AT = Code("{path}")
    # Roots that are missing or unusable
    FOLDER_GONE = Code("A folder is not there any more: {path}")
    DESTINATION_REPLACED = Code("Another drive is where the destination was: {path}")
    SOURCE_REPLACED = Code("Another drive is where the source was: {path}")
    BACKED_UP_ELSEWHERE = Code("Another instance of the program is already backing up to {path}.")
    WRITTEN_ELSEWHERE = Code("Another program instance is writing to {path}.")
    NOT_MOUNTED = Code("No drive is mounted where the destination lies: {path}")
    BACKUP_AWAY = Code("The backup is not there at the moment.")
    FULL_BEFORE_BEGUN = Code("The backup drive is full: the destination cannot be made: {path}")
    DESTINATION_UNOPENED = Code("The destination cannot be opened ({detail}): {path}")
    DESTINATION_UNWRITTEN = Code("The destination cannot be written to: {why}.")
    DESTINATION_CLOSED = Code("The destination cannot be written to ({detail}): {path}")
    DESTINATION_NO_FOLDER = Code("The destination is not a folder: {path}")
    DESTINATION_MOVED = Code("The destination is not where it was any more: {path}")
    DESTINATION_INSIDE_SOURCE = Code("The destination lies inside the source: {path}")
    DRIVE_READ_ONLY = Code("The drive is read-only")
    TOO_MANY_OPEN_FILES = Code("Too many files are open, in this program or in the whole system.")
    DESTINATION_DRIVE_GONE = Code("The drive of the destination is not there any more: {path}")
    DESTINATION_DRIVE_AWAY = Code("The drive of the destination is not there: {path}")
    HISTORY_UNMADE = Code("The history cannot be made, since this folder cannot be written to ({detail}): {path}")
    HISTORY_UNOPENED = Code("The history cannot be opened ({detail}): {path}")
    HISTORY_CLOSED = Code("The history cannot be written to ({detail}): {path}")
    HISTORY_SHARED = Code("Other users may write in the history: {path}")
    HISTORY_SUPPLANTED = Code("Something else took the history's place: {path}")
    HISTORY_FOREIGN = Code("The history belongs to another user: {path}")
    HISTORY_LINK = Code("The history is a link, which leads somewhere else: {path}")
    HISTORY_GONE = Code("The history is gone: {path}")
    HISTORY_NO_FOLDER = Code("The history is not a folder: {path}")
    HISTORY_AROUND_DESTINATION = Code("The history and the destination lie inside each other: {path}")
    HISTORY_AROUND_SOURCE = Code("The history and the source lie inside each other: {path}")
    HISTORY_ON_OTHER_DRIVE = Code(
        "The history must lie on the drive of the destination. If no folder is chosen for it, it gets a place"
        " there by itself: {path}"
    )
    SOURCE_UNOPENED = Code("The source folder cannot be opened ({why}): {path}")
    SOURCE_UNREAD = Code("The source folder cannot be read: {why}")
    SOURCE_UNWRITTEN = Code("The source folder cannot be written to: {why}")
    SOURCE_GONE = Code("The source folder is not there any more: {path}")
    SOURCE_AWAY = Code("The source folder is not there: {path}")
    DESTINATION_AWAY = Code("The destination folder is not there: {path}")
    SOURCE_DRIVE_AWAY = Code("The drive of the source is not there: {path}")
    SOURCE_NOT_VERIFIED = Code("The source cannot be opened: {path} ({why})")
    DESTINATION_NOT_VERIFIED = Code("The destination cannot be opened: {path} ({why})")
    SOURCE_MOVED = Code("The source is no longer where it was.")
    SOURCE_NO_FOLDER_NOW = Code("The source is not a folder any more: {path}")
    SOURCE_NO_FOLDER = Code("The source is not a folder: {path}")
    SOURCE_INSIDE_DESTINATION = Code("The source lies inside the destination: {path}")
    SOURCE_INSIDE_OWN = Code("The source lies inside the program's own folder: {path}")
    DESTINATION_AROUND_OWN = Code("The destination and the program's own files lie inside each other: {path}")
    HISTORY_AROUND_OWN = Code("The history and the program's own files lie inside each other: {path}")
    SOURCE_MOUNTED_INSIDE = Code("The source, or a part of it, is mounted in the destination: {path}")
    # Other backups; ``detail`` identifies the other backup
    NEWER_BACKUP_THERE = Code("A later version of this program has made the backup that is there, {detail}: {path}")
    DESTINATION_AROUND_BACKUP = Code("The destination has another backup in it, {detail}: {path}")
    DESTINATION_IS_BACKUP = Code("The destination holds another backup, {detail}: {path}")
    DESTINATION_IN_OTHER_SOURCE = Code("The destination is a part of the source of another backup, {detail}: {path}")
    DESTINATION_IS_OTHER_SOURCE = Code("The destination is or has in it the source of another backup, {detail}: {path}")
    DESTINATION_IS_HISTORY = Code("The destination is the history of another backup, {detail}: {path}")
    DESTINATION_IN_BACKUP = Code("The destination lies in another backup, {detail}: {path}")
    HISTORY_OF_OTHER_BACKUP = Code("The history belongs to another backup, {detail}: {path}")
    HISTORY_IS_BACKUP = Code("The history folder holds another backup, {detail}: {path}")
    HISTORY_AROUND_BACKUP = Code("The history has another backup in it, {detail}: {path}")
    HISTORY_IS_OTHER_SOURCE = Code("The history is or has in it the source of another backup, {detail}: {path}")
    HISTORY_IN_BACKUP = Code("The history lies in another backup, {detail}: {path}")
    SOURCE_IS_BACKUP = Code("The source is the backup of the destination, {detail}: {path}")
    CIRCLE = Code("What is backed up would come back into its own source, {detail}: {path}")
    OF_UNKNOWN_FOLDER = Code("of an unknown folder")
    OF_UNKNOWN_FOLDER_SINCE = Code("of an unknown folder, begun {date}")
    OF_UNREADABLE_MARKER = Code("of which the marker cannot be read")
    OF_FOLDER = Code("of {path} on {computer}")
    OF_FOLDER_SINCE = Code("of {path} on {computer}, begun {date}")
    # What the guard holds
    HELD_SOURCE_EMPTY = Code("The source is empty, but the backup has {all} files")
    HELD_SOURCE_REPLACED = Code("The source is not the folder that was backed up before")
    HELD_DESTINATION_REPLACED = Code("The destination is not the folder that was backed up to before")
    HELD_SLOW_CHANGE = Code("Within an hour {count} of {all} files would be deleted from the backup or replaced")
    HELD_MASS_CHANGE = Code("{deleted} of {all} files would be deleted from the backup and {replaced} replaced")
    HELD_STRANGE_FILES = Code("{count} files in the destination were not put there by this program")
    HELD_STRANGE_FOLDERS = Code("{count} folders in the destination were not put there by this program")
    # The program's own data
    PASS_CRASHED = Code("An unexpected error ended the pass: {why}")
    RUN_CRASHED = Code("An unexpected error has ended this backup. The log has the details.")
    SETTINGS_KEPT_ASIDE = Code("The damaged settings are kept as {path}.")
    DATA_HELD_ELSEWHERE = Code("Another program holds it")
    DATA_NOT_OPENED = Code("It cannot be opened")
    DATA_DAMAGED = Code("It is damaged")
    DATA_DISK_FULL = Code("Its disk is full")
    DATA_DISK_ERROR = Code("Its disk reported an error")
    DATA_NO_PERMISSION = Code("No permission")
    DATA_NO_MEMORY = Code("There is not enough memory")
    DATA_UNOPENED = Code("The program's own data cannot be opened ({detail}): {path}")
    DATA_UNWRITTEN = Code("The program's own data cannot be written ({detail}): {path}")
    OWN_FOLDER_UNUSABLE = Code("The program's own folder cannot be used ({detail}): {path}")
    DATA_NEWER = Code("What is remembered of this backup was written by a newer version of this program: {path}")
    SETTINGS_UNREAD = Code(
        "The settings could not be read, so the app begins anew. The damaged file is kept as {path}."
    )
    SETTINGS_NOT_KEPT_ASIDE = Code("The settings cannot be read, and not be kept aside ({detail}): {path}")
    SETTINGS_LOST = Code(
        "The settings hold no backups, but this program has made some here. Add them again with the same folders:"
        " what is in them already is not copied anew."
    )
    SETTINGS_NEWER = Code("The settings were written by a newer version of this program: {path}")
    LIST_NO_JSON = Code("The list of backups is not valid JSON.")
    LIST_NEWER = Code("The list of backups was written by a newer version of this program.")
    LIST_UNKNOWN_FORM = Code("The list of backups has an unknown form.")
    LIST_WITHOUT_SCHEMA = Code("The list of backups has no schema number.")
    LIST_WITH_OTHERS = Code("The list of backups holds something that is none.")
    BACKUP_DAMAGED = Code("Backup {number}: {detail}")
    BACKUP_KEY_TWICE = Code("Backup {number}: another one has the same key.")
    SETTING_DAMAGED = Code("{name}: {detail}.")
    SETTING_WRONG = Code("{name}: {detail}")
    SETTING_MISSING = Code("{name} is missing.")
    ID_EXPECTED = Code("{name}: letters and digits were expected.")
    TEXT_EXPECTED = Code("text was expected")
    FLAG_EXPECTED = Code("true or false was expected")
    WHOLE_NUMBER_EXPECTED = Code("a whole number was expected")
    NUMBER_EXPECTED = Code("a number was expected")
    TEXTS_EXPECTED = Code("a list of texts was expected")
    RUNNING_ALREADY = Code(
        "Folder Backup is running already, but it does not answer. End that one, or log out and in again."
    )
    NO_DATA_HOME = Code(
        "There is no home folder for the program's own data. Set HOME, or XDG_DATA_HOME, XDG_STATE_HOME and"
        " XDG_CONFIG_HOME, to absolute paths."
    )
    # How the source is watched
    NOT_WATCHED = Code("Changes cannot be watched: {why}")
    WATCHING_OFF = Code("Change notification is switched off")
    NETWORK_UNTOLD = Code("Network folders do not tell of changes made elsewhere ({kind})")
    NETWORK_UNTOLD_AT = Code("Network folders do not tell of changes made elsewhere: {path}")
    SOME_NOT_WATCHED = Code("Some folders cannot be watched")
    WATCHED_ABSENT = Code("The source folder is not there")
    WATCHED_DENIED = Code("The source folder may not be read")
    WATCHERS_LIMIT = Code("The system's limit for programs that watch folders is reached")
    WATCHES_LIMIT = Code("The system's limit for watched folders is reached")
    # Room
    TOO_MANY_FILES = Code("There are too many files on the backup drive: {count} more do not fit")
    ONE_FILE_TOO_MANY = Code("There are too many files on the backup drive: {count} more does not fit")
    HOLDS_NO_MORE_FILES = Code("it cannot hold more files, however small")
    QUOTA_USED_UP = Code("your quota on it is used up")
    PIPE = Code("This is a pipe between programs, which has no content to copy")
    SOCKET = Code("This is a socket of a program, which has no content to copy")
    DEVICE = Code("This is a device, which has no content of its own to copy")
    QUOTA_LACKS = Code("your quota on it is used up, and {size} more is needed")
    SIZE_LACKS = Code("{size} more is needed")
    SPARED = Code("{detail}; old versions that do not give way unasked take {size} of it")
    # Names
    NAME_OF_DEVICE = Code("Windows keeps this name for a device")
    NAME_OF_DRIVE = Code("the drive keeps this name for itself")
    NAME_WITH_CHARACTER = Code("it contains '{character}'")
    NAME_WITH_CONTROL = Code("it contains a control character")
    NAME_WITH_BYTES = Code("it contains bytes that are not text")
    NAME_WITH_END = Code("it ends with a space or a full stop")
    NAME_LIKE = Code("“{name}”")
    WHOLE_FOLDER = Code("nothing in this folder is backed up")
    WITH_WHOLE_FOLDER = Code("{detail}; nothing in this folder is backed up")
    # What is typed
    NO_HOME = Code("There is no home folder. ({path})")
    RULE_EMPTY = Code("An exclusion rule is empty.")
    RULE_LINES = Code("An exclusion rule must be a single line.")
    RULE_UNKNOWN = Code("This exclusion rule is not understood: {rule}")
    TYPED_HISTORY_DAYS = Code("The days that versions are kept must be from 0 to {number}; 0 keeps all.")
    TYPED_DESTINATION_SPACES = Code("The destination consists of spaces only.")
    TYPED_DESTINATION_CHARACTER = Code("The destination contains a character that no path can have.")
    TYPED_DESTINATION_MISSING = Code("The destination is missing.")
    TYPED_DESTINATION_NO_FOLDER = Code("The destination is not a folder.")
    TYPED_DESTINATION_IN_HISTORY = Code("The destination lies inside the history.")
    TYPED_DESTINATION_IN_SOURCE = Code("The destination lies inside the source.")
    TYPED_HISTORY_SPACES = Code("The history consists of spaces only.")
    TYPED_HISTORY_CHARACTER = Code("The history contains a character that no path can have.")
    TYPED_HISTORY_NO_FOLDER = Code("The history is not a folder.")
    TYPED_HISTORY_IN_DESTINATION = Code("The history lies inside the destination.")
    TYPED_HISTORY_IN_SOURCE = Code("The history lies inside the source.")
    TYPED_HISTORY_SAME = Code("The history needs a folder of its own.")
    TYPED_INTERVAL = Code("The interval must be from 1 to {number} seconds.")
    TYPED_NAME = Code("The name must not be longer than {number} characters.")
    TYPED_GUARD_COUNT = Code("The number of changes that is never held must not be negative.")
    TYPED_GUARD_SHARE = Code("The share of changes that is never held must be from 0 to 1.")
    TYPED_HISTORY_SIZE = Code("The size of the history must be a number of bytes; 0 sets no limit.")
    TYPED_SAME = Code("The source and the destination are the same folder.")
    TYPED_SOURCE_SPACES = Code("The source consists of spaces only.")
    TYPED_SOURCE_CHARACTER = Code("The source contains a character that no path can have.")
    TYPED_SOURCE_MISSING = Code("The source is missing.")
    TYPED_SOURCE_NO_FOLDER = Code("The source is not a folder.")
    TYPED_SOURCE_IN_DESTINATION = Code("The source lies inside the destination.")
    TYPED_SOURCE_IN_HISTORY = Code("The source lies inside the history.")
    TYPED_SOURCE_IN_OWN = Code("The source lies inside the program's own folder.")
    TYPED_DESTINATION_AROUND_OWN = Code("The destination and the program's own files lie inside each other.")
    TYPED_HISTORY_AROUND_OWN = Code("The history and the program's own files lie inside each other.")
    TYPED_FULL_CHECKS = Code("The time between full checks must be from 1 to {number} seconds.")
    # Checks of folders and drives before they are used
    PLACE_NO_DRIVE = Code("No drive is there at the moment. The backup begins as soon as it is connected.")
    PLACE_TAKEN = Code("Another backup, “{name}”, uses this place.")
    PLACE_UNTOUCHED = Code("Nothing there is touched without your word.")
    PAIR_EXISTS = Code("There is a backup of this folder to that place already.")
    PLACE_UNREAD = Code("There is no permission to read this folder.")
    PLACE_UNWRITTEN = Code("There is no permission to write here.")
    PLACE_ABSENT = Code("There is no such folder at the moment.")
    PLACE_OF_SYSTEM = Code("This folder belongs to the system. Choose another one.")
    PLACE_FAILS = Code("This folder cannot be read: {why}.")
    PLACE_NOT_EMPTY = Code(
        "This folder is not empty. What is in it is shown to you before anything leaves it. A new folder may suit"
        " better: {path}"
    )
    PLACE_NO_FOLDER = Code("This is not a folder.")
    PLACE_ON_SAME_DRIVE = Code("This is on the same drive as your files. If the drive fails, both are lost.")
    HISTORY_ON_DRIVE = Code("Replaced and deleted files are kept on this drive, in {path}")
    PLACE_OF_HOME = Code(
        "This is your home folder or lies around it. Choose a folder that holds nothing but the backup."
    )
    # Restoring
    RETURN_IN_THE_WAY = Code("A file or a link is where its folder should be")
    RETURN_CHANGED = Code("It has changed in the backup since it was chosen")
    RETURN_NOT_MOVED = Code("It is not where the backup moved it to any more")
    RETURN_NOT_HELD = Code("Nothing waits for your word any more")
    UNDO_PARTLY_KNOWN = Code(
        "Not all that this check did is known by name; restore the rest from the history by its time"
    )
    UNDO_UNKNOWN = Code("What this check did is not known any more; restore from the history by its time")
    RETURN_THERE_ALREADY = Code("Something is there already and was left alone")
    RETURN_UNREAD = Code("No permission to read this in the backup")
    RETURN_UNWRITTEN = Code("No permission to write there")
    RETURN_NO_SPACE = Code("The drive that is restored to is full")
    RETURN_TOO_LARGE = Code("The file is too large for the drive that is restored to")
    RETURN_READ_ONLY = Code("The drive that is restored to is read-only")
    RETURN_READ_ERROR = Code("The backup drive reported an error while this was being read")
    RETURN_WRITE_ERROR = Code("The drive that is restored to reported an error")
    RETURN_NAME = Code("The name is not possible on the drive that is restored to")
    RETURN_NAME_LENGTH = Code("The name is too long for the drive that is restored to")
    RETURN_LINK = Code("Links are not possible on the drive that is restored to")
    RETURN_PROTECTED = Code("What is there is protected against changes")
    RETURN_NO_FOLDER = Code("a file or link is where its folder should be")
    RETURN_NO_NAME = Code("no name is free")
    RETURN_DIFFERS = Code("the copy differs from the original")
    RETURN_STOPPED = Code("Stopped before the end")
    RETURN_NO_VERSION = Code("The history does not have what was here before")


NO_REASON = Reason(ReasonCode.NONE)


def of_system(why: str) -> Reason:
    """Return a reason with words of the system, which are not translated."""
    return Reason(ReasonCode.SYSTEM, why=why)


def lines(first: Reason, *rest: Reason) -> Reason:
    """Combine reasons, one on each line."""
    for reason in rest:
        first = Reason(ReasonCode.LINES, first=first, second=reason)
    return first


def of_error(error: OSError) -> Reason:
    """Return an error's own reason if the program raised it with one, else one with the system's words."""
    words = system_words(error)
    return words if isinstance(words, Reason) else of_system(words)


def system_words(error: OSError) -> str:
    """Return the system's own words for an error; the name of its class if there are none."""
    return error.strerror or str(error) or type(error).__name__

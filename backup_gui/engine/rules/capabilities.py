"""What a destination's file system can store: names, links, modes, times, sizes.

A value and what follows from it; nothing here touches a file. ``destination/probe.py`` creates it: it knows the usual
file systems of Linux by name, and tests others once.
"""

from typing import Final, NamedTuple

from backup_gui.model.entries import Entry, EntryKind

NO_LIMIT: Final = (1 << 63) - 1
# More than any system can represent: 64 bits of seconds, in nanoseconds.
NO_TIME_LIMIT: Final = (1 << 63) * 1_000_000_000
QUARTER_HOUR_NS: Final = 900 * 1_000_000_000
# Offsets from UTC go from -12 to +14 hours, so two of them differ by 26 at most.
MOST_SHIFT_NS: Final = 26 * 3_600 * 1_000_000_000
# FAT and exFAT count from 1980, with seven bits for the year and steps of two seconds.
FAT_EARLIEST_NS: Final = 315_532_800 * 1_000_000_000
FAT_LATEST_NS: Final = 4_354_819_198 * 1_000_000_000
_SECOND_NS: Final = 1_000_000_000
# Where the dates of other file systems begin and end, in seconds since 1970: ext and XFS with small and large numbers,
# NTFS, HFS+, and unsigned 32-bit seconds. The system sets a time beyond the limit to the limit.
_FIRST_TIMES_S: Final = frozenset({-(1 << 31), -11_644_473_600, -2_082_844_800})
_LAST_TIMES_S: Final = frozenset({(1 << 31) - 1, (1 << 32) - 1, 0x3_7FFF_FFFF, 16_299_260_424, 2_212_122_495})
# NTFS counts hundreds of nanoseconds from 1601 in 63 bits. Its drivers in user space wrap around there.
NTFS_EARLIEST_NS: Final = -11_644_473_600 * 1_000_000_000
NTFS_LATEST_NS: Final = NTFS_EARLIEST_NS + ((1 << 63) - 1) * 100
FAT_LARGEST_BYTES: Final = (1 << 32) - 1


# A named tuple: defining classes is part of the command line's start time.
class Capabilities(NamedTuple):
    """What a file system can do; the defaults are for one that can do everything.

    Attributes:
        folds_case: Whether names that differ only in case are the same name.
        folds_forms: Whether names that differ only in how accents are composed (NFC, NFD) are the same name.
        keeps_case: Whether listings show a name in the case in which it was given.
        keeps_forms: Whether listings show a name in the Unicode form in which it was given.
        forbidden: Characters that no name may contain; U+0001 stands for all control characters.
        holds_bytes: Whether names need not be valid text.
        holds_ends: Whether names may end with a space or a full stop.
        holds_device_names: Whether names may be those of DOS devices, such as ``con`` and ``lpt1.txt``.
        holds_modes: Whether permissions are kept.
        holds_owner: Whether the owner is kept.
        holds_links: Whether there are symbolic links.
        holds_link_times: Whether a symbolic link has its own owner and times that can be set.
        holds_hard_links: Whether a file can have two names.
        holds_times: Whether a time that is set is kept, to within ``time_step_ns``.
        has_local_times: Whether times are stored in the writer's time zone, so that all appear shifted in another zone
            or season.
        time_step_ns: Resolution of times, nanoseconds.
        earliest_ns: The earliest time that can be stored, nanoseconds since 1970.
        latest_ns: The latest one.
        largest_bytes: Size of the largest possible file.
    """

    folds_case: bool = False
    folds_forms: bool = False
    keeps_case: bool = True
    keeps_forms: bool = True
    forbidden: str = ""
    holds_bytes: bool = True
    holds_ends: bool = True
    holds_device_names: bool = True
    holds_modes: bool = True
    holds_owner: bool = True
    holds_links: bool = True
    holds_link_times: bool = True
    holds_hard_links: bool = True
    holds_times: bool = True
    has_local_times: bool = False
    time_step_ns: int = 1
    earliest_ns: int = -NO_TIME_LIMIT
    latest_ns: int = NO_TIME_LIMIT
    largest_bytes: int = NO_LIMIT

    @property
    def folds_names(self) -> bool:
        """Return whether two different names of the source can be the same name here."""
        return self.folds_case or self.folds_forms

    @property
    def keeps_spelling(self) -> bool:
        """Return whether names are listed exactly as given, so that listings can be compared with the source."""
        return self.keeps_case and self.keeps_forms

    @property
    def limits_names(self) -> bool:
        """Return whether a name that the source's file system allows may be impossible here."""
        return (
            self.folds_names
            or bool(self.forbidden)
            or not (self.holds_bytes and self.holds_ends and self.holds_device_names)
        )

    def holds(self, kind: EntryKind) -> bool:
        """Tell whether entries of a kind can be stored."""
        if kind is EntryKind.LINK:
            return self.holds_links
        return kind is not EntryKind.SPECIAL and kind is not EntryKind.PLACEHOLDER

    @property
    def holds_metadata(self) -> bool:
        """Return whether owners, modes and times can be set without checking the other limits."""
        return self.holds_owner and self.holds_modes and self.holds_times and not self.limits_times

    @property
    def limits_times(self) -> bool:
        """Return whether some dates cannot be stored."""
        return self.earliest_ns > -NO_TIME_LIMIT or self.latest_ns < NO_TIME_LIMIT

    def held_time_ns(self, time_ns: int) -> int:
        """Return the nearest time that can be stored, without rounding."""
        return min(max(time_ns, self.earliest_ns), self.latest_ns)

    def is_same_time(self, ours_ns: int, theirs_ns: int) -> bool:
        """Tell whether a time of the source and one of the mirror are equal, as far as the mirror can store them."""
        return abs(self.held_time_ns(ours_ns) - theirs_ns) < self.time_step_ns or is_cut_off(ours_ns, theirs_ns)

    def is_shifted_time(self, ours_ns: int, theirs_ns: int) -> bool:
        """Tell whether two times may differ only by the time zone, where times are local."""
        if not self.has_local_times:
            return False
        shift_ns = abs(self.held_time_ns(ours_ns) - theirs_ns)
        rest_ns = shift_ns % QUARTER_HOUR_NS
        return shift_ns <= MOST_SHIFT_NS and min(rest_ns, QUARTER_HOUR_NS - rest_ns) < self.time_step_ns

    def in_words(self) -> str:
        """Name what is not kept, for the log; empty if everything is."""
        missing = [
            words
            for words, is_missing in (
                ("some names", self.limits_names),
                ("permissions", not self.holds_modes),
                ("symbolic links", not self.holds_links),
                ("exact times", not self.holds_times or self.limits_times or self.time_step_ns >= 1_000_000_000),
                (f"files of more than {self.largest_bytes} bytes", self.largest_bytes < NO_LIMIT),
            )
            if is_missing
        ]
        return ", ".join(missing)


def is_cut_off(ours_ns: int, theirs_ns: int) -> bool:
    """Tell whether the mirror's time is the limit of a file system's dates, and the source's time lies beyond it.

    The system does not report the limit, and it differs between volumes of the same file system.
    """
    theirs_s, rest_ns = divmod(theirs_ns, _SECOND_NS)
    if rest_ns:
        return False
    # In the first and the last second the fraction is dropped.
    is_before = ours_ns < theirs_ns + _SECOND_NS and theirs_s in _FIRST_TIMES_S
    return is_before or (ours_ns > theirs_ns and theirs_s in _LAST_TIMES_S)


ALL: Final = Capabilities()

# Known behaviour of drivers, for plans that are never carried out and so must not write to find out.
FAT: Final = Capabilities(
    folds_case=True,
    forbidden='"*/:<>?\\|\x01',
    holds_bytes=False,
    holds_ends=False,
    holds_modes=False,
    holds_owner=False,
    holds_links=False,
    holds_hard_links=False,
    has_local_times=True,
    time_step_ns=2_000_000_000,
    earliest_ns=FAT_EARLIEST_NS,
    latest_ns=FAT_LATEST_NS,
)


def write_capabilities(capabilities: Capabilities) -> str:
    """Write capabilities as text that ``read_capabilities`` reads."""
    import json  # noqa: PLC0415 - slow to import, and not needed for the usual file systems

    return json.dumps(capabilities._asdict())


def read_capabilities(text: str) -> Capabilities | None:
    """Read capabilities; None if this version did not write the text."""
    import json  # noqa: PLC0415 - see above

    try:
        fields = json.loads(text)
    except ValueError:
        return None
    if not isinstance(fields, dict) or fields.keys() != ALL._asdict().keys():
        return None
    if any(type(fields[name]) is not type(default) for name, default in ALL._asdict().items()):
        return None
    return Capabilities(**fields)


def looks_alike(ours: Entry, theirs: Entry, capabilities: Capabilities) -> bool:
    """Tell whether size and time of both files are equal, as far as the mirror can store the time."""
    return ours.st_size == theirs.st_size and capabilities.is_same_time(ours.st_mtime_ns, theirs.st_mtime_ns)

"""What a destination's file system can hold: names, links, modes, times, sizes.

A value and what follows from it; nothing here touches a file. ``destination/probe.py`` makes it: the usual file systems
of Linux are known by name, others are tried out once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from backup_gui.model.entries import Entry

NO_LIMIT: Final = (1 << 63) - 1
# Beyond what any system can tell: seconds of 64 bits, in nanoseconds.
NO_TIME_LIMIT: Final = (1 << 63) * 1_000_000_000
QUARTER_HOUR_NS: Final = 900 * 1_000_000_000
# Offsets from UTC go from -12 to +14 hours, so two of them differ by 26 at most.
MOST_SHIFT_NS: Final = 26 * 3_600 * 1_000_000_000
# FAT and exFAT count from 1980 on, in seven bits of years and steps of two seconds.
FAT_EARLIEST_NS: Final = 315_532_800 * 1_000_000_000
FAT_LATEST_NS: Final = 4_354_819_198 * 1_000_000_000
_SECOND_NS: Final = 1_000_000_000
# Where the dates of other file systems begin and end, seconds since 1970: ext and XFS, with small and with large
# numbers, NTFS, HFS+, and what counts in 32 bits without a sign. The system sets a time beyond to just that.
_FIRST_TIMES_S: Final = frozenset({-(1 << 31), -11_644_473_600, -2_082_844_800})
_LAST_TIMES_S: Final = frozenset({(1 << 31) - 1, (1 << 32) - 1, 0x3_7FFF_FFFF, 16_299_260_424, 2_212_122_495})
# NTFS counts hundreds of nanoseconds from 1601 on, in 63 bits; what is served by a program wraps around there.
NTFS_EARLIEST_NS: Final = -11_644_473_600 * 1_000_000_000
NTFS_LATEST_NS: Final = NTFS_EARLIEST_NS + ((1 << 63) - 1) * 100
FAT_LARGEST_BYTES: Final = (1 << 32) - 1


# A named tuple, since the command line's start is made of definitions of classes too.
class Abilities(NamedTuple):
    """What a file system can do; as it stands without arguments, everything.

    Attributes:
        folds_case: Whether names that differ only in upper and lower case are one name.
        folds_forms: Whether names that differ only in how accents are composed (NFC, NFD) are one name.
        keeps_case: Whether a name is listed in the case in which it was given.
        keeps_forms: Whether a name is listed in the form in which it was given.
        forbidden: Characters that no name may contain; U+0001 stands for all control characters.
        holds_bytes: Whether names need not be valid text.
        holds_ends: Whether names may end with a space or a full stop.
        holds_device_names: Whether names may be those of the devices of DOS, such as ``con`` and ``lpt1.txt``.
        holds_modes: Whether permissions are kept.
        holds_owner: Whether the owner is kept.
        holds_links: Whether there are symbolic links.
        holds_link_times: Whether a symbolic link has an owner and times of its own that can be set.
        holds_hard_links: Whether a file can have two names.
        holds_times: Whether a time that is set is kept, to within ``time_step_ns``.
        has_local_times: Whether times are kept in the zone of whoever wrote them, so that all seem to be others in
            another zone or season.
        time_step_ns: The least difference between two times that means anything, nanoseconds.
        earliest_ns: The earliest time that can be kept, nanoseconds since 1970.
        latest_ns: The latest.
        largest_bytes: Size of the largest file.
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
        """Whether two names that are different in the source can be one here."""
        return self.folds_case or self.folds_forms

    @property
    def keeps_spelling(self) -> bool:
        """Whether a name is listed just as it was given, so that what is listed tells whose it is."""
        return self.keeps_case and self.keeps_forms

    @property
    def limits_names(self) -> bool:
        """Whether there is anything that the source's file system may allow in a name and this one does not."""
        return (
            self.folds_names
            or bool(self.forbidden)
            or not (self.holds_bytes and self.holds_ends and self.holds_device_names)
        )

    @property
    def holds_metadata(self) -> bool:
        """Whether owners, modes and times can be given to a file without looking at what else it may hold."""
        return self.holds_owner and self.holds_modes and self.holds_times and not self.limits_times

    @property
    def limits_times(self) -> bool:
        """Whether there are dates before or after those that can be kept."""
        return self.earliest_ns > -NO_TIME_LIMIT or self.latest_ns < NO_TIME_LIMIT

    def held_time_ns(self, time_ns: int) -> int:
        """Return the nearest time that can be kept, without the rounding."""
        return min(max(time_ns, self.earliest_ns), self.latest_ns)

    def is_same_time(self, ours_ns: int, theirs_ns: int) -> bool:
        """Tell whether a time of the source and one of the mirror are the same, as far as it can keep them."""
        return abs(self.held_time_ns(ours_ns) - theirs_ns) < self.time_step_ns or is_cut_off(ours_ns, theirs_ns)

    def is_shifted_time(self, ours_ns: int, theirs_ns: int) -> bool:
        """Tell whether two times can be the same one seen from two time zones, where times are local ones."""
        if not self.has_local_times:
            return False
        shift_ns = abs(self.held_time_ns(ours_ns) - theirs_ns)
        rest_ns = shift_ns % QUARTER_HOUR_NS
        return shift_ns <= MOST_SHIFT_NS and min(rest_ns, QUARTER_HOUR_NS - rest_ns) < self.time_step_ns

    def in_words(self) -> str:
        """Say what is not kept, for the log; empty if everything is."""
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
    """Tell whether a time of the mirror is where a file system's dates begin or end, and one of the source is beyond.

    Nobody can ask the system where they do, and it differs from volume to volume of the same file system.
    """
    theirs_s, rest_ns = divmod(theirs_ns, _SECOND_NS)
    if rest_ns:
        return False
    # In the first and the last second the fraction is dropped.
    is_before = ours_ns < theirs_ns + _SECOND_NS and theirs_s in _FIRST_TIMES_S
    return is_before or (ours_ns > theirs_ns and theirs_s in _LAST_TIMES_S)


ALL: Final = Abilities()

# What drivers are known to do that must not write anything to find out: for plans of which nothing is carried out.
FAT: Final = Abilities(
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


def write_abilities(abilities: Abilities) -> str:
    """Write abilities as text that ``read_abilities`` reads."""
    import json  # noqa: PLC0415 - slow to import, and not needed for the usual file systems

    return json.dumps(abilities._asdict())


def read_abilities(text: str) -> Abilities | None:
    """Read abilities; None if the text is not of this version's making."""
    import json  # noqa: PLC0415 - see above

    try:
        fields = json.loads(text)
    except ValueError:
        return None
    if not isinstance(fields, dict) or fields.keys() != ALL._asdict().keys():
        return None
    if any(type(fields[name]) is not type(default) for name, default in ALL._asdict().items()):
        return None
    return Abilities(**fields)


def looks_alike(ours: Entry, theirs: Entry, abilities: Abilities) -> bool:
    """Tell whether a file of the mirror has the size of the source's, and its time as far as the mirror holds it."""
    return ours.st_size == theirs.st_size and abilities.is_same_time(ours.st_mtime_ns, theirs.st_mtime_ns)

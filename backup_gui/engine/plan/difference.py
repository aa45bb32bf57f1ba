"""Whether the entries of both sides are equal: content and time, owner and mode, extended attributes.

It reads as little as possible: for a recorded file that was not touched, the stat result is enough.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from backup_gui.engine.fs.same_content import has_same_content
from backup_gui.engine.fs.xattrs import have_same_attributes
from backup_gui.engine.plan.hard_links import HardLinkGroups
from backup_gui.engine.state.database import LACKING_NS
from backup_gui.model.entries import is_linked_file
from backup_gui.model.plans import Op

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.engine.destination.destination import DestinationView
    from backup_gui.engine.plan.pass_context import PassContext
    from backup_gui.engine.state.database import Fingerprint
    from backup_gui.model.entries import Entry


class EntryComparer:
    """Compares entries during one comparison.

    Args:
        context: The pass.
        moved_away: Paths of the mirror that will be renamed; filled by others.
        settle: Called for another hard link of a file whose content the mirror has; see ``HardLinkGroups``.

    Attributes:
        links: The groups of hard links.
    """

    def __init__(
        self,
        context: PassContext[DestinationView],
        moved_away: set[str],
        settle: Callable[[str, Entry, Entry], None],
    ) -> None:
        self._source = context.source
        self._target = target = context.destination
        self._catalog = context.catalog
        self._should_stop = context.should_stop
        self._on_bytes = context.meter.add_bytes
        self._learns = context.learns
        self._capabilities = target.capabilities
        self._makes_links = target.capabilities.holds_hard_links
        self._compares_owner = target.holds_owner
        self._time_step_ns = target.time_step_ns
        self.links = HardLinkGroups(context, moved_away, self.is_content_equal, settle)

    def difference(self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None) -> Op | None:
        """Return the operation that a file or link on both sides needs; record it if it is equal.

        Raises:
            OSError: It cannot be read.
            Cancelled: The comparison was cancelled.
        """
        if known is not None and known.ctime_ns == LACKING_NS:
            # Its content was copied; everything else is tried again.
            known = None
        is_touched = known is not None and (known.inode, known.ctime_ns) != (ours.st_ino, ours.st_ctime_ns)
        has_other_time = self._has_other_time(path, ours, theirs, known)
        if self._has_other_content(path, ours, theirs, known, is_touched=is_touched, has_other_time=has_other_time):
            return Op.REPLACE
        if self.differs_in_metadata(ours, theirs, compares_time=has_other_time):
            if known is None and theirs.st_nlink > 1 and ours.st_dev == theirs.st_dev:
                # Its other hard links are unknown: one may be in the source, and must not be written to.
                return Op.REPLACE
            return Op.SET_METADATA
        if known is not None and not is_touched and not has_other_time:
            return None
        if has_other_time and self._learns:
            # The volume does not keep times, so the time it shows belongs to this content.
            self._catalog.record_stamp(path, theirs.st_mtime_ns)
        is_apart = self._makes_links and is_linked_file(ours) and self.links.is_apart(path, ours, theirs)
        if is_apart or self.has_other_attributes(path, ours):
            return Op.SET_METADATA
        if self._learns:
            self._catalog.record(path, ours)
        return None

    def differs_in_time(self, ours: Entry, theirs: Entry) -> bool:
        """Tell whether two modification times differ, as far as the destination can store them."""
        if abs(ours.st_mtime_ns - theirs.st_mtime_ns) < self._time_step_ns:
            return False
        return not self._capabilities.is_same_time(ours.st_mtime_ns, theirs.st_mtime_ns)

    def differs_in_metadata(self, ours: Entry, theirs: Entry, *, compares_time: bool = True) -> bool:
        """Tell whether time, owner or mode differ, as far as the destination can store them."""
        if stat.S_ISLNK(ours.st_mode) and not self._capabilities.holds_link_times:
            return False
        if compares_time and self._capabilities.holds_times and self.differs_in_time(ours, theirs):
            return True
        if self._compares_owner and (ours.st_uid, ours.st_gid) != (theirs.st_uid, theirs.st_gid):
            return True
        if not self._capabilities.holds_modes or stat.S_ISLNK(ours.st_mode):
            return False
        return self._target.rights.mode_of(ours) != stat.S_IMODE(theirs.st_mode)

    def has_other_attributes(self, path: str, ours: Entry) -> bool:
        """Compare extended attributes and access lists, of entries that are new to the catalog or touched.

        Raises:
            OSError: They could not be read.
        """
        try:
            return not have_same_attributes(self._source, path, ours, self._target.attributes)
        except FileNotFoundError:
            # It vanished on one side: the next pass handles it.
            return False

    def is_content_equal(self, path: str, ours: Entry, mirror_path: str, theirs: Entry) -> bool:
        """Compare a file of the source with one of the mirror, byte by byte; the same two only once.

        Raises:
            OSError: One of them could not be read.
            Cancelled: The comparison was cancelled.
        """
        is_equal = self.links.judgement(path, ours, theirs) if ours.st_nlink > 1 else None
        if is_equal is None:
            is_equal = has_same_content(
                self._source,
                path,
                self._target,
                mirror_path,
                self._should_stop,
                lambda count: self._on_bytes(count, path),
            )
            if ours.st_nlink > 1:
                self.links.judge(ours, theirs, is_equal=is_equal)
        return is_equal

    def _has_other_content(
        self,
        path: str,
        ours: Entry,
        theirs: Entry,
        known: Fingerprint | None,
        *,
        is_touched: bool,
        has_other_time: bool,
    ) -> bool:
        """Tell whether a file or link has to be copied again; raises as ``difference``."""
        if stat.S_ISLNK(ours.st_mode):
            return self._source.read_link(path) != self._target.read_link(path)
        if ours.st_size != theirs.st_size:
            return True
        is_settled = known is not None and not is_touched and not has_other_time
        may_be_strange = theirs.st_nlink > 1 and not (is_settled and ours.st_nlink > 1)
        if may_be_strange and self.links.is_strange(path, ours, theirs, known):
            return True
        if is_settled:
            return False
        # A different time alone does not mean different content: programs that unpack, check out or restore set times
        # freely. A touched file with equal size and time may be an edit whose time was set back. It may also be a
        # change of mode or attributes, a new hard link, or a rename back and forth. Only the content can distinguish
        # these cases.
        return (is_touched or has_other_time) and not self.is_content_equal(path, ours, path, theirs)

    def _has_other_time(self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None) -> bool:
        """Tell whether the mirror's file or link has another time, for other reasons than the destination's limits.

        If the sizes differ, the result is False, since the time does not matter then. Raises as ``difference``.
        """
        if stat.S_ISLNK(ours.st_mode):
            return self._capabilities.holds_link_times and self.differs_in_time(ours, theirs)
        return (
            ours.st_size == theirs.st_size
            and self.differs_in_time(ours, theirs)
            and not self._is_time_explained(path, ours, theirs, known)
        )

    def _is_time_explained(self, path: str, ours: Entry, theirs: Entry, known: Fingerprint | None) -> bool:
        """Tell whether the destination's limits explain the different time of the mirror's file."""
        capabilities = self._capabilities
        is_shifted = capabilities.is_shifted_time(ours.st_mtime_ns, theirs.st_mtime_ns)
        if known is not None:
            is_as_copied = is_shifted or (
                not capabilities.holds_times and self._catalog.stamp(path) == theirs.st_mtime_ns
            )
            return is_as_copied and known == (ours.st_ino, ours.st_ctime_ns, ours.st_size, ours.st_mtime_ns)
        # Without a record only the content can tell.
        is_equal = (is_shifted or not capabilities.holds_times) and self.is_content_equal(path, ours, path, theirs)
        if is_equal and not capabilities.holds_times and self._learns:
            self._catalog.record_stamp(path, theirs.st_mtime_ns)
        return is_equal

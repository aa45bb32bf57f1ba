"""What the mirror lost within the last hour, path by path: the memory of the guard.

A program that damages files one by one, with a pass every few seconds, never causes a plan that looks dangerous. So
each path counts once for an hour, however often it changes, and the guard judges all of them together. One hour,
because the history keeps every version for that long. On an ordinary day most files of a small folder may change, but
hardly within an hour.

The guard itself bounds the number of paths, since it holds what would exceed its limits; so does ``MOST_PATHS``.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from backup_gui.model.entries import EntryKind
from backup_gui.model.paths import decode, encode, parent_of
from backup_gui.model.plans import Action, Op

WINDOW_S = 3_600.0
MOST_PATHS = 1_000_000
# A pass that creates more than this is an import, whose paths are not recorded.
MOST_MADE = 1_000
_CLOCK_KEY = "guard's clock"
_ONE_BY_ONE = 1_000

# What happened to a path within the hour.
FLEETING = 0  # created by a pass that created few: probably a temporary file, whose deletion is no loss
MADE = 1  # created by a pass that created more
REWRITTEN = 2  # its content is lost; the name exists
GONE = 3  # content and name are lost
MADE_GONE = 4  # content and name are lost, but it was created within the hour
PASSED = 5  # created and deleted within the hour, no loss

_LOST = (REWRITTEN, GONE, MADE_GONE)
_AFTER_CREATING = (
    f"CASE WHEN state IN ({GONE}, {MADE_GONE}) THEN {REWRITTEN} WHEN state = {PASSED} THEN {FLEETING} ELSE state END"
)
_AFTER_REPLACING = f"CASE WHEN state IN ({FLEETING}, {PASSED}) THEN {FLEETING} ELSE {REWRITTEN} END"
_AFTER_DELETING = (
    f"CASE state WHEN {FLEETING} THEN {PASSED} WHEN {PASSED} THEN {PASSED} WHEN {MADE} THEN {MADE_GONE}"
    f" WHEN {MADE_GONE} THEN {MADE_GONE} ELSE {GONE} END"
)


class RecentLosses:
    """The guard's memory in one catalog. Records are permanent after the catalog's next ``commit``.

    Args:
        connection: The catalog's database.
        wall: The user's clock, seconds since 1970.
        steady: A monotonic clock, in seconds.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._wall = wall
        self._steady = steady
        self._now_s = 0.0
        self._steady_s: float | None = None

        # When something was first held for review; None if nothing is. What counted then stays until the user decides:
        # held changes must not be released just because an hour has passed.
        self.held_since_s: float | None = None

    @property
    def now_s(self) -> float:
        """The time on the guard's clock."""
        return self._advance()

    def look(self, paths: Iterable[str], *, since_held: bool = False) -> "Lately":
        """Return what was lost lately, and which of the paths that a plan takes away count; changes nothing.

        With ``since_held`` the losses from when something was first held count too.
        """
        window, times = self._window(since_held=since_held)
        tally: dict[int, int] = dict(
            self._connection.execute(f"SELECT state, count(*) FROM recent WHERE {window} GROUP BY state", times)  # noqa: S608 - constants
        )
        if not tally:
            return Lately()
        counted: set[str] = set()
        new: set[str] = set()
        for path, state in self._found(paths, window, times):
            (new if state == MADE else counted).add(path)
        return Lately(
            lost=sum(tally.get(state, 0) for state in _LOST),
            gone=tally.get(GONE, 0) + tally.get(MADE_GONE, 0),
            old_gone=tally.get(GONE, 0),
            made=tally.get(FLEETING, 0) + tally.get(MADE, 0),
            counted=frozenset(counted),
            new=frozenset(new),
        )

    def fleeting(self, paths: Iterable[str]) -> frozenset[str]:
        """Return those of the given paths whose deletion is no loss, since a pass created them within the hour."""
        found = self._found(paths, *self._window(since_held=False))
        return frozenset(path for path, state in found if state == FLEETING)

    def made_in(self) -> dict[str, int]:
        """Count the new paths that still exist, by folder."""
        window, times = self._window(since_held=True)
        query = f"SELECT path FROM recent WHERE {window} AND state IN ({FLEETING}, {MADE})"  # noqa: S608 - constants
        return Counter(parent_of(decode(raw)) for (raw,) in self._connection.execute(query, times))

    def count_as_losses(self, paths: Iterable[str]) -> None:
        """Count paths created within the hour as losses, because they are held for review now."""
        fleeting = {raw for (raw,) in self._connection.execute("SELECT path FROM recent WHERE state = ?", (FLEETING,))}
        # A million paths may be held, but only few of them are fleeting.
        waiting = [(MADE, raw) for raw in map(encode, paths if fleeting else ()) if raw in fleeting]
        self._connection.executemany("UPDATE recent SET state = ? WHERE path = ?", waiting)

    def record(self, actions: Iterable[Action], made: int | None) -> None:
        """Record what was done, in that order. New paths become ``FLEETING`` or ``MADE``; None does not record them."""
        now_s = self._advance()
        batch: list[tuple[bytes, int, float]] = []
        rule = _AFTER_REPLACING
        for action in actions:
            following, state = _rule(action, made)
            if action.op is Op.MOVE:
                self._write(batch, rule)
                self._connection.execute(
                    "UPDATE OR REPLACE recent SET path = ? WHERE path = ?",
                    (encode(action.path), encode(action.old_path or "")),
                )
            elif following == _AFTER_CREATING and made is None:
                self._write(batch, rule)
                self._connection.execute(
                    f"UPDATE recent SET state = {_AFTER_CREATING} WHERE path = ?",  # noqa: S608 - constants
                    (encode(action.path),),
                )
            elif following:
                if following != rule:
                    self._write(batch, rule)
                    rule = following
                batch.append((encode(action.path), state, now_s))
        self._write(batch, rule)
        self._connection.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (_CLOCK_KEY, f"{now_s!r} {self._wall()!r}")
        )
        self._prune()

    def has_gone(self) -> bool:
        """Tell whether a path is gone that may come back."""
        found = self._connection.execute("SELECT 1 FROM recent WHERE state IN (?, ?) LIMIT 1", (GONE, MADE_GONE))
        return found.fetchone() is not None

    def start_anew(self) -> None:
        """Forget everything, because the user has seen and approved it."""
        self._connection.execute("DELETE FROM recent")

    def _write(self, batch: list[tuple[bytes, int, float]], rule: str) -> None:
        if batch:
            self._connection.executemany(
                f"INSERT INTO recent VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE SET state = {rule}",  # noqa: S608 - constants
                batch,
            )
            batch.clear()

    def _found(self, paths: Iterable[str], window: str, times: tuple[float, ...]) -> Iterator[tuple[str, int]]:
        """Yield those of the given paths that have a record, with its state. Both sides may have a million."""
        few = f"SELECT path, state FROM recent WHERE {window} LIMIT {_ONE_BY_ONE}"  # noqa: S608 - constants
        states = dict(self._connection.execute(few, times))
        if len(states) < _ONE_BY_ONE:
            for path in paths if states else ():
                state = states.get(encode(path))
                if state is not None:
                    yield path, state
            return
        query = f"SELECT state FROM recent WHERE path = ? AND {window}"  # noqa: S608 - constants
        for path in paths:
            row = self._connection.execute(query, (encode(path), *times)).fetchone()
            if row is not None:
                yield path, row[0]

    def _window(self, *, since_held: bool) -> tuple[str, tuple[float, ...]]:
        """Return the SQL condition for what counts, and its values."""
        start_s, held_s = self._advance() - WINDOW_S, self.held_since_s
        if not since_held or held_s is None:
            return "at_s >= ?", (start_s,)
        return "(at_s >= ? OR at_s BETWEEN ? AND ?)", (start_s, held_s - WINDOW_S, held_s)

    def _prune(self) -> None:
        window, times = self._window(since_held=True)
        self._connection.execute(f"DELETE FROM recent WHERE NOT {window}", times)  # noqa: S608 - constants
        surplus = self._connection.execute("SELECT count(*) FROM recent").fetchone()[0] - MOST_PATHS
        if surplus > 0:
            self._connection.execute(
                "DELETE FROM recent WHERE path IN (SELECT path FROM recent ORDER BY at_s LIMIT ?)", (surplus,)
            )

    def _advance(self) -> float:
        """Return the time on a clock that never goes back and never jumps while the program runs.

        Between two runs only the user's clock shows how much time has passed; if it was set back, none has.
        """
        steady_s = self._steady()
        if self._steady_s is not None:
            self._now_s += max(0.0, steady_s - self._steady_s)
        else:
            row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (_CLOCK_KEY,)).fetchone()
            try:
                now_s, seen_at = (float(part) for part in str(row[0]).split()) if row else (0.0, self._wall())
            except ValueError:
                now_s, seen_at = 0.0, self._wall()
            self._now_s = now_s + max(0.0, self._wall() - seen_at)
        self._steady_s = steady_s
        return self._now_s


def _rule(action: Action, made: int | None) -> tuple[str, int]:
    """Return how an action changes the record of its path, and the record if there was none."""
    if action.op is Op.DELETE:
        return ("", 0) if action.kind is EntryKind.FOLDER else (_AFTER_DELETING, GONE)
    if action.op is Op.REPLACE and action.old_kind is not EntryKind.FOLDER:
        return (_AFTER_DELETING, GONE) if action.kind is EntryKind.FOLDER else (_AFTER_REPLACING, REWRITTEN)
    if action.op in {Op.CREATE, Op.REPLACE} and action.kind is not EntryKind.FOLDER:
        return _AFTER_CREATING, made or FLEETING
    return "", 0


class Lately(NamedTuple):
    """What happened to the mirror within the last hour, before this plan; each path counts once.

    Attributes:
        lost: Paths whose content was deleted or replaced.
        gone: Those of them whose name no longer exists.
        old_gone: Those of these that the mirror had before the hour began.
        made: New paths that still exist.
        counted: Paths of the plan that count among the lost already, or are fleeting and so no loss.
        new: Paths of the plan that were created within the hour together with many others.
    """

    lost: int = 0
    gone: int = 0
    old_gone: int = 0
    made: int = 0
    counted: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()

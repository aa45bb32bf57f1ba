"""What the mirror lost within the last hour, path by path: the memory of the guard.

A program that spoils files one by one, while a pass follows every few seconds, never has a plan that looks dangerous.
So each path counts once for an hour, however often it changes, and the guard judges all of them together. An hour,
because for so long the history keeps every version; and because on an ordinary day most files of a small folder may
well be changed, but hardly within an hour.

The number of paths is bounded by the guard itself, which holds what would pass its limits, and by ``MOST_PATHS``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from backup_gui.engine.guard import Lately
from backup_gui.engine.model import EntryKind, Op
from backup_gui.engine.tree import encode

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from backup_gui.engine.model import Action

WINDOW_S = 3_600.0
MOST_PATHS = 1_000_000
# A pass that makes more than this is an import, of which the paths are not worth remembering.
MOST_MADE = 1_000
_CLOCK_KEY = "guard's clock"
_ONE_BY_ONE = 1_000

# What became of a path within the hour.
FLEETING = 0  # made by a pass that made few: probably some program's temporary file, whose going is no loss
MADE = 1  # made by a pass that made more
REWRITTEN = 2  # its content is lost; something else has its name
GONE = 3  # lost with its name
MADE_GONE = 4  # lost with its name, and no older than the hour itself
PASSED = 5  # came and went within the hour, unmissed

_LOST = (REWRITTEN, GONE, MADE_GONE)
_AFTER_CREATING = (
    f"CASE WHEN state IN ({GONE}, {MADE_GONE}) THEN {REWRITTEN} WHEN state = {PASSED} THEN {FLEETING} ELSE state END"
)
_AFTER_REPLACING = f"CASE WHEN state IN ({FLEETING}, {PASSED}) THEN {FLEETING} ELSE {REWRITTEN} END"
_AFTER_DELETING = (
    f"CASE state WHEN {FLEETING} THEN {PASSED} WHEN {PASSED} THEN {PASSED} WHEN {MADE} THEN {MADE_GONE}"
    f" WHEN {MADE_GONE} THEN {MADE_GONE} ELSE {GONE} END"
)


class Recent:
    """The guard's memory in one catalog. What is recorded is permanent after the catalog's next ``commit``.

    Args:
        connection: The catalog's file.
        wall: The user's clock, seconds since 1970.
        steady: A clock that never jumps, in seconds.
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

        # Whether no time passes here: what waits for the user's word must not be let go on because an hour is over.
        self.stands_still = False

    def look(self, paths: Iterable[str]) -> Lately:
        """Say what was lost lately; changes nothing.

        Args:
            paths: What a plan takes away.
        """
        since_s = self._advance() - WINDOW_S
        tally: dict[int, int] = dict(
            self._connection.execute("SELECT state, count(*) FROM recent WHERE at_s >= ? GROUP BY state", (since_s,))
        )
        if not tally:
            return Lately()
        wanted = {encode(path): path for path in paths}
        states: dict[bytes, int] = {}
        if len(wanted) < _ONE_BY_ONE:
            for raw in wanted:
                found = self._connection.execute(
                    "SELECT state FROM recent WHERE path = ? AND at_s >= ?", (raw, since_s)
                ).fetchone()
                if found is not None:
                    states[raw] = found[0]
        else:
            states.update(self._connection.execute("SELECT path, state FROM recent WHERE at_s >= ?", (since_s,)))
        return Lately(
            lost=sum(tally.get(state, 0) for state in _LOST),
            gone=tally.get(GONE, 0) + tally.get(MADE_GONE, 0),
            old_gone=tally.get(GONE, 0),
            made=tally.get(FLEETING, 0) + tally.get(MADE, 0),
            counted=frozenset(path for raw, path in wanted.items() if states.get(raw, MADE) != MADE),
            new=frozenset(path for raw, path in wanted.items() if states.get(raw) == MADE),
        )

    def record(self, actions: Iterable[Action], made: int | None) -> None:
        """Remember what was done.

        Args:
            actions: What was done, in that order.
            made: What new paths are: ``FLEETING`` or ``MADE``; None if they are not worth remembering.
        """
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
        self._prune(now_s)

    def has_gone(self) -> bool:
        """Whether something is gone that may come back."""
        found = self._connection.execute("SELECT 1 FROM recent WHERE state IN (?, ?) LIMIT 1", (GONE, MADE_GONE))
        return found.fetchone() is not None

    def start_anew(self) -> None:
        """Forget everything: the user has seen it and agreed."""
        self._connection.execute("DELETE FROM recent")

    def _write(self, batch: list[tuple[bytes, int, float]], rule: str) -> None:
        if batch:
            self._connection.executemany(
                f"INSERT INTO recent VALUES (?, ?, ?) ON CONFLICT (path) DO UPDATE SET state = {rule}",  # noqa: S608 - constants
                batch,
            )
            batch.clear()

    def _prune(self, now_s: float) -> None:
        self._connection.execute("DELETE FROM recent WHERE at_s < ?", (now_s - WINDOW_S,))
        surplus = self._connection.execute("SELECT count(*) FROM recent").fetchone()[0] - MOST_PATHS
        if surplus > 0:
            self._connection.execute(
                "DELETE FROM recent WHERE path IN (SELECT path FROM recent ORDER BY at_s LIMIT ?)", (surplus,)
            )

    def _advance(self) -> float:
        """Return the time on a clock of our own, which neither goes back nor jumps while the program runs.

        Between two runs only the user's clock tells how much time has passed; if it was set back, none has.
        """
        steady_s = self._steady()
        if self._steady_s is not None:
            self._now_s += 0.0 if self.stands_still else max(0.0, steady_s - self._steady_s)
        else:
            row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (_CLOCK_KEY,)).fetchone()
            try:
                now_s, seen_at = (float(part) for part in str(row[0]).split()) if row else (0.0, self._wall())
            except ValueError:
                now_s, seen_at = 0.0, self._wall()
            self._now_s = now_s + (0.0 if self.stands_still else max(0.0, self._wall() - seen_at))
        self._steady_s = steady_s
        return self._now_s


def _rule(action: Action, made: int | None) -> tuple[str, int]:
    """Say how an action changes what is remembered of its path, and what is remembered if nothing was."""
    if action.op is Op.DELETE:
        return ("", 0) if action.kind is EntryKind.FOLDER else (_AFTER_DELETING, GONE)
    if action.op is Op.REPLACE and action.old_kind is not EntryKind.FOLDER:
        return (_AFTER_DELETING, GONE) if action.kind is EntryKind.FOLDER else (_AFTER_REPLACING, REWRITTEN)
    if action.op in {Op.CREATE, Op.REPLACE} and action.kind is not EntryKind.FOLDER:
        return _AFTER_CREATING, made or FLEETING
    return "", 0

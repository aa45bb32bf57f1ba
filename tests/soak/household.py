"""What programs write in a home folder all the time: a browser's database, a mailbox, and a log."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Self

LETTER_BYTES = 3_000


class Household:
    """The programs at work.

    Args:
        home: The home folder.
    """

    def __init__(self, home: Path) -> None:
        self._profile = home / ".mozilla/profile"
        self._mailbox = home / "Mail/Inbox"
        self._session_errors = home / ".xsession-errors"
        self._serial = 0

    def __enter__(self) -> Self:
        for folder in (self._profile, self._mailbox.parent):
            folder.mkdir(parents=True)
        with ExitStack() as stack:
            self._database = sqlite3.connect(self._profile / "places.sqlite", isolation_level=None)
            stack.callback(self._database.close)
            # Without shared memory: no time tells when mapped memory of a file on tmpfs is written to.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, url TEXT)")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def edit(self) -> None:
        """Visit a page, receive a letter and log a line."""
        self._serial += 1
        self._database.execute("INSERT INTO visits (url) VALUES (?)", (f"page {self._serial}",))
        with self._mailbox.open("ab") as mailbox:
            mailbox.write(b"From nobody\n\nLetter %d\n" % self._serial + b"." * LETTER_BYTES + b"\n\n")
        with self._session_errors.open("ab") as log:
            log.write(b"line %d\n" % self._serial)

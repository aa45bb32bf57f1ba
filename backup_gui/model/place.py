"""Where a mirror lies, as a value with a text form for settings, the command line and messages."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A folder on this computer; false if it is empty, as in a draft.

    Another kind of place gets a text form of its own, which ``parse`` tells from a path. Code that takes the ``path``
    of a place then fails the type check until it handles that kind.

    Attributes:
        path: Absolute path; in drafts and on the command line it may be relative.
    """

    path: str = ""

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read the text form."""
        return cls(text)

    def __str__(self) -> str:
        """Return the text form."""
        return self.path

    def __bool__(self) -> bool:
        return bool(self.path)


NOWHERE = Place()

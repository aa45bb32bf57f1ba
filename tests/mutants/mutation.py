"""What a mutation is: one protection of the program taken out, and the tests that must notice."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class RottenMutationError(Exception):
    """The text that a mutation replaces is not in the source exactly once."""


class Mutation(NamedTuple):
    """One protection taken out.

    Attributes:
        name: The protection, in a few words; the key under which the table of hazards names it.
        module: The file, relative to the package.
        old: The text of the protection, found exactly once.
        new: What stands in its place.
        tests: The smallest set of tests that must notice, each ``FILE::NAME`` relative to ``tests``.
    """

    name: str
    module: str
    old: str
    new: str
    tests: tuple[str, ...]

    def apply(self, package: Path) -> None:
        """Take the protection out of a copy of the package.

        Args:
            package: The copy.

        Raises:
            RottenMutationError: The text is not there, or is there more than once.
        """
        file = package / self.module
        file.write_text(self.mutated(file.read_text()))

    def mutated(self, source: str) -> str:
        """Return a module's text without the protection.

        Raises:
            RottenMutationError: The protection's text is not in it, or is there more than once.
        """
        count = source.count(self.old)
        if count != 1:
            raise RottenMutationError(f"{self.name}: found {count} times in {self.module}, not once:\n{self.old}")
        return source.replace(self.old, self.new)

"""Folders of the history that are about to lose their last versions, remembered until they are removed themselves.

Nothing tells an empty folder that this program left from one that somebody else made, and only its own are removed. So
those that versions are going to be taken from are noted beforehand: if the program is ended in between, the next
thinning finds them there and removes those that are empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from backup_gui.engine.state.database import Catalog

EMPTYING_KEY: Final = "history folders being emptied"


class Emptying:
    """The folders that are to be removed if they are empty.

    Args:
        catalog: Where they are remembered, permanently at once: a program that is killed cannot do so.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def left(self) -> tuple[str, ...]:
        """Return what an earlier run noted and did not get to."""
        text = self._catalog.fact(EMPTYING_KEY)
        if not text:
            return ()
        import json  # noqa: PLC0415 - slow to import, and hardly ever needed

        try:
            folders = json.loads(text)
        except (ValueError, RecursionError):
            # A damaged catalog: an empty folder more in the history is all that comes of it.
            return ()
        return tuple(filter(_is_within, folders)) if isinstance(folders, list) else ()

    def begin(self, folders: Collection[str]) -> None:
        """Note folders of the history, before the first version is taken from any of them."""
        import json  # noqa: PLC0415 - as above

        self._catalog.remember(EMPTYING_KEY, json.dumps(sorted(folders)))
        self._catalog.commit()

    def end(self) -> None:
        """Forget them: they are removed, or not empty."""
        self._catalog.remember(EMPTYING_KEY, "")


def _is_within(path: object) -> bool:
    """Tell whether something read is a path that does not lead out of the history."""
    return isinstance(path, str) and not {"", ".", ".."}.intersection(path.split("/"))

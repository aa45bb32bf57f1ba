"""Tells whoever listens what happens to a job, and what stays as it is only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backup_gui.model.events import HeldBack

if TYPE_CHECKING:
    from collections.abc import Callable

    from backup_gui.model.events import Event
    from backup_gui.model.plans import Held


class Teller:
    """What was told so far.

    Args:
        on_event: Told of everything.
    """

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._listener_error: Exception | None = None
        self._held: Held | None = None
        self._reasons: set[str] = set()

    def tell(self, event: Event) -> None:
        """Tell of an event.

        Raises:
            Exception: The listener's own mistake, which ``is_listeners`` knows again.
        """
        try:
            self._on_event(event)
        except Exception as error:
            self._listener_error = error
            raise

    def is_listeners(self, error: Exception) -> bool:
        """Tell whether an error is the listener's own mistake, and not one of the pass that it came through."""
        return error is self._listener_error

    def tell_held(self, held: Held) -> None:
        """Tell what is held, if that is not what was told last."""
        if held != self._held:
            self._held = held
            self.tell(HeldBack(held))

    def forget_held(self) -> None:
        """Take note that nothing is held any more."""
        self._held = None

    def is_new(self, reason: str) -> bool:
        """Tell whether something that keeps a job from its work was not said before; from now on it was."""
        if reason in self._reasons:
            return False
        self._reasons.add(reason)
        return True

    def forget_reasons(self) -> None:
        """Take note that nothing keeps the job from its work any more."""
        self._reasons.clear()

"""Checks of the library between Python and Qt itself, for mistakes that would only show after days."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal

EMITS = 200
# Other code may take or give back a few references meanwhile.
TOLERANCE = 20


class Emitter(QObject):
    told = Signal(object)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="there, True and False are never freed")
def test_emitting_a_signal_keeps_the_references_to_true() -> None:
    emitter = Emitter()
    before = sys.getrefcount(True)
    for _ in range(EMITS):
        emitter.told.emit(1)
    assert abs(sys.getrefcount(True) - before) < TOLERANCE

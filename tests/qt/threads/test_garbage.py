"""Python's garbage, which may hold objects of Qt, is looked for in the window's thread only."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from backup_gui.threads.garbage import LOOK_EVERY_MS, Collector

_LIMITS = (100, 1, 1)


class _Dialog(QObject):
    """Refers to itself, as a dialog does whose buttons call it."""

    def __init__(self) -> None:
        super().__init__()
        self.itself = self
        self.timer = QTimer(self)
        self.timer.start(60_000)


@pytest.fixture
def as_python_does() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*_LIMITS)
    gc.enable()
    yield
    gc.disable()
    gc.set_threshold(*before)


@pytest.fixture
def collector(as_python_does: None) -> Iterator[Collector]:
    collector = Collector()
    collector.start()
    yield collector
    collector.stop()


def drop(dialog: _Dialog) -> list[int]:
    """Tell in which threads a dialog is destroyed that nobody refers to once this has returned."""
    destroyed_in: list[int] = []
    weakref.finalize(dialog, lambda: destroyed_in.append(threading.get_ident()))
    return destroyed_in


def make_many_objects() -> None:
    def make() -> None:
        for _ in range(20):
            [[] for _ in range(10 * _LIMITS[0])]

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()


def test_a_dropped_dialog_is_destroyed_in_the_windows_thread(collector: Collector, qtbot: QtBot) -> None:
    destroyed_in = drop(_Dialog())
    make_many_objects()
    assert not destroyed_in
    kept: list[list[list[object]]] = []

    def is_destroyed() -> bool:
        # What is kept counts as new; what else is deleted meanwhile is taken off.
        kept.append([[] for _ in range(2 * _LIMITS[0])])
        return bool(destroyed_in)

    qtbot.waitUntil(is_destroyed, timeout=5 * LOOK_EVERY_MS)
    assert destroyed_in == [threading.get_ident()]


def test_old_garbage_is_found_too(collector: Collector) -> None:
    dialog = _Dialog()
    gc.collect(1)
    destroyed_in = drop(dialog)
    del dialog
    kept: list[list[list[object]]] = []
    for _ in range(4 * _LIMITS[1] * _LIMITS[2] + 4):
        kept.append([[] for _ in range(2 * _LIMITS[0])])
        collector.look()
    assert destroyed_in == [threading.get_ident()]


def test_without_new_objects_nothing_is_looked_for(collector: Collector) -> None:
    destroyed_in = drop(_Dialog())
    gc.collect(0)
    looked: list[str] = []
    gc.callbacks.append(lambda phase, _info: looked.append(phase))
    try:
        collector.look()
    finally:
        gc.callbacks.pop()
    assert not looked
    assert destroyed_in


def test_at_the_end_it_is_left_to_python(as_python_does: None) -> None:
    collector = Collector()
    collector.start()
    assert not gc.isenabled()
    assert gc.get_freeze_count() > 0
    collector.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0

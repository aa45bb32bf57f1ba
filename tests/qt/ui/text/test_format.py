"""Times in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QLocale

from backup_gui.ui.text.format import clock_text, exact_text, short_text

# In the night on which summer time ends: a time that comes again, after an hour or a half.
_BERLIN, _LORD_HOWE = 1_761_438_600.0, 1_775_313_900.0
_SUMMER, _WINTER = " (before the clock change)", " (after the clock change)"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))

    def move(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()
    QLocale.setDefault(before)


@pytest.mark.posix("a zone of the process alone")
@pytest.mark.parametrize(
    ("name", "first", "gap_s"), [("Europe/Berlin", _BERLIN, 3_600), ("Australia/Lord_Howe", _LORD_HOWE, 1_800)]
)
def test_the_hour_that_comes_twice_is_told_apart(
    zone: Callable[[str], None], name: str, first: float, gap_s: int
) -> None:
    zone(name)
    for words in (short_text, exact_text, lambda at: clock_text(at, at), lambda at: clock_text(at, at + 86_400)):
        earlier, later = words(first), words(first + gap_s)
        assert earlier.endswith(_SUMMER)
        assert later.endswith(_WINTER)
        assert earlier.removesuffix(_SUMMER) == later.removesuffix(_WINTER)
        for once in (first - gap_s, first + 2 * gap_s):
            assert "clock" not in words(once)


@pytest.mark.posix("a zone of the process alone")
def test_where_no_hour_comes_twice_no_word_is_said(zone: Callable[[str], None]) -> None:
    zone("UTC")
    assert "clock" not in exact_text(_BERLIN)
    zone("Europe/Berlin")
    # The hour that is left out in spring.
    for at in range(1_743_289_200, 1_743_303_600, 900):
        assert "clock" not in exact_text(at)

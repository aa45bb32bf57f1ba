"""How fast a pass goes and how long it takes, from one progress value to the next."""

from __future__ import annotations

from backup_gui.model.plans import Phase, Progress
from backup_gui.ui.values.pace import Pace, PaceMeter

MIB = 1 << 20


def copying(elapsed_s: float, files: int, mib: float, *, phase: Phase = Phase.COPYING) -> Progress:
    """Progress of a pass with 1,000 files of 1,000 MiB in all."""
    return Progress(phase, files, 1_000, round(mib * MIB), 1_000 * MIB, elapsed_s=elapsed_s)


def test_nothing_is_known_in_the_first_half_second() -> None:
    meter = PaceMeter()
    assert [meter.add(copying(at_s, mib, mib)) for at_s, mib in ((0.0, 0), (0.4, 9))] == [Pace(), Pace()]


def test_speed_and_time_left_are_those_of_the_last_seconds() -> None:
    meter = PaceMeter()
    for second in range(10):
        meter.add(copying(second, second, second * 10))
    # It slows down to a tenth; after a while the fast seconds are forgotten.
    for second in range(10, 30):
        pace = meter.add(copying(second, 9, 90 + (second - 9)))
    assert pace.bytes_per_s == MIB
    assert pace.left_s is not None
    assert 890 + 50 < pace.left_s < 890 + 70


def test_many_small_files_take_time_though_they_have_no_bytes() -> None:
    meter = PaceMeter()
    meter.add(Progress(Phase.COPYING, 0, 1_000))
    assert meter.add(Progress(Phase.COPYING, 100, 1_000, elapsed_s=2.0)) == Pace(0.0, 18.0)


def test_a_new_phase_begins_anew() -> None:
    meter = PaceMeter()
    meter.add(copying(0.0, 0, 0))
    assert meter.add(copying(5.0, 10, 10)).bytes_per_s == 2 * MIB
    assert meter.add(copying(5.1, 10, 20, phase=Phase.COMPARING)) == Pace()
    # So does the next pass.
    assert meter.add(copying(0.0, 0, 0, phase=Phase.COMPARING)) == Pace()


def test_while_it_is_not_known_how_much_there_is_no_time_is_told() -> None:
    meter = PaceMeter()
    meter.add(Progress(Phase.COMPARING))
    assert meter.add(Progress(Phase.COMPARING, 500, elapsed_s=1.0)).left_s is None

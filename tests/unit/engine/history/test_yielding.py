"""Which versions give way, in which order, and which never."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backup_gui.engine.destination.local import LocalDestination
from backup_gui.engine.destination.mirror_tree import MirrorTree
from backup_gui.engine.fs.content import never
from backup_gui.engine.history.listing import folders_of
from backup_gui.engine.history.yielding import UNASKED, Rank, Yielding
from backup_gui.engine.rules.retention import DAY_S, HOUR_S, Ages
from backup_gui.engine.rules.version_names import version_path
from tests.helpers.rig import Rig

NOW_S = 20_000 * DAY_S + 12 * HOUR_S


AGES = Ages(NOW_S)


def put(rig: Rig, path: str, age_s: float) -> Path:
    stored = version_path(path, datetime.fromtimestamp(NOW_S - age_s, UTC))
    return rig.write_at(rig.history / stored, str(age_s))


def ranks(rig: Rig, most: Rank = Rank.LAST, *, spares_young: bool = False, ages: Ages = AGES) -> dict[float, Rank]:
    """Return the ranks of all versions, by their ages."""
    found: dict[float, Rank] = {}
    with LocalDestination(str(rig.mirror), str(rig.history)) as target:
        yielding = Yielding(target, ages, spares_young=spares_young)
        history = target.history.tree()
        assert history is not None
        for folder in folders_of(history, never, lambda _path, _error: None):
            for stored, rank in yielding.ranks(folder, most).items():
                found[float((rig.history / stored).read_text())] = rank
    return found


@pytest.fixture
def living(rig: Rig) -> Rig:
    rig.write_at(rig.mirror / "docs/a")
    return rig


@pytest.mark.hazard(55)
def test_the_last_version_of_what_the_mirror_lacks_goes_last_and_never_unasked(living: Rig) -> None:
    for path in ("docs/a", "docs/gone"):
        for age_s in (3 * DAY_S, 2 * DAY_S):
            put(living, path, age_s + (path == "docs/gone"))
    assert ranks(living) == {
        3 * DAY_S: Rank.LIVING,
        2 * DAY_S: Rank.LIVING,
        3 * DAY_S + 1: Rank.GONE,
        2 * DAY_S + 1: Rank.LAST,
    }
    assert set(ranks(living, UNASKED)) == {3 * DAY_S, 2 * DAY_S}


@pytest.mark.hazard(55)
@pytest.mark.parametrize("there", ["folder", "unreadable"])
def test_what_cannot_be_seen_to_live_counts_as_gone(living: Rig, there: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (living.mirror / "docs/b").mkdir()
    put(living, "docs/b", 2 * DAY_S)
    if there == "unreadable":
        put(living, "docs/a", 3 * DAY_S)

        def refuse(_target: MirrorTree, path: str) -> object:
            raise PermissionError(13, os.strerror(13), path)

        monkeypatch.setattr(MirrorTree, "look", refuse)
    assert ranks(living, UNASKED) == {}


@pytest.mark.hazard(55)
def test_of_one_minute_all_but_the_oldest_go_first_but_never_the_last_of_what_is_gone(living: Rig) -> None:
    for path, more in (("docs/a", 0.0), ("docs/gone", 0.5)):
        for age_s in (180, 175, 170, 150, 70):
            put(living, path, age_s).write_text(str(age_s + more))
    # Noon is a full minute: four are of one, and the last of another.
    assert ranks(living, UNASKED) == {
        175: Rank.JOINED,
        170: Rank.JOINED,
        150: Rank.JOINED,
        175.5: Rank.JOINED,
        170.5: Rank.JOINED,
        150.5: Rank.JOINED,
        70: Rank.CROWDED,
    }
    assert 70 not in ranks(living, UNASKED, spares_young=True)


@pytest.mark.hazard(55, 56)
def test_of_many_versions_of_the_last_hour_the_oldest_stays(living: Rig) -> None:
    for minutes in range(59, 2, -2):
        put(living, "docs/a", 60 * minutes)
        put(living, "docs/gone", 60 * minutes + 1)
    found = ranks(living, UNASKED)
    assert set(found) == {60.0 * minutes for minutes in range(57, 2, -2)}
    assert set(found.values()) == {Rank.CROWDED}


def test_few_versions_of_the_last_hour_all_stay(living: Rig) -> None:
    for minutes in (50, 30, 10):
        put(living, "docs/a", 60 * minutes)
    put(living, "docs/a", -DAY_S)
    assert ranks(living) == {}


@pytest.mark.hazard(50, 55)
def test_what_a_step_of_the_clock_makes_look_old_is_young(living: Rig) -> None:
    put(living, "docs/a", 3 * HOUR_S)
    assert ranks(living) == {3 * HOUR_S: Rank.LIVING}
    assert ranks(living, ages=Ages(NOW_S, steps=((NOW_S - 60, 2.5 * HOUR_S),))) == {}
    assert ranks(living, ages=Ages(NOW_S, since_s=NOW_S - 60)) == {}

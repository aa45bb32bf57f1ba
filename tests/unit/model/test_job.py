"""A place comes back from its text form as it was, and an empty one is none."""

from __future__ import annotations

import pytest

from backup_gui.model.job import NEW_JOB, NOWHERE, Place


@pytest.mark.parametrize(
    "text", ["/media/backup", "../relative", "~/home", "remote:is a folder today", "\udcff\n", " ", ""]
)
def test_a_place_comes_back_from_its_text_form(text: str) -> None:
    place = Place.parse(text)
    assert (place.path, str(place), Place.parse(str(place))) == (text, text, place)


def test_a_draft_has_no_place() -> None:
    assert not NOWHERE
    assert NEW_JOB.destination == NOWHERE == Place.parse("")
    assert Place("/media/backup")


def test_places_are_told_apart_by_their_paths() -> None:
    assert Place("/a") == Place("/a") != Place("/b")
    assert len({Place("/a"), Place("/a"), Place("/b")}) == 2

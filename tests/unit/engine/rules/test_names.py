"""Which names come into a mirror that cannot hold or tell apart all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backup_gui.engine.rules.capabilities import ALL, FAT
from backup_gui.engine.rules.names import (
    NOTHING,
    Alignment,
    RefusedName,
    align,
    inherit,
    is_same_spelling,
    why_not,
)
from backup_gui.model.plans import ProblemCode
from backup_gui.model.reasons import Reason, ReasonCode

COLLISION, NAME = ProblemCode.NAME_COLLISION, ProblemCode.NAME_NOT_POSSIBLE
FOLDS = ALL._replace(folds_case=True)
LOWERS = FOLDS._replace(keeps_case=False)


def aligned(
    ours: str,
    theirs: str,
    *,
    folds: Callable[[str], str] = str.upper,
    known: str = "",
    is_hidden: Callable[[str], bool] = lambda _name: False,
    capabilities: object = FOLDS,
) -> Alignment:
    """Align names, given with blanks between them, with a mirror that takes names for one as told."""
    there = theirs.split()
    assert isinstance(capabilities, type(ALL))
    return align(
        ours.split(),
        there,
        capabilities,
        known=known.split(),
        is_taken=lambda name: is_hidden(name) or folds(name) in map(folds, there),
        falls_together=lambda one, other: folds(one) == folds(other),
    )


def refused(other: str) -> RefusedName:
    return RefusedName(COLLISION, Reason(ReasonCode.NAME_LIKE, name=other))


@pytest.mark.hazard(31)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("plain.txt", ""),
        ("a:b", "it contains ':'"),
        ("a\\b", "it contains '\\'"),
        ("a\nb", "it contains a control character"),
        ("a\udcff", "it contains bytes that are not text"),
        ("end.", "it ends with a space or a full stop"),
        ("end ", "it ends with a space or a full stop"),
        (".hidden", ""),
        ("con", "Windows keeps this name for a device"),
        ("Con .txt", "Windows keeps this name for a device"),
        ("LPT1.tar.gz", "Windows keeps this name for a device"),
        ("com¹", "Windows keeps this name for a device"),
        ("com0", ""),
        ("console", ""),
    ],
)
def test_why_a_name_is_not_possible_is_said_in_plain_words(name: str, reason: str) -> None:
    assert (why_not(name, FAT._replace(holds_device_names=False)) or "") == reason
    assert why_not(name, ALL) is None


def test_names_that_both_have_need_no_thought() -> None:
    assert aligned("a B", "B a c") is NOTHING


def test_names_that_are_not_possible_stay_out() -> None:
    found = aligned("a:b con c:", "c:", capabilities=FOLDS._replace(forbidden=":"))
    # What the mirror has is evidently possible.
    assert found == Alignment(
        {"a:b": RefusedName(NAME, Reason(ReasonCode.NAME_WITH_CHARACTER, character=":"))}, {}, frozenset()
    )


def test_a_name_in_another_case_is_the_same_entry() -> None:
    assert aligned("Docs a", "docs a") == Alignment({}, {"Docs": "docs"}, frozenset({"Docs"}))


def test_what_the_mirror_has_wins() -> None:
    assert aligned("Docs docs DOCS", "docs").refused == {"Docs": refused("docs"), "DOCS": refused("docs")}


def test_of_new_names_the_first_wins_in_whatever_order_they_come() -> None:
    for ours in ("b B c", "c B b"):
        assert aligned(ours, "").refused == {"b": refused("B")}


def test_of_names_that_want_one_place_the_first_gets_it() -> None:
    found = aligned("DOCS Docs", "docs")
    assert (found.stored, found.refused) == ({"DOCS": "docs"}, {"Docs": refused("DOCS")})


def test_names_that_look_alike_but_are_two_to_the_mirror_both_come_in() -> None:
    def folds(name: str) -> str:
        return name

    assert aligned("straße STRASSE", "", folds=folds) == Alignment({}, {}, frozenset())
    assert aligned("straße STRASSE", "strasse", folds=folds) == Alignment({}, {}, frozenset())


def test_among_several_alike_the_mirror_says_which_one_it_is() -> None:
    folds = {"Sß": "one", "SSS": "one", "sß": "another"}
    assert aligned("Sß", "sß SSS", folds=lambda name: folds[name]).stored == {"Sß": "SSS"}
    neither = aligned("Sß", "sß SSS", folds=lambda name: name, is_hidden=lambda name: name == "Sß")
    assert neither == Alignment({"Sß": RefusedName(COLLISION)}, {}, frozenset())


def test_what_leads_to_something_that_is_not_listed_stays_out() -> None:
    def is_hidden(name: str) -> bool:
        return name == "$MFT"

    assert aligned("$MFT", "", is_hidden=is_hidden).refused == {"$MFT": RefusedName(COLLISION)}
    keeps = ALL._replace(holds_bytes=False)
    assert aligned("$MFT", "", is_hidden=is_hidden, capabilities=keeps).refused == {
        "$MFT": RefusedName(NAME, Reason(ReasonCode.NAME_OF_DRIVE))
    }


def test_where_case_is_not_kept_what_is_known_tells_whose_a_name_is() -> None:
    first = aligned("b B", "", capabilities=LOWERS)
    assert first.refused == {"b": refused("B")}
    later = aligned("b B", "b", capabilities=LOWERS, known="B")
    assert later == Alignment({"b": refused("B")}, {"B": "b"}, frozenset())


def test_spelling_counts_as_far_as_it_is_kept() -> None:
    assert not is_same_spelling("a", "A", ALL)
    assert is_same_spelling("a", "A", LOWERS)
    assert not is_same_spelling("é", "e\u0301", ALL)
    assert is_same_spelling("é", "e\u0301", ALL._replace(keeps_forms=False))


def test_what_is_known_goes_over_to_the_new_spelling() -> None:
    known = {"docs": 1, "a": 2}
    inherit(known, ("Docs", "a"), aligned("Docs a", "docs a"))
    assert known == {"Docs": 1, "a": 2}


def test_where_case_is_not_kept_the_old_name_is_left_to_be_forgotten() -> None:
    known = {"B": 1}
    inherit(known, ("b",), aligned("b", "b", capabilities=LOWERS, known="B"))
    assert known == {"B": 1, "b": 1}
    inherit(known, ("new",), aligned("new", "NEW", capabilities=LOWERS))
    assert known == {"B": 1, "b": 1}

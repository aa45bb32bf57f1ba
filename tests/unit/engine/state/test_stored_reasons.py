"""A reason in a catalog comes back as it was, and what is no reason is none."""

from __future__ import annotations

import json

import pytest

from backup_gui.engine.state.stored_reasons import read, written
from backup_gui.model.plans import ProblemCode
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode


@pytest.mark.parametrize(
    "reason",
    [
        NO_REASON,
        Reason(ReasonCode.NAME_OF_DEVICE),
        Reason(ReasonCode.NAME_LIKE, name="ä\udcff\n"),
        Reason(ReasonCode.WITH_WHOLE_FOLDER, detail=Reason(ReasonCode.NAME_LIKE, name="Readme")),
        Reason(ProblemCode.NAME_COLLISION),
    ],
    ids=lambda reason: reason.code.value or "none",
)
def test_a_reason_comes_back_with_its_code_and_arguments(reason: Reason) -> None:
    found = read(written(reason))
    assert found is not None
    assert (found, found.code, found.arguments) == (reason, reason.code, reason.arguments)


def test_a_reason_is_read_by_its_code_and_not_by_its_english() -> None:
    assert "looks" not in written(Reason(ReasonCode.NAME_LIKE, name="x"))
    assert json.loads(written(Reason(ReasonCode.NAME_LIKE, name="x")))["code"] == ReasonCode.NAME_LIKE.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"text"',
        "{}",
        '{"code": "of-a-later-version", "arguments": {}}',
        '{"code": "name-of-device", "arguments": []}',
        '{"code": "name-like", "arguments": {"name": 1.5}}',
        '{"code": "name-like", "arguments": {"name": {"code": "of-a-later-version", "arguments": {}}}}',
        "[" * 100_000,
    ],
)
def test_what_is_damaged_or_of_a_later_version_is_no_reason(text: str) -> None:
    assert read(text) is None

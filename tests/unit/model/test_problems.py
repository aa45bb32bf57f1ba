"""Errors of the system become reasons in plain words."""

from __future__ import annotations

import errno
import sys

import pytest

from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import ADVICE, code_of, problem, problem_from
from backup_gui.model.reasons import Code, Reason, ReasonCode


def windows_error(winerror: int, number: int = errno.EINVAL) -> OSError:
    error = OSError(number, "as Windows says it")
    error.winerror = winerror  # type: ignore[attr-defined,unused-ignore]
    return error


def test_every_code_has_a_sentence_and_says_what_to_do() -> None:
    assert set(ADVICE) == set(ProblemCode.all())
    assert all(code.words and not code.words.endswith(".") for code in ProblemCode.all())
    assert all(advice.endswith(".") for advice in ADVICE.values())
    assert len({code.words for code in ProblemCode.all()}) == len(ProblemCode.all())


@pytest.mark.parametrize(
    ("number", "stage", "code"),
    [
        (errno.EACCES, Stage.COMPARE, ProblemCode.NO_PERMISSION),
        (errno.EACCES, Stage.COPY, ProblemCode.NO_PERMISSION),
        (errno.EACCES, Stage.DELETE, ProblemCode.NO_WRITE_PERMISSION),
        (errno.EPERM, Stage.DELETE, ProblemCode.PROTECTED),
        (errno.EPERM, Stage.METADATA, ProblemCode.METADATA),
        (errno.ENOSPC, Stage.COPY, ProblemCode.NO_SPACE),
        (errno.EDQUOT, Stage.COPY, ProblemCode.NO_SPACE),
        (errno.EFBIG, Stage.COPY, ProblemCode.TOO_LARGE),
        (errno.EROFS, Stage.COPY, ProblemCode.READ_ONLY),
        (errno.EIO, Stage.COPY, ProblemCode.READ_ERROR),
        (errno.EIO, Stage.HISTORY, ProblemCode.WRITE_ERROR),
        (errno.ENAMETOOLONG, Stage.COPY, ProblemCode.NAME_TOO_LONG),
        (errno.EILSEQ, Stage.COPY, ProblemCode.NAME_NOT_POSSIBLE),
        (errno.EBUSY, Stage.COPY, ProblemCode.IN_USE),
        (errno.ELOOP, Stage.DELETE, ProblemCode.MIRROR_CHANGED),
        (errno.EDOM, Stage.COPY, ProblemCode.OTHER),
    ],
)
def test_a_system_error_is_classified_by_its_number_and_stage(number: int, stage: Stage, code: Code) -> None:
    assert code_of(OSError(number, "x"), stage) is code


@pytest.mark.hazard(41)
@pytest.mark.parametrize(
    ("winerror", "code"),
    [
        (32, ProblemCode.IN_USE),
        (33, ProblemCode.IN_USE),
        (112, ProblemCode.NO_SPACE),
        (123, ProblemCode.NAME_NOT_POSSIBLE),
        (206, ProblemCode.NAME_TOO_LONG),
        (223, ProblemCode.TOO_LARGE),
        (1314, ProblemCode.LINK_NOT_POSSIBLE),
        (1117, ProblemCode.READ_ERROR),
    ],
)
def test_a_windows_error_is_classified_by_its_own_number(winerror: int, code: Code) -> None:
    assert code_of(windows_error(winerror), Stage.COPY) is code


def test_access_denied_on_windows_is_a_matter_of_permission() -> None:
    error = windows_error(5, errno.EACCES)
    assert code_of(error, Stage.COPY) is ProblemCode.NO_PERMISSION
    assert code_of(error, Stage.COPY, is_writing=True) is ProblemCode.NO_WRITE_PERMISSION


def test_what_macos_keeps_from_programs_is_no_matter_of_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = OSError(errno.EPERM, "Operation not permitted")
    assert code_of(refused, Stage.COMPARE) is ProblemCode.NO_PERMISSION
    monkeypatch.setattr(sys, "platform", "darwin")
    for stage in (Stage.COMPARE, Stage.COPY):
        found = problem_from(refused, "Documents/letter", stage)
        assert found.code is ProblemCode.PRIVACY
        assert "Privacy & Security" in ADVICE[found.code]
    assert code_of(OSError(errno.EACCES, "Permission denied"), Stage.COPY) is ProblemCode.NO_PERMISSION
    assert code_of(refused, Stage.COPY, is_writing=True) is ProblemCode.PROTECTED


def test_a_device_error_while_writing_is_not_blamed_on_the_source() -> None:
    assert code_of(windows_error(1117), Stage.COPY, is_writing=True) is ProblemCode.WRITE_ERROR
    assert code_of(OSError(errno.EIO, ""), Stage.COPY, is_writing=True) is ProblemCode.WRITE_ERROR


@pytest.mark.hazard(31)
@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("a:b", "it contains ':'"),
        ("a\nb", "it contains a control character"),
        ("a\udcff", "it contains bytes that are not text"),
        ("a.", "it ends with a space or a full stop"),
    ],
)
def test_an_invalid_argument_for_a_suspicious_name_is_blamed_on_the_name(name: str, detail: str) -> None:
    found = problem_from(OSError(errno.EINVAL, "Invalid argument"), f"folder/{name}", Stage.COPY)
    assert found.code is ProblemCode.NAME_NOT_POSSIBLE
    assert found.reason == f"{ProblemCode.NAME_NOT_POSSIBLE.words}: {detail}"


def test_an_invalid_argument_for_a_harmless_name_is_not() -> None:
    found = problem_from(OSError(errno.EINVAL, "Invalid argument"), "folder/name", Stage.COPY)
    assert found.code is ProblemCode.OTHER


def test_an_unknown_error_keeps_the_system_s_own_words() -> None:
    found = problem_from(OSError(errno.EDOM, "Numerical argument out of domain"), "a", Stage.COPY)
    assert found.reason == "The system refused: Numerical argument out of domain"


def test_an_error_without_number_and_words_still_has_a_reason() -> None:
    assert problem_from(OSError(), "a", Stage.COPY).reason == "The system refused: OSError"


def test_what_there_is_more_to_know_follows_the_sentence() -> None:
    found = problem(ProblemCode.NO_SPACE, "a", Stage.COPY, more=Reason(ReasonCode.SIZE_LACKS, size=1_200_000_000))
    assert found.reason == "The backup drive is full: 1.2 GB more is needed"

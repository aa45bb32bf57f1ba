"""Translates reasons into the user's language, by the English words of their codes.

Formats their arguments in the user's locale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from backup_gui.model.plans import ProblemCode
from backup_gui.model.problems import ADVICE
from backup_gui.model.reasons import Reason, ReasonCode
from backup_gui.ui.text.format import counted, number_text, path_in_words, path_text, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backup_gui.model.plans import Problem
    from backup_gui.model.reasons import Code

CONTEXT = "Sentences"
_MOST_PROBLEMS = 3
# They only combine other reasons.
_WITHOUT_WORDS = frozenset(
    {
        ReasonCode.NONE,
        ReasonCode.SYSTEM,
        ReasonCode.LINES,
        ReasonCode.ABOUT,
        ReasonCode.AT,
        ReasonCode.NAME_LIKE,
        ReasonCode.SETTING_DAMAGED,
        ReasonCode.SETTING_WRONG,
    }
)
# All codes that the window may have to show.
CODES: tuple[Code, ...] = (*(code for code in ReasonCode.all() if code not in _WITHOUT_WORDS), *ProblemCode.all())


def said(reason: Reason) -> str:
    """Translate a reason; words of the operating system stay as they are, and ``NO_REASON`` is empty."""
    if reason.code is ReasonCode.SYSTEM:
        return path_text(reason)
    words = reason.code.words
    if reason.code not in _WITHOUT_WORDS:
        words = QCoreApplication.translate(CONTEXT, words)
    values = {name: _value_said(name, value) for name, value in reason.arguments.items()}
    return f"{words}: {values['more']}" if "more" in values else words.format_map(values)


def sentence_text(reason: Reason) -> str:
    """Translate a reason into a sentence with one full stop."""
    return f"{said(reason).rstrip('.')}."


def _value_said(name: str, value: str | int | Reason) -> str:
    if isinstance(value, Reason):
        return said(value)
    if isinstance(value, int):
        return size_text(value) if name == "size" else number_text(value)
    # The value must not change the direction of the sentence.
    return path_in_words(value)


def problem_lines(problems: Sequence[Problem], most: int = _MOST_PROBLEMS) -> list[str]:
    """The first problems, each with its reason, and how many more there are."""
    pattern = QCoreApplication.translate("Problems", "{path}: {reason}")
    lines = [
        pattern.format(path=path_in_words(problem.path), reason=said(problem.reason)) for problem in problems[:most]
    ]
    more = len(problems) - len(lines)
    return [*lines, counted("and %Ln more", "and %Ln more", more)] if more else lines


def advice_text(problem: Problem) -> str:
    """Translate the advice for a problem."""
    return QCoreApplication.translate("Problems", ADVICE[problem.code])

"""Says of a draft of a job what was found out about it, in the words and at the place where a form shows it."""

from __future__ import annotations

from backup_gui.services.job_check import Findings
from backup_gui.ui.text.headline import silence_text
from backup_gui.ui.text.reasons import said
from backup_gui.ui.values.job import DraftVerdict, Level, Remark


def verdict(serial: int, findings: Findings) -> DraftVerdict:
    """Sort what was found by the field that it is shown under."""
    source, destination = _remark(findings, "source"), _remark(findings, "destination")
    other = next(
        (
            Remark(Level.WRONG, said(text))
            for name, text in findings.faults.items()
            if name not in {"source", "destination"}
        ),
        Remark(),
    )
    return DraftVerdict(serial, source=source, destination=destination, other=other, job=findings.job)


def unanswered(serial: int, silent_s: int) -> DraftVerdict:
    """Say that a draft cannot be judged yet, since a drive has not answered for so many seconds."""
    return DraftVerdict(serial, other=Remark(Level.NOTE, silence_text(silent_s)))


def _remark(findings: Findings, field: str) -> Remark:
    if field in findings.faults:
        return Remark(Level.WRONG, said(findings.faults[field]))
    if field in findings.notes:
        return Remark(Level.NOTE, said(findings.notes[field]))
    return Remark()

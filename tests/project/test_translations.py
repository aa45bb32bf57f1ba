"""The translations: complete, of one piece with the program, and with a sentence for every reason."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from backup_gui.config.job_factory import job_faults
from backup_gui.model.job import Job, Place
from backup_gui.model.plans import ProblemCode
from backup_gui.model.problems import ADVICE
from backup_gui.model.reasons import NO_REASON, Reason, ReasonCode, lines, of_system
from backup_gui.ui.text.reasons import CODES, said
from tests.helpers.project import PROJECT

sys.path.insert(0, str(PROJECT / "packaging"))
import translations  # not "packaging.translations": a library has that name

PACKAGE = translations.PACKAGE
FILES = sorted(translations.FOLDER.glob("*.ts"))


def read(path: Path) -> Iterator[tuple[str, ET.Element]]:
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            yield context.findtext("name") or "", message


def forms(message: ET.Element) -> list[str]:
    translation = message.find("translation")
    assert translation is not None
    plural = [form.text or "" for form in translation.iter("numerusform")]
    return plural or [translation.text or ""]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_word_is_translated_in_all_its_forms(path: Path) -> None:
    found = set()
    for context, message in read(path):
        source = message.findtext("source") or ""
        found.add((context, source))
        translation = message.find("translation")
        assert translation is not None
        assert translation.get("type") is None, f"{context}: {source} is {translation.get('type')}"
        is_plural = message.get("numerus") == "yes"
        assert len(forms(message)) == (2 if is_plural else 1), source
        for text in forms(message):
            assert text.strip(), f"{context}: {source} is empty"
    assert found == {(word.context, word.text) for word in translations.words()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_translation_keeps_what_is_filled_in_and_one_mnemonic(path: Path) -> None:
    for _, message in read(path):
        source = message.findtext("source") or ""
        for text in forms(message):
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", source)) or (
                message.get("numerus") and set(re.findall(r"\{\w+\}", text)) < set(re.findall(r"\{\w+\}", source))
            ), (source, text)
            assert len(re.findall("&[^ &]", text)) == len(re.findall("&[^ &]", source)), (source, text)
            assert source.endswith("…") == text.endswith("…"), (source, text)
            assert (source[-1:] in ".:?") == (text[-1:] in ".:?"), (source, text)
            assert source[:1].isspace() == text[:1].isspace(), (source, text)
        if message.get("numerus"):
            assert "%Ln" in forms(message)[-1], source


def test_the_translations_are_up_to_date_with_the_program_and_packed() -> None:
    assert FILES
    assert translations.is_current(), "'make translations' would change them"


def test_words_are_found_where_they_are_used() -> None:
    source = """
class Page:
    def build(self):
        self.add(self.tr("One"), counted("%Ln files", "%Ln file", 3))
        return QCoreApplication.translate("Other", "Two")
_tr = partial(QCoreApplication.translate, "Own")
def title():
    return _tr("Three")
"""
    assert set(translations.words_of(source)) == {
        ("Page", "One", False),
        ("Counted", "%Ln files", True),
        ("Other", "Two", False),
        ("Own", "Three", False),
    }


@pytest.mark.parametrize("call", ['self.tr(f"{one}")', "self.tr(text)", 'menu.tr("Word")', 'counted("a" + b, "c", 1)'])
def test_what_no_translator_can_see_is_refused(call: str) -> None:
    with pytest.raises(ValueError, match=r"translated|context"):
        list(translations.words_of(call))


def test_every_reason_has_a_sentence_of_the_window_and_every_problem_its_advice() -> None:
    words = {(word.context, word.text) for word in translations.words()}
    assert {("Sentences", code.words) for code in CODES} <= words
    assert {("Problems", ADVICE[code]) for code in ProblemCode.all()} <= words
    left_out = set(ReasonCode.all()) - set(CODES)
    assert not [code for code in left_out if re.search("[a-z]{2}", re.sub(r"\{\w+\}", "", code.words))]


@pytest.mark.parametrize("path", ["", "  ", "/a\0b"])
def test_the_window_has_a_sentence_for_every_fault_of_what_is_typed(path: str) -> None:
    job = Job(
        path,
        Place(path),
        "a",
        "",
        history=Place(path),
        interval_s=0,
        full_pass_every_s=0,
        history_days=-1,
        history_max_bytes=-1,
    )
    job = job._replace(guard_count=-1, guard_share=2.0, name="n" * 200, exclude=("",))
    faults = job_faults(job)
    assert len(faults) >= 10
    assert {fault.code for fault in faults.values()} <= set(CODES)


def test_a_reason_says_its_arguments_as_they_are_without_a_translation() -> None:
    drive = Reason(ReasonCode.DRIVE_READ_ONLY)
    for reason in (
        Reason(ReasonCode.SOURCE_AWAY, path="/home/anna/{why} %1"),
        Reason(ProblemCode.NO_SPACE, more=Reason(ReasonCode.SIZE_LACKS, size=1_200_000_000)),
        Reason(ReasonCode.DESTINATION_UNOPENED, detail=drive, path="/media/x"),
        lines(drive, Reason(ReasonCode.PLACE_UNTOUCHED)),
        of_system("Words of the system"),
        NO_REASON,
    ):
        assert said(reason) == reason

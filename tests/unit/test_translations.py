"""The translations: complete, of one piece with the program, and with a sentence for all that the engine says."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from backup_gui.config.job_factory import job_faults
from backup_gui.model.job import Job
from backup_gui.model.plans import ProblemCode
from backup_gui.model.problems import ADVICE, REASONS
from backup_gui.ui.text.reasons import PATTERNS, is_known, said
from tests.helpers.project import PROJECT

sys.path.insert(0, str(PROJECT / "packaging"))
import translations  # not "packaging.translations": a library has that name

PACKAGE = translations.PACKAGE
FILES = sorted(translations.FOLDER.glob("*.ts"))

# Modules whose sentences reach the window, and the few of theirs that do not.
SPEAKING = (
    "config/job_factory",
    "config/store",
    "engine/apply/apply",
    "engine/apply/stats",
    "engine/destination/destination",
    "engine/destination/history_writer",
    "engine/destination/lock",
    "engine/fs/volumes/mounts",
    "engine/history/snapshot",
    "engine/restore/bringing",
    "engine/restore/decisions",
    "engine/restore/put_back",
    "engine/restore/returning",
    "engine/restore/undo",
    "engine/roots/roots",
    "engine/rules/exclusions",
    "engine/rules/names",
    "engine/rules/space",
    "engine/run/loop",
    "engine/run/single_pass",
    "engine/state/custody",
    "engine/state/database",
    "engine/watch/supervisor",
    "engine/watch/watcher",
    "services/job_check",
    "services/suggestions",
    "threads/job_thread",
)
SILENT = {
    "The source source": "put together of a name and a fault; tested by themselves",
    "is full (source": "a fault with its path, for the command line",
}
_RAISED_TO_BE_CAUGHT = {"ValueError", "OSError", "FileExistsError", "FileNotFoundError", "TypeError", "AssertionError"}


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
def _tr(text):
    return QCoreApplication.translate("Own", text)
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


def test_every_code_of_a_problem_has_its_sentence_and_advice() -> None:
    advice = {word.text for word in translations.words() if word.context == "Problems"}
    for code in ProblemCode:
        assert REASONS[code] in PATTERNS
        assert is_known(f"{REASONS[code]}: it contains ':'")
        assert ADVICE[code] in advice


@pytest.mark.parametrize("module", SPEAKING)
def test_the_window_has_a_sentence_for_all_that_a_module_says(module: str) -> None:
    tree = ast.parse(Path(PACKAGE, f"{module}.py").read_text("utf-8"))
    for sentence in sentences_in(tree):
        if not any(part in sentence for part in SILENT):
            assert is_known(sentence), f"{module}: {sentence!r} is not in ui/text/reasons.py"


@pytest.mark.parametrize("path", ["", "  ", "/a\0b"])
def test_the_window_has_a_sentence_for_every_fault_of_what_is_typed(path: str) -> None:
    job = Job(
        path, path, "a", "", history=path, interval_s=0, full_pass_every_s=0, history_days=-1, history_max_bytes=-1
    )
    job = job._replace(guard_count=-1, guard_share=2.0, name="n" * 200, exclude=("",))
    faults = job_faults(job)
    assert len(faults) >= 10
    for sentence in faults.values():
        assert is_known(sentence), sentence


def test_the_search_for_sentences_finds_them() -> None:
    found = {
        sentence
        for module in ("engine/roots/roots", "engine/restore/put_back", "config/job_factory")
        for sentence in sentences_in(ast.parse(Path(PACKAGE, f"{module}.py").read_text("utf-8")))
    }
    assert "The source folder is not there: source" in found
    assert "The drive that is restored to is full" in found
    assert "The source and the destination are the same folder." in found
    assert not is_known("The moon is not there: source")


def test_a_sentence_keeps_its_paths_and_figures_without_a_translation() -> None:
    for text in (
        "The source folder is not there: /home/anna/{why} %1",
        "The backup drive is full: 1.2 GB more is needed.",
        "The destination cannot be opened (The drive is read-only): /media/x",
        "Words of the system",
        "",
    ):
        assert said(text) == text


def sentences_in(tree: ast.Module) -> Iterator[str]:
    """All texts of a module that read like sentences, but for its documentation and what it tells the log."""
    passed: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(node.value)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.startswith("log.") or name in _RAISED_TO_BE_CAUGHT:
                passed.update(ast.walk(node))
        elif isinstance(node, ast.JoinedStr):
            passed.update(set(ast.walk(node)) - {node})
    for node in ast.walk(tree):
        if node in passed:
            continue
        text = _filled(node)
        if re.match(r"[A-Z][a-z]+ [a-z]+ \S+", text):
            yield text


def _filled(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else _stand_in(ast.unparse(part)) for part in node.values
        )
    return ""


def _stand_in(part: str) -> str:
    return {"{do}": "do", "{sentence}": "The backup drive is full"}.get(part, "source")

"""Names are anybody's: none is ever read as markup, which could load a picture or hang the window."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from backup_gui.model.entries import EntryKind
from backup_gui.model.passes import PastChange
from backup_gui.model.plans import ProblemCode, Stage
from backup_gui.model.problems import problem
from backup_gui.model.restores import Item
from backup_gui.ui.activity.pass_row import file_data
from backup_gui.ui.dialogs.transfer import NotesModel
from backup_gui.ui.history.tree_model import HistoryModel
from backup_gui.ui.main.problems import ProblemsModel
from backup_gui.ui.style.icons import Icons
from backup_gui.ui.text.format import tip_text
from backup_gui.ui.widgets.labels import ElidedLabel, PlainLabel
from tests.helpers.project import PROJECT

UI = PROJECT / "backup_gui/ui"
NAMES = ("<img src='/tmp/pipe'>", "<b>bold</b>", "a<b", "<qt>", "&lt;b&gt;", "<!-- x -->", "two\n<i>lines</i>  kept")
TIP = Qt.ItemDataRole.ToolTipRole


def as_shown(tip: str) -> str:
    """Read a tooltip as Qt shows it."""
    if "<" not in tip:
        return tip
    document = QTextDocument()
    document.setHtml(tip)
    return document.toPlainText().replace("\u2028", "\n").replace("\xa0", " ")


@pytest.mark.hazard(69)
@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("name", NAMES)
def test_a_tip_shows_a_name_as_it_is(name: str) -> None:
    assert as_shown(tip_text(name)) == name
    assert "<img" not in tip_text(name)


def tips(model: QAbstractItemModel) -> list[str]:
    """All tooltips of a model's first rows."""
    root = QModelIndex()
    cells = [(row, column) for row in range(model.rowCount(root)) for column in range(model.columnCount(root))]
    found = [model.data(model.index(row, column, root), TIP) for row, column in cells]
    return [tip for tip in found if isinstance(tip, str)]


@pytest.mark.hazard(69)
@pytest.mark.parametrize("name", NAMES[:4])
def test_tables_show_names_in_their_tips_as_they_are(qtbot: QtBot, icons: Icons, name: str) -> None:
    problems = ProblemsModel()
    problems.show_problems((problem(ProblemCode.IN_USE, name, Stage.COPY),))
    files = HistoryModel(icons)
    files.show_folder("", (Item(name, EntryKind.FILE, 1, 1, "/", name),))
    notes = NotesModel(((name, name),))
    passed = file_data(PastChange("move", name, name), 1, TIP)
    assert isinstance(passed, str)
    for found in (*tips(problems), *tips(files), *tips(notes), passed):
        assert "<img" not in found
        assert name in as_shown(found)


@pytest.mark.hazard(69)
def test_labels_show_a_name_as_it_is(qtbot: QtBot) -> None:
    label = ElidedLabel(NAMES[0] * 20)
    qtbot.addWidget(label)
    label.resize(40, 20)
    assert as_shown(label.toolTip()) == NAMES[0] * 20
    for kind in (PlainLabel, ElidedLabel):
        shown = kind(NAMES[0])
        qtbot.addWidget(shown)
        assert shown.textFormat() is Qt.TextFormat.PlainText


def is_constant(argument: ast.expr) -> bool:
    """Whether a tip says nothing that comes from elsewhere: the program's own words, a time, or none."""
    if isinstance(argument, ast.IfExp):
        return is_constant(argument.body) and is_constant(argument.orelse)
    if isinstance(argument, ast.Call):
        name = argument.func.attr if isinstance(argument.func, ast.Attribute) else getattr(argument.func, "id", "")
        return name in {"tr", "tip_text", "exact_text"}
    return isinstance(argument, ast.Constant)


@pytest.mark.parametrize("module", sorted(UI.rglob("*.py")), ids=lambda path: str(path.relative_to(UI)))
def test_every_tip_is_the_programs_own_words_or_escaped(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "setToolTip":
            (argument,) = call.args
            known = is_constant(argument) or ast.unparse(argument) in {"hint", "self.tooltip()"}
            assert known, f"{module.stem}: {ast.unparse(call)}"
    if "ToolTipRole" in text:
        assert "tip_text(" in text or module.stem == "versionpanel", module.stem

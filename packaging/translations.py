"""Makes ``resources/translations``: finds all words of the program, and has Qt's tools merge and pack them.

Words are found in the syntax of the program and not by lupdate alone, which knows nothing of the functions that put
words together (``counted``, ``_tr``) and of the engine's tables.

    python packaging/translations.py           update the .ts files, and make the .qm files of them
    python packaging/translations.py --check   fail if something would change
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from backup_gui.model.problems import ADVICE  # noqa: E402 - the project need not be installed
from backup_gui.ui.text.reasons import CODES, CONTEXT  # noqa: E402

PACKAGE = PROJECT / "backup_gui"
FOLDER = PROJECT / "resources" / "translations"
LANGUAGES = ("de",)
_COUNTED = "Counted"


class Word(NamedTuple):
    """Something to translate.

    Attributes:
        context: Where it is looked up; a class or a group of functions.
        text: In English.
        has_plural: Whether it has a form for each kind of number.
    """

    context: str
    text: str
    has_plural: bool = False


def words() -> list[Word]:
    """All words of the program, each once, in the order of contexts and of the text."""
    found = {word for path in PACKAGE.rglob("*.py") for word in words_of(path.read_text("utf-8"))}
    return sorted(found | set(_words_of_tables()))


def words_of(source: str) -> Iterator[Word]:
    """Find the words in the text of a module.

    Args:
        source: The module.

    Raises:
        ValueError: Something is translated that is not a plain text.
    """
    tree = ast.parse(source)
    own = _own_context(tree)
    yield from _visit(tree, "", own)


def _words_of_tables() -> Iterator[Word]:
    for code in CODES:
        yield Word(CONTEXT, code.words)
    for advice in ADVICE.values():
        yield Word("Problems", advice)


def _own_context(tree: ast.Module) -> str:
    """The context of a module's ``_tr = partial(QCoreApplication.translate, CONTEXT)``; empty if it has none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_tr" and isinstance(node.value, ast.Call):
            return _text(node.value, 1)
    return ""


def _visit(node: ast.AST, scope: str, own: str) -> Iterator[Word]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield from _words_of_call(child, scope, own)
        yield from _visit(child, child.name if isinstance(child, ast.ClassDef) else scope, own)


def _words_of_call(call: ast.Call, scope: str, own: str) -> Iterator[Word]:
    name = _name(call)
    if name == "tr" and isinstance(call.func, ast.Attribute):
        if ast.unparse(call.func.value) != "self":
            raise ValueError(f"The context of {ast.unparse(call)} cannot be told: use self.tr or _tr")
        yield Word(scope, _text(call, 0))
    elif name == "_tr":
        yield Word(own, _text(call, 0))
    elif name == "counted":
        _text(call, 1)
        yield Word(_COUNTED, _text(call, 0), has_plural=True)
    elif name == "QT_TRANSLATE_NOOP" or (name == "translate" and _is_text(call, 1)):
        yield Word(_text(call, 0), _text(call, 1))


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_text(call: ast.Call, position: int) -> bool:
    argument = call.args[position] if len(call.args) > position else None
    return isinstance(argument, ast.Constant) and isinstance(argument.value, str)


def _text(call: ast.Call, position: int) -> str:
    argument = call.args[position] if len(call.args) > position else None
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    raise ValueError(f"Only a plain text can be translated: {ast.unparse(call)}")


def update(folder: Path) -> None:
    """Bring the translations in a folder up to date; what is new in them is unfinished.

    Args:
        folder: Where the .ts files are, and the .qm files are to be.
    """
    with tempfile.TemporaryDirectory() as name:
        # In the language that lupdate understands best: in Python it sees no plural forms.
        listing = Path(name, "words.cpp")
        listing.write_text("void words(int n) {\n" + "".join(map(_line, words())) + "}\n", "utf-8")
        for language in LANGUAGES:
            ts = folder / f"backup_gui_{language}.ts"
            _run(
                *("pyside6-lupdate", str(listing), "-no-obsolete", "-locations", "none"),
                *("-source-language", "en", "-target-language", language, "-ts", str(ts)),
            )
            _run("pyside6-lrelease", "-silent", "-removeidentical", str(ts), "-qm", str(ts.with_suffix(".qm")))


def _line(word: Word) -> str:
    plural = ', "", n' if word.has_plural else ""
    return f"QCoreApplication::translate({_quoted(word.context)}, {_quoted(word.text)}{plural});\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _run(program: str, *arguments: str) -> None:
    # The tools are beside the interpreter of the environment.
    found = Path(sys.prefix, "Scripts" if sys.platform == "win32" else "bin", program)
    done = subprocess.run([str(found), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{program} failed:\n{done.stdout}{done.stderr}")


def is_current() -> bool:
    """Tell whether the translations are what would be made now."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for path in FOLDER.glob("*.ts"):
            (copy / path.name).write_bytes(path.read_bytes())
        update(copy)
        made = {path.name: path.read_bytes() for path in copy.iterdir()}
        return made == {path.name: path.read_bytes() for path in FOLDER.iterdir()}


def main() -> int:
    """Update, or check, as the command line says."""
    if "--check" in sys.argv[1:]:
        return 0 if is_current() else 1
    update(FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Every page and dialog of the real app, read over the accessibility bus: names, roles, and what can be focused."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.desktop import Desktop
from tests.helpers.person import Person, person_at, quit_app, start_app
from tests.helpers.reader import Control, ScreenReader
from tests.helpers.waiting import wait_until

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(120)]

WINDOW = "^Folder Backup$"
PAGES = ("Overview", "Activity", "Problems", "History", "Settings", "Log")
# What a person acts on or reads a value from, by the names that roles have on the bus.
ROLES = {
    *("push button", "button menu", "toggle button", "check box", "radio button", "combo box", "text", "spin box"),
    *("slider", "progress bar", "list", "table", "tree", "page tab", "page tab list", "menu item"),
}
# These tell their value for their name; what is written beside them says what it is.
NAMED_BY_LABELS = {"combo box"}
# A bar tells something; tabs and lines of menus are gone through with the arrow keys.
SHOWN_ONLY = {"progress bar", "page tab", "menu item"}
# What this program paints itself.
PAINTED = {
    "Overview": (("slider", "Files and bytes copied"), ("progress bar", "free of"), ("list item", "Documents:")),
    "History": (("slider", "Time"),),
}
DIALOGS = {
    "^New backup —": ("ctrl+n",),
    "^What would be done": ("ctrl+p",),
    "^Settings": ("alt+f", "s"),
    "^About Folder Backup": ("alt+h", "a"),
}
MOST_TABS = 40
CELLS = {"cell", "list item", "tree item", "column header"}

Tree = list[tuple[Control, tuple[Control, ...]]]


@pytest.fixture
def person(desktop: Desktop) -> Iterator[Person]:
    with person_at(desktop) as somebody:
        yield somebody


@pytest.fixture
def reader(desktop: Desktop) -> Iterator[ScreenReader]:
    reader = ScreenReader(desktop.connection)
    yield reader
    reader.close()


@pytest.fixture
def documents(session_folder: Path) -> Path:
    """Documents with something to see on each page: also with what cannot be backed up."""
    folder = session_folder / "Documents"
    (folder / "Letters").mkdir(parents=True)
    (folder / "Letters" / "To a friend.txt").write_text("Dear friend")
    (folder / "Notes.txt").write_text("first")
    os.mkfifo(folder / "Pipe")
    return folder


def test_all_that_is_on_the_pages_has_a_name_a_role_and_the_keyboard(
    desktop: Desktop, person: Person, reader: ScreenReader, documents: Path, session_folder: Path
) -> None:
    app = begin(desktop, documents, session_folder / "Backup" / "Documents")
    wrong = []
    for page in PAGES:
        person.click(f"^{page}", "page tab$", WINDOW)
        seen = settled(reader, WINDOW)
        for role, name in PAINTED.get(page, ()):
            if not any(control.role == role and name in control.name for control in seen):
                wrong.append(f"{page}: no {role} {name!r}")
        wrong += [f"{page}: {fault}" for fault in faults(desktop, reader, WINDOW)]
    assert not wrong, "\n".join(wrong)
    quit_app(desktop, app)


def test_all_that_is_in_the_dialogs_has_a_name_a_role_and_the_keyboard(
    desktop: Desktop, reader: ScreenReader, documents: Path, session_folder: Path
) -> None:
    app = begin(desktop, documents, session_folder / "Backup" / "Documents")
    wrong = []
    for dialog, keys in DIALOGS.items():
        desktop.focus(WINDOW)
        desktop.press(*keys)
        desktop.wait_for_window(dialog)
        settled(reader, dialog)
        wrong += [f"{dialog}: {fault}" for fault in faults(desktop, reader, dialog)]
        desktop.focus(dialog)
        desktop.press("Escape")
        desktop.wait_for_no_window(dialog)
    assert not wrong, "\n".join(wrong)
    quit_app(desktop, app)


def test_the_first_page_and_the_menus_have_names_and_roles(
    desktop: Desktop, reader: ScreenReader, documents: Path
) -> None:
    app = start_app(desktop, is_readable=True)
    desktop.wait_for_window(WINDOW)
    desktop.focus(WINDOW)
    settled(reader, WINDOW)
    wrong = faults(desktop, reader, WINDOW)
    for menu in "fjh":
        desktop.press(f"alt+{menu}")
        wait_until(lambda: reader.find("", "popup menu", WINDOW), "the menu")
        wrong += [f"menu {menu}: {fault}" for fault in nameless(reader, list(reader.tree(WINDOW)))]
        desktop.press("Escape", "Escape")
        wait_until(lambda: reader.find("", "popup menu", WINDOW) is None, "the end of the menu")
    assert not wrong, "\n".join(wrong)
    quit_app(desktop, app)


def begin(desktop: Desktop, documents: Path, mirror: Path) -> subprocess.Popen[bytes]:
    """Start with a backup of which each page has something to show."""
    mirror.parent.mkdir()
    folders = ("--source", str(documents), "--destination", str(mirror))
    app = start_app(desktop, *folders, "--interval", "2", is_readable=True)
    wait_until((mirror / "Notes.txt").exists, "the first backup")
    (documents / "Notes.txt").unlink()
    wait_until(lambda: not (mirror / "Notes.txt").exists(), "the deletion to follow")
    desktop.focus(WINDOW)
    return app


def settled(reader: ScreenReader, window: str) -> list[Control]:
    """What a window has, as soon as it says the same twice."""
    before: list[Control] = []

    def is_same() -> list[Control]:
        nonlocal before
        last, before = before, list(reader.controls(window))
        return before if last == before else []

    return wait_until(is_same, "the window to settle")


def faults(desktop: Desktop, reader: ScreenReader, window: str) -> list[str]:
    """What is wrong with the controls of a window, one line each."""
    found = list(reader.tree(window))
    assert found, f"no window {window!r} can be read"
    return [*nameless(reader, found), *alike(reader, found), *misplaced(found), *out_of_reach(desktop, reader, found)]


def nameless(reader: ScreenReader, found: Tree) -> Iterator[str]:
    """What is called nothing, or says its value and nothing says of what."""
    for control, above in found:
        if control.role not in ROLES:
            continue
        if not control.name.strip():
            yield f"a {control.role} in {place(above)} has no name"
        elif control.role in NAMED_BY_LABELS and not reader.labels_of(control):
            yield f"nothing says what the {control.role} {control.name!r} in {place(above)} is"


def alike(reader: ScreenReader, found: Tree) -> Iterator[str]:
    """What cannot be told from something else in the same part of the window."""
    counts = Counter(
        (control.role, spoken(reader, control), place(above)) for control, above in found if control.role in ROLES
    )
    for (role, name, where), count in counts.items():
        if count > 1:
            yield f"{count} times a {role} {name!r} in {where}"


def spoken(reader: ScreenReader, control: Control) -> str:
    """What a control is called, with the words beside it if its own are its value."""
    labels = reader.labels_of(control) if control.role in NAMED_BY_LABELS else []
    return " ".join([*labels, control.name])


def misplaced(found: Tree) -> Iterator[str]:
    """What has the keyboard must be something; areas that scroll, and what holds pages, have others in them."""
    holders = {outer.address for _, above in found for outer in above}
    for control, above in found:
        if control.is_focusable and control.address not in holders and control.role not in ROLES | CELLS | {"label"}:
            yield f"a {control.role} {control.name!r} in {place(above)} takes the keyboard"


def out_of_reach(desktop: Desktop, reader: ScreenReader, found: Tree) -> Iterator[str]:
    """What does not take the keyboard, neither when it is given nor by Tab."""
    for control, above in found:
        if control.role not in ROLES - SHOWN_ONLY or not control.is_enabled:
            continue
        if not control.is_focusable:
            yield f"the {control.role} {control.name!r} in {place(above)} is not for the keyboard"
        elif not reader.give_focus(control) and not is_reached(desktop, reader, control):
            yield f"the {control.role} {control.name!r} in {place(above)} does not take the keyboard"


def is_reached(desktop: Desktop, reader: ScreenReader, control: Control) -> bool:
    """Whether the Tab key comes to a control; not all let themselves be given the keyboard over the bus."""
    for _ in range(MOST_TABS):
        desktop.press("Tab")
        if reader.has_focus(control):
            return True
    return False


def place(above: tuple[Control, ...]) -> str:
    """What something lies in, by the names on the way."""
    return " > ".join(control.name for control in above if control.name)

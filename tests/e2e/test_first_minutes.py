"""A person's first minutes with the app, with a drive that is really plugged in and pulled: docs/first-minutes.md."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.desktop import Desktop
from tests.helpers.drive import Drive, plugged_in
from tests.helpers.person import Person, person_at, quit_app, start_app, wait_for_mirror
from tests.helpers.project import PROJECT
from tests.helpers.waiting import wait_until

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.timeout(120),
    pytest.mark.root,
]

WINDOW = "^Folder Backup$"
DRIVE_BYTES = 4 * 1024**3
LARGE_FILE_BYTES = 400 * 1024**2
LETTERS = 240
MOST_TO_BACKUP = 4
MOST_TO_RETURN = 5
DOCUMENT = PROJECT / "docs" / "first-minutes.md"
# The drive is looked for every few seconds.
NOTICE_LIMIT_S = 8.0


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    with plugged_in(tmp_path, DRIVE_BYTES) as plugged:
        yield plugged


@pytest.fixture
def documents(session_folder: Path) -> Path:
    """The user's documents: the session's home is where everything of it is."""
    folder = session_folder / "Documents"
    (folder / "Letters").mkdir(parents=True)
    for number in range(LETTERS):
        (folder / "Letters" / f"letter {number:03}.txt").write_text(f"Dear friend number {number}")
    (folder / "Notes.txt").write_text("first")
    return folder


@pytest.fixture
def person(drive: Drive, documents: Path, desktop: Desktop) -> Iterator[Person]:
    with person_at(desktop) as somebody:
        yield somebody


@pytest.mark.parametrize("by", ["mouse", "keys"])
def test_a_backup_runs_after_at_most_four_clicks_or_keys(
    by: str, desktop: Desktop, documents: Path, drive: Drive, person: Person
) -> None:
    app = start_app(desktop, is_readable=True)
    desktop.wait_for_window(WINDOW)
    first_run(desktop, person, by)
    assert person.actions == documented_clicks("running backup") <= MOST_TO_BACKUP
    wait_for_mirror(documents, drive.root / "Documents")
    person.wait_to_see("Everything is backed up")
    desktop.screenshot(f"first-minutes-{by}")
    quit_app(desktop, app)


def test_the_state_follows_an_edit_and_a_drive_that_is_pulled_and_put_back(
    desktop: Desktop, documents: Path, drive: Drive, person: Person
) -> None:
    app = begin(desktop, documents, drive, person)
    icon = desktop.tray_icon()
    quiet = icon.icon_bytes

    with (documents / "Film.mov").open("wb") as film:
        film.write(os.urandom(1024) * (LARGE_FILE_BYTES // 1024))
    wait_until(lambda: icon.labels()[0].startswith("Copying"), "the state of working")
    wait_until(lambda: icon.labels()[0].startswith("Everything is backed up"), "the state of being done", 20.0)
    assert (drive.root / "Documents" / "Film.mov").stat().st_size == LARGE_FILE_BYTES

    drive.pull()
    # Nothing has changed, so that nothing but the drive itself tells.
    wait_until(lambda: "drive" in icon.labels()[0], "the state of waiting", NOTICE_LIMIT_S)
    assert str(drive.root) in icon.labels()[0]
    person.wait_to_see("^Documents: Waiting")
    assert icon.icon_bytes != quiet
    desktop.screenshot("first-minutes-drive-away")
    (documents / "Notes.txt").write_text("second")

    drive.plug_in()
    wait_for_mirror(documents, drive.root / "Documents")
    wait_until(lambda: icon.labels()[0].startswith("Everything is backed up"), "the state of being done again")
    assert len(list(drive.root.rglob("letter *.txt"))) == LETTERS, "none was deleted, moved to the history or doubled"
    quit_app(desktop, app)


def test_a_mass_deletion_is_held_and_refused_in_the_window(
    desktop: Desktop, documents: Path, drive: Drive, person: Person
) -> None:
    app = begin(desktop, documents, drive, person)
    mirror = drive.root / "Documents"
    for letter in (documents / "Letters").iterdir():
        letter.unlink()
    person.click("^Review", "button", WINDOW)
    person.wait_for("Keep these files", "button", "^Review")
    person.wait_to_see("letter 000.txt", "^Review")
    desktop.screenshot("first-minutes-review")
    person.click("Keep these files", "button", "^Review")
    desktop.wait_for_no_window("^Review")

    # What comes after the word is given shows that it was heard: new files go on being copied, and the letters stay.
    (documents / "Notes.txt").write_text("second")
    wait_until(lambda: (mirror / "Notes.txt").read_text() == "second", "the next change to be copied")
    assert len(list((mirror / "Letters").iterdir())) == LETTERS
    desktop.screenshot("first-minutes-kept")
    quit_app(desktop, app)
    assert len(list((mirror / "Letters").iterdir())) == LETTERS


def test_a_deleted_file_is_back_after_at_most_five_clicks(
    desktop: Desktop, documents: Path, drive: Drive, person: Person
) -> None:
    app = begin(desktop, documents, drive, person)
    (documents / "Notes.txt").unlink()
    wait_for_mirror(documents, drive.root / "Documents")

    person.actions = 0
    person.click("^History", "tab", WINDOW)
    person.click("^Show deleted files", "check", WINDOW)
    person.click("^Notes.txt$", "cell|item", WINDOW)
    person.click("^Put back", "button", WINDOW)
    assert person.actions == documented_clicks("return") <= MOST_TO_RETURN
    wait_until((documents / "Notes.txt").exists, "the return of the file")
    assert (documents / "Notes.txt").read_text() == "first"
    person.wait_to_see("was restored and verified", "^Restore")
    desktop.screenshot("first-minutes-restored")
    person.click("^Close", "button", "^Restore")
    desktop.wait_for_no_window("^Restore")
    wait_for_mirror(documents, drive.root / "Documents")
    quit_app(desktop, app)


def documented_clicks(goal: str) -> int:
    """How many clicks the document says that it takes."""
    found = re.search(rf"^## .* {goal}: (\d+) clicks$", DOCUMENT.read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def begin(desktop: Desktop, documents: Path, drive: Drive, person: Person) -> subprocess.Popen[bytes]:
    """Start the app and set up the backup of the documents on the drive."""
    app = start_app(desktop, is_readable=True)
    desktop.wait_for_window(WINDOW)
    first_run(desktop, person, "keys")
    wait_for_mirror(documents, drive.root / "Documents")
    icon = desktop.tray_icon()
    wait_until(lambda: icon.labels()[0].startswith("Everything is backed up"), "the first backup")
    return app


def first_run(desktop: Desktop, person: Person, by: str) -> None:
    """Go through the three steps with what they propose."""
    desktop.focus(WINDOW)
    person.wait_for("^Documents", "check")
    for button, heading in (("^Next", "keep safe"), ("^Next", "Where should"), ("^Start", "Ready to start")):
        person.wait_to_see(heading)
        # What is not possible yet cannot be clicked, and Enter would do nothing.
        person.wait_for(button, "button", WINDOW)
        if by == "mouse":
            person.click(button, "button", WINDOW)
        else:
            person.press("Return")

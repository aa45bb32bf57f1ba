"""Message boxes: what the window explains, and what it asks before actions that a click cannot undo.

Each question calls ``on_yes`` when the user confirms; ``keeps_history`` says whether removed files go to a history.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QMessageBox, QPushButton, QWidget

from backup_gui.model.reasons import Reason
from backup_gui.ui.text.format import counted, job_in_words, path_in_words
from backup_gui.ui.text.reasons import said

if TYPE_CHECKING:
    from backup_gui.ui.style.icons import Icons

_tr = partial(QCoreApplication.translate, "Messages")

_ICON_PX = 64


class Refusal(QMessageBox):
    """The window that shows why the app cannot start, as the user may not see the terminal.

    Args:
        reasons: Why it cannot.
        offers_end: Whether to offer to end an instance that hangs.
    """

    def __init__(self, reasons: tuple[Reason, ...], *, offers_end: bool = False) -> None:
        super().__init__()
        self.setIcon(QMessageBox.Icon.Critical)
        self.setWindowTitle(self.tr("Folder Backup"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("Folder Backup cannot start"))
        self.setInformativeText("\n\n".join(map(said, reasons)))
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setStandardButtons(QMessageBox.StandardButton.Close)
        self.end_button: QPushButton | None = None
        if offers_end:
            self.end_button = self.addButton(self.tr("&End it and start"), QMessageBox.ButtonRole.AcceptRole)
            self.end_button.setToolTip(self.tr("A backup under way stops, and goes on after the start"))
            # Enter must not end what may only be slow.
            self.setDefaultButton(QMessageBox.StandardButton.Close)
            self.setEscapeButton(QMessageBox.StandardButton.Close)

    @property
    def is_to_end(self) -> bool:
        """Whether the user has chosen to end the other instance."""
        return self.end_button is not None and self.clickedButton() is self.end_button


def tell(icon: QMessageBox.Icon, title: str, text: str, parent: QWidget) -> QMessageBox:
    """Show a message: a sentence as its title, and details."""
    box = QMessageBox(icon, title, title, QMessageBox.StandardButton.Close, parent)
    box.finished.connect(box.deleteLater)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(text)
    box.open()
    return box


def tell_why_it_waits(title: str, parent: QWidget) -> QMessageBox:
    """Explain why a job waits for the folder or drive that the title names."""
    text = _tr(
        "Nothing is wrong with your files. As long as a folder or its drive cannot be reached, nothing is copied "
        "and nothing is deleted. The backup goes on by itself as soon as it is there again."
    )
    return tell(QMessageBox.Icon.Information, title, text, parent)


def tell_how_it_works(parent: QWidget) -> QMessageBox:
    """Explain the program in three paragraphs."""
    text = _tr(
        "Folder Backup keeps an exact copy of a folder in another one. It watches your folder, copies what is "
        "new or changed within seconds, and removes from the copy what you delete.\n\n"
        "What is replaced or deleted is kept in the history, a folder beside the backup: plain "
        "files, in the same folders, with the time in their names.\n\n"
        "Your own folder is never written to, except where you have files put back. Unusually many deletions "
        "wait for your word."
    )
    return tell(QMessageBox.Icon.Information, _tr("How it works"), text, parent)


def tell_about(version: str, icons: Icons, parent: QWidget) -> QMessageBox:
    """Show the about box, with the program's version."""
    text = _tr("Version {version}\n\nKeeps an exact, current copy of a folder, with a history.")
    box = tell(QMessageBox.Icon.NoIcon, _tr("Folder Backup"), text.format(version=version), parent)
    colour = parent.palette().windowText().color()
    box.setIconPixmap(icons.picture("app", QSize(_ICON_PX, _ICON_PX), colour))
    # A title of its own, to distinguish it from the main window in lists of windows and for screen readers.
    box.setWindowTitle(_tr("About Folder Backup"))
    return box


def ask_to_quit(on_yes: Callable[[bool], None], parent: QWidget) -> QMessageBox:
    """Explain what quitting means, and ask; ``on_yes`` gets whether to skip this question from now on."""
    box = QMessageBox(parent)
    box.finished.connect(box.deleteLater)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(_tr("Quit"))
    box.setText(_tr("Quit Folder Backup?"))
    box.setInformativeText(_tr("Changes are not backed up until you open it again. Nothing is lost."))
    check = QCheckBox(_tr("&Do not say this again"))
    box.setCheckBox(check)
    button = box.addButton(_tr("&Quit"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(button)
    button.clicked.connect(lambda: on_yes(check.isChecked()))
    box.open()
    return box


def ask_to_undo(files: int, on_yes: Callable[[], None], parent: QWidget) -> QMessageBox:
    """Ask whether to undo a pass that deleted, replaced or moved this many files."""
    means = counted(
        "%Ln files come back into your folder as they were before: what was deleted, replaced or moved.",
        "%Ln file comes back into your folder as it was before.",
        files,
    )
    safe = _tr("Nothing is lost: what you have changed since stays beside them under another name.")
    return _ask(_tr("Undo"), _tr("Undo these changes?"), f"{means}\n\n{safe}", _tr("&Undo"), on_yes, parent)


def ask_to_forget_drive(path: str, on_yes: Callable[[], None], parent: QWidget, *, keeps_history: bool) -> QMessageBox:
    """Ask whether the drive that was mounted at this path of the source is gone for good."""
    fate = (
        _tr("What the backup has of it then counts as deleted: it leaves the backup and goes to the history.")
        if keeps_history
        else _tr("What the backup has of it then counts as deleted. No history is kept, so it is gone.")
    )
    title = _tr("Will the drive of “{folder}” never come back?").format(folder=path_in_words(path))
    return _ask(_tr("Drive"), title, fate, _tr("It will &not come back"), on_yes, parent)


def ask_to_take_over(
    what: str, path: str, on_yes: Callable[[], None], parent: QWidget, *, keeps_history: bool
) -> QMessageBox:
    """Ask whether to take over a destination; ``what`` says in one sentence whose backup it is."""
    fate = (
        _tr("What is there and not the same in your folder goes to the history. The history that is there stays.")
        if keeps_history
        else _tr("What is there and not the same in your folder would have to go. No history is kept for this backup.")
    )
    safe = _tr("If you are not sure, choose another folder for this backup: {folder} then stays as it is.").format(
        folder=path_in_words(path)
    )
    return _ask(
        _tr("Another backup"),
        _tr("Take this place over?"),
        f"{what}\n\n{fate}\n\n{safe}",
        _tr("&Take it over"),
        on_yes,
        parent,
    )


def ask_to_remove_left_out(
    files: int, on_yes: Callable[[], None], parent: QWidget, *, keeps_history: bool
) -> QMessageBox:
    """Ask whether to remove from the backup this many files that the rules leave out."""
    means = counted(
        "%Ln files leave the backup. In your folder nothing changes.",
        "%Ln file leaves the backup. In your folder nothing changes.",
        files,
    )
    fate = (
        _tr("They go to the history, where they are kept for as long as its limits say.")
        if keeps_history
        else _tr("No history is kept: if your folder does not have them, they are gone.")
    )
    title = _tr("Remove what is left out from the backup?")
    return _ask(_tr("Left out"), title, f"{means}\n\n{fate}", _tr("&Remove"), on_yes, parent)


def ask_to_use_drive(path: str, on_yes: Callable[[], None], parent: QWidget, *, keeps_history: bool) -> QMessageBox:
    """Ask whether the drive at this destination replaces the backup's drive."""
    fate = (
        _tr(
            "Everything is copied to the new drive, and a new history begins. The old drive keeps its backup and its "
            "history, but this backup waits for it no longer."
        )
        if keeps_history
        else _tr(
            "Everything is copied to the new drive. The old drive keeps its backup, but this backup waits for it no "
            "longer."
        )
    )
    safe = _tr("If there are files in the backup folder on the new drive already, you are asked before they leave it.")
    title = _tr("Use the drive that is there now for the backup in “{folder}”?").format(folder=path_in_words(path))
    return _ask(_tr("New drive"), title, f"{fate}\n\n{safe}", _tr("&Use the new drive"), on_yes, parent)


def ask_to_release(files: int, on_yes: Callable[[], None], parent: QWidget, *, keeps_history: bool) -> QMessageBox:
    """Ask whether to stop keeping this many files that the source does not have."""
    title = counted("Keep these %Ln files no more?", "Keep this file no more?", files)
    fate = (
        _tr("The backup becomes an exact copy of your folder again. What leaves it goes to the history.")
        if keeps_history
        else _tr(
            "The backup becomes an exact copy of your folder again. No history is kept, so what leaves it is gone."
        )
    )
    again = _tr("If these are unusually many, you are asked once more before anything is deleted.")
    return _ask(_tr("Kept files"), title, f"{fate}\n\n{again}", _tr("&Keep them no more"), on_yes, parent)


def ask_to_remove(name: str, path: str, on_yes: Callable[[], None], parent: QWidget) -> QMessageBox:
    """Ask whether to remove the job of this name; its backup at this path stays."""
    title = _tr("Stop backing up “{name}”?").format(name=job_in_words(name))
    text = _tr("The backup itself and its history stay where they are:\n{folder}").format(folder=path_in_words(path))
    return _ask(_tr("Remove"), title, text, _tr("&Remove"), on_yes, parent)


def _ask(
    window_title: str, title: str, text: str, yes: str, on_yes: Callable[[], None], parent: QWidget
) -> QMessageBox:
    box = QMessageBox(QMessageBox.Icon.Question, window_title, title, QMessageBox.StandardButton.NoButton, parent)
    box.finished.connect(box.deleteLater)
    # The name of a folder may look like HTML.
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(text)
    if box.isRightToLeft():
        # A label aligns text by its own direction, which may differ from that of the window.
        for label in box.findChildren(QLabel):
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignTop)
    button = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    # Enter must not confirm a text that the user has not read.
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    button.clicked.connect(on_yes)
    box.open()
    return box
